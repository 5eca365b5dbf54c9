"""Reading ahead: what will be needed is fetched from the memory while there is other work."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

from sim.compiled_state import Records


def fetch(records: Records, i: int) -> None:
    """Begin to fetch a record, without waiting for it; it changes nothing, uncompiled not even that."""


@overload(fetch, inline="always")
def _fetch(records: Any, i: Any) -> Any:
    def fetch_compiled(records: Any, i: Any) -> None:
        _prefetch(records, i)

    return fetch_compiled


@intrinsic
def _prefetch(context: Any, records: Any, i: Any) -> Any:
    """Return the type and the code of one instruction: it may ask for any place, even a wrong one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        array = context.make_array(kind)(context, builder, arguments[0])
        place = cgutils.get_item_pointer(
            context, builder, kind, array, [arguments[1]], wraparound=False, boundscheck=False
        )
        number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        instruction = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [pointer, number, number, number]),
            "llvm.prefetch.p0i8",
        )
        to_read, keep, data = number(0), number(3), number(1)
        builder.call(instruction, [builder.bitcast(place, pointer), to_read, keep, data])
        return context.get_dummy_value()

    return types.void(records, types.intp), generate
