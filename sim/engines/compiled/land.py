"""The land of the compiled engine: sectors open, parcels go from stage to stage."""

import math

from sim.engines.compiled.agenda import LAST, NUMBER, NUMBER_BITS, due_key, pop, push, set_key
from sim.engines.compiled.deadlines import count_known, count_released, count_sector, meet
from sim.engines.compiled.money import pay_area
from sim.engines.compiled.parts import compiled, inlined
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.queues import offer, queue_up, sector_of, show_room, stop_offer, take_out
from sim.engines.compiled.records import (
    ABSENT,
    MOST_S,
    NOBODY,
    STAGES,
    Crew,
    Ground,
    Sector,
    Visit,
    Week,
)
from sim.engines.compiled.state import State
from sim.outcome import OPEN, Count
from sim.world import Stage, SurveyResult

# Sectors


@inlined
def open_sector(s: State, sector: int) -> None:
    """Open a sector, or have it offer again what it has after a stop.

    Its initial parcels queue, those found before now behind them.
    """
    clock, here = s.clock[0], s.sectors[sector]
    here.stopped = clock.now_s < here.stopped_until_s
    set_key(s.openings, sector, LAST)
    if here.stopped:
        set_key(s.openings, sector, due_key(clock, here.stopped_until_s, sector))
    for stage in range(STAGES):
        queue = s.offers.queues[stage, sector]
        if not queue.open:
            queue.open = True
            if queue.cursor < queue.end:
                offer(s.offers, queue)
    show_room(s.offers, here, sector)


@inlined
def find(s: State, parcel: int) -> None:
    """Book one parcel found: it queues for the first stage, or will when its sector opens."""
    sector = sector_of(s.block_sector, s.land.first_parcel, parcel)
    here = s.sectors[sector]
    here.to_find -= 1
    here.known += 1
    here.unreleased += 1
    area = area_of(s.rules.parcel_m2, here, parcel)
    here.counts[Count.FOUND_M2] += area
    count_known(s.owed, sector, area)
    queue_up(s.offers, here.first_stage, parcel, sector)
    change(s.ground[0], here, sector)


@compiled
def area_of(parcel_m2: int, here: Sector, parcel: int) -> int:
    """Return the area of a parcel of a sector, square metres: the last one is the remainder."""
    if parcel == here.last_initial:
        return here.last_initial_m2
    if parcel == here.last_found:
        return here.last_found_m2
    return parcel_m2


@compiled
def is_whole(here: Sector) -> bool:
    """Tell whether all of a sector is released, and no more is to be found."""
    return bool(here.unreleased == 0 and here.to_find == 0)


@compiled
def change(ground: Ground, here: Sector, sector: int) -> None:
    """Have a sector looked at once all is booked, if it may be released as a whole, or no more."""
    if not here.changed and is_whole(here) != (here.release_s != OPEN):
        here.changed = True
        here.next_changed = ground.changed
        ground.changed = sector


@inlined
def look(s: State) -> None:
    """See which sectors are released as a whole, now that all is booked."""
    ground = s.ground[0]
    while ground.changed != NOBODY:
        sector = ground.changed
        here = s.sectors[sector]
        ground.changed = here.next_changed
        here.changed = False
        whole, was_whole = is_whole(here), here.release_s != OPEN
        if whole and not was_whole:
            here.release_s = s.clock[0].now_s
            ground.done = True
            ground.unreleased_sectors -= 1
            count_sector(s.owed, ground, here.region, sector, 1)
            if not here.was_released:
                here.was_released, here.first_s = True, here.release_s
                hand_over(s, sector)
        elif was_whole and not whole:
            here.release_s = OPEN
            ground.unreleased_sectors += 1
            count_sector(s.owed, ground, here.region, sector, -1)
    if ground.reached:
        meet(s.owed, ground, s.clock[0].now_s)


