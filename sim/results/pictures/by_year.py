"""What pictures of calendar years have in common: two charts above each other, over the years."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.results.pictures.canvas import RIGHT, add_remark, make_room_left, put_values
from sim.results.words import MONTHS, number
from sim.scenario.scenario import Scenario

MOST_NUMBERS = 16  # above bars
_LEFT, _BOTTOM, _GAP = 0.09, 0.075, 0.035  # of the figure
_UPPER = 0.38  # of the height of both


def two_axes(figure: Figure) -> tuple[Axes, Axes]:
    """Return two axes that show the same years; `arrange` puts them where they belong."""
    upper = figure.add_axes((_LEFT, 0.6, RIGHT - _LEFT, 0.2))
    lower = figure.add_axes((_LEFT, 0.1, RIGHT - _LEFT, 0.4), sharex=upper)
    for axes in (upper, lower):
        axes.grid(visible=True, axis="y")
        axes.set_axisbelow(True)
    return upper, lower


def arrange(figure: Figure, both: tuple[Axes, Axes], years: Sequence[int], *, top: float) -> None:
    """Put two axes above each other, below a height, with the years along the lower one.

    Parameters
    ----------
    figure, both
        The upper axes and the lower ones, with their labels.
    years
        They stand at 0, 1, 2 ...
    top
        Of the upper axes (share of the figure's height).
    """
    upper, lower = both
    lower.set_xlim(-0.5, max(len(years), 2) - 0.5)
    height = top - _BOTTOM - _GAP
    lower.set_position((_LEFT, _BOTTOM, RIGHT - _LEFT, (1 - _UPPER) * height))
    upper.set_position((_LEFT, top - _UPPER * height, RIGHT - _LEFT, _UPPER * height))
    for axes in both:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        make_room_left(figure, axes)
    left = max(axes.get_position().x0 for axes in both)
    for axes in both:
        box = axes.get_position()
        axes.set_position((left, box.y0, RIGHT - left, box.height))
    put_values(figure, lower.xaxis, years)
    upper.tick_params(axis="x", labelbottom=False)
    for axes in both:
        axes.tick_params(axis="x", length=0)


def put_numbers(axes: Axes) -> None:
    """Write the numbers along the upright axis as a person writes them."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y)))


def note_first_year(figure: Figure, scenario: Scenario) -> None:
    """Say in the subtitle that the first year is no whole one, if that is so."""
    start = scenario.campaign.start
    if (start.month, start.day) != (1, 1):
        add_remark(figure, f"{start.year} from {start.day} {MONTHS[start.month - 1]} on")
