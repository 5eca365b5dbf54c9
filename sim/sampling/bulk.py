"""Draws in bulk: whole sectors of parcels and whole campaigns of attacks, in compiled code.

Everything here inverts a distribution function. Continuous laws of parcels go through a table of
their quantile function, finer and finer towards both ends; whole numbers go through a guide table.

References
----------
Chen, Asau (1974): On generating random variates from an empirical distribution. AIIE Trans. 6(2).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.streams import TO_UNIT_32, philox, uniform

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

# A quantile table has four levels of 1024 cells. Level 0 covers all of (0, 1); its first and last
# 16 cells are covered again by level 1, and so on down to one part in 2^28.
_LEVELS, _CELLS, _TAIL = 4, 1024, 16
_BLOCK = 256


def lognormal_table(cv: float) -> Floats:
    """Return the quantile table of the mean-one lognormal law, shape (2, 4, 1025).

    Parameters
    ----------
    cv
        Coefficient of variation, more than 0.
    """
    variance = math.log1p(cv * cv)
    cells = np.arange(_CELLS + 1) / _CELLS
    table = np.empty((2, _LEVELS, _CELLS + 1))
    for level in range(_LEVELS):
        u = np.clip(cells * 2.0 ** (-6 * level), TO_UNIT_32 / 2, 1 - TO_UNIT_32 / 2)
        z = ndtri(u)
        table[0, level] = np.exp(-variance / 2 + math.sqrt(variance) * z)
        table[1, level] = np.exp(-variance / 2 - math.sqrt(variance) * z)
    return table


@njit(cache=True, nogil=True)
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
    low, high = table[side, level, cell], table[side, level, cell + 1]
    return float(low + part * (high - low))


@njit(cache=True, nogil=True)
def _words(
    out: NDArray[np.uint32], key: np.uint64, ordinal: int, replication: int, sub: int
) -> None:
    """Fill out with the 32-bit words of indices 0, 1, 2 ...: four words of one counter in turn.

    The same numbers as `philox` gives, computed side by side so that the processor can overlap
    them.
    """
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    m0, m1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    x0, x1 = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64)
    x2, x3 = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64)
    for start in range(0, (out.size + 3) // 4, _BLOCK):
        for i in range(_BLOCK):
            x0[i], x1[i] = np.uint64(start + i), np.uint64(ordinal)
            x2[i], x3[i] = np.uint64(replication), np.uint64(sub)
        k0, k1 = key & low, key >> shift
        for _ in range(10):
            for i in range(_BLOCK):
                p0, p1 = m0 * x0[i], m1 * x2[i]
                x0[i], x2[i] = (p1 >> shift) ^ x1[i] ^ k0, (p0 >> shift) ^ x3[i] ^ k1
                x1[i], x3[i] = p1 & low, p0 & low
            k0 = (k0 + np.uint64(0x9E3779B9)) & low
            k1 = (k1 + np.uint64(0xBB67AE85)) & low
        for i in range(min(_BLOCK, (out.size + 3) // 4 - start)):
            at = 4 * (start + i)
            out[at] = x0[i]
            if at + 3 < out.size:
                out[at + 1], out[at + 2], out[at + 3] = x1[i], x2[i], x3[i]
            else:
                if at + 1 < out.size:
                    out[at + 1] = x1[i]
                if at + 2 < out.size:
                    out[at + 2] = x2[i]


@njit(cache=True, nogil=True)
def words(n: int, key: np.uint64, ordinal: int, replication: int, sub: int) -> NDArray[np.uint32]:
    """Return n 32-bit words of one stream, shape (n,)."""
    out = np.empty(n, np.uint32)
    _words(out, key, ordinal, replication, sub)
    return out


@njit(cache=True, nogil=True)
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
    for i in range(out.size):
        out[i] = scale * _from_table(table, np.int64(w[i]))


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def fill_failures(
    out: NDArray[np.int16],
    inspected: float,
    failure: float,
    key: np.uint64,
    ordinal: int,
    replication: int,
    sub: int,
) -> None:
    """Fill out (n,) with the number of failed inspections of each parcel, -1: not inspected."""
    w = words(out.size, key, ordinal, replication, sub)
    for i in range(out.size):
        u, fails, threshold = (w[i] + 0.5) * TO_UNIT_32, -1, inspected
        while u < threshold and fails < 32_000:
            fails += 1
            threshold *= failure
        out[i] = fails


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def fill_counts(
    out: NDArray[np.int32],
    mean: float,
    k: float,
    key: np.uint64,
    ordinal: int,
    replication: int,
    sub: int,
) -> None:
    """Fill out (n,) with a number of items for each parcel: negative binomial, Poisson if k = 0."""
    if mean <= 0:
        out[:] = 0
        return
    cdf, guide, low = count_table(mean, k)
    _look_up_counts(out, cdf, guide, low, key, ordinal, replication, sub)


@njit(cache=True, nogil=True)
def _look_up_counts(
    out: NDArray[np.int32],
    cdf: NDArray[np.uint32],
    guide: NDArray[np.int32],
    low: int,
    key: np.uint64,
    ordinal: int,
    replication: int,
    sub: int,
) -> None:
    w = words(out.size, key, ordinal, replication, sub)
    for i in range(out.size):
        word = np.int64(w[i])
        at = guide[word >> 22]
        while cdf[at] <= word and at < cdf.size - 1:
            at += 1
        out[i] = low + at


@njit(cache=True, nogil=True)
def one_count(
    mean: float, k: float, key: np.uint64, index: int, ordinal: int, replication: int, sub: int
) -> int:
    """Return the number of items in the parcel of this index, for a mean of its own."""
    if mean <= 0:
        return 0
    cdf, guide, low = count_table(mean, k)
    return _look_up_count(cdf, guide, low, key, index, ordinal, replication, sub)


@njit(cache=True, nogil=True)
def _look_up_count(
    cdf: NDArray[np.uint32],
    guide: NDArray[np.int32],
    low: int,
    key: np.uint64,
    index: int,
    ordinal: int,
    replication: int,
    sub: int,
) -> int:
    w = philox(key, index // 4, ordinal, replication, sub)
    lane = index % 4
    word = w[0] if lane == 0 else (w[1] if lane == 1 else (w[2] if lane == 2 else w[3]))
    at = guide[np.int64(word) >> 22]
    while cdf[at] <= word and at < cdf.size - 1:
        at += 1
    return int(low + at)


@njit(cache=True, nogil=True)
def regime_clock(
    key: np.uint64, replication: int, per_second: Floats, mean_s: Floats, end: float
) -> tuple[Floats, Floats, Floats]:
    """Return the shelling's time line: when each sojourn starts, its rate, the attacks before it.

    Parameters
    ----------
    key, replication
        Address of the chain.
    per_second
        Attacks a second in each regime (K).
    mean_s
        Mean sojourn in each regime (K).
    end
        Where the time line stops, seconds.

    Returns
    -------
    Starts (N + 1, the last one `end`), rates (N) and expected attacks before each start (N + 1).
    """
    starts, rates = [0.0], [0.0]
    starts.clear()
    rates.clear()
    regime, u = 0, uniform(key, 0, 0, replication, 0) * mean_s.sum()
    while regime < mean_s.size - 1 and u >= mean_s[regime]:
        u -= mean_s[regime]
        regime += 1
    now, step = 0.0, 0
    while now < end:
        starts.append(now)
        rates.append(per_second[regime])
        step += 1
        if mean_s.size == 1:
            break
        now -= mean_s[regime] * math.log(uniform(key, step, 0, replication, 1))
        jump = int(uniform(key, step, 0, replication, 2) * (mean_s.size - 1))
        regime = jump if jump < regime else jump + 1
    starts.append(end)
    line, before = np.array(starts), np.zeros(len(starts))
    for i in range(len(rates)):
        before[i + 1] = before[i] + rates[i] * (line[i + 1] - line[i])
    return line, np.array(rates), before


@njit(cache=True, nogil=True)
def attack_times(
    key: np.uint64,
    ordinal: int,
    replication: int,
    share: float,
    line: Floats,
    rates: Floats,
    before: Floats,
) -> Floats:
    """Return when one sector is attacked (A), in seconds: its unit-rate stream on its own clock.

    Parameters
    ----------
    key, ordinal, replication
        Address of the sector's stream.
    share
        The sector's share of all attacks.
    line, rates, before
        From `regime_clock`.
    """
    out = np.empty(64)
    n, total, piece = 0, 0.0, 0
    while True:
        total -= math.log(uniform(key, n, ordinal, replication, 0))
        target = total / share
        while piece < rates.size and before[piece + 1] <= target:
            piece += 1
        if piece == rates.size:
            return out[:n].copy()
        if n == out.size:
            longer = np.empty(2 * n)
            longer[:n] = out
            out = longer
        out[n] = line[piece] + (target - before[piece]) / rates[piece]
        n += 1


@njit(cache=True, nogil=True)
def poisson(u: float, mean: float) -> int:
    """Return the Poisson number not exceeded with probability u, for a mean up to 100."""
    p = math.exp(-mean)
    reached, x = p, 0
    while u >= reached and x < 1000:
        x += 1
        p *= mean / x
        reached += p
    return x


@njit(cache=True, nogil=True)
def poisson_each(u: Floats, mean: float) -> Ints:
    """Return the Poisson number of each u, shape (n,)."""
    out = np.empty(u.size, np.int64)
    for i in range(u.size):
        out[i] = poisson(u[i], mean)
    return out


@njit(cache=True, nogil=True)
def ragged_uniforms(key: np.uint64, first: Ints, replication: int) -> Floats:
    """Return a uniform number for each entry of each owner; `first` delimits the owners."""
    out = np.empty(first[-1])
    for owner in range(first.size - 1):
        for i in range(first[owner], first[owner + 1]):
            out[i] = uniform(key, i - first[owner], owner, replication, 0)
    return out


@njit(cache=True, nogil=True)
def autoregression(shocks: Floats, correlation: float) -> Floats:
    """Return the stationary AR(1) series (n,) driven by standard normal shocks."""
    out = shocks.copy()
    scale = math.sqrt(1 - correlation * correlation)
    for k in range(1, out.size):
        out[k] = correlation * out[k - 1] + scale * shocks[k]
    return out


@njit(cache=True, nogil=True)
def attacks_everywhere(
    keys: Keys,
    stop_keys: Keys,
    ordinals: Ints,
    replication: int,
    share: Floats,
    line: Floats,
    rates: Floats,
    before: Floats,
) -> tuple[Floats, Ints, Floats]:
    """Return the attacks of all sectors, one sector after the other.

    Parameters
    ----------
    keys, stop_keys, ordinals, replication
        Addresses of the sectors' streams (S).
    share
        Of all attacks (S).
    line, rates, before
        From `regime_clock`.

    Returns
    -------
    When (A, seconds), in which sector, and a uniform number for the length of each stop.
    """
    room, n = 1024, 0
    times, where, u_stop = np.empty(room), np.empty(room, np.int64), np.empty(room)
    for sector in range(share.size):
        if share[sector] > 0:
            own = attack_times(
                keys[sector], ordinals[sector], replication, share[sector], line, rates, before
            )
            while n + own.size > room:
                times, where = np.append(times, times), np.append(where, where)
                u_stop, room = np.append(u_stop, u_stop), 2 * room
            times[n : n + own.size] = own
            where[n : n + own.size] = sector
            for i in range(own.size):
                u_stop[n + i] = uniform(stop_keys[sector], i, ordinals[sector], replication, 0)
            n += own.size
    return times[:n].copy(), where[:n].copy(), u_stop[:n].copy()


@njit(cache=True, nogil=True)
def hits_everywhere(
    keys: Keys,
    ordinals: Ints,
    replication: int,
    where: Ints,
    order: Ints,
    mean: float,
    first_parcel: Ints,
    initial: Ints,
) -> tuple[Ints, Ints]:
    """Return which parcels each attack hits.

    Parameters
    ----------
    keys, ordinals, replication
        Addresses of the sectors' streams (S).
    where, order
        From `attacks_everywhere`, and the attacks that happen, in order (A).
    mean
        Number of parcels hit by an attack.
    first_parcel, initial
        Where a sector's parcels begin, and how many there are (S).

    Returns
    -------
    Offsets (A + 1) into the parcels hit.
    """
    begins = np.zeros(keys.size, np.int64)  # of each sector among all attacks
    for a in range(where.size - 1, -1, -1):
        begins[where[a]] = a
    first, hit, n = np.zeros(order.size + 1, np.int64), np.empty(16, np.int64), 0
    for i in range(order.size):
        sector = where[order[i]]
        a, key, ordinal = order[i] - begins[sector], keys[sector], ordinals[sector]
        hits = poisson(uniform(key, a, ordinal, replication, 0), mean)
        if n + hits > hit.size:
            hit = np.append(hit, np.empty(hit.size + hits, np.int64))
        for k in range(hits):
            u = uniform(key, a, ordinal, replication, 1 + k)
            hit[n] = first_parcel[sector] + min(int(u * initial[sector]), initial[sector] - 1)
            n += 1
        first[i + 1] = n
    return first, hit[:n].copy()


@njit(cache=True, nogil=True)
def exponential_thresholds(
    key: np.uint64, crews: int, replication: int, mean: float, limit: float
) -> tuple[Ints, Ints]:
    """Return, crew by crew, running sums of exponential gaps up to a limit.

    Parameters
    ----------
    key, crews, replication
        Address; the ordinals are 0 to crews - 1.
    mean
        Mean gap; infinite: none.
    limit
        Sums above it are left out.

    Returns
    -------
    Offsets (C + 1) into the thresholds, rounded half up.
    """
    first = np.zeros(crews + 1, np.int64)
    found = [np.int64(0)]
    found.clear()
    for c in range(crews):
        total, i = 0.0, 0
        while mean < np.inf:
            total -= mean * math.log(uniform(key, i, c, replication, 0))
            if total > limit:
                break
            found.append(np.int64(math.floor(total + 0.5)))
            i += 1
        first[c + 1] = len(found)
    return first, np.array(found)


@njit(cache=True, nogil=True)
def geometric_thresholds(
    key: np.uint64, crews: int, replication: int, probability: float, limit: int
) -> tuple[Ints, Ints]:
    """Return, crew by crew, which of its chances succeed: running sums of geometric gaps.

    Returns
    -------
    Offsets (C + 1) into the thresholds: 3 means the third chance.
    """
    first = np.zeros(crews + 1, np.int64)
    found = [np.int64(0)]
    found.clear()
    scale = 1 / math.log1p(-probability) if 0 < probability < 1 else 0.0
    for c in range(crews if probability > 0 else 0):
        total, i = 0, 0
        while True:
            gap = math.log(uniform(key, i, c, replication, 0)) * scale
            if gap > limit:
                break
            total += 1 + int(gap)
            if total > limit:
                break
            found.append(np.int64(total))
            i += 1
        first[c + 1] = len(found)
    return first, np.array(found)


@njit(cache=True, nogil=True)
def inspection_uniforms(
    failures: NDArray[np.int16], key: np.uint64, ordinal: int, replication: int, sub: int
) -> Floats:
    """Return a uniform number for each inspection, parcel by parcel (one more than failures)."""
    n = 0
    for f in failures:
        n += f + 1
    out = np.empty(n)
    n = 0
    for i in range(failures.size):
        for attempt in range(failures[i] + 1):
            out[n] = uniform(key, i, ordinal, replication, 2 * attempt + sub)
            n += 1
    return out


@njit(cache=True, nogil=True)
def inspection_index(failures: NDArray[np.int16]) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the first inspection of each parcel, -1 for none, and which inspections are passed."""
    n = 0
    for f in failures:
        n += f + 1
    first, passed = np.full(failures.size, -1, np.int64), np.zeros(n, np.bool_)
    n = 0
    for p in range(failures.size):
        if failures[p] >= 0:
            first[p] = n
            n += failures[p] + 1
            passed[n - 1] = True
    return first, passed