@inlined
def hand_over(s: State, sector: int) -> None:
    """Start restoration in a sector that is released as a whole for the first time."""
    if s.rules.restored and s.rules.restored_by_sector:
        for parcel in range(s.land.first_parcel[sector], s.land.first_parcel[sector + 1]):
            hand_on(s, parcel, sector)


@inlined
def hand_on(s: State, parcel: int, sector: int) -> None:
    """Queue a released parcel for restoration, if it still needs it."""
    if s.offers.parcels[parcel].restoration_s >= 0:
        queue_up(s.offers, Stage.RESTORATION, parcel, sector)


# Parcels


@inlined
def effort_s(s: State, crew: Crew, parcel: int, move_s: int) -> int:
    """Return the effort of a parcel for a crew, in whole seconds of normal work."""
    land, speed = s.offers.parcels[parcel], crew.speed
    if crew.role == Stage.SURVEY:
        seconds = s.land.survey_s[parcel] / speed
    elif crew.role == Stage.CLEARANCE:
        seconds = land.clearance_s / speed + land.items * s.rules.item_s
        if crew.visit == Visit.REWORK:
            seconds = s.rules.rework_share * seconds
        elif crew.visit == Visit.AGAIN:
            seconds = s.rules.recontamination_effort * seconds
    else:
        seconds = land.restoration_s / speed
    if s.left.size > 0:
        seconds = s.left[parcel] * seconds
    whole: int = math.floor(min(seconds + move_s + 0.5, float(MOST_S)))
    return max(1, whole)


@inlined
def visit_to(s: State, parcel: int) -> int:
    """Return which clearance of a parcel is next."""
    visit = Visit.FIRST.value
    first = s.land.first_inspection
    if s.recontaminations[parcel] > 0:
        visit = Visit.AGAIN.value
    elif (
        first.size > 0
        and first[parcel] >= 0
        and s.offers.parcels[parcel].inspection > first[parcel]
    ):
        visit = Visit.REWORK.value
    return visit


@inlined
def finish(s: State, crew: Crew, parcel: int, sector: int) -> None:
    """Book a stage that a crew has finished."""
    if s.left.size > 0:
        s.left[parcel] = 1.0
    role, area = crew.role, area_of(s.rules.parcel_m2, s.sectors[sector], parcel)
    if role == Stage.SURVEY:
        released = survey(s, crew, parcel, sector, area)
    elif role == Stage.CLEARANCE:
        released = clear(s, crew, parcel, sector, area)
    else:
        released = restore(s, parcel, sector)
    if released:
        release(s, crew, parcel, sector, area)


@inlined
def survey(s: State, crew: Crew, parcel: int, sector: int, area: int) -> bool:
    """Book a survey: cancelled, reduced, or confirmed and on to clearance; tell if released."""
    s.sectors[sector].to_survey -= 1
    if s.sectors[sector].to_survey == 0:
        s.ground[0].done = True
    result, counts = s.land.survey_result[parcel], s.sectors[sector].counts
    if result == SurveyResult.CONFIRMED:
        queue_up(s.offers, Stage.CLEARANCE, parcel, sector)
    elif result == SurveyResult.CANCELLED:
        counts[Count.CANCELLED_M2] += area
        crew.cancelled_m2 += area
    else:
        counts[Count.REDUCED_M2] += area
        crew.reduced_m2 += area
    return bool(result != SurveyResult.CONFIRMED)


@inlined
def clear(s: State, crew: Crew, parcel: int, sector: int, area: int) -> bool:
    """Book a clearance: accepted, or inspected first; tell if released."""
    counts = s.sectors[sector].counts
    if crew.visit == Visit.FIRST:
        counts[Count.ITEMS] += s.offers.parcels[parcel].items
    accepted = True
    if crew.visit == Visit.AGAIN:
        counts[Count.RECLEARED_M2] += area
    elif s.offers.parcels[parcel].inspection != NOBODY:
        s.offers.parcels[parcel].behind = crew.number
        inspect(s, parcel)
        accepted = False
    else:
        crew.cleared_m2 += area
    return accepted


