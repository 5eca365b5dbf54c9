"""State of the compiled engine: records, queues, agendas, sums over days. The rules are not here.

All of it is arrays, so that it reads and runs the same whether compiled or not. Array letters: P
parcels, S sectors, C crews, D days, F funds; the three roles and their stages share their numbers.
"""

import math
from collections import namedtuple
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim import outcome as o
from sim import world as w

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Records = NDArray[Any]

compiled = njit(cache=True, nogil=True, forceinline=True)  # small parts of one loop

SURVEY, CLEARANCE, RESTORATION = 0, 1, 2
STAGES = 3
NOBODY = -1
ABSENT = -2  # in `before`: does not wait for restoration
AWAY = -1  # state of a crew that is not present
FAR_S = 1 << 40  # later than any horizon
MOST_S = 1 << 52  # more effort than any calendar holds
FIRST, REWORK, AGAIN = 0, 1, 2  # the clearance of a parcel: first, after a failure, after a hit

# Inputs: the world's own pieces as tuples, which compiled code can take.
LandIn = namedtuple("LandIn", tuple(w.Land.__dataclass_fields__))  # type: ignore[misc] # as stated
AttacksIn = namedtuple("AttacksIn", tuple(w.Attacks.__dataclass_fields__))  # type: ignore[misc]
CrewsIn = namedtuple("CrewsIn", tuple(w.Crews.__dataclass_fields__))  # type: ignore[misc]
MishapsIn = namedtuple("MishapsIn", tuple(w.Mishaps.__dataclass_fields__))  # type: ignore[misc]
MoneyIn = namedtuple("MoneyIn", tuple(w.Money.__dataclass_fields__))  # type: ignore[misc]
CalendarIn = namedtuple("CalendarIn", tuple(w.Calendar.__dataclass_fields__))  # type: ignore[misc]


def _record(**kinds: type) -> np.dtype[Any]:
    return np.dtype((np.record, np.dtype(list(kinds.items()), align=True)))


CREW = _record(
    state=np.int64,  # of `STATES`, WORKED for all time with parcels; or AWAY
    since_s=np.int64,  # its time is booked up to here
    role=np.int64,
    group=np.int64,
    sector=np.int64,  # where it last held a parcel
    parcel=np.int64,
    visit=np.int64,  # which clearance of the parcel it is
    needed=np.int64,  # for the parcel, thousandths of seconds
    moving=np.int64,  # of that, spent on the way
    done=np.int64,  # of that, up to start_s
    start_s=np.int64,  # when work on the parcel starts or resumes
    start_work=np.int64,  # sum of the pace up to then
    resume_s=np.int64,  # no work before, while it holds a parcel: a stop or its recovery
    recovered_s=np.int64,
    down_until_s=np.int64,
    speed=np.float64,
    move_s=np.int64,
    arrived_s=np.int64,
    leaves_s=np.int64,
    cost_per_day=np.int64,
    cost_to_mobilise=np.int64,
    paid=np.bool_,
    at_work_s=np.int64,  # towards its next accident
    accident_mark=np.int64,  # sum of seconds at work at which it comes, if nothing interferes
    accident=np.int64,
    after_accident=np.int64,
    exposures=np.int64,
    casualty=np.int64,
    after_casualty=np.int64,
)
SECTOR = _record(
    open=np.bool_,
    cursor=np.int64,  # initial parcels not yet taken for the first time: from cursor to end
    end=np.int64,
    last_initial=np.int64,
    last_found=np.int64,  # NOBODY if none is to be found
    rank=np.int64,
    crews=np.int64,  # that hold a parcel
    max_crews=np.int64,
    stopped_until_s=np.int64,
    unreleased=np.int64,  # parcels known and not released
    to_find=np.int64,
    released_before=np.bool_,
    changed=np.bool_,
)
ACCOUNT = _record(
    amount=np.int64, spent=np.int64, burn=np.int64, since_s=np.int64, due_s=np.int64, empty=np.bool_
)
CLOCK = _record(
    now_s=np.int64,
    day=np.int64,
    week=np.int64,
    other_s=np.int64,  # nothing but finishes is due before
    next_find=np.int64,
    next_attack=np.int64,
    freed=np.int64,  # how many crews parted from a parcel now
    changed=np.int64,  # how many sectors are to be looked at
    open_sectors=np.int64,
    restorations_left=np.int64,
    completion_s=np.int64,
    restored_s=np.int64,
)


