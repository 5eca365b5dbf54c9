"""From a tree to a scenario, or to everything that is wrong with it in the words of the file."""

import re
from dataclasses import replace
from typing import Any, get_origin

import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

from sim.errors import Problem, ScenarioError, first_of
from sim.scenario.calendar import Season
from sim.scenario.checks import check
from sim.scenario.crews import Crew
from sim.scenario.keys import DEEPEST, Path, Tree, split, too_deep
from sim.scenario.land import Sector
from sim.scenario.messages import NOTHING, table_in, translate
from sim.scenario.scenario import Campaign, Scenario

Origins = dict[Path, str]
ARRAYS = frozenset(n for n, f in Scenario.model_fields.items() if get_origin(f.annotation) is tuple)

MOST_MISTAKES = 100_000  # to look at each takes a kilobyte
_VITAL = {
    "name",
    "count",
    "deployment",
    "role",
    "sectors",
    "region",
}  # without these a table is not what was meant
_STAND_INS: dict[type[BaseModel], Tree] = {  # neutral values for what is required but wrong
    Campaign: {"name": "campaign", "horizon_days": 1.0},
    Sector: {"area_ha": 1.0, "area_m2": 1e4},
    Crew: {
        "rate_ha_per_day": 1.0,
        "rate_m2_per_day": 1e4,
        "rate_m2_per_deminer_day": 1e4,
        "count": 1.0,
        "deployment": ({"name": "all", "from": 0.0, "count": 1.0},),
    },
    Season: {"closed_from": "12-10", "closed_until": "03-20"},
}


def validate(tree: Tree, *, file: str, origins: Origins | None = None) -> Scenario:
    """Return the scenario a tree states.

    Parameters
    ----------
    tree
        Tables and values as TOML gives them.
    file
        Named in errors.
    origins
        Which file stated a key, where there were several.

    Raises
    ------
    ScenarioError
        With every problem at once, each with the file that stated the key.
    """
    scenario, problems = examine(tree)
    if scenario is None or problems:
        raise ScenarioError(placed(problems, file, origins))
    return scenario


def examine(tree: Tree, *, whole: bool = True) -> tuple[Scenario | None, list[Problem]]:
    """Return the scenario, if there is one, and every problem of the tree (files still empty).

    Of a tree that is not whole nothing is said to be missing.
    """
    if too_deep(tree):
        found = f"tables and arrays nested more than {DEEPEST} deep"
        return None, [Problem("", "", found, "a scenario, as the reference page describes it")]
    frozen = freeze(tree)
    try:
        scenario = Scenario.model_validate(frozen)
    except ValidationError as error:
        if error.error_count() > MOST_MISTAKES:
            return None, [Problem("", "", f"more than {MOST_MISTAKES} problems", "none")]
        details: list[Any] = error.errors(include_url=False)
        problems = first_of(p for e in details if (p := translate(e, tree)) is not None)
        if not whole:
            return None, [p for p in problems if p.found != NOTHING]
        return None, problems + first_of(check(*_readable(frozen, details)))
    return scenario, first_of(check(scenario, frozenset())) if whole else []


def placed(problems: list[Problem], file: str, origins: Origins | None) -> list[Problem]:
    """Return the problems, each once, with the file that stated the key."""
    homes = (origins or {}) | {(): file}
    return list(dict.fromkeys(replace(p, file=_home(p.key, homes)) for p in problems))


def _home(key: str, homes: Origins) -> str:
    try:
        path = split(re.sub(r"\[\d+\](?=\.|$)", "", key)) if key else ()
    except ValueError:
        path = ()
    while path not in homes:
        path = path[:-1]
    return homes[path]


def freeze(value: Any) -> Any:
    """Return a value as the classes take it: arrays are tuples."""
    if isinstance(value, dict):
        return {k: freeze(v) for k, v in value.items()}
    if isinstance(value, np.generic):  # a sweep's grid may come from numpy
        return value.item()
    return tuple(freeze(v) for v in value) if isinstance(value, list | tuple) else value


# What can still be checked where something is wrong


def _readable(tree: Tree, errors: list[Any]) -> tuple[Scenario, frozenset[str]]:
    """Read what can be read, and name the tables that could not be read whole.

    A key that is wrong is left out where its table can do without; entries inside a table (funds)
    are not known then, and the table is not read whole.
    """
    wrong: dict[tuple[str | int, ...], set[str]] = {}
    for error in errors:
        loc = (*error["loc"], "", "")
        depth = 2 if isinstance(loc[1], int) else 1
        wrong.setdefault(loc[:depth], set()).add(str(loc[depth]))
    read: dict[str, Any] = {}
    unreadable = {str(e["loc"][0]) for e in errors if isinstance((*e["loc"], "", "")[2], int)}
    for name, field in Scenario.model_fields.items():
        kind, value = table_in(field.annotation), tree.get(name)
        alone = name in tree and name not in ARRAYS
        entries = value if isinstance(value, tuple) else (value,) if alone else ()
        places = [(name, i) if isinstance(value, tuple) else (name,) for i in range(len(entries))]
        tables = [
            _without(kind, entry, wrong.get(place, set()))
            for entry, place in zip(entries, places, strict=True)
        ]
        vital = any(wrong.get(place, set()) & _VITAL for place in places if len(place) > 1)
        if None in tables or vital or (field.is_required() and not tables):
            unreadable.add(name)
        kept = tuple(table for table in tables if table is not None)
        if name in ARRAYS:
            read[name] = kept
        elif kept:
            read[name] = kept[0]
    return Scenario.model_construct(**read), frozenset(unreadable)


def _without(kind: Any, entry: Any, wrong: set[str]) -> Any:
    """Read one table without the keys that are wrong; None if it cannot do without."""
    if not isinstance(entry, dict):
        return None
    kept = {k: v for k, v in entry.items() if k not in wrong}
    kept |= {k: v for k, v in _STAND_INS.get(kind, {}).items() if k in wrong}
    try:
        return TypeAdapter(kind).validate_python(kept)
    except ValidationError:
        return None


# Words
