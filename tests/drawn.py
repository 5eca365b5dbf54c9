"""What a picture shows: its figure, kept as it is written, and where every text stands in it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sim.statistics.estimates import Floats

PIXELS = (1200, 750)
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Drawn:
    """A figure that was written, and its texts, each with the pixels it takes."""

    figure: Figure
    texts: list[tuple[str, Bbox]]

    @property
    def words(self) -> list[str]:
        """Every text that is seen."""
        return [words for words, _ in self.texts]

    def line(self, label: str) -> Line2D:
        """Return the one line whose label begins so."""
        lines = [line for axes in self.figure.axes for line in axes.lines]
        (line,) = (line for line in lines if str(line.get_label()).startswith(label))
        return line

    def points(self, label: str) -> Floats:
        """Return the heights of what is plotted under a label, as points or with error bars."""
        axes = self.figure.axes[0]
        handles, labels = axes.get_legend_handles_labels()
        (handle,) = (h for h, words in zip(handles, labels, strict=True) if words == label)
        return np.asarray(getattr(handle, "lines", [handle])[0].get_ydata(), np.float64)

    def assert_readable(self) -> None:
        """Fail if a text leaves the picture or covers another one."""
        assert self.texts
        whole = self.figure.bbox
        assert (whole.width, whole.height) == PIXELS
        for words, box in self.texts:
            inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= whole.x1 and box.y1 <= whole.y1
            assert inside, f"leaves the picture: {words!r} {box}"
        for (words, box), (others, other) in combinations(self.texts, 2):
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            up = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert across < 1 or up < 1, f"{words!r} covers {others!r}"

    def assert_legends_beside(self) -> None:
        """Fail if a legend lies over a chart."""
        for legend in legends(self.figure):
            box = legend.get_window_extent()
            assert not any(box.overlaps(axes.get_window_extent()) for axes in self.figure.axes)


def legends(figure: Figure) -> list[Legend]:
    """Return the legends of a figure and of its axes."""
    own = (axes.get_legend() for axes in figure.axes)
    return [*figure.legends, *(legend for legend in own if legend)]


def keep(monkeypatch: pytest.MonkeyPatch) -> list[Drawn]:
    """Return a list to which every figure is added that is written from now on."""
    drawn: list[Drawn] = []
    write: Callable[..., None] = Figure.savefig

    def savefig(self: Figure, file: Any, **options: Any) -> None:
        write(self, file, **options)
        drawn.append(Drawn(self, [(t.get_text(), t.get_window_extent()) for t in seen(self)]))

    monkeypatch.setattr(Figure, "savefig", savefig)
    return drawn


def seen(figure: Figure) -> list[Text]:
    """Return the texts that are drawn: on the figure, in axes that are on, of ticks in sight."""
    texts = [*figure.texts]
    for legend in legends(figure):
        texts += legend.get_texts()
    for axes in figure.axes:
        texts += axes.texts
        if axes.axison:
            texts += [axes.title, axes._left_title, axes._right_title]
            for axis in (axes.xaxis, axes.yaxis):
                texts.append(axis.label)
                texts += [tick.label1 for tick in axis._update_ticks()]
    return [t for t in texts if t.get_visible() and t.get_text().strip()]


def assert_picture(path: Path) -> None:
    """Fail unless a file is a picture that is the same bytes whenever it is drawn."""
    data = path.read_bytes()
    assert data[:8] == PNG
    assert tuple(np.frombuffer(data[16:24], ">u4")) == PIXELS
    assert b"tIME" not in data
    assert b"tEXt" not in data
