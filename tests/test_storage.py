"""Result folders: whole or not at all, nobody else's touched, read back as written."""

import errno
import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from build import MONDAY, build
from ensembles import run, uncertain
from polars.testing import assert_frame_equal

from sim.errors import ResultError
from sim.outcome import Ensemble
from sim.results import folder as rules
from sim.results.folder import MANIFEST, read_folder, refuse_foreign, write_folder
from sim.results.pictures import gallery as pictures
from sim.results.pictures.drawing import NAMES
from sim.results.storage import default_folder, describe, read_results, write_results
from sim.results.tables import SCHEMAS, tables
from sim.results.work import finishing, open_work
from sim.scenario.scenario import SCHEMA_VERSION

CSV = [f"{name}.csv" for name in (*SCHEMAS, "timelines")]
PICTURES = [f"{name}.png" for name in ("completion", "progress", "sectors", "years")]
DEAD = 2**22 - 1  # no process has this number


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return run(uncertain(deadline=[{"name": "soon", "date": MONDAY}]), n=5)


@pytest.fixture(autouse=True)
def no_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the pictures out, which take longest, where a test is not about them."""
    if "real_pictures" not in request.fixturenames:
        for name in NAMES:
            drawn = pictures.PICTURES[name]._replace(draw=lambda *_: None)
            monkeypatch.setitem(pictures.PICTURES, name, drawn)


@pytest.fixture
def real_pictures() -> None:
    """Ask for real pictures."""


@pytest.fixture(scope="module")
def other() -> Ensemble:
    return run(uncertain(sector={"area_ha": 20.0}), n=5)


def write(ensemble: Ensemble, out: Path, *, force: bool = False, note: str = "") -> Path:
    return write_results(ensemble, out=out, force=force, engine="simpy", wall_s=1.5, note=note)


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# What is written, and reading it


@pytest.mark.usefixtures("real_pictures")
def test_a_result_is_read_back_as_it_was(ensemble: Ensemble, tmp_path: Path) -> None:
    folder = write(ensemble, tmp_path / "deep" / "er")
    assert sorted(content(folder)) == sorted([MANIFEST, *CSV, *PICTURES])
    assert beside(folder) == ["er"]
    results = read_results(folder)
    assert results.scenario == ensemble.scenario
    assert (results.seed, results.complete) == (0, True)
    for name, frame in tables(ensemble).items():
        assert_frame_equal(getattr(results, name), frame, check_exact=True)


def test_the_manifest_says_how_the_result_came_about(ensemble: Ensemble, tmp_path: Path) -> None:
    manifest = read_results(write(ensemble, tmp_path / "r", note="a note")).manifest
    assert list(manifest) == [
        "program", "version", "schema_version", "command", "campaign", "scenario_sha256", "seed",
        "replications_asked", "replications_done", "complete", "engine", "wall_s", "note",
        "versions", "scenario", "censored", "files",
    ]  # fmt: skip
    assert manifest["program"] == "demine"
    assert manifest["schema_version"] == SCHEMA_VERSION
    assert manifest["scenario_sha256"] == ensemble.scenario.digest()
    assert manifest["scenario"] == ensemble.scenario.resolved()
    assert (manifest["replications_asked"], manifest["replications_done"]) == (5, 5)
    assert (manifest["engine"], manifest["wall_s"], manifest["note"]) == ("simpy", 1.5, "a note")
    assert set(manifest["versions"]) == {"python", "numpy", "scipy", "numba", "simpy"}
    assert all(manifest["versions"].values())
    assert set(manifest["files"]) == {*CSV, *PICTURES}


def test_results_go_to_a_folder_named_after_the_campaign(
    ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_folder(ensemble.scenario, command="sweep") == Path("results/test-sweep")
    folder = write_results(ensemble, engine="simpy", wall_s=0.0)
    assert folder == Path("results/test")
    assert read_results("results/test").seed == 0


@pytest.mark.usefixtures("real_pictures")
def test_the_same_ensemble_gives_the_same_bytes(ensemble: Ensemble, tmp_path: Path) -> None:
    first, second = (content(write(ensemble, tmp_path / name)) for name in "ab")
    assert first == second


def test_parquet_holds_the_same_tables(ensemble: Ensemble, tmp_path: Path) -> None:
    folder = write_results(ensemble, out=tmp_path / "r", parquet=True, engine="simpy", wall_s=0)
    for name, frame in tables(ensemble).items():
        assert_frame_equal(pl.read_parquet(folder / f"{name}.parquet"), frame, check_exact=True)


def test_an_unfinished_run_says_so(ensemble: Ensemble, tmp_path: Path) -> None:
    folder = write(replace(ensemble, asked=2000), tmp_path / "r", note="interrupted")
    text = (folder / "INCOMPLETE.txt").read_text()
    assert "5 of 2000 replications" in text
    assert "interrupted" in text
    assert read_results(folder).complete is False
    write(ensemble, folder)
    assert not (folder / "INCOMPLETE.txt").exists()


def test_nothing_finished_is_nothing_to_write(ensemble: Ensemble, tmp_path: Path) -> None:
    empty = replace(ensemble, **{name: values[:0] for name, values in ensemble.rows.items()})
    with pytest.raises(ResultError, match="no replication was finished"):
        write(empty, tmp_path / "r")
    assert not (tmp_path / "r").exists()


def damage_bytes(folder: Path) -> None:
    text = (folder / "summary.csv").read_bytes()
    (folder / "summary.csv").write_bytes(text[:-20])


def edit_manifest(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | changes))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda f: (f / "sectors.csv").unlink(), "sectors.csv is missing"),
        (damage_bytes, "summary.csv is not the file that was written"),
        (lambda f: (f / MANIFEST).unlink(), "not a result of this program"),
        (lambda f: (f / MANIFEST).write_text("{"), "not a result of this program"),
        (lambda f: edit_manifest(f, program="other"), "not a result of this program"),
        (lambda f: edit_manifest(f, command="sweep"), "demine sweep"),
        (lambda f: edit_manifest(f, schema_version=99), "schema version 99"),
        (lambda f: edit_manifest(f, files=None), "damaged"),
        (lambda f: edit_manifest(f, scenario={}), "its scenario is not the one"),
        (lambda f: edit_manifest(f, seed=None), "lacks the seed"),
    ],
)
def test_a_damaged_result_is_refused(
    ensemble: Ensemble, tmp_path: Path, damage: Callable[[Path], object], says: str
) -> None:
    folder = write(ensemble, tmp_path / "r")
    damage(folder)
    with pytest.raises(ResultError, match=says):
        read_results(folder)


def test_what_is_no_result_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for name in ("file", "empty", "nothing", "no/thing"):
        with pytest.raises(ResultError, match=name):
            read_results(tmp_path / name)


# Whose folder it is


@pytest.mark.parametrize("asked", [5, 9])
def test_a_result_is_replaced_by_one_at_least_as_large(
    ensemble: Ensemble, tmp_path: Path, asked: int
) -> None:
    folder = write(ensemble, tmp_path / "r")
    write(run(ensemble.scenario, n=asked), folder, note="again")
    assert read_results(folder).manifest["note"] == "again"
    assert beside(folder) == ["r"]


def test_a_complete_result_is_replaced_by_less_only_by_force(
    ensemble: Ensemble, tmp_path: Path
) -> None:
    folder, less = write(ensemble, tmp_path / "r"), run(ensemble.scenario, n=3)
    before = content(folder)
    with pytest.raises(ResultError, match=r"holds 5 replications, which 3 do.*--force.*--out"):
        write(less, folder)
    assert content(folder) == before
    write(less, folder, force=True)
    assert read_results(folder).manifest["replications_done"] == 3


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(("n", "asked"), [(5, 9), (9, 100), (3, 100)])
def test_a_complete_result_is_never_replaced_by_an_incomplete_one(
    ensemble: Ensemble, other: Ensemble, tmp_path: Path, n: int, asked: int, force: bool
) -> None:
    folder = write(ensemble, tmp_path / "r")
    before = content(folder)
    for scenario in (ensemble.scenario, other.scenario)[: 1 + force]:
        with pytest.raises(ResultError, match=r"holds a complete result.*it stays"):
            write(run(scenario, n=n, asked=asked), folder, force=force)
        assert content(folder) == before


def test_that_a_result_is_larger_is_told_before_the_work_is_done(
    ensemble: Ensemble, tmp_path: Path
) -> None:
    folder, digest = write(ensemble, tmp_path / "r"), ensemble.scenario.digest()
    mine = {"digest": digest, "experiment": {"seed": 0}}
    with pytest.raises(ResultError, match="holds 5 replications, which 4 do not replace"):
        refuse_foreign(folder, **mine, force=False, replications=4)
    for n in (5, 6, None):
        refuse_foreign(folder, **mine, force=False, replications=n)
    refuse_foreign(folder, **mine, force=True, replications=4)


def test_the_result_of_another_seed_is_replaced_only_by_force(
    ensemble: Ensemble, tmp_path: Path
) -> None:
    folder = write(ensemble, tmp_path / "r")
    with pytest.raises(ResultError, match=r"other seed \(0, here 7\).*--force"):
        write(replace(ensemble, seed=7), folder)
    write(replace(ensemble, seed=7), folder, force=True)
    assert read_results(folder).seed == 7


def test_another_scenarios_result_is_replaced_only_by_force(
    ensemble: Ensemble, other: Ensemble, tmp_path: Path
) -> None:
    folder = write(ensemble, tmp_path / "r")
    before = content(folder)
    with pytest.raises(ResultError, match=r"another scenario.*'test'.*--force.*--out"):
        write(other, folder)
    assert content(folder) == before
    write(other, folder, force=True)
    assert read_results(folder).scenario == other.scenario


def test_another_commands_result_is_replaced_only_by_force(
    ensemble: Ensemble, tmp_path: Path
) -> None:
    folder = write(ensemble, tmp_path / "r")
    sweep = describe(
        ensemble.scenario, command="sweep", seed=0, asked=5, done=5, engine="simpy", wall_s=0.0
    )
    with pytest.raises(ResultError, match="demine run"):
        write_folder(folder, manifest=sweep, files=lambda _: None, force=False)
    write_folder(folder, manifest=sweep, files=lambda _: None, force=True)
    assert read_folder(folder, command="sweep", names=[])[0]["command"] == "sweep"


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["notes.txt", MANIFEST, ".hidden"])
def test_other_peoples_folders_are_never_touched(
    ensemble: Ensemble, tmp_path: Path, force: bool, name: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / name).write_text('{"program": "another"}')
    with pytest.raises(ResultError, match="no result of this program"):
        write(ensemble, folder, force=force)
    with pytest.raises(ResultError, match="no result of this program"):
        refuse_foreign(folder, digest="x", force=force)
    assert content(folder) == {name: b'{"program": "another"}'}
    assert beside(folder) == ["mine"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "name",
    ["thoughts.txt", ".notes", ".git/HEAD", "figures/one.png", "~$dir/x", ".DS_Store/x", "a.~lock"],
)
def test_what_somebody_added_to_a_result_is_not_lost(
    ensemble: Ensemble, tmp_path: Path, name: str, force: bool
) -> None:
    folder = write(ensemble, tmp_path / "r")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("dear diary")
    added = re.escape(name.split("/", maxsplit=1)[0])
    with pytest.raises(ResultError, match=rf"somebody added files .*{added}.*move it away"):
        write(ensemble, folder, force=force)
    with pytest.raises(ResultError, match=added):  # told before the work is done, too
        refuse_foreign(folder, digest=ensemble.scenario.digest(), force=force)
    assert (folder / name).read_text() == "dear diary"
    assert beside(folder) == ["r"]


@pytest.mark.parametrize("force", [False, True])
def test_what_somebody_changed_in_a_result_is_not_lost(
    ensemble: Ensemble, tmp_path: Path, force: bool
) -> None:
    folder = write(ensemble, tmp_path / "r")
    with (folder / "summary.csv").open("a") as file:
        file.write("my,own,row,,,\n")
    before = content(folder)
    with pytest.raises(ResultError, match=r"were changed \(summary\.csv\).*move it away"):
        write(ensemble, folder, force=force)
    assert content(folder) == before
    (folder / "summary.csv").rename(tmp_path / "mine.csv")
    write(ensemble, folder)


def test_what_desktops_leave_by_themselves_is_taken_along(
    ensemble: Ensemble, tmp_path: Path
) -> None:
    folder = write(ensemble, tmp_path / "r")
    litter = [".DS_Store", "Thumbs.db", "desktop.ini", ".~lock.summary.csv#", "~$summary.csv"]
    for name in litter:
        (folder / name).write_text(name)
    write(ensemble, folder, note="again")
    assert read_results(folder).manifest["note"] == "again"
    assert [(folder / name).read_text() for name in litter] == litter
    assert beside(folder) == ["r"]


def test_what_somebody_put_into_unfinished_work_stays(tmp_path: Path) -> None:
    manifest = {"program": "demine", "command": "sweep", "scenario_sha256": "x", "experiment": {}}
    for name in ("r", "s"):
        work = open_work(tmp_path / name, manifest=manifest, force=False)
        (work / f"{'0' * 32}.0-9.npz").write_bytes(b"kept")
    (tmp_path / ".r.unfinished" / ".notes").write_text("mine")
    for name in ("r", "s"):
        with finishing(
            tmp_path / name, manifest=manifest, replications=10, covered=lambda: True, written=()
        ):
            pass
    assert content(tmp_path / ".r.unfinished").keys() == {MANIFEST, ".notes"}
    assert not (tmp_path / ".s.unfinished").exists()


def test_a_file_is_not_replaced_by_a_folder(ensemble: Ensemble, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResultError, match="is a file"):
        write(ensemble, tmp_path / "file", force=True)
    with pytest.raises(ResultError, match=r"file.*cannot be written"):
        write(ensemble, tmp_path / "file" / "below", force=True)
    assert (tmp_path / "file").read_text() == "x"


def test_an_empty_folder_may_be_used(ensemble: Ensemble, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refuse_foreign(tmp_path / "empty", digest="x", force=False)
    refuse_foreign(tmp_path / "none", digest="x", force=False)
    assert read_results(write(ensemble, tmp_path / "empty")).seed == 0


def test_a_link_is_followed_and_stays(ensemble: Ensemble, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "place")
    for _ in range(2):
        write(ensemble, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert read_results(tmp_path / "disk" / "place").seed == 0
    assert beside(tmp_path / "disk" / "place") == ["place"]


# Crashes

WRITER = """
import json, shutil, sys
from pathlib import Path
from sim.results.folder import write_folder
place, source = Path(sys.argv[1]), Path(sys.argv[2])
manifest = json.loads((source / "manifest.json").read_bytes())
def files(new):
    for path in source.iterdir():
        if path.name != "manifest.json":
            shutil.copyfile(path, new / path.name)
