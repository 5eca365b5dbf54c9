"""What the rows of a record state: a report each, not yet with its own amount."""

import datetime as dt
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import cast

from sim.errors import (
    HARMFUL,
    MOST_PROBLEMS,
    Problem,
    ScenarioError,
    first_of,
    gathered,
    nearest,
    raise_if_any,
    show,
)
from sim.files import content_of
from sim.scenario.checks import MOST_HA
from sim.scenario.dates import reaches_beyond
from sim.scenario.kinds import PER_HA, plain
from sim.scenario.record import BOUNDS, PLACES, Bound, Kind, Report
from sim.scenario.rows import number_of, quoted
from sim.scenario.scenario import Scenario
from sim.scenario.sheets import Sheet, bad_list, csv_sheet, place

AMOUNTS = {"released_ha": 1, "released_m2": PER_HA}
"""Columns for the amount, one of which a record has, and how many of its unit make a hectare."""
COLUMNS = ("date", *AMOUNTS, *PLACES, "bound", "published", "note")
MOST_BYTES = 20_000_000
MOST_REPORTS = 100_000
LONGEST_NOTE = 1000
_ISO = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class RecordRows:
    """The rows of one record."""

    def __init__(self, scenario: Scenario, path: Path) -> None:
        self.scenario, self.file = scenario, str(path)
        self.sheet = _sheet(path, self.file)
        raise_if_any(_misnamed(self.sheet.columns, self.file))
        self.places = {column: i for i, column in enumerate(self.sheet.columns)}
        self.amount = next(column for column in AMOUNTS if column in self.places)
        self.decimal_comma = False

    @cached_property
    def known(self) -> dict[Kind, tuple[dict[str, None], str]]:
        """The names that places of each kind have, and how to say what they are."""
        s = self.scenario
        regions = {region: None for region in s.regions if region}
        operators = dict.fromkeys(crew.operated_by for crew in s.crew)
        return {
            "region": (regions, "a region of the scenario"),
            "sector": (dict.fromkeys(s.sector_names), "a sector of the scenario"),
            "operator": (operators, "an operator of its crews"),
        }

    def read(self) -> tuple[list[Report], list[Problem]]:
        """Return the reports that can be read, and what is wrong with the others."""
        reports: list[Report] = []
        problems: list[Problem] = []
        rows: list[tuple[int, list[str]]] = []
        with gathered(problems):
            for numbered in self.sheet.rows:
                rows.append(numbered)
                if len(rows) > MOST_REPORTS:
                    raise bad_list(self.file, 0, f"more than {MOST_REPORTS} rows", "fewer")
        if not rows and not problems:
            raise bad_list(self.file, 0, "no row", "at least one report")
        amounts = (row[self.places[self.amount]] for _, row in rows)
        self.decimal_comma = self.sheet.has_decimal_comma(amounts)
        for number, row in rows:
            if len(problems) > MOST_PROBLEMS:
                break  # no more are told
            with gathered(problems):
                reports.append(_Row(self, number, row).report())
        return reports, problems + first_of(self._twice(reports))

    def _twice(self, reports: list[Report]) -> Iterator[Problem]:
        """Yield reports of one day and place that were published on one day."""
        seen: dict[tuple[dt.date, Kind, str, dt.date], int] = {}
        for report in reports:
            row = seen.setdefault((report.date, *report.place, report.published), report.row)
            if row != report.row:
                found = f"a second value for {report.date} and the place of row {row}"
                allowed = "one, or another day in column published"
                yield Problem(place(self.file, report.row), "", found, allowed)


def _sheet(path: Path, name: str) -> Sheet:
    try:
        return csv_sheet(content_of(path, most=MOST_BYTES), name=name)
    except OSError as error:
        reason = (error.strerror or str(error) or "cannot be read").lower()
        raise bad_list(name, 0, reason, "a readable record (CSV)") from None


