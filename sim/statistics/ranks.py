"""Which part of a variance an input has alone, from results that one has anyway.

Put the results in the order of the input. What it explains is alike in neighbours, all else is
not: half of the mean square by which neighbours differ is the variance that it does not explain. A
window of several neighbours on either side errs much less about small shares than the next one
alone, and little more about steep ones.

The interval is that of the jackknife that leaves out one of some groups at a time: nothing is
drawn, so that there are no ties, which spoil the bootstrap of ranks. It counts the chance of small
shares more than once (Efron, Stein 1981): of an input without effect it is too wide.

References
----------
Gamboa, Gremaud, Klein, Lagnoux (2022), Bernoulli 28(4). More neighbours: Lin, Han (2023),
Biometrika 110(2). Jackknife: Efron, Stein (1981), Annals of Statistics 9(3).
"""

import math

import numpy as np
from scipy.special import stdtrit
from scipy.stats import rankdata

from sim.statistics.estimates import CONFIDENCE, NOTHING, Estimate, Floats

_GROUPS = 20
_WIDEST = 16  # neighbours on either side


def share_by_rank(x: Floats, y: Floats) -> Estimate:
    """Return the part of the variance that an input has alone; nothing where nothing varies.

    Parameters
    ----------
    x
        Values of the input (R).
    y
        Finite results (R).
    """
    n = len(y)
    if n < 2 or np.ptp(y) == 0:
        return NOTHING
    order = np.argsort(x, kind="stable")
    y, group = y[order], (np.arange(n) % _GROUPS)[order]
    reach = _reach(n)
    value = _explained(y, reach)
    groups = min(n, _GROUPS)
    left = np.array([_explained(y[group != g], reach) for g in range(groups)])
    error = math.sqrt((groups - 1) * left.var()) * float(stdtrit(groups - 1, (1 + CONFIDENCE) / 2))
    return Estimate(value, value - error, value + error)


def chance_of_rank(n: int) -> float:
    """Return the standard error of the share of an input without effect, from n results."""
    return 1 / math.sqrt(n * _reach(n))


def _reach(n: int) -> int:
    """Return how many neighbours on either side a result is compared with."""
    return min(_WIDEST, max(1, round(math.sqrt(n) / 3)))


def correlation_of_ranks(x: Floats, y: Floats) -> float:
    """Return the rank correlation (Spearman's), 0 if there is no spread.

    Parameters
    ----------
    x, y
        Finite (R).
    """
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def _explained(y: Floats, reach: int) -> float:
    """Return the share in the variance of results (R) in the order of what explains it."""
    if len(y) < 2 or np.ptp(y) == 0:
        return math.nan
    apart, neighbours = np.zeros(len(y)), np.zeros(len(y))
    for lag in range(1, min(reach, len(y) - 1) + 1):
        square = (y[lag:] - y[:-lag]) ** 2
        for side in (slice(lag, None), slice(None, -lag)):
            apart[side] += square
            neighbours[side] += 1
    return 1 - float((apart / neighbours).mean() / 2 / y.var(ddof=1))