def write(place):
    write_folder(place, manifest=manifest, files=files, force=True)
"""
READER = """
import sys
from pathlib import Path
from sim.results.folder import read_folder
read_folder(Path(sys.argv[1]), command="run", names=[])
"""
# in the n-th folder a process writes that dies, as by kill -9, before its n-th act on the disk
CRASHING_WRITERS = (
    WRITER
    + """
import os
def die_at(fatal):
    calls, real_sync = 0, os.fsync
    def step():
        nonlocal calls
        calls += 1
        if calls == fatal:
            os._exit(9)
    def watch(event, _):
        if event == "open" or event.startswith(("os.", "shutil.")):
            step()
    def fsync(descriptor):
        step()
        real_sync(descriptor)
    os.fsync = fsync
    sys.addaudithook(watch)
for fatal in range(1, 1000):
    folder = place.parent / str(fatal) / "r"
    if place.exists():
        shutil.copytree(place, folder)
    else:
        folder.parent.mkdir(parents=True)
    child = os.fork()
    if not child:
        die_at(fatal)
        write(folder)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 9:
        break
"""
)


def crash_everywhere(place: Path, source: Path) -> list[Path]:
    """Return the places where a writer died, in the order of the moments; it lived in the last."""
    command = [sys.executable, "-c", CRASHING_WRITERS, str(place), str(source)]
    subprocess.run(command, check=True, timeout=120)
    numbers = sorted(int(path.name) for path in place.parent.iterdir() if path != place)
    return [place.parent / str(number) / "r" for number in numbers]


@pytest.fixture
def small_results(ensemble: Ensemble, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return an old and a new result."""
    folders = [tmp_path_factory.mktemp("small") / "r" for _ in range(2)]
    for seed, folder in enumerate(folders, start=1):
        write(replace(ensemble, seed=seed), folder)
    return folders


