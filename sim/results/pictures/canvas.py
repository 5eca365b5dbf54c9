"""What the pictures have in common: their frame, dates, deadlines, and numbers in words.

Figures are drawn on their own, not with pyplot, under fixed settings: the same tables give the
same bytes. Colours are those of Okabe and Ito, which colour-blind people tell apart. A moment t
stands at start + t on the date axis, so that a deadline stands at the end of its day.
"""

import datetime as dt
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, Self

import polars as pl
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, date2num, num2date
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

from sim.outcome import Ensemble
from sim.results.pictures.labels import key_labels, labels, text_width
from sim.results.words import MONTHS, cut, number, words
from sim.scenario.dates import date_of
from sim.scenario.scenario import Scenario

Tables = Mapping[str, pl.DataFrame]
"""Of a result, by their names."""
BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#8C8C8C", "#262626"
BACKED = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
_LEFT, RIGHT, _BOTTOM, _TOP = 0.085, 0.97, 0.1, 0.875  # of the figure
_LEGEND = (0.07, 0.905)  # left and upper end
_EDGE = 8.0  # free at the left, pixels
_WIDE, _HIGH = 90.0, 55.0  # room for a date along an axis, pixels
_VALUE, _APART, _LINE = 60.0, 10.0, 25.0  # of values along an axis, pixels
_SUBTITLE = "subtitle"
_TITLED = 0.945  # of the height, where the title begins
_DECIMALS = re.compile(r"(?<=\d)(\.\d\d)\d+")  # of a point, more than there is to see
_NOTHING: Mapping[str, None] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_LETTERS, _AXIS = 12.0, 13.0  # of subtitle and legend, and of axes, points
_STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "font.family": "DejaVu Sans",
    "font.size": _AXIS,
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


class Subject(NamedTuple):
    """What a picture of a run is about."""

    scenario: Scenario
    seed: int
    asked: int
    replications: int
    """How many were done."""
    censored: int

    @classmethod
    def of(cls, ensemble: Ensemble) -> Self:
        """Return what pictures of an ensemble are about."""
        done, censored = ensemble.replications, ensemble.censored
        return cls(ensemble.scenario, ensemble.seed, ensemble.asked, done, censored)

    def words(self, remark: str = "") -> str:
        """Return the subtitle of its pictures."""
        n = number(self.replications)
        parts = [f"{n} replication{'s' if self.replications != 1 else ''}, seed {self.seed}"]
        if self.is_incomplete:
            asked = number(self.asked)
            parts[0] = f"INCOMPLETE: {n} of {asked} replications, seed {self.seed}"
        if self.censored:
            by = words(horizon_of(self.scenario))
            parts.append(f"{number(self.censored)} not complete by {by}")
        return "; ".join([*parts, remark] if remark else parts)

    @property
    def is_incomplete(self) -> bool:
        """Whether fewer were done than asked for."""
        return self.replications < self.asked


@contextmanager
def picture(about: Subject, path: Path, *, remark: str = "") -> Iterator[Figure]:
    """Give an empty figure with the title of a run, and write it when it is drawn."""
    subtitle, alarm = about.words(remark), about.is_incomplete
    with sheet(about.scenario, path, subtitle=subtitle, alarm=alarm) as figure:
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
    with _drawing() as figure:
        _write_title(figure, scenario)
        _write_subtitle(figure, subtitle, alarm)
        yield figure
        data = io.BytesIO()
        figure.savefig(data, format="png", metadata={"Software": None})
    path.write_bytes(data.getvalue())


def vector(
    draw: Callable[[Figure], None], *, subtitle: str, name: str, title: str, description: str
) -> str:
    """Return a picture as SVG, to stand in a page that says whose picture it is.

    The same picture is the same text. Its texts are texts; the title of the campaign is left out.

    Parameters
    ----------
    draw
        Draws on an empty figure with a subtitle.
    subtitle
        What it is about.
    name
        Different for each picture of a page, whose ids begin with it: letters, digits and `-`.
    title, description
        For those who cannot see it.
    """
    with _drawing() as figure, style.context({"svg.fonttype": "none", "svg.hashsalt": name}):
        _write_subtitle(figure, subtitle, alarm=False)
        draw(figure)
        data = io.StringIO()
        width, height = figure.get_size_inches()
        untitled = Bbox.from_bounds(0, 0, width, _TITLED * height)
        figure.savefig(data, format="svg", bbox_inches=untitled, metadata=_NOTHING)
    return _for_a_page(data.getvalue(), name, title, description)


