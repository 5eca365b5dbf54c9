"""Money: what is in each fund, and which role it pays."""

import numpy as np

from sim.sampling.draws import Block, Draw, whole
from sim.sampling.size import refuse_draw_above
from sim.scenario.checks import most_money
from sim.scenario.keys import dotted
from sim.scenario.kinds import ROLES
from sim.world import Crews, Money


def draw_money(draw: Draw, crews: Crews) -> Money:
    """Draw the funds; refuse money, also what the crews can cost, that cannot be counted."""
    money = draw.block.once(_funds)[draw.i]
    _refuse_funds(draw, money)
    _refuse_costs(draw, crews)
    return money


def _refuse_funds(draw: Draw, money: Money) -> None:
    scenario, most = draw.scenario, most_money(draw.scenario)
    for fund, amount in enumerate((money.amount / 100).tolist()):
        if amount > most and scenario.money:
            key = f"money.fund.{dotted(scenario.money.fund[fund].name)}.amount"
            refuse_draw_above(scenario, key, amount, scenario.currency, most)


def _refuse_costs(draw: Draw, crews: Crews) -> None:
    """Refuse crews that would cost too much if all of them stayed until the horizon."""
    scenario, days = draw.scenario, draw.shared.horizon_s / draw.shared.day_s
    cost = {
        "cost_per_day": crews.cost_per_day * (days / 100),
        "cost_to_mobilise": crews.cost_to_mobilise / 100,
    }
    total, most = float(sum(part.sum() for part in cost.values())), most_money(scenario)
    if total > most:
        field = max(cost, key=lambda name: cost[name].max())
        name = scenario.crew[crews.group[cost[field].argmax()]].name
        words = f"{scenario.currency} of cost until the horizon, of all crews together"
        refuse_draw_above(scenario, f"crew.{dotted(name)}.{field}", total, words, most)


def _funds(block: Block) -> list[Money]:
    """Draw the funds of each replication."""
    money = block.scenario.money
    funds = money.fund if money else ()
    paid = [[role in fund.roles for fund in funds] for role in ROLES]
    role_fund = np.array([p.index(True) if True in p else -1 for p in paid])
    amounts = whole(100 * block.numbers("money.fund", funds, "amount"))
    stop = bool(money and money.when_spent == "stop")
    return [Money(role_fund=role_fund, amount=amount, stop_when_spent=stop) for amount in amounts]
