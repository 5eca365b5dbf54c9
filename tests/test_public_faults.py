"""Faults that users of comparable programs reported in public, each as a small campaign of ours.

What is right was counted by hand. Days are six hours long, as by default, so that a part of a day
is a whole number of seconds. Faults of names in pictures, of memory, and of contradicting dates
have tests where pictures, sizes and dates are tested.
"""

import datetime as dt
from typing import Any

import numpy as np
import pytest
from build import build, every_engine, law, play, spent
from build import count as counted
from conftest import Demine

from sim import Scenario, compare, explain, run, sample_world, summarize, vary
from sim.engines import Engine
from sim.errors import ScenarioError
from sim.outcome import OPEN, Ensemble, Outcome
from sim.scenario.dates import date_of
from sim.scenario.doubts import doubts
from sim.scenario.variants import load_scenario
from sim.statistics.summary import completion_days, deadline_probability

SIX = 6 * 3600


def campaign(start: dt.date, *, days: float = 60.0, **more: Any) -> dict[str, Any]:
    return {"start": start, "horizon_days": days, "hours_per_day": 6.0, **more}


def paid(outcome: Outcome) -> float:
    return float(outcome.cost.sum() / (100 * outcome.world.scenario.day_s))


def numbers(ensemble: Ensemble) -> dict[tuple[str, str], float]:
    return {(row.quantity, row.statistic): row.estimate.value for row in summarize(ensemble)}


@every_engine
def test_two_crews_at_once_share_no_part_of_a_day(engine: Engine) -> None:
    """Parcels of 2.5 and of 10/3 days: 2.5, 5 and 7.5; 10/3 and 20/3; a Sunday is added to each."""
    scenario = build(
        campaign=campaign(dt.date(2026, 1, 1), rest_days=["sun"]),
        sector={"area_ha": 5.0},
        crew=[{"rate_ha_per_day": 0.4}, {"rate_ha_per_day": 0.3}],
    )
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == 8.5 * SIX
    assert date_of(scenario, 8.5) == dt.date(2026, 1, 9)
    for crew, worked, waited in ((0, 7.5, 0), (1, 20 / 3, 5 / 6)):
        assert spent(outcome, "worked", crew) == worked * SIX
        assert spent(outcome, "lost_rest", crew) == SIX
        assert spent(outcome, "waiting_for_land", crew) == pytest.approx(waited * SIX)


@every_engine
def test_a_cost_of_once_is_paid_once(engine: Engine) -> None:
    """Five working days and a weekend: 1 000 once, and seven times 10."""
    scenario = build(
        campaign=campaign(dt.date(2026, 7, 1), rest_days=["sat", "sun"]),
        sector={"area_ha": 5.0},
        crew={"cost_per_day": 10.0, "cost_to_mobilise": 1000.0},
    )
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == 7 * SIX
    assert paid(outcome) == 1070


@every_engine
def test_crews_that_the_rest_of_the_work_does_not_need_are_paid_and_seen_to_wait(
    engine: Engine,
) -> None:
    """Four days of work for three crews: two days, six crew-days paid, two of them waiting."""
    scenario = build(sector={"area_ha": 4.0}, crew={"count": 3, "cost_per_day": 100.0})
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == 2 * scenario.day_s
    assert paid(outcome) == 600
    waited = sum(spent(outcome, "waiting_for_land", crew) for crew in range(3))
    assert waited / outcome.crew_present_s.sum() == pytest.approx(1 / 3)


@every_engine
def test_a_way_longer_than_a_working_day_takes_longer_than_one(engine: Engine) -> None:
    scenario = build(
        campaign=campaign(dt.date(2026, 7, 1)),
        sector=[{"area_ha": 1.0}, {"area_ha": 1.0}],
        crew={"move_hours": 7.0},
    )
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == (2 + 7 / 6) * SIX
    assert spent(outcome, "moving") == 7 * 3600
    assert spent(outcome, "worked") == 2 * SIX


@every_engine
def test_of_several_ends_at_the_last_instant_all_count(engine: Engine) -> None:
    scenario = build(
        campaign=campaign(dt.date(2026, 7, 1), days=10.0),
        deadline=[{"name": "last day", "date": dt.date(2026, 7, 10)}],
        sector={"count": 5, "area_ha": 1.0, "max_crews": 1},
        crew={"count": 5, "rate_ha_per_day": 0.1},
    )
    assert (play(scenario, engine=engine).sector_release_s == 10 * SIX).all()
    ensemble = run(scenario, replications=2)
    assert completion_days(ensemble).tolist() == [10, 10]
    assert ensemble.censored == 0
    assert deadline_probability(ensemble, dt.date(2026, 7, 10)).value == 1


@every_engine
def test_what_is_interrupted_goes_on_first_and_does_not_begin_again(engine: Engine) -> None:
    """A crew from day 5, five days for each sector, no work on days 8 to 12."""
    scenario = build(
        campaign=campaign(dt.date(2026, 1, 1)),
        sector=[{"area_ha": 1.0, "priority": i} for i in (1, 2, 3)],
        crew={"rate_ha_per_day": 0.2, "arrives": 5.0},
        season=[{"name": "w", "closed_from": "01-09", "closed_until": "01-14", "pace": 0.0}],
    )
    outcome = play(scenario, engine=engine)
    assert outcome.sector_release_s.tolist() == [15 * SIX, 20 * SIX, 25 * SIX]


