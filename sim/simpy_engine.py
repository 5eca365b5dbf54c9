"""The campaign as SimPy processes: the readable statement of the model.

Each crew is a process that waits for a parcel, works it off while the pace of its sector allows,
and hands it on. Everything chance decides is read from the `World`; nothing is drawn here.

At every instant SimPy's heap yields what is due in the order of `Due`: first everything is booked,
then the land is looked at (`_settle`), and only then do free crews choose. The heap key is the tie
rule.
"""

from bisect import insort
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from math import floor
from typing import Any

import numpy as np
import simpy

from sim import outcome as o
from sim.outcome import OPEN, Outcome
from sim.scenario import ROLES
from sim.world import CANCELLED, CONFIRMED, NEVER, World

SURVEY, CLEARANCE, RESTORATION = range(len(ROLES))
NOBODY = -1
Steps = Generator[simpy.Event, Any, None]
Log = Callable[["Happening"], None]


class Due(IntEnum):
    """What is booked first among things due at one instant; SimPy keeps 0 and 1 for itself."""

    FINISH = 2
    INSPECTION = 3
    FIND = 4
    OPENING = 5
    ARRIVAL = 6
    RETURN = 7  # the end of a stand-down or of a recovery
    ATTACK = 8
    SPENT = 9
    DEPARTURE = 10
    SETTLE = 11
    HORIZON = 12
    END = 13


class Call(IntEnum):
    """Why a crew is interrupted."""

    ATTACK = 1  # its sector was attacked: the pace has changed
    WITHDRAWN = 2  # its parcel was taken back
    LEAVE = 3
    UNPAID = 4
    OVER = 5  # its phase is complete, or the horizon is reached


@dataclass(frozen=True)
class Happening:
    """One line of the event log; -1 for what does not apply."""

    at_s: int
    event: str
    crew: int = -1
    sector: int = -1
    parcel: int = -1
    cause: str = ""


@dataclass
class Crew:
    """State of one crew."""

    number: int
    role: int
    process: simpy.Process | None = None
    present: bool = False
    called: simpy.Event | None = None  # set while it waits for a parcel
    sector: int = NOBODY  # where it last held a parcel
    parcel: int = NOBODY
    moves: bool = False  # to another sector than its last, for the parcel it holds
    done: int = 0  # of the parcel it holds, thousandths of seconds
    at_work_s: int = 0  # towards its next accident
    accidents: int = 0
    stands_down_until_s: int = 0
    exposures: int = 0  # attacks that met it at work
    recovered_s: int = 0  # when it has recovered from its last casualty


