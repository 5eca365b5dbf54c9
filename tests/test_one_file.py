"""One file that a command writes: whole or not at all, and nothing but a file is replaced."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import ResultError
from sim.results.one_file import write_file

TUTORIAL = str(Path(__file__).parent.parent / "scenarios" / "tutorial.toml")
Demine = Callable[..., tuple[int, str, str]]


def test_a_file_is_written_and_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    write_file(path, b"first")
    path.chmod(0o640)
    write_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "events.csv")
    for text in (b"first", b"second"):
        write_file(tmp_path / "link", text)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "events.csv").read_bytes() == b"second"


def test_a_failure_while_writing_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.csv"
    path.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultError, match=r"events\.csv: cannot be written: no space"):
        write_file(path, b"after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def pipe() -> None:
    os.mkfifo("place")


def folder() -> None:
    Path("place").mkdir()


def loop() -> None:
    Path("place").symlink_to("place")


def link_to_pipe() -> None:
    os.mkfifo(f"../{Path.cwd().name}.pipe")
    Path("place").symlink_to(f"../{Path.cwd().name}.pipe")


@pytest.mark.parametrize("make", [pipe, folder, loop, link_to_pipe])
@pytest.mark.parametrize(
    "words", [("trace", TUTORIAL, "--out", "place"), ("new", "place", "--force")]
)
def test_what_is_no_file_is_left_alone(
    make: Callable[[], None], words: tuple[str, ...], demine: Demine
) -> None:
    make()
    before = os.lstat("place")
    code, _, err = demine(*words)
    assert code in (1, 2)  # what the options refuse themselves is 2
    assert "place" in err
    assert "Traceback" not in err
    after = os.lstat("place")
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    assert make is not link_to_pipe or Path("place").is_fifo()
    assert os.listdir() == ["place"]


@pytest.mark.parametrize("out", ["", "no/such/folder.csv", "/proc/events.csv"])
@pytest.mark.parametrize("words", [("trace", TUTORIAL, "--out"), ("new", "--force", "--")])
def test_an_impossible_place_is_told(out: str, words: tuple[str, ...], demine: Demine) -> None:
    code, _, err = demine(*words, out)
    assert code in (1, 2)
    assert "Traceback" not in err
    assert err.strip()
    assert os.listdir() == []


@pytest.mark.parametrize("number", [2**63 - 1, 2**64, 10_000_000])
def test_a_replication_that_no_run_has_is_refused(number: int, demine: Demine) -> None:
    code, _, err = demine("trace", TUTORIAL, "--replication", str(number))
    assert code == 2
    assert "--replication" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_an_empty_place_for_a_result_is_told(command: str, demine: Demine) -> None:
    more = ("--vary", "campaign.parcel_ha=1") if command == "sweep" else ()
    code, _, err = demine(command, TUTORIAL, "--replications", "2", "--out", "", *more)
    assert code == 2
    assert "--out" in err
    assert os.listdir() == []
