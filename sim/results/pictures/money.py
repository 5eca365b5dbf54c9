"""Picture of money: what is spent in each year, and by whom, against what comes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sim.results.funds import comes
from sim.results.pictures.by_year import arrange, note_first_year, put_numbers, two_axes
from sim.results.pictures.canvas import GREEN, GREY, INK, Tables, put_legend
from sim.results.pictures.labels import labels
from sim.results.words import share_words
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.quantities import FUND

REMARK = "all amounts are means"
MOST = 6  # payers
_WIDE, _FONT = 250.0, 12.0
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")
_HATCHES = ("", "//", "..", "\\\\", "xx", "--")
_WIDTH = 0.38  # of a bar
_SCALES = ((1e9, "billion "), (1e6, "million "), (1e3, "thousand "))


class _Payer(NamedTuple):
    """Who pays; what is spent in each year (Y); what is there on day 0, and comes then (1 + Y)."""

    name: str
    spent: Floats
    comes: Floats
    rest: str = ""
    """What is said behind the name."""


def draw_money(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw what each payer spends in each year beside what comes, and both added up.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a result in which something costs money: `years`, `summary`.
    scenario
        That was run.
    """
    rows = frames["years"].filter(pl.col("quantity") == "cost")
    years = rows.filter(pl.col("by") == "campaign")["year"].to_list()
    payers = _few(_payers(rows, frames["summary"], scenario, years))
    most = max(sum(float(p.spent.sum()) for p in payers), sum(float(p.comes.sum()) for p in payers))
    per, unit = next(((size, word) for size, word in _SCALES if most >= 2 * size), (1.0, ""))
    upper, lower = two_axes(figure)
    _draw_sums(upper, payers, per)
    marks = _draw_bars(figure, lower, payers, per)
    for axes, what in ((upper, "so far"), (lower, "in a year")):
        axes.set_ylabel(f"{unit}{scenario.currency}\n{what}")
        put_numbers(axes)
    marks += upper.get_legend_handles_labels()[0]
    arrange(figure, (upper, lower), years, top=put_legend(figure, marks))
    note_first_year(figure, scenario)


def _payers(
    rows: pl.DataFrame, summary: pl.DataFrame, scenario: Scenario, years: Sequence[int]
) -> list[_Payer]:
    """Return the funds in the order of the file, and last what is borne by none."""
    nothing = np.zeros(1 + len(years))
    funds = scenario.money.fund if scenario.money else ()
    if not funds:
        return [_Payer("spent", _spent(rows, "campaign", None), nothing)]
    chances = summary.filter(pl.col("statistic") == "probability")
    enough = dict(zip(chances["quantity"], chances["value"], strict=True))
    found = []
    for fund in funds:
        chance = enough[FUND + fund.name]
        rest = "" if chance is None else f", enough: {share_words(chance)}"
        spent = _spent(rows, "fund", fund.name)
        found.append(_Payer(fund.name, spent, comes(scenario, fund, years), rest))
    nobody = _spent(rows, "fund", None)
    return [*found, _Payer("no fund", nobody, nothing)] if nobody.any() else found


def _spent(rows: pl.DataFrame, by: str, name: str | None) -> Floats:
    mine = rows.filter((pl.col("by") == by) & pl.col("name").eq_missing(name))
    return np.asarray(mine["mean"].to_numpy(), np.float64)


def _few(payers: Sequence[_Payer]) -> list[_Payer]:
    """Return the payers of most money, in their order, and all others as one."""
    if len(payers) <= MOST:
        return list(payers)
    order = sorted(range(len(payers)), key=lambda i: -float(payers[i].spent.sum()))
    kept, others = sorted(order[: MOST - 1]), [payers[i] for i in sorted(order[MOST - 1 :])]
    spent = np.sum([each.spent for each in others], axis=0)
    comes = np.sum([each.comes for each in others], axis=0)
    return [*(payers[i] for i in kept), _Payer(f"{len(others)} more", spent, comes)]


def _draw_sums(axes: Axes, payers: Sequence[_Payer], per: float) -> None:
    """Draw what was spent, and what had come, on day 0 and by the end of each year."""
    spent = np.cumsum([0.0, *np.sum([each.spent for each in payers], axis=0) / per])
    comes = np.cumsum(np.sum([each.comes for each in payers], axis=0) / per)
    x = np.arange(len(spent)) - 0.5
    lines = axes.plot(x, spent, "o-", color=INK, lw=2, ms=5, label="spent so far")
    if comes.any():
        lines += axes.plot(x, comes, "s--", color=GREEN, lw=2, ms=5, label="received so far")
    for line in lines:
        line.set(clip_on=False, zorder=4)
    axes.set_ylim(0, 1.1 * max(float(spent.max()), float(comes.max())) or 1.0)


def _draw_bars(figure: Figure, axes: Axes, payers: Sequence[_Payer], per: float) -> list[Artist]:
    """Draw what is spent in a year, and right of it, pale, what comes; return marks for both."""
    x = np.arange(len(payers[0].spent))
    comes = any(payer.comes.any() for payer in payers)
    shift = _WIDTH / 2 + 0.01 if comes else 0.0
    names = labels(figure, [(p.name, p.rest) for p in payers], width=_WIDE, size=_FONT)
    marks: list[Artist] = []
    bottoms = np.zeros((2, len(x)))
    for payer, name, colour, hatch in zip(payers, names, _COLOURS, _HATCHES, strict=False):
        first, *later = payer.comes.tolist()
        come = np.array([first + later[0], *later[1:]])
        both = ((payer.spent / per, x - shift, 1.0), (come / per, x + shift, 0.4))
        for i, (values, at, alpha) in enumerate(both):
            if values.any():
                bars = axes.bar(at, values, bottom=bottoms[i], width=_WIDTH, color=colour)
                for bar in bars:
                    bar.set(alpha=alpha, edgecolor=GREY, hatch=hatch, lw=0.5)
                bottoms[i] += values
        marks.append(Patch(facecolor=colour, edgecolor=GREY, hatch=hatch, lw=0.5, label=name))
    if comes:
        marks.append(
            Patch(facecolor="white", edgecolor=GREY, label="left: spent; right, pale: received")
        )
    axes.set_ylim(0, 1.1 * float(bottoms.max()) or 1.0)
    return marks
