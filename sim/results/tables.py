"""An ensemble as tables, and tables as CSV.

The columns are stated once, in `SCHEMAS`; what is not applicable is null, an empty field. Numbers
are rounded where a table is built, so that a file reads well and its bytes can be reproduced;
`statistics.quantities` says to how many decimals.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from sim.outcome import OPEN, Ensemble, states_of
from sim.results.csv import written
from sim.scenario.dates import date_of
from sim.statistics.estimates import Estimate, Floats, interval_ranks, mean, probability
from sim.statistics.quantities import (
    COUNTED,
    DAYS,
    HECTARES,
    MONEY,
    RELEASED,
    SECTOR_DAY,
    SHARE,
    Unit,
    percentiles,
    quantity_of,
)
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

_NUMBER, _WHOLE, _TEXT = pl.Float64(), pl.Int64(), pl.String()
_DATE, _FLAG = pl.Date(), pl.Boolean()


def _with_intervals(names: Iterable[str]) -> dict[str, pl.DataType]:
    return {f"{name}_{end}": _NUMBER for name in names for end in ("low", "high")}


_PROGRESS = ["mean", *percentiles(RELEASED.written)]
_SECTOR = percentiles(SECTOR_DAY.written)
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
        **{name: _NUMBER if about.unit == HECTARES else _WHOLE for name, about in COUNTED.items()},
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
    about = [quantity_of(row.quantity) for row in rows]

    def column(end: int) -> list[float | None]:
        pairs = zip(rows, about, strict=True)
        return [written(row.estimate[end], quantity.unit.decimals) for row, quantity in pairs]

    moments = [
        row.estimate.value if quantity.has_date(row.statistic) else math.nan
        for row, quantity in zip(rows, about, strict=True)
    ]

    return _frame(
        "summary",
        quantity=[row.quantity for row in rows],
        statistic=[row.statistic for row in rows],
        value=column(0),
        ci_low=column(1),
        ci_high=column(2),
        date=_dates(ensemble, moments),
    )


def replications(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per replication."""
    n, scenario = ensemble.replications, ensemble.scenario
    done = completion_days(ensemble)
    restored = restored_days(ensemble) if scenario.restoration else np.full(n, np.nan)
    unpaid: Sequence[float | None] = [None] * n
    schema = SCHEMAS["replications"]
    return _frame(
        "replications",
        replication=ensemble.replication,
        completed=ensemble.completion_s != OPEN,
        completion_day=_rounded(done, DAYS),
        completion_date=_dates(ensemble, done),
        **{
            name: values.astype(np.int64) if schema[name] == _WHOLE else _rounded(values, HECTARES)
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
        columns = {"mean": means, **_quantiles(released, RELEASED.written)}
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
    days = _quantiles(to_days(ensemble, released_s), SECTOR_DAY.written)
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
    states = states_of(ensemble.scenario)
    columns = list(states.values())
    days = ensemble.group_time.mean(axis=0)[:, columns] / (1000 * ensemble.scenario.day_s)
    shares: list[float | None] = []
    for row in days:
        total = row.sum()
        up_to = (
            np.round(np.cumsum(row) / total, SHARE.decimals) if total else np.full(len(row), np.nan)
        )
        shares += _rounded(np.diff(up_to, prepend=0.0), SHARE)
    return _frame(
        "crew_time",
        crew=[group.name for group in groups for _ in states],
        state=[state for _ in groups for state in states],
        days_mean=_rounded(days.ravel(), DAYS),
        share=shares,
    )


def _quantiles(values: Floats, percents: Sequence[int]) -> dict[str, Floats]:
    """Return value, low and high (3, K) of quantiles of each column of (R, K), by name."""
    n = len(values)
    ordered = np.full((n + 2, values.shape[1]), np.nan)  # ranks 0 and n + 1: there is no such end
    ordered[1:-1] = np.sort(values, axis=0)
    return {
        name: ordered[[-(-percent * n // 100), *interval_ranks(n, percent)]]
        for name, percent in zip(percentiles(percents), percents, strict=True)
    }


def _transposed(estimates: Sequence[Estimate]) -> Floats:
    return np.array(estimates, dtype=np.float64).reshape(-1, 3).T


def _estimates(columns: Mapping[str, Floats], unit: Unit) -> dict[str, list[float | None]]:
    """Return estimates (3, K) as columns: the value, its low and its high."""
    return {
        name + suffix: _rounded(values, unit)
        for name, ends in columns.items()
        for suffix, values in zip(("", "_low", "_high"), ends, strict=True)
    }


def _rounded(values: Floats, unit: Unit) -> list[float | None]:
    return [written(value, unit.decimals) for value in values.tolist()]


def _dates(ensemble: Ensemble, days: Floats | list[float]) -> list[dt.date | None]:
    return [date_of(ensemble.scenario, float(day)) if math.isfinite(day) else None for day in days]


def _frame(table: str, **columns: Any) -> pl.DataFrame:
    schema = SCHEMAS[table]
    return pl.DataFrame({name: columns[name] for name in schema}, schema=schema)
