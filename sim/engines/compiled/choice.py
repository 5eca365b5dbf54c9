"""What free crews of the compiled engine choose."""

import math

from sim import outcome as o
from sim.engines.compiled.agenda import LAST, NUMBER, NUMBER_BITS
from sim.engines.compiled.bits import IN_WORD, WORD_BITS, add_bit, drop_bit, lowest, next_bit
from sim.engines.compiled.days import plan, resume
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.presence import enter
from sim.engines.compiled.queues import stop_offer, take_first, weigh
from sim.engines.compiled.records import (
    AGAIN,
    CLEARANCE,
    EVERYBODY,
    FINISH,
    FIRST,
    MOST_S,
    NOBODY,
    REACH,
    RESTORATION,
    REWORK,
    ROOM,
    STAGES,
    SURVEY,
    Record,
    Records,
    State,
    inlined,
    often,
)


@inlined
def choose(s: State) -> None:
    """Let each free crew, in order, take the next parcel of the sector it prefers."""
    clock, crews = s.clocks[0], s.crews.size
    c = alone = who_looks(clock, s.crews)
    if alone == EVERYBODY:
        c = next_bit(s.free, 0, crews)
    while c < crews:
        crew = s.crews[c]
        sector = preferred(s, crew.role, crew.group)
        if alone != EVERYBODY:
            c = crews
        elif sector == NOBODY:  # nor is there anything for others of its group
            c = next_bit(s.free, s.groups[crew.group].end, crews)
        else:
            c = next_bit(s.free, c + 1, crews)
        if sector != NOBODY:
            take(s, crew, sector)
    while clock.freed != NOBODY:
        crew = s.crews[clock.freed]
        clock.freed = crew.next_freed
        if crew.state == o.WORKED and crew.parcel == NOBODY:
            enter(clock, crew, o.WAITING_FOR_LAND, s.days, s.agendas, s.free)
            add_bit(s.free, crew.number)
    clock.news = 0


@often
def who_looks(clock: Record, crews: Records) -> int:
    """Return which crew alone has to look for land (their number: none), or EVERYBODY.

    Those who wait need not look again unless there is news for them.
    """
    for role in range(STAGES):
        if clock.news >> role & 1 and clock.idle[role] > 0:
            return EVERYBODY
    first = clock.freed
    if first == NOBODY:
        return int(crews.size)
    if crews[first].next_freed == NOBODY and crews[first].state == o.WORKED:
        return int(first)
    return EVERYBODY


@inlined
def preferred(s: State, role: int, group: int) -> int:
    """Return the sector a crew takes a parcel from, NOBODY's if there is none."""
    clock, words, best = s.clocks[0], s.bits.shape[1], LAST
    word = clock.first_word[role]
    while s.bits[role, word] == 0 and word < words - 1:
        word += 1
    clock.first_word[role] = word
    if clock.balanced and s.groups[group].everywhere:
        best = s.fewest[role, 1]
        word = words
    while word < words:
        can = s.bits[role, word] & s.bits[ROOM, word] & s.bits[REACH + group, word]
        if can == 0:
            word += 1
        elif clock.balanced:
            while can != 0:
                rank = (word << WORD_BITS) + lowest(can)
                crews = s.queues[role, s.by_rank[rank]].crews
                best = min(best, crews << NUMBER_BITS | rank)
                can &= can - 1
            word += 1
        else:
            best = (word << WORD_BITS) + lowest(can)
            word = words
    return NOBODY if best == LAST else s.by_rank[best & NUMBER]


@inlined
def take(s: State, crew: Record, sector: int) -> None:
    """Give a crew the first parcel that waits in a sector."""
    clock, here = s.clocks[0], s.sectors[sector]
    drop_bit(s.free, crew.number)
    move_s = 0
    if crew.sector not in (NOBODY, sector):
        move_s = crew.move_s
    crew.sector = s.place[crew.number] = sector
    take_parcel(s, crew, sector, move_s)
    count_crew(s, crew, 1)
    if crew.state != o.WORKED or here.stopped_until_s > clock.now_s:
        enter(clock, crew, o.WORKED, s.days, s.agendas, s.free)
        resume(clock, crew, s.days, s.accidents, max(clock.now_s, here.stopped_until_s))
    plan(clock, crew, s.days, s.agendas[FINISH], s.leaf)


@inlined
def take_parcel(s: State, crew: Record, sector: int, move_s: int) -> None:
    """Have a crew begin the first parcel that waits in a sector, so far away."""
    clock, queue = s.clocks[0], s.queues[crew.role, sector]
    is_new = queue.cursor < queue.end
    parcel = take_first(queue, s.parcels, s.land.queue_order)
    stop_offer(clock, queue, s.bits, s.fewest)
    fetch(s.restored_s if crew.role == RESTORATION else s.release_s, parcel)
    crew.parcel, crew.done, crew.visit = parcel, 0, FIRST
    if crew.role == CLEARANCE and not is_new:
        crew.visit = visit_to(s, parcel)
    crew.needed, crew.moving = 1000 * effort_s(s, crew, parcel, move_s), 1000 * move_s


@inlined
def visit_to(s: State, parcel: int) -> int:
    """Return which clearance of a parcel is next."""
    visit = FIRST
    first = s.land.first_inspection
    if s.recontaminations[parcel] > 0:
        visit = AGAIN
    elif first.size > 0 and first[parcel] >= 0 and s.parcels[parcel].inspection > first[parcel]:
        visit = REWORK
    return visit


@inlined
def effort_s(s: State, crew: Record, parcel: int, move_s: int) -> int:
    """Return the effort of a parcel for a crew, in whole seconds of normal work."""
    clock, land, speed = s.clocks[0], s.parcels[parcel], crew.speed
    if crew.role == SURVEY:
        seconds = s.land.survey_s[parcel] / speed
    elif crew.role == CLEARANCE:
        seconds = land.clearance_s / speed + land.items * clock.item_s
        if crew.visit == REWORK:
            seconds = clock.rework_share * seconds
        elif crew.visit == AGAIN:
            seconds = clock.recontamination_effort * seconds
    else:
        seconds = land.restoration_s / speed
    whole: int = math.floor(min(seconds + move_s + 0.5, float(MOST_S)))
    return max(1, whole)


@inlined
def count_crew(s: State, crew: Record, change: int) -> None:
    """Count a crew that takes a parcel in its sector, or parts from it."""
    clock, here = s.clocks[0], s.sectors[crew.sector]
    had_room = here.crews < here.max_crews
    here.crews += change
    has_room = here.crews < here.max_crews
    s.queues[crew.role, crew.sector].crews += change
    if had_room and not has_room:
        drop_bit(s.bits[ROOM], here.rank)
    elif has_room and not had_room:
        add_bit(s.bits[ROOM], here.rank)
        word, bit = here.rank >> WORD_BITS, here.rank & IN_WORD
        for stage in range(STAGES):
            clock.news |= (s.bits[stage, word] >> bit & 1) << stage
    if clock.balanced:
        for stage in range(STAGES):
            weigh(clock, s.queues[stage, crew.sector], s.bits, s.fewest)
