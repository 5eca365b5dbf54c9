"""What holds a campaign up: where it ends, and which crews have nothing to do until then."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.outcome import OPEN, CrewState, Ensemble
from sim.statistics.estimates import Estimate, probability
from sim.statistics.summary import fund_use

IDLE = (CrewState.WAITING_FOR_LAND, CrewState.UNPAID)


def finish_last(ensemble: Ensemble, land: Sequence[bool] | None = None) -> dict[str, Estimate]:
    """Return how often each sector of the file is released last, the most frequent first.

    Sectors that end together, or are not released at the horizon, all count; so do those that a
    `count` makes, under their common name.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    land
        Which sectors to look at (S); all if it is None.
    """
    sectors, released_s = ensemble.scenario.sector, ensemble.sector_release_s
    here = np.full(released_s.shape[1], True) if land is None else np.array(land)
    mine = released_s[:, here]
    last = np.zeros(released_s.shape, np.bool_)
    last[:, here] = (mine == mine.max(axis=1, keepdims=True)) & (mine != OPEN).all(
        axis=1, keepdims=True
    )
    last[:, here] |= mine == OPEN
    first = np.cumsum([0, *(sector.count for sector in sectors[:-1])])
    times = np.count_nonzero(np.logical_or.reduceat(last, first, axis=1), axis=0).tolist()
    among = np.flatnonzero(np.logical_or.reduceat(here, first)).tolist()
    order = sorted(among, key=lambda i: -times[i])
    return {sectors[i].name: probability(times[i], ensemble.replications) for i in order}


def idle_shares(ensemble: Ensemble) -> dict[str, float]:
    """Return the share of its time that each group of crews waits or is unpaid; NaN: never there.

    Those who restore are left out, since the release waits for nobody of them.
    """
    shares = {}
    for crew, time in zip(ensemble.scenario.crew, ensemble.group_time.sum(axis=0), strict=True):
        if crew.role != "restoration":
            whole = int(time.sum())
            shares[crew.name] = int(time[list(IDLE)].sum()) / whole if whole else math.nan
    return shares


def stopped_for_good(ensemble: Ensemble) -> NDArray[np.bool_]:
    """Return where the release was not complete and a fund is spent whose crews stop then (R)."""
    money = ensemble.scenario.money
    spent = np.zeros(ensemble.replications, np.bool_)
    if money is None or money.when_spent != "stop":
        return spent
    for i, fund in enumerate(money.fund):
        if {*fund.roles} - {"restoration"}:
            spent |= fund_use(ensemble, i).spent
    return np.asarray(spent & (ensemble.completion_s == OPEN))
