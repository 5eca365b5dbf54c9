"""Commands done in parts: put together they are the command, byte for byte."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import pytest
from conftest import Demine
from ensembles import uncertain
from test_lists import ROWS, written

import sim.experiments.study
from sim.errors import ResultError
from sim.experiments.study import Study
from sim.outcome import Ensemble
from sim.running.run import extend, run
from sim.running.workers import UnfinishedError

ROOT = Path(__file__).parent.parent
TUTORIAL = str(ROOT / "scenarios" / "tutorial.toml")
MACHINES = ("--vary", "crew.machine.count=0,1")
COMMANDS = {
    "run": ("run", TUTORIAL, "--replications", "7", "--parquet"),
    "sweep": ("sweep", TUTORIAL, *MACHINES, "--replications", "5", "--seed", "3", "--parquet"),
    "dates": ("sweep", TUTORIAL, "--vary", "crew.machine.arrives=2026-05-01,2026-06-15",
              "--vary", "factors.rate=0.8", "--replications", "2", "--set", "crew.machine.count=2"),
    "spread": ("sweep", TUTORIAL, "--vary", "factors.rate=0.7:1.3", "--design", "lhs",
               "--points", "3", "--replications", "4"),
    "explain": ("explain", TUTORIAL, "--replications", "3"),
    "delays": ("explain", TUTORIAL, "--replications", "4", "--only", "delays"),
}  # fmt: skip
JOBS = ("1", "2", "3")


def parts_of(demine: Demine, n: int, *words: str, name: str = "part") -> list[str]:
    """Do all parts of a command, with other workers each, and return their folders."""
    folders = [f"{name}{i}" for i in range(1, n + 1)]
    for i, folder in enumerate(folders, start=1):
        more = ("--part", f"{i}/{n}", "--jobs", JOBS[i % 3], "--out", folder, "--quiet")
        assert demine(*words, *more) == (0, "", "")
    return folders


def tables(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix in (".csv", ".parquet")}


def manifest(folder: Path) -> dict[str, Any]:
    stated: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return stated | {"wall_s": None}


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect how many replications are done, call by call."""
    found: list[int] = []

    def counted(call: Callable[..., Ensemble]) -> Callable[..., Ensemble]:
        def wrapped(first: Any, *, replications: int, **more: Any) -> Ensemble:
            found.append(replications - getattr(first, "replications", 0))
            return call(first, replications=replications, **more)

        return wrapped

    monkeypatch.setattr(sim.experiments.study, "run", counted(run))
    monkeypatch.setattr(sim.experiments.study, "extend", counted(extend))
    return found


@pytest.mark.parametrize(
    ("command", "n"),
    [
        ("run", 1), ("run", 2), ("run", 3),
        ("sweep", 3), ("dates", 2), ("spread", 2),
        ("explain", 2), ("delays", 3), ("delays", 5),
    ],
)  # fmt: skip
def test_parts_put_together_are_the_whole(
    demine: Demine, tmp_path: Path, simulated: list[int], command: str, n: int
) -> None:
    words = COMMANDS[command]
    assert demine(*words, "--quiet", "--out", "whole")[0] == 0
    of_whole = sum(simulated)
    simulated.clear()
    folders = parts_of(demine, n, *words)
    if command != "explain":  # whose parts may do the scenario itself as a whole
        assert (sum(simulated) > of_whole) == (n == 5)  # more parts than replications
    simulated.clear()
    for order in (folders, folders[::-1]):
        assert demine("merge", *order, "--out", "merged", "--quiet") == (0, "", "")
    assert simulated == []
    assert tables(tmp_path / "merged") == tables(tmp_path / "whole")
    assert manifest(tmp_path / "merged") == manifest(tmp_path / "whole")
    assert not list(tmp_path.glob(".*"))


def test_parts_and_their_result_stand_beside_each_other(demine: Demine, tmp_path: Path) -> None:
    words = COMMANDS["delays"]
    shown = demine(*words)[1]
    whole = tables(tmp_path / "results" / "tutorial-explain")
    for i in (1, 2):
        code, out, _ = demine(*words, "--part", f"{i}/2")
        assert code == 0
        assert f"Part {i} of 2" in out
        assert f"results/tutorial-explain-part-{i}-of-2/" in out
    folders = sorted(str(path) for path in (tmp_path / "results").glob("*-part-*"))
    assert demine("merge", *folders, "--force") == (0, shown, "")
    assert tables(tmp_path / "results" / "tutorial-explain") == whole


