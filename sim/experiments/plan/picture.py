"""The picture of a plan: the chance of meeting the deadline by deployment, and the answer."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox

from sim.experiments.designs import in_words, keys_of
from sim.experiments.heat_map import draw_heat_map
from sim.experiments.plan.goal import Aim
from sim.experiments.plan.table import rivals
from sim.results.pictures.canvas import BLUE, GREY, INK, ORANGE, put_shares, sheet
from sim.results.pictures.labels import fitted, key_labels
from sim.results.words import number, share_words, words
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats

_COLOURS = {"meets": BLUE, "fails": GREY, "undecided": ORANGE}
_MOST_LABELS = 60  # of points
_PLACES = ((14, 0), (-14, 0), (10, 12), (-10, 12), (10, -12), (-10, -12))  # points from a point
_WORDS = {"meets": "meets it", "fails": "fails", "undecided": "not decided"}


def draw(
    table: pl.DataFrame,
    path: Path,
    *,
    scenario: Scenario,
    date: dt.date,
    confidence: float,
    aim: Aim | None,
    seed: int,
    owed: str = "",
) -> None:
    """Draw the chance of every deployment that was tried.

    Parameters
    ----------
    table
        `plan.csv`.
    path
        PNG, 1200 x 750 pixels.
    scenario
        That gives the title.
    date, confidence, aim
        The goal.
    seed
        Of all deployments.
    owed
        What is to be released, if not all land.
    """
    subtitle = about(table, date=date, confidence=confidence, seed=seed, owed=owed)
    with sheet(scenario, path, subtitle=subtitle) as figure:
        draw_plan(figure, table, scenario=scenario, confidence=confidence, aim=aim)


def about(
    table: pl.DataFrame, *, date: dt.date, confidence: float, seed: int, owed: str = ""
) -> str:
    """Return the subtitle of the picture."""
    reached = f"Release {owed}" if owed else "Complete"
    goal = f"{reached} by {words(date)} with a chance of at least {100 * confidence:g} %"
    bars = "" if len(keys_of(table)) == 2 else "; bars: 95 % intervals"
    return f"{goal}; seed {seed}{bars}"


def draw_plan(
    figure: Figure, table: pl.DataFrame, *, scenario: Scenario, confidence: float, aim: Aim | None
) -> None:
    """Draw the chance of every deployment that was tried.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    table, scenario, confidence, aim
        As in `draw`.
    """
    keys = keys_of(table)
    if len(keys) == 2:
        _heat_map(figure, table, keys)
        return
    key = keys[0] if len(keys) == 1 else "cost_mean" if aim == "cost" else "crews"
    _chances(figure, table, key, confidence, currency=scenario.currency)
    line = fitted(figure, _answer(table, aim), width=1150, size=12)
    figure.text(0.02, 0.885, line, va="center", fontsize=12)


def _answer(table: pl.DataFrame, aim: Aim | None) -> str:
    chosen = table.filter(pl.col("answer")).select(keys_of(table)).to_dicts()
    if not chosen:
        return "None was decided to meet it"
    unless = ", unless an undecided one already suffices" if len(rivals(table, aim)) else ""
    return f"Answer: {in_words(chosen[0])}{unless}"


def _percent_axis(axes: Axes) -> None:
    axes.set_ylim(-0.03, 1.06)
    put_shares(axes.yaxis, tenths=True)
    axes.set_ylabel("Chance to meet the deadline")


def _chances(
    figure: Figure, table: pl.DataFrame, key: str, confidence: float, *, currency: str
) -> None:
    """Draw the chance against a key, or against what is to be least."""
    axes = figure.add_axes((0.09, 0.11, 0.88, 0.74))
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    _percent_axis(axes)
    axes.margins(x=0.08)
    x, y = (_numbers(table, name) for name in (key, "probability"))
    low, high = (_numbers(table, name) for name in ("ci_low", "ci_high"))
    if key == "crews":
        x = _side_by_side(x)
    elif key != "cost_mean":
        axes.fill_between(x, low, high, color=BLUE, alpha=0.12, lw=0)
        axes.plot(x, y, "-", color=BLUE, lw=1.2, alpha=0.5)
    for at, value, bottom, top, decided in zip(x, y, low, high, table["decided"], strict=True):
        colour = _COLOURS[decided]
        axes.plot((at, at), (bottom, top), color=colour, lw=2.5)
        axes.plot([at], [value], "o", color=colour, ms=9, mec="white", mew=1)
    axes.axhline(confidence, color=INK, lw=1.5, ls=(0, (4, 3)))
    answer = table["answer"].to_numpy()
    if answer.any():
        axes.plot(x[answer], y[answer], "o", ms=20, mfc="none", mec=INK, mew=2.5)
    names, keys = (
        {"crews": "mean number of crews", "cost_mean": f"mean cost, {currency}"},
        keys_of(table),
    )
    lines = key_labels(figure, [key], width=1000, size=13)
    if len(keys) > 1:
        beside = key_labels(figure, keys, width=850 / len(keys), size=13)
        lines = [names.get(key, lines[0]), f"beside the points: {', '.join(beside)}"]
    axes.set_xlabel("\n".join(lines))
    if all(float(v).is_integer() for v in table[key]):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=15))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: number(v)))
    _explain(axes, table, confidence)
    _label(axes, table, x, y)


def _label(axes: Axes, table: pl.DataFrame, x: Floats, y: Floats) -> None:
    """Write beside each point its chance or, where several keys vary, their values.

    Each label stands where there is room around its point; one without room is left out. The
    answer chooses first.
    """
    keys = keys_of(table)
    alone = [share_words(chance) for chance in y]
    values = [", ".join(map(number, row)) for row in table.select(keys).iter_rows()]
    texts = alone if len(keys) == 1 else values
    taken = _taken(axes, table, x, y)
    for i in np.argsort(~table["answer"].to_numpy(), kind="stable")[:_MOST_LABELS]:
        for place in _PLACES:
            label = axes.annotate(
                texts[i], (x[i], y[i]), xytext=place, textcoords="offset points", va="center"
            )
            label.set(ha="left" if place[0] > 0 else "right", fontsize=11)
            box = label.get_window_extent()
            inside = axes.bbox.contains(*box.min) and axes.bbox.contains(*box.max)
            if inside and not box.count_overlaps(taken):
                taken.append(box)
                break
            label.remove()


def _taken(axes: Axes, table: pl.DataFrame, x: Floats, y: Floats) -> list[Bbox]:
    """Return where no label may stand: on points, bars, the wanted chance, and the legend."""
    low, high = (_numbers(table, name) for name in ("ci_low", "ci_high"))
    at, bottom, top = (axes.transData.transform(np.column_stack([x, v])) for v in (y, low, high))
    boxes = [Bbox.from_extents(*(point - 8), *(point + 8)) for point in at]
    boxes += [Bbox.from_extents(*(a - 2), *(b + 2)) for a, b in zip(bottom, top, strict=True)]
    lines = [line for line in axes.lines if line.get_linestyle() == "--"]
    legend = axes.get_legend()
    boxes += [each.get_window_extent() for each in (*lines, *([legend] if legend else []))]
    return boxes


def _side_by_side(x: Floats) -> Floats:
    """Move points that stand at one place a little apart."""
    moved = x.copy()
    for value in np.unique(x):
        (here,) = np.nonzero(x == value)
        moved[here] += np.linspace(-1, 1, len(here) + 2)[1:-1] * 0.3
    return moved


def _explain(axes: Axes, table: pl.DataFrame, confidence: float) -> None:
    seen = set(table["decided"])
    marks = [
        Line2D([], [], color=colour, marker="o", ls="", ms=9, label=_WORDS[decided])
        for decided, colour in _COLOURS.items()
        if decided in seen
    ]
    wanted = f"wanted: {100 * confidence:g} %"
    marks.append(Line2D([], [], color=INK, lw=1.5, ls=(0, (4, 3)), label=wanted))
    if table["answer"].any():
        marks.append(
            Line2D([], [], mfc="none", mec=INK, mew=2.5, marker="o", ls="", ms=16, label="answer")
        )
    legend = axes.legend(handles=marks, loc="best", fontsize=12)
    legend.get_frame().set(alpha=0.9, edgecolor="none")


def _numbers(table: pl.DataFrame, column: str) -> Floats:
    return np.asarray(table[column].cast(pl.Float64).to_numpy())


def _heat_map(figure: Figure, table: pl.DataFrame, keys: Sequence[str]) -> None:
    """Draw the chance over two keys, with the answer framed."""
    decided = [_WORDS[each] for each in table["decided"]]
    chances = _numbers(table, "probability")
    axes, bar = draw_heat_map(
        figure,
        table,
        keys,
        chances,
        texts=[f"{share_words(p)}\n{word}" for p, word in zip(chances, decided, strict=True)],
        span=(0, 1),
        white_above=0.5,
        framed=table["answer"].arg_max() if table["answer"].any() else None,
    )
    put_shares(bar.ax.yaxis)
    title = "Chance to meet the deadline"
    title += "; framed: the answer" if table["answer"].any() else "; none was decided to meet it"
    axes.set_title(title, fontsize=13, loc="left")
