"""What makes a campaign late: the days that each cause costs, and all of them together."""

from collections.abc import Iterable, Mapping

import numpy as np

from sim.experiments.explain.variants import ALL
from sim.outcome import Ensemble
from sim.statistics.estimates import Estimate, mean
from sim.statistics.paired import combined_quantiles
from sim.statistics.quantities import COMPARED, percentiles
from sim.statistics.summary import completion_days, restricted_days

SUM, INTERACTION = "sum", "interaction"
TOGETHER = (ALL, SUM, INTERACTION)


def delays(base: Ensemble, without: Mapping[str, Ensemble]) -> dict[tuple[str, str, str], Estimate]:
    """Return the days that each cause costs, the costliest first, and all of them together.

    Parameters
    ----------
    base
        As it is.
    without
        Without each cause, by its name, and without `ALL` of them.
    """
    if not without:
        return {}
    off = {name: each for name, each in without.items() if name != ALL}
    samples, short = (
        [by(base), by(without[ALL]), *map(by, off.values())]
        for by in (completion_days, restricted_days)
    )
    weights = _weights(list(off))
    found: dict[str, dict[str, Estimate]] = {}
    for name, each in weights.items():
        used = [i for i, weight in enumerate(each) if weight]
        chosen, weight = [samples[i] for i in used], [each[i] for i in used]
        found[name] = {f"p{p}": combined_quantiles(chosen, weight, p) for p in COMPARED}
        found[name]["restricted_mean"] = mean(np.asarray(each) @ np.array(short))
    leading = next(
        s for s in (*reversed(percentiles(COMPARED)), "restricted_mean") if _known(found, off, s)
    )
    ranked = sorted(off, key=lambda name: -found[name][leading].value)
    return {
        ("delay", name, statistic): estimate
        for name in [*ranked, *TOGETHER]
        for statistic, estimate in found[name].items()
    }


def _weights(causes: list[str]) -> dict[str, list[float]]:
    """Return how each answer is made of the base, of none of the causes, of each one missing."""
    k = len(causes)
    single = {
        name: [1.0, 0.0, *(-float(i == j) for j in range(k))] for i, name in enumerate(causes)
    }
    together = {ALL: [1.0, -1.0] + [0.0] * k, SUM: [float(k), 0.0] + [-1.0] * k}
    return single | together | {INTERACTION: [1.0 - k, -1.0] + [1.0] * k}


def _known(found: dict[str, dict[str, Estimate]], names: Iterable[str], statistic: str) -> bool:
    return all(np.isfinite(found[name][statistic].value) for name in names)
