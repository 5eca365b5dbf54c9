"""Seconds of working time, days and calendar dates: how one becomes the other, stated once."""

import datetime as dt

from sim.scenario.kinds import Time
from sim.scenario.scenario import Scenario, round_half_up


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


def days_of(scenario: Scenario, when: Time) -> tuple[float, float]:
    """Return the earliest and the latest that a time can be, days since the start."""
    if isinstance(when, dt.date):
        return ((when - scenario.campaign.start).days,) * 2
    return when.support


def reaches_beyond(scenario: Scenario, date: dt.date) -> bool:
    """Tell whether a date ends after the horizon, so that not all is known about it."""
    return end_of_date_s(scenario, date) > scenario.campaign.horizon_days * scenario.day_s
