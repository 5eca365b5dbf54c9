"""Statistics against scipy, published values and the definition of an interval."""

import datetime as dt
import math

import numpy as np
import pytest
from build import MONDAY, build
from ensembles import completed_at, run, uncertain
from scipy import stats

from sim.scenario.dates import date_of
from sim.statistics.estimates import (
    interval_ranks,
    mean,
    probability,
    probability_within,
    quantile,
    sd,
)
from sim.statistics.quantities import EVERY
from sim.statistics.summary import deadline_probability, fund_use, progress, summarize

SIZES = (1, 2, 5, 10, 19, 20, 36, 37, 100, 999, 1000, 20_000)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("percent", EVERY)
def test_a_quantile_is_the_order_statistic_ceil_pn(n: int, percent: int) -> None:
    values = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    assert quantile(values, percent).value == -(-percent * n // 100)
    assert quantile(values, percent).value == np.percentile(values, percent, method="inverted_cdf")


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("percent", EVERY)
def test_ranks_enclose_a_quantile_with_95_percent_and_not_more_than_needed(
    n: int, percent: int
) -> None:
    low, high = interval_ranks(n, percent)
    below = stats.binom(n, percent / 100)  # how many of n values lie below the quantile
    assert below.cdf(low - 1) < 0.025
    assert below.cdf(low) >= 0.025
    assert below.sf(high - 1) <= 0.025
    assert below.sf(high - 2) > 0.025


def test_an_end_for_which_there_are_too_few_values_is_empty() -> None:
    ten = quantile(np.arange(10.0), 10)
    assert ten.value == 0
    assert math.isnan(ten.low)
    assert math.isfinite(ten.high)
    # P10 has a lower end as soon as 0.9 ** n is below 2.5 %
    assert math.isnan(quantile(np.arange(35.0), 10).low)
    assert quantile(np.arange(36.0), 10).low == 0
    nothing = quantile(np.array([]), 50)
    assert all(math.isnan(number) for number in nothing)


def test_intervals_of_a_quantile_cover_the_truth() -> None:
    # a right program fails with probability 1e-6, and the seed is fixed
    draws = np.random.default_rng(1).lognormal(size=(2000, 60))
    truth = float(stats.lognorm(1).ppf(0.8))
    hits = 0
    for values in draws:
        _, low, high = quantile(values, 80)
        hits += low <= truth <= high
    assert hits >= stats.binom(2000, 0.95).ppf(1e-6)


def test_censored_values_lie_at_infinity() -> None:
    values = np.array([3.0, 1.0, 2.0, math.inf, math.inf])
    assert quantile(values, 50).value == 3
    assert math.isnan(quantile(values, 75).value)
    assert all(math.isnan(number) for number in (*mean(values), *sd(values)))
    many = np.where(np.arange(1000) < 510, np.arange(1000.0), math.inf)
    assert quantile(many, 50).value == 499
    assert math.isnan(quantile(many, 50).high)


@pytest.mark.parametrize("n", [1, 10, 37, 100, 999])
def test_values_worth_fewer_have_the_intervals_of_as_many(n: int) -> None:
    ordered = np.arange(1.0, 5 * n + 1)
    for percent in EVERY:
        assert quantile(ordered, percent, worth=5 * n) == quantile(ordered, percent)
        low, high = interval_ranks(n, percent)  # each rank stands for five values, and for all
        ends = [5 * (low - 1) + 1 if low else math.nan, 5 * high if high <= n else math.nan]
        found = quantile(ordered, percent, worth=n + 0.9)
        assert found.value == quantile(ordered, percent).value
        np.testing.assert_equal(found[1:], ends)
    if n > 1:
        assert mean(ordered, worth=n).value == mean(ordered).value
        half, t = mean(ordered, worth=n).high - mean(ordered).value, stats.t(n - 1).ppf(0.975)
        assert half == pytest.approx(t * ordered.std(ddof=1) / math.sqrt(n))
    assert math.isnan(mean(ordered, worth=1.9).low)


def test_a_probability_of_trials_worth_fewer_has_wilsons_interval_of_as_many() -> None:
    assert probability(300, 1000, worth=100.5)[1:] == probability(30, 100)[1:]
    unknown = probability_within(300, 200, 1000, worth=100)
    assert unknown[1:] == (probability(30, 100).low, probability(50, 100).high)
    assert math.isnan(unknown.value)


def test_quantiles_of_values_worth_fewer_cover_the_truth() -> None:
    # each of 100 values five times; a right program fails with probability 1e-6, the seed is fixed
    draws = np.random.default_rng(1).lognormal(size=(2000, 100)).repeat(5, axis=1)
    truth = float(stats.lognorm(1).ppf(0.8))
    hits = 0
    for values in draws:
        _, low, high = quantile(values, 80, worth=100)
        hits += low <= truth <= high
    assert hits >= stats.binom(2000, 0.95).ppf(1e-6)


# Newcombe (1998), Statistics in Medicine 17, table I, method 3
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_probability_has_wilsons_interval(
    successes: int, n: int, low: float, high: float
) -> None:
    estimate = probability(successes, n)
    assert estimate.value == successes / n
    assert estimate.low == pytest.approx(low, abs=5e-5)
    assert estimate.high == pytest.approx(high, abs=5e-5)


def test_a_probability_agrees_with_scipy_and_stays_between_0_and_1() -> None:
    for successes, n in ((0, 1), (1, 1), (3, 7), (999, 1000), (1000, 1000)):
        theirs = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
        estimate = probability(successes, n)
        assert estimate.low == pytest.approx(theirs.low, abs=1e-12)
        assert estimate.high == pytest.approx(theirs.high, abs=1e-12)
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_a_mean_has_students_interval() -> None:
    values = np.random.default_rng(2).gamma(2.0, size=40)
    theirs = stats.t.interval(0.95, 39, loc=values.mean(), scale=stats.sem(values))
    assert mean(values) == pytest.approx((values.mean(), *theirs))
    assert np.isnan(mean(np.array([1.0])).low)


def test_intervals_of_a_standard_deviation_cover_the_truth() -> None:
    # of skewed campaigns too, where the delta method held in 86 %
    rng = np.random.default_rng(3)
    for draws, true in (
        (rng.normal(0, 5, size=(1000, 40)), 5),
        (rng.lognormal(0, 0.4, size=(1000, 100)), math.sqrt(math.exp(0.16) * math.expm1(0.16))),
    ):
        estimates = [sd(values) for values in draws]
        assert estimates[0].value == pytest.approx(float(np.std(draws[0], ddof=1)))
        assert 0.91 < sum(e.low <= true <= e.high for e in estimates) / 1000 < 0.97
        assert all(e.low < e.value < e.high for e in estimates)


def test_a_constant_has_no_spread() -> None:
    assert sd(np.full(10, 3.0)) == (0, 0, 0)


def test_an_end_at_day_16_is_on_the_date_of_day_15() -> None:
    ensemble = run(build(), n=1)
    for day, date in ((0, 0), (0.001, 0), (1, 0), (1.001, 1), (15.5, 15), (16, 15), (16.0003, 16)):
        assert date_of(ensemble.scenario, day) == MONDAY + dt.timedelta(days=date)


def test_a_deadline_includes_its_whole_day() -> None:
    ensemble = completed_at(run(build(), n=1), [15.9, 16.0, 16.0003, None])
    day_15 = MONDAY + dt.timedelta(days=15)
    assert deadline_probability(ensemble, day_15).value == 2 / 4
    assert deadline_probability(ensemble, day_15 - dt.timedelta(days=1)).value == 0
    assert deadline_probability(ensemble, day_15 + dt.timedelta(days=1)).value == 3 / 4
    assert deadline_probability(ensemble, MONDAY + dt.timedelta(days=99)).value == 3 / 4


def test_a_summary_states_what_applies_and_nothing_else() -> None:
    plain = {row.quantity for row in summarize(run(build(), n=2))}
    assert "completion_day" in plain
    assert not plain & {"restored_day", "cost", "total_cost"}
    full = build(
        crew=[
            {"cost_per_day": 10.0},
            {"role": "restoration", "cost_per_day": 5.0},
        ],
        restoration={"share": 1.0},
        deadline=[{"name": "soon", "date": MONDAY}],
        money={"fund": [{"name": "grant", "roles": ["clearance"], "amount": 99.0}]},
    )
    named = {row.quantity for row in summarize(run(full, n=2))}
    wanted = {"restored_day", "cost", "total_cost", "deadline:soon", "fund:grant", "missing:grant"}
    assert wanted <= named - plain


def test_a_fund_that_lacks_a_day_of_pay_is_not_enough() -> None:
    for amount, enough, missing in ((100.0, True, 0.0), (90.0, False, 10.0)):
        fund = {"name": "grant", "roles": ["clearance"], "amount": amount}
        ensemble = run(build(crew={"cost_per_day": 10.0}, money={"fund": [fund]}), n=1)
        lasted, unknown, _, lacking = fund_use(ensemble, 0)
        assert (lasted[0], unknown[0], lacking[0]) == (enough, False, missing)


@pytest.mark.parametrize("when_spent", ["continue", "stop"])
def test_a_fund_is_not_too_small_because_the_campaign_is_too_long(when_spent: str) -> None:
    funds = {"rich": (1e6, 3), "poor": (9.0, 0)}
    for amount, unknown in funds.values():
        fund = {"name": "grant", "roles": ["clearance"], "amount": amount}
        money = {"fund": [fund], "when_spent": when_spent}
        long = build(campaign={"horizon_days": 5.0}, crew={"cost_per_day": 10.0}, money=money)
        ensemble = run(long, n=3)
        assert ensemble.censored == 3
        assert [int(np.sum(which)) for which in fund_use(ensemble, 0)[:2]] == [0, unknown]
        chance = fund_use(ensemble, 0).probability
        assert math.isnan(chance.value) == (unknown > 0)
        assert (chance.low, chance.high > 0.99) == (0, unknown > 0)
        named = {row.quantity for row in summarize(ensemble)}
        assert ("missing:grant" in named) == (when_spent == "continue")


def test_progress_ends_with_the_last_completion() -> None:
    ensemble = run(uncertain(), n=30)
    days, released = progress(ensemble, gross=False)
    last = ensemble.completion_s.max() / ensemble.scenario.day_s
    assert days[0] == 0
    assert days[-2] < last <= days[-1]
    assert released[:, -1] == pytest.approx(10.0)
    assert (np.diff(released, axis=1) >= 0).all()


def test_progress_of_a_censored_campaign_reaches_the_horizon() -> None:
    ensemble = run(build(campaign={"horizon_days": 30.0}, sector={"area_ha": 50.0}), n=2)
    days, released = progress(ensemble, gross=True)
    assert days[-2] < 30 <= days[-1]
    assert released[:, -1] == pytest.approx(30.0)


def test_a_certain_campaign_has_no_spread_in_its_summary() -> None:
    certain = {row.quantity: row for row in summarize(run(build(), n=5)) if row.statistic == "mean"}
    assert certain["completion_day"].estimate == (10, 10, 10)
    assert certain["released_ha"].estimate.value == 10


def test_a_deadline_beyond_the_horizon_has_a_chance_only_where_all_is_known() -> None:
    ensemble = run(uncertain(campaign={"horizon_days": 40}), n=1)
    start = ensemble.scenario.campaign.start
    after = start + dt.timedelta(days=60)
    some = completed_at(ensemble, [10.0] * 70 + [None] * 30)
    chance = deadline_probability(some, after)
    assert math.isnan(chance.value)
    assert chance.low == probability(70, 100).low
    assert chance.high == 1.0
    every = completed_at(ensemble, [10.0] * 100)
    assert deadline_probability(every, after).value == 1.0
    within = deadline_probability(some, start + dt.timedelta(days=39))
    assert within == probability(70, 100)
