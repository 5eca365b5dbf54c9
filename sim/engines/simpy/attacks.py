"""Attacks in the SimPy engine: they stop work, hit crews, and re-contaminate land."""

from collections.abc import Sequence

from sim.engines.simpy.clock import Call, Clock, Due, Steps
from sim.engines.simpy.crew import NOTHING, Crew
from sim.engines.simpy.land import Ground
from sim.engines.simpy.sums import Sums
from sim.outcome import Count
from sim.world import World


class Shelling:
    """The attacks on all sectors.

    Parameters
    ----------
    world
        What chance has decided.
    clock, ground, crews, sums
        Of the campaign.
    """

    def __init__(
        self, world: World, clock: Clock, ground: Ground, crews: Sequence[Crew], sums: Sums
    ) -> None:
        self.world, self.clock, self.ground = world, clock, ground
        self.crews, self.sums = crews, sums
        self.recontaminates = True  # until completion

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
        self.sums.count(Count.ATTACKS, 1, sector=sector)
        self.clock.note("attack", sector=sector)
        here = [c for c in self.crews if c.parcel != NOTHING and c.sector == sector]
        for crew in here:
            if crew.pace() > 0:
                crew.expose(stop_ends_s)
        ground.stop(sector, stop_ends_s)
        for crew in here:
            crew.interrupt(Call.ATTACK)
        if self.recontaminates:
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
