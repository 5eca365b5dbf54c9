"""A command done in parts, on as many machines: each does a share of every ensemble.

A part folder holds the rows of its share, and in its manifest all that is needed to give the same
command again, which then finds every replication done.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sim.engines import Engine
from sim.errors import ResultError
from sim.experiments.study import Study
from sim.outcome import COLUMNS
from sim.results.folder import check_files, read_folder, real, refuse_foreign, write_folder
from sim.results.lists import lists_of, stated_lists
from sim.results.manifest import PROGRAM, Manifest, differing, version_of
from sim.results.storage import default_folder, describe, scenario_of
from sim.results.work import at_work, close_finished, finishing, work_folder
from sim.running.workers import Progress
from sim.scenario.scenario import Scenario

_OPTION = " --part"  # after the command, in a manifest
_COMMANDS = tuple(command + _OPTION for command in ("run", "sweep", "explain"))
_NO_NUMBERS = "python"  # package versions on which no number depends


class Asked(BaseModel):
    """What a part is a part of, as its manifest states it.

    Attributes
    ----------
    part, parts
        The how manyth it is, from 1 on, of how many.
    replications, seed, engine, parquet
        As in `Options`, of all parts together.
    vary, design, points
        Of a sweep, as on the command line.
    only, all_inputs
        Of an explanation, as on the command line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    part: Annotated[int, Field(ge=1)]
    parts: Annotated[int, Field(ge=1)]
    replications: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    engine: Engine
    parquet: bool
    vary: tuple[str, ...] = ()
    design: Literal["grid", "lhs", "sobol"] = "grid"
    points: Annotated[int, Field(ge=1)] | None = None
    only: tuple[Literal["uncertainty", "delays", "crews"], ...] = ()
    all_inputs: bool = False

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.part > self.parts:
            raise ValueError("a part beyond the last one")
        return self


@dataclass(frozen=True)
class Whole:
    """What some parts are together.

    Attributes
    ----------
    command
        "run", "sweep" or "explain".
    scenario, asked
        What it is about.
    remarks
        What is doubtful about putting them together.
    """

    command: str
    scenario: Scenario
    asked: Asked
    remarks: Sequence[str]


