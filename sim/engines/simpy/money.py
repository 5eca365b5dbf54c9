"""Money in the SimPy engine: what each role has cost, and funds that run out.

Amounts are whole numbers of hundredths x seconds a day, so that they are exact to the second.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.engines.simpy.clock import Clock, Due
from sim.world import NEVER, Stage, World

Cost = tuple[int, int]  # at once, and per day


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

    def begin(self, crew: int) -> None:
        """Book what a crew costs to mobilise, and its cost per day from now on."""
        crews, money = self.world.crews, self.world.money
        cost = int(crews.cost_to_mobilise[crew]), int(crews.cost_per_day[crew])
        self._pay(crew, cost, list(zip(money.to_mobilise[crew], money.per_day[crew], strict=True)))

    def end(self, crew: int) -> None:
        """Book that a crew costs nothing from now on."""
        per_day, parts = int(self.world.crews.cost_per_day[crew]), self.world.money.per_day[crew]
        self._pay(crew, (0, -per_day), [(0, -part) for part in parts])

    def _pay(self, crew: int, cost: Cost, parts: list[Cost]) -> None:
        """Book a cost on a crew's role, and the part that each fund bears."""
        role, now, day_s = int(self.world.crews.role[crew]), self.clock.now, self.world.day_s
        once, per_day = cost
        self.roles[role].book(now, once=once * day_s, per_second=per_day)
        for fund in np.flatnonzero(self.world.money.bears[role]).tolist():
            once, per_day = map(int, parts[fund])
            self.funds[fund].book(now, once=once * day_s, per_second=per_day)
            self.watch(fund)

    def unpaid(self, role: int) -> bool:
        """Tell whether a fund of a role was spent, and that stops its crews."""
        return any(self.funds[fund].empty for fund in np.flatnonzero(self.world.money.bears[role]))

    def spent(self) -> list[int]:
        """Return what each role has cost by now."""
        return [role.at(self.clock.now) for role in self.roles]

    def borne(self) -> list[int]:
        """Return what each fund has borne by now."""
        return [fund.at(self.clock.now) for fund in self.funds]

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
