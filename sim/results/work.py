"""The unfinished work of a run or an experiment: a hidden folder beside its result.

`.name.unfinished` holds the finished replications of what is under way, and the manifest of the
command that began it. It goes when a result is written that holds all of them; a command that asks
for less takes away what it has added, and leaves the rest to the one that began it. Two experiments
do not share it unknowingly.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.errors import ResultError
from sim.results.folder import beside, discard, locked, real, reason, recover, sync
from sim.results.manifest import (
    MANIFEST,
    PROGRAM,
    QUESTIONS,
    Manifest,
    differing,
    manifest_of,
)

_PART = f".{MANIFEST}.part"
_FINISHED = "finished"  # of work whose result is being written: how many replications that has
_KEPT = re.compile(r"[0-9a-f]{32}\.\d+-\d+\.npz")
_BEGUN = re.compile(rf"\.{_KEPT.pattern}\..*\.part|{re.escape(_PART)}")


def work_folder(folder: Path) -> Path:
    """Return where the unfinished work for a result folder stands."""
    place = real(folder)
    return place.parent / f".{place.name}.unfinished"


@contextmanager
def at_work(folder: Path, *, manifest: Manifest, force: bool) -> Iterator[Path]:
    """Give the work folder of a command, new or as it was left; it goes if nothing is kept in it.

    Parameters
    ----------
    folder
        Where the result will stand.
    manifest
        With `program`, `command`, `campaign`, `scenario_sha256` and `experiment`.
    force
        Whether the work of another experiment may be taken over: what both need is not done again.

    Raises
    ------
    ResultError
        If another experiment's work stands there, or it cannot be written.
    """
    work = open_work(folder, manifest=manifest, force=force)
    try:
        yield work
    finally:
        with suppress(OSError):
            if not any(_KEPT.fullmatch(path.name) for path in work.iterdir()):
                _delete(folder)


@contextmanager
def finishing(
    folder: Path,
    *,
    manifest: Manifest,
    replications: int,
    covered: Callable[[], bool],
    written: Collection[Path],
) -> Iterator[None]:
    """Delete the work whose result is written meanwhile: of another's what was added to it.

    Parameters
    ----------
    folder, manifest
        As in `at_work`.
    replications
        Of the result.
    covered
        Tells whether the result holds all that is kept there.
    written
        What its own command has kept there.
    """
    work = work_folder(folder)
    if work.is_dir() and covered():
        with suppress(OSError):  # a mark for the case that somebody dies before it is deleted
            _state(work, manifest | {_FINISHED: replications})
    yield
    if work.is_dir() and covered():
        _delete(folder)
    for path in written:
        path.unlink(missing_ok=True)


def open_work(folder: Path, *, manifest: Manifest, force: bool) -> Path:
    """Return the work folder of a command: see `at_work`."""
    place, work = real(folder), work_folder(folder)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        close_finished(folder)
        with locked(place.parent):
            recover(place)
            if work.exists():
                _refuse_foreign(work, manifest, force=force)
                held = manifest_of(work)
                if held is None or _FINISHED in held:
                    _state(work, manifest)
            else:
                new = beside(place)
                new.mkdir()
                _state(new, manifest)
                new.rename(work)
                sync(place.parent)
    except OSError as error:
        raise ResultError(reason(folder, error)) from error
    return work


def close_finished(folder: Path) -> None:
    """Delete the work that is all in the result, if its command died before doing so."""
    held, result = manifest_of(work_folder(folder)), manifest_of(real(folder))
    if not held or not result or not result.get("complete") or differing(result, held):
        return
    if held.get(_FINISHED) == result.get("replications_done"):
        _delete(folder)


def _delete(folder: Path) -> None:
    """Delete the work folder, but for what somebody put there."""
    work = work_folder(folder)
    if all(path.name == MANIFEST or _is_ours(path) for path in work.iterdir()):
        discard(work, real(folder))
        return
    for path in filter(_is_ours, list(work.iterdir())):
        path.unlink(missing_ok=True)


def _refuse_foreign(work: Path, manifest: Manifest, *, force: bool) -> None:
    held = manifest_of(work) if work.is_dir() else None
    if held is None and work.is_dir() and all(map(_is_ours, work.iterdir())):
        return
    if held is None:
        raise ResultError(
            f"{work}: is no work of this program, and is left alone: give another place with --out"
        )
    other = differing(held, manifest, but=QUESTIONS)
    if other and not force:
        raise ResultError(
            f"{work}: holds the unfinished work of `{PROGRAM} {held.get('command')}` with"
            f" {', '.join(other)}; finish that first, start this one all the same with --force, or"
            " give another place with --out"
        )


def _is_ours(path: Path) -> bool:
    return bool(_KEPT.fullmatch(path.name) or _BEGUN.fullmatch(path.name))


def _state(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    part = folder / _PART
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    part.unlink(missing_ok=True)  # of a dead writer, or a pipe that would be waited for
    part.write_text(text + "\n", encoding="utf-8", newline="\n")
    sync(part)
    part.replace(folder / MANIFEST)
