"""The pictures of a forecast: the land, the date and the numbers before and after the record.

What was before is light, grey and dashed; what is after the record strong, blue and drawn through.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.experiments.forecast.before import COMPLETION, GROSS, NET, PERCENTS
from sim.experiments.forecast.wording import taken_words, unit_words
from sim.results.pictures.canvas import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    RIGHT,
    Subject,
    Tables,
    add_remark,
    date_axes,
    end_of,
    horizon_of,
    make_room_left,
    on_calendar,
    picture,
    put_legend,
    put_shares,
    set_top,
    start_of,
    vector,
    write_beside,
)
from sim.results.pictures.deadlines import draw_flags, spread
from sim.results.pictures.gallery import Picture
from sim.results.pictures.labels import labels, text_width
from sim.results.words import key_parts, number, share_words, words
from sim.scenario.scenario import Deadline, Scenario
from sim.statistics.estimates import Floats
from sim.statistics.quantities import KNOWN, percentiles

MOST = 14
"""Numbers in the picture of what was learned."""
_WHEN = {"before": "before", "after": "now"}
COMPLETED, DEADLINE = "completed", "deadline"  # quantities of `forecast.csv`
_BANDS = percentiles(KNOWN)
_DASHED = (0, (5, 2))
_LIGHT = "#C9C9C9"
_LAND = {GROSS: "Released land, each time counted", NET: "Released land"}
_DARK, _LETTERS, _RING = "#A84300", 13.0, 14  # of labels of strange reports; points to their middle
_LABELLED, _LABEL = 4, 26.0  # strange reports that are named, and room for each, pixels
_MARKS = {
    "exact": ("o", "report, with twice its own error"),
    "at_least": ("^", "report: at least"),
    "at_most": ("v", "report: at most"),
}
_NAMES, _FONT = 330.0, 11.0  # room for the names of numbers, pixels, and their letters
_LEFT, _WIDTH, _BOTTOM, _TOP = 0.295, 0.25, 0.11, 0.775  # of the chart of what was learned
_ROW, _BAR = 0.2, 0.075  # the broadest row of that chart, and bar: shares of the height
_COLUMNS = {"Before": 0.56, "After": 0.74, "Spread": 0.92}  # their left ends


def write_png(name: str, frames: Tables, about: Subject, path: Path) -> None:
    """Write one of the `PICTURES` as PNG, 1200 x 750 pixels.

    Parameters
    ----------
    name
        Of the picture.
    frames
        The tables of a forecast.
    about
        Its campaigns after the record.
    path
        The file.
    """
    found = PICTURES[name]
    with picture(about, path, remark=found.remark) as figure:
        found.draw(figure, frames, about.scenario)


def to_svg(name: str, frames: Tables, about: Subject, *, id: str, description: str) -> str:  # noqa: A002 # the word of the page
    """Return one of the `PICTURES` as SVG, to stand in a page.

    Parameters
    ----------
    name, frames, about
        As in `write_png`.
    id
        Different for each picture of a page.
    description
        What it shows, for those who cannot see it.
    """
    found = PICTURES[name]
    return vector(
        lambda figure: found.draw(figure, frames, about.scenario),
        subtitle=about.words(found.remark),
        name=id,
        title=found.title,
        description=description,
    )


def draw_progress(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw the released land before and after the record, and the reports about all of it.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a forecast: `before`, `progress`, `replications`, `forecast`, `reports`.
    scenario
        That it is about.
    """
    axes = date_axes(figure, RIGHT)
    was, land = frames["before"], frames["progress"]
    counted = GROSS if (was["quantity"] == GROSS).any() else NET
    was = was.filter(pl.col("quantity") == counted)
    before = {n: was.filter(pl.col("statistic") == n)["released_ha"].to_numpy() for n in _BANDS}
    days = was.filter(pl.col("statistic") == _BANDS[0])["day"].to_numpy()
    is_ = land.filter(pl.col("quantity") == counted).sort("day")
    after = {name: is_[name].to_numpy() for name in _BANDS}
    _draw_band(axes, scenario, days, before, "before the record", GREY, 0.25, _DASHED)
    _draw_band(axes, scenario, is_["day"].to_numpy(), after, "after it", BLUE, 0.4, "-")
    own = frames["reports"].filter(pl.col("kind").fill_null("") == "")
    _draw_reports(axes, scenario, own)
    if others := len(frames["reports"]) - len(own):
        some = f"{others} report{'s' if others > 1 else ''} about parts of the land"
        add_remark(figure, f"{some} in reports.csv")
    axes.set_xlim(*_span_of_progress(scenario, frames, float(days[-1])))
    axes.set_ylim(0, None)
    axes.yaxis.set_major_locator(MaxNLocator(8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y)))
    axes.set_ylabel(f"{_LAND[counted]}, {scenario.unit.short}")
    make_room_left(figure, axes)
    set_top(axes, put_legend(figure))
    _draw_flags(figure, axes, frames, scenario)
    _mark_end(axes, frames["reports"])
    _name_strange(figure, axes, scenario, own.filter(pl.col("strange")))


