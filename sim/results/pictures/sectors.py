"""Picture of sectors and regions by the date of their release, the latest first."""

import datetime as dt
from typing import Any, NamedTuple

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.results.pictures.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    RIGHT,
    Tables,
    add_remark,
    date_axes,
    end_of,
    horizon_of,
    on_calendar,
    put_legend,
    set_top,
    start_of,
)
from sim.results.pictures.deadlines import draw_deadlines
from sim.results.pictures.labels import labels, text_width
from sim.results.words import share_words, words
from sim.scenario.scenario import Scenario

MOST = 30  # rows
REMARK = "released for good, latest first"
_THICK = 30.0  # of bars, pixels at most
_NAMES = 250.0  # pixels
_FONT, _LEAST = 11.0, 8.0  # of names and dates, points
_ROW_POINTS = 0.62  # of the height of a row, for letters
_DAYS = ("p10", "p50", "p80", "p90")


class _Place(NamedTuple):
    """A sector or a region."""

    name: str
    is_region: bool
    completed: float
    days: dict[str, float | None]
    sure: dt.date | None
    """Its P80."""


def draw_sectors(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw when each region and each sector is released: P10 to P90, P50 and P80.

    Regions come first, then sectors, of both the latest ones; the rest is counted in the subtitle.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a result: `sectors`, `regions`, `summary`.
    scenario
        That was run.
    """
    regions = _places(frames["regions"].rename({"region": "sector"}), is_region=True)
    sectors = _places(frames["sectors"], is_region=False)
    shown = regions[: max(MOST // 3, MOST - len(sectors))]
    shown += sectors[: MOST - len(shown)]
    _count(figure, len(sectors) - sum(not p.is_region for p in shown), "sector", "sectors.csv")
    _count(figure, len(regions) - sum(p.is_region for p in shown), "region", "regions.csv")
    axes = date_axes(figure, RIGHT)
    axes.grid(visible=False, axis="y")
    axes.set_xlim(*_span(scenario, shown))
    axes.set_ylim(len(shown) - 0.5, -0.5)
    thick = min(0.5, _THICK * len(shown) / axes.get_window_extent().height)
    for row, place in enumerate(shown):
        _draw(axes, scenario, row, place, thick)
    if 0 < sum(place.is_region for place in shown) < len(shown):
        axes.axhline(sum(place.is_region for place in shown) - 0.5, color=GREY, lw=1)
    _put_legend(figure, axes, shown)
    _write_names(figure, axes, shown)
    draw_deadlines(figure, axes, scenario, frames["summary"])


def _places(rows: pl.DataFrame, *, is_region: bool) -> list[_Place]:
    """Return places by their P90, P80 ..., the latest first, then in the order of the file."""

    def place(row: dict[str, Any]) -> _Place:
        name = row["sector"] or "no region"
        days = {name: row[name] for name in _DAYS}
        return _Place(name, is_region, row["completed"] or 0.0, days, row["p80_date"])

    def lateness(each: _Place) -> tuple[float, ...]:
        late = (each.days[name] for name in reversed(_DAYS))
        return (*(-float("inf") if day is None else -day for day in late), each.completed)

    return sorted((place(row) for row in rows.iter_rows(named=True)), key=lateness)


def _count(figure: Figure, left_out: int, what: str, file: str) -> None:
    if left_out:
        add_remark(figure, f"and {left_out} more {what}{'s' if left_out > 1 else ''} in {file}")


def _span(scenario: Scenario, shown: list[_Place]) -> tuple[float, float]:
    """Return the ends of the date axis: all bars, and the deadlines that leave room for them."""
    day_0, horizon = start_of(scenario), end_of(horizon_of(scenario))
    at = [day_0 + day for place in shown for day in place.days.values() if day is not None]
    if any(place.days["p90"] is None for place in shown):
        at.append(horizon)
    low, high = min(at), max(at)
    ends = [end_of(deadline.date) for deadline in scenario.deadline]
    room = max(0.5 * (high - low), 7.0)
    at += [end for end in ends if low - room <= end <= high + room]
    low, high = min(at), max(at)
    room = 0.03 * max(high - low, 10.0)
    return on_calendar(low - room, high + room)


def _draw(axes: Axes, scenario: Scenario, row: int, place: _Place, thick: float) -> None:
    """Draw one place; what is beyond the horizon is hatched up to it."""
    day_0, horizon = start_of(scenario), end_of(horizon_of(scenario))
    p10, p50, p80, p90 = (place.days[name] for name in _DAYS)
    colour = GREEN if place.is_region else BLUE
    begin = horizon if p10 is None else day_0 + p10
    end = horizon if p90 is None else day_0 + p90
    axes.barh(row, end - begin, left=begin, height=thick, color=colour, alpha=0.4, lw=0)
    if p90 is None:
        known = [day for day in (p10, p50, p80) if day is not None]
        since = day_0 + max(known) if known else axes.get_xlim()[0]
        bar = axes.barh(row, horizon - since, left=since, height=thick, lw=0.5)[0]
        bar.set(facecolor="#E6E6E6", edgecolor=GREY, hatch="////")
    if p80 is not None:
        axes.plot(
            [day_0 + p80] * 2, (row - 0.65 * thick, row + 0.65 * thick), color=INK, lw=2, zorder=4
        )
    if p50 is not None:
        axes.plot([day_0 + p50], [row], "o", color=colour, ms=7, mec="white", mew=1, zorder=5)


def _put_legend(figure: Figure, axes: Axes, shown: list[_Place]) -> None:
    marks: list[Any] = []
    for is_region, colour, what in ((True, GREEN, "region"), (False, BLUE, "sector")):
        if any(place.is_region == is_region for place in shown):
            marks.append(Patch(facecolor=colour, alpha=0.4, label=f"{what}, P10 to P90"))
    marks.append(Line2D([], [], color=INK, marker="o", ls="", ms=7, label="P50"))
    marks.append(
        Line2D(
            [],
            [],
            color=INK,
            marker="|",
            ls="",
            ms=12,
            mew=2,
            label="P80: 80 % sure by the date on the right",
        )
    )
    if any(place.days["p90"] is None for place in shown):
        beyond = Patch(
            facecolor="#E6E6E6", edgecolor=GREY, hatch="////", label="not by the horizon"
        )
        marks.append(beyond)
    set_top(axes, put_legend(figure, marks))


def _write_names(figure: Figure, axes: Axes, shown: list[_Place]) -> None:
    """Write names left of the bars, and the P80 right of them."""
    height = axes.get_window_extent().height / max(len(shown), 8)
    size = min(_FONT, max(_LEAST, _ROW_POINTS * height * 72 / figure.dpi))
    names = labels(figure, [(place.name, "") for place in shown], width=_NAMES, size=size)
    axes.set_yticks(range(len(shown)), names, fontsize=size)
    for tick, place in zip(axes.get_yticklabels(), shown, strict=True):
        tick.set_fontweight("bold" if place.is_region else "normal")
    axes.tick_params(axis="y", length=0)
    texts = [_sure(place) for place in shown]
    widest = max(text_width(figure, text, size) for text in texts)
    left = 1.05 * max(text_width(figure, name, size) for name in names) + 24
    width = figure.bbox.width
    place_of = axes.get_position()
    axes.set_position(
        (left / width, place_of.y0, RIGHT - (left + widest + 16) / width, place_of.height)
    )
    across = axes.get_yaxis_transform()
    reach = 1 + 16 / axes.get_window_extent().width
    for row, text in enumerate(texts):
        axes.text(reach, row, text, transform=across, va="center", fontsize=size)


def _sure(place: _Place) -> str:
    if place.sure is not None:
        return words(place.sure)
    return f"only {share_words(place.completed)}"
