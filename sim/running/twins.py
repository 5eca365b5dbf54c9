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
    IN_A_ZONE,
    MOST_ZONES,
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
MOST_TWINS, MOST_CHOSEN = 2**21, 2**18
MOST_ROUNDS = 8
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
    days, n = completion_days(ensemble), ensemble.replications
    twin_s = source.twins(n)
    horizon = ensemble.scenario.campaign.horizon_days
    rho = correlation(to_days(ensemble, twin_s), days, horizon)
    if rho < LEAST_CORRELATION:
        return None, (
            f"the twin is of no use here (correlation {rho:.2f}, below {LEAST_CORRELATION:g}): all"
            " replications are plain ones"
        )
    spread, number = PERCENT / 100 * (1 - PERCENT / 100), min(MOST_ZONES, n // IN_A_ZONE)
    done: dict[int, int] = {}
    better, many = _times(quantile(days, PERCENT), precision_days), n
    for _ in range(MOST_ROUNDS):
        variance = spread / (n * better)
        many = max(many, min(MOST_TWINS, math.ceil(spread / (FIRST_PHASE * variance))))
        twin_s, luck = source.twins(many), chances(ensemble.seed, "whole campaign", many)
        twin = to_days(ensemble, twin_s)
        zone = zones(twin, luck, number)
        numbers = wanted(twin[:n], days, PERCENT, number=number, variance=variance)
        which = chosen(zone, luck, numbers, plain=n)
        if done and len(which) > MOST_CHOSEN:
            break
        new = np.array([r for r in which.tolist() if r not in done], np.int64)
        done |= dict(zip(new.tolist(), source.campaigns(new).tolist(), strict=True))
        further = Further(
            completion_s=np.array([done[r] for r in which.tolist()], np.int64),
            zone=zone[np.concatenate([np.arange(n), which])],
            sizes=np.bincount(zone, minlength=number),
            correlation=rho,
        )
        found = replace(ensemble, further=further)
        p80 = two_phase(found).quantile(PERCENT)
        if p80.high - p80.low <= precision_days:
            return found, ""
        better *= min(4.0, _times(p80, precision_days))
    why = f"the interval of the P80 is still {p80.high - p80.low:.3g} days wide; stopped there"
    return found, why


def _times(p80: Estimate, precision_days: float) -> float:
    """Return how many times the replications narrow an interval enough, and a little more."""
    width = p80.high - p80.low
    return 1.1 * max(1.0, (width / precision_days) ** 2) if math.isfinite(width) else 4.0
