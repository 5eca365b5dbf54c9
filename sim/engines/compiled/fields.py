"""How records are stated: as classes, from which the types of arrays are made.

A class's annotations are what a reader and the type checker see; `dtype_of` makes the type of an
array of such records from them. Uncompiled, they read the same.
"""

from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

R = TypeVar("R")
Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Numbers = NDArray[np.uint32]
if TYPE_CHECKING:

    class Records(Generic[R]):
        """An array of records."""

        size: int
        shape: tuple[int, ...]

        def __getitem__(self, place: Any) -> R: ...

else:
    Records = NDArray

Whole = Annotated[int, np.int64]
Number = Annotated[int, np.uint32]  # of a thing: not negative, which saves compiled code a look
SmallWhole = Annotated[int, np.int32]
Part = Annotated[float, np.float64]
Flag = Annotated[bool, np.bool_]

_ORDER = (np.uint32, np.int32, np.bool_, np.float64, np.int64)  # hardly a gap; one is first


def dtype_of(kind: type[object]) -> Any:
    """Return the type of an array of records of a class."""
    about = [
        (name, *hint.__metadata__)
        for name, hint in get_type_hints(kind, include_extras=True).items()
    ]
    about.sort(key=lambda field: (_ORDER.index(field[1]), len(field)))
    fields = [(name, number, *((length,) for length in shape)) for name, number, *shape in about]
    return np.dtype((np.record, np.dtype(fields, align=True)))
