"""What befalls the crews, in compiled code."""

import math

import numpy as np

from sim.machine_code import kept
from sim.sampling.compiled.bulk import poisson
from sim.sampling.compiled.streams import Floats, Ints, Keys, longer, uniform


@kept
def poisson_each(u: Floats, mean: float) -> Ints:
    """Return the Poisson number of each u, shape (n,)."""
    out = np.empty(u.size, np.int64)
    for i in range(u.size):
        out[i] = poisson(u[i], mean)
    return out


@kept
def ragged_uniforms(
    keys: Keys, group: Ints, ordinals: Ints, first: Ints, replication: int
) -> Floats:
    """Return a uniform number for each entry of each crew (C); `first` delimits the crews."""
    out = np.empty(first[-1])
    for c in range(first.size - 1):
        for i in range(first[c], first[c + 1]):
            out[i] = uniform(keys[group[c]], i - first[c], ordinals[c], replication, 0)
    return out


@kept
def exponential_thresholds(
    keys: Keys, group: Ints, ordinals: Ints, replication: int, mean: Floats, limit: float
) -> tuple[Ints, Ints]:
    """Return, crew by crew, running sums of exponential gaps up to a limit.

    Parameters
    ----------
    keys, group, ordinals, replication
        Addresses of the crews' streams (C): keys of the groups (G), and who is in which.
    mean
        Mean gap of each group (G); infinite: none.
    limit
        Sums above it are left out.

    Returns
    -------
    Offsets (C + 1) into the thresholds, rounded half up.
    """
    first = np.zeros(group.size + 1, np.int64)
    found, n = np.empty(64, np.int64), 0
    for c in range(group.size):
        key, gap, total, i = keys[group[c]], mean[group[c]], 0.0, 0
        while gap < np.inf:
            total -= gap * math.log(uniform(key, i, ordinals[c], replication, 0))
            if total > limit:
                break
            if n == found.size:
                found = longer(found)
            found[n] = math.floor(total + 0.5)
            i, n = i + 1, n + 1
        first[c + 1] = n
    return first, found[:n].copy()


@kept
def geometric_thresholds(
    keys: Keys, group: Ints, ordinals: Ints, replication: int, probability: float, limit: int
) -> tuple[Ints, Ints]:
    """Return, crew by crew, which of its chances succeed: running sums of geometric gaps.

    Parameters
    ----------
    keys, group, ordinals, replication
        Addresses of the crews' streams (C): keys of the groups (G), and who is in which.
    probability
        Of each chance.
    limit
        Number of chances.

    Returns
    -------
    Offsets (C + 1) into the thresholds: 3 means the third chance.
    """
    first = np.zeros(group.size + 1, np.int64)
    found, n = np.empty(64, np.int64), 0
    scale = 1 / math.log1p(-probability) if 0 < probability < 1 else 0.0
    for c in range(group.size if probability > 0 else 0):
        key, total, i = keys[group[c]], 0, 0
        while True:
            gap = math.log(uniform(key, i, ordinals[c], replication, 0)) * scale
            if gap > limit:
                break
            total += 1 + int(gap)
            if total > limit:
                break
            if n == found.size:
                found = longer(found)
            found[n] = total
            i, n = i + 1, n + 1
        first[c + 1] = n
    return first, found[:n].copy()
