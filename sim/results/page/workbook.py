"""The tables of a report as a workbook: a sheet each, and a first one that says what is what."""

import datetime as dt
import io
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.results.page.part import Cell, Column, Part, Table, first_date
from sim.scenario.dates import date_of
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_FIRST = "What is what"
_LONGEST = 31  # of the name of a sheet
_UNITS = {"area": "ha", "share": "share, 0 to 1", "points": "share, 0 to 1", "change": "days"}
_FORMATS = {
    "money": "#,##0.00",
    "area": "#,##0.00##",
    "share": "0.0%",
    "points": "0.0%",
    "date": "yyyy-mm-dd",
    "begin": "yyyy-mm-dd",
}
_EPOCH = dt.date(1900, 3, 1)  # before it, spreadsheets count days in their own way


def workbook(parts: Sequence[Part], *, scenario: Scenario) -> bytes:
    """Return a workbook of all tables of a report.

    Values are those of the CSV files, in their units. A day of those files stands there twice: as
    the date that it is, and as the number of days since the start.

    Parameters
    ----------
    parts
        In their order.
    scenario
        Whose report it is.
    """
    import xlsxwriter  # noqa: PLC0415 # who wants a page needs none

    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(data, options) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1), "title": scenario.campaign.name})
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        formats = {kind: book.add_format({"num_format": f}) for kind, f in _FORMATS.items()}
        tables = [(part, table) for part in parts for table in tables_of(part)]
        names = sheet_names([table.title for _, table in tables])
        first = book.add_worksheet(_FIRST)
        first.set_column(0, 0, 34)
        first.set_column(1, 3, 44, wrapped)
        first.write_string(0, 0, scenario.campaign.title or scenario.campaign.name, bold)
        first.write_string(1, 0, "Values are those of the CSV files; areas are hectares (ha).")
        for x, text in enumerate(("Sheet", "What it holds", "From", "Remark")):
            first.write_string(3, x, text, head)
        for y, ((part, table), name) in enumerate(zip(tables, names, strict=True), start=4):
            from_ = table.source or "the results, counted"
            for x, text in enumerate((name, f"{part.title}: {table.title}", from_, table.remark)):
                first.write_string(y, x, text)
            _write(book.add_worksheet(name), table, head, formats)
    return data.getvalue()


def tables_of(part: Part) -> list[Table]:
    """Return the tables of a part, those of its pictures too."""
    return [*part.tables, *(figure.data for figure in part.figures if figure.data)]


def sheet_names(titles: Sequence[str]) -> list[str]:
    """Return a name for each sheet: short, without what no name may have, no two alike."""
    names: list[str] = []
    used = {_FIRST.casefold(), "history"}
    for title in titles:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip().strip("'") or "Table"
        name, n = plain[:_LONGEST].strip().strip("'"), 1
        while name.casefold() in used:
            n += 1
            end = f" ({n})"
            name = plain[: _LONGEST - len(end)].rstrip() + end
        used.add(name.casefold())
        names.append(name)
    return names


def _write(sheet: "Worksheet", table: Table, head: "Format", formats: dict[str, "Format"]) -> None:
    x = 0
    for i, column in enumerate(table.columns):
        for title, kind in _columns(column, table.scenario):
            sheet.write_string(0, x, title, head)
            for y, row in enumerate(table.rows, start=1):
                _put(sheet, (y, x), _value(row[i], kind, table.scenario), formats.get(kind))
            sheet.set_column(x, x, 26 if column.kind == "text" else 15)
            x += 1
    sheet.freeze_panes(1, 1)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), x - 1)


def _columns(column: Column, scenario: Scenario) -> list[tuple[str, str]]:
    """Return the heads of a column of a table, each with the kind of what stands below."""
    if column.kind in ("day", "begin"):
        kind = "date" if column.kind == "day" else "begin"
        return [(column.title, kind), (f"{column.title} (days since the start)", "number")]
    unit = scenario.currency if column.kind == "money" else _UNITS.get(column.kind, "")
    unit = column.unit or unit
    return [(f"{column.title} ({unit})" if unit else column.title, column.kind)]


def _value(cell: Cell, kind: str, scenario: Scenario) -> Any:
    day = isinstance(cell.value, float | int) and not isinstance(cell.value, bool)
    if kind in ("date", "begin") and day:
        since = (cell.at and cell.at.since) or scenario
        dated = date_of if kind == "date" else first_date
        return dated(since, float(cell.value))  # type: ignore[arg-type] # a number, just seen
    if isinstance(cell.value, str) or (cell.value is None and cell.at is None):
        return cell.shown or None
    return cell.value


def _put(sheet: "Worksheet", place: tuple[int, int], value: Any, form: "Format | None") -> None:
    """Write a value as what it is; a text is never a formula."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool):
        sheet.write_boolean(*place, value)
    elif isinstance(value, int | float):
        sheet.write_number(*place, value, form)
    elif isinstance(value, dt.date) and value >= _EPOCH:
        sheet.write_datetime(*place, dt.datetime(value.year, value.month, value.day), form)
    else:
        sheet.write_string(*place, str(value))
