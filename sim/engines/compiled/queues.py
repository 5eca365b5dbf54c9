"""Agendas, bits and queues of the compiled engine; the rules of the campaign are not here."""

import numpy as np

from sim.engines.compiled.agenda import LAST, NUMBER_BITS, set_key
from sim.engines.compiled.bits import IN_WORD, WORD_BITS, add_bit, drop_bit
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.records import (
    ABSENT,
    NOBODY,
    RESTORATION,
    ROOM,
    Ints,
    Numbers,
    Record,
    Records,
    compiled,
    often,
)

# Agendas: what is due first, and who is first among equals


# The agenda of finishes changes with every parcel. So the key that came last is kept aside, in node
# 0: the processor can begin with what comes next before it knows that key. And crews may change
# leaves (`leaf`, C), so that the key kept aside can take the leaf of the one that is taken off.


# Bits


# Queues


@compiled
def weigh(clock: Record, queue: Record, bits: Ints, fewest: Ints) -> None:
    """Enter a sector where the one with the fewest crews is looked for, if it can be taken."""
    if clock.balanced:
        rank, stage = queue.rank, queue.stage
        can = bits[stage, rank >> WORD_BITS] & bits[ROOM, rank >> WORD_BITS]
        key = LAST
        if can >> (rank & IN_WORD) & 1:
            key = queue.crews << NUMBER_BITS | rank
        set_key(fewest[stage], rank, key)


@compiled
def offer(clock: Record, queue: Record, bits: Ints, fewest: Ints) -> None:
    """Show that parcels wait in an open sector."""
    stage, rank = queue.stage, np.int64(queue.rank)
    add_bit(bits[stage], queue.rank)
    clock.news |= 1 << stage
    clock.first_word[stage] = min(clock.first_word[stage], rank >> WORD_BITS)
    weigh(clock, queue, bits, fewest)


@often
def stop_offer(clock: Record, queue: Record, bits: Ints, fewest: Ints) -> None:
    """Show it no longer, if nothing waits any more."""
    if queue.head == NOBODY and queue.cursor == queue.end:
        drop_bit(bits[queue.stage], queue.rank)
        weigh(clock, queue, bits, fewest)


@compiled
def queue_up(
    clock: Record, queue: Record, parcels: Records, bits: Ints, fewest: Ints, parcel: int
) -> None:
    """Put a parcel at the back of a queue."""
    tail = queue.tail
    parcels[parcel].behind = NOBODY
    if queue.stage == RESTORATION:
        parcels[parcel].ahead = tail
    queue.tail = parcel
    if tail != NOBODY:
        parcels[tail].behind = parcel
    else:
        queue.head = parcel
        if queue.open:
            offer(clock, queue, bits, fewest)


@often
def take_first(queue: Record, parcels: Records, order: Ints) -> int:
    """Take the first parcel of a queue."""
    if queue.cursor < queue.end:
        parcel = queue.cursor
        if order.size > 0:
            parcel = np.uint32(order[parcel])
        queue.cursor += 1
        fetch(parcels, queue.cursor)
    else:
        parcel = queue.head
        take_out(queue, parcels, parcel, NOBODY)
        fetch(parcels, queue.head)
    return parcel  # type: ignore[no-any-return] # a number of 32 bits


@compiled
def take_out(queue: Record, parcels: Records, parcel: int, before: int) -> None:
    """Take a parcel out of a queue, which stands behind another one or none."""
    after = parcels[parcel].behind
    if before == NOBODY:
        queue.head = after
    else:
        parcels[before].behind = after
    if after == NOBODY:
        queue.tail = before
    if queue.stage == RESTORATION:
        parcels[parcel].ahead = ABSENT
        if after != NOBODY:
            parcels[after].ahead = before


BLOCK_BITS = 8


@compiled
def sector_of(block_sector: Numbers, first_parcel: Ints, parcel: int) -> int:
    """Return the sector of a parcel."""
    sector = block_sector[parcel >> BLOCK_BITS]
    while first_parcel[sector + 1] <= parcel:
        sector += 1
    return int(sector)
