"""Reading ahead: what will be needed is fetched from the memory while there is other work."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

from sim.engines.compiled.fields import Ints, Records


def fetch(array: Records[Any] | Ints, i: int) -> None:
    """Begin to fetch an entry without waiting for it; uncompiled, nothing happens at all."""


def _instruction(_context: Any, array: Any, _i: Any) -> Any:
    """Return type and code of one instruction; the place it names may even be a wrong one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = _helper.get_item_pointer(
            context, builder, signature.args[0], whole, [arguments[1]], wraparound=False
        )
        number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        call = _helper.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        to_read, keep, data = number(0), number(3), number(1)
        builder.call(call, [builder.bitcast(place, pointer), to_read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


_helper: Any = cgutils
_prefetch: Any = intrinsic(_instruction)


@overload(fetch, inline="always")
def _fetch(array: Any, i: Any) -> Any:
    def fetch_compiled(array: Any, i: Any) -> None:
        _prefetch(array, i)
        _prefetch(array, i + 1)  # a record may lie over the edge between two pieces of memory

    return fetch_compiled
