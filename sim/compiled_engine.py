"""The campaign as one compiled loop: the same model as the SimPy engine's, stated again to be fast.

It shares the world and the outcome with the other engine, and no code. At every instant what is
due is booked in a fixed order (`book_all`), then the land is looked at and free crews choose
(`settle`).

Crews are not woken day by day: pace is known, so that sums of it over days say when a parcel will
be finished, and a crew's time is booked in spans. Only an attack makes the crews of a sector plan
anew. A crew that goes from one parcel to the next stays in one span.
"""

import heapq
import math
from typing import Any

from numba import njit

from sim import outcome as o
from sim.compiled_state import (
    ABSENT,
    AGAIN,
    AT_WORK,
    AWAY,
    CLEARANCE,
    FAR_S,
    FIRST,
    LAST,
    MOST_S,
    NOBODY,
    NUMBER,
    NUMBER_BITS,
    REST,
    RESTORATION,
    REWORK,
    SEASON,
    STAGES,
    SURVEY,
    WEATHER,
    WORD_BITS,
    WORK,
    AttacksIn,
    CalendarIn,
    CrewsIn,
    Ints,
    LandIn,
    MishapsIn,
    MoneyIn,
    State,
    add_bit,
    add_to_queue,
    begin,
    compiled,
    drop_bit,
    due_key,
    is_empty,
    lowest,
    next_bit,
    offer,
    sector_of,
    set_key,
    stop_offer,
    take_first,
    take_out,
    total,
    weigh,
)
from sim.outcome import OPEN, Outcome
from sim.world import CANCELLED, CONFIRMED, NEVER, World


def run(world: World) -> Outcome:
    """Return what happens in a world.

    Parameters
    ----------
    world
        From `sample_world`.
    """
    completion_s, restored_s, *arrays = _play(
        world.day_s,
        world.horizon_s,
        world.balanced,
        *(
            piece._make([getattr(stated, name) for name in piece._fields])
            for piece, stated in (
                (CalendarIn, world.calendar),
                (LandIn, world.land),
                (AttacksIn, world.attacks),
                (CrewsIn, world.crews),
                (MishapsIn, world.mishaps),
                (MoneyIn, world.money),
            )
        ),
    )
    return Outcome(world, int(completion_s), int(restored_s), *arrays)


# The campaign as a whole


@njit(cache=True, nogil=True)
def _play(
    day_s: int,
    horizon_s: int,
    balanced: bool,
    calendar: Any,
    land: Any,
    attacks: Any,
    crews_in: Any,
    mishaps: Any,
    money: Any,
) -> Any:
    """Play the campaign to its end; return the fields of its outcome."""
    s = begin(day_s, horizon_s, balanced, calendar, land, attacks, crews_in, mishaps, money)
    clock = s.clock[0]
    counts_kept, cost_kept = s.counts, costs_now(s)
    for fund in range(s.funds.size):
        watch(s, fund)
    look_ahead(s)
    while True:
        now = min(s.finishes[1] >> NUMBER_BITS, clock.other_s)
        if now > horizon_s:
            break
        move_clock(s, now)
        book_all(s, now)
        if settle(s):
            counts_kept, cost_kept = s.counts.copy(), costs_now(s)
            dismiss(s, SURVEY)
            dismiss(s, CLEARANCE)
        if clock.completion_s != OPEN and clock.restorations_left == 0:
            clock.restored_s = now
            break
        choose(s)
    if clock.restored_s == OPEN:
        move_clock(s, horizon_s)
    for role in range(STAGES):
        dismiss(s, role)
    total_cost = costs_now(s)
    if clock.completion_s == OPEN:
        counts_kept, cost_kept = s.counts, total_cost
    return (
        clock.completion_s,
        clock.restored_s,
        counts_kept,
        cost_kept,
        total_cost,
        s.week_released,
        s.week_gross,
        s.sector_release,
        s.time,
        s.present_s,
        s.release_s,
        s.releases,
        s.recontaminations,
        s.restoration_s,
    )


