"""What free crews of the compiled engine choose, and how they begin with it."""

from sim.engines.compiled.agenda import LAST, NUMBER, NUMBER_BITS
from sim.engines.compiled.bits import WORD_BITS, add_bit, drop_bit, lowest, next_bit
from sim.engines.compiled.days import plan, resume
from sim.engines.compiled.fields import Numbers, Records
from sim.engines.compiled.land import effort_s, visit_to
from sim.engines.compiled.parts import inlined, often
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.presence import enter
from sim.engines.compiled.queues import count_crew, stop_offer, take_first
from sim.engines.compiled.records import NOBODY, REACH, ROOM, STAGES, Agenda, Crew, Visit, Waiting
from sim.engines.compiled.state import Offers, State
from sim.outcome import CrewState
from sim.world import Dispatch, Stage


@inlined
def choose(s: State) -> None:
    """Let each free crew, in order, take the next parcel of the sector it prefers."""
    waiting, crews = s.waiting[0], s.crews.size
    one_looks = only_one_looks(waiting, s.crews)
    c = int(waiting.freed)  # beyond all crews if there is none
    if not one_looks:
        c = next_bit(s.roster.free, 0, crews)
    while c < crews:
        crew = s.crews[c]
        sector = preferred(s, crew.role, crew.group)
        if one_looks:
            c = crews
        elif sector == NOBODY:  # nor is there anything for others of its group
            c = next_bit(s.roster.free, s.groups[crew.group].end, crews)
        else:
            c = next_bit(s.roster.free, c + 1, crews)
        if sector != NOBODY:
            take(s, crew, sector)
    while waiting.freed != NOBODY:  # those freed now that found nothing begin to wait
        crew = s.crews[waiting.freed]
        waiting.freed = crew.next_freed
        if crew.state == CrewState.WORKED and crew.parcel == NOBODY:
            state = CrewState.WAITING_FOR_LAND.value
            enter(s.roster, crew, state)
            add_bit(s.roster.free, crew.number)
    waiting.news = 0


@often
def only_one_looks(waiting: Waiting, crews: Records[Crew]) -> bool:
    """Tell whether nobody has to look for land but the crew freed now, if there is one.

    Those who wait have looked already, and need not look again unless there is news for them.
    """
    for role in range(STAGES):
        if waiting.news >> role & 1 and waiting.idle[role] > 0:
            return False
    if waiting.freed == NOBODY:
        return True
    first = crews[waiting.freed]
    return bool(first.next_freed == NOBODY and first.state == CrewState.WORKED)


@inlined
def preferred(s: State, role: int, group: int) -> int:
    """Return the sector a crew takes a parcel from, NOBODY's if there is none."""
    waiting, words, best = s.waiting[0], s.offers.bits.shape[1], LAST
    wishes = s.groups[group].wishes
    word = waiting.first_word[role]
    while s.offers.bits[role, word] == 0 and word < words - 1:
        word += 1
    waiting.first_word[role] = word
    if wishes != REACH + group:
        best = best_among(s.offers, s.by_rank, role, wishes, word)
    if best == LAST:
        if s.offers.dispatch == Dispatch.BALANCED and s.groups[group].everywhere:
            best = s.offers.fewest[role, 1]
        else:
            best = best_among(s.offers, s.by_rank, role, REACH + group, word)
    return NOBODY if best == LAST else s.by_rank[best & NUMBER]


@often
def best_among(offers: Offers, by_rank: Numbers, role: int, row: int, word: int) -> int:
    """Return the best of the sectors in a row of bits, from a word on: (crews, rank), or LAST."""
    best, words = LAST, offers.bits.shape[1]
    while word < words:
        can = offers.bits[role, word] & offers.bits[ROOM, word] & offers.bits[row, word]
        if can == 0:
            word += 1
        elif offers.dispatch == Dispatch.BALANCED:
            while can != 0:
                rank = (word << WORD_BITS) + lowest(can)
                crews = offers.queues[role, by_rank[rank]].holding
                best = min(best, crews << NUMBER_BITS | rank)
                can &= can - 1
            word += 1
        else:
            best = (word << WORD_BITS) + lowest(can)
            word = words
    return best


@inlined
def take(s: State, crew: Crew, sector: int) -> None:
    """Give a crew the first parcel that waits in a sector."""
    clock, here = s.clock[0], s.sectors[sector]
    drop_bit(s.roster.free, crew.number)
    move_s = 0
    if crew.sector not in (NOBODY, sector):
        move_s = crew.move_s
    crew.sector = s.place[crew.number] = sector
    take_parcel(s, crew, sector, move_s)
    count_crew(s.offers, s.sectors, crew, 1)
    row = s.calendar.row[crew.timetable, here.zone]
    if crew.state != CrewState.WORKED or crew.row != row:
        worked = CrewState.WORKED.value
        enter(s.roster, crew, worked)
        crew.row = row
        crew.first_day = row * (clock.days + 1)
        resume(clock, crew, s.days, s.accidents, clock.now_s)
    plan(clock, crew, s.days, s.roster.agendas[Agenda.FINISH], s.leaf)


@inlined
def take_parcel(s: State, crew: Crew, sector: int, move_s: int) -> None:
    """Have a crew begin the first parcel that waits in a sector, so far away."""
    queue = s.offers.queues[crew.role, sector]
    is_new = queue.front == NOBODY and queue.cursor < queue.end
    parcel = take_first(queue, s.offers.parcels, s.land.queue_order)
    stop_offer(s.offers, queue)
    # where its release will be written: writes that wait for the memory hold one another up
    fetch(s.restored_s if crew.role == Stage.RESTORATION else s.release_s, parcel)
    crew.parcel, crew.done, crew.visit = parcel, 0, Visit.FIRST.value
    if crew.role == Stage.CLEARANCE and not is_new:
        crew.visit = visit_to(s, parcel)
    crew.needed, crew.moving = 1000 * effort_s(s, crew, parcel, move_s), 1000 * move_s
