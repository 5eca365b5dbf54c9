"""Dotted keys: the address of a place in a scenario, and what stands there.

A scenario in the making is a plain tree of dictionaries and lists, as TOML gives it. An entry of an
array of tables is addressed by its name: `crew."second wave".count`.
"""

import re
import tomllib
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

Tree = dict[str, Any]
Path = tuple[str, ...]
DEEPEST = 12  # levels of tables and arrays; a scenario has six
_PART = r"""(?:[^\s."'=\[\]{},#]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_PLAIN_PART = r"""(?:(?<![\w-])[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"{_PLAIN_PART}(?:[ \t]*+\.[ \t]*+{_PLAIN_PART}){{{DEEPEST}}}")
ONE_OF = (
    ("area_ha", "area_m2"),
    ("rate_ha_per_day", "rate_m2_per_day", "rate_m2_per_deminer_day"),
    ("count", "deployment"),
    ("amount", "tranches"),
)
"""Keys that say the same in different ways: a table that has them all states one of each row."""
KEY = rf"\s*{_PART}(?:\s*\.\s*{_PART})*\s*"


@lru_cache(maxsize=4096)  # asked for in every replication
def dotted(*parts: str) -> str:
    """Return a dotted key, its parts quoted where TOML wants it."""
    return ".".join(p if re.fullmatch(r"[A-Za-z0-9_-]+", p) else text_of(p) for p in parts)


def text_of(part: str) -> str:
    """Return a text in quotes, as TOML takes it."""
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def split(key: str) -> Path:
    """Return the parts of a dotted key.

    Raises
    ------
    ValueError
        If it is not one.
    """
    parts = re.findall(_PART, key) if len(key) < 10_000 and re.fullmatch(KEY, key) else []
    try:
        path = [tomllib.loads(f"x = {p}")["x"] if p[0] in "\"'" else p for p in parts]
    except tomllib.TOMLDecodeError:  # an escape that TOML does not know
        path = []
    if not path:
        raise ValueError('a dotted key, names with spaces quoted: crew."second wave".count')
    return tuple(path)


def others(key: str) -> frozenset[str]:
    """Return the keys that say the same as this one in another unit."""
    return frozenset(k for group in ONE_OF if key in group for k in group if k != key)


def find(tree: Any, path: Sequence[str]) -> Any:
    """Return what stands at a path, None if nothing does."""
    for part in path:
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list):
            tree = next((e for e in tree if name_of(e) == part), None)
        else:
            return None
    return tree


def drop(tree: Tree, path: Path) -> bool:
    """Take away what stands at a path; tell whether it was there."""
    holder, part = find(tree, path[:-1]), path[-1]
    if find(holder, [part]) is None:
        return False
    if isinstance(holder, dict):
        del holder[part]
    else:
        holder[:] = [entry for entry in holder if name_of(entry) != part]
    return True


def forget(tree: Tree, before: Tree, *, restated: Collection[str]) -> None:
    """Take away the notes on what was there before and is not any more, but for those restated."""
    notes = tree.get("notes")
    if not isinstance(notes, dict):
        return
    for key in list(notes):
        try:
            path = split(key)
        except ValueError:
            continue  # a problem of its own
        places = [path[: depth + 1] for depth in range(len(path))]
        gone = any(find(before, p) is not None and find(tree, p) is None for p in places)
        if gone and key not in restated:
            del notes[key]


def name_of(entry: Any) -> str | None:
    """Return the name of an entry of an array of tables, None if it has none."""
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None


def names_in(holder: Any) -> list[str]:
    """Return the keys of a table, or the names of an array's entries."""
    if isinstance(holder, dict):
        return list(holder)
    entries = holder if isinstance(holder, list) else []
    return [name for entry in entries if (name := name_of(entry)) is not None]


def is_tables(value: Any) -> bool:
    """Tell whether this is an array of tables."""
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) for e in value)


def has_long_key(toml: str) -> bool:
    """Tell whether a dotted key is too deep: TOML's parser may take minutes for it."""
    return bool(_LONG_KEY.search(toml))


def too_deep(value: Any, levels: int = DEEPEST) -> bool:
    """Tell whether tables and arrays are nested deeper than any scenario needs."""
    if not isinstance(value, dict | list | tuple):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(too_deep(v, levels - 1) for v in inner)
