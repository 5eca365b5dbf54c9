"""What the commands share: options, reading the scenario, the progress bar."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, TypeVar

import click

from sim.engines import compiling
from sim.errors import Problem, ScenarioError
from sim.scenario.scenario import Scenario
from sim.scenario.settings import parse_setting
from sim.scenario.variants import load_scenario


class Setting(click.ParamType):  # type: ignore[type-arg] # generic only in newer releases
    """KEY=VALUE on the command line."""

    name = "KEY=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Return the key and what the value means."""
        return value if isinstance(value, tuple) else parse_setting(str(value))


COMPILING_AFTER_S = 3.0
F = TypeVar("F", bound=Callable[..., Any])


def run_options(command: F) -> F:
    """Give a command the options of `demine run`."""
    return options_like_run(1000, "How many campaigns to simulate.")(command)


def options_like_run(
    replications: int, counted: str, *, precision: bool = True
) -> Callable[[F], F]:
    """Return what gives a command the options of `demine run`.

    Parameters
    ----------
    replications, counted
        Default number, and what is counted.
    precision
        Whether it can be asked for a precision.
    """
    options = [
        click.option(
            "--replications", type=click.IntRange(1, 10_000_000), default=replications,
            show_default=True, metavar="N", help=counted,
        ),
        click.option(
            "--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S",
            help="Scenarios that share it share their luck.",
        ),
        click.option(
            "--engine", type=click.Choice(["compiled", "simpy"]), default="compiled",
            show_default=True, help="Both give the same numbers; simpy is the one to read.",
        ),
        click.option(
            "--jobs", type=click.IntRange(1), metavar="J", help="Workers (default: all cores).",
        ),
        click.option(
            "--out", type=click.Path(path_type=Path), metavar="DIR",
            help="Result folder (default: results/<campaign.name>; experiments add -<command>).",
        ),
        click.option(
            "--force", is_flag=True, help="Replace another scenario's or experiment's result."
        ),
        click.option(
            "--set", "settings", type=Setting(), multiple=True, metavar="KEY=VALUE",
            help="Change a key, such as crew.engineers.count=50. Repeatable.",
        ),
        *[click.option(
            "--precision", type=click.FloatRange(0, min_open=True), metavar="DAYS",
            help="Double the replications until the P80's interval is that narrow.",
        )][: int(precision)],
        click.option("--parquet", is_flag=True, help="Write the tables as Parquet too."),
        click.option("--quiet", is_flag=True, help="Say nothing but errors."),
    ]  # fmt: skip

    def give(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return give


def scenario_argument(command: F) -> F:
    """Give a command the scenario file."""
    return click.argument("file", type=click.Path(path_type=Path), metavar="FILE")(command)


def read(file: Path, settings: tuple[tuple[str, Any], ...]) -> Scenario:
    """Return the scenario of a file, some of its keys set anew.

    Raises
    ------
    ScenarioError
        Also for a key that is set twice.
    """
    keys = [key for key, _ in settings]
    twice = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if twice:
        raise ScenarioError([Problem("--set", key, "it set twice", "once") for key in twice])
    return load_scenario(file, settings=dict(settings))


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with time left on a terminal; nothing when piped or quiet."""
    if quiet or not sys.stderr.isatty():
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
