"""The clock of the compiled engine: instants, and what is booked first at each of them."""

from sim.engines.compiled.agenda import NUMBER, NUMBER_BITS, least_key
from sim.engines.compiled.attacks import attack
from sim.engines.compiled.land import find, inspected, open_sector
from sim.engines.compiled.parts import compiled, inlined
from sim.engines.compiled.presence import arrive, come_back, depart
from sim.engines.compiled.records import COSTS, Agenda, Clock
from sim.engines.compiled.state import State
from sim.engines.compiled.turns import turn
from sim.engines.compiled.work import receive, stop_crews, work_off
from sim.outcome import WEEK_DAYS


@inlined
def book_all(s: State, now: int) -> None:
    """Book everything due, in order; nothing that is booked makes something earlier due."""
    coming, land, attack_s = s.coming[0], s.land, s.attacks.at_s
    while least_key(s.roster.agendas[Agenda.FINISH], s.leaf) >> NUMBER_BITS == now:
        work_off(s, s.roster.agendas[Agenda.FINISH, 1] & NUMBER)
    if s.clock[0].other_s == now:
        while coming.inspections > 0 and s.inspections[0] >> NUMBER_BITS == now:
            inspected(s)
        while coming.next_find < land.found_s.size and land.found_s[coming.next_find] == now:
            find(s, land.found_parcel[coming.next_find])
            coming.next_find += 1
        while s.openings[1] >> NUMBER_BITS == now:
            open_sector(s, s.openings[1] & NUMBER)
        while s.roster.agendas[Agenda.ARRIVAL, 1] >> NUMBER_BITS == now:
            arrive(s.roster, s.crews[s.roster.agendas[Agenda.ARRIVAL, 1] & NUMBER])
        while s.roster.agendas[Agenda.RETURN, 1] >> NUMBER_BITS == now:
            come_back(s.roster, s.crews[s.roster.agendas[Agenda.RETURN, 1] & NUMBER])
        if coming.next_turn < s.calendar.turns.size:
            book_turn(s, now)
        while coming.next_attack < attack_s.size and attack_s[coming.next_attack] == now:
            attack(s, coming.next_attack)
            coming.next_attack += 1
        book_money(s, now)
        while s.roster.agendas[Agenda.DEPARTURE, 1] >> NUMBER_BITS == now:
            depart(s.roster, s.crews[s.roster.agendas[Agenda.DEPARTURE, 1] & NUMBER])
        look_ahead(s)


@inlined
def book_turn(s: State, now: int) -> None:
    """Book ends and beginnings of closures and seasons, if there are any now."""
    if s.calendar.turns[s.coming[0].next_turn] * s.clock[0].day_s == now:
        s.coming[0].next_turn += 1
        turn(s)


@inlined
def book_money(s: State, now: int) -> None:
    """Book tranches, then funds that are spent."""
    coming, at_s = s.coming[0], s.money.tranche_s
    while coming.next_tranche < at_s.size and at_s[coming.next_tranche] == now:
        receive(s, coming.next_tranche)
        coming.next_tranche += 1
    for fund in range(s.roster.accounts.size - COSTS):
        if s.roster.accounts[COSTS + fund].empty_at_s == now:
            stop_crews(s, fund)


@inlined
def look_ahead(s: State) -> None:
    """Find out when the next thing but a finish is due."""
    coming, key = s.coming[0], s.openings[1]
    key = min(key, s.roster.agendas[Agenda.ARRIVAL, 1])
    key = min(key, s.roster.agendas[Agenda.RETURN, 1])
    key = min(key, s.roster.agendas[Agenda.DEPARTURE, 1])
    if coming.inspections > 0:
        key = min(key, s.inspections[0])
    due_s = key >> NUMBER_BITS
    if coming.next_find < s.land.found_s.size:
        due_s = min(due_s, s.land.found_s[coming.next_find])
    if coming.next_turn < s.calendar.turns.size:
        due_s = min(due_s, s.calendar.turns[coming.next_turn] * s.clock[0].day_s)
    if coming.next_attack < s.attacks.at_s.size:
        due_s = min(due_s, s.attacks.at_s[coming.next_attack])
    due_s = min(due_s, coming.peace_s)
    if coming.next_tranche < s.money.tranche_s.size:
        due_s = min(due_s, s.money.tranche_s[coming.next_tranche])
    for account in range(COSTS, s.roster.accounts.size):
        due_s = min(due_s, s.roster.accounts[account].empty_at_s)
    s.clock[0].other_s = due_s


@compiled
def move_clock(clock: Clock, now: int) -> None:
    """Move the clock, its day and its week."""
    clock.now_s = now
    while now >= (clock.day + 1) * clock.day_s:
        clock.day += 1
    while now > clock.week * WEEK_DAYS * clock.day_s:
        clock.week += 1
