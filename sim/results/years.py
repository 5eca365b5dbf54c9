"""What is done and paid in each calendar year, as a table."""

import polars as pl

from sim.outcome import Ensemble
from sim.results.columns import (
    NUMBER,
    TEXT,
    WHOLE,
    Columns,
    estimates,
    quantiles,
    transposed,
    with_intervals,
)
from sim.statistics.estimates import mean
from sim.statistics.quantities import BY_YEAR, YEARLY, percentiles
from sim.statistics.yearly import amounts, rounded_means, years_of

_ESTIMATES = ["mean", *percentiles(BY_YEAR)]
SCHEMA: Columns = {
    "year": WHOLE,
    "by": TEXT,
    "name": TEXT,
    "quantity": TEXT,
    **dict.fromkeys(_ESTIMATES, NUMBER),
    **with_intervals(_ESTIMATES),
}


def years(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per calendar year, group and quantity, up to the last end of all work.

    Means are rounded so that groups and years add up: see `statistics.yearly.rounded_means`. The
    interval of a mean is that of the exact one, and holds the rounded one too.
    """
    found, of = amounts(ensemble), years_of(ensemble)
    frames = []
    for each, means in zip(found, rounded_means(found), strict=True):
        unit, values = YEARLY[each.quantity].unit, each.of_year / each.per
        columns = {"mean": transposed([mean(column) for column in values.T])}
        rows = estimates(columns | quantiles(values, BY_YEAR), unit)
        rows["mean"] = [number / 10**unit.decimals for number in means]
        for end, outer in (("low", min), ("high", max)):
            pairs = zip(rows["mean"], rows[f"mean_{end}"], strict=True)
            rows[f"mean_{end}"] = [y if y is None else outer(x, y) for x, y in pairs]
        names = {"by": each.by, "name": each.name or None, "quantity": each.quantity}
        n = len(of)
        texts = {key: [text] * n for key, text in names.items()}
        frames.append(pl.DataFrame({"year": of} | texts | rows, schema=SCHEMA))
    return pl.concat(frames).sort("year", maintain_order=True)
