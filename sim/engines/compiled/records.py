"""The state of the compiled engine: records and arrays, all of which read the same uncompiled.

Array letters: P parcels, S sectors, C crews, G crew groups, D days, F funds, W weeks; the three
roles and their stages share their numbers.
"""

from collections import namedtuple
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim import outcome as o
from sim import world as w

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Numbers = NDArray[np.uint32]
Records = NDArray[Any]
Record = Any
Part = TypeVar("Part", bound=Callable[..., Any])

# Parts of the one loop. Those that take the whole state are written into the loop itself, for to
# hand so many arrays over would cost more than they do; the others take few. Reference counts are
# left out (`_nrt`), for they would take most of the time: who calls the loop holds every array.
_part: Any = partial(
    njit,
    nogil=True,
    error_model="numpy",
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
    _nrt=False,
)
inlined: Callable[[Part], Part] = njit(inline="always")  # type: ignore[assignment] # as it is used
compiled: Callable[[Part], Part] = _part()
often: Callable[[Part], Part] = _part(forceinline=True)

SURVEY, CLEARANCE, RESTORATION = 0, 1, 2
STAGES = 3
NOBODY = 2**32 - 1
EVERYBODY = -3  # all free crews look for land
ABSENT = NOBODY - 1  # in `ahead`: does not wait for restoration
AWAY = -1  # state of a crew that is not present
FAR_S = 1 << 40  # later than any horizon
MOST_S = 1 << 52  # more effort than any calendar holds
FIRST, REWORK, AGAIN = 0, 1, 2  # the clearance of a parcel: first, after a failure, after a hit

# Rows and columns of arrays
FINISH, RETURN, ARRIVAL, DEPARTURE, AGENDAS = 0, 1, 2, 3, 4
ROOM, REACH = 3, 4  # bits by rank: offers to each role, room, then where each group may go
GROSS, HIT = 0, 1  # weeks: released, however often, and hit
WORK, AT_WORK, SEASON, REST, WEATHER, COLUMNS = 0, 1, 2, 3, 4, 5  # sums over days

# The world's pieces as tuples, which compiled code can take. `world` states their fields.
CalendarIn = namedtuple("CalendarIn", [*w.Calendar.__dataclass_fields__])  # type: ignore[misc]
LandIn = namedtuple("LandIn", [*w.Land.__dataclass_fields__])  # type: ignore[misc]
AttacksIn = namedtuple("AttacksIn", [*w.Attacks.__dataclass_fields__])  # type: ignore[misc]
CrewsIn = namedtuple("CrewsIn", [*w.Crews.__dataclass_fields__])  # type: ignore[misc]
MishapsIn = namedtuple("MishapsIn", [*w.Mishaps.__dataclass_fields__])  # type: ignore[misc]
MoneyIn = namedtuple("MoneyIn", [*w.Money.__dataclass_fields__])  # type: ignore[misc]


def _record(
    whole: str,
    *,
    numbers: str = "",
    parts: str = "",
    small: str = "",
    yes_or_no: str = "",
    rows: dict[str, int] | None = None,
) -> np.dtype[Any]:
    """Return the type of a record of whole numbers, numbers of things, fractions, flags, and rows.

    The number of a thing cannot be negative, which saves compiled code the look at it.
    """
    fields: list[Any] = [(name, np.uint32) for name in numbers.split()]
    fields += [(name, np.int32) for name in small.split()]
    fields += [(name, np.float64) for name in parts.split()]
    fields += [(name, np.int64) for name in whole.split()]
    fields += [(name, np.int64, (length,)) for name, length in (rows or {}).items()]
    fields += [(name, np.bool_) for name in yes_or_no.split()]
    return np.dtype((np.record, np.dtype(fields, align=True)))


