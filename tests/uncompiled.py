"""The tools of the compiled engine that know no rules do what their textbook says."""

import heapq
from random import Random

import numpy as np
import pytest

from sim.engines.compiled.agenda import (
    LAST,
    NUMBER,
    NUMBER_BITS,
    least_key,
    leaves_for,
    pop,
    push,
    set_key,
    set_late_key,
    take_off,
)
from sim.engines.compiled.bits import add_bit, drop_bit, lowest, next_bit, words_for
from sim.engines.compiled.fields import dtype_of
from sim.engines.compiled.queues import take_first, take_out
from sim.engines.compiled.records import ABSENT, NOBODY, Parcel, Queue
from sim.world import Stage


@pytest.mark.parametrize("seed", range(8))
def test_a_heap_gives_its_keys_in_order(seed: int) -> None:
    random, size = Random(seed), 0
    heap, truth = np.empty(64, np.int64), list[int]()
    for _ in range(600):
        if size < 60 and (not truth or random.random() < 0.55):
            key = random.randrange(10**9)
            push(heap, size, key)
            heapq.heappush(truth, key)
            size += 1
        else:
            assert pop(heap, size) == heapq.heappop(truth)
            size -= 1
        assert not truth or heap[0] == truth[0]


@pytest.mark.parametrize("crews", [1, 2, 3, 8, 13])
def test_an_agenda_of_finishes_knows_the_next_whatever_is_kept_aside(crews: int) -> None:
    random = Random(crews)
    tree = np.full(2 * leaves_for(crews), LAST)
    leaf, truth = np.arange(crews).astype(np.uint32), dict[int, int]()
    for step in range(800):
        crew = random.randrange(crews)
        if random.random() < 0.4 and truth:
            assert least_key(tree, leaf) == min(truth.values())
            first = tree[1] & NUMBER
            del truth[int(first)]
            assert take_off(tree, leaf, first) == min(truth.values(), default=LAST)
        elif random.random() < 0.2:
            set_late_key(tree, leaf, crew, LAST)
            truth.pop(crew, None)
        else:
            key = (step + random.randrange(50)) << NUMBER_BITS | crew
            set_late_key(tree, leaf, crew, key)
            truth[crew] = key
        assert sorted(leaf) == list(range(crews))
    assert least_key(tree, leaf) == min(truth.values(), default=LAST)


@pytest.mark.parametrize("entries", [1, 5, 16])
def test_a_tournament_tree_holds_its_least_key_on_top(entries: int) -> None:
    random, leaves = Random(entries), leaves_for(entries)
    assert leaves >= entries
    assert leaves.bit_count() == 1
    tree, truth = np.full(2 * leaves, LAST), [LAST] * entries
    for _ in range(200):
        place, key = random.randrange(entries), random.choice([LAST, random.randrange(99)])
        set_key(tree, place, key)
        truth[place] = key
        assert tree[1] == min(truth)


def test_bits_are_found_from_any_place_on() -> None:
    random, n = Random(1), 150
    bits, truth = np.zeros(words_for(n), np.int64), set[int]()
    for _ in range(400):
        place = random.randrange(n)
        (add_bit if random.random() < 0.5 else drop_bit)(bits, place)
        truth = truth | {place} if bits[place >> 5] >> (place & 31) & 1 else truth - {place}
        start = random.randrange(n + 40)
        assert next_bit(bits, start, -7) == min((b for b in truth if b >= start), default=-7)
    assert [lowest(1 << i) for i in range(32)] == list(range(32))


@pytest.mark.parametrize("seed", range(6))
def test_a_parcel_taken_out_leaves_its_neighbours_in_order(seed: int) -> None:
    random = Random(seed)
    parcels = np.zeros(9, dtype_of(Parcel))
    parcels["behind"], parcels["ahead"] = NOBODY, ABSENT
    queue = np.zeros(1, dtype_of(Queue))[0]
    queue.stage, queue.front = Stage.RESTORATION, NOBODY
    queue.head = queue.tail = NOBODY
    truth: list[int] = []
    for parcel in range(9):
        parcels[parcel].ahead = queue.tail
        if truth:
            parcels[truth[-1]].behind = parcel
        else:
            queue.head = parcel
        queue.tail = parcel
        truth.append(parcel)
    while truth:
        if random.random() < 0.5:
            out = random.choice(truth)
            take_out(queue, parcels, out, parcels[out].ahead)
            truth.remove(out)
            assert parcels[out].ahead == ABSENT
        else:
            assert take_first(queue, parcels, np.empty(0, np.int64)) == truth.pop(0)
        ends = (truth[0], truth[-1]) if truth else (NOBODY, NOBODY)
        assert (queue.head, queue.tail) == ends
        for ahead, parcel in zip([NOBODY, *truth], truth, strict=False):
            assert parcels[parcel].ahead == ahead
