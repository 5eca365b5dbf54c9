"""The reduced campaign in plain SimPy, as a careful user would write it, to be fast.

Crews are processes; a crew takes the next parcel of the first sector that has any, and works out at
once when it will be finished through the stops of that sector, so that a parcel costs one event.

Against the engines of this project it leaves out: whole seconds (time is a float), what the crews
did with their time, weekly progress, and every rule that the campaign does not use (survey,
inspection, pace, crews that arrive or leave, hits, money). It returns the completion only.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
import simpy
from campaign import Campaign, Stops

Sectors = deque[tuple[deque[float], deque[tuple[float, float]]]]


def run(campaign: Campaign, seed: int) -> float:
    """Return when the last parcel is finished, in working days."""
    sectors = settle(campaign, seed)
    env = simpy.Environment()
    for _ in range(campaign.crews):
        env.process(crew(env, sectors))
    env.run()
    return float(env.now)


def settle(campaign: Campaign, seed: int) -> Sectors:
    """Draw everything beforehand: efforts and stops of the sectors, in their order."""
    rng = np.random.default_rng(seed)
    sectors = range(campaign.sectors)
    return deque((deque(campaign.efforts(rng)), deque(campaign.stops(rng))) for _ in sectors)


def crew(env: simpy.Environment, sectors: Sectors) -> Iterator[simpy.Event]:
    """Take one parcel after the other, until there is none."""
    while sectors:
        yield env.timeout(take(env.now, sectors))


def take(now: float, sectors: Sectors) -> float:
    """Take the next parcel; return how long it takes if nobody works during the stops."""
    parcels, stops = sectors[0]
    effort = parcels.popleft()
    if not parcels:
        sectors.popleft()
    while stops and stops[0][1] <= now:  # over, also for whoever comes later
        stops.popleft()
    if not stops or now + effort <= stops[0][0]:
        return effort
    return through(now, effort, stops)


def through(now: float, effort: float, stops: Stops) -> float:
    """Return how long an effort takes with the stops that fall into it."""
    end = now + effort
    for begins, until in stops:
        if begins >= end:
            break
        end += until - max(begins, now)
    return end - now
