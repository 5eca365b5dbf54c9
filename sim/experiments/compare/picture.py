"""The picture of a comparison: the chance of being complete by a date, one curve a scenario."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.experiments.compare.compare import Comparison
from sim.outcome import Ensemble
from sim.results.pictures.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RIGHT,
    date_axes,
    on_calendar,
    put_legend,
    put_shares,
    set_top,
    sheet,
    start_of,
)
from sim.results.pictures.deadlines import draw_flags
from sim.results.pictures.labels import labels
from sim.results.words import number, words
from sim.scenario.dates import date_of
from sim.statistics.estimates import Floats, quantile
from sim.statistics.quantities import COMPARED
from sim.statistics.summary import completion_days

_COLOURS = (INK, BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", "#E69F00")
_DASHES: tuple[object, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)))
_MOST_NAMED = 14
_WIDEST = 460.0  # of a name and its dates, pixels: two in a row
_MOST_ROWS = 10  # of legend and flags


def draw(comparison: Comparison, path: Path) -> None:
    """Draw the distributions of the completion.

    Parameters
    ----------
    comparison
        Of at least two scenarios; the baseline is drawn in black.
    path
        PNG, 1200 x 750 pixels.
    """
    ensembles = list(comparison.ensembles.items())
    first = ensembles[0][1]
    subtitle = f"{number(comparison.replications)} replications each, seed {first.seed}, same luck"
    if any(ensemble.censored for _, ensemble in ensembles):
        subtitle += "; a curve that ends below 100 %: not complete by the horizon"
    with sheet(first.scenario, path, subtitle=subtitle) as figure:
        axes = date_axes(figure, RIGHT)
        axes.set_ylim(0, 1.02)
        put_shares(axes.yaxis, tenths=True)
        axes.set_ylabel("Chance that all land is released by then")
        axes.set_xlim(*_span([ensemble for _, ensemble in ensembles]))
        for percent in COMPARED:
            axes.axhline(percent / 100, color=GREY, lw=1.2, ls=(0, (4, 3)))
        parts = [(name, _dates(ensemble)) for name, ensemble in ensembles[:_MOST_NAMED]]
        names = labels(figure, parts, width=_WIDEST, size=12)
        for i, (_, ensemble) in enumerate(ensembles):
            _draw_curve(axes, ensemble, i, names[i] if i < _MOST_NAMED else "")
        set_top(axes, put_legend(figure))
        _draw_deadlines(figure, axes, [ensemble for _, ensemble in ensembles], len(names))


def _draw_deadlines(figure: Figure, axes: Axes, ensembles: list[Ensemble], names: int) -> None:
    """Draw the deadlines that all have, as many as the legend leaves room for."""
    having = [set(ensemble.scenario.deadline) for ensemble in ensembles]
    shared = [d for d in ensembles[0].scenario.deadline if all(d in each for each in having)]
    others = {d.name for each in having for d in each} - {d.name for d in shared}
    draw_flags(
        figure,
        axes,
        shared,
        unit=ensembles[0].scenario.unit,
        file="compare.csv",
        hidden=len(others),
        most=_MOST_ROWS - -(-names // 2),
        colours=(GREY, INK),
    )


def _dates(ensemble: Ensemble) -> str:
    """Return what stands behind a name: its P50 and P80."""
    days = completion_days(ensemble)
    dates = [quantile(days, percent).value for percent in COMPARED]
    parts = [
        f"P{percent} {words(date_of(ensemble.scenario, day)) if np.isfinite(day) else 'later'}"
        for percent, day in zip(COMPARED, dates, strict=True)
    ]
    return f":  {',  '.join(parts)}"


def _moments(ensemble: Ensemble) -> Floats:
    """Return when replications were complete, on the date axis, in order."""
    days = np.sort(completion_days(ensemble))
    return start_of(ensemble.scenario) + days[np.isfinite(days)]


def _span(ensembles: list[Ensemble]) -> tuple[float, float]:
    """Return the ends of the date axis: all completions, and the horizon where one is censored."""
    marks = [float(x) for ensemble in ensembles for x in _moments(ensemble)]
    marks += [_horizon(ensemble) for ensemble in ensembles if ensemble.censored]
    low, high = min(marks), max(marks)
    room = max(5.0, 0.04 * (high - low))
    return on_calendar(
        max(low - room, min(start_of(each.scenario) for each in ensembles)), high + room
    )


def _horizon(ensemble: Ensemble) -> float:
    return start_of(ensemble.scenario) + ensemble.scenario.campaign.horizon_days


def _draw_curve(axes: Axes, ensemble: Ensemble, number_of: int, label: str) -> None:
    """Draw the share of replications complete by each moment, up to the last known one."""
    x, (low, high) = _moments(ensemble), axes.get_xlim()
    end = min(high, _horizon(ensemble)) if ensemble.censored else high
    at = np.concatenate(([low], x, [max(end, low)]))
    share = np.concatenate(([0], np.arange(1, len(x) + 1), [len(x)])) / ensemble.replications
    line = axes.step(at, share, where="post", lw=3 if number_of == 0 else 2.2)[0]
    line.set_color(_COLOURS[number_of % len(_COLOURS)])
    line.set_linestyle(_DASHES[number_of // len(_COLOURS) % len(_DASHES)])  # type: ignore[arg-type]
    line.set_label(label or "_")
