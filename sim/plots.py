"""Pictures of an ensemble: when it will be done, and how the released land grows.

Drawn on figures of their own, not with pyplot, under fixed settings: the same ensemble gives the
same bytes. Colours are those of Okabe and Ito, which colour-blind people tell apart. A moment t
stands at start + t on the date axis, so that a deadline stands at the end of its day.
"""

import datetime as dt
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten

import matplotlib as mpl
import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, date2num, num2date
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.outcome import Ensemble
from sim.summary import (
    Floats,
    completion_days,
    date_of,
    deadline_probability,
    quantile,
)
from sim.summary import progress as released_land
from sim.world import PER_HA

BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#8C8C8C", "#262626"
MARKED = (10, 50, 80, 90)
MOST_DEADLINES = 8  # that are labelled
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_STYLE = {
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#E6E6E6",
}
_BACKED = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.085, 0.97, 0.1, 0.875  # of the figure
_ROW = 0.036  # height of a row of deadline labels


def completion(ensemble: Ensemble, path: Path) -> None:
    """Draw the chance of being complete by a date, with the P-dates and the deadlines.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    path
        PNG, 1200 x 750 pixels.
    """
    with _figure(ensemble, path, remark="black bars: 95 % intervals") as figure:
        censored = ensemble.censored / ensemble.replications
        right = 0.8 if censored else _RIGHT
        axes = _axes(figure, ensemble, right)
        days = np.sort(completion_days(ensemble))
        days = days[np.isfinite(days)]
        x = _start(ensemble) + days
        axes.set_xlim(*_completion_span(ensemble, x))
        axes.set_ylim(0, 1.0)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.0f} %"))
        axes.set_yticks([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
        axes.set_ylabel("Chance that all land is released by then")
        _draw_distribution(axes, x, ensemble.replications)
        _mark_quantiles(axes, ensemble)
        if not len(x):
            axes.text(
                0.5, 0.5, "No replication was complete\nbefore the horizon",
                transform=axes.transAxes, ha="center", va="center", fontsize=18, color=GREY,
                bbox=_BACKED,
            )  # fmt: skip
        if censored:
            _draw_censored(figure, axes, ensemble, censored)
        _draw_deadlines(figure, axes, ensemble)


def progress(ensemble: Ensemble, path: Path) -> None:
    """Draw the released land over time: median and bands, the known land, the deadlines.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    path
        PNG, 1200 x 750 pixels.
    """
    with _figure(ensemble, path) as figure:
        axes = _axes(figure, ensemble, _RIGHT)
        days, net = released_land(ensemble, gross=False)
        _, gross = released_land(ensemble, gross=True)
        x = _start(ensemble) + days
        levels = np.percentile(net, (5, 10, 50, 90, 95), axis=0, method="inverted_cdf")
        axes.fill_between(x, levels[0], levels[4], color=BLUE, alpha=0.15, lw=0, label="P05 to P95")
        axes.fill_between(x, levels[1], levels[3], color=BLUE, alpha=0.3, lw=0, label="P10 to P90")
        points = "o" if len(x) <= 10 else ""
        axes.plot(x, levels[2], points + "-", color=BLUE, lw=2.5, label="released land, median")
        top = max(float(levels[4].max()), float(known_ha(ensemble).max()))
        if not np.array_equal(net, gross):
            median = np.percentile(gross, 50, axis=0, method="inverted_cdf")
            label = "released, counting land released again, median"
            axes.plot(x, median, color=GREEN, lw=2, ls=(0, (5, 2)), label=label)
            top = max(top, float(median.max()))
        _draw_known_land(axes, ensemble)
        axes.set_ylim(0, 1.05 * top)
        deadlines = [_end(deadline.date) for deadline in ensemble.scenario.deadline]
        last = max([float(x[-1]), x[0] + 7.0, *(d for d in deadlines if d < x[0] + 1.3 * days[-1])])
        axes.set_xlim(x[0], last + 0.01 * (last - x[0]))
        axes.yaxis.set_major_locator(MaxNLocator(8))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: _number(y)))
        axes.set_ylabel("Hectares")
        corner = "lower right" if levels[0][-1] > 0.4 * top else "center left"
        axes.legend(loc=corner, frameon=True, framealpha=0.85, edgecolor="none", fontsize=12)
        _draw_deadlines(figure, axes, ensemble)


def known_ha(ensemble: Ensemble) -> Floats:
    """Return the land that was known at the end of each replication (R), hectares."""
    return np.asarray(ensemble.sector_m2.sum(axis=1) / PER_HA)


