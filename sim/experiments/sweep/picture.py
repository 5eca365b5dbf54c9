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
from sim.results.pictures.canvas import (
    BLUE,
    GREY,
    add_remark,
    on_calendar,
    put_dates,
    put_legend,
    put_shares,
    put_values,
    set_top,
    sheet,
)
from sim.results.pictures.deadlines import draw_column
from sim.results.pictures.labels import key_labels
from sim.results.words import number, share_words, words
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.quantities import COMPARED, percentiles

_LATER = "later than simulated"
_MOST_CLOUDS = 6
_TICK = 0.025  # half the height of a date beside an axis, of the figure
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
    with sheet(scenarios[0], path, subtitle=about(table, grid=grid, seed=seed)) as figure:
        draw_sweep(figure, table, scenarios=scenarios, grid=grid)


def about(table: pl.DataFrame, *, grid: bool, seed: int) -> str:
    """Return the subtitle of the picture."""
    sizes = sorted(table["replications"].to_list())
    each = " to ".join(dict.fromkeys(number(n) for n in (sizes[0], sizes[-1])))
    bars = "; bands and bars: 95 % intervals" if grid and len(keys_of(table)) == 1 else ""
    return f"{number(len(table))} points, {each} replications each, seed {seed}{bars}"


def draw_sweep(
    figure: Figure, table: pl.DataFrame, *, scenarios: Sequence[Scenario], grid: bool
) -> None:
    """Draw the completion at every point.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    table, scenarios, grid
        As in `draw`.
    """
    keys = keys_of(table)
    starts = np.array([date2num(each.campaign.start) for each in scenarios])
    if grid and len(keys) == 1:
        _lines(figure, table, keys[0], starts, scenarios)
    elif grid and len(keys) == 2:
        _heat_map(figure, table, keys, starts)
    else:
        _clouds(figure, table, keys, starts)


def _days(table: pl.DataFrame, column: str, starts: Floats) -> Floats:
    """Return a column of days on the date axis; NaN where there is none."""
    return np.asarray(starts + table[column].cast(pl.Float64).fill_null(np.nan).to_numpy())


def _positions(values: pl.Series) -> tuple[Floats, list[object]]:
    """Return where the values of a key stand on the x-axis; those that are no numbers, once."""
    if values.dtype.is_numeric():
        return values.cast(pl.Float64).to_numpy(), []
    known = list(dict.fromkeys(values.to_list()))
    return np.array([known.index(v) for v in values.to_list()], np.float64), known


def _put_values(figure: Figure, axes: Axes, x: Floats, words: list[object], *, most: int) -> None:
    """Write the values of a key along the x-axis."""
    if words:
        axes.set_xlim(-0.5, len(words) - 0.5)
        put_values(figure, axes.xaxis, words)
        return
    whole = all(float(v).is_integer() for v in x)
    axes.xaxis.set_major_locator(MaxNLocator(most, integer=whole, prune="both"))


def _lines(
    figure: Figure, table: pl.DataFrame, key: str, starts: Floats, scenarios: Sequence[Scenario]
) -> None:
    axes = figure.add_axes((0.12, 0.11, 0.85, 0.77))
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    x, words = _positions(table[key])
    order = np.argsort(x, kind="stable")
    x, at = x[order], [scenarios[i] for i in order]
    for column, colour in reversed(_COLOURS.items()):
        label = column.upper()
        y, low, high = (_days(table, column + end, starts)[order] for end in ("", "_low", "_high"))
        if not words:
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
    set_top(axes, put_legend(figure) - _TICK)
    put_dates(axes.yaxis)
    shared = [d for d in scenarios[0].deadline if all(d in each.deadline for each in scenarios)]
    draw_column(figure, axes, shared, unit=scenarios[0].unit, file="sweep.csv")
    (label,) = key_labels(figure, [key], width=axes.get_window_extent().width, size=13)
    axes.set_xlabel(label)
    _put_values(figure, axes, x, words, most=10)


def _wide(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a date axis that is long enough for whole days."""
    missing = max(0.0, _LEAST_DAYS - (high - low)) / 2
    return on_calendar(low - missing, high + missing)


def _horizon(scenario: Scenario) -> float:
    return float(date2num(scenario.campaign.start)) + scenario.campaign.horizon_days


def _heat_map(figure: Figure, table: pl.DataFrame, keys: Sequence[str], starts: Floats) -> None:
    values = _days(table, "p80", starts)
    known = values[np.isfinite(values)]
    if not len(known):
        _chances(figure, table, keys)
        return
    low, high = float(known.min()), float(known.max())
    later = [f"later\n{share_words(done)}" for done in table["completed"]]
    axes, bar = draw_heat_map(
        figure,
        table,
        keys,
        values,
        texts=[
            late if np.isnan(value) else _two_lines(float(value))
            for value, late in zip(values, later, strict=True)
        ],
        span=_wide(low, high),
        white_above=(low + high) / 2,
    )
    axes.set_facecolor("#EDEDED")
    put_dates(bar.ax.yaxis)
    axes.set_title("P80: the date that is met in four of five cases", fontsize=13, loc="left")
    if len(known) < len(values):
        add_remark(figure, f"grey: {_LATER}, with the chance to be complete by then")


def _chances(figure: Figure, table: pl.DataFrame, keys: Sequence[str]) -> None:
    """Draw how often each point is complete, where no P80 is known."""
    done = table["completed"].cast(pl.Float64).to_numpy()
    axes, bar = draw_heat_map(
        figure,
        table,
        keys,
        done,
        texts=[share_words(share) for share in done],
        span=(0, 1),
        white_above=0.5,
    )
    put_shares(bar.ax.yaxis)
    axes.set_title(f"Chance to be complete; every P80 is {_LATER}", fontsize=13, loc="left")


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
    figure.subplots_adjust(0.11, 0.11, 0.98, 0.86, wspace=0.12, hspace=0.4)
    for panel in panels.flat[len(shown) :]:
        panel.axis("off")
    room = panels.flat[0].get_window_extent().width
    names = key_labels(figure, shown, width=room, size=13)
    for panel, key, name in zip(panels.flat, shown, names, strict=False):
        panel.grid(visible=True)
        panel.set_axisbelow(True)
        x, words = _positions(table[key])
        for column, colour in _COLOURS.items():
            y = _days(table, column, starts)
            panel.plot(x, y, "o", color=colour, ms=6, alpha=0.75, label=column.upper())
        _put_values(figure, panel, x, words, most=4)
        panel.set_xlabel(name)
    panels.flat[0].set_ylim(*_wide(*panels.flat[0].get_ylim()))
    put_dates(panels.flat[0].yaxis)
    figure.subplots_adjust(top=put_legend(figure) - _TICK)
    if keys[_MOST_CLOUDS:]:
        add_remark(figure, f"{len(keys) - len(shown)} more keys in sweep.csv")
    if later := int(table["p80"].null_count()):
        add_remark(figure, f"P80 of {later} points {_LATER}: not shown")
