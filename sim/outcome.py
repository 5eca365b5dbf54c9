"""What happened: the outcome of one replication, its equality, and the ensemble of many.

Array letters: R replications, P parcels, S sectors, C crews, G crew groups, W weeks,
M deadlines, Y calendar years, N regions.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.scenario.dates import ends_of_years_s
from sim.scenario.kinds import ROLES
from sim.scenario.scenario import Scenario
from sim.world import Ints, World

OPEN = -1  # a time that did not come: not released, not complete
WEEK_DAYS = 7


class CrewState(IntEnum):
    """What the time of a crew is spent on; time lost to several causes belongs to the first.

    Closures, then seasons, have the columns after these: see `states_of`.
    """

    WORKED = 0
    LOST_REST = 1
    LOST_WEATHER = 2
    LOST_CASUALTY = 3
    LOST_SHELLING = 4
    LOST_WEEKLY_PACE = 5
    STAND_DOWN = 6
    MOVING = 7
    WAITING_FOR_LAND = 8
    UNPAID = 9


class Count(IntEnum):
    """What is counted in a campaign; areas in square metres."""

    RELEASED_M2 = 0
    CLEARED_M2 = 1
    CANCELLED_M2 = 2
    REDUCED_M2 = 3
    FOUND_M2 = 4
    RECONTAMINATED_M2 = 5
    RECLEARED_M2 = 6
    ITEMS = 7
    ATTACKS = 8
    ACCIDENTS = 9
    CASUALTIES = 10


class GroupSum(IntEnum):
    """What is added up for each group of crews; those of one operator make up its sums.

    Accidents and casualties count up to completion, as in `Count`.
    """

    PRESENT_S = 0
    COST = 1  # hundredths x seconds a day
    CLEARED_M2 = 2  # accepted, first clearances only; of those who cleared it last
    ACCIDENTS = 3
    CASUALTIES = 4
    CANCELLED_M2 = 5  # by those who surveyed it
    REDUCED_M2 = 6


COSTS: tuple[str, ...] = (*ROLES, "overhead")
"""What costs money: crews of each role, and what is no crew's."""
COUNTS = tuple(count.name.lower() for count in Count)
Rows = dict[str, Ints]


def states_of(scenario: Scenario) -> dict[str, int]:
    """Return all that a crew's time is spent on, in the order of the account, with its column."""
    first = [state.name.lower() for state in CrewState]
    if scenario.shelling and scenario.shelling.label:
        first[CrewState.LOST_SHELLING] += f":{scenario.shelling.label}"
    closed = [f"lost_closure:{closure.name}" for closure in scenario.closure]
    closed += [f"lost_season:{season.name}" for season in scenario.season]
    columns = {name: column for column, name in enumerate([*first, *closed])}
    at = CrewState.LOST_WEEKLY_PACE
    return {name: columns[name] for name in [*first[:at], *closed, *first[at:]]}


class Stretch(NamedTuple):
    """A time that a crew, or crews of a group, spent in one way."""

    crew: str
    from_s: int
    until_s: int
    state: str
    """One of `states_of`: what took all of its pace, or `worked`."""
    sector: str = ""
    """Where it held a parcel; empty where it held none, or crews of a group did in several."""
    crews: float = 1.0
    """How many, on the average."""


