"""Most of what happens, in short: a crew goes from one parcel to the next of its sector."""

from sim import outcome as o
from sim.compiled_crew import arrive_there, effort_s
from sim.compiled_land import area_of
from sim.compiled_queues import IN_WORD, LAST, NUMBER, NUMBER_BITS, WORD_BITS, set_key
from sim.compiled_state import (
    AT_WORK,
    CLEARANCE,
    FINISH,
    FIRST,
    GROSS,
    NET,
    NOBODY,
    REACH,
    ROOM,
    STAGES,
    Ints,
    Record,
    State,
    inlined,
    often,
)
from sim.compiled_time import plan, total


@inlined
def carry_on(s: State, now: int) -> bool:
    """Have the crew that is done now take the next parcel of its sector, if that is all there is.

    This is what `book_all`, `look_at_sectors` and `choose` would do with it, one after the other,
    in short; it is most of what happens. Tell if it was so.
    """
    clock, finishes = s.clocks[0], s.agendas[FINISH]
    key = finishes[1]
    crew = s.crews[key & NUMBER]
    ordinary = crew.role == CLEARANCE and crew.visit == FIRST
    ordinary = ordinary and crew.resume_s <= crew.since_s and now < crew.leaves_s
    ordinary = ordinary and crew.recovered_s <= now and not clock.balanced
    if ordinary:
        parcel, here = s.parcels[crew.parcel], s.sectors[crew.sector]
        queue = s.queues[CLEARANCE, crew.sector]
        ordinary = parcel.inspection == NOBODY and queue.cursor + 1 < queue.end
        ordinary = ordinary and here.unreleased > 1 and s.land.queue_order.size == 0
        ordinary = ordinary and not (clock.restored and here.released_before)
        ordinary = ordinary and (clock.restored_by_sector or not clock.restored)
        at_work_s = total(clock, s.days, AT_WORK, clock.day, now)
        ordinary = ordinary and at_work_s < crew.accident_mark
        ordinary = ordinary and stays(clock, here, s.bits, crew.group)
    if ordinary:
        set_key(finishes, crew.number, LAST)
        if min(finishes[0], finishes[1]) >> NUMBER_BITS == now:  # somebody else is done too
            set_key(finishes, crew.number, key)
            ordinary = False
    if ordinary:
        area = area_of(clock, here, crew.parcel)
        clock.counts[o.ITEMS] += parcel.items
        clock.counts[o.CLEARED] += area
        clock.counts[o.RELEASED] += area
        s.weeks[NET, clock.week] += area
        s.weeks[GROSS, clock.week] += area
        here.unreleased -= 1
        parcel.release_s = now
        if crew.moving > 0:
            arrive_there(crew, crew.needed)
        crew.parcel = queue.cursor
        queue.cursor += 1
        queue.glimpse = s.parcels[queue.cursor].items
        crew.needed, crew.moving, crew.done = 1000 * effort_s(s, crew, crew.parcel, 0), 0, 0
        crew.down_until_s = now
        plan(clock, crew, s.days, finishes)
    return bool(ordinary)


@often
def stays(clock: Record, here: Record, bits: Ints, group: int) -> bool:
    """Tell if a crew of clearance that is free now finds its next parcel in its own sector."""
    at, own = here.rank >> WORD_BITS, 1 << (here.rank & IN_WORD)
    if here.crews >= here.max_crews:  # others may want its place
        for role in range(STAGES):
            if clock.idle[role] > 0 and bits[role, at] & own:
                return False
    for word in range(clock.first_word[CLEARANCE], at):
        if bits[CLEARANCE, word] & bits[ROOM, word] & bits[REACH + group, word]:
            return False
    return bool(bits[CLEARANCE, at] & bits[ROOM, at] & bits[REACH + group, at] & (own - 1) == 0)
