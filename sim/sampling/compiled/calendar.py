"""Weeks and seasons, in compiled code."""

import math

import numpy as np

from sim.machine_code import kept
from sim.sampling.compiled.streams import Floats, Ints


@kept
def autoregression(shocks: Floats, correlation: float) -> Floats:
    """Return stationary AR(1) series (R, n), each driven by standard normal shocks."""
    out = shocks.copy()
    scale = math.sqrt(1 - correlation * correlation)
    for r in range(out.shape[0]):
        for k in range(1, out.shape[1]):
            out[r, k] = correlation * out[r, k - 1] + scale * shocks[r, k]
    return out


@kept
def lowest(first: Ints, until: Ints, pace: Floats, days: int) -> Floats:
    """Return the least pace of the occurrences of each day (R, days), infinite without one.

    Parameters
    ----------
    first, until
        First day of each occurrence, and the first day after it (R, Y).
    pace
        Of each winter (R, Y).
    days
        How many days there are.
    """
    out = np.full((pace.shape[0], days), np.inf)
    for r in range(pace.shape[0]):
        for y in range(pace.shape[1]):
            for day in range(max(0, first[r, y]), min(days, until[r, y])):
                out[r, day] = min(out[r, day], pace[r, y])
    return out
