"""What each operator does and costs, as a table."""

import numpy as np
import polars as pl

from sim.outcome import OPEN, Ensemble
from sim.results.columns import NUMBER, TEXT, Columns, with_intervals
from sim.results.csv import written
from sim.statistics.estimates import Estimate, Floats, mean, quantile
from sim.statistics.quantities import OF_OPERATOR, percentiles
from sim.statistics.yearly import amounts, rounded_means
from sim.world import PER_HA

_PERCENTS = (10, 50, 90)
_CUT_OFF = ("crew_days", "deminer_days", "cost")  # not known before all work is at its end
_NAMES = [f"{name}_{x}" for name in OF_OPERATOR for x in ("mean", *percentiles(_PERCENTS))]
_RESTRICTED = [f"{name}_restricted_mean" for name in _CUT_OFF]
SCHEMA: Columns = {
    "operator": TEXT,
    **dict.fromkeys([*_NAMES, *_RESTRICTED], NUMBER),
    **with_intervals([*_NAMES, *_RESTRICTED]),
}


def operators(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per operator, and a last one for the cost that is no operator's, if any is.

    Means of amounts are the sums of those in `years`, so that operators add up to the campaign.
    """
    found = amounts(ensemble)
    unfinished = ensemble.restored_s == OPEN
    rows: dict[str, dict[str, float | str | None]] = {}
    totals: dict[str, dict[str, Floats]] = {}
    for each, of_years in zip(found, rounded_means(found), strict=True):
        if each.by != "operator" or each.quantity not in OF_OPERATOR:
            continue
        row = rows.setdefault(each.name, {"operator": each.name or None})
        values = totals.setdefault(each.name, {})[each.quantity] = _in_all(each.of_year, each.per)
        decimals = OF_OPERATOR[each.quantity].decimals
        exact, rounded = mean(values), sum(of_years) / 10**decimals
        ends = Estimate(rounded, min(rounded, exact.low), max(rounded, exact.high))
        cut_off = each.quantity in _CUT_OFF and unfinished.any()
        _enter(row, f"{each.quantity}_{'restricted_mean' if cut_off else 'mean'}", ends, decimals)
        known = np.where(unfinished, np.inf, values) if cut_off else values
        _enter_percentiles(row, each.quantity, known)
    for name, row in rows.items():
        for quantity, ratio in _ratios(totals[name]).items():
            _enter(row, f"{quantity}_mean", mean(ratio), OF_OPERATOR[quantity].decimals)
            _enter_percentiles(row, quantity, ratio)
    return pl.DataFrame(list(rows.values()), schema=SCHEMA)


def _in_all(of_year: np.typing.NDArray[np.int64], per: int) -> Floats:
    return np.asarray(of_year.sum(axis=1) / per)


def _ratios(totals: dict[str, Floats]) -> dict[str, Floats]:
    """Return what a deminer clears in a day, and what that costs, where any work was done at all.

    Of all that the operator does: its surveyors' days and pay too.
    """
    if "deminer_days" not in totals:
        return {}
    with np.errstate(divide="ignore", invalid="ignore"):
        cleared_m2 = totals["cleared_ha"] * PER_HA
        found = {"m2_per_deminer_day": cleared_m2 / totals["deminer_days"]}
        if "cost" in totals:
            found["cost_per_m2"] = totals["cost"] / cleared_m2
    return {name: ratio[~np.isnan(ratio)] for name, ratio in found.items()}


def _enter_percentiles(row: dict[str, float | str | None], quantity: str, values: Floats) -> None:
    for name, percent in zip(percentiles(_PERCENTS), _PERCENTS, strict=True):
        _enter(row, f"{quantity}_{name}", quantile(values, percent), OF_OPERATOR[quantity].decimals)


def _enter(
    row: dict[str, float | str | None], column: str, estimate: Estimate, decimals: int
) -> None:
    for end, value in zip(("", "_low", "_high"), estimate, strict=True):
        row[column + end] = written(value, decimals)
