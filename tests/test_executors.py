"""Whoever does the batches, in whatever order, and whoever dies: the numbers are the same."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import sim.running.workers
from sim import Ensemble, ScenarioError, compare, explain, forecast, load_scenario, plan, run, sweep
from sim.errors import Problem
from sim.experiments.study import Study
from sim.running.run import extend, run_to_precision
from sim.running.workers import RETRIES, UnfinishedError

TUTORIAL = load_scenario(Path(__file__).parent.parent / "scenarios" / "tutorial.toml")
MACHINES = "crew.machine.count"
N = 50


class Shuffled(Executor):
    """Does what there is to do in a random order, whoever waits for it."""

    _max_workers = 3

    def __init__(self) -> None:
        self.submitted = 0
        self._luck, self._todo, self._new = random.Random(1), list[Any](), threading.Semaphore(0)
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = Future[Any]()
        self._todo.append((future, fn, args))
        self.submitted += 1
        if len(self._todo) >= self._max_workers:
            self._new.release(len(self._todo))
        threading.Timer(0.2, self._new.release, (9,)).start()  # the last ones are few
        return future

    def _work(self) -> None:
        while self._new.acquire():
            if self._todo:
                future, fn, args = self._todo.pop(self._luck.randrange(len(self._todo)))
                if future.set_running_or_notify_cancel():
                    future.set_result(fn(*args))


class Losing(Executor):
    """Loses the worker of some batches, told by how often the first replication was tried."""

    _max_workers = 1

    def __init__(self, loses: Callable[[int, int], bool], error: BaseException) -> None:
        self._loses, self._error = loses, error
        self.tried: dict[int, int] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future, first = Future[Any](), args[-1][0]
        self.tried[first] = self.tried.get(first, 0) + 1
        if self._loses(first, self.tried[first]):
            future.set_exception(self._error)
        else:
            future.set_result(fn(*args))
        return future


@pytest.fixture(scope="module")
def plain() -> Ensemble:
    return run(TUTORIAL, replications=N)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim.running.workers, "LARGEST_BATCH", 7)


@pytest.fixture
def two() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("size", [1, 7, 256])
def test_any_order_of_arrival_and_any_size_of_batches_gives_the_same(
    monkeypatch: pytest.MonkeyPatch, plain: Ensemble, size: int
) -> None:
    monkeypatch.setattr(sim.running.workers, "LARGEST_BATCH", size)
    kept: list[int] = []
    executor = Shuffled()
    found = run(
        TUTORIAL, replications=N, executor=executor, keep=lambda b: kept.extend(b["replication"])
    )
    assert found == plain
    assert kept == list(range(N))
    assert executor.submitted >= N / size


def test_threads_that_are_given_do_it_and_live_on(plain: Ensemble) -> None:
    with ThreadPoolExecutor(2) as threads:
        first = run(TUTORIAL, replications=20, executor=threads)
        assert extend(first, replications=N, executor=threads) == plain
        assert run_to_precision(TUTORIAL, precision_days=1e3, replications=N, executor=threads) == (
            plain,
            "",
        )
        assert threads.submit(int).result() == 0


def test_processes_that_are_given_do_it_compiled_until_one_is_killed(
    two: ProcessPoolExecutor, plain: Ensemble
) -> None:
    assert run(TUTORIAL, replications=N, executor=two) == plain

    def kill(done: int, _asked: int) -> None:
        if done >= 14:
            os.kill(next(iter(two._processes)), signal.SIGKILL)

    with pytest.raises(UnfinishedError, match=r"a worker died .* after .* of 400") as stopped:
        run(TUTORIAL, replications=400, executor=two, progress=kill)
    assert not stopped.value.interrupted
    done = stopped.value.ensemble
    assert done is not None
    assert 14 <= done.replications < 400
    assert set(done.completion_s) <= set(run(TUTORIAL, replications=400).completion_s)


@pytest.mark.parametrize("error", [BrokenExecutor("x"), CancelledError(), ConnectionResetError()])
def test_a_batch_whose_worker_is_lost_is_done_again(error: BaseException, plain: Ensemble) -> None:
    executor = Losing(lambda first, tried: first % 8 == 0 and tried <= RETRIES, error)
    assert run(TUTORIAL, replications=N, executor=executor) == plain
    assert max(executor.tried.values()) == RETRIES + 1
    assert executor.tried[4] == 1


def test_one_that_is_lost_again_and_again_is_given_up_and_the_rest_is_kept(
    tmp_path: Path, plain: Ensemble
) -> None:
    executor = Losing(lambda first, _: first == 20, BrokenExecutor("x"))
    study = Study(folder=tmp_path, executor=executor)
    with pytest.raises(UnfinishedError, match=r"died.*4 times over the same .*after .* of 50"):
        study.ensemble(TUTORIAL, N)
    assert executor.tried[20] == RETRIES + 1
    assert [path.name.split(".", 1)[1] for path in tmp_path.iterdir()] == ["0-19.npz"]
    late = Losing(lambda *_: False, BrokenExecutor("x"))
    assert Study(folder=tmp_path, executor=late).ensemble(TUTORIAL, N) == plain
    assert min(late.tried) == 20


def test_what_is_wrong_with_a_scenario_is_no_loss() -> None:
    wrong = ScenarioError([Problem("x", "y", "z", "w")])
    executor = Losing(lambda first, _: first == 4, wrong)
    with pytest.raises(ScenarioError):
        run(TUTORIAL, replications=N, executor=executor)
    assert executor.tried[4] == 1


def test_an_interruption_cancels_what_was_handed_out() -> None:
    handed: list[Future[Any]] = []

    class Waits(Executor):
        _max_workers = 2

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            handed.append(Future())
            if len(handed) == 1:
                handed[0].set_result(fn(*args))
            return handed[-1]

    def interrupt(done: int, _asked: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(UnfinishedError) as stopped:
        run(TUTORIAL, replications=N, executor=Waits(), progress=interrupt)
    assert stopped.value.interrupted
    assert stopped.value.ensemble is not None
    assert stopped.value.ensemble.replications == 2
    assert [future.cancelled() for future in handed] == [False, True, True, True]


EXPERIMENTS: dict[str, Callable[[Executor | None], Any]] = {
    "sweep": lambda e: sweep(TUTORIAL, vary={MACHINES: [0, 2]}, replications=8, executor=e).points,
    "compare": lambda e: list(
        compare({"a": TUTORIAL, "b": TUTORIAL}, replications=8, executor=e).ensembles.values()
    ),
    "plan": lambda e: plan(
        TUTORIAL, deadline="before winter", vary={MACHINES: [0, 1]}, replications=8, most=16,
        executor=e,
    ).trials,
    "explain": lambda e: explain(TUTORIAL, replications=8, only=["crews"], executor=e).answers,
    "forecast": lambda e: forecast(TUTORIAL, replications=8, executor=e).ensemble,
}  # fmt: skip


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_hands_its_work_to_the_executor(name: str) -> None:
    executor = Losing(lambda *_: False, BrokenExecutor("x"))
    assert EXPERIMENTS[name](executor) == EXPERIMENTS[name](None)
    assert executor.tried
