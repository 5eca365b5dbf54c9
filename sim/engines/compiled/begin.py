"""The state of the compiled engine before anything has happened."""

from typing import Any

import numpy as np

from sim.engines.compiled.agenda import LAST, due_key, leaves_for, set_key
from sim.engines.compiled.bits import add_bit, words_for
from sim.engines.compiled.days import sum_days
from sim.engines.compiled.deadlines import fill_deadlines
from sim.engines.compiled.fields import Ints, Records, dtype_of
from sim.engines.compiled.parts import compiled, inlined
from sim.engines.compiled.queues import BLOCK_BITS
from sim.engines.compiled.records import (
    ABSENT,
    AWAY,
    COSTS,
    MOST_S,
    NOBODY,
    REACH,
    ROOM,
    STAGES,
    Accident,
    Account,
    Agenda,
    Clock,
    Closed,
    Coming,
    Crew,
    Day,
    Deadline,
    Ground,
    Group,
    Parcel,
    Queue,
    Sector,
    Tally,
    Waiting,
    Week,
)
from sim.engines.compiled.state import (
    CalendarAhead,
    LandAhead,
    MishapsAhead,
    MoneyAhead,
    Offers,
    Owed,
    Roster,
    Rules,
    State,
    Sums,
)
from sim.engines.compiled.turns import show_reach
from sim.outcome import OPEN, WEEK_DAYS, Count, GroupSum
from sim.world import NEVER, Dispatch, Stage

# compiled code takes the types of records as constants
CLOCK, GROUND, WAITING = dtype_of(Clock), dtype_of(Ground), dtype_of(Waiting)
COMING, TALLY, CREW = dtype_of(Coming), dtype_of(Tally), dtype_of(Crew)
GROUP, SECTOR, QUEUE = dtype_of(Group), dtype_of(Sector), dtype_of(Queue)
PARCEL, ACCOUNT, ACCIDENT = dtype_of(Parcel), dtype_of(Account), dtype_of(Accident)
DAY, CLOSED, DEADLINE = dtype_of(Day), dtype_of(Closed), dtype_of(Deadline)
zeros: Any = np.zeros  # whose types know no records of ours
empty: Any = np.empty
AGENDAS, WEEKLY = len(Agenda), len(Week)
COUNTED, GROUP_SUMS = len(Count), len(GroupSum)