class Campaign(NamedTuple):
    """One of the campaigns that stand for a good, a typical and a bad one, and its crews' time."""

    percentile: str
    replication: int
    stretches: Sequence[Stretch]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What happened in one replication; times in seconds, -1 for what did not happen.

    Two outcomes are equal when every number of theirs is; `difference` names the first that is
    not.
    """

    world: World
    completion_s: int
    restored_s: int
    """When phase two was complete too; the completion itself without phase two."""
    counts: Ints
    """One for each of `COUNTS`, at completion or at the horizon."""
    cost: Ints
    """For each of `COSTS`, up to completion or the horizon; hundredths x seconds a day."""
    total_cost: Ints
    """The same up to the end of phase two, if there is one."""
    week_released_m2: Ints
    """Net change of the released land in the week up to day 7 w (W)."""
    week_gross_m2: Ints
    """Land released in the week up to day 7 w, released again counted again (W)."""
    sector_release_s: Ints
    """From when on a sector stayed released (S)."""
    crew_time: Ints
    """Time of each crew in each column of `states_of`, thousandths of seconds (C, 10 + K)."""
    crew_present_s: Ints
    """Time each crew was present (C)."""
    release_s: Ints
    """Latest release of each parcel that is released at the end (P)."""
    releases: NDArray[np.int32]
    recontaminations: NDArray[np.int32]
    restoration_s: Ints
    """When each parcel was restored (P); empty without phase two."""
    fund_cost: Ints
    """What each fund bore up to the end of all work (F); hundredths x seconds a day."""
    fund_missing: Ints
    """What it bore at any moment beyond what had come by then, at most (F); likewise.

    At least 1 if its crews stood still until more came.
    """
    deadline_s: Ints
    """When what a deadline asks for was first released, whatever its date (M)."""
    deadline_m2: Ints
    """Of its land, what was released at the end of its date, or at the horizon if before (M)."""
    year_counts: Ints
    """`counts` of each region by the end of each calendar year (Y, N, 11).

    These and the next two are totals so far, those of the last year the campaign's; after all work
    they stay as they are.
    """
    year_groups: Ints
    """For each of `GroupSum`, of each group of crews (Y, G, 7)."""
    year_cost: Ints
    """`total_cost`, then `fund_cost` (Y, 4 + F)."""
    sector_first_s: Ints
    """When a sector was first released as a whole (S)."""
    region_first_s: Ints
    """When a region was first released as a whole (N)."""

    def __eq__(self, other: object) -> bool:
        """Tell whether every number agrees."""
        return isinstance(other, Outcome) and not self.difference(other)

    __hash__ = None  # type: ignore[assignment] # equal by content, and arrays cannot be hashed

    def difference(self, other: Self) -> str:
        """Return the first number that differs, in words; empty if there is none."""
        for field in fields(self):
            if field.name == "world":
                continue
            mine, theirs = np.atleast_1d(getattr(self, field.name), getattr(other, field.name))
            where = f"replication {self.world.replication}"
            if mine.shape != theirs.shape:
                return f"{where}, {field.name}: shape {mine.shape} against {theirs.shape}"
            if not np.array_equal(mine, theirs):
                place = tuple(int(i) for i in np.argwhere(mine != theirs)[0])
                what = self._name(field.name, place)
                unit = " s" if field.name.endswith("_s") else ""
                a, b = (f"{int(x[place]):,}".replace(",", " ") + unit for x in (mine, theirs))
                return f"{where}, {what}: {a} against {b}"
        return ""

    def _name(self, field: str, place: tuple[int, ...]) -> str:
        """Say what one entry of an array is about."""
        scenario, land, crews = self.world.scenario, self.world.land, self.world.crews
        if field in ("release_s", "releases", "recontaminations", "restoration_s"):
            sector = int(land.sector[place[0]])
            number = place[0] - int(land.first_parcel[sector]) + 1
            word = field.removesuffix("_s")
            return f"parcel {scenario.sector_names[sector]}/{number}, {word}"
        if field in ("sector_release_s", "sector_first_s"):
            first = "first " * (field == "sector_first_s")
            return f"sector {scenario.sector_names[place[0]]}, {first}release"
        if field in ("crew_time", "crew_present_s"):
            crew, group = place[0], int(crews.group[place[0]])
            number = crew - int(np.searchsorted(crews.group, group)) + 1
            states = {column: state for state, column in states_of(scenario).items()}
            state = states[place[1]] if field == "crew_time" else "present"
            return f"crew {scenario.crew[group].name} {number}, {state}"
        if field == "counts":
            return COUNTS[place[0]]
        owners: tuple[str, ...] = COSTS if field in ("cost", "total_cost") else ()
        if field in ("deadline_s", "deadline_m2"):
            owners = tuple(deadline.name for deadline in scenario.deadline)
        if owners:
            return f"{field} of {owners[place[0]]}"
        if field.startswith("year_"):
            place = (scenario.campaign.start.year + place[0], *place[1:])
        return field.removesuffix("_s") if place == (0,) else " ".join([field, *map(str, place)])


@dataclass(frozen=True, eq=False)
class Further:
    """What is known of the completion from more replications than those of an ensemble (R).

    Attributes
    ----------
    completion_s
        Of those simulated besides, seconds (n), -1 where censored.
    zone
        Of each that was simulated, those of the ensemble first (R + n): replications are in one
        zone if a twin says much the same of them.
    sizes
        How many there are in each zone, by their twins (H).
    correlation
        Of the twins with the ensemble.
    """

    completion_s: Ints
    zone: Ints
    sizes: Ints
    correlation: float


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The outcomes of many replications of one scenario, without their parcels.

    Attributes
    ----------
    replication
        0-based indices (R), rising.
    completion_s, restored_s
        Seconds (R), -1 where censored.
    counts
        As in `Outcome` (R, 11).
    cost, total_cost
        As in `Outcome` (R, 4).
    fund_amount, fund_cost, fund_missing
        What came into each fund up to the horizon (R, F), hundredths; and as in `Outcome`.
    week_released_m2, week_gross_m2
        As in `Outcome` (R, W).
    sector_release_s, sector_m2
        As in `Outcome`, and the known area of each sector (R, S).
    group_time
        Time of the crews of each group in each column of `states_of` (R, G, 10 + K), thousandths
        of seconds.
    deadline_s, deadline_m2
        As in `Outcome` (R, M).
    year_counts, year_groups, year_cost
        As in `Outcome` (R, Y, N, 11), (R, Y, G, 7) and (R, Y, 4 + F).
    sector_first_s, region_first_s
        As in `Outcome` (R, S) and (R, N).
    region_m2
        Land of each region known on day 0 (R, N).

    further
        What more replications say of the completion, if some were asked for that.

    Where only some columns were kept, the others have a width of 0.
    """

    scenario: Scenario
    seed: int
    asked: int
    replication: Ints
    completion_s: Ints
    restored_s: Ints
    counts: Ints
    cost: Ints
    total_cost: Ints
    fund_amount: Ints
    fund_cost: Ints
    fund_missing: Ints
    week_released_m2: Ints
    week_gross_m2: Ints
    sector_release_s: Ints
    sector_m2: Ints
    group_time: Ints
    deadline_s: Ints
    deadline_m2: Ints
    year_counts: Ints
    year_groups: Ints
    year_cost: Ints
    sector_first_s: Ints
    region_first_s: Ints
    region_m2: Ints
    further: Further | None = None

    @property
    def replications(self) -> int:
        """How many replications were done."""
        return len(self.replication)

    @property
    def complete(self) -> bool:
        """Whether all that were asked for were done."""
        return self.replications == self.asked

    @property
    def censored(self) -> int:
        """How many replications were not complete at the horizon."""
        return int(np.count_nonzero(self.completion_s == OPEN))

    @property
    def rows(self) -> Rows:
        """What was kept of each replication, to be gathered again with more."""
        return {name: getattr(self, name) for name in COLUMNS}

    def __eq__(self, other: object) -> bool:
        """Tell whether every number agrees."""
        if not isinstance(other, Ensemble) or self.scenario != other.scenario:
            return False
        return (self.seed, self.asked) == (other.seed, other.asked) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in COLUMNS
        )

    __hash__ = None  # type: ignore[assignment] # as for outcomes


