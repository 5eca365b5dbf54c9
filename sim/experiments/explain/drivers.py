"""What drives the completion: the share of each input in its spread, and what each does alone."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from sim.experiments.explain.inputs import inputs_of, scores
from sim.experiments.explain.variants import OTHERS
from sim.outcome import Ensemble
from sim.sampling import Sampler
from sim.sampling.recipes import LEVELS, plain
from sim.statistics.estimates import NOTHING, Estimate, Floats, mean, quantile
from sim.statistics.paired import combined_quantiles
from sim.statistics.ranks import chance_of_rank, correlation_of_ranks, share_by_rank
from sim.statistics.shares import shares
from sim.statistics.summary import completion_days, restricted_days

Drivers = dict[tuple[str, str, str], Estimate]  # by kind, name, quantity
Ensembles = Mapping[str, Ensemble]  # by what they are about


class ByRank(NamedTuple):
    """What is known of an input without any variant of the scenario.

    Attributes
    ----------
    share
        In the variance, alone; of a time of several crews or sectors that of their mean.
    seen
        What is seen of it: the square of its rank correlation, which errs little but sees nothing
        of what goes up and down; or, if that is more, its share less twice what chance makes.
    """

    share: Estimate
    seen: float


def by_rank(ensemble: Ensemble) -> dict[str, ByRank]:
    """Return what is known of each input from the scenario itself.

    Parameters
    ----------
    ensemble
        With plain luck.
    """
    keys = [each.key for each in inputs_of(ensemble.scenario)]
    if not keys:
        return {}
    sampler, days = Sampler(ensemble.scenario, seed=ensemble.seed), restricted_days(ensemble)
    drawn = sampler.inputs([plain(int(r)) for r in ensemble.replication])
    return {key: _by_rank(scores(drawn[key]), days) for key in keys}


def _by_rank(x: Floats, days: Floats) -> ByRank:
    share, chance = share_by_rank(x, days), chance_of_rank(len(days))
    seen = np.fmax(correlation_of_ranks(x, days) ** 2, share.value - 2 * chance)
    return ByRank(share, float(seen))


def variance(twice: Ensemble, ranked: Mapping[str, ByRank], exchanged: Ensembles) -> Drivers:
    """Return the share in the variance of each input, the greatest first, and of each level.

    Parameters
    ----------
    twice
        Of 2 n replications: the rows A, and the rows B.
    ranked
        What `by_rank` says of it.
    exchanged
        Of n: the rows AB of each input that is looked at alone, of each level, and of the others.
    """
    days, n = restricted_days(twice), twice.replications // 2
    found = shares(
        days[:n], days[n:], {name: restricted_days(each) for name, each in exchanged.items()}
    )
    looked_at = [key for key in ranked if key in found]
    small = [key for key in ranked if key not in found]
    looked_at.sort(key=lambda key: -np.nan_to_num(found[key].total.value))
    small.sort(key=lambda key: -np.nan_to_num(ranked[key].share.value))
    levels = [level for level in (*LEVELS, OTHERS) if level in found]
    rows = [("sobol", key, *found[key]) for key in looked_at]
    rows += [("sobol", key, ranked[key].share, NOTHING) for key in small]
    rows += [("level", level, *found[level]) for level in levels]
    answers: Drivers = {}
    for kind, name, first_order, total in rows:
        answers[kind, name, "first_order"] = first_order
        answers[kind, name, "total"] = total
    return answers


def tornado(base: Ensemble, at_end: Mapping[str, Ensembles], ranked: Iterable[str]) -> Drivers:
    """Return what becomes of the P80 if an input is at its P10, and at its P90.

    Parameters
    ----------
    base
        As it is.
    at_end
        With each input at one of its ends, by the name of the end.
    ranked
        Keys of inputs in their order, these among them.
    """
    before, short = completion_days(base), restricted_days(base)
    found: dict[tuple[str, str], Estimate] = {}
    for key in ranked:
        for end, variants in at_end.items():
            if key in variants:
                variant = variants[key]
                after = completion_days(variant)
                change = combined_quantiles([before, after], (-1, 1), 80)
                short_of = mean(restricted_days(variant) - short)
                found[key, f"p80_at_{end}"] = quantile(after, 80)
                found[key, f"p80_change_at_{end}"] = change
                found[key, f"restricted_mean_change_at_{end}"] = short_of
    return {("tornado", *of): estimate for of, estimate in found.items()}
