"""Money: what is in each fund, and which role it pays."""

import numpy as np

from sim.sampling.draws import Block, whole
from sim.scenario.kinds import ROLES
from sim.world import Money


def draw_money(block: Block) -> list[Money]:
    """Draw the funds of each replication."""
    money = block.scenario.money
    funds = money.fund if money else ()
    paid = [[role in fund.roles for fund in funds] for role in ROLES]
    role_fund = np.array([p.index(True) if True in p else -1 for p in paid])
    amounts = whole(100 * block.numbers("money.fund", funds, "amount"))
    stop = bool(money and money.when_spent == "stop")
    return [Money(role_fund=role_fund, amount=amount, stop_when_spent=stop) for amount in amounts]
