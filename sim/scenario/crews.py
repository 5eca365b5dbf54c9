"""What a scenario states about its crews, and the accidents they have."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.kinds import (
    ONE,
    PER_HA,
    ZERO,
    Amount,
    Count,
    CountFactor,
    Name,
    NotNegative,
    Positive,
    Role,
    Spread,
    Time,
    Weekday,
)
from sim.scenario.laws import Law, scaled
from sim.scenario.table import Table, key


class Deployment(Table):
    """How many crews there are from a time on, instead of `count`: an entry for each change."""

    name: Name = key("What the entry is called.", title="name")
    from_: Time = key(
        "From when on there are so many; the last entry that has come counts, before the first "
        "there are none.",
        unit="days",
        drawn="replication",
        title="beginning",
        alias="from",
    )
    count: Count = key(
        "Number of crews, rounded to whole ones: the first so many of those that there ever are.",
        drawn="replication",
        title="number of crews",
    )


class Cycle(Table):
    """Days on and days off by turns, from each arrival on, besides rest days."""

    days_on: Annotated[int, Field(ge=1, le=3660)] = key(
        "Days at work, the day of arrival the first.", unit="days", title="days on"
    )
    days_off: Annotated[int, Field(ge=1, le=3660)] = key(
        "Days off after them.", unit="days", title="days off"
    )


class Crew(Table):
    """People or a machine that do one role together."""

    name: Name = key("Name of the group of crews.", title="name")
    role: Role = key("What the crews do.", title="role")
    operator: Name | None = key(
        "Crews of one operator are added up; default: the crew's own name.", None, title="operator"
    )
    count: Count | None = key(
        "Number of crews, rounded to whole ones.",
        None,
        drawn="replication",
        title="number of crews",
    )
    deployment: tuple[Deployment, ...] = key(
        "How many there are from when on, instead of `count`.", (), title="deployment"
    )
    count_factor: CountFactor = key(
        "Multiplies `count`, or every count of the deployment, before it is rounded.",
        ONE,
        drawn="replication",
        title="number of crews (factor)",
    )
    people: Annotated[int, Field(ge=1, le=10_000)] = key(
        "People in a crew.", 1, title="people in a crew"
    )
    deminers: Annotated[int, Field(ge=1, le=10_000)] | None = key(
        "Those of `people` who clear: for `rate_m2_per_deminer_day`, and for the deminer-days of "
        "tables; all of them if not stated.",
        None,
        title="deminers in a crew",
    )
    rate_ha_per_day: Positive | None = key(
        "Output of a crew: a normal day, difficulty 1, nothing found.",
        None,
        unit="ha/day",
        drawn="replication",
        title="output of a crew",
    )
    rate_m2_per_day: Positive | None = key(
        "The same in square metres.",
        None,
        unit="m2/day",
        drawn="replication",
        title="output of a crew (m²)",
    )
    rate_m2_per_deminer_day: Positive | None = key(
        "The same for one deminer: the crew clears `deminers` times as much.",
        None,
        unit="m2/deminer-day",
        drawn="replication",
        title="output of a deminer",
    )
    variation: Spread = key(
        "cv between crews (mean-one lognormal).", 0.0, drawn="crew", title="spread between crews"
    )
    arrives: Time = key("When it arrives.", ZERO, unit="days", drawn="crew", title="arrival")
    leaves: Time | None = key(
        "Takes no new parcel from then on.", None, unit="days", drawn="crew", title="departure"
    )
    stays: Literal["while needed", "to the end"] = key(
        "Until when it stays: until nothing that it may do can come any more, or until its phase "
        "is complete.",
        "while needed",
        title="until when it stays",
    )
    sectors: Annotated[tuple[str, ...], Field(min_length=1)] | None = key(
        "Only these; a counted name stands for all of its sectors, a region's for all in it.",
        None,
        title="sectors it may enter",
    )
    prefers: Annotated[tuple[str, ...], Field(min_length=1)] | None = key(
        "Takes land of these sectors or regions before all other.", None, title="preferred sectors"
    )
    rest_days: tuple[Weekday, ...] | None = key(
        "Weekdays without work; default: the campaign's.", None, title="rest days"
    )
    cycle: Cycle | None = key("Days on and off by turns.", None, title="cycle")
    move_hours: NotNegative = key(
        "Working hours added on starting in another sector than the last.",
        ZERO,
        unit="hours",
        drawn="replication",
        title="hours to move",
    )
    cost_per_day: NotNegative = key(
        "Cost of a crew per calendar day while present, rest days included.",
        ZERO,
        unit="currency/day",
        drawn="replication",
        title="cost per day",
    )
    standby_cost_per_day: NotNegative | None = key(
        "Instead of it on whole days on which seasons and closures leave the crew no work anywhere "
        "it may go; default: the same.",
        None,
        unit="currency/day",
        drawn="replication",
        title="cost per day on standby",
    )
    cost_to_mobilise: NotNegative = key(
        "Cost of a crew on arrival.",
        ZERO,
        unit="currency",
        drawn="replication",
        title="cost to mobilise",
    )
    price_per_ha: Amount | None = key(
        "Paid on release of land that the crew cleared last, of clearance crews only; released "
        "again, it is paid again.",
        None,
        unit="currency/ha",
        drawn="replication",
        title="price per ha",
    )
    price_per_m2: Amount | None = key(
        "The same for a square metre: one of the two at most.",
        None,
        unit="currency/m2",
        drawn="replication",
        title="price per m²",
    )

    @property
    def counts(self) -> tuple[Law, ...]:
        """How many crews there are: all the time, or by each entry of the deployment."""
        return (self.count,) if self.count is not None else tuple(x.count for x in self.deployment)

    @property
    def most(self) -> float:
        """The largest number of crews that there can be at a time."""
        most = max((law.support[1] for law in self.counts), default=0.0)
        return most * self.count_factor.support[1]

    @property
    def mean_count(self) -> float:
        """The number of crews, the largest of a deployment, as its law has it on the average."""
        return max((law.mean for law in self.counts), default=0.0) * self.count_factor.mean

    @property
    def operated_by(self) -> str:
        """Name of the operator: the crew's own if none is stated."""
        return self.operator or self.name

    @property
    def rate_key(self) -> str:
        """Which of the keys for the output is stated."""
        return self.stated("rate_ha_per_day", "rate_m2_per_day", "rate_m2_per_deminer_day")

    @property
    def price_key(self) -> str:
        """Which of the keys for the price is stated, if one is."""
        return self.stated("price_per_ha", "price_per_m2")

    @cached_property
    def price(self) -> Law | None:
        """Price of a hectare, in whatever unit it is stated."""
        if self.price_per_m2 is not None:
            return scaled(self.price_per_m2, by=PER_HA, per=1)
        return self.price_per_ha

    @cached_property
    def rate(self) -> Law:
        """Output of a crew in hectares a day, in whatever unit it is stated."""
        if self.rate_m2_per_deminer_day is not None:
            by = self.deminers or self.people
            return scaled(self.rate_m2_per_deminer_day, by=by, per=PER_HA)
        if self.rate_m2_per_day is not None:
            return scaled(self.rate_m2_per_day, per=PER_HA)
        return self.rate_ha_per_day or ONE  # a problem of its own if none is


class Accidents(Table):
    """Accidents at work."""

    per_person_day: NotNegative = key(
        "Accidents per person and day at work.",
        ZERO,
        unit="1/person-day",
        drawn="replication",
        title="accidents per person and day",
    )
    stand_down_days: NotNegative = key(
        "How long the crew does not work.",
        ZERO,
        unit="days",
        drawn="accident",
        title="stand-down after an accident",
    )
    victims: Annotated[float, Field(ge=1, le=100)] = key(
        "Mean number of victims: 1 + Poisson(mean - 1).",
        1.0,
        drawn="accident",
        title="victims of an accident",
    )
