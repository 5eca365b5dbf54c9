"""Pictures of when it will be done, and of how the released land grows."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.outcome import WEEK_DAYS, Ensemble
from sim.results.pictures.canvas import (
    BACKED,
    BLUE,
    GREEN,
    GREY,
    INK,
    RIGHT,
    Subject,
    Tables,
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
    write_beside,
)
from sim.results.pictures.deadlines import draw_deadlines
from sim.results.tables import tables
from sim.results.words import number, share_words, words
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.quantities import KNOWN, QUANTITIES, RELEASED, percentiles

INTERVALS = "black bars: 95 % intervals"


def completion(ensemble: Ensemble, path: Path) -> None:
    """Draw the chance of being complete by a date, with the P-dates and the deadlines.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    path
        PNG, 1200 x 750 pixels.
    """
    with picture(Subject.of(ensemble), path, remark=INTERVALS) as figure:
        draw_completion(figure, tables(ensemble), ensemble.scenario)


def progress(ensemble: Ensemble, path: Path) -> None:
    """Draw the released land over time: median and bands, the known land, the deadlines.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    path
        PNG, 1200 x 750 pixels.
    """
    with picture(Subject.of(ensemble), path) as figure:
        draw_progress(figure, tables(ensemble), ensemble.scenario)


def draw_completion(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw the chance of being complete by a date, with the P-dates and the deadlines.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a result: `replications`, `summary`.
    scenario
        That was run.
    """
    done = frames["replications"]["completion_day"]
    censored = done.null_count() / len(done)
    right = 0.8 if censored else RIGHT
    axes = date_axes(figure, right)
    x = start_of(scenario) + done.drop_nulls().sort().to_numpy()
    axes.set_xlim(*_completion_span(scenario, x, censored))
    axes.set_ylim(0, 1.0)
    put_shares(axes.yaxis, tenths=True)
    axes.set_ylabel("Chance that all land is released by then")
    _draw_distribution(axes, x, len(done))
    _mark_quantiles(axes, scenario, frames["summary"])
    if not len(x):
        text = axes.text(0.5, 0.5, "No replication was complete\nbefore the horizon")
        text.set(transform=axes.transAxes, ha="center", va="center", bbox=BACKED)
        text.set(fontsize=18, color=GREY)
    if censored:
        _draw_censored(figure, axes, scenario, censored)
    draw_deadlines(figure, axes, scenario, frames["summary"])


