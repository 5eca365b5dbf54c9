"""`demine plan`: the least deployment that meets a deadline."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import common, experiment

if TYPE_CHECKING:
    import polars as pl


@click.command("plan")
@common.scenario_argument
@click.option(
    "--deadline", required=True, metavar="DATE_OR_NAME",
    help="A date such as 2026-10-31 (its whole day counts), or the name of a deadline in FILE.",
)  # fmt: skip
@click.option(
    "--confidence", type=float, default=0.8, show_default=True, metavar="P",
    help="The chance of being complete by then that is wanted.",
)  # fmt: skip
@click.option(
    "--vary", "varied", multiple=True, required=True, metavar="KEY=LOW:HIGH[:STEP]",
    help="What may be deployed, both ends included; the step of whole numbers is 1. Repeatable.",
)  # fmt: skip
@click.option(
    "--minimise", type=click.Choice(["crews", "cost"]),
    help="What is to be least: the mean number of crews of all roles, summed up over [[crew]]; or "
    "the mean cost up to completion. Default: the value of a single key, of several the crews.",
)  # fmt: skip
@click.option(
    "--most", type=click.IntRange(1, 10_000_000), default=16_384, show_default=True, metavar="N",
    help="Replications after which a value stays undecided.",
)  # fmt: skip
@common.options_like_run(
    128, "First batch of a value; doubled until it is decided, or --most.", precision=False
)
def command(
    *,
    file: Path,
    deadline: str,
    confidence: float,
    varied: tuple[str, ...],
    minimise: Any,
    most: int,
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
    """Find the least deployment that completes FILE by a deadline with a stated confidence.

    Each value is decided, smaller ones too: more crews are not always sooner. A decision takes as
    many replications as it needs, and all of them together are wrong in at most 5 of 100 plans.
    What cannot be decided is said.

    \b
    Examples:
      demine plan my.toml --deadline 2026-10-31 --vary crew.engineers.count=20:60
      demine plan my.toml --deadline "before winter" --confidence 0.9 --minimise cost
        --vary crew.engineers.count=20:60:5 --vary crew.machine.count=0:3
    """
    scenario = common.read(file, settings)
    from sim.experiments import conduct as experiments  # noqa: PLC0415 # slow
    from sim.experiments.plan import goal as goals  # noqa: PLC0415 # slow
    from sim.experiments.plan import picture as plan_plots  # noqa: PLC0415
    from sim.experiments.plan import plan as plans  # noqa: PLC0415
    from sim.experiments.plan import table as plan_tables  # noqa: PLC0415
    from sim.experiments.plan.report import lines  # noqa: PLC0415
    from sim.scenario import settings as ranges  # noqa: PLC0415 # slow

    vary = ranges.parse_all(varied, whole_step=1)
    experiment.refuse_set_and_varied(settings, list(vary))
    goal = goals.Goal(deadline, confidence, minimise, replications, most)
    at, scenarios, goal = plans.prepare(scenario, vary=vary, goal=goal)
    schema = plan_tables.columns(at, scenarios[0])
    date = goals.date_of_goal(scenarios[0], goal)
    assert date is not None

    def compute(study: Any) -> experiments.Finding:
        found = plans.carry_out(study, scenario, settings=at, scenarios=scenarios, goal=goal)
        total = sum(trial.replications for trial in found.trials)
        return experiments.Finding(plan_tables.table(found, schema), total)

    def draw(table: "pl.DataFrame", path: Path) -> None:
        plan_plots.draw(
            table,
            path,
            scenario=scenario,
            date=date,
            confidence=confidence,
            aim=goal.aim,
            seed=seed,
        )

    sought = experiments.Experiment(
        command="plan",
        scenario=scenario,
        seed=seed,
        engine=engine,
        settings={
            "deadline": deadline,
            "confidence": confidence,
            "minimise": goal.aim,
            "replications": replications,
            "most": most,
            "values": {f"values of {key}": list(values) for key, values in vary.items()},
            "order of keys": list(vary),
        },
        schema=schema,
        out=out,
    )
    experiment.perform(
        sought,
        title=f"{scenario.campaign.name}, {len(at)} values",
        compute=compute,
        pictures={"plan.png": draw},
        report=lambda finding: lines(finding.table, scenario, goal=goal, date=date, seed=seed),
        parquet=parquet,
        force=force,
        jobs=jobs,
        quiet=quiet,
    )
