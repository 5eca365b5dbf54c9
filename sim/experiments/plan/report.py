"""What the terminal shows after planning."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl

from sim.experiments.designs import in_words, keys_of
from sim.experiments.plan.goal import Goal
from sim.experiments.plan.table import rivals
from sim.results.lines import Row, aligned, estimate_in
from sim.results.report import EXPLAINED
from sim.results.words import count, money_words, percent_words, words
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Estimate

_SIZES = {"crews": "fewest crews", "cost": "least cost", None: "least"}


def lines(
    table: pl.DataFrame,
    scenario: Scenario,
    *,
    goal: Goal,
    date: dt.date,
    seed: int,
    points: int,
    complete: bool = True,
) -> Iterator[str]:
    """Yield the lines of the report.

    Parameters
    ----------
    table
        `plan.csv`.
    scenario
        That the keys were varied in.
    goal, date
        What was asked.
    seed
        Of all deployments.
    points
        How many deployments there are to choose from, tried or not.
    complete
        Whether all was tried that is needed for the answer.
    """
    named = [d.name for d in scenario.deadline if d.name == goal.deadline]
    by = f"{named[0]}, {words(date)}" if named else words(date)
    yield scenario.campaign.title or scenario.campaign.name
    yield f"Deadline: {by}; wanted chance {100 * goal.confidence:g} %; seed {seed}"
    yield ""
    yield "What is needed?"
    if complete:
        yield from (f"  {line}" for line in answer(table, goal=goal, date=date))
    else:
        yield f"  Not known yet: {len(table)} of {points} deployments were tried."
    yield ""
    yield f"What was tried? ({EXPLAINED})"
    rows = list(table.iter_rows(named=True))
    header, cells = _cells(table, rows, scenario, goal)
    yield from aligned(header, cells, file="plan.csv")
    yield ""
    yield (
        "A deployment is decided on stricter bounds than the intervals shown, so that in at most 5"
        " of 100 plans any decision is wrong."
    )
    if "undecided" in table["decided"]:
        yield "What is undecided may be decided with a greater --most."


def answer(table: pl.DataFrame, *, goal: Goal, date: dt.date) -> Iterator[str]:
    """Yield the answer in words, and what it does not know."""
    rows = list(table.iter_rows(named=True))
    open_ones = list(rivals(table, goal.aim).iter_rows(named=True))
    chosen = next((row for row in rows if row["answer"]), None)
    size = max((row["replications"] for row in open_ones), default=0)
    after = f"not decided after {count(size)} replications"
    if chosen:
        unless = ""
        if open_ones:
            already = "already suffices" if len(open_ones) == 1 else "already suffice"
            unless = f", unless {_either(open_ones)} {already}: {after}"
        yield f"{_at(chosen)}{unless}"
        chance = percent_words(_chance(chosen))
        yield f"The chance to be complete by {words(date)} is then {chance}."
        if chosen.get("budget_probability") is not None:
            both = percent_words(_budget(chosen))
            yield f"The chance that all funds are enough as well: {both}."
        return
    best = max(rows, key=lambda row: row["probability"])
    if open_ones:
        yield f"Not decided: {_either(open_ones)} may suffice; {after}."
    else:
        yield f"None of these reaches {100 * goal.confidence:g} %."
    yield f"The best is {_at(best)}: {percent_words(_chance(best))}."


def _cells(
    table: pl.DataFrame, rows: list[dict[str, Any]], scenario: Scenario, goal: Goal
) -> tuple[list[str], list[list[str]]]:
    """Return header and cells of what was tried."""
    keys = keys_of(table)
    header = [*keys, "replications", "chance"]
    funds, paid = "budget_probability" in table.columns, scenario.costs
    header += ["with enough money"] if funds else []
    header += ["mean cost"] if paid else []
    header += ["crews"] if len(keys) > 1 else []
    cells = []
    for row in rows:
        line = [*(str(row[key]) for key in keys), count(row["replications"])]
        line += [percent_words(_chance(row))]
        line += [percent_words(_budget(row))] if funds else []
        line += [_cost(row, scenario)] if paid else []
        line += [f"{row['crews']:g}"] if len(keys) > 1 else []
        decided = f"{row['decided']}, {_SIZES[goal.aim]}" if row["answer"] else row["decided"]
        cells.append([*line, decided])
    return [*header, "decided"], cells


def _at(row: Row) -> str:
    """Return a deployment as it is typed."""
    keys = list(row)[: list(row).index("replications")]
    return in_words({key: row[key] for key in keys})


def _either(rows: list[dict[str, Any]]) -> str:
    """Return some deployments joined by or, by their values alone where one key varies."""
    one = list(rows[0]).index("replications") == 1
    texts = [str(next(iter(row.values()))) if one else f"({_at(row)})" for row in rows]
    few = texts if len(texts) <= 5 else [*texts[:4], f"{len(texts) - 4} others"]
    return " or ".join([", ".join(few[:-1]), few[-1]] if len(few) > 1 else few)


def _chance(row: Row) -> Estimate:
    return estimate_in(row, "probability", "ci_low", "ci_high")


def _budget(row: Row) -> Estimate:
    return estimate_in(row, "budget_probability", "budget_low", "budget_high")


def _cost(row: Row, scenario: Scenario) -> str:
    return (
        "" if row["cost_mean"] is None else f"{scenario.currency} {money_words(row['cost_mean'])}"
    )
