"""Deadlines and regions in the SimPy engine: when each was met, and what was released by then."""

from collections import Counter

from sim.engines.simpy.clock import Clock, Due, Steps
from sim.outcome import OPEN
from sim.world import World


class Deadlines:
    """How much of the land that each deadline is about is released.

    Parameters
    ----------
    world
        What chance has decided.
    clock
        Of the campaign.
    known_m2
        Land known on day 0, sector by sector.
    """

    def __init__(self, world: World, clock: Clock, known_m2: list[int]) -> None:
        self.stated, self.clock = world.deadlines, clock
        self.all = range(len(self.stated.at_s))
        self.of = [  # those that each sector counts for
            [m for m in self.all if self.stated.land[m, s]] for s in range(world.land.sectors)
        ]
        self.released_m2 = [0 for _ in self.all]
        self.known_m2 = [0 for _ in self.all]
        for sector, area in enumerate(known_m2):
            self.find(sector, area)
        self.unreleased_sectors = self.stated.land.sum(axis=1).tolist()
        self.met_s = [OPEN for _ in self.all]
        self.then_m2 = [OPEN for _ in self.all]  # at the end of the date
        self.region = world.land.region.tolist()
        self.unreleased_in = Counter(self.region)  # sectors of each region
        self.region_first_s = [OPEN for _ in self.unreleased_in]

    def find(self, sector: int, area: int) -> None:
        """Book land that is known from now on."""
        for deadline in self.of[sector]:
            self.known_m2[deadline] += area

    def release(self, sector: int, area: int) -> None:
        """Book land released; less than none if it was hit."""
        for deadline in self.of[sector]:
            self.released_m2[deadline] += area

    def finish(self, sector: int, sectors: int) -> None:
        """Book a sector that is released as a whole, or no longer: 1 or -1."""
        self.unreleased_in[self.region[sector]] -= sectors
        for deadline in self.of[sector]:
            self.unreleased_sectors[deadline] -= sectors

    def look(self) -> None:
        """See which are met, now that all is booked."""
        for deadline in self.all:
            if self.met_s[deadline] == OPEN and self.is_met(deadline):
                self.met_s[deadline] = self.clock.now
        for region, sectors in self.unreleased_in.items():
            if self.region_first_s[region] == OPEN and sectors == 0:
                self.region_first_s[region] = self.clock.now

    def is_met(self, deadline: int) -> bool:
        """Tell whether as much is released as a deadline asks for."""
        released, known = self.released_m2[deadline], self.known_m2[deadline]
        if area := int(self.stated.area_m2[deadline]):
            return released >= area
        if share := int(self.stated.share[deadline]):
            return released * 1_000_000 >= share * known
        return bool(self.unreleased_sectors[deadline] == 0)

    def date(self, deadline: int) -> Steps:
        """Keep what is released at the end of a deadline's date, once all is booked."""
        yield self.clock.due(int(self.stated.at_s[deadline]), Due.DATE, deadline)
        self.then_m2[deadline] = self.released_m2[deadline]

    def released_then(self) -> list[int]:
        """Return what was released at each date, or at the end of the campaign if before."""
        pairs = zip(self.then_m2, self.released_m2, strict=True)
        return [now if then == OPEN else then for then, now in pairs]
