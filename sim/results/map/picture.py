"""The picture of a map: cells by the date of their release, and no coordinates."""

import datetime as dt
from textwrap import fill

import numpy as np
import polars as pl
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch, Rectangle

from sim.results.map.areas import Located
from sim.results.map.grid import Grid, grid
from sim.results.map.table import LATEST
from sim.results.pictures.canvas import BACKED, GREY, INK, ORANGE
from sim.results.pictures.labels import labels
from sim.results.storage import Results
from sim.results.words import MONTHS, count, number, words
from sim.scenario.dates import date_of

SHOWN = f"{LATEST}p80_date"
_STEPS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200)  # months of one colour
_MOST_COLOURS = 6
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.02, 0.72, 0.03, 0.885  # of the figure
_KEY = 0.745  # where the key begins
_KEY_WIDE = 0.235
_TIMES, _MOST_ACROSS = (1, 2, 4, 10, 20, 40, 100, 200), 60
_ROOM = np.array([1.5, 2.2])  # cells right of the last one and above it, where a name may stand
_LEAST_WIDE = 6  # cells that are shown in each direction, at least
_NUMBERED = 24.0  # pixels of a cell that has a number
_MOST_NAMED = 12  # regions whose names are written
_NEAR = 1.5  # cells from the middle of a region, to the left and right of its name
_NAME_WIDE, _SMALL = 170.0, 11.0  # of a region, pixels; of letters, points
_TITLE = "Latest P80 of its areas"
_NOTE = "All areas of a cell together are released then or later."
_NUMBERS = " A number says how many areas there are in a cell."


