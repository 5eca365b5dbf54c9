"""Money: what is in each fund, and what it bears of the cost of whom."""

import numpy as np

from sim.sampling.crews import roster_of
from sim.sampling.draws import Block, Draw, whole
from sim.sampling.size import refuse_draw_above
from sim.scenario.checks import most_money
from sim.scenario.keys import dotted
from sim.scenario.kinds import ROLES
from sim.world import Crews, Floats, Ints, IntTable, Money


def draw_money(draw: Draw, crews: Crews) -> Money:
    """Draw the funds; refuse money, also what the crews can cost, that cannot be counted."""
    money, share = draw.scenario.money, draw.block.once(_shares)
    draw.block.once(_refuse_costs)
    return Money(
        amount=draw.block.once(_amounts)[draw.i],
        bears=share > 0,
        per_day=_parts(crews.cost_per_day, share[crews.role]),
        to_mobilise=_parts(crews.cost_to_mobilise, share[crews.role]),
        stop_when_spent=bool(money and money.when_spent == "stop"),
    )


def _shares(block: Block) -> Floats:
    """Return which share of the cost of each role a fund bears (3, F)."""
    funds = block.scenario.money.fund if block.scenario.money else ()
    shares = [[fund.share * (role in fund.roles) for fund in funds] for role in ROLES]
    return np.array(shares, np.float64).reshape(len(ROLES), len(funds))


def _parts(cost: Ints, share: Floats) -> IntTable:
    """Divide whole costs (C) by shares (C, F) into whole parts that add up to them exactly."""
    if share.shape[1] == 0:
        return np.zeros(share.shape, np.int64)
    up_to = np.cumsum(share, axis=1)
    up_to /= np.where(up_to[:, -1:] > 0, up_to[:, -1:], 1.0)  # so that it ends at 1
    parts = np.floor(cost[:, None] * up_to + 0.5).astype(np.int64)
    parts[:, 1:] -= parts[:, :-1].copy()
    return parts


def _refuse_costs(block: Block) -> None:
    """Refuse crews that would cost too much if all of them stayed until the horizon."""
    scenario, roster = block.scenario, block.once(roster_of)
    days = block.shared.horizon_s / block.shared.day_s
    some = np.minimum(roster.count, 1)
    cost = {  # of a crew, where there is one (R, G)
        "cost_per_day": some * roster.cost_per_day * (days / 100),
        "cost_to_mobilise": some * roster.cost_to_mobilise * roster.arrives_s.shape[2] / 100,
    }
    total = (roster.count * (cost["cost_per_day"] + cost["cost_to_mobilise"])).sum(axis=1)
    worst = int(total.argmax())
    field = max(cost, key=lambda name: cost[name][worst].max())
    name = dotted(scenario.crew[cost[field][worst].argmax()].name)
    words = f"{scenario.currency} of cost until the horizon, of all crews together"
    refuse_draw_above(
        scenario, f"crew.{name}.{field}", float(total[worst]), words, most_money(scenario)
    )


def _amounts(block: Block) -> Ints:
    """Draw what is in the funds (R, F)."""
    funds = block.scenario.money.fund if block.scenario.money else ()
    amounts = whole(100 * block.numbers("money.fund", funds, "amount"))
    for fund, most in zip(funds, amounts.max(axis=0) / 100, strict=True):
        key = f"money.fund.{dotted(fund.name)}.amount"
        refuse_draw_above(
            block.scenario, key, float(most), block.scenario.currency, most_money(block.scenario)
        )
    return amounts
