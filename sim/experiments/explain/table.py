"""An explanation as a table, and the answers in it."""

import numpy as np
import polars as pl

from sim.experiments.explain.explain import Explanation, Key
from sim.results.csv import written
from sim.statistics.estimates import Estimate
from sim.statistics.quantities import DAYS

_UNIT = DAYS  # shares have as many decimals
_ENDS = ("value", "ci_low", "ci_high")
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("kind", "name", "quantity"), pl.String()),
    **dict.fromkeys(_ENDS, pl.Float64()),
}


def table(explanation: Explanation) -> pl.DataFrame:
    """Return one row per answer, with the columns of `SCHEMA`."""
    rows = [
        [*of, *(written(end, _UNIT.decimals) for end in estimate)]
        for of, estimate in explanation.answers.items()
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def answers_of(table: pl.DataFrame) -> dict[Key, Estimate]:
    """Return the answers in a table."""
    return {
        (row["kind"], row["name"], row["quantity"]): Estimate(
            *(np.nan if row[end] is None else row[end] for end in _ENDS)
        )
        for row in table.iter_rows(named=True)
    }
