"""What experiments on full kursk.toml cost: with twins, against whole campaigns alone.

`python benchmarks/experiments.py [run] [plan] [sweep]` (all by default; hours). Times are CPU
times of one worker. What plain replications would take is reckoned, since it takes hours: how many
there would have to be, from what the estimates are worth (an interval of the P80 as narrow as it
came out; the stages of a decision, drawn for the chance that was found), times what one takes.
`explain` has no twin: it is timed elsewhere.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from sim import Scenario, load_scenario, plan, run, sweep
from sim.engines.twin import twin_days
from sim.experiments.plan.goal import FIRST, MOST
from sim.running.run import run_to_precision
from sim.sampling import Sampler
from sim.statistics.decisions import decide, stages
from sim.statistics.summary import completion_days
from sim.statistics.two_phase import correlation, two_phase

T = TypeVar("T")
KURSK = Path(__file__).parent.parent / "scenarios" / "kursk.toml"
WIDTH_DAYS = 20.0  # of the interval of the P80: +-10 days
SWEEP_WIDTH_DAYS = 60.0
DEADLINE, VALUES = "2029-12-31", range(21, 98, 4)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what some work gives, and the CPU seconds that it takes."""
    since = time.process_time()
    return work(), time.process_time() - since


def each(scenario: Scenario) -> float:
    """Print and return what one replication takes, and one twin, in seconds."""
    run(scenario, replications=8, jobs=1)
    sampler = Sampler(scenario, seed=0)
    twin = [twin_days(outlines) for outlines in sampler.outlines(range(64))]
    done, whole_s = timed(lambda: run(scenario, replications=300, jobs=1))
    twin, twin_s = timed(lambda: [twin_days(o) for o in sampler.outlines(range(300))])
    horizon = scenario.campaign.horizon_days
    rho = correlation(np.concatenate(twin), completion_days(done), horizon)
    print(f"a replication {1e3 * whole_s / 300:.1f} ms, a twin {1e3 * twin_s / 300:.2f} ms,"
          f" correlation {rho:.4f}", flush=True)  # fmt: skip
    return whole_s / 300


def line(what: str, took_s: float, plain: float, a_replication_s: float, more: str = "") -> None:
    plain_s = plain * a_replication_s
    print(f"{what:6} {took_s:7.0f} s; plain, reckoned: {plain:8.0f} replications, {plain_s:6.0f} s;"
          f" ratio {took_s / plain_s:.3f}{more}", flush=True)  # fmt: skip


def of_run(scenario: Scenario, a_replication_s: float) -> None:
    (found, why), took_s = timed(
        lambda: run_to_precision(scenario, precision_days=WIDTH_DAYS, jobs=1)
    )
    law = two_phase(found)
    p80 = law.quantile(80)
    assert found.further
    n = found.replications + len(found.further.completion_s)
    line("run", took_s, law.worth(80), a_replication_s,
         f"; {n} campaigns, {found.further.sizes.sum()} twins, P80 {p80.value:.0f}"
         f" ({p80.low:.0f} to {p80.high:.0f}) {why}")  # fmt: skip


def of_plan(scenario: Scenario, a_replication_s: float) -> None:
    key, sizes = "crew.engineers.count", stages(FIRST, MOST)
    found, took_s = timed(
        lambda: plan(scenario, deadline=DEADLINE, vary={key: list(VALUES)}, jobs=1)
    )
    rng, plain = np.random.default_rng(0), 0.0
    for trial in found.trials:
        draws = rng.random((50, MOST)) < trial.probability.value
        reached = np.cumsum(draws, axis=1)
        plain += np.mean([
            decide(lambda n, r=r: int(r[n - 1]), level=0.8, sizes=sizes, questions=len(VALUES))
            .replications for r in reached
        ])  # fmt: skip
        print(f"  {trial.settings[key]} crews: {trial.probability.value:.3f} {trial.decided},"
              f" {trial.replications} campaigns, {trial.twins} twins")  # fmt: skip
    line("plan", took_s, plain, a_replication_s)


def of_sweep(scenario: Scenario, a_replication_s: float) -> None:
    vary = {"crew.engineers.count": [30, 35, 40, 45, 50], "factors.area": [0.8, 0.9, 1.0, 1.1, 1.2]}
    found, took_s = timed(
        lambda: sweep(
            scenario, vary=vary, replications=200, precision_days=SWEEP_WIDTH_DAYS, jobs=1
        )
    )
    plain = 0.0
    for point in found.points:  # widths go with the root of the number, at each point by itself
        few = run(point.scenario, replications=1000, jobs=1)
        low, high = np.quantile(completion_days(few), [0.775, 0.825], method="inverted_cdf")
        plain += 1000 * ((high - low) / SWEEP_WIDTH_DAYS) ** 2
    line("sweep", took_s, plain, a_replication_s)


def main() -> None:
    """Print a line for each experiment."""
    experiments = {"run": of_run, "plan": of_plan, "sweep": of_sweep}
    scenario = load_scenario(KURSK)
    a_replication_s = each(scenario)
    for name in sys.argv[1:] or experiments:
        experiments[name](scenario, a_replication_s)


if __name__ == "__main__":
    main()
