"""Interrupted runs: what was finished is kept, and nothing looks complete that is not."""

import json
import multiprocessing
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Demine
from ensembles import uncertain

import sim.experiments.study
import sim.running.workers
from sim import read_results
from sim.errors import Problem, ScenarioError
from sim.outcome import Ensemble, Rows
from sim.running.run import run
from sim.running.workers import Keep, UnfinishedError
from sim.scenario.scenario import Scenario

TUTORIAL = Path(__file__).parent.parent / "scenarios" / "tutorial.toml"

# A real command, in which an accident happens once the first replications are done.
SCRIPT = """
import multiprocessing, os, signal, sys
from contextlib import contextmanager
import sim.cli.common
from sim.results.pictures import drawing
drawing._try = lambda draw, path: ""  # nobody looks at them
{before}
@contextmanager
def accident(title, *, quiet):
    happened = False
    def progress(done, asked):
        nonlocal happened
        if done > {after} and not happened:
            happened = True
            {accident}
    yield progress

if __name__ == "__main__":
    sim.cli.common.progress_bar = accident
    sys.argv = ["demine", "run", {file!r}, "--replications", "{n}", "--engine", "{engine}",
                "--jobs", "2", "--quiet", "--out", "out"]
    from sim.cli import main
    main()
"""
KILL_WORKER = "multiprocessing.active_children()[0].kill()"
INTERRUPT = "os.kill(os.getpid(), signal.SIGINT)"
TERMINATE = "os.kill(os.getpid(), signal.SIGTERM)"
HANG_UP = "os.kill(os.getpid(), signal.SIGHUP)"


