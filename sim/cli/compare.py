"""`demine compare`: scenarios against a baseline, on the same luck."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import experiment
from sim.cli.options import Options, Settings, read, refuse_twice, warn, with_options
from sim.errors import Problem, ScenarioError, gathered, raise_if_any, show
from sim.scenario.keys import split
from sim.scenario.scenario import FORECAST_ONLY, MAKES_ANOTHER, Scenario
from sim.scenario.settings import parse_setting, pieces
from sim.scenario.variants import vary

if TYPE_CHECKING:
    import polars as pl

    from sim.experiments.study import Study

_EXAMPLE = "NAME:KEY=VALUE,KEY=VALUE"


@click.command("compare")
@click.argument(
    "files", type=click.Path(path_type=Path), metavar="FILE...", nargs=-1, required=True
)
@click.option(
    "--variant", "variants", multiple=True, metavar=_EXAMPLE,
    help="Compare FILE with itself, some keys changed. Repeatable.",
)  # fmt: skip
@with_options()
def command(
    *,
    files: tuple[Path, ...],
    variants: tuple[str, ...],
    options: Options,
) -> None:
    """Compare scenarios with the first FILE, or variants of one FILE with it.

    All share their luck: the same winters, attacks and good weeks meet each of them, so that the
    difference is due to the scenarios. --set changes all of them.

    \b
    Examples:
      demine compare today.toml more-crews.toml
      demine compare my.toml --variant "more crews:crew.engineers.count=60"
        --variant "no rain:weather.lost_day_probability=0"
    """
    scenarios = _scenarios(files, variants, options.settings)
    warn(scenarios.items(), quiet=options.quiet)
    # what follows takes time to load, and bad input is told before
    from sim.experiments.compare.compare import Comparison, carry_out  # noqa: PLC0415
    from sim.experiments.compare.report import lines  # noqa: PLC0415
    from sim.experiments.compare.table import SCHEMA, table  # noqa: PLC0415
    from sim.experiments.conduct import Experiment, Finding  # noqa: PLC0415
    from sim.experiments.designs import refuse_too_large  # noqa: PLC0415

    refuse_too_large(scenarios.values())
    baseline = next(iter(scenarios.values()))
    done: list[Comparison] = []

    def compute(study: "Study") -> Comparison:
        return carry_out(
            study,
            scenarios,
            replications=options.replications,
            precision_days=options.precision,
        )

    def found(comparison: Comparison) -> Finding:
        done[:] = [comparison]
        total = comparison.replications * len(comparison.ensembles)
        return Finding(table(comparison), total, comparison.note)

    def draw_curves(_table: "pl.DataFrame", path: Path) -> None:
        from sim.experiments.compare.picture import draw  # noqa: PLC0415 # may fail, like a picture

        draw(done[0], path)

    digests = {f"scenario of {name}": each.digest() for name, each in scenarios.items()}
    sought = Experiment(
        command="compare",
        scenario=baseline,
        seed=options.seed,
        engine=options.engine,
        settings={
            "replications": options.replications,
            "precision_days": options.precision,
            "scenarios": digests,
            "order": list(scenarios),
        },
        schema=SCHEMA,
        out=options.out,
        given=options.given,
        stated={"scenarios": {name: each.resolved() for name, each in scenarios.items()}},
    )

    def report(finding: Finding) -> Iterator[str]:
        names = [next(iter(scenarios)), *finding.table["variant"].unique(maintain_order=True)]
        each = finding.replications // len(names)
        compared = {name: scenarios[name] for name in names}
        return lines(finding.table, compared, replications=each, seed=options.seed)

    experiment.perform(
        sought,
        options,
        title=f"{len(scenarios)} scenarios",
        compute=compute,
        found=found,
        pictures={"compare.png": draw_curves},
        report=report,
    )


def _scenarios(
    files: tuple[Path, ...], variants: tuple[str, ...], settings: Settings
) -> dict[str, Scenario]:
    """Return the scenarios by name, the baseline first.

    Raises
    ------
    ScenarioError
        With the problems of all of them, or if there is nothing to compare.
    """
    if variants and len(files) > 1:
        raise click.UsageError("--variant makes variants of one FILE; there are several")
    if not variants and len(files) == 1:
        raise click.UsageError("one FILE has nothing to be compared with: add another or --variant")
    problems: list[Problem] = []
    found: list[tuple[str, Scenario]] = []
    for file in files:
        with gathered(problems):
            scenario = read(file, settings)
            found.append((scenario.campaign.name, scenario))
    for text in variants if found else ():
        with gathered(problems):
            name, changes = _variant(text)
            found.append((name, vary(found[0][1], settings=changes, source=f"--variant {name}")))
    raise_if_any(problems)
    from sim.experiments.compare.compare import unique  # noqa: PLC0415 # bad input is told before it loads

    names = unique(name for name, _ in found)
    return {name: scenario for name, (_, scenario) in zip(names, found, strict=True)}


def _variant(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name of a variant and the keys it changes."""
    name, colon, changes = text.partition(":")
    if not colon or not experiment.is_name(name.strip()):
        allowed = f"{_EXAMPLE}, with a name of at most 100 printable characters"
        raise ScenarioError([Problem("--variant", "", show(text), allowed)])
    pairs = tuple(parse_setting(piece, source="--variant") for piece in pieces(changes, ","))
    refuse_twice(pairs, source="--variant")
    for key, _ in pairs:
        if split(key)[0] in FORECAST_ONLY:
            found = "a key that only a forecast reads"
            raise ScenarioError([Problem(f"--variant {name}", key, found, MAKES_ANOTHER)])
    return name.strip(), dict(pairs)
