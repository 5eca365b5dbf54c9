"""What free crews of the compiled engine choose, and how they begin with it."""

from sim.engines.compiled.agenda import LAST, NUMBER, NUMBER_BITS
from sim.engines.compiled.bits import IN_WORD, WORD_BITS, add_bit, drop_bit, lowest, next_bit
from sim.engines.compiled.days import plan, resume
from sim.engines.compiled.land import effort_s, visit_to
from sim.engines.compiled.parts import inlined, often
from sim.engines.compiled.prefetch import fetch
from sim.engines.compiled.presence import enter
from sim.engines.compiled.queues import stop_offer, take_first, weigh
from sim.engines.compiled.records import Records
from sim.engines.compiled.state import (
    NOBODY,
    REACH,
    ROOM,
    STAGES,
    Agenda,
    Crew,
    State,
    Visit,
    Waiting,
)
from sim.outcome import CrewState
from sim.world import Dispatch, Stage


@inlined
def choose(s: State) -> None:
    """Let each free crew, in order, take the next parcel of the sector it prefers."""
    waiting, crews = s.waiting[0], s.crews.size
    one_looks = only_one_looks(waiting, s.crews)
    c = int(waiting.freed)  # beyond all crews if there is none
    if not one_looks:
        c = next_bit(s.free, 0, crews)
    while c < crews:
        crew = s.crews[c]
        sector = preferred(s, crew.role, crew.group)
        if one_looks:
            c = crews
        elif sector == NOBODY:  # nor is there anything for others of its group
            c = next_bit(s.free, s.groups[crew.group].end, crews)
        else:
            c = next_bit(s.free, c + 1, crews)
        if sector != NOBODY:
            take(s, crew, sector)
    while waiting.freed != NOBODY:  # those freed now that found nothing begin to wait
        crew = s.crews[waiting.freed]
        waiting.freed = crew.next_freed
        if crew.state == CrewState.WORKED and crew.parcel == NOBODY:
            state = CrewState.WAITING_FOR_LAND.value
            enter(s.clock[0], waiting, crew, state, s.days, s.agendas, s.free)
            add_bit(s.free, crew.number)
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
    waiting, words, best = s.waiting[0], s.bits.shape[1], LAST
    balanced = s.rules.dispatch == Dispatch.BALANCED
    word = waiting.first_word[role]
    while s.bits[role, word] == 0 and word < words - 1:
        word += 1
    waiting.first_word[role] = word
    if balanced and s.groups[group].everywhere:
        best = s.fewest[role, 1]
        word = words
    while word < words:
        can = s.bits[role, word] & s.bits[ROOM, word] & s.bits[REACH + group, word]
        if can == 0:
            word += 1
        elif balanced:
            while can != 0:
                rank = (word << WORD_BITS) + lowest(can)
                crews = s.queues[role, s.by_rank[rank]].holding
                best = min(best, crews << NUMBER_BITS | rank)
                can &= can - 1
            word += 1
        else:
            best = (word << WORD_BITS) + lowest(can)
            word = words
    return NOBODY if best == LAST else s.by_rank[best & NUMBER]


@inlined
def take(s: State, crew: Crew, sector: int) -> None:
    """Give a crew the first parcel that waits in a sector."""
    clock, here = s.clock[0], s.sectors[sector]
    drop_bit(s.free, crew.number)
    move_s = 0
    if crew.sector not in (NOBODY, sector):
        move_s = crew.move_s
    crew.sector = s.place[crew.number] = sector
    take_parcel(s, crew, sector, move_s)
    count_crew(s, crew, 1)
    if crew.state != CrewState.WORKED or here.stopped_until_s > clock.now_s:
        worked = CrewState.WORKED.value
        enter(clock, s.waiting[0], crew, worked, s.days, s.agendas, s.free)
        resume(clock, crew, s.days, s.accidents, max(clock.now_s, here.stopped_until_s))
    plan(clock, crew, s.days, s.agendas[Agenda.FINISH], s.leaf)


@inlined
def take_parcel(s: State, crew: Crew, sector: int, move_s: int) -> None:
    """Have a crew begin the first parcel that waits in a sector, so far away."""
    queue = s.queues[crew.role, sector]
    is_new = queue.cursor < queue.end
    parcel = take_first(queue, s.parcels, s.land.queue_order)
    stop_offer(s.rules.dispatch, queue, s.bits, s.fewest)
    # where its release will be written: writes that wait for the memory hold one another up
    fetch(s.restored_s if crew.role == Stage.RESTORATION else s.release_s, parcel)
    crew.parcel, crew.done, crew.visit = parcel, 0, Visit.FIRST.value
    if crew.role == Stage.CLEARANCE and not is_new:
        crew.visit = visit_to(s, parcel)
    crew.needed, crew.moving = 1000 * effort_s(s, crew, parcel, move_s), 1000 * move_s


@inlined
def count_crew(s: State, crew: Crew, more: int) -> None:
    """Count a crew that takes a parcel in its sector, or parts from it."""
    waiting, here = s.waiting[0], s.sectors[crew.sector]
    had_room = here.holding < here.max_crews
    here.holding += more
    has_room = here.holding < here.max_crews
    s.queues[crew.role, crew.sector].holding += more
    if had_room and not has_room:
        drop_bit(s.bits[ROOM], here.rank)
    elif has_room and not had_room:
        add_bit(s.bits[ROOM], here.rank)
        word, bit = here.rank >> WORD_BITS, here.rank & IN_WORD
        for stage in range(STAGES):
            waiting.news |= (s.bits[stage, word] >> bit & 1) << stage
    if s.rules.dispatch == Dispatch.BALANCED:
        for stage in range(STAGES):
            weigh(s.rules.dispatch, s.queues[stage, crew.sector], s.bits, s.fewest)
