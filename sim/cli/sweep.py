"""`demine sweep`: the completion over one or several keys."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import common, experiment

if TYPE_CHECKING:
    import polars as pl


@click.command("sweep")
@common.scenario_argument
@experiment.vary_option
@click.option(
    "--design", type=click.Choice(["grid", "lhs", "sobol"]), default="grid", show_default=True,
    help="Every combination of the values; or --points spread evenly over KEY=LOW:HIGH "
    "(Latin hypercube, or Sobol sequence, best with 2, 4, 8 ... points).",
)  # fmt: skip
@click.option(
    "--points", type=click.IntRange(1), metavar="N", help="How many points, with lhs or sobol."
)
@common.run_options
def command(
    *,
    file: Path,
    varied: tuple[str, ...],
    design: Any,
    points: int | None,
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
    """Run the scenario FILE over values of one or several keys.

    All points share their luck. Finished points are kept: after an interruption the same command
    continues. With --parquet every replication of every point is written too.

    \b
    Examples:
      demine sweep my.toml --vary crew.engineers.count=20:60:10
      demine sweep my.toml --vary crew.engineers.count=20,40 --vary shelling.stop_hours=1,2,4
      demine sweep my.toml --vary factors.rate=0.7:1.3 --vary crew.engineers.count=20:60
        --design lhs --points 100
    """
    scenario = common.read(file, settings)
    from sim.experiments import conduct as experiments  # noqa: PLC0415
    from sim.experiments import designs  # noqa: PLC0415 # slow
    from sim.experiments.sweep import picture as sweep_plots  # noqa: PLC0415 # slow
    from sim.experiments.sweep import sweep as sweeps  # noqa: PLC0415
    from sim.experiments.sweep import table as tables  # noqa: PLC0415
    from sim.experiments.sweep.report import lines  # noqa: PLC0415
    from sim.scenario import settings as ranges  # noqa: PLC0415 # slow

    vary = ranges.parse_all(varied, ranges=design != "grid")
    experiment.refuse_set_and_varied(settings, list(vary))
    at = designs.design_points(scenario, vary=vary, design=design, points=points, seed=seed)
    scenarios = designs.scenarios_at(scenario, at)
    done: list[sweeps.Sweep] = []

    def compute(study: Any) -> experiments.Finding:
        done[:] = [
            sweeps.carry_out(
                study,
                scenario,
                settings=at,
                scenarios=scenarios,
                replications=replications,
                precision_days=precision,
            )
        ]
        total = sum(point.replications for point in done[0].points)
        return experiments.Finding(tables.table(done[0]), total, sweeps.notes(done[0]))

    def draw(table: "pl.DataFrame", path: Path) -> None:
        sweep_plots.draw(table, path, scenarios=scenarios, grid=design == "grid", seed=seed)

    sought = experiments.Experiment(
        command="sweep",
        scenario=scenario,
        seed=seed,
        engine=engine,
        settings={
            "replications": replications,
            "precision_days": precision,
            "design": design,
            "points": points,
            "values": {f"values of {key}": list(values) for key, values in vary.items()},
            "order of keys": list(vary),
        },
        schema=tables.columns(at, scenarios),
        out=out,
    )
    every = {"replications.parquet": lambda study: tables.every_replication(done[0], study)}
    experiment.perform(
        sought,
        title=f"{scenario.campaign.name}, {len(at)} points",
        compute=compute,
        pictures={"sweep.png": draw},
        report=lambda finding: lines(finding.table, scenarios, seed=seed),
        more=every if parquet else None,
        parquet=parquet,
        force=force,
        jobs=jobs,
        quiet=quiet,
    )
