"""What drives the date and what makes it late: known shares, known days, and the command."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import coverage_of_shares
import numpy as np
import polars as pl
import pytest
from build import ENGINES, FAST, build, law, plays
from conftest import Demine
from drawn import Drawn, assert_picture
from ensembles import completed_at
from ensembles import run as ensemble_of
from scipy.special import ndtri

import sim.experiments.study
from sim import Scenario, explain, run
from sim.errors import ScenarioError
from sim.experiments.explain.causes import CAUSES, causes_of
from sim.experiments.explain.delays import delays
from sim.experiments.explain.drivers import _by_rank, by_rank
from sim.experiments.explain.drivers_picture import draw_drivers
from sim.experiments.explain.explain import LUCK, Answers, Explanation, others_of, planned
from sim.experiments.explain.inputs import fixed_at, inputs_of, scores
from sim.experiments.explain.report import lines
from sim.experiments.explain.table import answers_of, table
from sim.experiments.explain.variants import LEAST, chosen
from sim.experiments.study import Study
from sim.results.pictures.canvas import vector
from sim.results.tables import crew_time
from sim.results.words import cause_words, key_words
from sim.sampling import Sampler
from sim.sampling.draws import Block
from sim.sampling.recipes import Exchange, Floats, Ints
from sim.scenario.keys import dotted
from sim.statistics.estimates import Estimate
from sim.statistics.shares import shares
from sim.statistics.summary import completion_days

ROOT = Path(__file__).parent.parent
TUTORIAL = str(ROOT / "scenarios" / "tutorial.toml")
FOLDER = Path("results/tutorial-explain")
Z = 1.96


def of(found: Explanation, kind: str, name: str, quantity: str) -> Estimate:
    return found.answers[kind, name, quantity]


def assert_near(estimate: Estimate, expected: float, *, z: float) -> None:
    """Fail if an estimate is further from what is expected than z of its standard errors."""
    error = (estimate.high - estimate.low) / (2 * Z)
    assert abs(estimate.value - expected) < z * error, (estimate, expected)
    assert 2 * Z * error < 0.4  # or the test would prove little


def unsure(scenario: Scenario, *, n: int) -> Explanation:
    return explain(scenario, replications=n, only=["uncertainty"])


def shares_of(scenario: Scenario, *, n: int = 512) -> Answers:
    return explain(scenario, replications=n, only=["uncertainty"], all_inputs=True).answers


# What are we unsure about?


def test_a_sum_of_two_inputs_has_their_variances_as_shares() -> None:
    """One crew clears A and then B, a hectare a day: 400 and 100 twelfths of variance.

    Each of four numbers is off by 4 standard errors with probability 6e-5.
    """
    areas = [law("uniform", low=10.0, high=30.0), law("uniform", low=10.0, high=20.0)]
    found = shares_of(build(sector=[{"area_ha": area} for area in areas]))
    for key, share in (("sector.A.area_ha", 0.8), ("sector.B.area_ha", 0.2)):
        for index in ("first_order", "total"):
            assert_near(found["sobol", key, index], share, z=4)
    ranked = [name for kind, name, index in found if (kind, index) == ("sobol", "total")]
    assert ranked == ["sector.A.area_ha", "sector.B.area_ha"]


def test_a_product_of_two_inputs_has_an_interaction() -> None:
    """Area (mean 10, variance 27) times difficulty (mean 1, variance 1/12), to the second."""
    area, hard = law("uniform", low=1.0, high=19.0), law("uniform", low=0.5, high=1.5)
    found = shares_of(build(sector={"area_ha": area, "difficulty": hard}))
    one, two, both = 27.0, 100 / 12, 27 / 12
    whole = one + two + both
    for key, alone in (("sector.A.area_ha", one), ("sector.A.difficulty", two)):
        assert_near(found["sobol", key, "first_order"], alone / whole, z=4)
        assert_near(found["sobol", key, "total"], (alone + both) / whole, z=4)


def test_an_input_moves_the_p80_by_what_it_is() -> None:
    scenario = build(sector=[{"area_ha": law("uniform", low=10.0, high=30.0)}, {}])
    found = unsure(scenario, n=100)
    base = of(found, "completion", "completion_day", "p80").value
    for at, days in (("p10", 22.0), ("p90", 38.0)):
        assert of(found, "tornado", "sector.A.area_ha", f"p80_at_{at}") == (days, days, days)
        change = of(found, "tornado", "sector.A.area_ha", f"p80_change_at_{at}")
        assert change.value == pytest.approx(days - base)
        assert change.low <= change.value <= change.high


def test_a_time_drawn_for_each_sector_is_an_input_as_a_whole() -> None:
    late = law("uniform", low=0.0, high=100.0)
    scenario = build(sector={"count": 3, "area_ha": 0.01, "opens": late})
    found = unsure(scenario, n=100)
    assert of(found, "tornado", "sector.A.opens", "p80_at_p90").value == pytest.approx(90, abs=0.1)
    assert of(found, "sobol", "sector.A.opens", "total").value == pytest.approx(1, abs=0.3)


NOBODY_KNOWS = {"factors": {"rate": law("uniform", low=0.7, high=1.3)}}
WEEKS = {"pace": {"weekly_cv": 0.5}}
PARCELS = {"clearance": {"parcel_variation": 0.5}}


@pytest.mark.parametrize(
    ("level", "tables"), [("inputs", NOBODY_KNOWS), ("time", WEEKS), ("rest", PARCELS)]
)
def test_what_does_nothing_has_a_share_of_exactly_nothing(
    level: str, tables: dict[str, Any]
) -> None:
    found = shares_of(build(**tables), n=256)
    for other in ("inputs", "time", "rest"):
        for index in ("first_order", "total"):
            estimate = found["level", other, index]
            if other == level:
                assert_near(estimate, 1.0, z=4)
            else:
                assert estimate == (0, 0, 0)


def test_exchanged_rows_are_those_of_the_design() -> None:
    """Of a campaign of inputs alone, AB of all inputs is B; of one input it differs from both."""
    scenario = build(**NOBODY_KNOWS, sector={"area_ha": law("uniform", low=5.0, high=9.0)})
    study, n = Study(), 20
    both = completion_days(study.ensemble(scenario, 2 * n))
    rows = {
        what: completion_days(study.ensemble(scenario, n, recipes=Exchange(what=what, by=n)))
        for what in ("inputs", "rest", "factors.rate")
    }
    assert np.array_equal(rows["inputs"], both[n:])
    assert np.array_equal(rows["rest"], both[:n])
    assert not np.isin(rows["factors.rate"], both).any()
    again = run(scenario, replications=n, recipes=Exchange(what="factors.rate", by=n), jobs=3)
    assert np.array_equal(completion_days(again), rows["factors.rate"])


def test_without_chance_there_is_nothing_to_share() -> None:
    found = unsure(build(), n=3)
    assert np.isnan(of(found, "level", "rest", "total")).all()
    assert inputs_of(build()) == ()
    assert np.isnan(shares(np.zeros(1), np.ones(1), {"x": np.ones(1)})["x"].total).all()


def test_the_completion_of_what_is_not_complete_is_the_horizon() -> None:
    area = law("uniform", low=10.0, high=30.0)
    found = unsure(build(campaign={"horizon_days": 15.0}, sector={"area_ha": area}), n=50)
    assert "of 100 replications of the scenario were not complete at the horizon" in found.note
    assert np.isfinite(of(found, "sobol", "sector.A.area_ha", "total")).all()
    assert np.isnan(of(found, "tornado", "sector.A.area_ha", "p80_change_at_p10").value)
    assert of(found, "tornado", "sector.A.area_ha", "restricted_mean_change_at_p10").value < 0


# Which inputs are looked at alone


def many(**tables: Any) -> Scenario:
    """One crew clears eight sectors: 400, 100 and six times 1 of 506 twelfths of variance."""
    widths = [20.0, 10.0, *[1.0] * 6]
    areas = [law("uniform", low=10.0, high=10.0 + width) for width in widths]
    return build(sector=[{"area_ha": area} for area in areas], **tables)


@pytest.fixture(scope="module")
def few() -> Explanation:
    return unsure(many(), n=512)


def test_only_what_may_matter_is_looked_at_alone(few: Explanation) -> None:
    great = ["sector.A.area_ha", "sector.B.area_ha"]
    looked_at = [name for kind, name, q in few.answers if (kind, q) == ("tornado", "p80_at_p10")]
    assert looked_at[:2] == great
    assert len(looked_at) <= 3  # by chance a small one may seem to matter
    small = others_of(few.answers)
    assert len(small) == 8 - len(looked_at)
    for key in small:
        assert np.isnan(of(few, "sobol", key, "total")).all()
        value, low, high = of(few, "sobol", key, "first_order")
        assert low < value < high <= 0.06
        assert low < 1 / 506 < high
    assert_near(of(few, "level", "others", "total"), len(small) / 506, z=4)
    assert few.total == 512 * (2 + 3 * len(looked_at) + 3 + 1)
    assert few.total < planned(many(), replications=512, only=["uncertainty"]) == 512 * (2 + 18 + 4)


def test_all_inputs_can_be_looked_at_and_the_great_ones_stay_as_they_are(few: Explanation) -> None:
    all_of_them = explain(many(), replications=512, only=["uncertainty"], all_inputs=True)
    assert others_of(all_of_them.answers) == []
    assert ("level", "others", "total") not in all_of_them.answers
    assert all_of_them.total == 512 * (2 + 3 * 8 + 3)
    for of_, estimate in few.answers.items():
        if of_[:2] == ("sobol", "sector.A.area_ha"):
            assert all_of_them.answers[of_] == estimate
    for key in others_of(few.answers):
        assert_near(of(all_of_them, "sobol", key, "total"), 1 / 506, z=4)


def test_what_is_not_looked_at_alone_is_told(few: Explanation) -> None:
    text = "\n".join(lines(table(few), few.scenario))
    n = len(others_of(few.answers))
    assert f"The other {n} numbers seem too small to be looked at alone; together" in text
    assert "See explain.csv" in text
    assert "C: area" not in text


def test_those_of_the_greatest_share_are_chosen_six_at_most() -> None:
    seen = {f"x{i}": i / 100 for i in range(9)}
    assert chosen(seen) == ["x8", "x7", "x6", "x5", "x4", "x3"]
    assert chosen({"a": 0.009, "b": LEAST, "c": 0.02, "d": -0.1}) == ["c", "b"]


def test_what_goes_up_and_down_is_seen_too() -> None:
    """Work begins early if the belt opens in the middle of what is possible."""
    x = np.random.default_rng(1).standard_normal(512)
    share, seen = _by_rank(x, np.abs(x))
    assert 0.9 < seen < share.value
    share, seen = _by_rank(x, x)
    assert seen == pytest.approx(1)


def test_ranks_and_pick_and_freeze_agree() -> None:
    scenario = coverage_of_shares.campaign()
    ranked = by_rank(run(scenario, replications=512))
    frozen = explain(scenario, replications=256, only=["uncertainty"], all_inputs=True)
    for key, share in coverage_of_shares.KEYS.items():
        assert ranked[key].share.low <= share <= ranked[key].share.high
        assert_near(ranked[key].share, of(frozen, "sobol", key, "first_order").value, z=4)
    for index in ("first_order", "total"):
        assert of(frozen, "sobol", "factors.items", index) == (0, 0, 0)


def test_of_a_time_of_several_the_mean_is_looked_at() -> None:
    z = ndtri(np.array([[0.1, 0.4], [0.7, 0.9]]))
    found = scores(np.array([[0.1, 0.4, 0.0], [0.7, 0.9, 0.0], [0.2, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    assert found == pytest.approx([*z.mean(axis=1), ndtri(0.2), 0.0])


def test_inputs_exchanged_together_are_those_of_the_level() -> None:
    scenario, n = many(), 5
    keys = tuple(each.key for each in inputs_of(scenario))
    one, other = (
        completion_days(run(scenario, replications=n, recipes=Exchange(what, by=n)))
        for what in ("inputs", keys)
    )
    assert np.array_equal(one, other)
    some = completion_days(run(scenario, replications=n, recipes=Exchange(keys[:2], by=n)))
    assert not np.isin(some, one).any()


def test_both_engines_explain_the_same() -> None:
    scenario = build(**NOBODY_KNOWS, **CHECKED, sector={"opens": 30.0})
    one, other = (explain(scenario, replications=3, engine=engine) for engine in ENGINES)
    assert table(one).equals(table(other))


# The list of inputs

D = law("uniform", low=0.3, high=0.4)
M2 = law("uniform", low=3_000.0, high=4_000.0)
EVERYTHING: dict[str, Any] = {
    "campaign": {"horizon_days": 60.0},
    "factors": {"area": D, "rate": D, "items": D, "crews": law("uniform", low=1.0, high=2.0)},
    "sector": [
        {"area_ha": D, "opens": D, "difficulty": D, "items_per_ha": D, "exposure": D, "count": 2,
         "cancelled_share": D, "reduced_share": D},
        {"name": "St. Mary", "area_m2": law("uniform", low=50_000.0, high=90_000.0)},
        {"name": "known", "status": "confirmed", "cancelled_share": D, "reduced_share": D},
    ],
    "crew": [
        {"role": role, "count": law("uniform", low=1.0, high=3.0), rate: M2 if "m2" in rate else D,
         "arrives": D, "leaves": law("uniform", low=20.0, high=30.0), "move_hours": D,
         "variation": 0.3, "cost_per_day": D, "standby_cost_per_day": D, "cost_to_mobilise": D,
         **({"price_per_ha" if "m2" in rate else "price_per_m2": D} if role == "clearance" else {})}
        for role, rate in (
            ("survey", "rate_ha_per_day"),
            ("clearance", "rate_m2_per_deminer_day"),
            ("restoration", "rate_m2_per_day"),
        )
    ]
    + [{"role": "clearance", "deployment": [{"name": "x", "from": D, "count": D | {"high": 3.0}}],
        "count_factor": D | {"high": 3.0}}],
    "clearance": {"parcel_variation": 0.3, "item_minutes": D},
    "survey": {"cancelled_share": D, "reduced_share": D},
    "growth": {"share": D, "found_until": D},
    "quality": {"inspected_share": 0.5, "failure_probability": D, "inspection_days": D},
    "shelling": {
        "regimes": [{"name": n, "attacks_per_24h": D, "mean_days": 5.0} for n in ("calm", "bad")],
        "ends": D, "stop_hours": D, "casualty_probability": 0.5, "recovery_days": D,
        "recontaminated_parcels": 0.5,
    },
    "closure": [
        {"name": "leave", "from": D | {"high": 0.6}, "until": D | {"low": 3.0, "high": 4.0},
         "pace": D}
    ],
    "season": [
        {"name": "winter", "closed_from": "07-02", "closed_until": "07-09", "shift_days": D,
         "pace": D}
    ],
    "weather": {"lost_day_probability": 0.1},
    "pace": {"weekly_cv": 0.2, "drift_cv_per_year": 0.2},
    "accidents": {"per_person_day": D, "stand_down_days": D},
    "restoration": {"share": D},
    "money": {
        "when_spent": "stop",
        "fund": [
            {"name": "f", "roles": ["survey"], "amount": D},
            {"name": "g", "roles": ["clearance"], "tranches": [{"from": D, "amount": D}]},
        ],
        "overhead": [
            {"name": "office", "fund": "g", "per_year": D, "once": D},
        ],
    },
}  # fmt: skip
NAMED = ("closure:leave", "season:winter")  # causes besides those that every scenario may have


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Collect the keys that the sampler draws."""
    found: set[str] = set()
    real = Block.uniforms

    def uniforms(self: Block, draw: Callable[[Ints], Floats], *names: str) -> Floats:
        found.update(names[:-1] if names[-1] == "inputs" else ())
        return real(self, draw, *names)

    monkeypatch.setattr(Block, "uniforms", uniforms)
    return found


