"""Everything chance decides in one replication, settled before anything moves.

Array letters: P parcels, S sectors, C crews, G crew groups, D days, L rows of the calendar, K
closures and seasons in them, T timetables, Z zones, Y calendar years, A attacks, F funds, M
deadlines. Time is in whole seconds of working time since day 0, pace in per mille of a normal day,
area in square metres, money in hundredths of the currency. Arrays named `first_x` delimit, for each
owner, its entries in x: those from first_x[i] up to first_x[i + 1].
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.scenario import kinds
from sim.scenario.scenario import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
IntTable = np.ndarray[tuple[int, int], np.dtype[np.int64]]
BoolTable = np.ndarray[tuple[int, int], np.dtype[np.bool_]]

NEVER = 2**62  # a time that does not come
PER_HA = kinds.PER_HA  # square metres


class Stage(IntEnum):
    """What a parcel goes through, and the role of those who do it, in the order of `ROLES`."""

    SURVEY = 0
    CLEARANCE = 1
    RESTORATION = 2


class SurveyResult(IntEnum):
    """What survey makes of a parcel: released at once, or confirmed and on to clearance."""

    CANCELLED = 0
    REDUCED = 1
    CONFIRMED = 2


class Dispatch(IntEnum):
    """Which sector a free crew takes a parcel from, by the words of the scenario file."""

    PRIORITY = 0
    BALANCED = 1


@dataclass(frozen=True, eq=False)
class Calendar:
    """What each day (D) is worth where and to whom: a row (L) for a timetable and a zone.

    Crews of one timetable have the same days off, and the same closures and seasons hold for them;
    in sectors of one zone the same ones hold.
    """

    row: IntTable
    """Of a timetable and a zone (T, Z)."""
    pace: IntTable
    """Rest day x lost day x the lowest of closures and seasons x weekly shock, per mille (L, D)."""
    rest: BoolTable
    """Days off (L, D)."""
    lost: Bools
    """Days lost to weather (D)."""
    barred: BoolTable
    """Days on which a closure or season that does not hold in all land leaves no work (L, D)."""
    stands_by: BoolTable
    """Days on which closures and seasons leave the crews of a group no work anywhere, if what they
    cost is another then (G, D)."""
    turns: Ints
    """Days on which the one or the other begins or ends, the first one left out."""
    closures: int
    """How many closures and seasons there are: closures first."""
    first_closed: Ints
    """Closures and seasons that hold in a row, in their order (L + 1)."""
    which: Ints
    """Number of each (K)."""
    closed: IntTable
    """What each takes of a day, per mille, negative where it adds to it (K, D)."""
    year_ends_s: Ints
    """Last second of each calendar year; of the last one the horizon (Y)."""


@dataclass(frozen=True, eq=False)
class Land:
    """Sectors (S) and their parcels (P), numbered sector by sector, the found ones last in each."""

    rank: Ints
    """Place of each sector in the order of (priority, number)."""
    zone: Ints
    """Which row of the calendar holds there, with the timetable of a crew (S)."""
    region: Ints
    """Place of its region in `Scenario.regions` (S)."""
    opens_s: Ints
    max_crews: Ints
    first_parcel: Ints
    """Of each sector (S + 1)."""
    initial: Ints
    """Number of parcels known on day 0 (S)."""
    parcel_m2: int
    last_initial_m2: Ints
    """Size of the last initial parcel of each sector, which holds the remainder."""
    last_found_m2: Ints
    surveyed: Bools
    """Whether survey comes before clearance (S)."""
    survey_s: Floats
    """Survey effort at 1 ha a day (P); empty without survey."""
    survey_result: NDArray[np.int8]
    clearance_s: Floats
    """Clearance effort at 1 ha a day, items left out (P)."""
    items: NDArray[np.int32]
    """Explosive items in each parcel (P); empty if there are none anywhere."""
    item_s: float
    """Effort that an item adds."""
    first_inspection: Ints
    """First inspection of each parcel, -1 where there is none (P); empty without inspection."""
    inspection_s: Ints
    inspection_passed: Bools
    """A parcel's inspections stand in a row, and the last of them is passed."""
    rework_share: float
    restored: bool
    """Whether phase two is modelled."""
    restoration_s: Floats
    """Restoration effort at 1 ha a day, negative where none is needed (P); empty without it."""
    restored_by_sector: bool
    """Restoration starts once the whole sector was released, not parcel by parcel."""
    queue_order: Ints
    """Initial parcels of each sector in the order of their first queue; empty: as numbered."""
    found_parcel: Ints
    """Found parcels in the order in which they are found."""
    found_s: Ints

    @property
    def parcels(self) -> int:
        """Number of parcels, found ones included."""
        return int(self.first_parcel[-1])

    @property
    def sectors(self) -> int:
        """Number of sectors."""
        return len(self.opens_s)

    @cached_property
    def sector(self) -> Ints:
        """Sector of each parcel (P)."""
        return np.repeat(np.arange(self.sectors), np.diff(self.first_parcel))

    @cached_property
    def area_m2(self) -> Ints:
        """Area of each parcel (P)."""
        area = np.full(self.parcels, self.parcel_m2, np.int64)
        area[self.first_parcel[:-1] + self.initial - 1] = self.last_initial_m2
        has_found = np.diff(self.first_parcel) > self.initial
        area[self.first_parcel[1:][has_found] - 1] = self.last_found_m2[has_found]
        return area


