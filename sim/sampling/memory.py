"""How much memory there is: the least of what the machine has and what this process may use."""

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

UNKNOWN_BYTES = 8 * 2**30
PAGE_FILE = Path("/proc/self/statm")
GROUPS_FILE, GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


class Room(NamedTuple):
    """So much memory, and who says so."""

    bytes: float
    limit: str


@cache
def memory_there() -> Room:
    """Return how much memory this process could still get when it first asked.

    It is asked once, since memory that was used and is free again looks as if it were taken.
    """
    addresses, resident = _taken()
    machine, process = _machine_bytes(), _process_bytes()
    container = container_bytes(GROUPS_FILE, GROUPS)
    return min(
        Room(machine - resident, "what this machine has"),
        Room(container - resident, "what the container, or control group, may use"),
        Room(process - addresses, "what ulimit -v leaves to this process"),
    )


def _machine_bytes() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return UNKNOWN_BYTES


def _process_bytes() -> float:
    """Return the limit of the addresses of this process (RLIMIT_AS)."""
    try:
        import resource  # noqa: PLC0415 # there is none on Windows
    except ImportError:
        return float("inf")
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    return float("inf") if soft == resource.RLIM_INFINITY else float(soft)


def container_bytes(groups_file: Path, groups: Path) -> float:
    """Return the least limit of the control groups that this process is in; infinite without any.

    Parameters
    ----------
    groups_file
        Where the system says which they are: "0::/a/b" (version 2) or "4:memory:/a/b" (version 1).
    groups
        Where their folders are. One that cannot be seen from here has parents that can.
    """
    found = float("inf")
    for line in _text(groups_file).splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        top, name = groups, "memory.max"
        if kinds:
            top, name = groups / "memory", "memory.limit_in_bytes"
        here = top / path.lstrip("/")
        for folder in (here, *here.parents):
            number = _text(folder / name).strip()
            if number.isdecimal():
                found = min(found, float(number))
            if folder == top:
                break
    return found


def _taken() -> tuple[int, int]:
    """Return how many bytes of addresses, and of memory, this process has; none where unknown."""
    numbers = _text(PAGE_FILE).split()[:2]
    if len(numbers) < 2:
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return int(numbers[0]) * page, int(numbers[1]) * page


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