@compiled
def move_clock(s: State, now: int) -> None:
    """Move the clock; a week ends with day 7 w, that instant included."""
    clock = s.clock[0]
    clock.now_s = now
    while now >= (clock.day + 1) * s.day_s:
        clock.day += 1
    while now > clock.week * o.WEEK_DAYS * s.day_s:
        clock.week += 1


@compiled
def book_all(s: State, now: int) -> None:
    """Book everything due, in order; nothing that is booked makes something earlier due."""
    clock = s.clock[0]
    while s.finishes[1] >> NUMBER_BITS == now:
        finish(s, s.finishes[1] & NUMBER)
    if clock.other_s > now:
        return
    while len(s.inspections) > 0 and s.inspections[0] >> NUMBER_BITS == now:
        inspected(s, heapq.heappop(s.inspections) & NUMBER)
    found_s = s.land.found_s
    while clock.next_find < found_s.size and found_s[clock.next_find] == now:
        find(s, s.land.found_parcel[clock.next_find])
        clock.next_find += 1
    while s.openings[1] >> NUMBER_BITS == now:
        open_sector(s, s.openings[1] & NUMBER)
    while s.arrivals[1] >> NUMBER_BITS == now:
        arrive(s, s.arrivals[1] & NUMBER)
    while s.returns[1] >> NUMBER_BITS == now:
        come_back(s, s.returns[1] & NUMBER)
    attack_s = s.attacks.at_s
    while clock.next_attack < attack_s.size and attack_s[clock.next_attack] == now:
        attack(s, clock.next_attack)
        clock.next_attack += 1
    for fund in range(s.funds.size):
        if s.funds[fund].due_s == now:
            stop_crews(s, fund)
    while s.departures[1] >> NUMBER_BITS == now:
        depart(s, s.departures[1] & NUMBER)
    look_ahead(s)


@compiled
def look_ahead(s: State) -> None:
    """Find out when the next thing but a finish is due."""
    clock = s.clock[0]
    key = min(s.openings[1], s.arrivals[1], s.returns[1], s.departures[1])
    if len(s.inspections) > 0:
        key = min(key, s.inspections[0])
    due_s = key >> NUMBER_BITS
    if clock.next_find < s.land.found_s.size:
        due_s = min(due_s, s.land.found_s[clock.next_find])
    if clock.next_attack < s.attacks.at_s.size:
        due_s = min(due_s, s.attacks.at_s[clock.next_attack])
    for fund in range(s.funds.size):
        due_s = min(due_s, s.funds[fund].due_s)
    clock.other_s = due_s


@compiled
def settle(s: State) -> bool:
    """Look at the land now that everything due is booked; tell whether that completes it."""
    clock = s.clock[0]
    for i in range(clock.changed):
        look_at(s, s.changed[i])
    clock.changed = 0
    if clock.completion_s != OPEN or clock.open_sectors > 0:
        return False
    clock.completion_s = clock.now_s
    return True


@compiled
def is_whole(s: State, sector: int) -> bool:
    """Tell whether all of a sector is released, and no more is to be found."""
    here = s.sectors[sector]
    return bool(here.unreleased == 0 and here.to_find == 0)


@compiled
def notice(s: State, sector: int) -> None:
    """Remember to look at a sector whose land was released, found or hit, if that matters."""
    here, clock = s.sectors[sector], s.clock[0]
    if not here.changed and is_whole(s, sector) != (s.sector_release[sector] != OPEN):
        here.changed = True
        s.changed[clock.changed] = sector
        clock.changed += 1


@compiled
def look_at(s: State, sector: int) -> None:
    """See whether a sector is released as a whole."""
    here, clock = s.sectors[sector], s.clock[0]
    here.changed = False
    whole, was_whole = is_whole(s, sector), s.sector_release[sector] != OPEN
    if whole and not was_whole:
        s.sector_release[sector] = clock.now_s
        clock.open_sectors -= 1
        if not here.released_before:
            here.released_before = True
            hand_over_sector(s, sector)
    elif was_whole and not whole:
        s.sector_release[sector] = OPEN
        clock.open_sectors += 1


