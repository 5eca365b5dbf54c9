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
NOBODY = -1
ABSENT = -2  # in `ahead`: does not wait for restoration
AWAY = -1  # state of a crew that is not present
FAR_S = 1 << 40  # later than any horizon
MOST_S = 1 << 52  # more effort than any calendar holds
FIRST, REWORK, AGAIN = 0, 1, 2  # the clearance of a parcel: first, after a failure, after a hit

# Rows and columns of arrays
FINISH, RETURN, ARRIVAL, DEPARTURE, AGENDAS = 0, 1, 2, 3, 4
ROOM, REACH = 3, 4  # bits by rank: offers to each role, room, then where each group may go
NET, GROSS = 0, 1  # weeks
WORK, AT_WORK, SEASON, REST, WEATHER, COLUMNS = 0, 1, 2, 3, 4, 5  # sums over days

# The world's pieces as tuples, which compiled code can take. `world` states their fields.
CalendarIn = namedtuple("CalendarIn", [*w.Calendar.__dataclass_fields__])  # type: ignore[misc]
LandIn = namedtuple("LandIn", [*w.Land.__dataclass_fields__])  # type: ignore[misc]
AttacksIn = namedtuple("AttacksIn", [*w.Attacks.__dataclass_fields__])  # type: ignore[misc]
CrewsIn = namedtuple("CrewsIn", [*w.Crews.__dataclass_fields__])  # type: ignore[misc]
MishapsIn = namedtuple("MishapsIn", [*w.Mishaps.__dataclass_fields__])  # type: ignore[misc]
MoneyIn = namedtuple("MoneyIn", [*w.Money.__dataclass_fields__])  # type: ignore[misc]


def _record(
    whole: str, *, parts: str = "", yes_or_no: str = "", rows: dict[str, int] | None = None
) -> np.dtype[Any]:
    """Return the type of a record of whole numbers, fractions, flags, and rows of whole numbers."""
    fields: list[Any] = [(name, np.int64) for name in whole.split()]
    fields += [(name, np.float64) for name in parts.split()]
    fields += [(name, np.int64, (length,)) for name, length in (rows or {}).items()]
    fields += [(name, np.bool_) for name in yes_or_no.split()]
    return np.dtype((np.record, np.dtype(fields, align=True)))


# The one clock, with what holds for the whole campaign: nothing but finishes is due before
# `other_s`; the week is the one that ends with the next day 7 w, that instant included; lists of
# crews freed now and of sectors to be looked at begin with `freed` and `changed`; nothing is
# offered to a role before its `first_word`.
CLOCK = _record(
    "now_s day week other_s next_find next_attack freed changed open_sectors restorations_left"
    " completion_s restored_s inspections day_s horizon_s first_stage parcel_m2",
    parts="item_s rework_share recontamination_effort",
    yes_or_no="balanced restored restored_by_sector stop_when_spent",
    rows={
        "counts": len(o.COUNTS),
        "counts_kept": len(o.COUNTS),
        "cost_kept": STAGES,
        "total_cost": STAGES,
        "first_word": STAGES,
    },
)
# A crew: its time is booked up to `since_s`, in `state` (of `STATES`, or AWAY; WORKED stands for
# all time with parcels). Of its parcel, `needed` thousandths of seconds, `moving` of them on the
# way, `done` of them up to `start_s`, when the sum of the pace was `start_work`. It does not work
# before `resume_s`. The next accident comes when it was `at_work_s` long enough, which is when the
# sum of days reaches `accident_mark`.
CREW = _record(
    "number state since_s role group sector parcel visit needed moving done start_s start_work"
    " resume_s recovered_s down_until_s move_s arrived_s leaves_s cost_per_day cost_to_mobilise"
    " fund at_work_s accident_mark accident after_accident exposures casualty after_casualty"
    " next_freed present_s",
    parts="speed",
    yes_or_no="paid",
    rows={"time": len(o.STATES)},
)
# A group of crews: one more than its last crew, and whether it may enter every sector.
GROUP = _record("end", yes_or_no="everywhere")
# A sector: `crews` hold a parcel in it; its last initial and last found parcel (NOBODY if there is
# none) have sizes of their own; `unreleased` parcels are known and not released.
SECTOR = _record(
    "crews max_crews rank stopped_until_s unreleased to_find release_s next_changed"
    " last_initial last_initial_m2 last_found last_found_m2",
    yes_or_no="released_before changed",
)
# What waits for a stage in a sector, and the `crews` of its role that hold a parcel: initial
# parcels never taken, from `cursor` to `end`, and behind them a linked list.
QUEUE = _record("stage rank cursor end head tail crews", yes_or_no="open")
LINK = np.dtype((np.record, np.dtype([("behind", np.int32), ("ahead", np.int32)])))
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
    links: Records  # (P)
    accounts: Records  # of the three roles, then of the funds
    accidents: Records
    days: Records  # (D + 1)
    agendas: Ints  # tournament trees of (time, crew), one for each kind
    openings: Ints  # a tournament tree of (time, sector)
    inspections: Ints  # a heap of (time, parcel)
    bits: Ints  # by rank of sector (4 + G, words)
    free: Ints  # bits by crew
    fewest: Ints  # if balanced, for each role a tournament tree of (crews, rank)
    by_rank: Ints  # sector of each rank
    next_inspection: Ints
    weeks: Ints  # (2, W)
    release_s: Ints
    releases: Small
    recontaminations: Small
    restored_s: Ints
    land: Any
    attacks: Any
    mishaps: Any
