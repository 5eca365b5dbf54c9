"""The picture of what drives the date: shares in the spread, and what each number does alone."""

import math
from pathlib import Path

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.experiments.explain.bars import draw_interval, put_rows, subtitle_of
from sim.experiments.explain.explain import LUCK, Answers, leading, luck_shows, names_of, others_of
from sim.experiments.explain.table import answers_of
from sim.experiments.explain.variants import OTHERS
from sim.results.pictures.canvas import BLUE, INK, ORANGE, put_shares, sheet
from sim.results.pictures.labels import key_labels
from sim.results.words import words
from sim.scenario.dates import date_of
from sim.scenario.scenario import Scenario

_MOST = 12
_LEVELS = {
    OTHERS: "",  # in words that tell their number
    "inputs": "all numbers not known",
    "time": "shared in time",
    "rest": "the rest",
}
_LIGHT = "#9CC8E3"
_BOTTOM, _TOP = 0.16, 0.84
_FIRST, _SECOND = (0.325, 0.3), (0.68, 0.295)  # left end and width of the two parts
_NAMES, _FONT = 370.0, 11.0  # room for the names, pixels, and their letters


def draw(
    table: pl.DataFrame, path: Path, *, scenario: Scenario, replications: int, seed: int
) -> None:
    """Draw the share of each number in the spread, and the P80 with it low and high.

    Parameters
    ----------
    table
        `explain.csv`.
    path
        PNG, 1200 x 750 pixels.
    scenario
        That it is about.
    replications, seed
        Of each variant.
    """
    with sheet(scenario, path, subtitle=about(table, replications, seed)) as figure:
        draw_drivers(figure, table, scenario)


def about(table: pl.DataFrame, replications: int, seed: int) -> str:
    """Return the subtitle of the picture."""
    answers = answers_of(table)
    keys, shown = len(names_of(answers, "sobol")), len(names_of(answers, "tornado")[:_MOST])
    few = f"; the first {shown} of {keys} numbers" if keys > shown else ""
    return subtitle_of("What drives the date", replications, seed) + few


def draw_drivers(figure: Figure, table: pl.DataFrame, scenario: Scenario) -> None:
    """Draw the share of each number in the spread, and the P80 with it low and high.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    table
        `explain.csv`.
    scenario
        That it is about.
    """
    answers = answers_of(table)
    shown = names_of(answers, "tornado")[:_MOST]
    levels = [level for level in _LEVELS if level in names_of(answers, "level")]
    rows = [*shown, *levels]
    places = [*range(len(shown)), *(len(shown) + 0.7 + i for i in range(len(levels)))]
    left, right = (
        figure.add_axes((at, _BOTTOM, width, _TOP - _BOTTOM)) for at, width in (_FIRST, _SECOND)
    )
    for axes in (left, right):
        put_rows(axes, places[-1], divided_at=len(shown) - 0.15)
    names = key_labels(figure, shown, width=_NAMES, size=_FONT)
    n = len(others_of(answers))
    others = f"the other {n} numbers" if n > 1 else "the other number"
    words_of = [others if level == OTHERS else _LEVELS[level] for level in levels]
    left.set_yticks(places, labels=[*names, *words_of], fontsize=_FONT)
    right.set_yticks(places[: len(shown)], labels=[""] * len(shown))
    _shares(left, answers, dict(zip(rows, places, strict=True)))
    _tornado(right, answers, shown, scenario)
    _explain(left, right)
    if luck_shows(answers):
        figure.text(0.02, 0.03, LUCK, fontsize=11, va="center")


def _shares(axes: Axes, answers: Answers, places: dict[str, float]) -> None:
    """Draw the total share of each row, and within it what it has alone."""
    axes.set_title("Share in the spread of the completion", fontsize=13, loc="left")
    ends = [1.0]
    for name, y in places.items():
        kind = "level" if name in _LEVELS else "sobol"
        total, alone = (answers[kind, name, index] for index in ("total", "first_order"))
        if math.isnan(total.value):
            axes.text(0.02, y, "not known", va="center", fontsize=11.5)
            continue
        axes.barh(y, total.value, height=0.7, color=_LIGHT)
        axes.barh(y, max(0.0, alone.value), height=0.32, color=BLUE)
        draw_interval(axes, total, y - 0.25)
        draw_interval(axes, alone, y)
        ends.append(total.high)
    axes.set_xlim(0, 1.02 * max(ends))
    axes.xaxis.set_major_locator(MaxNLocator(6, prune="upper"))
    put_shares(axes.xaxis)


def _tornado(axes: Axes, answers: Answers, keys: list[str], scenario: Scenario) -> None:
    """Draw the change of the P80, or of the mean where that is censored, of each number."""
    statistic = leading(answers)
    day = answers["completion", "completion_day", statistic].value
    what = "P80" if statistic == "p80" else "Mean up to the horizon"
    title = f"{what}: days after {words(date_of(scenario, day))}"
    axes.set_title(title, fontsize=13 if statistic == "p80" else 11, loc="left")
    axes.axvline(0, color=INK, lw=1.2)
    reach = 1.0
    for y, key in enumerate(keys):
        for at, colour, off in (("p10", BLUE, -0.18), ("p90", ORANGE, 0.18)):
            change = answers["tornado", key, f"{statistic}_change_at_{at}"]
            if math.isnan(change.value):
                side = -1 if at == "p10" else 1
                axes.annotate("later than the horizon", (0, y + off), fontsize=9, va="center").set(
                    ha="right" if side < 0 else "left", color=colour
                )
                continue
            axes.barh(y + off, change.value, height=0.34, color=colour)
            draw_interval(axes, change, y + off)
            reach = max(reach, *(abs(x) for x in change if math.isfinite(x)))
    axes.set_xlim(-1.08 * reach, 1.08 * reach)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(5, prune="both"))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{round(x, 9) + 0.0:+g}" if x else "0")
    )


def _explain(left: Axes, right: Axes) -> None:
    """Put the legends below."""
    shares = [
        Patch(color=_LIGHT, label="alone or with others"),
        Patch(color=BLUE, label="alone"),
    ]
    ends = [
        Patch(color=BLUE, label="at its P10"),
        Patch(color=ORANGE, label="at its P90"),
    ]
    for axes, marks in ((left, shares), (right, ends)):
        handles: list[Patch | Line2D] = [*marks]
        axes.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(-0.02, -0.06), ncols=2, fontsize=12
        ).set(frame_on=False)
