"""How often 95 % intervals of run, sweep and plan, and of compare, hold what is true.

A small campaign with chance on every level, some of it skewed, is asked the same many times, each
time with other luck, and its intervals are held against what a hundred times as many replications
say. A sweep's numbers are those of a run at each point, a plan's chance that of a deadline, and the
days that a cause costs in explain are differences as in compare. For shares see
coverage_of_shares.py, for dates from twins coverage_of_two_phases.py.

`python tests/coverage_of_runs.py [TIMES]` prints, for each kind of number, in how many of TIMES
(300) the interval holds the true one; wanted are 93 to 97 % (of 300 times 95 % are between 92.5 and
97.5 by chance).
"""

import datetime as dt
import sys
from collections.abc import Callable, Mapping

import numpy as np
from build import build, law

from sim.experiments.compare.differences import differences
from sim.outcome import Ensemble, gather
from sim.running.run import run
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Estimate
from sim.statistics.summary import summarize

Estimates = Mapping[str, Estimate]
RUN = 200
TOLD = ("completion_day", "completed", "cost", "deadline:half", "fund:grant")


def campaign(crews: int = 2) -> Scenario:
    """Return a small campaign that a third of the time runs into winter and attacks."""
    return build(
        campaign={"horizon_days": 900},
        sector=[
            {"area_ha": law("lognormal", mean=50, cv=0.4), "exposure": 1.0},
            {"area_ha": 30, "opens": law("uniform", low=0, high=90), "region": "north"},
        ],
        crew={"count": crews, "variation": 0.2, "cost_per_day": 100.0,
              "rate_ha_per_day": law("lognormal", mean=0.4, cv=0.4)},
        pace={"weekly_cv": 0.25, "weekly_correlation": 0.5},
        season=[{"name": "winter", "closed_from": "11-15", "closed_until": "04-01"}],
        shelling={
            "stop_hours": law("exponential", mean=2),
            "regimes": [{"name": n, "attacks_per_24h": a, "mean_days": 60}
                        for n, a in (("calm", 0.02), ("war", 0.4))],
        },
        deadline=[{"name": "half", "date": dt.date(2025, 10, 30)}],
        money={"fund": [{"name": "grant", "roles": ["clearance"], "amount": 30e3}]},
    )  # fmt: skip


def part(ensemble: Ensemble, i: int, n: int) -> Ensemble:
    """Return the i-th n of its replications."""
    rows = {name: values[i * n : (i + 1) * n] for name, values in ensemble.rows.items()}
    return gather(ensemble.scenario, seed=ensemble.seed, asked=n, batches=[rows])


def of_run(ensemble: Ensemble) -> Estimates:
    """Return the numbers of a run that have intervals."""
    return {
        f"run: {row.quantity} {row.statistic}": row.estimate
        for row in summarize(ensemble)
        if row.quantity in TOLD
    }


def of_comparison(baseline: Ensemble, variant: Ensemble) -> Estimates:
    """Return the differences that have intervals."""
    return {
        f"compare: {each.quantity} {each.statistic}": each.difference
        for each in differences(baseline, variant)
    }


def coverage(asked: Callable[[int], Estimates], true: Estimates, times: int) -> dict[str, float]:
    """Return how often each interval holds the true number, of those that are known both ends.

    Parameters
    ----------
    asked
        Gives the numbers of the i-th time.
    true
        The same numbers, of many more replications.
    times
        How often it is asked.
    """
    held: dict[str, list[bool]] = {name: [] for name in true}
    for i in range(times):
        for name, each in asked(i).items():
            if name in held and np.isfinite([each.low, each.high, true[name].value]).all():
                held[name].append(each.low <= true[name].value <= each.high)
    return {name: float(np.mean(found)) for name, found in held.items() if len(found) > times / 2}


def main() -> None:
    """Print the coverage of every interval."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    before, after = (run(campaign(crews), replications=times * RUN, seed=5) for crews in (2, 3))
    found = coverage(lambda i: of_run(part(before, i, RUN)), of_run(before), times)
    pairs = of_comparison(before, after)
    found |= coverage(
        lambda i: of_comparison(part(before, i, RUN), part(after, i, RUN)), pairs, times
    )
    for name, share in found.items():
        print(f"{100 * share:5.1f} %  {name}")


if __name__ == "__main__":
    main()
