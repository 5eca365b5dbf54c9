"""The reduced campaign in salabim, written like the plain SimPy script.

Crews are components whose process is a generator (`yieldless=False`: no greenlets, and faster), and
nothing is monitored, since salabim by default records the history of every component.

It leaves out what `plain_simpy.py` leaves out.
"""

from collections.abc import Iterator

import salabim
from campaign import Campaign
from plain_simpy import Sectors, settle, take


class Crew(salabim.Component):
    """Takes one parcel after the other, until there is none."""

    def setup(self, sectors: Sectors) -> None:
        """Take part in the campaign."""
        self.sectors = sectors
        self.mode.monitor(False)
        self.status.monitor(False)

    def process(self) -> Iterator[None]:
        """Work."""
        env, sectors, hold = self.env, self.sectors, self.hold
        while sectors:
            yield hold(take(env.now(), sectors))


def run(campaign: Campaign, seed: int) -> float:
    """Return when the last parcel is finished, in working days."""
    sectors = settle(campaign, seed)
    env = salabim.Environment(trace=False, random_seed="", yieldless=False)
    for _ in range(campaign.crews):
        Crew(sectors=sectors)
    env.run()
    return float(env.now())
