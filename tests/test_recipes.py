"""Recipes: luck mixed from that of several replications.

Statistical tests state their bound in standard errors or as a p-value.
"""

import numpy as np
import pytest
from build import build, law
from scipy import stats
from scipy.special import ndtri
from test_pairing import arrays, differing, scenario

from sim.engines import simulate
from sim.running.run import run
from sim.sampling import Sampler, sample_world
from sim.sampling.draws import Block, Shared
from sim.sampling.recipes import Exchange, Given, Members, Mix, Recipe, plain
from sim.scenario.scenario import Scenario

HALF = 0.5**0.5


def mixed(*replications: int) -> Mix:
    """Mix some replications in equal parts."""
    return tuple((r, len(replications) ** -0.5) for r in replications)


def test_a_recipe_of_one_replication_is_that_replication_byte_for_byte() -> None:
    assert differing(sample_world(scenario(), seed=3, replication=5),
                     sample_world(scenario(), seed=3, replication=plain(5))) == set()  # fmt: skip
    in_two_parts = Recipe(mix=mixed(1, 2), grain=5, but=tuple(
        (part, ((5, 1.0),)) for part in ("inputs", "time", "crews")
    ))  # fmt: skip
    world = sample_world(scenario(), seed=3, replication=in_two_parts)
    assert differing(sample_world(scenario(), seed=3, replication=5), world) == set()


def test_a_plain_replication_beside_a_mixed_one_stays_what_it_is() -> None:
    recipes = [plain(4), Recipe(mix=mixed(4, 9, 2), grain=1), plain(2)]
    worlds = list(Sampler(scenario(), seed=3).worlds_of(recipes, range(3)))
    for at, replication in ((0, 4), (2, 2)):
        own = sample_world(scenario(), seed=3, replication=replication)
        assert differing(own, worlds[at]) <= {"replication"}


def test_a_mixed_world_depends_on_no_block() -> None:
    recipes = [Recipe(mix=mixed(*range(n, 2 * n)), grain=n) for n in range(1, 9)]
    together = list(Sampler(scenario(), seed=3).worlds_of(recipes, [r.grain for r in recipes]))
    for recipe, world in zip(recipes, together, strict=True):
        alone = sample_world(scenario(), seed=3, replication=recipe)
        assert differing(alone, world) == set()


def test_mixed_numbers_have_the_law_of_plain_ones() -> None:
    # p-values: fail with probability 1e-4 on another seed
    sure = build(factors={"rate": law("lognormal", mean=1, cv=0.3)}, pace={"weekly_cv": 0.2})
    mixes = [((r, 0.6), (r + 1000, -0.48), (r + 2000, 0.64)) for r in range(1000)]
    block = Block(Shared(sure, seed=1), [Recipe(mix=mix, grain=0) for mix in mixes])
    rate = block.number("factors.rate", sure.factors.rate)
    assert stats.kstest(stats.lognorm.cdf(rate, np.log1p(0.09) ** 0.5, scale=1.09**-0.5),
                        "uniform").pvalue > 1e-4  # fmt: skip
    weeks = block.in_time("weekly pace", "", np.arange(40))
    assert stats.kstest(weeks.ravel(), "uniform").pvalue > 1e-4
    z = ndtri(weeks)
    assert abs(np.corrcoef(z[:, :-1].ravel(), z[:, 1:].ravel())[0, 1]) < 4.5 / z.size**0.5


def test_normal_scores_are_added_up_with_their_weights() -> None:
    table = np.array([[0.2, 0.9], [0.5, 0.6], [0.4, 0.01]])
    members = Members([((0, 0.6), (2, 0.8)), ((1, 1.0),), ((2, -1.0),)])
    u = members.uniforms(lambda replications: table[replications])
    expected = stats.norm.cdf(0.6 * stats.norm.ppf(table[0]) + 0.8 * stats.norm.ppf(table[2]))
    assert u[0] == pytest.approx(expected, rel=1e-12)
    assert u[1].tolist() == table[1].tolist()
    assert u[2] == pytest.approx(1 - table[2], rel=1e-12)


def test_no_mixed_number_reaches_an_end() -> None:
    ends = np.array([[2.0**-53, 1 - 2.0**-53]])
    members = Members([((0, HALF), (0, HALF)), ((0, -0.6), (0, -0.8))])
    u = members.uniforms(lambda replications: ends[replications])
    assert np.all((u > 0) & (u < 1))


@pytest.mark.parametrize("part", ["inputs", "time", "crews", "factors.rate"])
def test_a_part_alone_can_be_moved(part: str) -> None:
    own = arrays(sample_world(scenario(), seed=3, replication=1))
    recipe = Recipe(((1, 1.0),), grain=1, but=((part, mixed(1, 7)),))
    moved = arrays(sample_world(scenario(), seed=3, replication=recipe))
    same = {name for name in own if np.array_equal(own[name], moved[name])}
    assert ("calendar.lost" in same) == (part != "time")
    assert ("land.initial" in same) == (part != "inputs")
    assert ("crews.speed" in same) == (part == "time")
    assert own["land.clearance_s"][0] == moved["land.clearance_s"][0]


def test_the_squares_of_weights_must_add_to_one() -> None:
    for mix in (((0, 1.1),), (), ((0, 0.5), (1, 0.5))):
        with pytest.raises(ValueError, match="squares of weights must add to 1"):
            Recipe(mix, grain=0)
        with pytest.raises(ValueError, match="squares of weights must add to 1"):
            Recipe(((0, 1.0),), grain=0, but=(("time", mix),))


def test_runs_take_recipes_in_any_batches_and_with_both_engines() -> None:
    recipes = Given(tuple(Recipe(mixed(r, r + 50), grain=r) for r in range(12)))
    small: Scenario = scenario()
    compiled = run(small, replications=12, seed=3, recipes=recipes, jobs=1)
    again = run(small, replications=12, seed=3, recipes=recipes, engine="simpy", jobs=2)
    assert compiled == again
    alone = simulate(sample_world(small, seed=3, replication=recipes.recipe(7)), engine="simpy")
    assert compiled.completion_s[7] == alone.completion_s
    assert compiled != run(small, replications=12, seed=3, jobs=1)
    assert compiled.replication.tolist() == list(range(12))


def test_an_exchange_is_a_recipe_of_whole_replications() -> None:
    assert Exchange("rest", 4).recipe(3) == Recipe(((3, 1.0),), 7, but=(("crews", ((7, 1.0),)),))
    assert Exchange("time", 4).recipe(3) == Recipe(((3, 1.0),), 3, but=(("time", ((7, 1.0),)),))
    addresses = {Exchange("time", 4).address, Exchange("time", 5).address,
                 Given((plain(1),)).address, Given((plain(2),)).address}  # fmt: skip
    assert len(addresses) == 4
