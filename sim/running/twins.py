"""What replications beyond the plain ones are asked for: twins of many, whole campaigns of some."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sim.engines.twin import twin_days
from sim.outcome import OPEN, Ensemble, Further
from sim.sampling import Sampler, chances
from sim.sampling.recipes import Recipe, plain
from sim.sampling.size import expected_parcels
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Estimate, quantile
from sim.statistics.summary import completion_days, to_days
from sim.statistics.two_phase import (
    FIRST_PHASE,
    chosen,
    correlation,
    two_phase,
    wanted,
    zones,
)
from sim.world import Ints

PERCENT = 80  # the quantile that is to be precise
LEAST_PARCELS = 20_000.0  # a campaign of fewer is simulated about as fast as its twin
LEAST_PLAIN = 100  # replications: fewer do not show what a twin is worth
LEAST_CORRELATION = 0.8  # below it a third of the campaigns would have to be simulated anyway
MOST_TWINS = 2**21
MOST_WORTH = 2.0**22  # plain replications that are not asked for any more
MOST_ROUNDS = 8
FIRST_LOOK = 8  # times as many twins as replications
A_BATCH = 256


class Source(NamedTuple):
    """Where completions of replications come from, in seconds, `OPEN` beyond the horizon."""

    twins: Callable[[int], Ints]
    """Of the twins of the first replications (M)."""
    campaigns: Callable[[Ints], Ints]
    """Of whole campaigns, by the indices of their replications (n)."""


@dataclass(frozen=True)
class Twins:
    """Plain luck, and an address under which twins are kept apart from whole campaigns."""

    address: str = "twins"

    def recipe(self, replication: int) -> Recipe:
        """Return the recipe of a replication."""
        return plain(replication)


def twins(scenario: Scenario, *, seed: int, indices: range, jobs: int) -> Iterator[Ints]:
    """Yield about when replications are complete, in batches, as in `Source`.

    Parameters
    ----------
    scenario, seed, jobs
        As in `run`.
    indices
        Of the replications.
    """
    sampler = Sampler(scenario, seed=seed)

    def batch(some: range) -> Ints:
        days = np.concatenate([twin_days(outlines) for outlines in sampler.outlines(some)])
        known = np.isfinite(days)
        return np.where(known, np.where(known, days, 0.0) * scenario.day_s, OPEN).astype(np.int64)

    batches = [indices[i : i + A_BATCH] for i in range(0, len(indices), A_BATCH)]
    with ThreadPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(batch, batches)
        finally:
            pool.shutdown(cancel_futures=True)


def is_worth_a_twin(ensemble: Ensemble) -> bool:
    """Tell whether twins of an ensemble's replications may save time, and it can show that."""
    large = expected_parcels(ensemble.scenario) >= LEAST_PARCELS
    return large and ensemble.replications >= LEAST_PLAIN


def why_useless(ensemble: Ensemble, source: Source) -> str:
    """Return why twins of an ensemble's replications are of no use, if they are not."""
    twin = to_days(ensemble, source.twins(ensemble.replications))
    rho = correlation(twin, completion_days(ensemble), ensemble.scenario.campaign.horizon_days)
    if rho >= LEAST_CORRELATION:
        return ""
    return (
        f"the twin is of no use here (correlation {rho:.2f}, below {LEAST_CORRELATION:g}): all"
        " replications are plain ones"
    )


def with_further(
    ensemble: Ensemble, source: Source, *, share: float, variance: float, done: dict[int, int]
) -> Ensemble:
    """Return an ensemble with what twins and chosen campaigns say of its completion.

    Parameters
    ----------
    ensemble
        Of plain replications.
    source
        Of more.
    share
        That is complete by the day that is asked about.
    variance
        Of the estimate of this share, that is allowed.
    done
        Completions of what was chosen before, by replication, to which the new ones are added.
    """
    days, n = completion_days(ensemble), ensemble.replications
    many = max(n, min(MOST_TWINS, math.ceil(share * (1 - share) / (FIRST_PHASE * variance))))
    twin, luck = (
        to_days(ensemble, source.twins(many)),
        chances(ensemble.seed, "whole campaign", many),
    )
    numbers = wanted(twin[:n], days, share, variance=variance)
    zone = zones(twin, luck, len(numbers))
    which = chosen(zone, luck, numbers, plain=n)
    new = np.array([r for r in which.tolist() if r not in done], np.int64)
    done |= dict(zip(new.tolist(), source.campaigns(new).tolist(), strict=True))
    further = Further(
        completion_s=np.array([done[r] for r in which.tolist()], np.int64),
        zone=zone[np.concatenate([np.arange(n), which])],
        sizes=np.bincount(zone, minlength=len(numbers)),
        correlation=correlation(twin[:n], days, ensemble.scenario.campaign.horizon_days),
    )
    return replace(ensemble, further=further)


def narrowed(
    ensemble: Ensemble, source: Source, *, precision_days: float
) -> tuple[Ensemble | None, str]:
    """Return an ensemble with what it takes to place its P80 so precisely, and why it is not.

    Parameters
    ----------
    ensemble
        Of plain replications, whose P80 is not that precise.
    source
        Of more.
    precision_days
        As in `run_to_precision`.

    Returns
    -------
    No ensemble if the twin is of no use, and why; else why it is not as precise, if it is not.
    """
    if useless := why_useless(ensemble, source):
        return None, useless
    share, n, done = PERCENT / 100, ensemble.replications, dict[int, int]()
    # how wide the interval would be say so many twins better than few replications
    like = quantile(to_days(ensemble, source.twins(FIRST_LOOK * n)), PERCENT)
    better = max(1.1, FIRST_LOOK * _times(like, precision_days))
    for _ in range(MOST_ROUNDS):
        variance = share * (1 - share) / (n * better)
        found = with_further(ensemble, source, share=share, variance=variance, done=done)
        p80 = two_phase(found).quantile(PERCENT)
        if p80.high - p80.low <= precision_days:
            return found, ""
        better *= max(1.1, min(4.0, _times(p80, precision_days)))
        if n * better > MOST_WORTH:
            break
    why = f"the interval of the P80 is still {p80.high - p80.low:.3g} days wide; stopped there"
    return found, why


def _times(p80: Estimate, precision_days: float) -> float:
    """Return how many times the replications narrow an interval enough, and a little more."""
    width = p80.high - p80.low
    return 1.1 * (width / precision_days) ** 2 if math.isfinite(width) else 4.0
