"""One file that a command writes: whole or not at all, and nothing but a file is replaced."""

import os
import secrets
import shutil
from pathlib import Path

from sim.errors import ResultError


def refuse_no_file(path: Path) -> None:
    """Raise if a file cannot be written there: to be asked before the work is done.

    Raises
    ------
    ResultError
        If it is a folder, a device, a pipe or the like, or would stand in no folder.
    """
    try:
        if path.is_dir():
            raise ResultError(f"{path}: is a folder; give the name of a file")
        if path.exists() and not path.is_file():
            raise ResultError(f"{path}: is no regular file, and is left alone; give another name")
        place = Path(os.path.realpath(path))
        if place.is_symlink():
            raise ResultError(f"{path}: is a link that leads to itself; give another name")
        if not place.parent.is_dir():
            raise ResultError(f"{path}: there is no folder {place.parent}")
    except OSError as error:
        raise _cannot(path, error) from error


def write_file(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all; links are followed, and what was there is replaced.

    Parameters
    ----------
    path
        Of a regular file, or where nothing is.
    data
        All of it.

    Raises
    ------
    ResultError
        If it is no regular file, or cannot be written.
    """
    refuse_no_file(path)
    place = Path(os.path.realpath(path))
    part = place.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if place.exists():
                shutil.copymode(place, part)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _cannot(path, error) from error


def _cannot(path: Path, error: OSError) -> ResultError:
    return ResultError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}")
