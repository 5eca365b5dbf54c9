"""What the pictures have in common: their frame, dates, deadlines, and numbers in words.

Figures are drawn on their own, not with pyplot, under fixed settings: the same ensemble gives the
same bytes. Colours are those of Okabe and Ito, which colour-blind people tell apart. A moment t
stands at start + t on the date axis, so that a deadline stands at the end of its day.
"""

import datetime as dt
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, date2num, num2date
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter

from sim.outcome import Ensemble
from sim.results.words import MONTHS, cut, number, share_words, words
from sim.scenario.dates import date_of
from sim.scenario.scenario import Scenario
from sim.statistics.summary import deadline_probability

BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#8C8C8C", "#262626"
MOST_DEADLINES = 8  # that are labelled
_STYLE: dict[str, Any] = {
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
BACKED = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
_LEFT, RIGHT, _BOTTOM, _TOP = 0.085, 0.97, 0.1, 0.875  # of the figure
_ROW = 0.036  # height of a row of deadline labels


@contextmanager
def picture(ensemble: Ensemble, path: Path, *, remark: str = "") -> Iterator[Figure]:
    """Give an empty figure with the title of an ensemble, and write it when it is drawn."""
    alarm = not ensemble.complete
    with sheet(ensemble.scenario, path, subtitle=_about(ensemble, remark), alarm=alarm) as figure:
        yield figure


@contextmanager
def sheet(
    scenario: Scenario, path: Path, *, subtitle: str, alarm: bool = False
) -> Iterator[Figure]:
    """Give an empty figure with title and subtitle, and write it when it is drawn.

    Parameters
    ----------
    scenario
        Whose campaign gives the title.
    path
        PNG, 1200 x 750 pixels.
    subtitle
        What it is about.
    alarm
        Whether the subtitle is a warning.
    """
    with style.context(["default", _STYLE]), warnings.catch_warnings():
        # a script the font lacks shows as boxes: no reason to stop
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=r"Matplotlib currently does not support")
        figure = Figure(figsize=(12, 7.5))
        FigureCanvasAgg(figure)
        _write_heading(figure, scenario, subtitle, alarm)
        yield figure
        data = io.BytesIO()
        figure.savefig(data, format="png", metadata={"Software": None})
    path.write_bytes(data.getvalue())


def _write_heading(figure: Figure, scenario: Scenario, subtitle: str, alarm: bool) -> None:
    campaign = scenario.campaign
    title = figure.text(0.02, 0.965, cut(campaign.title or campaign.name, 110), va="center")
    title.set(fontsize=17, fontweight="bold")
    title.set_fontsize(min(17.0, 17 * 0.96 * figure.bbox.width / title.get_window_extent().width))
    text = figure.text(0.02, 0.922, subtitle, fontsize=12)
    text.set(va="center", color="#595959")
    if alarm:
        text.set(color=ORANGE, fontweight="bold")


def _about(ensemble: Ensemble, remark: str) -> str:
    """Return the subtitle of an ensemble."""
    n, censored = number(ensemble.replications), ensemble.censored
    parts = [f"{n} replication{'s' if ensemble.replications != 1 else ''}, seed {ensemble.seed}"]
    if not ensemble.complete:
        parts[0] = f"INCOMPLETE: {n} of {number(ensemble.asked)} replications, seed {ensemble.seed}"
    if censored:
        parts.append(f"{number(censored)} not complete by {words(horizon_of(ensemble))}")
    hidden = len(ensemble.scenario.deadline) - MOST_DEADLINES
    if hidden > 0:
        parts.append(f"{hidden} more deadlines in summary.csv")
    return "; ".join([*parts, remark] if remark else parts)


def date_axes(figure: Figure, right: float) -> Axes:
    """Return axes below the title and the deadlines' labels, with dates along the bottom."""
    axes = figure.add_axes((_LEFT, _BOTTOM, right - _LEFT, _TOP - _BOTTOM))
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    put_dates(axes.xaxis)
    axes.tick_params(length=4)
    return axes


def put_dates(axis: Axis) -> None:
    """Put dates on an axis as a person writes them: the day only where it matters."""
    locator = AutoDateLocator(minticks=3, maxticks=8, tz=dt.UTC)
    axis.axis_date(dt.UTC)
    axis.set_major_locator(locator)

    def label(x: float, _position: int | None) -> str:
        date = num2date(x)
        dates = [num2date(tick) for tick in axis.get_majorticklocs()]
        if all((d.month, d.day) == (1, 1) for d in dates):
            return f"{date.year}"
        if all(d.day == 1 for d in dates):
            return f"{MONTHS[date.month - 1]}\n{date.year}"
        return f"{date.day} {MONTHS[date.month - 1]}\n{date.year}"

    axis.set_major_formatter(FuncFormatter(label))


