"""Tables as bytes: CSV and Parquet, and CSV read again."""

import csv
import datetime as dt
import io
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sim.errors import ResultError, show

Schema = Mapping[str, pl.DataType]
_ROWS_A_PIECE = 4096


def written(value: float, decimals: int) -> float | None:
    """Return a number as it is written: rounded, no negative zero, null if there is none."""
    return round(value, decimals) + 0.0 if math.isfinite(value) else None


def kind_of(values: Sequence[Any]) -> pl.DataType:
    """Return the type of a column that holds some values of a key; text where they are mixed."""
    kinds = {type(value) for value in values}
    if kinds == {int}:
        return pl.Int64()
    if kinds <= {int, float}:
        return pl.Float64()
    single = {bool: pl.Boolean(), dt.date: pl.Date()}
    return single[kinds.pop()] if len(kinds) == 1 and kinds <= single.keys() else pl.String()


def headings(
    names: Iterable[str], *, taken: Iterable[str], ends: Sequence[str] = ("",)
) -> dict[str, str]:
    """Return the column of each name that a user has given: no two alike, none with a quote.

    A double quote becomes a single one, since polars gives quotes in a header back doubled. What
    is taken already, in capitals or not (DuckDB tells no difference), gets (2), (3) ... behind it.

    Parameters
    ----------
    names
        In the order in which they choose.
    taken
        Columns that the table has anyway.
    ends
        Of the columns that each name stands for, such as `_low` and `_high`.
    """
    used = {column.casefold() for column in taken}
    found: dict[str, str] = {}
    for name in names:
        plain = name.replace('"', "'")
        numbered = (f"{plain} ({i})" for i in itertools.count(2))
        for column in itertools.chain([plain], numbered):
            wanted = {(column + end).casefold() for end in ends}
            if not wanted & used:
                break
        used |= wanted
        found[name] = column
    return found


def to_csv(frame: pl.DataFrame) -> bytes:
    r"""Return a table as CSV: RFC 4180 with its line ends (CR LF), UTF-8, a header row.

    Written here and not by polars, whose way to write numbers changes with its version.
    """
    return b"".join(_pieces(frame))


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    """Write a table as `to_csv` gives it; its text is never held as a whole."""
    with path.open("wb") as file:
        file.writelines(_pieces(frame))


def _pieces(frame: pl.DataFrame) -> Iterator[bytes]:
    yield _lines([frame.columns])
    for piece in frame.iter_slices(_ROWS_A_PIECE):
        yield _lines([field(value) for value in row] for row in piece.iter_rows())


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def field(value: object) -> str:
    """Return the shortest text that means the value, without an exponent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = repr(value)
        if "e" in text:
            return np.format_float_positional(value, trim="-")
        return text.removesuffix(".0")
    return "" if value is None else str(value)


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return a table as Parquet."""
    data = io.BytesIO()
    frame.write_parquet(data)
    return data.getvalue()


def no_formula(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with a quote before it if need be."""
    return f"'{text}" if text[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20") else text


def from_csv(data: bytes, *, schema: Schema, name: str) -> pl.DataFrame:
    """Return the table in a CSV.

    Parameters
    ----------
    data
        What `to_csv` gave.
    schema
        Columns in their order.
    name
        Of the file, for the error.

    Raises
    ------
    ResultError
        If it has other columns, or a field cannot be what its column holds.
    """
    try:
        header = first_line(data)
    except csv.Error as error:  # a field of a hundred thousand characters
        raise ResultError(f"{name}: damaged: {error}") from error
    if header != list(schema):
        raise ResultError(f"{name}: damaged: its columns are {show(header)}")
    try:
        return pl.read_csv(data, has_header=False, skip_rows=1, schema=schema, raise_if_empty=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise ResultError(f"{name}: damaged: {reason}") from error


def first_line(data: bytes) -> list[str]:
    """Return the names of the columns of a CSV; polars would leave quotes doubled in them.

    Raises
    ------
    csv.Error
        If it is no CSV.
    """
    return next(csv.reader(io.StringIO(data.split(b"\n", 1)[0].decode(errors="replace"))), [])
