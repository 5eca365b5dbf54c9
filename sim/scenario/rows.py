"""What the rows of a list of areas state: a sector for each, with where it was read."""

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, get_args

from sim.errors import MOST_PROBLEMS, gathered, nearest, show
from sim.scenario.checks import MOST_SECTORS
from sim.scenario.keys import Tree, dotted, name_of
from sim.scenario.kinds import NAME_WORDS, PER_HA, is_name
from sim.scenario.land import Cell, LandList, Sector
from sim.scenario.laws import Constant
from sim.scenario.reading import Reading
from sim.scenario.sheets import Polygons, Sheet, bad_list, is_of_places, place, tells_where

AREAS = {"area_ha": 1.0, "area_m2": float(PER_HA)}
"""Keys for the area, one of which a sector has, and what stands in where a row's is wrong."""

MOST_DIFFERENCE = 0.05  # of a stated area from that of its polygon
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass
class _Column:
    """A column that is used: the key it is for, its name, where it stands, and what it says."""

    key: str
    name: str
    place: int
    words: dict[str, Cell]
    decimal_comma: bool = False


class Rows:
    """The rows of one list, of which sectors are made."""

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
            column.decimal_comma = self.sheet.has_decimal_comma(cells)
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
                found = f"{quoted(row[column.place])} in column {show(column.name)}"
                key = dotted("sector", name, column.key)
                self.reading.refuse(home, key, found, str(error))
                value = AREAS.get(column.key)
            if value is not None:
                others = AREAS if column.key in AREAS else ()
                sector = {k: v for k, v in sector.items() if k not in others}
                sector[column.key] = value
        sector |= self._measured(number, name, home, sector)
        return sector

    def _name(self, number: int, row: list[str]) -> str:
        column = next(c for c in self.columns if c.key == "name")
        cell = row[column.place]
        where = f" in column {show(column.name)}"
        if tells_where(cell):
            raise bad_list(self.file, number, f"coordinates{where}", "a name of the area")
        if not is_name(cell):
            found = f"{quoted(cell)}{where}"
            raise bad_list(self.file, number, found, f"a name: {NAME_WORDS}")
        if cell in self.seen:
            found = f"the name {show(cell)}, which row {self.seen[cell]} has too"
            raise bad_list(self.file, number, found, "a name once")
        self.seen[cell] = number
        return cell if self.prefix is None else f"{self.prefix} {cell}"

    def _measured(self, number: int, name: str, home: str, sector: Tree) -> Tree:
        """Return the area of a row that states none, and compare one that does with its polygon."""
        polygons = self.sheet.polygons or Polygons()
        size = polygons.areas_m2.get(number)
        column = next((c for c in self.columns if c.key in AREAS), None)
        key = next((k for k in AREAS if k in sector), column.key if column else "area_m2")

        def refuse(found: str, allowed: str) -> None:
            self.reading.refuse(home, dotted("sector", name, key), found, allowed)

        if number in polygons.broken:
            refuse("a broken polygon", "one that can be repaired, or none")
            return {key: sector.get(key, AREAS[key])}
        if number in polygons.repaired:
            why = f"of {home} has a broken polygon, which was repaired: now {size:.0f} m2"
            self.reading.remarks.append((dotted("sector", name), why))
        if key not in sector and size is not None and column is None:
            return {key: size}
        if key not in sector:
            found = f"an empty cell in column {show(column.name)}" if column else "no polygon"
            refuse(found, "an area above 0")
            return {key: AREAS[key]}
        if column and size and isinstance(sector[key], int | float):
            stated = sector[key] * PER_HA / AREAS[key]
            if abs(stated / size - 1) > MOST_DIFFERENCE:
                why = f"of {home} is {stated:.0f} m2 and its polygon {size:.0f} m2"
                at = dotted("sector", name, key)
                self.reading.remarks.append((at, f"{why}, {stated / size - 1:+.0%} (geodesic)"))
        return {}


def _value(cell: str, column: _Column) -> Any:
    """Return what a cell states, None if it states nothing.

    Raises
    ------
    ValueError
        Which says what is allowed.
    """
    if cell.casefold() in column.words:
        return column.words[cell.casefold()]
    kinds = _kinds(Sector.model_fields[column.key].annotation)
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


def quoted(cell: str) -> str:
    """Show a cell: neither nothing nor coordinates as they stand there."""
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
