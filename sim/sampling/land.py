"""Sectors and their parcels: how large, how hard, what lies in them, what is found later."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.sampling.compiled import parcels
from sim.sampling.crews import roster_of
from sim.sampling.draws import Block, Draw, whole
from sim.sampling.size import (
    MOST_DRAWN_DAYS,
    MOST_DRAWN_ITEMS,
    of_inspections,
    refuse_draw_above,
    refuse_if_too_large,
    refuse_more_than_there_is,
)
from sim.scenario.checks import MOST_HA
from sim.scenario.keys import dotted
from sim.scenario.kinds import ROLES
from sim.scenario.land import SURVEY_SHARES
from sim.world import PER_HA, Crews, Floats, Ints, Land, SurveyResult


class _Extent(NamedTuple):
    """How much land there is in each sector (S)."""

    initial: Ints
    found: Ints
    last_initial_m2: Ints
    last_found_m2: Ints
    first: Ints
    """Where the parcels of each sector begin (S + 1)."""
    pieces: Ints
    """Where the initial and the found parcels of each sector begin, in turn (2 S + 1)."""
    last: Floats
    """Size of the last parcel of each piece, as a share of the full size (2 S)."""


def draw_land(draw: Draw, crews: Crews) -> Land:
    """Draw sectors and parcels; the crews' mean rate orders the "easiest" queues."""
    s, scenario = draw.shared, draw.scenario
    extent = draw.block.once(_extents)[draw.i]
    draw.block.once(_refuse_efforts)
    if scenario.growth and scenario.growth.share.support[1] > 0:
        draw.block.once(found_until_of)  # also where nothing is found: it is an input of all
    quality, restoration = scenario.quality, scenario.restoration
    survey_s = _effort(draw, extent, "survey") if scenario.survey else np.zeros(0)
    clearance_s = _effort(draw, extent, "clearance")
    survey_result = _survey_results(draw, extent)
    items = _items(draw, extent)
    if survey_result.size and items.size:
        items[survey_result != SurveyResult.CONFIRMED] = 0  # items lie in confirmed parcels only
    item_s = 60 * draw.number("clearance.item_minutes", scenario.clearance.item_minutes)
    first_inspection, inspection_s, passed = _inspections(draw, extent)
    found_parcel, found_s = _finds(draw, extent)
    restoration_s = np.zeros(0)
    if restoration:
        restoration_s = _effort(draw, extent, "restoration")
        share = draw.number("restoration.share", restoration.share)
        parcels.draw_chosen(
            restoration_s, extent.pieces, share, s.keys("needs restoration"), s.ordinal,
            draw.replication,
        )  # fmt: skip
    return Land(
        rank=s.rank,
        zone=draw.shared.zone,
        region=s.region,
        opens_s=draw.block.once(opens_of)[draw.i],
        max_crews=s.max_crews,
        first_parcel=extent.first,
        initial=extent.initial,
        parcel_m2=s.parcel_m2,
        last_initial_m2=extent.last_initial_m2,
        last_found_m2=extent.last_found_m2,
        surveyed=s.surveyed,
        survey_s=survey_s,
        survey_result=survey_result,
        clearance_s=clearance_s,
        items=items,
        item_s=item_s,
        first_inspection=first_inspection,
        inspection_s=inspection_s,
        inspection_passed=passed,
        rework_share=quality.rework_share if quality else 1.0,
        restored=restoration is not None,
        restoration_s=restoration_s,
        restored_by_sector=bool(restoration and restoration.starts == "sector"),
        queue_order=_queue_order(draw, extent, crews, survey_s, clearance_s, items, item_s),
        found_parcel=found_parcel,
        found_s=found_s,
    )