def test_the_inputs_are_exactly_what_the_sampler_draws(asked: set[str]) -> None:
    scenario = build(**EVERYTHING)
    list(Sampler(scenario, seed=0).worlds(range(3)))
    assert len(asked) == 59
    assert {each.key for each in inputs_of(scenario)} == asked
    assert [cause.name for cause in causes_of(scenario)] == [*(c.name for c in CAUSES), *NAMED]


def test_money_that_stops_nobody_is_no_input(asked: set[str]) -> None:
    scenario = build(**EVERYTHING | {"money": {"when_spent": "continue"}})
    list(Sampler(scenario, seed=0).worlds(range(3)))
    keys = {each.key for each in inputs_of(scenario)}
    assert len(asked - keys) == 10
    assert all("cost_" in key or "price_" in key for key in asked - keys)
    assert keys < asked


@pytest.mark.parametrize(
    "tables",
    [
        {"quality": EVERYTHING["quality"] | {"inspected_share": 0.0}},
        {"shelling": {"ends": D, "stop_hours": D}},
        {"growth": {"share": 0.0, "found_until": D}},
    ],
)
def test_what_is_never_drawn_is_no_input(tables: dict[str, Any], asked: set[str]) -> None:
    scenario = build(**EVERYTHING | tables)
    list(Sampler(scenario, seed=0).worlds(range(3)))
    assert {each.key for each in inputs_of(scenario)} == asked


