"""What is wrong with a tree, in the words of the file: place, what was found, what is allowed."""

import re
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel

from sim.errors import Problem, nearest, show
from sim.scenario.calendar import Season
from sim.scenario.dated import DATE
from sim.scenario.keys import Tree, dotted, name_of
from sim.scenario.kinds import plain
from sim.scenario.laws import FAMILIES
from sim.scenario.scenario import Scenario
from sim.scenario.table import Table
from sim.scenario.unit_hints import nearest_key

NOTHING = "nothing"
SEASONS = 'in place of [season] the two lines [[season]] and name = "winter"'
_LAW = "a number, or a law with dist = one of " + ", ".join(FAMILIES)
_ALLOWED = {
    "bool_type": "true or false",
    "date_from_datetime_inexact": DATE,
    "date_type": DATE,
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "a whole number",
    "missing": "this key is required",
    "model_type": "a table",
    "string_type": "text",
    "tuple_type": "an array",
    "union_tag_invalid": _LAW,
    "union_tag_not_found": _LAW,
}
_ALLOWED_BY_KIND = {
    ("date",): f"{DATE}, a number of days, or a law",
    ("days", "number"): "a date, a number of days, or a law",
    ("number",): "a number or a law",
    ("chance",): "a number, or twelve",
}
_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def table_in(annotation: Any) -> type[BaseModel] | None:
    """Return the table class inside an annotation such as `Survey | None` or `tuple[Fund, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next((t for a in get_args(annotation) if (t := table_in(a)) is not None), None)


def of_one_season(path: Sequence[str]) -> str:
    """Say what to write for a key of the only season of old; nothing if it is none."""
    if len(path) < 2 or path[0] != "season" or path[1] not in Season.model_fields:
        return ""
    return f"{SEASONS}; its key is then {dotted('season', 'winter', *path[1:])}"


def translate(error: Any, tree: Tree, model: type[BaseModel] = Scenario) -> Problem | None:
    """Say one of pydantic's findings in the words of the scenario file."""
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    key, known, tags, stated = _locate(error["loc"], tree, model)
    value = stated if "dates" in tags else value  # which was read as days
    found, near = show(value), ""
    allowed = _ALLOWED_BY_KIND.get(tags, "") if kind in ("float_type", "date_type") else ""
    allowed = allowed or _ALLOWED.get(kind, error["msg"])
    if kind == "extra_forbidden":
        found, allowed = "an unknown key", "one of " + ", ".join(known)
        near = nearest_key(error["loc"][-1], known)
    elif kind == "missing":
        found = NOTHING
    elif key == "season" and isinstance(value, dict):
        found, allowed = "one table", SEASONS
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        family = value.get("dist") if isinstance(value, dict) else None
        if isinstance(family, str):
            found, near = f"dist = {show(family)}", nearest(family, FAMILIES)
    elif kind == "literal_error":
        allowed = context["expected"]
        near = nearest(str(value), re.findall(r"'([^']*)'", allowed))
    elif kind == "value_error":
        allowed = str(context["error"])
    elif kind == "words":
        allowed, found = context["allowed"], context["found"] or found
    elif kind == "too_short":
        if len(value) >= context["min_length"]:
            return None  # enough are there; what is wrong with them is reported by itself
        found, allowed = f"{len(value)} entries", f"at least {context['min_length']}"
    elif kind == "too_long":
        found, allowed = f"{len(value)} entries", f"at most {context['max_length']}"
    elif kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        ((limit, bound),) = context.items()
        allowed = f"{_BOUNDS[limit]} {plain(bound)}"
    return Problem("", key, found, allowed, near)


def _locate(
    loc: tuple[Any, ...], tree: Tree, model: type[BaseModel] | None
) -> tuple[str, list[str], tuple[str, ...], Any]:
    """Return the dotted key of an error's place, what is known, tried, and stated there."""
    key: str = ""
    value: Any = tree
    known: list[str] = []
    tags: list[str] = []
    for step in loc:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list | tuple) and step < len(value) else None
            name = name_of(value)
            key = f"{key}.{dotted(name)}" if name is not None else f"{key}[{step + 1}]"
        elif model is None:  # inside a value: the kind that it was read as
            model = FAMILIES.get(step)
            tags.append(step)
        else:
            key = f"{key}.{dotted(step)}" if key else dotted(step)
            value = value.get(step) if isinstance(value, dict) else None
            fields = {f.alias or n: f for n, f in model.model_fields.items()}
            known = [*fields, "extends", "remove"] if model is Scenario else list(fields)
            model = table_in(fields[step].annotation) if step in fields else None
    return key, known, tuple(tags), value
