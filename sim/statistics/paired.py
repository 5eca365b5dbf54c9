"""How two samples on common random numbers differ, replication by replication."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit
from scipy.stats import bootstrap

from sim.statistics.estimates import CONFIDENCE, Estimate, Floats, interval_ranks, quantile

Bools = NDArray[np.bool_]
_RESAMPLES = 1999
_BATCH = 2_000_000  # numbers resampled at a time
_INFINITE, _KNOWN = 1e30, 1e16  # infinity that can be averaged, and more than any day or cost


def pairing(before: Floats, after: Floats) -> float:
    """Return the width of the mean difference's interval over that of independent ensembles.

    Parameters
    ----------
    before, after
        Finite (R).
    """
    n = len(before)
    if n < 2:
        return math.nan
    apart = math.sqrt(before.var(ddof=1) + after.var(ddof=1)) * _student(2 * n - 2)
    together = float((after - before).std(ddof=1)) * _student(n - 1)
    return together / apart if apart else math.nan


def _student(degrees: int) -> float:
    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def combined_quantiles(
    samples: Sequence[Floats], weights: Sequence[float], percent: int
) -> Estimate:
    """Return the weighted sum of a quantile of paired samples; what is not known is NaN.

    Parameters
    ----------
    samples
        Each (R), infinite where censored.
    weights
        One for each sample: (-1, 1) is the difference of the second from the first.
    percent
        1 to 99.
    """
    values = [quantile(sample, percent).value for sample in samples]
    value = sum(weight * x for weight, x in zip(weights, values, strict=True))
    low, high = interval_ranks(len(samples[0]), percent)
    ends = (math.nan, math.nan)
    if low >= 1 and high <= len(samples[0]):  # else they are too few
        ends = _resampled(samples, weights, percent)
    return Estimate(value, *ends)


def _resampled(
    samples: Sequence[Floats], weights: Sequence[float], percent: int
) -> tuple[float, float]:
    """Return the interval of a weighted sum of quantiles; an end that is not known is NaN.

    Where infinities stand against each other it may be anything.
    """
    low, high = _bootstrap(samples, weights, percent, unknown=-_INFINITE)
    if sum(bool(np.isinf(sample).any()) for sample in samples) > 1:
        high = _bootstrap(samples, weights, percent, unknown=_INFINITE)[1]
    return (low if abs(low) < _KNOWN else math.nan), (high if abs(high) < _KNOWN else math.nan)


def _bootstrap(
    samples: Sequence[Floats], weights: Sequence[float], percent: int, *, unknown: float
) -> tuple[float, float]:
    n = len(samples[0])
    rank = -(-percent * n // 100) - 1

    def statistic(*resampled: Floats, axis: int) -> Any:
        total, up, down = np.zeros(1), np.zeros(1, np.bool_), np.zeros(1, np.bool_)
        for weight, values in zip(weights, resampled, strict=True):
            x = np.partition(values, rank, axis=axis).take(rank, axis=axis)
            total = total + weight * x
            up = up | ((x == _INFINITE) & (weight > 0))
            down = down | ((x == _INFINITE) & (weight < 0))
        return np.where(up & down, unknown, np.clip(total, -_INFINITE, _INFINITE))

    found = bootstrap(
        [np.where(np.isinf(values), _INFINITE, values) for values in samples],
        statistic,
        paired=True,
        vectorized=True,
        method="percentile",
        confidence_level=CONFIDENCE,
        n_resamples=_RESAMPLES,
        batch=max(1, 2 * _BATCH // (n * len(samples))),
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)


def probability_difference(before: Bools, after: Bools, *, same: bool = False) -> Estimate:
    """Return the difference of two probabilities on matched pairs.

    Parameters
    ----------
    before, after
        What happened (R).
    same
        Whether both are known to be one and the same thing: the difference is then certain.
    """
    n = len(before)
    gained, lost = (int(np.count_nonzero(x)) for x in (after & ~before, before & ~after))
    value = (gained - lost) / n if n else math.nan
    if same or not n:
        return Estimate(value, value, value)
    size, shift = n + 2, gained - lost
    half = -float(ndtri((1 - CONFIDENCE) / 2)) / size
    half *= math.sqrt(gained + lost + 1 - shift * shift / size)
    return Estimate(value, max(-1.0, shift / size - half), min(1.0, shift / size + half))
