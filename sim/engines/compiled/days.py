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
    """Fill in what a second of each day adds in each row, and the sums before it."""
    for row in range(calendar.pace.shape[0]):
        for d in range(calendar.pace.shape[1]):
            rest, lost = calendar.rest[row, d], calendar.lost[d]
            for k in range(calendar.first_closed[row], calendar.first_closed[row + 1]):
                if not rest and not lost:
                    closed[k, d].rate = calendar.closed[k, d]
                closed[k, d + 1].before = closed[k, d].before + day_s * closed[k, d].rate
            i = row * (calendar.pace.shape[1] + 1) + d
            rate, before, after = days[i].rate, days[i].before, days[i + 1].before
            if rest:
                rate[Sum.REST] = 1000
            elif lost:
                rate[Sum.WEATHER] = 1000
            else:
                rate[Sum.WORK] = calendar.pace[row, d]
                rate[Sum.AT_WORK] = 1 if calendar.pace[row, d] > 0 else 0
            for column in range(rate.size):
                after[column] = before[column] + day_s * rate[column]


@compiled
def total(clock: Clock, crew: Crew, days: Records[Day], column: int, day: int, at_s: int) -> int:
    """Return the sum of a column of a crew's row up to a second of a day."""
    into_s, about = at_s - day * clock.day_s, days[crew.first_day + day]
    return int(about.before[column] + about.rate[column] * into_s)


@compiled
def between(
    clock: Clock, crew: Crew, days: Records[Day], column: int,
    first: int, since_s: int, last: int, until_s: int,
) -> int:  # fmt: skip
    """Return the sum of a column of a crew's row from a second of one day to one of another."""
    until = total(clock, crew, days, column, last, until_s)
    return until - total(clock, crew, days, column, first, since_s)


@often
def plan(clock: Clock, crew: Crew, days: Records[Day], finishes: Ints, leaf: Numbers) -> None:
    """Find out when a crew will have finished its parcel, if nothing interferes."""
    crew.start_s = max(clock.now_s, crew.resume_s)
    finish_s = NEVER
    if crew.start_s <= clock.horizon_s:
        day = clock.day
        if crew.start_s > clock.now_s:
            day = crew.start_s // clock.day_s
        crew.start_work = total(clock, crew, days, Sum.WORK, day, crew.start_s)
        goal = crew.start_work + crew.needed - crew.done
        i, after = crew.first_day + day, crew.first_day + clock.days
        while i < after and days[i + 1].before[Sum.WORK] < goal:
            i += 1
        if i < after:
            pace, missing = days[i].rate[Sum.WORK], goal - days[i].before[Sum.WORK]
            finish_s = (i - crew.first_day) * clock.day_s + (missing + pace - 1) // pace
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
        crew.accident_mark = missing_s + total(clock, crew, days, Sum.AT_WORK, day, at_s)


@compiled
def interrupt(roster: Roster, crew: Crew) -> None:
    """Book the time of a crew with a parcel, and what it has done of it, up to now."""
    clock = roster.clock[0]
    book(roster, crew)
    if clock.now_s > crew.start_s:
        done = total(clock, crew, roster.days, Sum.WORK, clock.day, clock.now_s)
        crew.done += done - crew.start_work


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
        for k in range(roster.first_closed[crew.row], roster.first_closed[crew.row + 1]):
            until, since = roster.closed[k, last], roster.closed[k, first]
            closed = until.before + until.rate * (now - last * clock.day_s)
            closed -= since.before + since.rate * (since_s - first * clock.day_s)
            roster.time_closed[crew.number, roster.which[k]] += closed
            left -= closed
        worked = between(clock, crew, days, Sum.WORK, first, since_s, last, now)
        crew.time[CrewState.LOST_WEEKLY_PACE] += left - worked
        crew.time[CrewState.WORKED] += worked
        crew.at_work_s += between(clock, crew, days, Sum.AT_WORK, first, since_s, last, now)


@compiled
def book_off_days(clock: Clock, crew: Crew, days: Records[Day], since_s: int, until_s: int) -> int:
    """Book rest days and lost days; return the time left, thousandths of seconds."""
    first, last = since_s // clock.day_s, clock.day
    if until_s < clock.now_s:
        last = until_s // clock.day_s
    rest = between(clock, crew, days, Sum.REST, first, since_s, last, until_s)
    lost = between(clock, crew, days, Sum.WEATHER, first, since_s, last, until_s)
    crew.time[CrewState.LOST_REST] += rest
    crew.time[CrewState.LOST_WEATHER] += lost
    return int(1000 * (until_s - since_s) - rest - lost)
