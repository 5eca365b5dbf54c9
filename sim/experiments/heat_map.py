"""A heat map over two varied keys, as sweeps and plans draw it."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.results.pictures.canvas import INK, ORANGE, label_cells
from sim.statistics.estimates import Floats

_MOST_LABELLED = 12  # rows or columns of a heat map whose cells carry text
_BOTTOM, _HEIGHT = 0.11, 0.75  # of the figure


def draw_heat_map(
    figure: Figure,
    table: pl.DataFrame,
    keys: Sequence[str],
    values: Floats,
    *,
    texts: Sequence[str],
    span: tuple[float, float],
    white_above: float,
    framed: int | None = None,
) -> tuple[Axes, Colorbar]:
    """Draw values over two keys; return the axes, and the bar of colours.

    Parameters
    ----------
    figure
        Empty.
    table
        With a column for each key.
    keys
        The first goes across, the second up.
    values, texts
        One for each row (N) of the table: NaN for no colour; what is written into its cell if
        cells are large enough.
    span
        Values of the first and the last colour.
    white_above
        From where on a text is white.
    framed
        Row of the table whose cell is framed, if one is.
    """
    known = [_ordered(table[key]) for key in keys]
    across, up = (
        [each.index(x) for x in table[key]] for each, key in zip(known, keys, strict=True)
    )
    cells = np.full((len(known[1]), len(known[0])), np.nan)
    cells[up, across] = values
    axes = figure.add_axes((0.12, _BOTTOM, 0.75, _HEIGHT))
    image = axes.imshow(cells, origin="lower", aspect="auto", cmap=colormaps["cividis_r"])
    image.set_clim(*span)
    bar = figure.colorbar(image, cax=figure.add_axes((0.89, _BOTTOM, 0.015, _HEIGHT)))
    if max(cells.shape) <= _MOST_LABELLED:
        for x, y, value, text in zip(across, up, values, texts, strict=True):
            put = axes.text(x, y, text, ha="center", va="center", fontsize=12)
            put.set_color("white" if value > white_above else INK)
    if framed is not None:
        corner = (across[framed] - 0.47, up[framed] - 0.47)
        axes.add_patch(Rectangle(corner, 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=4))
    label_cells(figure, axes, (known[0], known[1]), keys)
    return axes, bar


def _ordered(values: pl.Series) -> list[object]:
    """Return the values of a key: numbers in order, others as they come."""
    known = values.unique(maintain_order=True)
    return list(known.sort() if values.dtype.is_numeric() else known)
