"""The crews of the compiled engine: they come, choose, take and finish parcels, rest and go."""

import math

from sim import outcome as o
from sim.engines.compiled.days import book, interrupt, plan, resume, total
from sim.engines.compiled.land import area_of, clear, release, restore, survey
from sim.engines.compiled.money import pay
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.queues import (
    IN_WORD,
    LAST,
    NUMBER,
    NUMBER_BITS,
    WORD_BITS,
    add_bit,
    drop_bit,
    due_key,
    lowest,
    next_bit,
    set_key,
    set_late_key,
    stop_offer,
    take_first,
    weigh,
)
from sim.engines.compiled.records import (
    AGAIN,
    ARRIVAL,
    AT_WORK,
    AWAY,
    CLEARANCE,
    DEPARTURE,
    EVERYBODY,
    FAR_S,
    FINISH,
    FIRST,
    MOST_S,
    NOBODY,
    REACH,
    RESTORATION,
    RETURN,
    REWORK,
    ROOM,
    STAGES,
    SURVEY,
    Ints,
    Numbers,
    Record,
    Records,
    State,
    compiled,
    inlined,
    often,
)
from sim.world import NEVER

# Presence


@inlined
def arrive(s: State, c: int) -> None:
    """Book an arrival; a crew whose fund is spent is never paid and never works."""
    clock, crew = s.clocks[0], s.crews[c]
    set_key(s.agendas[ARRIVAL], c, LAST)
    crew.arrived_s = crew.since_s = clock.now_s
    if crew.fund != NOBODY and s.accounts[STAGES + crew.fund].empty:
        crew.state = o.UNPAID
    else:
        crew.state, crew.paid = o.WAITING_FOR_LAND, True
        clock.idle[crew.role] += 1
        clock.news |= 1 << crew.role
        pay(clock, crew, s.accounts, crew.cost_to_mobilise, crew.cost_per_day)
        add_bit(s.free, c)
        if clock.now_s >= crew.leaves_s:
            leave(clock, crew, s.days, s.agendas, s.free, s.accounts)


@inlined
def depart(s: State, c: int) -> None:
    """Have a crew go at its hour, unless it holds a parcel: then it goes when it is free."""
    crew = s.crews[c]
    set_key(s.agendas[DEPARTURE], c, LAST)
    if crew.state != AWAY and crew.parcel == NOBODY:
        leave(s.clocks[0], crew, s.days, s.agendas, s.free, s.accounts)


@compiled
def leave(
    clock: Record, crew: Record, days: Records, agendas: Ints, free: Ints, accounts: Records
) -> None:
    """Book the end of a crew's presence."""
    enter(clock, crew, AWAY, days, agendas, free)
    if crew.paid:
        crew.paid = False
        pay(clock, crew, accounts, 0, -crew.cost_per_day)
    crew.present_s = clock.now_s - crew.arrived_s


@inlined
def dismiss(s: State, last_role: int) -> None:
    """End the work of all roles up to one, also of crews still to come."""
    clock = s.clocks[0]
    for c in range(s.crews.size):
        crew = s.crews[c]
        if crew.role <= last_role:
            set_key(s.agendas[ARRIVAL], c, LAST)
            if crew.state != AWAY:
                drop(s, crew)
                leave(clock, crew, s.days, s.agendas, s.free, s.accounts)


@inlined
def stop_crews(s: State, fund: int) -> None:
    """Stop the crews of a spent fund for good."""
    clock, account = s.clocks[0], s.accounts[STAGES + fund]
    account.empty = True
    account.due_s = NEVER
    for c in range(s.crews.size):
        crew = s.crews[c]
        if crew.fund == fund and crew.state != AWAY:
            drop(s, crew)
            if clock.now_s >= crew.leaves_s:
                leave(clock, crew, s.days, s.agendas, s.free, s.accounts)
            else:
                enter(clock, crew, o.UNPAID, s.days, s.agendas, s.free)
                crew.paid = False
                pay(clock, crew, s.accounts, 0, -crew.cost_per_day)


@inlined
def drop(s: State, crew: Record) -> None:
    """Have a crew put down an unfinished parcel, if it holds one."""
    clock = s.clocks[0]
    if crew.parcel != NOBODY:
        interrupt(clock, crew, s.days)
        count_crew(s, crew, -1)
        put_down(clock, crew, s.agendas[FINISH], s.leaf, s.place)
        meet_accidents(clock, crew, s.accidents)


