"""A sweep in a report."""

from functools import partial
from pathlib import Path

import polars as pl

from sim.experiments.designs import keys_of
from sim.experiments.reading import Held, read_experiment, schema_of_points
from sim.results.lines import Row
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
        if name.startswith(DEADLINE)
        and not (name.endswith(ends) and name[: name.rindex("_")] in frame.columns)
    ]
    short = frame["cost_restricted_mean"].count()
    until = ", up to the horizon" if short else ""
    later = "later than the horizon"
    columns = {
        **{key: Column(key_words(key)) for key in keys},
        "p50": Column("P50", "day", empty=later),
        "p80": Column("P80", "day", empty=later),
        "p80_low": Column("P80, 95 % interval from", "day", empty="not known"),
        "p80_high": Column("to", "day", empty="not known"),
        **{
            name: Column(f"Chance of “{name.removeprefix(DEADLINE)}”", "share", empty="not known")
            for name in deadlines
        },
        "cost_mean": Column(f"Cost, on average{until}", "money", empty="not known"),
    }
    shown = [name for name in columns if frame[name].count() or (name == "cost_mean" and short)]
    rows = [[_at(row, i, name) for name in shown] for i, row in enumerate(held.source.rows)]
    table = table_of(
        held.source, "Points", [columns[name] for name in shown], rows, scenario=held.scenario
    )
    sizes = sorted(frame["replications"].unique().to_list())
    each = " to ".join(count(size) for size in dict.fromkeys((sizes[0], sizes[-1])))
    varied = ", ".join(map(key_words, keys))
    text = (
        f"The scenario with other values of {varied}: {each} campaigns at each point, all with the"
        " same luck."
    )
    return Part(id, "What was tried", words=(text,), tables=(table,), notice=notice)


def _at(row: Row, number: int, name: str) -> At:
    """Return a field; of a mean that censoring makes unknown, the one up to the horizon."""
    unknown = name == "cost_mean" and row[name] is None
    return At(number, "cost_restricted_mean" if unknown else name)