class State(NamedTuple):
    """All there is in one replication."""

    day_s: int
    horizon_s: int
    balanced: bool
    first_stage: int
    land: Any
    attacks: Any
    mishaps: Any
    role_fund: Ints
    stop_when_spent: bool
    clock: Records  # one
    crews: Records
    sectors: Records
    funds: Records
    costs: Records  # one for each role
    # sums over days
    rate: Ints  # (D, 5) a second, in the order of the columns
    before: Ints  # (D + 1, 5) sum up to the day
    # agendas: tournament trees of (time, number)
    finishes: Ints
    returns: Ints
    arrivals: Ints
    departures: Ints
    openings: Ints
    inspections: list[int]  # a heap of the same
    # queues
    head: Ints  # (3, S)
    tail: Ints
    behind: Small  # the next parcel of a queue (P)
    ahead: Small  # the one before, in a queue for restoration (P)
    next_inspection: Ints
    # who may choose what: bits by the rank of sectors, and by crew
    offered: Ints  # (3, words)
    first_word: Ints  # nothing is offered to a role before
    room: Ints
    reach: Ints  # (G, words)
    everywhere: NDArray[np.bool_]  # groups that may enter every sector
    fewest: Ints  # for each role a tournament tree of (crews, rank), if balanced
    by_rank: Ints
    free: Ints
    group_end: Ints  # the crew after the last of each group
    holds: Ints  # sector where each crew holds a parcel
    freed: Ints
    changed: Ints
    at_parcel: Ints  # crews of each role that hold a parcel (3, S)
    # what happened
    counts: Ints
    week_released: Ints
    week_gross: Ints
    sector_release: Ints
    time: Ints
    present_s: Ints
    release_s: Ints
    releases: Small
    recontaminations: Small
    restoration_s: Ints


# Agendas: what is due first, and who is first among equals

NUMBER_BITS = 31
NUMBER = (1 << NUMBER_BITS) - 1
LAST = 2**63 - 1  # the key of what is not due


@compiled
def due_key(s: State, at_s: int, number: int) -> int:
    """Return what sorts by time, then by number; what is due after the horizon is not due."""
    return at_s << NUMBER_BITS | number if at_s <= s.horizon_s else LAST


@compiled
def leaves_for(entries: int) -> int:
    """Return the number of leaves of a tournament tree: a power of two."""
    leaves = 1
    while leaves < entries:
        leaves *= 2
    return leaves


@compiled
def agenda(entries: int) -> Ints:
    """Return a tournament tree in which nothing is due; its node 1 holds the least key."""
    return np.full(2 * leaves_for(entries), LAST)


@compiled
def set_key(tree: Ints, number: int, key: int) -> None:
    """Change one entry of a tournament tree."""
    node = (tree.size >> 1) + number
    tree[node] = key
    while node > 1:
        key = min(key, tree[node ^ 1])
        node >>= 1
        tree[node] = key


# Bits

WORD_BITS, IN_WORD = 5, 31


@compiled
def words_for(entries: int) -> int:
    """Return how many words of 32 bits hold so many."""
    return (entries + IN_WORD) >> WORD_BITS


@compiled
def add_bit(bits: Ints, i: int) -> None:
    """Set a bit."""
    bits[i >> WORD_BITS] |= 1 << (i & IN_WORD)


@compiled
def drop_bit(bits: Ints, i: int) -> None:
    """Clear a bit."""
    bits[i >> WORD_BITS] &= ~(1 << (i & IN_WORD))


@compiled
def lowest(word: int) -> int:
    """Return the place of the lowest bit that is set."""
    return math.frexp(float(word & -word))[1] - 1


@compiled
def next_bit(bits: Ints, start: int, none: int) -> int:
    """Return the first bit that is set from start on."""
    i = start >> WORD_BITS
    if i >= bits.size:
        return none
    word = bits[i] >> (start & IN_WORD) << (start & IN_WORD)
    while word == 0:
        i += 1
        if i == bits.size:
            return none
        word = bits[i]
    return (i << WORD_BITS) + lowest(word)


# Sums over days

WORK, AT_WORK, SEASON, REST, WEATHER = range(5)


@compiled
def sum_days(calendar: Any, day_s: int) -> tuple[Ints, Ints]:
    """Return, for each column, what a second of each day adds, and the sum before each day."""
    days = calendar.pace.size
    rate, before = np.zeros((days, 5), np.int64), np.zeros((days + 1, 5), np.int64)
    for d in range(days):
        if calendar.rest[d]:
            rate[d, REST] = 1000
        elif calendar.lost[d]:
            rate[d, WEATHER] = 1000
        else:
            rate[d, WORK] = calendar.pace[d]
            rate[d, AT_WORK] = 1 if calendar.pace[d] > 0 else 0
            rate[d, SEASON] = 1000 - calendar.season[d]
        for column in range(5):
            before[d + 1, column] = before[d, column] + day_s * rate[d, column]
    return rate, before


