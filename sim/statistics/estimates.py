"""Numbers about one sample, each with its 95 % interval."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri, stdtrit

Floats = NDArray[np.float64]
CONFIDENCE = 0.95
_TAIL = (1 - CONFIDENCE) / 2
_Z = -float(ndtri(_TAIL))


class Estimate(NamedTuple):
    """A value and its 95 % interval; NaN for what cannot be had."""

    value: float
    low: float
    high: float


NOTHING = Estimate(math.nan, math.nan, math.nan)


def quantile(values: Floats, percent: int) -> Estimate:
    """Return a quantile: the order statistic ceil(pN).

    Parameters
    ----------
    values
        Shape (R,); infinite where censored.
    percent
        1 to 99.
    """
    return order_statistic(np.sort(values), percent)


def order_statistic(ordered: Floats, percent: int) -> Estimate:
    """Return the quantile of values (R,) that are in order; infinite where censored."""
    n = len(ordered)
    if n == 0:
        return NOTHING
    low, high = interval_ranks(n, percent)

    def at(rank: int) -> float:
        known = 1 <= rank <= n and math.isfinite(ordered[rank - 1])
        return float(ordered[rank - 1]) if known else math.nan

    return Estimate(at(-(-percent * n // 100)), at(low), at(high))


def interval_ranks(n: int, percent: int) -> tuple[int, int]:
    """Return the ranks (from 1) of the order statistics that enclose a quantile with 95 %.

    A rank of 0 or n + 1 says that n values are too few for that end.
    """
    p = percent / 100
    reach = 10 * math.sqrt(n * p * (1 - p)) + 10
    first = max(0, math.floor(n * p - reach))
    k = np.arange(first, min(n, math.ceil(n * p + reach)) + 1)
    reached = bdtr(k.astype(np.float64), n, p)
    low = first + int(np.searchsorted(reached, _TAIL))
    high = first + int(np.searchsorted(reached, 1 - _TAIL)) + 1
    return low, high


def probability(successes: int, n: int) -> Estimate:
    """Return a probability, of n trials with so many successes."""
    if n == 0:
        return NOTHING
    p, z2 = successes / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == n else middle + half
    return Estimate(p, low, high)


def mean(values: Floats) -> Estimate:
    """Return the mean of values (R,); nothing where one is infinite."""
    n = len(values)
    if n == 0 or not np.isfinite(values).all():
        return NOTHING
    value = float(values.mean())
    if n == 1:
        return Estimate(value, math.nan, math.nan)
    half = float(stdtrit(n - 1, 1 - _TAIL)) * float(values.std(ddof=1)) / math.sqrt(n)
    return Estimate(value, value - half, value + half)


def sd(values: Floats) -> Estimate:
    """Return the standard deviation of values (R,); nothing where one is infinite."""
    n = len(values)
    if n < 2 or not np.isfinite(values).all():
        return NOTHING
    value = float(values.std(ddof=1))
    if n < 4 or value == 0:
        return Estimate(value, *((0.0, 0.0) if value == 0 else (math.nan, math.nan)))
    fourth = float(((values - values.mean()) ** 4).mean())
    error = math.sqrt(max(0.0, (fourth - value**4 * (n - 3) / (n - 1)) / n)) / (2 * value)
    return Estimate(value, max(0.0, value - _Z * error), value + _Z * error)


def probability_within(known: int, unknown: int, n: int) -> Estimate:
    """Return a probability of which some trials are not decided: empty, but for its interval."""
    if unknown == 0:
        return probability(known, n)
    return Estimate(math.nan, probability(known, n).low, probability(known + unknown, n).high)
