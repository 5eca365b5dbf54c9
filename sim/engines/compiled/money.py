"""The money of the compiled engine: what roles and funds have spent, and when a fund is empty.

Amounts are whole numbers of hundredths x seconds a day, so that they are exact to the second.
"""

from sim.engines.compiled.fields import Ints, Records
from sim.engines.compiled.parts import compiled
from sim.engines.compiled.records import COSTS, STAGES, Account, Clock, Crew
from sim.engines.compiled.state import MoneyAhead, Roster
from sim.world import NEVER, PER_HA, Stage


@compiled
def pay_in(clock: Clock, account: Account, amount: int) -> None:
    """Book money that comes; it was missing if more was spent, or if crews stood still."""
    account.missing = max(account.missing, spent_before(clock, account) - account.amount)
    if account.empty:
        account.missing = max(account.missing, 1)
    account.amount += amount
    account.empty = account.empty and spent_by_now(clock, account) >= account.amount
    watch(clock, account)


@compiled
def pay(roster: Roster, crew: Crew, mobilised: int, days: int) -> None:
    """Book what a crew costs to mobilise, so many times, and so many times its cost per day."""
    clock, accounts, once = roster.clock[0], roster.accounts, mobilised * roster.clock[0].day_s
    per_day = crew.standby_per_day if crew.stands_by else crew.cost_per_day
    in_all, per_second = once * crew.cost_to_mobilise, days * per_day
    book_cost(clock, accounts[crew.role], in_all, per_second)
    book_cost(clock, roster.group_accounts[crew.group], in_all, per_second)
    for fund in range(accounts.size - COSTS):
        borne, account = roster.per_day[crew.number, fund], accounts[COSTS + fund]
        if crew.stands_by:
            borne = roster.standby[crew.number, fund]
        book_cost(clock, account, once * roster.to_mobilise[crew.number, fund], days * borne)
        watch(clock, account)


@compiled
def pay_overheads(clock: Clock, accounts: Records[Account], money: MoneyAhead, first: bool) -> None:
    """Book the overheads: on day 0 what they are once and a day, later their end."""
    for i in range(money.overhead_fund.size):
        once, per_second = money.overhead_once[i] * clock.day_s, money.overhead_per_day[i]
        if not first:
            once, per_second = 0, -per_second
        book_cost(clock, accounts[STAGES], once, per_second)
        if money.overhead_fund[i] >= 0:
            fund = accounts[COSTS + money.overhead_fund[i]]
            book_cost(clock, fund, once, per_second)
            watch(clock, fund)


@compiled
def pay_area(
    clock: Clock,
    roster: Roster,
    money: MoneyAhead,
    paid_m2: Ints,
    group: int,
    area: int,
) -> None:
    """Pay for land that a group of crews cleared, square metres; funds bear their parts."""
    before, accounts = paid_m2[group], roster.accounts
    after = paid_m2[group] = before + area
    due = price_of(money.price[group], after) - price_of(money.price[group], before)
    book_cost(clock, accounts[Stage.CLEARANCE], due * clock.day_s, 0)
    book_cost(clock, roster.group_accounts[group], due * clock.day_s, 0)
    borne = 0
    for fund in range(accounts.size - COSTS):
        price = money.price_up_to[group, fund]
        up_to = price_of(price, after) - price_of(price, before)
        if up_to != borne:
            book_cost(clock, accounts[COSTS + fund], (up_to - borne) * clock.day_s, 0)
            watch(clock, accounts[COSTS + fund])
        borne = up_to


@compiled
def price_of(price: int, area: int) -> int:
    """Return what an area costs, square metres, in whole hundredths, halves up."""
    return (price * area + PER_HA // 2) // PER_HA


@compiled
def unpaid(roster: Roster, crew: Crew) -> bool:
    """Return whether a fund of a crew's role is spent, and that stops its crews."""
    for fund in range(roster.accounts.size - COSTS):
        if roster.bears[crew.role, fund] and roster.accounts[COSTS + fund].empty:
            return True
    return False


@compiled
def book_cost(clock: Clock, account: Account, once: int, per_second: int) -> None:
    """Book a cost at once, and a change of the cost per second."""
    account.spent_before = spent_before(clock, account)
    account.spent = spent_by_now(clock, account) + once
    account.per_second += per_second
    account.since_s = clock.now_s


@compiled
def spent_by_now(clock: Clock, account: Account) -> int:
    """Return what a role or a fund has spent."""
    return spent_at(account, clock.now_s)


@compiled
def spent_at(account: Account, at_s: int) -> int:
    """Return what was spent at a second, if nothing is booked before it."""
    return account.spent + account.per_second * (at_s - account.since_s)


@compiled
def spent_before(clock: Clock, account: Account) -> int:
    """Return what a role or a fund had spent before this second."""
    return spent_by_now(clock, account) if clock.now_s > account.since_s else account.spent_before


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
    """Fill in what each role, and then overhead, has cost by now."""
    for account in range(COSTS):
        costs[account] = spent_by_now(clock, accounts[account])
