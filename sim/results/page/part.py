"""What a report is made of: parts with words, tables and figures.

A cell of a table is a field of a CSV file: its value is that field, exactly, and what is shown is
the value as a person reads it. So every table can be held against the file that it comes from.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import polars as pl

from sim.results.csv import field
from sim.results.words import at_least, count, money_words, number, percent, words
from sim.scenario.dates import date_of
from sim.scenario.scenario import Scenario

Value = str | int | float | bool | dt.date | None
Kind = Literal[
    "text", "year", "whole", "number", "area", "money", "date", "day", "begin", "change", "share",
    "points",
]  # fmt: skip
"""`day` is a moment in days since the start at which something is done, `begin` one at which it
begins, `change` a difference of two of them, `points` that of two shares."""


class At(NamedTuple):
    """A field of a CSV file."""

    row: int
    """From 0."""
    column: str
    shown: str = ""
    """Its value in words, where the kind of its column does not say how."""
    since: Scenario | None = None
    """From whose start a day is counted, if that is not the one of the table."""


class Cell(NamedTuple):
    """A cell of a table."""

    value: Value
    shown: str
    at: At | None = None
    """Where it comes from; None if it is no field of a CSV file."""
    order: str = ""
    """What it is sorted by, if not by its value."""

    @property
    def field(self) -> str:
        """The value as it stands in a CSV file."""
        return field(self.value)


@dataclass(frozen=True)
class Column:
    """What stands in a column of a table.

    Attributes
    ----------
    title
        Its head, without the unit.
    kind
        Of its values.
    unit
        Of numbers that have another one than their kind.
    empty
        What is shown where a field is empty.
    """

    title: str
    kind: Kind = "text"
    unit: str = ""
    empty: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    title
        What it is about.
    columns
        In their order.
    rows
        As many cells each as there are columns.
    scenario
        Whose units and dates are shown.
    source
        The CSV file of its cells, as `folder/file.csv`; empty if it has none.
    remark
        Anything else a reader has to know.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    scenario: Scenario
    source: str = ""
    remark: str = ""

    @property
    def heads(self) -> list[str]:
        """The heads of the columns, with their units as people read them."""
        return [_head(column, self.scenario) for column in self.columns]


@dataclass(frozen=True)
class Figure:
    """A picture, with its data as a table; `svg` is empty if it could not be drawn."""

    title: str
    svg: str
    data: Table | None = None


@dataclass(frozen=True)
class Part:
    """A part of a report.

    Attributes
    ----------
    id
        Of the place on the page; no two alike.
    title
        A heading.
    words
        Paragraphs.
    figures, tables
        In their order.
    points
        A list below the words.
    notice
        What has to be seen before all else.
    """

    id: str
    title: str
    words: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    points: tuple[str, ...] = ()
    notice: str = ""


@dataclass(frozen=True)
class Source:
    """A table of a result, and the file that it stands in."""

    frame: pl.DataFrame
    name: str

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Its rows."""
        return list(self.frame.iter_rows(named=True))

    def where(self, **fields: Value) -> list[int]:
        """Return which rows hold some values."""
        return [i for i, row in enumerate(self.rows) if all(row[k] == v for k, v in fields.items())]

    def cell(self, at: At, column: Column, scenario: Scenario) -> Cell:
        """Return a field as a cell of a column."""
        value, of = self.rows[at.row][at.column], at.since or scenario
        later = (of.campaign.start - scenario.campaign.start).days
        order = str(value + later) if later and column.kind == "day" and value is not None else ""
        return Cell(value, at.shown or shown(value, column, of), at, order)


def table_of(
    source: Source,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[At | str | float]],
    *,
    scenario: Scenario,
    remark: str = "",
) -> Table:
    """Return a table of fields of a CSV file, and of texts and numbers that stand in none."""
    cells = tuple(
        tuple(
            source.cell(each, column, scenario)
            if isinstance(each, At)
            else Cell(each, shown(each, column, scenario))
            for column, each in zip(columns, row, strict=True)
        )
        for row in rows
    )
    return Table(title, tuple(columns), cells, scenario, source.name, remark)


def plain_table(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    *,
    scenario: Scenario,
    remark: str = "",
) -> Table:
    """Return a table of values that stand in no CSV file."""
    cells = tuple(
        tuple(Cell(x, shown(x, column, scenario)) for column, x in zip(columns, row, strict=True))
        for row in rows
    )
    return Table(title, tuple(columns), cells, scenario, remark=remark)


def shown(value: Value, column: Column, scenario: Scenario) -> str:
    """Return a value as a person reads it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return column.empty
    if isinstance(value, dt.date):
        return words(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else _number(value, column, scenario)


def _number(value: float, column: Column, scenario: Scenario) -> str:
    area = at_least if column.title.endswith("at least") else _few_digits  # as sentences say it
    told: dict[Kind, Callable[[float], str]] = {
        "year": str,
        "area": lambda ha: area(ha * scenario.unit.per_ha),
        "money": lambda x: ("-" if x < 0 else "") + money_words(abs(x)),
        "day": lambda day: words(date_of(scenario, day)),
        "begin": lambda day: words(first_date(scenario, day)),
        "change": lambda days: f"{round(days, 1) + 0.0:+.1f}",
        "points": lambda x: f"{round(100 * x, 1) + 0.0:+.1f}",
        "share": lambda x: f"{percent(x)} %",
        "whole": lambda x: count(round(x)),
        "number": _few_digits,
    }
    return told.get(column.kind, field)(value)


def first_date(scenario: Scenario, day: float) -> dt.date:
    """Return the date on which something begins: at 16.0 days it does on day 16."""
    return date_of(scenario, math.floor(day) + 1.0)


def _few_digits(value: float) -> str:
    """Return a number with three digits, or as many as it has before the point."""
    if abs(value) >= 100 or value == 0:
        return ("-" if value < 0 else "") + number(abs(round(value)))
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{'-' if value < 0 else ''}under 0.001"


def _head(column: Column, scenario: Scenario) -> str:
    unit = column.unit or {
        "area": scenario.unit.short,
        "money": scenario.currency,
        "change": "days",
        "points": "percentage points",
    }.get(column.kind, "")
    return f"{column.title} ({unit})" if unit else column.title
