"""The parcels of all sectors in one go, in compiled code: what `bulk` does for one piece of land.

Array letters: K = 2 S pieces of land (the initial and the found parcels of each sector, in turn).
`first` delimits the pieces (K + 1); keys and ordinals are the sectors' (S).
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.machine_code import kept
from sim.sampling.compiled import bulk
from sim.sampling.compiled.streams import Floats, Ints, Keys, longer, uniform


@kept
def draw_factors(
    out: Floats,
    first: Ints,
    scale: Floats,
    last: Floats,
    table: Floats,
    keys: Keys,
    ordinals: Ints,
    replication: int,
) -> None:
    """Fill out (P) with a sector's scale (S) times a factor; last (K): the last parcels' size."""
    for k in range(first.size - 1):
        piece, i = out[first[k] : first[k + 1]], k >> 1
        if piece.size > 0:
            bulk.fill_factors(piece, scale[i], table, keys[i], ordinals[i], replication, k & 1)
            piece[-1] *= last[k]


@kept
def draw_chosen(
    out: Floats, first: Ints, share: float, keys: Keys, ordinals: Ints, replication: int
) -> None:
    """Make the entries of out (P) negative that are not chosen."""
    for k in range(first.size - 1):
        piece, i = out[first[k] : first[k + 1]], k >> 1
        bulk.fill_chosen(piece, share, keys[i], ordinals[i], replication, k & 1)


@kept
def draw_survey(
    out: NDArray[np.int8],
    first: Ints,
    cancelled: Floats,
    reduced: Floats,
    keys: Keys,
    ordinals: Ints,
    replication: int,
) -> None:
    """Fill out (P) with what survey finds, of which it releases a share of each sector (S)."""
    for k in range(first.size - 1):
        piece, i = out[first[k] : first[k + 1]], k >> 1
        bulk.fill_survey(piece, cancelled[i], reduced[i], keys[i], ordinals[i], replication, k & 1)


@kept
def draw_counts(
    out: NDArray[np.int32],
    first: Ints,
    mean: Floats,
    dispersion: float,
    last: Floats,
    keys: Keys,
    ordinals: Ints,
    replication: int,
) -> None:
    """Fill out (P) with numbers of items, of a mean for each sector (S).

    Sectors of one entry have the same means, one after the other, and so the same tables.
    """
    table_mean, cdf, guide, low = 0.0, *bulk.count_table(1.0, 1.0)
    last_mean = np.zeros(2)
    last_cdf, last_guide, last_low = [cdf, cdf], [guide, guide], np.zeros(2, np.int64)
    for k in range(first.size - 1):
        piece, i, sub = out[first[k] : first[k + 1]], k >> 1, k & 1
        if mean[i] <= 0:
            piece[:] = 0
        elif piece.size > 0:
            if mean[i] != table_mean:
                table_mean = mean[i]
                cdf, guide, low = bulk.count_table(mean[i], dispersion)
            key, ordinal, n = keys[i], ordinals[i], piece.size
            bulk.look_up_counts(piece, cdf, guide, low, key, ordinal, replication, sub)
            if last[k] < 1:
                if last_mean[sub] != mean[i] * last[k]:
                    last_mean[sub] = mean[i] * last[k]
                    last_cdf[sub], last_guide[sub], last_low[sub] = bulk.count_table(
                        last_mean[sub], dispersion
                    )
                piece[n - 1] = bulk.look_up_count(
                    last_cdf[sub], last_guide[sub], last_low[sub],
                    key, n - 1, ordinal, replication, sub,
                )  # fmt: skip


@kept
def draw_inspections(
    first: Ints,
    inspected: float,
    failure: float,
    keys: Keys,
    day_keys: Keys,
    ordinals: Ints,
    replication: int,
) -> tuple[Ints, NDArray[np.bool_], Floats]:
    """Return each parcel's first inspection, -1 for none (P); which are passed; a number for each.

    One number says of a parcel whether it is inspected and how often it fails: its first inspection
    takes place with probability `inspected`, each further one with probability `failure`.
    """
    first_inspection, n = np.full(first[-1], -1), 0
    passed, place, u = np.empty(1024, np.bool_), np.empty(1024, np.int64), np.empty(1024)
    for k in range(first.size - 1):
        piece, i, sub = first_inspection[first[k] : first[k + 1]], k >> 1, k & 1
        while True:
            after = bulk.fill_inspections(
                piece, passed, place, n, inspected, failure, keys[i], ordinals[i], replication, sub
            )
            if after <= u.size:
                break
            passed, place, u = longer(passed), longer(place), longer(u)
        numbers, whose, key, ordinal = u[n:after], place[n:after], day_keys[i], ordinals[i]
        for j in range(numbers.size):
            index, attempt = whose[j] & bulk.INDEX, whose[j] >> bulk.INDEX_BITS
            numbers[j] = uniform(key, index, ordinal, replication, 2 * attempt + sub)
        n = after
    return first_inspection, passed[:n].copy(), u[:n].copy()


@kept
def draw_finds(
    first: Ints, keys: Keys, ordinals: Ints, replication: int, until_s: int, latest_s: int
) -> tuple[Ints, Ints]:
    """Return the parcels that are found, and when: the earliest first, then by number.

    Parameters
    ----------
    first
        Delimits the pieces of land (K + 1).
    keys, ordinals, replication
        Addresses of the sectors' streams (S).
    until_s
        They are found at any time up to then, all equally likely, seconds.
    latest_s
        What would be found later is found then.
    """
    n = 0
    for k in range(1, first.size - 1, 2):
        n += first[k + 1] - first[k]
    number, at_s, n = np.empty(n, np.int64), np.empty(n, np.int64), 0
    for k in range(1, first.size - 1, 2):
        found = first[k + 1] - first[k]
        mine, mine_s, i = number[n : n + found], at_s[n : n + found], k >> 1
        for j in range(mine.size):
            u = uniform(keys[i], j, ordinals[i], replication, 0)
            mine[j] = first[k] + j
            mine_s[j] = int(min(math.floor(u * until_s + 0.5), float(latest_s)))
        n += found
    return sort_by_time(number, at_s)


@kept
def sort_by_time(number: Ints, at_s: Ints) -> tuple[Ints, Ints]:
    """Return rising numbers (n,) and their times by time, then by number.

    They are put into as many drawers as there are numbers first, in order: if times are spread out
    evenly, little is left to be sorted, and what has one time is in one drawer.
    """
    n = number.size
    by_time, when_s, room = np.empty(n, np.int64), np.empty(n, np.int64), np.zeros(n + 1, np.int64)
    scale = (n - 1) / max(1, at_s.max()) if n > 0 else 0.0
    for i in range(n):
        room[int(at_s[i] * scale) + 1] += 1
    for drawer in range(n):
        room[drawer + 1] += room[drawer]
    for i in range(n):
        drawer = int(at_s[i] * scale)
        by_time[room[drawer]], when_s[room[drawer]] = number[i], at_s[i]
        room[drawer] += 1
    for i in range(1, n):
        mine, mine_s, place = by_time[i], when_s[i], i
        while place > 0 and when_s[place - 1] > mine_s:
            by_time[place], when_s[place] = by_time[place - 1], when_s[place - 1]
            place -= 1
        by_time[place], when_s[place] = mine, mine_s
    return by_time, when_s
