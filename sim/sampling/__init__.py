"""Chance: one addressed number for each thing that it decides, and worlds made of them.

In: a `Scenario`, a seed, indices of replications. Out: `World`s. `draws` holds what the worlds of
a scenario share and what a block of them draws at once; `crews`, `land`, `calendar`, `attacks`
and `money` draw the pieces of a world, and `deadlines` states one; `exchange` is luck that is
another replication's, `size` the memory that it takes, `memory` what there is; `compiled` is the
bulk of it.
"""

from collections.abc import Iterator, Sequence

from sim.sampling.attacks import draw_attacks
from sim.sampling.calendar import draw_calendar
from sim.sampling.crews import draw_crews, draw_mishaps, timetables
from sim.sampling.deadlines import deadlines_of
from sim.sampling.draws import Block, Draw, Shared
from sim.sampling.exchange import Exchange
from sim.sampling.land import draw_land
from sim.sampling.money import draw_money
from sim.scenario.scenario import Scenario
from sim.world import Dispatch, World

LARGEST_BLOCK = 250_000  # replications times days, sectors and crews: 2 MB an array at most


def sample_world(scenario: Scenario, *, seed: int = 0, replication: int = 0) -> World:
    """Return what chance decides in one replication.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    seed
        Scenarios that share it share their luck.
    replication
        0-based index; any one can be had alone.

    Raises
    ------
    ScenarioError
        If the campaign does not fit into this machine's memory.
    """
    return next(Sampler(scenario, seed=seed).worlds([replication]))


class Sampler:
    """Draws the worlds of one scenario; what they share is prepared once.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    seed
        Scenarios that share it share their luck.
    exchange
        Luck that is another replication's.

    Raises
    ------
    ScenarioError
        If a campaign of mean size does not fit into this machine's memory.
    """

    def __init__(self, scenario: Scenario, *, seed: int, exchange: Exchange | None = None) -> None:
        self._shared = Shared(scenario, seed=seed)
        self._exchange = exchange

    def worlds(self, replications: Sequence[int]) -> Iterator[World]:
        """Yield the world of each replication."""
        shared = self._shared
        most = max(1, LARGEST_BLOCK // shared.small)
        for first in range(0, len(replications), most):
            block = Block(shared, replications[first : first + most], self._exchange)
            for i, replication in enumerate(block.replications.tolist()):
                yield _world(Draw(block, i), replication)


def _world(draw: Draw, replication: int) -> World:
    tables = timetables(draw)
    crews = draw_crews(draw, tables.of_crew)
    land = draw_land(draw, crews)
    attacks = draw_attacks(draw, land)
    return World(
        scenario=draw.scenario,
        replication=replication,
        day_s=draw.shared.day_s,
        horizon_s=draw.shared.horizon_s,
        dispatch=Dispatch[draw.scenario.campaign.dispatch.upper()],
        calendar=draw_calendar(draw, tables),
        land=land,
        attacks=attacks,
        crews=crews,
        mishaps=draw_mishaps(draw, crews, len(attacks.at_s)),
        money=draw_money(draw, crews, land, attacks),
        deadlines=draw.block.once(deadlines_of),
    )
