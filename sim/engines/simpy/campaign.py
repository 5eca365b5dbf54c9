"""The campaign as SimPy processes: the readable statement of the model.

Each crew is a process that waits for a parcel, works it off while the pace of its sector allows,
and hands it on. Everything chance decides is read from the `World`; nothing is drawn here.

Read on in `simpy_clock` (instants and ties), `simpy_land` (the way of a parcel), `simpy_crew` (the
life of a crew) and `simpy_money`.
"""

from collections.abc import Callable

import numpy as np
import simpy

from sim import outcome as o
from sim.engines.simpy.clock import Call, Clock, Due, Happening, Steps
from sim.engines.simpy.crew import NOTHING, Crew
from sim.engines.simpy.land import CLEARANCE, RESTORATION, SURVEY, Ground
from sim.engines.simpy.money import Treasury
from sim.outcome import OPEN, Outcome
from sim.world import World

__all__ = ["Happening", "run"]


def run(world: World, *, log: Callable[[Happening], None] | None = None) -> Outcome:
    """Return what happens in a world.

    Parameters
    ----------
    world
        From `sample_world`.
    log
        Called with every happening, in order.
    """
    return _Campaign(world, log).run()


class _Campaign:
    """One replication: the land, the crews, the attacks, the money, and the end of it all."""

    def __init__(self, world: World, log: Callable[[Happening], None] | None) -> None:
        self.world = world
        self.clock = Clock(settle=self.settle, log=log)
        self.counts = [0] * len(o.COUNTS)
        self.ground = Ground(world, self.clock, self.counts)
        self.treasury = Treasury(world, self.clock, self.stop_crews)
        self.free: list[int] = []
        self.crews = [
            Crew(
                number,
                world=world,
                clock=self.clock,
                ground=self.ground,
                treasury=self.treasury,
                counts=self.counts,
                free=self.free,
            )
            for number in range(world.crews.crews)
        ]
        self.completion_s = self.restored_s = OPEN
        self.counts_then: list[int] = []  # at completion
        self.cost_then: list[int] = []
        self.over: simpy.Event | None = None

    def run(self) -> Outcome:
        """Play the campaign to its end."""
        process = self.clock.env.process
        for sector in range(self.world.land.sectors):
            process(self.ground.opening(sector))
        for crew in self.crews:
            crew.start()
        process(self.ground.finds())
        process(self.attacks())
        self.clock.call(self.world.horizon_s, Due.HORIZON, 0, self.end)
        self.over = self.clock.env.event()
        self.clock.env.run(until=self.over)
        return self.outcome()

    def settle(self) -> None:
        """Look at the land now that everything due is booked; then let free crews choose."""
        self.ground.look()
        if self.completion_s == OPEN and self.ground.unreleased_sectors == 0:
            self.complete()
        if self.completion_s != OPEN and self.ground.restorations_left == 0:
            self.restored_s = self.clock.now
            self.end()
            return
        for number in list(self.free):
            self.crews[number].choose()

    def complete(self) -> None:
        """Book the completion: all known land is released and no more is to be found."""
        self.completion_s = self.clock.now
        self.clock.note("complete")
        self.dismiss(SURVEY, CLEARANCE)
        self.counts_then, self.cost_then = list(self.counts), self.treasury.spent()

    def end(self) -> None:
        """Send everybody home and stop: all is done, or the horizon is reached."""
        self.dismiss(SURVEY, CLEARANCE, RESTORATION)
        self.clock.call(self.clock.now, Due.END, 0, self.stop)

    def stop(self) -> None:
        """Let the run return, now that everybody is home."""
        if self.over and not self.over.triggered:
            self.over.succeed()

    def dismiss(self, *roles: int) -> None:
        """End the work of some roles."""
        for crew in self.crews:
            if crew.role in roles:
                crew.interrupt(Call.OVER)

    def stop_crews(self, fund: int) -> None:
        """Stop the crews of a spent fund for good; their parcels stay open."""
        for crew in self.crews:
            if crew.present and self.world.money.role_fund[crew.role] == fund:
                crew.interrupt(Call.UNPAID)

    def attacks(self) -> Steps:
        """Attack sectors."""
        attacks = self.world.attacks
        for attack, (at_s, sector) in enumerate(zip(attacks.at_s, attacks.sector, strict=True)):
            yield self.clock.due(int(at_s), Due.ATTACK, int(sector))
            self.attack(attack, int(sector))

    def attack(self, attack: int, sector: int) -> None:
        """Book an attack: who is hit, how long work stops, which parcels must be cleared again."""
        attacks, ground, now = self.world.attacks, self.ground, self.clock.now
        stop_ends_s = now + int(attacks.stop_s[attack])
        self.counts[o.ATTACKS] += 1
        self.clock.note("attack", sector=sector)
        here = [c for c in self.crews if c.parcel != NOTHING and c.sector == sector]
        for crew in here:
            if crew.pace() > 0:
                crew.expose(stop_ends_s)
        ground.stopped_until_s[sector] = max(ground.stopped_until_s[sector], stop_ends_s)
        for crew in here:
            crew.interrupt(Call.ATTACK)
        if self.completion_s == OPEN:
            first, after = attacks.first_hit[attack : attack + 2].tolist()
            for parcel in attacks.hit_parcel[first:after].tolist():
                self.hit(parcel, here)

    def hit(self, parcel: int, here: list[Crew]) -> None:
        """Re-contaminate a parcel if it is released; its restoration comes after."""
        if self.ground.is_released[parcel]:
            self.ground.contaminate(parcel)
            for crew in here:
                if crew.restores and crew.parcel == parcel:
                    crew.interrupt(Call.WITHDRAWN)

    def outcome(self) -> Outcome:
        """Return what happened."""
        ground, cost = self.ground, self.treasury.spent()
        censored = self.completion_s == OPEN
        return Outcome(
            world=self.world,
            completion_s=self.completion_s,
            restored_s=self.restored_s,
            counts=np.array(self.counts if censored else self.counts_then, np.int64),
            cost=np.array(cost if censored else self.cost_then, np.int64),
            total_cost=np.array(cost, np.int64),
            week_released_m2=ground.week_released_m2,
            week_gross_m2=ground.week_gross_m2,
            sector_release_s=np.array(ground.sector_release_s, np.int64),
            crew_time=np.array([c.time for c in self.crews], np.int64).reshape(-1, len(o.STATES)),
            crew_present_s=np.array([c.present_s for c in self.crews], np.int64),
            release_s=ground.release_s,
            releases=ground.releases,
            recontaminations=ground.recontaminations,
            restoration_s=ground.restoration_s,
        )
