"""Memory that is kept from one replication to the next."""

import ctypes
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys
import numpy as np
from sim.running.memory import keep_freed_memory

class Memory(ctypes.Structure):  # glibc's mallinfo2
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

ask = ctypes.CDLL(None).mallinfo2
ask.restype = Memory
if sys.argv[1] == "kept":
    keep_freed_memory()
before = ask().fordblks
arrays = [np.zeros(1_000_000) for _ in range(8)]
del arrays
print(ask().fordblks - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="not glibc, or an old one")
def test_freed_memory_is_kept() -> None:
    bytes_kept = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True
            ).stdout
        )
        for how in ("kept", "as usual")
    }
    assert bytes_kept["as usual"] < 8_000_000
    assert bytes_kept["kept"] >= 64_000_000