def _extents(block: Block) -> list[_Extent]:
    """Draw how much land there is, and how much will be found (R)."""
    s, scenario, n = block.shared, block.scenario, len(block)
    factor = block.number("factors.area", scenario.factors.area)[:, None]
    area_m2 = np.maximum(whole(area_ha_of(block) * factor * PER_HA), 1)
    share = np.zeros(n)
    if scenario.growth:
        share = block.number("growth.share", scenario.growth.share)
    found_m2 = whole(area_m2 * share[:, None])
    m2 = np.stack([area_m2, found_m2], axis=2)  # pieces of land in turn (R, S, 2)
    numbers = -(-m2 // s.parcel_m2)
    ha = m2.sum(axis=(1, 2), dtype=float) / PER_HA
    refuse_draw_above(scenario, "sector", float(ha.max()), "ha in all", MOST_HA)
    parcels = numbers.sum(axis=(1, 2), dtype=float)
    refuse_if_too_large(scenario, float(parcels.max()))
    if scenario.quality and scenario.quality.inspected_share > 0:
        failure = block.number("quality.failure_probability", scenario.quality.failure_probability)
        needs = (of_inspections(scenario, *x) for x in zip(parcels, failure, strict=True))
        refuse_more_than_there_is(scenario, [max(needs, key=lambda need: need.bytes)])
    last_m2 = m2 - np.maximum(numbers - 1, 0) * s.parcel_m2
    pieces = np.zeros((n, 2 * len(s.entry) + 1), np.int64)
    np.cumsum(numbers.reshape(n, -1), axis=1, out=pieces[:, 1:])
    columns = (
        numbers[:, :, 0].copy(),
        numbers[:, :, 1].copy(),
        last_m2[:, :, 0].copy(),
        last_m2[:, :, 1].copy(),
        pieces[:, ::2].copy(),
        pieces,
        last_m2.reshape(n, -1) / s.parcel_m2,
    )
    return [_Extent(*row) for row in zip(*columns, strict=True)]


def area_ha_of(block: Block) -> Floats:
    """Draw the area of each sector (R, S); in any unit it has the luck of hectares."""
    places = [(dotted("sector", x.name), x) for x in block.scenario.sector]
    drawn = [block.number(f"{at}.{x.area_key}", x.area, luck=f"{at}.area_ha") for at, x in places]
    return np.take(np.stack(drawn, axis=1), block.shared.entry, axis=1)


def opens_of(block: Block) -> Ints:
    """Draw when sectors open (R, S)."""
    times = [
        block.times_s("opens", x.name, dotted("sector", x.name, "opens"), x.opens, x.count)
        for x in block.scenario.sector
    ]
    return np.concatenate(times, axis=1)


def _parcel_s(block: Block) -> Floats:
    """Draw the mean effort of a parcel for a crew of rate 1 ha a day, in seconds (R, S)."""
    s = block.shared
    return s.parcel_m2 / PER_HA * block.of_sectors("difficulty") * s.day_s


def _refuse_efforts(block: Block) -> None:
    """Refuse parcels that would take the slowest crew longer than can be counted."""
    roster, hardest_s = block.once(roster_of), block.once(_parcel_s).max(axis=1, keepdims=True)
    speed = np.maximum(np.where(roster.here, roster.speed, np.inf), 1e-300)
    days = hardest_s / speed / block.shared.day_s
    if days.size:
        crew = block.scenario.crew[roster.group[days.argmax() % len(roster.group)]]
        key = dotted("crew", crew.name, crew.rate_key)
        refuse_draw_above(
            block.scenario, key, float(days.max()), "days for a parcel", MOST_DRAWN_DAYS
        )


def _effort(draw: Draw, extent: _Extent, stage: str) -> Floats:
    """Draw each parcel's effort for a crew of rate 1 ha a day, in seconds (P)."""
    s = draw.shared
    out = np.empty(extent.first[-1])
    parcels.draw_factors(
        out, extent.pieces, draw.block.once(_parcel_s)[draw.i], extent.last, s.tables[stage],
        s.keys(f"{stage} effort"), s.ordinal, draw.replication,
    )  # fmt: skip
    return out


def mean_items_of(block: Block) -> Floats:
    """Draw the mean number of items in a parcel (R, S)."""
    factor = block.number("factors.items", block.scenario.factors.items)
    per_ha = block.of_sectors("items_per_ha")
    mean = (factor * block.shared.parcel_m2 / PER_HA)[:, None] * per_ha
    _refuse_items(block, mean)
    return mean


def _items(draw: Draw, extent: _Extent) -> NDArray[np.int32]:
    """Draw the number of items in each parcel (P); nothing where no sector has any."""
    s, mean = draw.shared, draw.block.once(mean_items_of)[draw.i]
    if not mean.any():
        return np.zeros(0, np.int32)
    out = np.empty(extent.first[-1], np.int32)
    parcels.draw_counts(
        out, extent.pieces, mean, draw.scenario.clearance.item_dispersion or 0.0, extent.last,
        s.keys("items"), s.ordinal, draw.replication,
    )  # fmt: skip
    return out


def _refuse_items(block: Block, mean: Floats) -> None:
    """Refuse more items in a parcel than can be drawn."""
    s, dispersion = block.shared, block.scenario.clearance.item_dispersion
    most = MOST_DRAWN_ITEMS / (1 + 1 / dispersion if dispersion else 1)
    name = block.scenario.sector[s.entry[mean.argmax() % len(s.entry)]].name
    key = f"sector.{dotted(name)}.items_per_ha"
    refuse_draw_above(block.scenario, key, float(mean.max()), "items in a parcel", most)


def survey_shares_of(block: Block) -> Floats:
    """Draw which shares survey cancels and reduces: a sector's own, or the survey's (R, 2, S)."""
    scenario = block.scenario
    drawn = np.empty((len(block), len(SURVEY_SHARES), len(scenario.sector)))
    for i, share in enumerate(SURVEY_SHARES):
        for j, sector in enumerate(scenario.sector):
            drawn[:, i, j] = block.number(*scenario.survey_share(sector, share))
    return np.take(drawn, block.shared.entry, axis=2)


def _survey_results(draw: Draw, extent: _Extent) -> NDArray[np.int8]:
    if draw.scenario.survey is None:
        return np.zeros(0, np.int8)
    out = np.empty(extent.first[-1], np.int8)
    cancelled, reduced = draw.block.once(survey_shares_of)[draw.i]
    s = draw.shared
    parcels.draw_survey(
        out, extent.pieces, cancelled, reduced, s.keys("survey result"), s.ordinal,
        draw.replication,
    )  # fmt: skip
    return out


def _inspections(draw: Draw, extent: _Extent) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Draw which parcels are inspected, how often they fail, how long each inspection takes."""
    quality = draw.scenario.quality
    none = np.zeros(0, np.int64)
    if quality is None or quality.inspected_share == 0:
        return none, none, np.zeros(0, np.bool_)
    s = draw.shared
    failure = draw.number("quality.failure_probability", quality.failure_probability)
    first, passed, u = parcels.draw_inspections(
        extent.pieces, quality.inspected_share, failure, s.keys("inspection"),
        s.keys("inspection days"), s.ordinal, draw.replication,
    )  # fmt: skip
    return first, whole(quality.inspection_days.quantile(u) * s.day_s), passed


def found_until_of(block: Block) -> Ints:
    """Draw until when land is found, in seconds (R)."""
    assert block.scenario.growth
    return block.time_s("growth.found_until", block.scenario.growth.found_until)


def _finds(draw: Draw, extent: _Extent) -> tuple[Ints, Ints]:
    """Draw when each found parcel is found; earliest first, ties by sector and parcel."""
    if not extent.found.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    until_s, s = draw.block.once(found_until_of)[draw.i], draw.shared
    never_s = s.horizon_s + 1
    return parcels.draw_finds(
        extent.pieces, s.keys("found"), s.ordinal, draw.replication, until_s, never_s
    )


def _queue_order(
    draw: Draw,
    extent: _Extent,
    crews: Crews,
    survey_s: Floats,
    clearance_s: Floats,
    items: NDArray[np.int32],
    item_s: float,
) -> Ints:
    """Rank the initial parcels of "easiest" sectors by effort at their crews' mean rate."""
    s = draw.shared
    if not s.easiest.size:
        return np.zeros(0, np.int64)
    order = np.arange(extent.first[-1])
    for i in s.easiest:
        surveyed = s.surveyed[i]
        first_role = ROLES.index("survey" if surveyed else "clearance")
        able = (crews.role == first_role) & s.may_enter[crews.group, i]
        speed = crews.speed[able].mean() if able.any() else 1.0
        span = slice(extent.first[i], extent.first[i] + extent.initial[i])
        effort = (survey_s if surveyed else clearance_s)[span] / speed
        if items.size and not surveyed:
            effort += item_s * items[span]
        order[span] = extent.first[i] + np.argsort(effort, kind="stable")
    return order
