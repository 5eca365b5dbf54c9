"""The picture of what makes a campaign late: days that each cause costs."""

import math
from pathlib import Path

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sim.experiments.explain.bars import put_rows, subtitle_of
from sim.experiments.explain.delays import INTERACTION, SUM, TOGETHER
from sim.experiments.explain.explain import Answers, names_of
from sim.experiments.explain.table import answers_of
from sim.experiments.explain.variants import ALL
from sim.results.pictures.canvas import BLUE, GREEN, GREY, INK, ORANGE, put_legend, set_top, sheet
from sim.results.pictures.labels import labels
from sim.results.words import cause_words
from sim.scenario.scenario import Scenario
from sim.statistics.quantities import COMPARED, percentiles

ABOUT = "What makes us late"
_NAMES = {ALL: "all of them together", SUM: "sum of the single ones", INTERACTION: "all, less sum"}
_DATES = percentiles(COMPARED)
_LEFT, _WIDTH, _FONT = 0.2, 225, 12  # of the names: share of the picture, pixels, points
_COLOURS = dict(zip([*_DATES, "restricted_mean"], (BLUE, ORANGE, GREEN), strict=True))


def draw(
    table: pl.DataFrame, path: Path, *, scenario: Scenario, replications: int, seed: int
) -> None:
    """Draw the days that each cause costs, and all together.

    Parameters
    ----------
    table, path, scenario, replications, seed
        As in `drivers_picture.draw`.
    """
    subtitle = subtitle_of(ABOUT, replications, seed)
    with sheet(scenario, path, subtitle=subtitle) as figure:
        draw_delays(figure, table)


def draw_delays(figure: Figure, table: pl.DataFrame) -> None:
    """Draw the days that each cause costs, and all together.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    table
        `explain.csv`.
    """
    answers = answers_of(table)
    causes = [name for name in names_of(answers, "delay") if name not in TOGETHER]
    rows = [*causes, *TOGETHER] if len(causes) > 1 else causes
    axes = figure.add_axes((_LEFT, 0.11, 0.77, 0.74))
    if not causes:
        text = axes.text(0.5, 0.5, "The scenario has no cause of delay")
        text.set(transform=axes.transAxes, ha="center", fontsize=18, color=GREY)
        axes.axis("off")
        return
    places = {name: i + 0.5 * (name in TOGETHER) for i, name in enumerate(rows)}
    axes.axvline(0, color=INK, lw=1.2)
    divided_at = len(causes) - 0.25 if len(causes) > 1 else None
    put_rows(axes, max(places.values()), divided_at=divided_at)
    words = [(_NAMES.get(name, cause_words(name)), "") for name in rows]
    names = labels(figure, words, width=_WIDTH, size=_FONT)
    axes.set_yticks(list(places.values()), labels=names)
    axes.set_xlabel("Days that the completion would be sooner without it")
    axes.xaxis.set_major_formatter(FuncFormatter(_signed))
    _bars(axes, answers, places)
    set_top(axes, put_legend(figure))


def _bars(axes: Axes, answers: Answers, places: dict[str, float]) -> None:
    """Draw a bar for each cause and statistic, with its interval, where it is known."""
    shown = _shown(answers)
    height = 0.8 / len(shown)
    for i, statistic in enumerate(shown):
        known = [
            (y + height * (i - (len(shown) - 1) / 2), answers["delay", name, statistic])
            for name, y in places.items()
            if not math.isnan(answers["delay", name, statistic].value)
        ]
        words = statistic.upper() if statistic in _DATES else "mean, up to the horizon"
        y, days = [at for at, _ in known], [each.value for _, each in known]
        axes.barh(y, days, height=0.9 * height, color=_COLOURS[statistic], label=words)
        for at, (value, low, high) in known:
            ends = [value if math.isnan(end) else end for end in (low, high)]
            axes.plot(ends, (at, at), color=INK, lw=1.5, solid_capstyle="butt")
            _write(axes, value, max(*ends, value, 0.0), at)
    axes.margins(x=0.08)


def _shown(answers: Answers) -> list[str]:
    """Return the P50 and the P80, or the mean where one of them is beyond the horizon."""
    shown = [
        name
        for name in _DATES
        if not math.isnan(answers["completion", "completion_day", name].value)
    ]
    return shown if len(shown) > 1 else [*shown, "restricted_mean"]


def _write(axes: Axes, days: float, x: float, y: float) -> None:
    """Write the days right of a bar."""
    text = axes.annotate(_signed(days, None), (x, y), xytext=(5, 0), textcoords="offset points")
    text.set(va="center", fontsize=10.5)


def _signed(days: float, _position: int | None) -> str:
    rounded = round(days) if abs(days) >= 10 else round(days, 1)
    return f"{rounded:+,g}".replace(",", "\u202f") if rounded else "0"
