"""Agendas, bits and queues of the compiled engine; the rules of the campaign are not here."""

import numpy as np

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

NUMBER_BITS = 31
NUMBER = (1 << NUMBER_BITS) - 1
LAST = 2**63 - 1  # the key of what is not due


@compiled
def due_key(clock: Record, at_s: int, number: int) -> int:
    """Return what sorts by time, then by number; what is due after the horizon is not due."""
    return at_s << NUMBER_BITS | number if at_s <= clock.horizon_s else LAST


@compiled
def leaves_for(entries: int) -> int:
    """Return the number of leaves of a tournament tree: a power of two."""
    leaves = 1
    while leaves < entries:
        leaves *= 2
    return leaves


@compiled
def set_key(tree: Ints, number: int, key: int) -> None:
    """Change one entry of a tournament tree; its node 1 holds the least key."""
    node = (tree.size >> 1) + number
    tree[node] = key
    while node > 1:
        key = min(key, tree[node ^ 1])
        node >>= 1
        tree[node] = key


# The agenda of finishes changes with every parcel. So the key that came last is kept aside, in node
# 0: the processor can begin with what comes next before it knows that key. And crews may change
# leaves (`leaf`, C), so that the key kept aside can take the leaf of the one that is taken off.


@often
def set_late_key(tree: Ints, leaf: Numbers, number: int, key: int) -> None:
    """Change one entry that is probably not the next; it is kept aside until it is."""
    before = tree[0]
    if before != LAST and before & NUMBER != number:
        set_key(tree, leaf[np.uint32(before & NUMBER)], before)
    tree[0] = key
    if tree[(tree.size >> 1) + leaf[number]] != LAST:
        set_key(tree, leaf[number], LAST)


@often
def least_key(tree: Ints, leaf: Numbers) -> int:
    """Return the least key of a tree, of which one may be kept aside."""
    if tree[0] < tree[1]:
        set_key(tree, leaf[np.uint32(tree[0] & NUMBER)], tree[0])
        tree[0] = LAST
    return int(tree[1])


@often
def take_off(tree: Ints, leaf: Numbers, number: int) -> int:
    """Take off the entry that is the least, and return the key that is the least then."""
    at, key = leaf[number], tree[0]
    if key != LAST:
        other = np.uint32(key & NUMBER)
        leaf[number], leaf[other] = leaf[other], at
    set_key(tree, at, key)
    tree[0] = LAST
    return int(tree[1])


@compiled
def push(heap: Ints, size: int, key: int) -> None:
    """Add a key to a heap of so many; its place 0 holds the least."""
    at = size
    while at > 0 and heap[(at - 1) >> 1] > key:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = key


@compiled
def pop(heap: Ints, size: int) -> int:
    """Remove the least key of a heap of so many, and return it."""
    least, key, at, below = heap[0], heap[size - 1], np.uint32(0), np.uint32(1)
    heap[size - 1] = LAST
    while below < size - 1:
        below = np.uint32(below + (heap[np.uint32(below + 1)] < heap[below]))
        if heap[below] >= key:
            break
        heap[at] = heap[below]
        at, below = below, np.uint32(2 * below + 1)
    heap[at] = key
    return int(least)


# Bits

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