_NO_COLUMNS = ("scenario", "seed", "asked", "further")
COLUMNS = tuple(f.name for f in fields(Ensemble) if f.name not in _NO_COLUMNS)


def row_bytes(scenario: Scenario) -> int:
    """Return how long a row of an ensemble is, as `_kept` makes it."""
    sectors, groups = len(scenario.sector_names), len(scenario.crew)
    funds = len(scenario.money.fund) if scenario.money else 0
    weeks = math.ceil(scenario.campaign.horizon_days / WEEK_DAYS) + 1
    owed = len(scenario.deadline)
    numbers = 3 + len(Count) + 2 * (len(COSTS) + weeks + owed) + 3 * (sectors + funds)
    a_year = len(scenario.regions) * len(Count) + groups * len(GroupSum) + len(COSTS) + funds
    numbers += len(ends_of_years_s(scenario)) * a_year + 2 * len(scenario.regions)
    return 8 * (numbers + groups * len(states_of(scenario)))


def rows(outcomes: Iterable[Outcome]) -> Rows:
    """Return what an ensemble keeps of some outcomes, stacked (R, ...); one at a time is held."""
    kept = []
    for outcome in outcomes:
        kept.append(_kept(outcome))
        del outcome  # its world is large, and the next one is drawn now
    return {name: np.stack([k[name] for k in kept]) for name in COLUMNS}


