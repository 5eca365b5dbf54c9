"""Draws are addressed: any split of the replications, and any addition, leaves the rest alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from build import MONDAY, Tree, build, law
from numpy.typing import NDArray

from sim.errors import ScenarioError
from sim.sampling import Sampler, sample_world
from sim.sampling.memory import Room
from sim.sampling.recipes import LEVELS, Exchange
from sim.sampling.size import of_world
from sim.scenario.scenario import Scenario
from sim.world import World

Arrays = dict[str, NDArray[np.generic]]

SHELLING: Tree = {
    "regimes": [
        {"name": "calm", "attacks_per_24h": law("uniform", low=5, high=15), "mean_days": 10},
        {"name": "storm", "attacks_per_24h": 60, "mean_days": 4},
    ],
    "stop_hours": law("lognormal", mean=0.2, cv=1),
    "recontaminated_parcels": 0.5,
    "casualty_probability": 0.05,
    "recovery_days": law("exponential", mean=4),
}
ALL: Tree = {
    "campaign": {"horizon_days": 400},
    "factors": {"rate": law("lognormal", mean=1, cv=0.3), "area": law("uniform", low=0.9, high=2)},
    "sector": [
        {"name": "A", "count": 2, "area_ha": law("uniform", low=4, high=9), "items_per_ha": 3},
        {"name": "B", "area_ha": 6.5, "opens": law("uniform", low=0, high=9), "exposure": 2},
    ],
    "crew": [
        {
            "name": "near",
            "count": 3,
            "variation": 0.3,
            "arrives": law("uniform", low=0, high=20),
            "leaves": law("uniform", low=30, high=90),
        },
        {
            "name": "far",
            "count": law("uniform", low=2, high=4),
            "variation": 0.2,
            "arrives": law("exponential", mean=10),
        },
        {"name": "scouts", "role": "survey", "count": 1},
        {"name": "repair", "role": "restoration", "count": 1},
    ],
    "clearance": {"parcel_variation": 0.6, "item_dispersion": 0.5},
    "survey": {"cancelled_share": law("uniform", low=0.1, high=0.4), "parcel_variation": 0.3},
    "growth": {"share": 0.3, "found_until": 100},
    "quality": {
        "inspected_share": 0.4,
        "failure_probability": 0.4,
        "inspection_days": law("exponential", mean=3),
    },
    "shelling": SHELLING,
    "deadline": [
        {"name": "half", "date": MONDAY, "released_share": 0.5},
        {"name": "some", "date": MONDAY, "released_ha": 5},
    ],
    "closure": [
        {"name": "leave", "from": 30, "until": 44, "pace": 0.3},
        {"name": "unsafe", "from": 50, "until": 64, "sectors": ["A"]},
    ],
    "season": [
        {
            "name": "winter",
            "closed_from": "12-10",
            "closed_until": "03-20",
            "shift_days": law("normal", mean=0, sd=5, low=-20, high=20),
            "pace": law("uniform", low=0, high=0.5),
        }
    ],
    "weather": {"lost_day_probability": 0.1, "yearly_cv": 0.5, "spell_days": 3},
    "pace": {"weekly_cv": 0.3, "weekly_correlation": 0.4, "drift_cv_per_year": 0.3},
    "accidents": {
        "per_person_day": law("uniform", low=0.01, high=0.05),
        "stand_down_days": law("exponential", mean=2),
        "victims": 1.5,
    },
    "restoration": {"share": 0.5, "parcel_variation": 0.4},
    "money": {
        "fund": [
            {"name": "f", "roles": ["clearance"], "amount": law("uniform", low=1, high=1000)},
            {
                "name": "g",
                "roles": ["survey"],
                "tranches": [
                    {"from": law("uniform", low=0, high=9), "amount": law("uniform", low=0, high=9)}
                ],
            },
        ],
        "overhead": [{"name": "office", "fund": "g", "once": 5, "per_year": 99}],
    },
}


def arrays(part: object, path: str = "") -> Arrays:
    """Return every number of a world by its dotted name; the scenario is left out."""
    if is_dataclass(part):
        pairs = [(f.name, getattr(part, f.name)) for f in fields(part) if f.name != "scenario"]
        return {k: v for name, value in pairs for k, v in arrays(value, f"{path}.{name}").items()}
    return {path[1:]: np.asarray(part)}


def differing(a: World, b: World) -> set[str]:
    """Return the names of what differs between two worlds."""
    one, other = arrays(a), arrays(b)
    return {k for k in one if not np.array_equal(one[k], other[k])}


def scenario(without: Sequence[str] = (), **changes: object) -> Scenario:
    return build(**{k: v for k, v in (ALL | changes).items() if k not in without})


BY_CREW = (
    "crews.", "mishaps.", "calendar.stands_by", "money.per_day", "money.standby",
    "money.to_mobilise", "money.price",
)  # fmt: skip


def pairs(one: Scenario, other: Scenario, n: int = 8) -> list[tuple[World, World]]:
    """Return the first worlds of two scenarios that share a seed."""
    both = [Sampler(s, seed=3).worlds(range(n)) for s in (one, other)]
    return list(zip(*both, strict=True))


def owned(first: NDArray[np.int64], entries: NDArray[np.generic]) -> list[list[object]]:
    """Return the entries of each owner."""
    return [part.tolist() for part in np.split(entries, first[1:-1])]


# Splits


def test_the_worlds_have_something_of_everything() -> None:
    # so that the comparisons below are not between empty arrays
    found = [arrays(w) for w in Sampler(scenario(), seed=3).worlds(range(8))]
    empty = {k for k in found[0] if all(world[k].size == 0 for world in found)}
    assert empty == {"land.queue_order"}  # no sector is "easiest"
    moved = {
        k for k in found[0] if any(not np.array_equal(world[k], found[0][k]) for world in found[1:])
    }
    assert {
        "calendar.pace", "land.clearance_s", "land.items", "land.opens_s", "land.found_s",
        "land.survey_result", "land.inspection_passed", "attacks.at_s", "attacks.stop_s",
        "attacks.hit_parcel", "crews.speed", "crews.arrives_s", "crews.leaves_s",
        "mishaps.accident_s", "mishaps.casualty_exposure", "money.amount",
    } <= moved  # fmt: skip


def test_the_first_50_of_100_replications_are_those_of_50_alone() -> None:
    some, more = (list(Sampler(scenario(), seed=3).worlds(range(n))) for n in (50, 100))
    for a, b in zip(some, more[:50], strict=True):
        assert differing(a, b) == set()
    assert [w.replication for w in more] == list(range(100))


def test_a_replication_alone_is_that_of_any_block_and_order() -> None:
    alone = sample_world(scenario(), seed=3, replication=12)
    sampler = Sampler(scenario(), seed=3)
    for block in (range(20), [40, 12, 3], [12, 12], np.array([5, 12])):
        worlds = list(sampler.worlds(block))
        assert differing(alone, worlds[list(block).index(12)]) == set()


def test_luck_of_a_level_is_that_of_the_other_replication() -> None:
    own = [arrays(w) for w in Sampler(scenario(), seed=3).worlds(range(8))]
    for level in LEVELS:
        sampler = Sampler(scenario(), seed=3, recipes=Exchange(level, 4))
        for r, world in enumerate(sampler.worlds(range(4))):
            mixed, other = arrays(world), own[r + 4]
            time, inputs, rest = (
                other if level == x else own[r] for x in ("time", "inputs", "rest")
            )
            for name in ("calendar.lost", "calendar.closed", "calendar.pace"):
                assert np.array_equal(mixed[name], time[name])
            for name in ("land.initial", "money.amount"):
                assert np.array_equal(mixed[name], inputs[name])
            assert mixed["crews.arrives_s"][:3].tolist() == inputs["crews.arrives_s"][:3].tolist()
            assert mixed["land.clearance_s"][0] == rest["land.clearance_s"][0]
            skill, expected = (x["crews.speed"][1] / x["crews.speed"][0] for x in (mixed, rest))
            assert skill == pytest.approx(expected)
            assert not np.array_equal(mixed["attacks.at_s"], own[r]["attacks.at_s"])


def test_a_campaign_that_is_too_large_by_chance_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    large = build(sector={"area_ha": law("uniform", low=50, high=200)})
    there = Room(sum(need.bytes for need in of_world(large, 130)), "a test has")
    monkeypatch.setattr("sim.sampling.memory.memory_there", lambda: there)
    sampler, refused = Sampler(large, seed=0), 0
    for r in range(20):
        try:
            (world,) = sampler.worlds([r])
        except ScenarioError as error:
            refused += "GiB of memory" in str(error)
        else:
            assert world.land.parcels <= 130
    assert 0 < refused < 20


def test_long_campaigns_are_drawn_in_smaller_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(Sampler(scenario(), seed=3).worlds(range(7)))
    monkeypatch.setattr("sim.sampling.LARGEST_BLOCK", 3000)  # thrice 400 days, and the sectors
    parts = list(Sampler(scenario(), seed=3).worlds(range(7)))
    assert len({id(world.calendar.lost.base) for world in parts}) == 4
    for a, b in zip(whole, parts, strict=True):
        assert differing(a, b) == set()


def test_replications_and_seeds_differ() -> None:
    first = sample_world(scenario(), seed=3, replication=0)
    for seed, replication in ((3, 1), (4, 0), (2**63, 0)):
        other = sample_world(scenario(), seed=seed, replication=replication)
        assert {"land.clearance_s", "attacks.at_s", "crews.speed", "calendar.pace"} <= differing(
            first, other
        )


# Additions


CREW_ARRAYS = ("group", "role", "speed", "move_s", "arrives_s", "leaves_s", "cost_per_day")


def crew_numbers(world: World) -> Mapping[tuple[str, int], list[object]]:
    """Return everything drawn for each crew, by the name of its group and its place in it."""
    crews, mishaps, groups = world.crews, world.mishaps, world.scenario.crew
    accidents = [owned(mishaps.first_accident, x) for x in (mishaps.accident_s, mishaps.victims)]
    accidents += [owned(mishaps.first_accident, mishaps.stand_down_s)]
    exposures = owned(mishaps.first_casualty, mishaps.casualty_exposure)
    recoveries = owned(mishaps.first_casualty, mishaps.recovery_s)
    lists = [*accidents, exposures, recoveries]
    numbers = {}
    for c, g in enumerate(crews.group.tolist()):
        place = c - int(np.searchsorted(crews.group, g))
        drawn = [getattr(crews, name)[c].item() for name in CREW_ARRAYS[1:]]
        numbers[groups[g].name, place] = drawn + [entries[c] for entries in lists]
    return numbers


ADDED = {"name": "new", "role": "clearance", "count": 2, "variation": 0.3, "arrives": 3}


@pytest.mark.parametrize(
    "crew",
    [
        [*ALL["crew"], ADDED],
        [ADDED, *ALL["crew"]],
        [ALL["crew"][0] | {"count": 5}, *ALL["crew"][1:]],
        [ALL["crew"][0], ALL["crew"][1] | {"count": 3}, *ALL["crew"][2:]],
        [ALL["crew"][0] | {"count": 0}, *ALL["crew"][1:]],
    ],
    ids=["group at the end", "group in front", "two in front", "one in the middle", "none left"],
)
def test_adding_crews_changes_no_other_draw(crew: list[Tree]) -> None:
    for before, after in pairs(scenario(), scenario(crew=crew)):
        own = {k for k in arrays(before) if k.startswith(BY_CREW)}
        assert differing(before, after) - own == set()
        old, new = crew_numbers(before), crew_numbers(after)
        common = set(old) & set(new)
        assert len(common) >= 4
        assert {k: old[k] for k in common} == {k: new[k] for k in common}


def test_crews_of_a_group_are_not_each_others_copies() -> None:
    world = sample_world(scenario())
    assert len({*world.crews.speed.tolist()}) == len(world.crews.speed) - 1  # two do not vary
    assert len({*world.crews.arrives_s[:5].tolist()}) == 5


def sector_numbers(world: World, sector: int) -> list[object]:
    """Return everything drawn for the land of a sector, its parcels numbered from 0."""
    land = world.land
    span = slice(*land.first_parcel[sector : sector + 2].tolist())
    arrays_p = (land.survey_s, land.survey_result, land.clearance_s, land.items)
    numbers: list[object] = [a[span].tolist() for a in (*arrays_p, land.restoration_s)]
    numbers += [int(land.opens_s[sector]), int(land.initial[sector])]
    mine = land.sector[land.found_parcel] == sector
    numbers.append((land.found_parcel[mine] - span.start).tolist())
    numbers.append(land.found_s[mine].tolist())
    for i in land.first_inspection[span].tolist():
        passed = land.inspection_passed[i:].tolist().index(True) if i >= 0 else -1
        numbers.append(land.inspection_s[i : i + passed + 1].tolist())
    return numbers


def attack_numbers(world: World, sector: int) -> list[tuple[int, int, list[int]]]:
    """Return the attacks on a sector: when, how long the stop, which parcels, from 0."""
    attacks, start = world.attacks, int(world.land.first_parcel[sector])
    return [
        (
            int(attacks.at_s[a]),
            int(attacks.stop_s[a]),
            (attacks.hit_parcel[attacks.first_hit[a] : attacks.first_hit[a + 1]] - start).tolist(),
        )
        for a in np.flatnonzero(attacks.sector == sector)
    ]


# what each crew may enter, or prefers, and what deadlines are about, has one column more
BY_SECTOR = {"crews.may_enter", "crews.prefers", "deadlines.land"}
QUIET = {"name": "C", "area_ha": 5, "exposure": 0}


@pytest.mark.parametrize(
    ("sector", "shift"),
    [([*ALL["sector"], QUIET], 0), ([QUIET, *ALL["sector"]], 1)],
    ids=["at the end", "in front"],
)
def test_adding_a_sector_that_is_not_attacked_changes_no_other_draw(
    sector: list[Tree], shift: int
) -> None:
    for before, after in pairs(scenario(), scenario(sector=sector)):
        own = {k for k in arrays(before) if k.startswith(("land.", "attacks."))}
        assert differing(before, after) - own == BY_SECTOR
        for s in range(3):
            assert sector_numbers(before, s) == sector_numbers(after, s + shift)
            assert attack_numbers(before, s) == attack_numbers(after, s + shift)


def test_one_more_of_a_counted_sector_changes_no_other_draw() -> None:
    more = [ALL["sector"][0] | {"count": 3}, ALL["sector"][1]]
    for before, after in pairs(scenario(), scenario(sector=more)):
        for s, t in ((0, 0), (1, 1), (2, 3)):
            assert sector_numbers(before, s) == sector_numbers(after, t)
        assert sector_numbers(after, 2)[0] != sector_numbers(after, 1)[0]  # its own numbers


def test_a_counted_group_shares_what_is_drawn_once() -> None:
    for world, _ in pairs(scenario(), scenario()):
        assert world.land.initial[0] == world.land.initial[1]
        assert world.land.last_initial_m2[0] == world.land.last_initial_m2[1]
        n = min(np.diff(world.land.first_parcel)[:2])
        assert sector_numbers(world, 0)[2][: n - 1] != sector_numbers(world, 1)[2][: n - 1]


# What each table adds to a world, and nothing else
OWN: dict[str, set[str]] = {
    "weather": {"calendar.lost", "calendar.pace"},
    "closure": {
        "calendar.row", "calendar.pace", "calendar.rest", "calendar.barred", "calendar.turns",
        "calendar.closures", "calendar.first_closed", "calendar.which", "calendar.closed",
        "land.zone",
    },
    "season": {
        "calendar.pace", "calendar.closures", "calendar.first_closed", "calendar.which",
        "calendar.closed",
    },
    "pace": {"calendar.pace"},
    "quality": {
        "land.first_inspection", "land.inspection_s", "land.inspection_passed"
    },
    "accidents": {
        "mishaps.first_accident", "mishaps.accident_s", "mishaps.stand_down_s", "mishaps.victims"
    },
    "money": {
        "money.amount", "money.bears", "money.per_day", "money.standby",
        "money.to_mobilise", "money.tranche_s",
        "money.tranche_fund", "money.tranche_amount", "money.overhead_fund",
        "money.overhead_once", "money.overhead_per_day", "money.price_up_to",
    },
    "shelling": {
        "attacks.at_s", "attacks.sector", "attacks.stop_s", "attacks.first_hit",
        "attacks.hit_parcel", "attacks.until_s", "mishaps.first_casualty",
        "mishaps.casualty_exposure",
        "mishaps.recovery_s",
    },
}  # fmt: skip


@pytest.mark.parametrize("table", OWN)
def test_adding_a_table_changes_no_other_draw(table: str) -> None:
    for before, after in pairs(scenario(without=[table]), scenario()):
        assert differing(before, after) <= OWN[table]
    assert any(differing(a, b) for a, b in pairs(scenario(without=[table]), scenario()))


def test_adding_restoration_changes_no_other_draw() -> None:
    crews = [c for c in ALL["crew"] if c["name"] != "repair"]
    without = scenario(without=["restoration"], crew=crews)
    own = {"land.restored", "land.restoration_s"}
    for before, after in pairs(without, scenario()):
        assert differing(before, after) - own <= {
            k for k in arrays(before) if k.startswith(BY_CREW)
        }
        old, new = crew_numbers(before), crew_numbers(after)
        assert old == {k: new[k] for k in old}


def test_adding_survey_changes_no_other_draw() -> None:
    crews = [c for c in ALL["crew"] if c["name"] != "scouts"]
    own = {"land.surveyed", "land.survey_s", "land.survey_result"}
    # the items of what survey releases are not there any more
    for before, after in pairs(scenario(without=["survey"], crew=crews), scenario()):
        assert differing(before, after) - own - {"land.items"} <= {
            k for k in arrays(before) if k.startswith(BY_CREW)
        }
        confirmed = after.land.survey_result == 2
        assert np.array_equal(before.land.items[confirmed], after.land.items[confirmed])


def test_adding_growth_changes_nothing_about_initial_land() -> None:
    for before, after in pairs(scenario(without=["growth"]), scenario()):
        assert all(not k.startswith(("crews.", "mishaps.", "calendar.", "money.")) for k in
                   differing(before, after))  # fmt: skip
        for s in range(3):
            old, new = sector_numbers(before, s), sector_numbers(after, s)
            n = int(before.land.initial[s])
            assert [x[:n] for x in old[:5]] == [x[:n] for x in new[:5]]
            assert old[9:] == new[9 : 9 + n]  # inspections, parcel by parcel
            assert attack_numbers(before, s) == attack_numbers(after, s)


def test_a_longer_horizon_only_adds() -> None:
    longer = scenario(campaign={"horizon_days": 500})
    for before, after in pairs(scenario(), longer):
        assert [k for k in differing(before, after) if k.startswith(("land.", "crews."))] == []
        days = len(before.calendar.lost)
        assert np.array_equal(after.calendar.pace[:, :days], before.calendar.pace)
        for s in range(3):
            old = attack_numbers(before, s)
            assert attack_numbers(after, s)[: len(old)] == old


# Exposure


def steady(exposure: float) -> Scenario:
    return build(
        campaign={"horizon_days": 400},
        sector=[{"area_ha": 8}, {"area_ha": 8, "exposure": exposure}],
        shelling=SHELLING | {"regimes": [{"name": "x", "attacks_per_24h": 50, "mean_days": 1}]},
    )


def test_changing_exposure_rescales_the_clock_of_each_sector() -> None:
    # B's weight goes from 1 in 2 to 3 in 4, A's from 1 in 2 to 1 in 4: the i-th attack on B comes
    # at 2/3 of its time, that on A at twice of it, with the stop and the hits it had
    for before, after in pairs(steady(1), steady(3)):
        for s, factor in ((0, 2.0), (1, 2 / 3)):
            old, new = attack_numbers(before, s), attack_numbers(after, s)
            n = min(len(old), len(new))
            assert n > 50
            assert [x[1:] for x in old[:n]] == [x[1:] for x in new[:n]]
            times = np.array([(a[0], b[0]) for a, b in zip(old[:n], new[:n], strict=True)])
            assert np.abs(times[:, 0] * factor - times[:, 1]).max() <= 0.5 + 0.5 * factor


def test_with_regimes_the_clock_is_rescaled_too() -> None:
    # counted on the shelling's own clock: the i-th attack falls where the expected number of
    # attacks on the sector is the same, whatever its exposure
    for before, after in pairs(
        scenario(), scenario(sector=[ALL["sector"][0], ALL["sector"][1] | {"exposure": 6}])
    ):
        old, new = attack_numbers(before, 2), attack_numbers(after, 2)
        assert len(new) > len(old) > 20
        assert [x[1:] for x in old] == [x[1:] for x in new[: len(old)]]
        assert all(b[0] <= a[0] for a, b in zip(old, new, strict=False))
        assert differing(before, after) <= OWN["shelling"]


# Luck


def test_scenarios_that_share_a_seed_share_their_luck() -> None:
    # the same u in another law: the quantiles correspond
    wide = {"factors": {"rate": law("uniform", low=1, high=2), "area": ALL["factors"]["area"]}}
    slow = {"factors": {"rate": law("uniform", low=3, high=7), "area": ALL["factors"]["area"]}}
    for a, b in pairs(scenario(**wide), scenario(**slow)):
        scale = b.crews.speed / a.crews.speed
        rate = a.crews.speed[-1]  # of a crew that does not vary
        assert np.allclose(scale, (3 + 4 * (rate - 1)) / rate, rtol=1e-12)
        assert differing(a, b) == {"crews.speed"}


def test_what_is_drawn_apart_is_independent() -> None:
    # area, rate and the fund of one replication have each their own u: of 300 pairs, a correlation
    # of independent ones is below 5 / sqrt(300) but once in two million cases
    drawn = np.array(
        [
            (
                w.land.last_initial_m2[0] + w.land.initial[0] * 10_000,
                w.crews.speed[-1],
                w.money.amount[0],
            )
            for w in Sampler(scenario(), seed=3).worlds(range(300))
        ]
    )
    correlation = np.corrcoef(drawn.T)
    assert np.abs(correlation - np.eye(3)).max() < 5 / math.sqrt(300)


def test_streams_of_two_names_and_two_purposes_differ() -> None:
    # initial and found parcels, twins and neighbours, accidents of two groups: no stream twice
    same = {"area_ha": 40, "items_per_ha": 3}
    twins = build(
        sector=[same | {"count": 2}, same],
        crew=[{"count": 2, "variation": 0.2}, {"count": 2, "variation": 0.2}],
        clearance={"parcel_variation": 0.5},
        growth={"share": 1, "found_until": 50},
        accidents={"per_person_day": 0.1},
        shelling=SHELLING,
    )
    world = sample_world(twins)
    efforts = world.land.clearance_s.reshape(6, 40)  # of each sector: initial, found
    assert np.abs(np.corrcoef(efforts) - np.eye(6)).max() < 0.75
    assert len(set(world.crews.speed.tolist())) == 4
    first = world.mishaps.first_accident[:-1]
    assert len(set(world.mishaps.accident_s[first].tolist())) == 4
    attacks = [attack_numbers(world, s)[:20] for s in range(3)]
    for i in range(3):  # when, how long, which parcels
        drawn = [[attack[i] for attack in of_sector] for of_sector in attacks]
        assert all(drawn[s] != drawn[t] for s, t in ((0, 1), (0, 2), (1, 2)))


def test_a_key_made_uncertain_leaves_the_others_their_draws() -> None:
    uncertain = [
        ALL["sector"][0] | {"difficulty": law("uniform", low=1, high=2)},
        ALL["sector"][1],
    ]
    for a, b in pairs(scenario(), scenario(sector=uncertain)):
        # all efforts of A change by one factor, and nothing else does
        assert differing(a, b) == {"land.survey_s", "land.clearance_s", "land.restoration_s"}
        span = slice(0, a.land.first_parcel[2])
        ratio = b.land.clearance_s[span] / a.land.clearance_s[span]
        assert np.allclose(ratio, ratio[0], rtol=1e-12)
        assert math.isclose(1.5, ratio[0], abs_tol=0.5)
        assert np.array_equal(a.land.clearance_s[span.stop :], b.land.clearance_s[span.stop :])


def test_more_variation_stretches_the_same_luck() -> None:
    # u is the same: logarithms of the parcels' factors correspond by an affine map
    calm, wild = (
        build(sector={"area_ha": 50}, clearance={"parcel_variation": v}) for v in (0.2, 0.8)
    )
    for a, b in pairs(calm, wild):
        x, y = np.log(a.land.clearance_s), np.log(b.land.clearance_s)
        assert np.corrcoef(x, y)[0, 1] > 0.99999
