"""The campaign as SimPy processes: the readable statement of the model.

Each crew is a process that waits for a parcel, works it off while the pace of its sector allows,
and hands it on. Everything chance decides is read from the `World`; nothing is drawn here.

Read on in `clock` (instants and ties), `land` (the way of a parcel), `crew` (the life of a crew),
`attacks` and `money`.
"""

from collections.abc import Callable

import numpy as np
import simpy

from sim.engines.simpy.attacks import Shelling
from sim.engines.simpy.clock import Call, Clock, Due, Happening, Spell, Steps
from sim.engines.simpy.crew import NOTHING, Crew
from sim.engines.simpy.land import Ground
from sim.engines.simpy.money import Treasury
from sim.engines.simpy.sums import Sums
from sim.outcome import OPEN, CrewState, Outcome
from sim.world import Ints, Stage, World

__all__ = ["Happening", "Spell", "run"]


def run(
    world: World,
    *,
    log: Callable[[Happening], None] | None = None,
    spent: Callable[[Spell], None] | None = None,
) -> Outcome:
    """Return what happens in a world.

    Parameters
    ----------
    world
        From `sample_world`.
    log
        Called with every happening, in order.
    spent
        Called with every spell of a crew, when it ends.
    """
    return _Campaign(world, log, spent).run()


