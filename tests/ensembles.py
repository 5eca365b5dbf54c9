"""Small ensembles, so that a test states only what it is about."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from build import DAY, FAST, build, law

from sim.engines import simulate
from sim.outcome import OPEN, Ensemble, gather, rows
from sim.sampling import Sampler
from sim.scenario.scenario import Scenario


def run(scenario: Scenario, *, n: int, seed: int = 0, asked: int | None = None) -> Ensemble:
    """Return the ensemble of the first n replications."""
    worlds = Sampler(scenario, seed=seed).worlds(range(n))
    batch = rows(simulate(world, engine=FAST) for world in worlds)
    return gather(scenario, seed=seed, asked=asked or n, batches=[batch])


def uncertain(**tables: Any) -> Scenario:
    """Return a campaign of about ten days whose rate is not known."""
    return build(factors={"rate": law("lognormal", mean=1.0, cv=0.3)}, **tables)


def completed_at(ensemble: Ensemble, days: Sequence[float | None]) -> Ensemble:
    """Return the ensemble with other completions; None is censored."""
    seconds = [OPEN if day is None else round(day * DAY) for day in days]
    repeated = {
        name: values[np.zeros(len(days), np.int64)] for name, values in ensemble.rows.items()
    }
    repeated |= {"replication": np.arange(len(days)), "completion_s": np.array(seconds)}
    owed = repeated["deadline_s"].shape[1]  # all of them of all land
    repeated["deadline_s"] = np.repeat(np.array(seconds)[:, None], owed, axis=1)
    return replace(ensemble, asked=len(days), **repeated)