@inlined
def begin(
    day_s: int, horizon_s: int, dispatch: int, calendar: Any, land: Any, attacks: Any,
    crews_in: Any, mishaps: Any, money: Any, deadlines: Any,
) -> State:  # fmt: skip
    """Return the state before anything has happened."""
    sectors, parcels, crews = land.opens_s.size, land.clearance_s.size, crews_in.group.size
    groups, funds = crews_in.may_enter.shape[0], money.amount.size
    weeks, regions = -(-horizon_s // (WEEK_DAYS * day_s)) + 1, land.region.max() + 1
    weighed = 1
    if dispatch == Dispatch.BALANCED:
        weighed = leaves_for(sectors)
    rules = Rules(
        land.parcel_m2,
        land.item_s,
        land.rework_share,
        attacks.recontamination_effort,
        land.restored,
        land.restored_by_sector,
    )
    clocks, waiting = zeros(1, CLOCK), zeros(1, WAITING)
    days = zeros(calendar.pace.shape[0] * (calendar.pace.shape[1] + 1), DAY)
    put_back = 0  # parcels that may be
    if calendar.turns.size > 0 or money.stop_when_spent:
        put_back = parcels
    priced = 0
    if money.price.any():
        priced = groups
    offers = Offers(
        dispatch,
        waiting,
        zeros((STAGES, sectors), QUEUE),
        empty(parcels, PARCEL),
        np.zeros((REACH + 4 * groups, words_for(sectors)), np.int64),
        np.full((STAGES, 2 * weighed), LAST),
    )
    roster = Roster(
        clocks,
        waiting,
        days,
        calendar.first_closed,
        calendar.which,
        zeros((calendar.closed.shape[0], calendar.pace.shape[1] + 1), CLOSED),
        np.zeros((crews, calendar.closures), np.int64),
        np.full((AGENDAS, 2 * leaves_for(crews)), LAST),
        np.zeros(words_for(crews), np.int64),
        crews_in.arrives_s,
        crews_in.leaves_s,
        zeros(COSTS + funds, ACCOUNT),
        zeros(groups, ACCOUNT),
        money.bears,
        calendar.stands_by,
        money.per_day,
        money.standby,
        money.to_mobilise,
    )
    s = State(
        clocks,
        zeros(1, GROUND),
        waiting,
        zeros(1, COMING),
        zeros(1, TALLY),
        offers,
        roster,
        zeros(crews, CREW),
        zeros(groups, GROUP),
        zeros(sectors, SECTOR),
        zeros(mishaps.accident_s.size, ACCIDENT),
        days,
        np.arange(crews).astype(np.uint32),
        np.full(2 * leaves_for(sectors), LAST),
        np.empty(land.inspection_s.size, np.int64),
        np.full(crews, np.uint32(NOBODY)),
        np.zeros(sectors, np.uint32),
        np.zeros((parcels >> BLOCK_BITS) + 1, np.uint32),
        np.zeros((WEEKLY, weeks), np.int64),
        np.full(parcels, OPEN),
        np.zeros(parcels, np.int32),
        np.full(land.restoration_s.size, OPEN),
        np.ones(put_back),
        np.zeros(priced, np.int64),
        rules,
        CalendarAhead(calendar.row, calendar.barred, calendar.turns),
        LandAhead(
            land.first_parcel,
            land.survey_s,
            land.survey_result,
            land.first_inspection,
            land.inspection_s,
            land.inspection_passed,
            land.queue_order,
            land.found_parcel,
            land.found_s,
        ),
        attacks,
        MishapsAhead(mishaps.casualty_exposure, mishaps.recovery_s),
        Owed(
            zeros(deadlines.at_s.size, DEADLINE),
            deadlines.land,
            np.zeros(sectors + 1, np.int64),
            np.empty(deadlines.land.size, np.int64),
            np.zeros(regions, np.int64),
            np.full(regions, OPEN),
        ),
        begin_sums(calendar.year_ends_s, regions, groups, COSTS + funds),
        MoneyAhead(
            money.tranche_s,
            money.tranche_fund,
            money.tranche_amount,
            money.overhead_fund,
            money.overhead_once,
            money.overhead_per_day,
            money.price,
            money.price_up_to,
        ),
    )
    clock, ground, tally = s.clock[0], s.ground[0], s.tally[0]
    clock.day_s, clock.horizon_s, clock.days = day_s, horizon_s, calendar.pace.shape[1]
    tally.completion_s = tally.restored_s = OPEN
    s.waiting[0].freed = ground.changed = NOBODY
    ground.unreleased_sectors = sectors
    sum_days(s.days, roster.closed, day_s, calendar)
    ground.restorations_left = fill_parcels(offers.parcels, land)
    for fund in range(funds):
        account = roster.accounts[COSTS + fund]
        account.amount, account.stops = money.amount[fund] * day_s, money.stop_when_spent
    for i in range(s.accidents.size):
        accident = s.accidents[i]
        accident.at_work_s, accident.victims = mishaps.accident_s[i], mishaps.victims[i]
        accident.stand_down_s = mishaps.stand_down_s[i]
    for sector in range(sectors):
        s.by_rank[land.rank[sector]] = sector
        for block in range(-(-land.first_parcel[sector] >> BLOCK_BITS), s.block_sector.size):
            s.block_sector[block] = sector
        fill_sector(
            s.sectors[sector], offers.queues, offers.bits, land, sector, attacks.until_s[sector]
        )
        s.owed.unreleased[land.region[sector]] += 1
        s.coming[0].peace_s = max(s.coming[0].peace_s, attacks.until_s[sector])
        queue = offers.queues[s.sectors[sector].first_stage, sector]
        queue.cursor = land.first_parcel[sector]
        queue.end = land.first_parcel[sector] + land.initial[sector]
        set_key(s.openings, sector, due_key(clock, land.opens_s[sector], sector))
    known_m2 = np.empty(sectors, np.int64)
    for sector in range(sectors):
        known_m2[sector] = (land.initial[sector] - 1) * land.parcel_m2
        known_m2[sector] += land.last_initial_m2[sector]
    fill_deadlines(s.owed, s.coming[0], deadlines, calendar.year_ends_s[0], known_m2)
    fill_everybody(s, calendar, land, crews_in, mishaps)
    return s


@inlined
def fill_everybody(s: State, calendar: Any, land: Any, crews_in: Any, mishaps: Any) -> None:
    """Enter groups of crews, and their crews."""
    clock, offers, coming = s.clock[0], s.offers, s.coming[0]
    for group in range(s.groups.size):
        fill_group(s.groups[group], offers.bits, land.rank, crews_in, group)
        if calendar.barred.any():
            s.groups[group].everywhere = False
    for c in range(s.crews.size):
        own = s.groups[crews_in.group[c]]
        if own.end == 0:
            own.first = c
        own.end, own.role, own.timetable = c + 1, crews_in.role[c], crews_in.timetable[c]
        fill_crew(clock, s.crews[c], s.roster.agendas, crews_in, mishaps, c)
        s.crews[c].wishes = own.wishes
    if coming.peace_s == 0:
        coming.peace_s = NEVER
    for group in range(s.groups.size):
        s.groups[group].while_needed = crews_in.while_needed[group]
        show_reach(s.calendar, offers.bits, s.groups[group], group, s.sectors, 0)


@inlined
def begin_sums(ends_s: Ints, regions: int, groups: int, payers: int) -> Sums:
    """Return the sums of each year, which are none."""
    return Sums(
        ends_s,
        np.zeros((ends_s.size, regions, COUNTED), np.int64),
        np.zeros((ends_s.size, groups, GROUP_SUMS), np.int64),
        np.zeros((ends_s.size, payers), np.int64),
    )


@compiled
def fill_parcels(parcels: Records[Parcel], land: Any) -> int:
    """Enter the parcels, and return how many need restoration."""
    has_items, inspected = land.items.size > 0, land.first_inspection.size > 0
    restored, restorations = land.restoration_s.size > 0, 0
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
                restorations += 1
    return restorations


@compiled
def fill_sector(
    here: Sector, queues: Records[Queue], bits: Ints, land: Any, sector: int, until_s: int
) -> None:
    """Enter a sector, and its queues, which are empty."""
    first, after = land.first_parcel[sector], land.first_parcel[sector + 1]
    end = first + land.initial[sector]
    here.rank, here.max_crews = land.rank[sector], land.max_crews[sector]
    here.release_s = here.first_s = OPEN
    here.zone, here.region = land.zone[sector], land.region[sector]
    here.last_initial, here.last_initial_m2 = end - 1, land.last_initial_m2[sector]
    here.last_found, here.last_found_m2 = NOBODY, land.last_found_m2[sector]
    if after > end:
        here.last_found = after - 1
    here.known = here.unreleased = end - first
    here.to_find = after - end
    here.until_s = until_s
    if land.surveyed[sector]:
        here.to_survey = after - first
    if land.restoration_s.size > 0:
        for parcel in range(first, after):
            here.to_restore += land.restoration_s[parcel] >= 0
    here.first_stage = Stage.CLEARANCE.value
    if land.surveyed[sector]:
        here.first_stage = Stage.SURVEY.value
    if here.max_crews > 0:
        add_bit(bits[ROOM], here.rank)
    for stage in range(STAGES):
        queue = queues[stage, sector]
        queue.stage, queue.rank = stage, here.rank
        queue.front = queue.head = queue.tail = NOBODY


@compiled
def fill_group(group: Group, bits: Ints, rank: Ints, crews_in: Any, number: int) -> None:
    """Enter a group of crews."""
    reach, preferred = REACH + number, REACH + crews_in.may_enter.shape[0] + number
    group.everywhere, group.wishes = True, reach
    always = 2 * crews_in.may_enter.shape[0]
    for sector in range(rank.size):
        if crews_in.may_enter[number, sector]:
            add_bit(bits[always + reach], rank[sector])
        else:
            group.everywhere = False
        if crews_in.prefers[number, sector]:
            add_bit(bits[always + preferred], rank[sector])
            group.wishes = preferred


@compiled
def fill_crew(clock: Clock, crew: Crew, agendas: Ints, crews_in: Any, mishaps: Any, c: int) -> None:
    """Enter a crew; one that arrives after the horizon never comes."""
    crew.number, crew.role, crew.group = c, crews_in.role[c], crews_in.group[c]
    crew.timetable = crews_in.timetable[c]
    crew.state, crew.parcel, crew.sector = AWAY, NOBODY, NOBODY
    crew.speed, crew.move_s = crews_in.speed[c], min(crews_in.move_s[c], MOST_S)
    crew.stay, crew.after_stay = crews_in.first_stay[c], crews_in.first_stay[c + 1]
    crew.cost_per_day = crews_in.cost_per_day[c]
    crew.standby_per_day = crews_in.standby_per_day[c]
    crew.cost_to_mobilise = crews_in.cost_to_mobilise[c]
    crew.accident, crew.after_accident = mishaps.first_accident[c], mishaps.first_accident[c + 1]
    crew.casualty, crew.after_casualty = mishaps.first_casualty[c], mishaps.first_casualty[c + 1]
    if crew.stay < crew.after_stay:
        set_key(agendas[Agenda.ARRIVAL], c, due_key(clock, crews_in.arrives_s[crew.stay], c))
