"""What a scenario states about the time that all share: seasons, closures, weather, weeks."""

from typing import Annotated

from pydantic import Field

from sim.scenario.kinds import (
    ONE,
    ZERO,
    MonthDay,
    MonthlyProbability,
    Name,
    SeasonPace,
    Shift,
    Spread,
    Time,
)
from sim.scenario.table import Table, key

Names = Annotated[tuple[str, ...], Field(min_length=1)] | None
_REGIONS = key("Only in land of these regions.", None, title="regions")
_SECTORS = key("Only in these sectors, or regions; named as for crews.", None, title="sectors")
_OPERATORS = key("Only for crews of these operators.", None, title="operators")


class Season(Table):
    """Days of less or no work, or of more, every year: winter, rains, harvest. Any number."""

    name: Name = key("What the time lost to it is called.", title="name")
    closed_from: MonthDay | None = key("First day, month-day.", None, title="first day")
    closed_until: MonthDay | None = key(
        "Work is normal again on this day, month-day.", None, title="end"
    )
    shift_days: Shift = key(
        "Moves both dates, in whole days.",
        ZERO,
        unit="days",
        drawn="occurrence",
        title="shift",
    )
    pace: SeasonPace = key(
        "Pace meanwhile; the lowest counts where several apply.",
        ONE,
        drawn="occurrence",
        title="pace",
    )
    regions: Names = _REGIONS
    sectors: Names = _SECTORS
    operators: Names = _OPERATORS


class Closure(Table):
    """Days of less or no work, once: access withdrawn, work suspended, leave. Any number."""

    name: Name = key("What the time lost to it is called.", title="name")
    from_: Time = key(
        "First day, in whole days.",
        unit="days",
        drawn="replication",
        title="first day",
        alias="from",
    )
    until: Time = key(
        "Work is normal again on this day, in whole days.",
        unit="days",
        drawn="replication",
        title="end",
    )
    pace: SeasonPace = key(
        "Pace meanwhile; the lowest counts where several apply.",
        ZERO,
        drawn="replication",
        title="pace",
    )
    regions: Names = _REGIONS
    sectors: Names = _SECTORS
    operators: Names = _OPERATORS


class Weather(Table):
    """Days lost everywhere at once."""

    lost_day_probability: MonthlyProbability = key(
        "Chance that a day is lost: one number, or twelve, January first.",
        0.0,
        drawn="day",
        title="chance that a day is lost",
    )
    yearly_cv: Spread = key(
        "Wet and dry years: cv of a mean-one lognormal factor of that chance (at most 1 still). A "
        "year begins with the month with the least chance.",
        0.0,
        drawn="year",
        title="spread between wet and dry years",
    )
    spell_days: Annotated[float, Field(ge=1, le=366)] = key(
        "Mean length of a run of lost days. Each day by itself gives 1 / (1 - chance): less has no "
        "effect.",
        1.0,
        unit="days",
        drawn="day",
        title="length of runs of lost days",
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
    drift_cv_per_year: Annotated[float, Field(ge=0, le=1)] = key(
        "Slow change nobody foresaw: cv after a year of another mean-one factor of the weeks; "
        "its logarithm is a random walk from 1 on day 0.",
        0.0,
        drawn="week",
        title="drift of the pace in a year",
    )
