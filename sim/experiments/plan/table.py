"""A plan as a table."""

from collections.abc import Sequence

import polars as pl

from sim.experiments.designs import Settings
from sim.experiments.plan.goal import Aim
from sim.experiments.plan.plan import Plan, crews_of
from sim.results.csv import Schema, headings, kind_of, written
from sim.scenario.scenario import Scenario
from sim.statistics.quantities import MONEY, NUMBER, SHARE

_NUMBERS = ("probability", "ci_low", "ci_high", "cost_mean")
_BUDGET = ("budget_probability", "budget_low", "budget_high")


def columns(settings: Sequence[Settings], scenario: Scenario) -> dict[str, pl.DataType]:
    """Return the columns of `plan.csv` and their types."""
    names = _columns_of_keys(settings[0])
    kinds = {names[key]: kind_of([at[key] for at in settings]) for key in names}
    numbers = dict.fromkeys(_NUMBERS, pl.Float64())
    funds = bool(scenario.money and scenario.money.fund)
    budget = dict.fromkeys(_BUDGET if funds else (), pl.Float64())
    verdict = {"decided": pl.String(), "answer": pl.Boolean()}
    crews = {"crews": pl.Float64()}
    return {**kinds, "replications": pl.Int64(), **numbers, **verdict, **budget, **crews}


def table(plan: Plan, schema: Schema) -> pl.DataFrame:
    """Return one row per deployment that was tried, with the columns of `columns`."""
    rows = []
    for trial in plan.trials:
        chances = [written(value, SHARE.decimals) for value in trial.probability]
        cost = None if trial.cost_mean is None else written(trial.cost_mean, MONEY.decimals)
        names = _columns_of_keys(trial.settings)
        row = {names[key]: value for key, value in trial.settings.items()}
        row |= {"replications": trial.replications, "cost_mean": cost}
        row |= dict(zip(("probability", "ci_low", "ci_high"), chances, strict=True))
        row |= {"decided": trial.decided, "answer": trial.answer}
        for name, value in zip(_BUDGET, trial.budget or (), strict=False):
            row[name] = written(value, SHARE.decimals)
        rows.append(row | {"crews": written(crews_of(trial.scenario), NUMBER.decimals)})
    return pl.DataFrame(rows, schema=schema, orient="row")


def _columns_of_keys(settings: Settings) -> dict[str, str]:
    own = ("replications", *_NUMBERS, "decided", "answer", *_BUDGET, "crews")
    return headings(settings, taken=own)


def rivals(table: pl.DataFrame, aim: Aim | None) -> pl.DataFrame:
    """Return the deployments that would be better than the answer, if they meet the deadline.

    Parameters
    ----------
    table
        `plan.csv`; without an answer in it, all that are undecided are returned.
    aim
        Of the goal.
    """
    numbered = table.with_row_index("place")
    undecided, answer = numbered.filter(decided="undecided"), numbered.filter(pl.col("answer"))
    if len(answer):
        size = {"crews": "crews", "cost": "cost_mean", None: "place"}[aim]
        undecided = undecided.filter(pl.col(size) < answer[size][0])
    return undecided.drop("place")
