"""A comparison as a table."""

import polars as pl

from sim.experiments.compare.compare import Comparison
from sim.experiments.compare.differences import Difference
from sim.results.csv import written
from sim.statistics.quantities import quantity_of

_NUMBERS = (
    "baseline_value", "variant_value", "difference", "difference_low", "difference_high",
    "baseline_low", "baseline_high", "variant_low", "variant_high",
)  # fmt: skip
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("baseline", "variant", "quantity", "statistic"), pl.String()),
    **dict.fromkeys(_NUMBERS, pl.Float64()),
}


def table(comparison: Comparison) -> pl.DataFrame:
    """Return one row per variant, quantity and statistic, with the columns of `SCHEMA`."""
    rows = [
        [comparison.baseline, name, row.quantity, row.statistic, *_numbers(row)]
        for name, found in comparison.differences.items()
        for row in found
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _numbers(row: Difference) -> list[float | None]:
    places = quantity_of(row.quantity).unit.decimals
    numbers = [row.baseline.value, row.variant.value, *row.difference]
    numbers += [*row.baseline[1:], *row.variant[1:]]
    return [written(number, places) for number in numbers]