# A real command that is killed once some replications are done.
SCRIPT = """
import os, signal, sys
from contextlib import contextmanager
import sim.cli.common, sim.experiments.study, sim.running.workers
sim.experiments.study.KEPT_EVERY_S, sim.running.workers.LARGEST_BATCH = 0.0, 4
@contextmanager
def killed(title, *, quiet):
    yield lambda done, asked: os.kill(os.getpid(), signal.SIGKILL) if done > 9 else None
sim.cli.common.progress_bar = killed
sys.argv = ["demine", *sys.argv[1:]]
from sim.cli import main
main()
"""


def test_a_part_that_was_killed_is_continued(
    demine: Demine, tmp_path: Path, simulated: list[int]
) -> None:
    words = ("run", TUTORIAL, "--replications", "60", "--quiet")
    second = (*words, "--part", "2/3", "--out", "part2")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *second], cwd=tmp_path, env=os.environ, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "part2").exists()
    code, _, err = demine("merge", "part2")
    assert (code, err) == (
        1, "error: part2: is not finished: the command that began it continues it\n"
    )  # fmt: skip
    assert demine(*second) == (0, "", "")
    (left,) = simulated
    assert 0 < left < 20
    assert demine(*second) == (0, "", "")
    assert simulated == [left]  # it is done
    for i in (1, 3):
        demine(*words, "--part", f"{i}/3", "--out", f"part{i}")
    assert demine("merge", "part1", "part2", "part3", "--out", "merged")[0] == 0
    assert demine(*words, "--out", "whole")[0] == 0
    assert tables(tmp_path / "merged") == tables(tmp_path / "whole")
    assert manifest(tmp_path / "merged") == manifest(tmp_path / "whole")
    assert not list(tmp_path.glob(".*"))


def test_a_part_that_is_interrupted_says_so_and_is_continued(
    demine: Demine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*COMMANDS["sweep"], "--part", "2/2", "--out", "part")

    def interrupted(*first: Any, **more: Any) -> Ensemble:
        raise UnfinishedError("interrupted", ensemble=run(*first, **more), interrupted=True)

    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "run", interrupted)
        code, out, err = demine(*words, "--quiet")
    assert (code, out) == (130, "")
    assert err == "error: interrupted; what is finished is kept: the same command continues\n"
    assert not (tmp_path / "part").exists()
    assert demine(*words, "--quiet") == (0, "", "")


@pytest.fixture
def three(demine: Demine) -> list[str]:
    """Three parts of a run."""
    return parts_of(demine, 3, *COMMANDS["run"])


def refused(demine: Demine, *folders: str) -> str:
    code, out, err = demine("merge", *folders, "--out", "merged", "--quiet")
    assert (code, out) == (1, "")
    assert not Path("merged").exists()
    assert not list(Path().glob(".*"))
    (line,) = err.splitlines()
    return line


@pytest.mark.usefixtures("three")
def test_parts_that_are_missing_or_there_twice_are_named(demine: Demine) -> None:
    assert refused(demine, "part3", "part1") == "error: part 2 of 3 is missing"
    assert refused(demine, "part2") == "error: parts 1,3 of 3 are missing"
    twice = refused(demine, "part1", "part2", "part3", "part2")
    assert "part2 and part2: are all part 2 of 3" in twice


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((*COMMANDS["run"], "--seed", "4", "--part", "2/3"), "which has other seed (0, here 4)"),
        ((*COMMANDS["run"], "--part", "2/4"), "which has other parts (3, here 4)"),
        (("run", TUTORIAL, "--replications", "9", "--part", "2/3"),
         "which has other replications (7, here 9), other parquet (true, here false)"),
        ((*COMMANDS["run"], "--set", "crew.machine.count=4", "--part", "2/3"),
         "which has another scenario ("),
        ((*COMMANDS["delays"], "--part", "2/3"), "which has another command"),
    ],
)  # fmt: skip
def test_parts_that_do_not_belong_together_are_named(
    demine: Demine, words: tuple[str, ...], what: str
) -> None:
    assert demine(*words, "--out", "other", "--quiet")[0] == 0
    line = refused(demine, "part1", "other", "part3")
    assert line.startswith("error: other: does not belong together with part1, ")
    assert what in line