@compiled
def dismiss(s: State, role: int) -> None:
    """End the work of a role, also of those still to come."""
    for c in range(s.crews.size):
        crew = s.crews[c]
        if crew.role == role:
            set_key(s.arrivals, c, LAST)
            if crew.state != AWAY:
                if crew.parcel != NOBODY:
                    interrupt(s, c)
                    put_down(s, c)
                leave(s, c)


# Sectors


@compiled
def open_sector(s: State, sector: int) -> None:
    """Open a sector: its initial parcels queue, those found before now behind them."""
    set_key(s.openings, sector, LAST)
    s.sectors[sector].open = True
    offer(s, s.first_stage, sector)


@compiled
def find(s: State, parcel: int) -> None:
    """Book one parcel found: it queues if its sector is open, else behind the initial ones."""
    sector = sector_of(s, parcel)
    here = s.sectors[sector]
    here.to_find -= 1
    here.unreleased += 1
    s.counts[o.FOUND_AREA] += area_of(s, parcel, sector)
    notice(s, sector)
    queue_up(s, s.first_stage, parcel, sector)


@compiled
def queue_up(s: State, stage: int, parcel: int, sector: int) -> None:
    """Put a parcel at the back of its sector's queue for a stage."""
    if add_to_queue(s, stage, parcel, sector) and s.sectors[sector].open:
        offer(s, stage, sector)


@compiled
def area_of(s: State, parcel: int, sector: int) -> int:
    """Return the area of a parcel, square metres: the last one holds the remainder."""
    here = s.sectors[sector]
    if parcel == here.last_initial:
        return int(s.land.last_initial_m2[sector])
    if parcel == here.last_found:
        return int(s.land.last_found_m2[sector])
    return int(s.land.parcel_m2)


# Parcels


@compiled
def survey(s: State, parcel: int, sector: int) -> None:
    """Book a survey: cancelled, reduced, or confirmed and on to clearance."""
    result = s.land.survey_result[parcel]
    if result == CONFIRMED:
        queue_up(s, CLEARANCE, parcel, sector)
        return
    area = area_of(s, parcel, sector)
    s.counts[o.CANCELLED_AREA if result == CANCELLED else o.REDUCED_AREA] += area
    release(s, parcel, sector, area)


@compiled
def restore(s: State, parcel: int) -> None:
    """Book a restoration."""
    clock = s.clock[0]
    clock.restorations_left -= 1
    s.restoration_s[parcel] = clock.now_s


@compiled
def clear(s: State, parcel: int, sector: int, visit: int) -> None:
    """Book a clearance: accepted, or inspected first."""
    if visit == AGAIN:
        area = area_of(s, parcel, sector)
        s.counts[o.RECLEARED] += area
        release(s, parcel, sector, area)
        return
    if visit == FIRST and s.land.items.size > 0:
        s.counts[o.ITEMS] += s.land.items[parcel]
    if s.next_inspection.size > 0 and s.next_inspection[parcel] >= 0:
        inspect(s, parcel)
    else:
        accept(s, parcel, sector)


@compiled
def accept(s: State, parcel: int, sector: int) -> None:
    """Release a cleared parcel."""
    area = area_of(s, parcel, sector)
    s.counts[o.CLEARED] += area
    release(s, parcel, sector, area)


@compiled
def inspect(s: State, parcel: int) -> None:
    """Begin the inspection of a cleared parcel."""
    clock = s.clock[0]
    ready_s = clock.now_s + s.land.inspection_s[s.next_inspection[parcel]]
    s.next_inspection[parcel] += 1
    if ready_s <= s.horizon_s:
        heapq.heappush(s.inspections, ready_s << NUMBER_BITS | parcel)
        clock.other_s = min(clock.other_s, ready_s)


