"""The money of the compiled engine: what roles and funds have spent, and when a fund is empty."""

from sim.engines.compiled.records import NOBODY, STAGES, Ints, Record, Records, compiled
from sim.world import NEVER


@compiled
def pay(clock: Record, crew: Record, accounts: Records, once: int, per_day: int) -> None:
    """Book a cost, in hundredths; role and fund count hundredths x seconds a day."""
    change(clock, accounts[crew.role], once * clock.day_s, per_day)
    if crew.fund != NOBODY:
        change(clock, accounts[STAGES + crew.fund], once * clock.day_s, per_day)
        watch(clock, accounts[STAGES + crew.fund])


@compiled
def change(clock: Record, account: Record, once: int, per_second: int) -> None:
    """Book a cost at once, and a new cost per second from now on."""
    account.spent += account.burn * (clock.now_s - account.since_s) + once
    account.burn += per_second
    account.since_s = clock.now_s


@compiled
def watch(clock: Record, fund: Record) -> None:
    """Find out at which second a fund will be spent, if that stops its crews."""
    fund.due_s = NEVER
    if clock.stop_when_spent and not fund.empty:
        missing = fund.amount - fund.spent
        if missing <= 0:
            fund.due_s = clock.now_s
        elif fund.burn > 0:
            fund.due_s = fund.since_s - (-missing // fund.burn)
        clock.other_s = min(clock.other_s, fund.due_s)


@compiled
def cost_now(clock: Record, accounts: Records, costs: Ints) -> None:
    """Fill in what each role has cost up to now."""
    for role in range(STAGES):
        account = accounts[role]
        costs[role] = account.spent + account.burn * (clock.now_s - account.since_s)