@dataclass(frozen=True, eq=False)
class Attacks:
    """Attacks (A) in the order in which they are booked: by time, then by sector."""

    at_s: Ints
    sector: Ints
    stop_s: Ints
    first_hit: Ints
    hit_parcel: Ints
    """Parcels hit by each attack, whether or not it matters."""
    until_s: Ints
    """Until when land of a sector can be hit, whether or not it is (S): the one end of hostilities,
    or 0 where none can be."""
    recontamination_effort: float


@dataclass(frozen=True, eq=False)
class Crews:
    """Crews (C), numbered group by group (G) in the order of the file."""

    group: Ints
    timetable: Ints
    """Which row of the calendar it has, with the zone of a sector; one operator has one for its
    closures and seasons."""
    role: Ints
    """Place of the crew's role in `ROLES`."""
    speed: Floats
    """Rate of each crew, ha a day."""
    move_s: Ints
    first_stay: Ints
    """Of each crew, one stay after the other (C + 1)."""
    arrives_s: Ints
    leaves_s: Ints
    """Of each stay: none begins before the one before it has ended."""
    may_enter: BoolTable
    """Whether the crews of a group may enter a sector (G, S)."""
    prefers: BoolTable
    """Whether they take land of it before other that they may enter (G, S)."""
    while_needed: Bools
    """Whether the crews of a group go once nothing that they may do can come any more (G)."""
    cost_per_day: Ints
    standby_per_day: Ints
    """Instead of it on days on which the crew's group stands by."""
    cost_to_mobilise: Ints

    @property
    def crews(self) -> int:
        """Number of crews."""
        return len(self.group)


@dataclass(frozen=True, eq=False)
class Mishaps:
    """Accidents and casualties to come, crew by crew (C)."""

    first_accident: Ints
    accident_s: Ints
    """Seconds at work after which a crew has its next accident."""
    stand_down_s: Ints
    victims: Ints
    first_casualty: Ints
    casualty_exposure: Ints
    """Which of the attacks that meet the crew at work hit it, counted from 1."""
    recovery_s: Ints


