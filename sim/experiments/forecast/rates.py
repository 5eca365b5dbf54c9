"""How fast land was released by the record, and how fast it would have to be from now on."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.experiments.forecast.forecast import Forecast
from sim.scenario.record import Report
from sim.scenario.scenario import Deadline
from sim.statistics.summary import counts, known_ha

WEEK_DAYS, MONTH_DAYS = 7.0, 365.25 / 12
_SELDOM_DAYS = 25.0  # between reports: they are monthly, and so are the rates


@dataclass(frozen=True)
class Rates:
    """How fast land is released, by the reports of all land that are no bounds.

    Attributes
    ----------
    period
        Of the rates, in words: "a week" or "a month".
    last
        The last of these reports.
    achieved_ha
        In a period, over the whole record.
    since
        When the report before the last one was made; None if there is none.
    lately_ha
        In a period since then.
    left_ha
        To be released after the last report, by the median; what is found, or contaminated again,
        is counted.
    needed_ha
        In a period, so that a deadline of all land that lies ahead is met.
    """

    period: str
    last: Report
    achieved_ha: float
    since: dt.date | None
    lately_ha: float
    left_ha: float
    needed_ha: tuple[tuple[Deadline, float], ...]


def rates_of(forecast: Forecast) -> Rates | None:
    """Return how fast land is released; None if no report says so."""
    exact = [
        (i, report)
        for i, report in enumerate(forecast.reports)
        if not report.kind and report.bound == "exact"
    ]
    if not exact:
        return None
    start = forecast.scenario.campaign.start
    column, last = exact[-1]
    ends = [0, *((report.date - start).days + 1 for _, report in exact)]
    seldom = float(np.median(np.diff(ends))) >= _SELDOM_DAYS
    period_days = MONTH_DAYS if seldom else WEEK_DAYS
    before = exact[-2][1] if len(exact) > 1 else None
    lately = last.released_ha - (before.released_ha if before else 0.0)
    left_ha = _left_ha(forecast, column)
    return Rates(
        period="a month" if seldom else "a week",
        last=last,
        achieved_ha=last.released_ha / ends[-1] * period_days,
        since=before.date if before else None,
        lately_ha=lately / (ends[-1] - ends[-2]) * period_days,
        left_ha=left_ha,
        needed_ha=tuple(
            (deadline, left_ha / (deadline.date - last.date).days * period_days)
            for deadline in _ahead(forecast, last.date)
        ),
    )


def _left_ha(forecast: Forecast, report: int) -> float:
    """Return the median of what is released from a report on until all is, counted as there."""
    ensemble, record = forecast.ensemble, forecast.scenario.record
    whole = known_ha(ensemble)
    if record is None or record.counts == "gross":
        whole = whole + counts(ensemble)["recontaminated_ha"]
    return max(0.0, float(np.median(whole - forecast.released[:, report])))


def _ahead(forecast: Forecast, last: dt.date) -> Iterator[Deadline]:
    """Yield the deadlines of all land after a date."""
    for deadline in forecast.scenario.deadline:
        some = (
            deadline.regions, deadline.sectors, deadline.released_share, deadline.released_ha
        )  # fmt: skip
        if deadline.date > last and all(each is None for each in some):
            yield deadline
