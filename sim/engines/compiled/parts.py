"""Parts of the one loop: how its functions are compiled into it.

Those that take the whole state are written into the loop itself, for to hand so many arrays over
would cost more than they do; the others take few. Reference counts are left out (`_nrt`), for they
would take most of the time: who calls the loop holds every array.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

_part: Any = partial(
    njit,
    nogil=True,
    error_model="numpy",
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
    _nrt=False,
)
inlined: Callable[[F], F] = njit(inline="always")  # type: ignore[assignment] # as it is used
compiled: Callable[[F], F] = _part()
often: Callable[[F], F] = _part(forceinline=True)