@dataclass(frozen=True, eq=False)
class Money:
    """Funds (F), money that comes (T), by time, then by fund, and overheads (O)."""

    amount: Ints
    """What is in each fund on day 0, before anything is spent (F)."""
    tranche_s: Ints
    tranche_fund: Ints
    tranche_amount: Ints
    bears: BoolTable
    """Whether a fund bears the cost of a role of `ROLES`, or a part of it (3, F)."""
    per_day: IntTable
    """Part of a crew's cost per day that a fund bears (C, F)."""
    standby: IntTable
    """Likewise on days on which it stands by."""
    to_mobilise: IntTable
    """Likewise of its cost to mobilise."""
    price: Ints
    """For a hectare that crews of a group cleared last, when it is released (G)."""
    price_up_to: IntTable
    """The part of it that a fund bears, and all before it (G, F)."""
    overhead_fund: Ints
    """Fund that bears costs that are no crew's, -1 if none does (O)."""
    overhead_once: Ints
    """What they are on day 0 (O)."""
    overhead_per_day: Ints
    """What they are a day until completion (O)."""
    stop_when_spent: bool

    @property
    def priced(self) -> bool:
        """Whether any land is paid for by the hectare."""
        return bool(self.price.any())

    @property
    def come(self) -> Ints:
        """What is in each fund in all, up to the horizon (F)."""
        come = self.amount.copy()
        np.add.at(come, self.tranche_fund, self.tranche_amount)
        return come


@dataclass(frozen=True, eq=False)
class Deadlines:
    """Deadlines (M): when, of which land, and how much of it is to be released.

    One that asks for neither a share nor an area asks for all, and for no more to be found.
    """

    at_s: Ints
    """Last second of its date, or of the campaign if that ends before."""
    land: BoolTable
    """Which sectors count (M, S)."""
    share: Ints
    """Least share of the land known then, millionths; 0 if it asks for none."""
    area_m2: Ints
    """Least area; 0 if it asks for none."""


@dataclass(frozen=True, eq=False)
class World:
    """One settled replication: all that the engines need, and nothing they have to draw."""

    scenario: Scenario
    replication: int
    day_s: int
    """Seconds in a working day."""
    horizon_s: int
    dispatch: Dispatch
    calendar: Calendar
    land: Land
    attacks: Attacks
    crews: Crews
    mishaps: Mishaps
    money: Money
    deadlines: Deadlines


class Outlines(NamedTuple):
    """Some replications (R) without parcels and events: all that the rough twin is given.

    E entries of sectors, B rows of days off, H as in the calendar; times in days of the campaign.
    """

    horizon_days: float
    order: Ints
    """Sectors in the order of (priority, number) (S)."""
    entry: Ints
    """Entry in the file of each sector (S)."""
    surveyed: Bools
    max_crews: Ints
    area_ha: Floats
    """Of each sector on day 0 (R, S)."""
    found_share: Floats
    """What is found later, as a share of it (R)."""
    found_until: Floats
    opens: Floats
    """Of each sector (R, S)."""
    difficulty: Floats
    """Days for a hectare at a rate of 1 ha a day, items left out (R, S)."""
    item_days: Floats
    """Days that the items of a hectare take any crew (R, S)."""
    confirmed: Floats
    """Share of the land that survey hands on (R, S)."""
    rework: Floats
    """What failed inspections add to the work on a hectare (R)."""
    group: Ints
    """Of each crew (C)."""
    role: Ints
    """Of each group (G)."""
    speed: Floats
    """Of each crew, ha a day (R, C); 0 where there is none."""
    arrives: Floats
    """Beginnings of its stays (R, C, stays)."""
    leaves: Floats
    may_enter: BoolTable
    prefers: BoolTable
    pace: Ints
    """Of each day by what holds, before days off, per mille (R, H, D)."""
    holds: IntTable
    """What holds for a group in a sector (G, S)."""
    worked: Floats
    """Share of each day that is no day off of a group (G, D)."""
    first_regime: Ints
    """Of each replication in the regimes' time lines (R + 1)."""
    regime_from: Floats
    regime_attacks: Floats
    """Attacks a day."""
    exposed: Floats
    """Share of each sector in them (R, S)."""
    stop_days: float
    """Mean length of a stop, in working days."""
    hits: float
    """Mean number of parcels that an attack hits."""
    hit_effort: float
    """Share of the work on one that it takes again."""
    hurt_days: float
    """Mean time that an attack costs each crew at work there by hitting it."""
    parcel_ha: float
    ways: Floats
    """Days that a crew of a group takes to another sector (R, G)."""
    unfit: Floats
    """Days that a crew stands down for each day at work, on the average (R, G)."""