@compiled
def inspected(s: State, parcel: int) -> None:
    """Book an inspection: the parcel is released, or goes back to clearance."""
    sector = sector_of(s, parcel)
    if s.land.inspection_passed[s.next_inspection[parcel] - 1]:
        accept(s, parcel, sector)
    else:
        queue_up(s, CLEARANCE, parcel, sector)


@compiled
def release(s: State, parcel: int, sector: int, area: int) -> None:
    """Hand a parcel over; it goes on to restoration if it needs it."""
    clock, here = s.clock[0], s.sectors[sector]
    here.unreleased -= 1
    s.release_s[parcel] = clock.now_s
    s.releases[parcel] += 1
    s.counts[o.RELEASED] += area
    s.week_released[clock.week] += area
    s.week_gross[clock.week] += area
    if here.unreleased == 0:
        notice(s, sector)
    if s.land.restored and (not s.land.restored_by_sector or here.released_before):
        hand_on(s, parcel, sector)


@compiled
def hand_on(s: State, parcel: int, sector: int) -> None:
    """Queue a released parcel for restoration, if it still needs it."""
    if s.land.restoration_s[parcel] >= 0 and s.restoration_s[parcel] == OPEN:
        queue_up(s, RESTORATION, parcel, sector)


@compiled
def hand_over_sector(s: State, sector: int) -> None:
    """Start restoration in a sector that was released as a whole."""
    if s.land.restored and s.land.restored_by_sector:
        for parcel in range(s.land.first_parcel[sector], s.land.first_parcel[sector + 1]):
            hand_on(s, parcel, sector)


# Attacks


@compiled
def attack(s: State, a: int) -> None:
    """Book an attack: who is hit, how long work stops, which parcels must be cleared again."""
    clock, attacks, sector = s.clock[0], s.attacks, s.attacks.sector[a]
    now, here = clock.now_s, s.sectors[sector]
    s.counts[o.ATTACKS] += 1
    stop_ends_s = now + min(attacks.stop_s[a], FAR_S)
    works = now >= here.stopped_until_s and s.rate[clock.day, WORK] > 0
    here.stopped_until_s = max(here.stopped_until_s, stop_ends_s)
    if here.crews > 0:
        for c in range(s.crews.size):
            if s.holds[c] == sector:
                interrupt(s, c)
                if works and s.crews[c].recovered_s <= now:
                    expose(s, c, stop_ends_s)
                resume(s, c, max(here.stopped_until_s, s.crews[c].recovered_s))
                plan(s, c)
    if clock.completion_s == OPEN:
        for hit in range(attacks.first_hit[a], attacks.first_hit[a + 1]):
            hit_parcel(s, attacks.hit_parcel[hit], sector)


@compiled
def expose(s: State, c: int, stop_ends_s: int) -> None:
    """Meet a crew at work: it may be hit, keeps its parcel and resumes when recovered."""
    crew, mishaps = s.crews[c], s.mishaps
    crew.exposures += 1
    i = crew.casualty
    if i < crew.after_casualty and mishaps.casualty_exposure[i] == crew.exposures:
        crew.casualty += 1
        crew.recovered_s = stop_ends_s + min(mishaps.recovery_s[i], FAR_S)
        s.counts[o.CASUALTIES] += 1


@compiled
def hit_parcel(s: State, parcel: int, sector: int) -> None:
    """Re-contaminate a parcel, if it is released: it must be cleared again."""
    if s.release_s[parcel] == OPEN:
        return
    area = area_of(s, parcel, sector)
    s.sectors[sector].unreleased += 1
    s.release_s[parcel] = OPEN
    s.recontaminations[parcel] += 1
    s.counts[o.RELEASED] -= area
    s.counts[o.RECONTAMINATED] += area
    s.week_released[s.clock[0].week] -= area
    notice(s, sector)
    if s.land.restored:
        withdraw(s, parcel, sector)
    queue_up(s, CLEARANCE, parcel, sector)


