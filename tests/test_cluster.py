"""A Dask cluster in processes: the same numbers, whoever is killed, joins late, or does not fit."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Demine

import sim
from sim import Ensemble, load_scenario, run
from sim.cli import common
from sim.engines import Engine
from sim.experiments.study import Study

distributed = pytest.importorskip(
    "distributed", reason='no cluster without what pip install "demine[cluster]" adds'
)
cluster = pytest.importorskip("sim.running.cluster")

TUTORIAL = Path(__file__).parent.parent / "scenarios" / "tutorial.toml"
SCENARIO = load_scenario(TUTORIAL)
SIMPY: Engine = "simpy"
N = 40
WITHIN_S = 120.0  # that a machine under load may take
Folder = dict[str, bytes]


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    """Two workers, with their scheduler in this process."""
    with (
        cluster._quiet(),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=60
        ) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def plain() -> Ensemble:
    return run(SCENARIO, replications=N)


@contextmanager
def started(*words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, and end it in the end."""
    process = subprocess.Popen(
        [sys.executable, *words],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def tables(folder: Path) -> Folder:
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".csv"}
    assert files
    return files


def once(act: Callable[[], None]) -> Callable[[int, int], None]:
    """Return a progress that does something when the first replications are done."""
    left = [act]

    def progress(done: int, _asked: int) -> None:
        if 0 < done < N and left:
            left.pop()()

    return progress


