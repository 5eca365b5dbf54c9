"""Outlines: what is drawn of many replications at once, without their parcels and events."""

import numpy as np

from sim.sampling.attacks import shelling_of
from sim.sampling.calendar import pace_of
from sim.sampling.crews import roster_of
from sim.sampling.draws import Block
from sim.sampling.land import (
    area_ha_of,
    found_until_of,
    mean_items_of,
    opens_of,
    survey_shares_of,
)
from sim.scenario.kinds import ROLES
from sim.world import Floats, Ints, Outlines


def outlines_of(block: Block) -> Outlines:
    """Draw the outlines of a block of replications (R): the numbers that their worlds have too."""
    s, scenario, none = block.shared, block.scenario, np.zeros(len(block))
    growth, quality, shelling = scenario.growth, scenario.quality, scenario.shelling
    roster, ha = block.once(roster_of), scenario.campaign.parcel_ha
    area = block.number("factors.area", scenario.factors.area)
    minutes = block.number("clearance.item_minutes", scenario.clearance.item_minutes)
    failure = none
    if quality:
        failure = block.number("quality.failure_probability", quality.failure_probability)
        failure = quality.inspected_share * quality.rework_share * failure
    first, regime_from, regime_attacks, exposed = _regimes(block)
    worked = np.where(s.rest, 0.0, 1.0)
    for g, crew in enumerate(scenario.crew):
        if crew.cycle:
            worked[g] *= crew.cycle.days_on / (crew.cycle.days_on + crew.cycle.days_off)
    return Outlines(
        horizon_days=s.horizon_s / s.day_s,
        order=np.argsort(s.rank),
        entry=s.entry,
        surveyed=s.surveyed,
        max_crews=s.max_crews,
        area_ha=block.once(area_ha_of) * area[:, None],
        found_share=block.number("growth.share", growth.share) if growth else none,
        found_until=block.once(found_until_of) / s.day_s if growth else none,
        opens=block.once(opens_of) / s.day_s,
        difficulty=block.of_sectors("difficulty"),
        item_days=block.once(mean_items_of) * (60 * minutes / ha / s.day_s)[:, None],
        confirmed=1 - block.once(survey_shares_of).sum(axis=1),
        rework=failure,
        group=roster.group,
        role=np.array([ROLES.index(crew.role) for crew in scenario.crew]),
        speed=np.where(roster.here, roster.speed, 0.0),
        arrives=roster.arrives_s / s.day_s,
        leaves=roster.leaves_s / s.day_s,
        may_enter=s.may_enter,
        prefers=s.prefers,
        pace=pace_of(block),
        holds=np.ascontiguousarray(s.pattern[s.side][:, s.zone]),
        worked=worked,
        first_regime=first,
        regime_from=regime_from,
        regime_attacks=regime_attacks,
        exposed=exposed,
        stop_days=shelling.stop_hours.mean * 3600 / s.day_s if shelling else 0.0,
        hits=shelling.recontaminated_parcels if shelling else 0.0,
        hit_effort=shelling.recontamination_effort if shelling else 0.0,
        hurt_days=shelling.casualty_probability * shelling.recovery_days.mean if shelling else 0.0,
        parcel_ha=ha,
        ways=roster.move_s / s.day_s,
        unfit=_unfit(block),
    )


def _regimes(block: Block) -> tuple[Ints, Floats, Floats, Floats]:
    """Return the time lines of the shelling, one after the other, and the sectors' shares in it."""
    s, shelling = block.shared, block.scenario.shelling
    if shelling is None or not shelling.regimes:
        none = np.zeros((len(block), len(s.entry)))
        return np.zeros(len(block) + 1, np.int64), np.zeros(0), np.zeros(0), none
    drawn = block.once(shelling_of)
    starts = [line[0] / s.day_s for line in drawn.lines]
    rates = [np.append(line[1], 0.0) * s.day_s for line in drawn.lines]  # none after its end
    first = np.concatenate([[0], np.cumsum([len(x) for x in starts])])
    return first, np.concatenate(starts), np.concatenate(rates), drawn.share


def _unfit(block: Block) -> Floats:
    """Return how long a crew of each group stands down for a day at work (R, G), days."""
    accidents, people = block.scenario.accidents, [crew.people for crew in block.scenario.crew]
    if accidents is None:
        return np.zeros((len(block), len(people)))
    risk = block.number("accidents.per_person_day", accidents.per_person_day)
    stands_down: Floats = risk[:, None] * np.array(people) * accidents.stand_down_days.mean
    return stands_down