@contextmanager
def _figure(ensemble: Ensemble, path: Path, *, remark: str = "") -> Iterator[Figure]:
    """Give an empty figure with title and subtitle, and write it when it is drawn."""
    with style.context(["default", _STYLE]), warnings.catch_warnings():
        # a script the font lacks shows as boxes: no reason to stop
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=r"Matplotlib currently does not support")
        figure = Figure(figsize=(12, 7.5))
        FigureCanvasAgg(figure)
        campaign = ensemble.scenario.campaign
        title = shorten(campaign.title or campaign.name, 80, placeholder=" ...")
        figure.text(0.02, 0.965, title, fontsize=17, fontweight="bold", va="center")
        figure.text(
            0.02, 0.922, _subtitle(ensemble, remark), fontsize=12, va="center", color="#595959"
        )
        if not ensemble.complete:
            text = f"INCOMPLETE: {_number(ensemble.replications)} of {_number(ensemble.asked)} done"
            figure.text(
                0.98, 0.922, text, fontsize=14, fontweight="bold", color=ORANGE, ha="right",
                va="center",
            )  # fmt: skip
        yield figure
        data = io.BytesIO()
        figure.savefig(data, format="png", metadata={"Software": None})
    path.write_bytes(data.getvalue())


def _subtitle(ensemble: Ensemble, remark: str) -> str:
    n, censored = ensemble.replications, ensemble.censored
    text = f"{_number(n)} replication{'s' if n != 1 else ''}, seed {ensemble.seed}"
    if censored:
        text += f"; {_number(censored)} not complete by {_words(_horizon(ensemble))}"
    hidden = len(ensemble.scenario.deadline) - MOST_DEADLINES
    if hidden > 0:
        text += f"; {hidden} more deadlines in summary.csv"
    return f"{text}; {remark}" if remark else text


def _axes(figure: Figure, ensemble: Ensemble, right: float) -> Axes:
    """Return axes below the title and the deadlines' labels, with dates along the bottom."""
    axes = figure.add_axes((_LEFT, _BOTTOM, right - _LEFT, _TOP - _BOTTOM))
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    _date_axis(axes.xaxis)
    axes.tick_params(length=4)
    return axes


def _date_axis(axis: Axis) -> None:
    """Put dates on an axis as a person writes them: the day only where it matters."""
    locator = AutoDateLocator(minticks=3, maxticks=8, tz=dt.timezone.utc)
    axis.axis_date(dt.timezone.utc)
    axis.set_major_locator(locator)

    def label(x: float, _position: int | None) -> str:
        date = num2date(x)
        dates = [num2date(tick) for tick in axis.get_majorticklocs()]
        if all((d.month, d.day) == (1, 1) for d in dates):
            return f"{date.year}"
        if all(d.day == 1 for d in dates):
            return f"{_MONTHS[date.month - 1]}\n{date.year}"
        return f"{date.day} {_MONTHS[date.month - 1]}\n{date.year}"

    axis.set_major_formatter(FuncFormatter(label))


def _completion_span(ensemble: Ensemble, x: Floats) -> tuple[float, float]:
    """Return the ends of the date axis, with room for the labels left of the curve."""
    marks = [*x[[0, -1]].tolist()] if len(x) else []
    marks += [_end(deadline.date) for deadline in ensemble.scenario.deadline]
    if ensemble.censored:
        marks.append(_end(_horizon(ensemble)))
    if not len(x):
        marks.append(_start(ensemble))
    low, high = min(marks), max(marks)
    if high - low < 10:
        low, high = (low + high) / 2 - 5, (low + high) / 2 + 5
    return low - (0.25 if len(x) else 0.0) * (high - low), high + 0.04 * (high - low)


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
    for percent in MARKED:
        value, low, high = quantile(days, percent)
        if not np.isfinite(value):
            continue
        at, y = _start(ensemble) + value, percent / 100
        if np.isfinite(low) and np.isfinite(high):
            ends = (_start(ensemble) + low, _start(ensemble) + high)
            axes.plot(ends, (y, y), color=INK, lw=2, solid_capstyle="butt", zorder=4)
        axes.plot([at], [y], "o", color=BLUE, ms=9, mec="white", mew=1.5, zorder=5)
        left = min(at, _start(ensemble) + low) if np.isfinite(low) else at
        axes.annotate(
            f"P{percent}   {_words(date_of(ensemble, value))}",
            (left, y), xytext=(-12, 0), textcoords="offset points", ha="right", va="center",
            zorder=6, bbox=_BACKED,
        )  # fmt: skip


def _draw_censored(figure: Figure, axes: Axes, ensemble: Ensemble, share: float) -> None:
    """Draw what was not complete at the horizon as a bar right of the curve."""
    box = axes.get_position()
    bar = figure.add_axes((box.x1 + 0.012, box.y0, 0.035, box.height), sharey=axes)
    bar.bar([0], [share], bottom=1 - share, width=1, color="#D9D9D9", edgecolor=GREY, hatch="//")
    bar.set_xlim(-0.5, 0.5)
    bar.axis("off")
    text = f"{_percent(share)}\nnot complete by\n{_words(_horizon(ensemble))}"
    place = {"va": "center", "y": 1 - share / 2} if share > 0.14 else {"va": "top", "y": 1.0}
    bar.text(0.7, s=text, fontsize=12, **place)


