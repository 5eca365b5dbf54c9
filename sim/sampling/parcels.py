"""The parcels of all sectors in one go, in compiled code: what `bulk` does for one piece of land.

Array letters: K = 2 S pieces of land (the initial and the found parcels of each sector, in turn).
`first` delimits the pieces (K + 1); keys and ordinals are the sectors' (S).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.sampling import bulk
from sim.streams import uniform

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
_look_up_counts, _look_up_count = bulk._look_up_counts, bulk._look_up_count


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def draw_chosen(
    out: Floats, first: Ints, share: float, keys: Keys, ordinals: Ints, replication: int
) -> None:
    """Make the entries of out (P) negative that are not chosen."""
    for k in range(first.size - 1):
        piece, i = out[first[k] : first[k + 1]], k >> 1
        bulk.fill_chosen(piece, share, keys[i], ordinals[i], replication, k & 1)


@njit(cache=True, nogil=True)
def draw_survey(
    out: NDArray[np.int8],
    first: Ints,
    cancelled: float,
    reduced: float,
    keys: Keys,
    ordinals: Ints,
    replication: int,
) -> None:
    """Fill out (P) with what survey finds."""
    for k in range(first.size - 1):
        piece, i = out[first[k] : first[k + 1]], k >> 1
        bulk.fill_survey(piece, cancelled, reduced, keys[i], ordinals[i], replication, k & 1)


@njit(cache=True, nogil=True)
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
            _look_up_counts(piece, cdf, guide, low, key, ordinal, replication, sub)
            if last[k] < 1:
                if last_mean[sub] != mean[i] * last[k]:
                    last_mean[sub] = mean[i] * last[k]
                    last_cdf[sub], last_guide[sub], last_low[sub] = bulk.count_table(
                        last_mean[sub], dispersion
                    )
                piece[n - 1] = _look_up_count(
                    last_cdf[sub], last_guide[sub], last_low[sub],
                    key, n - 1, ordinal, replication, sub,
                )  # fmt: skip


@njit(cache=True, nogil=True)
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
    passed, u = np.empty(1024, np.bool_), np.empty(1024)
    for k in range(first.size - 1):
        piece, i = first_inspection[first[k] : first[k + 1]], k >> 1
        while True:
            after = bulk.fill_inspections(
                piece, passed, u, n, inspected, failure,
                keys[i], day_keys[i], ordinals[i], replication, k & 1,
            )  # fmt: skip
            if after <= u.size:
                break
            passed, u = np.append(passed, passed), np.append(u, u)
        n = after
    return first_inspection, passed[:n].copy(), u[:n].copy()


@njit(cache=True, nogil=True)
def draw_finds(first: Ints, keys: Keys, ordinals: Ints, replication: int) -> tuple[Ints, Floats]:
    """Return the parcels to be found, and a uniform number for each."""
    n = 0
    for k in range(1, first.size - 1, 2):
        n += first[k + 1] - first[k]
    found, u, n = np.empty(n, np.int64), np.empty(n), 0
    for k in range(1, first.size - 1, 2):
        for parcel in range(first[k], first[k + 1]):
            found[n] = parcel
            u[n] = uniform(keys[k >> 1], parcel - first[k], ordinals[k >> 1], replication, 0)
            n += 1
    return found, u
