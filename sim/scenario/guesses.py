"""Which column of a list of areas is what, guessed from its name and from what it holds.

The names are those of IMSMA, of its exports and of the tables that programmes publish.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from sim.errors import show
from sim.files import content_of
from sim.scenario.checks import MOST_SECTORS
from sim.scenario.kinds import PER_HA, is_name
from sim.scenario.layers import is_layer, layer_sheet, size_of
from sim.scenario.reading import MOST
from sim.scenario.rows import AREAS, MOST_DIFFERENCE, number_of
from sim.scenario.sheets import Polygons, Sheet, bad_list, csv_sheet, is_of_places, tells_where

LEAST_M2 = 20.0  # no programme's usual area is smaller: such numbers are hectares

# What a column may be called, letters and digits only, the likeliest name first.
_NAMES: tuple[tuple[float, tuple[str, ...]], ...] = (  # which share of the rows must differ
    (0.5, ("imsmaid", "hazardlocalid", "hazardid", "chaid", "shaid", "hazardousareaid", "localid")),
    (0.5, ("areaid", "taskid", "polygonid", "siteid", "fieldid", "minefieldid")),
    (0.95, ("id", "uid", "code", "hazardname", "areaname", "sitename", "name")),
    (1.0, ("objectid", "fid")),
)
_AREAS = r"(remaining|contaminated|hazard|current|estimated|calculated|stated|total|)"
_AREA = re.compile(rf"{_AREAS}(area|size)(size)?(in)?(m2|sqm|m|sqmetres?|sqmeters?|ha|hectares?)?")
_UNITS = re.compile(r"(m2|sqm|ha|hectares?)")
_HECTARES = re.compile(r".*(ha|hectares?)")
_PRIORITIES = ("clearancepriority", "priority", "prioritylevel", "urgency", "rank")
_REGIONS = (
    *("district", "raion", "rayon", "municipality", "commune", "hromada", "province"),
    *("governorate", "oblast", "county", "region", "adm2", "adm1", "admin2", "admin1"),
)
_KINDS = ("typeofarea", "areatype", "hazardtype", "landtype", "classification", "status", "type")
_STATES = ("status", "state", "currentstatus", "workstatus", "hazardstatus", "taskstatus")
_DONE = re.compile(
    r".*\b(closed?|cleared|cancell?ed|completed?|released|reduced|discredited|expired|deleted|done"
    r"|finished|inactive|handed over)\b.*"
)
_RANKS = ("very high", "urgent", "immediate", "high", "medium", "moderate", "normal", "low", "none")


@dataclass
class Guess:
    """What a list of areas is taken for.

    Attributes
    ----------
    columns, values, where
        As `[[sector]]` states them.
    rows
        Number of each row that is wanted and can be used, and its cells.
    seen
        How many rows there are in all.
    sheet
        The list.
    wrong
        Sort of fault to the numbers of the rows that have it.
    doubtful
        What else is to be said, and the numbers of the rows: these can be used.
    area_ha
        Of the rows that can be used together.
    """

    sheet: Sheet
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str | int]] = field(default_factory=dict)
    where: dict[str, list[str]] = field(default_factory=dict)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    seen: int = 0
    wrong: dict[str, list[int]] = field(default_factory=dict)
    doubtful: dict[str, list[int]] = field(default_factory=dict)
    area_ha: float = 0.0


def guess(path: Path) -> Guess:
    """Return what a list of areas is taken for.

    Raises
    ------
    ScenarioError
        If it cannot be read, or no column names the areas, or none states how large they are.
    """
    name = str(path)
    sheet = _sheet(path, name)
    found = Guess(sheet)
    for row in sheet.rows:
        found.rows.append(row)
        if len(found.rows) > MOST_SECTORS:
            raise bad_list(name, 0, f"more than {MOST_SECTORS} rows", "fewer")
    found.seen = len(found.rows)
    columns = _Columns(sheet.columns, found.rows)
    _guess_rows(found, columns)
    _guess_name(found, columns, name)
    _guess_area(found, columns, name)
    _guess_others(found, columns)
    _sort_out(found)
    if not found.rows:
        raise bad_list(name, 0, "no row that can be used", "at least one area with name and size")
    return found


def _sheet(path: Path, name: str) -> Sheet:
    most = MOST["bytes of CSV"]
    try:
        if not is_layer(path):
            return csv_sheet(content_of(path, most=most), name=name)
        if size_of(path) > most:
            raise OSError(f"more than {most} bytes")
        return layer_sheet(path, name=name, overlaps=True)
    except OSError as error:
        reason = (error.strerror or str(error) or "cannot be read").lower()
        raise bad_list(name, 0, reason, "a readable list of areas") from None


class _Columns:
    """The columns that may be used, by what they are called and what they hold."""

    def __init__(self, columns: Sequence[str], rows: list[tuple[int, list[str]]]) -> None:
        self.rows = rows
        once = [c for c in columns if columns.count(c) == 1 and c and not is_of_places(c)]
        self.places = {column: columns.index(column) for column in once}
        self.plain = {column: re.sub(r"[\W_]", "", column.casefold()) for column in once}

    def called(self, names: Iterable[str]) -> list[str]:
        """Return the columns that have one of the names, the likeliest first."""
        return [c for name in names for c, plain in self.plain.items() if plain == name]

    def cells(self, column: str) -> list[str]:
        """Return what stands in a column."""
        return [row[self.places[column]] for _, row in self.rows]

    def words(self, column: str) -> list[str]:
        """Return the different words in a column, the most frequent first."""
        counts = Counter(cell for cell in self.cells(column) if cell)
        return [word for word, _ in counts.most_common()]


def _guess_rows(found: Guess, columns: _Columns) -> None:
    """Leave out the rows of areas where the work is done."""
    for column in columns.called(_STATES):
        words = columns.words(column)
        left = [word for word in words if not _DONE.fullmatch(word.casefold())]
        if left and len(left) < len(words) <= 30 and not any(map(tells_where, words)):
            place = columns.places[column]
            left += [""] if any(not cell for cell in columns.cells(column)) else []
            found.where = {column: left}
            columns.rows[:] = [row for row in columns.rows if row[1][place] in left]
            return


def _guess_name(found: Guess, columns: _Columns, file: str) -> None:
    for least, names in _NAMES:
        for column in columns.called(names):
            cells = columns.cells(column)
            good = len({cell for cell in cells if is_name(cell) and not tells_where(cell)})
            if cells and good >= least * len(cells):
                found.columns["name"] = column
                return
    allowed = "a column with a name for each area, called imsma_id, hazard_localid, cha_id, id ..."
    raise bad_list(file, 0, f"the columns {show(list(columns.places))}", allowed)


def _guess_area(found: Guess, columns: _Columns, file: str) -> None:
    fit = [c for c, plain in columns.plain.items() if _AREA.fullmatch(plain)]
    fit += [c for c, plain in columns.plain.items() if _UNITS.fullmatch(plain)]
    order = ("remaining", "contaminated", "estimated")
    fit.sort(key=lambda c: [not columns.plain[c].startswith(word) for word in order])
    for column in fit:
        comma = found.sheet.has_decimal_comma(columns.cells(column))
        read = (_number(cell, comma) for cell in columns.cells(column))
        numbers = [number for number in read if number is not None and number > 0]
        if 2 * len(numbers) >= len(columns.rows) and numbers:
            in_ha = bool(_HECTARES.fullmatch(columns.plain[column])) or median(numbers) < LEAST_M2
            found.columns["area_ha" if in_ha else "area_m2"] = column
            return
    if found.sheet.polygons and found.sheet.polygons.areas_m2:
        return
    allowed = "a column of areas, called areasize, Estimated Area, Remaining Area, area_ha ..."
    raise bad_list(file, 0, f"the columns {show(list(columns.places))}", allowed)


def _guess_others(found: Guess, columns: _Columns) -> None:
    """Guess what else a sector can state of what the list may hold."""
    guesses: tuple[
        tuple[str, tuple[str, ...], Callable[[list[str]], dict[str, str | int] | None]], ...
    ]
    guesses = (
        ("status", _KINDS, _statuses),
        ("priority", _PRIORITIES, _ranks),
        ("region", _REGIONS, lambda words: {} if all(map(is_name, words)) else None),
    )
    for key, names, meaning in guesses:
        for column in columns.called(names):
            words = columns.words(column)
            meant = meaning(words) if words and not any(map(tells_where, words)) else None
            if meant is not None:
                found.columns[key] = column
                found.values |= {key: meant} if meant else {}
                break


def _statuses(words: list[str]) -> dict[str, str | int] | None:
    """Return which words mean suspected and which confirmed land, None if any means neither."""
    meant: dict[str, str | int] = {}
    for word in words:
        if re.search(r"suspect|\bsha\b", word.casefold()):
            meant[word] = "suspected"
        elif re.search(r"confirm|\bcha\b", word.casefold()):
            meant[word] = "confirmed"
        else:
            return None
    return meant if "suspected" in meant.values() else None  # or survey comes to no land


def _ranks(words: list[str]) -> dict[str, str | int] | None:
    """Return the priority that each word means, nothing for numbers, None if one means none."""
    if all(re.fullmatch(r"-?\d{1,5}", word) for word in words):
        return {}
    ranks = {word: re.sub(r"[\W\d_]+", " ", word.casefold()).strip() for word in words}
    if not all(rank in _RANKS for rank in ranks.values()):
        return None
    order = sorted(set(ranks.values()), key=_RANKS.index)
    return {
        w: order.index(ranks[w]) + 1 for w in sorted(ranks, key=lambda w: order.index(ranks[w]))
    }


# What is wrong


def _sort_out(found: Guess) -> None:
    """Keep the rows that can be used, and note what is wrong with the others."""
    place = found.sheet.columns.index(found.columns["name"])
    sizes, polygons = _sizes(found), found.sheet.polygons or Polygons()
    names: set[str] = set()
    sound = []
    for (number, row), (cell, size) in zip(found.rows, sizes, strict=True):
        name = row[place]
        fault = _fault(name, cell, size, twice=name in names)
        fault = fault or ("with a broken polygon" if number in polygons.broken else "")
        names.add(name)
        if fault or size is None:
            found.wrong.setdefault(fault, []).append(number)
            continue
        sound.append((number, row))
        found.area_ha += size / PER_HA
        for doubt in _doubts(number, size, polygons):
            found.doubtful.setdefault(doubt, []).append(number)
    found.rows = sound


def _sizes(found: Guess) -> list[tuple[str, float | None]]:
    """Return the area of each row as it is stated, and in square metres, None if it has none."""
    key = next((key for key in AREAS if key in found.columns), None)
    if key is None:
        measured = found.sheet.polygons.areas_m2 if found.sheet.polygons else {}
        return [("", measured.get(number)) for number, _ in found.rows]
    place = found.sheet.columns.index(found.columns[key])
    cells = [row[place] for _, row in found.rows]
    comma = found.sheet.has_decimal_comma(cells)
    unit = PER_HA / AREAS[key]
    return [(c, None if (n := _number(c, comma)) is None else n * unit) for c in cells]


def _doubts(number: int, size: float, polygons: Polygons) -> Iterator[str]:
    """Yield what is to be said about a row that can be used."""
    measured = polygons.areas_m2.get(number, size)
    if abs(size / measured - 1) > MOST_DIFFERENCE:
        yield "with an area that differs by more than 5 % from that of its polygon (geodesic)"
    if number in polygons.repaired:
        yield "with a broken polygon, which was repaired"
    if number in polygons.overlapping:
        yield "with a polygon that overlaps that of a row before"


def _fault(name: str, cell: str, size: float | None, *, twice: bool) -> str:
    """Say what is wrong with a row, nothing if it can be used."""
    faults = (
        (not name, "without a name"),
        (tells_where(name), "with coordinates for a name"),
        (not is_name(name), "with a name that none can be (a formula, or over 100 characters)"),
        (twice, "with a name that a row before has"),
        (size is None and not cell, "without an area"),
        (size is None, "with an area that is no number"),
        (size is not None and size <= 0, "with an area of 0 or less"),
    )
    return next((words for holds, words in faults if holds), "")


def _number(cell: str, comma: bool) -> float | None:
    """Return the number in a cell, None if there is none."""
    try:
        return number_of(cell, comma=comma)
    except ValueError:
        return None