def _draw_known_land(axes: Axes, ensemble: Ensemble) -> None:
    known = known_ha(ensemble)
    low, middle, high = np.percentile(known, (10, 50, 90), method="inverted_cdf")
    text = f"known land, {_number(middle)} ha"
    if low < high:
        text = f"known land at the end, median {_number(middle)} ha"
        text += f" (P10 to P90: {_number(low)} to {_number(high)})"
    axes.axhline(float(middle), color=INK, lw=1.5, ls=(0, (1, 2)), label=text)


def _draw_deadlines(figure: Figure, axes: Axes, ensemble: Ensemble) -> None:
    """Draw deadlines as lines that carry their labels above the axes, in rows where they meet."""
    low, high = axes.get_xlim()
    shown = sorted((d.date, d.name) for d in ensemble.scenario.deadline)
    shown = [(date, name) for date, name in shown if low <= _end(date) <= high]
    labels = []
    for date, name in shown[:MOST_DEADLINES]:
        chance = _percent(deadline_probability(ensemble, date).value)
        text = f"{shorten(name, 40, placeholder=' ...')}, {_words(date)}: {chance}"
        labels.append((_end(date), text))
    for date, _ in shown[MOST_DEADLINES:]:
        axes.axvline(_end(date), color=ORANGE, lw=1, alpha=0.6)
    box = axes.get_position()
    width = figure.bbox.width * box.width

    def pixel(x: float) -> float:
        return figure.bbox.width * box.x0 + width * (x - low) / (high - low)

    spans = []
    for x, text in labels:
        extent = _width(figure, text)
        at = pixel(x)
        right_flag = at + extent + 8 < figure.bbox.width - 5
        spans.append((at, at, at + extent + 8) if right_flag else (at, at - extent - 8, at))
    rows = _rows(spans)
    count = max(rows, default=-1) + 1
    height = box.height - count * _ROW
    for each in figure.axes:
        place = each.get_position()
        each.set_position((place.x0, place.y0, place.width, height))
    for (x, text), (at, left, _), row in zip(labels, spans, rows, strict=True):
        y = 1 + (row + 0.5) * _ROW / height
        axes.plot((x, x), (0, y), transform=axes.get_xaxis_transform(), color=ORANGE, lw=1.8,
                  clip_on=False, zorder=3)  # fmt: skip
        flag = 6 if left == at else -6
        axes.annotate(
            text, (x, y), xycoords=axes.get_xaxis_transform(), xytext=(flag, 0),
            textcoords="offset points", ha="left" if flag > 0 else "right", va="center",
            color="#A84300", fontsize=12, annotation_clip=False, zorder=6, bbox=_BACKED,
        )  # fmt: skip


def _width(figure: Figure, text: str) -> float:
    """Return the width of a deadline's label, pixels."""
    probe = figure.text(0, 0, text, fontsize=12)
    width = probe.get_window_extent().width
    probe.remove()
    return float(width)


def _rows(spans: Sequence[tuple[float, float, float]]) -> list[int]:
    """Return a row for each label (line, left end, right end), so that none meets another.

    Each takes the lowest row where neither its text nor any line crosses another label; if there
    is none, one above all. Those whose text lies right of the line go first, from the right to
    the left; the others follow the other way round.
    """
    rows = [-1] * len(spans)
    flies_left = [left < line for line, left, _ in spans]
    for i in sorted(range(len(spans)), key=lambda k: _turn(flies_left[k], spans[k][0])):
        line, left, right = spans[i]
        placed = [(spans[k], rows[k]) for k in range(len(spans)) if rows[k] >= 0]

        def meets(row: int) -> bool:
            return any(
                (other == row and left - 10 < b and a < right + 10)
                or (other < row and a < line < b)
                or (other > row and left < at < right)
                for (at, a, b), other in placed
            )

        top = max((row for _, row in placed), default=-1) + 1
        rows[i] = next((row for row in range(top) if not meets(row)), top)
    return rows


def _turn(flies_left: bool, line: float) -> tuple[bool, float]:
    return flies_left, line if flies_left else -line


def _start(ensemble: Ensemble) -> float:
    return float(date2num(ensemble.scenario.campaign.start))


def _end(date: dt.date) -> float:
    """Return the end of a day on the date axis."""
    return float(date2num(date)) + 1


def _horizon(ensemble: Ensemble) -> dt.date:
    return date_of(ensemble, ensemble.scenario.campaign.horizon_days)


def _words(date: dt.date) -> str:
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def _number(value: float) -> str:
    """Return a number with narrow spaces between thousands, and decimals only if it is small."""
    text = f"{value:,.0f}" if value >= 20 else f"{value:.4g}"
    return text.replace(",", "\u202f")


def _percent(share: float) -> str:
    """Return a share in words a planner uses; never 0 % or 100 % unless it is."""
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 < share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"
