"""What the tests of all commands need."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from drawn import Drawn, keep

from sim.cli import main
from sim.engines.compiled import ahead
from sim.results.pictures import drawing


def pytest_configure(config: pytest.Config) -> None:
    """Compile the loop once, before the workers begin."""
    if not hasattr(config, "workerinput") and not os.environ.get("NUMBA_DISABLE_JIT"):
        ahead.prepare()


Demine = Callable[..., tuple[int, str, str]]


@pytest.fixture
def demine(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Demine:
    """Run a command in an empty folder; returns exit code, output and errors.

    Its pictures are left out, which take longest, where a test does not ask for `pictures` (or
    looks at what is `drawn`).
    """
    monkeypatch.chdir(tmp_path)
    if not {"pictures", "drawn"} & {*request.fixturenames}:
        monkeypatch.setattr(drawing, "_try", leave_out)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["demine", *words])
        with pytest.raises(SystemExit) as leave:
            main()
        shown = capsys.readouterr()
        return int(leave.value.code or 0), shown.out, shown.err

    return run


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Drawn]:
    """Every figure that is written, as it is written."""
    return keep(monkeypatch)


@pytest.fixture
def pictures() -> None:
    """Ask for real pictures."""


def leave_out(_draw: drawing.Draw, path: Path) -> str:
    """Write something in the place of a picture."""
    path.write_bytes(b".")
    return ""