def run_with(
    before: str, accident: str, *, engine: str, n: int, folder: Path, after: int = 0
) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(
        SCRIPT.format(
            before=before,
            accident=accident,
            file=str(TUTORIAL),
            engine=engine,
            n=n,
            after=after,
        )
    )
    return subprocess.run(
        [sys.executable, str(script)], cwd=folder, capture_output=True, text=True, check=False,
        timeout=400,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("accident", "engine", "n", "code", "word"),
    [
        (INTERRUPT, "simpy", 1500, 130, "interrupted"),
        (TERMINATE, "compiled", 20_000, 130, "interrupted"),
        (HANG_UP, "compiled", 20_000, 130, "interrupted"),
        (KILL_WORKER, "simpy", 1500, 1, "worker died"),
    ],
)
def test_what_was_finished_is_written_and_marked_incomplete(
    accident: str, engine: str, n: int, code: int, word: str, tmp_path: Path
) -> None:
    done = run_with("", accident, engine=engine, n=n, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    results = read_results(tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert results.complete is manifest["complete"] is False
    assert (tmp_path / "out" / "INCOMPLETE.txt").is_file()
    rows = (tmp_path / "out" / "replications.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert 0 < len(rows) < n
    assert word in manifest["note"]


def test_a_killed_program_leaves_no_result(tmp_path: Path) -> None:
    done = run_with(
        "", "os.kill(os.getpid(), signal.SIGKILL)", engine="compiled", n=5000, folder=tmp_path
    )
    assert done.returncode == -9
    assert not (tmp_path / "out").exists()
    assert (tmp_path / ".out.unfinished").is_dir()


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


# Whatever is finished is kept at once, and then the accident happens.
AT_ONCE = "import sim.experiments.study as study; study.KEPT_EVERY_S = 0.0"
ONLY_WHAT_IS_MISSING = "import sim.experiments.study as study; study.run = None"


def test_what_was_finished_is_continued_by_the_same_command(tmp_path: Path) -> None:
    whole, cut, killed = (tmp_path / name for name in ("whole", "cut", "killed"))
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    for folder, before, what in (
        (whole, "", "pass"),
        (cut, AT_ONCE, INTERRUPT),
        (cut, ONLY_WHAT_IS_MISSING, "pass"),
        (killed, AT_ONCE, kill),
        (killed, ONLY_WHAT_IS_MISSING, "pass"),
    ):
        folder.mkdir(exist_ok=True)
        done = run_with(before, what, engine="simpy", n=80, folder=folder, after=20)
        assert (done.returncode == 0) == (what == "pass"), done.stderr
    for folder in (whole, cut, killed):
        assert tables(folder / "out") == tables(whole / "out")
        assert not (folder / ".out.unfinished").exists()


@pytest.fixture
def after_a_batch(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Make something happen in the next command once 256 replications are done and kept."""

    def arrange(happens: Callable[[], None]) -> None:
        def accident(scenario: Scenario, *, keep: Keep, **more: Any) -> Ensemble:
            def kept(batch: Rows) -> None:
                keep(batch)
                happens()

            return run(scenario, keep=kept, **more)

        monkeypatch.setattr(sim.experiments.study, "KEPT_EVERY_S", 0.0)
        monkeypatch.setattr(sim.experiments.study, "run", accident)

    return arrange


def test_a_smaller_run_leaves_the_work_of_a_larger_one(
    demine: Demine, monkeypatch: pytest.MonkeyPatch, after_a_batch: Any
) -> None:
    words = ("run", str(TUTORIAL), "--quiet", "--replications")
    assert demine(*words, "300", "--out", "whole")[0] == 0
    after_a_batch(lambda: sys.exit(9))
    assert demine(*words, "300", "--out", "cut")[0] == 9
    monkeypatch.setattr(sim.experiments.study, "run", None)  # only what is missing is done
    work = Path(".cut.unfinished")
    for n, left in (("30", True), ("300", False)):
        assert demine(*words, n, "--out", "cut")[0] == 0
        assert read_results("cut").manifest["replications_done"] == int(n)
        assert work.exists() is left
    assert tables(Path("cut")) == tables(Path("whole"))


def test_two_by_force_at_one_place_leave_each_other_their_work_and_nothing_behind(
    demine: Demine, after_a_batch: Any
) -> None:
    words = ("run", str(TUTORIAL), "--quiet", "--out", "out", "--replications")
    after_a_batch(lambda: sys.exit(9))
    assert demine(*words, "300")[0] == 9
    kept = sorted(Path(".out.unfinished").iterdir())
    assert len(kept) == 2
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sim.experiments.study, "run", run)
        assert demine(*words, "40", "--seed", "1", "--force")[0] == 0
    assert sorted(Path(".out.unfinished").iterdir()) == kept
    assert demine(*words, "256", "--force")[0] == 0
    assert [path.name for path in Path().iterdir()] == ["out"]


def test_a_full_disk_in_the_middle_of_a_run_costs_nothing_that_was_kept(
    demine: Demine, monkeypatch: pytest.MonkeyPatch, after_a_batch: Any
) -> None:
    words = ("run", str(TUTORIAL), "--quiet", "--replications", "300", "--out", "out")
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    after_a_batch(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, most[1])))
    try:
        code, _, err = demine(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert code == 1
    assert "no room to write what was finished" in err
    assert [path.name for path in Path().iterdir()] == [".out.unfinished"]
    kept = {path.name.split(".", 1)[1] for path in Path(".out.unfinished").iterdir()}
    assert kept == {"0-255.npz", "json"}
    monkeypatch.setattr(sim.experiments.study, "run", None)  # only what is missing is done
    assert demine(*words)[0] == 0
    assert read_results("out").complete
    assert [path.name for path in Path().iterdir()] == ["out"]


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_an_error_before_anything_is_finished_leaves_nothing(
    demine: Demine, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ScenarioError([Problem("tutorial.toml", "crew", "9e9", "what can be counted")])

    words = ("--vary", "crew.'manual teams'.count=5,7") if command == "sweep" else ()
    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "run", fails)
        assert demine(command, str(TUTORIAL), *words)[0] == 2
    assert list(Path("results").iterdir()) == []


def test_that_a_precise_run_is_smaller_is_told_before_it_is_done(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("run", str(TUTORIAL), "--quiet", "--replications")
    assert demine(*words, "400")[0] == 0
    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "run", None)
        code, _, err = demine(*words, "50", "--precision", "60")
    assert code == 1
    assert "holds 400 replications, which 50 do not replace" in err
    assert [path.name for path in Path("results").iterdir()] == ["tutorial"]
    assert demine(*words, "200", "--precision", "8")[0] == 0  # which takes more than stand there
    assert read_results("results/tutorial").manifest["replications_done"] > 400


def test_a_stopped_run_does_not_replace_a_complete_result(tmp_path: Path) -> None:
    assert run_with("", "pass", engine="simpy", n=30, folder=tmp_path).returncode == 0
    before = tables(tmp_path / "out")
    done = run_with(AT_ONCE, INTERRUPT, engine="simpy", n=300, folder=tmp_path, after=60)
    assert done.returncode == 130, done.stderr
    assert "the same command continues" in done.stderr
    assert "Traceback" not in done.stderr
    assert tables(tmp_path / "out") == before
    assert list((tmp_path / ".out.unfinished").glob("*.npz"))


def alive(pid: int) -> bool:
    """Tell whether a process lives; one that nobody has asked for its exit code does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux who lives")
def test_workers_end_when_the_command_is_killed(tmp_path: Path) -> None:
    accident = (
        "open('workers', 'w').write(' '.join(str(c.pid) for c in multiprocessing"
        ".active_children())); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = run_with("", accident, engine="simpy", n=100_000, folder=tmp_path)
    assert done.returncode == -9
    workers = [int(pid) for pid in (tmp_path / "workers").read_text().split()]
    assert len(workers) == 2
    until = time.monotonic() + 5.0
    while any(map(alive, workers)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(alive, workers))


def test_a_worker_depends_on_its_parent_before_it_loads_what_takes_time() -> None:
    slow = ("numba", "numpy", "scipy", "simpy", "pydantic")
    code = f"import pickle, sys; pickle.loads({pickle.dumps(sim.running.workers.depend)!r})"
    code += f"; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "[]\n"


INTERRUPTED_START = """
from multiprocessing import util
start = util.spawnv_passfds
def interrupted(path, words, *more):
    pid = start(path, words, *more)
    if "spawn_main" in str(words):
        os.kill(os.getpid(), signal.SIGINT)
    return pid
util.spawnv_passfds = interrupted
"""


def test_an_interruption_while_workers_start_leaves_none_half_started(tmp_path: Path) -> None:
    done = run_with(INTERRUPTED_START, "pass", engine="simpy", n=100, folder=tmp_path)
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_an_interruption_that_another_thread_gets_is_seen_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_time: list[bool] = []

    def batch(*of: Any) -> None:
        time.sleep(0.5)  # until the other one waits
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        in_time.append(of[-1].wait(8.0))
        raise KeyboardInterrupt

    monkeypatch.setattr(sim.running.workers, "_batch", batch)
    with pytest.raises(UnfinishedError):
        run(uncertain(), replications=4)
    assert in_time == [True]


def test_an_interruption_ends_no_process_of_the_program_around_it() -> None:
    def interrupt(done: int, _asked: int) -> None:
        if done:
            raise KeyboardInterrupt

    before = set(multiprocessing.active_children())
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    other.start()
    try:
        with pytest.raises(UnfinishedError):
            run(uncertain(), replications=20_000, engine="simpy", jobs=2, progress=interrupt)
        until = time.monotonic() + 10.0  # its own end by themselves
        while len(multiprocessing.active_children()) > len(before) + 1 and time.monotonic() < until:
            time.sleep(0.1)
        assert set(multiprocessing.active_children()) == before | {other}
    finally:
        other.terminate()
        other.join()
    assert other.exitcode == -15