def test_what_differs_between_explanations_and_sweeps_is_named(demine: Demine) -> None:
    one = ("explain", TUTORIAL, "--replications", "2", "--quiet")
    demine(*one, "--only", "delays", "--part", "1/2", "--out", "a")
    demine(*one, "--only", "crews", "--part", "2/2", "--out", "b")
    assert "other only (['delays'], here ['crews'])" in refused(demine, "a", "b")
    two = ("sweep", TUTORIAL, "--replications", "2", "--quiet")
    demine(*two, *MACHINES, "--part", "1/2", "--out", "c")
    demine(*two, "--vary", "crew.machine.count=0,2", "--part", "2/2", "--out", "d")
    assert "other vary (['crew.machine.count=0,1'], here " in refused(demine, "c", "d")


def change(**stated: Any) -> Callable[[Path], None]:
    """Return what states something else in the manifest of a part."""

    def changed(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | stated))

    return changed


def rows_of(folder: Path) -> Path:
    (path,) = folder.glob("*.npz")
    return path


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: rows_of(f).write_bytes(rows_of(f).read_bytes()[:-1] + b"?"),
         r"part2: damaged: \S+\.npz is not the file that was written \(its SHA-256 differs\)"),
        (lambda f: rows_of(f).unlink(), r"part2: damaged: \S+\.npz is missing"),
        (lambda f: (f / "manifest.json").unlink(), "part2: not a result of this program"),
        (change(version="0.0.9"), r"part2: was done by version 0\.0\.9 of this program"),
        (change(command="run"), "part2: holds the result of `demine run`, not of `demine run --p"),
        (change(experiment={"seed": 0}), "part2: damaged: its manifest lacks what it is a part of"),
        (change(files=[]), "part2: damaged: its manifest names no files"),
    ],
)  # fmt: skip
def test_parts_that_are_damaged_or_of_another_version_are_named(
    demine: Demine, damage: Callable[[Path], None], said: str
) -> None:
    damage(Path("part2"))
    assert re.match(f"error: {said}", refused(demine, "part1", "part2", "part3"))


def test_what_is_no_part_is_named(demine: Demine, tmp_path: Path) -> None:
    assert "nowhere: there is no such folder" in refused(demine, "nowhere")
    (tmp_path / "mine").mkdir()
    assert "mine: not a result of this program" in refused(demine, "mine")
    assert demine("merge")[0] == 2


@pytest.mark.usefixtures("three")
def test_parts_of_other_packages_are_put_together_with_a_warning(demine: Demine) -> None:
    change(versions={"python": "3.1", "numpy": "1.0"})(Path("part2"))
    code, _, err = demine("merge", "part1", "part2", "part3", "--quiet")
    assert code == 0
    assert err.startswith("warning: part2: done with numpy 1.0 (here ")
    assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("three")
def test_what_is_in_no_part_is_done_and_noted(demine: Demine) -> None:
    lost = Path("part2")
    rows_of(lost).unlink()
    change(files={})(lost)
    assert demine("merge", "part1", "part2", "part3", "--out", "merged", "--quiet")[0] == 0
    assert manifest(Path("merged"))["note"].startswith("5 replications were in no part")


@pytest.mark.usefixtures("three")
def test_the_result_of_parts_replaces_nothing_else(demine: Demine) -> None:
    demine(*COMMANDS["run"], "--seed", "9", "--out", "other", "--quiet")
    words = ("merge", "part1", "part2", "part3", "--out", "other", "--quiet")
    code, _, err = demine(*words)
    assert code == 1
    assert "other seed (9, here 0)" in err
    assert demine(*words, "--force")[0] == 0


