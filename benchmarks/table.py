"""Markdown tables, and what machine they were made on."""

import os
import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("demine", "numba", "numpy", "simpy", "salabim", "ciw")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    lines = [head, [":---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def number(value: float, digits: int = 3) -> str:
    """Return a number to some significant digits, thousands set apart."""
    if abs(value) >= 10 ** (digits - 1):
        return f"{float(f'{value:.{digits}g}'):,.0f}".replace(",", " ")
    return f"{value:#.{digits}g}"


def whole(value: float) -> str:
    """Return a whole number, thousands set apart."""
    return f"{value:,.0f}".replace(",", " ")


def machine() -> str:
    """Return date, machine and versions as a line of text."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    return (
        f"{date.today():%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of"
        f" memory, {platform.system()}; Python {platform.python_version()}, {libraries}.\n"
    )


def _processor() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "(not installed)"
