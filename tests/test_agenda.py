"""Parts of the loop are called alone where the compiler is off: in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_tools_of_the_loop_do_what_their_textbook_says() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "uncompiled.py"],
        cwd=Path(__file__).parent,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "23 passed" in done.stdout
