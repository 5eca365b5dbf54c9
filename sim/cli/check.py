"""`demine check`: validate scenario files."""

from collections.abc import Sequence
from pathlib import Path

import click

from sim.cli import leave
from sim.cli.options import warn
from sim.errors import ScenarioError, harmless
from sim.scenario.doubts import doubts_of_record
from sim.scenario.record import Report
from sim.scenario.reports import read_record
from sim.scenario.scenario import Scenario
from sim.scenario.variants import load_scenario


@click.command("check")
@click.argument(
    "files", type=click.Path(path_type=Path), metavar="FILE...", nargs=-1, required=True
)
@click.option("--show", is_flag=True, help="Print the resolved scenario as TOML.")
def command(*, files: tuple[Path, ...], show: bool) -> None:
    """Validate scenario files and their records: print every error, and what is doubtful.

    \b
    Examples:
      demine check my.toml
      demine check my.toml --show
    """
    bad = False
    for file in files:
        try:
            scenario = load_scenario(file)
            _refuse_if_too_large(scenario)
            reports = read_record(scenario) if scenario.record else ()
        except ScenarioError as error:
            bad = True
            for problem in error.problems:
                leave.complain(str(problem))
        else:
            warn([(file, scenario)], quiet=False)
            for doubt in doubts_of_record(scenario, reports):
                leave.complain(f"{file}: {doubt}", kind="warning")
            words = _words(scenario, reports)
            click.echo(_toml(scenario) if show else harmless(f"{file}: {words}"))
    raise SystemExit(leave.BAD_INPUT if bad else 0)


def _refuse_if_too_large(scenario: Scenario) -> None:
    from sim.sampling.size import expected_parcels, refuse_if_too_large  # noqa: PLC0415 # compiled code loads where it is used

    refuse_if_too_large(scenario, expected_parcels(scenario))


def _words(scenario: Scenario, reports: Sequence[Report]) -> str:
    unit = scenario.unit
    area = sum(s.count * s.area.mean for s in scenario.sector) * scenario.factors.area.mean
    area *= unit.per_ha
    size = f"{area:.0f} {unit.short}" if area >= 20 else f"{area:.3g} {unit.short}"
    crews = sum(map(scenario.mean_crews, scenario.crew))
    sectors = len(scenario.sector_names)
    told = f", {len(reports)} reports" if reports else ""
    return f"valid ({sectors} sectors, about {size}, about {crews:.3g} crews{told})"


def _toml(scenario: Scenario) -> str:
    import tomli_w  # noqa: PLC0415 # only here

    return tomli_w.dumps(scenario.model_dump(by_alias=True, exclude_none=True)).rstrip()
