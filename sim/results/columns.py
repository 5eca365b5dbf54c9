"""Numbers as columns of tables: types, rounding, dates, and estimates with their intervals."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from sim.outcome import Ensemble
from sim.results.csv import written
from sim.scenario.dates import date_of
from sim.statistics.estimates import Estimate, Floats, interval_ranks
from sim.statistics.quantities import Unit, percentiles

NUMBER, WHOLE, TEXT = pl.Float64(), pl.Int64(), pl.String()
DATE, FLAG = pl.Date(), pl.Boolean()
Columns = dict[str, pl.DataType]


def with_intervals(names: Iterable[str]) -> Columns:
    """Return the columns of the intervals of some estimates."""
    return {f"{name}_{end}": NUMBER for name in names for end in ("low", "high")}


def quantiles(values: Floats, percents: Sequence[int]) -> dict[str, Floats]:
    """Return value, low and high (3, K) of quantiles of each column of (R, K), by name."""
    n = len(values)
    ordered = np.full((n + 2, values.shape[1]), np.nan)  # ranks 0 and n + 1: there is no such end
    ordered[1:-1] = np.sort(values, axis=0)
    return {
        name: ordered[[-(-percent * n // 100), *interval_ranks(n, percent)]]
        for name, percent in zip(percentiles(percents), percents, strict=True)
    }


def transposed(estimates: Sequence[Estimate]) -> Floats:
    """Return values, lows and highs of some estimates (3, K)."""
    return np.array(estimates, dtype=np.float64).reshape(-1, 3).T


def estimates(columns: Mapping[str, Floats], unit: Unit) -> dict[str, list[float | None]]:
    """Return estimates (3, K) as columns: the value, its low and its high."""
    return {
        name + suffix: rounded(values, unit)
        for name, ends in columns.items()
        for suffix, values in zip(("", "_low", "_high"), ends, strict=True)
    }


def rounded(values: Floats, unit: Unit) -> list[float | None]:
    """Return numbers as they are written."""
    return [written(value, unit.decimals) for value in values.tolist()]


def dates(ensemble: Ensemble, days: Floats | list[float]) -> list[dt.date | None]:
    """Return the dates of days; none of what is not known."""
    return [date_of(ensemble.scenario, float(day)) if math.isfinite(day) else None for day in days]
