"""An ensemble as tables, and tables as CSV.

The columns are stated once, in `SCHEMAS`; what is not applicable is null, an empty field. Numbers
are rounded where a table is built, so that a file reads well and its bytes can be reproduced: days
to 6 decimals, hectares to 4 (a square metre), money to 2, probabilities and shares to 6.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sim.outcome import COUNTS, OPEN, STATES, Ensemble
from sim.results.csv import written
from sim.scenario.dates import date_of
from sim.statistics.estimates import Estimate, interval_ranks, mean, probability
from sim.statistics.summary import (
    completion_days,
    costs,
    counts,
    restored_days,
    summarize,
    to_days,
    total_costs,
)
from sim.statistics.summary import progress as released_land
from sim.world import PER_HA

Floats = NDArray[np.float64]
DAYS, HECTARES, MONEY, SHARE = 6, 4, 2, 6  # decimals
PROGRESS_PERCENTS = (5, 10, 25, 50, 75, 90, 95)
SECTOR_PERCENTS = (10, 50, 80, 90)
_NUMBER, _WHOLE, _TEXT = pl.Float64(), pl.Int64(), pl.String()
_DATE, _FLAG = pl.Date(), pl.Boolean()


def _with_intervals(names: Iterable[str]) -> dict[str, pl.DataType]:
    return {f"{name}_{end}": _NUMBER for name in names for end in ("low", "high")}


_PROGRESS = ["mean", *(f"p{p:02d}" for p in PROGRESS_PERCENTS)]
_SECTOR = [f"p{p}" for p in SECTOR_PERCENTS]
SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "summary": {
        "quantity": _TEXT,
        "statistic": _TEXT,
        **dict.fromkeys(("value", "ci_low", "ci_high"), _NUMBER),
        "date": _DATE,
    },
    "replications": {
        "replication": _WHOLE,
        "completed": _FLAG,
        "completion_day": _NUMBER,
        "completion_date": _DATE,
        **{
            name.replace("_m2", "_ha"): _NUMBER if name.endswith("_m2") else _WHOLE
            for name in COUNTS
        },
        "restored_day": _NUMBER,
        "restored_date": _DATE,
        "cost": _NUMBER,
        "total_cost": _NUMBER,
    },
    "progress": {
        "day": _WHOLE,
        "date": _DATE,
        "quantity": _TEXT,
        **dict.fromkeys(_PROGRESS, _NUMBER),
        **_with_intervals(_PROGRESS),
    },
    "sectors": {
        "sector": _TEXT,
        "area_ha": _NUMBER,
        "completed": _NUMBER,
        **dict.fromkeys(_SECTOR, _NUMBER),
        **{f"{name}_date": _DATE for name in _SECTOR},
        **_with_intervals(["completed", *_SECTOR]),
    },
    "crew_time": {"crew": _TEXT, "state": _TEXT, "days_mean": _NUMBER, "share": _NUMBER},
}


def tables(ensemble: Ensemble) -> dict[str, pl.DataFrame]:
    """Return every table of an ensemble by its name, in the order of `SCHEMAS`."""
    return {
        "summary": summary(ensemble),
        "replications": replications(ensemble),
        "progress": progress(ensemble),
        "sectors": sectors(ensemble),
        "crew_time": crew_time(ensemble),
    }


def summary(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per quantity and statistic; `date` is the value as a date, where it is one."""
    rows = summarize(ensemble)
    decimals = [_decimals(row.quantity, row.statistic) for row in rows]
    dated = [row.quantity.endswith("_day") and row.statistic not in _NO_DATES for row in rows]

    def column(end: int) -> list[float | None]:
        pairs = zip(rows, decimals, strict=True)
        return [written(row.estimate[end], places) for row, places in pairs]

    return _frame(
        "summary",
        quantity=[row.quantity for row in rows],
        statistic=[row.statistic for row in rows],
        value=column(0),
        ci_low=column(1),
        ci_high=column(2),
        date=_dates(
            ensemble,
            [r.estimate.value if d else math.nan for r, d in zip(rows, dated, strict=True)],
        ),
    )


_NO_DATES = ("sd", "probability")


def _decimals(quantity: str, statistic: str) -> int:
    if statistic == "probability" or quantity.endswith("_day"):
        return SHARE
    if quantity.endswith("_ha"):
        return HECTARES
    return MONEY if quantity in ("cost", "total_cost") or ":" in quantity else SHARE


