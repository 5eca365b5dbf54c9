"""Scenarios from files, and from other scenarios: load, extend, set a dotted key."""

import pathlib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pydantic import BaseModel

from sim.errors import ScenarioError, first_of, nearest, show
from sim.scenario.keys import (
    Path,
    dotted,
    drop,
    find,
    forget,
    names_in,
    others,
    split,
    too_deep,
)
from sim.scenario.lists import expand
from sim.scenario.messages import NOTHING, of_one_season
from sim.scenario.reading import Reading, claim_lists, embed, read
from sim.scenario.scenario import Scenario
from sim.scenario.validation import ARRAYS, examine, placed, validate

SOURCE = "--set"
_TABLES = Scenario.model_fields.keys() - ARRAYS


def load_scenario(
    path: str | pathlib.Path, *, settings: Mapping[str, Any] | None = None
) -> Scenario:
    """Return the scenario a TOML file states.

    Parameters
    ----------
    path
        The file; `extends` inside it is followed.
    settings
        Dotted keys and the values that replace what the file states, also what is wrong there.

    Raises
    ------
    ScenarioError
        With every problem of the file at once.
    """
    reading = read(pathlib.Path(path))
    expand(reading)
    try:
        scenario = _settled(reading, str(path))
    except ScenarioError:
        if not settings or not reading.whole:
            raise
        _repair(reading, settings)
        scenario = _settled(reading, str(path))
    else:
        scenario = vary(scenario, settings=settings) if settings else scenario
    return scenario.remarked(reading.remarks, lists=reading.lists)


def _settled(reading: Reading, file: str) -> Scenario:
    """Return the scenario of what was read, or raise with every problem of it."""
    scenario, problems = examine(reading.tree, whole=reading.whole)
    told = {p.key.rpartition(".")[0] for p in reading.problems}
    told |= {f"{table}.{o}" for t in told for table, _, k in [t.rpartition(".")] for o in others(k)}
    news = [p for p in problems if not (p.found == NOTHING and p.key in told)]
    if scenario is None or reading.problems or news:
        told_apart = [*reading.problems, *placed(news, file, reading.origins)]
        raise ScenarioError(first_of(dict.fromkeys(told_apart)))
    return scenario


def _repair(reading: Reading, settings: Mapping[str, Any]) -> None:
    """Set keys of a faulty file; what was wrong with them before is no problem any more."""
    before, reading.problems = reading.problems, []
    paths = _set_all(reading, settings, SOURCE)
    keys = tuple(dotted(*path) for path in paths)
    mended = [p for p in before if any(p.key == k or p.key.startswith(f"{k}.") for k in keys)]
    reading.problems += [p for p in before if p not in mended]
    reading.origins |= dict.fromkeys(paths, SOURCE)


def vary(scenario: Scenario, *, settings: Mapping[str, Any], source: str = SOURCE) -> Scenario:
    """Return the scenario with dotted keys set to new values.

    Parameters
    ----------
    scenario
        Left as it is.
    settings
        Dotted key (`crew.engineers.count`) to a value as TOML would give it.
    source
        Named in errors in place of a file.

    Raises
    ------
    ScenarioError
        If a key is unknown, or a value not allowed.
    """
    reading = Reading(_thaw(scenario))
    _set_all(reading, settings, source)
    if reading.problems:
        raise ScenarioError(reading.problems)
    return validate(reading.tree, file=source)


def _set_all(reading: Reading, settings: Mapping[str, Any], source: str) -> list[Path]:
    """Set keys, and return their paths; what cannot be set is a problem.

    A number in one unit replaces the same one in another, unless that is set too.
    """
    paths: list[Path] = []
    before = deepcopy(reading.tree) if "notes" in reading.tree else {}
    for key, value in settings.items():
        stated = _thaw(value)
        if too_deep(stated):
            reading.refuse(source, key, "tables and arrays nested too deep", "a value of a key")
            continue
        try:
            path = split(key)
        except ValueError as error:
            reading.refuse(source, "", show(key), str(error))
            continue
        if path[0] in ("extends", "remove"):
            reading.refuse(source, path[0], "a setting", "this key in a file only")
            continue
        stated = embed(stated, dotted(*path), folder=pathlib.Path(), reading=reading, file=source)
        if path == ("sector",):
            claim_lists(stated, folder=pathlib.Path(), file=source)
        if stated is not None:
            _set(reading, path, stated, source)
            for other in {(*path[:-1], key) for key in others(path[-1])}.difference(paths):
                drop(reading.tree, other)
            paths.append(path)
    expand(reading)
    forget(reading.tree, before, restated={p[-1] for p in paths if p[0] == "notes"})
    return paths


def _set(reading: Reading, path: Path, value: Any, source: str) -> None:
    """Set one key; a table that was not stated is made, an entry of an array must exist."""
    holder: Any = reading.tree
    if (words := of_one_season(path)) and find(holder, path[:2]) is None:
        reading.refuse(source, dotted(*path), "a key of the only season", words)
        return
    for depth, part in enumerate(path[:-1]):
        below = find(holder, [part])
        if below is None and depth == 0 and part in _TABLES:
            below = holder.setdefault(part, {})
        if below is None:
            known = list(Scenario.model_fields) if depth == 0 else names_in(holder)
            allowed = "one of " + ", ".join(known[:20]) if known else "none is stated there"
            if path[1:] == ("*", "count") or path[1:] == ("*", "deployment"):
                allowed += "; or factors.crews, which multiplies all of them"
            reading.refuse(source, dotted(*path), show(part), allowed, nearest(part, known))
            return
        if not isinstance(below, dict | list):
            found = f"{show(below)} at {dotted(*path[: depth + 1])}"
            reading.refuse(source, dotted(*path), found, "a table, for a key inside it")
            return
        holder = below
    if isinstance(holder, list):
        found = "an entry of an array as a whole"
        reading.refuse(source, dotted(*path), found, f"a key in it, such as {dotted(*path)}.name")
    else:
        holder[path[-1]] = value


def _thaw(value: Any) -> Any:
    """Return plain dictionaries and lists."""
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True, exclude_none=True)
    if isinstance(value, dict):
        return {k: _thaw(v) for k, v in value.items()}
    return [_thaw(v) for v in value] if isinstance(value, list | tuple) else value
