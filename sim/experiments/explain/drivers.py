"""What drives the completion: the share of each input in its spread, and what each does alone."""

from collections.abc import Iterable

import numpy as np

from sim.experiments.explain.inputs import fixed_at, inputs_of
from sim.experiments.study import Study
from sim.outcome import Ensemble
from sim.sampling.recipes import LEVELS, Exchange
from sim.statistics.estimates import Estimate, mean, quantile
from sim.statistics.paired import combined_quantiles
from sim.statistics.shares import shares
from sim.statistics.summary import completion_days, restricted_days

Drivers = dict[tuple[str, str, str], Estimate]  # by kind, name, quantity


def variance(study: Study, twice: Ensemble, n: int) -> Drivers:
    """Return the share in the variance of each input, the greatest first, and of each level.

    Parameters
    ----------
    study
        That does the work.
    twice
        Of 2 n replications: the rows A, and the rows B.
    n
        How many rows of each.
    """
    scenario = twice.scenario
    keys = [each.key for each in inputs_of(scenario)]
    exchanged = {
        what: restricted_days(study.ensemble(scenario, n, recipes=Exchange(what=what, by=n)))
        for what in [*keys, *LEVELS]
    }
    days = restricted_days(twice)
    found = shares(days[:n], days[n:], exchanged)
    keys.sort(key=lambda key: -np.nan_to_num(found[key].total.value))
    return {
        ("sobol" if name in keys else "level", name, index): getattr(found[name], index)
        for name in [*keys, *LEVELS]
        for index in ("first_order", "total")
    }


def tornado(study: Study, base: Ensemble, ranked: Iterable[str]) -> Drivers:
    """Return what becomes of the P80 if an input is at its P10, and at its P90.

    Parameters
    ----------
    study
        That does the work.
    base
        As it is.
    ranked
        Keys of the inputs in their order.
    """
    inputs = {each.key: each for each in inputs_of(base.scenario)}
    before, short = completion_days(base), restricted_days(base)
    found: dict[tuple[str, str], Estimate] = {}
    for key in ranked:
        for at, u in (("p10", 0.1), ("p90", 0.9)):
            variant = study.ensemble(fixed_at(base.scenario, inputs[key], u), base.replications)
            after = completion_days(variant)
            found[key, f"p80_at_{at}"] = quantile(after, 80)
            found[key, f"p80_change_at_{at}"] = combined_quantiles([before, after], (-1, 1), 80)
            found[key, f"restricted_mean_change_at_{at}"] = mean(restricted_days(variant) - short)
    return {("tornado", *of): estimate for of, estimate in found.items()}
