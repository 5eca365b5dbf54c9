"""The picture of a sweep: lines over one key, a heat map over two, else a cloud for each key."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num, num2date
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.experiments.designs import keys_of
from sim.experiments.heat_map import draw_heat_map
from sim.results.canvas import (
    BACKED,
    BLUE,
    GREY,
    ORANGE,
    end_of,
    on_calendar,
    put_dates,
    sheet,
)
from sim.results.words import cut, number, words
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.quantities import COMPARED, percentiles

_LATER = "later than simulated"
_MOST_CLOUDS = 6
_LEAST_DAYS = 8.0  # that a date axis spans
_COLOURS = dict(zip(percentiles(COMPARED), (GREY, BLUE), strict=True))


def draw(
    table: pl.DataFrame, path: Path, *, scenarios: Sequence[Scenario], grid: bool, seed: int
) -> None:
    """Draw the completion at every point.

    Parameters
    ----------
    table
        `sweep.csv`.
    path
        PNG, 1200 x 750 pixels.
    scenarios
        Of each point.
    grid
        Whether the points are every combination of some values.
    seed
        Of all points.
    """
    keys = keys_of(table)
    sizes = sorted(table["replications"].to_list())
    each = " to ".join(dict.fromkeys(number(n) for n in (sizes[0], sizes[-1])))
    subtitle = f"{number(len(table))} points, {each} replications each, seed {seed}"
    starts = np.array([date2num(each.campaign.start) for each in scenarios])
    if grid and len(keys) == 1:
        subtitle += "; bands and bars: 95 % intervals"
    with sheet(scenarios[0], path, subtitle=subtitle) as figure:
        if grid and len(keys) == 1:
            _lines(figure, table, keys[0], starts, scenarios)
        elif grid and len(keys) == 2:
            _heat_map(figure, table, keys, starts)
        else:
            _clouds(figure, table, keys, starts)


def _days(table: pl.DataFrame, column: str, starts: Floats) -> Floats:
    """Return a column of days on the date axis; NaN where there is none."""
    return np.asarray(starts + table[column].cast(pl.Float64).fill_null(np.nan).to_numpy())


def _positions(axes: Axes, values: pl.Series) -> tuple[Floats, bool]:
    """Return where the values of a key stand on the x-axis, and whether they are numbers."""
    if values.dtype.is_numeric():
        return values.cast(pl.Float64).to_numpy(), True
    known = list(dict.fromkeys(values.to_list()))
    axes.set_xticks(range(len(known)), [cut(str(v), 100 // len(known) + 4) for v in known])
    axes.set_xlim(-0.5, len(known) - 0.5)
    return np.array([known.index(v) for v in values.to_list()], np.float64), False


def _lines(
    figure: Figure, table: pl.DataFrame, key: str, starts: Floats, scenarios: Sequence[Scenario]
) -> None:
    axes = figure.add_axes((0.12, 0.11, 0.85, 0.77))
    axes.grid(visible=True)
    x, joined = _positions(axes, table[key])
    order = np.argsort(x, kind="stable")
    x, at = x[order], [scenarios[i] for i in order]
    for column, colour in reversed(_COLOURS.items()):
        label = column.upper()
        y, low, high = (_days(table, column + end, starts)[order] for end in ("", "_low", "_high"))
        if joined:
            axes.fill_between(x, low, high, color=colour, alpha=0.2, lw=0)
            axes.plot(x, y, "o-", color=colour, lw=2.5, ms=7, label=label)
        else:
            reach = np.nan_to_num(np.stack([y - low, high - y]))
            axes.errorbar(x, y, reach, fmt="o", color=colour, ms=9, capsize=5, label=label)
        later = np.isnan(y)
        if later.any():
            ends = np.array([_horizon(each) for each in at])
            late = f"{label} {_LATER}"
            axes.plot(x[later], ends[later], "^", color=colour, mfc="white", ms=10, label=late)
    axes.set_ylim(*_wide(*axes.get_ylim()))
    put_dates(axes.yaxis)
    _draw_deadlines(axes, scenarios)
    axes.set_xlabel(cut(key, 90))
    if all(float(v).is_integer() for v in x) and joined:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    axes.legend(loc="best", fontsize=12)


def _wide(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a date axis that is long enough for whole days."""
    missing = max(0.0, _LEAST_DAYS - (high - low)) / 2
    return on_calendar(low - missing, high + missing)


