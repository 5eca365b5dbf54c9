"""Attacks in the compiled engine: they stop work, hit crews, and re-contaminate land."""

from sim.engines.compiled.agenda import due_key, set_key
from sim.engines.compiled.days import interrupt, plan, resume
from sim.engines.compiled.land import contaminate
from sim.engines.compiled.parts import inlined
from sim.engines.compiled.presence import go_on
from sim.engines.compiled.queues import show_room
from sim.engines.compiled.records import ABSENT, FAR_S, Agenda, Sum
from sim.engines.compiled.state import State
from sim.engines.compiled.sums import count_mishap
from sim.engines.compiled.work import drop
from sim.outcome import OPEN, Count
from sim.world import Stage


@inlined
def attack(s: State, a: int) -> None:
    """Book an attack: who is hit, how long work stops, which parcels must be cleared again."""
    clock, attacks, sector = s.clock[0], s.attacks, s.attacks.sector[a]
    now, here = clock.now_s, s.sectors[sector]
    if s.tally[0].completion_s == OPEN:
        here.counts[Count.ATTACKS] += 1
    stop_ends_s = now + min(attacks.stop_s[a], FAR_S)
    stopped = now < here.stopped_until_s
    stop_sector(s, sector, stop_ends_s)
    if here.holding > 0:
        for c in range(s.place.size):
            if s.place[c] == sector:
                crew = s.crews[c]
                works = not stopped and s.days[crew.first_day + clock.day].rate[Sum.WORK] > 0
                if crew.resume_s <= now:  # else it has not worked since it was stopped
                    interrupt(s.roster, crew)
                    if works and crew.recovered_s <= now:
                        expose(s, c, stop_ends_s)
                resumed_s = max(here.stopped_until_s, crew.recovered_s)
                resume(clock, crew, s.days, s.accidents, resumed_s)
                plan(clock, crew, s.days, s.roster.agendas[Agenda.FINISH], s.leaf)
    # where nothing is released there is nothing to be hit, and no need to look parcels up
    if s.tally[0].completion_s == OPEN and here.unreleased < here.known:
        for i in range(attacks.first_hit[a], attacks.first_hit[a + 1]):
            if s.release_s[attacks.hit_parcel[i]] != OPEN:
                hit(s, attacks.hit_parcel[i], sector)


@inlined
def stop_sector(s: State, sector: int, until_s: int) -> None:
    """Stop work in a sector; it offers nothing until then."""
    clock, here = s.clock[0], s.sectors[sector]
    if until_s > max(here.stopped_until_s, clock.now_s):
        here.stopped_until_s = until_s
        if s.offers.queues[0, sector].open:  # else it offers nothing, and may still be stopped then
            here.stopped = True
            show_room(s.offers, here, sector)
            set_key(s.openings, sector, due_key(clock, until_s, sector))


@inlined
def expose(s: State, c: int, stop_ends_s: int) -> None:
    """Meet an attack at work: a crew that is hit keeps its parcel, and resumes later."""
    crew, mishaps = s.crews[c], s.mishaps
    crew.exposures += 1
    i = crew.casualty
    if i < crew.after_casualty and mishaps.casualty_exposure[i] == crew.exposures:
        crew.casualty += 1
        crew.recovered_s = stop_ends_s + min(mishaps.recovery_s[i], FAR_S)
        count_mishap(s.tally[0], s.sectors[crew.sector], crew, 0, 1)


@inlined
def hit(s: State, parcel: int, sector: int) -> None:
    """Re-contaminate a released parcel; its restoration comes after."""
    waits = s.offers.parcels[parcel].ahead != ABSENT
    contaminate(s, parcel, sector)
    if not waits and s.offers.parcels[parcel].restoration_s >= 0:
        withdraw(s, parcel, sector)


@inlined
def withdraw(s: State, parcel: int, sector: int) -> None:
    """Take a parcel back from the crew that restores it, if there is one."""
    if s.offers.queues[Stage.RESTORATION, sector].holding > 0:
        for c in range(s.place.size):
            if s.place[c] == sector and s.crews[c].parcel == parcel:
                crew = s.crews[c]
                drop(s, crew)
                resume(s.clock[0], crew, s.days, s.accidents, s.clock[0].now_s)
                go_on(s.roster, crew)