@compiled
def withdraw(s: State, parcel: int, sector: int) -> None:
    """Take a parcel back that waits for restoration or is in it."""
    if s.ahead[parcel] != ABSENT:
        take_out(s, parcel, sector)
        if is_empty(s, RESTORATION, sector):
            stop_offer(s, RESTORATION, sector)
        return
    for c in range(s.crews.size):
        if s.holds[c] == sector and s.crews[c].parcel == parcel:
            interrupt(s, c)
            put_down(s, c)
            s.crews[c].resume_s = s.clock[0].now_s
            go_on(s, c)
            return


# Crews


@compiled
def arrive(s: State, c: int) -> None:
    """Book an arrival; a crew that is not paid waits for ever."""
    clock, crew = s.clock[0], s.crews[c]
    set_key(s.arrivals, c, LAST)
    crew.arrived_s = crew.since_s = clock.now_s
    fund = s.role_fund[crew.role]
    if fund >= 0 and s.funds[fund].empty:
        crew.state = o.UNPAID
        return
    crew.state, crew.paid = o.WAITING_FOR_LAND, True
    pay(s, c, crew.cost_to_mobilise, crew.cost_per_day)
    if clock.now_s >= crew.leaves_s:
        leave(s, c)
    else:
        add_bit(s.free, c)


@compiled
def depart(s: State, c: int) -> None:
    """Have a crew go at its hour, unless it holds a parcel: then it goes when it is free."""
    set_key(s.departures, c, LAST)
    if s.crews[c].state != AWAY and s.crews[c].parcel == NOBODY:
        leave(s, c)


@compiled
def leave(s: State, c: int) -> None:
    """Book the end of a crew's presence."""
    crew = s.crews[c]
    enter(s, c, AWAY)
    if crew.paid:
        crew.paid = False
        pay(s, c, 0, -crew.cost_per_day)
    s.present_s[c] = s.clock[0].now_s - crew.arrived_s


@compiled
def enter(s: State, c: int, state: int) -> None:
    """Book a crew's time up to now; from now on it is in another state, without a parcel."""
    crew, now = s.crews[c], s.clock[0].now_s
    if crew.state == o.WORKED:
        book(s, c)
    else:
        s.time[c, crew.state] += 1000 * (now - crew.since_s)
        if crew.state != o.WAITING_FOR_LAND:
            set_key(s.returns, c, LAST)
    drop_bit(s.free, c)
    crew.state, crew.since_s = state, now


@compiled
def go_on(s: State, c: int) -> None:
    """Have a crew that parted from a parcel leave, rest, or be free to take another."""
    crew, clock = s.crews[c], s.clock[0]
    if clock.now_s >= crew.leaves_s:
        enter(s, c, o.STAND_DOWN)  # for no time: it goes when departures are booked
        set_key(s.departures, c, due_key(s, clock.now_s, c))
        clock.other_s = clock.now_s
    elif max(crew.down_until_s, crew.recovered_s) > clock.now_s:
        rest(s, c)
    else:
        add_bit(s.free, c)
        s.freed[clock.freed] = c
        clock.freed += 1


@compiled
def rest(s: State, c: int) -> None:
    """Have a crew stand down, then recover."""
    crew, clock = s.crews[c], s.clock[0]
    until_s, state = crew.down_until_s, o.STAND_DOWN
    if until_s <= clock.now_s:
        until_s, state = crew.recovered_s, o.LOST_CASUALTY
    enter(s, c, state)
    set_key(s.returns, c, due_key(s, until_s, c))
    clock.other_s = min(clock.other_s, until_s)


@compiled
def come_back(s: State, c: int) -> None:
    """Book the end of a stand-down or of a recovery."""
    crew, now = s.crews[c], s.clock[0].now_s
    set_key(s.returns, c, LAST)
    if crew.recovered_s > now:
        rest(s, c)
    elif now >= crew.leaves_s:
        leave(s, c)
    else:
        enter(s, c, o.WAITING_FOR_LAND)
        add_bit(s.free, c)


