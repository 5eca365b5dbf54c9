"""A plan as a table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from sim.experiments.designs import Settings, keys_of
from sim.experiments.plan.goal import Aim, Goal
from sim.experiments.plan.plan import Plan, crews_of
from sim.results.csv import Schema, headings, kind_of, written
from sim.results.lines import Row
from sim.scenario.scenario import Scenario
from sim.statistics.decisions import ERROR, exact_bounds, stages
from sim.statistics.quantities import FUND, MONEY, NUMBER, SHARE

_NUMBERS = ("probability", "ci_low", "ci_high", "cost_mean")
_BUDGET = ("budget_probability", "budget_low", "budget_high")
_RESTRICTED, _ENDS = "cost_restricted_mean", ("", "_low", "_high")
_HELD = ("finished_last", "crew_use")


def columns(settings: Sequence[Settings], scenario: Scenario) -> dict[str, pl.DataType]:
    """Return the columns of `plan.csv` and their types."""
    names = _columns_of_keys(settings[0])
    kinds = {names[key]: kind_of([at[key] for at in settings]) for key in names}
    numbers = dict.fromkeys(_NUMBERS, pl.Float64())
    funds = bool(scenario.money and scenario.money.fund)
    budget = dict.fromkeys(_BUDGET if funds else (), pl.Float64())
    verdict = {"decided": pl.String(), "answer": pl.Boolean()}
    crews = {"crews": pl.Float64()}
    held = dict.fromkeys(_HELD, pl.String()) | {"stopped_share": pl.Float64()}
    of_funds = [f"{column}{end}" for column in _of_funds(names, scenario) for end in _ENDS]
    last = dict.fromkeys((_RESTRICTED, *of_funds), pl.Float64())
    count = {"replications": pl.Int64()}
    return {**kinds, **count, **numbers, **verdict, **budget, **crews, **held, **last}


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
        row |= {"crews": written(crews_of(trial.scenario), NUMBER.decimals)}
        if held := trial.holdback:
            row |= {name: getattr(held, name) or None for name in _HELD}
            stopped = held.stopped
            row["stopped_share"] = written(stopped.value, SHARE.decimals) if stopped else None
        row[_RESTRICTED] = cost if trial.restricted else None
        for column, chance in zip(_of_funds(names, trial.scenario), trial.funds, strict=True):
            for end, value in zip(_ENDS, chance, strict=True):
                row[column + end] = written(value, SHARE.decimals)
        rows.append(row)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _columns_of_keys(settings: Settings) -> dict[str, str]:
    own = (
        "replications",
        *_NUMBERS,
        "decided",
        "answer",
        *_BUDGET,
        "crews",
        *_HELD,
        "stopped_share",
        _RESTRICTED,
    )
    return headings(settings, taken=own)


def _of_funds(keys: Mapping[str, str], scenario: Scenario) -> list[str]:
    """Return the columns of the chances of the funds."""
    names = [FUND + fund.name for fund in scenario.money.fund] if scenario.money else []
    return [*headings(names, taken=keys.values(), ends=_ENDS).values()]


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


class Fall(NamedTuple):
    """Deployments that differ in one key only, which rises, and whose chance surely falls."""

    from_: Row
    first: Row
    """The first that is surely worse."""
    lowest: Row

    @property
    def depth(self) -> float:
        """How far the chance falls."""
        return float(self.from_["probability"] - self.lowest["probability"])


def greatest_fall(table: pl.DataFrame, key: str, goal: Goal) -> Fall | None:
    """Return where the chance falls most as a key rises, if it surely does anywhere.

    It does where bounds do not meet that are shared out over all deployments and stages, as those
    of decisions are.

    Parameters
    ----------
    table
        `plan.csv`.
    key
        Column of a varied key.
    goal
        That gives the stages.
    """
    error = ERROR / (2 * len(table) * len(stages(goal.first, goal.most)))
    others = [each for each in keys_of(table) if each != key]
    groups = table.partition_by(others, maintain_order=True) if others else [table]
    falls = [_fall(list(group.sort(key).iter_rows(named=True)), error) for group in groups]
    return max(filter(None, falls), key=lambda fall: fall.depth, default=None)


def _fall(rows: Sequence[Row], error: float) -> Fall | None:
    """Return the greatest fall among deployments in the order of a key."""
    best, reached = rows[0], -1.0
    found: list[tuple[Row, Row]] = []
    for row in rows:
        n = row["replications"]
        low, high = exact_bounds(round(n * row["probability"]), n, error=error)
        if high < reached:
            found.append((best, row))
        if low > reached:
            best, reached = row, low
    falls = [Fall(a, next(x for y, x in found if y is a), b) for a, b in found]
    return max(falls, key=lambda fall: fall.depth, default=None)
