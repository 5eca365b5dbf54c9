"""A result folder is written whole or not at all, and nobody else's folder is touched.

A result is made in a fresh hidden folder beside its place (`.name.new-...`) and swapped in: the
result that was there becomes `.name.old`, the new one takes its place, the old one is deleted.
After a crash at any point one of the two stands in its place, or as `.name.old`, from where the
next `write_folder` or `read_folder` puts it back. What dead writers left is cleaned on the same
occasion: a fresh folder is locked as long as its writer lives, on whatever machine or in whatever
container that is. Where there are no locks, what is a day old is left by the dead.

A folder is a result of this program if its `manifest.json` says so; the manifest is written last.
What is not, byte for byte, what this program wrote there stops a result from being replaced, also
by force: it is somebody's work. What desktops leave by themselves is taken along instead.
"""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.errors import ResultError, show
from sim.results.manifest import (
    MANIFEST,
    PROGRAM,
    QUESTIONS,
    Manifest,
    differing,
    manifest_of,
)

if sys.platform != "win32":
    import fcntl

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OLD_S = 86_400.0
_LITTER = re.compile(r"\.DS_Store|Thumbs\.db|desktop\.ini|\.~lock\..*#|~\$.*")  # of desktops


def write_folder(
    folder: Path, *, manifest: Manifest, files: Callable[[Path], None], force: bool
) -> None:
    """Write a result folder, whole or not at all.

    Parameters
    ----------
    folder
        Its place; a link is followed, parents are created.
    manifest
        With `program`, `command`, `campaign` and `scenario_sha256`, which say whose result it is,
        and, for an experiment, `experiment`: all else that its numbers depend on. The SHA-256 of
        every file is added as `files`.
    files
        Writes all other files into the folder it is given.
    force
        Whether another scenario's result may be replaced.

    Raises
    ------
    ResultError
        If the place is taken, or the disk is full or cannot be written.
    """
    place = real(folder)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with locked(place.parent):
            recover(place)
            _check(place, manifest, force=force)
        with _fresh(place) as new:
            files(new)
            _finish(new, manifest)
            with locked(place.parent):
                recover(place)
                _check(place, manifest, force=force)
                _swap(new, place)
    except OSError as error:
        raise ResultError(reason(folder, error)) from error


def refuse_foreign(
    folder: Path,
    *,
    digest: str,
    force: bool,
    command: str = "run",
    experiment: Manifest | None = None,
    replications: int | None = None,
) -> None:
    """Raise if a result may not be written here: to be asked before the work is done.

    Parameters
    ----------
    folder
        The place.
    digest
        `scenario_sha256` of the result to come.
    force
        Whether another scenario's result may be replaced.
    command
        Whose result is to come.
    experiment
        As in its manifest; for a run its seed.
    replications
        How many a run is to have, if that is known.

    Raises
    ------
    ResultError
        If the place is a file, somebody else's folder, or, unless forced, another scenario's
        result.
    """
    place = real(folder)
    try:
        if place.parent.is_dir():
            wanted: Manifest = {"command": command, "scenario_sha256": digest, "complete": True}
            wanted |= {"experiment": experiment, "replications_done": replications}
            with locked(place.parent):
                recover(place)
                _check(place, wanted, force=force)
    except OSError as error:
        raise ResultError(reason(folder, error)) from error


