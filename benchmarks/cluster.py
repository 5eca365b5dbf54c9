"""What a Dask cluster on this machine costs, and what a second worker gives: full Kursk.

    python benchmarks/cluster.py [--replications 200] [--rounds 3]

In turn: two threads, a cluster of two processes, one of one process. Needs demine[cluster] and two
cores that nothing else uses.
"""

import argparse
from contextlib import ExitStack
from statistics import median
from time import perf_counter

from shipped import SCENARIOS
from table import machine, number, table

from sim import load_scenario, run
from sim.running.cluster import connect
from sim.running.memory import keep_freed_memory
from sim.running.workers import BATCHES_A_WORKER


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    keep_freed_memory()  # as `demine run` does
    scenario, n = load_scenario(SCENARIOS / "kursk.toml"), options.replications
    taken: list[tuple[float, ...]] = []
    with ExitStack() as opened:
        workers = [
            opened.enter_context(connect(f"local:{many}", engine="compiled")) for many in (2, 1)
        ]
        first = run(scenario, replications=8, jobs=2)  # warm
        assert all(run(scenario, replications=8, executor=each) == first for each in workers)
        for _ in range(options.rounds):
            times = []
            for executor in (None, *workers):
                since = perf_counter()
                run(scenario, replications=n, jobs=2, executor=executor)
                times.append(perf_counter() - since)
            taken.append(tuple(times))
    names = ("two threads", "two Dask workers", "one Dask worker")
    lines = [
        [name, number(median(times)), number(min(times)), number(1e3 * median(times) / n)]
        for name, times in zip(names, zip(*taken, strict=True), strict=True)
    ]
    print(f"#### A local cluster: `scenarios/kursk.toml`, {n} replications\n")
    print(machine())
    print(table(["", "seconds, median", "fastest round", "ms per replication"], lines))
    scaling = median(one / two for _, two, one in taken)
    over = median(two / threads - 1 for threads, two, _ in taken)
    batches = -(-n // max(1, -(-n // (2 * BATCHES_A_WORKER))))
    each = median(2 * (two - threads) / batches for threads, two, _ in taken)
    print(f"Two Dask workers are {scaling:.2f} times as fast as one (wanted: at least 1.7).\n")
    print(
        f"That is {100 * over:.1f} % more than two threads (wanted: below 5 %): {1e3 * each:.1f}"
        f" ms of a worker for each of some {batches} batches. Medians of {options.rounds}.\n"
    )


if __name__ == "__main__":
    main()
