"""Random numbers by address: (seed, purpose, entity; index, ordinal, replication, sub) -> number.

The generator is Philox4x32-10: a keyed bijection of a 128-bit counter, so that any number can be
had without drawing those before it. Purpose and entity make the key, the rest is the counter.

References
----------
Salmon, Moraes, Dror, Shaw (2011): Parallel random numbers: as easy as 1, 2, 3. SC'11.
The known answers of their Random123 library are in the test suite.
"""

import hashlib
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.machine_code import kept

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
A = TypeVar("A", bound=NDArray[Any])
Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

_LOW = np.uint64(0xFFFFFFFF)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_32, _20, _12 = np.uint64(32), np.uint64(20), np.uint64(12)
_TO_UNIT_52 = 2.0**-52
TO_UNIT_32 = 2.0**-32


def stream_key(seed: int, purpose: str, entity: str = "") -> np.uint64:
    """Return the 64-bit key of a stream; different addresses give unrelated streams.

    Parameters
    ----------
    seed
        Of the run, any whole number.
    purpose
        What the numbers decide.
    entity
        Name of what they belong to.
    """
    address = f"{seed}\x1f{purpose}\x1f{entity}".encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(address, digest_size=8).digest(), "little"))


# These two are written into the loops that call them, which can then do several numbers at once.


@njit(nogil=True, forceinline=True)
def philox(key: np.uint64, c0: int, c1: int, c2: int, c3: int) -> Words:
    """Return four 32-bit words (in 64-bit integers) of one key and counter."""
    k0, k1 = key & _LOW, key >> _32
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    for _ in range(10):
        p0, p1 = _M0 * x0, _M1 * x2
        x0, x1, x2, x3 = (p1 >> _32) ^ x1 ^ k0, p1 & _LOW, (p0 >> _32) ^ x3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return x0, x1, x2, x3


@njit(nogil=True, forceinline=True)
def uniform(key: np.uint64, index: int, ordinal: int, replication: int, sub: int) -> float:
    """Return the uniform number of one address: 52 bits and a half, so that 0 < u < 1."""
    w0, w1, _, _ = philox(key, index, ordinal, replication, sub)
    return (float((w0 << _20) | (w1 >> _12)) + 0.5) * _TO_UNIT_52


@kept
def longer(array: A) -> A:
    """Return an array (n,) that has room for as many again (2 n).

    Parts are copied number by number here: what numba compiles for a copy of an array, or for
    lists, takes more time to compile than all the rest of a function.
    """
    out = np.empty(2 * array.size, array.dtype)
    for i in range(array.size):
        out[i] = array[i]
    return out  # type: ignore[return-value] # an array of the same kind


@kept
def uniforms_by_index(key: np.uint64, indices: Ints, replications: Ints, sub: int) -> Floats:
    """Return the uniform numbers of some indices (ordinal 0), shape (R, n)."""
    out = np.empty((replications.size, indices.size))
    for r in range(replications.size):
        for i in range(indices.size):
            out[r, i] = uniform(key, indices[i], 0, replications[r], sub)
    return out


@kept
def uniforms_by_ordinal(key: np.uint64, n: int, replications: Ints) -> Floats:
    """Return the uniform numbers of the ordinals 0 to n - 1 (index 0), shape (R, n)."""
    out = np.empty((replications.size, n))
    for r in range(replications.size):
        for i in range(n):
            out[r, i] = uniform(key, 0, i, replications[r], 0)
    return out
