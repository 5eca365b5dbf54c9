"""Pictures as figures of a report: one that cannot be drawn costs nothing but itself."""

from collections.abc import Callable

from sim.results.page.part import Figure, Table
from sim.results.page.run import Run
from sim.results.pictures.drawing import pictures_of
from sim.results.words import cut

_LONGEST = 200  # of a reason


def figures_of(
    run: Run, name: str, *, title: str, description: str, data: Table | None = None
) -> tuple[Figure, ...]:
    """Return a picture of a run as its folder has it; none if it has none of that name.

    Parameters
    ----------
    run
        That is reported.
    name
        One of `pictures.gallery.PICTURES`.
    title, description
        What it shows: in short, and for those who do not see it.
    data
        Its numbers, unless they stand in a table beside it.
    """
    if name not in pictures_of(run.results.tables, run.scenario):
        return ()

    def svg() -> str:
        from sim.results.pictures.gallery import to_svg  # noqa: PLC0415 # loads matplotlib

        return to_svg(name, run.results, description=description)

    return (figure_of(svg, title=title, data=data),)


def figure_of(svg: Callable[[], str], *, title: str, data: Table | None) -> Figure:
    """Return a picture, or why it could not be drawn.

    Parameters
    ----------
    svg
        Draws it.
    title
        What it shows.
    data
        Its numbers.
    """
    try:
        return Figure(title, svg(), data)
    except Exception as error:  # noqa: BLE001 # whatever is wrong, the numbers stand in tables
        why = cut(str(error) or type(error).__name__, _LONGEST)
        return Figure(f"{title}: the picture could not be drawn ({why})", "", data)
