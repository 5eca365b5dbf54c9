"""What ties a worker process to the command that started it.

It is the first thing that a worker loads, and must load at once: until then nothing ends it.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import FrameType

LOOKS_FOR_PARENT_S = 2.0
if sys.platform != "win32":
    _SIGNALS: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def depend(lifeline: Connection, parent: int) -> None:
    """Leave signals to the parent, which keeps what is finished, and end when it is gone.

    Parameters
    ----------
    lifeline
        Whose other end the parent alone holds.
    parent
        Its process number.
    """
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with, args=(lifeline, parent), daemon=True).start()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait while workers are started, until they depend on their parent."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    waiting = True

    def later(number: int, frame: FrameType | None) -> None:
        if waiting:
            caught.append(number)
        else:
            handlers[number](number, frame)

    found = {number: signal.getsignal(number) for number in _SIGNALS}
    handlers = {number: handler for number, handler in found.items() if callable(handler)}
    for number in handlers:
        signal.signal(number, later)  # other threads may get them
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # workers inherit that
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        waiting = False
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in caught[:1]:
            signal.raise_signal(number)


def _end_with(lifeline: Connection, parent: int) -> None:
    """End this process once nobody holds the other end of the line, or the parent is another."""
    while not lifeline.poll(LOOKS_FOR_PARENT_S):
        if os.getppid() != parent:  # some process that the parent has started may hold the line
            break
    os._exit(1)
