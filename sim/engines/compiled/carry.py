"""Most of what happens, in short: a crew goes from one parcel to the next of its sector."""

from sim.engines.compiled.agenda import NUMBER, NUMBER_BITS, take_off
from sim.engines.compiled.bits import IN_WORD, WORD_BITS, next_bit
from sim.engines.compiled.choice import take_parcel
from sim.engines.compiled.days import plan, total
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.records import (
    AT_WORK,
    CLEARANCE,
    FINISH,
    REACH,
    RESTORATION,
    ROOM,
    STAGES,
    SURVEY,
    Ints,
    Record,
    State,
    inlined,
    often,
)
from sim.engines.compiled.work import arrive_there, complete


@inlined
def carry_on(s: State, now: int) -> bool:
    """Have the crew that is done now take the next parcel of its sector, if that is all there is.

    This is what `book_all`, `look_at_sectors` and `choose` would do with it, one after the other,
    in short; it is most of what happens. Tell if it was so.
    """
    clock, finishes = s.clocks[0], s.agendas[FINISH]
    key = finishes[1]
    crew = s.crews[key & NUMBER]
    at_work_s = total(clock, s.days, AT_WORK, clock.day, now)
    ordinary = crew.resume_s <= crew.since_s and at_work_s < crew.accident_mark
    ordinary = ordinary and now < crew.leaves_s and crew.recovered_s <= now
    ordinary = ordinary and crew.role != SURVEY and not clock.balanced
    if ordinary:
        here = s.sectors[crew.sector]
        ordinary = stays(clock, crew, here, s.bits, s.free)
        ordinary = ordinary and is_no_news(clock, crew, here, s.parcels[crew.parcel], s.bits)
    if ordinary:
        after = take_off(finishes, s.leaf, crew.number)
        fetch(s.crews, after & NUMBER)  # probably the next to be done
        if after >> NUMBER_BITS == now:
            finishes[0] = key  # somebody else is done too
            ordinary = False
    if ordinary:
        if crew.moving > 0:
            arrive_there(crew, crew.needed)
        crew.down_until_s = now
        complete(s, crew, crew.parcel, crew.sector)
        take_parcel(s, crew, crew.sector, 0)
        plan(clock, crew, s.days, finishes, s.leaf)
    return bool(ordinary)


@often
def stays(clock: Record, crew: Record, here: Record, bits: Ints, free: Ints) -> bool:
    """Tell if a crew that is free now finds its next parcel in its own sector."""
    at, own, role = here.rank >> WORD_BITS, 1 << (here.rank & IN_WORD), crew.role
    if here.crews >= here.max_crews:
        wanted = False
        for other in range(STAGES):
            wanted = wanted or (clock.idle[other] > 0 and bits[other, at] & own != 0)
        if wanted and next_bit(free, 0, crew.number) < crew.number:
            return False  # who waits and comes before it may want its place
    for word in range(clock.first_word[role], at):
        if bits[role, word] & bits[ROOM, word] & bits[REACH + crew.group, word]:
            return False
    better = bits[role, at] & bits[ROOM, at] & bits[REACH + crew.group, at] & (own - 1)
    return bool(better == 0 and bits[role, at] & own)


@often
def is_no_news(clock: Record, crew: Record, here: Record, parcel: Record, bits: Ints) -> bool:
    """Tell if a parcel that is finished gives crews that wait nothing to do."""
    if crew.role != CLEARANCE or not clock.restored:
        return True
    if clock.restored_by_sector and not here.released_before:
        return True
    if bits[RESTORATION, here.rank >> WORD_BITS] >> (here.rank & IN_WORD) & 1:
        return True
    return bool(parcel.restoration_s < 0)
