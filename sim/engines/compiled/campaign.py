"""The campaign as one compiled loop: the same model as the SimPy engine's, stated again to be fast.

It shares the world and the outcome with the other engine, and no code. At every instant what is
due is booked in a fixed order (`book_all`), then the land is looked at, and then free crews choose.

Crews are not woken day by day: pace is known, so that sums of it over days say when a parcel will
be finished, and a crew's time is booked in spans. Only an attack makes the crews of a sector plan
anew. A crew that goes from one parcel to the next stays in one span.
"""

from operator import attrgetter
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numba import njit

from sim import outcome as o
from sim.engines.compiled.agenda import NUMBER, NUMBER_BITS, least_key
from sim.engines.compiled.attacks import attack
from sim.engines.compiled.begin import begin
from sim.engines.compiled.carry import carry_on
from sim.engines.compiled.choice import choose
from sim.engines.compiled.land import find, inspected, look_at_sectors, open_sector
from sim.engines.compiled.money import cost_now, watch
from sim.engines.compiled.presence import arrive, come_back, depart
from sim.engines.compiled.records import (
    ARRIVAL,
    CLEARANCE,
    DEPARTURE,
    FINISH,
    GROSS,
    HIT,
    RESTORATION,
    RETURN,
    STAGES,
    AttacksIn,
    CalendarIn,
    CrewsIn,
    LandIn,
    MishapsIn,
    MoneyIn,
    Record,
    Records,
    State,
    compiled,
    inlined,
)
from sim.engines.compiled.work import dismiss, finish, stop_crews
from sim.outcome import OPEN, Outcome
from sim.world import World


def run(world: World) -> Outcome:
    """Return what happens in a world.

    Parameters
    ----------
    world
        From `sample_world`.
    """
    completion_s, restored_s, *arrays = _fields(
        world.day_s,
        world.horizon_s,
        world.balanced,
        _taken(CalendarIn, world.calendar),
        _taken(LandIn, world.land),
        _taken(AttacksIn, world.attacks),
        _taken(CrewsIn, world.crews),
        _taken(MishapsIn, world.mishaps),
        _taken(MoneyIn, world.money),
    )
    return Outcome(world, int(completion_s), int(restored_s), *arrays)


def is_compiled() -> bool:
    """Tell whether the loop is ready to run in this process."""
    return bool(_fields.overloads)


def _taken(kind: Any, piece: Any) -> Any:
    """Return a piece of the world as a tuple of that kind."""
    return kind._make(_getters[kind](piece))


_kinds: tuple[Any, ...] = (CalendarIn, LandIn, AttacksIn, CrewsIn, MishapsIn, MoneyIn)
_getters = {kind: attrgetter(*kind._fields) for kind in _kinds}


@inlined
def book_all(s: State, now: int) -> None:
    """Book everything due, in order; nothing that is booked makes something earlier due."""
    clock, land, attack_s = s.clocks[0], s.land, s.attacks.at_s
    while least_key(s.agendas[FINISH], s.leaf) >> NUMBER_BITS == now:
        finish(s, s.agendas[FINISH, 1] & NUMBER)
    if clock.other_s == now:
        while clock.inspections > 0 and s.inspections[0] >> NUMBER_BITS == now:
            inspected(s)
        while clock.next_find < land.found_s.size and land.found_s[clock.next_find] == now:
            find(s, land.found_parcel[clock.next_find])
            clock.next_find += 1
        while s.openings[1] >> NUMBER_BITS == now:
            open_sector(s, s.openings[1] & NUMBER)
        while s.agendas[ARRIVAL, 1] >> NUMBER_BITS == now:
            arrive(s, s.agendas[ARRIVAL, 1] & NUMBER)
        while s.agendas[RETURN, 1] >> NUMBER_BITS == now:
            come_back(s, s.agendas[RETURN, 1] & NUMBER)
        while clock.next_attack < attack_s.size and attack_s[clock.next_attack] == now:
            attack(s, clock.next_attack)
            clock.next_attack += 1
        for fund in range(s.accounts.size - STAGES):
            if s.accounts[STAGES + fund].due_s == now:
                stop_crews(s, fund)
        while s.agendas[DEPARTURE, 1] >> NUMBER_BITS == now:
            depart(s, s.agendas[DEPARTURE, 1] & NUMBER)
        look_ahead(s)


