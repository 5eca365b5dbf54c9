"""Finished replications on disk: each file is named by what is in it, and is whole or not there."""

import hashlib
import io
import json
import os
import re
import secrets
import sys
import zipfile
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import ResultError
from sim.files import content_of
from sim.outcome import Rows, only
from sim.results.folder import reason
from sim.results.manifest import PROGRAM, version_of
from sim.sampling.recipes import Readings, Recipes
from sim.scenario.scenario import Scenario

_DIGEST_BYTES = 32
ENTRY = re.compile(r"([0-9a-f]{32})\.(\d+)-(\d+)\.npz")  # address, first, last replication
# what reading raises where somebody made the file, with a digest that is right
_FORGED = (
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def address_of(
    scenario: Scenario, seed: int, recipes: Recipes | None, readings: Readings | None = None
) -> str:
    """Return the digest of everything the numbers of an ensemble depend on."""
    content: dict[str, Any] = {"version": version_of(PROGRAM), "scenario": scenario.digest()}
    content |= {"seed": seed} | ({"recipes": recipes.address} if recipes else {})
    content |= {"readings": readings.address} if readings else {}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def write_rows(path: Path, rows: Rows) -> None:
    """Write a file whole or not at all: its digest, then its content."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **rows)
    data = content.getvalue()
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ResultError(reason(path.parent, error, what="what was finished")) from error
    finally:
        with suppress(OSError):
            part.unlink()


def read_rows(path: Path, columns: Collection[str]) -> Rows | None:
    """Return some columns of a file, None if it is not what was written, or one is not in it."""
    try:
        data = content_of(path, most=sys.maxsize)
    except (OSError, MemoryError):
        return None
    digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as entries:
            if any(entry.file_size > len(content) for entry in entries.infolist()):
                return None  # packed, which it is not when written: may have any size
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in columns if name in arrays}
    except _FORGED:
        return None
    whole = len(found) == len(columns) and _as_named(path, found)
    return only(found, columns) if whole else None


def _as_named(path: Path, rows: Rows) -> bool:
    """Tell whether there are whole numbers for the replications that the name of a file states."""
    first, last = map(int, path.name.split(".")[1].split("-"))
    size = (last - first + 1,)
    whole = all(v.dtype.kind == "i" and v.shape[:1] == size for v in rows.values())
    names = rows.get("replication")
    return whole and names is not None and np.array_equal(names, np.arange(first, last + 1))
