"""Draws in bulk: whole sectors of parcels, in compiled code.

Everything here inverts a distribution function. Continuous laws of parcels go through a table of
their quantile function, finer and finer towards both ends; whole numbers go through a guide table.

References
----------
Chen, Asau (1974): On generating random variates from an empirical distribution. AIIE Trans. 6(2).
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.machine_code import kept
from sim.sampling.compiled.streams import TO_UNIT_32, Floats, Ints, philox

# A quantile table has four levels of 1024 cells. Level 0 covers all of (0, 1); its first and last
# 16 cells are covered again by level 1, and so on down to one part in 2^28.
_LEVELS, _CELLS, _TAIL = 4, 1024, 16
_BLOCK = 256
MOST_FAILURES = 32_000  # of one parcel
INDEX_BITS, INDEX = 32, 2**32 - 1


def lognormal_table(cv: float) -> Floats:
    """Return the quantile table of the mean-one lognormal law, shape (4, 2, 1025).

    Parameters
    ----------
    cv
        Coefficient of variation, more than 0.
    """
    variance = math.log1p(cv * cv)
    cells = np.arange(_CELLS + 1) / _CELLS
    table = np.empty((_LEVELS, 2, _CELLS + 1))
    for level in range(_LEVELS):
        u = np.clip(cells * 2.0 ** (-6 * level), TO_UNIT_32 / 2, 1 - TO_UNIT_32 / 2)
        z = ndtri(u)
        table[level, 0] = np.exp(-variance / 2 + math.sqrt(variance) * z)
        table[level, 1] = np.exp(-variance / 2 - math.sqrt(variance) * z)
    return table


@kept
def _from_table(table: Floats, word: np.int64) -> float:
    """Return the quantile of the uniform number (word + 1/2) / 2^32, linear between knots."""
    side = 0
    if word >= 1 << 31:
        side, word = 1, np.int64((1 << 32) - 1 - word)
    level = 0
    while level < _LEVELS - 1 and word >> (22 - 6 * level) < _TAIL:
        level += 1
    shift = 22 - 6 * level
    cell = word >> shift
    part = (word - (cell << shift) + 0.5) / (1 << shift)
    low, high = table[level, side, cell], table[level, side, cell + 1]
    return float(low + part * (high - low))


@kept
def words(n: int, key: np.uint64, ordinal: int, replication: int, sub: int) -> NDArray[np.uint32]:
    """Return the 32-bit words of indices 0 to n - 1, shape (n,): four of one counter in turn.

    They are computed in lanes side by side and put in their order afterwards, so that the processor
    does several counters at once.
    """
    counters = (n + 3) // 4
    out = np.empty(4 * counters, np.uint32)
    lanes = np.empty((4, _BLOCK), np.uint32)
    lane0, lane1, lane2, lane3 = lanes[0], lanes[1], lanes[2], lanes[3]
    for start in range(0, counters, _BLOCK):
        length = min(_BLOCK, counters - start)
        for i in range(length):
            w0, w1, w2, w3 = philox(key, start + i, ordinal, replication, sub)
            lane0[i], lane1[i], lane2[i], lane3[i] = w0, w1, w2, w3
        for i in range(length):
            at = 4 * (start + i)
            out[at], out[at + 1], out[at + 2], out[at + 3] = lane0[i], lane1[i], lane2[i], lane3[i]
    return out[:n]


@kept
def fill_factors(
    out: Floats,
    scale: float,
    table: Floats,
    key: np.uint64,
    ordinal: int,
    replication: int,
    sub: int,
) -> None:
    """Fill out (n,) with scale times a mean-one factor for each parcel; no table: no variation."""
    if table.size == 0:
        out[:] = scale
        return
    w = words(out.size, key, ordinal, replication, sub)
    middle = table[0].ravel()
    for i in range(out.size):  # several at a time, as if there were no tails
        side = np.int64(w[i] >> 31)
        word = np.int64(w[i]) ^ (-side & 0xFFFFFFFF)
        knot = side * (_CELLS + 1) + (word >> 22)
        part = ((word & 0x3FFFFF) + 0.5) / (1 << 22)
        out[i] = scale * (middle[knot] + part * (middle[knot + 1] - middle[knot]))
    for i in range(out.size):
        if (np.int64(w[i]) + (_TAIL << 22)) & 0xFFFFFFFF < _TAIL << 23:
            out[i] = scale * _from_table(table, np.int64(w[i]))


@kept
def fill_chosen(
    out: Floats, share: float, key: np.uint64, ordinal: int, replication: int, sub: int
) -> None:
    """Make the entries of out (n,) negative that are not chosen, each with probability share."""
    if share >= 1:
        return
    w = words(out.size, key, ordinal, replication, sub)
    for i in range(out.size):
        if (w[i] + 0.5) * TO_UNIT_32 >= share:
            out[i] = -1.0


@kept
def fill_survey(
    out: NDArray[np.int8],
    cancelled: float,
    reduced: float,
    key: np.uint64,
    ordinal: int,
    replication: int,
    sub: int,
) -> None:
    """Fill out (n,) with what survey finds: 0 cancelled, 1 reduced, 2 confirmed."""
    w = words(out.size, key, ordinal, replication, sub)
    for i in range(out.size):
        u = (w[i] + 0.5) * TO_UNIT_32
        out[i] = 0 if u < cancelled else (1 if u < cancelled + reduced else 2)


@kept
def fill_inspections(
    first: Ints,
    passed: NDArray[np.bool_],
    place: Ints,
    n: int,
    inspected: float,
    failure: float,
    key: np.uint64,
    ordinal: int,
    replication: int,
    sub: int,
) -> int:
    """Enter inspections from number n on: each parcel's first (n,), if passed, and whose it is.

    A place is the index of a parcel and, in bits of its own, how many inspections it had before.
    Return one more than the last; those for which there is no room are counted only.
    """
    w = words(first.size, key, ordinal, replication, sub)
    for i in range(first.size):
        word_u, threshold, attempt = (w[i] + 0.5) * TO_UNIT_32, inspected, 0
        if word_u < threshold:
            first[i] = n
        while word_u < threshold and attempt <= MOST_FAILURES:
            threshold *= failure
            if n < place.size:
                place[n] = attempt << INDEX_BITS | i
                passed[n] = word_u >= threshold or attempt == MOST_FAILURES
            attempt += 1
            n += 1
    return n


@kept
def count_table(mean: float, k: float) -> tuple[NDArray[np.uint32], NDArray[np.int32], int]:
    """Return cdf, guide and least value of a negative binomial (k > 0) or Poisson (k = 0) law.

    The cdf is in 32-bit steps from the least value on, as far as 32 bits reach; the guide holds,
    for each 1024th of the unit interval, where to begin to look.
    """
    mode = max(0, int((k - 1) * mean / k)) if k > 0 else int(mean)
    if k > 0:
        log_top = (
            math.lgamma(mode + k) - math.lgamma(k) - math.lgamma(mode + 1.0)
            + k * math.log(k / (k + mean)) + mode * math.log(mean / (k + mean))
        )  # fmt: skip
    else:
        log_top = mode * math.log(mean) - mean - math.lgamma(mode + 1.0)
    top = math.exp(log_top)
    ratio = mean / (k + mean) if k > 0 else 0.0
    low, p, below = mode, top, 0.0
    while low > 0 and p > 1e-14:
        p *= low / ((low - 1 + k) * ratio) if k > 0 else low / mean
        low -= 1
        below += p
    high, p, total = mode, top, below + top
    while p > 1e-16 and 1 - total > 0.1 * TO_UNIT_32:
        p *= (high + k) * ratio / (high + 1) if k > 0 else mean / (high + 1)
        high += 1
        total += p
    cdf = np.empty(high - low + 1, np.uint32)
    # once more upwards from the least value, adding small to large
    p = top
    for x in range(mode, low, -1):
        p *= x / ((x - 1 + k) * ratio) if k > 0 else x / mean
    reached = 0.0
    for x in range(low, high + 1):
        reached += p
        cdf[x - low] = min(int(reached * 4294967296.0), 4294967295)
        p *= (x + k) * ratio / (x + 1) if k > 0 else mean / (x + 1)
    cdf[high - low] = 4294967295
    guide = np.empty(1024, np.int32)
    at = 0
    for g in range(1024):
        while cdf[at] < g << 22:
            at += 1
        guide[g] = at
    return cdf, guide, low


@kept
def look_up_counts(
    out: NDArray[np.int32],
    cdf: NDArray[np.uint32],
    guide: NDArray[np.int32],
    low: int,
    key: np.uint64,
    ordinal: int,
    replication: int,
    sub: int,
) -> None:
    """Fill out (n,) with a number of items for each parcel, from what `count_table` returned."""
    w = words(out.size, key, ordinal, replication, sub)
    for i in range(out.size):
        word = np.int64(w[i])
        at = guide[word >> 22]
        while cdf[at] <= word and at < cdf.size - 1:
            at += 1
        out[i] = low + at


@kept
def look_up_count(
    cdf: NDArray[np.uint32],
    guide: NDArray[np.int32],
    low: int,
    key: np.uint64,
    index: int,
    ordinal: int,
    replication: int,
    sub: int,
) -> int:
    """Return the number of items in the parcel of this index, from what `count_table` returned."""
    w = philox(key, index // 4, ordinal, replication, sub)
    lane = index % 4
    word = w[0] if lane == 0 else (w[1] if lane == 1 else (w[2] if lane == 2 else w[3]))
    at = guide[np.int64(word) >> 22]
    while cdf[at] <= word and at < cdf.size - 1:
        at += 1
    return int(low + at)


@kept
def poisson(u: float, mean: float) -> int:
    """Return the Poisson number not exceeded with probability u, for a mean up to 100."""
    p = math.exp(-mean)
    reached, x = p, 0
    while u >= reached and x < 1000:
        x += 1
        p *= mean / x
        reached += p
    return x
