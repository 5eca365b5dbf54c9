"""From files to one tree: TOML, what it extends and removes, empirical laws.

Problems are collected, not raised, so that all of a file's are reported together.
"""

import csv
import errno
import io
import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import MOST_PROBLEMS, Problem, nearest, show
from sim.files import content_of
from sim.scenario.keys import (
    DEEPEST,
    Tree,
    dotted,
    drop,
    find,
    forget,
    has_long_key,
    is_tables,
    name_of,
    names_in,
    others,
    split,
    too_deep,
)
from sim.scenario.laws import MOST_VALUES, Empirical
from sim.scenario.messages import SEASONS, of_one_season, translate
from sim.scenario.money import numbered
from sim.scenario.scenario import Listed
from sim.scenario.validation import Origins

MOST = {  # of a scenario with all that it extends, whose laws may share a file
    "bytes of TOML": 2_000_000,  # ten thousand sectors, or some times more that state little
    "bytes of CSV": 100_000_000,
    "values in CSV": 1_000_000,
    "keys to remove": 1000,
}
LONGEST_CHAIN = 20  # of files that extend each other

MOST_ADDRESSES = 1000  # different headers, and keys that begin a line: these take most memory
_ADDRESS = re.compile(r"^[ \t]*+(?:\[[^\]\n]*+|[^=\n]*+=)", re.MULTILINE)


@dataclass(frozen=True)
class ListFile:
    """The file of a list of areas: as it is stated, where that leads, and which file states it."""

    stated: Any
    folder: Path
    by: str


@dataclass
class Reading:
    """A tree, which file stated each of its keys, and what went wrong on the way."""

    tree: Tree = field(default_factory=dict)
    origins: Origins = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    """Dotted keys, and what is doubtful about them in a file that was read."""
    lists: list[Listed] = field(default_factory=list)
    """The lists of areas that sectors were taken from."""
    whole: bool = True
    """Whether every file could be read; what is missing is no news otherwise."""
    left: dict[str, int] = field(default_factory=lambda: dict(MOST))
    """How much may still be read."""

    def refuse(self, file: str, key: str, found: str, allowed: str, near: str = "") -> None:
        """Note a problem."""
        self.problems.append(Problem(file, key, found, allowed, near))

    def take(self, what: str, number: int) -> None:
        """Take from what may still be read, or raise OSError if that is not enough."""
        if number > self.left[what]:
            raise OSError(f"more than {MOST[what]} {what} in all")
        self.left[what] -= number

    def content(self, path: Path, what: str) -> bytes:
        """Return what is in a file."""
        try:
            content = content_of(path, most=self.left[what])
        except OSError as error:
            if error.errno == errno.EFBIG:
                self.take(what, self.left[what] + 1)  # says so
            raise
        self.take(what, len(content))
        return content


def read(path: Path) -> Reading:
    """Return what a file and everything that it extends state together."""
    reading = Reading()
    reading.tree = _read(path, reading, ())
    return reading


def _read(path: Path, reading: Reading, above: tuple[Path, ...]) -> Tree:
    own = _toml(path, reading)
    if isinstance(own.get("season"), dict):
        reading.refuse(str(path), "season", "one table", SEASONS)
        own["season"] = [{"name": "winter"} | own["season"]]
    extends, remove = own.pop("extends", None), own.pop("remove", [])
    base = _base(path, extends, reading, above) if extends is not None else {}
    before = deepcopy(base) if "notes" in base else {}
    _remove(base, remove, reading, str(path))
    _name_tranches(own)
    reading.problems += _used_twice(own, (), str(path))
    own = embed(own, "", folder=path.parent, reading=reading, file=str(path))
    claim_lists(own.get("sector"), folder=path.parent, file=str(path))
    _place_record(own, path.parent)
    _record(own, (), str(path), reading.origins)
    tree: Tree = lay_over(base, own)
    notes = own.get("notes")
    forget(tree, before, restated=notes if isinstance(notes, dict) else ())
    return tree


