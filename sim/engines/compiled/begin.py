"""The state of the compiled engine before anything has happened."""

from typing import Any

import numpy as np

from sim import outcome as o
from sim.engines.compiled.agenda import LAST, due_key, leaves_for, set_key
from sim.engines.compiled.bits import add_bit, words_for
from sim.engines.compiled.days import sum_days
from sim.engines.compiled.queues import BLOCK_BITS
from sim.engines.compiled.records import (
    ABSENT,
    ACCIDENT,
    ACCOUNT,
    AGENDAS,
    ARRIVAL,
    AWAY,
    CLEARANCE,
    CLOCK,
    CREW,
    DAY,
    DEPARTURE,
    GROUP,
    MOST_S,
    NOBODY,
    PARCEL,
    QUEUE,
    REACH,
    ROOM,
    SECTOR,
    STAGES,
    SURVEY,
    Ints,
    Record,
    Records,
    State,
    compiled,
    inlined,
)


@inlined
def begin(
    day_s: int, horizon_s: int, balanced: bool, calendar: Any, land: Any, attacks: Any,
    crews_in: Any, mishaps: Any, money: Any,
) -> State:  # fmt: skip
    """Return the state before anything has happened."""
    sectors, parcels, crews = land.opens_s.size, land.clearance_s.size, crews_in.group.size
    groups, funds = crews_in.may_enter.shape[0], money.amount.size
    weeks = -(-horizon_s // (o.WEEK_DAYS * day_s)) + 1
    weighed = 1
    if balanced:
        weighed = leaves_for(sectors)
    s = State(
        np.zeros(1, CLOCK),
        np.zeros(crews, CREW),
        np.zeros(groups, GROUP),
        np.zeros(sectors, SECTOR),
        np.zeros((STAGES, sectors), QUEUE),
        np.empty(parcels, PARCEL),
        np.zeros(STAGES + funds, ACCOUNT),
        np.zeros(mishaps.accident_s.size, ACCIDENT),
        np.zeros(calendar.pace.size + 1, DAY),
        np.full((AGENDAS, 2 * leaves_for(crews)), LAST),
        np.arange(crews).astype(np.uint32),
        np.full(2 * leaves_for(sectors), LAST),
        np.empty(land.inspection_s.size, np.int64),
        np.zeros((REACH + groups, words_for(sectors)), np.int64),
        np.zeros(words_for(crews), np.int64),
        np.full(crews, np.uint32(NOBODY)),
        np.full((STAGES, 2 * weighed), LAST),
        np.zeros(sectors, np.uint32),
        np.zeros((parcels >> BLOCK_BITS) + 1, np.uint32),
        np.zeros((2, weeks), np.int64),
        np.full(parcels, o.OPEN),
        np.zeros(parcels, np.int32),
        np.full(land.restoration_s.size, o.OPEN),
        land,
        attacks,
        mishaps,
    )
    clock = s.clocks[0]
    clock.day_s, clock.horizon_s, clock.balanced = day_s, horizon_s, balanced
    clock.parcel_m2, clock.item_s, clock.rework_share = (
        land.parcel_m2, land.item_s, land.rework_share,
    )  # fmt: skip
    clock.recontamination_effort = attacks.recontamination_effort
    clock.restored, clock.restored_by_sector = land.restored, land.restored_by_sector
    clock.stop_when_spent = money.stop_when_spent
    clock.completion_s = clock.restored_s = o.OPEN
    clock.freed = clock.changed = NOBODY
    clock.open_sectors = sectors
    clock.first_stage = CLEARANCE
    if land.surveyed:
        clock.first_stage = SURVEY
    sum_days(s.days, day_s, calendar)
    fill_parcels(clock, s.parcels, land)
    for fund in range(funds):
        s.accounts[STAGES + fund].amount = money.amount[fund] * day_s
    for i in range(s.accidents.size):
        accident = s.accidents[i]
        accident.at_work_s, accident.victims = mishaps.accident_s[i], mishaps.victims[i]
        accident.stand_down_s = mishaps.stand_down_s[i]
    for sector in range(sectors):
        s.by_rank[land.rank[sector]] = sector
        for block in range(-(-land.first_parcel[sector] >> BLOCK_BITS), s.block_sector.size):
            s.block_sector[block] = sector
        fill_sector(clock, s.sectors[sector], s.queues, s.bits, s.openings, land, sector)
    for group in range(groups):
        fill_group(s.groups[group], s.bits[REACH + group], land.rank, crews_in.may_enter[group])
    for c in range(crews):
        s.groups[crews_in.group[c]].end = c + 1
        fill_crew(clock, s.crews[c], s.agendas, crews_in, mishaps, money, c)
    return s


@compiled
def fill_parcels(clock: Record, parcels: Records, land: Any) -> None:
    """Enter the parcels."""
    has_items, inspected = land.items.size > 0, land.first_inspection.size > 0
    restored = land.restoration_s.size > 0
    for i in range(parcels.size):
        parcel = parcels[i]
        parcel.clearance_s, parcel.restoration_s = land.clearance_s[i], -1.0
        parcel.items, parcel.inspection = 0, NOBODY
        parcel.behind, parcel.ahead = NOBODY, ABSENT
        if has_items:
            parcel.items = land.items[i]
        if inspected:
            parcel.inspection = land.first_inspection[i]
        if restored:
            parcel.restoration_s = land.restoration_s[i]
            if parcel.restoration_s >= 0:
                clock.restorations_left += 1


@compiled
def fill_sector(
    clock: Record, here: Record, queues: Records, bits: Ints, openings: Ints, land: Any, sector: int
) -> None:
    """Enter a sector."""
    first, after = land.first_parcel[sector], land.first_parcel[sector + 1]
    end = first + land.initial[sector]
    here.rank, here.max_crews, here.release_s = land.rank[sector], land.max_crews[sector], o.OPEN
    here.last_initial, here.last_initial_m2 = end - 1, land.last_initial_m2[sector]
    here.last_found, here.last_found_m2 = NOBODY, land.last_found_m2[sector]
    if after > end:
        here.last_found = after - 1
    here.known = here.unreleased = end - first
    here.to_find = after - end
    if here.max_crews > 0:
        add_bit(bits[ROOM], here.rank)
    for stage in range(STAGES):
        queue = queues[stage, sector]
        queue.stage, queue.rank = stage, here.rank
        queue.head = queue.tail = NOBODY
    queue = queues[clock.first_stage, sector]
    queue.cursor, queue.end = first, end
    set_key(openings, sector, due_key(clock, land.opens_s[sector], sector))


@compiled
def fill_group(group: Record, reach: Ints, rank: Ints, may_enter: Any) -> None:
    """Enter a group of crews."""
    group.everywhere = True
    for sector in range(rank.size):
        if may_enter[sector]:
            add_bit(reach, rank[sector])
        else:
            group.everywhere = False


@compiled
def fill_crew(
    clock: Record, crew: Record, agendas: Ints, crews_in: Any, mishaps: Any, money: Any, c: int
) -> None:
    """Enter a crew; one that arrives after the horizon never comes."""
    crew.number, crew.role, crew.group = c, crews_in.role[c], crews_in.group[c]
    crew.state, crew.parcel, crew.sector = AWAY, NOBODY, NOBODY
    crew.speed, crew.move_s = crews_in.speed[c], min(crews_in.move_s[c], MOST_S)
    crew.leaves_s, crew.fund = crews_in.leaves_s[c], money.role_fund[crew.role]
    crew.cost_per_day = crews_in.cost_per_day[c]
    crew.cost_to_mobilise = crews_in.cost_to_mobilise[c]
    crew.accident, crew.after_accident = mishaps.first_accident[c], mishaps.first_accident[c + 1]
    crew.casualty, crew.after_casualty = mishaps.first_casualty[c], mishaps.first_casualty[c + 1]
    set_key(agendas[ARRIVAL], c, due_key(clock, crews_in.arrives_s[c], c))
    set_key(agendas[DEPARTURE], c, due_key(clock, crew.leaves_s, c))