def lively(**more: Any) -> Scenario:
    """Return a campaign in which everything is left to chance."""
    regimes = [{"name": "one", "attacks_per_24h": 2.0, "mean_days": 5.0}]
    shelling = {
        "regimes": regimes,
        "stop_hours": law("exponential", mean=3.0),
        "casualty_probability": 0.1,
        "recovery_days": 3.0,
        "recontaminated_parcels": 0.3,
    }
    sectors = [
        {"area_ha": 10.0, "priority": 1, "items_per_ha": 3.0},
        {
            "area_ha": law("uniform", low=3, high=10),
            "priority": 2,
            "opens": law("uniform", low=10, high=50),
            "exposure": 2.0,
        },
    ]
    crews = [{"count": 3, "rate_ha_per_day": 0.2, "variation": 0.3, "move_hours": 2.0}]
    tables = {
        "campaign": campaign(dt.date(2026, 3, 2), days=1000.0, rest_days=["sun"]),
        "sector": sectors + more.pop("sectors", []),
        "crew": crews + more.pop("crews", []),
        "factors": {"rate": law("lognormal", mean=1.0, cv=0.2)},
        "clearance": {"parcel_variation": 0.5, "item_minutes": 30.0},
        "pace": {"weekly_cv": 0.3},
        "accidents": {"per_person_day": 0.001, "stand_down_days": 2.0},
        "shelling": shelling,
    }
    return build(**tables, **more)


def test_replications_differ_and_workers_and_engines_do_not() -> None:
    scenario = lively()
    whole = run(scenario, replications=80, seed=3, jobs=1)
    assert len({tuple(row) for row in whole.week_gross_m2.tolist()}) == 80
    assert run(scenario, replications=80, seed=3, jobs=2) == whole
    assert run(scenario, replications=80, seed=3, jobs=7) == whole
    for i in (0, 79):
        assert (
            play(sample_world(scenario, seed=3, replication=i), engine="simpy").completion_s
            == (whole.completion_s[i])
        )
    other = run(scenario, replications=80, seed=4, jobs=1)
    assert not {*other.completion_s.tolist()} & {*whole.completion_s.tolist()}


def test_what_does_not_vary_is_shared_out_to_nobody() -> None:
    """The land that opens last decides alone: two inputs are not known, and do not matter."""
    scenario = build(
        sector=[{"area_ha": law("uniform", low=1, high=10)}, {"area_ha": 1.0, "opens": 100.0}],
        accidents={"per_person_day": 0.0, "stand_down_days": law("uniform", low=1, high=5)},
    )
    found = explain(scenario, replications=16, only=["uncertainty"])
    assert found.answers["completion", "completion_day", "p80"].value == 101
    shares = [each for (kind, *_), each in found.answers.items() if kind in ("sobol", "level")]
    assert shares
    assert all(np.isnan(end) or end == 0 for share in shares for end in share)


@every_engine
@pytest.mark.parametrize(("year", "days"), [(2028, 17), (2027, 16)])
def test_the_29th_of_february_is_a_day(year: int, days: int, engine: Engine) -> None:
    """February is lost, and Wednesdays: ten days of work end on 12 March, whatever the year."""
    scenario = build(
        campaign=campaign(dt.date(year, 2, 25), rest_days=["wed"]),
        weather={"lost_day_probability": [0.0, 1.0, *[0.0] * 10]},
    )
    assert play(scenario, engine=engine).completion_s == days * SIX
    assert date_of(scenario, days) == dt.date(year, 3, 12)


@pytest.mark.parametrize(("parcel_ha", "area_ha", "rate"), [(1e-4, 0.1, 11.5), (25e-4, 1.0, 12.0)])
def test_a_step_too_coarse_for_the_rate_is_said(
    parcel_ha: float, area_ha: float, rate: float
) -> None:
    """Parcels of a part of a second, or of four and a half, are rounded to whole ones."""

    def of(parcel: float) -> Scenario:
        return build(
            campaign=campaign(dt.date(2026, 7, 1), parcel_ha=parcel),
            sector={"area_ha": area_ha},
            crew={"rate_ha_per_day": rate},
        )

    exact, coarse = (play(of(parcel)).completion_s / SIX for parcel in (area_ha, parcel_ha))
    assert exact == pytest.approx(area_ha / rate, abs=1 / SIX)
    assert coarse > 1.1 * exact
    assert [doubt.key for doubt in doubts(of(parcel_ha))] == ["crew.c0.rate_ha_per_day"]


