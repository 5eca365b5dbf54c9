"""The money of the compiled engine: what roles and funds have spent, and when a fund is empty.

Amounts are whole numbers of hundredths x seconds a day, so that they are exact to the second.
"""

from sim.engines.compiled.fields import Ints, Records
from sim.engines.compiled.parts import compiled
from sim.engines.compiled.records import NOBODY, STAGES, Account, Clock, Crew
from sim.world import NEVER


@compiled
def pay(clock: Clock, crew: Crew, accounts: Records[Account], once: int, per_day: int) -> None:
    """Book a cost on a crew's role and its fund, in hundredths."""
    book_cost(clock, accounts[crew.role], once * clock.day_s, per_day)
    if crew.fund != NOBODY:
        book_cost(clock, accounts[STAGES + crew.fund], once * clock.day_s, per_day)
        watch(clock, accounts[STAGES + crew.fund])


@compiled
def book_cost(clock: Clock, account: Account, once: int, per_second: int) -> None:
    """Book a cost at once, and a change of the cost per second."""
    account.spent = spent_by_now(clock, account) + once
    account.per_second += per_second
    account.since_s = clock.now_s


@compiled
def spent_by_now(clock: Clock, account: Account) -> int:
    """Return what a role or a fund has spent."""
    return account.spent + account.per_second * (clock.now_s - account.since_s)


@compiled
def watch(clock: Clock, fund: Account) -> None:
    """Find out at which second a fund will be spent, if that stops its crews."""
    fund.empty_at_s = NEVER
    if fund.stops and not fund.empty:
        missing = fund.amount - fund.spent
        if missing <= 0:
            fund.empty_at_s = clock.now_s
        elif fund.per_second > 0:
            fund.empty_at_s = fund.since_s - (-missing // fund.per_second)
        clock.other_s = min(clock.other_s, fund.empty_at_s)


@compiled
def spent(clock: Clock, accounts: Records[Account], costs: Ints) -> None:
    """Fill in what each role has cost by now."""
    for role in range(STAGES):
        costs[role] = spent_by_now(clock, accounts[role])
