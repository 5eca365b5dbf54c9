"""Chance: one addressed number for each thing that it decides, and worlds made of them.

In: a `Scenario`, a seed, indices of replications. Out: `World`s. `draws` holds what the worlds of
a scenario share and what a block of them draws at once; `crews`, `land`, `calendar`, `attacks`
and `money` draw the pieces of a world, and `deadlines` states one; `recipes` says whose
luck a replication has, `size` the memory that it takes, `memory` what there is; `compiled` is the
bulk of it.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from sim.sampling.attacks import draw_attacks
from sim.sampling.calendar import draw_calendar
from sim.sampling.compiled.streams import stream_key, uniforms_by_index
from sim.sampling.crews import draw_crews, draw_mishaps, timetables
from sim.sampling.deadlines import deadlines_of
from sim.sampling.draws import Block, Draw, Shared
from sim.sampling.land import draw_land
from sim.sampling.money import draw_money
from sim.sampling.outlines import outlines_of
from sim.sampling.recipes import Readings, Recipe, Recipes, plain
from sim.scenario.scenario import Scenario
from sim.world import Dispatch, Floats, Outlines, World

LARGEST_BLOCK = 250_000  # replications times days, sectors and crews: 2 MB an array at most


def sample_world(scenario: Scenario, *, seed: int = 0, replication: int | Recipe = 0) -> World:
    """Return what chance decides in one replication.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    seed
        Scenarios that share it share their luck.
    replication
        0-based index; any one can be had alone. Or a recipe, whose luck is that of several; the
        world then has the number of its grain.

    Raises
    ------
    ScenarioError
        If the campaign does not fit into this machine's memory.
    """
    sampler = Sampler(scenario, seed=seed)
    if isinstance(replication, Recipe):
        return next(sampler.worlds_of([replication], [replication.grain]))
    return next(sampler.worlds([replication]))


class Sampler:
    """Draws the worlds of one scenario; what they share is prepared once.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    seed
        Scenarios that share it share their luck.
    recipes
        Whose luck each replication has; its own by default.
    readings
        When sums are read; at the ends of calendar years, by region, by default.

    Raises
    ------
    ScenarioError
        If a campaign of mean size does not fit into this machine's memory.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        recipes: Recipes | None = None,
        readings: Readings | None = None,
    ) -> None:
        self._shared = Shared(scenario, seed=seed, readings=readings)
        self._recipe = recipes.recipe if recipes else plain

    def worlds(self, replications: Sequence[int]) -> Iterator[World]:
        """Yield the world of each replication."""
        return self.worlds_of([self._recipe(int(r)) for r in replications], replications)

    def worlds_of(self, recipes: Sequence[Recipe], numbers: Sequence[int]) -> Iterator[World]:
        """Yield the world of each recipe, under a number of its own."""
        rest = iter(numbers)
        for block in self._blocks(recipes):
            for i in range(len(block)):
                yield _world(Draw(block, i), int(next(rest)))

    def outlines(self, replications: Sequence[int]) -> Iterator[Outlines]:
        """Yield the outlines of the replications, some hundreds at once."""
        for block in self._blocks([self._recipe(int(r)) for r in replications]):
            yield outlines_of(block)

    def inputs(self, recipes: Sequence[Recipe]) -> dict[str, Floats]:
        """Return the uniform numbers of all inputs that are drawn, by their keys (R, n).

        Parameters
        ----------
        recipes
            At least one.

        Returns
        -------
        One number for each replication; more for times of several crews or sectors, missing ones 0.
        """
        drawn = []
        for block in self._blocks(recipes):
            _world(Draw(block, 0), 0)
            drawn.append(block.inputs)
        return {key: _stacked([each[key] for each in drawn]) for key in drawn[0]}

    def _blocks(self, recipes: Sequence[Recipe]) -> Iterator[Block]:
        members = max((len(mix) for recipe in recipes for mix in recipe.mixes), default=1)
        most = max(1, LARGEST_BLOCK // (self._shared.small * members))
        for first in range(0, len(recipes), most):
            yield Block(self._shared, recipes[first : first + most])


def chances(seed: int, purpose: str, number: int) -> Floats:
    """Return a uniform number for each of the first replications (R), that moves no campaign."""
    key, none = stream_key(seed, purpose), np.zeros(1, np.int64)
    u: Floats = uniforms_by_index(key, np.arange(number), none, 0)[0]
    return u


def _stacked(parts: list[Floats]) -> Floats:
    most = max(part.shape[1] for part in parts)
    return np.concatenate([np.pad(x, ((0, 0), (0, most - x.shape[1]))) for x in parts])


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
