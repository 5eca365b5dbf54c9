"""An ensemble as tables, and tables as CSV.

The columns are stated once, in `SCHEMAS`; what is not applicable is null, an empty field. Numbers
are rounded where a table is built, so that a file reads well and its bytes can be reproduced;
`statistics.quantities` says to how many decimals.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from sim.outcome import OPEN, Ensemble, states_of
from sim.results.columns import (
    DATE,
    FLAG,
    NUMBER,
    TEXT,
    WHOLE,
    Columns,
    dates,
    estimates,
    quantiles,
    rounded,
    transposed,
    with_intervals,
)
from sim.results.csv import written
from sim.results.operators import SCHEMA as OPERATORS
from sim.results.operators import operators
from sim.results.places import (
    REGIONS,
    SECTORS,
    regions,
    regions_schema,
    sectors,
    sectors_schema,
)
from sim.results.years import SCHEMA as YEARS
from sim.results.years import years
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats, mean
from sim.statistics.quantities import (
    COUNTED,
    DAYS,
    HECTARES,
    MONEY,
    RELEASED,
    RELEASED_BY,
    SHARE,
    percentiles,
    quantity_of,
)
from sim.statistics.summary import (
    completion_days,
    costs,
    counts,
    released_by,
    restored_days,
    summarize,
    total_costs,
)
from sim.statistics.summary import progress as released_land

_PROGRESS = ["mean", *percentiles(RELEASED.written)]
SCHEMAS: dict[str, Columns] = {
    "summary": {
        "quantity": TEXT,
        "statistic": TEXT,
        **dict.fromkeys(("value", "ci_low", "ci_high"), NUMBER),
        "date": DATE,
    },
    "replications": {
        "replication": WHOLE,
        "completed": FLAG,
        "completion_day": NUMBER,
        "completion_date": DATE,
        **{name: NUMBER if about.unit == HECTARES else WHOLE for name, about in COUNTED.items()},
        "restored_day": NUMBER,
        "restored_date": DATE,
        "cost": NUMBER,
        "total_cost": NUMBER,
    },
    "progress": {
        "day": WHOLE,
        "date": DATE,
        "quantity": TEXT,
        **dict.fromkeys(_PROGRESS, NUMBER),
        **with_intervals(_PROGRESS),
    },
    "sectors": SECTORS,
    "crew_time": {"crew": TEXT, "state": TEXT, "days_mean": NUMBER, "share": NUMBER},
    "years": YEARS,
    "regions": REGIONS,
    "operators": OPERATORS,
}
"""Columns of each table; those of sectors and regions have more, as `schemas` says."""


def schemas(scenario: Scenario) -> dict[str, Columns]:
    """Return the columns of each table of the results of a scenario."""
    return SCHEMAS | {"sectors": sectors_schema(scenario), "regions": regions_schema(scenario)}


def tables(ensemble: Ensemble) -> dict[str, pl.DataFrame]:
    """Return every table of an ensemble by its name, in the order of `SCHEMAS`."""
    return {
        "summary": summary(ensemble),
        "replications": replications(ensemble),
        "progress": progress(ensemble),
        "sectors": sectors(ensemble),
        "crew_time": crew_time(ensemble),
        "years": years(ensemble),
        "regions": regions(ensemble),
        "operators": operators(ensemble),
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
        date=dates(ensemble, moments),
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
        completion_day=rounded(done, DAYS),
        completion_date=dates(ensemble, done),
        **{
            name: values.astype(np.int64) if schema[name] == WHOLE else rounded(values, HECTARES)
            for name, values in counts(ensemble).items()
        },
        restored_day=rounded(restored, DAYS),
        restored_date=dates(ensemble, restored),
        cost=rounded(costs(ensemble), MONEY) if scenario.costs else unpaid,
        total_cost=rounded(total_costs(ensemble), MONEY) if scenario.costs else unpaid,
    )


def progress(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per quantity and week, from day 0 to the last completion, or the horizon.

    Behind them stands one for each deadline: what is released of its land at the end of its date.
    """
    parts = []
    for quantity, gross in (("released_ha", False), ("gross_released_ha", True)):
        days, released = released_land(ensemble, gross=gross)
        horizon = math.ceil(ensemble.scenario.campaign.horizon_days)
        if ensemble.censored and horizon < days[-1]:  # the last week holds no more than that
            days = np.insert(days, -1, horizon)
            released = np.insert(released, -1, released[:, -1], axis=1)
        parts.append(_progress(ensemble, quantity, days, released))
    for i, deadline in enumerate(ensemble.scenario.deadline):
        day = np.array([(deadline.date - ensemble.scenario.campaign.start).days + 1.0])
        released = released_by(ensemble, i)[:, None]
        parts.append(_progress(ensemble, RELEASED_BY + deadline.name, day, released))
    return pl.concat(parts)


def _progress(ensemble: Ensemble, quantity: str, days: Floats, released: Floats) -> pl.DataFrame:
    """Return the rows of one quantity at some days (K), from what is released then (R, K)."""
    means = transposed([mean(column) for column in released.T])
    return _frame(
        "progress",
        day=days.astype(np.int64),
        date=dates(ensemble, days),
        quantity=[quantity] * len(days),
        **estimates({"mean": means, **quantiles(released, RELEASED.written)}, HECTARES),
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
        shares += rounded(np.diff(up_to, prepend=0.0), SHARE)
    return _frame(
        "crew_time",
        crew=[group.name for group in groups for _ in states],
        state=[state for _ in groups for state in states],
        days_mean=rounded(days.ravel(), DAYS),
        share=shares,
    )


def _frame(table: str, **columns: Any) -> pl.DataFrame:
    schema = SCHEMAS[table]
    return pl.DataFrame({name: columns[name] for name in schema}, schema=schema)
