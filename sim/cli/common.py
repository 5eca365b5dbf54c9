"""What the commands do alike: a progress bar while they work, and what they say in the end."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Timer

import click

from sim.engines import compiling

COMPILING_AFTER_S = 3.0


def say(lines: Iterable[str], *, note: str, place: str, quiet: bool) -> None:
    """Say what came out, what is to be noted about it, and where it stands."""
    if quiet:
        return
    for line in lines:
        click.echo(line)
    if note:
        click.echo(f"\nNote: {note}.")
    click.echo(f"\nResults: {place}")


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

        def say_if_compiling() -> None:
            if compiling():
                words = f"{title}: compiling the model, once on this machine (about a minute)"
                bar.update(task, description=words)

        def update(done: int, asked: int) -> None:
            bar.update(task, completed=done, total=asked)
            if done:
                bar.update(task, description=title)

        timer = Timer(COMPILING_AFTER_S, say_if_compiling)
        timer.daemon = True
        timer.start()
        try:
            yield update
        finally:
            timer.cancel()
