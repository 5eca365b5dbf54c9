"""The land of the compiled engine: sectors open, parcels go from stage to stage."""

from sim import outcome as o
from sim.engines.compiled.agenda import LAST, NUMBER, NUMBER_BITS, pop, push, set_key
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.queues import offer, queue_up, sector_of
from sim.engines.compiled.records import (
    AGAIN,
    CLEARANCE,
    FIRST,
    GROSS,
    NOBODY,
    RESTORATION,
    STAGES,
    Record,
    State,
    compiled,
    inlined,
)
from sim.outcome import OPEN
from sim.world import CANCELLED, CONFIRMED

# Sectors


@inlined
def open_sector(s: State, sector: int) -> None:
    """Open a sector: its initial parcels queue, those found before now behind them."""
    set_key(s.openings, sector, LAST)
    for stage in range(STAGES):
        queue = s.queues[stage, sector]
        queue.open = True
        if queue.cursor < queue.end:
            offer(s.clocks[0], queue, s.bits, s.fewest)


@inlined
def find(s: State, parcel: int) -> None:
    """Book one parcel found: it queues for the first stage, or will when its sector opens."""
    sector = sector_of(s.block_sector, s.land.first_parcel, parcel)
    clock, here = s.clocks[0], s.sectors[sector]
    here.to_find -= 1
    here.known += 1
    here.unreleased += 1
    clock.counts[o.FOUND_AREA] += area_of(clock, here, parcel)
    notice(clock, here, sector)
    queue = s.queues[clock.first_stage, sector]
    queue_up(clock, queue, s.parcels, s.bits, s.fewest, parcel)


@compiled
def area_of(clock: Record, here: Record, parcel: int) -> int:
    """Return the area of a parcel of a sector, square metres: the last one is the remainder."""
    if parcel == here.last_initial:
        return int(here.last_initial_m2)
    if parcel == here.last_found:
        return int(here.last_found_m2)
    return int(clock.parcel_m2)


@compiled
def is_whole(here: Record) -> bool:
    """Tell whether all of a sector is released, and no more is to be found."""
    return bool(here.unreleased == 0 and here.to_find == 0)


@compiled
def notice(clock: Record, here: Record, sector: int) -> None:
    """Remember to look at a sector whose land was released, found or hit, if that matters."""
    if not here.changed and is_whole(here) != (here.release_s != OPEN):
        here.changed = True
        here.next_changed = clock.changed
        clock.changed = sector


@inlined
def look_at_sectors(s: State) -> None:
    """See which sectors are released as a whole now, and which are no longer."""
    clock = s.clocks[0]
    while clock.changed != NOBODY:
        sector = clock.changed
        here = s.sectors[sector]
        clock.changed = here.next_changed
        here.changed = False
        whole, was_whole = is_whole(here), here.release_s != OPEN
        if whole and not was_whole:
            here.release_s = clock.now_s
            clock.open_sectors -= 1
            if not here.released_before:
                here.released_before = True
                hand_over_sector(s, sector)
        elif was_whole and not whole:
            here.release_s = OPEN
            clock.open_sectors += 1


# Parcels


@inlined
def survey(s: State, parcel: int, sector: int, area: int) -> bool:
    """Book a survey: cancelled, reduced, or confirmed and on to clearance; tell if released."""
    clock, result = s.clocks[0], s.land.survey_result[parcel]
    if result == CONFIRMED:
        queue_up(clock, s.queues[CLEARANCE, sector], s.parcels, s.bits, s.fewest, parcel)
    elif result == CANCELLED:
        clock.counts[o.CANCELLED_AREA] += area
    else:
        clock.counts[o.REDUCED_AREA] += area
    return bool(result != CONFIRMED)


@inlined
def restore(s: State, parcel: int) -> bool:
    """Book a restoration."""
    clock = s.clocks[0]
    clock.restorations_left -= 1
    s.restored_s[parcel] = clock.now_s
    s.parcels[parcel].restoration_s = -1.0
    return False


@inlined
def clear(s: State, parcel: int, area: int, visit: int) -> bool:
    """Book a clearance: accepted, or inspected first; tell if released."""
    clock = s.clocks[0]
    if visit == FIRST:
        clock.counts[o.ITEMS] += s.parcels[parcel].items
    accepted = True
    if visit == AGAIN:
        clock.counts[o.RECLEARED] += area
    elif s.parcels[parcel].inspection != NOBODY:
        inspect(s, parcel)
        accepted = False
    else:
        clock.counts[o.CLEARED] += area
    return accepted


@inlined
def inspect(s: State, parcel: int) -> None:
    """Begin the inspection of a cleared parcel."""
    clock = s.clocks[0]
    inspection = s.parcels[parcel].inspection
    s.parcels[parcel].inspection = inspection + 1
    ready_s = clock.now_s + s.land.inspection_s[inspection]
    if ready_s <= clock.horizon_s:
        push(s.inspections, clock.inspections, ready_s << NUMBER_BITS | parcel)
        clock.inspections += 1
        clock.other_s = min(clock.other_s, ready_s)


@inlined
def inspected(s: State) -> None:
    """Book an inspection: the parcel is released, or goes back to clearance."""
    clock = s.clocks[0]
    parcel = pop(s.inspections, clock.inspections) & NUMBER
    clock.inspections -= 1
    fetch(s.parcels, s.inspections[0] & NUMBER)
    sector = sector_of(s.block_sector, s.land.first_parcel, parcel)
    if s.land.inspection_passed[s.parcels[parcel].inspection - 1]:
        area = area_of(clock, s.sectors[sector], parcel)
        clock.counts[o.CLEARED] += area
        release(s, parcel, sector, area)
    else:
        queue_up(clock, s.queues[CLEARANCE, sector], s.parcels, s.bits, s.fewest, parcel)


@inlined
def release(s: State, parcel: int, sector: int, area: int) -> None:
    """Hand a parcel over; it goes on to restoration if it needs it."""
    clock, here = s.clocks[0], s.sectors[sector]
    here.unreleased -= 1
    s.release_s[parcel] = clock.now_s
    clock.counts[o.RELEASED] += area
    s.weeks[GROSS, clock.week] += area
    if here.unreleased == 0:
        notice(clock, here, sector)
    if clock.restored and (not clock.restored_by_sector or here.released_before):
        hand_on(s, parcel, sector)


@inlined
def hand_on(s: State, parcel: int, sector: int) -> None:
    """Queue a released parcel for restoration, if it still needs it."""
    if s.parcels[parcel].restoration_s >= 0:
        clock, queue = s.clocks[0], s.queues[RESTORATION, sector]
        queue_up(clock, queue, s.parcels, s.bits, s.fewest, parcel)


@inlined
def hand_over_sector(s: State, sector: int) -> None:
    """Start restoration in a sector that was released as a whole."""
    if s.clocks[0].restored and s.clocks[0].restored_by_sector:
        for parcel in range(s.land.first_parcel[sector], s.land.first_parcel[sector + 1]):
            hand_on(s, parcel, sector)
