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
    amount: Amount = key("Money in it.", unit="currency", drawn="replication", title="money in it")


class Money(Table):
    """What it costs and who pays."""

    currency: Currency = key("Three letters (ISO 4217).", "USD", title="currency")
    when_spent: Literal["continue", "stop"] = key(
        "What happens when a fund is spent.", "continue", title="when a fund is spent"
    )
    fund: tuple[Fund, ...] = key("The funds.", (), title="funds")
