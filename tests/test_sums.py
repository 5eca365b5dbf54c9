"""Sums by calendar year, region, operator and payer."""

import datetime as dt

import numpy as np
from build import DAY, Attack, build, every_engine, law, play, with_attacks
from ensembles import run

from sim.engines import Engine, simulate
from sim.outcome import COUNTS, Count, GroupSum, of_operators
from sim.sampling import sample_world
from sim.scenario.scenario import Scenario
from sim.world import PER_HA

ALL = ["survey", "clearance", "restoration"]
PAYERS = [
    {"name": "f", "amount": 9999, "roles": ALL, "share": 0.85},
    {"name": "g", "amount": 9999, "roles": ALL, "share": 0.15},
]
CREWS = [
    {"operator": "x", "sectors": ["A", "B"], "people": 7, "deminers": 5},
    {"operator": "y", "sectors": ["C"], "arrives": 397, "people": 4},
    {"operator": "x", "sectors": ["D"], "arrives": 1},
]


def three_years() -> Scenario:
    """Return a campaign from 30 December 2027 to 2 February 2029: 2, 366 and 32 days long.

    A, of region R, and B, of Q, are cleared in turn, 200 days each; C, of no region, on the last
    3 days; D, of R, on the second, by a crew that leaves then.
    """
    crews = [
        CREWS[0] | {"cost_per_day": 10, "cost_to_mobilise": 5},
        CREWS[1] | {"cost_per_day": 20, "cost_to_mobilise": 7},
        CREWS[2] | {"leaves": 2, "price_per_ha": 40},
    ]
    return build(
        campaign={"start": dt.date(2027, 12, 30), "horizon_days": 800.0},
        sector=[
            {"area_ha": 200, "region": "R"},
            {"area_ha": 200, "region": "Q"},
            {"area_ha": 3},
            {"area_ha": 1, "region": "R"},
        ],
        crew=crews,
        money={"fund": PAYERS, "overhead": [{"name": "office", "per_year": 36525, "once": 50}]},
    )


@every_engine
def test_sums_of_three_years_are_those_counted_by_hand(engine: Engine) -> None:
    scenario = three_years()
    outcome = play(scenario, engine=engine)
    ends = outcome.world.calendar.year_ends_s
    assert ends.tolist() == [2 * DAY, 368 * DAY, 733 * DAY, 800 * DAY]
    assert outcome.completion_s == 400 * DAY
    # what is finished at the last second of a year belongs to it; land of no region is last
    assert scenario.regions == ("R", "Q", "")
    released = outcome.year_counts[:, :, Count.RELEASED_M2]
    assert (released / PER_HA).tolist() == [[3, 0, 0], [201, 168, 0], [201, 200, 3], [201, 200, 3]]
    assert (outcome.year_counts[:, :, Count.CLEARED_M2] == released).all()
    # crews, by operators
    hundredths = 100 * DAY
    operators = of_operators(scenario, outcome.year_groups)
    assert list(operators) == ["x", "y"]
    days = {name: each[:, GroupSum.PRESENT_S] / DAY for name, each in operators.items()}
    assert days["x"].tolist() == [2 + 1, 368 + 1, 400 + 1, 400 + 1]
    assert days["y"].tolist() == [0, 0, 3, 3]
    deminers = {name: each[:, -1] / DAY for name, each in operators.items()}
    assert deminers["x"].tolist() == [5 * 2 + 1, 5 * 368 + 1, 5 * 400 + 1, 5 * 400 + 1]
    assert deminers["y"].tolist() == [0, 0, 12, 12]
    cost = {name: each[:, GroupSum.COST] / hundredths for name, each in operators.items()}
    assert cost["x"].tolist() == [5 + 20 + 40, 5 + 3680 + 40, 5 + 4000 + 40, 5 + 4000 + 40]
    assert cost["y"].tolist() == [0, 0, 7 + 60, 7 + 60]
    cleared = {name: each[:, GroupSum.CLEARED_M2] / PER_HA for name, each in operators.items()}
    assert cleared["x"].tolist() == [3, 369, 401, 401]
    assert cleared["y"].tolist() == [0, 0, 3, 3]
    # who paid
    roles, overhead = [65, 3725, 4112, 4112], [250, 36850, 40050, 40050]
    expected = [[0, c, 0, o, 0.85 * c, 0.15 * c] for c, o in zip(roles, overhead, strict=True)]
    assert np.allclose(outcome.year_cost / hundredths, expected, rtol=0, atol=1e-9)


@every_engine
def test_crews_that_cleared_last_have_what_inspection_accepts(engine: Engine) -> None:
    # a parcel cleared by the first crew fails, and is cleared again by the second
    scenario = build(
        sector={"area_ha": 1, "items_per_ha": 3},
        crew=[{"leaves": 1}, {"arrives": 1, "operator": "y"}],
        quality={"inspected_share": 1, "failure_probability": 0.5, "inspection_days": 1},
    )
    failed = 0
    for seed in range(9):
        outcome = play(scenario, engine=engine, seed=seed)
        cleared = outcome.year_groups[-1, :, GroupSum.CLEARED_M2].tolist()
        again = outcome.crew_time[1, 0] > 0
        assert cleared == ([0, PER_HA] if again else [PER_HA, 0])
        failed += again
    assert 0 < failed < 9