@compiled
def total(s: State, column: int, day: int, at_s: int) -> int:
    """Return the sum of a column up to a second of a day."""
    return s.before[day, column] + s.rate[day, column] * (at_s - day * s.day_s)


# Queues: initial parcels by a cursor, all others in a linked list behind them


@compiled
def add_to_queue(s: State, stage: int, parcel: int, sector: int) -> bool:
    """Put a parcel at the back of a queue; tell whether its list was empty."""
    tail = s.tail[stage, sector]
    s.behind[parcel] = NOBODY
    if tail == NOBODY:
        s.head[stage, sector] = parcel
    else:
        s.behind[tail] = parcel
    s.tail[stage, sector] = parcel
    if stage == RESTORATION:
        s.ahead[parcel] = tail
    return bool(tail == NOBODY)


@compiled
def take_first(s: State, stage: int, sector: int) -> int:
    """Take the first parcel of a queue."""
    here = s.sectors[sector]
    if stage == s.first_stage and here.cursor < here.end:
        parcel = here.cursor
        here.cursor += 1
        return s.land.queue_order[parcel] if s.land.queue_order.size else parcel
    parcel = s.head[stage, sector]
    after = s.behind[parcel]
    s.head[stage, sector] = after
    if after == NOBODY:
        s.tail[stage, sector] = NOBODY
    if stage == RESTORATION:
        s.ahead[parcel] = ABSENT
        if after != NOBODY:
            s.ahead[after] = NOBODY
    return parcel


@compiled
def take_out(s: State, parcel: int, sector: int) -> None:
    """Take a parcel out of the queue for restoration."""
    before, after = s.ahead[parcel], s.behind[parcel]
    s.ahead[parcel] = ABSENT
    if before == NOBODY:
        s.head[RESTORATION, sector] = after
    else:
        s.behind[before] = after
    if after == NOBODY:
        s.tail[RESTORATION, sector] = before
    else:
        s.ahead[after] = before


@compiled
def is_empty(s: State, stage: int, sector: int) -> bool:
    """Tell whether nothing waits in a queue."""
    here = s.sectors[sector]
    untouched = stage == s.first_stage and here.cursor < here.end
    return not untouched and s.head[stage, sector] == NOBODY


@compiled
def weigh(s: State, stage: int, sector: int) -> None:
    """Enter a sector where the one with the fewest crews is looked for, if it can be taken."""
    if s.balanced:
        rank = s.sectors[sector].rank
        bit = s.offered[stage, rank >> WORD_BITS] & s.room[rank >> WORD_BITS]
        can = bit >> (rank & IN_WORD) & 1
        key = s.at_parcel[stage, sector] << NUMBER_BITS | rank if can else LAST
        set_key(s.fewest[stage], rank, key)


@compiled
def offer(s: State, stage: int, sector: int) -> None:
    """Show that parcels wait in an open sector."""
    rank = s.sectors[sector].rank
    add_bit(s.offered[stage], rank)
    s.first_word[stage] = min(s.first_word[stage], rank >> WORD_BITS)
    weigh(s, stage, sector)


@compiled
def stop_offer(s: State, stage: int, sector: int) -> None:
    """Show that no parcel waits any more."""
    drop_bit(s.offered[stage], s.sectors[sector].rank)
    weigh(s, stage, sector)


