"""What was really released, for the forecast: what a scenario states about it, and one report."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field

from sim.scenario.kinds import Spread
from sim.scenario.table import Table, key

Kind = Literal["", "region", "sector", "operator"]
Bound = Literal["exact", "at_least", "at_most"]
BOUNDS: tuple[Bound, ...] = get_args(Bound)
PLACES: tuple[Kind, ...] = get_args(Kind)[1:]


class Record(Table):
    """What was really released, as it was reported.

    It makes no other scenario: runs do not depend on it, and neither it nor its file counts in the
    digest.
    """

    file: Annotated[str, Field(min_length=1)] = key(
        "The reports (CSV), path relative to this file.", title="record"
    )
    error_ha: Annotated[float, Field(ge=0, le=1e9)] = key(
        "Error of a report (sd), whatever its amount. This or `error_share` is above 0.",
        0.0,
        unit="ha",
        title="error of a report",
    )
    error_share: Spread = key(
        "Error of a report (sd) over its own amount: what was released since the one before it. "
        "It holds beside `error_ha` too, unless 0 is stated.",
        0.1,
        title="error of a report (share of its own amount)",
    )
    bias_share: Spread = key(
        "sd of the one share by which all reports count too much or too little: a definition of "
        "released land that is not the scenario's.",
        0.0,
        title="bias of all reports",
    )
    tails: Annotated[float, Field(ge=1, allow_inf_nan=True)] = key(
        "Degrees of freedom of the errors of reports (Student); `inf`: normal errors.",
        4.0,
        title="tails of the errors of reports",
    )
    until: dt.date | None = key(
        "Nothing published later is used.", None, title="last day of the record"
    )
    counts: Literal["gross", "net"] = key(
        "Whether land counts each time it is released, so that totals never fall, or land that is "
        "contaminated again is taken off.",
        "gross",
        title="what reports count",
    )


@dataclass(frozen=True)
class Report:
    """How much land was released by the end of a day, as somebody reported it.

    Attributes
    ----------
    date
        The last day that counts.
    kind, name
        The land, or whose work: a region, a sector, an operator; both empty for all of it.
    bound
        Whether it was as much, at least as much, or at most as much.
    released_ha
        Since day 0, at least 0.
    own_ha
        Since the report before of the same place, of whatever bound; of the first, since day 0.
        Below 0 where totals fall, or after an upper bound.
    published
        The day from which on it was known.
    row
        Of the file, as a spreadsheet counts them.
    note
        On one line.
    """

    date: dt.date
    kind: Kind
    name: str
    bound: Bound
    released_ha: float
    own_ha: float
    published: dt.date
    row: int
    note: str

    @property
    def place(self) -> tuple[Kind, str]:
        """Kind and name."""
        return self.kind, self.name
