"""What the tests of all commands need."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from drawn import Drawn, keep

from sim.cli import main
from sim.engines.compiled import ahead


def pytest_configure(config: pytest.Config) -> None:
    """Compile the loop once, before the workers begin."""
    if not hasattr(config, "workerinput") and not os.environ.get("NUMBA_DISABLE_JIT"):
        ahead.prepare()


Demine = Callable[..., tuple[int, str, str]]


@pytest.fixture
def demine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Demine:
    """Run a command in an empty folder; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

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
