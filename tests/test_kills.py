"""Some kills of every command; `python tests/kills.py 200` makes as many as wanted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux who lives")
def test_a_killed_command_loses_nothing_and_is_continued() -> None:
    script = Path(__file__).with_name("kills.py")
    done = subprocess.run(
        [sys.executable, str(script), "6"], env=os.environ | {"NUMBA_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    stories = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(stories) == 6, done.stderr
    assert [story for story in stories if story["wrong"]] == []
    assert {story["signal"] for story in stories} == {"9", "15", "2"}
    assert sum(story["kept"] > 0 for story in stories) > 2
