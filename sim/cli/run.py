"""`demine run`: simulate a scenario many times and write what came out."""

import math
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import common, leave, report
from sim.cli.options import Options, read, scenario_argument, warn, with_options
from sim.cli.part import leave_part
from sim.running.memory import keep_freed_memory
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.outcome import Ensemble


@click.command("run")
@scenario_argument
@click.option(
    "--report", "wants_report", is_flag=True,
    help="Make the page of `demine report` too, beside the result folder.",
)  # fmt: skip
@with_options(part=True, twins=True)
@click.option("--brief", is_flag=True, help="Say the answer alone, in a few lines.")
def command(*, file: Path, wants_report: bool, options: Options, brief: bool) -> None:
    """Simulate the scenario FILE many times and write the results.

    \b
    Examples:
      demine run scenarios/tutorial.toml
      demine run my.toml --replications 5000 --set crew.engineers.count=50 --out results/fifty
      demine run my.toml --precision 7 --brief
      demine run my.toml --report
      demine run my.toml --part 1/8
    """
    scenario = read(file, options.settings)
    warn([(file, scenario)], quiet=options.quiet)
    if options.part and wants_report:
        raise click.UsageError("--part: there is a report (--report) of all parts only")
    conduct(scenario, options, wants_report=wants_report, brief=brief)


def conduct(
    scenario: Scenario, options: Options, *, wants_report: bool = False, brief: bool = False
) -> None:
    """Run a scenario, or a part of it, or put its parts together."""
    # what follows takes time to load, and bad input is told before
    from sim.experiments.forecast.given import worth_of_given  # noqa: PLC0415
    from sim.experiments.study import Study  # noqa: PLC0415
    from sim.outcome import COLUMNS  # noqa: PLC0415
    from sim.results.folder import refuse_foreign  # noqa: PLC0415
    from sim.results.storage import default_folder  # noqa: PLC0415
    from sim.results.two_phases import told  # noqa: PLC0415
    from sim.results.work import at_work, finishing  # noqa: PLC0415
    from sim.running.workers import UnfinishedError  # noqa: PLC0415

    if options.part:
        leave_part(
            scenario,
            options,
            command="run",
            compute=lambda study: study.ensemble(scenario, options.replications),
            columns=COLUMNS,
            asked={},
        )
        return
    common.refuse_too_much(scenario, options)
    folder = options.out or default_folder(scenario)
    since, about = time.monotonic(), _manifest(scenario, options)
    refuse_foreign(
        folder,
        digest=about["scenario_sha256"],
        force=options.force,
        experiment=about["experiment"],
        replications=_known_size(about, options, folder),
    )
    if wants_report and report.default_place(folder).parent.is_dir():
        report.refuse(report.default_place(folder), scenario, force=options.force)
    keep_freed_memory()
    write = partial(_write, options=options, folder=folder, since=since, brief=brief)
    with (
        common.workers(options) as workers,
        at_work(folder, manifest=about, force=options.force) as work,
    ):
        try:
            with common.progress_bar(scenario.campaign.name, quiet=options.quiet) as bar:
                study = Study(
                    seed=options.seed,
                    engine=options.engine,
                    jobs=options.jobs,
                    folder=work,
                    progress=bar,
                    given=options.given,
                    kept_in=options.kept_in,
                    executor=workers,
                )
                study.expect(options.replications)
                ensemble, note = study.precise(
                    scenario, options.replications, options.precision, plain=options.plain
                )
                notes = (
                    note,
                    told(ensemble),
                    worth_of_given(options.given),
                    study.lacked,
                    study.note,
                )
                note = "; ".join(filter(None, notes))
        except UnfinishedError as error:
            if error.ensemble is None:
                kept = "; what is finished is kept: the same command continues"
                leave.complain(f"{error}{kept if study.written else ''}")
            else:
                leave.complain(f"{error}; what is finished is kept: the same command continues")
                with leave.told():  # what stands there may be worth more
                    write(error.ensemble, note=str(error))
            raise SystemExit(leave.INTERRUPTED if error.interrupted else leave.FAILED) from None
        done, covered = ensemble.replications, study.covers_what_is_kept
        with finishing(
            folder, manifest=about, replications=done, covered=covered, written=study.written
        ):
            write(ensemble, note=note)
    if wants_report:
        page = report.write([folder], force=options.force)
        if not options.quiet:
            leave.tell(f"Report: {page}")


def _known_size(about: dict[str, Any], options: Options, folder: Path) -> int | None:
    """Return how many replications the result will have, None if that is not known.

    How many a precision takes is known if the result that stands there has them.
    """
    from sim.errors import ResultError  # noqa: PLC0415 # help needs none of it
    from sim.results.manifest import differing  # noqa: PLC0415
    from sim.results.storage import read_results  # noqa: PLC0415
    from sim.running.run import why_enough  # noqa: PLC0415

    size = options.replications
    if options.precision is None:
        return size
    try:
        held = read_results(folder)
    except ResultError:
        return None
    if differing(held.manifest, about) or not held.complete or "two_phases" in held.manifest:
        return None
    days = held.replications["completion_day"].fill_null(math.inf).to_numpy()
    while size < len(days):
        if why_enough(days[:size], options.precision) is not None:
            return size
        size *= 2
    return None


def _manifest(scenario: Scenario, options: Options) -> dict[str, Any]:
    """Return what says whose work it is."""
    from sim.results.storage import describe  # noqa: PLC0415 # help needs none of it

    asked, engine = options.replications, options.engine
    about = describe(
        scenario, command="run", seed=options.seed, asked=asked, done=0, engine=engine, wall_s=0.0
    )
    return about | {"experiment": _settings(options)}


def _settings(options: Options) -> dict[str, Any]:
    """Return what the numbers depend on besides the scenario."""
    given = {"given": options.given.address} if options.given else {}
    return {"seed": options.seed, **given}


def _write(
    ensemble: "Ensemble", *, note: str, options: Options, folder: Path, since: float, brief: bool
) -> None:
    """Write the result, and say what came out."""
    from sim.results.answers import brief as answer  # noqa: PLC0415
    from sim.results.manifest import manifest_of  # noqa: PLC0415 # help needs none of it
    from sim.results.report import report as lines_of  # noqa: PLC0415
    from sim.results.storage import More, write_results  # noqa: PLC0415
    from sim.results.two_phases import two_phases  # noqa: PLC0415
    from sim.running.timelines import timelines  # noqa: PLC0415

    stated = {"experiment": _settings(options)} if options.given else {}
    written = write_results(
        ensemble,
        out=folder,
        force=options.force,
        parquet=options.parquet,
        engine=options.engine,
        wall_s=time.monotonic() - since,
        note=note,
        campaigns=timelines(
            ensemble, engine=options.engine, jobs=options.jobs, recipes=options.given
        ),
        more=More(stated=stated | two_phases(ensemble)),
    )
    place = f"{written}/" + ("" if ensemble.complete else " (INCOMPLETE)")
    held = manifest_of(written)
    note = held["note"] if held else note
    lines = answer(ensemble) if brief else lines_of(ensemble)
    common.say(lines, note=note, place="" if brief else place, quiet=options.quiet)
