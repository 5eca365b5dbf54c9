"""Sets of small numbers in the compiled engine, as bits."""

import numpy as np

from sim.engines.compiled.fields import Ints
from sim.engines.compiled.parts import compiled, often

WORD_BITS, IN_WORD = 5, 31


@compiled
def words_for(entries: int) -> int:
    """Return how many words of 32 bits hold so many."""
    return (entries + IN_WORD) >> WORD_BITS


@compiled
def add_bit(bits: Ints, i: int) -> None:
    """Set a bit."""
    bits[i >> WORD_BITS] |= 1 << (i & IN_WORD)


@compiled
def drop_bit(bits: Ints, i: int) -> None:
    """Clear a bit."""
    bits[i >> WORD_BITS] &= ~(1 << (i & IN_WORD))


@compiled
def lowest(word: int) -> int:
    """Return the place of the lowest bit that is set."""
    return int((np.float64(word & -word).view(np.int64) >> 52) - 1023)  # exponent of a power of two


@often
def next_bit(bits: Ints, start: int, none: int) -> int:
    """Return the first bit that is set from start on."""
    i = start >> WORD_BITS
    if i >= bits.size:
        return none
    word = bits[i] >> (start & IN_WORD) << (start & IN_WORD)
    while word == 0:
        i += 1
        if i == bits.size:
            return none
        word = bits[i]
    return int((i << WORD_BITS) + lowest(word))
