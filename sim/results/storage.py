"""Results on disk: what a run leaves, and reading it again.

Reading needs neither engine: no simpy, no numba.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from sim.errors import ResultError
from sim.outcome import Campaign, Ensemble
from sim.results.csv import from_csv, parquet_bytes, write_csv
from sim.results.folder import read_folder, write_folder
from sim.results.lists import stated_lists
from sim.results.manifest import PROGRAM, Manifest, version_of
from sim.results.pictures.drawing import Draw, draw_into, pictures_of
from sim.results.tables import SCHEMAS, schemas, tables
from sim.results.timelines import SCHEMA as TIMELINES
from sim.results.timelines import timelines
from sim.scenario.scenario import SCHEMA_VERSION, Scenario

PACKAGES = ("numpy", "scipy", "numba", "simpy")
_RUN = "run"
FORECAST = "forecast"  # whose folder holds what a run leaves, and more
INCOMPLETE = "INCOMPLETE.txt"  # stands in the result of what was stopped


@dataclass(frozen=True)
class More:
    """What a folder holds besides what a run leaves.

    Attributes
    ----------
    command
        That leaves it.
    stated
        In its manifest.
    frames
        Tables by their names.
    files
        Other files by their names.
    pictures
        What draws all tables of the folder into a file, by the names of those.
    """

    command: str = _RUN
    stated: Mapping[str, Any] = field(default_factory=dict)
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    pictures: Mapping[str, Callable[[Mapping[str, pl.DataFrame], Path], None]] = field(
        default_factory=dict
    )


_NO_MORE = More()


@dataclass(frozen=True, eq=False)
class Results:
    """What a result folder holds.

    Attributes
    ----------
    scenario, seed
        What was run.
    complete
        Whether all replications that were asked for were done.
    manifest
        All of `manifest.json`.
    summary, replications, progress, sectors, crew_time, years, regions, operators
        The tables, with the columns of `sim.results.tables.schemas`.
    timelines
        The table, with the columns of `sim.results.timelines.SCHEMA`.
    """

    scenario: Scenario
    seed: int
    complete: bool
    manifest: Manifest
    summary: pl.DataFrame
    replications: pl.DataFrame
    progress: pl.DataFrame
    sectors: pl.DataFrame
    crew_time: pl.DataFrame
    years: pl.DataFrame
    regions: pl.DataFrame
    operators: pl.DataFrame
    timelines: pl.DataFrame

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by its name."""
        return {name: getattr(self, name) for name in (*SCHEMAS, "timelines")}


def default_folder(scenario: Scenario, *, command: str = _RUN) -> Path:
    """Return where the result of a command goes unless it is told otherwise."""
    name = scenario.campaign.name
    return Path("results") / (name if command == _RUN else f"{name}-{command}")


def describe(
    scenario: Scenario,
    *,
    command: str,
    seed: int,
    asked: int,
    done: int,
    engine: str,
    wall_s: float,
    note: str = "",
) -> Manifest:
    """Return the manifest of a result; commands may add keys of their own.

    Parameters
    ----------
    scenario
        What was run.
    command
        "run", "sweep", ...
    seed
        Seed of all luck.
    asked, done
        Replications.
    engine
        That moved the campaigns.
    wall_s
        How long it took, seconds.
    note
        Why it is not complete, or anything else worth keeping.
    """
    return {
        "program": PROGRAM,
        "version": version_of(PROGRAM),
        "schema_version": SCHEMA_VERSION,
        "command": command,
        "campaign": scenario.campaign.name,
        "scenario_sha256": scenario.digest(),
        "seed": seed,
        "replications_asked": asked,
        "replications_done": done,
        "complete": done == asked,
        "engine": engine,
        "wall_s": round(wall_s, 3),
        "note": note,
        "versions": {"python": platform.python_version()} | {p: version_of(p) for p in PACKAGES},
        "scenario": scenario.resolved(),
    }


