"""The campaign as one compiled loop: the same model as the SimPy engine's, stated again to be fast.

It shares the world and the outcome with the other engine, and no code. At every instant what is
due is booked in a fixed order (`book_all`), then the land is looked at, and then free crews choose.

Crews are not woken day by day: pace is known, so that sums of it over days say when a parcel will
be finished, and a crew's time is booked in spans. Only an attack makes the crews of a sector plan
anew. A crew that goes from one parcel to the next stays in one span.

Read on in `clock` (instants and ties), `land` (the way of a parcel), `presence`, `choice` and
`work` (the life of a crew), `attacks` and `money`; `carry` is the short way that most parcels take.
"""

from collections import namedtuple
from dataclasses import fields as dataclass_fields
from operator import attrgetter
from typing import Any

import numpy as np

from sim.engines.compiled.agenda import NUMBER_BITS, least_key
from sim.engines.compiled.begin import begin
from sim.engines.compiled.carry import carry_on
from sim.engines.compiled.choice import choose
from sim.engines.compiled.clock import book_all, move_clock
from sim.engines.compiled.deadlines import meet
from sim.engines.compiled.land import look
from sim.engines.compiled.money import pay_overheads, spent, spent_by_now, watch
from sim.engines.compiled.needed import send_home
from sim.engines.compiled.parts import compiled
from sim.engines.compiled.records import COSTS, STAGES, Agenda, Week
from sim.engines.compiled.state import State
from sim.engines.compiled.sums import end_all, pass_ends
from sim.engines.compiled.work import dismiss
from sim.machine_code import kept
from sim.outcome import OPEN, CrewState, Outcome
from sim.world import (
    Attacks,
    Calendar,
    Crews,
    Deadlines,
    Dispatch,
    Land,
    Mishaps,
    Money,
    Stage,
    World,
)

STATES = len(CrewState)


def run(world: World) -> Outcome:
    """Return what happens in a world.

    Parameters
    ----------
    world
        From `sample_world`.
    """
    completion_s, restored_s, *arrays = fields(
        world.day_s,
        world.horizon_s,
        int(Dispatch(world.dispatch)),
        _taken(world.calendar),
        _taken(world.land),
        _taken(world.attacks),
        _taken(world.crews),
        _taken(world.mishaps),
        _taken(world.money),
        _taken(world.deadlines),
    )
    return Outcome(world, int(completion_s), int(restored_s), *arrays)


def _taken(piece: Any) -> Any:
    """Return a piece of the world as a tuple."""
    kind = type(piece)
    return tuples[kind]._make(_getters[kind](piece))


def _tuple_of(piece: type[Any]) -> Any:
    """Return the tuple, which compiled code can take, of the fields of a piece of the world."""
    return namedtuple(f"{piece.__name__}In", [field.name for field in dataclass_fields(piece)])


# code that is kept is found again by the names of its types, which must be names in this file
CalendarIn, LandIn, AttacksIn = _tuple_of(Calendar), _tuple_of(Land), _tuple_of(Attacks)
CrewsIn, MishapsIn, MoneyIn = _tuple_of(Crews), _tuple_of(Mishaps), _tuple_of(Money)
DeadlinesIn = _tuple_of(Deadlines)
tuples: dict[type[Any], Any] = {
    Calendar: CalendarIn,
    Land: LandIn,
    Attacks: AttacksIn,
    Crews: CrewsIn,
    Mishaps: MishapsIn,
    Money: MoneyIn,
    Deadlines: DeadlinesIn,
}
_getters = {piece: attrgetter(*kind._fields) for piece, kind in tuples.items()}


