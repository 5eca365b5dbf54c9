"""Scenarios made from files and from other scenarios: read, extend, set a dotted key.

A scenario in the making is a plain tree of dictionaries and lists, as TOML gives it; `validate`
turns the tree into a `Scenario` or says everything that is wrong with it.
"""

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from sim.checks import Parts, check, dotted
from sim.errors import Problem, ScenarioError
from sim.laws import FAMILIES, Empirical
from sim.scenario import Crew, Deadline, Scenario, Sector, Table

Tree = dict[str, Any]
Origins = dict[tuple[str, ...], str]

_ALLOWED = {
    "missing": "this key is required",
    "float_type": "a number",
    "int_type": "a whole number",
    "string_type": "text",
    "finite_number": "a finite number",
    "date_type": "a date, such as 2025-06-30",
    "date_from_datetime_inexact": "a date without a time, such as 2025-06-30",
    "tuple_type": "an array",
    "model_type": "a table",
    "dict_type": "a table",
    "string_pattern_mismatch": "letters, digits, - and _ in the form the reference page states",
}


def load_scenario(path: str | Path, *, settings: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario a TOML file states.

    Parameters
    ----------
    path
        The file; `extends` inside it is followed.
    settings
        Dotted keys and the values that replace what the file states.

    Raises
    ------
    ScenarioError
        With every problem of the file at once.
    """
    problems: list[Problem] = []
    origins: Origins = {}
    tree = _read(Path(path), problems, origins, ())
    try:
        scenario = validate(tree, file=str(path), origins=origins)
    except ScenarioError as error:
        # where the file itself could not be read, what is missing from it is not news
        known = [] if any(not p.key for p in problems) else list(error.problems)
        raise ScenarioError([*problems, *known]) from None
    if problems:
        raise ScenarioError(problems)
    return vary(scenario, settings=settings) if settings else scenario


def vary(scenario: Scenario, *, settings: Mapping[str, Any], source: str = "--set") -> Scenario:
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
    tree = _thaw(scenario.model_dump(by_alias=True, exclude_none=True))
    problems: list[Problem] = []
    for key, value in settings.items():
        path = _split(key, source, problems)
        if path:
            embedded = _embed(value, Path(), path, source, problems)
            _set(tree, path, embedded, source, problems)
    if problems:
        raise ScenarioError(problems)
    return validate(tree, file=source)


def parse_value(text: str) -> Any:
    """Return what a VALUE on the command line means: TOML, else text."""
    try:
        parsed = tomllib.loads(f"x = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return parsed["x"] if len(parsed) == 1 else text


def parse_setting(text: str) -> tuple[str, Any]:
    """Return key and value of `KEY=VALUE`.

    Raises
    ------
    ScenarioError
        If there is no equals sign, or no key.
    """
    try:  # a quoted name may hold an equals sign: let TOML find the end of the key
        key, _, value = text.partition("=")
        while key.count('"') % 2 and value:
            more, _, value = value.partition("=")
            key = f"{key}={more}"
    finally:
        key = key.strip()
    if not key or "=" not in text:
        raise ScenarioError([Problem("--set", "", repr(text), "KEY=VALUE, such as crew.a.count=5")])
    return key, parse_value(value.strip())


def validate(tree: Tree, *, file: str, origins: Origins | None = None) -> Scenario:
    """Return the scenario a tree states.

    Raises
    ------
    ScenarioError
        With every problem at once, each with the file that stated the key.
    """
    frozen = _freeze(tree)
    problems: list[Problem] = []
    scenario: Scenario | None = None
    try:
        scenario = Scenario.model_validate(frozen)
    except ValidationError as error:
        problems += [p for e in error.errors() if (p := _translate(dict(e), tree)) is not None]
    problems += check(_parts(frozen))
    if problems:
        raise ScenarioError([replace(p, file=_origin(p.key, origins, file)) for p in problems])
    assert scenario is not None
    return scenario


# Reading


def _read(path: Path, problems: list[Problem], origins: Origins, above: tuple[Path, ...]) -> Tree:
    """Read one file and everything it extends; problems are collected, not raised."""
    file = str(path)
    try:
        own: Tree = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        problems.append(Problem(file, "", reason, "a readable scenario file"))
        return {}
    except UnicodeDecodeError as error:
        found = f"a byte that is not UTF-8, at offset {error.start}"
        problems.append(Problem(file, "", found, "UTF-8 text"))
        return {}
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        problems.append(Problem(file, "", f"broken TOML: {error}", "TOML 1.0"))
        return {}
    base = _base(own, path, problems, origins, above)
    own = _embed(own, path.parent, (), file, problems)
    _record(own, (), file, origins)
    problems += _used_twice(own, (), file)
    return _merge(base, own)


def _base(
    own: Tree, path: Path, problems: list[Problem], origins: Origins, above: tuple[Path, ...]
) -> Tree:
    """Return what the file extends, less what it removes."""
    file, base = str(path), own.pop("extends", None)
    remove = own.pop("remove", [])
    tree: Tree = {}
    if base is not None and not isinstance(base, str):
        problems.append(Problem(file, "extends", _show(base), "the path of a scenario file"))
    elif base is not None:
        seen = (*above, path.resolve())
        target = path.parent / base
        if target.resolve() in seen:
            problems.append(
                Problem(file, "extends", f"{base!r}, a cycle", "a file not in the chain")
            )
        else:
            tree = _read(target, problems, origins, seen)
    if not isinstance(remove, list) or not all(isinstance(key, str) for key in remove):
        problems.append(Problem(file, "remove", _show(remove), "an array of dotted keys"))
        return tree
    for key in remove:
        parts = _split(key, file, problems)
        holder = _find(tree, parts[:-1]) if parts else None
        if parts and not _drop(holder, parts[-1]):
            known = sorted(_names_in(holder))
            near = (get_close_matches(parts[-1], known, n=1) or [""])[0]
            problems.append(Problem(file, "remove", repr(key), "what the base file states", near))
    return tree


def _merge(base: Any, own: Any) -> Any:
    """Lay own over base: tables by key, arrays of tables by name, anything else whole."""
    if isinstance(base, dict) and isinstance(own, dict) and not ("dist" in base or "dist" in own):
        return base | {k: _merge(base[k], v) if k in base else v for k, v in own.items()}
    if _is_named(base) and _is_named(own):
        news = {entry["name"]: entry for entry in own}
        merged = [_merge(entry, news.pop(entry["name"], {})) for entry in base]
        return merged + list(news.values())
    return own


def _is_named(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(e, dict) and isinstance(e.get("name"), str) for e in value)
    )


def _used_twice(value: Any, path: tuple[str, ...], file: str) -> Iterable[Problem]:
    """Find names used twice inside one file, before entries are merged by name."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield from _used_twice(v, (*path, k), file)
    elif _is_named(value):
        names = [entry["name"] for entry in value]
        for name in {n for n in names if names.count(n) > 1}:
            found = f"the name {name!r} {names.count(name)} times"
            yield Problem(file, dotted(*path, name), found, "a name once")


def _record(value: Any, path: tuple[str, ...], file: str, origins: Origins) -> None:
    """Remember which file stated each key."""
    origins[path] = file
    if isinstance(value, dict):
        for k, v in value.items():
            _record(v, (*path, k), file, origins)
    elif _is_named(value):
        for entry in value:
            _record(entry, (*path, entry["name"]), file, origins)


def _origin(key: str, origins: Origins | None, file: str) -> str:
    parts = _split(key, file, []) if key else ()
    while parts:
        if origins and parts in origins:
            return origins[parts]
        parts = parts[:-1]
    return file


def _embed(
    value: Any, folder: Path, path: tuple[str, ...], file: str, problems: list[Problem]
) -> Any:
    """Replace every empirical law by the discrete law of its column's content."""
    if isinstance(value, list):
        return [_embed(entry, folder, path, file, problems) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.get("dist") != "empirical":
        return {k: _embed(v, folder, (*path, k), file, problems) for k, v in value.items()}
    key = dotted(*path)
    try:
        law = Empirical.model_validate(value)
        with (folder / law.file).open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
        return {"dist": "discrete", "values": [float(row[law.column]) for row in rows]}
    except ValidationError as error:
        for e in error.errors():
            translated = _translate(dict(e) | {"loc": (*path, *e["loc"])}, {})
            problems += [replace(translated, file=file)] if translated else []
    except OSError as error:
        found = f"{value['file']!r}: {(error.strerror or 'cannot be read').lower()}"
        problems.append(Problem(file, f"{key}.file", found, "a readable CSV file"))
    except KeyError:
        found = f"no column {value['column']!r} in {value['file']!r}"
        problems.append(Problem(file, f"{key}.column", found, "a column of the file"))
    except (ValueError, TypeError, csv.Error) as error:
        problems.append(Problem(file, f"{key}.file", str(error), "a CSV file with numbers"))
    return 1.0  # already reported: any number will do while the rest is checked


# Dotted keys


def _split(key: str, file: str, problems: list[Problem]) -> tuple[str, ...]:
    """Return the parts of a dotted key; none, and a problem, where it is not one."""
    parts: list[str] = []
    try:
        tree: Any = tomllib.loads(f"{key} = 0")
        while isinstance(tree, dict):
            ((part, tree),) = tree.items()
            parts.append(part)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        allowed = 'a dotted key, names with spaces quoted: crew."second wave".count'
        problems.append(Problem(file, "", repr(key), allowed))
        return ()
    return tuple(parts)


def _find(tree: Any, path: Iterable[str]) -> Any:
    for part in path:
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list):
            tree = next((e for e in tree if isinstance(e, dict) and e.get("name") == part), None)
        else:
            return None
    return tree


def _names_in(holder: Any) -> list[str]:
    if isinstance(holder, dict):
        return list(holder)
    return [entry["name"] for entry in holder] if _is_named(holder) else []


def _drop(holder: Any, part: str) -> bool:
    """Take an entry out of a table or an array of tables, if it is there."""
    if isinstance(holder, dict) and part in holder:
        del holder[part]
        return True
    kept = [e for e in holder if e.get("name") != part] if _is_named(holder) else []
    found = _is_named(holder) and len(kept) < len(holder)
    if found:
        holder[:] = kept
    return found


def _set(tree: Tree, path: tuple[str, ...], value: Any, file: str, problems: list[Problem]) -> None:
    """Set one key; a table that was not stated is made, an entry of an array must exist."""
    holder: Any = tree
    for depth, part in enumerate(path[:-1]):
        below = _find(holder, (part,))
        if below is None and isinstance(holder, dict) and _table(path[: depth + 1]) is not None:
            below = holder.setdefault(part, {})
        if not isinstance(below, dict | list):
            known = _names_in(holder) + (list(Scenario.model_fields) if depth == 0 else [])
            near = (get_close_matches(part, known, n=1) or [""])[0]
            allowed = "one of " + ", ".join(known[:12]) if known else "a key that holds others"
            problems.append(Problem(file, dotted(*path), repr(part), allowed, near))
            return
        holder = below
    if isinstance(holder, list):
        problems.append(Problem(file, dotted(*path), "an entry as a whole", "one of its keys"))
    else:
        holder[path[-1]] = value


def _table(path: tuple[str, ...]) -> type[BaseModel] | None:
    """Return the class of the single table at this path, if there is one."""
    model: type[BaseModel] = Scenario
    for part in path:
        field = model.model_fields.get(part)
        inner = _inner(field.annotation) if field else None
        if inner is None:
            return None
        model = inner
    return model


def _inner(annotation: Any) -> type[BaseModel] | None:
    """Return the table class inside an annotation such as `Season | None` or `tuple[Fund, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next((t for a in get_args(annotation) if (t := _inner(a)) is not None), None)


# Validation


def _freeze(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _freeze(v) for k, v in value.items()}
    return tuple(_freeze(v) for v in value) if isinstance(value, list | tuple) else value


def _thaw(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _thaw(v) for k, v in value.items()}
    return [_thaw(v) for v in value] if isinstance(value, list | tuple) else value


def _parts(tree: Tree) -> Parts:
    """Read every table by itself, leaving out what cannot be read."""

    def one(kind: Any, value: Any) -> Any:
        try:
            return TypeAdapter(kind).validate_python(value)
        except ValidationError:
            return None

    def many(kind: Any, name: str) -> list[Any]:
        entries = tree.get(name, ())
        entries = entries if isinstance(entries, tuple) else ()
        return [item for item in (one(kind, e) for e in entries) if item is not None]

    tables = {
        name: one(_inner(Scenario.model_fields[name].annotation), tree.get(name))
        for name in ("campaign", "survey", "growth", "shelling", "restoration", "money")
    }
    sectors, crews = many(Sector, "sector"), many(Crew, "crew")
    stated = [tree.get("sector"), tree.get("crew")]
    complete = bool(sectors and crews) and stated == [
        e if isinstance(e, tuple) and len(e) == len(read) else None
        for e, read in zip(stated, (sectors, crews), strict=True)
    ]
    return Parts(
        deadline=many(Deadline, "deadline"), sector=sectors, crew=crews, complete=complete, **tables
    )


def _translate(error: dict[str, Any], tree: Tree) -> Problem | None:
    """Say one of pydantic's findings in the words of the scenario file."""
    kind, context, found = error["type"], error.get("ctx", {}), _show(error["input"])
    parts, known = _locate(error["loc"], tree)
    allowed, near = _ALLOWED.get(kind, error["msg"]), ""
    if kind == "extra_forbidden":
        allowed = "one of " + ", ".join(known) if known else "no such key"
        near = (get_close_matches(parts[-1], known, n=1) or [""])[0]
        found = "an unknown key"
    elif kind == "missing":
        found = "nothing"
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        allowed = "a number, or a law with dist = one of " + ", ".join(FAMILIES)
        stated = error["input"].get("dist") if isinstance(error["input"], dict) else None
        near = (get_close_matches(str(stated), list(FAMILIES), n=1) or [""])[0]
        found = found if stated is None else f"dist = {stated!r}"
    elif kind == "literal_error":
        allowed = context["expected"]
        options = [option.strip("'") for option in allowed.replace(" or ", ", ").split(", ")]
        near = (get_close_matches(str(error["input"]), options, n=1) or [""])[0]
    elif kind == "value_error":
        allowed = str(context["error"])
    elif kind in ("within", "name", "month_day"):
        allowed, found = context["allowed"], context.get("found", found)
    elif kind == "too_short" and error["input"]:
        return None  # entries are there; what is wrong with them is reported by itself
    elif kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        words = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
        ((limit, bound),) = context.items()
        allowed = f"{words[limit]} {bound:g}"
    return Problem("", dotted(*parts), found, allowed, near)


def _locate(loc: tuple[Any, ...], tree: Tree) -> tuple[list[str], list[str]]:
    """Return the dotted parts of an error's place, and the keys known at that place."""
    parts: list[str] = []
    value: Any = tree
    model: type[BaseModel] | None = Scenario
    for step in loc:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list | tuple) and step < len(value) else None
            name = value.get("name") if isinstance(value, dict) else None
            if isinstance(name, str) and name:
                parts.append(name)
            elif parts:
                parts[-1] = f"{parts[-1]}[{step + 1}]"
        elif step in FAMILIES:
            model = FAMILIES[step]
        elif step not in ("number", "days") and not (
            step == "date" and not isinstance(value, dict)
        ):
            field = model.model_fields.get(str(step)) if model else None
            model = _inner(field.annotation) if field else model
            value = value.get(step) if isinstance(value, dict) else None
            parts.append(str(step))
    known = [f.alias or n for n, f in model.model_fields.items()] if model else []
    return parts, known


def _show(value: Any) -> str:
    """Show a value shortly, as a person would have written it."""
    if isinstance(value, dict):
        text = "{ " + ", ".join(f"{k} = {_show(v)}" for k, v in value.items()) + " }"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(_show(v) for v in value) + "]"
    elif isinstance(value, bool):
        text = str(value).lower()
    else:
        text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."
