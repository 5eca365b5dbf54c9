"""What a record taught about the numbers that were not known, and what they still decide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.experiments.explain.inputs import Input, inputs_of, scores
from sim.outcome import Ensemble
from sim.sampling import Sampler
from sim.sampling.recipes import Recipe, plain
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.ranks import correlation_of_ranks
from sim.statistics.summary import restricted_days

PERCENTILES = (10, 50, 90)
_PLAIN = 2000  # replications, for what was before


@dataclass(frozen=True)
class Learned:
    """What a record taught about a number.

    Attributes
    ----------
    key
        Of the input.
    before, after
        Its P10, P50 and P90; of times of several crews or sectors those of their mean.
    taken
        Share of its spread (standard deviation of normal scores) that the record took away; below
        0 if it is wider than before.
    decides
        Share of the spread of the completion after the record that it has by itself: the square of
        the rank correlation, less what chance makes of it.
    """

    key: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    taken: float
    decides: float


def learned(
    scenario: Scenario,
    *,
    seed: int,
    recipes: Sequence[Recipe],
    after: Ensemble,
    worth: float,
) -> tuple[Learned, ...]:
    """Return what a record taught about each input, most first.

    Parameters
    ----------
    scenario, seed
        Of the forecast.
    recipes
        Of the campaigns that agree with the record (R).
    after
        They (R).
    worth
        How many independent ones they are worth.
    """
    sampler, inputs = Sampler(scenario, seed=seed), inputs_of(scenario)
    prior = sampler.inputs([plain(r) for r in range(_PLAIN)])
    posterior = sampler.inputs(recipes)
    days = restricted_days(after)
    found = [_of(each, prior[each.key], posterior[each.key], days, worth) for each in inputs]
    return tuple(sorted(found, key=lambda each: -each.taken))


def _of(each: Input, before: Floats, after: Floats, days: Floats, worth: float) -> Learned:
    (was, z_was), (is_, z_is) = (_mean_of(each, u) for u in (before, after))
    return Learned(
        key=each.key,
        before=_percentiles(was),
        after=_percentiles(is_),
        taken=1 - float(z_is.std() / z_was.std()) if z_was.std() > 0 else 0.0,
        decides=max(
            0.0, correlation_of_ranks(z_is, days) ** 2 - 1 / worth
        ),  # less what chance makes
    )


def _mean_of(each: Input, u: Floats) -> tuple[Floats, Floats]:
    """Return the values and the normal scores of an input, the means of several (R)."""
    there = u > 0
    n = np.maximum(there.sum(axis=1), 1)
    values = np.asarray(each.law.quantile(np.where(there, u, 0.5)))
    return (values * there).sum(axis=1) / n, scores(u)


def _percentiles(values: Floats) -> tuple[float, ...]:
    return tuple(float(x) for x in np.percentile(values, PERCENTILES, method="inverted_cdf"))