@compiled
def play(s: State) -> None:
    """Play the campaign to its end."""
    clock, tally = s.clock[0], s.tally[0]
    for account in range(COSTS, s.roster.accounts.size):
        watch(clock, s.roster.accounts[account])
    pay_overheads(clock, s.roster.accounts, s.money, True)
    s.ground[0].done = True
    send_home(s)
    over = False
    while not over:
        now = min(least_key(s.roster.agendas[Agenda.FINISH], s.leaf) >> NUMBER_BITS, clock.other_s)
        over = now > clock.horizon_s
        if now > s.coming[0].date_s:
            until_s = min(now, clock.horizon_s)
            pass_ends(s.owed, s.sums, s.coming[0], s.sectors, s.crews, s.roster, until_s)
        move_clock(clock, min(now, clock.horizon_s))
        if not over:
            if now < clock.other_s and carry_on(s, now):
                if s.ground[0].reached:
                    meet(s.owed, s.ground[0], now)
                continue
            book_all(s, now)
            look(s)
        last_role = -1  # of those whose work is over
        if not over and tally.completion_s == OPEN and s.ground[0].unreleased_sectors == 0:
            tally.completion_s = now
            pay_overheads(clock, s.roster.accounts, s.money, False)
            spent(clock, s.roster.accounts, tally.cost_then)
            last_role = Stage.RESTORATION.value - 1
        if tally.completion_s != OPEN and s.ground[0].restorations_left == 0:
            tally.restored_s = now
            over = True
        if over:
            last_role = STAGES - 1
        if last_role >= 0:
            dismiss(s, last_role)
        if not over:
            send_home(s)
            choose(s)
    if tally.completion_s == OPEN:
        spent(clock, s.roster.accounts, tally.cost_then)
    spent(clock, s.roster.accounts, tally.total_cost)
    end_all(s.owed, s.sums, s.coming[0], s.sectors, s.crews, s.roster)


@kept
def fields(
    day_s: int,
    horizon_s: int,
    dispatch: int,
    calendar: Any,
    land: Any,
    attacks: Any,
    crews: Any,
    mishaps: Any,
    money: Any,
    deadlines: Any,
) -> Any:
    """Return the fields of the outcome, in their order."""
    s = begin(day_s, horizon_s, dispatch, calendar, land, attacks, crews, mishaps, money, deadlines)
    play(s)
    tally = s.tally[0]
    releases = np.empty(s.release_s.size, np.int32)
    for parcel in range(releases.size):
        releases[parcel] = s.recontaminations[parcel] + (s.release_s[parcel] != OPEN)
    sector_release = np.empty(s.sectors.size, np.int64)
    sector_first = np.empty(s.sectors.size, np.int64)
    for sector in range(s.sectors.size):
        sector_release[sector] = s.sectors[sector].release_s
        sector_first[sector] = s.sectors[sector].first_s
    crew_time = np.empty((s.crews.size, STATES + s.roster.time_closed.shape[1]), np.int64)
    present_s = np.empty(s.crews.size, np.int64)
    for c in range(s.crews.size):
        for state in range(STATES):
            crew_time[c, state] = s.crews[c].time[state]
        for i in range(s.roster.time_closed.shape[1]):
            crew_time[c, STATES + i] = s.roster.time_closed[c, i]
        present_s[c] = s.crews[c].present_s
    fund_cost = np.empty(s.roster.accounts.size - COSTS, np.int64)
    fund_missing = np.empty(fund_cost.size, np.int64)
    for fund in range(fund_cost.size):
        account = s.roster.accounts[COSTS + fund]
        fund_cost[fund] = spent_by_now(s.clock[0], account)
        fund_missing[fund] = max(account.missing, fund_cost[fund] - account.amount)
    deadline_s = np.empty(s.owed.deadlines.size, np.int64)
    deadline_m2 = np.empty(s.owed.deadlines.size, np.int64)
    for m in range(deadline_s.size):
        deadline_s[m], deadline_m2[m] = s.owed.deadlines[m].met_s, s.owed.deadlines[m].then_m2
    return (
        tally.completion_s,
        tally.restored_s,
        s.sums.counts[-1].sum(axis=0),
        tally.cost_then.copy(),
        tally.total_cost.copy(),
        s.weeks[Week.GROSS] - s.weeks[Week.HIT],
        s.weeks[Week.GROSS].copy(),
        sector_release,
        crew_time,
        present_s,
        s.release_s,
        releases,
        s.recontaminations,
        s.restored_s,
        fund_cost,
        fund_missing,
        deadline_s,
        deadline_m2,
        s.sums.counts,
        s.sums.groups,
        s.sums.cost,
        sector_first,
        s.owed.region_first_s,
    )
