"""Agendas of the compiled engine: what is due first, and who is first among equals."""

import numpy as np

from sim.engines.compiled.fields import Ints, Numbers
from sim.engines.compiled.parts import compiled, often
from sim.engines.compiled.records import Clock

NUMBER_BITS = 31
NUMBER = (1 << NUMBER_BITS) - 1
LAST = 2**63 - 1  # the key of what is not due


@compiled
def due_key(clock: Clock, at_s: int, number: int) -> int:
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
# 0: the processor can begin with what comes next before it knows that key (10 ns a parcel). And
# crews may change leaves (`leaf`, C), so that the key kept aside can take the leaf of the one that
# is taken off: one walk up the tree a parcel instead of two (7 ns).


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
        # added, not asked: nobody can guess which of two is less (5 ns a parcel)
        below = np.uint32(below + (heap[np.uint32(below + 1)] < heap[below]))
        if heap[below] >= key:
            break
        heap[at] = heap[below]
        at, below = below, np.uint32(2 * below + 1)
    heap[at] = key
    return int(least)
