"""Seconds of working time, days and calendar dates: how one becomes the other, stated once."""

import datetime as dt

from sim.scenario.dated import DatedLaw
from sim.scenario.kinds import Time
from sim.scenario.laws import Constant, Law, shifted
from sim.scenario.scenario import Scenario, round_half_up


def in_days(scenario: Scenario, when: Time) -> Law:
    """Return a time, however it is stated, as a law of days after the start."""
    start = scenario.campaign.start
    if isinstance(when, dt.date):
        return Constant(float((when - start).days))
    return shifted(when.root, by=-start.toordinal()) if isinstance(when, DatedLaw) else when


def date_of_s(scenario: Scenario, at_s: int) -> dt.date:
    """Return the calendar date of a second: an end at exactly day 16.0 is on that of day 15."""
    days = max(0, -(-at_s // scenario.day_s) - 1)
    return scenario.campaign.start + dt.timedelta(days=days)


def date_of(scenario: Scenario, day: float) -> dt.date:
    """Return the calendar date of a time in days, to the nearest second."""
    return date_of_s(scenario, round_half_up(day * scenario.day_s))


def begin_of_date_s(scenario: Scenario, date: dt.date) -> int:
    """Return the second at which a date begins."""
    return (date - scenario.campaign.start).days * scenario.day_s


def end_of_date_s(scenario: Scenario, date: dt.date) -> int:
    """Return the last second that still belongs to a date: deadlines include their whole day."""
    return begin_of_date_s(scenario, date) + scenario.day_s


def ends_of_years_s(scenario: Scenario) -> list[int]:
    """Return the last second of each calendar year of the campaign: of the last one the horizon."""
    horizon_s = round_half_up(scenario.campaign.horizon_days * scenario.day_s)
    first, last = scenario.campaign.start.year, date_of_s(scenario, horizon_s).year
    ends = [end_of_date_s(scenario, dt.date(year, 12, 31)) for year in range(first, last)]
    return [*ends, horizon_s]


def reaches_beyond(scenario: Scenario, date: dt.date) -> bool:
    """Tell whether a date ends after the horizon, so that not all is known about it."""
    return end_of_date_s(scenario, date) > scenario.campaign.horizon_days * scenario.day_s
