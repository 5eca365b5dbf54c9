"""Tables on the terminal: columns one below the other, and the estimates in them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.results.words import with_interval, words
from sim.scenario.dates import date_of
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Estimate

MOST_LINES = 60
Row = Mapping[str, Any]


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], *, file: str) -> Iterator[str]:
    """Yield the lines of a table, as many as can be read; the rest is in a file."""
    shown = [header, *rows[:MOST_LINES]]
    widths = [max(len(row[i]) for row in shown) for i in range(len(header))]
    for row in shown:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()
    if len(rows) > MOST_LINES:
        yield f"  ... and {len(rows) - MOST_LINES} more in {file}"


def estimate(row: Row, name: str) -> Estimate:
    """Return an estimate of a row whose columns have the usual names."""
    return estimate_in(row, name, f"{name}_low", f"{name}_high")


def estimate_in(row: Row, *columns: str) -> Estimate:
    """Return the estimate in three columns of a row of a table; NaN for what is empty."""
    return Estimate(*(math.nan if row[name] is None else float(row[name]) for name in columns))


def signed(value: float, decimals: int) -> str:
    """Return a difference with its sign."""
    return "not known" if math.isnan(value) else f"{round(value, decimals) + 0.0:+.{decimals}f}"


def signed_words(difference: Estimate, decimals: int) -> str:
    """Return a difference with its sign and its interval."""
    value, low, high = ("" if math.isnan(end) else signed(end, decimals) for end in difference)
    return with_interval(value or "not known", low, high)


def date_words(scenario: Scenario, days: Estimate, *, simulated: Scenario | None = None) -> str:
    """Return a day as a date with its interval.

    Parameters
    ----------
    scenario
        From whose start days are counted.
    days
        Empty where they are beyond the horizon.
    simulated
        Whose horizon that is, if it is another scenario's.
    """
    last = simulated or scenario
    horizon = words(date_of(last, last.campaign.horizon_days))
    value, low, high = ("" if math.isnan(x) else words(date_of(scenario, x)) for x in days)
    return with_interval(value or f"later than {horizon}", low, high)
