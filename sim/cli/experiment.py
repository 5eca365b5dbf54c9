"""What the experiments share: varied keys, and how they leave when they are interrupted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from pydantic import TypeAdapter, ValidationError

from sim.cli import common, leave
from sim.cli.options import Options, Settings
from sim.cli.part import leave_part
from sim.errors import Problem, ScenarioError
from sim.running.memory import keep_freed_memory
from sim.scenario.keys import dotted, split
from sim.scenario.kinds import Name

if TYPE_CHECKING:
    import polars as pl

    from sim.experiments.conduct import Experiment, Finding
    from sim.experiments.study import Study

T = TypeVar("T")

vary_option = click.option(
    "--vary", "varied", multiple=True, required=True, metavar="KEY=...",
    help="A key and its values: KEY=a,b,c or KEY=LOW:HIGH:STEP (both ends included). Repeatable.",
)  # fmt: skip


def perform(
    sought: "Experiment",
    options: Options,
    *,
    title: str,
    compute: "Callable[[Study], T]",
    found: "Callable[[T], Finding]",
    pictures: "Mapping[str, Callable[[pl.DataFrame, Path], None]]",
    report: "Callable[[Finding], Iterable[str]]",
    more: "Mapping[str, Callable[[Study], bytes]] | None" = None,
    asked: "Mapping[str, Any] | None" = None,
) -> None:
    """Conduct an experiment under a progress bar, and show its report, its note and its place.

    Of one that is interrupted it is what was found until then; of a part, what was `asked` is kept.
    """
    from sim.experiments.conduct import conduct, write_stopped  # noqa: PLC0415 # not for help
    from sim.running.workers import UnfinishedError  # noqa: PLC0415

    if options.part:
        leave_part(
            sought.scenario,
            options,
            command=sought.command,
            compute=compute,
            columns=sought.columns,
            asked=asked or {},
        )
        return
    common.refuse_too_much(sought.scenario, options)
    keep_freed_memory()
    place, kept = f"{sought.folder}/", "what is finished is kept: the same command continues"
    try:
        with common.progress_bar(title, quiet=options.quiet) as bar:
            finding = conduct(
                sought,
                compute=compute,
                found=found,
                pictures=pictures,
                more=more,
                parquet=options.parquet,
                force=options.force,
                jobs=options.jobs,
                progress=bar,
                kept_in=options.kept_in,
                workers=partial(common.workers, options),
            )
    except UnfinishedError as error:
        why = "interrupted" if error.interrupted else str(error)
        leave.complain(f"{why}; {kept}")
        if error.so_far is not None:
            with leave.told():
                write_stopped(sought, error.so_far)
                common.say(
                    report(error.so_far),
                    note="",
                    place=f"{place} (INCOMPLETE)",
                    quiet=options.quiet,
                )
        raise SystemExit(leave.INTERRUPTED if error.interrupted else leave.FAILED) from None
    except KeyboardInterrupt:
        leave.complain(f"interrupted; {kept}")
        raise SystemExit(leave.INTERRUPTED) from None
    common.say(report(finding), note=finding.note, place=place, quiet=options.quiet)


def refuse_set_and_varied(settings: Settings, varied: Sequence[str]) -> None:
    """Raise if a key is both set and varied."""
    both = {_canonical(key) for key, _ in settings} & {_canonical(key) for key in varied}
    if both:
        found, allowed = "it varied too", "one of --set and --vary"
        raise ScenarioError([Problem("--set", key, found, allowed) for key in sorted(both)])


def is_name(text: str) -> bool:
    """Tell whether a text may name something in a table."""
    try:
        TypeAdapter(Name).validate_python(text)
    except ValidationError:
        return False
    return True


def _canonical(key: str) -> str:
    try:
        return dotted(*split(key))
    except ValueError:
        return key  # reading the scenario says what is wrong with it
