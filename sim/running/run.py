"""Many replications: batches, workers, stop at a precision.

A replication belongs to its index, so that batches and workers change nothing but the time it
takes. What is finished is kept, whatever happens to the rest.
"""

import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from typing import NamedTuple

from sim.engines import Engine, simulate
from sim.outcome import Ensemble, Outcome, Rows, gather, rows
from sim.running.memory import keep_freed_memory
from sim.sampling import Sampler
from sim.sampling.draws import BYTES_A_PARCEL, Exchange, expected_parcels
from sim.sampling.size import memory_bytes
from sim.scenario.scenario import Scenario
from sim.statistics.summary import completion_days, quantile

Progress = Callable[[int, int], None]
LARGEST_BATCH = 256
PARCELS_FOR_THREADS = 3000.0  # below, threads spend their time waiting for the interpreter
PARCELS_A_BATCH: dict[str, float] = {"simpy": 2e5, "compiled": 4e6}
BATCHES_A_WORKER = 16  # at least, so that none waits long for another in the end
MOST_FOR_PRECISION = 262_144


class UnfinishedError(RuntimeError):
    """Some replications were not done; those that were are kept.

    Attributes
    ----------
    ensemble
        What was finished, if anything was.
    interrupted
        Whether somebody asked for it (otherwise a worker died).
    """

    def __init__(self, reason: str, *, ensemble: Ensemble | None, interrupted: bool) -> None:
        super().__init__(reason)
        self.ensemble, self.interrupted = ensemble, interrupted