def test_every_input_can_be_set_to_its_quantiles() -> None:
    scenario = build(**EVERYTHING)
    inputs = inputs_of(scenario)
    for each in inputs:
        fixed = fixed_at(scenario, each, 0.9)
        assert {x.key for x in inputs} - {x.key for x in inputs_of(fixed)} == {each.key}
        assert Scenario.model_validate_json(json.dumps(fixed.resolved())) == fixed


# What makes us late?


def late(scenario: Scenario, *, n: int = 60) -> Explanation:
    return explain(scenario, replications=n, only=["delays"])


def certain(days: float) -> Any:
    return pytest.approx((days, days, days), abs=1e-9)


def assert_costs(found: Explanation, name: str, days: float) -> None:
    for statistic in ("p50", "p80", "restricted_mean"):
        assert of(found, "delay", name, statistic) == certain(days), (name, statistic)


CHECKED = {"quality": {"inspected_share": 1.0, "inspection_days": 5.0}}


def test_causes_that_add_up_have_no_interaction() -> None:
    """Ten days of work begin 30 days late; the last parcel is inspected for 5 more."""
    found = late(build(sector={"opens": 30.0}, **CHECKED))
    costs = {"late opening": 30, "quality and rework": 5, "all": 35, "sum": 35, "interaction": 0}
    for name, days in costs.items():
        assert_costs(found, name, days)
    assert [name for kind, name, q in found.answers if (kind, q) == ("delay", "p80")] == list(costs)


