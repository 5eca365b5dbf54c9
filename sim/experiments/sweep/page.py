"""A sweep in a report."""

import datetime as dt
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from sim.errors import ResultError, ScenarioError
from sim.experiments.designs import design_points, keys_of
from sim.experiments.reading import Held, read_experiment, schema_of_points
from sim.results.lines import Row
from sim.results.page.figures import figure_of
from sim.results.page.part import At, Column, Figure, Part, table_of
from sim.results.words import count, key_words
from sim.scenario.scenario import Scenario
from sim.scenario.variants import vary
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
    known = {name for name in columns if frame[name].count()} | ({"cost_mean"} if short else set())
    ends_of_p80 = {"p80_low", "p80_high"}
    known |= ends_of_p80 if known & ends_of_p80 else set()
    shown = [name for name in columns if name in known]
    points = zip(held.source.rows, _scenarios(held), strict=True)
    rows = [[_at(row, i, name, since) for name in shown] for i, (row, since) in enumerate(points)]
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
    return Part(id, "What was tried", (text,), (_figure(held, id),), (table,), notice=notice)


def _figure(held: Held, id: str) -> Figure:  # noqa: A002 # as above
    """Return the picture of all points; its numbers stand in the table."""
    title = "The date of release at each point"

    def svg() -> str:
        from sim.experiments.sweep.picture import about, draw_sweep  # noqa: PLC0415 # loads matplotlib
        from sim.results.pictures.canvas import vector  # noqa: PLC0415

        frame, grid = held.source.frame, held.settings.get("design") == "grid"
        return vector(
            partial(draw_sweep, table=frame, scenarios=_scenarios(held), grid=grid),
            subtitle=about(frame, grid=grid, seed=int(held.manifest.get("seed") or 0)),
            name=id,
            title=title,
            description="When all land is released with each of the values that were tried: P50"
            " and P80. The numbers stand in the table Points.",
        )

    return figure_of(svg, title=title, data=None)


def _scenarios(held: Held) -> list[Scenario]:
    """Return the scenario of each point, as far as it is shown here: its dates.

    Raises
    ------
    ResultError
        If the manifest does not say what was varied.
    """
    try:
        return _varied(held)
    except (KeyError, TypeError, ScenarioError) as error:
        raise ResultError(f"{held.folder}: damaged: its manifest lacks what was varied") from error


def _varied(held: Held) -> list[Scenario]:
    stated, done = held.settings, len(held.source.frame)
    keys = [str(key) for key in stated["order of keys"]]
    if not any(key.startswith(("campaign", "deadline")) for key in keys):
        return [held.scenario] * done
    values = {key: [_dated(each) for each in stated["values"][f"values of {key}"]] for key in keys}
    seed = int(held.manifest.get("seed") or 0)
    points = design_points(
        held.scenario, vary=values, design=stated["design"], points=stated["points"], seed=seed
    )
    return [vary(held.scenario, settings=point) for point in points[:done]]


def _dated(value: Any) -> Any:
    """Return a value of a manifest, in which dates are texts, as it was stated."""
    with suppress(TypeError, ValueError):
        return dt.date.fromisoformat(value)
    return value


def _at(row: Row, number: int, name: str, since: Scenario) -> At:
    """Return a field; of a mean that censoring makes unknown, the one up to the horizon."""
    unknown = name == "cost_mean" and row[name] is None
    return At(number, "cost_restricted_mean" if unknown else name, since=since)
