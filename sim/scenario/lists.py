"""Lists of areas: an entry `[[sector]] file = ...` stands for one sector for each row of a file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import Problem, ScenarioError, show
from sim.scenario.keys import Tree, dotted, is_tables, name_of
from sim.scenario.land import LandList, Sector
from sim.scenario.layers import is_layer, layer_sheet, size_of
from sim.scenario.messages import NOTHING, translate
from sim.scenario.reading import ListFile, Reading, lay_over
from sim.scenario.rows import AREAS, Rows
from sim.scenario.scenario import Listed
from sim.scenario.sheets import Sheet, csv_sheet
from sim.scenario.table import Table
from sim.scenario.unit_hints import nearest_key
from sim.scenario.validation import freeze, placed

_FORMS = {
    "file": "the path of a list of areas",
    "columns": 'a table such as { name = "hazard_id", area_m2 = "areasize" }',
    "values": "a table such as { priority = { High = 1, Low = 2 } }",
    "where": 'a table such as { state = ["Open", "Ongoing"] }',
}


def expand(reading: Reading) -> None:
    """Put the sectors of its rows in the place of every list of areas.

    Of two sectors with one name the later one is laid over the other if another file states it.
    """
    entries: Any = reading.tree.get("sector")
    if not is_tables(entries) or not any("file" in entry for entry in entries):
        return
    sectors: list[Tree] = []
    homes: dict[str | None, tuple[int, str]] = {}  # of a name: where it stands, and who states it
    for number, entry in enumerate(entries, start=1):
        list_file = entry.get("file")
        if isinstance(list_file, ListFile):
            rows, home = _rows(entry, list_file, f"sector[{number}]", reading), list_file.by
        else:
            rows, home = [entry], reading.origins.get(("sector", name_of(entry) or ""), "")
        for row in rows:
            name = name_of(row)
            at, stated_by = homes.get(name, (0, home))
            if stated_by == home:
                homes[name] = len(sectors), home
                sectors.append(row)
            else:
                sectors[at] = lay_over(sectors[at], row)
    reading.tree["sector"] = sectors
    if not sectors:
        del reading.tree["sector"]


def _rows(entry: Tree, list_file: ListFile, unnamed: str, reading: Reading) -> list[Tree]:
    """Return the sectors of a list, none if it cannot be used; what is wrong is noted."""
    name = name_of(entry)
    at = dotted("sector", name) if name is not None else unnamed
    problems = list(_misstated(entry, list_file, at))
    reading.problems += placed(problems, list_file.by, reading.origins)
    if problems:
        reading.whole = False
        return []
    path = list_file.folder / list_file.stated
    reading.whole, whole = False, reading.whole
    try:
        sheet = _sheet(path, reading)
        sectors, rows = Rows(entry, sheet, str(path), reading).sectors()
        reading.whole = whole and len(sectors) == rows
        reading.lists.append(Listed(str(path), entry["columns"]["name"], name or ""))
        return sectors
    except ScenarioError as error:
        reading.problems += error.problems
    except OSError as error:
        reason = (error.strerror or str(error) or "cannot be read").lower()
        found = f"{show(list_file.stated)}: {reason}"
        problem = Problem("", f"{at}.file", found, "a readable list of areas")
        reading.problems += placed([problem], list_file.by, reading.origins)
    return []


def _sheet(path: Path, reading: Reading) -> Sheet:
    if is_layer(path):
        reading.take("bytes of CSV", size_of(path))
        return layer_sheet(path, name=str(path))
    return csv_sheet(reading.content(path, "bytes of CSV"), name=str(path))


# What the entry states


def _misstated(entry: Tree, list_file: ListFile, at: str) -> Iterator[Problem]:
    """Yield what is wrong with the entry itself, and so with every row."""
    own = {k: v for k, v in entry.items() if k in _FORMS} | {"file": list_file.stated}
    shared = {k: v for k, v in entry.items() if k in Sector.model_fields}
    yield from _unknown(entry, (*LandList.model_fields, *Sector.model_fields), at)
    for k in dict.fromkeys(k for k, _ in _wrong(LandList, own, {})):
        found = show(own[k]) if k in own else NOTHING
        yield Problem("", f"{at}.{k}", found, _FORMS[k])
    stand_ins = {"name": "name"} | ({} if AREAS.keys() & shared.keys() else {"area_ha": 1.0})
    for k, problem in _wrong(Sector, shared, stand_ins):
        if k in shared:
            yield replace(problem, key=f"{at}.{problem.key}")
    columns, values = own.get("columns"), own.get("values", {})
    if isinstance(columns, dict) and isinstance(values, dict):
        measured = isinstance(list_file.stated, str) and is_layer(Path(list_file.stated))
        yield from _mismatched(columns, values, shared, at, measured=measured)


def _unknown(stated: Tree, known: Iterable[str], at: str) -> Iterator[Problem]:
    names = list(dict.fromkeys(known))
    for k in sorted(stated.keys() - set(names)):
        allowed = "one of " + ", ".join(names)
        yield Problem("", f"{at}.{dotted(k)}", "an unknown key", allowed, nearest_key(k, names))


def _wrong(model: type[Table], stated: Tree, stand_ins: Tree) -> Iterator[tuple[str, Problem]]:
    """Yield what pydantic finds, with the key that it is about."""
    try:
        model.model_validate(freeze(stand_ins | stated))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            problem = translate(detail, stated, model)
            if problem is not None and detail["loc"]:
                yield str(detail["loc"][0]), problem


def _mismatched(
    columns: Tree, values: Tree, shared: Tree, at: str, *, measured: bool
) -> Iterator[Problem]:
    """Yield keys of columns and values that cannot be meant; polygons are measured."""
    yield from _unknown(columns, Sector.model_fields, f"{at}.columns")
    yield from _unknown(values, columns, f"{at}.values")
    if "name" not in columns:
        yield Problem("", f"{at}.columns.name", NOTHING, "the column that names the areas")
    areas = [k for k in AREAS if k in columns]
    if len(areas) > 1 or not (areas or measured or AREAS.keys() & shared.keys()):
        found = " and ".join(areas) or "no column for the area"
        yield Problem("", f"{at}.columns", found, f"one of {' and '.join(AREAS)}")
