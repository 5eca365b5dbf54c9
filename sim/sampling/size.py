"""How large a campaign is: whether its worlds fit into the memory, and its draws can be counted.

What a world needs is stated here, an ensemble's rows in `outcome.row_bytes`, and all of a run in
`running.room`; what there is in `memory`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sim.errors import Problem, ScenarioError
from sim.sampling import memory
from sim.scenario.calendar import Closure, Season
from sim.scenario.checks import MOST_EVENTS
from sim.scenario.dates import in_days
from sim.scenario.kinds import plain
from sim.scenario.scenario import Scenario

MOST_DRAWN_EVENTS = 10.0 * MOST_EVENTS  # of a kind in one campaign; the means have the lower bound
MOST_DRAWN_ITEMS = 1e7  # in a parcel, times what they are bunched by: a table has a place for each
MOST_DRAWN_DAYS = 1e10  # for a parcel, at the rate of the slowest crew
MOST_PARCELS = 2**31 - 1
MOST_INSPECTIONS = 32_001  # of a parcel: bulk.MOST_FAILURES and the last
GIB = 2**30

# Of a world and its outcome together, at their peak; measured in tests/test_room.py
BYTES_A_PARCEL = {"compiled": 110, "simpy": 320}
BYTES_A_SECTOR = {"compiled": 400, "simpy": 3500}
BYTES_A_CREW = {"compiled": 900, "simpy": 4800}
BYTES_A_DAY = 90  # of a row of the calendar
BYTES_A_CLOSED_DAY = 30  # of a closure or season in a row
BYTES_AN_INSPECTION = 35
BYTES_AN_ATTACK = 90
BYTES_A_HIT = 25
BYTES_AN_ACCIDENT = 75
BYTES_A_CASUALTY = 65


class Need(NamedTuple):
    """What takes memory.

    Attributes
    ----------
    key
        Dotted key that it comes from; empty if from none.
    what
        In words.
    bytes
        How much.
    less
        In words: what would need less.
    """

    key: str
    what: str
    bytes: float
    less: str


def expected_parcels(scenario: Scenario) -> float:
    """Return the number of parcels of a campaign of mean size."""
    area = sum(s.count * s.area.mean for s in scenario.sector) * scenario.factors.area.mean
    grown = 1 + scenario.growth.share.mean if scenario.growth else 1.0
    return area * grown / scenario.campaign.parcel_ha + len(scenario.sector_names)


def of_world(
    scenario: Scenario, parcels: float | None = None, *, engine: str = "compiled"
) -> list[Need]:
    """Return what the world and the outcome of one replication of mean size need.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    parcels
        How many parcels there are, if that is known.
    engine
        "compiled" or "simpy".
    """
    parcels = expected_parcels(scenario) if parcels is None else parcels
    sectors, crews = len(scenario.sector_names), sum(map(scenario.mean_crews, scenario.crew))
    fixed = sectors * BYTES_A_SECTOR[engine] + crews * BYTES_A_CREW[engine]
    needs = [
        Need(
            "sector", f"about {parcels:.3g} parcels", parcels * BYTES_A_PARCEL[engine],
            "a larger campaign.parcel_ha makes fewer parcels",
        ),
        Need(
            "sector", f"{sectors} sectors with about {crews:.3g} crews", fixed,
            "fewer sectors and crews need less",
        ),
    ]  # fmt: skip
    needs.append(_of_calendar(scenario))
    if scenario.quality:
        failure = scenario.quality.failure_probability.mean
        needs.append(of_inspections(scenario, parcels, failure))
    attacks = _expected_attacks(scenario)
    needs += of_attacks(scenario, attacks, crews)
    if scenario.accidents:
        people = sum(scenario.mean_crews(crew) * crew.people for crew in scenario.crew)
        a_day = people * scenario.accidents.per_person_day.mean
        number = a_day * scenario.campaign.horizon_days
        needs.append(
            Need(
                "accidents.per_person_day", f"about {number:.3g} accidents",
                number * BYTES_AN_ACCIDENT, "fewer of them need less",
            )
        )  # fmt: skip
    return needs


def _of_calendar(scenario: Scenario) -> Need:
    """Return what the days need, a row for each set of closures and seasons that hold somewhere."""
    closed: list[Closure | Season] = [*scenario.closure, *scenario.season]
    zones = set(zip(*map(scenario.places_of, closed), strict=True)) or {()}
    whose = {x.operators for x in closed}
    rows = len(zones) * len(whose or {None})
    held = sum(map(sum, zones)) * len(whose)
    bytes_a_day = rows * BYTES_A_DAY + held * BYTES_A_CLOSED_DAY
    return Need(
        "closure" if scenario.closure else "season", f"the days of {rows} kinds of land",
        bytes_a_day * scenario.campaign.horizon_days, "fewer closures of some land need less",
    )  # fmt: skip


def of_inspections(scenario: Scenario, parcels: float, failure: float) -> Need:
    """Return what the inspections need if each fails with this probability."""
    share = scenario.quality.inspected_share if scenario.quality else 0.0
    number = parcels * share * min(1 / max(1 - failure, 1e-300), MOST_INSPECTIONS)
    return Need(
        "quality.failure_probability", f"about {number:.3g} inspections",
        number * BYTES_AN_INSPECTION, "a larger campaign.parcel_ha, or fewer failures, needs less",
    )  # fmt: skip


def of_attacks(scenario: Scenario, attacks: float, crews: float) -> list[Need]:
    """Return what so many attacks need, the parcels that they hit, and the crews."""
    if not scenario.shelling or not attacks:
        return []
    hits = attacks * scenario.shelling.recontaminated_parcels
    casualties = attacks * scenario.shelling.casualty_probability * crews
    less = "fewer of them need less"
    return [
        Need("shelling", f"about {attacks:.3g} attacks", attacks * BYTES_AN_ATTACK, less),
        Need("shelling", f"about {hits:.3g} parcels hit", hits * BYTES_A_HIT, less),
        Need("shelling", f"about {casualties:.3g} crews hit", casualties * BYTES_A_CASUALTY, less),
    ]


def _expected_attacks(scenario: Scenario) -> float:
    shelling, campaign = scenario.shelling, scenario.campaign
    if shelling is None or not shelling.regimes:
        return 0.0
    days = campaign.horizon_days
    if shelling.ends is not None:
        days = min(days, in_days(scenario, shelling.ends).mean)
    in_all = sum(regime.mean_days for regime in shelling.regimes)
    a_day = sum(r.mean_days / in_all * r.attacks_per_24h.mean for r in shelling.regimes)
    return a_day * campaign.hours_per_day / 24 * days


def refuse_if_too_large(scenario: Scenario, parcels: float) -> None:
    """Raise ScenarioError if the world and outcome of so many parcels cannot be held."""
    refuse_more_than_there_is(scenario, of_world(scenario, parcels))
    if parcels > MOST_PARCELS:
        found, allowed = f"about {parcels:.3g} parcels", f"at most {MOST_PARCELS}"
        raise ScenarioError([_problem(scenario, "sector", found, allowed)])


def refuse_more_than_there_is(scenario: Scenario, needs: Iterable[Need]) -> None:
    """Raise ScenarioError if there is not as much memory as is needed in all.

    Parameters
    ----------
    scenario
        Whose campaigns need it.
    needs
        All that is held at a time; the largest is named first, the small ones are not.
    """
    parts, there = sorted(needs, key=lambda need: -need.bytes), memory.memory_there()
    total = sum(need.bytes for need in parts)
    if total <= there.bytes:
        return
    named = [need for need in parts if need.bytes >= total / 20]
    of_each = ", ".join(f"{_gib(need.bytes)} for {need.what}" for need in named)
    less = ", or ".join(dict.fromkeys(need.less for need in named[:2]))
    found = f"a need of about {_gib(total)} of memory ({of_each})"
    allowed = f"at most {_gib(there.bytes)}, {there.limit} ({less})"
    raise ScenarioError([_problem(scenario, named[0].key, found, allowed)])


def _gib(number: float) -> str:
    return f"{max(number, 0.0) / GIB:.3g} GiB"


def refuse_draw_above(scenario: Scenario, key: str, number: float, words: str, most: float) -> None:
    """Raise ScenarioError if a draw is more than can be counted.

    Parameters
    ----------
    scenario
        Of which it was drawn.
    key
        Dotted key of the law that it comes from.
    number, words
        What was drawn, and what of.
    most
        The most that can be counted.
    """
    if not number <= most:
        found = f"a draw of about {number:.3g} {words}"
        allowed = f"at most {plain(most)} (a law with a lighter tail, or with an upper end)"
        raise ScenarioError([_problem(scenario, key, found, allowed)])


def _problem(scenario: Scenario, key: str, found: str, allowed: str) -> Problem:
    return Problem(f"scenario {scenario.campaign.name}", key, found, allowed)
