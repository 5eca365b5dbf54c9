"""The forecast: closed forms, what changes nothing, refusals, and calibration.

Statistical tests state their bound in standard errors or as p-values.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from build import build, law
from calibration import Calibration, chains, p_values, recorded
from calibration import scenario as small_campaign

from sim import ScenarioError, forecast, run
from sim.experiments.forecast.conditioning import (
    Conditioned,
    _Moved,
    _Part,
    condition,
    moved,
    weigh,
    worth_by_descent,
    worth_of,
)
from sim.experiments.forecast.given import recipes_of, to_table
from sim.experiments.forecast.histories import Histories
from sim.experiments.forecast.places import MOST_JUDGED, places_of
from sim.experiments.study import Study
from sim.outcome import Count
from sim.sampling.recipes import Recipe, plain
from sim.scenario.record import Record, Report
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.likelihood import Reported, log_likelihood
from sim.statistics.weights import shares_of


def with_record(scenario: Scenario, **record: object) -> Scenario:
    stated = {"file": "record.csv", "error_share": 0.0, "tails": np.inf} | record
    return scenario.model_copy(update={"record": Record(**stated)})  # type: ignore[arg-type]


def report(scenario: Scenario, day: int, ha: float, *place: str, bound: str = "exact") -> Report:
    """Return a report at the end of a day, the first of which is day 0."""
    date = scenario.campaign.start + dt.timedelta(days=day)
    return Report(date, *(place or ("", "")), bound, ha, ha, date, 2, "")  # type: ignore[arg-type]


def one_crew(**record: object) -> Scenario:
    """One crew of an uncertain rate, and no other chance: 0.01 ha at a time."""
    return with_record(
        build(
            campaign={"horizon_days": 300, "parcel_ha": 0.1},
            sector={"area_ha": 60.0},
            crew={"rate_ha_per_day": law("lognormal", mean=1.0, cv=0.3)},
        ),
        **record,
    )


def conditioned(
    scenario: Scenario,
    reports: Sequence[Report],
    *,
    n: int = 400,
    only: str = "",
    plain_: int = 1000,
) -> tuple[Conditioned, np.ndarray]:  # type: ignore[type-arg]
    """Return campaigns that agree with some reports, and what they released by each."""
    histories = Histories(Study(seed=1), scenario, reports)
    released, log_l = weigh(histories, n=plain_)
    found = condition(
        histories, scenario, seed=1, n=n, released=released, log_l=log_l, only=only
    )  # fmt: skip
    return found, histories.released(found.recipes)


@pytest.mark.parametrize("only", ["weights", "moves"])
def test_one_uncertain_rate_and_one_report_have_their_known_posterior(only: str) -> None:
    # R = 30 rate (in tenths of a hectare), rate lognormal, y = R + normal error: by quadrature
    scenario, y, error = one_crew(error_ha=2.0), 38.0, 2.0
    found, released = conditioned(scenario, [report(scenario, 29, y)], only=only, plain_=2000)
    variance = np.log1p(0.3**2)
    log_rate = np.linspace(-6, 6, 40_001) * variance**0.5 - variance / 2
    r = np.floor(300 * np.exp(log_rate)) / 10
    prior = np.exp(-((log_rate + variance / 2) ** 2) / (2 * variance))
    weight = prior * np.exp(-((y - r) ** 2) / (2 * error**2))
    evidence = np.log(weight.sum() / prior.sum() / (error * (2 * np.pi) ** 0.5))
    mean = (weight * r).sum() / weight.sum()
    sd = ((weight * (r - mean) ** 2).sum() / weight.sum()) ** 0.5
    assert found.log_evidence == pytest.approx(evidence, abs=0.25)
    assert released.mean() == pytest.approx(mean, abs=4.5 * sd / found.distinct**0.5)
    assert released.std() == pytest.approx(sd, rel=0.2)


def test_histories_are_the_beginning_of_whole_campaigns() -> None:
    scenario = with_record(small_campaign("exact"), error_ha=1.0)
    last = 45
    reports = [report(scenario, 13, 1), report(scenario, 20, 1, "region", "north"),
               report(scenario, last, 1, "sector", "A"),
               report(scenario, last, 1, "operator", "c0")]  # fmt: skip
    histories = Histories(Study(seed=3), scenario, reports)
    recipes = [plain(r) for r in range(6)]
    whole = run(
        scenario.model_copy(
            update={"campaign": scenario.campaign.model_copy(update={"horizon_days": last + 1})}
        ),
        replications=6, seed=3,
    )  # fmt: skip
    found = histories.released(recipes)
    assert found[:, 0].tolist() == (whole.week_gross_m2[:, :3].sum(axis=1) / 1e4).tolist()
    cleared = whole.year_counts[:, -1, :, Count.CLEARED_M2].sum(axis=1) / 1e4
    assert found[:, 3].tolist() == cleared.tolist()
    assert np.all(found[:, 1] + found[:, 2] <= cleared)
    assert np.any(found[:, 1] > 0)


def test_without_a_record_it_is_the_run() -> None:
    scenario = one_crew()
    found = forecast(scenario, replications=30, seed=4)
    assert found.ensemble == run(scenario, replications=30, seed=4) == found.prior


def test_a_report_of_an_enormous_error_changes_nothing() -> None:
    scenario = one_crew(error_ha=1e7)
    reports = [report(scenario, 29, 30)]
    found = forecast(scenario, reports, replications=1000, seed=4)
    assert found.ensemble == run(scenario, replications=1000, seed=4)


def test_reports_in_any_order_give_the_same_campaigns() -> None:
    scenario = one_crew(error_ha=3.0)
    reports = [report(scenario, day, ha) for day, ha in ((29, 20.0), (9, 7.0), (19, 12.0))]
    (a, of_a), (b, of_b) = (conditioned(scenario, order, n=60, only="moves", plain_=120)
                            for order in (reports, reports[::-1]))  # fmt: skip
    assert a.recipes == b.recipes
    assert of_a.tolist() == of_b[:, ::-1].tolist()


def test_two_records_one_after_the_other_are_both_at_once() -> None:
    # 4.5 standard errors, without a bias, which all reports of a record share
    scenario = one_crew(error_ha=3.0)
    first, second = report(scenario, 14, 20.0), report(scenario, 29, 36.0)
    both, released = conditioned(scenario, [first, second], plain_=2000)
    begun, _ = conditioned(scenario, [first], n=2000, plain_=2000)
    histories = Histories(Study(seed=1), scenario, [second])
    then = histories.released(begun.recipes)
    from sim.statistics.likelihood import log_likelihood  # noqa: PLC0415

    shares = shares_of(log_likelihood(then, histories.reported))
    mean, sd = shares @ then[:, 0], released[:, 1].std()
    worth = 1 / (1 / both.distinct + np.square(shares).sum() + 1 / begun.worth)
    assert mean == pytest.approx(released[:, 1].mean(), abs=4.5 * sd / worth**0.5)


@pytest.mark.parametrize(
    ("ha", "what"), [(59.9, "twice as fast"), (0.3, "stops dead"), (3e5, "in square metres")]
)
def test_what_the_scenario_cannot_explain_is_refused(ha: float, what: str) -> None:
    scenario = one_crew(error_ha=0.5)
    with pytest.raises(ScenarioError) as refused:
        forecast(scenario, [report(scenario, 14, ha)], replications=20)
    (problem,) = refused.value.problems
    assert problem.key == "record", what
    assert "14 Jul 2025" in problem.found
    assert "crew.c0.rate_ha_per_day" in problem.allowed


def test_it_goes_on_anyway_if_that_is_wanted() -> None:
    scenario = one_crew(error_ha=0.5)
    found = forecast(scenario, [report(scenario, 14, 45.0)], replications=20, anyway=True)
    assert np.median(found.released) > 30


def test_bounds_move_one_way() -> None:
    scenario = one_crew(error_ha=1.0)
    medians = []
    for bound in ("at_most", "exact", "at_least"):
        _, released = conditioned(scenario, [report(scenario, 29, 30.0, bound=bound)], n=100)
        medians.append(float(np.median(released)))
    assert medians[0] < medians[1] < medians[2]


def test_a_move_mixes_one_part_alone() -> None:
    at = moved(plain(3), "time", 0.36, 77, renewed=False)
    assert at.of("time") == ((3, pytest.approx(0.8)), (77, pytest.approx(0.6)))
    assert (at.of("inputs"), at.of("crews"), at.grain) == (((3, 1.0),), ((3, 1.0),), 3)
    assert moved(at, "time", 1.0, 78, renewed=True) == Recipe(
        ((3, 1.0),), 78, (("time", ((78, 1.0),)),)
    )


def test_recipes_are_worth_as_much_as_they_are_different() -> None:
    assert worth_of([plain(r) for r in range(8)]) == 8
    assert worth_of([plain(r // 2) for r in range(8)]) == 4
    half = [Recipe(((0, 0.5**0.5), (r, 0.5**0.5)), r) for r in range(1, 5)]
    assert worth_of(half) == pytest.approx(16 / (4 + 12 * 0.5))


def test_campaigns_of_one_descent_count_once_unless_moves_have_led_them_apart() -> None:
    assert worth_by_descent([plain(r) for r in range(8)], np.arange(8.0)) == pytest.approx(8)
    twins = [plain(r // 2) for r in range(8)]
    assert worth_by_descent(twins, np.arange(8.0) // 2) == pytest.approx(4)
    assert worth_by_descent(twins, np.array([0.0, 3, 1, 2, 2, 1, 3, 0])) > 8  # no likeness left


def test_one_part_alone_is_moved_five_times_at_least_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario, powers = one_crew(error_ha=2.0), []
    honest = _Moved._move

    def seen(self: _Moved, part: _Part, recipes: list[Recipe], log_l: Floats, power: float) -> Any:
        powers.append(power)
        return honest(self, part, recipes, log_l, power)

    monkeypatch.setattr(_Moved, "_move", seen)
    conditioned(scenario, [report(scenario, 29, 27.0)], n=50, only="moves", plain_=100)
    assert powers.count(1.0) >= 5


def test_of_very_many_reports_some_are_held_against_those_before_them() -> None:
    n = 2 * MOST_JUDGED
    released = np.sort(np.random.default_rng(1).random((200, n)), axis=1)
    reported = Reported(released[0], np.ones(n), np.zeros(n, np.int64))
    places = places_of(released, released, reported)
    judged = [place.judged for place in places]
    assert sum(judged) == MOST_JUDGED // 2
    assert judged[-1]
    for place in places:
        assert np.isnan(place.after) != place.judged
        assert not np.isnan(place.before)


def test_recipes_come_back_from_their_table() -> None:
    recipes = (plain(4), moved(moved(plain(1), "time", 0.3, 9, renewed=True), "crews", 0.5, 12,
                               renewed=False))  # fmt: skip
    assert recipes_of(to_table(recipes)) == recipes
    for broken in (to_table(recipes)[2:], to_table(recipes).head(1), to_table(recipes).drop("of")):
        with pytest.raises(ValueError, match=r"recipe|columns|replications|squares"):
            recipes_of(broken)


# Calibration; 200 campaigns of every kind, both methods: `python tests/calibration.py`


@pytest.fixture(scope="module")
def biased() -> Calibration:
    return Calibration("biased", campaigns=60, pool=400)


def test_ranks_of_what_is_true_are_uniform(biased: Calibration) -> None:
    # fails with probability 1e-3 on another seed
    assert p_values(biased.ranks("weights")).min() > 2e-4


def test_a_wrong_likelihood_is_seen(biased: Calibration) -> None:
    assert p_values(biased.ranks("weights", sign=-1)).min() < 1e-6
    assert p_values(biased.ranks("weights", sign=0)).min() < 1e-6
    unbiased = biased.ranks("weights", wrong=lambda reported: replace(reported, bias=0.0))
    assert p_values(unbiased).min() < 2e-4


def test_moves_and_weights_agree_with_long_chains() -> None:
    # of 4 * 4 means and spreads the farthest is 5 standard errors off with probability 1e-5
    told = Calibration("exact", campaigns=3, pool=3000)
    released = told.of_prior[0]
    record = recorded("exact", told.of_true[0][1], told.histories.reported, told.luck[1])
    told.histories.reported = record
    log_l = log_likelihood(released, record)
    after = chains(told.histories, log_l[:40], seed=1, rounds=36)[16:]
    each = np.stack([told._told(recipes)[1] for recipes in after[::4]])  # (rounds, chains, told)
    values, n = each.mean(axis=0), each.shape[1]
    spreads = np.sqrt(np.square(each - each.mean(axis=(0, 1))).mean(axis=0))
    for only, number in (("weights", 400), ("moves", 400)):
        found = condition(
            told.histories, told.scenario, seed=2, n=number, released=released, log_l=log_l,
            only=only,
        )  # fmt: skip
        theirs = told._told(list(found.recipes))[1]
        of_mean = np.hypot(values.std(axis=0) / n**0.5, theirs.std(axis=0) / found.distinct**0.5)
        assert (np.abs(theirs.mean(axis=0) - values.mean(axis=0)) < 5 * of_mean).all()
        sd, wanted = theirs.std(axis=0), np.sqrt(np.square(spreads).mean(axis=0))
        of_sd = wanted * np.hypot(1 / np.sqrt(2 * found.distinct), 1 / np.sqrt(2 * n))
        assert (np.abs(sd - wanted) < 5 * of_sd).all()


def test_ranks_after_moves_are_uniform() -> None:
    few = Calibration("exact", campaigns=25, pool=200)
    assert p_values(few.ranks("moves", n=24)).min() > 2e-4