def test_causes_that_hide_behind_each_other_have_one() -> None:
    """Winter closes days 0 to 19, the land opens on day 30: winter alone costs nothing."""
    winter = {"name": "snow", "closed_from": "06-30", "closed_until": "07-20", "pace": 0.0}
    found = late(build(sector={"opens": 30.0}, season=[winter]))
    costs = {"late opening": 10, "season:snow": 0, "all": 30, "sum": 10, "interaction": 20}
    for name, days in costs.items():
        assert_costs(found, name, days)


def test_a_winter_without_work_costs_its_length() -> None:
    winter = {"name": "snow", "closed_from": "07-03", "closed_until": "07-10", "pace": 0.0}
    found = late(build(season=[winter], crew={"arrives": 2.0}))
    assert_costs(found, "season:snow", 7)
    assert_costs(found, "late crews", 2 + 0)


def test_each_closure_and_season_is_a_cause_of_its_own() -> None:
    """Days 3 to 9 are closed by one, 5 to 11 by the other: without one of them the other stays."""
    snow = {"name": "snow", "closed_from": "07-05", "closed_until": "07-12", "pace": 0.0}
    leave = {"name": "leave", "from": 3, "until": 10}
    found = late(build(season=[snow], closure=[leave]))
    costs = {"closure:leave": 2, "season:snow": 2, "all": 9, "sum": 4, "interaction": 5}
    for name, days in costs.items():
        assert_costs(found, name, days)


