"""Workers: how the replications are cut into batches, and who does them."""

import multiprocessing
import os
import threading
import time
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
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from sim.engines import Engine, simulate
from sim.outcome import Ensemble, Outcome, Rows, gather, row_bytes, rows
from sim.running import beside
from sim.running.lifeline import depend, undisturbed
from sim.running.room import workers_that_fit
from sim.sampling import Sampler
from sim.sampling.recipes import Readings, Recipes
from sim.sampling.size import expected_parcels
from sim.scenario.scenario import Scenario

Progress = Callable[[int, int], None]
Keep = Callable[[Rows], None]
LARGEST_BATCH = 256
BYTES_A_BATCH = 2**26  # of rows, so that batches under way are small beside those that are done
PARCELS_FOR_THREADS = 3000.0  # below, threads spend their time waiting for the interpreter
PARCELS_A_BATCH: dict[str, float] = {"simpy": 2e5, "compiled": 4e6}
LOOKS_FOR_CODE_S = 0.1
LOOKS_EVERY_S = 0.5
BATCHES_A_WORKER = 16  # at least, so that none waits long for another in the end


class UnfinishedError(RuntimeError):
    """Some replications were not done; those that were are kept.

    Attributes
    ----------
    ensemble
        What was finished, if anything was.
    interrupted
        Whether somebody asked for it (otherwise a worker died).
    so_far
        What an experiment had found by then, if anything.
    """

    so_far: Any = None

    def __init__(self, reason: str, *, ensemble: Ensemble | None, interrupted: bool) -> None:
        super().__init__(reason)
        self.ensemble, self.interrupted = ensemble, interrupted


class Luck(NamedTuple):
    """Whose luck it is, and when its sums are read."""

    seed: int
    recipes: Recipes | None = None
    readings: Readings | None = None


def do_missing(
    scenario: Scenario,
    before: list[Ensemble],
    asked: int,
    luck: Luck,
    engine: Engine,
    jobs: int,
    report: Progress,
    keep: Keep | None = None,
    start: int = 0,
) -> Ensemble:
    """Do those from `start` on that are still missing, and gather all; hand on batches in order."""
    first = sum(ensemble.replications for ensemble in before)
    todo = range(start + first, start + asked)
    chunks, jobs = _chunks(scenario, todo, engine, jobs, start)
    batches: list[Future[Rows]] = []
    reason, interrupted, handed_on = "", False, 0
    report(first, asked)
    if engine == "compiled" and chunks:
        beside.begin()
    with _pool(engine, jobs) as (pool, end_workers):
        stop = threading.Event()
        try:
            pending: set[Future[Rows]] = set()
            while chunks or pending:
                while chunks and len(pending) < 2 * jobs:
                    batches.append(_submit(pool, scenario, luck, engine, chunks.pop(0), stop))
                    pending.add(batches[-1])
                # a signal that another thread has got is seen here only now and then
                ready, pending = wait(pending, LOOKS_EVERY_S, return_when=FIRST_COMPLETED)
                for batch in ready:
                    batch.result()
                while keep and handed_on < len(batches) and _size(batches[handed_on]):
                    keep(batches[handed_on].result())
                    handed_on += 1
                report(first + sum(map(_size, batches)), asked)
        except KeyboardInterrupt:
            reason, interrupted = "interrupted", True
        except BrokenProcessPool:
            reason = "a worker died (killed, or out of memory)"
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            if reason:
                end_workers()
                beside.end()
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


def _chunks(
    scenario: Scenario, todo: range, engine: Engine, jobs: int, start: int = 0
) -> tuple[list[range], int]:
    """Cut the work into batches, and say how many workers fit into the memory."""
    parcels = max(1.0, expected_parcels(scenario))
    jobs = max(1, min(jobs, len(todo)))
    if engine == "compiled" and parcels < PARCELS_FOR_THREADS:
        jobs = 1
    if todo:
        jobs = workers_that_fit(scenario, todo.stop - start, engine=engine, jobs=jobs)
    share = -(-len(todo) // (BATCHES_A_WORKER * jobs)) if jobs > 1 else len(todo)
    largest = min(PARCELS_A_BATCH[engine] / parcels, BYTES_A_BATCH / row_bytes(scenario))
    size = max(1, min(LARGEST_BATCH, share, int(largest)))
    return [todo[i : i + size] for i in range(0, len(todo), size)], jobs


@contextmanager
def _pool(engine: Engine, jobs: int) -> Iterator[tuple[Executor, Callable[[], None]]]:
    """Give a pool of workers, and what ends them at once if they are processes."""
    if engine == "compiled":
        with ThreadPoolExecutor(jobs) as pool:
            yield pool, _nothing
        return
    spawn = multiprocessing.get_context("spawn")
    lifeline, ours = spawn.Pipe(duplex=False)
    workers = ProcessPoolExecutor(
        jobs, mp_context=spawn, initializer=depend, initargs=(lifeline, os.getpid())
    )
    with lifeline, ours, workers:
        yield workers, ours.close


def _nothing() -> None:
    pass


def _submit(
    pool: Executor,
    scenario: Scenario,
    luck: Luck,
    engine: Engine,
    chunk: range,
    stop: threading.Event,
) -> Future[Rows]:
    if isinstance(pool, ThreadPoolExecutor):
        return pool.submit(_batch, scenario, luck, engine, chunk, stop)
    with undisturbed():  # the first one starts the workers
        return pool.submit(_batch, scenario, luck, engine, chunk)


def _batch(
    scenario: Scenario,
    luck: Luck,
    engine: Engine,
    chunk: range,
    stop: threading.Event | None = None,
) -> Rows:
    """Do some replications, one at a time."""
    small = expected_parcels(scenario) < PARCELS_FOR_THREADS

    def outcomes() -> Iterator[Outcome]:
        for world in _sampler(scenario, luck).worlds(chunk):
            while not (over := beside.is_over()) and not small and not (stop and stop.is_set()):
                time.sleep(LOOKS_FOR_CODE_S)
            if stop and stop.is_set():
                raise KeyboardInterrupt
            outcome = simulate(world, engine=engine if over else "simpy")
            del world  # the next one is drawn before the loop lets go of this one
            yield outcome
            del outcome

    return rows(outcomes())


@lru_cache(maxsize=2)
def _sampler(scenario: Scenario, luck: Luck) -> Sampler:
    return Sampler(scenario, seed=luck.seed, recipes=luck.recipes, readings=luck.readings)
