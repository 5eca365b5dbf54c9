"""Crews: how many, how good, when they come and go, what befalls them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.sampling.compiled.crews import (
    exponential_thresholds,
    geometric_thresholds,
    poisson_each,
    ragged_uniforms,
)
from sim.sampling.draws import Block, Draw, whole
from sim.sampling.size import MOST_DRAWN_EVENTS, refuse_draw_above
from sim.scenario.crews import Crew, Cycle
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
    """When each stay of a crew begins, seconds, NEVER where there are fewer (R, C, stays)."""
    leaves_s: Ints
    """When it ends, seconds (R, C, stays)."""
    move_s: Ints
    """Time on the way to another sector, seconds (R, G)."""
    cost_per_day: Ints
    """Of a crew, hundredths (R, G)."""
    standby_per_day: Ints
    """Of a crew that stands by, hundredths (R, G)."""
    cost_to_mobilise: Ints
    """Of a crew, hundredths (R, G)."""


def roster_of(block: Block) -> Roster:
    """Draw how many crews there are, how good they are, when they come and go."""
    counts, speed, arrives_s, leaves_s, here = [], [], [], [], []
    for crew in block.scenario.crew:
        key = dotted("crew", crew.name)
        count, arrives, leaves = _stays(block, crew, key)
        n = arrives.shape[1]
        luck = f"{key}.rate_ha_per_day"  # in any unit
        rate = block.number(f"{key}.{crew.rate_key}", crew.rate, luck=luck)
        rate = rate * block.number("factors.rate", block.scenario.factors.rate)
        counts.append(count)
        speed.append(rate[:, None] * block.factors("crew", crew.name, crew.variation, n))
        arrives_s.append(arrives)
        leaves_s.append(leaves)
        here.append(np.arange(n) < count[:, None])
    most = [part.shape[1] for part in here]
    per_day = whole(100 * block.numbers("crew", block.scenario.crew, "cost_per_day"))
    group = np.repeat(np.arange(len(most)), most)
    return Roster(
        count=np.stack(counts, axis=1),
        here=np.concatenate(here, axis=1),
        group=group,
        ordinal=np.concatenate([np.arange(n) for n in most]),
        role=np.array([ROLES.index(crew.role) for crew in block.scenario.crew])[group],
        speed=np.concatenate(speed, axis=1),
        arrives_s=_side_by_side(arrives_s),
        leaves_s=_side_by_side(leaves_s),
        move_s=whole(3600 * block.numbers("crew", block.scenario.crew, "move_hours")),
        cost_per_day=per_day,
        standby_per_day=_standby(block, per_day),
        cost_to_mobilise=whole(
            100 * block.numbers("crew", block.scenario.crew, "cost_to_mobilise")
        ),
    )


def _standby(block: Block, per_day: Ints) -> Ints:
    """Draw what a crew costs that stands by (R, G); if nothing is stated, what it costs else."""
    standby = per_day.copy()
    for g, crew in enumerate(block.scenario.crew):
        if crew.standby_cost_per_day is not None:
            key = f"crew.{dotted(crew.name, 'standby_cost_per_day')}"
            standby[:, g] = whole(100 * block.number(key, crew.standby_cost_per_day))
    return standby


def _stays(block: Block, crew: Crew, key: str) -> tuple[Ints, Ints, Ints]:
    """Draw how many crews of a group there ever are (R), and when they come and go (R, n, K)."""
    factor = block.number("factors.crews", block.scenario.factors.crews)
    factor = factor * block.number(f"{key}.count_factor", crew.count_factor)
    if crew.count is None:
        from_s = [
            block.time_s(f"{key}.{dotted('deployment', x.name, 'from')}", x.from_)
            for x in crew.deployment
        ]
        numbers = [
            whole(factor * block.number(f"{key}.{dotted('deployment', x.name, 'count')}", x.count))
            for x in crew.deployment
        ]
        return stays_of(np.stack(from_s, axis=1), np.stack(numbers, axis=1))
    count = whole(factor * block.number(f"{key}.count", crew.count))
    n = int(count.max())
    arrives = block.times_s("arrives", crew.name, f"{key}.arrives", crew.arrives, n)
    leaves = np.full(arrives.shape, NEVER)
    if crew.leaves is not None:
        leaves = block.times_s("leaves", crew.name, f"{key}.leaves", crew.leaves, n)
        arrives = np.where(leaves <= arrives, NEVER, arrives)
    return count, arrives[:, :, None], leaves[:, :, None]


def stays_of(from_s: Ints, numbers: Ints) -> tuple[Ints, Ints, Ints]:
    """Return how many crews a deployment ever has (R), and when each comes and goes (R, n, K).

    Parameters
    ----------
    from_s, numbers
        Of its entries, in their order (R, E): at each time the number is that of the last of those
        that have come, and crew k is there while k is below it.

    Returns
    -------
    The beginnings of the stays are NEVER where a crew has fewer than others.
    """
    order = np.argsort(from_s, axis=1, kind="stable")
    at_s = np.take_along_axis(from_s, order, axis=1)
    there = np.take_along_axis(numbers, np.maximum.accumulate(order, axis=1), axis=1)
    for j in range(at_s.shape[1] - 2, -1, -1):  # what holds for no time does not count
        there[:, j] = np.where(at_s[:, j] == at_s[:, j + 1], there[:, j + 1], there[:, j])
    there[at_s == NEVER] = 0
    count = there.max(axis=1)
    here = np.arange(count.max())[:, None] < there[:, None, :]
    begins = here & ~np.pad(here, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    ends = here & ~np.pad(here, ((0, 0), (0, 0), (0, 1)))[:, :, 1:]
    which = np.cumsum(begins, axis=2) - 1
    arrives = np.full((*here.shape[:2], 1 + which.max(initial=0)), NEVER)
    leaves = np.full(arrives.shape, NEVER)
    until_s = np.pad(at_s, ((0, 0), (0, 1)), constant_values=NEVER)[:, 1:]
    for stays, marks, times in ((arrives, begins, at_s), (leaves, ends, until_s)):
        r, k, entry = np.nonzero(marks)
        stays[r, k, which[r, k, entry]] = times[r, entry]
    return count, arrives, leaves


def _side_by_side(times: list[Ints]) -> Ints:
    """Join times of stays (R, n, K) of all groups, as many for each as the most of any."""
    most = max(part.shape[2] for part in times)
    return np.concatenate(
        [
            np.pad(part, ((0, 0), (0, 0), (0, most - part.shape[2])), constant_values=NEVER)
            for part in times
        ],
        axis=1,
    )


@dataclass(frozen=True)
class Timetables:
    """Which days crews have off, and what holds for them: each different one once (T)."""

    side: Ints
    """Which closures and seasons hold, one of `Shared.sides` (T)."""
    off: Ints
    """Which days it has off, one of `rest` (T)."""
    rest: Bools
    """Days off, each different row once (B, D)."""
    of_crew: Ints
    """Which one a crew has (C)."""


def timetables(draw: Draw) -> Timetables:
    """Return the timetables: rest days of groups, and for cycles those of each crew's stays."""
    s, roster, here = draw.shared, draw.block.once(roster_of), draw.block.once(roster_of).here
    group = roster.group[here[draw.i]]
    arrives_s = roster.arrives_s[draw.i][here[draw.i]]
    side, rest = list(s.side), list(s.rest)  # first those of the groups without a cycle
    of_crew, known = group.copy(), dict[tuple[int, ...], int]()
    for g, crew in enumerate(draw.scenario.crew):
        for c in np.flatnonzero(group == g).tolist() if crew.cycle else ():
            begins = (arrives_s[c][arrives_s[c] < s.horizon_s] // s.day_s).tolist()
            place = known.setdefault((g, *begins), len(side))
            if place == len(side):
                cycle = crew.cycle or Cycle(days_on=1, days_off=1)
                side.append(s.side[g])
                rest.append(s.rest[g] | days_off(begins, cycle, s.days))
            of_crew[c] = place
    packed = [row.tobytes() for row in np.packbits(np.array(rest), axis=1)]
    offs = sorted(set(packed))  # in an order that another crew does not change
    pairs = [(int(a), offs.index(b)) for a, b in zip(side, packed, strict=True)]
    distinct = sorted(set(pairs))
    which = np.array([distinct.index(pair) for pair in pairs])
    return Timetables(
        side=np.array([a for a, _ in distinct]),
        off=np.array([b for _, b in distinct]),
        rest=np.array([rest[packed.index(off)] for off in offs]),
        of_crew=which[of_crew],
    )


def days_off(begins: Sequence[int], cycle: Cycle, days: int) -> Bools:
    """Return the days off of a cycle that begins anew on some days, in order (D)."""
    off = np.zeros(days, np.bool_)
    for first, until in pairwise([*begins, days]):
        since = np.arange(until - first)
        off[first:until] = since % (cycle.days_on + cycle.days_off) >= cycle.days_on
    return off


def draw_crews(draw: Draw, of_crew: Ints) -> Crews:
    """Draw the crews; each has its timetable (C)."""
    roster, i = draw.block.once(roster_of), draw.i
    here = roster.here[i]
    group, comes = roster.group[here], roster.arrives_s[i][here] < NEVER
    return Crews(
        group=group,
        timetable=of_crew,
        role=roster.role[here],
        speed=roster.speed[i][here],
        move_s=roster.move_s[i][group],
        first_stay=np.concatenate([[0], np.cumsum(comes.sum(axis=1))]),
        arrives_s=roster.arrives_s[i][here][comes],
        leaves_s=roster.leaves_s[i][here][comes],
        may_enter=draw.shared.may_enter,
        prefers=draw.shared.prefers,
        while_needed=np.array([c.stays == "while needed" for c in draw.scenario.crew]),
        cost_per_day=roster.cost_per_day[i][group],
        standby_per_day=roster.standby_per_day[i][group],
        cost_to_mobilise=roster.cost_to_mobilise[i][group],
    )


def _accident_s(block: Block) -> Floats:
    """Draw the mean time at work between accidents of a crew of each group (R, G), seconds."""
    accidents, n = block.scenario.accidents, len(block)
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
