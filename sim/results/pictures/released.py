"""Pictures of an ensemble: when it will be done, and how the released land grows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.outcome import Ensemble
from sim.results.pictures.canvas import (
    BACKED,
    BLUE,
    GREEN,
    GREY,
    INK,
    RIGHT,
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
from sim.results.words import number, share_words, words
from sim.scenario.dates import date_of
from sim.statistics.estimates import Floats, quantile
from sim.statistics.quantities import KNOWN, QUANTITIES, RELEASED, percentiles
from sim.statistics.summary import completion_days
from sim.statistics.summary import progress as released_land
from sim.world import PER_HA


def completion(ensemble: Ensemble, path: Path) -> None:
    """Draw the chance of being complete by a date, with the P-dates and the deadlines.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    path
        PNG, 1200 x 750 pixels.
    """
    with picture(ensemble, path, remark="black bars: 95 % intervals") as figure:
        censored = ensemble.censored / ensemble.replications
        right = 0.8 if censored else RIGHT
        axes = date_axes(figure, right)
        days = np.sort(completion_days(ensemble))
        days = days[np.isfinite(days)]
        x = start_of(ensemble) + days
        axes.set_xlim(*_completion_span(ensemble, x))
        axes.set_ylim(0, 1.0)
        put_shares(axes.yaxis, tenths=True)
        axes.set_ylabel("Chance that all land is released by then")
        _draw_distribution(axes, x, ensemble.replications)
        _mark_quantiles(axes, ensemble)
        if not len(x):
            text = axes.text(0.5, 0.5, "No replication was complete\nbefore the horizon")
            text.set(transform=axes.transAxes, ha="center", va="center", bbox=BACKED)
            text.set(fontsize=18, color=GREY)
        if censored:
            _draw_censored(figure, axes, ensemble, censored)
        draw_deadlines(figure, axes, ensemble)


def progress(ensemble: Ensemble, path: Path) -> None:
    """Draw the released land over time: median and bands, the known land, the deadlines.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    path
        PNG, 1200 x 750 pixels.
    """
    with picture(ensemble, path) as figure:
        axes = date_axes(figure, RIGHT)
        days, net = released_land(ensemble, gross=False)
        _, gross = released_land(ensemble, gross=True)
        x = start_of(ensemble) + days
        unit = ensemble.scenario.unit
        net, gross = net * unit.per_ha, gross * unit.per_ha
        levels = np.percentile(net, RELEASED.shown, axis=0, method="inverted_cdf")
        names = [name.upper() for name in percentiles(RELEASED.shown)]
        for low, high, alpha in ((0, 4, 0.15), (1, 3, 0.3)):
            band = f"{names[low]} to {names[high]}"
            axes.fill_between(
                x, levels[low], levels[high], color=BLUE, alpha=alpha, lw=0, label=band
            )
        points = "o" if len(x) <= 10 else ""
        axes.plot(x, levels[2], points + "-", color=BLUE, lw=2.5, label="released land, median")
        top = max(float(levels[4].max()), float(known_land(ensemble).max()))
        if not np.array_equal(net, gross):
            median = np.percentile(gross, 50, axis=0, method="inverted_cdf")
            label = "released, counting land released again, median"
            axes.plot(x, median, color=GREEN, lw=2, ls=(0, (5, 2)), label=label)
            top = max(top, float(median.max()))
        _draw_known_land(axes, ensemble)
        axes.set_ylim(0, 1.05 * top)
        deadlines = [end_of(deadline.date) for deadline in ensemble.scenario.deadline]
        last = max([float(x[-1]), x[0] + 7.0, *(d for d in deadlines if d < x[0] + 1.3 * days[-1])])
        axes.set_xlim(*on_calendar(x[0], last + 0.01 * (last - x[0])))
        axes.yaxis.set_major_locator(MaxNLocator(8))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y)))
        axes.set_ylabel(unit.full)
        make_room_left(figure, axes)
        set_top(axes, put_legend(figure))
        draw_deadlines(figure, axes, ensemble)


def known_land(ensemble: Ensemble) -> Floats:
    """Return the land that was known at the end of each replication (R), as people read it."""
    return np.asarray(ensemble.sector_m2.sum(axis=1) / PER_HA * ensemble.scenario.unit.per_ha)


def _completion_span(ensemble: Ensemble, x: Floats) -> tuple[float, float]:
    """Return the ends of the date axis, inside the campaign, with room left of the curve."""
    marks = [*x[[0, -1]].tolist()] if len(x) else []
    first, last = start_of(ensemble), end_of(horizon_of(ensemble))
    ends = [end_of(deadline.date) for deadline in ensemble.scenario.deadline]
    marks += [end for end in ends if end <= last]  # others leave no room for the rest
    if ensemble.censored:
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


def _mark_quantiles(axes: Axes, ensemble: Ensemble) -> None:
    """Mark P-dates on the curve, each with its date and its interval."""
    days = completion_days(ensemble)
    for percent in QUANTITIES["completion_day"].shown:
        value, low, high = quantile(days, percent)
        if not np.isfinite(value):
            continue
        at, y = start_of(ensemble) + value, percent / 100
        ends = [start_of(ensemble) + end for end in (low, value, high) if np.isfinite(end)]
        if np.isfinite(low) and np.isfinite(high):
            axes.plot((ends[0], ends[-1]), (y, y), color=INK, lw=2, solid_capstyle="butt", zorder=4)
        axes.plot([at], [y], "o", color=BLUE, ms=9, mec="white", mew=1.5, zorder=5)
        text = f"P{percent}   {words(date_of(ensemble.scenario, value))}"
        _write_near(axes, text, ends, y)


def _write_near(axes: Axes, text: str, ends: Sequence[float], y: float) -> None:
    """Write text left of an interval, or right of it if there is no room."""
    label = write_beside(axes, text, (ends[0], y), gap=-12)
    if label.get_window_extent().x0 < axes.get_window_extent().x0:
        label.remove()
        write_beside(axes, text, (ends[-1], y), gap=12)


def _draw_censored(figure: Figure, axes: Axes, ensemble: Ensemble, share: float) -> None:
    """Draw what was not complete at the horizon as a bar right of the curve."""
    box = axes.get_position()
    bar = figure.add_axes((box.x1 + 0.012, box.y0, 0.035, box.height), sharey=axes)
    bar.bar([0], [share], bottom=1 - share, width=1, color="#D9D9D9", edgecolor=GREY, hatch="//")
    bar.set_xlim(-0.5, 0.5)
    bar.axis("off")
    text = f"{share_words(share)}\nnot complete by\n{words(horizon_of(ensemble))}"
    if share > 0.14:
        bar.text(0.7, 1 - share / 2, text, fontsize=12, va="center")
    else:
        bar.text(0.7, 1, text, fontsize=12, va="top")


def _draw_known_land(axes: Axes, ensemble: Ensemble) -> None:
    known, unit = known_land(ensemble), ensemble.scenario.unit.short
    low, middle, high = np.percentile(known, KNOWN.shown, method="inverted_cdf")
    text = f"known land, {number(middle)} {unit}"
    if low < high:
        text = f"known land at the end, median {number(middle)} {unit}"
        text += f" (P10 to P90: {number(low)} to {number(high)})"
    axes.axhline(float(middle), color=INK, lw=1.5, ls=(0, (1, 2)), label=text)
