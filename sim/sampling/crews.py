"""Crews: how many, how good, when they come and go, what befalls them."""

from dataclasses import dataclass

import numpy as np

from sim.sampling.compiled.crews import (
    exponential_thresholds,
    geometric_thresholds,
    poisson_each,
    ragged_uniforms,
)
from sim.sampling.draws import Block, Draw, whole
from sim.sampling.size import MOST_DRAWN_EVENTS, refuse_draw_above
from sim.scenario.keys import dotted
from sim.scenario.kinds import ROLES
from sim.world import NEVER, Bools, Crews, Floats, Ints, Mishaps


@dataclass(frozen=True)
class Roster:
    """All crews (C) that there are in any replication of a block (R), group by group (G)."""

    count: Ints
    """Number of crews (R, G)."""
    here: Bools
    """Whether there is such a crew (R, C)."""
    group: Ints
    """Group of a crew (C)."""
    ordinal: Ints
    """Number of a crew in its group (C)."""
    role: Ints
    """Place of a crew's role in `ROLES` (C)."""
    speed: Floats
    """Rate of a crew, ha a day (R, C)."""
    arrives_s: Ints
    """When a crew comes, seconds (R, C)."""
    leaves_s: Ints
    """When a crew goes, seconds (R, C)."""
    move_s: Ints
    """Time on the way to another sector, seconds (R, G)."""
    cost_per_day: Ints
    """Of a crew, hundredths (R, G)."""
    cost_to_mobilise: Ints
    """Of a crew, hundredths (R, G)."""


def roster_of(block: Block) -> Roster:
    """Draw how many crews there are, how good they are, when they come and go."""
    counts, speed, arrives_s, leaves_s, here = [], [], [], [], []
    for crew in block.scenario.crew:
        key = dotted("crew", crew.name)
        count = whole(block.number(f"{key}.count", crew.count))
        n = int(count.max())
        luck = f"{key}.rate_ha_per_day"  # in any unit
        rate = block.number(f"{key}.{crew.rate_key}", crew.rate, luck=luck)
        rate = rate * block.number("factors.rate", block.scenario.factors.rate)
        arrives = block.times_s("arrives", crew.name, f"{key}.arrives", crew.arrives, n)
        leaves = np.full(arrives.shape, NEVER)
        if crew.leaves is not None:
            leaves = block.times_s("leaves", crew.name, f"{key}.leaves", crew.leaves, n)
            arrives = np.where(leaves <= arrives, NEVER, arrives)
        counts.append(count)
        speed.append(rate[:, None] * block.factors("crew", crew.name, crew.variation, n))
        arrives_s.append(arrives)
        leaves_s.append(leaves)
        here.append(np.arange(n) < count[:, None])
    most = [part.shape[1] for part in here]
    group = np.repeat(np.arange(len(most)), most)
    return Roster(
        count=np.stack(counts, axis=1),
        here=np.concatenate(here, axis=1),
        group=group,
        ordinal=np.concatenate([np.arange(n) for n in most]),
        role=np.array([ROLES.index(crew.role) for crew in block.scenario.crew])[group],
        speed=np.concatenate(speed, axis=1),
        arrives_s=np.concatenate(arrives_s, axis=1),
        leaves_s=np.concatenate(leaves_s, axis=1),
        move_s=whole(3600 * block.numbers("crew", block.scenario.crew, "move_hours")),
        cost_per_day=whole(100 * block.numbers("crew", block.scenario.crew, "cost_per_day")),
        cost_to_mobilise=whole(
            100 * block.numbers("crew", block.scenario.crew, "cost_to_mobilise")
        ),
    )


def draw_crews(draw: Draw) -> Crews:
    """Draw the crews."""
    roster, i = draw.block.once(roster_of), draw.i
    here = roster.here[i]
    group = roster.group[here]
    return Crews(
        group=group,
        role=roster.role[here],
        speed=roster.speed[i][here],
        move_s=roster.move_s[i][group],
        arrives_s=roster.arrives_s[i][here],
        leaves_s=roster.leaves_s[i][here],
        may_enter=draw.shared.may_enter,
        prefers=draw.shared.prefers,
        while_needed=np.array([c.stays == "while needed" for c in draw.scenario.crew]),
        cost_per_day=roster.cost_per_day[i][group],
        cost_to_mobilise=roster.cost_to_mobilise[i][group],
    )


def _accident_s(block: Block) -> Floats:
    """Draw the mean time at work between accidents of a crew of each group (R, G), seconds."""
    accidents, n = block.scenario.accidents, len(block.replications)
    people = np.array([crew.people for crew in block.scenario.crew])
    mean_s = np.full((n, len(people)), np.inf)
    if accidents:
        risk = block.number("accidents.per_person_day", accidents.per_person_day)
        a_day = risk[:, None] * people
        np.divide(block.shared.day_s, a_day, out=mean_s, where=a_day > 0)
    expected = (block.once(roster_of).count * (block.shared.horizon_s / mean_s)).sum(axis=1)
    refuse_draw_above(
        block.scenario, "accidents.per_person_day", float(expected.max()),
        "accidents until the horizon", MOST_DRAWN_EVENTS,
    )  # fmt: skip
    return mean_s


def draw_mishaps(draw: Draw, crews: Crews, attacks: int) -> Mishaps:
    """Draw accidents and casualties; the attacks bound how often a crew can be hit."""
    s, r, roster = draw.shared, draw.replication, draw.block.once(roster_of)
    accidents, shelling = draw.scenario.accidents, draw.scenario.shelling
    who = crews.group, roster.ordinal[roster.here[draw.i]]
    mean_s = draw.block.once(_accident_s)[draw.i]
    hit = shelling.casualty_probability if shelling else 0.0
    refuse_draw_above(
        draw.scenario, "shelling.casualty_probability", crews.crews * hit * attacks, "crews hit",
        MOST_DRAWN_EVENTS,
    )  # fmt: skip
    first, after_s = exponential_thresholds(
        s.group_keys("accident"), *who, r, mean_s, float(s.horizon_s)
    )
    u_down = ragged_uniforms(s.group_keys("stand-down"), *who, first, r)
    u_victims = ragged_uniforms(s.group_keys("victims"), *who, first, r)
    first_hit, exposure = geometric_thresholds(s.group_keys("casualty"), *who, r, hit, attacks)
    u_recovery = ragged_uniforms(s.group_keys("recovery"), *who, first_hit, r)
    down = accidents.stand_down_days.quantile(u_down) if accidents else u_down
    recovery = shelling.recovery_days.quantile(u_recovery) if shelling else u_recovery
    return Mishaps(
        first_accident=first,
        accident_s=after_s,
        stand_down_s=whole(down * s.day_s),
        victims=1 + poisson_each(u_victims, accidents.victims - 1 if accidents else 0.0),
        first_casualty=first_hit,
        casualty_exposure=exposure,
        recovery_s=whole(recovery * s.day_s),
    )
