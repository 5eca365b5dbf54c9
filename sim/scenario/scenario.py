"""What a scenario file states: strict, frozen, resolved, digestible.

The classes below are the one statement of the keys. Reading, validation, the JSON Schema, the
resolved dump and the reference page all come from them.
"""

import datetime as dt
import hashlib
import json
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.scenario.kinds import (
    ONE,
    ROLES,
    WEEKDAYS,
    ZERO,
    Amount,
    Area,
    Attacks,
    Count,
    Currency,
    FileName,
    Items,
    MonthDay,
    MonthlyProbability,
    Name,
    NotNegative,
    Positive,
    Probability,
    Role,
    SeasonPace,
    Share,
    ShareBelowOne,
    Shift,
    Spread,
    Time,
    Title,
    Weekday,
)

__all__ = [
    "DAYS_A_YEAR",
    "ROLES",
    "SCHEMA_VERSION",
    "WEEKDAYS",
    "Role",
    "Scenario",
    "Time",
    "round_half_up",
    "sector_names",
]

SCHEMA_VERSION = 1
DAYS_A_YEAR = 365.25


def key(description: str, default: Any = ..., *, unit: str = "", drawn: str = "") -> Any:
    """State a key: what it means, its neutral default, its unit, how often it is drawn."""
    extra: dict[str, Any] = {k: v for k, v in (("unit", unit), ("drawn", drawn)) if v}
    return Field(default=default, description=description, json_schema_extra=extra)


