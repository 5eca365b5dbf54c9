"""The picture of date and budget together: a point for each simulated campaign."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sim.results.page.run import owes_all
from sim.results.page.svg import svg
from sim.results.pictures.canvas import BLUE, GREY, INK, ORANGE, end_of, put_dates
from sim.results.words import cut_middle, money_words, words
from sim.scenario.dates import date_of
from sim.scenario.scenario import Deadline, Scenario

_MOST_DEADLINES = 4
_ROOM = 0.06  # at the ends of both axes


def scatter(frame: pl.DataFrame, scenario: Scenario, *, quantity: str, budget: float) -> str:
    """Return the picture as an element of a page.

    Parameters
    ----------
    frame
        Some rows of `replications.csv`.
    scenario
        That was run.
    quantity
        The column of the cost.
    budget
        Of all funds together.
    """

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.13, 0.13, 0.84, 0.74))
        _points(axes, frame, scenario, quantity)
        axes.axhline(budget, color=INK, lw=1.5, ls=(0, (5, 2)))
        axes.set_ylim(*_span([*frame[quantity].to_list(), budget]))
        label = f"all funds: {scenario.currency} {money_words(budget)}"
        axes.annotate(label, (0.01, budget), xycoords=("axes fraction", "data"),
                      xytext=(0, 4), textcoords="offset points", fontsize=10)  # fmt: skip
        _deadlines(axes, scenario)
        axes.set_ylabel(f"Cost ({scenario.currency})")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: money_words(y)))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, color="#E6E6E6")
        axes.set_axisbelow(True)
        put_dates(axes.xaxis)
        figure.legend(loc="upper right", bbox_to_anchor=(0.99, 1.0), ncols=2, frameon=False)

    told = (
        f"Points for {len(frame)} simulated campaigns. Across: the date on which all land is"
        f" released; up: the cost. A broken line marks the money of all funds, {scenario.currency}"
        f" {money_words(budget)}; upright lines mark deadlines. Below the first and left of the"
        " other both hold."
    )
    return svg(draw, id="scatter", title="Date and cost of each campaign", description=told)


def _points(axes: Axes, frame: pl.DataFrame, scenario: Scenario, quantity: str) -> None:
    done = frame.filter(pl.col("completed"))
    late = frame.filter(~pl.col("completed"))
    x = [end_of(date) for date in done["completion_date"].to_list()]
    horizon = end_of(date_of(scenario, scenario.campaign.horizon_days))
    axes.plot(x, done[quantity].to_list(), "o", color=BLUE, ms=4, alpha=0.6, label="complete")
    if len(late):
        at = [horizon] * len(late)
        label = "not complete by the end of the simulation"
        axes.plot(at, late[quantity].to_list(), "x", color=GREY, ms=5, label=label)
        x.append(horizon)
    x += [end_of(d.date) for d in _shown(scenario)]
    low, high = _span(x or [horizon])
    first = float(date2num(scenario.campaign.start))
    axes.set_xlim(max(low, first), high)


def _deadlines(axes: Axes, scenario: Scenario) -> None:
    for i, deadline in enumerate(_shown(scenario)):
        x = end_of(deadline.date)
        axes.axvline(x, color=ORANGE, lw=1.5)
        text = f"{cut_middle(deadline.name, 24)}, {words(deadline.date)}"
        left = sum(x > end for end in axes.get_xlim()) == 1 and x > sum(axes.get_xlim()) / 2
        label = axes.annotate(text, (x, 0.98 - 0.05 * i), xycoords=("data", "axes fraction"),
                              xytext=(-4 if left else 4, 0), textcoords="offset points")  # fmt: skip
        label.set(ha="right" if left else "left", va="top", color="#A84300", fontsize=10)


def _shown(scenario: Scenario) -> list[Deadline]:
    horizon = date_of(scenario, scenario.campaign.horizon_days)
    dated = [d for d in scenario.deadline if owes_all(d) and d.date <= horizon]
    return sorted(dated, key=lambda d: d.date)[:_MOST_DEADLINES]


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = _ROOM * (high - low) or max(abs(high), 1.0) * _ROOM
    return low - room, high + room
