"""Crews: how many, how good, when they come and go, what befalls them, who pays."""

import numpy as np
from numpy.typing import NDArray

from sim.checks import dotted
from sim.sampling import timelines
from sim.sampling.context import Draw, offsets, to_seconds
from sim.scenario import ROLES, round_half_up
from sim.world import NEVER, Crews, Floats, Ints, Mishaps, Money


def draw_crews(draw: Draw) -> Crews:
    """Draw how many crews there are, how good they are, when they come and go."""
    s, scenario = draw.shared, draw.scenario
    numbers: list[int] = []
    columns: list[tuple[int, ...]] = []
    speed: list[Floats] = []
    arrives_s: list[Ints] = []
    leaves_s: list[Ints] = []
    for crew in scenario.crew:
        key = dotted("crew", crew.name)
        n = round_half_up(draw.number(f"{key}.count", crew.count))
        rate = draw.number(f"{key}.rate_ha_per_day", crew.rate_ha_per_day)
        rate *= draw.number("factors.rate", scenario.factors.rate)
        arrives = draw.times_s("arrives", crew.name, f"{key}.arrives", crew.arrives, n)
        leaves = np.full(n, NEVER)
        if crew.leaves is not None:
            leaves = draw.times_s("leaves", crew.name, f"{key}.leaves", crew.leaves, n)
            arrives = np.where(leaves <= arrives, NEVER, arrives)
        speed.append(rate * draw.factors("crew", crew.name, crew.variation, n))
        arrives_s.append(arrives)
        leaves_s.append(leaves)
        numbers.append(n)
        columns.append(
            (
                len(columns),
                ROLES.index(crew.role),
                round_half_up(3600 * draw.number(f"{key}.move_hours", crew.move_hours)),
                round_half_up(100 * draw.number(f"{key}.cost_per_day", crew.cost_per_day)),
                round_half_up(100 * draw.number(f"{key}.cost_to_mobilise", crew.cost_to_mobilise)),
            )
        )
    group, role, move_s, per_day, mobilise = np.repeat(np.array(columns), numbers, axis=0).T.copy()
    return Crews(
        group=group,
        role=role,
        speed=np.concatenate(speed),
        move_s=move_s,
        arrives_s=np.concatenate(arrives_s),
        leaves_s=np.concatenate(leaves_s),
        may_enter=s.may_enter,
        cost_per_day=per_day,
        cost_to_mobilise=mobilise,
    )


def draw_mishaps(draw: Draw, crews: Crews, attacks: int) -> Mishaps:
    """Draw accidents and casualties; the attacks bound how often a crew can be hit."""
    s, scenario, r = draw.shared, draw.scenario, draw.replication
    accidents, shelling = scenario.accidents, scenario.shelling
    risk = draw.number("accidents.per_person_day", accidents.per_person_day) if accidents else 0.0
    hit = shelling.casualty_probability if shelling else 0.0
    lists: list[tuple[NDArray[np.generic], ...]] = []
    none = np.zeros(0, np.int64)
    for g, crew in enumerate(scenario.crew):
        n, per_day = int(np.count_nonzero(crews.group == g)), risk * crew.people
        mean_s = s.day_s / per_day if per_day > 0 else np.inf
        first, after = timelines.exponential_thresholds(
            s.key("accident", crew.name), n, r, mean_s, float(s.horizon_s)
        )
        u_down = timelines.ragged_uniforms(s.key("stand-down", crew.name), first, r)
        u_victims = timelines.ragged_uniforms(s.key("victims", crew.name), first, r)
        first_hit, exposure, u_recovery = np.zeros(n + 1, np.int64), none, np.zeros(0)
        if hit > 0:
            first_hit, exposure = timelines.geometric_thresholds(
                s.key("casualty", crew.name), n, r, hit, attacks
            )
            u_recovery = timelines.ragged_uniforms(s.key("recovery", crew.name), first_hit, r)
        number, hits = first[1:] - first[:-1], first_hit[1:] - first_hit[:-1]
        lists.append((number, after, u_down, u_victims, hits, exposure, u_recovery))
    number, after, u_down, u_victims, hits, exposure, u_recovery = (
        np.concatenate(parts) for parts in zip(*lists, strict=True)
    )
    down = accidents.stand_down_days.quantile(u_down) if accidents else u_down
    recovery = shelling.recovery_days.quantile(u_recovery) if shelling else u_recovery
    return Mishaps(
        first_accident=offsets(number),
        accident_s=after,
        stand_down_s=to_seconds(down, s.day_s),
        victims=1 + timelines.poisson_each(u_victims, accidents.victims - 1 if accidents else 0.0),
        first_casualty=offsets(hits),
        casualty_exposure=exposure,
        recovery_s=to_seconds(recovery, s.day_s),
    )


def draw_money(draw: Draw) -> Money:
    """Draw the funds."""
    money = draw.scenario.money
    funds = money.fund if money else ()
    paid = [[role in fund.roles for fund in funds] for role in ROLES]
    amounts = [
        round_half_up(100 * draw.number(dotted("money", "fund", f.name, "amount"), f.amount))
        for f in funds
    ]
    return Money(
        role_fund=np.array([p.index(True) if True in p else -1 for p in paid]),
        amount=np.array(amounts, np.int64),
        stop_when_spent=bool(money and money.when_spent == "stop"),
    )