def test_a_crash_at_any_moment_leaves_the_old_result_or_the_new(
    small_results: list[Path],
) -> None:
    old, new = small_results
    (old / ".DS_Store").write_text("litter")
    seeds = []
    for place in crash_everywhere(old, new):
        seeds.append(read_results(place).seed)
        assert (place / ".DS_Store").read_text() == "litter"
        assert beside(place) == ["r"]  # reading has cleaned up
    assert len(seeds) > 50
    assert seeds == sorted(seeds)  # from some moment on it is the new one
    assert set(seeds) == {1, 2}


def test_a_crash_of_a_first_write_leaves_nothing_or_the_result(
    small_results: list[Path], tmp_path: Path
) -> None:
    seeds = []
    for place in crash_everywhere(tmp_path / "r", small_results[1]):
        try:
            seeds.append(read_results(place).seed)
        except ResultError as error:
            assert "there is no such folder" in str(error)  # noqa: PT017 # it may exist
            seeds.append(0)
        assert beside(place) == (["r"] if seeds[-1] else [])
    assert len(seeds) > 30
    assert seeds == sorted(seeds)
    assert set(seeds) == {0, 2}


def test_a_result_between_two_names_is_put_back_by_the_next_write(
    ensemble: Ensemble, tmp_path: Path
) -> None:
    folder = write(ensemble, tmp_path / "r")
    folder.rename(tmp_path / ".r.old")
    (tmp_path / f".r.new-{DEAD}").mkdir()
    with pytest.raises(ResultError, match="--force"):
        write(run(build(), n=1), folder)  # another scenario's
    folder.rename(tmp_path / ".r.old")
    with pytest.raises(ResultError, match="--force"):  # told before the work is done, too
        refuse_foreign(folder, digest="another", force=False)
    assert read_results(folder).scenario == ensemble.scenario
    assert beside(folder) == ["r"]


