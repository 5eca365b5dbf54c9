"""Workers: how the replications are cut into batches, and who does them."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from functools import lru_cache
from itertools import takewhile
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
RETRIES = 3  # of a batch whose worker was lost


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


class LostError(BrokenExecutor):
    """A worker was lost, or all of them; its text says which."""


_LOST = (BrokenExecutor, CancelledError, ConnectionError)


class Luck(NamedTuple):
    """Whose luck it is, and when its sums are read."""

    seed: int
    recipes: Recipes | None = None
    readings: Readings | None = None


class Work(NamedTuple):
    """What a batch is a part of: plain data, which may travel."""

    scenario: Scenario
    luck: Luck
    engine: Engine


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
    executor: Executor | None = None,
) -> Ensemble:
    """Do those from `start` on that are still missing, and gather all; hand on batches in order."""
    first = sum(ensemble.replications for ensemble in before)
    todo = range(start + first, start + asked)
    chunks, jobs = _chunks(scenario, todo, engine, jobs, start, executor)
    batches: list[Future[Rows]] = []
    lost = [0] * len(chunks)
    reason, interrupted, handed_on = "", False, 0
    report(first, asked)
    if engine == "compiled" and chunks and executor is None:
        beside.begin()
    stop = threading.Event()
    with _workers(Work(scenario, luck, engine), jobs, executor, stop) as (submit, end_workers):
        try:
            pending: dict[Future[Rows], int] = {}
            while len(batches) < len(chunks) or pending:
                while len(batches) < len(chunks) and len(pending) < 2 * _width(executor, jobs):
                    batch = submit(chunks[len(batches)])
                    pending[batch] = len(batches)
                    batches.append(batch)
                # a signal that another thread has got is seen here only now and then
                for batch in wait(pending, LOOKS_EVERY_S, return_when=FIRST_COMPLETED).done:
                    place = pending.pop(batch)
                    if _is_lost(batch, again=lost[place] < RETRIES):
                        lost[place] += 1
                        batches[place] = submit(chunks[place])
                        pending[batches[place]] = place
                handed_on += _hand_on(batches[handed_on:], keep)
                report(first + sum(map(_size, batches)), asked)
        except KeyboardInterrupt:
            reason, interrupted = "interrupted", True
        except _LOST as error:
            told = isinstance(error, LostError)
            reason = str(error) if told else "a worker died (killed, or out of memory)"
            reason += f", {RETRIES + 1} times over the same replications" * (RETRIES in lost)
        finally:
            stop.set()
            for batch in batches:
                batch.cancel()
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


def _hand_on(batches: list[Future[Rows]], keep: Keep | None) -> int:
    """Hand on the batches up to the first that is not finished, and return how many they are."""
    finished = list(takewhile(_size, batches)) if keep else []
    for batch in finished:
        assert keep
        keep(batch.result())
    return len(finished)


def _is_lost(batch: Future[Rows], *, again: bool) -> bool:
    """Tell whether the worker of a batch was lost; what else it has raised is raised.

    So is a loss, if the batch must not be tried again.
    """
    try:
        batch.result()
    except _LOST:
        if not again:
            raise
        return True
    return False


def _width(executor: Executor | None, jobs: int) -> int:
    """Return how many batches can be done at a time, which may change."""
    return max(1, getattr(executor, "_max_workers", jobs))  # so Python's own executors call it


def _chunks(
    scenario: Scenario,
    todo: range,
    engine: Engine,
    jobs: int,
    start: int = 0,
    executor: Executor | None = None,
) -> tuple[list[range], int]:
    """Cut the work into batches, and say how many workers fit into the memory."""
    parcels = max(1.0, expected_parcels(scenario))
    jobs = max(1, min(_width(executor, jobs), len(todo)))
    if engine == "compiled" and parcels < PARCELS_FOR_THREADS and executor is None:
        jobs = 1
    if todo:
        fit = workers_that_fit(scenario, todo.stop - start, engine=engine, jobs=jobs)
        jobs = jobs if executor else fit  # where its workers are, is their affair
    alone = jobs == 1 and executor is None
    share = len(todo) if alone else -(-len(todo) // (BATCHES_A_WORKER * jobs))
    largest = min(PARCELS_A_BATCH[engine] / parcels, BYTES_A_BATCH / row_bytes(scenario))
    size = max(1, min(LARGEST_BATCH, share, int(largest)))
    return [todo[i : i + size] for i in range(0, len(todo), size)], jobs


@contextmanager
def _workers(
    work: Work, jobs: int, executor: Executor | None, stop: threading.Event
) -> Iterator[tuple[Callable[[range], Future[Rows]], Callable[[], None]]]:
    """Give what has a batch done, and what ends those who do it if they are our processes."""
    if executor is not None:
        yield lambda chunk: executor.submit(do_batch, work, chunk), _nothing
        return
    if work.engine == "compiled":
        with ThreadPoolExecutor(jobs) as threads:
            yield lambda chunk: threads.submit(_batch, *work, chunk, stop), _nothing
        return
    spawn = multiprocessing.get_context("spawn")
    lifeline, ours = spawn.Pipe(duplex=False)
    processes = ProcessPoolExecutor(
        jobs, mp_context=spawn, initializer=depend, initargs=(lifeline, os.getpid())
    )

    def submit(chunk: range) -> Future[Rows]:
        with undisturbed():  # the first one starts the workers
            return processes.submit(_batch, *work, chunk)

    with lifeline, ours, processes:
        yield submit, ours.close


def _nothing() -> None:
    pass


def do_batch(work: Work, chunk: range) -> Rows:
    """Return the rows of some replications: what an executor that is given is handed."""
    return _batch(*work, chunk)


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
