"""Sums over days, when a parcel will be finished, and what a crew's time was spent on."""

from typing import Any

from sim.engines.compiled.agenda import due_key, set_late_key
from sim.engines.compiled.fields import Ints, Numbers, Records
from sim.engines.compiled.parts import compiled, often
from sim.engines.compiled.records import Accident, Clock, Closed, Crew, Day, Sum
from sim.engines.compiled.state import Roster
from sim.outcome import CrewState
from sim.world import NEVER


@compiled
def sum_days(days: Records[Day], closed: Records[Closed], day_s: int, calendar: Any) -> None:
    """Fill in what a second of each day adds, and the sums before it."""
    for d in range(days.size - 1):
        for k in range(closed.shape[0]):
            closed[k, d].rate = 0
            if not calendar.rest[d] and not calendar.lost[d]:
                closed[k, d].rate = calendar.closed[k, d]
            closed[k, d + 1].before = closed[k, d].before + day_s * closed[k, d].rate
        rate, before, after = days[d].rate, days[d].before, days[d + 1].before
        if calendar.rest[d]:
            rate[Sum.REST] = 1000
        elif calendar.lost[d]:
            rate[Sum.WEATHER] = 1000
        else:
            rate[Sum.WORK] = calendar.pace[d]
            rate[Sum.AT_WORK] = 1 if calendar.pace[d] > 0 else 0
        for column in range(rate.size):
            after[column] = before[column] + day_s * rate[column]


@compiled
def total(clock: Clock, days: Records[Day], column: int, day: int, at_s: int) -> int:
    """Return the sum of a column up to a second of a day."""
    into_s = at_s - day * clock.day_s
    return int(days[day].before[column] + days[day].rate[column] * into_s)


@compiled
def between(
    clock: Clock, days: Records[Day], column: int, first: int, since_s: int, last: int, until_s: int
) -> int:
    """Return the sum of a column from a second of one day to a second of another."""
    until = total(clock, days, column, last, until_s)
    return until - total(clock, days, column, first, since_s)


@often
def plan(clock: Clock, crew: Crew, days: Records[Day], finishes: Ints, leaf: Numbers) -> None:
    """Find out when a crew will have finished its parcel, if nothing interferes."""
    crew.start_s = max(clock.now_s, crew.resume_s)
    finish_s = NEVER
    if crew.start_s <= clock.horizon_s:
        day = clock.day
        if crew.start_s > clock.now_s:
            day = crew.start_s // clock.day_s
        crew.start_work = total(clock, days, Sum.WORK, day, crew.start_s)
        goal = crew.start_work + crew.needed - crew.done
        after = days.size - 1
        while day < after and days[day + 1].before[Sum.WORK] < goal:
            day += 1
        if day < after:
            pace, missing = days[day].rate[Sum.WORK], goal - days[day].before[Sum.WORK]
            finish_s = day * clock.day_s + (missing + pace - 1) // pace
    set_late_key(finishes, leaf, crew.number, due_key(clock, finish_s, crew.number))


@compiled
def resume(
    clock: Clock, crew: Crew, days: Records[Day], accidents: Records[Accident], at_s: int
) -> None:
    """Have a crew with a parcel, its time booked up to now, work from a second on."""
    crew.resume_s = at_s
    crew.accident_mark = NEVER
    if crew.accident < crew.after_accident and at_s <= clock.horizon_s:
        missing_s = accidents[crew.accident].at_work_s - crew.at_work_s
        day = at_s // clock.day_s
        crew.accident_mark = missing_s + total(clock, days, Sum.AT_WORK, day, at_s)


@compiled
def interrupt(roster: Roster, crew: Crew) -> None:
    """Book the time of a crew with a parcel, and what it has done of it, up to now."""
    clock = roster.clock[0]
    book(roster, crew)
    if clock.now_s > crew.start_s:
        crew.done += total(clock, roster.days, Sum.WORK, clock.day, clock.now_s) - crew.start_work


@compiled
def book(roster: Roster, crew: Crew) -> None:
    """Book time with parcels up to now: worked, and lost to the first cause that applies."""
    clock, days = roster.clock[0], roster.days
    now, since_s = clock.now_s, crew.since_s
    crew.since_s = now
    if since_s < crew.recovered_s:
        until_s = min(crew.recovered_s, now)
        crew.time[CrewState.LOST_CASUALTY] += book_off_days(clock, crew, days, since_s, until_s)
        since_s = until_s
    if since_s < crew.resume_s:
        until_s = min(crew.resume_s, now)
        crew.time[CrewState.LOST_SHELLING] += book_off_days(clock, crew, days, since_s, until_s)
        since_s = until_s
    if since_s < now:
        left = book_off_days(clock, crew, days, since_s, now)
        first, last = since_s // clock.day_s, clock.day
        for k in range(roster.closed.shape[0]):
            until, since = roster.closed[k, last], roster.closed[k, first]
            closed = until.before + until.rate * (now - last * clock.day_s)
            closed -= since.before + since.rate * (since_s - first * clock.day_s)
            roster.time_closed[crew.number, k] += closed
            left -= closed
        worked = between(clock, days, Sum.WORK, first, since_s, last, now)
        crew.time[CrewState.LOST_WEEKLY_PACE] += left - worked
        crew.time[CrewState.WORKED] += worked
        crew.at_work_s += between(clock, days, Sum.AT_WORK, first, since_s, last, now)


@compiled
def book_off_days(clock: Clock, crew: Crew, days: Records[Day], since_s: int, until_s: int) -> int:
    """Book rest days and lost days; return the time left, thousandths of seconds."""
    first, last = since_s // clock.day_s, clock.day
    if until_s < clock.now_s:
        last = until_s // clock.day_s
    rest = between(clock, days, Sum.REST, first, since_s, last, until_s)
    lost = between(clock, days, Sum.WEATHER, first, since_s, last, until_s)
    crew.time[CrewState.LOST_REST] += rest
    crew.time[CrewState.LOST_WEATHER] += lost
    return int(1000 * (until_s - since_s) - rest - lost)
