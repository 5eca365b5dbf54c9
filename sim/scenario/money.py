"""What a scenario states about money."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from sim.scenario.kinds import Amount, Currency, Name, Role, Time
from sim.scenario.table import Table, key

YEAR_DAYS = 365.25


class Tranche(Table):
    """Money that comes at a time; what is left of it stays in the fund."""

    name: Name | None = key(
        "What the tranche is called; default: its place in the list, `1`, `2` ...",
        None,
        title="name",
    )
    from_: Time = key(
        "When it comes; what came before day 0 is there on day 0.",
        alias="from",
        unit="days",
        drawn="replication",
        title="when it comes",
    )
    amount: Amount = key(
        "Money that comes.", unit="currency", drawn="replication", title="money that comes"
    )


class Fund(Table):
    """Money for some roles."""

    name: Name = key("What the fund is called.", title="name")
    roles: tuple[Role, ...] = key(
        "Roles it pays for; none: overheads only.", (), title="roles it pays for"
    )
    share: Annotated[float, Field(gt=0, le=1)] = key(
        "Share of the cost of its roles that it bears. The shares of a role add to 1.",
        1.0,
        title="share of the cost of its roles",
    )
    amount: Amount | None = key(
        "Money in it from day 0 on.",
        None,
        unit="currency",
        drawn="replication",
        title="money in it",
    )
    tranches: Annotated[tuple[Tranche, ...], Field(min_length=1)] | None = key(
        "Money that comes little by little.", None, title="tranches"
    )

    @field_validator("tranches")
    @classmethod
    def _named(cls, tranches: tuple[Tranche, ...] | None) -> tuple[Tranche, ...] | None:
        """Call tranches without a name by their place."""
        return tranches and tuple(
            tranche if tranche.name else tranche.model_copy(update={"name": str(place)})
            for place, tranche in enumerate(tranches, start=1)
        )


def numbered(tranches: Sequence[Any]) -> list[Any]:
    """Return tranches as a file states them, those without a name called by their place."""
    return [
        {"name": str(place)} | tranche if isinstance(tranche, dict) else tranche
        for place, tranche in enumerate(tranches, start=1)
    ]


class Overhead(Table):
    """Costs that are no crew's, until completion."""

    name: Name = key("What they are called.", title="name")
    fund: Name | None = key(
        "The fund that bears them all; without one they count in the cost of the campaign only.",
        None,
        title="fund",
    )
    per_year: Amount | None = key(
        "Cost of a year of 365.25 days, from day 0 to completion, paid by the second. This or "
        "`once`, or both.",
        None,
        unit="currency/year",
        drawn="replication",
        title="cost of a year",
    )
    once: Amount | None = key(
        "Cost on day 0.", None, unit="currency", drawn="replication", title="cost on day 0"
    )


class Money(Table):
    """What it costs and who pays."""

    currency: Currency = key("Three letters (ISO 4217).", "USD", title="currency")
    when_spent: Literal["continue", "stop"] = key(
        "What happens when a fund is spent.", "continue", title="when a fund is spent"
    )
    fund: tuple[Fund, ...] = key("The funds.", (), title="funds")
    overhead: tuple[Overhead, ...] = key("Costs that are no crew's.", (), title="overheads")