def replications(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per replication."""
    n, scenario = ensemble.replications, ensemble.scenario
    done = completion_days(ensemble)
    restored = restored_days(ensemble) if scenario.restoration else np.full(n, np.nan)
    unpaid: Sequence[float | None] = [None] * n
    return _frame(
        "replications",
        replication=ensemble.replication,
        completed=ensemble.completion_s != OPEN,
        completion_day=_rounded(done, DAYS),
        completion_date=_dates(ensemble, done),
        **{
            name: _rounded(values, HECTARES) if name.endswith("_ha") else values.astype(np.int64)
            for name, values in counts(ensemble).items()
        },
        restored_day=_rounded(restored, DAYS),
        restored_date=_dates(ensemble, restored),
        cost=_rounded(costs(ensemble), MONEY) if scenario.costs else unpaid,
        total_cost=_rounded(total_costs(ensemble), MONEY) if scenario.costs else unpaid,
    )


def progress(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per quantity and week, from day 0 to the last completion."""
    parts = []
    for quantity, gross in (("released_ha", False), ("gross_released_ha", True)):
        days, released = released_land(ensemble, gross=gross)
        means = _transposed([mean(column) for column in released.T])
        columns = {"mean": means, **_quantiles(released, PROGRESS_PERCENTS)}
        parts.append(
            _frame(
                "progress",
                day=days.astype(np.int64),
                date=_dates(ensemble, days),
                quantity=[quantity] * len(days),
                **_estimates(columns, HECTARES),
            )
        )
    return pl.concat(parts)


def sectors(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per sector: its mean known area, and when it is released.

    `completed` is the share of the replications in which the sector was released.
    """
    n, released_s = ensemble.replications, ensemble.sector_release_s
    completed = [probability(int(k), n) for k in np.count_nonzero(released_s != OPEN, axis=0)]
    days = _quantiles(to_days(ensemble, released_s), SECTOR_PERCENTS)
    return _frame(
        "sectors",
        sector=ensemble.scenario.sector_names,
        area_ha=_rounded(ensemble.sector_m2.mean(axis=0) / PER_HA, HECTARES),
        **_estimates({"completed": _transposed(completed)}, SHARE),
        **_estimates(days, DAYS),
        **{f"{name}_date": _dates(ensemble, columns[0]) for name, columns in days.items()},
    )


def crew_time(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per group of crews and state: mean crew-days, and their share.

    Shares are rounded so that those of a group add to 1; they are null where the group was never
    there.
    """
    groups = ensemble.scenario.crew
    days = ensemble.group_time.mean(axis=0) / (1000 * ensemble.scenario.day_s)
    shares: list[float | None] = []
    for row in days:
        total = row.sum()
        up_to = np.round(np.cumsum(row) / total, SHARE) if total else np.full(len(row), np.nan)
        shares += _rounded(np.diff(up_to, prepend=0.0), SHARE)
    return _frame(
        "crew_time",
        crew=[group.name for group in groups for _ in STATES],
        state=[state for _ in groups for state in STATES],
        days_mean=_rounded(days.ravel(), DAYS),
        share=shares,
    )


def _quantiles(values: Floats, percents: Iterable[int]) -> dict[str, Floats]:
    """Return value, low and high (3, K) of quantiles of each column of (R, K), by name."""
    n = len(values)
    ordered = np.full((n + 2, values.shape[1]), np.nan)  # ranks 0 and n + 1: there is no such end
    ordered[1:-1] = np.sort(values, axis=0)
    return {f"p{p:02d}": ordered[[-(-p * n // 100), *interval_ranks(n, p)]] for p in percents}


def _transposed(estimates: Sequence[Estimate]) -> Floats:
    return np.array(estimates, dtype=np.float64).reshape(-1, 3).T


def _estimates(columns: Mapping[str, Floats], decimals: int) -> dict[str, list[float | None]]:
    """Return estimates (3, K) as columns: the value, its low and its high."""
    return {
        name + suffix: _rounded(values, decimals)
        for name, ends in columns.items()
        for suffix, values in zip(("", "_low", "_high"), ends, strict=True)
    }


def _rounded(values: Floats, decimals: int) -> list[float | None]:
    return [written(value, decimals) for value in values.tolist()]


def _dates(ensemble: Ensemble, days: Floats | list[float]) -> list[dt.date | None]:
    return [date_of(ensemble.scenario, float(day)) if math.isfinite(day) else None for day in days]


def _frame(table: str, **columns: Any) -> pl.DataFrame:
    schema = SCHEMAS[table]
    return pl.DataFrame({name: columns[name] for name in schema}, schema=schema)
