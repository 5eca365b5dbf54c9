"""The crews of the compiled engine: they come, rest, come back and go."""

from sim import outcome as o
from sim.engines.compiled.agenda import LAST, due_key, set_key
from sim.engines.compiled.bits import add_bit, drop_bit
from sim.engines.compiled.days import book
from sim.engines.compiled.money import pay
from sim.engines.compiled.records import (
    ARRIVAL,
    AWAY,
    DEPARTURE,
    NOBODY,
    RETURN,
    STAGES,
    Ints,
    Record,
    Records,
    State,
    compiled,
    inlined,
)


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
