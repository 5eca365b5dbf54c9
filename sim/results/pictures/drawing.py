"""Which pictures a result has, and drawing them so that one that fails costs nothing but itself."""

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from sim.results.manifest import Manifest
from sim.results.words import cut
from sim.scenario.scenario import Scenario

Draw = Callable[[Path], None]
NAMES = ("completion", "progress", "sectors", "years", "money", "timelines")
_LONGEST = 200  # of a reason


def pictures_of(frames: Mapping[str, pl.DataFrame], scenario: Scenario) -> list[str]:
    """Return which pictures a run has: of money if something costs any, of crews if they are told.

    Parameters
    ----------
    frames
        Its tables.
    scenario
        That was run.
    """
    there = {"money": scenario.costs, "timelines": not frames["timelines"].is_empty()}
    return [name for name in NAMES if there.get(name, True)]


def draw_into(folder: Path, pictures: Mapping[str, Draw], *, note: str) -> Manifest:
    """Draw pictures into a folder; return what the manifest states of those that failed.

    Parameters
    ----------
    folder
        Of the result; its tables stand there whatever becomes of the pictures.
    pictures
        What draws each into a file, by its name; what it needs is imported when it is called.
    note
        Of the result, to which a line for each failure is added.
    """
    failed = {
        name: reason for name, draw in pictures.items() if (reason := _try(draw, folder / name))
    }
    if not failed:
        return {}
    lost = [f"{name} could not be drawn ({reason})" for name, reason in failed.items()]
    return {"note": "; ".join([note, *lost] if note else lost), "not_drawn": list(failed)}


def _try(draw: Draw, path: Path) -> str:
    """Draw a picture; return why it could not be, nothing if it could."""
    try:
        draw(path)
    except Exception as error:  # noqa: BLE001 # whatever is wrong, the numbers are done and right
        path.unlink(missing_ok=True)
        return cut(str(error) or type(error).__name__, _LONGEST)
    return ""