def draw_progress(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw the released land over time: median and bands, the known land, the deadlines.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a result: `progress`, `replications`, `summary`.
    scenario
        That was run.
    """
    axes = date_axes(figure, RIGHT)
    unit = scenario.unit
    net, gross = _weeks(frames, "released_ha"), _weeks(frames, "gross_released_ha")
    x = start_of(scenario) + net["day"].to_numpy()
    columns = percentiles(RELEASED.shown)
    levels = [net[name].to_numpy() * unit.per_ha for name in columns]
    names = [name.upper() for name in columns]
    for low, high, alpha in ((0, 4, 0.15), (1, 3, 0.3)):
        band = f"{names[low]} to {names[high]}"
        axes.fill_between(x, levels[low], levels[high], color=BLUE, alpha=alpha, lw=0, label=band)
    points = "o" if len(x) <= 10 else ""
    axes.plot(x, levels[2], points + "-", color=BLUE, lw=2.5, label="released land, median")
    known, most, text = _known(frames["summary"], scenario)
    top = max(float(levels[4].max()), most)
    if not net.equals(gross):
        median = gross["p50"].to_numpy() * unit.per_ha
        label = "released, counting land released again, median"
        axes.plot(x, median, color=GREEN, lw=2, ls=(0, (5, 2)), label=label)
        top = max(top, float(median.max()))
    axes.axhline(known, color=INK, lw=1.5, ls=(0, (1, 2)), label=text)
    axes.set_ylim(0, 1.05 * top)
    ends, longest = [end_of(d.date) for d in scenario.deadline], float(x[-1] - x[0])
    last = max([float(x[-1]), x[0] + 7.0, *(d for d in ends if d < x[0] + 1.3 * longest)])
    axes.set_xlim(*on_calendar(x[0], last + 0.01 * (last - x[0])))
    axes.yaxis.set_major_locator(MaxNLocator(8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y)))
    axes.set_ylabel(unit.full)
    make_room_left(figure, axes)
    set_top(axes, put_legend(figure))
    draw_deadlines(figure, axes, scenario, frames["summary"])


def _weeks(frames: Tables, quantity: str) -> pl.DataFrame:
    """Return the rows of whole weeks up to the last completion, that of day 0 first."""
    rows = frames["progress"].filter(pl.col("quantity") == quantity).drop("quantity")
    done = frames["replications"]["completion_day"]
    last = math.inf if done.null_count() else float(done.to_numpy().max())
    weekly = (pl.col("day") % WEEK_DAYS == 0) & (pl.col("day") < last + WEEK_DAYS)
    return rows.filter(weekly).unique("day", keep="first").sort("day")


def _known(summary: pl.DataFrame, scenario: Scenario) -> tuple[float, float, str]:
    """Return the median and the P90 of the known land, as people read it, and its name."""
    rows = _statistics(summary, "known_ha")
    low, middle, high = (rows[name]["value"] * scenario.unit.per_ha for name in percentiles(KNOWN))
    text = f"known land, {number(middle)} {scenario.unit.short}"
    if low < high:
        text = f"known land at the end, median {number(middle)} {scenario.unit.short}"
        text += f" (P10 to P90: {number(low)} to {number(high)})"
    return middle, high, text


def _statistics(summary: pl.DataFrame, quantity: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a quantity by their statistics."""
    rows = summary.filter(pl.col("quantity") == quantity)
    return {row["statistic"]: row for row in rows.iter_rows(named=True)}


def _completion_span(scenario: Scenario, x: Floats, censored: float) -> tuple[float, float]:
    """Return the ends of the date axis, inside the campaign, with room left of the curve."""
    marks = [*x[[0, -1]].tolist()] if len(x) else []
    first, last = start_of(scenario), end_of(horizon_of(scenario))
    ends = [end_of(deadline.date) for deadline in scenario.deadline]
    marks += [end for end in ends if end <= last]  # others leave no room for the rest
    if censored:
        marks.append(last)
    if not len(x):
        marks.append(first)
    low, high = min(marks), max(marks)
    if high - low < 10:
        low, high = (low + high) / 2 - 5, (low + high) / 2 + 5
    room = 0.25 if len(x) else 0.0
    return on_calendar(max(low - room * (high - low), first), high + 0.04 * (high - low))


def _draw_distribution(axes: Axes, x: Floats, n: int) -> None:
    """Draw the share of replications complete by each moment."""
    if not len(x):
        return
    low, high = axes.get_xlim()
    at = np.concatenate(([low], x, [high]))
    share = np.concatenate(([0], np.arange(1, len(x) + 1), [len(x)])) / n
    axes.fill_between(at, share, step="post", color=BLUE, alpha=0.12, lw=0)
    axes.step(at, share, where="post", color=BLUE, lw=2.5)


def _mark_quantiles(axes: Axes, scenario: Scenario, summary: pl.DataFrame) -> None:
    """Mark P-dates on the curve, each with its date and its interval."""
    rows = _statistics(summary, "completion_day")
    for percent in QUANTITIES["completion_day"].shown:
        row = rows[percentiles([percent])[0]]
        if row["value"] is None:
            continue
        at, y = start_of(scenario) + row["value"], percent / 100
        bounds = (row["ci_low"], row["value"], row["ci_high"])
        ends = [start_of(scenario) + end for end in bounds if end is not None]
        if len(ends) == len(bounds):
            axes.plot((ends[0], ends[-1]), (y, y), color=INK, lw=2, solid_capstyle="butt", zorder=4)
        axes.plot([at], [y], "o", color=BLUE, ms=9, mec="white", mew=1.5, zorder=5)
        _write_near(axes, f"P{percent}   {words(row['date'])}", ends, y)


def _write_near(axes: Axes, text: str, ends: Sequence[float], y: float) -> None:
    """Write text left of an interval, or right of it if there is no room."""
    label = write_beside(axes, text, (ends[0], y), gap=-12)
    if label.get_window_extent().x0 < axes.get_window_extent().x0:
        label.remove()
        write_beside(axes, text, (ends[-1], y), gap=12)


def _draw_censored(figure: Figure, axes: Axes, scenario: Scenario, share: float) -> None:
    """Draw what was not complete at the horizon as a bar right of the curve."""
    box = axes.get_position()
    bar = figure.add_axes((box.x1 + 0.012, box.y0, 0.035, box.height), sharey=axes)
    bar.bar([0], [share], bottom=1 - share, width=1, color="#D9D9D9", edgecolor=GREY, hatch="//")
    bar.set_xlim(-0.5, 0.5)
    bar.axis("off")
    text = f"{share_words(share)}\nnot complete by\n{words(horizon_of(scenario))}"
    if share > 0.14:
        bar.text(0.7, 1 - share / 2, text, fontsize=12, va="center")
    else:
        bar.text(0.7, 1, text, fontsize=12, va="top")