def bar_with(progress: Callable[[int, int], None]) -> Callable[..., Any]:
    @contextmanager
    def bar(_title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
        yield progress

    return bar


WORDS: Mapping[str, tuple[str, ...]] = {
    "run": (),
    "sweep": ("--vary", "crew.machine.count=0,2"),
    "explain": ("--only", "crews"),
}


@pytest.mark.parametrize("command", WORDS)
def test_a_cluster_gives_the_same_bytes(command: str, local: Any, demine: Demine) -> None:
    words = (command, str(TUTORIAL), *WORDS[command], "--replications", "8", "--quiet", "--out")
    assert demine(*words, "here") == (0, "", "")
    by = ("--scheduler", local.scheduler_address, "--engine", SIMPY)
    assert demine(*words, "there", *by) == (0, "", "")
    assert tables(Path("there")) == tables(Path("here"))


def test_what_a_killed_worker_was_to_do_is_done_by_another(local: Any, plain: Ensemble) -> None:
    with distributed.Client(local.scheduler_address, set_as_default=False) as client:
        pids = client.run(os.getpid)

    def kill() -> None:
        os.kill(next(iter(pids.values())), signal.SIGKILL)

    with cluster.connect(local.scheduler_address, engine=SIMPY) as two:
        found = run(SCENARIO, replications=N, engine=SIMPY, executor=two, progress=once(kill))
        assert found == plain
        until(lambda: two._max_workers == 2)  # its nanny has started another
        assert two.note == ""


def test_a_scenario_travels_to_a_worker_once(local: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []
    pin = cluster.Cluster._pin

    def counted(self: Any, address: str, fn: Any, *args: Any, **more: Any) -> Any:
        sent.append((fn.__name__, address))
        return pin(self, address, fn, *args, **more)

    monkeypatch.setattr(cluster.Cluster, "_pin", counted)
    with cluster.connect(local.scheduler_address, engine=SIMPY) as two:
        until(lambda: two._max_workers == 2)
        run(SCENARIO, replications=N, engine=SIMPY, executor=two)
    workers = {address for _, address in sent}
    assert len(workers) == 2
    for name in ("eval", "prepare", "_same"):
        assert sorted(address for fn, address in sent if fn == name) == sorted(workers)
    assert sum(fn == "do_batch" for fn, _ in sent) > 4


def test_workers_that_join_late_are_asked_first_and_those_of_another_version_get_nothing(
    local: Any, demine: Demine, tmp_path: Path, plain: Ensemble
) -> None:
    other = tmp_path / "other"
    shutil.copytree(Path(sim.__file__).parent, other / "sim", ignore=lambda *_: ["__pycache__"])
    with (other / "sim" / "errors.py").open("a") as file:
        file.write("# of another version\n")
    join = ("-m", "distributed.cli.dask_worker", local.scheduler_address, "--no-nanny",
            "--no-dashboard", "--nthreads", "1")  # fmt: skip
    warned: list[str] = []
    with (
        cluster.connect(local.scheduler_address, engine=SIMPY, warn=warned.append) as workers,
        started(*join, PYTHONPATH=str(other)),
        started(*join, PYTHONPATH=str(Path(sim.__file__).parents[1])) as fit,
    ):
        until(lambda: workers._max_workers == 2)

        def wait() -> None:
            until(lambda: workers._max_workers == 3 and bool(warned))

        assert run(
            SCENARIO, replications=N, engine=SIMPY, executor=workers, progress=once(wait)
        ) == (plain)
        (warning,) = warned
        assert "--scheduler: found demine 0.1.0 (sources " in warning
        assert "at worker tcp://127.0.0.1:" in warning
        assert warning.endswith(", as here; it is given no work")
        fit.kill()
        until(lambda: workers._max_workers == 2)
        code, _, err = demine("run", str(TUTORIAL), "--scheduler", local.scheduler_address)
        assert code == 2
        assert err.startswith("error: --scheduler: found demine 0.1.0 (sources ")
        assert os.listdir() == ["other"]
    until(lambda: len(local.scheduler.workers) == 2)


def test_whatever_differs_is_a_warning_and_a_note_that_names_the_workers(
    local: Any, demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, digest = cluster.introduce(), cluster.canary(SIMPY)
    versions = here["versions"] | {"numpy": "1.0"}
    features = [*here["features"], "abacus"]

    class Elsewhere(cluster.Cluster):  # type: ignore[misc] # the extra need not be there
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self._here = here | {"versions": versions, "features": features}
            self._canary = "0123456789abcdef"

    monkeypatch.setattr(cluster, "Cluster", Elsewhere)
    by = ("--scheduler", local.scheduler_address, "--engine", SIMPY)
    code, out, err = demine("run", str(TUTORIAL), "--replications", "8", *by)
    assert code == 0
    note = sim.read_results("results/tutorial").manifest["note"]
    assert f"Note: {note}." in out
    for words in (
        f"has numpy {here['versions']['numpy']}, and this machine 1.0",
        f"has the processor {here['processor']}",
        ": abacus in one of them",
        f"computes other numbers than this machine (canary {digest}, here 0123456789abcdef)",
    ):
        assert words in note
        assert words in err
    assert err.count("warning: worker tcp://") == 3
    for address in local.scheduler.workers:
        assert note.count(address) == 3


def test_a_scheduler_that_is_killed_costs_nothing_that_was_finished(
    demine: Demine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Ensemble
) -> None:
    place = tmp_path / "scheduler.json"
    at = ("--scheduler-file", str(place), "--no-dashboard")
    with (
        started("-m", "distributed.cli.dask_scheduler", "--port", "0", *at) as scheduler,
        started("-m", "distributed.cli.dask_worker", *at, "--no-nanny", "--nthreads", "1"),
    ):
        until(place.exists)
        with distributed.Client(scheduler_file=str(place), set_as_default=False) as client:
            client.wait_for_workers(1, timeout=WITHIN_S)
            address = client.scheduler.address

        monkeypatch.setattr(common, "progress_bar", bar_with(once(scheduler.kill)))
        words = ("run", str(TUTORIAL), "--replications", str(N), "--quiet", "--out", "out")
        by = ("--scheduler", address, "--engine", SIMPY)
        code, _, err = demine(*words, *by)
        assert code == 1
        assert f"error: the scheduler {address} is gone after " in err
        assert err.endswith("what is finished is kept: the same command continues\n")
        assert not sim.read_results("out").complete
        code, _, err = demine(*words, *by)
        assert (code, err) == (
            2,
            f"error: --scheduler: found {address}, which does not answer; allowed: the address of "
            "a Dask scheduler that runs\n",
        )
        assert list(Path(".out.unfinished").glob("*.npz"))
        work = next(Path().glob(".out.unfinished"))
        assert Study(folder=work).ensemble(SCENARIO, N) == plain
        assert demine(*words)[0] == 0
        assert sim.read_results("out").complete


def test_a_client_that_is_killed_leaves_no_task_and_nothing_that_looks_complete(
    local: Any, tmp_path: Path
) -> None:
    by = ("--scheduler", local.scheduler_address, "--engine", SIMPY)
    words = ("-m", "sim", "run", str(TUTORIAL), *by, "--out", str(tmp_path / "out"))
    until(lambda: not local.scheduler.tasks)
    with started(*words, "--replications", "2000") as client:
        until(lambda: any("do_batch" in key for key in [*local.scheduler.tasks]))
        client.kill()
    until(lambda: not local.scheduler.tasks)
    assert not (tmp_path / "out").exists()


def test_an_interruption_leaves_no_task_and_the_same_command_continues(
    local: Any, demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    words = ("run", str(TUTORIAL), "--replications", str(N), "--quiet", "--out")
    by = ("--scheduler", local.scheduler_address, "--engine", SIMPY)
    with monkeypatch.context() as patched:
        patched.setattr(common, "progress_bar", bar_with(once(interrupt)))
        code, _, err = demine(*words, "cut", *by)
    assert code == 130
    assert err.startswith("error: interrupted after ")
    assert err.endswith("what is finished is kept: the same command continues\n")
    assert not sim.read_results("cut").complete
    until(lambda: not local.scheduler.tasks)
    assert demine(*words, "cut", *by) == (0, "", "")
    assert demine(*words, "whole") == (0, "", "")
    assert tables(Path("cut")) == tables(Path("whole"))


@pytest.mark.parametrize("command", ["run", "sweep", "plan", "compare", "explain", "forecast"])
def test_every_command_says_what_a_scheduler_is(command: str, demine: Demine) -> None:
    assert "--scheduler ADDRESS" in demine(command, "--help")[1]


@pytest.mark.parametrize("text", ["local:0", "local:257", "local:", "tcp://host", "host:8786", ""])
def test_what_is_no_scheduler_is_refused(text: str, demine: Demine) -> None:
    code, _, err = demine("run", str(TUTORIAL), "--scheduler", text)
    assert code == 2
    assert "is no scheduler; allowed: tcp://HOST:PORT, or local:N with N from 1 to 256" in err


def test_without_the_extra_it_is_said_how_to_install_it(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "sim.running.cluster")
    code, _, err = demine("run", str(TUTORIAL), "--scheduler", "local:2")
    assert code == 2
    assert 'found no package distributed; allowed: pip install "demine[cluster]"' in err
    assert os.listdir() == []


def test_jobs_are_not_those_of_a_scheduler(demine: Demine) -> None:
    code, _, err = demine("run", str(TUTORIAL), "--scheduler", "local:2", "--jobs", "2")
    assert code == 2
    assert "--jobs says nothing about the workers of --scheduler" in err