@compiled
def begin(
    day_s: int,
    horizon_s: int,
    balanced: bool,
    calendar: Any,
    land: Any,
    attacks: Any,
    crews_in: Any,
    mishaps: Any,
    money: Any,
) -> State:
    """Return the state before anything has happened."""
    crews, sectors, groups = crews_in.group.size, land.opens_s.size, crews_in.may_enter.shape[0]
    parcels, words = land.first_parcel[sectors], words_for(sectors)
    rate, before = sum_days(calendar, day_s)
    weeks = -(-horizon_s // (o.WEEK_DAYS * day_s)) + 1
    heap = [np.int64(0)]
    heap.clear()
    s = State(
        day_s,
        horizon_s,
        balanced,
        SURVEY if land.surveyed else CLEARANCE,
        land,
        attacks,
        mishaps,
        money.role_fund,
        money.stop_when_spent,
        np.zeros(1, CLOCK),
        np.zeros(crews, CREW),
        np.zeros(sectors, SECTOR),
        np.zeros(money.amount.size, ACCOUNT),
        np.zeros(STAGES, ACCOUNT),
        rate,
        before,
        agenda(crews),
        agenda(crews),
        agenda(crews),
        agenda(crews),
        agenda(sectors),
        heap,
        np.full((STAGES, sectors), NOBODY),
        np.full((STAGES, sectors), NOBODY),
        np.empty(parcels, np.int32),
        np.full(parcels if land.restored else 0, ABSENT, np.int32),
        land.first_inspection.copy(),
        np.zeros((STAGES, words), np.int64),
        np.zeros(STAGES, np.int64),
        np.zeros(words, np.int64),
        np.zeros((groups, words), np.int64),
        np.zeros(groups, np.bool_),
        np.full((STAGES, 2 * leaves_for(sectors if balanced else 1)), LAST),
        np.empty(sectors, np.int64),
        np.zeros(words_for(crews), np.int64),
        np.zeros(groups, np.int64),
        np.full(crews, NOBODY),
        np.empty(crews, np.int64),
        np.empty(sectors, np.int64),
        np.zeros((STAGES, sectors), np.int64),
        np.zeros(len(o.COUNTS), np.int64),
        np.zeros(weeks, np.int64),
        np.zeros(weeks, np.int64),
        np.full(sectors, o.OPEN),
        np.zeros((crews, len(o.STATES)), np.int64),
        np.zeros(crews, np.int64),
        np.full(parcels, o.OPEN),
        np.zeros(parcels, np.int32),
        np.zeros(parcels, np.int32),
        np.full(land.restoration_s.size, o.OPEN),
    )
    fill_land(s)
    fill_crews(s, crews_in)
    for fund in range(money.amount.size):
        s.funds[fund].amount = money.amount[fund] * day_s
    clock = s.clock[0]
    clock.completion_s = clock.restored_s = o.OPEN
    clock.open_sectors = sectors
    for effort in land.restoration_s:
        clock.restorations_left += effort >= 0
    return s


@compiled
def fill_land(s: State) -> None:
    """Enter the sectors."""
    land = s.land
    for sector in range(land.opens_s.size):
        here = s.sectors[sector]
        here.rank, here.max_crews = land.rank[sector], land.max_crews[sector]
        here.cursor, here.end = (
            land.first_parcel[sector],
            land.first_parcel[sector] + land.initial[sector],
        )
        here.last_initial, here.last_found = here.end - 1, NOBODY
        here.unreleased = land.initial[sector]
        if land.first_parcel[sector + 1] > here.end:
            here.last_found = land.first_parcel[sector + 1] - 1
        s.by_rank[here.rank] = sector
        if here.max_crews > 0:
            add_bit(s.room, here.rank)
        set_key(s.openings, sector, due_key(s, land.opens_s[sector], sector))
    for parcel in land.found_parcel:
        s.sectors[sector_of(s, parcel)].to_find += 1


@compiled
def fill_crews(s: State, crews_in: Any) -> None:
    """Enter the crews; those that arrive after the horizon do not exist."""
    mishaps = s.mishaps
    for c in range(crews_in.group.size):
        crew = s.crews[c]
        crew.state, crew.parcel, crew.sector = AWAY, NOBODY, NOBODY
        crew.role, crew.group, crew.speed = crews_in.role[c], crews_in.group[c], crews_in.speed[c]
        crew.move_s, crew.leaves_s = min(crews_in.move_s[c], MOST_S), crews_in.leaves_s[c]
        crew.cost_per_day = crews_in.cost_per_day[c]
        crew.cost_to_mobilise = crews_in.cost_to_mobilise[c]
        crew.accident = mishaps.first_accident[c]
        crew.after_accident = mishaps.first_accident[c + 1]
        crew.casualty = mishaps.first_casualty[c]
        crew.after_casualty = mishaps.first_casualty[c + 1]
        if crews_in.arrives_s[c] <= s.horizon_s:
            set_key(s.arrivals, c, due_key(s, crews_in.arrives_s[c], c))
            set_key(s.departures, c, due_key(s, crew.leaves_s, c))
        s.group_end[crew.group] = c + 1
    for group in range(crews_in.may_enter.shape[0]):
        s.everywhere[group] = True
        for sector in range(s.by_rank.size):
            if crews_in.may_enter[group, sector]:
                add_bit(s.reach[group], s.sectors[sector].rank)
            else:
                s.everywhere[group] = False


@compiled
def sector_of(s: State, parcel: int) -> int:
    """Return the sector a parcel belongs to."""
    return int(np.searchsorted(s.land.first_parcel, parcel, side="right")) - 1
