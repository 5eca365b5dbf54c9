"""`demine compare`: scenarios against a baseline, on the same luck."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import common, experiment
from sim.errors import Problem, ScenarioError, gathered, raise_if_any, show
from sim.scenario.scenario import Scenario
from sim.scenario.settings import parse_setting, pieces
from sim.scenario.variants import vary

if TYPE_CHECKING:
    import polars as pl

_EXAMPLE = "NAME:KEY=VALUE,KEY=VALUE"


@click.command("compare")
@click.argument(
    "files", type=click.Path(path_type=Path), metavar="FILE...", nargs=-1, required=True
)
@click.option(
    "--variant", "variants", multiple=True, metavar=_EXAMPLE,
    help="Compare FILE with itself, some keys changed. Repeatable.",
)  # fmt: skip
@common.run_options
def command(
    *,
    files: tuple[Path, ...],
    variants: tuple[str, ...],
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
    """Compare scenarios with the first FILE, or variants of one FILE with it.

    All share their luck: the same winters, attacks and good weeks meet each of them, so that the
    difference is due to the scenarios. --set changes all of them.

    \b
    Examples:
      demine compare today.toml more-crews.toml
      demine compare my.toml --variant "more crews:crew.engineers.count=60"
        --variant "no rain:weather.lost_day_probability=0"
    """
    scenarios = _scenarios(files, variants, settings)
    from sim.experiments import conduct as experiments  # noqa: PLC0415
    from sim.experiments import designs  # noqa: PLC0415 # slow
    from sim.experiments.compare import compare as comparisons  # noqa: PLC0415
    from sim.experiments.compare import picture as compare_plots  # noqa: PLC0415 # slow
    from sim.experiments.compare import table as tables  # noqa: PLC0415
    from sim.experiments.compare.report import lines  # noqa: PLC0415

    designs.refuse_too_large(scenarios.values())
    baseline = next(iter(scenarios.values()))
    done: list[comparisons.Comparison] = []

    def compute(study: Any) -> experiments.Finding:
        found = comparisons.carry_out(
            study, scenarios, replications=replications, precision_days=precision
        )
        done[:] = [found]
        total = found.replications * len(scenarios)
        return experiments.Finding(tables.table(found), total, found.note)

    def draw(_table: "pl.DataFrame", path: Path) -> None:
        compare_plots.draw(done[0], path)

    digests = {f"scenario of {name}": each.digest() for name, each in scenarios.items()}
    sought = experiments.Experiment(
        command="compare",
        scenario=baseline,
        seed=seed,
        engine=engine,
        settings={
            "replications": replications,
            "precision_days": precision,
            "scenarios": digests,
            "order": list(scenarios),
        },
        schema=tables.SCHEMA,
        out=out,
        stated={"scenarios": {name: each.resolved() for name, each in scenarios.items()}},
    )

    def report(finding: experiments.Finding) -> Iterator[str]:
        each = finding.replications // len(scenarios)
        return lines(finding.table, scenarios, replications=each, seed=seed)

    experiment.perform(
        sought,
        title=f"{len(scenarios)} scenarios",
        compute=compute,
        pictures={"compare.png": draw},
        report=report,
        parquet=parquet,
        force=force,
        jobs=jobs,
        quiet=quiet,
    )


def _scenarios(
    files: tuple[Path, ...], variants: tuple[str, ...], settings: tuple[tuple[str, Any], ...]
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
            scenario = common.read(file, settings)
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
    pairs = [parse_setting(piece, source="--variant") for piece in pieces(changes, ",")]
    keys = [key for key, _ in pairs]
    twice = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if twice:
        raise ScenarioError([Problem("--variant", key, "it set twice", "once") for key in twice])
    return name.strip(), dict(pairs)
