"""Sectors and parcels in the SimPy engine: the way of each parcel from stage to stage."""

from bisect import insort
from collections import deque
from collections.abc import Callable
from typing import assert_never

import numpy as np

from sim.engines.simpy.clock import Clock, Due, Steps
from sim.engines.simpy.deadlines import Deadlines
from sim.engines.simpy.sums import Sums
from sim.outcome import OPEN, WEEK_DAYS, Count, GroupSum
from sim.world import Stage, SurveyResult, World


class Ground:
    """State of the land, and what happened to it.

    Parameters
    ----------
    world
        What chance has decided.
    clock
        Of the campaign.
    sums
        Of the campaign.
    pay
        Called with the group of crews that cleared land which is released, and its area.
    """

    def __init__(
        self, world: World, clock: Clock, sums: Sums, pay: Callable[[int, int], None]
    ) -> None:
        self.pay = pay
        self.world, self.land, self.clock, self.sums = world, world.land, clock, sums
        land, sectors, parcels = world.land, world.land.sectors, world.land.parcels
        self.area = land.area_m2.tolist()
        self.sector_of = land.sector.tolist()
        # sectors
        self.zone = land.zone.tolist()
        self.first_stage = [Stage.SURVEY if it else Stage.CLEARANCE for it in land.surveyed]
        self.is_open = [False] * sectors
        self.queue: list[list[deque[int]]] = [[deque() for _ in range(sectors)] for _ in Stage]
        self.offers: list[list[tuple[int, int]]] = [[] for _ in Stage]  # (rank, sector), sorted
        self.found_early: list[list[int]] = [[] for _ in range(sectors)]
        self.holding = [[0] * sectors for _ in Stage]  # crews of each role that hold a parcel
        self.stopped_until_s = [0] * sectors
        self.unreleased = land.initial.tolist()  # parcels known and not released
        found = land.sector[land.found_parcel]
        self.to_find = np.bincount(found, minlength=sectors).tolist()
        initial = np.where(land.surveyed, land.initial, 0)
        self.to_survey = (initial + land.surveyed * np.array(self.to_find)).tolist()
        restored = land.sector[: len(land.restoration_s)][land.restoration_s >= 0]
        self.to_restore_in = np.bincount(restored, minlength=sectors).tolist()
        self.was_released = [False] * sectors  # once, as a whole
        self.changed: set[int] = set()  # sectors in which land was released, found or hit
        self.unreleased_sectors = sectors
        # parcels
        self.is_released = [False] * parcels
        self.was_cleared = [False] * parcels
        self.cleared_by: dict[int, int] = {}  # which group of crews cleared it last
        self.share = [1.0] * parcels  # of the clearance effort, for the next clearance
        self.left = [1.0] * parcels  # of the effort of its stage, where a crew put it back
        self.recontaminated = [False] * parcels  # and not yet cleared again
        self.next_inspection = land.first_inspection.tolist()
        self.to_restore = [s >= 0 for s in land.restoration_s.tolist()]  # and not yet restored
        self.restorations_left = sum(self.to_restore)
        spans = zip(land.first_parcel.tolist(), land.initial.tolist(), strict=False)
        known_m2 = [sum(self.area[first : first + n]) for first, n in spans]
        self.deadlines = Deadlines(world, clock, known_m2)
        # what happened
        weeks = -(-world.horizon_s // (WEEK_DAYS * world.day_s)) + 1
        self.week_released_m2 = np.zeros(weeks, np.int64)
        self.week_gross_m2 = np.zeros(weeks, np.int64)
        self.sector_release_s = [OPEN] * sectors
        self.sector_first_s = [OPEN] * sectors
        self.release_s = np.full(parcels, OPEN, np.int64)
        self.releases = np.zeros(parcels, np.int32)
        self.recontaminations = np.zeros(parcels, np.int32)
        self.restoration_s = np.full(len(land.restoration_s), OPEN, np.int64)

    # Sectors

    def opening(self, sector: int) -> Steps:
        """Open a sector: its initial parcels queue, those found before now behind them."""
        yield self.clock.due(int(self.land.opens_s[sector]), Due.OPENING, sector)
        self.is_open[sector] = True
        self.clock.note("opens", sector=sector)
        first, initial = int(self.land.first_parcel[sector]), int(self.land.initial[sector])
        queued = list(range(first, first + initial))
        if len(self.land.queue_order):
            queued = self.land.queue_order[first : first + initial].tolist()
        for parcel in queued + self.found_early[sector]:
            self.queue_up(self.first_stage[sector], parcel)
        self.clock.touch()

    def finds(self) -> Steps:
        """Find land; it queues if its sector is open."""
        for parcel, at_s in zip(self.land.found_parcel, self.land.found_s, strict=True):
            yield self.clock.due(int(at_s), Due.FIND, int(parcel))
            self.find(int(parcel))

    def find(self, parcel: int) -> None:
        """Book one parcel found."""
        sector = self.sector_of[parcel]
        self.to_find[sector] -= 1
        self.unreleased[sector] += 1
        self.sums.count(Count.FOUND_M2, self.area[parcel], sector=sector)
        self.deadlines.find(sector, self.area[parcel])
        self.clock.note("found", sector=sector, parcel=parcel)
        if self.is_open[sector]:
            self.queue_up(self.first_stage[sector], parcel)
        else:
            self.found_early[sector].append(parcel)
        self.change(sector)

    def is_done(self, stage: int, sector: int) -> bool:
        """Tell whether no land of a sector can come to a stage any more."""
        match stage:
            case Stage.SURVEY:
                return bool(self.to_survey[sector] == 0)
            case Stage.CLEARANCE:
                whole = self.unreleased[sector] == 0 and self.to_find[sector] == 0
                return bool(whole and self.clock.now >= int(self.world.attacks.until_s[sector]))
            case _:
                return bool(self.to_restore_in[sector] == 0)

    def queue_up(self, stage: int, parcel: int) -> None:
        """Put a parcel at the back of its sector's queue for a stage."""
        self.enter_queue(stage, parcel, first=False)

    def enter_queue(self, stage: int, parcel: int, *, first: bool) -> None:
        """Put a parcel at the front or at the back of its sector's queue for a stage."""
        sector = self.sector_of[parcel]
        if not self.queue[stage][sector]:
            insort(self.offers[stage], (int(self.land.rank[sector]), sector))
        if first:
            self.queue[stage][sector].appendleft(parcel)
        else:
            self.queue[stage][sector].append(parcel)

    def take(self, stage: int, sector: int) -> int:
        """Take the first parcel of a queue."""
        parcel = self.queue[stage][sector][0]
        self.remove(stage, parcel)
        return parcel

    def remove(self, stage: int, parcel: int) -> None:
        """Take a parcel out of its queue."""
        sector = self.sector_of[parcel]
        self.queue[stage][sector].remove(parcel)
        if not self.queue[stage][sector]:
            self.offers[stage].remove((int(self.land.rank[sector]), sector))

    def put_back(self, stage: int, parcel: int, left: float) -> None:
        """Put a parcel back to the front of its queue, with the share of its effort that is left.

        What was done of it before counts too.
        """
        self.left[parcel] *= left
        self.enter_queue(stage, parcel, first=True)
        self.clock.touch()

    def has_room(self, sector: int) -> bool:
        """Tell whether one more crew may hold a parcel in a sector."""
        return sum(stage[sector] for stage in self.holding) < int(self.land.max_crews[sector])

    def is_stopped(self, sector: int) -> bool:
        """Tell whether an attack has stopped work in a sector."""
        return self.clock.now < self.stopped_until_s[sector]

    def stop(self, sector: int, until_s: int) -> None:
        """Stop work in a sector; it offers nothing until then."""
        self.stopped_until_s[sector] = max(self.stopped_until_s[sector], until_s)
        self.clock.call(until_s, Due.RETURN, sector, self.clock.touch)

    def change(self, sector: int) -> None:
        """Have a sector looked at once all is booked."""
        self.changed.add(sector)
        self.clock.touch()

    def look(self) -> None:
        """See which sectors are released as a whole, now that all is booked."""
        for sector in sorted(self.changed):
            whole = self.unreleased[sector] == 0 and self.to_find[sector] == 0
            was_whole = self.sector_release_s[sector] != OPEN
            if whole and not was_whole:
                self.sector_release_s[sector] = self.clock.now
                self.unreleased_sectors -= 1
                self.deadlines.finish(sector, 1)
                self.hand_over(sector)
            elif was_whole and not whole:
                self.sector_release_s[sector] = OPEN
                self.unreleased_sectors += 1
                self.deadlines.finish(sector, -1)
        self.changed.clear()
        self.deadlines.look()

    def hand_over(self, sector: int) -> None:
        """Start restoration in a sector that is released as a whole for the first time."""
        if self.land.restored_by_sector and not self.was_released[sector]:
            for parcel in range(*self.land.first_parcel[sector : sector + 2].tolist()):
                if self.to_restore[parcel]:
                    self.queue_up(Stage.RESTORATION, parcel)
        if not self.was_released[sector]:
            self.was_released[sector], self.sector_first_s[sector] = True, self.clock.now

    # Parcels

    def effort_s(self, stage: Stage, parcel: int, speed: float, move_s: int) -> int:
        """Return the effort of a parcel for a crew, in whole seconds of normal work."""
        land = self.land
        match stage:
            case Stage.SURVEY:
                seconds = float(land.survey_s[parcel]) / speed
            case Stage.CLEARANCE:
                items = int(land.items[parcel]) if len(land.items) else 0
                whole = float(land.clearance_s[parcel]) / speed + items * land.item_s
                seconds = self.share[parcel] * whole
            case Stage.RESTORATION:
                seconds = float(land.restoration_s[parcel]) / speed
            case unknown:
                assert_never(unknown)
        return max(1, int(np.floor(self.left[parcel] * seconds + move_s + 0.5)))

    def finish(self, stage: Stage, parcel: int, group: int) -> None:
        """Book a stage that a crew of a group has finished."""
        self.left[parcel] = 1.0
        match stage:
            case Stage.SURVEY:
                self.survey(parcel, group)
            case Stage.CLEARANCE:
                self.cleared_by[parcel] = group
                self.clear(parcel)
            case Stage.RESTORATION:
                self.restore(parcel)
            case unknown:
                assert_never(unknown)

    def survey(self, parcel: int, group: int) -> None:
        """Book a survey by a group: cancelled, reduced, or confirmed and on to clearance."""
        self.to_survey[self.sector_of[parcel]] -= 1
        match SurveyResult(self.land.survey_result[parcel]):
            case SurveyResult.CONFIRMED:
                self.queue_up(Stage.CLEARANCE, parcel)
            case SurveyResult.CANCELLED:
                self.sums.count_of(group, GroupSum.CANCELLED_M2, self.area[parcel])
                self.release(parcel, Count.CANCELLED_M2, "cancelled")
            case SurveyResult.REDUCED:
                self.sums.count_of(group, GroupSum.REDUCED_M2, self.area[parcel])
                self.release(parcel, Count.REDUCED_M2, "reduced")
            case unknown:
                assert_never(unknown)

    def clear(self, parcel: int) -> None:
        """Book a clearance: accepted, or inspected first."""
        if self.recontaminated[parcel]:
            self.recontaminated[parcel] = False
            self.release(parcel, Count.RECLEARED_M2, "cleared again")
            return
        if not self.was_cleared[parcel] and len(self.land.items):
            items, sector = int(self.land.items[parcel]), self.sector_of[parcel]
            self.sums.count(Count.ITEMS, items, sector=sector)
        self.was_cleared[parcel] = True
        if self.next_inspection and self.next_inspection[parcel] >= 0:
            self.clock.env.process(self.inspection(parcel))
        else:
            self.release(parcel, Count.CLEARED_M2, "cleared")

    def inspection(self, parcel: int) -> Steps:
        """Inspect a cleared parcel; it is released, or goes back to clearance."""
        inspection = self.next_inspection[parcel]
        self.next_inspection[parcel] += 1
        ready_s = self.clock.now + int(self.land.inspection_s[inspection])
        yield self.clock.due(ready_s, Due.INSPECTION, parcel)
        passed = bool(self.land.inspection_passed[inspection])
        cause, sector = "passed" if passed else "failed", self.sector_of[parcel]
        self.clock.note("inspected", sector=sector, parcel=parcel, cause=cause)
        if passed:
            self.release(parcel, Count.CLEARED_M2, "cleared")
        else:
            self.share[parcel] = self.land.rework_share
            self.queue_up(Stage.CLEARANCE, parcel)
            self.clock.touch()

    def release(self, parcel: int, count: Count, cause: str) -> None:
        """Hand a parcel over; it goes on to restoration if it needs it."""
        sector, area = self.sector_of[parcel], self.area[parcel]
        self.is_released[parcel] = True
        self.unreleased[sector] -= 1
        self.release_s[parcel] = self.clock.now
        self.releases[parcel] += 1
        self.sums.count(Count.RELEASED_M2, area, sector=sector)
        self.sums.count(count, area, sector=sector)
        if count == Count.CLEARED_M2:
            self.sums.count_of(self.cleared_by[parcel], GroupSum.CLEARED_M2, area)
        self.deadlines.release(sector, area)
        self.week_released_m2[self.week()] += area
        self.week_gross_m2[self.week()] += area
        self.clock.note("released", sector=sector, parcel=parcel, cause=cause)
        if parcel in self.cleared_by:
            self.pay(self.cleared_by[parcel], area)
        at_once = not self.land.restored_by_sector or self.was_released[sector]
        if self.land.restored and self.to_restore[parcel] and at_once:
            self.queue_up(Stage.RESTORATION, parcel)
        self.change(sector)

    def contaminate(self, parcel: int) -> None:
        """Book a released parcel that was hit: it must be cleared again."""
        sector, area = self.sector_of[parcel], self.area[parcel]
        self.is_released[parcel] = False
        self.recontaminated[parcel] = True
        self.share[parcel] = self.world.attacks.recontamination_effort
        self.left[parcel] = 1.0  # also if it was put back while it was restored
        self.unreleased[sector] += 1
        self.release_s[parcel] = OPEN
        self.recontaminations[parcel] += 1
        self.sums.count(Count.RELEASED_M2, -area, sector=sector)
        self.sums.count(Count.RECONTAMINATED_M2, area, sector=sector)
        self.deadlines.release(sector, -area)
        self.week_released_m2[self.week()] -= area
        self.clock.note("re-contaminated", sector=sector, parcel=parcel, cause="attack")
        if parcel in self.queue[Stage.RESTORATION][sector]:
            self.remove(Stage.RESTORATION, parcel)
        self.queue_up(Stage.CLEARANCE, parcel)
        self.change(sector)

    def restore(self, parcel: int) -> None:
        """Book a restoration."""
        self.to_restore[parcel] = False
        self.restorations_left -= 1
        self.to_restore_in[self.sector_of[parcel]] -= 1
        self.restoration_s[parcel] = self.clock.now

    def week(self) -> int:
        """Return the week that ends with the next day 7 w, this instant included."""
        return -(-self.clock.now // (WEEK_DAYS * self.world.day_s))
