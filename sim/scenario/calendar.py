"""What a scenario states about the time that all share: winter, weather, good and bad weeks."""

from typing import Annotated

from pydantic import Field

from sim.scenario.kinds import ONE, ZERO, MonthDay, MonthlyProbability, SeasonPace, Shift, Spread
from sim.scenario.table import Table, key


class Season(Table):
    """Winter."""

    closed_from: MonthDay | None = key(
        "First day of the winter, month-day.", None, title="first day of winter"
    )
    closed_until: MonthDay | None = key(
        "Work is normal again on this day, month-day.", None, title="end of winter"
    )
    shift_days: Shift = key(
        "Moves both dates, in whole days.",
        ZERO,
        unit="days",
        drawn="winter",
        title="shift of winter",
    )
    pace: SeasonPace = key("Pace while closed.", ONE, drawn="winter", title="pace in winter")


class Weather(Table):
    """Days lost everywhere at once."""

    lost_day_probability: MonthlyProbability = key(
        "Chance that a day is lost: one number, or twelve, January first.",
        0.0,
        drawn="day",
        title="chance that a day is lost",
    )


class Pace(Table):
    """Force-wide good and bad weeks."""

    weekly_cv: Spread = key(
        "cv of the weekly factor (mean-one lognormal).",
        0.0,
        drawn="week",
        title="spread between weeks",
    )
    weekly_correlation: Annotated[float, Field(gt=-1, lt=1)] = key(
        "From week to week, of its logarithm (AR(1), stationary start).",
        0.0,
        title="correlation between weeks",
    )