class Fund:
    """What some roles cost so far; whoever asks is told up to which second it lasts."""

    def __init__(self, amount: int) -> None:
        self.amount, self.spent, self.burn, self.since_s = amount, 0, 0, 0
        self.empty = False
        self.version = 0

    def change(self, now: int, *, once: int = 0, per_second: int = 0) -> None:
        """Book a cost at once, and a new cost per second from now on."""
        self.spent += self.burn * (now - self.since_s) + once
        self.burn += per_second
        self.since_s = now
        self.version += 1

    def spent_at_s(self) -> int:
        """Return the first second at which nothing is left."""
        missing = self.amount - self.spent
        if missing <= 0:
            return self.since_s
        return self.since_s - (-missing // self.burn) if self.burn else NEVER


def run(world: World, *, log: Log | None = None) -> Outcome:
    """Return what happens in a world.

    Parameters
    ----------
    world
        From `sample_world`.
    log
        Called with every event, in order.
    """
    return _Campaign(world, log).run()


class _Campaign:
    """All state of one replication."""

    def __init__(self, world: World, log: Log | None) -> None:
        self.world, self.land = world, world.land
        self.env = simpy.Environment(initial_time=0)
        self.log = log
        land, sectors, parcels = world.land, world.land.sectors, world.land.parcels
        self.first_stage = SURVEY if land.surveyed else CLEARANCE
        self.area = land.area_m2.tolist()
        self.sector_of = land.sector.tolist()
        self.pace_of_day = world.calendar.pace.tolist()
        # land
        self.open_sector = [False] * sectors
        self.queue: list[list[deque[int]]] = [[deque() for _ in range(sectors)] for _ in ROLES]
        self.offers: list[list[tuple[int, int]]] = [[] for _ in ROLES]  # (rank, sector), sorted
        self.found_early: list[list[int]] = [[] for _ in range(sectors)]
        self.at_work = [[0] * sectors for _ in ROLES]  # crews that hold a parcel
        self.stopped_until = [0] * sectors
        self.unreleased = land.initial.tolist()  # parcels known and not released
        found = np.bincount(land.sector[land.found_parcel], minlength=sectors)
        self.to_find = found.tolist()
        self.released_before = [False] * sectors
        self.is_released = [False] * parcels
        self.cleared_once = [False] * parcels
        self.share = [1.0] * parcels  # of the clearance effort, for the next clearance
        self.recontaminated = [False] * parcels  # and not yet cleared again
        self.next_inspection = land.first_inspection.tolist()
        self.to_restore = [s >= 0 for s in land.restoration_s.tolist()]  # and not yet restored
        self.restorations_left = sum(self.to_restore)
        self.waits_restoration = [False] * parcels
        self.holder: dict[int, Crew] = {}  # who restores a parcel
        # crews and money
        crews = world.crews
        self.crews = [Crew(c, int(role)) for c, role in enumerate(crews.role)]
        self.free: list[int] = []  # crews that wait for a parcel, sorted
        self.funds = [Fund(int(a) * world.day_s) for a in world.money.amount]
        self.costs = [Fund(0) for _ in ROLES]
        # what happened
        weeks = -(-world.horizon_s // (o.WEEK_DAYS * world.day_s)) + 1
        self.completion_s = self.restored_s = OPEN
        self.counts = [0] * len(o.COUNTS)
        self.counts_kept: list[int] | None = None
        self.cost_kept: list[int] | None = None
        self.week_released = np.zeros(weeks, np.int64)
        self.week_gross = np.zeros(weeks, np.int64)
        self.sector_release = [OPEN] * sectors
        self.time = np.zeros((crews.crews, len(o.STATES)), np.int64)
        self.present_s = np.zeros(crews.crews, np.int64)
        self.release_s = np.full(parcels, OPEN, np.int64)
        self.releases = np.zeros(parcels, np.int32)
        self.recontaminations = np.zeros(parcels, np.int32)
        self.restoration_s = np.full(len(land.restoration_s), OPEN, np.int64)
        self.settling = False
        self.changed: set[int] = set()  # sectors in which land was released, found or hit
        self.open_sectors = sectors
        self.ended = False
        self.over = self.env.event()

    # The campaign as a whole

    def run(self) -> Outcome:
        """Play the campaign to its end."""
        world, env = self.world, self.env
        for sector in range(world.land.sectors):
            if world.land.opens_s[sector] <= world.horizon_s:
                env.process(self.opening(sector))
        for crew in self.crews:
            if world.crews.arrives_s[crew.number] <= world.horizon_s:
                crew.process = env.process(self.crew(crew))
                if world.crews.leaves_s[crew.number] <= world.horizon_s:
                    env.process(self.departure(crew))
        env.process(self.finds())
        env.process(self.attacks())
        for fund in range(len(self.funds)):
            self.watch(fund)
        env.process(self.horizon())
        env.run(until=self.over)
        return self.outcome()

    def due(self, at_s: int, rank: Due, order: int = 0) -> simpy.Event:
        """Return an event that happens at a second, in its rank and order among others then."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None  # as simpy.Timeout does
        priority: Any = (rank << 40) + order
        self.env.schedule(event, priority, at_s - self.now)
        return event

    @property
    def now(self) -> int:
        """The second of working time."""
        return self.env.now  # type: ignore[return-value] # a whole number, as all delays are

    def note(self, event: str, **about: Any) -> None:
        """Book one line of the event log."""
        if self.log:
            self.log(Happening(self.now, event, **about))

    def horizon(self) -> Steps:
        """End the campaign at the horizon."""
        yield self.due(self.world.horizon_s, Due.HORIZON)
        self.end()

    def end(self) -> None:
        """Send everybody home and stop."""
        if self.ended:
            return
        self.ended = True
        self.dismiss((SURVEY, CLEARANCE, RESTORATION))
        self.due(self.now, Due.END).callbacks.append(self.finish)

    def finish(self, _: simpy.Event) -> None:
        """Let the run return, now that everybody is home."""
        self.over.succeed()

    def dismiss(self, roles: tuple[int, ...]) -> None:
        """End the work of some roles."""
        for crew in self.crews:
            if crew.role in roles and crew.process and crew.process.is_alive:
                crew.process.interrupt(Call.OVER)

    def touch(self) -> None:
        """Ask for the land to be looked at, and for crews to choose, once all is booked."""
        if not self.settling:
            self.settling = True
            self.due(self.now, Due.SETTLE).callbacks.append(self.settle)

    def settle(self, _: simpy.Event) -> None:
        """Look at the land now that everything due is booked; then let free crews choose."""
        self.settling = False
        for sector in sorted(self.changed):
            self.look_at(sector)
        self.changed.clear()
        if self.completion_s == OPEN and self.open_sectors == 0:
            self.complete()
        if self.completion_s != OPEN and self.restorations_left == 0:
            self.restored_s = self.now
            self.note("all restored")
            self.end()
        else:
            self.choose()

    def look_at(self, sector: int) -> None:
        """See whether a sector is released as a whole."""
        whole = self.unreleased[sector] == 0 and self.to_find[sector] == 0
        was_whole = self.sector_release[sector] != OPEN
        if whole and not was_whole:
            self.sector_release[sector] = self.now
            self.open_sectors -= 1
            if not self.released_before[sector]:
                self.released_before[sector] = True
                self.hand_over_sector(sector)
        elif was_whole and not whole:
            self.sector_release[sector] = OPEN
            self.open_sectors += 1

    def complete(self) -> None:
        """Book the completion: all known land is released and no more is to be found."""
        self.completion_s = self.now
        self.note("complete")
        self.dismiss((SURVEY, CLEARANCE))
        self.counts_kept = list(self.counts)
        self.cost_kept = [f.spent + f.burn * (self.now - f.since_s) for f in self.costs]

    # Sectors

    def opening(self, sector: int) -> Steps:
        """Open a sector: its initial parcels queue, those found before now behind them."""
        yield self.due(int(self.land.opens_s[sector]), Due.OPENING, sector)
        self.open_sector[sector] = True
        self.note("opens", sector=sector)
        first, initial = int(self.land.first_parcel[sector]), int(self.land.initial[sector])
        queued = list(range(first, first + initial))
        if len(self.land.queue_order):
            queued = self.land.queue_order[first : first + initial].tolist()
        for parcel in queued + self.found_early[sector]:
            self.queue_up(self.first_stage, parcel)
        self.touch()

    def finds(self) -> Steps:
        """Find land."""
        for parcel, at_s in zip(self.land.found_parcel, self.land.found_s, strict=True):
            if at_s > self.world.horizon_s:
                return
            yield self.due(int(at_s), Due.FIND, int(parcel))
            self.find(int(parcel))

    def find(self, parcel: int) -> None:
        """Book one parcel found: it queues if its sector is open."""
        sector = self.sector_of[parcel]
        self.to_find[sector] -= 1
        self.unreleased[sector] += 1
        self.counts[o.FOUND_AREA] += self.area[parcel]
        self.changed.add(sector)
        self.note("found", sector=sector, parcel=parcel)
        if self.open_sector[sector]:
            self.queue_up(self.first_stage, parcel)
        else:
            self.found_early[sector].append(parcel)
        self.touch()

    def queue_up(self, stage: int, parcel: int) -> None:
        """Put a parcel at the back of its sector's queue for a stage."""
        sector = self.sector_of[parcel]
        if not self.queue[stage][sector]:
            insort(self.offers[stage], (int(self.land.rank[sector]), sector))
        self.queue[stage][sector].append(parcel)

    def take(self, stage: int, sector: int) -> int:
        """Take the first parcel of a queue."""
        parcel = self.queue[stage][sector].popleft()
        if not self.queue[stage][sector]:
            self.offers[stage].remove((int(self.land.rank[sector]), sector))
        return parcel

    def withdraw(self, parcel: int) -> None:
        """Take a parcel out of the queue for restoration."""
        sector = self.sector_of[parcel]
        self.queue[RESTORATION][sector].remove(parcel)
        if not self.queue[RESTORATION][sector]:
            self.offers[RESTORATION].remove((int(self.land.rank[sector]), sector))

    # Parcels

    def survey(self, parcel: int) -> None:
        """Book a survey: cancelled, reduced, or confirmed and on to clearance."""
        result = int(self.land.survey_result[parcel])
        if result == CONFIRMED:
            self.queue_up(CLEARANCE, parcel)
        elif result == CANCELLED:
            self.counts[o.CANCELLED_AREA] += self.area[parcel]
            self.release(parcel, "cancelled")
        else:
            self.counts[o.REDUCED_AREA] += self.area[parcel]
            self.release(parcel, "reduced")

    def restore(self, parcel: int) -> None:
        """Book a restoration."""
        self.to_restore[parcel] = False
        self.restorations_left -= 1
        self.restoration_s[parcel] = self.now

    def clear(self, parcel: int) -> None:
        """Book a clearance: accepted, or inspected first."""
        if self.recontaminated[parcel]:
            self.recontaminated[parcel] = False
            self.counts[o.RECLEARED] += self.area[parcel]
            self.release(parcel, "cleared again")
            return
        if not self.cleared_once[parcel] and len(self.land.items):
            self.counts[o.ITEMS] += int(self.land.items[parcel])
        self.cleared_once[parcel] = True
        if len(self.next_inspection) and self.next_inspection[parcel] >= 0:
            self.env.process(self.inspection(parcel))
        else:
            self.accept(parcel)

    def accept(self, parcel: int) -> None:
        """Release a cleared parcel."""
        self.counts[o.CLEARED] += self.area[parcel]
        self.release(parcel, "cleared")

    def inspection(self, parcel: int) -> Steps:
        """Inspect a cleared parcel; it is released, or goes back to clearance."""
        inspection = self.next_inspection[parcel]
        self.next_inspection[parcel] += 1
        ready_s = self.now + int(self.land.inspection_s[inspection])
        if ready_s > self.world.horizon_s:
            return
        yield self.due(ready_s, Due.INSPECTION, parcel)
        passed = bool(self.land.inspection_passed[inspection])
        about = {"sector": self.sector_of[parcel], "parcel": parcel}
        self.note("inspected", cause="passed" if passed else "failed", **about)
        if passed:
            self.accept(parcel)
        else:
            self.share[parcel] = self.land.rework_share
            self.queue_up(CLEARANCE, parcel)
            self.touch()

    def release(self, parcel: int, cause: str) -> None:
        """Hand a parcel over; it goes on to restoration if it needs it."""
        sector, area = self.sector_of[parcel], self.area[parcel]
        self.is_released[parcel] = True
        self.unreleased[sector] -= 1
        self.release_s[parcel] = self.now
        self.releases[parcel] += 1
        self.counts[o.RELEASED] += area
        self.week_released[self.week()] += area
        self.week_gross[self.week()] += area
        self.changed.add(sector)
        self.note("released", sector=sector, parcel=parcel, cause=cause)
        at_once = not self.land.restored_by_sector or self.released_before[sector]
        if self.land.restored and self.to_restore[parcel] and at_once:
            self.hand_on(parcel)
        self.touch()

    def week(self) -> int:
        """Return the week that ends with the next day 7 w, this instant included."""
        return -(-self.now // (o.WEEK_DAYS * self.world.day_s))

    def hand_on(self, parcel: int) -> None:
        """Queue a released parcel for restoration."""
        self.waits_restoration[parcel] = True
        self.queue_up(RESTORATION, parcel)

    def hand_over_sector(self, sector: int) -> None:
        """Start restoration in a sector that was released as a whole."""
        if self.land.restored and self.land.restored_by_sector:
            for parcel in range(*self.land.first_parcel[sector : sector + 2].tolist()):
                if self.to_restore[parcel]:
                    self.hand_on(parcel)

    # Attacks

    def attacks(self) -> Steps:
        """Attack sectors."""
        attacks = self.world.attacks
        for a, (at_s, sector) in enumerate(zip(attacks.at_s, attacks.sector, strict=True)):
            if at_s > self.world.horizon_s:
                return
            yield self.due(int(at_s), Due.ATTACK, int(sector))
            self.attack(a, int(sector))

    def attack(self, a: int, sector: int) -> None:
        """Book an attack: who is hit, how long work stops, which parcels must be cleared again."""
        attacks = self.world.attacks
        stop_s = int(attacks.stop_s[a])
        self.counts[o.ATTACKS] += 1
        self.note("attack", sector=sector)
        here = [c for c in self.crews if c.parcel != NOBODY and c.sector == sector]
        for crew in here:
            if self.pace(sector) > 0 and crew.recovered_s <= self.now:
                self.expose(crew, self.now + stop_s)
        self.stopped_until[sector] = max(self.stopped_until[sector], self.now + stop_s)
        for crew in here:
            assert crew.process
            crew.process.interrupt(Call.ATTACK)
        if self.completion_s == OPEN:
            for hit in range(attacks.first_hit[a], attacks.first_hit[a + 1]):
                self.hit(int(attacks.hit_parcel[hit]))

    def expose(self, crew: Crew, stop_ends_s: int) -> None:
        """Meet a crew at work: it may be hit, keeps its parcel and resumes when recovered."""
        mishaps = self.world.mishaps
        crew.exposures += 1
        first, after = mishaps.first_casualty[crew.number : crew.number + 2]
        i = int(first) + int(
            np.searchsorted(mishaps.casualty_exposure[first:after], crew.exposures)
        )
        if i < after and mishaps.casualty_exposure[i] == crew.exposures:
            crew.recovered_s = stop_ends_s + int(mishaps.recovery_s[i])
            self.counts[o.CASUALTIES] += 1
            self.note("casualty", crew=crew.number, sector=crew.sector, cause="attack")

    def hit(self, parcel: int) -> None:
        """Re-contaminate a parcel, if it is released: it must be cleared again."""
        if not self.is_released[parcel]:
            return
        sector, area = self.sector_of[parcel], self.area[parcel]
        self.is_released[parcel] = False
        self.recontaminated[parcel] = True
        self.share[parcel] = self.world.attacks.recontamination_effort
        self.unreleased[sector] += 1
        self.release_s[parcel] = OPEN
        self.recontaminations[parcel] += 1
        self.counts[o.RELEASED] -= area
        self.counts[o.RECONTAMINATED] += area
        self.week_released[self.week()] -= area
        self.changed.add(sector)
        self.note("re-contaminated", sector=sector, parcel=parcel, cause="attack")
        if self.land.restored and self.waits_restoration[parcel]:
            self.waits_restoration[parcel] = False
            self.withdraw(parcel)
        elif parcel in self.holder:
            process = self.holder[parcel].process
            assert process
            process.interrupt(Call.WITHDRAWN)
        self.queue_up(CLEARANCE, parcel)
        self.touch()

    # Crews

    def crew(self, crew: Crew) -> Steps:
        """Live the life of a crew: arrive, take parcels, leave."""
        crews, number = self.world.crews, crew.number
        arrived_s = NEVER
        try:
            yield self.due(int(crews.arrives_s[number]), Due.ARRIVAL, number)
            arrived_s = self.now
            crew.present = True
            self.note("arrives", crew=number)
            if self.unpaid(crew.role):
                raise simpy.Interrupt(Call.UNPAID)
            per_day = int(crews.cost_per_day[number])
            self.pay(crew, once=int(crews.cost_to_mobilise[number]), per_day=per_day)
            try:
                yield from self.serve(crew)
            finally:
                self.pay(crew, per_day=-per_day)
        except simpy.Interrupt as call:
            if call.cause == Call.UNPAID:
                with suppress(simpy.Interrupt):
                    yield from self.idle(crew, o.UNPAID, NEVER)
        crew.present = False
        if arrived_s <= self.now:
            self.present_s[number] = self.now - arrived_s
            self.note("leaves", crew=number)

    def departure(self, crew: Crew) -> Steps:
        """Tell a crew to go at its hour, unless it holds a parcel: then it goes when it is free."""
        yield self.due(int(self.world.crews.leaves_s[crew.number]), Due.DEPARTURE, crew.number)
        if crew.present and crew.parcel == NOBODY and crew.process:
            crew.process.interrupt(Call.LEAVE)

    def serve(self, crew: Crew) -> Steps:
        """Take one parcel after the other."""
        leaves_s = int(self.world.crews.leaves_s[crew.number])
        while self.now < leaves_s:
            yield from self.wait(crew)
            yield from self.work(crew)
            if self.now >= leaves_s:
                yield self.due(self.now, Due.DEPARTURE, crew.number)
                return
            yield from self.idle(crew, o.STAND_DOWN, crew.stands_down_until_s)
            yield from self.idle(crew, o.LOST_CASUALTY, crew.recovered_s)

    def idle(self, crew: Crew, state: int, until_s: int) -> Steps:
        """Spend time without a parcel, if there is any to spend."""
        since_s = self.now
        try:
            if until_s > since_s:
                yield self.due(until_s, Due.RETURN, crew.number)
        finally:
            self.time[crew.number, state] += 1000 * (self.now - since_s)

    def wait(self, crew: Crew) -> Steps:
        """Be free until given a parcel."""
        since_s = self.now
        crew.called = self.env.event()
        insort(self.free, crew.number)
        self.touch()
        try:
            yield crew.called
        finally:
            self.time[crew.number, o.WAITING_FOR_LAND] += 1000 * (self.now - since_s)
            if crew.parcel == NOBODY:
                self.free.remove(crew.number)

    def choose(self) -> None:
        """Let each free crew, in order, take the next parcel of the sector it prefers."""
        for number in list(self.free):
            crew = self.crews[number]
            sector = self.preferred(crew)
            if sector != NOBODY:
                self.free.remove(number)
                self.at_work[crew.role][sector] += 1
                crew.moves = crew.sector not in (NOBODY, sector)
                crew.sector, crew.parcel = sector, self.take(crew.role, sector)
                assert crew.called
                crew.called.succeed()

    def preferred(self, crew: Crew) -> int:
        """Return the sector a crew takes a parcel from, NOBODY's if there is none."""
        may_enter = self.world.crews.may_enter[self.world.crews.group[crew.number]]
        best, fewest = NOBODY, NEVER
        for _, sector in self.offers[crew.role]:  # by rank
            if may_enter[sector] and self.has_room(sector):
                if not self.world.balanced:
                    return sector
                if self.at_work[crew.role][sector] < fewest:
                    best, fewest = sector, self.at_work[crew.role][sector]
        return best

    def has_room(self, sector: int) -> bool:
        """Tell whether one more crew may hold a parcel in a sector."""
        return sum(stage[sector] for stage in self.at_work) < int(self.land.max_crews[sector])

    def work(self, crew: Crew) -> Steps:
        """Work a parcel off; after a stop the crew resumes where it was."""
        parcel, stage = crew.parcel, crew.role
        move_s = int(self.world.crews.move_s[crew.number]) if crew.moves else 0
        needed = 1000 * self.effort_s(crew, parcel, move_s)
        self.note("takes", crew=crew.number, sector=crew.sector, parcel=parcel, cause=ROLES[stage])
        if stage == RESTORATION:
            self.waits_restoration[parcel] = False
            self.holder[parcel] = crew
        crew.done = 0
        try:
            while crew.done < needed:
                yield from self.stretch(crew, needed - crew.done)
        except simpy.Interrupt as call:
            if call.cause != Call.WITHDRAWN:
                raise
            return
        finally:
            self.put_down(crew, parcel, move_s)
        about = {"sector": crew.sector, "parcel": parcel, "cause": ROLES[stage]}
        self.note("finishes", crew=crew.number, **about)
        (self.survey, self.clear, self.restore)[stage](parcel)

    def effort_s(self, crew: Crew, parcel: int, move_s: int) -> int:
        """Return the effort of a parcel for a crew, in whole seconds of normal work."""
        land, speed = self.land, float(self.world.crews.speed[crew.number])
        if crew.role == SURVEY:
            seconds = float(land.survey_s[parcel]) / speed
        elif crew.role == RESTORATION:
            seconds = float(land.restoration_s[parcel]) / speed
        else:
            items = int(land.items[parcel]) if len(land.items) else 0
            whole = float(land.clearance_s[parcel]) / speed + items * land.item_s
            seconds = self.share[parcel] * whole
        return max(1, floor(seconds + move_s + 0.5))

    def pace(self, sector: int) -> int:
        """Return the pace of a sector now, per mille."""
        if self.now < self.stopped_until[sector]:
            return 0
        return int(self.pace_of_day[self.now // self.world.day_s])

    def stretch(self, crew: Crew, needed: int) -> Steps:
        """Work until the parcel is finished, or the day, a stop or a recovery ends, or an attack."""
        since_s, day = self.now, self.now // self.world.day_s
        recovering = self.now < crew.recovered_s
        stopped = self.now < self.stopped_until[crew.sector]
        pace = 0 if recovering else self.pace(crew.sector)
        until_s = (day + 1) * self.world.day_s
        if pace:
            until_s = min(until_s, since_s - (-needed // pace))
        if recovering:
            until_s = min(until_s, crew.recovered_s)
        if stopped:
            until_s = min(until_s, self.stopped_until[crew.sector])
        try:
            yield self.due(until_s, Due.FINISH, crew.number)
        except simpy.Interrupt as call:
            if call.cause != Call.ATTACK:
                raise
        finally:
            self.book(crew, day, self.now - since_s, recovering=recovering, stopped=stopped)

    def book(self, crew: Crew, day: int, spent_s: int, *, recovering: bool, stopped: bool) -> None:
        """Book time with a parcel: worked, and lost to the first cause that applies."""
        calendar, time = self.world.calendar, self.time[crew.number]
        if calendar.rest[day]:
            time[o.LOST_REST] += 1000 * spent_s
        elif calendar.lost[day]:
            time[o.LOST_WEATHER] += 1000 * spent_s
        elif recovering:
            time[o.LOST_CASUALTY] += 1000 * spent_s
        elif stopped:
            time[o.LOST_SHELLING] += 1000 * spent_s
        else:
            season, pace = int(calendar.season[day]), self.pace_of_day[day]
            time[o.LOST_SEASON] += (1000 - season) * spent_s
            time[o.LOST_WEEKLY_PACE] += (season - pace) * spent_s
            time[o.WORKED] += pace * spent_s
            crew.done += pace * spent_s
            if pace:
                crew.at_work_s += spent_s

    def put_down(self, crew: Crew, parcel: int, move_s: int) -> None:
        """Part a crew from its parcel; accidents that happened meanwhile make it stand down."""
        moved = min(crew.done, 1000 * move_s)
        self.time[crew.number, o.MOVING] += moved
        self.time[crew.number, o.WORKED] -= moved
        self.at_work[crew.role][crew.sector] -= 1
        crew.parcel = NOBODY
        if self.holder.get(parcel) is crew:
            del self.holder[parcel]
        mishaps, stand_down_s = self.world.mishaps, 0
        first, after = mishaps.first_accident[crew.number : crew.number + 2].tolist()
        while first + crew.accidents < after:
            i = first + crew.accidents
            if mishaps.accident_s[i] > crew.at_work_s:
                break
            crew.accidents += 1
            self.counts[o.ACCIDENTS] += 1
            self.counts[o.CASUALTIES] += int(mishaps.victims[i])
            stand_down_s += int(mishaps.stand_down_s[i])
            self.note("accident", crew=crew.number, sector=crew.sector, parcel=parcel)
        crew.stands_down_until_s = self.now + stand_down_s
        self.touch()

    # Money

    def unpaid(self, role: int) -> bool:
        """Tell whether the fund of a role was spent, and that stops its crews."""
        fund = int(self.world.money.role_fund[role])
        return fund >= 0 and self.funds[fund].empty

    def pay(self, crew: Crew, *, once: int = 0, per_day: int = 0) -> None:
        """Book a cost, in hundredths; role and fund count hundredths x seconds a day."""
        fund = int(self.world.money.role_fund[crew.role])
        once *= self.world.day_s
        self.costs[crew.role].change(self.now, once=once, per_second=per_day)
        if fund >= 0:
            self.funds[fund].change(self.now, once=once, per_second=per_day)
            self.watch(fund)

    def watch(self, number: int) -> None:
        """Have the crews of a fund stopped at the second at which it is spent."""
        fund, version = self.funds[number], self.funds[number].version
        at_s = fund.spent_at_s()
        if self.world.money.stop_when_spent and not fund.empty and at_s <= self.world.horizon_s:
            event = self.due(max(at_s, self.now), Due.SPENT, number)
            event.callbacks.append(lambda _: self.stop(number, version))

    def stop(self, number: int, version: int) -> None:
        """Stop the crews of a spent fund for good, unless its costs have changed meanwhile."""
        fund = self.funds[number]
        if fund.version != version:
            return
        fund.empty = True
        money = self.world.scenario.money
        self.note("fund spent", cause=money.fund[number].name if money else "")
        for crew in self.crews:
            if self.world.money.role_fund[crew.role] == number and crew.present and crew.process:
                crew.process.interrupt(Call.UNPAID)

    def outcome(self) -> Outcome:
        """Return what happened."""
        counts = self.counts if self.counts_kept is None else self.counts_kept
        total = [fund.spent + fund.burn * (self.now - fund.since_s) for fund in self.costs]
        cost = total if self.cost_kept is None else self.cost_kept
        return Outcome(
            world=self.world,
            completion_s=self.completion_s,
            restored_s=self.restored_s,
            counts=np.array(counts, np.int64),
            cost=np.array(cost, np.int64),
            total_cost=np.array(total, np.int64),
            week_released_m2=self.week_released,
            week_gross_m2=self.week_gross,
            sector_release_s=np.array(self.sector_release, np.int64),
            crew_time=self.time,
            crew_present_s=self.present_s,
            release_s=self.release_s,
            releases=self.releases,
            recontaminations=self.recontaminations,
            restoration_s=self.restoration_s,
        )
