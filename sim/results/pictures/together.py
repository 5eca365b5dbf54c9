"""Picture of date and budget together: a point for each simulated campaign."""

import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sim.results.pictures.canvas import (
    BLUE,
    GREY,
    INK,
    RIGHT,
    Tables,
    date_axes,
    end_of,
    horizon_of,
    make_room_left,
    on_calendar,
    put_legend,
    set_top,
    start_of,
)
from sim.results.pictures.deadlines import draw_deadlines
from sim.results.words import money_words
from sim.scenario.scenario import Scenario

_ROOM = 0.05  # at the ends of both axes


def draw_together(
    figure: Figure, frames: Tables, scenario: Scenario, *, quantity: str, budget: float, most: int
) -> None:
    """Draw when each campaign is complete and what it costs, the deadlines, and what funds have.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a result: `replications`, `summary`.
    scenario
        That was run.
    quantity
        The column of the cost.
    budget
        Of all funds together.
    most
        How many campaigns are drawn, the first ones.
    """
    rows = frames["replications"].head(most)
    done, late = rows.filter(pl.col("completed")), rows.filter(~pl.col("completed"))
    axes = date_axes(figure, RIGHT)
    x = (start_of(scenario) + done["completion_day"]).to_list()
    axes.plot(x, done[quantity].to_list(), "o", color=BLUE, ms=5, alpha=0.6, label="a campaign")
    if len(late):
        at = [end_of(horizon_of(scenario))] * len(late)
        x += at
        label = "not complete by the end of the simulation"
        axes.plot(at, late[quantity].to_list(), "x", color=GREY, ms=6, label=label)
    paid = f"all funds together: {scenario.currency} {money_words(budget)}"
    axes.axhline(budget, color=INK, lw=1.8, ls=(0, (5, 2)), label=paid)
    ends = [end_of(d.date) for d in scenario.deadline if d.date <= horizon_of(scenario)]
    low, high = _span([*x, *ends])
    axes.set_xlim(*on_calendar(max(low, start_of(scenario)), high))
    axes.set_ylim(*_span([*rows[quantity].to_list(), budget]))
    axes.set_ylabel(f"Cost, {scenario.currency}")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: money_words(y)))
    make_room_left(figure, axes)
    set_top(axes, put_legend(figure))
    draw_deadlines(figure, axes, scenario, frames["summary"])


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = _ROOM * (high - low) or _ROOM * max(abs(high), 1.0)
    return low - room, high + room
