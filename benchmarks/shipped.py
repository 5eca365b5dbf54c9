"""The shipped scenarios: where the time of a Kursk replication goes, threads, the tutorial.

Run by `run.py`.
"""

import sys
from pathlib import Path
from statistics import fmean, median
from time import perf_counter

from table import number, table, whole

from sim import load_scenario, run, simulate
from sim.outcome import rows
from sim.running.memory import keep_freed_memory
from sim.sampling import Sampler
from sim.scenario.scenario import Scenario

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
PARTS = ("sampling", "dynamics", "summarising", "all-in, one thread", "all-in, two threads")


def main(replications: int, repeats: int, with_simpy: bool) -> None:
    """Print the tables."""
    keep_freed_memory()  # as `demine run` does
    scenario = load_scenario(SCENARIOS / "kursk.toml")
    taken = []
    run(scenario, replications=1)  # warm
    for _ in range(repeats):  # in turn
        parcels, times = by_part(scenario, replications)
        taken.append(times + [all_in(scenario, replications, jobs) for jobs in (1, 2)])
    times = [median(part) for part in zip(*taken, strict=True)]
    best = [min(part) for part in zip(*taken, strict=True)]
    each = 1e9 / parcels / replications
    lines = [
        [name, number(t * each), number(b * each), number(t)]
        for name, t, b in zip(PARTS, times, best, strict=True)
    ]
    print("#### `scenarios/kursk.toml`, compiled engine\n")
    print(f"{replications} replications of {whole(parcels)} parcels on average.\n")
    print(table(["", "ns per parcel, median", "fastest round", "seconds in all, median"], lines))
    ratio = median(one / two for *_, one, two in taken)
    print(f"Two threads are {ratio:.2f} times as fast as one, median of the rounds.\n")
    if with_simpy:
        alone, slower = simpy_engine(scenario)
        print(
            f"The SimPy engine takes {number(alone)} ns per parcel for the dynamics of one"
            f" replication, {slower:.0f} times as long as the compiled one; the outcomes agree.\n"
        )
    print("#### `scenarios/tutorial.toml`, compiled engine\n")
    rates = tutorial_rates(load_scenario(SCENARIOS / "tutorial.toml"), repeats)
    print(
        f"{whole(median(rates))} replications a second, one thread;"
        f" {whole(max(rates))} in the fastest round.\n"
    )


def by_part(scenario: Scenario, replications: int) -> tuple[float, list[float]]:
    """Return parcels on average, and the seconds that sampling, dynamics and summarising took."""
    taken, parcels = [], []
    worlds = Sampler(scenario, seed=0).worlds(range(replications))
    for _ in range(replications):
        since = perf_counter()
        world = next(worlds)
        sampled = perf_counter()
        outcome = simulate(world)
        played = perf_counter()
        rows([outcome])
        taken.append((sampled - since, played - sampled, perf_counter() - played))
        parcels.append(world.land.parcels)
    return fmean(parcels), [sum(part) for part in zip(*taken, strict=True)]


def all_in(scenario: Scenario, replications: int, jobs: int) -> float:
    """Return the seconds that some replications take, as `demine run` does them."""
    since = perf_counter()
    run(scenario, replications=replications, jobs=jobs)
    return perf_counter() - since


def simpy_engine(scenario: Scenario) -> tuple[float, float]:
    """Return ns a parcel of the SimPy engine, and its ratio to the compiled one's dynamics."""
    world = next(Sampler(scenario, seed=0).worlds([1]))
    since = perf_counter()
    told = simulate(world, engine="simpy")
    slow = perf_counter() - since
    fast = []
    for _ in range(5):
        since = perf_counter()
        outcome = simulate(world)
        fast.append(perf_counter() - since)
    if difference := told.difference(outcome):
        raise SystemExit(f"the two engines differ: {difference}")
    return slow / world.land.parcels * 1e9, slow / median(fast)


def tutorial_rates(scenario: Scenario, repeats: int) -> list[float]:
    """Return replications a second, in each of some rounds."""
    run(scenario, replications=10, jobs=1)
    return [1000 / all_in(scenario, 1000, jobs=1) for _ in range(repeats)]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "simpy")
