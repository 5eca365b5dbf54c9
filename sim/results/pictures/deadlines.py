"""Deadlines in pictures: a line for each, and labels that neither meet nor cover anything.

Dates across: flags above the axes, in rows. Dates up: a column right of the axes. Those that have
no label, or lie outside of the dates that are shown, are counted in the subtitle.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.results.pictures.canvas import (
    ORANGE,
    RIGHT,
    add_remark,
    end_of,
    on_calendar,
    set_top,
    write_beside,
)
from sim.results.pictures.labels import labels, text_width
from sim.results.words import owed_words, share_words, words
from sim.scenario.scenario import AreaUnit, Deadline, Scenario
from sim.statistics.quantities import DEADLINE

MOST = 8  # flags
_DARK = "#A84300"  # of letters
_FONT = 12.0
_ROW = 0.036  # height of a row of flags
_NARROW, _WIDE = 250.0, 500.0  # labels of flags where there is little room, and where there is more
_BESIDE = 10.0  # between a line and its label
_COLUMN, _HEIGHT, _GAP = 265.0, 40.0, 16.0  # width of the column, height of a label, pixels


def draw_deadlines(figure: Figure, axes: Axes, scenario: Scenario, summary: pl.DataFrame) -> None:
    """Draw the deadlines of a run as flags, each with its chance from the table."""
    rows = summary.filter(pl.col("statistic") == "probability")
    chances = dict(zip(rows["quantity"], rows["value"], strict=True))

    def chance(deadline: Deadline) -> str:
        value = chances[DEADLINE + deadline.name]
        return f": {share_words(math.nan if value is None else value)}"

    draw_flags(figure, axes, scenario.deadline, unit=scenario.unit, more=chance, file="summary.csv")


def draw_flags(
    figure: Figure,
    axes: Axes,
    deadlines: Sequence[Deadline],
    *,
    unit: AreaUnit,
    file: str,
    hidden: int = 0,
    more: Callable[[Deadline], str] = lambda _: "",
    most: int = MOST,
    colours: tuple[str, str] = (ORANGE, _DARK),
) -> None:
    """Draw deadlines as lines that carry their labels above the axes, in rows where they meet.

    Parameters
    ----------
    figure, axes
        All axes of the figure give way to the labels.
    deadlines
        In any order.
    unit
        Of areas.
    file
        Where those stand that have no label.
    hidden
        How many others stand there too.
    more
        What stands behind the date in a label.
    most
        That are labelled; the others are thin lines.
    colours
        Of the lines and of the labels.
    """
    low, high = axes.get_xlim()
    seen = _in_order(d for d in deadlines if low <= end_of(d.date) <= high)
    for deadline in seen[most:]:
        axes.axvline(end_of(deadline.date), color=colours[0], lw=1, alpha=0.6)
    _count(figure, hidden + len(deadlines) - min(most, len(seen)), file)
    seen = seen[:most]
    ends = [end_of(deadline.date) for deadline in seen]
    parts = [(_named(d, unit), f", {words(d.date)}{more(d)}") for d in seen]
    texts, flags, rows = _flags(figure, [_line(figure, axes, end) for end in ends], parts)
    height = axes.get_position().height - (max(rows, default=-1) + 1) * _ROW
    for each in figure.axes:
        set_top(each, each.get_position().y0 + height)
    up = axes.get_xaxis_transform()
    for x, text, flag, row in zip(ends, texts, flags, rows, strict=True):
        y = 1 + (row + 0.5) * _ROW / height
        axes.plot((x, x), (0, y), transform=up, color=colours[0], lw=1.8, clip_on=False, zorder=3)
        label = write_beside(axes, text, (x, y), gap=-6 if flag.flies_left else 6, coordinates=up)
        label.set(color=colours[1], fontsize=_FONT, annotation_clip=False)


def draw_column(
    figure: Figure, axes: Axes, deadlines: Sequence[Deadline], *, unit: AreaUnit, file: str
) -> None:
    """Draw deadlines as lines across, which lead to a column of labels right of the axes.

    Parameters
    ----------
    figure, axes
        The axes give way to the labels, and show some more dates if deadlines lie there.
    deadlines
        In any order.
    unit
        Of areas.
    file
        Where those stand that have no label.
    """
    low, high = axes.get_ylim()
    room = 0.2 * (high - low)
    seen = _in_order(d for d in deadlines if low - room <= end_of(d.date) <= high + room)
    most = int(axes.get_window_extent().height // _HEIGHT)
    _count(figure, len(deadlines) - min(most, len(seen)), file)
    if not seen:
        return
    ends = [end_of(deadline.date) for deadline in seen]
    axes.set_ylim(*on_calendar(min(low, *ends), max(high, *ends)))
    for end in ends[most:]:
        axes.axhline(end, color=ORANGE, lw=1, alpha=0.6, zorder=1.5)
    parts = [(_named(deadline, unit), f"\n{words(deadline.date)}") for deadline in seen[:most]]
    _put_column(figure, axes, ends[:most], labels(figure, parts, width=_COLUMN, size=_FONT))


def _put_column(figure: Figure, axes: Axes, ends: Sequence[float], texts: Sequence[str]) -> None:
    """Write labels right of axes, as near to their lines as there is room."""
    (low, high), box, (width, height) = axes.get_ylim(), axes.get_position(), figure.bbox.size
    bottom, up = box.y0 * height, box.height * height
    left = RIGHT * width - max(text_width(figure, text, _FONT) for text in texts)
    edge = left - 2 * _GAP
    axes.set_position((box.x0, box.y0, edge / width - box.x0, box.height))
    lines = [bottom + (end - low) / (high - low) * up for end in ends]
    half = _HEIGHT / 2
    places = spread(lines, gap=_HEIGHT, low=bottom + half, high=bottom + up - half)
    across, reach = axes.get_yaxis_transform(), 1 + 1.6 * _GAP / (edge - box.x0 * width)
    for at, text, place in zip(ends, texts, places, strict=True):
        level = low + (place - bottom) / up * (high - low)
        line = axes.plot((0, 1, reach), (at, at, level), transform=across, color=ORANGE, lw=1.8)[0]
        line.set(clip_on=False, zorder=1.5)
        label = figure.text(left / width, place / height, text, va="center", linespacing=1.1)
        label.set(color=_DARK, fontsize=_FONT)


def _named(deadline: Deadline, unit: AreaUnit) -> str:
    """Return a deadline's name, and what it asks for if that is not all land."""
    owed = owed_words(deadline, unit)
    return f"{deadline.name} ({owed})" if owed else deadline.name


