"""What the terminal shows after planning."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from sim.errors import show
from sim.experiments.designs import in_words, keys_of
from sim.experiments.plan.goal import Goal, owed_by
from sim.experiments.plan.table import greatest_fall, rivals
from sim.results.holdups import said
from sim.results.lines import Row, aligned, estimate_in
from sim.results.report import EXPLAINED
from sim.results.words import count, key_words, money_words, percent_words, share_words, words
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
    given: bool = False,
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
    given
        Whether it is about the campaigns of a forecast: there are no more of them, and they are not
        independent.
    """
    named = [d.name for d in scenario.deadline if d.name == goal.deadline]
    owed = owed_by(scenario, goal)
    by = ", ".join(filter(None, [*named, words(date), owed]))
    yield scenario.campaign.title or scenario.campaign.name
    yield f"Deadline: {by}; wanted chance {100 * goal.confidence:g} %; seed {seed}"
    yield ""
    yield "What is needed?"
    if complete:
        yield from (
            f"  {line}" for line in answer(table, goal=goal, date=date, owed=owed, points=points)
        )
    else:
        yield f"  Not known yet: {len(table)} of {points} deployments were tried."
    yield ""
    yield f"What was tried? ({EXPLAINED})"
    rows = list(table.iter_rows(named=True))
    header, cells = _cells(table, rows, scenario, goal)
    yield from aligned(header, cells, file="plan.csv")
    if given:
        return
    yield ""
    yield (
        "A deployment is decided on stricter bounds than the intervals shown, so that in at most 5"
        " of 100 plans any decision is wrong."
    )
    if "undecided" in table["decided"]:
        yield "What is undecided may be decided with a greater --most."


def answer(
    table: pl.DataFrame, *, goal: Goal, date: dt.date, owed: str, points: int
) -> Iterator[str]:
    """Yield the answer in words, and what it does not know."""
    rows = list(table.iter_rows(named=True))
    keys, open_ones = keys_of(table), list(rivals(table, goal.aim).iter_rows(named=True))
    chosen = next((row for row in rows if row["answer"]), None)
    size = max((row["replications"] for row in open_ones), default=0)
    after = f"not decided after {count(size)} replications"
    if chosen:
        unless = f", unless {_already(keys, open_ones)}: {after}" if open_ones else ""
        yield f"{_at(chosen)}{unless}"
        yield from _so_far(keys, open_ones)
        chance = percent_words(_chance(chosen))
        reached = f"to have released {owed}" if owed else "to be complete"
        yield f"The chance {reached} by {words(date)} is then {chance}."
        if chosen.get("budget_probability") is not None:
            both = percent_words(_budget(chosen))
            yield f"The chance that all funds are enough as well: {both}."
        yield from _ends(table, chosen, untried=len(table) < points)
        yield from _worse(table, goal)
        return
    best = max(rows, key=lambda row: row["probability"])
    if open_ones:
        yield f"Not decided: {_may(keys, open_ones)}; {after}."
        yield from _so_far(keys, open_ones)
    else:
        yield f"None of these reaches {100 * goal.confidence:g} %."
    if len(rows) > 1 and len({row["probability"] for row in rows}) == 1:
        yield f"The chance is the same at all of them: {percent_words(_chance(best))}."
    else:
        yield f"The best is {_at(best)}: {percent_words(_chance(best))}."
    yield from _worse(table, goal)
    yield from _held_back(best)


def _ends(table: pl.DataFrame, chosen: Row, *, untried: bool) -> Iterator[str]:
    """Yield where the answer stands at the end of what was tried; nothing is less than 0."""
    keys = keys_of(table)
    lowest = [key for key in keys if chosen[key] == table[key].min() and chosen[key] != 0]
    if lowest:
        of = f" of {' and '.join(lowest)}" if len(keys) > 1 else ""
        yield f"This is the lower end of the range{of}: less was not tried and may suffice too."
    if untried:
        yield "More was not tried, and is not always better: --minimise crews tries all values."


def _worse(table: pl.DataFrame, goal: Goal) -> Iterator[str]:
    """Yield for each key where the chance falls most as its value rises, if that is sure."""
    for key in keys_of(table):
        if fall := greatest_fall(table, key, goal):
            lower = list({row[key]: row for row in (fall.first, fall.lowest)}.values())
            name = f"{key}=" if len(keys_of(table)) > 1 else ""
            but = [f"{percent_words(_chance(row))} with {name}{show(row[key])}" for row in lower]
            yield (
                f"More is worse: the chance is {percent_words(_chance(fall.from_))} with "
                f"{_at(fall.from_)}, but {' and '.join(but)}."
            )


def _held_back(best: Row) -> Iterator[str]:
    """Yield what holds the best deployment back."""
    lines = list(said(best["finished_last"] or "", best["crew_use"] or ""))
    if best["stopped_share"]:
        late = share_words(best["stopped_share"])
        lines.append(f"  A fund is spent: in {late} of the late ones its crews stopped for good")
    if lines:
        yield "What holds it back?"
        yield from lines


def _cells(
    table: pl.DataFrame, rows: list[dict[str, Any]], scenario: Scenario, goal: Goal
) -> tuple[list[str], list[list[str]]]:
    """Return header and cells of what was tried."""
    keys = keys_of(table)
    header = [*map(key_words, keys), "replications", "chance"]
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


def _already(keys: list[str], rows: Sequence[Row]) -> str:
    """Say that some deployments already suffice, by their values where one key varies."""
    if len(keys) > 1:
        return "one of these already suffices" if len(rows) > 1 else "this already suffices"
    return f"{_either(keys, rows)} already {'suffices' if len(rows) == 1 else 'suffice'}"


def _may(keys: list[str], rows: Sequence[Row]) -> str:
    """Say that some deployments may suffice, by their values where one key varies."""
    return f"{_either(keys, rows) if len(keys) == 1 else 'these'} may suffice"


def _either(keys: list[str], rows: Sequence[Row]) -> str:
    """Return the values of a single key joined by or."""
    texts = [str(row[keys[0]]) for row in rows]
    few = texts if len(texts) <= 5 else [*texts[:4], f"{len(texts) - 4} others"]
    return " or ".join([", ".join(few[:-1]), few[-1]] if len(few) > 1 else few)


def _so_far(keys: list[str], rows: Sequence[Row]) -> Iterator[str]:
    """Yield the chance so far of what is undecided, as a table."""
    if rows:
        cells = [[*(str(row[key]) for key in keys), percent_words(_chance(row))] for row in rows]
        yield from aligned([*map(key_words, keys), "chance so far"], cells, file="plan.csv")


def _chance(row: Row) -> Estimate:
    return estimate_in(row, "probability", "ci_low", "ci_high")


def _budget(row: Row) -> Estimate:
    return estimate_in(row, "budget_probability", "budget_low", "budget_high")


def _cost(row: Row, scenario: Scenario) -> str:
    return (
        "" if row["cost_mean"] is None else f"{scenario.currency} {money_words(row['cost_mean'])}"
    )