def test_a_spent_fund_costs_all_the_time_that_is_left() -> None:
    """Ten days of work, money for five: nothing is complete by the horizon."""
    money = {"when_spent": "stop", "fund": [{"name": "f", "roles": ["clearance"], "amount": 500.0}]}
    found = late(build(campaign={"horizon_days": 50.0}, crew={"cost_per_day": 100.0}, money=money))
    assert of(found, "delay", "spent funds", "restricted_mean") == certain(40)


def test_each_cause_is_absent_from_the_scenario_without_it() -> None:
    often = {"regimes": [{"name": "x", "attacks_per_24h": 30.0, "mean_days": 5.0}], "stop_hours": D}
    hurt = {"recontaminated_parcels": 0.5, "casualty_probability": 0.5, "recovery_days": D}
    risky = {"per_person_day": 0.5, "stand_down_days": D}
    fund = {"name": "f", "roles": ["clearance"], "amount": 20.0}
    spent = {"when_spent": "stop", "fund": [fund]}
    busy = {"shelling": often | hurt, "accidents": risky, "money": spent}
    scenario = build(**EVERYTHING | busy)
    before = plays(scenario, n=4, engine=FAST)
    causes = causes_of(scenario)
    assert [c.name for c in causes] == [*(c.name for c in CAUSES), *NAMED]
    for cause in causes:
        less = cause.without(scenario)
        left = [c.name for c in causes_of(less)]
        assert [c.name for c in causes if c.name not in left] == [cause.name]
        assert plays(less, n=4, engine=FAST) != before, cause.name
    assert causes_of(build()) == ()