def read_folder(
    folder: Path, *, command: str, names: Iterable[str], also: Collection[str] = ()
) -> tuple[Manifest, dict[str, bytes]]:
    """Return the manifest of a command's result folder and some of its files, as written.

    Parameters
    ----------
    folder
        Its place.
    command
        Whose result is wanted.
    names
        Of the files.
    also
        Other commands, whose results hold these files too.

    Raises
    ------
    ResultError
        If it is not a result of this program, or a file is missing or not the one written.
    """
    place = real(folder)
    try:
        if not place.parent.is_dir():
            raise ResultError(f"{folder}: there is no such folder")
        with locked(place.parent):
            recover(place)
            if not place.exists():
                raise ResultError(f"{folder}: there is no such folder")
            manifest = manifest_of(place)
            if manifest is None:
                raise ResultError(
                    f"{folder}: not a result of this program (no {MANIFEST} of its own)"
                )
            if manifest.get("command") not in (command, *also):
                raise ResultError(
                    f"{folder}: holds the result of `{PROGRAM} {manifest.get('command')}`,"
                    f" not of `{PROGRAM} {command}`"
                )
            return manifest, {name: _read(folder, place, name, manifest) for name in names}
    except OSError as error:
        raise ResultError(f"{folder}: cannot be read ({error.strerror})") from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise if a file of a result is missing, or not the one that was written.

    Parameters
    ----------
    folder, manifest
        As `read_folder` returns it.
    """
    known = manifest.get("files")
    if not isinstance(known, dict):
        raise ResultError(f"{folder}: damaged: its manifest names no files")
    try:
        for name in known:
            _read(folder, real(folder), name, manifest)
    except OSError as error:
        raise ResultError(f"{folder}: cannot be read ({error.strerror})") from error


def real(folder: Path) -> Path:
    """Return where a folder really stands, links followed."""
    return Path(os.path.realpath(folder))


def _read(folder: Path, place: Path, name: str, manifest: Manifest) -> bytes:
    known = manifest.get("files")
    if not (place / name).is_file():
        if isinstance(known, dict) and name not in known:
            again = f"`{PROGRAM} {manifest.get('command')}`"
            raise ResultError(
                f"{folder}: was written by a version of this program that left no {name}: make it"
                f" again with {again}"
            )
        raise ResultError(f"{folder}: damaged: {name} is missing")
    data = (place / name).read_bytes()
    if not isinstance(known, dict) or hashlib.sha256(data).hexdigest() != known.get(name):
        raise ResultError(
            f"{folder}: damaged: {name} is not the file that was written (its SHA-256 differs)"
        )
    return data


def _check(place: Path, wanted: Manifest, *, force: bool) -> None:
    """Raise if a result may not stand here."""
    if not place.exists():
        return
    if not place.is_dir():
        raise ResultError(f"{place}: is a file; give another place with --out")
    present = sorted(entry.name for entry in place.iterdir())
    if not present:
        return
    held = manifest_of(place)
    if held is None:
        raise ResultError(
            f"{place}: holds files that are no result of this program ({_few(present)}); it is"
            " left alone: give another place with --out"
        )
    _refuse_to_delete(place, held)
    here = wanted.get("replications_done")
    if held.get("complete") and wanted.get("complete") is False:
        raise ResultError(
            f"{place}: holds a complete result, which one that was stopped does not replace, also"
            " not with --force: it stays as it is"
        )
    if force:
        return
    # what was stopped is replaced by whatever is asked about the same replications
    other = differing(held, wanted, but=QUESTIONS if held.get("complete") is False else ())
    if other:
        raise ResultError(
            f"{place}: holds the result of `{PROGRAM} {held.get('command')}` with"
            f" {', '.join(other)}, campaign {show(held.get('campaign'))};"
            " replace it with --force, or give another place with --out"
        )
    there = held.get("replications_done")
    if "experiment" not in held and isinstance(there, int) and here is not None and here < there:
        raise ResultError(
            f"{place}: holds {there} replications, which {here} do not replace; replace"
            " them with --force, or give another place with --out"
        )


def _refuse_to_delete(place: Path, held: Manifest) -> None:
    """Raise if there is anything in a result that this program did not write."""
    added, changed = _not_ours(place, held)
    found = [f"somebody added files to this result ({_few(added)})"] if added else []
    found += [f"files of this result were changed ({_few(changed)})"] if changed else []
    if found:
        raise ResultError(
            f"{place}: {' and '.join(found)}; nothing of that is deleted: move it away, or give"
            " another place with --out"
        )


def _not_ours(place: Path, held: Manifest) -> tuple[list[str], list[str]]:
    """Return the names of what was added to a result, and of what was changed in it."""
    written = held.get("files")
    known = written if isinstance(written, dict) else {}
    present = sorted(entry for entry in place.iterdir() if entry.name != MANIFEST)
    added = [e.name for e in present if e.name not in known and not _is_litter(e)]
    changed = [e.name for e in present if e.name in known and not _has_digest(e, known[e.name])]
    return added, changed


def _is_litter(path: Path) -> bool:
    """Tell whether it is what desktops and office programs leave by themselves."""
    return bool(_LITTER.fullmatch(path.name)) and path.is_file() and not path.is_symlink()


def _has_digest(path: Path, digest: object) -> bool:
    return path.is_file() and _digest(path) == digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _finish(new: Path, manifest: Manifest) -> None:
    """Put the manifest last, and everything on the disk."""
    written = sorted(path for path in new.iterdir())
    digests = {path.name: _digest(path) for path in written}
    for path in written:
        sync(path)
    text = json.dumps(manifest | {"files": digests}, indent=2, ensure_ascii=False)
    (new / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    sync(new / MANIFEST)
    sync(new)


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _swap(new: Path, place: Path) -> None:
    """Put the new result into its place, so that no crash loses both."""
    old = _old(place)
    if not (place.exists() and any(place.iterdir())):
        if place.exists():
            place.rmdir()
        os.rename(new, place)
        sync(place.parent)
        return
    os.rename(place, old)
    try:
        os.rename(new, place)
    except BaseException:
        os.rename(old, place)
        raise
    sync(place.parent)
    discard(old, place)


def _old(place: Path) -> Path:
    return place.parent / f".{place.name}.old"


def discard(old: Path, place: Path) -> None:
    """Delete an old result; from the first moment on it cannot be taken for a whole one.

    What desktops have left there is taken along.
    """
    for entry in filter(_is_litter, list(old.iterdir())):
        with suppress(OSError):  # nobody misses it
            os.rename(entry, place / entry.name)
    waste = beside(place)
    with suppress(OSError):  # what cannot be deleted now is cleaned next time
        os.rename(old, waste)
    shutil.rmtree(waste, ignore_errors=True)


def recover(place: Path) -> None:
    """Finish or undo what a dead writer left behind."""
    old = _old(place)
    if manifest_of(old) is not None:
        if not place.exists():
            os.rename(old, place)
            sync(place.parent)
        elif manifest_of(place) is not None:
            discard(old, place)
    leftover = re.compile(re.escape(f".{place.name}.new-") + r"[0-9a-f]+(-[0-9a-f]{8})?")
    for entry in list(place.parent.iterdir()):
        if leftover.fullmatch(entry.name) and _is_left(entry):
            shutil.rmtree(entry, ignore_errors=True)


def beside(place: Path) -> Path:
    """Return a name beside a place that nobody else has, and that `recover` knows."""
    return place.parent / f".{place.name}.new-{secrets.token_hex(8)}"


@contextmanager
def _fresh(place: Path) -> Iterator[Path]:
    """Give a new folder beside a place, locked until it is swapped in or deleted."""
    new = beside(place)
    with locked(place.parent):  # `recover` finds it locked, or not yet there
        new.mkdir()
        lock = _locked_if_possible(new)
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _locked_if_possible(folder: Path) -> int | None:
    """Lock a folder until the descriptor that is returned is closed, or its process has ended."""
    if sys.platform == "win32":
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # some network disks know no locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _is_left(folder: Path) -> bool:
    """Tell whether a folder that a writer has begun is left by the dead."""
    try:
        if sys.platform == "win32":
            return _is_old(folder)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # no locks there
            return _is_old(folder)
        finally:
            os.close(descriptor)
    except OSError:  # it has gone, or is no folder
        return False
    return True


def _is_old(folder: Path) -> bool:
    return time.time() - folder.stat().st_mtime > _OLD_S


@contextmanager
def locked(parent: Path) -> Iterator[None]:
    """Keep others from swapping a result in this folder, where the system can."""
    lock = _locked_if_possible(parent)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def reason(folder: Path, error: OSError, *, what: str = "the result") -> str:
    """Say why something could not be written into a folder, and that nothing was lost."""
    kept = "what was there before is untouched"
    if error.errno in _NO_ROOM:
        above = next(path for path in real(folder).parents if path.exists())
        free = f"{shutil.disk_usage(above).free / 1e6:.1f} MB free"
        return (
            f"{folder}: no room to write {what}: {error.strerror} ({free} on that disk);"
            f" make room or give another place with --out; {kept}"
        )
    return f"{folder}: cannot be written: {error.strerror or error}; {kept}"
