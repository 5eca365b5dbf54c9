"""The state of the compiled engine: the arrays of its records, and what else it asks for.

Array letters: P parcels, S sectors, C crews, G crew groups, D days, L rows of the calendar, K
closures and seasons in them, T timetables, Z zones, F funds, W weeks, M deadlines, N regions, Y
calendar years; roles and stages share their numbers.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engines.compiled.fields import Ints, Numbers, Records, Small
from sim.engines.compiled.records import (
    Accident,
    Account,
    Clock,
    Closed,
    Coming,
    Crew,
    Day,
    Deadline,
    Ground,
    Group,
    Parcel,
    Queue,
    Sector,
    Tally,
    Waiting,
)
from sim.world import Floats


class Rules(NamedTuple):
    """What holds for the whole campaign and never changes."""

    parcel_m2: int
    item_s: float
    rework_share: float
    recontamination_effort: float
    restored: bool
    restored_by_sector: bool


class Offers(NamedTuple):
    """Which parcels wait for whom, and where there is room."""

    dispatch: int
    waiting: Records[Waiting]
    queues: Records[Queue]  # (stages, S)
    parcels: Records[Parcel]  # (P)
    bits: Ints  # by rank of sector (stages, ROOM, REACH + 4 G; words)
    fewest: Ints  # if balanced, for each role a tournament tree of (crews, rank)


class Roster(NamedTuple):
    """Who is there, what is due of crews, and what they have cost."""

    clock: Records[Clock]
    waiting: Records[Waiting]
    days: Records[Day]  # (L (D + 1))
    first_closed: Ints  # (L + 1)
    which: Ints  # (K)
    closed: Records[Closed]  # (K, D + 1)
    time_closed: Ints  # of each crew, thousandths of seconds, by closures and seasons
    agendas: Ints  # tournament trees of (time, crew), one for each of `Agenda`
    free: Ints  # bits by crew
    stay_begins_s: Any  # of each stay, those of a crew in a row
    stay_ends_s: Any
    accounts: Records[Account]  # of the roles, of overhead, then of the funds
    group_accounts: Records[Account]  # (G)
    bears: Any  # whether a fund bears costs of a role (roles, F)
    stands_by: Any  # days on which a group stands by (G, D)
    per_day: Any  # part that a fund bears of the cost of a crew (C, F)
    standby: Any  # (C, F)
    to_mobilise: Any  # (C, F)


class Owed(NamedTuple):
    """What is to be released by when."""

    deadlines: Records[Deadline]  # (M)
    land: Any  # whether a sector counts for a deadline (M, S)
    first: Ints  # (S + 1)
    which: Ints  # deadlines that do not ask for all, sector by sector
    unreleased: Ints  # sectors of each region (N)
    region_first_s: Ints  # (N)


class Sums(NamedTuple):
    """How sums by region, by group of crews and by payer stood at ends of years."""

    ends_s: Ints  # (Y)
    counts: Any  # (Y, N, counts)
    groups: Any  # (Y, G, sums)
    cost: Any  # (Y, costs + F)


class LandAhead(NamedTuple):
    """What of the world's land is asked for on the way, as `world` states it."""

    first_parcel: Ints
    survey_s: Floats
    survey_result: NDArray[np.int8]
    first_inspection: Ints
    inspection_s: Ints
    inspection_passed: NDArray[np.bool_]
    queue_order: Ints
    found_parcel: Ints
    found_s: Ints


class CalendarAhead(NamedTuple):
    """What of the world's calendar is asked for on the way, as `world` states it."""

    row: Any  # (T, Z)
    barred: Any  # (L, D)
    turns: Ints


class MishapsAhead(NamedTuple):
    """What of the world's mishaps is asked for on the way, as `world` states it."""

    casualty_exposure: Ints
    recovery_s: Ints


class MoneyAhead(NamedTuple):
    """What of the world's money is asked for on the way, as `world` states it."""

    tranche_s: Ints
    tranche_fund: Ints
    tranche_amount: Ints
    overhead_fund: Ints
    overhead_once: Ints
    overhead_per_day: Ints
    price: Ints
    price_up_to: Any  # (G, F)


class State(NamedTuple):
    """All there is in one replication.

    It is copied wherever a function that takes it is written into the loop, which costs time to
    compile: what is not asked for on the way is left out.
    """

    clock: Records[Clock]  # one, as the next four
    ground: Records[Ground]
    waiting: Records[Waiting]
    coming: Records[Coming]
    tally: Records[Tally]
    offers: Offers
    roster: Roster
    crews: Records[Crew]
    groups: Records[Group]
    sectors: Records[Sector]
    accidents: Records[Accident]
    days: Records[Day]  # (L (D + 1))
    leaf: Numbers  # of each crew in the agenda of finishes (C)
    openings: Ints  # a tournament tree of (time, sector), ends of stops included
    inspections: Ints  # a heap of (time, parcel)
    place: Numbers  # sector in which each crew holds a parcel, NOBODY if it holds none (C)
    by_rank: Numbers  # sector of each rank
    block_sector: Numbers  # sector of every parcel 256 k, where the search for others' begins
    weeks: Ints  # (2, W)
    release_s: Ints  # (P)
    recontaminations: Small  # (P)
    restored_s: Ints  # (P)
    left: Floats  # of the effort of its stage, where a crew put a parcel back; or empty (P)
    paid_m2: Ints  # area that groups of crews were paid for (G); empty if none has a price
    rules: Rules
    calendar: CalendarAhead
    land: LandAhead
    attacks: Any
    mishaps: MishapsAhead
    owed: Owed
    sums: Sums
    money: MoneyAhead