# The one clock, with what holds for the whole campaign: nothing but finishes is due before
# `other_s`; the week is the one that ends with the next day 7 w, that instant included; lists of
# crews freed now and of sectors to be looked at begin with `freed` and `changed`; nothing is
# offered to a role before its `first_word`; `idle` crews of each role wait and have looked already,
# and there is `news` for the roles whose bits it holds.
CLOCK = _record(
    "now_s other_s open_sectors restorations_left completion_s restored_s news inspections day_s"
    " horizon_s parcel_m2",
    numbers="day week next_find next_attack freed changed first_stage",
    parts="item_s rework_share recontamination_effort",
    yes_or_no="balanced restored restored_by_sector stop_when_spent",
    rows={
        "counts": len(o.COUNTS),
        "counts_kept": len(o.COUNTS),
        "cost_kept": STAGES,
        "total_cost": STAGES,
        "first_word": STAGES,
        "idle": STAGES,
    },
)
# A crew: its time is booked up to `since_s`, in `state` (of `STATES`, or AWAY; WORKED stands for
# all time with parcels). Of its parcel, `needed` thousandths of seconds, `moving` of them on the
# way, `done` of them up to `start_s`, when the sum of the pace was `start_work`. It does not work
# before `resume_s`. The next accident comes when it was `at_work_s` long enough, which is when the
# sum of days reaches `accident_mark`.
CREW = _record(
    "needed moving done start_s start_work since_s resume_s leaves_s recovered_s accident_mark"
    " down_until_s state at_work_s move_s exposures arrived_s present_s cost_per_day"
    " cost_to_mobilise next_freed accident after_accident casualty after_casualty",
    numbers="number role group sector parcel visit fund",
    parts="speed",
    yes_or_no="paid",
    rows={"time": len(o.STATES)},
)
# A group of crews: one more than its last crew, and whether it may enter every sector.
GROUP = _record("end", yes_or_no="everywhere")
# A sector: `crews` hold a parcel in it; its last initial and last found parcel (NOBODY if there is
# none) have sizes of their own; `unreleased` of its `known` parcels are not released.
SECTOR = _record(
    "crews max_crews stopped_until_s known unreleased to_find release_s last_initial_m2"
    " last_found_m2",
    numbers="rank next_changed last_initial last_found",
    yes_or_no="released_before changed",
)
# What waits for a stage in a sector, and the `crews` of its role that hold a parcel: initial
# parcels never taken, from `cursor` to `end`, and behind them a linked list.
QUEUE = _record("crews", numbers="stage rank cursor end head tail", yes_or_no="open")
# A parcel, with all that is asked about it in one place, for its parcels are what fills the memory:
# effort of clearance, and of restoration (negative where it needs none any more); its next
# inspection, NOBODY if it has none; its neighbours in a queue, which is linked in both directions
# for restoration only. Two of them are as long as a piece of memory that is fetched at once.
PARCEL = _record(
    "", numbers="inspection behind ahead", small="items", parts="clearance_s restoration_s"
)
# What a role or a fund has spent, burning so much a second, and when nothing will be left.
ACCOUNT = _record("amount spent burn since_s due_s", yes_or_no="empty")
ACCIDENT = _record("at_work_s stand_down_s victims")
# What a second of a day adds, and the sums before the day.
DAY = _record("", rows={"rate": COLUMNS, "before": COLUMNS})


class State(NamedTuple):
    """All there is in one replication."""

    clocks: Records  # one
    crews: Records
    groups: Records
    sectors: Records
    queues: Records  # (3, S)
    parcels: Records  # (P)
    accounts: Records  # of the three roles, then of the funds
    accidents: Records
    days: Records  # (D + 1)
    agendas: Ints  # tournament trees of (time, crew), one for each kind
    leaf: Numbers  # of each crew in the agenda of finishes (C)
    openings: Ints  # a tournament tree of (time, sector)
    inspections: Ints  # a heap of (time, parcel)
    bits: Ints  # by rank of sector (4 + G, words)
    free: Ints  # bits by crew
    place: Numbers  # sector in which each crew holds a parcel, NOBODY if it holds none (C)
    fewest: Ints  # if balanced, for each role a tournament tree of (crews, rank)
    by_rank: Numbers  # sector of each rank
    block_sector: Numbers  # sector of every parcel 256 k, where the search for others' begins
    weeks: Ints  # (2, W)
    release_s: Ints  # (P)
    recontaminations: Small  # (P)
    restored_s: Ints  # (P)
    land: Any
    attacks: Any
    mishaps: Any
