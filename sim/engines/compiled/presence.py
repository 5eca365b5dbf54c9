"""The crews of the compiled engine: they come, rest, come back and go."""

from sim.engines.compiled.agenda import LAST, due_key, set_key
from sim.engines.compiled.bits import add_bit, drop_bit
from sim.engines.compiled.days import book
from sim.engines.compiled.money import pay, unpaid
from sim.engines.compiled.parts import compiled, often
from sim.engines.compiled.records import AWAY, NOBODY, Agenda, Crew
from sim.engines.compiled.state import Roster
from sim.outcome import CrewState


@compiled
def arrive(roster: Roster, crew: Crew) -> None:
    """Book an arrival, unless the crew is still there, and stays on.

    One that a spent fund bears a part of stands still.
    """
    clock, waiting = roster.clock[0], roster.waiting[0]
    begin_stay(roster, crew)
    if crew.state != AWAY:
        return
    crew.arrived_s, crew.since_s, crew.mobilised = clock.now_s, clock.now_s, False
    if unpaid(roster, crew):
        crew.state = CrewState.UNPAID
        return
    crew.state = CrewState.WAITING_FOR_LAND
    waiting.idle[crew.role] += 1
    begin_pay(roster, crew)
    if max(crew.down_until_s, crew.recovered_s) > clock.now_s:
        rest(roster, crew)
    else:
        waiting.news |= 1 << crew.role
        add_bit(roster.free, crew.number)


@compiled
def begin_stay(roster: Roster, crew: Crew) -> None:
    """Begin the next stay of a crew, of which the end and the one after it are now due."""
    clock, number = roster.clock[0], crew.number
    crew.leaves_s, crew.stay = roster.stay_ends_s[crew.stay], crew.stay + 1
    set_key(roster.agendas[Agenda.DEPARTURE], number, due_key(clock, crew.leaves_s, number))
    key = LAST
    if crew.stay < crew.after_stay:
        key = due_key(clock, roster.stay_begins_s[crew.stay], number)
    set_key(roster.agendas[Agenda.ARRIVAL], number, key)


@compiled
def begin_pay(roster: Roster, crew: Crew) -> None:
    """Pay a crew from now on; the first time since it arrived it is mobilised too."""
    crew.stands_by = roster.stands_by[crew.group, roster.clock[0].day]
    pay(roster, crew, 0 if crew.mobilised else 1, 1)
    crew.mobilised = crew.paid = True


@compiled
def pay_again(roster: Roster, crew: Crew) -> None:
    """Have a crew that stood still for want of money go on, unless it leaves now."""
    clock = roster.clock[0]
    if crew.state == CrewState.UNPAID and clock.now_s < crew.leaves_s and not unpaid(roster, crew):
        begin_pay(roster, crew)
        if max(crew.down_until_s, crew.recovered_s) > clock.now_s:
            rest(roster, crew)
        else:
            be_free(roster, crew)


@compiled
def be_free(roster: Roster, crew: Crew) -> None:
    """Have a crew without a parcel look for one."""
    enter(roster, crew, CrewState.WAITING_FOR_LAND.value)
    add_bit(roster.free, crew.number)
    roster.waiting[0].news |= 1 << crew.role


@compiled
def depart(roster: Roster, crew: Crew) -> None:
    """Have a crew go at its hour, unless it holds a parcel: then it goes when it is free."""
    set_key(roster.agendas[Agenda.DEPARTURE], crew.number, LAST)
    if crew.state != AWAY and crew.parcel == NOBODY:
        leave(roster, crew)


@compiled
def leave(roster: Roster, crew: Crew) -> None:
    """Book the end of a crew's presence."""
    enter(roster, crew, AWAY)
    if crew.paid:
        crew.paid = False
        pay(roster, crew, 0, -1)
    crew.present_s += roster.clock[0].now_s - crew.arrived_s


@compiled
def enter(roster: Roster, crew: Crew, state: int) -> None:
    """Book a crew's time up to now, from when on it is in another state, and not free."""
    waiting, now, number = roster.waiting[0], roster.clock[0].now_s, crew.number
    if crew.state == CrewState.WORKED:
        book(roster, crew)
    else:
        crew.time[crew.state] += 1000 * (now - crew.since_s)
        if crew.state == CrewState.WAITING_FOR_LAND:
            waiting.idle[crew.role] -= 1
        else:
            set_key(roster.agendas[Agenda.RETURN], number, LAST)
    if state == CrewState.WAITING_FOR_LAND:
        waiting.idle[crew.role] += 1
    drop_bit(roster.free, number)
    crew.state, crew.since_s = state, now


@often
def go_on(roster: Roster, crew: Crew) -> None:
    """Have a crew that parted from a parcel leave, rest, or be free to take another."""
    now, waiting, number = roster.clock[0].now_s, roster.waiting[0], crew.number
    while crew.stay < crew.after_stay and roster.stay_begins_s[crew.stay] <= now:
        begin_stay(roster, crew)  # it stays on
    if now >= crew.leaves_s:
        go_now(roster, crew)
    elif max(crew.down_until_s, crew.recovered_s) > now:
        rest(roster, crew)
    else:
        add_bit(roster.free, number)
        crew.next_freed = waiting.freed
        waiting.freed = number


@compiled
def go_now(roster: Roster, crew: Crew) -> None:
    """Have a crew stand down for no time: it goes after all that is booked before departures."""
    clock, number = roster.clock[0], crew.number
    enter(roster, crew, CrewState.STAND_DOWN.value)
    set_key(roster.agendas[Agenda.DEPARTURE], number, due_key(clock, clock.now_s, number))
    clock.other_s = clock.now_s


@compiled
def rest(roster: Roster, crew: Crew) -> None:
    """Have a crew stand down, then recover."""
    clock = roster.clock[0]
    until_s, state = crew.down_until_s, CrewState.STAND_DOWN.value
    if until_s <= clock.now_s:
        until_s, state = crew.recovered_s, CrewState.LOST_CASUALTY.value
    enter(roster, crew, state)
    set_key(roster.agendas[Agenda.RETURN], crew.number, due_key(clock, until_s, crew.number))
    clock.other_s = min(clock.other_s, until_s)


@compiled
def come_back(roster: Roster, crew: Crew) -> None:
    """Book the end of a stand-down or of a recovery."""
    now = roster.clock[0].now_s
    set_key(roster.agendas[Agenda.RETURN], crew.number, LAST)
    if crew.recovered_s > now:
        rest(roster, crew)
    elif now >= crew.leaves_s:
        leave(roster, crew)
    else:
        be_free(roster, crew)
