"""Lists as files hold them: a row of column names, and rows of text under it."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sim.errors import Problem, ScenarioError

DELIMITERS = (",", ";", "\t", "|")
_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03\x04": "a workbook or archive"}
_TEXT = 'UTF-8 text (a spreadsheet saves it as "CSV UTF-8")'
_PLACES = re.compile(
    r"\b(POINT|LINESTRING|POLYGON|MULTI\w+)\b.*\d"  # well-known text
    r"|\d[.,]\d{3,}[\s,;/]{1,4}-?\d{1,3}[.,]\d{3,}"  # two numbers with many decimals
    r"|\d\s*[°º]"
    r"|\b\d{1,2}\s?[C-X]\s?[A-Z]{2}\s?\d{3,5}\s?\d{3,5}\b",  # a grid of squares
    re.IGNORECASE,
)
_OF_PLACES = re.compile(
    r"(geom(etry)?|geo_?point|shape|wkt|wkb|mgrs|utm\w*|coord\w*|gps\w*|x|y|z)"
    r"|(.*[ _])?(lat(itude)?|lon(gitude)?|lng|easting|northing|[xy]_?coord\w*)([ _].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Polygons:
    """What polygons say about rows, by number: no more than their size.

    Attributes
    ----------
    areas_m2
        Geodesic, of polygons as they are or as they were repaired.
    repaired, broken
        Rows whose polygon was repaired, or cannot be.
    overlapping
        Rows whose polygon shares land with that of a row before, if that was asked for.
    """

    areas_m2: dict[int, float] = field(default_factory=dict)
    repaired: set[int] = field(default_factory=set)
    broken: set[int] = field(default_factory=set)
    overlapping: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Sheet:
    """What is in a list.

    Parameters
    ----------
    columns
        Their names, in order.
    rows
        Number of each row, as a spreadsheet counts them, and its cells, as many as columns. They
        can be asked for once.
    decimal_comma
        Whether a comma may stand before decimals.
    polygons
        Of the rows, where the list has them and says in which system of coordinates.
    """

    columns: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    decimal_comma: bool = False
    polygons: Polygons | None = None

    def has_decimal_comma(self, cells: Iterable[str]) -> bool:
        """Tell whether commas stand before decimals in some cells of one column."""
        return self.decimal_comma and any("," in cell for cell in cells)


def csv_sheet(content: bytes, *, name: str) -> Sheet:
    """Return what is in a CSV file, apart by commas, semicolons, tabs or bars.

    Parameters
    ----------
    content
        All of the file: UTF-8, with a byte order mark or without.
    name
        Of the file, for errors.

    Raises
    ------
    ScenarioError
        If it is no text, or has no columns; for a bad row once that is asked for.
    """
    _refuse_other_encodings(content, name)
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    delimiter = _delimiter(text.readline(100_000))
    text.seek(0)
    reader = csv.reader(text, delimiter=delimiter)
    try:
        columns = tuple(cell.strip() for cell in next(reader, []))
    except csv.Error as error:
        raise bad_list(name, 1, str(error), "the names of columns") from None
    if not any(columns):
        raise bad_list(name, 1, "no names of columns", "a first row that names the columns")
    return Sheet(columns, _rows(reader, len(columns), name), delimiter == ";")


def csv_bytes(columns: Iterable[str], rows: Iterable[Sequence[str]], *, delimiter: str) -> bytes:
    """Return a list as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _refuse_other_encodings(content: bytes, name: str) -> None:
    found = next((words for start, words in _ENCODINGS.items() if content.startswith(start)), "")
    if not found and b"\0" in content:
        found = "zero bytes"
    if found:
        raise bad_list(name, 0, found, _TEXT)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise bad_list(name, 0, f"a byte that is not UTF-8 in line {line}", _TEXT) from None


def _delimiter(header: str) -> str:
    """Return what cuts the first line into most columns."""

    def columns(delimiter: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(DELIMITERS, key=columns)


def _rows(reader: Iterator[list[str]], width: int, name: str) -> Iterator[tuple[int, list[str]]]:
    number = 1
    try:
        for number, row in enumerate(reader, start=2):
            cells = [cell.strip() for cell in row]
            if any(cells[width:]):
                found = f"{len(cells)} cells"
                allowed = f"the {width} of the first row (texts with the delimiter in quotes)"
                raise bad_list(name, number, found, allowed)
            if any(cells):
                yield number, cells[:width] + [""] * (width - len(cells))
    except csv.Error as error:
        raise bad_list(name, number + 1, str(error), "a row of CSV") from None


def bad_list(name: str, row: int, found: str, allowed: str, near: str = "") -> ScenarioError:
    """Return the error about a row of a list, or (row 0) about all of it."""
    return ScenarioError([Problem(place(name, row), "", found, allowed, near)])


def place(name: str, row: int) -> str:
    """Name a row of a list, or (row 0) all of it."""
    return f"{name}, row {row}" if row else name


def tells_where(text: str) -> bool:
    """Tell whether a text is likely to hold coordinates: these are shown and kept nowhere."""
    return bool(_PLACES.search(text[:1000]))


def is_of_places(column: str) -> bool:
    """Tell whether a column is likely to hold coordinates, by its name."""
    return bool(_OF_PLACES.fullmatch(column[:100]))