@compiled
def choose(s: State) -> None:
    """Let each free crew, in order, take the next parcel of the sector it prefers."""
    clock, crews = s.clock[0], s.crews.size
    c = next_bit(s.free, 0, crews)
    while c < crews:
        crew = s.crews[c]
        sector = preferred(s, crew.role, crew.group)
        if sector == NOBODY:  # nor is there anything for others of its group
            c = next_bit(s.free, s.group_end[crew.group], crews)
        else:
            take(s, c, sector)
            c = next_bit(s.free, c + 1, crews)
    for i in range(clock.freed):
        c = s.freed[i]
        if s.crews[c].state == o.WORKED and s.crews[c].parcel == NOBODY:
            enter(s, c, o.WAITING_FOR_LAND)
            add_bit(s.free, c)
    clock.freed = 0


@compiled
def preferred(s: State, role: int, group: int) -> int:
    """Return the sector a crew takes a parcel from, NOBODY's if there is none."""
    offered, word = s.offered[role], s.first_word[role]
    while offered[word] == 0 and word < offered.size - 1:
        word += 1
    s.first_word[role] = word
    best = LAST
    if s.balanced and s.everywhere[group]:
        best = s.fewest[role, 1]
    else:
        for i in range(word, offered.size):
            can = offered[i] & s.room[i] & s.reach[group, i]
            while can != 0:
                rank = (i << WORD_BITS) + lowest(can)
                if not s.balanced:
                    return int(s.by_rank[rank])
                crews = s.at_parcel[role, s.by_rank[rank]]
                best = min(best, crews << NUMBER_BITS | rank)
                can &= can - 1
    return int(s.by_rank[best & NUMBER]) if best != LAST else NOBODY


@compiled
def take(s: State, c: int, sector: int) -> None:
    """Give a crew the first parcel that waits in a sector."""
    crew, here, now = s.crews[c], s.sectors[sector], s.clock[0].now_s
    stage, moves = crew.role, crew.sector not in (NOBODY, sector)
    parcel = take_first(s, stage, sector)
    if is_empty(s, stage, sector):
        stop_offer(s, stage, sector)
    drop_bit(s.free, c)
    s.holds[c] = crew.sector = sector
    crew.parcel = parcel
    crew.visit = visit_to(s, parcel) if stage == CLEARANCE else FIRST
    move_s = crew.move_s if moves else 0
    crew.needed, crew.moving = 1000 * effort_s(s, crew, parcel, move_s), 1000 * move_s
    crew.done = 0
    count_crew(s, stage, sector, 1)
    if crew.state != o.WORKED or here.stopped_until_s > now:
        enter(s, c, o.WORKED)
        resume(s, c, max(now, here.stopped_until_s))
    plan(s, c)


@compiled
def visit_to(s: State, parcel: int) -> int:
    """Return which clearance of a parcel is next."""
    if s.recontaminations[parcel] > 0:
        return AGAIN
    inspections = s.next_inspection
    if inspections.size > 0 and inspections[parcel] > s.land.first_inspection[parcel]:
        return REWORK
    return FIRST


@compiled
def effort_s(s: State, crew: Any, parcel: int, move_s: int) -> int:
    """Return the effort of a parcel for a crew, in whole seconds of normal work."""
    land, speed = s.land, crew.speed
    if crew.role == SURVEY:
        seconds = land.survey_s[parcel] / speed
    elif crew.role == RESTORATION:
        seconds = land.restoration_s[parcel] / speed
    else:
        items = land.items[parcel] if land.items.size > 0 else 0
        seconds = land.clearance_s[parcel] / speed + items * land.item_s
        if crew.visit == REWORK:
            seconds = land.rework_share * seconds
        elif crew.visit == AGAIN:
            seconds = s.attacks.recontamination_effort * seconds
    return max(1, math.floor(min(seconds + move_s + 0.5, float(MOST_S))))