def test_a_scenario_without_causes_has_no_delays() -> None:
    found = late(build(), n=5)
    assert {kind for kind, _, _ in found.answers} == {"completion"}
    assert found.total == 5


def test_of_a_censored_quantile_it_is_not_known_how_late_it_is() -> None:
    scenario = build(sector={"opens": 30.0})
    base = completed_at(ensemble_of(scenario, n=1), [40.0] * 60 + [None] * 40)
    sooner = completed_at(ensemble_of(build(), n=1), [10.0] * 100)
    found = delays(base, {"late opening": sooner, "all": sooner})
    assert found["delay", "late opening", "p50"] == certain(30)
    assert np.isnan(found["delay", "late opening", "p80"].value)
    mean = found["delay", "late opening", "restricted_mean"]
    assert mean.value == pytest.approx(0.6 * 30 + 0.4 * 990)
    assert mean.low < mean.value < mean.high


# Where does crew time go?


def test_crew_time_is_that_of_a_run_and_closes() -> None:
    scenario = build(**EVERYTHING)
    found = explain(scenario, replications=30, seed=3, only=["crews"])
    assert found.total == 30
    account = crew_time(run(scenario, replications=30, seed=3))
    for row in account.iter_rows(named=True):
        name = dotted("crew", row["crew"], row["state"])
        days, share = (of(found, "crew_time", name, q) for q in ("days_mean", "share"))
        assert days.value == pytest.approx(row["days_mean"], abs=1e-6)
        assert share.value == row["share"]
        assert days.low <= days.value <= days.high
        assert share.low <= share.value <= share.high
    shown = [
        x.value for (kind, _, q), x in found.answers.items() if (kind, q) == ("crew_time", "share")
    ]
    assert sum(shown) == pytest.approx(len(EVERYTHING["crew"]))


# As a whole


def test_the_plan_of_the_work_is_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    for name in ("run", "extend"):
        real = getattr(sim.experiments.study, name)

        def counted(first: Any, *, replications: int, real: Any = real, **more: Any) -> Any:
            done.append(replications - getattr(first, "replications", 0))
            return real(first, replications=replications, **more)

        monkeypatch.setattr(sim.experiments.study, name, counted)
    scenario = build(**NOBODY_KNOWS, **CHECKED, sector={"opens": 30.0})
    shown: list[tuple[int, int]] = []
    found = explain(scenario, replications=4, progress=lambda *at: shown.append(at))
    assert sum(done) == found.total == planned(scenario, replications=4) == 4 * (2 + 1 + 3 + 2 + 3)
    assert shown[-1] == (found.total, found.total)
    assert answers_of(table(found)).keys() == found.answers.keys()


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(ScenarioError, match="uncertainty, delays, crews"):
        explain(build(), only=["weather"])  # type: ignore[list-item]


# The command


def rows(folder: Path = FOLDER) -> dict[tuple[str, str, str], dict[str, str]]:
    text = (folder / "explain.csv").read_text(encoding="utf-8")
    found = list(csv.DictReader(io.StringIO(text)))
    assert list(found[0]) == ["kind", "name", "quantity", "value", "ci_low", "ci_high"]
    return {(row["kind"], row["name"], row["quantity"]): row for row in found}


def looked_at(found: dict[tuple[str, str, str], dict[str, str]]) -> set[str]:
    """Return the keys that were looked at alone."""
    return {name for kind, name, _ in found if kind == "tornado"}


SHOWN_DELAYS = {("delay", "p50"), ("delay", "p80")}


def assert_bars(
    drawn: Drawn, panel: int, expected: list[tuple[tuple[str, str, str], dict[str, str]]]
) -> None:
    """Fail unless the bars of a panel are as long as the table says, and named, and readable."""
    drawn.assert_readable()
    drawn.assert_legends_beside()
    assert len(expected) >= 4
    lengths = sorted(patch.get_width() for patch in drawn.figure.axes[panel].patches)
    stated = sorted(max(0.0, float(r["value"])) if k[2] == "first_order" else float(r["value"])
                    for k, r in expected)  # fmt: skip
    assert lengths == pytest.approx(stated, abs=1e-3)
    names = {"inputs": "all numbers not known", "time": "shared in time", "rest": "the rest",
             "all": "all of them together", "sum": "sum of the single ones",
             "interaction": "all, less sum", "others": "the other number"}  # fmt: skip
    for (_, name, _), _ in expected:
        assert names.get(name, key_words(cause_words(name))) in drawn.words


