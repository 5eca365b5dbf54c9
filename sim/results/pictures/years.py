"""Picture of what is released in each calendar year, and of what remains at its end."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.results.pictures.by_year import (
    MOST_NUMBERS,
    arrange,
    note_first_year,
    put_numbers,
    two_axes,
)
from sim.results.pictures.canvas import BLUE, GREY, INK, ORANGE, Tables, put_legend
from sim.results.words import number
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats

REMARK = "bars are means"
_PARTS = {  # bottom up: colour and hatch
    "cleared": (BLUE, ""),
    "reduced": ("#9CCBEA", "//"),
    "cancelled": ("#EDEDED", ".."),
}


def draw_years(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw what is cleared, reduced and cancelled in each year, and the land that remains.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a result: `years`, `summary`.
    scenario
        That was run.
    """
    rows = frames["years"].filter(pl.col("by") == "campaign")
    of = {name: part for (name,), part in rows.partition_by("quantity", as_dict=True).items()}
    years = of["released_ha"]["year"].to_list()
    upper, lower = two_axes(figure)
    _draw_remaining(upper, of, frames["summary"], scenario.unit.per_ha)
    _draw_bars(lower, of, scenario.unit.per_ha)
    for axes, what in ((upper, "remaining"), (lower, "released in a year")):
        axes.set_ylabel(f"{scenario.unit.full}\n{what}")
        put_numbers(axes)
    marks = lower.get_legend_handles_labels()[0]
    marks.sort(key=lambda mark: str(mark.get_label()) not in _PARTS)
    marks += upper.get_legend_handles_labels()[0]
    arrange(figure, (upper, lower), years, top=put_legend(figure, marks))
    note_first_year(figure, scenario)


def _draw_remaining(
    axes: Axes, of: Mapping[str, pl.DataFrame], summary: pl.DataFrame, per_ha: float
) -> None:
    """Draw the land that remains at the end of each year, at the right end of its bar.

    It begins with the land of day 0, which is known from the tables where none is found later.
    """
    rows, known = of["remaining_ha"], summary.filter(pl.col("quantity") == "known_ha")
    at_once = not of["found_ha"]["mean"].to_numpy().any()
    day_0 = dict(zip(known["statistic"], known["value"], strict=True)) if at_once else {}
    x = np.arange(len(rows) + at_once) + (0.5 - at_once)

    def level(name: str) -> Floats:
        first = [day_0[name]] if at_once else []
        return np.array([*first, *rows[name].to_list()]) * per_ha

    low, middle, high = (level(name) for name in ("p10", "p50", "p90"))
    band = "remaining, P10 to P90"
    axes.fill_between(x, low, high, color=ORANGE, alpha=0.2, lw=0, label=band)
    line = axes.plot(x, middle, "o-", color=ORANGE, lw=2, ms=5, label="median")[0]
    line.set(clip_on=False, zorder=4)
    axes.set_ylim(0, 1.1 * float(high.max()) or 1.0)


def _draw_bars(axes: Axes, of: Mapping[str, pl.DataFrame], per_ha: int | float) -> None:
    released = of["released_ha"]
    bottom = np.zeros(len(released))
    x = np.arange(len(released))
    for name, (colour, hatch) in _PARTS.items():
        part = of[f"{name}_ha"]["mean"].to_numpy() * per_ha
        if not part.any():
            continue
        bars = axes.bar(x, part, bottom=bottom, width=0.62, color=colour, label=name)
        for bar in bars:
            bar.set(hatch=hatch, edgecolor=GREY, lw=0.5)
        bottom += part
    sure = released["p20"].to_numpy() * per_ha
    axes.hlines(sure, x - 0.38, x + 0.38, color=INK, lw=2.5, label="80 % sure: at least this (net)")
    top = max(float(bottom.max()), float(sure.max())) or 1.0
    axes.set_ylim(min(0.0, 1.1 * float(sure.min())), 1.15 * top)
    if len(x) <= MOST_NUMBERS:
        for i, height in enumerate(np.maximum(bottom, sure)):
            axes.annotate(
                number(float(bottom[i])),
                (i, height),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                fontsize=12,
            )