def _toml(path: Path, reading: Reading) -> Tree:
    """Return what one file states, nothing if it cannot be read."""
    allowed = "a readable scenario file"
    try:
        text = reading.content(path, "bytes of TOML").decode("utf-8-sig")
        if len(set(_ADDRESS.findall(text))) > MOST_ADDRESSES:
            found = f"more than {MOST_ADDRESSES} different keys and tables"
            allowed = "a scenario file"
        elif has_long_key(text) or too_deep(tree := tomllib.loads(text)):
            found, allowed = f"tables and arrays nested more than {DEEPEST} deep", "a scenario file"
        else:
            return tree
    except OSError as error:
        found = (error.strerror or str(error) or "cannot be read").lower()
    except UnicodeDecodeError as error:
        found, allowed = f"a byte that is not UTF-8, at offset {error.start}", "UTF-8 text"
    except RecursionError:
        found, allowed = "arrays nested too deep", "a scenario file"
    except tomllib.TOMLDecodeError as error:
        found = f"broken TOML: {error}"
        allowed = 'TOML: dates as 2029-06-30, numbers as 1200.5, text in "quotes"'
    except ValueError:  # of int()
        found, allowed = "a number of thousands of digits", "numbers up to 1e+15"
    reading.refuse(str(path), "", found, allowed)
    reading.whole = False
    return {}


# Extending


def _base(path: Path, extends: Any, reading: Reading, above: tuple[Path, ...]) -> Tree:
    """Return the tree of the file that this one extends."""
    reading.whole, whole = False, reading.whole
    file = str(path)
    if not isinstance(extends, str) or not extends:
        reading.refuse(file, "extends", show(extends), "the path of a scenario file")
        return {}
    target = path.parent / extends
    try:
        chain, resolved = (*above, path.resolve()), target.resolve()
        missing = "" if resolved.is_file() else "no such file"
        missing = "not a regular file" if missing and resolved.exists() else missing
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a zero byte
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        reading.refuse(file, "extends", f"{show(extends)}: {reason}", "the path of a scenario file")
        return {}
    if resolved in chain:
        reading.refuse(file, "extends", f"{show(extends)}: a cycle", "a file not in the chain")
    elif len(chain) > LONGEST_CHAIN:
        reading.refuse(
            file, "extends", f"a chain of {len(chain)} files", f"at most {LONGEST_CHAIN}"
        )
    elif missing:
        reading.refuse(file, "extends", f"{show(extends)}: {missing}", "a scenario file")
    else:
        reading.whole = whole
        return _read(target, reading, chain)
    return {}


def _remove(base: Tree, remove: Any, reading: Reading, file: str) -> None:
    """Take away from the base what the file removes."""
    if not isinstance(remove, list) or not all(isinstance(key, str) for key in remove):
        reading.refuse(file, "remove", show(remove), "an array of dotted keys")
        return
    try:
        reading.take("keys to remove", len(remove))
    except OSError as error:
        reading.refuse(file, "remove", str(error), "fewer")
        return
    for key in remove:
        try:
            path = split(key)
        except ValueError as error:
            reading.refuse(file, "remove", show(key), str(error))
            continue
        if drop(base, path):
            reading.origins[path] = file
        elif reading.whole and (words := of_one_season(path)):
            reading.refuse(file, "remove", show(key), words)
        elif reading.whole:
            near = nearest(path[-1], names_in(find(base, path[:-1])))
            reading.refuse(file, "remove", show(key), "what the base file states", near)


def lay_over(base: Any, own: Any) -> Any:
    """Lay own over base: tables by key, arrays of tables by name, anything else whole.

    A number that own states in another unit replaces the one of base.
    """
    if isinstance(base, dict) and isinstance(own, dict) and not ("dist" in base or "dist" in own):
        base = {k: v for k, v in base.items() if not own.keys() & others(k)}
        return base | {k: lay_over(base[k], v) if k in base else v for k, v in own.items()}
    if is_tables(base) and is_tables(own):
        news = {name: entry for entry in own if (name := name_of(entry)) is not None}
        merged = [lay_over(entry, news.pop(name_of(entry) or "", {})) for entry in base]
        return merged + [e for e in own if name_of(e) is None or name_of(e) in news]
    return own


