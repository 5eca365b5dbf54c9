"""How large a campaign is, and whether it fits into the memory of this machine."""

import os

from sim.errors import Problem, ScenarioError
from sim.scenario.checks import MOST_EVENTS
from sim.scenario.kinds import plain
from sim.scenario.scenario import Scenario

MOST_DRAWN_EVENTS = 10.0 * MOST_EVENTS  # of a kind in one campaign; the means have the lower bound
MOST_DRAWN_ITEMS = 1e7  # in a parcel, times what they are bunched by: a table has a place for each
MOST_DRAWN_DAYS = 1e10  # for a parcel, at the rate of the slowest crew


def memory_bytes() -> int:
    """Return this machine's memory; 8 GiB where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


BYTES_A_PARCEL = 150  # of a world and its outcome together


def expected_parcels(scenario: Scenario) -> float:
    """Return the number of parcels of a campaign of mean size."""
    area = sum(s.count * s.area.mean for s in scenario.sector) * scenario.factors.area.mean
    grown = 1 + scenario.growth.share.mean if scenario.growth else 1.0
    return area * grown / scenario.campaign.parcel_ha + len(scenario.sector_names)


def refuse_if_too_large(scenario: Scenario, parcels: float) -> None:
    """Raise ScenarioError if the world and outcome of so many parcels cannot be held."""
    needed, there = parcels * BYTES_A_PARCEL, memory_bytes()
    if needed > there or parcels >= 2**31:
        found = f"about {parcels:.3g} parcels, which take {needed / 2**30:.3g} GiB of memory"
        allowed = (
            f"at most {there / 2**30:.3g} GiB (a larger campaign.parcel_ha makes fewer parcels)"
        )
        raise ScenarioError(
            [Problem(f"scenario {scenario.campaign.name}", "sector", found, allowed)]
        )


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
        raise ScenarioError([Problem(f"scenario {scenario.campaign.name}", key, found, allowed)])
