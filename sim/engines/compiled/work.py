"""The crews of the compiled engine at work: they finish parcels, or part from them."""

from sim.engines.compiled.agenda import LAST, set_key, set_late_key
from sim.engines.compiled.days import book, interrupt, resume, total
from sim.engines.compiled.fields import Ints, Numbers
from sim.engines.compiled.land import finish
from sim.engines.compiled.money import pay, pay_in
from sim.engines.compiled.parts import compiled, inlined, often
from sim.engines.compiled.presence import enter, go_on, leave, pay_again
from sim.engines.compiled.queues import count_crew, put_first
from sim.engines.compiled.records import (
    AWAY,
    COSTS,
    FAR_S,
    NOBODY,
    Agenda,
    Clock,
    Crew,
    Sum,
)
from sim.engines.compiled.state import State
from sim.engines.compiled.sums import count_mishap
from sim.outcome import CrewState
from sim.world import NEVER


@inlined
def work_off(s: State, c: int) -> None:
    """Book a parcel that a crew has worked off."""
    clock, crew = s.clock[0], s.crews[c]
    parcel, sector = crew.parcel, crew.sector
    at_work_s = total(clock, crew, s.days, Sum.AT_WORK, clock.day, clock.now_s)
    breaks = crew.resume_s > crew.since_s or at_work_s >= crew.accident_mark
    if breaks:
        book(s.roster, crew)
    crew.done = crew.needed
    count_crew(s.offers, s.sectors, crew, -1)
    put_down(clock, crew, s.roster.agendas[Agenda.FINISH], s.leaf, s.place)
    if breaks:
        meet_accidents(s, crew)
        resume(clock, crew, s.days, s.accidents, clock.now_s)
    finish(s, crew, parcel, sector)
    go_on(s.roster, crew)


@inlined
def drop(s: State, crew: Crew) -> None:
    """Have a crew put down an unfinished parcel, if it holds one."""
    clock = s.clock[0]
    if crew.parcel != NOBODY:
        interrupt(s.roster, crew)
        count_crew(s.offers, s.sectors, crew, -1)
        put_down(clock, crew, s.roster.agendas[Agenda.FINISH], s.leaf, s.place)
        meet_accidents(s, crew)


@inlined
def put_back(s: State, crew: Crew) -> None:
    """Have a crew put its parcel back, if it holds one; what it did of it counts, not its way."""
    parcel, sector = crew.parcel, crew.sector
    if parcel != NOBODY:
        drop(s, crew)
        if crew.done > crew.moving:
            left = float(crew.needed - crew.done) / float(crew.needed - crew.moving)
            s.left[parcel] *= left
        put_first(s.offers, s.offers.queues[crew.role, sector], parcel)


@compiled
def put_down(clock: Clock, crew: Crew, finishes: Ints, leaf: Numbers, place: Numbers) -> None:
    """Part a crew from its parcel."""
    if crew.moving > 0:
        book_moving(crew, crew.done)
    set_late_key(finishes, leaf, crew.number, LAST)
    crew.parcel = place[crew.number] = NOBODY
    crew.down_until_s = clock.now_s


@often
def book_moving(crew: Crew, done: int) -> None:
    """Book as moving what a crew did of its way."""
    moved = min(done, crew.moving)
    crew.time[CrewState.MOVING] += moved
    crew.time[CrewState.WORKED] -= moved


@inlined
def meet_accidents(s: State, crew: Crew) -> None:
    """Have the accidents that happened at a parcel make its crew stand down."""
    while crew.accident < crew.after_accident:
        accident = s.accidents[crew.accident]
        if accident.at_work_s > crew.at_work_s:
            break
        crew.accident += 1
        count_mishap(s.tally[0], s.sectors[crew.sector], crew, 1, accident.victims)
        crew.down_until_s = min(crew.down_until_s + min(accident.stand_down_s, FAR_S), FAR_S)


@compiled
def dismiss(s: State, last_role: int) -> None:
    """End the work of all roles up to one, also of crews still to come."""
    for c in range(s.crews.size):
        crew = s.crews[c]
        if crew.role <= last_role:
            set_key(s.roster.agendas[Agenda.ARRIVAL], c, LAST)
            if crew.state != AWAY:
                drop(s, crew)
                leave(s.roster, crew)


@compiled
def stop_crews(s: State, fund: int) -> None:
    """Stop the crews of a spent fund; they put their parcels back."""
    clock, account = s.clock[0], s.roster.accounts[COSTS + fund]
    account.empty = True
    account.empty_at_s = NEVER
    for c in range(s.crews.size):
        crew = s.crews[c]
        if crew.paid and s.roster.bears[crew.role, fund]:
            put_back(s, crew)
            if clock.now_s >= crew.leaves_s:
                leave(s.roster, crew)
            else:
                enter(s.roster, crew, CrewState.UNPAID.value)
                crew.paid = False
                pay(s.roster, crew, 0, -1)


@compiled
def receive(s: State, tranche: int) -> None:
    """Book a tranche, and have crews go on that it pays."""
    money = s.money
    account = s.roster.accounts[COSTS + money.tranche_fund[tranche]]
    pay_in(s.clock[0], account, money.tranche_amount[tranche] * s.clock[0].day_s)
    if account.stops:
        for c in range(s.crews.size):
            pay_again(s.roster, s.crews[c])
