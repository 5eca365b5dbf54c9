"""Lists of areas: an entry `[[sector]] file = ...` stands for one sector for each row of a file."""

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, get_args

from pydantic import ValidationError

from sim.errors import MOST_PROBLEMS, Problem, ScenarioError, gathered, nearest, show
from sim.scenario.checks import MOST_SECTORS
from sim.scenario.keys import Tree, dotted, is_tables, name_of
from sim.scenario.kinds import NAME_WORDS, is_name
from sim.scenario.land import Cell, LandList, Sector
from sim.scenario.laws import Constant
from sim.scenario.messages import NOTHING, translate
from sim.scenario.reading import ListFile, Reading, lay_over
from sim.scenario.sheets import Sheet, bad_list, csv_sheet, is_of_places, place, tells_where
from sim.scenario.table import Table
from sim.scenario.validation import freeze, placed

AREAS = {"area_ha": 1.0, "area_m2": 10_000.0}
"""Keys for the area, one of which a sector has, and what stands in where a row's is wrong."""

_FORMS = {
    "file": "the path of a list of areas",
    "columns": 'a table such as { name = "hazard_id", area_m2 = "areasize" }',
    "values": "a table such as { priority = { High = 1, Low = 2 } }",
    "where": 'a table such as { state = ["Open", "Ongoing"] }',
}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


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
        sheet = csv_sheet(reading.content(path, "bytes of CSV"), name=str(path))
        sectors, rows = _Reader(entry, sheet, str(path), reading).sectors()
        reading.whole = whole and len(sectors) == rows
        return sectors
    except ScenarioError as error:
        reading.problems += error.problems
    except OSError as error:
        reason = (error.strerror or str(error) or "cannot be read").lower()
        found = f"{show(list_file.stated)}: {reason}"
        problem = Problem("", f"{at}.file", found, "a readable list of areas (a CSV file)")
        reading.problems += placed([problem], list_file.by, reading.origins)
    return []


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
        yield from _mismatched(columns, values, shared, at)


def _unknown(stated: Tree, known: Iterable[str], at: str) -> Iterator[Problem]:
    names = list(dict.fromkeys(known))
    for k in sorted(stated.keys() - set(names)):
        allowed = "one of " + ", ".join(names)
        yield Problem("", f"{at}.{dotted(k)}", "an unknown key", allowed, nearest(k, names))


def _wrong(model: type[Table], stated: Tree, stand_ins: Tree) -> Iterator[tuple[str, Problem]]:
    """Yield what pydantic finds, with the key that it is about."""
    try:
        model.model_validate(freeze(stand_ins | stated))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            problem = translate(detail, stated, model)
            if problem is not None and detail["loc"]:
                yield str(detail["loc"][0]), problem


def _mismatched(columns: Tree, values: Tree, shared: Tree, at: str) -> Iterator[Problem]:
    """Yield keys of columns and values that cannot be meant."""
    yield from _unknown(columns, Sector.model_fields, f"{at}.columns")
    yield from _unknown(values, columns, f"{at}.values")
    if "name" not in columns:
        yield Problem("", f"{at}.columns.name", NOTHING, "the column that names the areas")
    areas = [k for k in AREAS if k in columns]
    if len(areas) > 1 or not (areas or AREAS.keys() & shared.keys()):
        found = " and ".join(areas) or "no column for the area"
        yield Problem("", f"{at}.columns", found, f"one of {' and '.join(AREAS)}")


# What the rows state


@dataclass
class _Column:
    """A column that is used: the key it is for, its name, where it stands, and what it says."""

    key: str
    name: str
    place: int
    words: dict[str, Cell]
    decimal_comma: bool = False