def _draw_deadlines(axes: Axes, scenarios: Sequence[Scenario]) -> None:
    """Draw the deadlines that all points share, where they are in sight."""
    if any(each.deadline != scenarios[0].deadline for each in scenarios):
        return
    low, high = axes.get_ylim()
    for deadline in scenarios[0].deadline:
        at = end_of(deadline.date)
        if low - 0.2 * (high - low) <= at <= high + 0.2 * (high - low):
            axes.axhline(at, color=ORANGE, lw=1.8)
            text = f"{cut(deadline.name, 40)}, {words(deadline.date)}"
            label = axes.annotate(
                text, (0.995, at), xytext=(0, 6), xycoords=axes.get_yaxis_transform(),
                textcoords="offset points", ha="right",
            )  # fmt: skip
            label.set(color="#A84300", fontsize=12, bbox=BACKED)


def _horizon(scenario: Scenario) -> float:
    return float(date2num(scenario.campaign.start)) + scenario.campaign.horizon_days


def _heat_map(figure: Figure, table: pl.DataFrame, keys: Sequence[str], starts: Floats) -> None:
    values = _days(table, "p80", starts)
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    axes, bar = draw_heat_map(
        figure,
        table,
        keys,
        values,
        texts=["later" if np.isnan(value) else _two_lines(float(value)) for value in values],
        span=_wide(float(low), float(high)) if len(known) else None,
        white_above=(low + high) / 2,
    )
    axes.set_facecolor("#EDEDED")
    if bar:
        put_dates(bar.ax.yaxis)
    axes.set_title("P80: the date that is met in four of five cases", fontsize=13, loc="left")
    if len(known) < len(values):
        axes.text(1, 1.01, f"grey: {_LATER}", transform=axes.transAxes, ha="right", va="bottom")


def _two_lines(x: float) -> str:
    """Return the date of a moment, which belongs to the day that it ends."""
    day, rest = words(num2date(x - 1e-9).date()).rsplit(" ", 1)
    return f"{day}\n{rest}"


def _clouds(figure: Figure, table: pl.DataFrame, keys: Sequence[str], starts: Floats) -> None:
    """Draw a cloud of the points over each key."""
    shown = keys[:_MOST_CLOUDS]
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    panels = figure.subplots(down, across, sharey=True, squeeze=False)
    figure.subplots_adjust(0.11, 0.11, 0.98, 0.86, wspace=0.08, hspace=0.32)
    for panel in panels.flat[len(shown) :]:
        panel.axis("off")
    for panel, key in zip(panels.flat, shown, strict=False):
        panel.grid(visible=True)
        x, numbers = _positions(panel, table[key])
        for column, colour in _COLOURS.items():
            y = _days(table, column, starts)
            panel.plot(x, y, "o", color=colour, ms=6, alpha=0.75, label=column.upper())
        if numbers:
            whole = all(float(v).is_integer() for v in x)
            panel.xaxis.set_major_locator(MaxNLocator(5, integer=whole, prune="both"))
        panel.set_xlabel(cut(key, 100 // across))
    panels.flat[0].set_ylim(*_wide(*panels.flat[0].get_ylim()))
    put_dates(panels.flat[0].yaxis)
    panels.flat[0].legend(loc="best", fontsize=12)
    later = int(table["p80"].null_count())
    left_out = [f"{len(keys) - len(shown)} more keys in sweep.csv"] if keys[_MOST_CLOUDS:] else []
    left_out += [f"P80 of {later} points {_LATER}: not shown"] if later else []
    figure.text(0.98, 0.88, "; ".join(left_out), ha="right", fontsize=12)
