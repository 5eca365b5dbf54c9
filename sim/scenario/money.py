"""What a scenario states about money."""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.kinds import Amount, Currency, Name, Role
from sim.scenario.table import Table, key


class Fund(Table):
    """Money for some roles."""

    name: Name = key("What the fund is called.", title="name")
    roles: Annotated[tuple[Role, ...], Field(min_length=1)] = key(
        "Roles it pays for.", title="roles it pays for"
    )
    share: Annotated[float, Field(gt=0, le=1)] = key(
        "Share of the cost of its roles that it bears. The shares of a role add to 1.",
        1.0,
        title="share of the cost of its roles",
    )
    amount: Amount = key("Money in it.", unit="currency", drawn="replication", title="money in it")


class Money(Table):
    """What it costs and who pays."""

    currency: Currency = key("Three letters (ISO 4217).", "USD", title="currency")
    when_spent: Literal["continue", "stop"] = key(
        "What happens when a fund is spent.", "continue", title="when a fund is spent"
    )
    fund: tuple[Fund, ...] = key("The funds.", (), title="funds")
