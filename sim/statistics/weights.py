"""Campaigns weighed by how likely they make a record: how many they are worth, and which to take.

References
----------
Vehtari, Simpson, Gelman, Yao, Gabry (2024): Pareto smoothed importance sampling. JMLR 25(72).
Kitagawa (1996): Monte Carlo filter and smoother. J. Comput. Graph. Stat. 5(1): systematic
resampling.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SMALLEST = -200.0  # logarithm of a step that changes nothing


class Weights(NamedTuple):
    """Weights of campaigns.

    Attributes
    ----------
    shares
        They add to 1 (R).
    effective
        How many campaigns of equal weight are worth as much.
    pareto_k
        Shape of the tail of the weights; from 0.7 on they are not to be trusted. NaN if it
        cannot be told.
    """

    shares: Floats
    effective: float
    pareto_k: float


def smoothed(log_weights: Floats) -> Weights:
    """Return Pareto-smoothed weights.

    Parameters
    ----------
    log_weights
        Up to a constant (R).
    """
    # an import of its own weight, which only forecasts need
    from arviz_stats.base.array import array_stats  # noqa: PLC0415

    if np.ptp(log_weights) < 1e-9:  # nothing to be smoothed
        n = len(log_weights)
        return Weights(np.full(n, 1 / n), float(n), -np.inf)
    try:  # it takes logarithms of 1 / weight, and gives those of weights
        with np.errstate(divide="ignore", invalid="ignore"):  # many alike: k is NaN
            log_shares, k = array_stats.psislw(-log_weights)  # type: ignore[no-untyped-call]
    except ValueError:  # the greatest weights are alike: there is no tail
        log_shares, k = log_weights, -np.inf
    if np.isnan(log_shares).any():  # too many are alike
        log_shares, k = log_weights, np.nan
    shares = shares_of(np.asarray(log_shares))
    return Weights(shares, effective(shares), float(k))


def shares_of(log_weights: Floats) -> Floats:
    """Return weights that add to 1."""
    shares = np.exp(log_weights - log_weights.max())
    return np.asarray(shares / shares.sum())


def effective(shares: Floats) -> float:
    """Return how many equal weights are worth as much as these."""
    return float(1 / np.square(shares).sum())


def next_temperature(log_likelihood: Floats, reached: float, *, wanted: float) -> float:
    """Return the power of the likelihood at which campaigns are worth so many; at most 1.

    Parameters
    ----------
    log_likelihood
        Of campaigns that have equal weight at the power reached (R).
    reached
        At least 0, below 1.
    wanted
        Effective number, more than 1 and below R.
    """

    def surplus(log_step: float) -> float:
        return effective(shares_of(math.exp(log_step) * log_likelihood)) - wanted

    whole = math.log(1 - reached)
    if surplus(whole) >= 0:
        return 1.0
    return reached + math.exp(float(brentq(surplus, _SMALLEST, whole, xtol=1e-9)))


def resampled(shares: Floats, n: int, u: float) -> Ints:
    """Return which campaigns are taken so that all have equal weight (n), in rising order.

    Parameters
    ----------
    shares
        They add to 1 (R).
    n
        How many to take.
    u
        Uniform number.
    """
    up_to = np.cumsum(shares)
    at = (np.arange(n) + u) / n * up_to[-1]
    chosen: Ints = np.minimum(np.searchsorted(up_to, at, side="right"), len(shares) - 1)
    return chosen
