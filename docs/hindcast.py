"""Compare the Kursk scenario, as known on 30 June 2025, with what was reported afterwards.

Prints a Markdown table. Takes ``--replications N`` (1000), ``--seed S`` (0) and ``--engine NAME``.
"""

import argparse
import datetime as dt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim import Scenario, load_scenario, sample_world, simulate

SCENARIO = Path(__file__).parent.parent / "scenarios" / "kursk.toml"
RELEASED_BEFORE_HA = 55_200
# Cumulative hectares as published: official claims, never verified independently.
RECORD = {
    dt.date(2025, 7, 14): (60_900, "https://tass.com/politics/1989091"),
    dt.date(2025, 7, 31): (69_500, "https://tass.com/politics/1997869"),
    dt.date(2025, 8, 11): (71_200, "https://www.kommersant.ru/doc/7957175"),
    dt.date(2025, 8, 25): (81_833, "https://tass.ru/armiya-i-opk/24867389"),
}
SHARES = (0.05, 0.10, 0.50, 0.90, 0.95)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", default="compiled", choices=("compiled", "simpy"))
    options = parser.parse_args()
    scenario = load_scenario(SCENARIO, settings={"campaign.horizon_days": 63})
    days = [(date - scenario.campaign.start).days + 1 for date in RECORD]
    released = np.array(
        [
            released_ha(scenario, days, seed=options.seed, replication=r, engine=options.engine)
            for r in range(options.replications)
        ]
    )
    print("| date | P5 | P10 | P50 | P90 | P95 | reported | reported lies at |")
    print("|---|---|---|---|---|---|---|---|")
    for (date, (reported, source)), values in zip(RECORD.items(), released.T, strict=True):
        band = np.quantile(values, SHARES, method="inverted_cdf")
        cells = " | ".join(f"{value:,.0f}".replace(",", " ") for value in band)
        place = f"P{100 * np.mean(values <= reported):.0f}"
        known = f"[{reported:,}]({source})".replace(",", " ", 1)
        print(f"| {date:%d %B %Y} | {cells} | {known} | {place} |")


def released_ha(
    scenario: Scenario, days: list[int], *, seed: int, replication: int, engine: str
) -> NDArray[np.float64]:
    """Return the land released by the end of each day of one replication, ha."""
    world = sample_world(scenario, seed=seed, replication=replication)
    outcome = simulate(world, engine=engine)
    done = outcome.release_s >= 0
    order = np.argsort(outcome.release_s[done])
    at_s = outcome.release_s[done][order]
    area_ha = np.cumsum(world.land.area_m2[done][order]) / 10_000
    until = np.searchsorted(at_s, np.array(days) * world.day_s, side="right")
    return RELEASED_BEFORE_HA + np.concatenate([[0.0], area_ha])[until]


if __name__ == "__main__":
    main()