@every_engine
def test_surveyors_have_what_they_cancel_and_reduce(engine: Engine) -> None:
    # each surveys a sector of its own, of 9 parcels, in the first and in the second year
    surveyor = {"role": "survey", "rate_ha_per_day": 1}
    scenario = build(
        campaign={"start": dt.date(2025, 12, 23), "horizon_days": 20.0},
        sector=[{"area_ha": 9, "cancelled_share": 1}, {"area_ha": 9, "reduced_share": 1}],
        crew=[{}, surveyor | {"sectors": ["A"]}, surveyor | {"sectors": ["B"], "arrives": 5}],
        survey={},
    )
    groups = play(scenario, engine=engine).year_groups / PER_HA
    assert groups[:, :, GroupSum.CANCELLED_M2].tolist() == [[0, 9, 0], [0, 9, 0]]
    assert groups[:, :, GroupSum.REDUCED_M2].tolist() == [[0, 0, 4], [0, 0, 9]]


@every_engine
def test_nothing_is_counted_after_completion_but_all_work_costs(engine: Engine) -> None:
    # the land is clear after 4 days; what is built takes until the next year, with accidents
    scenario = build(
        campaign={"start": dt.date(2025, 12, 25)},
        sector={"area_ha": 4},
        crew=[{}, {"role": "restoration", "rate_ha_per_day": 0.1, "cost_per_day": 1, "people": 9}],
        restoration={"share": 1},
        accidents={"per_person_day": 0.5},
    )
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == 4 * DAY
    assert outcome.restored_s > 40 * DAY
    kinds = [Count.ACCIDENTS, Count.CASUALTIES]
    of_groups = outcome.year_groups[:, :, [GroupSum.ACCIDENTS, GroupSum.CASUALTIES]]
    assert (outcome.year_counts[:, 0, kinds] == outcome.counts[kinds]).all()
    assert (of_groups.sum(1) == outcome.counts[kinds]).all()
    days = outcome.year_groups[:, 1, GroupSum.PRESENT_S] / DAY
    assert days[0] == 7
    assert days[1] == outcome.restored_s / DAY
    assert (outcome.year_groups[:, 1, GroupSum.COST] == days * 100 * DAY).all()


def test_what_the_ensemble_keeps_adds_up_in_every_replication() -> None:
    scenario = build(
        campaign={"start": dt.date(2025, 12, 20)},
        sector=[{"region": "R"}, {}, {"region": "Q"}],
        crew=[{"count": 2, "cost_per_day": 3, "people": 4}, {"role": "survey", "cost_per_day": 2}],
        survey={"cancelled_share": 0.3, "reduced_share": 0.2},
        factors={"rate": law("lognormal", mean=1.0, cv=0.3)},
        accidents={"per_person_day": 0.1},
        money={"fund": PAYERS, "overhead": [{"name": "office", "per_year": 999, "fund": "f"}]},
    )
    ensemble = run(scenario, n=5)
    assert ensemble.year_counts.shape == (5, 4, 3, len(COUNTS))
    counts, groups = ensemble.year_counts[:, -1].sum(1), ensemble.year_groups[:, -1].sum(1)
    assert (counts == ensemble.counts).all()
    assert (ensemble.year_cost[:, -1, :4] == ensemble.total_cost).all()
    assert (ensemble.year_cost[:, -1, 4:] == ensemble.fund_cost).all()
    assert (groups[:, GroupSum.COST] == ensemble.total_cost[:, :3].sum(1)).all()
    assert (1000 * groups[:, GroupSum.PRESENT_S] == ensemble.group_time.sum((1, 2))).all()
    assert counts[:, [Count.CANCELLED_M2, Count.REDUCED_M2]].all()
    for kind in ("CLEARED_M2", "ACCIDENTS", "CASUALTIES", "CANCELLED_M2", "REDUCED_M2"):
        assert (groups[:, GroupSum[kind]] == counts[:, Count[kind]]).all()


@every_engine
def test_land_that_is_hit_again_has_a_first_release_and_a_last(engine: Engine) -> None:
    # A and B, of R, are cleared on the first two days; A is hit while the fourth parcel is cleared,
    # and is the fifth
    scenario = build(
        sector=[{"area_ha": 1, "region": "R"}, {"area_ha": 1, "region": "R"}, {"area_ha": 9}],
    )
    world = sample_world(scenario, seed=0)
    hit = Attack(3 * DAY + 9, sector=0, hits=(0,))
    outcome = simulate(with_attacks(world, hit), engine=engine)
    assert (outcome.sector_first_s / DAY).tolist() == [1, 2, 12]
    assert (outcome.sector_release_s / DAY).tolist() == [5, 2, 12]
    assert (outcome.region_first_s / DAY).tolist() == [2, 12]