def _for_a_page(svg: str, name: str, title: str, description: str) -> str:
    """Return an SVG as a part of a page: of its width, with words, and ids of its own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)

    def tag(found: re.Match[str]) -> str:
        text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", found[0])
        text = _DECIMALS.sub(lambda digits: digits[1].rstrip("0").rstrip("."), text)
        return text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")

    svg = re.sub(r"<[^>]*>", tag, svg)
    head, rest = svg.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    label = f'role="img" aria-labelledby="{name}-title" aria-describedby="{name}-words"'
    words_of = f'<title id="{name}-title">{escape(title)}</title>'
    words_of += f'<desc id="{name}-words">{escape(description)}</desc>'
    return f"{head} {label}>{words_of}{rest}"


@contextmanager
def _drawing() -> Iterator[Figure]:
    """Give an empty figure, and have it drawn under fixed settings."""
    with style.context(["default", _STYLE]), warnings.catch_warnings():
        # a script the font lacks shows as boxes: no reason to stop
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=r"Matplotlib currently does not support")
        figure = Figure(figsize=(12, 7.5))
        FigureCanvasAgg(figure)
        yield figure


def _write_title(figure: Figure, scenario: Scenario) -> None:
    campaign = scenario.campaign
    title = figure.text(0.02, 0.965, cut(campaign.title or campaign.name, 110), va="center")
    title.set(fontsize=17, fontweight="bold")
    _fit(figure, title)


def _write_subtitle(figure: Figure, subtitle: str, alarm: bool) -> None:
    text = figure.text(0.02, 0.922, subtitle, gid=_SUBTITLE)
    text.set(va="center", color="#595959", fontsize=_LETTERS)
    if alarm:
        text.set(color=ORANGE, fontweight="bold")
    _fit(figure, text)


def add_remark(figure: Figure, remark: str) -> None:
    """Add something to the subtitle of a sheet."""
    (subtitle,) = (text for text in figure.texts if text.get_gid() == _SUBTITLE)
    subtitle.set_text(f"{subtitle.get_text()}; {remark}")
    _fit(figure, subtitle)


def _fit(figure: Figure, text: Text) -> None:
    """Make letters smaller if a text is wider than the figure."""
    room = 0.96 * figure.bbox.width / text.get_window_extent().width
    text.set_fontsize(float(text.get_fontsize()) * min(1.0, room))


def date_axes(figure: Figure, right: float) -> Axes:
    """Return axes below the title and the deadlines' labels, with dates along the bottom."""
    axes = figure.add_axes((_LEFT, _BOTTOM, right - _LEFT, _TOP - _BOTTOM))
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    put_dates(axes.xaxis)
    axes.tick_params(length=4)
    return axes


def put_legend(figure: Figure, marks: Sequence[Artist] = ()) -> float:
    """Write a legend below the subtitle, where it covers nothing.

    Parameters
    ----------
    figure
        Without a legend.
    marks
        With their labels; those of the first axes by default.

    Returns
    -------
    Where the room below it begins (share of the figure's height).
    """
    handles: Sequence[Any] = marks or figure.axes[0].get_legend_handles_labels()[0]
    names = [str(handle.get_label()) for handle in handles]
    for columns in (4, 3, 2, 1):
        legend = figure.legend(
            handles,
            names,
            loc="upper left",
            bbox_to_anchor=_LEGEND,
            ncols=columns,
            fontsize=_LETTERS,
        )
        legend.set(frame_on=False)
        box = legend.get_window_extent()
        if columns == 1 or box.x1 <= figure.bbox.width:
            break
        legend.remove()
    return float(box.y0) / figure.bbox.height - 0.005


def set_top(axes: Axes, top: float) -> None:
    """Let axes end there (share of the figure's height)."""
    place = axes.get_position()
    axes.set_position((place.x0, place.y0, place.width, top - place.y0))


def make_room_left(figure: Figure, axes: Axes) -> None:
    """Move the left end of axes as far as the texts beside it are wide."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    box = axes.yaxis.get_tightbbox(canvas.get_renderer())
    if box is None:
        return
    missing, place = max(0.0, _EDGE - float(box.x0)) / figure.bbox.width, axes.get_position()
    axes.set_position((place.x0 + missing, place.y0, place.width - missing, place.height))


def put_dates(axis: Axis) -> None:
    """Put dates on an axis as a person writes them: the day only where it matters.

    As many as there is room for on the axis as it stands.
    """
    box = axis.axes.get_window_extent()
    across = axis is axis.axes.xaxis
    most = int(box.width // _WIDE if across else box.height // _HIGH)
    most = min(max(most, 2), 8)
    locator = AutoDateLocator(minticks=min(most, 3), maxticks=most, tz=dt.UTC)
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
    figure: Figure,
    axes: Axes,
    values: tuple[Sequence[object], Sequence[object]],
    keys: Sequence[str],
) -> None:
    """Write the values of two keys along a heat map."""
    box = axes.get_window_extent()
    names = key_labels(figure, keys, width=min(box.width, box.height), size=_AXIS)
    for axis, known, name in zip((axes.xaxis, axes.yaxis), values, names, strict=True):
        put_values(figure, axis, known)
        axis.set_label_text(name)
    axes.tick_params(length=0)


def put_values(figure: Figure, axis: Axis, values: Sequence[object]) -> None:
    """Write values along an axis at 0, 1, 2 ..., as many as there is room for."""
    texts, box = [str(value) for value in values], axis.axes.get_window_extent()
    across = axis is axis.axes.xaxis
    widest = text_width(figure, max(texts, key=len), _AXIS)
    length = box.width / (min(widest, _VALUE) + _APART) if across else box.height / _LINE
    shown = range(0, len(texts), -(-len(texts) // max(1, int(length))))
    width = box.width / len(shown) - _APART if across else 0.7 * box.x0
    named = [(texts[i], "") for i in shown]
    axis.set_ticks(list(shown), labels=labels(figure, named, width=width, size=_AXIS))


def write_beside(
    axes: Axes, text: str, at: tuple[float, float], *, gap: int, coordinates: Any = "data"
) -> Annotation:
    """Write text right of a point, or left of it where the gap (in points) is negative."""
    label = axes.annotate(
        text, at, xytext=(gap, 0), xycoords=coordinates, textcoords="offset points"
    )
    label.set(ha="right" if gap < 0 else "left", va="center", zorder=6, bbox=BACKED)
    return label


def start_of(scenario: Scenario) -> float:
    """Return day 0 on the date axis."""
    return float(date2num(scenario.campaign.start))


def end_of(date: dt.date) -> float:
    """Return the end of a day on the date axis."""
    return float(date2num(date)) + 1


def horizon_of(scenario: Scenario) -> dt.date:
    """Return the last date that is simulated."""
    return date_of(scenario, scenario.campaign.horizon_days)
