"""`demine plan`: the least deployment that meets a deadline."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import experiment
from sim.cli.options import Options, read, scenario_argument, warn, with_options
from sim.scenario.settings import parse_all

if TYPE_CHECKING:
    import polars as pl

    from sim.experiments.study import Study


@click.command("plan")
@scenario_argument
@click.option(
    "--deadline", required=True, metavar="DATE_OR_NAME",
    help="A date of completion such as 2026-10-31 (its whole day counts), or the name of a "
    "deadline in FILE, be it of all land, of some, or of a share of it.",
)  # fmt: skip
@click.option(
    "--confidence", type=float, default=0.8, show_default=True, metavar="P",
    help="The chance of meeting it that is wanted.",
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
@with_options(
    128,
    "First batch of a value; doubled until it is decided, or --most.",
    precision=False,
    twins=True,
)
def command(
    *,
    file: Path,
    deadline: str,
    confidence: float,
    varied: tuple[str, ...],
    minimise: Any,
    most: int,
    options: Options,
) -> None:
    """Find the least deployment that meets a deadline of FILE with a stated confidence.

    Each value is decided, smaller ones too: more crews are not always sooner. A decision takes as
    many replications as it needs, and all of them together are wrong in at most 5 of 100 plans.
    What cannot be decided is said.

    \b
    Examples:
      demine plan my.toml --deadline 2026-10-31 --vary crew.engineers.count=20:60
      demine plan my.toml --deadline "before winter" --confidence 0.9 --minimise cost
        --vary crew.engineers.count=20:60:5 --vary crew.machine.count=0:3
      demine plan my.toml --deadline 2027-10-31 --vary crew.teams.deployment.2027.count=5:25
      demine plan my.toml --deadline 2027-10-31 --vary factors.crews=0.5:2:0.25
    """
    scenario = read(file, options.settings)
    # what follows takes time to load, and bad input is told before
    from sim.experiments.conduct import Experiment, Finding  # noqa: PLC0415
    from sim.experiments.plan.goal import Goal, date_of_goal, owed_by  # noqa: PLC0415
    from sim.experiments.plan.plan import READS, Plan, carry_out, notes, prepare  # noqa: PLC0415
    from sim.experiments.plan.report import lines  # noqa: PLC0415
    from sim.experiments.plan.table import columns, table  # noqa: PLC0415

    seed = options.seed
    most = min(most, len(options.given.recipes)) if options.given else most
    vary = parse_all(varied, whole_step=1)
    experiment.refuse_set_and_varied(options.settings, list(vary))
    goal = Goal(deadline, confidence, minimise, options.replications, most, options.plain)
    at, scenarios, goal = prepare(scenario, vary=vary, goal=goal)
    warn([(file, each) for each in scenarios], quiet=options.quiet)
    schema = columns(at, scenarios[0])
    date = date_of_goal(scenarios[0], goal)
    assert date is not None

    def compute(study: "Study") -> Plan:
        return carry_out(study, scenario, settings=at, scenarios=scenarios, goal=goal)

    def found(plan: Plan) -> Finding:
        total = sum(trial.replications for trial in plan.trials)
        return Finding(table(plan, schema), total, notes(plan))

    def drawn(frame: "pl.DataFrame", path: Path) -> None:
        from sim.experiments.plan.picture import draw  # noqa: PLC0415 # may fail, like a picture

        draw(
            frame,
            path,
            scenario=scenario,
            date=date,
            confidence=confidence,
            aim=goal.aim,
            seed=seed,
            owed=owed_by(scenario, goal),
        )

    sought = Experiment(
        command="plan",
        scenario=scenario,
        seed=options.seed,
        engine=options.engine,
        settings={
            "deadline": deadline,
            "confidence": confidence,
            "minimise": goal.aim,
            "replications": options.replications,
            "most": most,
            **({"plain": True} if options.plain else {}),
            "values": {f"values of {key}": list(values) for key, values in vary.items()},
            "order of keys": list(vary),
        },
        schema=schema,
        out=options.out,
        given=options.given,
        columns=READS,
    )
    experiment.perform(
        sought,
        options,
        title=f"{scenario.campaign.name}, {len(at)} values",
        compute=compute,
        found=found,
        pictures={"plan.png": drawn},
        report=lambda finding: lines(
            finding.table,
            scenario,
            goal=goal,
            date=date,
            seed=seed,
            points=len(at),
            complete=finding.complete,
            given=options.given is not None,
        ),
    )
