"""The crews of the compiled engine: they come, rest, come back and go."""

from sim.engines.compiled.agenda import LAST, due_key, set_key
from sim.engines.compiled.bits import add_bit, drop_bit
from sim.engines.compiled.days import book
from sim.engines.compiled.money import pay
from sim.engines.compiled.parts import compiled, inlined
from sim.engines.compiled.records import Ints, Records
from sim.engines.compiled.state import (
    AWAY,
    NOBODY,
    STAGES,
    Account,
    Agenda,
    Clock,
    Crew,
    Day,
    State,
    Waiting,
)
from sim.outcome import CrewState


@inlined
def arrive(s: State, c: int) -> None:
    """Book an arrival; a crew whose fund is spent is never paid and never works."""
    clock, waiting, crew = s.clock[0], s.waiting[0], s.crews[c]
    set_key(s.agendas[Agenda.ARRIVAL], c, LAST)
    crew.arrived_s = crew.since_s = clock.now_s
    if crew.fund != NOBODY and s.accounts[STAGES + crew.fund].empty:
        crew.state = CrewState.UNPAID
    else:
        crew.state, crew.paid = CrewState.WAITING_FOR_LAND, True
        waiting.idle[crew.role] += 1
        waiting.news |= 1 << crew.role
        pay(clock, crew, s.accounts, crew.cost_to_mobilise, crew.cost_per_day)
        add_bit(s.free, c)
        if clock.now_s >= crew.leaves_s:
            leave(clock, waiting, crew, s.days, s.agendas, s.free, s.accounts)


@inlined
def depart(s: State, c: int) -> None:
    """Have a crew go at its hour, unless it holds a parcel: then it goes when it is free."""
    crew = s.crews[c]
    set_key(s.agendas[Agenda.DEPARTURE], c, LAST)
    if crew.state != AWAY and crew.parcel == NOBODY:
        leave(s.clock[0], s.waiting[0], crew, s.days, s.agendas, s.free, s.accounts)


@compiled
def leave(
    clock: Clock,
    waiting: Waiting,
    crew: Crew,
    days: Records[Day],
    agendas: Ints,
    free: Ints,
    accounts: Records[Account],
) -> None:
    """Book the end of a crew's presence."""
    enter(clock, waiting, crew, AWAY, days, agendas, free)
    if crew.paid:
        crew.paid = False
        pay(clock, crew, accounts, 0, -crew.cost_per_day)
    crew.present_s = clock.now_s - crew.arrived_s


@compiled
def enter(
    clock: Clock,
    waiting: Waiting,
    crew: Crew,
    state: int,
    days: Records[Day],
    agendas: Ints,
    free: Ints,
) -> None:
    """Book a crew's time up to now, from when on it is in another state, and not free."""
    now, number = clock.now_s, crew.number
    if crew.state == CrewState.WORKED:
        book(clock, crew, days)
    else:
        crew.time[crew.state] += 1000 * (now - crew.since_s)
        if crew.state == CrewState.WAITING_FOR_LAND:
            waiting.idle[crew.role] -= 1
        else:
            set_key(agendas[Agenda.RETURN], number, LAST)
    if state == CrewState.WAITING_FOR_LAND:
        waiting.idle[crew.role] += 1
    drop_bit(free, number)
    crew.state, crew.since_s = state, now


@inlined
def go_on(s: State, crew: Crew) -> None:
    """Have a crew that parted from a parcel leave, rest, or be free to take another."""
    clock, waiting, number = s.clock[0], s.waiting[0], crew.number
    if clock.now_s >= crew.leaves_s:
        # it stands down for no time: it goes now, but after all that is booked before departures
        enter(clock, waiting, crew, CrewState.STAND_DOWN.value, s.days, s.agendas, s.free)
        set_key(s.agendas[Agenda.DEPARTURE], number, due_key(clock, clock.now_s, number))
        clock.other_s = clock.now_s
    elif max(crew.down_until_s, crew.recovered_s) > clock.now_s:
        rest(clock, waiting, crew, s.days, s.agendas, s.free)
    else:
        add_bit(s.free, number)
        crew.next_freed = waiting.freed
        waiting.freed = number


@compiled
def rest(
    clock: Clock, waiting: Waiting, crew: Crew, days: Records[Day], agendas: Ints, free: Ints
) -> None:
    """Have a crew stand down, then recover."""
    until_s, state = crew.down_until_s, CrewState.STAND_DOWN.value
    if until_s <= clock.now_s:
        until_s, state = crew.recovered_s, CrewState.LOST_CASUALTY.value
    enter(clock, waiting, crew, state, days, agendas, free)
    set_key(agendas[Agenda.RETURN], crew.number, due_key(clock, until_s, crew.number))
    clock.other_s = min(clock.other_s, until_s)


@inlined
def come_back(s: State, c: int) -> None:
    """Book the end of a stand-down or of a recovery."""
    clock, waiting, crew = s.clock[0], s.waiting[0], s.crews[c]
    set_key(s.agendas[Agenda.RETURN], c, LAST)
    if crew.recovered_s > clock.now_s:
        rest(clock, waiting, crew, s.days, s.agendas, s.free)
    elif clock.now_s >= crew.leaves_s:
        leave(clock, waiting, crew, s.days, s.agendas, s.free, s.accounts)
    else:
        enter(clock, waiting, crew, CrewState.WAITING_FOR_LAND.value, s.days, s.agendas, s.free)
        add_bit(s.free, c)
        waiting.news |= 1 << crew.role
