"""The loop compiled before there is a world: what it takes is known from what `World` states."""

from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import numba
import numpy as np

from sim.engines.compiled.campaign import fields, tuples
from sim.machine_code import can_keep, is_at_hand
from sim.world import World


def is_ready() -> bool:
    """Return whether the loop can be had without being compiled."""
    return is_at_hand(fields, types_taken())


def can_be_kept() -> bool:
    """Return whether the loop, once compiled, can be left for the next time."""
    return can_keep(fields)


def prepare() -> None:
    """Compile the loop, or take it from where it is kept."""
    loop: Any = fields
    loop.compile(types_taken())


@cache
def types_taken() -> tuple[Any, ...]:
    """Return the types of the loop's arguments, as `World` states them."""
    hints = get_type_hints(World)
    whole, pieces = numba.int64, [_type_of(hint) for hint in hints.values() if hint in tuples]
    return (whole, whole, whole, *pieces)


def _type_of(hint: Any) -> Any:
    """Return numba's type of a piece of the world, an array or a number."""
    types: Any = numba.types
    if hint in tuples:
        fields_of = [_type_of(each) for each in get_type_hints(hint).values()]
        return types.BaseTuple.from_types(fields_of, tuples[hint])
    if get_origin(hint) is np.ndarray:
        shape, dtype = get_args(hint)
        dimensions = 2 if get_args(shape) == (int, int) else 1
        return types.Array(numba.from_dtype(np.dtype(*get_args(dtype))), dimensions, "C")
    return {int: numba.int64, float: numba.float64, bool: numba.boolean}[hint]
