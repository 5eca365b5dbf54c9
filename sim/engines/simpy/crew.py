"""A crew in the SimPy engine: it arrives, takes parcels, works them off, leaves."""

from bisect import insort
from contextlib import suppress
from typing import assert_never

import numpy as np
import simpy

from sim.engines.simpy.clock import Call, Clock, Due, Steps
from sim.engines.simpy.land import Ground
from sim.engines.simpy.money import Treasury
from sim.engines.simpy.sums import Sums
from sim.outcome import Count, CrewState, GroupSum
from sim.scenario.kinds import ROLES
from sim.world import NEVER, Bools, Dispatch, Ints, Stage, World

NOTHING = -1


class Crew:
    """One crew, a process from each arrival to the departure.

    Parameters
    ----------
    number
        Place among all crews.
    world
        What chance has decided.
    clock, ground, treasury, sums
        Of the campaign.
    free
        Numbers of the crews that wait for a parcel, sorted; shared by all.
    """

    def __init__(
        self,
        number: int,
        *,
        world: World,
        clock: Clock,
        ground: Ground,
        treasury: Treasury,
        sums: Sums,
        free: list[int],
    ) -> None:
        self.number, self.role = number, Stage(world.crews.role[number])
        self.group = int(world.crews.group[number])
        self.world, self.clock, self.ground = world, clock, ground
        self.treasury, self.sums, self.free = treasury, sums, free
        first, after = world.crews.first_stay[number : number + 2].tolist()
        self.stays = list(range(first, after))  # still to begin
        self.leaves_s = 0  # the end of the one that began last
        self.is_over = False  # its phase
        self.rows: list[int] = world.calendar.row[world.crews.timetable[number]].tolist()
        self.process: simpy.Process | None = None
        self.present = False
        self.arrived_s = 0
        self.mobilised = False
        self.paid = False
        self.called: simpy.Event | None = None  # set while it waits for a parcel
        self.sector = NOTHING  # where it last held a parcel
        self.parcel = NOTHING
        self.moves = False  # to another sector than its last, for the parcel it holds
        self.done = 0  # of the parcel it holds, thousandths of seconds
        self.at_work_s = 0  # towards its next accident
        self.accidents = 0
        self.stands_down_until_s = 0
        self.exposures = 0  # attacks that met it at work
        self.recovered_s = 0  # when it has recovered from its last casualty
        self.time: Ints = np.zeros(len(CrewState) + world.calendar.closures, np.int64)
        self.present_s = 0

    def start(self) -> None:
        """Let it come, and go at its hour, as often as it stays."""
        crews = self.world.crews
        for stay in self.stays:
            self.clock.call(int(crews.arrives_s[stay]), Due.ARRIVAL, self.number, self.arrive)
            if crews.leaves_s[stay] < NEVER:
                self.clock.call(int(crews.leaves_s[stay]), Due.DEPARTURE, self.number, self.depart)

    def arrive(self) -> None:
        """Begin its next stay; a crew that is still there stays on."""
        self.leaves_s = int(self.world.crews.leaves_s[self.stays.pop(0)])
        if not self.present and not self.is_over:
            self.process = self.clock.env.process(self.live())

    def depart(self) -> None:
        """Go at its hour, unless it holds a parcel: then it goes when it is free."""
        if self.present and self.parcel == NOTHING and self.clock.now >= self.leaves_s:
            self.interrupt(Call.LEAVE)

    def dismiss(self) -> None:
        """Go, and never come again."""
        self.is_over = True
        self.interrupt(Call.OVER)

    def interrupt(self, call: Call) -> None:
        """Tell it something, if it has not gone."""
        if self.process and self.process.is_alive:
            self.process.interrupt(call)

    def live(self) -> Steps:
        """Arrive, serve while there is money, leave."""
        self.present, self.mobilised, self.arrived_s = True, False, self.clock.now
        self.clock.note("arrives", crew=self.number)
        with suppress(simpy.Interrupt):
            while True:
                yield from self.stand_still()
                yield from self.paid_service()
        self.present_s = self.present_by_now_s()
        self.present = False
        self.clock.note("leaves", crew=self.number)

    def present_by_now_s(self) -> int:
        """Return how long it was present so far."""
        return self.present_s + (self.clock.now - self.arrived_s if self.present else 0)

    def stand_still(self) -> Steps:
        """Do nothing until there is money for its role, if there is none."""
        try:
            if self.treasury.unpaid(self.role):
                yield from self.idle(CrewState.UNPAID, NEVER)
        except simpy.Interrupt as call:
            if call.cause != Call.PAID:
                raise

    def paid_service(self) -> Steps:
        """Serve for as long as there is money."""
        if not self.mobilised:
            self.mobilised = True
            self.treasury.mobilise(self.number)
        self.treasury.begin(self.number)
        self.paid = True
        try:
            yield from self.serve()
        except simpy.Interrupt as call:
            if call.cause != Call.UNPAID or self.clock.now >= self.leaves_s:
                raise
        finally:
            self.paid = False
            self.treasury.end(self.number)

    def serve(self) -> Steps:
        """Take one parcel after the other."""
        while True:
            yield from self.idle(CrewState.STAND_DOWN, self.stands_down_until_s)
            yield from self.idle(CrewState.LOST_CASUALTY, self.recovered_s)
            yield from self.wait()
            yield from self.work()
            if self.clock.now >= self.leaves_s:  # unless its next stay begins now
                yield self.clock.due(self.clock.now, Due.DEPARTURE, self.number)
            if self.clock.now >= self.leaves_s:
                raise simpy.Interrupt(Call.LEAVE)

    def idle(self, state: int, until_s: int) -> Steps:
        """Spend time without a parcel, if there is any to spend."""
        since_s = self.clock.now
        try:
            if until_s > since_s:
                yield self.clock.due(until_s, Due.RETURN, self.number)
        finally:
            self.time[state] += 1000 * (self.clock.now - since_s)
            self.clock.spend(self.number, state, since_s)

    def wait(self) -> Steps:
        """Be free until given a parcel."""
        since_s = self.clock.now
        self.called = self.clock.env.event()
        insort(self.free, self.number)
        self.clock.touch()
        try:
            yield self.called
        finally:
            self.time[CrewState.WAITING_FOR_LAND] += 1000 * (self.clock.now - since_s)
            self.clock.spend(self.number, CrewState.WAITING_FOR_LAND, since_s)
            if self.parcel == NOTHING:
                self.free.remove(self.number)

    def choose(self) -> None:
        """Take the next parcel of the sector it prefers, if there is one."""
        ground, sector = self.ground, self.preferred()
        if sector != NOTHING:
            self.free.remove(self.number)
            ground.holding[self.role][sector] += 1
            self.moves = self.sector not in (NOTHING, sector)
            self.sector, self.parcel = sector, ground.take(self.role, sector)
            assert self.called
            self.called.succeed()

    def preferred(self) -> int:
        """Return the sector to take a parcel from, if there is one."""
        crews = self.world.crews
        group = crews.group[self.number]
        sector = self.best(crews.prefers[group]) if crews.prefers[group].any() else NOTHING
        return self.best(crews.may_enter[group]) if sector == NOTHING else sector

    def best(self, among: Bools) -> int:
        """Return the sector to take a parcel from among some, if there is one."""
        ground = self.ground
        # by rank, and looked at only as far as it is asked for
        can = (s for _, s in ground.offers[self.role] if among[s] and self.is_offered(s))
        match self.world.dispatch:
            case Dispatch.PRIORITY:
                return next(can, NOTHING)
            case Dispatch.BALANCED:
                return min(can, key=ground.holding[self.role].__getitem__, default=NOTHING)
            case unknown:
                assert_never(unknown)

    def is_offered(self, sector: int) -> bool:
        """Tell whether a sector has room, is not stopped, and is not closed to this crew."""
        ground = self.ground
        return (
            ground.has_room(sector) and not ground.is_stopped(sector) and not self.is_barred(sector)
        )

    def is_barred(self, sector: int) -> bool:
        """Tell whether a closure or season that does not hold everywhere closes a sector to it."""
        return bool(self.world.calendar.barred[self.row(sector), self.today()])

    def row(self, sector: int) -> int:
        """Return the row of the calendar that it has in a sector."""
        zone: int = self.ground.zone[sector]
        return self.rows[zone]

    def today(self) -> int:
        """Return the day."""
        return self.clock.now // self.world.day_s

    def work(self) -> Steps:
        """Work a parcel off; after a stop the crew resumes where it was."""
        parcel, crews = self.parcel, self.world.crews
        move_s = int(crews.move_s[self.number]) if self.moves else 0
        speed = float(crews.speed[self.number])
        needed = 1000 * self.ground.effort_s(self.role, parcel, speed, move_s)
        about = {"crew": self.number, "sector": self.sector, "parcel": parcel}
        self.clock.note("takes", **about, cause=ROLES[self.role])
        self.done = 0
        try:
            while self.done < needed:
                yield from self.stretch(needed - self.done)
        except simpy.Interrupt as call:
            if call.cause in (Call.BARRED, Call.UNPAID):
                self.put_back(needed, 1000 * move_s)
            if call.cause not in (Call.BARRED, Call.WITHDRAWN):
                raise
            return
        finally:
            self.put_down(move_s)
        self.clock.note("finishes", **about, cause=ROLES[self.role])
        self.ground.finish(self.role, parcel, self.group)

    def put_back(self, needed: int, moving: int) -> None:
        """Put its parcel back; what it did of it counts, its way to it does not."""
        left = 1.0
        if self.done > moving:
            left = float(needed - self.done) / float(needed - moving)
        self.ground.put_back(self.role, self.parcel, left)
        self.clock.note("puts back", crew=self.number, sector=self.sector, parcel=self.parcel)

    def pace(self) -> int:
        """Return its pace now, per mille."""
        if self.clock.now < self.recovered_s or self.ground.is_stopped(self.sector):
            return 0
        return int(self.world.calendar.pace[self.row(self.sector), self.today()])

    def stretch(self, needed: int) -> Steps:
        """Work until the parcel is finished, the day, a stop or a recovery ends, or an attack."""
        now, day_s = self.clock.now, self.world.day_s
        ends = [(now // day_s + 1) * day_s, self.recovered_s]
        ends.append(self.ground.stopped_until_s[self.sector])
        pace, cause = self.pace(), self.cause()
        if pace:
            ends.append(now - (-needed // pace))
        try:
            yield self.clock.due(min(s for s in ends if s > now), Due.FINISH, self.number)
        except simpy.Interrupt as call:
            if call.cause != Call.ATTACK:
                raise
        finally:
            self.book(cause, now // day_s, self.clock.now - now)

    def cause(self) -> int:
        """Return the first cause that stops work now; WORKED if nothing does."""
        calendar, day = self.world.calendar, self.today()
        if calendar.rest[self.row(self.sector), day]:
            return CrewState.LOST_REST
        if calendar.lost[day]:
            return CrewState.LOST_WEATHER
        if self.clock.now < self.recovered_s:
            return CrewState.LOST_CASUALTY
        stopped = self.ground.is_stopped(self.sector)
        return CrewState.LOST_SHELLING if stopped else CrewState.WORKED

    def book(self, cause: int, day: int, spent_s: int) -> None:
        """Book time with a parcel: lost to a cause, or worked at the pace of the day."""
        since_s = self.clock.now - spent_s
        if cause != CrewState.WORKED:
            self.time[cause] += 1000 * spent_s
            self.clock.spend(self.number, cause, since_s, sector=self.sector)
            return
        calendar, row = self.world.calendar, self.row(self.sector)
        pace = int(calendar.pace[row, day])
        holds = slice(*calendar.first_closed[row : row + 2])
        closed = calendar.closed[holds, day]
        self.time[len(CrewState) + calendar.which[holds]] += closed * spent_s
        self.time[CrewState.LOST_WEEKLY_PACE] += (1000 - int(closed.sum()) - pace) * spent_s
        self.time[CrewState.WORKED] += pace * spent_s
        self.done += pace * spent_s
        if pace:
            self.at_work_s += spent_s
        else:
            cause = CrewState.LOST_WEEKLY_PACE
            if closed.any():
                cause = len(CrewState) + int(calendar.which[holds][closed.argmax()])
        self.clock.spend(self.number, cause, since_s, sector=self.sector)

    def put_down(self, move_s: int) -> None:
        """Part from the parcel; accidents that happened meanwhile make the crew stand down."""
        moved = min(self.done, 1000 * move_s)
        self.time[CrewState.MOVING] += moved
        self.time[CrewState.WORKED] -= moved
        self.ground.holding[self.role][self.sector] -= 1
        mishaps, stand_down_s = self.world.mishaps, 0
        first, after = mishaps.first_accident[self.number : self.number + 2].tolist()
        for i in range(first + self.accidents, after):
            if mishaps.accident_s[i] > self.at_work_s:
                break
            self.accidents += 1
            self.count_mishap(accidents=1, casualties=int(mishaps.victims[i]))
            stand_down_s += int(mishaps.stand_down_s[i])
            self.clock.note("accident", crew=self.number, sector=self.sector, parcel=self.parcel)
        self.parcel = NOTHING
        self.stands_down_until_s = self.clock.now + stand_down_s
        self.clock.touch()

    def expose(self, stop_ends_s: int) -> None:
        """Meet an attack at work: a crew that is hit keeps its parcel, and resumes later."""
        mishaps = self.world.mishaps
        self.exposures += 1
        first, after = mishaps.first_casualty[self.number : self.number + 2].tolist()
        i = first + int(np.searchsorted(mishaps.casualty_exposure[first:after], self.exposures))
        if i < after and mishaps.casualty_exposure[i] == self.exposures:
            self.recovered_s = stop_ends_s + int(mishaps.recovery_s[i])
            self.count_mishap(accidents=0, casualties=1)
            self.clock.note("casualty", crew=self.number, sector=self.sector, cause="attack")

    def count_mishap(self, *, accidents: int, casualties: int) -> None:
        """Count accidents and casualties where it is."""
        self.sums.count(Count.ACCIDENTS, accidents, sector=self.sector)
        self.sums.count(Count.CASUALTIES, casualties, sector=self.sector)
        self.sums.count_of(self.group, GroupSum.ACCIDENTS, accidents)
        self.sums.count_of(self.group, GroupSum.CASUALTIES, casualties)

    @property
    def restores(self) -> bool:
        """Whether it holds a parcel for restoration."""
        return self.role == Stage.RESTORATION and self.parcel != NOTHING