def do_part(
    scenario: Scenario,
    asked: Asked,
    *,
    command: str,
    compute: Callable[[Study], object],
    columns: Collection[str] = COLUMNS,
    out: Path | None = None,
    force: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> tuple[Path, int]:
    """Do a part of a command, unless it is done; return its folder, and its replications.

    Parameters
    ----------
    scenario, asked
        What it is a part of.
    command
        "run", "sweep" or "explain".
    compute
        Asks for all ensembles of the command; what it returns is not used.
    columns
        Of ensembles that the command reads.
    out
        Where it goes; by default beside the result, with `-part-I-of-N` after its name.
    force
        Whether another result there may be replaced.
    jobs, progress, executor
        As in `Study`.

    Raises
    ------
    ResultError
        If the place is taken by something else, or cannot be written.
    UnfinishedError
        If it was interrupted; the same call continues.
    """
    result = default_folder(scenario, command=command)
    folder = out or result.with_name(f"{result.name}-part-{asked.part}-of-{asked.parts}")
    since, about = time.monotonic(), _manifest(scenario, asked, command, folder)
    refuse_foreign(
        folder,
        digest=about["scenario_sha256"],
        force=force,
        command=about["command"],
        experiment=about["experiment"],
    )
    if not force and (done := _done_before(folder, about)):
        close_finished(folder)
        return folder, done
    with at_work(folder, manifest=about, force=force) as work:
        study = Study(
            seed=asked.seed,
            engine=asked.engine,
            jobs=jobs,
            folder=work,
            progress=progress,
            columns=columns,
            share=(asked.part, asked.parts),
            executor=executor,
        )
        compute(study)
        done, covered = study.replications, study.covers_what_is_kept
        manifest = _manifest(
            scenario, asked, command, folder, done=done, wall_s=time.monotonic() - since
        )
        with finishing(
            folder, manifest=about, replications=done, covered=covered, written=study.written
        ):
            write_folder(folder, manifest=manifest, files=study.hand_over, force=force)
    return folder, done


def together(folders: Sequence[Path]) -> Whole:
    """Return what parts are together, if they are whole and all there.

    Raises
    ------
    ResultError
        If one is damaged, not finished, of another version of this program or not a part at all;
        if they do not belong together; if one is there twice, or missing.
    """
    read = [(folder, *_read(folder)) for folder in folders]
    first, manifest, asked = read[0]
    for folder, each, _ in read[1:]:
        if other := differing(manifest, each, but=("part",)):
            raise ResultError(
                f"{folder}: does not belong together with {first}, which has {', '.join(other)}"
            )
    _refuse_gaps([(folder, each.part) for folder, _, each in read], asked.parts)
    remarks = [remark for folder, each, _ in read for remark in _doubts(folder, each)]
    scenario = scenario_of(first, manifest).remarked((), lists=lists_of(manifest, first))
    return Whole(manifest["command"].removesuffix(_OPTION), scenario, asked, remarks)


def _manifest(
    scenario: Scenario,
    asked: Asked,
    command: str,
    folder: Path,
    *,
    done: int = 0,
    wall_s: float = 0.0,
) -> Manifest:
    about = describe(
        scenario,
        command=command + _OPTION,
        seed=asked.seed,
        asked=done,
        done=done,
        engine=asked.engine,
        wall_s=wall_s,
    )
    about["experiment"] = asked.model_dump(mode="json")
    return about | ({"lists": stated_lists(scenario.lists, folder)} if scenario.lists else {})


def _done_before(folder: Path, about: Manifest) -> int:
    """Return how many replications a part has that is done; 0 if it is not."""
    try:
        manifest, _ = _read(folder)
    except ResultError:
        return 0
    done = manifest.get("replications_done")
    return done if isinstance(done, int) and not differing(manifest, about) else 0


def _read(folder: Path) -> tuple[Manifest, Asked]:
    """Return what a part says of itself, if it is whole."""
    if not real(folder).exists() and work_folder(folder).is_dir():
        raise ResultError(f"{folder}: is not finished: the command that began it continues it")
    manifest, _ = read_folder(folder, command=_COMMANDS[0], names=(), also=_COMMANDS)
    there, here = manifest.get("version"), version_of(PROGRAM)
    if there != here:
        raise ResultError(
            f"{folder}: was done by version {there} of this program, and this is {here}: put it"
            " together with that one, or do it again"
        )
    try:
        asked = Asked.model_validate(manifest.get("experiment"))
    except ValidationError as error:
        raise ResultError(f"{folder}: damaged: its manifest lacks what it is a part of") from error
    check_files(folder, manifest)
    return manifest, asked


def _refuse_gaps(found: Sequence[tuple[Path, int]], parts: int) -> None:
    """Raise if a part is there twice, or missing."""
    for part, times in Counter(part for _, part in found).items():
        if times > 1:
            both = " and ".join(str(folder) for folder, each in found if each == part)
            raise ResultError(f"{both}: are all part {part} of {parts}: give each part once")
    lost = sorted(set(range(1, parts + 1)) - {part for _, part in found})
    if lost:
        named = ",".join(map(str, lost))  # as a batch system takes them
        some = f"part {named} of {parts} is" if len(lost) == 1 else f"parts {named} of {parts} are"
        raise ResultError(f"{some} missing")


def _doubts(folder: Path, manifest: Manifest) -> list[str]:
    """Return what is doubtful about putting a part together with what is done here."""
    stated: Any = manifest.get("versions")
    there = stated if isinstance(stated, dict) else {}
    other = [
        f"{name} {version} (here {version_of(name)})"
        for name, version in there.items()
        if name != _NO_NUMBERS and version != version_of(name)
    ]
    return [f"{folder}: done with {', '.join(other)}: last digits may differ"] if other else []