@inlined
def restore(s: State, parcel: int, sector: int) -> bool:
    """Book a restoration."""
    s.ground[0].restorations_left -= 1
    s.sectors[sector].to_restore -= 1
    if s.sectors[sector].to_restore == 0:
        s.ground[0].done = True
    s.restored_s[parcel] = s.clock[0].now_s
    s.offers.parcels[parcel].restoration_s = -1.0
    return False


@inlined
def inspect(s: State, parcel: int) -> None:
    """Begin the inspection of a cleared parcel."""
    clock, coming = s.clock[0], s.coming[0]
    inspection = s.offers.parcels[parcel].inspection
    s.offers.parcels[parcel].inspection = inspection + 1
    ready_s = clock.now_s + s.land.inspection_s[inspection]
    if ready_s <= clock.horizon_s:
        push(s.inspections, coming.inspections, ready_s << NUMBER_BITS | parcel)
        coming.inspections += 1
        clock.other_s = min(clock.other_s, ready_s)


@inlined
def inspected(s: State) -> None:
    """Book an inspection: the parcel is released, or goes back to clearance."""
    coming = s.coming[0]
    parcel = pop(s.inspections, coming.inspections) & NUMBER
    coming.inspections -= 1
    fetch(s.offers.parcels, s.inspections[0] & NUMBER)  # the next one to be inspected, early
    sector = sector_of(s.block_sector, s.land.first_parcel, parcel)
    if s.land.inspection_passed[s.offers.parcels[parcel].inspection - 1]:
        area = area_of(s.rules.parcel_m2, s.sectors[sector], parcel)
        crew = s.crews[s.offers.parcels[parcel].behind]
        crew.cleared_m2 += area
        release(s, crew, parcel, sector, area)
    else:
        queue_up(s.offers, Stage.CLEARANCE, parcel, sector)


@inlined
def release(s: State, crew: Crew, parcel: int, sector: int, area: int) -> None:
    """Hand a parcel over from a crew; it goes on to restoration if it needs it."""
    clock, here = s.clock[0], s.sectors[sector]
    here.unreleased -= 1
    s.release_s[parcel] = clock.now_s
    here.counts[Count.RELEASED_M2] += area
    count_released(s.owed, s.ground[0], sector, area)
    s.weeks[Week.GROSS, clock.week] += area
    if s.paid_m2.size > 0:
        pay_area(clock, s.roster, s.money, s.paid_m2, crew.group, area)
    if s.rules.restored and (not s.rules.restored_by_sector or here.was_released):
        hand_on(s, parcel, sector)
    if here.unreleased == 0:
        change(s.ground[0], here, sector)


@inlined
def contaminate(s: State, parcel: int, sector: int) -> None:
    """Book a released parcel that was hit: it must be cleared again."""
    here = s.sectors[sector]
    area = area_of(s.rules.parcel_m2, here, parcel)
    here.unreleased += 1
    if s.left.size > 0:
        s.left[parcel] = 1.0  # also if it was put back while it was restored
    s.release_s[parcel] = OPEN
    s.recontaminations[parcel] += 1
    here.counts[Count.RELEASED_M2] -= area
    count_released(s.owed, s.ground[0], sector, -area)
    here.counts[Count.RECONTAMINATED_M2] += area
    s.weeks[Week.HIT, s.clock[0].week] += area
    if s.offers.parcels[parcel].ahead != ABSENT:
        queue = s.offers.queues[Stage.RESTORATION, sector]
        take_out(queue, s.offers.parcels, parcel, s.offers.parcels[parcel].ahead)
        stop_offer(s.offers, queue)
    queue_up(s.offers, Stage.CLEARANCE, parcel, sector)
    change(s.ground[0], here, sector)
