"""Agendas, bits and queues of the compiled engine; the rules of the campaign are not here."""

import numpy as np

from sim.compiled_state import (
    ABSENT,
    NOBODY,
    RESTORATION,
    ROOM,
    Ints,
    Record,
    Records,
    compiled,
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
        if tree[node] == key:
            break  # nothing changes above
        tree[node] = key


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
    least, key, at, below = heap[0], heap[size - 1], 0, 1
    while below < size - 1:
        if below + 1 < size - 1 and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= key:
            break
        heap[at] = heap[below]
        at, below = below, 2 * below + 1
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


@compiled
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
    stage, rank = queue.stage, queue.rank
    add_bit(bits[stage], rank)
    clock.first_word[stage] = min(clock.first_word[stage], rank >> WORD_BITS)
    weigh(clock, queue, bits, fewest)


@compiled
def stop_offer(clock: Record, queue: Record, bits: Ints, fewest: Ints) -> None:
    """Show it no longer, if nothing waits any more."""
    if queue.head == NOBODY and queue.cursor == queue.end:
        drop_bit(bits[queue.stage], queue.rank)
        weigh(clock, queue, bits, fewest)


@compiled
def queue_up(
    clock: Record, queue: Record, links: Records, bits: Ints, fewest: Ints, parcel: int
) -> None:
    """Put a parcel at the back of a queue."""
    tail = queue.tail
    links[parcel].behind = NOBODY
    if queue.stage == RESTORATION:
        links[parcel].ahead = tail
    queue.tail = parcel
    if tail != NOBODY:
        links[tail].behind = parcel
    else:
        queue.head = parcel
        if queue.open:
            offer(clock, queue, bits, fewest)


@compiled
def take_first(queue: Record, links: Records, order: Ints) -> int:
    """Take the first parcel of a queue."""
    if queue.cursor < queue.end:
        queue.cursor += 1
        return int(order[queue.cursor - 1] if order.size > 0 else queue.cursor - 1)
    parcel = queue.head
    take_out(queue, links, parcel, NOBODY)
    return int(parcel)


@compiled
def take_out(queue: Record, links: Records, parcel: int, before: int) -> None:
    """Take a parcel out of a queue, which stands behind another one or none."""
    after = links[parcel].behind
    if before == NOBODY:
        queue.head = after
    else:
        links[before].behind = after
    if after == NOBODY:
        queue.tail = before
    if queue.stage == RESTORATION:
        links[parcel].ahead = ABSENT
        if after != NOBODY:
            links[after].ahead = before


@compiled
def owner(first: Ints, number: int) -> int:
    """Return whose entry a number is, when `first` delimits the entries of each."""
    low, high = 0, first.size - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if first[middle] <= number:
            low = middle
        else:
            high = middle
    return low
