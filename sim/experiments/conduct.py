"""Where an experiment leaves its result: done once, whole or not at all, and continued if stopped.

Its table is the result; pictures and what the terminal shows are made from the table alone, so that
the same command on a finished result shows the same without computing anything.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from sim.engines import Engine
from sim.errors import ResultError
from sim.experiments.study import Study
from sim.results.csv import Schema, from_csv, parquet_bytes, to_csv
from sim.results.drawing import draw_into
from sim.results.folder import read_folder, refuse_foreign, write_folder
from sim.results.manifest import Manifest, differing, manifest_of
from sim.results.storage import default_folder, describe
from sim.results.work import close_work, open_work
from sim.running.workers import Progress
from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Experiment:
    """What an experiment is, and where its result goes.

    Parameters
    ----------
    command
        "sweep", "compare", ...; its table is `<command>.csv`.
    scenario
        That it starts from.
    seed, engine
        As in `run`.
    settings
        Everything else that its numbers depend on.
    schema
        Columns of its table.
    out
        The folder; `results/<campaign.name>-<command>` by default.
    stated
        What else its manifest states.
    """

    command: str
    scenario: Scenario
    seed: int
    engine: Engine
    settings: Mapping[str, Any]
    schema: Schema
    out: Path | None = None
    stated: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the result goes."""
        return self.out or default_folder(self.scenario, command=self.command)

    def manifest(self, *, replications: int = 0, wall_s: float = 0.0, note: str = "") -> Manifest:
        """Return the manifest of its result."""
        about = describe(
            self.scenario,
            command=self.command,
            seed=self.seed,
            asked=replications,
            done=replications,
            engine=self.engine,
            wall_s=wall_s,
            note=note,
        )
        settings = {"seed": self.seed, **self.settings}
        more: Manifest = {"experiment": settings, **self.stated}
        as_read_back: Manifest = json.loads(json.dumps(more, default=str))
        return about | as_read_back


@dataclass(frozen=True)
class Finding:
    """What came out.

    Attributes
    ----------
    table
        With the columns of the experiment's schema.
    replications
        How many are behind it in all.
    note
        Anything else worth saying; empty if there is nothing.
    """

    table: pl.DataFrame
    replications: int
    note: str = ""


def conduct(
    experiment: Experiment,
    *,
    compute: Callable[[Study], Finding],
    pictures: Mapping[str, Callable[[pl.DataFrame, Path], None]],
    more: Mapping[str, Callable[[Study], bytes]] | None = None,
    parquet: bool = False,
    force: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Finding:
    """Return what came out, computed and written unless the same result is there already.

    Parameters
    ----------
    experiment
        What is asked.
    compute
        Does it.
    pictures
        What draws the table into PNG files, by their names; one that fails is left out, and the
        note says why.
    more
        Further files by their names.
    parquet
        Whether the table is written as Parquet too.
    force
        Whether another experiment's result may be replaced, and the same one's done again.
    jobs, progress
        As in `Study`.

    Raises
    ------
    ResultError
        If the place is taken by something else, or cannot be written.
    UnfinishedError
        If it was interrupted; the same call continues.
    """
    folder, about, csv = experiment.folder, experiment.manifest(), f"{experiment.command}.csv"
    digest = about["scenario_sha256"]
    refuse_foreign(
        folder,
        digest=digest,
        force=force,
        command=experiment.command,
        experiment=about["experiment"],
    )
    tables = {csv: to_csv} | ({csv.replace(".csv", ".parquet"): parquet_bytes} if parquet else {})
    held = None if force else _held(experiment, [*tables, *(more or {})], list(pictures))
    if held:
        close_work(folder, manifest=about)
        return held
    since = time.monotonic()
    work = open_work(folder, manifest=about, force=force)
    study = Study(
        seed=experiment.seed, engine=experiment.engine, jobs=jobs, folder=work, progress=progress
    )
    finding = compute(study)

    def files(new: Path) -> None:
        for name, write in tables.items():
            (new / name).write_bytes(write(finding.table))
        for name, make in (more or {}).items():
            (new / name).write_bytes(make(study))
        drawn = {name: partial(draw, finding.table) for name, draw in pictures.items()}
        manifest.update(draw_into(new, drawn, note=finding.note))

    manifest = experiment.manifest(
        replications=finding.replications, wall_s=time.monotonic() - since, note=finding.note
    )
    write_folder(folder, manifest=manifest, files=files, force=force)
    close_work(folder, manifest=about)
    return replace(finding, note=manifest["note"])


def _held(experiment: Experiment, names: list[str], pictures: list[str]) -> Finding | None:
    """Return the result that stands there, if it is the whole one that is asked for.

    A picture that could not be drawn is no reason to compute everything again.
    """
    csv, wanted = f"{experiment.command}.csv", experiment.manifest()
    lost = (manifest_of(experiment.folder) or {}).get("not_drawn")
    named = lost if isinstance(lost, list) else []
    names = [*names, *(name for name in pictures if name not in named)]
    try:
        manifest, files = read_folder(experiment.folder, command=experiment.command, names=names)
        table = from_csv(files[csv], schema=experiment.schema, name=csv)
    except ResultError:
        return None
    same = not differing(manifest, wanted) and manifest.get("version") == wanted["version"]
    replications, note = manifest.get("replications_done"), manifest.get("note")
    if not same or not isinstance(replications, int) or not isinstance(note, str):
        return None
    return Finding(table, replications, note)
