"""Numbers about an ensemble: quantiles with intervals, the chance of a deadline.

Statistics take plain arrays, with infinity for what did not happen before the horizon. Every
estimate carries a 95 % interval; an end, or a value, that cannot be had is NaN.

References
----------
Quantiles: order statistics and the binomial law (David, Nagaraja 2003: Order Statistics, 7.1).
Probabilities: Wilson (1927), JASA 22. Mean: Student. Standard deviation: Bonett (2006), Comput.
Stat. Data Anal. 50.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.outcome import OPEN, WEEK_DAYS, Ensemble
from sim.scenario.dates import end_of_date_s, reaches_beyond
from sim.scenario.money import Fund, Money
from sim.scenario.scenario import Deadline
from sim.statistics.estimates import (
    Estimate,
    Floats,
    mean,
    order_statistic,
    probability,
    probability_within,
    quantile,
    sd,
)
from sim.statistics.quantities import (
    COUNTED,
    DEADLINE,
    FUND,
    HECTARES,
    MISSING,
    RELEASED_BY,
    percentiles,
    quantity_of,
)
from sim.statistics.two_phase import TwoPhase, two_phase
from sim.world import PER_HA


@dataclass(frozen=True)
class Row:
    """One line of a summary."""

    quantity: str
    statistic: str
    estimate: Estimate


def summarize(ensemble: Ensemble) -> list[Row]:
    """Return all statistics of an ensemble, in the order of `summary.csv`.

    Quantities that end with the completion (days, cost) are censored where it is.
    """
    quantities: list[tuple[str, Floats]] = [("completion_day", completion_days(ensemble))]
    if ensemble.scenario.restoration:
        quantities.append(("restored_day", restored_days(ensemble)))
    if ensemble.scenario.costs:
        quantities.append(("cost", np.where(_done(ensemble), costs(ensemble), np.inf)))
        if ensemble.scenario.restoration:
            done = ensemble.restored_s != OPEN
            quantities.append(("total_cost", np.where(done, total_costs(ensemble), np.inf)))
    quantities += [*counts(ensemble).items(), ("known_ha", known_ha(ensemble))]
    cut_off = _restricted(ensemble)
    rows = [
        row
        for name, values in quantities
        for row in [*_statistics(name, values), *cut_off.get(name, ())]
    ]
    if ensemble.further:
        rows = [_told_better(row, two_phase(ensemble)) for row in rows]
    rows.append(Row("completed", "probability", completed(ensemble)))
    for deadline in ensemble.scenario.deadline:
        name = DEADLINE + deadline.name
        rows.append(Row(name, "probability", deadline_probability(ensemble, deadline)))
    for i, deadline in enumerate(ensemble.scenario.deadline):
        rows += _statistics(RELEASED_BY + deadline.name, released_by(ensemble, i))
    for i, fund in enumerate(ensemble.scenario.money.fund if ensemble.scenario.money else ()):
        use = fund_use(ensemble, i)
        rows.append(Row(FUND + fund.name, "probability", use.probability))
        if ensemble.scenario.money and ensemble.scenario.money.when_spent == "continue":
            rows += _statistics(MISSING + fund.name, use.missing)
    return rows


def _statistics(name: str, values: Floats) -> list[Row]:
    ordered, percents = np.sort(values), quantity_of(name).written
    rows = [Row(name, "mean", mean(values)), Row(name, "sd", sd(values))]
    named = zip(percentiles(percents), percents, strict=True)
    return rows + [Row(name, p, order_statistic(ordered, percent)) for p, percent in named]


def _told_better(row: Row, law: TwoPhase) -> Row:
    """Return a percentile of the completion as more replications place it, other rows as is."""
    if row.quantity != "completion_day" or not row.statistic.startswith("p"):
        return row
    return replace(row, estimate=law.quantile(int(row.statistic[1:])))


def completion_quantile(ensemble: Ensemble, percent: int) -> Estimate:
    """Return a quantile of the completion, days, from all replications that say of it."""
    if ensemble.further:
        return two_phase(ensemble).quantile(percent)
    return quantile(completion_days(ensemble), percent)


def completed(ensemble: Ensemble) -> Estimate:
    """Return the probability to be complete by the horizon."""
    if ensemble.further:
        return two_phase(ensemble).probability(ensemble.scenario.campaign.horizon_days)
    return probability(ensemble.replications - ensemble.censored, ensemble.replications)


def _restricted(ensemble: Ensemble) -> dict[str, list[Row]]:
    """Return what is known of quantities if all is cut off at the horizon, where that changes it.

    Of a day it is the mean; of a cost also the percentiles that are shown.
    """
    found: dict[str, list[Row]] = {}
    for name, end, values in (
        ("completion_day", ensemble.completion_s, restricted_days(ensemble)),
        ("cost", ensemble.completion_s, costs(ensemble)),
        ("total_cost", ensemble.restored_s, total_costs(ensemble)),
    ):
        if (end != OPEN).all():
            continue
        shown = quantity_of(name).shown if name != "completion_day" else ()
        found[name] = [Row(name, "restricted_mean", mean(values))]
        found[name] += [Row(name, f"restricted_p{p}", quantile(values, p)) for p in shown]
    return found


def _done(ensemble: Ensemble) -> NDArray[np.bool_]:
    return np.asarray(ensemble.completion_s != OPEN)


def to_days(ensemble: Ensemble, seconds: NDArray[np.int64]) -> Floats:
    """Return times in days, infinite for what did not happen."""
    return np.where(seconds == OPEN, np.inf, seconds / ensemble.scenario.day_s)


def completion_days(ensemble: Ensemble) -> Floats:
    """Return the completion of each replication (R), days."""
    return to_days(ensemble, ensemble.completion_s)


def restricted_days(ensemble: Ensemble) -> Floats:
    """Return the completion of each replication (R), days; the horizon where it is later."""
    return np.minimum(completion_days(ensemble), ensemble.scenario.campaign.horizon_days)


def restored_days(ensemble: Ensemble) -> Floats:
    """Return when phase two was complete too (R), days."""
    return to_days(ensemble, ensemble.restored_s)


def costs(ensemble: Ensemble) -> Floats:
    """Return the cost up to completion or the horizon (R), currency."""
    return np.asarray(ensemble.cost.sum(axis=1) / (100 * ensemble.scenario.day_s))


def total_costs(ensemble: Ensemble) -> Floats:
    """Return the cost up to the end of phase two, if there is one (R), currency."""
    return np.asarray(ensemble.total_cost.sum(axis=1) / (100 * ensemble.scenario.day_s))


def counts(ensemble: Ensemble) -> dict[str, Floats]:
    """Return the counts of each replication (R): areas in ha, the rest as they are."""
    return {
        name: ensemble.counts[:, i] / (PER_HA if about.unit == HECTARES else 1)
        for i, (name, about) in enumerate(COUNTED.items())
    }


def known_ha(ensemble: Ensemble) -> Floats:
    """Return the land known at the end of each replication, found land included (R), ha."""
    return np.asarray(ensemble.sector_m2.sum(axis=1) / PER_HA)


def deadline_probability(
    ensemble: Ensemble, deadline: Deadline | dt.date, *, worth: float | None = None
) -> Estimate:
    """Return the probability of a deadline, or of completion by the end of a date.

    Of a date beyond the horizon it is not known whether replications meet it that were censored
    before they did: the value is then empty, and the interval covers both. Worth as in `quantile`.
    """
    if ensemble.further and is_of_all_land(deadline):
        end_s = end_of_date_s(ensemble.scenario, date_by(deadline))
        if not reaches_beyond(ensemble.scenario, date_by(deadline)):
            return two_phase(ensemble).probability(end_s / ensemble.scenario.day_s)
    met_s = when_met(ensemble, deadline)
    return chance_by(ensemble, met_s, date_by(deadline), worth=worth)


def chance_by(
    ensemble: Ensemble, met_s: NDArray[np.int64], date: dt.date, *, worth: float | None = None
) -> Estimate:
    """Return the probability that what happens at some times (R) has happened by a date.

    Not known as in `deadline_probability`.
    """
    by_then = int(np.count_nonzero(_happened_by(ensemble, met_s, date)))
    unknown = 0
    if reaches_beyond(ensemble.scenario, date):
        unknown = int(np.count_nonzero((met_s == OPEN) & ~_done(ensemble)))
    return probability_within(by_then, unknown, ensemble.replications, worth=worth)


def _happened_by(ensemble: Ensemble, met_s: NDArray[np.int64], date: dt.date) -> NDArray[np.bool_]:
    return np.asarray((met_s != OPEN) & (met_s <= end_of_date_s(ensemble.scenario, date)))


def meets(ensemble: Ensemble, deadline: Deadline | dt.date) -> NDArray[np.bool_]:
    """Return whether each replication is known to meet a deadline, or to be complete then (R)."""
    return _happened_by(ensemble, when_met(ensemble, deadline), date_by(deadline))


def when_met(ensemble: Ensemble, deadline: Deadline | dt.date) -> NDArray[np.int64]:
    """Return when what a deadline asks for was released; of a date that is all land (R), s."""
    if isinstance(deadline, dt.date):
        return ensemble.completion_s
    return ensemble.deadline_s[:, ensemble.scenario.deadline.index(deadline)]


def is_of_all_land(deadline: Deadline | dt.date) -> bool:
    """Tell whether a deadline is one of completion."""
    if isinstance(deadline, dt.date):
        return True
    asks = (deadline.regions, deadline.sectors, deadline.released_share, deadline.released_ha)
    return all(each is None for each in asks)


def date_by(deadline: Deadline | dt.date) -> dt.date:
    """Return the date of a deadline."""
    return deadline if isinstance(deadline, dt.date) else deadline.date


def released_by(ensemble: Ensemble, deadline: int) -> Floats:
    """Return what is released at the end of a deadline's date, of its land (R), ha.

    Infinite where it is not known, for the date is beyond the horizon.
    """
    released = ensemble.deadline_m2[:, deadline] / PER_HA
    beyond = reaches_beyond(ensemble.scenario, ensemble.scenario.deadline[deadline].date)
    return np.where(beyond & ~_done(ensemble), np.inf, released)


class FundUse(NamedTuple):
    """How far a fund went in each replication (R)."""

    enough: NDArray[np.bool_]
    """It lasted until its phase was complete: what it bore had come by then, at every moment."""
    unknown: NDArray[np.bool_]
    """Its phase was not complete at the horizon, and it lasted until then, with money left."""
    spent: NDArray[np.bool_]
    """There was no money left at the end."""
    missing: Floats
    """How much was missing at most, so far where the phase was not complete; currency."""

    @property
    def probability(self) -> Estimate:
        """That it is enough; empty if that is not known of all, and the interval covers both."""
        known, either = int(np.count_nonzero(self.enough)), int(np.count_nonzero(self.unknown))
        return probability_within(known, either, len(self.enough))


def fund_use(ensemble: Ensemble, fund: int) -> FundUse:
    """Return how far a fund, by its place in the scenario, went."""
    money = ensemble.scenario.money
    assert money
    spent = ensemble.fund_cost[:, fund] >= ensemble.fund_amount[:, fund] * ensemble.scenario.day_s
    missing = ensemble.fund_missing[:, fund] / (100 * ensemble.scenario.day_s)
    end = ensemble.restored_s if "restoration" in money.fund[fund].roles else ensemble.completion_s
    enough, unknown = (end != OPEN) & (missing == 0), (end == OPEN) & ~spent & (missing == 0)
    if not _bears_in_time(money, money.fund[fund]):  # all is known from day 0 on
        enough, unknown = missing == 0, np.zeros_like(unknown)
    return FundUse(enough, unknown, spent, missing)


def _bears_in_time(money: Money, fund: Fund) -> bool:
    """Tell whether a fund bears anything after day 0."""
    mine = [overhead for overhead in money.overhead if overhead.fund == fund.name]
    return bool(fund.roles) or any(overhead.per_year is not None for overhead in mine)


def progress(ensemble: Ensemble, *, gross: bool) -> tuple[Floats, Floats]:
    """Return the days 0, 7, 14 ... up to the last completion (W), and the released land then.

    Parameters
    ----------
    ensemble
        Of any size.
    gross
        Whether land released again counts again.

    Returns
    -------
    Days (W) and released hectares (R, W).
    """
    weekly = ensemble.week_gross_m2 if gross else ensemble.week_released_m2
    week_s = WEEK_DAYS * ensemble.scenario.day_s
    last = weekly.shape[1] - 1
    if ensemble.replications and not ensemble.censored:
        last = min(last, int(-(-ensemble.completion_s.max() // week_s)))
    released = np.cumsum(weekly[:, : last + 1], axis=1) / PER_HA
    return np.arange(last + 1, dtype=np.float64) * WEEK_DAYS, released
