"""The reduced campaign by every program, in turn, in one process: who takes how long.

Run by `run.py`. In each round every program has its turn, so that what else the machine does hits
all alike; the table shows medians over rounds, of the ratios too. Before, the programs are held
against each other: a fast wrong answer is worth nothing.
"""

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from math import sqrt
from operator import truediv
from statistics import fmean, median, stdev
from time import perf_counter
from types import ModuleType

import numpy as np
from campaign import REDUCED, Campaign
from table import number, table

from sim import load_scenario, run, simulate
from sim.outcome import rows
from sim.running.memory import keep_freed_memory
from sim.sampling import Sampler
from sim.scenario.scenario import Scenario

SCENARIO, CAMPAIGN = load_scenario(REDUCED), Campaign.load()
SAMPLER = Sampler(SCENARIO, seed=0)
PARCELS = CAMPAIGN.sectors * CAMPAIGN.parcels
PLAIN = "plain SimPy"
LIBRARIES = {PLAIN: "plain_simpy", "salabim": "salabim_model", "Ciw": "ciw_model"}
OURS = 2000  # replications whose mean the plain programs are held against
COMPILED, SIMPY, BOUND = "compiled engine", "SimPy engine", "numpy, one normal number a parcel"
Turn = tuple[Callable[[int], object], int]
Program = Callable[[Campaign, int], float]


def main(rounds: int) -> None:
    """Print the tables."""
    keep_freed_memory()  # as `demine run` does
    plain = {name: module.run for name, file in LIBRARIES.items() if (module := _load(file))}
    print(agreement(plain, seeds=20 * rounds))
    turns: dict[str, Turn] = {
        COMPILED: (lambda n: run(SCENARIO, replications=n, seed=0, jobs=1), 100),
        SIMPY: (run_simpy, 1),
        **{name: (_repeated(program, CAMPAIGN), 2) for name, program in plain.items()},
        BOUND: (draw, 1000),
    }
    print(compete(turns, CAMPAIGN, rounds))
    longer = replace(CAMPAIGN, parcels=10 * CAMPAIGN.parcels, horizon_days=1000.0)
    scenario = load_scenario(
        REDUCED,
        settings={
            "sector.land.area_ha": longer.parcels,
            "campaign.horizon_days": longer.horizon_days,
        },
    )
    print("#### Ten times as much land\n")
    print(means(scenario, longer, plain[PLAIN], OURS // 10, 2 * rounds) + "\n")
    turns = {
        COMPILED: (lambda n: run(scenario, replications=n, seed=0, jobs=1), 20),
        PLAIN: (_repeated(plain[PLAIN], longer), 1),
    }
    print(compete(turns, longer, rounds))


def compete(turns: dict[str, Turn], campaign: Campaign, rounds: int) -> str:
    """Return a table of who takes how long, each in its turn, round after round."""
    parcels = campaign.sectors * campaign.parcels
    taken: dict[str, list[float]] = {name: [] for name in turns}
    for i in range(rounds + 1):
        for name, (turn, replications) in turns.items():
            gc.collect()
            since = perf_counter()
            turn(replications)
            if i > 0:  # the first round warms up
                taken[name].append((perf_counter() - since) / replications / parcels * 1e9)
    lines = [
        [name, number(median(t)), number(min(t)), number(median(map(truediv, t, taken[COMPILED])))]
        for name, t in taken.items()
    ]
    return table(["program", "ns per parcel, median", "fastest round", "ratio to compiled"], lines)


def agreement(plain: dict[str, Program], seeds: int) -> str:
    """Return a sentence on the answers; raise if they differ by more than chance allows."""
    for world in SAMPLER.worlds(range(2)):
        difference = simulate(world, engine="simpy").difference(simulate(world))
        if difference:
            raise SystemExit(f"the two engines differ: {difference}")
    first, *others = plain.values()
    for other in others:
        for seed in range(3):
            if abs(other(CAMPAIGN, seed) - first(CAMPAIGN, seed)) > 1e-9:
                raise SystemExit("the plain programs differ on equal draws")
    return (
        means(SCENARIO, CAMPAIGN, first, OURS, seeds)
        + " The two engines agree to the second on equal worlds, the plain programs on equal"
        " draws.\n"
    )


def means(
    scenario: Scenario, campaign: Campaign, program: Program, replications: int, seeds: int
) -> str:
    """Return a sentence on the mean completions; raise if chance does not explain them."""
    ensemble = run(scenario, replications=replications, seed=0, jobs=1)
    ours = (ensemble.completion_s / scenario.day_s).tolist()
    theirs = [program(campaign, seed) for seed in range(seeds)]
    error = sqrt(stdev(ours) ** 2 / len(ours) + stdev(theirs) ** 2 / len(theirs))
    z = (fmean(theirs) - fmean(ours)) / error
    if abs(z) > 4:
        raise SystemExit(f"the plain programs differ from the engines: z = {z:.1f}")
    return (
        f"Mean completion: engines {fmean(ours):.2f} days ({len(ours)} replications), plain"
        f" programs {fmean(theirs):.2f} days ({len(theirs)}), {abs(z):.1f} standard errors apart."
    )


def run_simpy(replications: int) -> None:
    """Do some replications with the SimPy engine; `run` would do them in processes of their own."""
    rows(simulate(world, engine="simpy") for world in SAMPLER.worlds(range(replications)))


def draw(replications: int) -> None:
    """Draw one number a parcel, and nothing else."""
    rng = np.random.default_rng(0)
    for _ in range(replications):
        rng.standard_normal(PARCELS)


def _repeated(program: Program, campaign: Campaign) -> Callable[[int], object]:
    return lambda n: [program(campaign, seed) for seed in range(n)]


def _load(file: str) -> ModuleType | None:
    try:
        return import_module(file)
    except ImportError as missing:
        print(f"{file} left out: {missing}", file=sys.stderr)
        return None


if __name__ == "__main__":
    main(rounds=int(sys.argv[1]))
