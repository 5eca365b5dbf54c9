"""Queues of parcels in the compiled engine, and which sectors offer something."""

import numpy as np

from sim.engines.compiled.agenda import LAST, NUMBER_BITS, set_key
from sim.engines.compiled.bits import IN_WORD, WORD_BITS, add_bit, drop_bit
from sim.engines.compiled.fields import Ints, Numbers, Records
from sim.engines.compiled.parts import compiled, often
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.records import ABSENT, NOBODY, ROOM, STAGES, Crew, Parcel, Queue, Sector
from sim.engines.compiled.state import Offers
from sim.world import Dispatch, Stage

BLOCK_BITS = 8


@compiled
def weigh(offers: Offers, queue: Queue) -> None:
    """Enter a sector where the one with the fewest crews is looked for, if it can be taken."""
    if offers.dispatch == Dispatch.BALANCED:
        rank, stage = queue.rank, queue.stage
        can = offers.bits[stage, rank >> WORD_BITS] & offers.bits[ROOM, rank >> WORD_BITS]
        key = LAST
        if can >> (rank & IN_WORD) & 1:
            key = queue.holding << NUMBER_BITS | rank
        set_key(offers.fewest[stage], rank, key)


@compiled
def offer(offers: Offers, queue: Queue) -> None:
    """Show that parcels wait in an open sector."""
    waiting, stage, rank = offers.waiting[0], queue.stage, np.int64(queue.rank)
    add_bit(offers.bits[stage], queue.rank)
    waiting.news |= 1 << stage
    waiting.first_word[stage] = min(waiting.first_word[stage], rank >> WORD_BITS)
    weigh(offers, queue)


@often
def stop_offer(offers: Offers, queue: Queue) -> None:
    """Show it no longer, if nothing waits any more."""
    if queue.head == NOBODY and queue.cursor == queue.end:  # then nothing is in front either
        drop_bit(offers.bits[queue.stage], queue.rank)
        weigh(offers, queue)


@compiled
def queue_up(offers: Offers, stage: int, parcel: int, sector: int) -> None:
    """Put a parcel at the back of its sector's queue for a stage."""
    queue, parcels = offers.queues[stage, sector], offers.parcels
    tail = queue.tail
    parcels[parcel].behind = NOBODY
    if queue.stage == Stage.RESTORATION:
        parcels[parcel].ahead = tail
    queue.tail = parcel
    if tail != NOBODY:
        parcels[tail].behind = parcel
    else:
        queue.head = parcel
        if queue.open:
            offer(offers, queue)


@compiled
def put_first(offers: Offers, queue: Queue, parcel: int) -> None:
    """Put a parcel at the front of a queue of an open sector."""
    parcels, none_waits = offers.parcels, queue.head == NOBODY and queue.cursor == queue.end
    if queue.cursor < queue.end:
        parcels[parcel].behind = queue.front
        queue.front = parcel
    else:
        after = queue.head
        parcels[parcel].behind = after
        queue.head = parcel
        if after == NOBODY:
            queue.tail = parcel
        if queue.stage == Stage.RESTORATION:
            parcels[parcel].ahead = NOBODY
            if after != NOBODY:
                parcels[after].ahead = parcel
    if none_waits:
        offer(offers, queue)
    offers.waiting[0].news |= 1 << queue.stage


@compiled
def show_room(offers: Offers, here: Sector, sector: int) -> None:
    """Show whether a sector has room and is not stopped."""
    waiting, word, bit = offers.waiting[0], here.rank >> WORD_BITS, here.rank & IN_WORD
    shown = offers.bits[ROOM, word] >> bit & 1
    has_room = here.holding < here.max_crews and not here.stopped
    if shown and not has_room:
        drop_bit(offers.bits[ROOM], here.rank)
    elif has_room and not shown:
        add_bit(offers.bits[ROOM], here.rank)
        for stage in range(STAGES):
            waiting.news |= (offers.bits[stage, word] >> bit & 1) << stage
    if offers.dispatch == Dispatch.BALANCED:
        for stage in range(STAGES):
            weigh(offers, offers.queues[stage, sector])


@compiled
def count_crew(offers: Offers, sectors: Records[Sector], crew: Crew, more: int) -> None:
    """Count a crew that takes a parcel in its sector, or parts from it."""
    here = sectors[crew.sector]
    had_room = here.holding < here.max_crews
    here.holding += more
    offers.queues[crew.role, crew.sector].holding += more
    if had_room != (here.holding < here.max_crews) or offers.dispatch == Dispatch.BALANCED:
        show_room(offers, here, crew.sector)


@often
def take_first(queue: Queue, parcels: Records[Parcel], order: Ints) -> int:
    """Take the first parcel of a queue, and have the next one fetched from the memory."""
    if queue.front != NOBODY:
        parcel = queue.front
        queue.front = parcels[parcel].behind
    elif queue.cursor < queue.end:
        parcel = queue.cursor
        if order.size > 0:
            parcel = np.uint32(order[parcel])  # type: ignore[assignment] # as the cursor is
        queue.cursor += 1
        fetch(parcels, queue.cursor)
    else:
        parcel = queue.head
        take_out(queue, parcels, parcel, NOBODY)
        fetch(parcels, queue.head)
    return parcel


@compiled
def take_out(queue: Queue, parcels: Records[Parcel], parcel: int, before: int) -> None:
    """Take a parcel out of a queue, which stands behind another one or none."""
    after = parcels[parcel].behind
    if before == NOBODY:
        queue.head = after
    else:
        parcels[before].behind = after
    if after == NOBODY:
        queue.tail = before
    if queue.stage == Stage.RESTORATION:
        parcels[parcel].ahead = ABSENT
        if after != NOBODY:
            parcels[after].ahead = before


@compiled
def sector_of(block_sector: Numbers, first_parcel: Ints, parcel: int) -> int:
    """Return the sector of a parcel."""
    sector = block_sector[parcel >> BLOCK_BITS]
    while first_parcel[sector + 1] <= parcel:
        sector += 1
    return int(sector)
