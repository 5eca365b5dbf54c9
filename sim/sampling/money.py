"""Money: what is in each fund, and which role it pays."""

import numpy as np

from sim.sampling.crews import roster_of
from sim.sampling.draws import Block, Draw, whole
from sim.sampling.size import refuse_draw_above
from sim.scenario.checks import most_money
from sim.scenario.keys import dotted
from sim.scenario.kinds import ROLES
from sim.world import Money


def draw_money(draw: Draw) -> Money:
    """Draw the funds; refuse money, also what the crews can cost, that cannot be counted."""
    draw.block.once(_refuse_costs)
    return draw.block.once(_funds)[draw.i]


def _refuse_costs(block: Block) -> None:
    """Refuse crews that would cost too much if all of them stayed until the horizon."""
    scenario, roster = block.scenario, block.once(roster_of)
    days = block.shared.horizon_s / block.shared.day_s
    some = np.minimum(roster.count, 1)
    cost = {  # of a crew, where there is one (R, G)
        "cost_per_day": some * roster.cost_per_day * (days / 100),
        "cost_to_mobilise": some * roster.cost_to_mobilise / 100,
    }
    total = (roster.count * (cost["cost_per_day"] + cost["cost_to_mobilise"])).sum(axis=1)
    worst = int(total.argmax())
    field = max(cost, key=lambda name: cost[name][worst].max())
    name = dotted(scenario.crew[cost[field][worst].argmax()].name)
    words = f"{scenario.currency} of cost until the horizon, of all crews together"
    refuse_draw_above(
        scenario, f"crew.{name}.{field}", float(total[worst]), words, most_money(scenario)
    )


def _funds(block: Block) -> list[Money]:
    """Draw the funds of each replication."""
    money = block.scenario.money
    funds = money.fund if money else ()
    paid = [[role in fund.roles for fund in funds] for role in ROLES]
    role_fund = np.array([p.index(True) if True in p else -1 for p in paid])
    amounts = whole(100 * block.numbers("money.fund", funds, "amount"))
    for fund, most in zip(funds, amounts.max(axis=0) / 100, strict=True):
        key = f"money.fund.{dotted(fund.name)}.amount"
        refuse_draw_above(
            block.scenario, key, float(most), block.scenario.currency, most_money(block.scenario)
        )
    stop = bool(money and money.when_spent == "stop")
    return [Money(role_fund=role_fund, amount=amount, stop_when_spent=stop) for amount in amounts]
