"""`demine run`: simulate a scenario many times and write what came out."""

import time
from pathlib import Path
from typing import Any

import click

from sim.cli import common, leave


@click.command("run")
@common.scenario_argument
@common.run_options
def command(
    *,
    file: Path,
    replications: int,
    seed: int,
    engine: Any,
    jobs: int | None,
    out: Path | None,
    force: bool,
    settings: tuple[tuple[str, Any], ...],
    precision: float | None,
    parquet: bool,
    quiet: bool,
) -> None:
    """Simulate the scenario FILE many times and write the results.

    \b
    Examples:
      demine run scenarios/tutorial.toml
      demine run my.toml --replications 5000 --set crew.engineers.count=50 --out results/fifty
      demine run my.toml --precision 7
    """
    scenario = common.read(file, settings)
    # what follows takes time to load, and bad input is told before
    from sim.results import folder as folders  # noqa: PLC0415
    from sim.results import storage  # noqa: PLC0415
    from sim.results.report import report  # noqa: PLC0415
    from sim.running import run as runner  # noqa: PLC0415
    from sim.running.workers import UnfinishedError  # noqa: PLC0415

    folder = out or storage.default_folder(scenario)
    folders.refuse_foreign(folder, digest=scenario.digest(), force=force)
    since, note, code = time.monotonic(), "", 0
    options: dict[str, Any] = {"replications": replications, "seed": seed, "engine": engine}
    try:
        with common.progress_bar(scenario.campaign.name, quiet=quiet) as bar:
            options |= {"jobs": jobs, "progress": bar}
            if precision is None:
                ensemble = runner.run(scenario, **options)
            else:
                ensemble, note = runner.run_to_precision(
                    scenario, precision_days=precision, **options
                )
    except UnfinishedError as error:
        code = leave.INTERRUPTED if error.interrupted else leave.FAILED
        leave.complain(str(error))
        if error.ensemble is None:
            raise SystemExit(code) from None
        ensemble, note = error.ensemble, str(error)
    written = storage.write_results(
        ensemble,
        out=folder,
        force=force,
        parquet=parquet,
        engine=engine,
        wall_s=time.monotonic() - since,
        note=note,
    )
    if not quiet:
        for line in report(ensemble):
            click.echo(line)
        if note:
            click.echo(f"\nNote: {note}.")
        click.echo(f"\nResults: {written}/" + ("" if ensemble.complete else " (INCOMPLETE)"))
    raise SystemExit(code)