def test_a_part_replaces_no_other_part(demine: Demine) -> None:
    words = (*COMMANDS["run"], "--quiet", "--out", "part")
    assert demine(*words, "--part", "1/3")[0] == 0
    code, _, err = demine(*words, "--part", "2/3")
    assert code == 1
    assert "`demine run --part` with other part (1, here 2)" in err
    assert demine(*words, "--part", "2/3", "--force")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--part", "0/3"), "0/3 is no part: I/N with 1 <= I <= N"),
        (("--part", "4/3"), "4/3 is no part"),
        (("--part", "1"), "1 is no part"),
        (("--part", "1/2/3"), "1/2/3 is no part"),
        (("--part", "1/3", "--precision", "7"), "give --replications instead"),
        (("--part", "1/3", "--given", "x"), "a forecast (--given) have no parts"),
        (("--part", "1/3", "--report"), "a report (--report) of all parts only"),
    ],
)
def test_what_has_no_parts_is_refused(
    demine: Demine, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    code, out, err = demine("run", TUTORIAL, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert not list(tmp_path.iterdir())


def test_the_array_of_the_documentation_works(demine: Demine, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (part,) = re.findall(r"^demine (.*SLURM.*)$", page, flags=re.MULTILINE)
    (merge,) = re.findall(r'--wrap "demine (.*)"$', page, flags=re.MULTILINE)
    text = Path(TUTORIAL).read_text(encoding="utf-8").replace('"tutorial"', '"national"')
    (tmp_path / "national.toml").write_text(text, encoding="utf-8")
    for i in (1, 2, 3):
        told = Template(part).substitute(SLURM_ARRAY_TASK_ID=i, SLURM_ARRAY_TASK_COUNT=3)
        assert demine(*told.split(), "--replications", "4") == (0, "", "")
    word, pattern = merge.replace("100", "3").split()
    folders = [str(path.relative_to(tmp_path)) for path in tmp_path.glob(pattern)]
    code, out, _ = demine(word, *folders)
    assert (code, len(folders)) == (0, 3)
    assert "Results: results/national/" in out


def test_the_lists_of_a_scenario_are_those_of_the_whole(demine: Demine, tmp_path: Path) -> None:
    own = str(written(tmp_path, ROWS))
    words = ("run", own, "--replications", "2", "--quiet", "--out")
    assert demine(*words, "results/whole")[0] == 0
    for i in (1, 2):
        assert demine(*words, f"away/from/{i}", "--part", f"{i}/2")[0] == 0
    assert demine("merge", "away/from/1", "away/from/2", "--quiet")[0] == 0
    stated = manifest(tmp_path / "results" / "own")
    assert [each["file"] for each in stated["lists"]] == ["../../list.csv"]
    assert stated == manifest(tmp_path / "results" / "whole")


def test_what_cannot_be_read_again_is_not_handed_over(tmp_path: Path) -> None:
    kept, there = tmp_path / "kept", tmp_path / "there"
    kept.mkdir()
    there.mkdir()
    study = Study(folder=kept, share=(2, 2))
    study.ensemble(uncertain(), 4)
    (path,) = kept.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ResultError, match="kept: what was finished cannot be read again"):
        study.hand_over(there)
    assert not list(there.iterdir())


def test_a_share_of_a_study_is_kept_and_the_base_is_done_whole(
    tmp_path: Path, simulated: list[int]
) -> None:
    scenario, whole = uncertain(), run(uncertain(), replications=10)
    for i, part in ((1, slice(0, 3)), (2, slice(3, 6)), (3, slice(6, 10))):
        study = Study(folder=tmp_path / str(i), share=(i, 3))
        (tmp_path / str(i)).mkdir()
        found = study.ensemble(scenario, 10)
        assert found.replications == 10
        (path,) = (tmp_path / str(i)).iterdir()
        assert path.name.split(".")[1] == f"{part.start}-{part.stop - 1}"
        assert study.covers_what_is_kept()
        simulated.clear()
        assert study.ensemble(scenario, 10, shared=False) == whole
        assert sum(simulated) == (10 - 3 if i == 1 else 10)
        assert study.covers_what_is_kept()
    simulated.clear()
    for some in ("123", "1"):
        folders = [tmp_path / i for i in some]
        assert Study(kept_in=folders).ensemble(scenario, 10) == whole
        assert Study(kept_in=folders).ensemble(scenario, 4) == run(scenario, replications=4)
    assert simulated == []
