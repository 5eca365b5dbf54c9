"""Sectors and their parcels: how large, how hard, what lies in them, what is found later."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.checks import dotted
from sim.sampling import parcels
from sim.sampling.context import Draw, offsets, refuse_if_too_large, to_seconds
from sim.scenario import ROLES, round_half_up
from sim.world import CONFIRMED, PER_HA, Crews, Floats, Ints, Land

INITIAL, FOUND = 0, 1  # last part of the address of a parcel
NUMBER_BITS = 31  # of a parcel's number


@dataclass(frozen=True)
class _Extent:
    """How much land there is (S), square metres and parcels."""

    area_m2: Ints
    found_m2: Ints
    initial: Ints
    found: Ints
    first: Ints
    pieces: Ints
    """Where the initial and the found parcels of each sector begin, in turn (2 S + 1)."""
    last: Floats
    """Size of the last parcel of each piece, as a share of the full size (2 S)."""


def draw_land(draw: Draw, crews: Crews) -> Land:
    """Draw sectors and parcels; the crews' mean rate orders the "easiest" queues."""
    s, scenario = draw.shared, draw.scenario
    extent = _extent(draw)
    quality, restoration = scenario.quality, scenario.restoration
    survey_s = _effort(draw, extent, "survey") if scenario.survey else np.zeros(0)
    clearance_s = _effort(draw, extent, "clearance")
    survey_result = _survey_results(draw, extent)
    items = _items(draw, extent)
    if survey_result.size and items.size:
        items[survey_result != CONFIRMED] = 0  # items lie in confirmed parcels only
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
    full = extent.area_m2 - (extent.initial - 1) * s.parcel_m2
    full_found = extent.found_m2 - np.maximum(extent.found - 1, 0) * s.parcel_m2
    first_effort = survey_s if scenario.survey else clearance_s
    return Land(
        rank=s.rank,
        opens_s=_opens(draw),
        max_crews=s.max_crews,
        first_parcel=extent.first,
        initial=extent.initial,
        parcel_m2=s.parcel_m2,
        last_initial_m2=full,
        last_found_m2=full_found,
        surveyed=scenario.survey is not None,
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
        queue_order=_queue_order(draw, extent, crews, first_effort, items, item_s),
        found_parcel=found_parcel,
        found_s=found_s,
    )


def _extent(draw: Draw) -> _Extent:
    s, scenario = draw.shared, draw.scenario
    factor = draw.number("factors.area", scenario.factors.area)
    area_ha = [draw.number(dotted("sector", x.name, "area_ha"), x.area_ha) for x in scenario.sector]
    area_m2 = np.array([max(1, round_half_up(a * factor * PER_HA)) for a in area_ha])[s.entry]
    share = draw.number("growth.share", scenario.growth.share) if scenario.growth else 0.0
    found_m2 = np.floor(area_m2 * share + 0.5).astype(np.int64)
    initial, found = -(-area_m2 // s.parcel_m2), -(-found_m2 // s.parcel_m2)
    refuse_if_too_large(scenario, float(initial.sum() + found.sum()))
    last = np.ones((len(initial), 2))
    last[:, INITIAL] = (area_m2 - (initial - 1) * s.parcel_m2) / s.parcel_m2
    last[found > 0, FOUND] = ((found_m2 - (found - 1) * s.parcel_m2) / s.parcel_m2)[found > 0]
    pieces = offsets(np.stack([initial, found], axis=1).ravel())
    return _Extent(area_m2, found_m2, initial, found, pieces[::2].copy(), pieces, last.ravel())


def _opens(draw: Draw) -> Ints:
    times = [
        draw.times_s("opens", x.name, dotted("sector", x.name, "opens"), x.opens, x.count)
        for x in draw.scenario.sector
    ]
    return np.concatenate(times)


def _effort(draw: Draw, extent: _Extent, stage: str) -> Floats:
    """Draw each parcel's effort for a crew of rate 1 ha a day, in seconds (P)."""
    s = draw.shared
    out = np.empty(extent.first[-1])
    hard = [
        draw.number(dotted("sector", x.name, "difficulty"), x.difficulty)
        for x in draw.scenario.sector
    ]
    scale = s.parcel_m2 / PER_HA * np.array(hard)[s.entry] * s.day_s
    parcels.draw_factors(
        out, extent.pieces, scale, extent.last, s.tables[stage], s.keys(f"{stage} effort"),
        s.ordinal, draw.replication,
    )  # fmt: skip
    return out


def _items(draw: Draw, extent: _Extent) -> NDArray[np.int32]:
    """Draw the number of items in each parcel (P); nothing where no sector has any."""
    s, scenario = draw.shared, draw.scenario
    factor = draw.number("factors.items", scenario.factors.items) * s.parcel_m2 / PER_HA
    per_ha = [
        draw.number(dotted("sector", x.name, "items_per_ha"), x.items_per_ha)
        for x in scenario.sector
    ]
    if not any(per_ha) or factor == 0:
        return np.zeros(0, np.int32)
    out = np.empty(extent.first[-1], np.int32)
    parcels.draw_counts(
        out, extent.pieces, factor * np.array(per_ha)[s.entry],
        scenario.clearance.item_dispersion or 0.0, extent.last, s.keys("items"), s.ordinal,
        draw.replication,
    )  # fmt: skip
    return out


def _survey_results(draw: Draw, extent: _Extent) -> NDArray[np.int8]:
    survey = draw.scenario.survey
    if survey is None:
        return np.zeros(0, np.int8)
    out = np.empty(extent.first[-1], np.int8)
    cancelled = draw.number("survey.cancelled_share", survey.cancelled_share)
    reduced = draw.number("survey.reduced_share", survey.reduced_share)
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
    return first, to_seconds(quality.inspection_days.quantile(u), s.day_s), passed


def _finds(draw: Draw, extent: _Extent) -> tuple[Ints, Ints]:
    """Draw when each found parcel is found; earliest first, ties by sector and parcel."""
    growth = draw.scenario.growth
    if growth is None or not extent.found.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    until_s = draw.time_s("growth.found_until", growth.found_until)
    s = draw.shared
    found, u = parcels.draw_finds(extent.pieces, s.keys("found"), s.ordinal, draw.replication)
    found_s = np.minimum(to_seconds(u, until_s), s.horizon_s + 1)  # later is never
    both = np.sort(found_s << NUMBER_BITS | found)
    return both & (1 << NUMBER_BITS) - 1, both >> NUMBER_BITS


def _queue_order(
    draw: Draw,
    extent: _Extent,
    crews: Crews,
    effort_s: Floats,
    items: NDArray[np.int32],
    item_s: float,
) -> Ints:
    """Rank the initial parcels of "easiest" sectors by effort at their crews' mean rate."""
    s, scenario = draw.shared, draw.scenario
    easiest = np.array([x.order == "easiest" for x in scenario.sector])[s.entry]
    if not easiest.any():
        return np.zeros(0, np.int64)
    order, cleared = np.arange(extent.first[-1]), items.size > 0 and scenario.survey is None
    first_role = crews.role == ROLES.index("survey" if scenario.survey else "clearance")
    for i in np.flatnonzero(easiest):
        able = first_role & s.may_enter[crews.group, i]
        speed = crews.speed[able].mean() if able.any() else 1.0
        span = slice(extent.first[i], extent.first[i] + extent.initial[i])
        effort = effort_s[span] / speed + (item_s * items[span] if cleared else 0.0)
        order[span] = extent.first[i] + np.argsort(effort, kind="stable")
    return order
