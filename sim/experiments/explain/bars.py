"""What the two pictures of an explanation have in common: bars in rows, with their intervals."""

import numpy as np
from matplotlib.axes import Axes

from sim.results.pictures.canvas import GREY, INK
from sim.results.words import number
from sim.statistics.estimates import Estimate


def subtitle_of(question: str, replications: int, seed: int) -> str:
    """Return what a picture is about."""
    each = f"{number(replications)} replications each, seed {seed}"
    return f"{question}; {each}; black bars: 95 % intervals"


def put_rows(axes: Axes, last: float, *, divided_at: float | None) -> None:
    """Make room for rows from 0 down to the last, with a line between two of them if wanted."""
    axes.set_ylim(last + 0.6, -0.6)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    if divided_at is not None:
        axes.axhline(divided_at, color=GREY, lw=1)
    axes.tick_params(axis="y", length=0)


def draw_interval(axes: Axes, estimate: Estimate, y: float) -> None:
    """Draw a 95 % interval, as far as it is known and more than nothing."""
    low, high = np.nan_to_num(estimate[1:], nan=estimate.value)
    if high > low:
        axes.plot((low, high), (y, y), color=INK, lw=1.3, solid_capstyle="butt")