def _in_order(deadlines: Iterable[Deadline]) -> list[Deadline]:
    return sorted(deadlines, key=lambda deadline: (deadline.date, deadline.name))


def _count(figure: Figure, left_out: int, file: str) -> None:
    if left_out:
        add_remark(figure, f"{left_out} more deadline{'s' if left_out > 1 else ''} in {file}")


def spread(lines: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Return places near rising numbers, at least a gap apart and, if it can be, inside bounds."""
    places: list[float] = []
    for line in lines:
        places.append(max(line, low, places[-1] + gap if places else low))
    limit = high
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], limit)
        limit = places[i] - gap
    return places


class _Flag(NamedTuple):
    """A deadline's line and the ends of its label, pixels."""

    line: float
    left: float
    right: float

    @property
    def flies_left(self) -> bool:
        return self.left < self.line


def _flags(
    figure: Figure, lines: Sequence[float], parts: Sequence[tuple[str, str]]
) -> tuple[list[str], list[_Flag], list[int]]:
    """Return labels, where they stand, and in which row, so that the fewest are crossed by a line.

    Each flies right if there is room, else left; or all are cut so that they fly the same way.
    """
    end = figure.bbox.width
    right = end - max(lines, default=0.0) - 2 * _BESIDE
    left = min(lines, default=0.0) - 2 * _BESIDE
    found = []
    for room, last in ((_WIDE, end), (min(right, _WIDE), end), (min(left, _WIDE), 0.0)):
        if room >= _NARROW:
            texts = labels(figure, parts, width=room, size=_FONT)
            widths = [text_width(figure, text, _FONT) + _BESIDE for text in texts]
            flags = [_flag(x, width, last) for x, width in zip(lines, widths, strict=True)]
            found.append((texts, flags, _rows(flags)))
    return min(found, key=lambda each: _crossings(each[1], each[2]))


def _flag(line: float, width: float, last: float) -> _Flag:
    fits = line + width < last
    return _Flag(line, line, line + width) if fits else _Flag(line, line - width, line)


def _crossings(flags: Sequence[_Flag], rows: Sequence[int]) -> int:
    """Return how many labels are crossed by lines that lead to rows above them."""
    placed = list(zip(flags, rows, strict=True))
    return sum(
        up > row and label.left < flag.line < label.right
        for flag, up in placed
        for label, row in placed
    )


def _line(figure: Figure, axes: Axes, x: float) -> float:
    """Return where a moment stands across the figure, pixels."""
    (low, high), box = axes.get_xlim(), axes.get_position()
    return float(figure.bbox.width * (box.x0 + box.width * (x - low) / (high - low)))


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
