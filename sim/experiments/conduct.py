"""Where an experiment leaves its result: done once, whole or not at all, and continued if stopped.

Its table is the result; pictures and what the terminal shows are made from the table alone, so that
the same command on a finished result shows the same without computing anything.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from sim.engines import Engine
from sim.errors import ResultError
from sim.experiments.forecast.given import worth_of_given
from sim.experiments.study import Study
from sim.outcome import COLUMNS
from sim.results.csv import Schema, from_csv, parquet_bytes, to_csv
from sim.results.folder import read_folder, refuse_foreign, write_folder
from sim.results.manifest import Manifest, differing, manifest_of
from sim.results.pictures.drawing import draw_into
from sim.results.storage import INCOMPLETE, default_folder, describe
from sim.results.work import at_work, close_finished, finishing
from sim.running.workers import Progress, UnfinishedError
from sim.sampling.recipes import Given
from sim.scenario.scenario import Scenario

T = TypeVar("T")


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
    columns
        Of ensembles that it reads.
    given
        Recipes of campaigns that agree with a record, if it is about those.
    """

    command: str
    scenario: Scenario
    seed: int
    engine: Engine
    settings: Mapping[str, Any]
    schema: Schema
    out: Path | None = None
    stated: Mapping[str, Any] = field(default_factory=dict)
    columns: Collection[str] = COLUMNS
    given: Given | None = None

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
        if self.given:
            settings |= {"given": self.given.address}
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
    complete
        Whether it is all that was asked for.
    """

    table: pl.DataFrame
    replications: int
    note: str = ""
    complete: bool = True


def conduct(
    experiment: Experiment,
    *,
    compute: Callable[[Study], T],
    found: Callable[[T], Finding],
    pictures: Mapping[str, Callable[[pl.DataFrame, Path], None]],
    more: Mapping[str, Callable[[Study], bytes]] | None = None,
    parquet: bool = False,
    force: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    kept_in: Collection[Path] = (),
    workers: Callable[[], AbstractContextManager[Executor | None]] = nullcontext,
) -> Finding:
    """Return what came out, computed and written unless the same result is there already.

    Parameters
    ----------
    experiment
        What is asked.
    compute
        Does it.
    found
        What came out, of all or of what was done before an interruption.
    pictures
        What draws the table into PNG files, by their names; one that fails is left out, and the
        note says why.
    more
        Further files by their names.
    parquet
        Whether the table is written as Parquet too.
    force
        Whether another experiment's result may be replaced, and the same one's done again.
    jobs, progress, kept_in
        As in `Study`.
    workers
        Gives its executor, if there is something to compute.

    Raises
    ------
    ResultError
        If the place is taken by something else, or cannot be written.
    UnfinishedError
        If it was interrupted; the same call continues. What came out until then, if anything, is
        its `so_far`.
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
        close_finished(folder)
        return held
    since = time.monotonic()
    with workers() as executor, at_work(folder, manifest=about, force=force) as work:
        study = Study(
            seed=experiment.seed,
            engine=experiment.engine,
            jobs=jobs,
            folder=work,
            progress=progress,
            columns=experiment.columns,
            given=experiment.given,
            kept_in=kept_in,
            executor=executor,
        )
        try:
            notes = worth_of_given(experiment.given), study.lacked, study.note
            finding = noted(found(compute(study)), *notes)
        except UnfinishedError as error:
            if error.so_far is not None:
                error.so_far = replace(found(error.so_far), note=str(error), complete=False)
            raise

        def files(new: Path) -> None:
            for name, write in tables.items():
                (new / name).write_bytes(write(finding.table))
            for name, make in (more or {}).items():
                (new / name).write_bytes(make(study))
            drawn = {name: partial(draw, finding.table) for name, draw in pictures.items()}
            manifest.update(draw_into(new, drawn, note=finding.note))

        done, wall_s = finding.replications, time.monotonic() - since
        manifest = experiment.manifest(replications=done, wall_s=wall_s, note=finding.note)
        covered = study.covers_what_is_kept
        with finishing(
            folder, manifest=about, replications=done, covered=covered, written=study.written
        ):
            write_folder(folder, manifest=manifest, files=files, force=force)
    return replace(finding, note=manifest["note"])


def noted(finding: Finding, *notes: str) -> Finding:
    """Return it with what else is to be noted: of campaigns of a forecast, parts, workers."""
    return replace(finding, note="; ".join(filter(None, (finding.note, *notes))))


def write_stopped(experiment: Experiment, finding: Finding) -> None:
    """Write the table of an experiment that was interrupted, unless a complete result stands there.

    Raises
    ------
    ResultError
        If one does, or the place is taken by something else, or cannot be written.
    """

    def files(new: Path) -> None:
        (new / f"{experiment.command}.csv").write_bytes(to_csv(finding.table))
        text = (
            f"{finding.note}.\nThe table holds what was done before: the same command continues.\n"
        )
        (new / INCOMPLETE).write_text(text, encoding="utf-8", newline="\n")

    manifest = experiment.manifest(replications=finding.replications, note=finding.note)
    manifest |= {"complete": False, "replications_asked": None}
    write_folder(experiment.folder, manifest=manifest, files=files, force=False)


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
    same = manifest.get("complete") is True and not differing(manifest, wanted)
    same = same and manifest.get("version") == wanted["version"]
    replications, note = manifest.get("replications_done"), manifest.get("note")
    if not same or not isinstance(replications, int) or not isinstance(note, str):
        return None
    return Finding(table, replications, note)