def _draw_band(
    axes: Axes,
    scenario: Scenario,
    days: Floats,
    levels: Mapping[str, Floats],
    when: str,
    colour: str,
    alpha: float,
    line: Any,
) -> None:
    """Draw P10 to P90 of the released land, and its median."""
    per_ha, last = scenario.unit.per_ha, scenario.campaign.horizon_days
    x = start_of(scenario) + np.append(days, max(days[-1], last))  # nothing changes any more
    low, middle, high = (np.append(y := levels[name] * per_ha, y[-1]) for name in _BANDS)
    axes.fill_between(
        x, low, high, color=colour, alpha=alpha, lw=0, label=f"P10 to P90 {when}", zorder=2
    )
    axes.plot(x, middle, color=colour, ls=line, lw=2.5, label=f"median {when}", zorder=2.5)


def _draw_reports(axes: Axes, scenario: Scenario, reports: pl.DataFrame) -> None:
    """Draw reports with their own errors, bounds as triangles, strange ones with a ring."""
    per_ha = scenario.unit.per_ha

    def points(rows: pl.DataFrame) -> tuple[list[float], list[float]]:
        return [end_of(date) for date in rows["date"]], (rows["released_ha"] * per_ha).to_list()

    for bound, (mark, label) in _MARKS.items():
        rows = reports.filter(pl.col("bound") == bound)
        if not len(rows):
            continue
        x, y = points(rows)
        errors = None
        if bound == "exact":
            errors = (2 * rows["error_ha"] * per_ha).to_list()
        size = 8 if bound == "exact" else 11
        drawn = axes.errorbar(
            x, y, yerr=errors, fmt=mark, color=INK, ms=size, mec="white", capsize=5
        )
        drawn.set_label(label)
    strange = reports.filter(pl.col("strange"))
    if len(strange):
        axes.plot(
            *points(strange), "o", ms=17, mfc="none", mec=ORANGE, mew=2.5, zorder=4.5,
            label="strange: not to be expected after those before it",
        )  # fmt: skip


def _span_of_progress(scenario: Scenario, frames: Tables, last_day: float) -> tuple[float, float]:
    """Return the ends of the date axis: up to the P90 before and after, the record, deadlines."""
    rows = frames["forecast"]
    (p90,) = rows.filter((pl.col("quantity") == COMPLETION) & (pl.col("statistic") == "p90")).rows(
        named=True
    )
    ends = [last_day if p90[when] is None else p90[when] for when in ("before", "after")]
    start = start_of(scenario)
    last = max(start + 1.05 * max(7.0, *ends), *map(end_of, frames["reports"]["date"]), start)
    dates = [end_of(d.date) for d in scenario.deadline]
    last = max([last, *(end for end in dates if end < start + 1.3 * (last - start))])
    return on_calendar(start, last + 0.01 * (last - start))


def _mark_end(axes: Axes, reports: pl.DataFrame) -> None:
    """Draw the date of the last report as a line."""
    if not len(reports):
        return
    date = max(reports["date"])
    x, (low, high) = end_of(date), axes.get_xlim()
    axes.axvline(x, color=INK, lw=1.5, ls=(0, (1, 2)), zorder=3)
    gap = 8 if x < low + 0.75 * (high - low) else -8
    text = f"record until {words(date)}"
    write_beside(axes, text, (x, 0.03), gap=gap, coordinates=axes.get_xaxis_transform())


def _name_strange(figure: Figure, axes: Axes, scenario: Scenario, strange: pl.DataFrame) -> None:
    """Write the dates of strange reports right of them, or left where there is no room."""
    box = axes.get_window_extent()
    rows = strange.sort("released_ha").tail(_LABELLED)
    if len(strange) > len(rows):
        add_remark(figure, f"{len(strange)} strange reports in reports.csv")
    if not len(rows):
        return
    at = [
        axes.transData.transform((end_of(row["date"]), row["released_ha"] * scenario.unit.per_ha))
        for row in rows.iter_rows(named=True)
    ]
    heights = spread(
        [float(y) for _, y in at], gap=_LABEL, low=box.y0 + 2 * _LABEL, high=box.y1 - _LABEL / 2
    )
    for row, (x, _), y in zip(rows.iter_rows(named=True), at, heights, strict=True):
        text = f"strange: {words(row['date'])}"
        room = text_width(figure, text, _LETTERS) + 3 * _RING
        above = (row["place_next"] or 0.0) > 0.5  # there is nothing left of it
        left = x + room > box.x1 or (above and x - room > box.x0)
        point = axes.transData.inverted().transform((x, y))
        label = write_beside(axes, text, tuple(point), gap=-_RING if left else _RING)
        label.set(color=_DARK, fontsize=_LETTERS)


