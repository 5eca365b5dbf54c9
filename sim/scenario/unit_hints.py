"""The nearest known key for an unknown one, and in words if it is in another unit: `area_km2`."""

from collections.abc import Iterable, Mapping

from sim.errors import nearest

_AREAS = {"m2": 1.0, "sqm": 1.0, "acres": 4046.856, "ha": 1e4, "hectares": 1e4, "km2": 1e6}
_TIMES = {
    **dict.fromkeys(("second", "seconds", "s"), 1.0),
    **dict.fromkeys(("minute", "minutes", "min"), 60.0),
    **dict.fromkeys(("hour", "hours", "h"), 3600.0),
    **dict.fromkeys(("day", "days"), 86_400.0),
    **dict.fromkeys(("week", "weeks"), 604_800.0),
    **dict.fromkeys(("month", "months"), 2_629_800.0),
    **dict.fromkeys(("year", "years"), 31_557_600.0),
}


def nearest_key(word: str, known: Iterable[str]) -> str:
    """Return the known key that is most like this one, empty if none is.

    Where it is in another unit, that is said behind it.

    Parameters
    ----------
    word
        An unknown key.
    known
        Keys that may stand there.
    """
    found = nearest(word, known)
    for units in (_AREAS, _TIMES):
        mine, theirs = (_in(key, units) for key in (word, found))
        for (stated, how), (meant, _) in zip(mine, theirs, strict=False):
            if units[stated] != units[meant]:
                factor = _factor(stated, meant) if units is _AREAS else ""  # times are known
                return f"{found}, which is {how} {meant} and not {how} {stated}{factor}"
    return found


def _in(key: str, units: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return which units a key is in, and whether it is so much of it or per unit."""
    parts = key.split("_")
    before = ["", *parts[:-1]]
    pairs = zip(parts, before, strict=True)
    return [(part, "per" if word == "per" else "in") for part, word in pairs if part in units]


def _factor(stated: str, meant: str) -> str:
    """Say how much of a unit of area another one is."""
    many, few = sorted((stated, meant), key=lambda unit: -_AREAS[unit])
    return f": 1 {many} = {_AREAS[many] / _AREAS[few]:,.0f} {few}".replace(",", " ")
