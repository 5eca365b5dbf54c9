"""The first time on a machine: the loop is compiled in a process of its own, beside the work.

Both engines give the same bytes. So the SimPy engine does small campaigns meanwhile, and for large
ones what is drawn first is compiled here, which takes a quarter of the time.
"""

import atexit
import subprocess
import sys
from contextlib import suppress

from sim import engines, machine_code

LOOP = "sim.engines.compiled.campaign"
_GO_ON = b"+"  # what a command that ends well says in the end; one that is killed says nothing
_COMPILE = f"""
import gc, os, sys, threading
sys.path[:] = {{path!r}}
def end_with_parent():
    if sys.stdin.buffer.read() != {_GO_ON!r}:
        os._exit(1)
threading.Thread(target=end_with_parent, daemon=True).start()
gc.disable()
from sim.engines.compiled.ahead import prepare
prepare()
"""
_begun: list[subprocess.Popen[bytes]] = []  # one at most


def begin() -> None:
    """Begin to compile the loop, unless it is compiled, or cannot be kept."""
    if _begun or engines.is_ready() or not engines.can_be_kept():
        return
    # an interrupt at the terminal, which goes to a whole session, is not for it
    process = subprocess.Popen(
        [sys.executable, "-c", _COMPILE.format(path=sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _begun.append(process)
    machine_code.underway.add(LOOP)
    atexit.register(_let_go_on, process)


def is_over() -> bool:
    """Return whether nothing is being compiled beside, be it done, failed or never begun."""
    if _begun and _begun[0].poll() is None:
        return False
    machine_code.underway.discard(LOOP)
    return True


def end() -> None:
    """End it, for somebody wants everything to end."""
    for process in _begun:
        process.kill()
        process.wait()
    _begun.clear()


def _let_go_on(process: subprocess.Popen[bytes]) -> None:
    """Let it finish for the next time, now that this process ends."""
    assert process.stdin
    if process.poll() is None:
        with suppress(OSError):  # it may end just now
            process.stdin.write(_GO_ON)
            process.stdin.close()
        process.returncode = 0  # nobody waits for it