def _used_twice(value: Any, path: tuple[str, ...], file: str) -> Iterator[Problem]:
    """Find names used twice inside one file, before entries are merged by name."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield from _used_twice(v, (*path, k), file)
    elif is_tables(value):
        for name, times in Counter(names_in(value)).items():
            if times > 1:
                found = f"the name {name!r} {times} times"
                yield Problem(file, dotted(*path, name), found, "a name once")


def _record(value: Any, path: tuple[str, ...], file: str, origins: Origins) -> None:
    """Remember which file stated each key; a law is stated whole."""
    origins[path] = file
    if isinstance(value, dict) and "dist" not in value:
        for k, v in value.items():
            _record(v, (*path, k), file, origins)
    elif is_tables(value):
        for entry in value:
            if (name := name_of(entry)) is not None:
                _record(entry, (*path, name), file, origins)


def _name_tranches(own: Tree) -> None:
    """Name the tranches of funds, so that those of a file that extends another find theirs."""
    funds = find(own, ("money", "fund"))
    for fund in funds if is_tables(funds) else ():
        if is_tables(fund.get("tranches")):
            fund["tranches"] = numbered(fund["tranches"])


def claim_lists(sectors: Any, *, folder: Path, file: str) -> None:
    """Note of every list of areas what its path is relative to, before its entry is merged."""
    for entry in sectors if is_tables(sectors) else ():
        if "file" in entry:
            entry["file"] = ListFile(entry["file"], folder, file)


def _place_record(own: Tree, folder: Path) -> None:
    """Make the path of the record lead from the current folder: what it is relative to is known."""
    record = own.get("record")
    file = record.get("file") if isinstance(record, dict) else None
    if isinstance(file, str) and file:
        own["record"] = own["record"] | {"file": str(folder / file)}


# Empirical laws


def embed(value: Any, key: str, *, folder: Path, reading: Reading, file: str) -> Any:
    """Return the value with every empirical law replaced by the discrete law of its column.

    Parameters
    ----------
    value
        What stands at the key.
    key
        Dotted, empty for the whole file.
    folder
        What the paths of CSV files are relative to.
    reading
        Takes the problems; a law that cannot be read is left out.
    file
        Named in them.
    """
    if isinstance(value, list):
        keys = [f"{key}.{dotted(n)}" if (n := name_of(e)) else f"{key}[]" for e in value]
        entries = [
            embed(e, k, folder=folder, reading=reading, file=file)
            for k, e in zip(keys, value, strict=True)
        ]
        return [e for e in entries if e is not None]
    if not isinstance(value, dict):
        return value
    if key and value.get("dist") == "empirical":
        return _discrete(value, key, folder, reading, file)
    keys = [f"{key}.{dotted(k)}" if key else dotted(k) for k in value]
    inner = {
        name: embed(v, k, folder=folder, reading=reading, file=file)
        for k, (name, v) in zip(keys, value.items(), strict=True)
    }
    return {name: v for name, v in inner.items() if v is not None}


def _discrete(value: Tree, key: str, folder: Path, reading: Reading, file: str) -> Tree | None:
    """Return the discrete law that an empirical one stands for, None if it cannot be read."""
    if len(reading.problems) > MOST_PROBLEMS:
        return None  # no more are told
    try:
        law = Empirical.model_validate(value)
    except ValidationError as error:
        details = [translate(e, value, Empirical) for e in error.errors(include_url=False)]
        found = [p for p in details if p is not None]
        reading.problems += [replace(p, file=file, key=f"{key}.{p.key}") for p in found]
        return None
    try:
        content = io.BytesIO(reading.content(folder / law.file, "bytes of CSV"))
        rows = csv.reader(io.TextIOWrapper(content, "utf-8-sig", newline=""))
        columns = next(rows, [])
        if law.column in columns:
            most = min(MOST_VALUES, reading.left["values in CSV"])
            values = _numbers(rows, columns, law.column, most=most + 1)
            reading.take("values in CSV", len(values))
            return {"dist": "discrete", "values": values}
        found_column = f"no column {show(law.column)} in {show(law.file)}"
        allowed, near = "a column of the file", nearest(law.column, columns)
        reading.refuse(file, f"{key}.column", found_column, allowed, near)
    except OSError as error:
        reason = (error.strerror or str(error) or "cannot be read").lower()
        reading.refuse(file, f"{key}.file", f"{show(law.file)}: {reason}", "a readable CSV file")
    except (ValueError, csv.Error) as error:
        reading.refuse(file, f"{key}.file", f"{show(law.file)}: {error}", "a CSV file of numbers")
    return None


def _numbers(rows: Any, columns: list[str], column: str, *, most: int) -> list[float]:
    """Return the first numbers of a column."""
    place = len(columns) - 1 - columns[::-1].index(column)
    cells = (row[place] if place < len(row) else None for row in rows if row)
    return [_number(cell, rows) for cell in islice(cells, most)]


def _number(cell: str | None, rows: Any) -> float:
    try:
        number = float(cell or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in (cell or ""):
        raise ValueError(f"{show(cell or '')} in line {rows.line_num}")
    return number
