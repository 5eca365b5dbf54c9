"""A run that is reported: what was read from its folder, and its fields by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sim.results.lines import estimate_in
from sim.results.page.part import At, Column, Source
from sim.results.storage import Results
from sim.results.words import words
from sim.scenario.dates import date_of
from sim.scenario.scenario import Deadline, Scenario
from sim.statistics.estimates import Estimate

ENDS = ("value", "ci_low", "ci_high")
Year = tuple[int, str, str | None, str]  # year, by, name, quantity


@dataclass(frozen=True)
class Run:
    """A run that is reported.

    Attributes
    ----------
    folder
        Where its result stands.
    results
        What was read there.
    """

    folder: Path
    results: Results

    @property
    def scenario(self) -> Scenario:
        """What was run."""
        return self.results.scenario

    def table(self, name: str) -> Source:
        """Return one of its tables."""
        return Source(getattr(self.results, name), f"{self.folder.resolve().name}/{name}.csv")

    def subtitle(self, remark: str = "") -> str:
        """Return what its pictures are about."""
        from sim.results.pictures.gallery import subject  # noqa: PLC0415 # loads matplotlib

        return subject(self.results).words(remark)

    @cached_property
    def summary(self) -> Source:
        """`summary.csv`."""
        return self.table("summary")

    @cached_property
    def years(self) -> Source:
        """`years.csv`."""
        return self.table("years")

    @cached_property
    def horizon(self) -> str:
        """The last date that is simulated, in words."""
        return words(date_of(self.scenario, self.scenario.campaign.horizon_days))

    @cached_property
    def censored(self) -> int:
        """How many campaigns were not complete by the horizon."""
        return int((~self.results.replications["completed"]).sum())

    def row(self, quantity: str, statistic: str) -> int | None:
        """Return the row of a statistic in `summary.csv`, None if it has none."""
        return self._rows.get((quantity, statistic))

    def estimate(self, quantity: str, statistic: str) -> Estimate | None:
        """Return a statistic with its interval, None if it is not there."""
        row = self.row(quantity, statistic)
        return None if row is None else estimate_in(self.summary.rows[row], *ENDS)

    def date(self, quantity: str, statistic: str) -> str:
        """Return a percentile of a moment as a date; that it is later than the horizon if so."""
        row = self.row(quantity, statistic)
        found = None if row is None else self.summary.rows[row]["date"]
        return words(found) if found else f"later than {self.horizon}"

    def year_rows(self, by: str) -> dict[Year, int]:
        """Return the rows of `years.csv` that are about one kind of group."""
        return {
            (row["year"], by, row["name"], row["quantity"]): i
            for i, row in enumerate(self.years.rows)
            if row["by"] == by
        }

    @cached_property
    def _rows(self) -> dict[tuple[str, str], int]:
        rows = self.summary.rows
        return {(row["quantity"], row["statistic"]): i for i, row in enumerate(rows)}


def owes_all(deadline: Deadline) -> bool:
    """Tell whether a deadline asks for all land."""
    parts = (deadline.regions, deadline.sectors, deadline.released_share, deadline.released_ha)
    return all(part is None for part in parts)


def interval(row: int) -> list[At]:
    """Return a value of `summary.csv` and the ends of its interval."""
    return [At(row, end) for end in ENDS]


def picked(
    rows: dict[Year, int], of: tuple[int, str, str | None], wanted: Iterable[tuple[str, str]]
) -> list[At | str]:
    """Return fields of one year and group; nothing where a quantity is not there."""
    found = ((rows.get((*of, quantity)), column) for quantity, column in wanted)
    return ["" if row is None else At(row, column) for row, column in found]


def any_amount(source: Source, rows: Iterable[int], column: str) -> bool:
    """Tell whether a column holds anything but zeros in some rows."""
    return any(source.rows[i][column] for i in rows)


def columns_of(*stated: tuple[Any, ...]) -> list[Column]:
    """Return columns, each by what `Column` takes."""
    return [Column(*each) for each in stated]