@compiled
def count_crew(s: State, role: int, sector: int, change: int) -> None:
    """Count a crew that takes a parcel in a sector, or parts from it."""
    here = s.sectors[sector]
    had_room = here.crews < here.max_crews
    here.crews += change
    s.at_parcel[role, sector] += change
    if had_room == (here.crews < here.max_crews):
        weigh(s, role, sector)
        return
    if had_room:
        drop_bit(s.room, here.rank)
    else:
        add_bit(s.room, here.rank)
    for stage in range(STAGES):
        weigh(s, stage, sector)


@compiled
def resume(s: State, c: int, at_s: int) -> None:
    """Have a crew with a parcel, its time booked up to now, work from a second on."""
    crew = s.crews[c]
    crew.resume_s = at_s
    crew.accident_mark = NEVER
    if crew.accident < crew.after_accident and at_s <= s.horizon_s:
        missing_s = s.mishaps.accident_s[crew.accident] - crew.at_work_s
        crew.accident_mark = missing_s + total(s, AT_WORK, at_s // s.day_s, at_s)


@compiled
def plan(s: State, c: int) -> None:
    """Find out when a crew will have finished its parcel, if nothing interferes."""
    crew, clock = s.crews[c], s.clock[0]
    crew.start_s = max(clock.now_s, crew.resume_s)
    finish_s = NEVER
    if crew.start_s <= s.horizon_s:
        day = clock.day if crew.start_s == clock.now_s else crew.start_s // s.day_s
        crew.start_work = total(s, WORK, day, crew.start_s)
        goal, days = crew.start_work + crew.needed - crew.done, s.rate.shape[0]
        while day < days and s.before[day + 1, WORK] < goal:
            day += 1
        if day < days:
            pace = s.rate[day, WORK]
            finish_s = day * s.day_s + (goal - s.before[day, WORK] + pace - 1) // pace
    set_key(s.finishes, c, due_key(s, finish_s, c))


@compiled
def finish(s: State, c: int) -> None:
    """Book a parcel that is finished."""
    crew, clock = s.crews[c], s.clock[0]
    parcel, sector = crew.parcel, crew.sector
    at_work_s = total(s, AT_WORK, clock.day, clock.now_s)
    breaks = crew.resume_s > crew.since_s or at_work_s >= crew.accident_mark
    if breaks:
        book(s, c)
    crew.done = crew.needed
    put_down(s, c)
    if breaks:
        resume(s, c, clock.now_s)
    if crew.role == SURVEY:
        survey(s, parcel, sector)
    elif crew.role == CLEARANCE:
        clear(s, parcel, sector, crew.visit)
    else:
        restore(s, parcel)
    go_on(s, c)


@compiled
def interrupt(s: State, c: int) -> None:
    """Book the time of a crew with a parcel, and what it has done of it, up to now."""
    crew, clock = s.crews[c], s.clock[0]
    book(s, c)
    if clock.now_s > crew.start_s:
        crew.done += total(s, WORK, clock.day, clock.now_s) - crew.start_work


@compiled
def book(s: State, c: int) -> None:
    """Book time with parcels up to now: worked, and lost to the first cause that applies."""
    crew, now = s.crews[c], s.clock[0].now_s
    recovered_s = min(max(crew.since_s, crew.recovered_s), now)
    resumed_s = min(max(recovered_s, crew.resume_s), now)
    book_lost(s, c, o.LOST_CASUALTY, crew.since_s, recovered_s)
    book_lost(s, c, o.LOST_SHELLING, recovered_s, resumed_s)
    crew.since_s = now
    if resumed_s < now:
        season = between(s, SEASON, resumed_s, now)
        worked = between(s, WORK, resumed_s, now)
        left = book_off_days(s, c, resumed_s, now)
        s.time[c, o.LOST_SEASON] += season
        s.time[c, o.LOST_WEEKLY_PACE] += left - season - worked
        s.time[c, o.WORKED] += worked
        crew.at_work_s += between(s, AT_WORK, resumed_s, now)


@compiled
def book_lost(s: State, c: int, state: int, since_s: int, until_s: int) -> None:
    """Book time lost to a casualty or to shelling, unless nobody would have worked anyway."""
    if since_s < until_s:
        s.time[c, state] += book_off_days(s, c, since_s, until_s)


@compiled
def book_off_days(s: State, c: int, since_s: int, until_s: int) -> int:
    """Book rest days and lost days; return the time left, thousandths of seconds."""
    rest = between(s, REST, since_s, until_s)
    lost = between(s, WEATHER, since_s, until_s)
    s.time[c, o.LOST_REST] += rest
    s.time[c, o.LOST_WEATHER] += lost
    return 1000 * (until_s - since_s) - rest - lost


@compiled
def between(s: State, column: int, since_s: int, until_s: int) -> int:
    """Return the sum of a column from one second to another."""
    day, end = since_s // s.day_s, until_s // s.day_s
    return total(s, column, end, until_s) - total(s, column, day, since_s)


@compiled
def put_down(s: State, c: int) -> None:
    """Part a crew from its parcel; accidents that happened meanwhile make it stand down."""
    crew, mishaps, now = s.crews[c], s.mishaps, s.clock[0].now_s
    if crew.moving > 0:
        moved = min(crew.done, crew.moving)
        s.time[c, o.MOVING] += moved
        s.time[c, o.WORKED] -= moved
    count_crew(s, crew.role, crew.sector, -1)
    set_key(s.finishes, c, LAST)
    s.holds[c] = crew.parcel = NOBODY
    crew.down_until_s = now
    while crew.accident < crew.after_accident:
        i = crew.accident
        if mishaps.accident_s[i] > crew.at_work_s:
            break
        crew.accident += 1
        s.counts[o.ACCIDENTS] += 1
        s.counts[o.CASUALTIES] += mishaps.victims[i]
        crew.down_until_s = min(crew.down_until_s + min(mishaps.stand_down_s[i], FAR_S), FAR_S)


# Money


@compiled
def pay(s: State, c: int, once: int, per_day: int) -> None:
    """Book a cost, in hundredths; role and fund count hundredths x seconds a day."""
    role, now = s.crews[c].role, s.clock[0].now_s
    fund = s.role_fund[role]
    change(s.costs[role], now, once * s.day_s, per_day)
    if fund >= 0:
        change(s.funds[fund], now, once * s.day_s, per_day)
        watch(s, fund)


@compiled
def change(account: Any, now: int, once: int, per_second: int) -> None:
    """Book a cost at once, and a new cost per second from now on."""
    account.spent += account.burn * (now - account.since_s) + once
    account.burn += per_second
    account.since_s = now


@compiled
def watch(s: State, number: int) -> None:
    """Find out at which second a fund will be spent, if that stops its crews."""
    fund, clock = s.funds[number], s.clock[0]
    fund.due_s = NEVER
    if s.stop_when_spent and not fund.empty:
        missing = fund.amount - fund.spent
        if missing <= 0:
            fund.due_s = clock.now_s
        elif fund.burn > 0:
            fund.due_s = fund.since_s - (-missing // fund.burn)
        clock.other_s = min(clock.other_s, fund.due_s)


@compiled
def stop_crews(s: State, number: int) -> None:
    """Stop the crews of a spent fund for good."""
    fund = s.funds[number]
    fund.empty = True
    fund.due_s = NEVER
    for c in range(s.crews.size):
        crew = s.crews[c]
        if s.role_fund[crew.role] == number and crew.state != AWAY:
            if crew.parcel != NOBODY:
                interrupt(s, c)
                put_down(s, c)
            enter(s, c, o.UNPAID)
            crew.paid = False
            pay(s, c, 0, -crew.cost_per_day)
            if crew.leaves_s < s.clock[0].now_s:  # its hour has passed
                set_key(s.departures, c, LAST)


@compiled
def costs_now(s: State) -> Ints:
    """Return what each role has cost up to now."""
    costs = s.costs["spent"].copy()
    for role in range(STAGES):
        costs[role] += s.costs[role].burn * (s.clock[0].now_s - s.costs[role].since_s)
    return costs
