"""How large a campaign is, and whether it fits into the memory of this machine."""

import os

from sim.errors import Problem, ScenarioError
from sim.scenario.scenario import Scenario


def memory_bytes() -> int:
    """Return this machine's memory; 8 GiB where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


BYTES_A_PARCEL = 150  # of a world and its outcome together


def expected_parcels(scenario: Scenario) -> float:
    """Return the number of parcels of a campaign of mean size."""
    area = sum(s.count * s.area_ha.mean for s in scenario.sector) * scenario.factors.area.mean
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
