"""What happens in the course of time, in compiled code: regimes, attacks, hits, mishaps."""

import math

import numpy as np

from sim.machine_code import kept
from sim.sampling.compiled.bulk import poisson
from sim.sampling.compiled.streams import Floats, Ints, Keys, longer, uniform


@kept
def regime_clock(
    first: float, stay: Floats, jump: Floats, per_second: Floats, mean_s: Floats, end: float
) -> tuple[Floats, Floats, Floats]:
    """Return the shelling's time line: when each sojourn starts, its rate, the attacks before it.

    Parameters
    ----------
    first
        Uniform number of the first regime.
    stay, jump
        Uniform numbers of how long each sojourn is, and of the regime after it (n).
    per_second
        Attacks a second in each regime (K).
    mean_s
        Mean sojourn in each regime (K).
    end
        Where the time line stops, seconds.

    Returns
    -------
    Starts (N + 1, the last one `end`), rates (N) and expected attacks before each start (N + 1);
    nothing if there are too few numbers.
    """
    starts, rates, n = np.empty(64), np.empty(64), 0
    regime, u, sum_s = 0, first, 0.0
    for k in range(mean_s.size):
        sum_s += mean_s[k]
    u *= sum_s
    while regime < mean_s.size - 1 and u >= mean_s[regime]:
        u -= mean_s[regime]
        regime += 1
    now, step = 0.0, 0
    while now < end:
        if n + 1 == starts.size:
            starts, rates = longer(starts), longer(rates)
        starts[n], rates[n] = now, per_second[regime]
        n += 1
        if mean_s.size == 1:
            break
        if step == stay.size:
            return starts[:0].copy(), rates[:0].copy(), rates[:0].copy()
        now -= mean_s[regime] * math.log(stay[step])
        other = int(jump[step] * (mean_s.size - 1))
        regime = other if other < regime else other + 1
        step += 1
    starts[n] = end
    before = np.zeros(n + 1)
    for i in range(n):
        before[i + 1] = before[i] + rates[i] * (starts[i + 1] - starts[i])
    return starts[: n + 1].copy(), rates[:n].copy(), before


@kept
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
            out = longer(out)
        out[n] = line[piece] + (target - before[piece]) / rates[piece]
        n += 1


@kept
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
                times, where, u_stop, room = longer(times), longer(where), longer(u_stop), 2 * room
            for i in range(own.size):
                times[n + i], where[n + i] = own[i], sector
                u_stop[n + i] = uniform(stop_keys[sector], i, ordinals[sector], replication, 0)
            n += own.size
    return times[:n].copy(), where[:n].copy(), u_stop[:n].copy()


@kept
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
        while n + hits > hit.size:
            hit = longer(hit)
        for k in range(hits):
            u = uniform(key, a, ordinal, replication, 1 + k)
            hit[n] = first_parcel[sector] + min(int(u * initial[sector]), initial[sector] - 1)
            n += 1
        first[i + 1] = n
    return first, hit[:n].copy()