def _draw_flags(figure: Figure, axes: Axes, frames: Tables, scenario: Scenario) -> None:
    """Draw the deadlines, each with its chance before and after."""
    rows = frames["forecast"].filter(pl.col("quantity") == DEADLINE).iter_rows(named=True)
    chances = {row["name"]: (row["before"], row["after"]) for row in rows}

    def chance(deadline: Deadline) -> str:
        found = (math.nan if x is None else x for x in chances[deadline.name])
        return ": {}, now {}".format(*map(share_words, found))

    draw_flags(
        figure, axes, scenario.deadline, unit=scenario.unit, more=chance, file="forecast.csv"
    )


def draw_completion(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw the share of campaigns complete by a date before and after the record.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a forecast: `before`, `replications`, `forecast`.
    scenario
        That it is about.
    """
    axes, start = date_axes(figure, RIGHT), start_of(scenario)
    rows = frames["before"].filter(pl.col("quantity") == COMPLETION).drop_nulls("day").sort("day")
    shares = rows["statistic"].str.slice(1).cast(pl.Float64).to_numpy() / 100
    done = frames["replications"]["completion_day"]
    known = start + done.drop_nulls().sort().to_numpy()
    was = start + rows["day"].to_numpy()
    low, high = _span_of_completion(scenario, was, known, bool(done.null_count()))
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1)
    put_shares(axes.yaxis, tenths=True)
    axes.set_ylabel("Chance that all land is released by then")
    _draw_curve(axes, was, shares, "before the record", GREY, _DASHED)
    share = np.arange(1, len(known) + 1) / len(done)
    _draw_curve(axes, known, share, "after it", BLUE, "-")
    if len(rows) < len(PERCENTS):
        (share,) = frames["forecast"].filter(pl.col("quantity") == COMPLETED)["before"]
        by = words(horizon_of(scenario))
        add_remark(figure, f"before the record: {share_words(1 - share)} not complete by {by}")
    if not len(rows) and not len(known):
        text = axes.text(0.5, 0.5, "No replication was complete\nbefore the horizon, then or now")
        text.set(transform=axes.transAxes, ha="center", va="center", fontsize=18, color=GREY)
    set_top(axes, put_legend(figure))
    _draw_flags(figure, axes, frames, scenario)
    _mark_dates(axes, scenario, frames["forecast"])


def _span_of_completion(
    scenario: Scenario, was: Floats, known: Floats, censored: bool
) -> tuple[float, float]:
    """Return the ends of the date axis, with room for dates on both sides of the curves."""
    last = end_of(horizon_of(scenario))
    ends = [end_of(deadline.date) for deadline in scenario.deadline]
    marks = [*was, *known, *(end for end in ends if end <= last)]
    if censored or len(was) < len(PERCENTS):
        marks.append(last)
    if not len(was) and not len(known):
        marks.append(start_of(scenario))
    low, high = min(marks), max(marks)
    room = max(0.38 * (high - low), 5.0)  # of a date beside a curve
    return on_calendar(low - room, high + room)


def _draw_curve(axes: Axes, x: Floats, share: Floats, when: str, colour: str, line: Any) -> None:
    low, high = axes.get_xlim()
    ends = [share[-1]] if len(x) else [0.0]
    at, up = np.concatenate(([low], x, [high])), np.concatenate(([0.0], share, ends))
    axes.fill_between(at, up, step="post", color=colour, alpha=0.12, lw=0)
    axes.step(at, up, where="post", color=colour, ls=line, lw=2.5, label=f"complete, {when}")


def _mark_dates(axes: Axes, scenario: Scenario, forecast: pl.DataFrame) -> None:
    """Mark P50 and P80 on both curves: the sooner date left of its point, the later one right."""
    rows = forecast.filter(pl.col("quantity") == COMPLETION)
    for percent in (50, 80):
        (row,) = rows.filter(pl.col("statistic") == f"p{percent}").iter_rows(named=True)
        sooner = "after"
        if row["before"] is not None and row["before"] < (row["after"] or math.inf):
            sooner = "before"
        for when, mark, colour in (("before", "s", GREY), ("after", "o", BLUE)):
            if row[when] is None:
                continue
            x = start_of(scenario) + row[when]
            axes.plot([x], [percent / 100], mark, color=colour, ms=9, mec="white", zorder=5)
            text = f"P{percent} {_WHEN[when]}: {words(row[f'{when}_date'])}"
            write_beside(axes, text, (x, percent / 100), gap=-12 if when == sooner else 12)


def draw_learned(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw each number that is not known before and after the record, most learned first.

    All on one scale: from the P10 to the P90 that the number had before.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a forecast: `learned`.
    scenario
        That it is about.
    """
    rows = frames["learned"].sort("spread_taken", descending=True, maintain_order=True)
    if len(rows) > MOST:
        add_remark(figure, f"{len(rows) - MOST} more in learned.csv")
        rows = rows.head(MOST)
    height = min(_TOP - _BOTTOM, _ROW * max(len(rows), 1))
    axes = figure.add_axes((_LEFT, _TOP - height, _WIDTH, height))
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    axes.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    names = labels(figure, [_named(*row) for row in rows.select("key", "unit").rows()],
                   width=_NAMES, size=_FONT)  # fmt: skip
    axes.set_yticks(range(len(rows)), labels=names, fontsize=_FONT)
    axes.tick_params(axis="y", length=0)
    for y, row in enumerate(rows.iter_rows(named=True)):
        _draw_number(axes, y, row, min(0.66, _BAR * len(rows) / height))
    low, high = min(axes.dataLim.x0, 0.0), max(axes.dataLim.x1, 1.0)
    room = 0.05 * (high - low)
    axes.set_xlim(low - room, high + room)
    axes.set_xticks([0, 1], labels=["P10", "P90"])
    axes.set_xlabel("among the values before")
    _write_columns(figure, axes, rows.to_dicts())
    put_legend(
        figure,
        [
            Patch(color=_LIGHT, label="P10 to P90 before"),
            Line2D([], [], color=INK, lw=2, label="median before"),
            Patch(color=BLUE, label="P10 to P90 after the record"),
            Line2D([], [], color=BLUE, marker="o", mec="white", ms=9, lw=0, label="median after"),
        ],
    )


def _named(key: str, unit: str | None) -> tuple[str, str]:
    """Return the parts of a label: a name, which may be cut, and what stands behind it."""
    name, title = key_parts(key)
    behind = (
        f", {unit_words(unit)}" if unit and not title.endswith(")") else ""
    )  # it says so already
    return (name, f": {title}{behind}") if name else (title, behind)


def _draw_number(axes: Axes, y: float, row: Mapping[str, Any], broad: float) -> None:
    """Draw what a number was and is, as places between the P10 and the P90 that it had."""
    first, width = row["before_p10"], row["before_p90"] - row["before_p10"]

    def place(when: str) -> list[float]:
        values = [row[f"{when}_{name}"] for name in _BANDS]
        return [(value - first) / width if width else 0.5 for value in values]

    (low, middle, high), (least, now, most) = place("before"), place("after")
    axes.barh(y, high - low, left=low, height=broad, color=_LIGHT)
    axes.plot(
        (middle, middle), (y - broad / 2, y + broad / 2), color=INK, lw=2, solid_capstyle="butt"
    )
    axes.barh(y, most - least, left=least, height=0.45 * broad, color=BLUE)
    axes.plot([now], [y], "o", color=BLUE, mec="white", mew=1.5, ms=10, zorder=4)


def _write_columns(figure: Figure, axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the values beside the bars, and how much of the spread was taken."""
    across, box = axes.get_yaxis_transform(), axes.get_position()
    room = 0.97 * (_COLUMNS["After"] - _COLUMNS["Before"]) * figure.bbox.width
    for head, left in _COLUMNS.items():
        x = (left - box.x0) / box.width
        of = "taken" if head == "Spread" else "median (P10 to P90)"
        for line, heavy, gap in ((head, "bold", 20), (of, "normal", 4)):
            title = axes.annotate(
                line, (x, 1), xycoords="axes fraction", xytext=(0, gap), textcoords="offset points"
            )
            title.set(va="bottom", fontsize=12, fontweight=heavy)
        for y, row in enumerate(rows):
            text = taken_words(row) if head == "Spread" else _values(row, head.lower())
            size = _FONT * min(1.0, room / text_width(figure, text, _FONT))
            axes.text(x, y, text, transform=across, va="center", fontsize=size)


def _values(row: Mapping[str, Any], when: str) -> str:
    low, middle, high = (_short(row[f"{when}_{name}"]) for name in _BANDS)
    return f"{middle} ({low} to {high})"


def _short(value: float) -> str:
    text = f"{value:.3g}"
    return number(float(text)) if abs(value) >= 100 else text


PICTURES = {
    "forecast_progress": Picture("The released land and its record", draw_progress),
    "forecast_completion": Picture("When it is done, before and after the record", draw_completion),
    "forecast_learned": Picture("What the record taught", draw_learned),
}
"""By the names of their files."""