class _Campaign:
    """One replication: the land, the crews, the attacks, the money, and the end of it all."""

    def __init__(
        self,
        world: World,
        log: Callable[[Happening], None] | None,
        spent: Callable[[Spell], None] | None,
    ) -> None:
        self.world = world
        self.clock = Clock(settle=self.settle, log=log, spent=spent)
        self.sums = Sums(world)
        self.treasury = Treasury(world, self.clock, self.stop_crews, self.pay_crews)
        self.ground = Ground(world, self.clock, self.sums, self.treasury.pay_area)
        self.free: list[int] = []
        self.crews = [
            Crew(
                number,
                world=world,
                clock=self.clock,
                ground=self.ground,
                treasury=self.treasury,
                sums=self.sums,
                free=self.free,
            )
            for number in range(world.crews.crews)
        ]
        self.shelling = Shelling(world, self.clock, self.ground, self.crews, self.sums)
        self.completion_s = self.restored_s = OPEN
        self.cost_then: list[int] = []  # at completion
        self.years: list[tuple[Ints, Ints, list[int]]] = []  # how the sums stood at their ends
        self.needed = set(range(len(world.crews.while_needed)))  # groups of crews
        self.over: simpy.Event | None = None

    def run(self) -> Outcome:
        """Play the campaign to its end."""
        process = self.clock.env.process
        for sector in range(self.world.land.sectors):
            process(self.ground.opening(sector))
        for crew in self.crews:
            crew.start()
        self.send_home()
        for until_s in np.unique(self.world.attacks.until_s).tolist():
            self.clock.call(until_s, Due.ATTACK, 0, self.clock.touch)
        process(self.ground.finds())
        process(self.turns())
        process(self.shelling.attacks())
        for deadline in self.ground.deadlines.all:
            process(self.ground.deadlines.date(deadline))
        process(self.treasury.tranches())
        process(self.ends_of_years())
        self.clock.call(self.world.horizon_s, Due.HORIZON, 0, self.end)
        self.over = self.clock.env.event()
        self.clock.env.run(until=self.over)
        return self.outcome()

    def turns(self) -> Steps:
        """Begin and end closures and seasons: crews put back what they hold where they begin."""
        for day in self.world.calendar.turns:
            yield self.clock.due(int(day) * self.world.day_s, Due.TURN)
            for crew in self.crews:
                if crew.parcel != NOTHING and crew.is_barred(crew.sector):
                    crew.interrupt(Call.BARRED)
                if crew.paid:
                    self.treasury.turn(crew.number)
            self.clock.touch()

    def ends_of_years(self) -> Steps:
        """Keep how the sums stand at the end of each calendar year but the last."""
        for year, end_s in enumerate(self.world.calendar.year_ends_s[:-1]):
            yield self.clock.due(int(end_s), Due.DATE, year)
            self.years.append(self.so_far())

    def so_far(self) -> tuple[Ints, Ints, list[int]]:
        """Return how the sums by region, by group of crews and by payer stand."""
        treasury, present_s = self.treasury, [0 for _ in self.sums.groups]
        for crew in self.crews:
            present_s[crew.group] += crew.present_by_now_s()
        groups = self.sums.groups_with(present_s, treasury.spent_on_groups())
        cost = [*treasury.spent(), *treasury.borne()]
        return np.array(self.sums.counts, np.int64), groups, cost

    def settle(self) -> None:
        """Look at the land now that everything due is booked; then let free crews choose."""
        self.ground.look()
        if self.completion_s == OPEN and self.ground.unreleased_sectors == 0:
            self.complete()
        if self.completion_s != OPEN and self.ground.restorations_left == 0:
            self.restored_s = self.clock.now
            self.end()
            return
        self.send_home()
        for number in list(self.free):
            self.crews[number].choose()

    def send_home(self) -> None:
        """Send crews home, and have no more come, for which there can be no land any more."""
        crews = self.world.crews
        for group in sorted(self.needed):
            mine = [crew for crew in self.crews if crews.group[crew.number] == group]
            land = np.flatnonzero(crews.may_enter[group]).tolist()
            stays = not mine or not crews.while_needed[group]
            if stays or all(self.ground.is_done(mine[0].role, sector) for sector in land):
                self.needed.remove(group)
                for crew in () if stays else mine:
                    crew.dismiss()

    def complete(self) -> None:
        """Book the completion: all known land is released and no more is to be found."""
        self.completion_s = self.clock.now
        self.shelling.recontaminates = False
        self.clock.note("complete")
        self.treasury.end_overheads()
        self.dismiss(*(stage for stage in Stage if stage < Stage.RESTORATION))
        self.sums.is_over, self.cost_then = True, self.treasury.spent()

    def end(self) -> None:
        """Send everybody home and stop: all is done, or the horizon is reached."""
        self.dismiss(*Stage)
        self.clock.call(self.clock.now, Due.END, 0, self.stop)

    def stop(self) -> None:
        """Let the run return, now that everybody is home."""
        if self.over and not self.over.triggered:
            self.over.succeed()

    def dismiss(self, *roles: int) -> None:
        """End the work of some roles."""
        for crew in self.crews:
            if crew.role in roles:
                crew.dismiss()

    def stop_crews(self, fund: int) -> None:
        """Stop the crews of a spent fund; they put their parcels back."""
        for crew in self.crews:
            if crew.paid and self.world.money.bears[crew.role, fund]:
                crew.interrupt(Call.UNPAID)

    def pay_crews(self) -> None:
        """Pay crews again none of whose funds is spent any more, if they do not leave now."""
        for crew in self.crews:
            stays = crew.present and not crew.paid and self.clock.now < crew.leaves_s
            if stays and not self.treasury.unpaid(crew.role):
                crew.interrupt(Call.PAID)

    def outcome(self) -> Outcome:
        """Return what happened."""
        ground, cost = self.ground, self.treasury.spent()
        censored = self.completion_s == OPEN
        states = len(CrewState) + self.world.calendar.closures
        ends = len(self.world.calendar.year_ends_s)
        years = self.years + [self.so_far()] * (ends - len(self.years))
        counts, groups, costs = (np.array(each, np.int64) for each in zip(*years, strict=True))
        return Outcome(
            world=self.world,
            completion_s=self.completion_s,
            restored_s=self.restored_s,
            counts=counts[-1].sum(axis=0),
            cost=np.array(cost if censored else self.cost_then, np.int64),
            total_cost=np.array(cost, np.int64),
            week_released_m2=ground.week_released_m2,
            week_gross_m2=ground.week_gross_m2,
            sector_release_s=np.array(ground.sector_release_s, np.int64),
            crew_time=np.array([c.time for c in self.crews], np.int64).reshape(-1, states),
            crew_present_s=np.array([c.present_s for c in self.crews], np.int64),
            release_s=ground.release_s,
            releases=ground.releases,
            recontaminations=ground.recontaminations,
            restoration_s=ground.restoration_s,
            fund_cost=np.array(self.treasury.borne(), np.int64),
            fund_missing=np.array(self.treasury.missing(), np.int64),
            deadline_s=np.array(ground.deadlines.met_s, np.int64),
            deadline_m2=np.array(ground.deadlines.released_then(), np.int64),
            year_counts=counts,
            year_groups=groups,
            year_cost=costs,
            sector_first_s=np.array(ground.sector_first_s, np.int64),
            region_first_s=np.array(ground.deadlines.region_first_s, np.int64),
        )