def _misnamed(columns: tuple[str, ...], file: str) -> Iterator[Problem]:
    """Yield what is wrong with the columns, and so with every row."""
    for column in dict.fromkeys(columns):
        if column not in COLUMNS:
            found, allowed = f"an unknown column {show(column)}", f"some of {', '.join(COLUMNS)}"
            yield Problem(place(file, 1), "", found, allowed, nearest(column, COLUMNS))
        elif columns.count(column) > 1:
            found = f"the column {column} {columns.count(column)} times"
            yield Problem(place(file, 1), "", found, "a column once")
    if "date" not in columns:
        yield Problem(place(file, 1), "", "no column date", "the date of each report")
    amounts = [column for column in AMOUNTS if column in columns]
    if len(amounts) != 1:
        found = " and ".join(amounts) or "no column for the amount"
        yield Problem(place(file, 1), "", found, f"exactly one of {', '.join(AMOUNTS)}")


class _Row:
    """One row, with what is wrong with it."""

    def __init__(self, rows: RecordRows, number: int, row: list[str]) -> None:
        self.rows, self.number = rows, number
        self.cells = {column: row[at] for column, at in rows.places.items()}
        self.problems: list[Problem] = []

    def _refuse(self, column: str, allowed: str, near: str = "") -> None:
        found = f"{quoted(self.cells[column])} in column {column}"
        self.problems.append(Problem(place(self.rows.file, self.number), "", found, allowed, near))

    def report(self) -> Report:
        """Return what the row says, or raise ScenarioError with all that is wrong with it."""
        date = self._day("date")
        published = self._published(date)
        released_ha = self._released_ha()
        kind, name = self._place()
        bound, note = self._bound(), self._note()
        if date is None or published is None or released_ha is None or self.problems:
            raise ScenarioError(self.problems)
        return Report(date, kind, name, bound, released_ha, 0.0, published, self.number, note)

    def _day(self, column: str) -> dt.date | None:
        """Return the date in a column; that of a report is of the campaign."""
        scenario, cell = self.rows.scenario, self.cells[column]
        try:
            date = dt.date.fromisoformat(cell if _ISO.fullmatch(cell) else "")
        except ValueError:
            self._refuse(column, "a date such as 2026-05-31")
            return None
        if column == "date" and date < scenario.campaign.start:
            self._refuse(column, f"a date from campaign.start on ({scenario.campaign.start})")
        elif column == "date" and reaches_beyond(scenario, date):
            days = plain(scenario.campaign.horizon_days)
            self._refuse(column, f"a day before the horizon (campaign.horizon_days = {days})")
        return date

    def _published(self, date: dt.date | None) -> dt.date | None:
        if not self.cells.get("published"):
            return date
        published = self._day("published")
        if date and published and published < date:
            self._refuse("published", f"no day before the date of the report ({date})")
        return published

    def _released_ha(self) -> float | None:
        column = self.rows.amount
        try:
            number = number_of(self.cells[column], comma=self.rows.decimal_comma)
        except ValueError as error:
            self._refuse(column, str(error))
            return None
        released_ha = number / AMOUNTS[column]
        if not 0 <= released_ha <= MOST_HA:
            self._refuse(column, f"at least 0 and at most {plain(MOST_HA * AMOUNTS[column])}")
        return released_ha

    def _place(self) -> tuple[Kind, str]:
        kinds = [kind for kind in PLACES if self.cells.get(kind)]
        if len(kinds) > 1:
            home, found = place(self.rows.file, self.number), " and ".join(kinds)
            allowed = f"at most one of {', '.join(PLACES)} in a row"
            self.problems.append(Problem(home, "", found, allowed))
        for kind in kinds:
            names, allowed = self.rows.known[kind]
            if self.cells[kind] not in names:
                self._refuse(kind, allowed, nearest(self.cells[kind], names))
        return (kinds[0], self.cells[kinds[0]]) if kinds else ("", "")

    def _bound(self) -> Bound:
        cell = self.cells.get("bound") or "exact"
        if cell not in BOUNDS:
            self._refuse("bound", f"one of {', '.join(BOUNDS)}", nearest(cell, BOUNDS))
        return cast(Bound, cell)

    def _note(self) -> str:
        note = " ".join(self.cells.get("note", "").split())
        if len(note) > LONGEST_NOTE or re.search(f"[{HARMFUL}]", note):
            self._refuse("note", f"at most {LONGEST_NOTE} printable characters")
        return note
