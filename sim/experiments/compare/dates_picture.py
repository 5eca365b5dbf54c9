"""The picture of the dates compared: P50 and P80 of each scenario, with their intervals."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.results.lines import estimate_in
from sim.results.pictures.canvas import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    RIGHT,
    add_remark,
    date_axes,
    end_of,
    horizon_of,
    make_room_left,
    on_calendar,
    put_legend,
    set_top,
    start_of,
)
from sim.results.pictures.deadlines import draw_flags
from sim.results.pictures.labels import labels
from sim.scenario.scenario import Deadline, Scenario
from sim.statistics.estimates import Estimate
from sim.statistics.quantities import COMPARED, percentiles

REMARK = "bars: 95 % intervals"
MOST = 30  # rows
_MARKS = dict(zip(percentiles(COMPARED), ((BLUE, "o", -0.14), (ORANGE, "s", 0.14)), strict=True))
_NAMES, _FONT = 300.0, 11.0  # pixels, points
_ROOM, _LEAST_DAYS = 0.05, 10.0  # at the ends of the dates

Dates = dict[str, dict[str, Estimate]]


def draw_dates(
    figure: Figure, table: pl.DataFrame, *, scenario: Scenario, deadlines: Sequence[Deadline]
) -> None:
    """Draw the P50 and the P80 of the completion of each scenario, the baseline first.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    table
        `compare.csv`.
    scenario
        The baseline, from whose start days are counted.
    deadlines
        That all scenarios have.
    """
    dates = _dates(table)
    if len(dates) > MOST:
        add_remark(figure, f"{len(dates) - MOST} more in compare.csv")
    shown = dict(list(dates.items())[:MOST])
    axes = date_axes(figure, RIGHT)
    axes.grid(visible=False, axis="y")
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(*_span(scenario, shown, deadlines))
    for row, of_one in enumerate(shown.values()):
        _draw(axes, scenario, row, of_one, named=row == 0)
    axes.axhline(0.5, color=GREY, lw=1)
    names = labels(figure, [(name, "") for name in shown], width=_NAMES, size=_FONT)
    axes.set_yticks(range(len(shown)), names, fontsize=_FONT if len(shown) < 20 else 9.0)
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    make_room_left(figure, axes)
    set_top(axes, put_legend(figure))
    draw_flags(figure, axes, deadlines, unit=scenario.unit, file="compare.csv", colours=(GREY, INK))


def _dates(table: pl.DataFrame) -> Dates:
    """Return P50 and P80 of each scenario, by its name."""
    found: Dates = {}
    for row in table.filter(pl.col("quantity") == "completion_day").iter_rows(named=True):
        if row["statistic"] in _MARKS:
            for role in ("baseline", "variant"):
                found.setdefault(row[role], {})[row["statistic"]] = _estimate(row, role)
    return dict(sorted(found.items(), key=lambda each: each[0] != table["baseline"][0]))


def _estimate(row: Mapping[str, Any], role: str) -> Estimate:
    return estimate_in(row, f"{role}_value", f"{role}_low", f"{role}_high")


def _span(scenario: Scenario, shown: Dates, deadlines: Sequence[Deadline]) -> tuple[float, float]:
    """Return the ends of the date axis: all dates with their intervals, and the deadlines."""
    every = [x for of_one in shown.values() for each in of_one.values() for x in each]
    at = [start_of(scenario) + x for x in every if math.isfinite(x)]
    if any(math.isnan(each.value) for of_one in shown.values() for each in of_one.values()):
        at.append(end_of(horizon_of(scenario)))
    at += [end_of(each.date) for each in deadlines]
    low, high = min(at), max(at)
    room = max(_ROOM * (high - low), (_LEAST_DAYS - (high - low)) / 2)
    return on_calendar(low - room, high + room)


def _draw(
    axes: Axes, scenario: Scenario, row: int, of_one: Mapping[str, Estimate], *, named: bool
) -> None:
    """Draw the dates of one scenario; one that is later than the horizon is said to be so."""
    for statistic, (colour, mark, off) in _MARKS.items():
        label = statistic.upper() if named else "_"
        day, low, high = of_one[statistic]
        axes.plot([], [], mark, color=colour, ms=9, mec="white", label=label)
        if math.isnan(day):
            continue
        ends = [start_of(scenario) + (day if math.isnan(x) else x) for x in (low, high)]
        axes.plot(ends, [row + off] * 2, color=colour, lw=3, solid_capstyle="butt")
        at = start_of(scenario) + day
        axes.plot([at], [row + off], mark, color=colour, ms=9, mec="white", zorder=4)
    late = [name for name in _MARKS if math.isnan(of_one[name].value)]
    if late:
        y = row + (_MARKS[late[0]][2] if len(late) == 1 else 0.0)
        text = f"{' and '.join(map(str.upper, late))} later than the horizon"
        note = axes.annotate(text, (axes.get_xlim()[1], y), fontsize=9)
        note.set(ha="right", va="center", color=INK)
