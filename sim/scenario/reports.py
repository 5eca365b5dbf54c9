"""What a record says: its reports in force, read from a CSV file as strictly as the scenario."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sim.errors import Problem, ScenarioError, first_of, raise_if_any
from sim.scenario.kinds import plain
from sim.scenario.messages import NOTHING
from sim.scenario.record import Kind, Record, Report
from sim.scenario.record_rows import RecordRows
from sim.scenario.scenario import Scenario
from sim.scenario.sheets import bad_list, place


def read_record(
    scenario: Scenario, *, file: Path | None = None, as_of: dt.date | None = None
) -> tuple[Report, ...]:
    """Return the reports in force, in the order of their dates, kinds of place and names.

    A row states what was released from day 0 to the end of its `date`: of all land, or of the one
    region, sector or operator that it names. It is known from the day it was `published`, without
    one from its date on, and replaces from then on the row of the same date and place that was
    published before it. So a row may come late, or correct another; the order of rows means
    nothing. What was published after `as_of` does not count, but is checked like the rest.

    Gross totals never fall: none is below that of an earlier `exact` or `at_least` row in force for
    the same place. Net ones may. A report of the same total as the one before it is refused where
    `record.error_ha` is 0, since its error would be 0.

    Parameters
    ----------
    scenario
        Whose record it is; without one the defaults of `[record]` hold.
    file
        Instead of `record.file`.
    as_of
        Last day of publication that counts, instead of `record.until`; without either all count.

    Raises
    ------
    ScenarioError
        With every problem of the file at once, each with its row.
    """
    record = scenario.record
    if record is None and file is None:
        name = scenario.campaign.name
        raise ScenarioError([Problem(name, "record.file", NOTHING, "the file of the reports")])
    record = record or Record(file=str(file))
    rows = RecordRows(scenario, Path(record.file) if file is None else file)
    reports, problems = rows.read()
    last = as_of or record.until
    kept = _in_force(reports, last)
    problems += first_of(_contradictions(kept, record, rows.file))
    raise_if_any(first_of(problems))
    if not kept:
        first = min(report.published for report in reports)
        found = f"no report published by {last}, and the first on {first}"
        raise bad_list(rows.file, 0, found, "at least one in force (record.until, as_of)")
    return kept


def _in_force(reports: list[Report], last: dt.date | None) -> tuple[Report, ...]:
    """Return the newest report of each date and place, with its own amount."""
    newest = {
        (report.date, *report.place): report
        for report in sorted(reports, key=lambda report: report.published)
        if last is None or report.published <= last
    }
    kept, before = [], dict.fromkeys((report.place for report in reports), 0.0)
    for _, report in sorted(newest.items()):
        own_ha = report.released_ha - before[report.place]
        kept.append(replace(report, own_ha=own_ha))
        before[report.place] = report.released_ha
    return tuple(kept)


def _contradictions(reports: tuple[Report, ...], record: Record, file: str) -> Iterator[Problem]:
    """Yield totals that fall and reports without an error."""
    reached: dict[tuple[Kind, str], Report] = {}
    for report in reports:
        home, total = place(file, report.row), f"{plain(report.released_ha)} ha by {report.date}"
        before = reached.get(report.place)
        if before and report.released_ha < before.released_ha and record.counts == "gross":
            found = f"{total}, and row {before.row} has {plain(before.released_ha)} ha before that"
            allowed = 'a total that does not fall (it may with record.counts = "net")'
            yield Problem(home, "", found, allowed)
        if report.own_ha == 0 and record.error_ha == 0:
            found = f"{total}, nothing since the report before it or day 0: no error"
            yield Problem(home, "", found, "an amount of its own, or record.error_ha above 0")
        if report.bound != "at_most":
            reached[report.place] = report
