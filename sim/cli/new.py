"""`demine new`: a small commented scenario to start from, its land from a list if there is one."""

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click

from sim.cli.leave import complain, tell
from sim.cli.options import Place
from sim.errors import Problem, ScenarioError
from sim.results.one_file import write_file
from sim.scenario.guesses import Guess, guess
from sim.scenario.keys import dotted, text_of
from sim.scenario.kinds import DEVICE
from sim.scenario.rows import AREAS
from sim.scenario.sheets import csv_bytes
from sim.scenario.variants import load_scenario

SURVEY = """
[[crew]]
name = "survey teams"
role = "survey"            # they come to suspected land first
count = 2
people = 5
rate_ha_per_day = 2

[survey]
cancelled_share = 0.3      # of suspected land: released without entering
reduced_share = 0.2        # released by technical survey
"""
HA_A_CREW = 350.0  # in about three years, as the template states a crew
MOST_PARCELS = 50_000
SHOWN_ROWS = 10


@click.command("new")
@click.argument("file", type=Place(), metavar="FILE")
@click.option(
    "--land",
    type=click.Path(path_type=Path),
    metavar="LIST",
    help="Take the land from a list of areas, and say which columns are guessed to be what.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def command(*, file: Path, land: Path | None, force: bool) -> None:
    """Write a small commented scenario that runs to FILE.

    \b
    Examples:
      demine new my.toml && demine run my.toml
      demine new my.toml --land hazards.csv
    """
    _refuse_to_replace(file, force=force)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", file.stem).strip("-") or "campaign"
    if re.fullmatch(DEVICE, name):
        name = f"{name}-campaign"
    text = (Path(__file__).parent / "template.toml").read_text(encoding="utf-8")
    text = text.replace('"NAME"', f'"{name[:100]}"')
    if land is not None:
        text = _with_land(text, file, land, force=force)
    write_file(file, text.encode())
    load_scenario(file)  # says what no guess has seen
    tell(f"Wrote {file}. Next: demine run {file}")


def _refuse_to_replace(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        allowed = "a new file (or --force to replace it)"
        raise ScenarioError([Problem(str(file), "", "a file that exists", allowed)])


def _with_land(text: str, file: Path, land: Path, *, force: bool) -> str:
    """Return the template with its land from a list, and say what was guessed about it."""
    found = guess(land)
    for line in _guessed(found, land):
        tell(line)
    for words, rows in (found.wrong | found.doubtful).items():
        complain(f"{land}, {_row_numbers(rows)}: {words}", kind="warning")
    if found.wrong:
        sound = file.with_name(f"{file.stem}-land.csv")
        _refuse_to_replace(sound, force=force and sound.resolve() != land.resolve())
        write_file(sound, _sound_rows(found))
        number = sum(map(len, found.wrong.values()))
        complain(
            f"{land}: {number} left out; the {len(found.rows)} rows that can be used are copied to"
            f" {sound}, where the scenario takes its land from",
            kind="warning",
        )
        found.where, land = {}, sound
    before, _, rest = text.partition("[[sector]]")
    text = f"{before}{_entry(found, file, land)}\n[[crew]]{rest.partition('[[crew]]')[2]}"
    crews = max(4, math.ceil(found.area_ha / HA_A_CREW))
    text = text.replace("count = 4\n", f"count = {crews}\n")
    if "status" in found.columns:
        text = text.replace("\n[clearance]", f"{SURVEY}\n[clearance]")
    return text.replace("hours_per_day", f"{_parcels(found)}hours_per_day", 1)


def _guessed(found: Guess, land: Path) -> Iterator[str]:
    """Yield what was guessed about a list."""
    yield f"Guessed from {land} ({found.seen} rows):"
    units = {"area_ha": " (taken as hectares)", "area_m2": " (taken as square metres)"}
    for key, column in found.columns.items():
        meant = ", ".join(f"{k} = {v}" for k, v in found.values.get(key, {}).items())
        yield f"  {key}: column {column}{units.get(key, '')}{f' ({meant})' if meant else ''}"
    if not AREAS.keys() & found.columns.keys():
        yield "  area: of the polygons (geodesic)"
    for column, words in found.where.items():
        shown = ", ".join(word or "nothing" for word in words)
        yield f"  only rows whose {column} is {shown}"
    yield f"  in all: {len(found.rows)} areas that can be used, {found.area_ha:.1f} ha"


def _row_numbers(rows: list[int]) -> str:
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown = ", ".join(map(str, rows[:SHOWN_ROWS]))
    return f"{len(rows)} rows ({shown}{', ...' * (len(rows) > SHOWN_ROWS)})"


def _sound_rows(found: Guess) -> bytes:
    """Return the rows that can be used as CSV, of their columns only those that are."""
    columns = list(dict.fromkeys(found.columns.values()))
    places = [found.sheet.columns.index(column) for column in columns]
    rows = [[row[place] for place in places] for _, row in found.rows]
    if not AREAS.keys() & found.columns.keys() and found.sheet.polygons:
        found.columns["area_m2"] = "area of the polygon, m2"
        columns.append(found.columns["area_m2"])
        sizes = found.sheet.polygons.areas_m2
        rows = [[*row, f"{sizes[n]:.2f}"] for row, (n, _) in zip(rows, found.rows, strict=True)]
    return csv_bytes(columns, rows, delimiter=";" if found.sheet.decimal_comma else ",")


def _entry(found: Guess, file: Path, land: Path) -> str:
    """Return the entry of a list in TOML."""
    path = Path(os.path.relpath(land, file.parent)).as_posix()
    lines = [
        "[[sector]]                 # one sector for each row of the list",
        f"file = {text_of(path)}",
    ]
    lines += [f"columns = {_table(found.columns)}"]
    if found.values:
        inner = ", ".join(f"{k} = {_table(words)}" for k, words in found.values.items())
        lines += [f"values = {{ {inner} }}"]
    if found.where:
        ((column, words),) = found.where.items()
        lines += [f"where = {{ {dotted(column)} = [{', '.join(map(text_of, words))}] }}"]
    return "\n".join(lines) + "\n"


def _table(values: dict[str, str] | dict[str, str | int]) -> str:
    shown = (f"{dotted(k)} = {v if isinstance(v, int) else text_of(v)}" for k, v in values.items())
    return f"{{ {', '.join(shown)} }}"


def _parcels(found: Guess) -> str:
    """Return the line for larger parcels, where there would be too many of one hectare."""
    if found.area_ha <= MOST_PARCELS:
        return ""
    size = 10 ** math.ceil(math.log10(found.area_ha / MOST_PARCELS))
    return f"parcel_ha = {size}           # of one hectare there would be {found.area_ha:.0f}\n"
