"""The pictures of a run: each drawn from its tables, as PNG for its folder or as SVG for a page."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from sim.results.pictures import money, released, sectors, timelines, years
from sim.results.pictures.canvas import Subject, Tables, picture, vector
from sim.results.storage import Results
from sim.scenario.scenario import Scenario


class Picture(NamedTuple):
    """One picture of a run."""

    title: str
    draw: Callable[[Figure, Tables, Scenario], None]
    remark: str = ""
    """At the end of its subtitle."""


PICTURES = {
    "completion": Picture("When will it be done?", released.draw_completion, released.INTERVALS),
    "progress": Picture("How the released land grows", released.draw_progress),
    "sectors": Picture("When each place is released", sectors.draw_sectors, sectors.REMARK),
    "years": Picture("What is released in each year", years.draw_years, years.REMARK),
    "money": Picture("What is spent in each year", money.draw_money, money.REMARK),
    "timelines": Picture(
        "A good, a typical and a bad campaign", timelines.draw_timelines, timelines.REMARK
    ),
}
"""By the names of their files."""


def write_png(name: str, frames: Tables, about: Subject, path: Path) -> None:
    """Write one of the `PICTURES` as PNG, 1200 x 750 pixels.

    Parameters
    ----------
    name
        Of the picture.
    frames
        The tables of a result.
    about
        What they are about.
    path
        The file.
    """
    found = PICTURES[name]
    with picture(about, path, remark=found.remark) as figure:
        found.draw(figure, frames, about.scenario)


def to_svg(name: str, results: Results, *, description: str) -> str:
    """Return one of the `PICTURES` as SVG, to stand in a page.

    Its ids begin with its name.

    Parameters
    ----------
    name
        Of the picture, one of those that `pictures_of` gives.
    results
        What a result folder holds.
    description
        What it shows, for those who cannot see it.
    """
    found, about = PICTURES[name], subject(results)
    return vector(
        lambda figure: found.draw(figure, results.tables, results.scenario),
        subtitle=about.words(found.remark),
        name=name,
        title=found.title,
        description=description,
    )


def subject(results: Results) -> Subject:
    """Return what the pictures of a result are about."""
    done = results.replications["completed"]
    asked = int(results.manifest["replications_asked"])
    censored = len(done) - int(done.sum())
    return Subject(results.scenario, results.seed, asked, len(done), censored)