def write_results(
    ensemble: Ensemble,
    *,
    out: Path | None = None,
    force: bool = False,
    parquet: bool = False,
    engine: str,
    wall_s: float,
    note: str = "",
    campaigns: Sequence[Campaign] = (),
    more: More = _NO_MORE,
) -> Path:
    """Write the tables and pictures of a run; return the folder.

    A picture that cannot be drawn is left out, and the note in the manifest says why.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    out
        The folder; `results/<campaign.name>` by default.
    force
        Whether another scenario's result there may be replaced.
    parquet
        Whether each table is written as Parquet too.
    engine, wall_s, note
        As in `describe`.
    campaigns
        From `running.timelines`; without them `timelines.csv` has no rows, and no picture.
    more
        What else the folder is to hold, and whose it is.

    Raises
    ------
    ResultError
        If there is nothing to write, the place is taken, or the disk is full or cannot be written.
    """
    if not ensemble.replications:
        raise ResultError("no replication was finished: there is no result to write")
    folder = Path(out or default_folder(ensemble.scenario, command=more.command))
    manifest = describe(
        ensemble.scenario,
        command=more.command,
        seed=ensemble.seed,
        asked=ensemble.asked,
        done=ensemble.replications,
        engine=engine,
        wall_s=wall_s,
        note=note,
    )
    manifest |= {"censored": ensemble.censored, **more.stated}
    if ensemble.scenario.lists:
        manifest |= {"lists": stated_lists(ensemble.scenario.lists, folder)}

    frames = tables(ensemble) | {"timelines": timelines(ensemble.scenario, campaigns)}
    frames |= more.frames

    def files(new: Path) -> None:
        for name, frame in frames.items():
            write_csv(frame, new / f"{name}.csv")
            if parquet:
                (new / f"{name}.parquet").write_bytes(parquet_bytes(frame))
        for name, data in more.files.items():
            (new / name).write_bytes(data)
        if not ensemble.complete:
            text = _incomplete(ensemble, note)
            (new / INCOMPLETE).write_text(text, encoding="utf-8", newline="\n")
        pictures = _pictures(ensemble, frames)
        pictures |= {name: partial(draw, frames) for name, draw in more.pictures.items()}
        manifest.update(draw_into(new, pictures, note=note))

    write_folder(folder, manifest=manifest, files=files, force=force)
    return folder


def _pictures(ensemble: Ensemble, frames: Mapping[str, pl.DataFrame]) -> dict[str, Draw]:
    """Return what draws each picture; who only reads results needs no matplotlib."""

    def draw(name: str, path: Path) -> None:
        from sim.results.pictures.canvas import Subject  # noqa: PLC0415
        from sim.results.pictures.gallery import write_png  # noqa: PLC0415

        write_png(name, frames, Subject.of(ensemble), path)

    return {f"{name}.png": partial(draw, name) for name in pictures_of(frames, ensemble.scenario)}


def _incomplete(ensemble: Ensemble, note: str) -> str:
    return (
        f"{ensemble.replications} of {ensemble.asked} replications were done.\n"
        f"Why: {note or 'the run was stopped'}.\n"
        "All tables and pictures in this folder are about the replications that were done.\n"
    )


def read_results(path: str | Path) -> Results:
    """Return what the result folder of a run, or of a forecast, holds.

    Parameters
    ----------
    path
        The folder; of a forecast it is the run that agrees with the record.

    Raises
    ------
    ResultError
        If it is not such a result, or something in it is missing or damaged.
    """
    folder = Path(path)
    names = [f"{name}.csv" for name in (*SCHEMAS, "timelines")]
    manifest, files = read_folder(folder, command=_RUN, names=names, also=[FORECAST])
    scenario = scenario_of(folder, manifest)
    frames = {
        name: from_csv(files[f"{name}.csv"], schema=schema, name=str(folder / f"{name}.csv"))
        for name, schema in (schemas(scenario) | {"timelines": TIMELINES}).items()
    }
    seed, complete = manifest.get("seed"), manifest.get("complete")
    if not isinstance(seed, int) or not isinstance(complete, bool):
        raise ResultError(f"{folder}: damaged: its manifest lacks the seed, or `complete`")
    return Results(scenario=scenario, seed=seed, complete=complete, manifest=manifest, **frames)


def scenario_of(folder: Path, manifest: Manifest) -> Scenario:
    """Return the scenario of a manifest, if it is the one that was run."""
    version = manifest.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ResultError(
            f"{folder}: written with schema version {version}; this program reads {SCHEMA_VERSION}"
        )
    stated = manifest.get("scenario")
    canonical = json.dumps(stated, sort_keys=True, separators=(",", ":"))  # as Scenario.digest
    if hashlib.sha256(canonical.encode()).hexdigest() != manifest.get("scenario_sha256"):
        raise ResultError(f"{folder}: damaged: its scenario is not the one that was run")
    try:
        return Scenario.model_validate_json(canonical)
    except ValidationError as error:
        raise ResultError(f"{folder}: damaged: its scenario cannot be read") from error
