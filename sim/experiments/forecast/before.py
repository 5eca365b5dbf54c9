"""The campaign before its record, as far as the pictures of a forecast show it: `before.csv`."""

import numpy as np
import polars as pl

from sim.outcome import Ensemble
from sim.results.columns import DATE, NUMBER, TEXT, Columns, dates, quantiles, rounded
from sim.results.tables import progress
from sim.statistics.quantities import DAYS, KNOWN, percentiles
from sim.statistics.summary import completion_days

SCHEMA: Columns = {
    "quantity": TEXT,
    "statistic": TEXT,
    "day": NUMBER,
    "date": DATE,
    "released_ha": NUMBER,
}
PICTURES = ("forecast_progress", "forecast_completion", "forecast_learned")
"""Of a forecast, by the names of their files."""
PERCENTS = range(1, 100)
"""Of the completion."""
COMPLETION, NET, GROSS = "completion_day", "released_ha", "gross_released_ha"


def before(prior: Ensemble) -> pl.DataFrame:
    """Return when plain campaigns are complete, and how the land grows that reports count.

    One row for each percentile of the completion from P01 to P99, its day and date empty beyond the
    horizon; and P10, P50 and P90 of the released land, week by week: `gross_released_ha`, or
    `released_ha` where reports are net.

    Parameters
    ----------
    prior
        Campaigns without the record.
    """
    record = prior.scenario.record
    counted = NET if record and record.counts == "net" else GROSS
    done = quantiles(completion_days(prior)[:, None], PERCENTS)
    days = [float(ends[0, 0]) for ends in done.values()]
    land = progress(prior).filter(pl.col("quantity") == counted)
    stated = {
        "quantity": [COMPLETION] * len(done),
        "statistic": list(done),
        "day": rounded(np.array(days), DAYS),
        "date": dates(prior, days),
    }
    parts = [pl.DataFrame(stated, schema_overrides={k: SCHEMA[k] for k in stated})]
    for name in percentiles(KNOWN):
        parts.append(
            land.select(
                "quantity",
                pl.lit(name).alias("statistic"),
                pl.col("day").cast(NUMBER),
                "date",
                pl.col(name).alias("released_ha"),
            )
        )
    return pl.concat(parts, how="diagonal").select(list(SCHEMA))
