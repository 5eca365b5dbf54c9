"""`demine explain`: what drives the date, and how many days each cause costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import experiment, leave
from sim.cli.options import Options, read, scenario_argument, warn, with_options
from sim.results.words import count
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import polars as pl

    from sim.experiments.study import Study

_PARTS = ("uncertainty", "delays", "crews")
_WHEN_GIVEN = ("delays", "crews")
_COUNTED = (
    "Campaigns of each variant. All parts together take about 7 variants, 3 more for each number "
    "that is looked at alone, and 1 for each cause of delay."
)


@click.command("explain")
@scenario_argument
@click.option(
    "--only", "parts", type=click.Choice(_PARTS), multiple=True,
    help="Do this part only: what we are unsure about (takes most of the time), what makes us "
    "late, or where the crews' time goes. Repeatable.",
)  # fmt: skip
@click.option(
    "--all-inputs", is_flag=True,
    help="Look at every number that is not known alone, not only at the few that matter most.",
)  # fmt: skip
@with_options(256, _COUNTED, precision=False, part=True)
def command(
    *,
    file: Path,
    parts: tuple[Any, ...],
    all_inputs: bool,
    options: Options,
) -> None:
    """Say what drives the date of FILE, what makes it late, and where the crews' time goes.

    What are we unsure about? The share of each number that is not known in the spread of the
    completion (Sobol' indices), and, for the few that matter most, the P80 with this number low and
    high. What makes us late? The days that each cause costs. All variants share their luck.
    Finished variants are kept: after an interruption the same command continues.

    \b
    Examples:
      demine explain my.toml
      demine explain my.toml --only delays --replications 1000
    """
    scenario = read(file, options.settings)
    warn([(file, scenario)], quiet=options.quiet)
    conduct(scenario, options, parts=parts, all_inputs=all_inputs)


def conduct(
    scenario: Scenario, options: Options, *, parts: tuple[Any, ...], all_inputs: bool
) -> None:
    """Explain a scenario, or do a part of it, or put its parts together."""
    # what follows takes time to load, and bad input is told before
    from sim.experiments.conduct import Experiment, Finding  # noqa: PLC0415
    from sim.experiments.designs import refuse_too_large  # noqa: PLC0415
    from sim.experiments.explain.explain import (  # noqa: PLC0415
        PARTS,
        READS,
        Explanation,
        carry_out,
        planned,
    )
    from sim.experiments.explain.report import lines  # noqa: PLC0415
    from sim.experiments.explain.table import SCHEMA, table  # noqa: PLC0415

    replications, seed = options.replications, options.seed
    refuse_too_large([scenario])
    asked = parts or (_WHEN_GIVEN if options.given else _PARTS)
    if options.given and "uncertainty" in asked:
        raise click.UsageError(
            "--given: numbers that agree with a record depend on each other, so that there are no"
            " shares of each; `demine forecast` says what each still decides. Allowed: --only "
            + " and --only ".join(_WHEN_GIVEN)
        )
    only = [part for part in PARTS if part in asked]

    def compute(study: "Study") -> Explanation:
        return carry_out(
            study, scenario, replications=replications, only=only, all_inputs=all_inputs
        )

    def found(explanation: Explanation) -> Finding:
        return Finding(table(explanation), explanation.total, explanation.note)

    def drivers(frame: "pl.DataFrame", path: Path) -> None:
        from sim.experiments.explain.drivers_picture import draw  # noqa: PLC0415 # as a picture

        draw(frame, path, scenario=scenario, replications=replications, seed=seed)

    def delays(frame: "pl.DataFrame", path: Path) -> None:
        from sim.experiments.explain.delays_picture import draw  # noqa: PLC0415 # as a picture

        draw(frame, path, scenario=scenario, replications=replications, seed=seed)

    drawn = {"uncertainty": ("drivers.png", drivers), "delays": ("delays.png", delays)}
    pictures = dict(picture for part, picture in drawn.items() if part in only)
    sought = Experiment(
        command="explain",
        scenario=scenario,
        seed=options.seed,
        engine=options.engine,
        settings={"replications": replications, "only": only, "all_inputs": all_inputs},
        schema=SCHEMA,
        out=options.out,
        given=options.given,
        columns=READS,
    )
    total = planned(scenario, replications=replications, only=only, all_inputs=all_inputs)
    variants = total // replications
    if not options.quiet:
        leave.tell(scenario.campaign.title or scenario.campaign.name)
        most = "at most " if "uncertainty" in only and not all_inputs else ""
        of_each = f"{count(replications)} replications of each of {most}{variants} variants"
        leave.tell(f"{of_each}, seed {seed}: {count(total)} in all")
    experiment.perform(
        sought,
        options,
        title=f"{scenario.campaign.name}, {variants} variants",
        compute=compute,
        found=found,
        pictures=pictures,
        report=lambda finding: lines(finding.table, scenario),
        asked={"only": parts, "all_inputs": all_inputs},
    )
