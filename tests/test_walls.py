"""The walls between the rooms stand, and a bad import in any of them is seen.

The contracts are stated in `pyproject.toml`; here they are kept, and broken on purpose in copies.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTRACTS = "from importlinter.cli import lint_imports_command as main; main()"


def said(words: list[str], folder: Path) -> tuple[int, str]:
    """Return the exit code of a Python program, and what it says, about a folder."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def contracts(folder: Path) -> tuple[int, str]:
    """Check the import contracts."""
    return said(["-c", CONTRACTS, "--no-cache", "--config", "pyproject.toml"], folder)


def banned(folder: Path) -> tuple[int, str]:
    """Look for what may be imported nowhere, whatever the lines themselves excuse."""
    words = ["--select", "TID251", "--ignore-noqa", "--no-cache", "--output-format", "concise"]
    return said(["-m", "ruff", "check", *words, "sim"], folder)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and of its contracts."""
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(folder: Path, file: str, line: str) -> None:
    """Add a line to a file, which need not exist."""
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{path.read_text() if path.exists() else ''}\n{line}\n")


@pytest.mark.parametrize("check", [contracts, banned])
def test_the_walls_stand(check: Callable[[Path], tuple[int, str]], copy: Path) -> None:
    code, words = check(copy)
    assert code == 0, words
    assert "Contracts: 5 kept, 0 broken." in words or words == "All checks passed!\n"


ONE_WAY = "data flows one way"
BLIND = "the engines are blind to each other"
NO_CHANCE = "engines draw no random numbers"
READABLE = "results can be read without simpy or numba"
ONE_KNOWS = "one module knows of Dask"


@pytest.mark.parametrize(
    ("file", "line", "breaks"),
    [
        ("sim/engines/simpy/land.py", "from sim.engines.compiled.bits import lowest", BLIND),
        ("sim/engines/simpy/new.py", "import sim.engines.compiled", BLIND),
        ("sim/engines/compiled/days.py", "from sim.engines import simpy as other", BLIND),
        ("sim/engines/compiled/days.py", "import random", NO_CHANCE),
        ("sim/engines/compiled/days.py", "from random import random as luck", NO_CHANCE),
        ("sim/engines/compiled/days.py", "from scipy.stats import norm", NO_CHANCE),
        ("sim/engines/simpy/land.py", "import sim.sampling", NO_CHANCE),
        ("sim/engines/simpy/land.py", "from sim.sampling.compiled import streams", NO_CHANCE),
        ("sim/engines/simpy/land.py", "def late():\n    import sim.scenario.laws", NO_CHANCE),
        ("sim/results/tables.py", "import numba", READABLE),
        ("sim/results/new.py", "from numba import njit", READABLE),
        ("sim/statistics/paired.py", "import simpy", READABLE),
        ("sim/outcome.py", "import sim.engines.compiled.campaign", READABLE),
        ("sim/statistics/shares.py", "from sim.results import words", ONE_WAY),
        ("sim/scenario/land.py", "import sim.world", ONE_WAY),
        ("sim/results/tables.py", "import sim.running", ONE_WAY),
        ("sim/running/run.py", "from sim.results import storage", ONE_WAY),
        ("sim/experiments/study.py", "import sim.cli", ONE_WAY),
        ("sim/new.py", "", ONE_WAY),
        ("sim/running/run.py", "from distributed import Client", ONE_KNOWS),
        ("sim/cli/run.py", "def late():\n    import dask.config", ONE_KNOWS),
        ("sim/room/__init__.py", "", ONE_WAY),
    ],
)
def test_a_bad_import_breaks_its_contract(file: str, line: str, breaks: str, copy: Path) -> None:
    plant(copy, file, line)
    code, words = contracts(copy)
    assert code == 1, words
    assert f"\n{breaks} BROKEN" in words


@pytest.mark.parametrize(
    "line",
    [
        "from numpy.random import default_rng",
        "import numpy.random",
        "import numpy.random as luck  # noqa",
        "from numpy import random as luck",
        "import numpy as np\n\nluck = np.random.default_rng()",
        "import numpy as np\n\n\ndef late():\n    return np.random.default_rng()",
        "import random",
        "from random import Random",
    ],
)
@pytest.mark.parametrize(
    "file", ["sim/engines/compiled/days.py", "sim/engines/simpy/land.py", "sim/sampling/land.py"]
)
def test_luck_without_an_address_is_seen(file: str, line: str, copy: Path) -> None:
    plant(copy, file, line)
    code, words = banned(copy)
    assert code == 1, words
    assert words.startswith(f"{file}:")
    assert " TID251 " in words


@pytest.mark.parametrize("file", ["sim/experiments/designs.py", "sim/statistics/paired.py"])
def test_a_generator_with_a_seed_of_its_own_is_excused_by_file(file: str, copy: Path) -> None:
    """Or what excuses it is out of date."""
    settings = copy / "pyproject.toml"
    excuse = f'"{file}" = ["TID251"]'
    assert settings.read_text().count(excuse) == 1
    settings.write_text(settings.read_text().replace(excuse, f'"{file}" = []'))
    code, words = banned(copy)
    assert code == 1, words
    assert words.startswith(f"{file}:")
