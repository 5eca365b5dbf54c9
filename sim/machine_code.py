"""Compiled functions that are kept on disk until one of their sources changes.

Numba looks at the file of a function only, and the code of other files that is compiled into it may
change unseen. Here everything in the function's folder counts, and every file of `sim` itself. A
folder that cannot be written, or a file in it that is damaged, costs the time to compile again and
nothing else.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar
from zlib import crc32

import numba
from numba import njit
from numba.core import caching

F = TypeVar("F", bound=Callable[..., Any])
_settings: Any = numba.config
_Locator: Any = caching._CacheLocator
_Files: Any = caching.CompileResultCacheImpl
_Cache: Any = caching.FunctionCache
underway: set[str] = set()  # files with functions that are being compiled now


def kept(function: F) -> F:
    """Return a function compiled when it is first called, without Python's lock, and kept on disk.

    Parameters
    ----------
    function
        In a file whose folder holds all that is compiled into it.
    """
    dispatcher: Any = njit(nogil=True)(function)
    if not _settings.DISABLE_JIT:
        dispatcher._cache = _Kept(function)
    return dispatcher  # type: ignore[no-any-return] # as it is used


def is_at_hand(function: Any, types: tuple[Any, ...]) -> bool:
    """Return whether a function from `kept` can be called without being compiled.

    Parameters
    ----------
    function, types
        The function, and numba's types of its arguments.
    """
    if _settings.DISABLE_JIT or types in function.overloads:
        return True
    cache = function._cache
    with suppress(Exception):  # a damaged file can fail in any way
        return (
            cache._cache_file.load(cache._index_key(types, function.targetctx.codegen()))
            is not None
        )
    return False


def can_keep(function: Any) -> bool:
    """Return whether the code of a function from `kept` can be left for other processes."""
    return os.access(function._cache.cache_path, os.W_OK)


@cache
def sources(folder: Path) -> int:
    """Return a number that changes with the sources in a folder, or in `sim` itself."""
    files = [*sorted(folder.glob("*.py")), *sorted(Path(__file__).parent.glob("*.py"))]
    return crc32(b"".join(file.read_bytes() for file in files))


class _Place(_Locator):  # type: ignore[misc] # numba states no types
    """Where the code of a function is kept, and what it must have been made from."""

    def __init__(self, function: Any, file: str) -> None:
        self._py_file, self._lineno = file, function.__code__.co_firstlineno  # numba's names
        self._folder = Path(file).parent

    @classmethod
    def from_function(cls, function: Any, file: str) -> Self:
        """Return the place of a function of a file."""
        return cls(function, file)

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(_writable(self._folder))

    def get_source_stamp(self) -> int:
        """Return what must not have changed."""
        return sources(self._folder)

    def get_disambiguator(self) -> str:
        """Return what tells functions of one name apart."""
        return str(self._lineno)


@cache
def _writable(folder: Path) -> Path:
    """Return where the code of a folder is kept: beside it, or in the user's cache."""
    beside = folder / "__pycache__"
    users = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "demine"
    others = users / f"{folder.name}-{crc32(str(folder).encode()):08x}"
    places = [Path(_settings.CACHE_DIR) / others.name] if _settings.CACHE_DIR else [beside, others]
    for place in places:
        with suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            if os.access(place, os.W_OK):
                return place
    return places[0]  # where nothing will be found, and nothing be left


class _Implementation(_Files):  # type: ignore[misc] # likewise
    """Numba's way to put compiled code into files, in our place."""

    _locator_classes = (_Place,)


class _Kept(_Cache):  # type: ignore[misc] # likewise
    """Numba's files of compiled code, which may be missing or damaged.

    What is not found is compiled next, and handed over to be kept.
    """

    _impl_class = _Implementation

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled code of a signature, None if it is not to be had."""
        code = None
        try:
            code = super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001 # a damaged file can fail in any way
            with suppress(OSError):
                self.flush()
        if code is None:
            underway.add(self._py_func.__module__)
        return code

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled code of a signature, if that can be done."""
        underway.discard(self._py_func.__module__)
        with suppress(OSError):
            super().save_overload(sig, data)
