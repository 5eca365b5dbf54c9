"""What a forecast says of a report and of a number, in words."""

import math
from collections.abc import Mapping
from typing import Any

from sim.results.words import share_words

BOUNDS = {"exact": "as much", "at_least": "at least as much", "at_most": "at most as much"}
_KINDS = {"region": "region", "sector": "sector", "operator": "operator"}
_PLACES = (
    (0.005, "far below"),
    (0.05, "low"),
    (0.25, "rather low"),
    (0.75, "as expected"),
    (0.95, "rather high"),
    (0.995, "high"),
)
_LEAST_TAUGHT = 0.1
_WIDER = -0.05  # less than that is an accident of the draw


def place_words(place: float | None, bound: str) -> str:
    """Return where a report lies.

    Parameters
    ----------
    place
        Probability of a smaller report; of a bound as in `reports.csv`; None if not known.
    bound
        "exact", "at_least" or "at_most".
    """
    if place is None:
        return "not known"
    if bound != "exact":
        return f"holds in {share_words(1 - place if bound == 'at_least' else place)}"
    word = next((word for most, word in _PLACES if place < most), "far above")
    return f"{word}, above {share_words(place)}"


def land_words(kind: str | None, name: str | None) -> str:
    """Return what a report is about."""
    return f"{_KINDS[kind]} {name}" if kind else "all land"


def taken_words(row: Mapping[str, Any]) -> str:
    """Return how much of the spread of a number was taken away, from a row of `learned.csv`."""
    taken = row["spread_taken"] or 0.0
    return "wider" if taken <= _WIDER else share_words(max(0.0, taken))


def taught_from(worth: float | None) -> float:
    """Return the share of its spread from which a record is said to have taught a number.

    The spread of so many independent campaigns is off by 1 / sqrt(2 worth) by chance: twice that,
    and a tenth at least.
    """
    return max(_LEAST_TAUGHT, 2 / math.sqrt(2 * worth) if worth else 0.0)


def unit_words(unit: str | None) -> str:
    """Return the unit of a number as a person writes it; nothing if it has none."""
    return (unit or "").replace("m2", "m²")
