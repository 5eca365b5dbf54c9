"""How two ensembles on common random numbers differ, replication by replication.

Replication k of both had the same luck, so that differences are far less uncertain than the
ensembles themselves. Statistics take plain arrays (R), with infinity for what is censored.

References
----------
Differences of means: Student, paired. Differences of quantiles: the paired bootstrap, percentile
method (Efron, Tibshirani 1993: An Introduction to the Bootstrap, 13). Differences of probabilities:
Agresti and Min (2005), Statistics in Medicine 24, for matched pairs.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from sim.outcome import OPEN, Ensemble
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import (
    NOTHING,
    Estimate,
    Floats,
    mean,
    probability,
    quantile,
)
from sim.statistics.paired import combined_quantiles, pairing, probability_difference
from sim.statistics.quantities import COMPARED, DEADLINE
from sim.statistics.summary import (
    completion_days,
    costs,
    deadline_probability,
    meets,
    when_met,
)


@dataclass(frozen=True)
class Difference:
    """One number of two ensembles, and how much greater that of the variant is.

    Attributes
    ----------
    quantity, statistic
        What it is.
    baseline, variant
        Of each; nothing where it is about both together.
    difference
        Variant minus baseline, or what is about both together.
    """

    quantity: str
    statistic: str
    baseline: Estimate
    variant: Estimate
    difference: Estimate


def differences(baseline: Ensemble, variant: Ensemble) -> list[Difference]:
    """Return how two ensembles differ, in the order of `compare.csv`.

    Parameters
    ----------
    baseline, variant
        Of the same replications of the same seed. Days are counted from the baseline's start.
    """
    if not np.array_equal(baseline.replication, variant.replication):
        raise ValueError("ensembles are compared replication by replication")
    starts = [ensemble.scenario.campaign.start for ensemble in (baseline, variant)]
    later_days = (starts[1] - starts[0]).days
    before, after = completion_days(baseline), completion_days(variant) + later_days
    horizons = [ensemble.scenario.campaign.horizon_days for ensemble in (baseline, variant)]
    until = min(horizons[0], horizons[1] + later_days)
    rows = [_quantile("completion_day", percent, before, after) for percent in COMPARED]
    rows.append(_mean("completion_day", "mean", before, after))
    short = np.minimum(before, until), np.minimum(after, until)
    rows.append(_mean("completion_day", "restricted_mean", *short))
    n = len(before)
    # which comes first is known only up to the earlier horizon
    a, b = (np.where(days <= until, days, np.inf) for days in (before, after))
    for statistic, happened in (("sooner", b < a), ("later", b > a)):
        chance = probability(int(np.count_nonzero(happened)), n)
        rows.append(_of_both("completion_day", f"probability_{statistic}", chance))
    narrowing = Estimate(pairing(*short), math.nan, math.nan)
    rows.append(_of_both("completion_day", "narrowing", narrowing))
    rows += _deadlines(baseline, variant)
    if both_cost(baseline.scenario, variant.scenario):
        rows += _costs(baseline, variant)
    return rows


def both_cost(a: Scenario, b: Scenario) -> bool:
    """Tell whether both scenarios cost money of the same currency."""
    return a.costs and b.costs and a.currency == b.currency


def _of_both(quantity: str, statistic: str, estimate: Estimate) -> Difference:
    return Difference(quantity, statistic, NOTHING, NOTHING, estimate)


def _mean(quantity: str, statistic: str, before: Floats, after: Floats) -> Difference:
    known = np.isfinite(before).all() and np.isfinite(after).all()
    difference = mean(after - before) if known else NOTHING
    return Difference(quantity, statistic, mean(before), mean(after), difference)


def _quantile(quantity: str, percent: int, before: Floats, after: Floats) -> Difference:
    a, b = quantile(before, percent), quantile(after, percent)
    difference = combined_quantiles([before, after], (-1, 1), percent)
    return Difference(quantity, f"p{percent}", a, b, difference)


def _deadlines(baseline: Ensemble, variant: Ensemble) -> list[Difference]:
    """Return the differences of the deadlines that both have by name."""
    rows = []
    others = {deadline.name: deadline for deadline in variant.scenario.deadline}
    for deadline in baseline.scenario.deadline:
        if deadline.name not in others:
            continue
        pairs = ((baseline, deadline), (variant, others[deadline.name]))
        a, b = (deadline_probability(ensemble, each) for ensemble, each in pairs)
        met = [meets(ensemble, each) for ensemble, each in pairs]
        difference = NOTHING
        if not math.isnan(a.value + b.value):
            before, after = (when_met(ensemble, each) for ensemble, each in pairs)
            same = np.array_equal(before, after)
            difference = probability_difference(*met, same=same)
        rows.append(Difference(DEADLINE + deadline.name, "probability", a, b, difference))
    return rows


def _costs(baseline: Ensemble, variant: Ensemble) -> list[Difference]:
    """Return the differences in cost: at completion, and (restricted) at the horizon else."""
    spent = [costs(ensemble) for ensemble in (baseline, variant)]
    ensembles = (baseline, variant)
    before, after = (
        np.where(ensemble.completion_s != OPEN, cost, np.inf)
        for ensemble, cost in zip(ensembles, spent, strict=True)
    )
    # up to horizons of different length, what is not complete costs more for being simulated on
    lengths = {ensemble.scenario.campaign.horizon_days for ensemble in ensembles}
    comparable = len(lengths) == 1 or not any(ensemble.censored for ensemble in ensembles)
    restricted = _mean("cost", "restricted_mean", *spent)
    return [
        *(_quantile("cost", percent, before, after) for percent in COMPARED),
        _mean("cost", "mean", before, after),
        restricted if comparable else replace(restricted, difference=NOTHING),
    ]
