"""`demine sweep`: the completion over one or several keys."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import experiment
from sim.cli.options import Options, read, scenario_argument, warn, with_options
from sim.scenario.scenario import Scenario
from sim.scenario.settings import parse_all

if TYPE_CHECKING:
    import polars as pl

    from sim.experiments.study import Study


@click.command("sweep")
@scenario_argument
@experiment.vary_option
@click.option(
    "--design", type=click.Choice(["grid", "lhs", "sobol"]), default="grid", show_default=True,
    help="Every combination of the values; or --points spread evenly over KEY=LOW:HIGH "
    "(Latin hypercube, or Sobol sequence, best with 2, 4, 8 ... points).",
)  # fmt: skip
@click.option(
    "--points", type=click.IntRange(1), metavar="N", help="How many points, with lhs or sobol."
)
@with_options(part=True, twins=True)
def command(
    *,
    file: Path,
    varied: tuple[str, ...],
    design: Any,
    points: int | None,
    options: Options,
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
    scenario = read(file, options.settings)
    conduct(scenario, options, varied=varied, design=design, points=points, file=file)


def conduct(
    scenario: Scenario,
    options: Options,
    *,
    varied: tuple[str, ...],
    design: Any,
    points: int | None,
    file: Path | None = None,
) -> None:
    """Sweep a scenario, or a part of it, or put its parts together; warn of what is in a file."""
    # what follows takes time to load, and bad input is told before
    from sim.experiments.conduct import Experiment, Finding  # noqa: PLC0415
    from sim.experiments.designs import design_points, scenarios_at  # noqa: PLC0415
    from sim.experiments.sweep.report import lines  # noqa: PLC0415
    from sim.experiments.sweep.sweep import READS, Sweep, carry_out, notes  # noqa: PLC0415
    from sim.experiments.sweep.table import columns, every_replication, table  # noqa: PLC0415

    seed = options.seed
    vary = parse_all(varied, ranges=design != "grid")
    experiment.refuse_set_and_varied(options.settings, list(vary))
    at = design_points(scenario, vary=vary, design=design, points=points, seed=seed)
    scenarios = scenarios_at(scenario, at)
    warn([(file, each) for each in scenarios if file], quiet=options.quiet)
    done: list[Sweep] = []

    def compute(study: "Study") -> Sweep:
        return carry_out(
            study,
            scenario,
            settings=at,
            scenarios=scenarios,
            replications=options.replications,
            precision_days=options.precision,
            plain=options.plain,
        )

    def found(sweep: Sweep) -> Finding:
        done[:] = [sweep]
        total = sum(point.replications for point in sweep.points)
        return Finding(table(sweep), total, notes(sweep))

    def drawn(frame: "pl.DataFrame", path: Path) -> None:
        from sim.experiments.sweep.picture import draw  # noqa: PLC0415 # may fail, like a picture

        draw(frame, path, scenarios=scenarios, grid=design == "grid", seed=seed)

    sought = Experiment(
        command="sweep",
        scenario=scenario,
        seed=options.seed,
        engine=options.engine,
        settings={
            "replications": options.replications,
            "precision_days": options.precision,
            **({"plain": True} if options.precision and options.plain else {}),
            "design": design,
            "points": points,
            "values": {f"values of {key}": list(values) for key, values in vary.items()},
            "order of keys": list(vary),
        },
        schema=columns(at, scenarios),
        out=options.out,
        given=options.given,
        columns=READS,
    )
    every = {"replications.parquet": lambda study: every_replication(done[0], study)}
    experiment.perform(
        sought,
        options,
        title=f"{scenario.campaign.name}, {len(at)} points",
        compute=compute,
        found=found,
        pictures={"sweep.png": drawn},
        report=lambda finding: lines(finding.table, scenarios[: len(finding.table)], seed=seed),
        more=every if options.parquet else None,
        asked={"vary": varied, "design": design, "points": points},
    )
