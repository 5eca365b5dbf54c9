"""Many replications: batches, workers, stop at a precision.

A replication belongs to its index, so that batches and workers change nothing but the time it
takes. What is finished is kept, whatever happens to the rest.
"""

import math
import os
from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np

from sim.engines import Engine
from sim.errors import Problem, ScenarioError, show
from sim.outcome import Ensemble
from sim.running.room import most_replications
from sim.running.twins import Source, is_worth_a_twin, narrowed, twins
from sim.running.workers import Keep, Luck, Progress, do_missing
from sim.sampling.recipes import Given, Readings, Recipes
from sim.sampling.recipes import plain as plain_recipe
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats, quantile
from sim.statistics.summary import completion_days
from sim.world import Ints

MOST_FOR_PRECISION = 262_144


def run(
    scenario: Scenario,
    *,
    replications: int = 1000,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    recipes: Recipes | None = None,
    readings: Readings | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
    start: int = 0,
    executor: Executor | None = None,
) -> Ensemble:
    """Return the ensemble of many replications.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    replications
        How many, from index `start` on.
    seed
        Scenarios that share it share their luck.
    engine
        "compiled" (threads) or "simpy" (processes).
    jobs
        Workers; all cores by default.
    recipes
        Whose luck each replication has; its own by default.
    readings
        When sums are read instead of at the ends of calendar years.
    progress
        Called with the replications done and asked for.
    keep
        Called with what each batch of replications has given, in their order.
    start
        Index of the first one.
    executor
        Does the batches, instead of threads or processes of its own: any one that can be handed a
        function and plain data. A batch whose worker it loses is done again, up to three times.

    Raises
    ------
    UnfinishedError
        If it was interrupted, or a worker died.
    ScenarioError
        If the run, or a campaign drawn, does not fit into the memory.
    """
    report, luck = progress or _silent, Luck(seed, recipes, readings)
    workers = jobs or cores()
    return do_missing(
        scenario, [], replications, luck, engine, workers, report, keep, start, executor
    )


def run_to_precision(
    scenario: Scenario,
    *,
    precision_days: float,
    replications: int = 1000,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
    plain: bool = False,
) -> tuple[Ensemble, str]:
    """Return an ensemble whose P80 has an interval that narrow, or as narrow as it gets.

    Parameters
    ----------
    scenario, seed, engine, jobs, progress, executor
        As in `run`.
    precision_days
        Wanted width of the 95 % interval of the P80 of the completion.
    replications
        To begin with; doubled until it is enough.
    plain
        Whether to go without the twins that large campaigns are asked about instead of doubling.

    Returns
    -------
    The ensemble (`further` says what else its completion rests on), and why the precision cannot be
    had; empty if it was.
    """
    report, workers = progress or _silent, jobs or cores()
    before: list[Ensemble] = []

    def grow(asked: int) -> Ensemble:
        luck = Luck(seed)
        before[:] = [
            do_missing(scenario, before, asked, luck, engine, workers, report, executor=executor)
        ]
        return before[0]

    def campaigns(which: Ints) -> Ints:
        luck = Luck(seed, Given(tuple(map(plain_recipe, which.tolist()))))
        done = do_missing(
            scenario, [], len(which), luck, engine, workers, report, executor=executor
        )
        return done.completion_s

    told: list[Ints] = []

    def of_twins(number: int) -> Ints:
        missing = range(sum(map(len, told)), number)
        told.extend(twins(scenario, seed=seed, indices=missing, jobs=workers))
        return np.concatenate(told)[:number]

    return until_precise(
        grow,
        precision_days=precision_days,
        replications=replications,
        engine=engine,
        source=None if plain else Source(of_twins, campaigns),
    )


def extend(
    ensemble: Ensemble,
    *,
    replications: int,
    engine: Engine = "compiled",
    jobs: int | None = None,
    recipes: Recipes | None = None,
    readings: Readings | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
    executor: Executor | None = None,
) -> Ensemble:
    """Return the ensemble of more replications, of which these are the first.

    Parameters
    ----------
    ensemble
        Of replications of which none is left out.
    replications
        How many in all, from its first one on; those that are there are not done again.
    engine, jobs, progress, keep, executor
        As in `run`; kept are the new ones.
    recipes, readings
        Those under which the ensemble was done.

    Raises
    ------
    UnfinishedError
        If it was interrupted, or a worker died.
    ScenarioError
        If the run, or a campaign drawn, does not fit into the memory.
    """
    report, workers = progress or _silent, jobs or cores()
    scenario, luck = ensemble.scenario, Luck(ensemble.seed, recipes, readings)
    start = int(ensemble.replication[0])
    return do_missing(
        scenario, [ensemble], replications, luck, engine, workers, report, keep, start, executor
    )


def until_precise(
    grow: Callable[[int], Ensemble],
    *,
    precision_days: float,
    replications: int,
    engine: Engine = "compiled",
    source: Source | None = None,
) -> tuple[Ensemble, str]:
    """Return an ensemble doubled until it is precise, and why it cannot be; empty if it is.

    With a source of twins it is not doubled, but told more of its completion, where that pays.

    Parameters
    ----------
    grow
        Gives the ensemble of so many replications.
    precision_days, replications, engine
        As in `run_to_precision`.
    source
        Of twins, and of whole campaigns.
    """
    if not 0 < precision_days < math.inf:
        found, allowed = show(precision_days), "a number of days above 0"
        raise ScenarioError([Problem("--precision", "", found, allowed)])
    ensemble, useless = grow(replications), ""
    most = min(MOST_FOR_PRECISION, most_replications(ensemble.scenario, engine))
    while (why := why_enough(completion_days(ensemble), precision_days, most)) is None:
        if source and not useless and is_worth_a_twin(ensemble):
            better, useless = narrowed(ensemble, source, precision_days=precision_days)
            if better:
                return better, useless
        ensemble = grow(2 * ensemble.replications)
    return ensemble, "; ".join(filter(None, [useless, why]))


def why_enough(days: Floats, precision_days: float, most: float = MOST_FOR_PRECISION) -> str | None:
    """Return why no more replications are wanted: empty if they are precise; None if more are.

    Parameters
    ----------
    days
        Their completions (R), infinite for what did not happen.
    precision_days
        As in `run_to_precision`.
    most
        Replications, fewer than usual where there is no memory for more.
    """
    p80 = quantile(days, 80)
    if math.isnan(p80.value):
        return "the P80 lies beyond the horizon: more replications cannot place it"
    width = p80.high - p80.low
    if width <= precision_days:
        return ""
    if 2 * len(days) > most:
        full = most < MOST_FOR_PRECISION
        why = "there is no memory for more replications" if full else "stopped doubling"
        return f"the interval of the P80 is still {width:.3g} days wide; {why}"
    return None


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _silent(_done: int, _asked: int) -> None:
    pass
