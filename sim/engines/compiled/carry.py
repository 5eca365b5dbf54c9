"""Most of what happens, in short: a crew goes from one parcel to the next of its sector."""

from sim.engines.compiled.agenda import NUMBER, NUMBER_BITS, take_off
from sim.engines.compiled.bits import IN_WORD, WORD_BITS, next_bit
from sim.engines.compiled.choice import take_parcel
from sim.engines.compiled.days import plan, total
from sim.engines.compiled.fields import Ints
from sim.engines.compiled.land import finish
from sim.engines.compiled.parts import inlined, often
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.records import (
    ROOM,
    STAGES,
    Agenda,
    Crew,
    Parcel,
    Sector,
    Sum,
    Waiting,
)
from sim.engines.compiled.state import Rules, State
from sim.engines.compiled.work import book_moving
from sim.world import Dispatch, Stage


@inlined
def carry_on(s: State, now: int) -> bool:
    """Have the crew that is done now take the next parcel of its sector, if that is all there is.

    This is what `book_all`, `look` and `choose` would do with it, one after the other, in short; it
    is most of what happens (10 to 20 ns a parcel are gained). Tell if it was so.
    """
    clock, finishes = s.clock[0], s.roster.agendas[Agenda.FINISH]
    key = finishes[1]
    crew = s.crews[key & NUMBER]
    at_work_s = total(clock, crew, s.days, Sum.AT_WORK, clock.day, now)
    ordinary = crew.resume_s <= crew.since_s and at_work_s < crew.accident_mark
    ordinary = ordinary and now < crew.leaves_s and crew.recovered_s <= now
    ordinary = ordinary and crew.role != Stage.SURVEY and s.offers.dispatch == Dispatch.PRIORITY
    ordinary = ordinary and s.paid_m2.size == 0  # or a fund may be spent by what is paid
    if ordinary:
        here = s.sectors[crew.sector]
        ordinary = stays(s.waiting[0], crew, here, s.offers.bits, s.roster.free)
        ordinary = ordinary and is_no_news(
            s.rules, crew, here, s.offers.parcels[crew.parcel], s.offers.bits
        )
    if ordinary:
        after = take_off(finishes, s.leaf, crew.number)
        fetch(s.crews, after & NUMBER)  # probably the next to be done
        if after >> NUMBER_BITS == now:
            finishes[0] = key  # somebody else is done too
            ordinary = False
    if ordinary:
        if crew.moving > 0:
            book_moving(crew, crew.needed)
        finish(s, crew, crew.parcel, crew.sector)
        take_parcel(s, crew, crew.sector, 0)
        plan(clock, crew, s.days, finishes, s.leaf)
    return bool(ordinary)


@often
def stays(waiting: Waiting, crew: Crew, here: Sector, bits: Ints, free: Ints) -> bool:
    """Tell if a crew that is free now finds its next parcel in its own sector."""
    at, own, role = here.rank >> WORD_BITS, 1 << (here.rank & IN_WORD), crew.role
    if here.holding >= here.max_crews:
        wanted = False
        for other in range(STAGES):
            wanted = wanted or (waiting.idle[other] > 0 and bits[other, at] & own != 0)
        if wanted and next_bit(free, 0, crew.number) < crew.number:
            return False  # who waits and comes before it may want its place
    for word in range(waiting.first_word[role], at):
        if bits[role, word] & bits[ROOM, word] & bits[crew.wishes, word]:
            return False
    better = bits[role, at] & bits[ROOM, at] & bits[crew.wishes, at] & (own - 1)
    return bool(better == 0 and bits[role, at] & bits[crew.wishes, at] & own)


@often
def is_no_news(rules: Rules, crew: Crew, here: Sector, parcel: Parcel, bits: Ints) -> bool:
    """Tell if a parcel that is finished gives crews that wait nothing to do."""
    if crew.role != Stage.CLEARANCE or not rules.restored:
        return True
    if rules.restored_by_sector and not here.was_released:
        return True
    if bits[Stage.RESTORATION, here.rank >> WORD_BITS] >> (here.rank & IN_WORD) & 1:
        return True
    return bool(parcel.restoration_s < 0)