def test_an_explanation_is_told_and_written(
    demine: Demine, drawn: list[Drawn], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("explain", TUTORIAL, "--replications", "40", "--parquet")
    first = demine(*words)
    code, out, err = first
    assert (code, err) == (0, "")
    assert "40 replications of each of at most 22 variants, seed 0: 880 in all" in out
    for text in ("What are we unsure about?", "What makes us late?", "Where does crew time go?"):
        assert text in out
    assert "factors.rate  " in out
    names = {"explain.csv", "explain.parquet", "drivers.png", "delays.png", "manifest.json"}
    assert {path.name for path in FOLDER.iterdir()} == names
    for name in ("drivers.png", "delays.png"):
        assert_picture(FOLDER / name)
    found = rows()
    drivers, delays = sorted(drawn, key=lambda each: "What makes us late" in "".join(each.words))
    shown = [of for of in found.items() if of[0][0] == "level" or of[0][1] in looked_at(found)]
    assert_bars(drivers, 0, [of for of in shown if of[0][2] in ("total", "first_order")])
    assert_bars(drivers, 1, [of for of in found.items() if of[0][2].startswith("p80_change_at")])
    assert_bars(delays, 0, [of for of in found.items() if of[0][::2] in SHOWN_DELAYS])
    kinds = list(dict.fromkeys(kind for kind, _, _ in found))
    assert kinds == ["completion", "sobol", "level", "tornado", "delay", "crew_time", "last"]
    assert json.loads((FOLDER / "manifest.json").read_text())["replications_done"] == 800
    assert looked_at(found) == {"factors.rate", "sector.fields.area_m2"}
    river = found["sobol", 'sector."river bank".opens', "total"]
    assert [river[end] for end in ("value", "ci_low", "ci_high")] == ["", "", ""]
    assert "The other number seems too small to be looked at alone; it has 1.3 %" in out
    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "run", None)
        assert demine(*words) == first
    code, _, err = demine(*words, "--seed", "2")
    assert code == 1
    assert "other seed (0, here 2)" in err


@pytest.mark.parametrize("alone", [0.3, 0.9])
def test_a_share_alone_above_that_with_others_is_said_to_be_uncertain(
    alone: float, drawn: list[Drawn]
) -> None:
    scenario = build(factors={"rate": law("uniform", low=0.5, high=1.5)})
    frame = table(explain(scenario, replications=4, only=["uncertainty"]))
    shares = {"first_order": Estimate(alone, 0.2, 1.0), "total": Estimate(0.5, 0.2, 1.0)}
    for index, share in shares.items():
        here = pl.col("kind").is_in(["sobol", "level"]) & (pl.col("quantity") == index)
        for end, value in zip(("value", "ci_low", "ci_high"), share, strict=True):
            column = pl.when(here).then(value).otherwise(pl.col(end)).alias(end)
            frame = frame.with_columns(column)
    draw = partial(draw_drivers, table=frame, scenario=scenario)
    vector(draw, subtitle="a", name="a", title="a", description="a")
    drawn[0].assert_readable()
    drawn[0].assert_legends_beside()
    assert (LUCK in drawn[0].words) == (f"  {LUCK}" in lines(frame, scenario)) == (alone > 0.5)


@pytest.mark.parametrize("few", ["1", "2", "3"])
def test_few_replications_are_enough_to_show_something(few: str, demine: Demine) -> None:
    code, out, err = demine("explain", TUTORIAL, "--replications", few)
    assert (code, err) == (0, "")
    assert "not known" in out
    assert rows()["tornado", "factors.rate", "p80_change_at_p10"]["ci_low"] == ""
    assert rows()["level", "rest", "total"]["value"] != "" or few == "1"


def test_more_crews_than_a_table_has_room_for_and_none_of_one(
    demine: Demine, tmp_path: Path
) -> None:
    text = Path(TUTORIAL).read_text(encoding="utf-8")
    for i in range(6):
        text += f'[[crew]]\nname = "x{i}"\nrole = "clearance"\ncount = {min(i, 1)}\n'
        text += "rate_ha_per_day = 0.1\n"
    (tmp_path / "many.toml").write_text(text, encoding="utf-8")
    code, out, _ = demine("explain", "many.toml", "--only", "crews", "--replications", "5")
    assert code == 0
    assert "x0 was never there." in out
    assert "2 more groups of crews stand in explain.csv." in out


