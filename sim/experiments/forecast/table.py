"""A forecast as tables: before and after the record, what it taught, where its reports lie."""

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from sim.experiments.forecast.before import SCHEMA as BEFORE
from sim.experiments.forecast.before import before
from sim.experiments.forecast.forecast import Forecast
from sim.experiments.forecast.histories import reported_of
from sim.outcome import Ensemble
from sim.results.columns import DATE, FLAG, NUMBER, TEXT, WHOLE, Columns, dates
from sim.results.csv import no_formula, written
from sim.results.words import key_words
from sim.scenario.keys import split
from sim.scenario.scenario import unit_of
from sim.statistics.estimates import Estimate, mean, probability, quantile
from sim.statistics.quantities import DAYS, FEW, HECTARES, SHARE, percentiles
from sim.statistics.summary import completion_days, deadline_probability, restricted_days

COMPLETION, COMPLETED, DEADLINE = "completion_day", "completed", "deadline"
WHEN = ("before", "after")
_BANDS = percentiles((10, 50, 90))
_DIGITS = 6  # of numbers of any unit
Of = tuple[str, str, str]  # quantity, name, statistic


def _bands(*names: str) -> Columns:
    return {f"{name}_{percentile}": NUMBER for name in names for percentile in _BANDS}


SCHEMAS: dict[str, Columns] = {
    "forecast": {
        **dict.fromkeys(("quantity", "name", "statistic"), TEXT),
        **{when + end: NUMBER for when in WHEN for end in ("", "_low", "_high")},
        **{f"{when}_date": DATE for when in WHEN},
    },
    "learned": {
        **dict.fromkeys(("key", "number", "unit"), TEXT),
        **_bands(*WHEN),
        **dict.fromkeys(("spread_taken", "decides"), NUMBER),
    },
    "reports": {
        "date": DATE,
        **dict.fromkeys(("kind", "name", "bound"), TEXT),
        **dict.fromkeys(("released_ha", "error_ha"), NUMBER),
        "published": DATE,
        "row": WHOLE,
        "note": TEXT,
        **dict.fromkeys(("place_before", "place_next", "place_after"), NUMBER),
        **_bands("released_before", "released_after"),
        "strange": FLAG,
    },
    "before": BEFORE,
}
"""Columns of each table; what is empty is null, as in what is read again."""


def tables(forecast: Forecast) -> dict[str, pl.DataFrame]:
    """Return every table of a forecast by its name, in the order of `SCHEMAS`."""
    return {
        "forecast": before_and_after(forecast),
        "learned": learned(forecast),
        "reports": reports(forecast),
        "before": before(forecast.prior),
    }


def before_and_after(forecast: Forecast) -> pl.DataFrame:
    """Return one row per number, before and after the record.

    The intervals after it are of as many replications as the campaigns are worth.
    """
    ensembles = (forecast.prior, forecast.ensemble)
    was, is_ = (
        dict(_numbers(ensemble, worth=worth))
        for ensemble, worth in zip(ensembles, (None, forecast.worth), strict=True)
    )
    rows = []
    for of in was:
        estimates = (was[of], is_[of])
        decimals = (DAYS if of[0] == COMPLETION else SHARE).decimals
        days = [each.value if of[0] == COMPLETION else math.nan for each in estimates]
        ends = [written(end, decimals) for estimate in estimates for end in estimate]
        quantity, name, statistic = of
        rows.append([quantity, name or None, statistic, *ends, *dates(forecast.prior, days)])
    return _frame("forecast", rows)


def _numbers(ensemble: Ensemble, *, worth: float | None) -> Iterator[tuple[Of, Estimate]]:
    days = completion_days(ensemble)
    for name, percent in zip(percentiles(FEW), FEW, strict=True):
        yield (COMPLETION, "", name), quantile(days, percent, worth=worth)
    cut_off = mean(restricted_days(ensemble), worth=worth)
    yield (COMPLETION, "", "restricted_mean"), cut_off
    n = ensemble.replications
    done = probability(n - ensemble.censored, n, worth=worth)
    yield (COMPLETED, "", "probability"), done
    for deadline in ensemble.scenario.deadline:
        chance = deadline_probability(ensemble, deadline, worth=worth)
        yield (DEADLINE, deadline.name, "probability"), chance


def learned(forecast: Forecast) -> pl.DataFrame:
    """Return one row per number that is not known, the one that was learned most of first."""
    rows = [
        [
            each.key,
            key_words(each.key),
            unit_of(split(each.key)) or None,
            *(_readable(value) for value in (*each.before, *each.after)),
            *(written(share, SHARE.decimals) for share in (each.taken, each.decides)),
        ]
        for each in forecast.learned
    ]
    return _frame("learned", rows)


def reports(forecast: Forecast) -> pl.DataFrame:
    """Return one row per report, its own error (sd), and where it lies."""
    rows = []
    errors = reported_of(forecast.scenario, forecast.reports).scale.tolist()
    for report, error_ha, place in zip(forecast.reports, errors, forecast.places, strict=True):
        stated = (report.date, report.kind or None, report.name or None, report.bound)
        about = (report.published, report.row, no_formula(report.note) or None)
        places = (place.before, place.next, place.after)
        released = (*place.released_before, *place.released_after)
        rows.append(
            [
                *stated,
                *(_hectares(amount) for amount in (report.released_ha, error_ha)),
                *about,
                *(written(share, SHARE.decimals) for share in places),
                *map(_hectares, released),
                place.is_strange,
            ]
        )
    return _frame("reports", rows)


def diagnostics(forecast: Forecast) -> dict[str, Any]:
    """Return how the campaigns that agree were found, for the manifest."""
    found = forecast.conditioned
    if found is None:
        return {"method": "plain", "worth": forecast.worth}
    numbers = (found.pareto_k, found.accepted, found.log_evidence)
    pareto_k, accepted, log_evidence = (_readable(value) for value in numbers)
    return {
        "method": found.method,
        "simulated": found.simulated,
        "worth": _readable(found.worth),
        "pareto_k": pareto_k,
        "distinct": _readable(found.distinct),
        "steps": [_readable(power) for power in found.steps],
        "accepted": accepted,
        "log_evidence": log_evidence,
    }


def estimates_of(frame: pl.DataFrame) -> dict[Of, tuple[Estimate, Estimate]]:
    """Return the numbers before and after the record, from the table of both."""

    def estimate(row: dict[str, Any], when: str) -> Estimate:
        ends = (row[when + end] for end in ("", "_low", "_high"))
        return Estimate(*(math.nan if end is None else end for end in ends))

    return {
        (row["quantity"], row["name"] or "", row["statistic"]): (
            estimate(row, "before"),
            estimate(row, "after"),
        )
        for row in frame.iter_rows(named=True)
    }


def _hectares(amount: float) -> float | None:
    return written(amount, HECTARES.decimals)


def _readable(value: float) -> float | None:
    """Return a number of any unit as it is written."""
    return float(f"{value:.{_DIGITS}g}") + 0.0 if math.isfinite(value) else None


def _frame(name: str, rows: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMAS[name], orient="row")
