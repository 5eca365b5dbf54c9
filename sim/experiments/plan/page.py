"""A plan in a report."""

import datetime as dt
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from sim.errors import ResultError
from sim.experiments.designs import keys_of
from sim.experiments.plan.goal import Goal, date_of_goal, owed_by
from sim.experiments.plan.report import answer
from sim.experiments.reading import Held, read_experiment, schema_of_points
from sim.results.page.figures import figure_of
from sim.results.page.part import At, Column, Figure, Part, table_of
from sim.results.words import key_words, words

_OTHERS = {
    "replications": pl.Int64(),
    "decided": pl.String(),
    "answer": pl.Boolean(),
    "finished_last": pl.String(),
    "crew_use": pl.String(),
}
_HELD_BACK = "What holds it back?"


def read(folder: Path) -> Held:
    """Return a plan, read from its folder."""
    return read_experiment(folder, "plan", partial(schema_of_points, others=_OTHERS))


def part(held: Held, *, id: str, notice: str) -> Part:  # noqa: A002 # the word of the page
    """Return its part of a report."""
    frame, goal = held.source.frame, _goal(held)
    date = date_of_goal(held.scenario, goal)
    if date is None:
        raise ResultError(f"{held.folder}: damaged: its manifest has no deadline of the scenario")
    owed = owed_by(held.scenario, goal)
    asked = f"to release {owed or 'all land'} by {words(date)} with {100 * goal.confidence:g} %"
    texts = [f"Asked: the least of what was varied that is enough {asked} chance."]
    values = held.settings.get("values")
    points = math.prod(len(each) for each in values.values()) if isinstance(values, dict) else 0
    if held.manifest.get("complete") is True:
        found = list(_sentences(answer(frame, goal=goal, date=date, owed=owed, points=points)))
        if frame["answer"].any():
            found[0] = f"The answer: {found[0]}."
        texts += found
    columns = {
        **{key: Column(key_words(key)) for key in keys_of(frame)},
        "probability": Column("Chance", "share"),
        "ci_low": Column("95 % interval from", "share"),
        "ci_high": Column("to", "share"),
        "budget_probability": Column("With enough money too", "share"),
        "cost_mean": Column("Cost, on average", "money"),
        "crews": Column("Crews", "number"),
        "decided": Column("Decided"),
        "answer": Column("The answer"),
    }
    shown = [name for name in columns if name in frame.columns]
    rows = [[At(i, name) for name in shown] for i in range(len(frame))]
    table = table_of(
        held.source, "Deployments tried", [columns[n] for n in shown], rows, scenario=held.scenario
    )
    figure = _figure(held, id, goal, date, owed)
    return Part(id, "What was planned", tuple(texts), (figure,), (table,), notice=notice)


def _figure(held: Held, id: str, goal: Goal, date: dt.date, owed: str) -> Figure:  # noqa: A002 # as above
    """Return the picture of all that was tried; its numbers stand in the table."""
    title = "The chance of each deployment that was tried"

    def svg() -> str:
        from sim.experiments.plan.picture import about, draw_plan  # noqa: PLC0415 # loads matplotlib
        from sim.results.pictures.canvas import vector  # noqa: PLC0415

        frame, seed = held.source.frame, int(held.manifest.get("seed") or 0)
        return vector(
            partial(
                draw_plan,
                table=frame,
                scenario=held.scenario,
                confidence=goal.confidence,
                aim=goal.aim,
            ),
            subtitle=about(frame, date=date, confidence=goal.confidence, seed=seed, owed=owed),
            name=id,
            title=title,
            description="The chance to meet the deadline with each deployment, whether that is"
            " enough, and the answer. The numbers stand in the table Deployments tried.",
        )

    return figure_of(svg, title=title, data=None)


def _goal(held: Held) -> Goal:
    stated = held.settings
    try:
        return Goal(
            str(stated["deadline"]),
            float(stated["confidence"]),
            stated["minimise"],
            int(stated["replications"]),
            int(stated["most"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ResultError(f"{held.folder}: damaged: its manifest lacks what was asked") from error


def _sentences(lines: Iterator[str]) -> Iterator[str]:
    """Yield the sentences of the answer; the tables among them stand in the table of all."""
    held_back = False
    for line in lines:
        held_back |= line == _HELD_BACK
        if held_back or not line.startswith("  "):
            yield line.strip()
