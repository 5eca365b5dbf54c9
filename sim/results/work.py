"""The unfinished work of a run or an experiment: a hidden folder beside its result.

`.name.unfinished` holds the finished replications of what is under way, and a manifest that says
what that is. It goes when the result is written. Two experiments do not share it unknowingly.
"""

import json
import os
import re
import secrets
from pathlib import Path

from sim.errors import ResultError
from sim.results.folder import discard, locked, real, reason, recover, sync
from sim.results.manifest import MANIFEST, PROGRAM, Manifest, differing, manifest_of

_ENTRY = re.compile(r"\.?[0-9a-f]{32}\.\d+-\d+\.npz(\..*\.part)?")


def work_folder(folder: Path) -> Path:
    """Return where the unfinished work for a result folder stands."""
    place = real(folder)
    return place.parent / f".{place.name}.unfinished"


def open_work(folder: Path, *, manifest: Manifest, force: bool) -> Path:
    """Return the work folder of an experiment, new or as it was left.

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
    place, work = real(folder), work_folder(folder)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with locked(place.parent):
            recover(place)
            if work.exists():
                _refuse_foreign(work, manifest, force=force)
                _state(work, manifest)
            else:
                new = place.parent / f".{place.name}.new-{os.getpid()}-{secrets.token_hex(4)}"
                new.mkdir()
                _state(new, manifest)
                new.rename(work)
                sync(place.parent)
    except OSError as error:
        raise ResultError(reason(folder, error)) from error
    return work


def close_work(folder: Path, *, manifest: Manifest) -> None:
    """Delete the unfinished work of an experiment; that of another one is left alone.

    Parameters
    ----------
    folder, manifest
        As in `open_work`.
    """
    work = work_folder(folder)
    if not work.is_dir():
        return
    held = manifest_of(work)
    if held is not None and differing(held, manifest):
        return
    if _only_ours(work):
        discard(work, real(folder))
        return
    for path in filter(_is_entry, list(work.iterdir())):
        path.unlink(missing_ok=True)  # what somebody put there stays


def _refuse_foreign(work: Path, manifest: Manifest, *, force: bool) -> None:
    held = manifest_of(work) if work.is_dir() else None
    if held is None and work.is_dir() and all(map(_is_entry, work.iterdir())):
        return
    if held is None:
        raise ResultError(
            f"{work}: is no work of this program, and is left alone: give another place with --out"
        )
    other = differing(held, manifest)
    if other and not force:
        raise ResultError(
            f"{work}: holds the unfinished work of `{PROGRAM} {held.get('command')}` with"
            f" {', '.join(other)}; finish that first, start this one all the same with --force, or"
            " give another place with --out"
        )


def _only_ours(work: Path) -> bool:
    """Tell whether there is nothing but what a study keeps, and its manifest.

    Without the manifest it is where the same experiment ran twice at a time, and one was done
    before the other.
    """
    return all(path.name == MANIFEST or _is_entry(path) for path in work.iterdir())


def _is_entry(path: Path) -> bool:
    return bool(_ENTRY.fullmatch(path.name))


def _state(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    part = folder / f".{MANIFEST}.part"
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    part.unlink(missing_ok=True)  # of a dead writer, or a pipe that would be waited for
    part.write_text(text + "\n", encoding="utf-8", newline="\n")
    sync(part)
    part.replace(folder / MANIFEST)
