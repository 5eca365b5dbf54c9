"""The tables of anything that was computed, from Python: those that its command writes."""

from functools import singledispatch

import polars as pl

from sim.experiments.compare.compare import Comparison
from sim.experiments.compare.table import table as comparison_table
from sim.experiments.explain.explain import Explanation
from sim.experiments.explain.table import table as explanation_table
from sim.experiments.forecast.forecast import Forecast
from sim.experiments.forecast.table import tables as forecast_tables
from sim.experiments.plan.plan import Plan
from sim.experiments.plan.table import columns as plan_columns
from sim.experiments.plan.table import table as plan_table
from sim.experiments.sweep.sweep import Sweep
from sim.experiments.sweep.table import table as sweep_table
from sim.outcome import Ensemble
from sim.results.tables import tables as run_tables


@singledispatch
def tables(
    result: Ensemble | Sweep | Comparison | Plan | Explanation | Forecast,
) -> dict[str, pl.DataFrame]:
    """Return the tables of what `run`, `sweep`, `compare`, `plan`, `explain` or `forecast` gave.

    Parameters
    ----------
    result
        What one of them returned.

    Returns
    -------
    Each table by the name of its file: `summary`, `replications`, `progress`, `sectors`,
    `crew_time`, `years`, `regions` and `operators` of a run, `sweep`, `compare`, `plan` or
    `explain` of an experiment; of a forecast those of a run, `forecast`, `learned` and `reports`.
    The columns are those of the CSV; `results/README.md` explains them.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    allowed = "what run, sweep, compare, plan, explain or forecast returned"
    raise TypeError(f"tables: found {type(result).__name__}; allowed: {allowed}")


tables.register(Ensemble, run_tables)


@tables.register
def _(result: Sweep) -> dict[str, pl.DataFrame]:
    return {"sweep": sweep_table(result)}


@tables.register
def _(result: Comparison) -> dict[str, pl.DataFrame]:
    return {"compare": comparison_table(result)}


@tables.register
def _(result: Plan) -> dict[str, pl.DataFrame]:
    columns = plan_columns([trial.settings for trial in result.trials], result.trials[0].scenario)
    return {"plan": plan_table(result, columns)}


@tables.register
def _(result: Explanation) -> dict[str, pl.DataFrame]:
    return {"explain": explanation_table(result)}


@tables.register
def _(result: Forecast) -> dict[str, pl.DataFrame]:
    return run_tables(result.ensemble) | forecast_tables(result)
