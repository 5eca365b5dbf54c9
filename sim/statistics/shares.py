"""Which part of a variance each factor has: Sobol' indices, by exchanging one at a time.

Rows A and B of the design are independent of each other; AB_i is row A with factor i of row B. The
first-order index of a factor is the part of the variance that it has alone; the total index is the
part in which it has any share, alone or with others. A factor that does nothing has exactly 0.

The first-order index is a correlation, r(B, AB), less what chance makes of it: r(A, B) is 0 but for
chance, and r(A, AB) times as much of that is in r(B, AB). For large shares that is the correlation
estimator (Martinez), for small ones the difference of Saltelli et al.; its error is not above that
of either. The total index is Jansen's, less the same chance as far as a large share has it.

References
----------
First order: Martinez (2011), in GdR Mascot Num; Janon et al. (2014), ESAIM Probability and
Statistics 18; Saltelli et al. (2010), Computer Physics Communications 181(2). Total: Jansen (1999),
Computer Physics Communications 117.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import bootstrap

from sim.statistics.estimates import CONFIDENCE, NOTHING, Estimate, Floats

_MOST_RESAMPLES, _FEWEST_RESAMPLES, _NUMBERS = 999, 100, 20_000_000
_BATCH = 2_000_000  # numbers resampled at a time


class Share(NamedTuple):
    """The part of the variance that a factor has alone, and in all."""

    first_order: Estimate
    total: Estimate


def shares(a: Floats, b: Floats, exchanged: Mapping[str, Floats]) -> dict[str, Share]:
    """Return the share of each factor; nothing where nothing varies.

    Parameters
    ----------
    a, b
        Finite results of the rows A and B (R).
    exchanged
        Results of the rows AB of each factor, by its name (R).
    """
    if len(a) < 2 or np.ptp([a, b]) == 0:
        return {name: Share(NOTHING, NOTHING) for name in exchanged}
    return {name: _share(a, b, ab) for name, ab in exchanged.items()}


def _share(a: Floats, b: Floats, ab: Floats) -> Share:
    """Return the share of one factor, with bootstrap intervals: rows are drawn as a whole."""
    values = _indices(a, b, ab)
    found = bootstrap(
        (a, b, ab),
        _indices,
        paired=True,
        vectorized=True,
        method="percentile",
        confidence_level=CONFIDENCE,
        n_resamples=int(np.clip(_NUMBERS // len(a), _FEWEST_RESAMPLES, _MOST_RESAMPLES)),
        batch=max(1, _BATCH // len(a)),
        rng=np.random.default_rng(0),
    ).confidence_interval
    ends = zip(values, found.low, found.high, strict=True)
    return Share(*(Estimate(*(float(x) for x in each)) for each in ends))


def _indices(a: Floats, b: Floats, ab: Floats, axis: int = -1) -> Floats:
    """Return the first-order and the total index (2, ...)."""
    everything = np.concatenate([a, b, ab], axis=axis)
    chance = _correlation(a, b, axis)
    alone = _correlation(b, ab, axis) - _correlation(a, ab, axis) * chance
    apart = _ratio(((a - ab) ** 2).mean(axis=axis) / 2, everything.var(axis=axis))
    return np.stack([alone, apart + alone**2 * chance])


def _correlation(x: Floats, y: Floats, axis: int) -> Floats:
    x, y = (z - z.mean(axis=axis, keepdims=True) for z in (x, y))
    spread = np.sqrt((x * x).sum(axis=axis) * (y * y).sum(axis=axis))
    return _ratio((x * y).sum(axis=axis), spread)


def _ratio(part: Any, whole: Any) -> Floats:
    """Return a part of a whole, 0 of nothing."""
    found: Floats = np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)
    return found
