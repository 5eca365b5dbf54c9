"""Numbers about one sample, each with its 95 % interval."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri, stdtrit

Floats = NDArray[np.float64]
CONFIDENCE = 0.95
_TAIL = (1 - CONFIDENCE) / 2
_FEWEST_FOR_SD = 5
_Z = -float(ndtri(_TAIL))


class Estimate(NamedTuple):
    """A value and its 95 % interval; NaN for what cannot be had."""

    value: float
    low: float
    high: float


NOTHING = Estimate(math.nan, math.nan, math.nan)


def quantile(values: Floats, percent: int, *, worth: float | None = None) -> Estimate:
    """Return a quantile: the order statistic ceil(pN).

    Parameters
    ----------
    values
        Shape (R,); infinite where censored.
    percent
        1 to 99.
    worth
        How many independent values they are worth, if they are not independent.
    """
    return order_statistic(np.sort(values), percent, worth=worth)


def order_statistic(ordered: Floats, percent: int, *, worth: float | None = None) -> Estimate:
    """Return the quantile of values (R,) that are in order; infinite where censored.

    If they are worth fewer independent ones, its interval has the ranks of as many, each of which
    stands for several values: for all of them, so that the interval is rather too wide.
    """
    n = len(ordered)
    if n == 0:
        return NOTHING
    independent = _independent(n, worth)
    low, high = interval_ranks(independent, percent)
    low, high = (low - 1) * n // independent + 1, -(-high * n // independent)

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


def _independent(n: int, worth: float | None) -> int:
    """Return how many independent values n are worth: a whole number from 1 to n."""
    return n if worth is None else max(1, min(n, math.floor(worth)))


def probability(successes: int, n: int, *, worth: float | None = None) -> Estimate:
    """Return a probability, of n trials with so many successes; worth as in `quantile`."""
    if n == 0:
        return NOTHING
    p, z2, m = successes / n, _Z * _Z, _independent(n, worth)
    middle = (p + z2 / (2 * m)) / (1 + z2 / m)
    half = _Z * math.sqrt(p * (1 - p) / m + z2 / (4 * m * m)) / (1 + z2 / m)
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == n else middle + half
    return Estimate(p, low, high)


def mean(values: Floats, *, worth: float | None = None) -> Estimate:
    """Return the mean of values (R,); nothing where one is infinite; worth as in `quantile`."""
    n = len(values)
    if n == 0 or not np.isfinite(values).all():
        return NOTHING
    value, m = float(values.mean()), _independent(n, worth)
    if m == 1:
        return Estimate(value, math.nan, math.nan)
    half = float(stdtrit(m - 1, 1 - _TAIL)) * float(values.std(ddof=1)) / math.sqrt(m)
    return Estimate(value, value - half, value + half)


def sd(values: Floats) -> Estimate:
    """Return the standard deviation of values (R,); nothing where one is infinite.

    The interval is Bonett's (2006, Comput. Stat. Data Anal. 50): of the logarithm of the variance,
    with a kurtosis about the trimmed mean.
    """
    n = len(values)
    if n < 2 or not np.isfinite(values).all():
        return NOTHING
    value = float(values.std(ddof=1))
    if n < _FEWEST_FOR_SD or value == 0:
        return Estimate(value, *((0.0, 0.0) if value == 0 else (math.nan, math.nan)))
    cut = int(n / (2 * math.sqrt(n - 4)))
    middle = np.sort(values)[cut : n - cut].mean()
    off = (values - np.array([[middle], [values.mean()]])) / value
    kurtosis = n * float((off[0] ** 4).sum()) / float((off[1] ** 2).sum()) ** 2
    factor = n / (n - _Z)
    error = factor * math.sqrt(max(0.0, kurtosis - (n - 3) / n) / (n - 1))
    low, high = (math.sqrt(factor * math.exp(sign * _Z * error)) for sign in (-1, 1))
    return Estimate(value, value * low, value * high)


def probability_within(known: int, unknown: int, n: int, *, worth: float | None = None) -> Estimate:
    """Return a probability of which some trials are not decided: empty, but for its interval."""
    least, most = (probability(k, n, worth=worth) for k in (known, known + unknown))
    return least if unknown == 0 else Estimate(math.nan, least.low, most.high)
