"""The result of an experiment, read from its folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from sim.errors import ResultError
from sim.results.csv import Schema, first_line, from_csv
from sim.results.folder import read_folder
from sim.results.manifest import Manifest, manifest_of
from sim.results.page.part import Source
from sim.results.storage import scenario_of
from sim.scenario.scenario import Scenario

_AS_THEY_ARE = (pl.Int64(), pl.Float64(), pl.Boolean())


@dataclass(frozen=True)
class Held:
    """What the folder of an experiment holds.

    Attributes
    ----------
    folder
        Where it stands.
    manifest
        All of `manifest.json`.
    scenario
        That the experiment started from.
    source
        Its table.
    others
        Further tables, by their names.
    """

    folder: Path
    manifest: Manifest
    scenario: Scenario
    source: Source
    others: Mapping[str, Source] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What was asked, as its manifest states it."""
        stated = self.manifest.get("experiment")
        return stated if isinstance(stated, dict) else {}

    @property
    def stopped(self) -> str:
        """What is to be said if it was stopped before its end; empty if it was not."""
        complete = self.manifest.get("complete") is True
        return "" if complete else "it was stopped: this is what was found until then."


def command_of(folder: Path) -> str:
    """Return the command whose result a folder holds; empty if it holds none."""
    manifest = manifest_of(folder)
    return str(manifest.get("command")) if manifest else ""


def read_experiment(
    folder: Path,
    command: str,
    schema: Schema | Callable[[bytes], Schema],
    *,
    others: Mapping[str, Schema] = MappingProxyType({}),
) -> Held:
    """Return the result of an experiment.

    Parameters
    ----------
    folder
        Where it stands.
    command
        Of the experiment; its table is `<command>.csv`.
    schema
        Columns of its table, or what gives them where they depend on what was asked.
    others
        Columns of further tables, by their names; these may have no rows.

    Raises
    ------
    ResultError
        If it is no such result, or something in it is missing or damaged.
    """
    names = [f"{name}.csv" for name in (command, *others)]
    manifest, files = read_folder(folder, command=command, names=names)
    scenario, data = scenario_of(folder, manifest), files[names[0]]

    def source(name: str, columns: Schema) -> Source:
        frame = from_csv(files[name], schema=columns, name=str(folder / name))
        return Source(frame, f"{folder.resolve().name}/{name}")

    found = source(names[0], schema(data) if callable(schema) else schema)
    if not len(found.frame):
        raise ResultError(f"{folder}: holds no finished part of `{command}`: nothing to report")
    more = {name: source(f"{name}.csv", columns) for name, columns in others.items()}
    return Held(folder, manifest, scenario, found, more)


def schema_of_points(data: bytes, *, others: Schema) -> Schema:
    """Return the columns of a table of points: varied keys, `replications`, and numbers.

    Parameters
    ----------
    data
        The CSV file.
    others
        Columns that are no numbers.
    """
    try:
        found = pl.read_csv(data, infer_schema_length=None, raise_if_empty=False)
    except pl.exceptions.PolarsError:
        return dict(others)  # `from_csv` says what is wrong
    names = first_line(data)
    keys = names.index("replications") if "replications" in names else 0
    kinds = [kind if kind in _AS_THEY_ARE else pl.String() for kind in found.dtypes]
    schema: dict[str, pl.DataType] = dict(zip(names[:keys], kinds, strict=False))
    return schema | {name: others.get(name, pl.Float64()) for name in names[keys:]}
