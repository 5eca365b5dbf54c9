"""What the terminal shows after a sweep."""

import math
from collections.abc import Iterator, Sequence

import polars as pl

from sim.experiments.designs import keys_of
from sim.experiments.sweep.table import named_columns
from sim.results.lines import Row, aligned, date_words, estimate
from sim.results.report import EXPLAINED
from sim.results.words import (
    count,
    key_words,
    money_words,
    owed_words,
    percent_words,
    with_interval,
    words,
)
from sim.scenario.scenario import Scenario
from sim.statistics.quantities import COMPARED, DEADLINE, percentiles


def lines(table: pl.DataFrame, scenarios: Sequence[Scenario], *, seed: int) -> Iterator[str]:
    """Yield the lines of the report."""
    rows = list(table.iter_rows(named=True))
    pairs = list(zip(rows, scenarios, strict=True))
    campaign = scenarios[0].campaign
    sizes = sorted({row["replications"] for row in rows})
    each = " to ".join(dict.fromkeys(count(size) for size in (sizes[0], sizes[-1])))
    yield campaign.title or campaign.name
    yield f"{count(len(rows))} points, {each} replications each, seed {seed}"
    yield from (f"{key_words(key)} is {key}" for key in keys_of(table) if key_words(key) != key)
    yield ""
    yield f"When will the land be released? ({EXPLAINED})"
    dates = [[date_words(s, estimate(row, p)) for p in percentiles(COMPARED)] for row, s in pairs]
    yield from _with_keys(table, [f"P{percent}" for percent in COMPARED], dates)
    late = sum(row["completed"] < 1 for row in rows)
    if late:
        some = f"{count(late)} of {count(len(rows))} points"
        yield f"  At {some} not every replication was complete at the horizon: see sweep.csv."
    deadlines = _deadlines(scenarios)
    if deadlines:
        columns = named_columns(keys_of(table), scenarios)
        chances = [
            [percent_words(estimate(row, columns[DEADLINE + name])) for name in deadlines]
            for row in rows
        ]
        titles = [", ".join([name, *dates]) for name, dates in deadlines.items()]
        yield ""
        yield "Will the deadlines be met?"
        yield from _with_keys(table, titles, chances)
    if any(scenario.costs for scenario in scenarios):
        yield ""
        short = any(row["cost_restricted_mean"] is not None for row in rows)
        until = " (up to the horizon where not complete)" if short else ""
        yield f"What will it cost on average?{until}"
        yield from _with_keys(table, ["mean"], [[_cost(row, s)] for row, s in pairs])


def _deadlines(scenarios: Sequence[Scenario]) -> dict[str, list[str]]:
    """Return the names of the deadlines, each with date and land unless that is varied."""
    found: dict[str, list[set[str]]] = {}
    for scenario in scenarios:
        for deadline in scenario.deadline:
            dates, land = found.setdefault(deadline.name, [set(), set()])
            dates.add(words(deadline.date))
            land.add(owed_words(deadline, scenario.unit))
    return {
        name: [text for (text, *more) in each if text and not more] for name, each in found.items()
    }


def _with_keys(
    table: pl.DataFrame, titles: list[str], cells: Sequence[Sequence[str]]
) -> Iterator[str]:
    """Yield the lines of a table that begins with the varied keys."""
    keys = keys_of(table)
    at = [[str(row[key]) for key in keys] for row in table.iter_rows(named=True)]
    rows = [[*values, *more] for values, more in zip(at, cells, strict=True)]
    yield from aligned([*map(key_words, keys), *titles], rows, file="sweep.csv")


def _cost(row: Row, scenario: Scenario) -> str:
    if not scenario.costs:
        return "nothing"
    whole = row["cost_mean"] is not None
    cost = estimate(row, "cost_mean" if whole else "cost_restricted_mean")
    ends = ("" if math.isnan(end) else money_words(end) for end in (cost.low, cost.high))
    return with_interval(f"{scenario.currency} {money_words(cost.value)}", *ends)
