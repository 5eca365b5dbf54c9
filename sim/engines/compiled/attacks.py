"""Attacks in the compiled engine: they stop work, hit crews, and re-contaminate land."""

from sim import outcome as o
from sim.engines.compiled.days import interrupt, plan, resume
from sim.engines.compiled.land import area_of, notice
from sim.engines.compiled.presence import go_on
from sim.engines.compiled.queues import queue_up, stop_offer, take_out
from sim.engines.compiled.records import (
    ABSENT,
    CLEARANCE,
    FAR_S,
    FINISH,
    HIT,
    RESTORATION,
    WORK,
    State,
    inlined,
)
from sim.engines.compiled.work import drop
from sim.outcome import OPEN


@inlined
def attack(s: State, a: int) -> None:
    """Book an attack: who is hit, how long work stops, which parcels must be cleared again."""
    clock, attacks, sector = s.clocks[0], s.attacks, s.attacks.sector[a]
    now, here = clock.now_s, s.sectors[sector]
    clock.counts[o.ATTACKS] += 1
    stop_ends_s = now + min(attacks.stop_s[a], FAR_S)
    works = now >= here.stopped_until_s and s.days[clock.day].rate[WORK] > 0
    here.stopped_until_s = max(here.stopped_until_s, stop_ends_s)
    if here.crews > 0:
        for c in range(s.place.size):
            if s.place[c] == sector:
                crew = s.crews[c]
                if crew.resume_s <= now:  # else it has not worked since it was stopped
                    interrupt(clock, crew, s.days)
                    if works and crew.recovered_s <= now:
                        expose(s, c, stop_ends_s)
                resumed_s = max(here.stopped_until_s, crew.recovered_s)
                resume(clock, crew, s.days, s.accidents, resumed_s)
                plan(clock, crew, s.days, s.agendas[FINISH], s.leaf)
    if clock.completion_s == OPEN and here.unreleased < here.known:
        for hit in range(attacks.first_hit[a], attacks.first_hit[a + 1]):
            if s.release_s[attacks.hit_parcel[hit]] != OPEN:
                recontaminate(s, attacks.hit_parcel[hit], sector)


@inlined
def expose(s: State, c: int, stop_ends_s: int) -> None:
    """Meet a crew at work: it may be hit, keeps its parcel and resumes when recovered."""
    crew, mishaps = s.crews[c], s.mishaps
    crew.exposures += 1
    i = crew.casualty
    if i < crew.after_casualty and mishaps.casualty_exposure[i] == crew.exposures:
        crew.casualty += 1
        crew.recovered_s = stop_ends_s + min(mishaps.recovery_s[i], FAR_S)
        s.clocks[0].counts[o.CASUALTIES] += 1


@inlined
def recontaminate(s: State, parcel: int, sector: int) -> None:
    """Hit a released parcel: it must be cleared again."""
    clock, here = s.clocks[0], s.sectors[sector]
    area = area_of(clock, here, parcel)
    here.unreleased += 1
    s.release_s[parcel] = OPEN
    s.recontaminations[parcel] += 1
    clock.counts[o.RELEASED] -= area
    clock.counts[o.RECONTAMINATED] += area
    s.weeks[HIT, clock.week] += area
    notice(clock, here, sector)
    if clock.restored:
        withdraw(s, parcel, sector)
    queue_up(clock, s.queues[CLEARANCE, sector], s.parcels, s.bits, s.fewest, parcel)


@inlined
def withdraw(s: State, parcel: int, sector: int) -> None:
    """Take a parcel back that waits for restoration or is in it."""
    clock, queue = s.clocks[0], s.queues[RESTORATION, sector]
    if s.parcels[parcel].ahead != ABSENT:
        take_out(queue, s.parcels, parcel, s.parcels[parcel].ahead)
        stop_offer(clock, queue, s.bits, s.fewest)
    elif queue.crews > 0 and s.parcels[parcel].restoration_s >= 0:
        for c in range(s.place.size):
            if s.place[c] == sector and s.crews[c].parcel == parcel:
                crew = s.crews[c]
                drop(s, crew)
                resume(clock, crew, s.days, s.accidents, clock.now_s)
                go_on(s, crew)
