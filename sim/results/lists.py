"""The lists of areas that a result took its land from, as its manifest keeps them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.errors import ResultError
from sim.results.folder import real
from sim.results.manifest import Manifest
from sim.scenario.scenario import Listed


def stated_lists(lists: Iterable[Listed], folder: Path) -> list[dict[str, str]]:
    """Return lists as a manifest states them: found from its folder, wherever both are moved."""
    return [each._asdict() | {"file": _path_from(folder, each.file)} for each in lists]


def lists_of(manifest: Manifest, folder: Path) -> list[Listed]:
    """Return the lists that a manifest states, their paths as they are from here.

    Raises
    ------
    ResultError
        If it states something else.
    """
    stated = manifest.get("lists", [])
    if not isinstance(stated, list) or not all(map(_is_one, stated)):
        raise ResultError(f"{folder}: damaged: its manifest states no lists of areas")
    return [Listed(**each | {"file": str(real(folder) / each["file"])}) for each in stated]


def _is_one(stated: Any) -> bool:
    known = isinstance(stated, dict) and stated.keys() == set(Listed._fields)
    return known and all(isinstance(text, str) for text in stated.values())


def _path_from(folder: Path, file: str) -> str:
    path = real(Path(file))
    try:
        return Path(os.path.relpath(path, real(folder))).as_posix()
    except ValueError:  # on another disk (Windows)
        return path.as_posix()
