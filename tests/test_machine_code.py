"""Compiled code is kept on disk, and never outlives the sources it was made from."""

import os
import pickle
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import sim
from sim.engines.compiled import campaign

SIM = Path(sim.__file__).parent
# parcels.py asks bulk.py, which asks streams.py: numba itself looks at parcels.py only
PROGRAM = """
import numpy as np
from sim.sampling.compiled.parcels import draw_chosen
chosen = np.ones(20)
keys, ordinals = np.array([7], np.uint64), np.zeros(1, np.int64)
draw_chosen(chosen, np.array([0, 20, 20]), 0.5, keys, ordinals, 3)
print(chosen.astype(int).tolist(), sum(draw_chosen.stats.cache_hits.values()))
"""


def drawn(folder: Path, kept: Path) -> tuple[str, int]:
    """Return what the program of a folder draws, and how often it found compiled code."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(kept)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    numbers, hits = done.stdout.rsplit(" ", 1)
    return numbers, int(hits)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(SIM, tmp_path / "copy" / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "copy"


def test_code_is_kept_and_made_anew_when_a_helper_in_another_file_changes(
    copy: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    before, hits = drawn(copy, kept)
    assert hits == 0
    assert drawn(copy, kept) == (before, 1)
    helper = copy / "sim" / "sampling" / "compiled" / "streams.py"
    changed = helper.read_text(encoding="utf-8").replace("0xD2511F53", "0xD2511F55")
    helper.write_text(changed, encoding="utf-8")
    after, hits = drawn(copy, kept)
    assert (after != before, hits) == (True, 0)


@pytest.mark.parametrize(
    "damage", [b"", b"\x80\x04no pickle", None], ids=["empty", "torn", "short"]
)
def test_damaged_files_cost_a_compilation_and_nothing_else(
    damage: bytes | None, copy: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    before, _ = drawn(copy, kept)
    for file in [*kept.rglob("*.nbi"), *kept.rglob("*.nbc")]:
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2] if damage is None else damage)
    assert drawn(copy, kept) == (before, 0)
    assert drawn(copy, kept) == (before, 1)


def test_where_nothing_can_be_kept_it_is_compiled_every_time(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    before, hits = drawn(copy, tmp_path / "a file" / "below")
    assert hits == 0
    assert drawn(copy, tmp_path / "a file" / "below") == (before, 0)


@pytest.mark.parametrize("file", ["engines/compiled/days.py", "outcome.py", "world.py"])
def test_every_source_of_the_loop_counts(file: str, copy: Path) -> None:
    spec = spec_from_file_location("copied", copy / "sim" / "machine_code.py")
    assert spec
    assert spec.loader
    copied = module_from_spec(spec)
    spec.loader.exec_module(copied)
    folder, changed = copy / "sim" / "engines" / "compiled", copy / "sim" / file
    before = copied.sources(folder)
    copied.sources.cache_clear()
    assert copied.sources(folder) == before
    changed.write_text(changed.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    copied.sources.cache_clear()
    assert copied.sources(folder) != before


def test_what_the_loop_takes_is_known_again_by_its_name() -> None:
    for kind in campaign.tuples.values():
        assert pickle.loads(pickle.dumps(kind)) is kind
