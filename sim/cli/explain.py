"""`demine explain`: what drives the date, and how many days each cause costs."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from sim.cli import common, experiment
from sim.results.words import count

_PARTS = ("uncertainty", "delays", "crews")
_COUNTED = (
    "Campaigns of each variant. All parts together take about 6 variants, 3 more for each number "
    "that is not known, and 1 for each cause of delay."
)


@click.command("explain")
@common.scenario_argument
@click.option(
    "--only", "parts", type=click.Choice(_PARTS), multiple=True,
    help="Do this part only: what we are unsure about (takes most of the time), what makes us "
    "late, or where the crews' time goes. Repeatable.",
)  # fmt: skip
@common.options_like_run(256, _COUNTED, precision=False)
def command(
    *,
    file: Path,
    parts: tuple[Any, ...],
    replications: int,
    seed: int,
    engine: Any,
    jobs: int | None,
    out: Path | None,
    force: bool,
    settings: tuple[tuple[str, Any], ...],
    parquet: bool,
    quiet: bool,
) -> None:
    """Say what drives the date of FILE, what makes it late, and where the crews' time goes.

    What are we unsure about? The share of each number that is not known in the spread of the
    completion (Sobol' indices), and the P80 with this number low and high. What makes us late? The
    days that each cause costs. All variants share their luck. Finished variants are kept: after an
    interruption the same command continues.

    \b
    Examples:
      demine explain my.toml
      demine explain my.toml --only delays --replications 1000
    """
    scenario = common.read(file, settings)
    from sim.experiments import conduct as experiments  # noqa: PLC0415
    from sim.experiments import designs  # noqa: PLC0415 # slow
    from sim.experiments.explain import delays_picture as delay_plots  # noqa: PLC0415 # slow
    from sim.experiments.explain import drivers_picture as driver_plots  # noqa: PLC0415
    from sim.experiments.explain import explain as explanations  # noqa: PLC0415
    from sim.experiments.explain import table as tables  # noqa: PLC0415
    from sim.experiments.explain.report import lines  # noqa: PLC0415
    from sim.results.manifest import version_of  # noqa: PLC0415

    designs.refuse_too_large([scenario])
    only = [part for part in explanations.PARTS if part in (parts or _PARTS)]

    def compute(study: Any) -> experiments.Finding:
        found = explanations.carry_out(study, scenario, replications=replications, only=only)
        return experiments.Finding(tables.table(found), found.total, found.note)

    pictures = {
        f"{name}.png": partial(draw, scenario=scenario, replications=replications, seed=seed)
        for name, part, draw in (
            ("drivers", "uncertainty", driver_plots.draw),
            ("delays", "delays", delay_plots.draw),
        )
        if part in only
    }
    sought = experiments.Experiment(
        command="explain",
        scenario=scenario,
        seed=seed,
        engine=engine,
        settings={"replications": replications, "only": only},
        schema=tables.SCHEMA,
        out=out,
        stated={"SALib": version_of("SALib")},
    )
    total = explanations.planned(scenario, replications=replications, only=only)
    variants = total // replications
    if not quiet:
        click.echo(scenario.campaign.title or scenario.campaign.name)
        of_each = f"{count(replications)} replications of each of {variants} variants"
        click.echo(f"{of_each}, seed {seed}: {count(total)} in all")
    experiment.perform(
        sought,
        title=f"{scenario.campaign.name}, {variants} variants",
        compute=compute,
        pictures=pictures,
        report=lambda finding: lines(finding.table, scenario),
        parquet=parquet,
        force=force,
        jobs=jobs,
        quiet=quiet,
    )