def picture_grid(located: Located, cells: Grid) -> Grid:
    """Return the grid of a picture: cells that can be seen, as large as those stated or larger."""
    for times in _TIMES:
        drawn = grid(located, side_km=times * cells.side_m // 1000)
        if np.ptp(drawn.cells, axis=0).max() < _MOST_ACROSS:
            break
    return drawn


def draw(figure: Figure, found: Results, table: pl.DataFrame, cells: Grid) -> None:
    """Draw when the areas of each cell are released.

    Parameters
    ----------
    figure
        With title and subtitle.
    found
        The result.
    table
        As `cell_table` gives it, for these cells, whatever the layer is about.
    cells
        As `picture_grid` gives them.
    """
    axes = _axes(figure, cells)
    dates = table[SHOWN].to_list()
    steps = _steps([date for date in dates if date])
    colours = colormaps["cividis_r"](np.linspace(0.04, 0.96, len(steps)))
    side = axes.get_window_extent().width / np.ptp(axes.get_xlim())
    late = False
    for (x, y), date, areas in zip(cells.cells, dates, table["areas"], strict=True):
        step = None if date is None else next(i for i, s in enumerate(steps) if s[1] > date)
        cell = Rectangle((x, y), 1, 1, edgecolor="white", linewidth=min(1.0, side / 20))
        if step is None:
            late = True
            cell.set(facecolor="white", edgecolor=ORANGE, hatch="////")
        else:
            cell.set_facecolor(colours[step])
        axes.add_patch(cell)
        if side >= _NUMBERED:
            dark = step is not None and step >= len(steps) / 2
            text = axes.text(x + 0.5, y + 0.5, count(areas), ha="center", va="center")
            text.set(color="white" if dark else INK, fontsize=min(12.0, side / 2.6))
            if step is None:
                text.set_bbox(BACKED)
    _name_regions(figure, axes, table, cells)
    key = [Patch(facecolor=c, label=_label(*s)) for c, s in zip(colours, steps, strict=True)]
    if late:
        key.append(_late(found))
    _write_key(figure, key, numbered=side >= _NUMBERED)
    _write_scale(figure, side, cells.side_m // 1000)


def subtitle(found: Results, cells: Grid) -> str:
    """Return what the picture is about."""
    done, asked = (found.manifest.get(f"replications_{kind}") for kind in ("done", "asked"))
    n = f"{number(int(done or 0))} replications, seed {found.seed}"
    if not found.complete:
        n = f"INCOMPLETE: {number(int(done or 0))} of {number(int(asked or 0))} replications"
    return f"{n}; areas added up in cells of {cells.side_m // 1000} km"


def _axes(figure: Figure, cells: Grid) -> Axes:
    """Return axes on which a cell is 1 wide, with room around all of them."""
    axes = figure.add_axes((_LEFT, _BOTTOM, _RIGHT - _LEFT, _TOP - _BOTTOM))
    low, high = cells.cells.min(axis=0) - 0.5, cells.cells.max(axis=0) + _ROOM
    missing = np.maximum(0, _LEAST_WIDE - (high - low)) / 2
    low, high = low - missing, high + missing
    box = axes.get_window_extent()
    wide, tall = high - low
    more = max(wide, tall * box.width / box.height) - wide
    up = max(tall, wide * box.height / box.width) - tall
    axes.set_xlim(low[0] - more / 2, high[0] + more / 2)
    axes.set_ylim(low[1] - up / 2, high[1] + up / 2)
    axes.tick_params(length=0, labelbottom=False, labelleft=False)
    for spine in axes.spines.values():
        spine.set(visible=True, color="#CCCCCC")
    ends = [
        range(int(np.ceil(a)), int(np.floor(b)) + 1) for a, b in (axes.get_xlim(), axes.get_ylim())
    ]
    axes.set_xticks(list(ends[0]))
    axes.set_yticks(list(ends[1]))
    axes.grid(visible=True, color="#EEEEEE")
    axes.set_axisbelow(True)
    return axes


def _steps(dates: list[dt.date]) -> list[tuple[int, dt.date]]:
    """Return stretches of the calendar, a colour each: months, and the day after the last one."""
    if not dates:
        return []
    first, last = (12 * date.year + date.month - 1 for date in (min(dates), max(dates)))
    months = next(m for m in _STEPS if last // m - first // m < _MOST_COLOURS)
    ends = [(i + 1) * months for i in range(first // months, last // months + 1)]
    return [(months, dt.date(min(end // 12, 9999), end % 12 + 1, 1)) for end in ends]


def _label(months: int, end: dt.date) -> str:
    last = 12 * end.year + end.month - 2
    first = last - months + 1
    if months >= 12:
        years = [first // 12, last // 12]
        return " to ".join(str(year) for year in dict.fromkeys(years))
    names = [MONTHS[month % 12] for month in dict.fromkeys([first, last])]
    return f"{' to '.join(names)} {last // 12}"


def _late(found: Results) -> Patch:
    end = words(date_of(found.scenario, found.scenario.campaign.horizon_days))
    patch = Patch(facecolor="white", edgecolor=ORANGE, hatch="////")
    patch.set_label(f"later than {end}")
    return patch


def _name_regions(figure: Figure, axes: Axes, table: pl.DataFrame, cells: Grid) -> None:
    """Write the names of a few regions above the middle of their cells."""
    of_one = table.with_columns(x=cells.cells[:, 0], y=cells.cells[:, 1]).drop_nulls("regions")
    of_one = of_one.filter(~pl.col("regions").str.contains("; ", literal=True))
    near = (pl.col("x") - pl.col("x").mean()).abs() <= _NEAR
    middle = of_one.group_by("regions", maintain_order=True).agg(
        pl.col("x").mean(), pl.col("y").filter(near).max().fill_null(pl.col("y").max())
    )
    if not 2 <= middle.height <= _MOST_NAMED:
        return
    names = [(name, "") for name in middle["regions"]]
    shown = labels(figure, names, width=_NAME_WIDE, size=_SMALL)
    for x, y, name in zip(middle["x"], middle["y"], shown, strict=True):
        text = axes.text(x + 0.5, y + 1.08, name, ha="center", va="bottom", fontsize=_SMALL)
        text.set(bbox=BACKED, fontweight="bold", clip_on=True)


def _write_key(figure: Figure, key: list[Patch], *, numbered: bool) -> None:
    legend = figure.legend(
        handles=key, loc="upper left", bbox_to_anchor=(_KEY - 0.012, _TOP + 0.012), fontsize=12
    )
    legend.set(frame_on=False)
    legend.set_title(_TITLE, prop=FontProperties(size=13, weight="bold"))
    legend.set_alignment("left")
    below = legend.get_window_extent().y0 / figure.bbox.height - 0.02
    note = _NOTE + _NUMBERS if numbered else _NOTE
    figure.text(_KEY, below, fill(note, 34), va="top", fontsize=_SMALL, color="#595959")


def _write_scale(figure: Figure, side: float, side_km: int) -> None:
    """Write a scale below the key; north is up."""
    most = _KEY_WIDE * figure.bbox.width / side * side_km
    sizes = [digit * 10**power for power in range(5) for digit in (1, 2, 5)]
    km = max((size for size in sizes if size <= most), default=1)
    wide = km / side_km * side / figure.bbox.width
    line = Rectangle((_KEY, _BOTTOM + 0.004), wide, 0.008, transform=figure.transFigure)
    line.set(facecolor=GREY, edgecolor="none")
    figure.add_artist(line)
    figure.text(_KEY, _BOTTOM + 0.02, f"{number(km)} km; north is up", va="bottom", fontsize=12)
