"""Attacks: a shelling time line for the campaign, and every sector's own stream on it."""

from dataclasses import dataclass

import numpy as np

from sim.sampling.compiled.attacks import attacks_everywhere, hits_everywhere, regime_clock
from sim.sampling.crews import roster_of
from sim.sampling.draws import Block, Draw, whole
from sim.sampling.size import (
    MOST_DRAWN_EVENTS,
    of_attacks,
    refuse_draw_above,
    refuse_more_than_there_is,
)
from sim.scenario.keys import dotted
from sim.world import Attacks, Floats, Ints, Land

MANY = 1000  # fewer attacks need no memory to speak of
Line = tuple[Floats, Floats, Floats]


@dataclass(frozen=True)
class Shelling:
    """What is drawn of the shelling once for a replication (R)."""

    ends_s: Ints
    """When it ends, seconds (R)."""
    share: Floats
    """Of each sector in all attacks (R, S)."""
    lines: list[Line]
    """The time line of each replication."""


def shelling_of(block: Block) -> Shelling:
    """Draw how much there is in each regime, until when, and how sectors share it."""
    s, shelling = block.shared, block.scenario.shelling
    assert shelling
    ends_s = np.full(len(block), s.horizon_s + 1)
    if shelling.ends is not None:
        ends_s = np.minimum(ends_s, block.time_s("shelling.ends", shelling.ends))
    weight = block.of_sectors("exposure")
    per_second = block.numbers("shelling.regimes", shelling.regimes, "attacks_per_24h") / 86_400
    most = per_second * ends_s[:, None]
    worst = dotted(shelling.regimes[most.argmax() % len(shelling.regimes)].name)
    refuse_draw_above(
        block.scenario, f"shelling.regimes.{worst}.attacks_per_24h", float(most.max()),
        "attacks until the horizon", MOST_DRAWN_EVENTS,
    )  # fmt: skip
    return Shelling(
        ends_s=ends_s,
        share=weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300),
        lines=_time_lines(block, per_second, ends_s),
    )


def _time_lines(block: Block, per_second: Floats, ends_s: Ints) -> list[Line]:
    """Draw the regimes of each replication, whose attacks a second are given (R, K)."""
    shelling, s = block.scenario.shelling, block.shared
    assert shelling
    mean_s = np.array([x.mean_days * s.day_s for x in shelling.regimes])
    first = block.in_time("shelling regime", "", np.array([0]))[:, 0]
    some = int(2 * ends_s.max() / mean_s.mean()) + 32 if len(mean_s) > 1 else 0
    while True:
        steps = np.arange(1, some + 1)
        stay, jump = (block.in_time("shelling regime", "", steps, sub=sub) for sub in (1, 2))
        lines: list[Line] = [
            regime_clock(first[r], stay[r], jump[r], per_second[r], mean_s, float(ends_s[r]))
            for r in range(len(block))
        ]
        if all(len(starts) for starts, _, _ in lines):
            return lines
        some *= 2


def draw_attacks(draw: Draw, land: Land) -> Attacks:
    """Draw the shelling's time line and every sector's attacks on it."""
    s, shelling, r, i = draw.shared, draw.scenario.shelling, draw.replication, draw.i
    none = np.zeros(0, np.int64)
    if shelling is None or not shelling.regimes:
        never = np.zeros(len(s.entry), np.int64)
        return Attacks(none, none, none, np.zeros(1, np.int64), none, never, 1.0)
    drawn = draw.block.once(shelling_of)
    ends_s = int(drawn.ends_s[i])
    line = drawn.lines[i]
    expected, crews = float(line[2][-1]), len(draw.block.once(roster_of).group)
    if expected > MANY:
        refuse_more_than_there_is(draw.scenario, of_attacks(draw.scenario, expected, crews))
    times, where, u_stop = attacks_everywhere(
        s.keys("attack"), s.keys("stop"), s.ordinal, r, drawn.share[i], *line
    )
    at_s = whole(times)
    order = np.argsort(at_s, kind="stable")
    at_s = at_s[order]
    order = order[: np.searchsorted(at_s, ends_s)]
    refuse_draw_above(
        draw.scenario, "shelling.recontaminated_parcels",
        order.size * shelling.recontaminated_parcels, "parcels hit", MOST_DRAWN_EVENTS,
    )  # fmt: skip
    first, hit = hits_everywhere(
        s.keys("hit"), s.ordinal, r, where, order, shelling.recontaminated_parcels,
        land.first_parcel, land.initial,
    )  # fmt: skip
    stop_h = shelling.stop_hours.quantile(u_stop[order])
    return Attacks(
        at_s=at_s[: order.size],
        sector=where[order],
        stop_s=whole(stop_h * 3600),
        first_hit=first,
        hit_parcel=hit,
        until_s=np.where(drawn.share[i] * shelling.recontaminated_parcels > 0, ends_s, 0),
        recontamination_effort=shelling.recontamination_effort,
    )