@compiled
def enter(
    clock: Record, crew: Record, state: int, days: Records, agendas: Ints, free: Ints
) -> None:
    """Book a crew's time up to now, from when on it is in another state, and not free."""
    now, number = clock.now_s, crew.number
    if crew.state == o.WORKED:
        book(clock, crew, days)
    else:
        crew.time[crew.state] += 1000 * (now - crew.since_s)
        if crew.state == o.WAITING_FOR_LAND:
            clock.idle[crew.role] -= 1
        else:
            set_key(agendas[RETURN], number, LAST)
    if state == o.WAITING_FOR_LAND:
        clock.idle[crew.role] += 1
    drop_bit(free, number)
    crew.state, crew.since_s = state, now


# After a parcel


@inlined
def go_on(s: State, crew: Record) -> None:
    """Have a crew that parted from a parcel leave, rest, or be free to take another."""
    clock, number = s.clocks[0], crew.number
    if clock.now_s >= crew.leaves_s:
        enter(clock, crew, o.STAND_DOWN, s.days, s.agendas, s.free)  # for no time: it goes now
        set_key(s.agendas[DEPARTURE], number, due_key(clock, clock.now_s, number))
        clock.other_s = clock.now_s
    elif max(crew.down_until_s, crew.recovered_s) > clock.now_s:
        rest(clock, crew, s.days, s.agendas, s.free)
    else:
        add_bit(s.free, number)
        crew.next_freed = clock.freed
        clock.freed = number


@compiled
def rest(clock: Record, crew: Record, days: Records, agendas: Ints, free: Ints) -> None:
    """Have a crew stand down, then recover."""
    until_s, state = crew.down_until_s, o.STAND_DOWN
    if until_s <= clock.now_s:
        until_s, state = crew.recovered_s, o.LOST_CASUALTY
    enter(clock, crew, state, days, agendas, free)
    set_key(agendas[RETURN], crew.number, due_key(clock, until_s, crew.number))
    clock.other_s = min(clock.other_s, until_s)


@inlined
def come_back(s: State, c: int) -> None:
    """Book the end of a stand-down or of a recovery."""
    clock, crew = s.clocks[0], s.crews[c]
    set_key(s.agendas[RETURN], c, LAST)
    if crew.recovered_s > clock.now_s:
        rest(clock, crew, s.days, s.agendas, s.free)
    elif clock.now_s >= crew.leaves_s:
        leave(clock, crew, s.days, s.agendas, s.free, s.accounts)
    else:
        enter(clock, crew, o.WAITING_FOR_LAND, s.days, s.agendas, s.free)
        add_bit(s.free, c)
        clock.news |= 1 << crew.role


# Choice


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


# Work


@inlined
def finish(s: State, c: int) -> None:
    """Book a parcel that is finished."""
    clock, crew = s.clocks[0], s.crews[c]
    parcel, sector = crew.parcel, crew.sector
    at_work_s = total(clock, s.days, AT_WORK, clock.day, clock.now_s)
    breaks = crew.resume_s > crew.since_s or at_work_s >= crew.accident_mark
    if breaks:
        book(clock, crew, s.days)
    crew.done = crew.needed
    count_crew(s, crew, -1)
    put_down(clock, crew, s.agendas[FINISH], s.leaf, s.place)
    if breaks:
        meet_accidents(clock, crew, s.accidents)
        resume(clock, crew, s.days, s.accidents, clock.now_s)
    complete(s, crew, parcel, sector)
    go_on(s, crew)


@inlined
def complete(s: State, crew: Record, parcel: int, sector: int) -> None:
    """Book what becomes of a parcel that is finished."""
    area = area_of(s.clocks[0], s.sectors[sector], parcel)
    if crew.role == SURVEY:
        released = survey(s, parcel, sector, area)
    elif crew.role == CLEARANCE:
        released = clear(s, parcel, area, crew.visit)
    else:
        released = restore(s, parcel)
    if released:
        release(s, parcel, sector, area)


@often
def arrive_there(crew: Record, done: int) -> None:
    """Book as moving what a crew did of its way."""
    moved = min(done, crew.moving)
    crew.time[o.MOVING] += moved
    crew.time[o.WORKED] -= moved


@compiled
def put_down(clock: Record, crew: Record, finishes: Ints, leaf: Numbers, place: Numbers) -> None:
    """Part a crew from its parcel."""
    if crew.moving > 0:
        arrive_there(crew, crew.done)
    set_late_key(finishes, leaf, crew.number, LAST)
    crew.parcel = place[crew.number] = NOBODY
    crew.down_until_s = clock.now_s


@compiled
def meet_accidents(clock: Record, crew: Record, accidents: Records) -> None:
    """Have the accidents that happened at a parcel make its crew stand down."""
    while crew.accident < crew.after_accident:
        accident = accidents[crew.accident]
        if accident.at_work_s > crew.at_work_s:
            break
        crew.accident += 1
        clock.counts[o.ACCIDENTS] += 1
        clock.counts[o.CASUALTIES] += accident.victims
        crew.down_until_s = min(crew.down_until_s + min(accident.stand_down_s, FAR_S), FAR_S)
