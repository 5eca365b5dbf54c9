"""`demine run`: simulate a scenario many times and write what came out."""

import time
from pathlib import Path
from typing import Any

import click

from sim.cli import common, leave
from sim.cli.memory import keep_freed_memory
from sim.cli.options import Options, read, scenario_argument, with_options


@click.command("run")
@scenario_argument
@with_options()
def command(*, file: Path, options: Options) -> None:
    """Simulate the scenario FILE many times and write the results.

    \b
    Examples:
      demine run scenarios/tutorial.toml
      demine run my.toml --replications 5000 --set crew.engineers.count=50 --out results/fifty
      demine run my.toml --precision 7
    """
    scenario = read(file, options.settings)
    # what follows takes time to load, and bad input is told before
    from sim.results.folder import refuse_foreign  # noqa: PLC0415
    from sim.results.manifest import manifest_of  # noqa: PLC0415
    from sim.results.report import report  # noqa: PLC0415
    from sim.results.storage import default_folder, write_results  # noqa: PLC0415
    from sim.running.run import run, run_to_precision  # noqa: PLC0415
    from sim.running.workers import UnfinishedError  # noqa: PLC0415

    folder = options.out or default_folder(scenario)
    refuse_foreign(folder, digest=scenario.digest(), force=options.force)
    keep_freed_memory()
    since, note, code = time.monotonic(), "", 0
    asked: dict[str, Any] = {"replications": options.replications, "seed": options.seed}
    asked |= {"engine": options.engine, "jobs": options.jobs}
    try:
        with common.progress_bar(scenario.campaign.name, quiet=options.quiet) as bar:
            if options.precision is None:
                ensemble = run(scenario, **asked, progress=bar)
            else:
                ensemble, note = run_to_precision(
                    scenario, precision_days=options.precision, **asked, progress=bar
                )
    except UnfinishedError as error:
        code = leave.INTERRUPTED if error.interrupted else leave.FAILED
        leave.complain(str(error))
        if error.ensemble is None:
            raise SystemExit(code) from None
        ensemble, note = error.ensemble, str(error)
    written = write_results(
        ensemble,
        out=folder,
        force=options.force,
        parquet=options.parquet,
        engine=options.engine,
        wall_s=time.monotonic() - since,
        note=note,
    )
    place = f"{written}/" + ("" if ensemble.complete else " (INCOMPLETE)")
    held = manifest_of(written)
    note = held["note"] if held else note
    common.say(report(ensemble), note=note, place=place, quiet=options.quiet)
    raise SystemExit(code)
