"""What is in a file that somebody names: a pipe would be waited for, a device may have no end."""

import errno
import stat
from pathlib import Path


def content_of(path: Path, *, most: int, first: int | None = None) -> bytes:
    """Return what is in a regular file.

    Parameters
    ----------
    path
        Of the file; links are followed.
    most
        Bytes that it may have.
    first
        Bytes that are wanted of its beginning; all, if none are stated.

    Raises
    ------
    OSError
        If it is no regular file, has more bytes, or cannot be read.
    """
    try:
        state = path.stat()
        if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
            raise OSError(errno.EINVAL, "not a regular file")
        if state.st_size > most and not stat.S_ISDIR(state.st_mode):
            raise OSError(errno.EFBIG, f"more than {most} bytes")
        with path.open("rb") as stream:  # says of a folder that it is one
            return stream.read(state.st_size if first is None else first)
    except ValueError as error:  # a zero byte in the name
        raise OSError(str(error)) from None
