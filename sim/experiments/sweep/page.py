"""A sweep in a report."""

from functools import partial
from pathlib import Path

import polars as pl

from sim.experiments.designs import keys_of
from sim.experiments.reading import Held, read_experiment, schema_of_points
from sim.results.page.part import At, Column, Part, table_of
from sim.results.words import count, key_words
from sim.statistics.quantities import DEADLINE


def read(folder: Path) -> Held:
    """Return a sweep, read from its folder."""
    others = {"replications": pl.Int64()}
    return read_experiment(folder, "sweep", partial(schema_of_points, others=others))


def part(held: Held, *, id: str, notice: str) -> Part:  # noqa: A002 # the word of the page
    """Return its part of a report."""
    frame, keys = held.source.frame, keys_of(held.source.frame)
    ends = ("_low", "_high")
    deadlines = [
        name
        for name in frame.columns
        if name.startswith(DEADLINE) and not (name.endswith(ends) and name[: name.rindex("_")] in frame.columns)
    ]
    cost = "cost_mean"
    if frame[cost].null_count():
        cost = "cost_restricted_mean" if frame["cost_restricted_mean"].count() else cost
    until = ", up to the horizon" if cost != "cost_mean" else ""
    later = "later than the horizon"
    columns = {
        **{key: Column(key_words(key)) for key in keys},
        "p50": Column("P50", "day", empty=later),
        "p80": Column("P80", "day", empty=later),
        "p80_low": Column("P80, 95 % interval from", "day", empty="not known"),
        "p80_high": Column("to", "day", empty="not known"),
        **{name: Column(f"Chance of “{name.removeprefix(DEADLINE)}”", "share", empty="not known") for name in deadlines},
        cost: Column(f"Cost, on average{until}", "money", empty="not known"),
    }
    shown = [name for name in columns if name in frame.columns and frame[name].count()]
    rows = [[At(i, name) for name in shown] for i in range(len(frame))]
    table = table_of(
        held.source, "Points", [columns[name] for name in shown], rows, scenario=held.scenario
    )
    sizes = sorted(frame["replications"].unique().to_list())
    each = " to ".join(count(size) for size in dict.fromkeys((sizes[0], sizes[-1])))
    text = (
        f"The scenario with other values of {', '.join(map(key_words, keys))}: {each} campaigns at each"
        " point, all with the same luck."
    )
    return Part(id, "What was tried", words=(text,), tables=(table,), notice=notice)
