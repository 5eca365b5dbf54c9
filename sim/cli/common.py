"""What the commands do alike: a progress bar while they work, and what they say in the end."""

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from threading import Event, Thread

from sim.cli import leave
from sim.cli.options import Options
from sim.errors import Problem, ScenarioError
from sim.scenario.scenario import Scenario

LOOKS_EVERY_S = 0.25


def say(lines: Iterable[str], *, note: str, place: str, quiet: bool) -> None:
    """Say what came out, what is to be noted about it, and where it stands, if that is given."""
    if quiet:
        return
    for line in lines:
        leave.tell(line)
    if note:
        leave.tell("")
        leave.tell(f"Note: {note}.")
    if place:
        leave.tell("")
        leave.tell(f"Results: {place}")


def refuse_too_much(
    scenario: Scenario, options: Options, *, replications: int | None = None
) -> None:
    """Raise if the replications asked for, or so many of them, need more memory than there is."""
    from sim.running.room import workers_that_fit  # noqa: PLC0415 # help needs none of it

    asked = replications or options.replications
    workers_that_fit(scenario, asked, engine=options.engine, jobs=1)


@contextmanager
def workers(options: Options) -> Iterator[Executor | None]:
    """Give the workers of `--scheduler`; none for those of this machine.

    Raises
    ------
    ScenarioError
        If they cannot be had.
    """
    if options.scheduler is None:
        yield None
        return
    try:
        from sim.running.cluster import connect  # noqa: PLC0415 # an extra, which takes time to load
    except ImportError as error:
        found, allowed = f"no package {error.name}", 'pip install "demine[cluster]"'
        raise ScenarioError([Problem("--scheduler", "", found, allowed)]) from None
    say = (lambda _: None) if options.quiet else (lambda it: leave.complain(it, kind="warning"))
    with connect(options.scheduler, engine=options.engine, warn=say) as cluster:
        yield cluster


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with time left on a terminal; nothing when piped or quiet."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():  # closed, it is None
        yield lambda _done, _asked: None
        return
    from rich.console import Console  # noqa: PLC0415 # only on a terminal
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("time left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        over = Event()

        def say_if_compiling() -> None:
            while not over.wait(LOOKS_EVERY_S):
                bar.update(task, description=_compiling() or title)

        def update(done: int, asked: int) -> None:
            bar.update(task, completed=done, total=asked)

        Thread(target=say_if_compiling, daemon=True).start()
        try:
            yield update
        finally:
            over.set()


def _compiling() -> str:
    """Return what is being compiled now, in words; empty if nothing is."""
    code = sys.modules.get("sim.machine_code")  # loaded with the first thing that is compiled
    files = sorted(getattr(code, "underway", ()))
    part = "the model" if any(".engines." in file for file in files) else "the draws"
    return f"compiling {part}, once on this machine (about half a minute)" if files else ""