def test_a_part_can_be_had_alone(demine: Demine) -> None:
    words = ("explain", TUTORIAL, "--replications", "20", "--set", "campaign.horizon_days=215")
    code, out, _ = demine(*words, "--only", "delays", "--only", "crews")
    assert code == 0
    assert "unsure" not in out
    assert "The P80 lies beyond the horizon" in out
    assert "replications of the scenario were not complete at the horizon." in out
    assert {path.name for path in FOLDER.iterdir()} == {
        "explain.csv",
        "delays.png",
        "manifest.json",
    }
    assert rows()["delay", "shelling", "p80"]["value"] == ""
    assert float(rows()["delay", "shelling", "restricted_mean"]["value"]) > 0
    code, out, _ = demine(*words, "--only", "uncertainty", "--force")
    assert code == 0
    assert "mean, days if at its P10" in out
    assert {path.name for path in FOLDER.iterdir()} == {
        "explain.csv",
        "drivers.png",
        "manifest.json",
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--only", "everything"), "uncertainty"),
        (("--replications", "0"), "--replications"),
        (("--precision", "3"), "--precision"),
        (("--set", "crew.x.count=3"), "crew.x.count"),
        (("--set", "campaign.parcel_ha=0.0001", "--set", "sector.fields.area_ha=1e9"), "GiB"),
    ],
)
def test_bad_usage_is_told_and_nothing_is_written(
    words: tuple[str, ...], says: str, demine: Demine
) -> None:
    code, out, err = demine("explain", TUTORIAL, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


# A parent, warm, has children that are killed at some variant of the same command, each in a folder
# of its own; another child then gives the command again.
KILLED = """
import os, signal, sys
from pathlib import Path
import sim.cli.explain, sim.experiments.explain.report
import sim.experiments.study
from sim.experiments.explain import delays_picture, drivers_picture
from sim import load_scenario, sample_world, simulate

simulate(sample_world(load_scenario({file!r})))
for picture in (delays_picture, drivers_picture):
    picture.draw = lambda table, path, **_: path.write_bytes(b"a picture")

def child(place, fatal):
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    place.mkdir(exist_ok=True)
    os.chdir(place)
    real, begun = sim.experiments.study.run, 0
    def counted(*first, **more):
        nonlocal begun
        begun += 1
        if begun == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        done = real(*first, **more)
        with open("done", "a") as file:
            file.write("x")
        return done
    sim.experiments.study.run = counted
    sys.argv = ["demine", "explain", {file!r}, "--replications", "3", "--jobs", "1", "--quiet"]
    try:
        from sim.cli import main
        main()
    except SystemExit as leave:
        os._exit(leave.code or 0)

here = Path.cwd()
assert child(here / "whole", 0) == 0
for fatal in (1, 2, 9, 21):
    assert child(here / str(fatal), fatal) == -signal.SIGKILL
    assert child(here / str(fatal), 0) == 0
"""


def test_a_kill_costs_no_finished_variant_and_changes_no_byte(tmp_path: Path) -> None:
    code = KILLED.format(file=TUTORIAL)
    environment = os.environ | {"NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True,
        text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    whole = tmp_path / "whole" / "results" / "tutorial-explain"
    for fatal in ("1", "2", "9", "21"):
        folder = tmp_path / fatal / "results" / "tutorial-explain"
        for name in ("explain.csv", "drivers.png", "delays.png"):
            assert (folder / name).read_bytes() == (whole / name).read_bytes()
        assert (tmp_path / fatal / "done").read_text() == (tmp_path / "whole" / "done").read_text()
        assert [path.name for path in folder.parent.iterdir()] == ["tutorial-explain"]


def test_an_interrupted_explanation_shows_the_parts_that_were_finished(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("explain", str(TUTORIAL), "--replications", "8")
    assert demine(*words, "--out", "whole")[0] == 0

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.explain.explain, "delays", interrupted)
        code, out, _ = demine(*words)
    assert code == 130
    assert "Where does the spread come from?" in out
    assert "(INCOMPLETE)" in out
    folder = Path("results/tutorial-explain")
    before = (folder / "explain.csv").read_bytes()
    assert (folder / "INCOMPLETE.txt").exists()
    assert demine(*words)[0] == 0
    whole = (folder / "explain.csv").read_bytes()
    assert whole == Path("whole/explain.csv").read_bytes()
    assert whole.startswith(before)
    assert len(before) < len(whole)
