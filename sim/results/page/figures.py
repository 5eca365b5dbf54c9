"""Pictures as figures of a report: one that cannot be drawn costs nothing but itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.results.page.part import Figure, Table
from sim.results.words import cut

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

_LONGEST = 200  # of a reason


def figure_of(
    draw: "Callable[[Sheet], None]",
    *,
    name: str,
    title: str,
    description: str,
    subtitle: str,
    data: Table | None,
) -> Figure:
    """Return a picture, or why it could not be drawn.

    Parameters
    ----------
    draw
        Draws on a figure that has a subtitle.
    name
        Of the figure in the page; no two alike.
    title, description
        What it shows: in short, and for those who do not see it.
    subtitle
        What it is about.
    data
        Its numbers.
    """
    from sim.results.pictures.canvas import vector  # noqa: PLC0415 # loads matplotlib

    try:
        svg = vector(draw, subtitle=subtitle, name=name, title=title, description=description)
    except Exception as error:  # noqa: BLE001 # whatever is wrong, the numbers stand in tables
        why = cut(str(error) or type(error).__name__, _LONGEST)
        return Figure(f"{title}: the picture could not be drawn ({why})", "", data)
    return Figure(title, svg, data)
