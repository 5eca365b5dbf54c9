"""Money in the SimPy engine: what each role has cost, and funds that run out and are filled.

Amounts are whole numbers of hundredths x seconds a day, so that they are exact to the second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.engines.simpy.clock import Clock, Due, Steps
from sim.world import NEVER, PER_HA, Stage, World

Cost = tuple[int, int]  # at once, and per day


@dataclass
class Account:
    """What was spent up to a second, and what is spent each second from then on."""

    amount: int = 0  # what has come to be spent
    spent: int = 0
    spent_before: int = 0  # `since_s`, that is without what was spent at once then
    missing: int = 0  # at most so far
    per_second: int = 0
    since_s: int = 0
    changes: int = 0
    empty: bool = False

    def at(self, now: int) -> int:
        """Return what is spent by a second."""
        return self.spent + self.per_second * (now - self.since_s)

    def before(self, now: int) -> int:
        """Return what was spent before a second."""
        return self.at(now) if now > self.since_s else self.spent_before

    def book(self, now: int, *, once: int, per_second: int) -> None:
        """Book a cost at once, and a change of the cost per second."""
        self.spent, self.spent_before = self.at(now) + once, self.before(now)
        self.since_s = now
        self.per_second += per_second
        self.changes += 1

    def pay_in(self, now: int, amount: int) -> None:
        """Book money that comes; it was missing if more was spent, or if crews stood still."""
        self.missing = max(self.missing, self.before(now) - self.amount, int(self.empty))
        self.amount += amount
        self.changes += 1
        self.empty = self.empty and self.at(now) >= self.amount

    def empty_at_s(self) -> int:
        """Return the first second at which nothing is left."""
        missing = self.amount - self.spent
        if missing <= 0:
            return self.since_s
        return self.since_s - (-missing // self.per_second) if self.per_second else NEVER


def price_of(price: int, area: int) -> int:
    """Return what an area costs, square metres, in whole hundredths, halves up."""
    return (price * area + PER_HA // 2) // PER_HA


class Treasury:
    """The accounts of roles, overhead and funds.

    Parameters
    ----------
    world
        What chance has decided.
    clock
        Of the campaign.
    stop_crews
        Called with the fund whose crews stop until more comes.
    pay_crews
        Called once money has come.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        stop_crews: Callable[[int], None],
        pay_crews: Callable[[], None],
    ) -> None:
        self.world, self.clock = world, clock
        self.stop_crews, self.pay_crews = stop_crews, pay_crews
        self.roles = [Account() for _ in Stage]
        self.funds = [Account(int(amount) * world.day_s) for amount in world.money.amount]
        self.overhead = Account()
        self.stands_by = [False] * world.crews.crews
        self.groups = [Account() for _ in world.money.price]
        self.paid_m2 = [0] * len(world.money.price)
        for fund in range(len(self.funds)):
            self.watch(fund)
        overheads = world.money.overhead_once, world.money.overhead_per_day
        self._spend_overheads(list(zip(*overheads, strict=True)))

    def tranches(self) -> Steps:
        """Pay money in when it comes."""
        money = self.world.money
        coming = zip(money.tranche_s, money.tranche_fund, money.tranche_amount, strict=True)
        for number, (at_s, fund, amount) in enumerate(coming):
            yield self.clock.due(int(at_s), Due.TRANCHE, number)
            self.clock.note("tranche", cause=self.name(fund))
            self.funds[fund].pay_in(self.clock.now, int(amount) * self.world.day_s)
            self.watch(fund)
            self.pay_crews()

    def name(self, fund: int) -> str:
        """Return what a fund is called."""
        money = self.world.scenario.money
        return money.fund[fund].name if money else ""

    def mobilise(self, crew: int) -> None:
        """Book what a crew costs to mobilise."""
        parts = self.world.money.to_mobilise[crew]
        self._pay(crew, (int(self.world.crews.cost_to_mobilise[crew]), 0), [(p, 0) for p in parts])

    def begin(self, crew: int) -> None:
        """Book the cost per day of a crew from now on."""
        self.stands_by[crew] = self.idle(crew)
        self._pay_by_day(crew, 1)

    def end(self, crew: int) -> None:
        """Book that a crew costs nothing from now on."""
        self._pay_by_day(crew, -1)

    def turn(self, crew: int) -> None:
        """Book that the cost per day of a crew is another from now on, if it is."""
        if self.stands_by[crew] != self.idle(crew):
            self.end(crew)
            self.begin(crew)

    def idle(self, crew: int) -> bool:
        """Tell whether closures and seasons leave a crew no work anywhere today."""
        day = self.clock.now // self.world.day_s
        return bool(self.world.calendar.stands_by[self.world.crews.group[crew], day])

    def _pay_by_day(self, crew: int, times: int) -> None:
        crews, money = self.world.crews, self.world.money
        per_day, parts = crews.cost_per_day[crew], money.per_day[crew]
        if self.stands_by[crew]:
            per_day, parts = crews.standby_per_day[crew], money.standby[crew]
        self._pay(crew, (0, times * int(per_day)), [(0, times * part) for part in parts])

    def _pay(self, crew: int, cost: Cost, parts: list[Cost]) -> None:
        crews = self.world.crews
        self._spend(int(crews.group[crew]), int(crews.role[crew]), cost, parts)

    def _spend(self, group: int, role: int, cost: Cost, parts: list[Cost]) -> None:
        """Book a cost on a group of crews and its role, and the part that each fund bears."""
        now, day_s = self.clock.now, self.world.day_s
        once, per_day = cost
        for account in (self.groups[group], self.roles[role]):
            account.book(now, once=once * day_s, per_second=per_day)
        for fund in np.flatnonzero(self.world.money.bears[role]).tolist():
            once, per_day = map(int, parts[fund])
            self.funds[fund].book(now, once=once * day_s, per_second=per_day)
            self.watch(fund)

    def pay_area(self, group: int, area: int) -> None:
        """Pay for land that a group of crews cleared, square metres, if it has a price."""
        money, before = self.world.money, self.paid_m2[group]
        self.paid_m2[group] = after = before + area

        def due(price: int) -> int:
            return price_of(price, after) - price_of(price, before)

        if money.price[group]:
            up_to = [0, *map(due, money.price_up_to[group].tolist())]
            parts = [(more - less, 0) for less, more in pairwise(up_to)]
            self._spend(group, int(Stage.CLEARANCE), (due(int(money.price[group])), 0), parts)

    def end_overheads(self) -> None:
        """Book that overheads cost nothing from now on."""
        self._spend_overheads([(0, -per_day) for per_day in self.world.money.overhead_per_day])

    def _spend_overheads(self, costs: list[Cost]) -> None:
        now, day_s = self.clock.now, self.world.day_s
        for number, (once, per_day) in zip(self.world.money.overhead_fund, costs, strict=True):
            cost = {"once": int(once) * day_s, "per_second": int(per_day)}
            self.overhead.book(now, **cost)
            if number >= 0:
                self.funds[number].book(now, **cost)
                self.watch(number)

    def unpaid(self, role: int) -> bool:
        """Tell whether a fund of a role is spent, and that stops its crews."""
        return any(self.funds[fund].empty for fund in np.flatnonzero(self.world.money.bears[role]))

    def spent(self) -> list[int]:
        """Return what each role, and then overhead, has cost by now."""
        return [account.at(self.clock.now) for account in (*self.roles, self.overhead)]

    def spent_on_groups(self) -> list[int]:
        """Return what each group of crews has cost by now."""
        return [account.at(self.clock.now) for account in self.groups]

    def borne(self) -> list[int]:
        """Return what each fund has borne by now."""
        return [fund.at(self.clock.now) for fund in self.funds]

    def missing(self) -> list[int]:
        """Return how much was missing in each fund at most."""
        now = self.clock.now
        return [max(fund.missing, fund.at(now) - fund.amount) for fund in self.funds]

    def watch(self, number: int) -> None:
        """Have the crews of a fund stopped at the second at which it is spent."""
        fund = self.funds[number]
        changes, at_s = fund.changes, max(fund.empty_at_s(), self.clock.now)

        def stop() -> None:
            if fund.changes == changes:  # nothing was booked since this was foreseen
                fund.empty = True
                self.clock.note("fund spent", cause=self.name(number))
                self.stop_crews(number)

        if self.world.money.stop_when_spent and not fund.empty and at_s < NEVER:
            self.clock.call(at_s, Due.SPENT, number, stop)