def _kept(outcome: Outcome) -> Rows:
    world = outcome.world
    in_group = np.arange(len(world.scenario.crew))[:, None] == world.crews.group
    land = world.land
    parcels = land.first_parcel[1:] - land.first_parcel[:-1] - land.initial
    found_m2 = np.maximum(parcels - 1, 0) * land.parcel_m2 + land.last_found_m2
    known_m2 = (land.initial - 1) * land.parcel_m2 + land.last_initial_m2
    region_m2 = np.zeros(land.region.max() + 1, np.int64)
    np.add.at(region_m2, land.region, known_m2)
    return {
        "replication": np.array(world.replication),
        "completion_s": np.array(outcome.completion_s),
        "restored_s": np.array(outcome.restored_s),
        "counts": outcome.counts,
        "cost": outcome.cost,
        "total_cost": outcome.total_cost,
        "fund_amount": world.money.come,
        "fund_cost": outcome.fund_cost,
        "fund_missing": outcome.fund_missing,
        "week_released_m2": outcome.week_released_m2,
        "week_gross_m2": outcome.week_gross_m2,
        "sector_release_s": outcome.sector_release_s,
        "sector_m2": known_m2 + found_m2,
        "group_time": in_group.astype(np.int64) @ outcome.crew_time,
        "deadline_s": outcome.deadline_s,
        "deadline_m2": outcome.deadline_m2,
        "year_counts": outcome.year_counts,
        "year_groups": outcome.year_groups,
        "year_cost": outcome.year_cost,
        "sector_first_s": outcome.sector_first_s,
        "region_first_s": outcome.region_first_s,
        "region_m2": region_m2,
    }


def of_operators(scenario: Scenario, groups: Ints) -> Rows:
    """Return the sums of each operator from those of groups of crews, in the order of the file.

    Parameters
    ----------
    scenario
        Whose crews they are.
    groups
        For each of `GroupSum` (..., G, 7).

    Returns
    -------
    Rows
        By operator (..., 8): for each of `GroupSum`, then seconds of deminers present.
    """
    deminers = np.array([crew.deminers or crew.people for crew in scenario.crew])
    present_s = groups[..., GroupSum.PRESENT_S] * deminers
    each = np.concatenate([groups, present_s[..., None]], axis=-1)
    operators = np.array([crew.operated_by for crew in scenario.crew])
    return {str(o): each[..., operators == o, :].sum(-2) for o in dict.fromkeys(operators)}


def gather(scenario: Scenario, *, seed: int, asked: int, batches: list[Rows]) -> Ensemble:
    """Return the ensemble of some batches of rows, in the order of their replications.

    A column that was not kept of some is left out of all.
    """
    stacked = {name: _stacked([batch[name] for batch in batches]) for name in COLUMNS}
    order = np.argsort(stacked["replication"], kind="stable")
    if not np.array_equal(order, np.arange(len(order))):  # else there is no need of a second copy
        stacked = {name: values[order] for name, values in stacked.items()}
    return Ensemble(scenario=scenario, seed=seed, asked=asked, **stacked)  # type: ignore[arg-type] # columns only


def only(batch: Rows, columns: Collection[str]) -> Rows:
    """Return rows of which only some columns are kept; the others get a width of 0."""
    none = np.zeros((len(batch["replication"]), 0), np.int64)
    return {name: batch[name] if name in columns else none for name in COLUMNS}


def _stacked(parts: list[Ints]) -> Ints:
    if len(parts) == 1:
        return parts[0]
    if any(part.shape[1:] == (0,) for part in parts):
        return np.zeros((sum(map(len, parts)), 0), np.int64)
    return np.concatenate(parts)