def on_calendar(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a date axis, none of them where the calendar has no dates."""
    first, last = (float(date2num(date)) for date in (dt.date.min, dt.date.max))
    return min(max(low, first), last - 1), max(min(high, last), first + 1)


def put_shares(axis: Axis, *, tenths: bool = False) -> None:
    """Write the shares along an axis in percent, if wanted at every tenth from 0 to 1."""
    if tenths:
        axis.set_ticks([i / 10 for i in range(11)])
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))


def label_cells(
    axes: Axes, values: tuple[Sequence[object], Sequence[object]], keys: Sequence[str]
) -> None:
    """Write the values of two keys along a heat map, as many as there is room for."""
    for axis, known, key, room in zip(
        (axes.xaxis, axes.yaxis), values, keys, (100, 12), strict=True
    ):
        step = max(1, -(-len(known) // 20))
        shown = range(0, len(known), step)
        length = max(4, room // len(shown) if axis is axes.xaxis else room)
        axis.set_ticks(list(shown), labels=[cut(str(known[i]), length) for i in shown])
        axis.set_label_text(cut(key, 80 if axis is axes.xaxis else 55))
    axes.tick_params(length=0)


class _Flag(NamedTuple):
    """A deadline's line and the ends of its label, pixels."""

    line: float
    left: float
    right: float

    @property
    def flies_left(self) -> bool:
        return self.left < self.line


def draw_deadlines(figure: Figure, axes: Axes, ensemble: Ensemble) -> None:
    """Draw deadlines as lines that carry their labels above the axes, in rows where they meet."""
    low, high = axes.get_xlim()
    dates = sorted((d.date, d.name) for d in ensemble.scenario.deadline)
    dates = [(date, name) for date, name in dates if low <= end_of(date) <= high]
    for date, _ in dates[MOST_DEADLINES:]:
        axes.axvline(end_of(date), color=ORANGE, lw=1, alpha=0.6)
    dates = dates[:MOST_DEADLINES]
    chances = [share_words(deadline_probability(ensemble, date).value) for date, _ in dates]
    texts = [
        f"{cut(name, 40)}, {words(date)}: {chance}"
        for (date, name), chance in zip(dates, chances, strict=True)
    ]
    ends = [end_of(date) for date, _ in dates]
    flags = [_flag(figure, axes, x, text) for x, text in zip(ends, texts, strict=True)]
    rows = _rows(flags)
    height = axes.get_position().height - (max(rows, default=-1) + 1) * _ROW
    for each in figure.axes:
        place = each.get_position()
        each.set_position((place.x0, place.y0, place.width, height))
    up = axes.get_xaxis_transform()
    for x, text, flag, row in zip(ends, texts, flags, rows, strict=True):
        y = 1 + (row + 0.5) * _ROW / height
        axes.plot((x, x), (0, y), transform=up, color=ORANGE, lw=1.8, clip_on=False, zorder=3)
        label = write_beside(axes, text, (x, y), gap=-6 if flag.flies_left else 6, coordinates=up)
        label.set(color="#A84300", fontsize=12, annotation_clip=False)


def write_beside(
    axes: Axes, text: str, at: tuple[float, float], *, gap: int, coordinates: Any = "data"
) -> Annotation:
    """Write text right of a point, or left of it where the gap (in points) is negative."""
    label = axes.annotate(
        text, at, xytext=(gap, 0), xycoords=coordinates, textcoords="offset points"
    )
    label.set(ha="right" if gap < 0 else "left", va="center", zorder=6, bbox=BACKED)
    return label


def _flag(figure: Figure, axes: Axes, x: float, text: str) -> _Flag:
    """Return where a label stands: right of its line, or left where the picture ends."""
    probe = figure.text(0, 0, text, fontsize=12)
    width = float(probe.get_window_extent().width) + 10
    probe.remove()
    (low, high), box = axes.get_xlim(), axes.get_position()
    line = figure.bbox.width * (box.x0 + box.width * (x - low) / (high - low))
    fits = line + width < figure.bbox.width - 5
    return _Flag(line, line, line + width) if fits else _Flag(line, line - width, line)


def _rows(flags: Sequence[_Flag]) -> list[int]:
    """Return a row for each label, so that none meets another or, if it can be, its line.

    Each takes the lowest row that is free; if there is none, one above all. Those that fly to the
    right go first, from the right to the left; the others follow the other way round.
    """
    rows: dict[int, int] = {}
    turns = [(f.flies_left, f.line if f.flies_left else -f.line, i) for i, f in enumerate(flags)]
    for _, _, i in sorted(turns):
        placed = [(flags[k], row) for k, row in rows.items()]
        top = max(rows.values(), default=-1) + 1
        rows[i] = next((row for row in range(top) if _free(flags[i], row, placed)), top)
    return [rows[i] for i in range(len(flags))]


def _free(flag: _Flag, row: int, placed: Sequence[tuple[_Flag, int]]) -> bool:
    """Tell whether a label meets no other in its row, and no line crosses a label."""
    return not any(
        (there == row and flag.left - 10 < other.right and other.left < flag.right + 10)
        or (there < row and other.left < flag.line < other.right)
        or (there > row and flag.left < other.line < flag.right)
        for other, there in placed
    )


def start_of(ensemble: Ensemble) -> float:
    """Return day 0 on the date axis."""
    return float(date2num(ensemble.scenario.campaign.start))


def end_of(date: dt.date) -> float:
    """Return the end of a day on the date axis."""
    return float(date2num(date)) + 1


def horizon_of(ensemble: Ensemble) -> dt.date:
    """Return the last date that is simulated."""
    return date_of(ensemble.scenario, ensemble.scenario.campaign.horizon_days)
