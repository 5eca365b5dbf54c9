"""`demine forecast`: the campaign again, consistent with the record of what was released."""

import datetime as dt
import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import common, leave, report
from sim.cli.options import Options, read, scenario_argument, warn, with_options
from sim.errors import ScenarioError, harmless
from sim.running.memory import keep_freed_memory
from sim.scenario.doubts import doubts_of_record
from sim.scenario.record import Record, Report
from sim.scenario.reports import read_record
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import polars as pl

    from sim.experiments.forecast.forecast import Forecast

_KEPT = "what is finished is kept: the same command continues"
_NUMBERS = ("date", "kind", "name", "bound", "released_ha", "own_ha")  # of a report


class Day(click.ParamType):  # type: ignore[type-arg] # generic only in newer releases
    """A date."""

    name = "DATE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        """Return the date."""
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date such as 2026-05-31", param, ctx)


@click.command("forecast")
@scenario_argument
@click.option(
    "--record", "record", type=click.Path(path_type=Path), metavar="CSV",
    help="The reports, instead of those that FILE names ([record] file).",
)  # fmt: skip
@click.option(
    "--as-of", "as_of", type=Day(),
    help="Use nothing that was published later, whatever FILE says ([record] until).",
)  # fmt: skip
@click.option("--anyway", is_flag=True, help="Go on where the scenario cannot explain a report.")
@click.option(
    "--report", "wants_report", is_flag=True,
    help="Make the page of `demine report` too, beside the result folder.",
)  # fmt: skip
@with_options(500, "How many campaigns that agree with the record.", precision=False, given=False)
def command(
    *,
    file: Path,
    record: Path | None,
    as_of: dt.date | None,
    anyway: bool,
    wants_report: bool,
    options: Options,
) -> None:
    """Simulate the scenario FILE again, consistent with the record of what was released.

    The result is one as of `demine run`, of campaigns that agree with the reports; further tables
    say what the record has changed, what it has taught, and where its reports lie. A scenario that
    cannot explain a report is refused. An interrupted forecast goes on with the same command.

    \b
    Examples:
      demine forecast my.toml
      demine forecast my.toml --record reports.csv --as-of 2026-05-31 --out results/in-may
    """
    scenario = read(file, options.settings)
    reports = read_record(scenario, file=record, as_of=as_of)
    warn([(file, scenario)], quiet=options.quiet)
    for doubt in () if options.quiet else doubts_of_record(scenario, reports):
        leave.complain(f"{file}: {doubt}", kind="warning")
    # what follows takes time to load, and bad input is told before
    from sim.experiments.forecast.forecast import carry_out  # noqa: PLC0415
    from sim.experiments.forecast.report import worth_words  # noqa: PLC0415
    from sim.experiments.study import Study  # noqa: PLC0415
    from sim.results.folder import refuse_foreign  # noqa: PLC0415
    from sim.results.storage import FORECAST, default_folder  # noqa: PLC0415
    from sim.results.work import at_work, finishing  # noqa: PLC0415
    from sim.running.workers import UnfinishedError  # noqa: PLC0415

    common.refuse_too_much(scenario, options)
    folder = options.out or default_folder(scenario, command=FORECAST)
    since = time.monotonic()
    about = _manifest(scenario, reports, as_of=as_of, anyway=anyway, options=options)
    refuse_foreign(
        folder,
        digest=about["scenario_sha256"],
        force=options.force,
        command=FORECAST,
        experiment=about["experiment"],
    )
    if wants_report and report.default_place(folder).parent.is_dir():
        report.refuse(report.default_place(folder), scenario, force=options.force)
    keep_freed_memory()
    with (
        common.workers(options) as workers,
        at_work(folder, manifest=about, force=options.force) as work,
    ):
        bar_title = f"{scenario.campaign.name}, forecast"
        try:
            with common.progress_bar(bar_title, quiet=options.quiet) as bar:
                study = Study(
                    seed=options.seed,
                    engine=options.engine,
                    jobs=options.jobs,
                    folder=work,
                    progress=bar,
                    executor=workers,
                )
                n = options.replications
                found = carry_out(study, scenario, reports, replications=n, anyway=anyway)
        except UnfinishedError as error:
            leave.complain(f"{'interrupted' if error.interrupted else error}; {_KEPT}")
            raise SystemExit(leave.INTERRUPTED if error.interrupted else leave.FAILED) from None
        except KeyboardInterrupt:
            leave.complain(f"interrupted; {_KEPT}")
            raise SystemExit(leave.INTERRUPTED) from None
        except ScenarioError as error:
            with finishing(
                folder,
                manifest=about,
                replications=0,
                covered=study.covers_what_is_kept,
                written=study.written,
            ):
                _refuse(error)
            raise SystemExit(leave.BAD_INPUT) from None
        with finishing(
            folder,
            manifest=about,
            replications=n,
            covered=study.covers_what_is_kept,
            written=study.written,
        ):
            note = "; ".join(filter(None, (worth_words(found), study.note)))
            _write(found, about=about, options=options, folder=folder, since=since, note=note)
    if wants_report:
        page = report.write([folder], force=options.force)
        if not options.quiet:
            click.echo(f"Report: {harmless(str(page))}")


def _refuse(error: ScenarioError) -> None:
    """Say why there is no forecast, and how to have one all the same."""
    for problem in error.problems:
        leave.complain(str(problem))
    if any(problem.key == "record" for problem in error.problems):
        hint = "--anyway goes on, with the campaigns that come nearest to the record"
        leave.complain(hint, kind="hint")


def _manifest(
    scenario: Scenario,
    reports: Sequence[Report],
    *,
    as_of: dt.date | None,
    anyway: bool,
    options: Options,
) -> dict[str, Any]:
    """Return what says whose work it is."""
    from sim.results.storage import FORECAST, describe  # noqa: PLC0415 # help needs none of it

    n, engine = options.replications, options.engine
    about = describe(
        scenario, command=FORECAST, seed=options.seed, asked=n, done=0, engine=engine, wall_s=0.0
    )
    record = scenario.record or Record(file="record.csv")
    numbers = [[str(asdict(report)[name]) for name in _NUMBERS] for report in reports]
    last = as_of or record.until
    return about | {
        "experiment": {
            "seed": options.seed,
            "replications": n,
            "record": hashlib.sha256(json.dumps(numbers).encode()).hexdigest(),
            "as_of": str(last) if last else None,
            "anyway": anyway,
            "errors": {
                "error_ha": record.error_ha,
                "error_share": record.error_share,
                "bias_share": record.bias_share,
                "tails": "inf" if math.isinf(record.tails) else record.tails,
                "counts": record.counts,
            },
        }
    }


def _write(
    found: "Forecast",
    *,
    about: dict[str, Any],
    options: Options,
    folder: Path,
    since: float,
    note: str,
) -> None:
    """Write the result, and say what came out."""
    from sim.experiments.forecast.before import PICTURES  # noqa: PLC0415
    from sim.experiments.forecast.given import FILE, to_table  # noqa: PLC0415
    from sim.experiments.forecast.report import lines  # noqa: PLC0415
    from sim.experiments.forecast.table import diagnostics, tables  # noqa: PLC0415
    from sim.results.csv import parquet_bytes  # noqa: PLC0415
    from sim.results.manifest import manifest_of  # noqa: PLC0415
    from sim.results.storage import FORECAST, More, write_results  # noqa: PLC0415
    from sim.running.timelines import timelines  # noqa: PLC0415
    from sim.sampling.recipes import Given  # noqa: PLC0415

    frames = tables(found)
    written = write_results(
        found.ensemble,
        out=folder,
        force=options.force,
        parquet=options.parquet,
        engine=options.engine,
        wall_s=time.monotonic() - since,
        note=note,
        campaigns=timelines(
            found.ensemble,
            engine=options.engine,
            jobs=options.jobs,
            recipes=Given(found.recipes),
        ),
        more=More(
            command=FORECAST,
            stated={"experiment": about["experiment"], "forecast": diagnostics(found)},
            frames=frames,
            files={FILE: parquet_bytes(to_table(found.recipes))},
            pictures={f"{name}.png": partial(_draw, name, found) for name in PICTURES},
        ),
    )
    held = manifest_of(written)
    note = str(held["note"]) if held else note
    common.say(lines(found, frames), note=note, place=f"{written}/", quiet=options.quiet)


def _draw(name: str, found: "Forecast", frames: "Mapping[str, pl.DataFrame]", path: Path) -> None:
    """Draw one of the pictures of a forecast."""
    from sim.experiments.forecast.pictures import write_png  # noqa: PLC0415 # may fail, as pictures
    from sim.results.pictures.canvas import Subject  # noqa: PLC0415

    write_png(name, frames, Subject.of(found.ensemble), path)