class _Reader:
    """Makes the sectors of one list."""

    def __init__(self, entry: Tree, sheet: Sheet, file: str, reading: Reading) -> None:
        self.sheet, self.file, self.reading = sheet, file, reading
        self.prefix = name_of(entry)
        own = LandList.model_fields
        self.shared = {k: v for k, v in entry.items() if k not in own and k != "name"}
        self.where = {
            self._place(column): _folded(wanted if isinstance(wanted, list | tuple) else [wanted])
            for column, wanted in entry.get("where", {}).items()
        }
        words = entry.get("values", {})
        self.columns = [
            _Column(k, c, self._place(c), {w.casefold(): v for w, v in words.get(k, {}).items()})
            for k, c in entry["columns"].items()
        ]
        self.seen: dict[str, int] = {}

    def _place(self, column: str) -> int:
        """Return where a column stands."""
        columns = self.sheet.columns
        if column not in columns:
            found, allowed = f"no column {show(column)}", "a column of the list"
            raise bad_list(self.file, 0, found, allowed, nearest(column, columns))
        if columns.count(column) > 1:
            found = f"the column {show(column)} {columns.count(column)} times"
            raise bad_list(self.file, 0, found, "different names of columns")
        if is_of_places(column):
            found = f"the column {show(column)}"
            raise bad_list(
                self.file, 0, found, "columns without coordinates: these stay in the list"
            )
        return columns.index(column)

    def sectors(self) -> tuple[list[Tree], int]:
        """Return the sectors of the rows that are wanted, and how many rows these are."""
        most = min(MOST_SECTORS, self.reading.left["values in CSV"] // len(self.columns))
        rows = list(islice(self._wanted(), most + 1))
        if len(rows) > most:
            raise bad_list(self.file, 0, f"more than {most} rows to use", "fewer")
        self.reading.take("values in CSV", len(rows) * len(self.columns))
        if not rows:
            found = "no row that `where` asks for" if self.where else "no row"
            raise bad_list(self.file, 0, found, "at least one area")
        for column in self.columns:
            cells = (row[column.place] for _, row in rows)
            column.decimal_comma = self.sheet.decimal_comma and any("," in cell for cell in cells)
        sectors = []
        for number, row in rows:
            if len(self.reading.problems) > MOST_PROBLEMS:
                break  # no more are told
            with gathered(self.reading.problems):
                sectors.append(self._sector(number, row))
        return sectors, len(rows)

    def _wanted(self) -> Iterator[tuple[int, list[str]]]:
        for number, row in self.sheet.rows:
            if all(_is_one_of(row[at], wanted) for at, wanted in self.where.items()):
                yield number, row

    def _sector(self, number: int, row: list[str]) -> Tree:
        """Return the sector of a row; a cell that is wrong is noted and left out."""
        name = self._name(number, row)
        home = place(self.file, number)
        self.reading.origins["sector", name] = home
        sector = {"name": name} | self.shared
        for column in self.columns:
            if column.key == "name":
                continue
            try:
                value = _value(row[column.place], column)
            except ValueError as error:
                found = f"{_quoted(row[column.place])} in column {show(column.name)}"
                key = dotted("sector", name, column.key)
                self.reading.refuse(home, key, found, str(error))
                value = AREAS.get(column.key)
            if value is not None:
                others = AREAS if column.key in AREAS else ()
                sector = {k: v for k, v in sector.items() if k not in others}
                sector[column.key] = value
        if not AREAS.keys() & sector.keys():
            sector |= self._without_area(name, home)
        return sector

    def _name(self, number: int, row: list[str]) -> str:
        column = next(c for c in self.columns if c.key == "name")
        cell = row[column.place]
        where = f" in column {show(column.name)}"
        if tells_where(cell):
            raise bad_list(self.file, number, f"coordinates{where}", "a name of the area")
        if not is_name(cell):
            found = f"{_quoted(cell)}{where}"
            raise bad_list(self.file, number, found, f"a name: {NAME_WORDS}")
        if cell in self.seen:
            found = f"the name {show(cell)}, which row {self.seen[cell]} has too"
            raise bad_list(self.file, number, found, "a name once")
        self.seen[cell] = number
        return cell if self.prefix is None else f"{self.prefix} {cell}"

    def _without_area(self, name: str, home: str) -> Tree:
        column = next(c for c in self.columns if c.key in AREAS)
        found = f"an empty cell in column {show(column.name)}"
        self.reading.refuse(home, dotted("sector", name, column.key), found, "an area above 0")
        return {"area_ha": AREAS["area_ha"]}


def _value(cell: str, column: _Column) -> Any:
    """Return what a cell states, None if it states nothing.

    Raises
    ------
    ValueError
        Which says what is allowed.
    """
    if cell.casefold() in column.words:
        return column.words[cell.casefold()]
    about = Sector.model_fields.get(column.key)
    kinds = _kinds(about.annotation) if about else {float}
    if not cell:
        return None
    if dt.date in kinds and not _NUMBER.fullmatch(cell):
        return _date(cell)
    if kinds & {int, float, Constant}:
        number = number_of(cell, comma=column.decimal_comma)
        return int(number) if kinds & {int} and number.is_integer() else number
    return cell


def _date(cell: str) -> dt.date:
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        raise ValueError("a date such as 2026-05-31, or a number of days") from None


def number_of(cell: str, *, comma: bool) -> float:
    """Return the number in a cell; `comma`: whether one stands before decimals in its column.

    Raises
    ------
    ValueError
        If it is none, or could be two; says what is allowed.
    """
    text = cell.replace(",", ".") if comma else cell
    number = float(text) if _NUMBER.fullmatch(text) and not (comma and "." in cell) else math.inf
    if not math.isfinite(number):
        example = "1200,5" if comma else "1200.5"
        raise ValueError(f"a number such as {example}, its thousands not set apart")
    return number


def _kinds(annotation: Any) -> set[Any]:
    """Return the classes inside an annotation such as `Annotated[int, ...] | None`."""
    if isinstance(annotation, type):
        return {annotation}
    return {kind for inner in get_args(annotation) for kind in _kinds(inner)}


def _quoted(cell: str) -> str:
    if not cell:
        return "an empty cell"
    return "coordinates" if tells_where(cell) else show(cell)


def _folded(wanted: Iterable[Cell]) -> tuple[set[str], set[float]]:
    """Return the texts, in small letters, and the numbers that are wanted."""
    some = list(wanted)
    numbers = {float(w) for w in some if isinstance(w, int | float) and not isinstance(w, bool)}
    return {str(w).casefold() for w in some}, numbers


def _is_one_of(cell: str, wanted: tuple[set[str], set[float]]) -> bool:
    texts, numbers = wanted
    if cell.casefold() in texts:
        return True
    return bool(numbers) and bool(_NUMBER.fullmatch(cell)) and float(cell) in numbers
