"""The crews of the compiled engine: they come, choose, take and finish parcels, rest and go."""

from sim import outcome as o
from sim.engines.compiled.agenda import LAST, set_key, set_late_key
from sim.engines.compiled.choice import count_crew
from sim.engines.compiled.days import book, interrupt, resume, total
from sim.engines.compiled.land import area_of, clear, release, restore, survey
from sim.engines.compiled.money import pay
from sim.engines.compiled.presence import enter, go_on, leave
from sim.engines.compiled.records import (
    ARRIVAL,
    AT_WORK,
    AWAY,
    CLEARANCE,
    FAR_S,
    FINISH,
    NOBODY,
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


# After a parcel


# Choice


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