@inlined
def look_ahead(s: State) -> None:
    """Find out when the next thing but a finish is due."""
    clock = s.clocks[0]
    key = min(s.agendas[ARRIVAL, 1], s.agendas[RETURN, 1], s.agendas[DEPARTURE, 1], s.openings[1])
    if clock.inspections > 0:
        key = min(key, s.inspections[0])
    due_s = key >> NUMBER_BITS
    if clock.next_find < s.land.found_s.size:
        due_s = min(due_s, s.land.found_s[clock.next_find])
    if clock.next_attack < s.attacks.at_s.size:
        due_s = min(due_s, s.attacks.at_s[clock.next_attack])
    for account in range(STAGES, s.accounts.size):
        due_s = min(due_s, s.accounts[account].due_s)
    clock.other_s = due_s


@compiled
def move_clock(clock: Record, now: int) -> None:
    """Move the clock, its day and its week."""
    clock.now_s = now
    while now >= (clock.day + 1) * clock.day_s:
        clock.day += 1
    while now > clock.week * o.WEEK_DAYS * clock.day_s:
        clock.week += 1


@compiled
def play(s: State) -> None:
    """Play the campaign to its end."""
    clock = s.clocks[0]
    for account in range(STAGES, s.accounts.size):
        watch(clock, s.accounts[account])
    while clock.restored_s == OPEN:
        now = min(least_key(s.agendas[FINISH], s.leaf) >> NUMBER_BITS, clock.other_s)
        if now > clock.horizon_s:
            break
        move_clock(clock, now)
        if now < clock.other_s and carry_on(s, now):
            continue
        book_all(s, now)
        look_at_sectors(s)
        if clock.completion_s == OPEN and clock.open_sectors == 0:
            clock.completion_s = now
            keep(clock, s.accounts)
            dismiss(s, CLEARANCE)
        if clock.completion_s != OPEN and clock.restorations_left == 0:
            clock.restored_s = now
        else:
            choose(s)
    if clock.restored_s == OPEN:
        move_clock(clock, clock.horizon_s)
    dismiss(s, RESTORATION)
    if clock.completion_s == OPEN:
        keep(clock, s.accounts)
    cost_now(clock, s.accounts, clock.total_cost)


@compiled
def keep(clock: Record, accounts: Records) -> None:
    """Keep the numbers that an outcome states at completion, or at the horizon."""
    for i in range(clock.counts.size):
        clock.counts_kept[i] = clock.counts[i]
    cost_now(clock, accounts, clock.cost_kept)


def _loop(sources: int) -> Any:
    """Return the compiled loop, kept on disk until one of its sources changes.

    Numba itself looks at this file only; what it also looks at is what a function encloses.
    """

    @njit(cache=True, nogil=True)
    def fields(
        day_s: int,
        horizon_s: int,
        balanced: bool,
        calendar: Any,
        land: Any,
        attacks: Any,
        crews: Any,
        mishaps: Any,
        money: Any,
    ) -> Any:
        """Return the fields of the outcome, in their order."""
        _ = sources
        s = begin(day_s, horizon_s, balanced, calendar, land, attacks, crews, mishaps, money)
        play(s)
        clock = s.clocks[0]
        releases = np.empty(s.parcels.size, np.int32)
        for parcel in range(releases.size):
            releases[parcel] = s.recontaminations[parcel] + (s.release_s[parcel] != OPEN)
        sector_release = np.empty(s.sectors.size, np.int64)
        for sector in range(s.sectors.size):
            sector_release[sector] = s.sectors[sector].release_s
        crew_time = np.empty((s.crews.size, len(o.STATES)), np.int64)
        present_s = np.empty(s.crews.size, np.int64)
        for c in range(s.crews.size):
            crew_time[c], present_s[c] = s.crews[c].time, s.crews[c].present_s
        return (
            clock.completion_s,
            clock.restored_s,
            clock.counts_kept.copy(),
            clock.cost_kept.copy(),
            clock.total_cost.copy(),
            s.weeks[GROSS] - s.weeks[HIT],
            s.weeks[GROSS].copy(),
            sector_release,
            crew_time,
            present_s,
            s.release_s,
            releases,
            s.recontaminations,
            s.restored_s,
        )

    return fields


def _sources() -> int:
    """Return a number that changes with the sources of the loop."""
    folder = Path(__file__).parent
    sim = folder.parents[1]
    files = [*sorted(folder.glob("*.py")), sim / "outcome.py", sim / "world.py"]
    return crc32(b"".join(file.read_bytes() for file in files if file.is_file()))


_fields = _loop(_sources())