def test_what_a_living_writer_has_begun_is_left_alone(ensemble: Ensemble, tmp_path: Path) -> None:
    """Whatever its number: in another container it may be anybody's, also that of this process."""
    held, left = f".r.new-{DEAD}-0a0b0c0d", f".r.new-{os.getpid()}-0a0b0c0d"
    foreign = [".r.new-x", f".rr.new-{DEAD}", ".r.new-0a0b0c0d0e0f0102.txt"]
    for name in (held, left, ".r.new-0a0b0c0d0e0f0102", *foreign):
        (tmp_path / name).mkdir()
    descriptor = os.open(tmp_path / held, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        read_results(write(ensemble, tmp_path / "r"))
        assert beside(tmp_path / "r") == sorted([held, *foreign, "r"])
    finally:
        os.close(descriptor)
    read_results(tmp_path / "r")
    assert beside(tmp_path / "r") == sorted([*foreign, "r"])


def test_a_writer_holds_what_it_has_begun(ensemble: Ensemble, tmp_path: Path) -> None:
    folder = write(ensemble, tmp_path / "r")
    manifest = json.loads((folder / MANIFEST).read_text())
    begun: list[str] = []

    def files(new: Path) -> None:
        command = [sys.executable, "-c", READER, str(folder)]  # another process, which cleans up
        subprocess.run(command, check=True, timeout=60)
        begun.append(new.name)
        assert new.is_dir()

    write_folder(folder, manifest=manifest, files=files, force=True)
    assert re.fullmatch(r"\.r\.new-[0-9a-f]{16}", begun[0])
    assert beside(folder) == ["r"]


def test_without_locks_only_what_is_a_day_old_is_cleaned_up(
    ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)
    young, old = f".r.new-{DEAD}-0a0b0c0d", f".r.new-{DEAD}"
    for name, hours in ((young, 20), (old, 30)):
        (tmp_path / name).mkdir()
        moment = time.time() - 3600 * hours
        os.utime(tmp_path / name, (moment, moment))
    write(ensemble, tmp_path / "r")
    assert beside(tmp_path / "r") == [young, "r"]


def test_a_failure_while_writing_changes_nothing(ensemble: Ensemble, tmp_path: Path) -> None:
    folder = write(ensemble, tmp_path / "r")
    manifest = json.loads((folder / MANIFEST).read_text())
    before = content(folder)

    def fail(new: Path) -> None:
        (new / "half").write_text("x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder(folder, manifest=manifest, files=fail, force=True)
    assert content(folder) == before
    assert beside(folder) == ["r"]


def test_a_failed_swap_is_undone(
    ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(ensemble, tmp_path / "r")
    before, rename = content(folder), os.rename

    def refuse(source: Path, target: Path) -> None:
        if ".new-" in str(source):
            raise PermissionError(13, "no")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(ResultError, match="cannot be written"):
        write(ensemble, folder)
    assert content(folder) == before
    assert beside(folder) == ["r"]


FULL_DISK = """
import resource, sys
from pathlib import Path
from sim.errors import ResultError
from sim.results.folder import write_folder
import json
place = Path(sys.argv[1])
manifest = json.loads((place / "manifest.json").read_bytes())
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
def files(new):
    (new / "small.csv").write_bytes(b"x" * 4000)
    (new / "large.csv").write_bytes(b"x" * 6000)
try:
    write_folder(place, manifest=manifest, files=files, force=True)
except ResultError as error:
    print(error)
    sys.exit(3)
"""


def test_a_full_disk_is_told_and_changes_nothing(ensemble: Ensemble, tmp_path: Path) -> None:
    folder = write(ensemble, tmp_path / "r")
    before = content(folder)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder)],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert str(folder) in done.stdout
    assert "no room" in done.stdout
    assert content(folder) == before
    assert beside(folder) == ["r"]


def test_two_writers_at_once_leave_one_whole_result(
    small_results: list[Path], tmp_path: Path
) -> None:
    place = tmp_path / "r"
    command = [sys.executable, "-c", WRITER + "write(place)", str(place)]
    writers = [subprocess.Popen([*command, str(source)]) for source in 2 * small_results]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    assert read_results(place).seed in (1, 2)
    assert beside(place) == ["r"]


def test_what_stands_there_is_looked_at_while_nobody_can_swap_it(
    ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looked = rules._check, []

    def locked_out(place: Path, wanted: dict[str, object], *, force: bool) -> None:
        descriptor = os.open(place.parent, os.O_RDONLY)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
        looked.append(place)
        look(place, wanted, force=force)

    monkeypatch.setattr(rules, "_check", locked_out)
    folder = write(ensemble, tmp_path / "r")
    refuse_foreign(folder, digest=ensemble.scenario.digest(), force=True)
    assert len(looked) == 3


def test_a_writer_waits_while_another_swaps(small_results: list[Path], tmp_path: Path) -> None:
    place = tmp_path / "r"
    script = WRITER + "write(place)"
    command = [sys.executable, "-c", script, str(place), str(small_results[0])]
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        writer = subprocess.Popen(command)
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(1.0)
        assert not place.exists()
    finally:
        os.close(descriptor)
    assert writer.wait(60) == 0
    assert read_results(place).seed == 1


def test_the_digest_of_a_manifest_is_that_of_its_scenario(
    ensemble: Ensemble, tmp_path: Path
) -> None:
    folder = write(ensemble, tmp_path / "r")
    manifest = json.loads((folder / MANIFEST).read_text())
    text = json.dumps(manifest["scenario"], sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == ensemble.scenario.digest()


def test_results_are_read_without_engines_or_pictures() -> None:
    code = "import sim.results.storage, sys; print([m for m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert not {"simpy", "numba", "matplotlib"} & set(eval(done.stdout))