class Table(BaseModel):
    """A table of the scenario file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Campaign(Table):
    """The campaign as a whole."""

    name: FileName = key("Letters, digits, - and _: names the results folder.")
    title: Title = key("What a reader sees above tables and pictures.", "")
    start: dt.date = key("Day 0.")
    horizon_days: Annotated[float, Field(ge=0.01, le=36525)] = key(
        "A replication still open then is censored.", unit="days"
    )
    parcel_ha: Area = key("Size of a parcel.", 1.0, unit="ha")
    hours_per_day: Annotated[float, Field(ge=0.01, le=24)] = key(
        "Working hours in a working day.", 6.0, unit="hours"
    )
    rest_days: tuple[Weekday, ...] = key("Weekdays without work.", ())
    dispatch: Literal["priority", "balanced"] = key(
        "Which sector a free crew takes: the first by priority, or the one with fewest crews.",
        "priority",
    )


class Factors(Table):
    """Campaign-level uncertainty shared by everything of its kind."""

    area: Positive = key("Multiplies every sector's area.", ONE, drawn="replication")
    rate: Positive = key("Multiplies every crew's rate.", ONE, drawn="replication")
    items: NotNegative = key("Multiplies every sector's items.", ONE, drawn="replication")


class Deadline(Table):
    """A date whose probability is reported."""

    name: Name = key("What the deadline is called in tables.")
    date: dt.date = key("The last day that still counts.")


class Sector(Table):
    """Land under one access and shelling regime."""

    name: Name = key("Name; with a count, the first part of each sector's name.")
    count: Annotated[int, Field(ge=1, le=100_000)] = key(
        'Identical sectors "name 1", "name 2" ...', 1
    )
    area_ha: Positive = key("Area of each sector.", unit="ha", drawn="replication")
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = key("Lower is taken first.", 0)
    opens: Time = key("When the land becomes accessible.", ZERO, unit="days", drawn="sector")
    difficulty: Positive = key("2 = a hectare takes twice as long.", ONE, drawn="replication")
    items_per_ha: Items = key(
        "Mean explosive items per hectare.", ZERO, unit="items/ha", drawn="replication"
    )
    exposure: NotNegative = key(
        "Weight of each such sector in the campaign's attacks; 0: never attacked.",
        ONE,
        drawn="replication",
    )
    max_crews: Annotated[int, Field(ge=1, le=1_000_000)] | None = key(
        "No more crews at once (safety).", None
    )
    order: Literal["listed", "easiest"] = key("Parcels as listed, or least effort first.", "listed")


class Crew(Table):
    """People or a machine that do one role together."""

    name: Name = key("Name of the group of crews.")
    role: Role = key("What the crews do.")
    count: Count = key("Number of crews, rounded to whole ones.", drawn="replication")
    people: Annotated[int, Field(ge=1, le=10_000)] = key("People in a crew.", 1)
    rate_ha_per_day: Positive = key(
        "Output of a crew: a normal day, difficulty 1, nothing found.",
        unit="ha/day",
        drawn="replication",
    )
    variation: Spread = key("cv between crews (mean-one lognormal).", 0.0, drawn="crew")
    arrives: Time = key("When it arrives.", ZERO, unit="days", drawn="crew")
    leaves: Time | None = key("Takes no new parcel from then on.", None, unit="days", drawn="crew")
    sectors: Annotated[tuple[str, ...], Field(min_length=1)] | None = key(
        "Only these; a counted name stands for all of its sectors.", None
    )
    move_hours: NotNegative = key(
        "Working hours added on starting in another sector than the last.",
        ZERO,
        unit="hours",
        drawn="replication",
    )
    cost_per_day: NotNegative = key(
        "Cost of a crew per calendar day while present, rest days included.",
        ZERO,
        unit="currency/day",
        drawn="replication",
    )
    cost_to_mobilise: NotNegative = key(
        "Cost of a crew on arrival.", ZERO, unit="currency", drawn="replication"
    )


class Clearance(Table):
    """Clearance of confirmed land."""

    parcel_variation: Spread = key("cv between parcels (mean-one lognormal).", 0.0, drawn="parcel")
    item_dispersion: Annotated[float, Field(ge=0.01, le=1e6)] | None = key(
        "k of the negative binomial number of items in a parcel; absent: Poisson.", None
    )
    item_minutes: NotNegative = key(
        "Working minutes an item adds.", ZERO, unit="minutes", drawn="replication"
    )


class Survey(Table):
    """The stage before clearance."""

    cancelled_share: Share = key("Parcels released without entering.", ZERO, drawn="replication")
    reduced_share: Share = key("Parcels released by technical survey.", ZERO, drawn="replication")
    parcel_variation: Spread = key("cv between parcels (mean-one lognormal).", 0.0, drawn="parcel")


class Growth(Table):
    """Land found after day 0."""

    share: NotNegative = key(
        "Found area over each sector's initial area.", ZERO, drawn="replication"
    )
    found_until: Time = key("Found uniformly until then.", ZERO, unit="days", drawn="replication")


class Quality(Table):
    """Inspection after clearance."""

    inspected_share: Probability = key("Share of cleared parcels inspected.", 0.0, drawn="parcel")
    failure_probability: ShareBelowOne = key(
        "Chance that an inspected parcel fails.", ZERO, drawn="replication"
    )
    inspection_days: NotNegative = key("Length of it.", ZERO, unit="days", drawn="inspection")
    rework_share: Annotated[float, Field(ge=0, le=10)] = key(
        "A failed parcel takes this share of its original effort again.", 1.0
    )


class Regime(Table):
    """One state of the shelling."""

    name: Name = key("What the regime is called.")
    attacks_per_24h: Attacks = key(
        "Attacks over all sectors, working hours or not.", unit="attacks/24 h", drawn="replication"
    )
    mean_days: Annotated[float, Field(ge=0.01, le=1e6)] = key(
        "Mean sojourn (exponential).", unit="days"
    )


class Shelling(Table):
    """Attacks that stop work."""

    regimes: tuple[Regime, ...] = key("Markov chain shared by the campaign.", ())
    ends: Time | None = key("No attacks from then on.", None, unit="days", drawn="replication")
    stop_hours: NotNegative = key(
        "Working hours for which nobody works in the sector.", ZERO, unit="hours", drawn="attack"
    )
    recontaminated_parcels: Annotated[float, Field(ge=0, le=100)] = key(
        "Mean number of parcels hit.", 0.0, unit="parcels/attack", drawn="attack"
    )
    recontamination_effort: Annotated[float, Field(ge=0, le=10)] = key(
        "Share of the original effort to clear one again.", 1.0
    )
    casualty_probability: Probability = key("Per crew at work in the sector.", 0.0, drawn="attack")
    recovery_days: NotNegative = key(
        "How long a crew that was hit does not work.", ZERO, unit="days", drawn="casualty"
    )


class Season(Table):
    """Winter."""

    closed_from: MonthDay | None = key("First day of the winter, month-day.", None)
    closed_until: MonthDay | None = key("Work is normal again on this day, month-day.", None)
    shift_days: Shift = key("Moves both dates, in whole days.", ZERO, unit="days", drawn="winter")
    pace: SeasonPace = key("Pace while closed.", ONE, drawn="winter")


class Weather(Table):
    """Days lost everywhere at once."""

    lost_day_probability: MonthlyProbability = key(
        "Chance that a day is lost: one number, or twelve, January first.", 0.0, drawn="day"
    )


class Pace(Table):
    """Force-wide good and bad weeks."""

    weekly_cv: Spread = key("cv of the weekly factor (mean-one lognormal).", 0.0, drawn="week")
    weekly_correlation: Annotated[float, Field(gt=-1, lt=1)] = key(
        "From week to week, of its logarithm (AR(1), stationary start).", 0.0
    )


class Accidents(Table):
    """Accidents at work."""

    per_person_day: NotNegative = key(
        "Accidents per person and day at work.", ZERO, unit="1/person-day", drawn="replication"
    )
    stand_down_days: NotNegative = key(
        "How long the crew does not work.", ZERO, unit="days", drawn="accident"
    )
    victims: Annotated[float, Field(ge=1, le=100)] = key(
        "Mean number of victims: 1 + Poisson(mean - 1).", 1.0, drawn="accident"
    )


class Restoration(Table):
    """Phase two."""

    share: Share = key("Released parcels that need it.", ONE, drawn="replication")
    starts: Literal["parcel", "sector"] = key(
        "As soon as the parcel, or the whole sector, was released.", "parcel"
    )
    parcel_variation: Spread = key("cv between parcels (mean-one lognormal).", 0.0, drawn="parcel")


class Fund(Table):
    """Money for some roles."""

    name: Name = key("What the fund is called.")
    roles: Annotated[tuple[Role, ...], Field(min_length=1)] = key("Roles it pays for.")
    amount: Amount = key("Money in it.", unit="currency", drawn="replication")


class Money(Table):
    """What it costs and who pays."""

    currency: Currency = key("Three letters (ISO 4217).", "USD")
    when_spent: Literal["continue", "stop"] = key("What happens when a fund is spent.", "continue")
    fund: tuple[Fund, ...] = key("The funds.", ())


class Scenario(Table):
    """Everything a scenario file states, resolved.

    Obtained with `load_scenario`; a table that is None does not happen.
    """

    campaign: Campaign
    factors: Factors = Factors()
    deadline: tuple[Deadline, ...] = ()
    sector: Annotated[tuple[Sector, ...], Field(min_length=1)]
    crew: Annotated[tuple[Crew, ...], Field(min_length=1)]
    clearance: Clearance = Clearance()
    survey: Survey | None = None
    growth: Growth | None = None
    quality: Quality | None = None
    shelling: Shelling | None = None
    season: Season | None = None
    weather: Weather | None = None
    pace: Pace | None = None
    accidents: Accidents | None = None
    restoration: Restoration | None = None
    money: Money | None = None

    def resolved(self) -> dict[str, Any]:
        """Return everything stated or defaulted, as plain JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def digest(self) -> str:
        """Return the SHA-256 of the resolved scenario (hexadecimal)."""
        text = json.dumps(self.resolved(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def day_s(self) -> int:
        """Seconds in a working day."""
        return round_half_up(self.campaign.hours_per_day * 3600)

    @property
    def sector_names(self) -> tuple[str, ...]:
        """Name of every sector (S), counted ones numbered."""
        return tuple(
            name for entry in self.sector for name in sector_names(entry.name, entry.count)
        )

    @property
    def costs(self) -> bool:
        """Whether anything costs money."""
        paid = any(law != ZERO for c in self.crew for law in (c.cost_per_day, c.cost_to_mobilise))
        return paid or self.money is not None


def sector_names(name: str, count: int) -> tuple[str, ...]:
    """Return the names of a sector entry: its own, or numbered from 1."""
    return (name,) if count == 1 else tuple(f"{name} {i + 1}" for i in range(count))


def round_half_up(number: float) -> int:
    """Return the nearest whole number, halves up."""
    return math.floor(number + 0.5)
