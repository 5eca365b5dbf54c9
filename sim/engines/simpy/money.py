"""Money in the SimPy engine: what each role has cost, and funds that run out.

Amounts are whole numbers of hundredths x seconds a day, so that they are exact to the second.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sim.engines.simpy.clock import Clock, Due
from sim.world import NEVER, Stage, World


@dataclass
class Account:
    """What was spent up to a second, and what is spent each second from then on."""

    amount: int = 0  # what is there to be spent
    spent: int = 0
    per_second: int = 0
    since_s: int = 0
    changes: int = 0
    empty: bool = False

    def at(self, now: int) -> int:
        """Return what is spent by a second."""
        return self.spent + self.per_second * (now - self.since_s)

    def book(self, now: int, *, once: int, per_second: int) -> None:
        """Book a cost at once, and a change of the cost per second."""
        self.spent = self.at(now) + once
        self.since_s = now
        self.per_second += per_second
        self.changes += 1

    def empty_at_s(self) -> int:
        """Return the first second at which nothing is left."""
        missing = self.amount - self.spent
        if missing <= 0:
            return self.since_s
        return self.since_s - (-missing // self.per_second) if self.per_second else NEVER


class Treasury:
    """The accounts of roles and funds.

    Parameters
    ----------
    world
        What chance has decided.
    clock
        Of the campaign.
    stop_crews
        Called with the fund whose crews stop for good.
    """

    def __init__(self, world: World, clock: Clock, stop_crews: Callable[[int], None]) -> None:
        self.world, self.clock, self.stop_crews = world, clock, stop_crews
        self.roles = [Account() for _ in Stage]
        self.funds = [Account(int(amount) * world.day_s) for amount in world.money.amount]
        for fund in range(len(self.funds)):
            self.watch(fund)

    def pay(self, role: int, *, once: int = 0, per_day: int = 0) -> None:
        """Book a cost on a role and its fund, in hundredths."""
        once, fund = once * self.world.day_s, int(self.world.money.role_fund[role])
        self.roles[role].book(self.clock.now, once=once, per_second=per_day)
        if fund >= 0:
            self.funds[fund].book(self.clock.now, once=once, per_second=per_day)
            self.watch(fund)

    def unpaid(self, role: int) -> bool:
        """Tell whether the fund of a role was spent, and that stops its crews."""
        fund = int(self.world.money.role_fund[role])
        return fund >= 0 and self.funds[fund].empty

    def spent(self) -> list[int]:
        """Return what each role has cost by now."""
        return [role.at(self.clock.now) for role in self.roles]

    def watch(self, number: int) -> None:
        """Have the crews of a fund stopped at the second at which it is spent."""
        fund = self.funds[number]
        changes, at_s = fund.changes, max(fund.empty_at_s(), self.clock.now)

        def stop() -> None:
            if fund.changes == changes:  # nothing was booked since this was foreseen
                fund.empty = True
                money = self.world.scenario.money
                self.clock.note("fund spent", cause=money.fund[number].name if money else "")
                self.stop_crews(number)

        if self.world.money.stop_when_spent and not fund.empty and at_s < NEVER:
            self.clock.call(at_s, Due.SPENT, number, stop)