def test_what_is_not_finished_counts_as_later() -> None:
    """Seven of ten take 10 days, three would take 100 and are cut off at 50."""
    late, soon = dt.date(2026, 12, 31), dt.date(2026, 7, 20)
    scenario = build(
        campaign=campaign(dt.date(2026, 7, 1), days=50.0),
        factors={"rate": law("discrete", values=[1, 0.1], weights=[0.7, 0.3])},
        deadline=[{"name": "soon", "date": soon}, {"name": "late", "date": late}],
        crew={"cost_per_day": 100.0},
    )
    ensemble = run(scenario, replications=200)
    fast = int(np.count_nonzero(ensemble.completion_s == 10 * SIX))
    assert 110 <= fast <= 165
    assert ensemble.censored == 200 - fast
    found, share = numbers(ensemble), fast / 200
    assert found["completion_day", "p50"] == 10
    assert np.isnan(found["completion_day", "p90"])
    assert np.isnan(found["completion_day", "mean"])
    assert np.isnan(found["cost", "mean"])
    restricted = found["completion_day", "restricted_mean"]
    assert restricted == pytest.approx(10 * share + 50 * (1 - share))
    assert found["released_ha", "mean"] == pytest.approx(10 * share + 5 * (1 - share))
    assert found["deadline:soon", "probability"] == share
    assert np.isnan(found["deadline:late", "probability"])


def test_a_scenario_compared_with_itself_differs_in_nothing() -> None:
    rate = law("discrete", values=[1, 2])
    one, same = (build(factors={"rate": rate}, sector={"area_ha": 1.0}) for _ in range(2))
    assert one == same
    found = compare({"one": one, "same": same}, replications=8)
    differences = {row.statistic: row.difference for row in found.differences["same"]}
    for name in ("p50", "p80", "restricted_mean", "probability_sooner", "probability_later"):
        assert differences[name].value == 0


@pytest.mark.parametrize(
    "added",
    [
        {"crews": [{"count": 0}]},
        {"crews": [{"count": 2, "arrives": 990.0}]},
        {"sectors": [{"area_ha": 1.0, "opens": 800.0, "exposure": 0.0, "priority": -1}]},
        {"season": [{"name": "w", "closed_from": "01-01", "closed_until": "01-02"}]},
    ],
    ids=["no crew", "a crew too late", "a sector at the end", "a season of normal pace"],
)
def test_what_is_added_leaves_the_luck_of_the_others(added: dict[str, Any]) -> None:
    """Nothing is hit again, which a longer campaign would have more of."""
    once = {"shelling.recontaminated_parcels": 0.0}
    before = run(vary(lively(), settings=once), replications=16)
    after = run(vary(lively(**added), settings=once), replications=16)
    assert before.censored == 0
    assert before.completion_s.max() < 800 * SIX
    assert np.array_equal(after.sector_release_s[:, :2], before.sector_release_s)


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"deadline": [{"name": "early", "date": dt.date(2026, 6, 1)}]}, "deadline.early.date"),
        (
            {"season": [{"name": "w", "closed_from": "03-01", "closed_until": "03-01"}]},
            "season.w.closed_until",
        ),
        ({"crew": {"arrives": dt.date(2026, 6, 15)}}, "crew.c0.arrives"),
    ],
)
def test_dates_that_contradict_are_refused(changed: dict[str, Any], key: str) -> None:
    with pytest.raises(ScenarioError) as told:
        build(campaign=campaign(dt.date(2026, 7, 1)), **changed)
    assert [problem.key for problem in told.value.problems] == [key]


def test_crews_that_are_gone_before_they_or_the_land_are_there_are_doubted() -> None:
    gone = {"arrives": dt.date(2026, 8, 1), "leaves": dt.date(2026, 7, 15)}
    scenario = build(campaign=campaign(dt.date(2026, 7, 1)), sector={"opens": 50.0}, crew=gone)
    assert [doubt.key for doubt in doubts(scenario)] == ["crew.c0.leaves", "sector.A.opens"]
    assert play(scenario).completion_s == OPEN


@every_engine
def test_a_campaign_goes_on_while_something_is_under_way(engine: Engine) -> None:
    """All land is cleared on day 2; its inspections take 30 days."""
    scenario = build(
        sector={"area_ha": 2.0}, quality={"inspected_share": 1.0, "inspection_days": 30.0}
    )
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == 32 * scenario.day_s
    assert counted(outcome, "released_m2") == 20_000


def test_settings_without_effect_are_said_and_have_none(demine: Demine) -> None:
    plain = build(sector={"items_per_ha": 100.0}, season=[{"name": "rains"}])
    idle = vary(
        plain,
        settings={
            "season.rains.pace": 0.1, "quality.failure_probability": 0.5,
            "quality.rework_share": 0.2,
        },
    )  # fmt: skip
    assert play(plain).completion_s == play(idle).completion_s == 10 * plain.day_s
    said = {doubt.key: doubt.why for doubt in doubts(idle)}
    assert list(said) == [
        "season.rains.pace", "quality.failure_probability", "quality.rework_share",
        "sector.A.items_per_ha",
    ]  # fmt: skip
    assert demine("new", "mine.toml")[0] == 0
    words = ("--vary", "quality.failure_probability=0.1,0.5", "--replications", "4")
    assert not any(doubts(load_scenario("mine.toml")))
    code, _, err = demine("sweep", "mine.toml", *words)
    assert code == 0
    assert "quality.failure_probability has no effect here" in err