def run(
    scenario: Scenario,
    *,
    replications: int = 1000,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    exchange: Exchange | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Return the ensemble of many replications.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    replications
        How many, from index 0 on.
    seed
        Scenarios that share it share their luck.
    engine
        "compiled" (threads) or "simpy" (processes).
    jobs
        Workers; all cores by default.
    exchange
        Luck that is another replication's.
    progress
        Called with the replications done and asked for.

    Raises
    ------
    UnfinishedError
        If it was interrupted, or a worker died.
    ScenarioError
        If a campaign drawn does not fit into this machine's memory.
    """
    report, luck = progress or _silent, _Luck(seed, exchange)
    return _extend(scenario, [], replications, luck, engine, jobs or cores(), report)


def run_to_precision(
    scenario: Scenario,
    *,
    precision_days: float,
    replications: int = 1000,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    progress: Progress | None = None,
) -> tuple[Ensemble, str]:
    """Return an ensemble whose P80 has an interval that narrow, or as narrow as it gets.

    Parameters
    ----------
    scenario, seed, engine, jobs, progress
        As in `run`.
    precision_days
        Wanted width of the 95 % interval of the P80 of the completion.
    replications
        To begin with; doubled until it is enough.

    Returns
    -------
    The ensemble, and why the precision cannot be had; empty if it was.
    """
    report, workers = progress or _silent, jobs or cores()
    before: list[Ensemble] = []

    def grow(asked: int) -> Ensemble:
        before[:] = [_extend(scenario, before, asked, _Luck(seed), engine, workers, report)]
        return before[0]

    return until_precise(grow, precision_days=precision_days, replications=replications)


def extend(
    ensemble: Ensemble,
    *,
    replications: int,
    engine: Engine = "compiled",
    jobs: int | None = None,
    exchange: Exchange | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Return the ensemble of more replications, of which these are the first.

    Parameters
    ----------
    ensemble
        Of the replications from index 0 on, none left out.
    replications
        How many in all; those that are there are not done again.
    engine, jobs, progress
        As in `run`.
    exchange
        The one under which the ensemble was done.

    Raises
    ------
    UnfinishedError
        If it was interrupted, or a worker died.
    ScenarioError
        If a campaign drawn does not fit into this machine's memory.
    """
    report, workers = progress or _silent, jobs or cores()
    scenario, luck = ensemble.scenario, _Luck(ensemble.seed, exchange)
    return _extend(scenario, [ensemble], replications, luck, engine, workers, report)


def until_precise(
    grow: Callable[[int], Ensemble], *, precision_days: float, replications: int
) -> tuple[Ensemble, str]:
    """Return an ensemble doubled until it is precise, and why it cannot be; empty if it is.

    Parameters
    ----------
    grow
        Gives the ensemble of so many replications.
    precision_days, replications
        As in `run_to_precision`.
    """
    ensemble = grow(replications)
    while True:
        p80 = quantile(completion_days(ensemble), 80)
        if math.isnan(p80.value):
            return ensemble, "the P80 lies beyond the horizon: more replications cannot place it"
        if p80.high - p80.low <= precision_days:
            return ensemble, ""
        asked = 2 * ensemble.replications
        if asked > MOST_FOR_PRECISION:
            width = f"{p80.high - p80.low:.3g} days"
            return ensemble, f"the interval of the P80 is still {width} wide; stopped doubling"
        ensemble = grow(asked)


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _silent(_done: int, _asked: int) -> None:
    pass


class _Luck(NamedTuple):
    """Whose luck it is."""

    seed: int
    exchange: Exchange | None = None


def _extend(
    scenario: Scenario,
    before: list[Ensemble],
    asked: int,
    luck: _Luck,
    engine: Engine,
    jobs: int,
    report: Progress,
) -> Ensemble:
    """Do the replications that are still missing, and gather all."""
    first = sum(ensemble.replications for ensemble in before)
    chunks, jobs = _chunks(scenario, range(first, asked), engine, jobs)
    batches: list[Future[Rows]] = []
    reason, interrupted = "", False
    report(first, asked)
    with _pool(engine, jobs) as pool:
        stop = threading.Event()
        try:
            pending: set[Future[Rows]] = set()
            while chunks or pending:
                while chunks and len(pending) < 2 * jobs:
                    batches.append(_submit(pool, scenario, luck, engine, chunks.pop(0), stop))
                    pending.add(batches[-1])
                ready, pending = wait(pending, return_when=FIRST_COMPLETED)
                for batch in ready:
                    batch.result()
                report(first + sum(map(_size, batches)), asked)
        except KeyboardInterrupt:
            reason, interrupted = "interrupted", True
        except BrokenProcessPool:
            reason = "a worker died (killed, or out of memory)"
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            if reason:
                for child in multiprocessing.active_children():
                    child.terminate()
    rows_done = [ensemble.rows for ensemble in before]
    rows_done += [batch.result() for batch in batches if _size(batch)]
    ensemble = (
        gather(scenario, seed=luck.seed, asked=asked, batches=rows_done) if rows_done else None
    )
    if reason:
        done = ensemble.replications if ensemble else 0
        reason = f"{reason} after {done} of {asked} replications"
        raise UnfinishedError(reason, ensemble=ensemble, interrupted=interrupted)
    assert ensemble
    return ensemble


def _size(batch: Future[Rows]) -> int:
    """Return how many replications a batch has done; none unless it is finished and whole."""
    if not batch.done() or batch.cancelled() or batch.exception() is not None:
        return 0
    return len(batch.result()["replication"])


def _chunks(scenario: Scenario, todo: range, engine: Engine, jobs: int) -> tuple[list[range], int]:
    """Cut the work into batches, and say how many workers fit into the memory."""
    parcels = max(1.0, expected_parcels(scenario))
    fit = int(memory_bytes() / (parcels * BYTES_A_PARCEL))
    jobs = max(1, min(jobs, len(todo), fit))
    if engine == "compiled" and parcels < PARCELS_FOR_THREADS:
        jobs = 1
    share = -(-len(todo) // (BATCHES_A_WORKER * jobs)) if jobs > 1 else len(todo)
    size = max(1, min(LARGEST_BATCH, share, int(PARCELS_A_BATCH[engine] / parcels)))
    return [todo[i : i + size] for i in range(0, len(todo), size)], jobs


def _pool(engine: Engine, jobs: int) -> Executor:
    if engine == "compiled":
        keep_freed_memory()
        return ThreadPoolExecutor(jobs)
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_ignore_interrupts)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent, which keeps what is finished."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _submit(
    pool: Executor,
    scenario: Scenario,
    luck: _Luck,
    engine: Engine,
    chunk: range,
    stop: threading.Event,
) -> Future[Rows]:
    if isinstance(pool, ThreadPoolExecutor):
        return pool.submit(_batch, scenario, luck, engine, chunk, stop)
    return pool.submit(_batch, scenario, luck, engine, chunk)


def _batch(
    scenario: Scenario,
    luck: _Luck,
    engine: Engine,
    chunk: range,
    stop: threading.Event | None = None,
) -> Rows:
    """Do some replications, one at a time."""

    def outcomes() -> Iterator[Outcome]:
        for world in _sampler(scenario, luck).worlds(chunk):
            if stop and stop.is_set():
                raise KeyboardInterrupt
            outcome = simulate(world, engine=engine)
            del world  # the next one is drawn before the loop lets go of this one
            yield outcome
            del outcome

    return rows(outcomes())


@lru_cache(maxsize=2)
def _sampler(scenario: Scenario, luck: _Luck) -> Sampler:
    return Sampler(scenario, seed=luck.seed, exchange=luck.exchange)
