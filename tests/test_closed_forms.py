"""What can be worked out without the program: by hand, by recursion or from a known law.

Small exact cases run on every engine. Statistical ones run on one and state the probability with
which a right program would fail them; their seeds are fixed, so they fail always or never.
"""

import datetime as dt
import math
from itertools import accumulate

import numpy as np
import pytest
from build import (
    DAY,
    FAST,
    MONDAY,
    Attack,
    assert_mean,
    assert_share,
    build,
    completions,
    count,
    every_engine,
    in_line,
    law,
    list_schedule,
    play,
    plays,
    spent,
    with_accidents,
    with_attacks,
    with_casualties,
    with_inspections,
    with_land,
    with_pace,
    worked_off_s,
)
from scipy.special import ndtri
from scipy.stats import nbinom, poisson

from sim.engines import Engine
from sim.outcome import OPEN, Outcome
from sim.sampling import Sampler, sample_world
from sim.scenario.scenario import Scenario
from sim.world import World

ERROR = 1e-6  # with which a right program fails a statistical assertion
Z = 5.0  # standard errors a mean may be off, an error of 6e-7


def worlds(scenario: Scenario, n: int, seed: int = 0) -> list[World]:
    return list(Sampler(scenario, seed=seed).worlds(range(n)))


# Crews and parcels


@every_engine
def test_one_crew_takes_the_sum_of_its_efforts(engine: Engine) -> None:
    # 3.5 ha of difficulty 2 at half a hectare a day: 4 + 4 + 4 + 2 days
    outcome = play(
        build(sector={"area_ha": 3.5, "difficulty": 2}, crew={"rate_ha_per_day": 0.5}),
        engine=engine,
    )
    assert outcome.release_s.tolist() == [4 * DAY, 8 * DAY, 12 * DAY, 14 * DAY]
    assert outcome.completion_s == outcome.restored_s == outcome.sector_release_s[0] == 14 * DAY
    assert spent(outcome, "worked") == outcome.crew_present_s[0] == 14 * DAY


@every_engine
@pytest.mark.parametrize("crews", [1, 2, 3, 4, 5, 7, 12, 20])
def test_equal_parcels_are_finished_in_rounds(engine: Engine, crews: int) -> None:
    outcome = play(build(sector={"area_ha": 12}, crew={"count": crews}), engine=engine)
    assert outcome.completion_s == math.ceil(12 / crews) * DAY
    assert outcome.crew_present_s.tolist() == [outcome.completion_s] * crews


@every_engine
def test_unequal_parcels_go_to_the_crew_that_is_free_first(engine: Engine) -> None:
    scenario = build(
        sector={"area_ha": 40.3}, crew={"count": 3}, clearance={"parcel_variation": 0.7}
    )
    world = sample_world(scenario)
    efforts = [math.floor(e + 0.5) for e in world.land.clearance_s]
    outcome = play(world, engine=engine)
    assert outcome.release_s.tolist() == list_schedule(efforts, 3)


@every_engine
def test_the_last_parcel_holds_the_remainder(engine: Engine) -> None:
    outcome = play(build(campaign={"parcel_ha": 4}, sector={"area_ha": 10}), engine=engine)
    assert outcome.world.land.area_m2.tolist() == [40_000, 40_000, 20_000]
    assert outcome.release_s.tolist() == [4 * DAY, 8 * DAY, 10 * DAY]


@every_engine
def test_a_parcel_takes_at_least_one_second(engine: Engine) -> None:
    outcome = play(build(sector={"area_ha": 3}, crew={"rate_ha_per_day": 1e6}), engine=engine)
    assert outcome.release_s.tolist() == [1, 2, 3]


@every_engine
def test_the_factors_multiply_area_rate_and_items(engine: Engine) -> None:
    # 20 ha at 4 ha a day, and for Poisson items of a large mean a known total of them
    factors = {"area": 2, "rate": 4, "items": 3}
    scenario = build(
        factors=factors, sector={"items_per_ha": 1000}, clearance={"item_minutes": 0.01}
    )
    outcome = play(scenario, engine=engine)
    items = count(outcome, "items")
    assert abs(items - 60_000) < Z * math.sqrt(60_000)
    assert outcome.completion_s == sum(
        math.floor(DAY / 4 + 0.6 * x + 0.5) for x in outcome.world.land.items
    )
    assert count(outcome, "released_m2") == 200_000


@every_engine
def test_a_crew_that_arrives_late_or_leaves_early(engine: Engine) -> None:
    # c0 is there from day 0 to 2.5, goes when free on day 3; c1 comes on day 4.25, for the rest
    crews = [{"leaves": 2.5}, {"arrives": 4.25}]
    outcome = play(build(sector={"area_ha": 5}, crew=crews), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [1, 2, 3, 5.25, 6.25]
    assert (outcome.crew_present_s / DAY).tolist() == [3, 2]


@every_engine
def test_a_date_is_as_good_as_a_number_of_days(engine: Engine) -> None:
    when = MONDAY + dt.timedelta(days=4)
    by_date = play(build(crew={"arrives": when}, sector={"opens": when}), engine=engine)
    by_days = play(build(crew={"arrives": 4}, sector={"opens": 4}), engine=engine)
    assert by_date.completion_s == by_days.completion_s == 14 * DAY


@every_engine
def test_a_sector_takes_no_more_crews_than_it_may(engine: Engine) -> None:
    sectors = [{"area_ha": 8, "max_crews": 2}, {"area_ha": 1}]
    outcome = play(build(sector=sectors, crew={"count": 5}), engine=engine)
    assert (outcome.sector_release_s / DAY).tolist() == [4, 1]


@every_engine
def test_a_sector_that_opens_late_is_waited_for(engine: Engine) -> None:
    sectors = [{"area_ha": 3, "opens": 7.5}, {"area_ha": 2}]
    outcome = play(build(sector=sectors), engine=engine)
    assert (outcome.sector_release_s / DAY).tolist() == [10.5, 2]
    assert spent(outcome, "waiting_for_land") == 5.5 * DAY


@every_engine
def test_crews_work_only_where_they_may(engine: Engine) -> None:
    sectors = [{"area_ha": 2}, {"name": "B", "count": 2, "area_ha": 3}]
    crews = [{"sectors": ["A"]}, {"sectors": ["B"]}]
    outcome = play(build(sector=sectors, crew=crews), engine=engine)
    assert (outcome.sector_release_s / DAY).tolist() == [2, 3, 6]
    outcome = play(build(sector=sectors, crew=[{"sectors": ["A", "B 2"]}, {}]), engine=engine)
    # c0: A, A, B 2, B 2; c1 enters B 1 as soon as A is taken up
    assert (outcome.sector_release_s / DAY).tolist() == [1, 4, 4]


@every_engine
def test_priority_orders_sectors_and_balance_spreads_crews(engine: Engine) -> None:
    sectors = [{"area_ha": 4, "priority": 2}, {"area_ha": 4, "priority": 1}]
    outcome = play(build(sector=sectors, crew={"count": 2}), engine=engine)
    assert (outcome.sector_release_s / DAY).tolist() == [4, 2]
    spread = build(sector=sectors, crew={"count": 2}, campaign={"dispatch": "balanced"})
    assert (play(spread, engine=engine).sector_release_s / DAY).tolist() == [4, 4]


@every_engine
def test_easiest_parcels_first(engine: Engine) -> None:
    scenario = build(sector={"order": "easiest"}, clearance={"parcel_variation": 1.0})
    outcome = play(scenario, engine=engine)
    efforts = [math.floor(e + 0.5) for e in sorted(outcome.world.land.clearance_s)]
    assert sorted(outcome.release_s) == list(accumulate(efforts))


@every_engine
def test_land_found_later_joins_the_back_of_the_queue(engine: Engine) -> None:
    scenario = build(sector={"area_ha": 4}, growth={"share": 1.5, "found_until": 30})
    outcome = play(scenario, engine=engine)
    land = outcome.world.land
    ends = in_line([0] * 4 + land.found_s.tolist(), [DAY] * 10)
    queue = [0, 1, 2, 3, *land.found_parcel.tolist()]
    assert land.found_s.max() > ends[4]  # the crew waits for land to be found, at least once
    assert outcome.release_s[queue].tolist() == ends
    assert outcome.completion_s == ends[-1]
    assert count(outcome, "found_m2") == 60_000


def test_land_is_found_uniformly() -> None:
    scenario = build(growth={"share": 1, "found_until": 200})
    found = np.concatenate([w.land.found_s for w in worlds(scenario, 200)]) / (200 * DAY)
    assert len(found) == 2000
    for p in (0.1, 0.5, 0.9):
        assert_share(int((found <= p).sum()), 2000, p, error=ERROR)


@every_engine
def test_land_that_would_be_found_after_the_horizon_is_not_found(engine: Engine) -> None:
    scenario = build(
        campaign={"horizon_days": 20}, growth={"share": 0.5, "found_until": 1e9}, crew={"count": 5}
    )
    world = sample_world(scenario)
    assert len(world.land.found_s) == 5
    assert count(play(world, engine=engine), "found_m2") == 0


@every_engine
def test_starting_in_another_sector_takes_the_move(engine: Engine) -> None:
    sectors = [{"area_ha": 2}, {"area_ha": 2, "opens": 0.5}, {"area_ha": 1}]
    outcome = play(build(sector=sectors, crew={"move_hours": 0.25}), engine=engine)
    quarter = DAY // 4
    assert outcome.completion_s == 5 * DAY + 2 * quarter  # none on taking up its first sector
    assert spent(outcome, "moving") == 2 * quarter
    assert spent(outcome, "worked") == 5 * DAY


# Pace


@every_engine
def test_nobody_works_on_rest_days(engine: Engine) -> None:
    # from a Monday: five days, then the weekend, then two and a half
    scenario = build(campaign={"rest_days": ["sat", "sun"]}, sector={"area_ha": 7.5})
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == 9.5 * DAY
    assert spent(outcome, "lost_rest") == 2 * DAY


@every_engine
def test_a_parcel_rests_half_done(engine: Engine) -> None:
    # 10 ha in one parcel of four days' work, begun on a Thursday
    scenario = build(
        campaign={"start": dt.date(2025, 7, 3), "rest_days": ["sun"], "parcel_ha": 10},
        crew={"rate_ha_per_day": 2.5},
    )
    assert play(scenario, engine=engine).release_s.tolist() == [5 * DAY]


WINTER = {"name": "winter", "closed_from": "12-10", "closed_until": "03-20", "pace": 0}


def winter(start: dt.date, **season: object) -> Scenario:
    return build(campaign={"start": start}, season=[WINTER | season], sector={"area_ha": 4})


@every_engine
def test_work_stops_for_the_winter_and_is_normal_on_its_last_date(engine: Engine) -> None:
    outcome = play(winter(dt.date(2025, 12, 8)), engine=engine)
    resumed = (dt.date(2026, 3, 20) - dt.date(2025, 12, 8)).days
    assert (outcome.release_s / DAY).tolist() == [1, 2, resumed + 1, resumed + 2]
    assert spent(outcome, "lost_season:winter") == (resumed - 2) * DAY


@every_engine
def test_the_winter_that_began_the_year_before_still_lasts(engine: Engine) -> None:
    outcome = play(winter(dt.date(2026, 3, 18)), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [3, 4, 5, 6]


@every_engine
def test_a_slow_winter_slows(engine: Engine) -> None:
    # pace 0.4 for two days, then normal
    outcome = play(winter(dt.date(2026, 3, 18), pace=0.4), engine=engine)
    assert outcome.release_s.tolist() == [int(d * DAY) for d in (2.2, 3.2, 4.2, 5.2)]
    assert spent(outcome, "lost_season:winter") == 1.2 * DAY
    assert spent(outcome, "worked") == 4 * DAY


@every_engine
def test_a_shift_moves_both_dates(engine: Engine) -> None:
    early = play(winter(dt.date(2025, 12, 8), shift_days=-1), engine=engine)
    assert (early.release_s / DAY).tolist() == [1, 102, 103, 104]  # until 19 March


def test_overlapping_winters_take_the_lower_pace() -> None:
    # a short season shows when and how slow each year's winter is; a long one of the same luck
    # has the same shifts and paces, and its winters overlap
    luck = {
        "shift_days": law("discrete", values=[-60, -20, 20, 60]),
        "pace": law("discrete", values=[0.1, 0.3, 0.5, 0.7]),
    }
    campaign = {"start": dt.date(2025, 1, 1), "horizon_days": 1940}  # until April 2030
    dates = {"name": "winter", "closed_from": "07-01"}
    short = build(campaign=campaign, season=[dates | {"closed_until": "07-02"} | luck])
    long = build(campaign=campaign, season=[dates | {"closed_until": "06-28"} | luck])
    overlaps = 0
    for seen, predicted in zip(worlds(short, 20), worlds(long, 20), strict=True):
        days = np.flatnonzero(seen.calendar.closed[0])
        assert len(days) == 5  # the winters of 2025 to 2029
        expected = np.full(1941, 1000)
        for year, day in zip(range(2025, 2030), days, strict=True):
            pace = 1000 - seen.calendar.closed[0, day]
            length = (dt.date(year + 1, 6, 28) - dt.date(year, 7, 1)).days
            overlaps += int(expected[day : day + length].min() < 1000)
            expected[day : day + length] = np.minimum(expected[day : day + length], pace)
        # the winter of 2024, which the short season does not show, ends by day 238
        assert np.array_equal(1000 - predicted.calendar.closed[0, 239:], expected[239:])
    assert overlaps > 20


def test_a_winter_shifted_back_into_the_last_year_is_kept() -> None:
    # that of January 2026 begins on 26 December 2025, before the horizon on the 28th
    scenario = build(
        campaign={"start": dt.date(2025, 1, 1), "horizon_days": 361},
        season=[WINTER | {"closed_from": "01-05", "closed_until": "02-01", "shift_days": -10}],
    )
    closed = sample_world(scenario).calendar.closed[0]
    assert np.flatnonzero(closed == 1000).tolist() == [*range(21), 359, 360, 361]


@every_engine
def test_the_weekly_pace_is_worked_off_second_by_second(engine: Engine) -> None:
    pace = [300, 0, 1700, 901, 1, 1234, 777] * 10
    world = with_pace(sample_world(build(sector={"area_ha": 20})), pace)
    outcome = play(world, engine=engine)
    expected, now = [], 0
    for _ in range(20):  # a parcel is taken at the second at which the last one was finished
        left = 1000 * DAY
        while left > 0:
            p = pace[now // DAY]
            step = min(DAY - now % DAY, -(-left // p) if p else DAY)
            left, now = left - p * step, now + step
        expected.append(now)
    assert outcome.release_s.tolist() == expected


def test_weeks_are_lognormal_and_correlated_as_stated() -> None:
    scenario = build(
        campaign={"horizon_days": 700}, pace={"weekly_cv": 0.35, "weekly_correlation": 0.6}
    )
    paces = np.array([w.calendar.pace[0] for w in worlds(scenario, 400)])[:, :700]
    weeks = paces.reshape(400, 100, 7)
    assert (weeks == weeks[:, :, :1]).all()  # one number a week
    log_pace, variance = np.log(weeks[:, :, 0] / 1000), math.log1p(0.35**2)
    for week in (0, 99):  # as stationary at the start as at the end
        assert_mean(log_pace[:, week], -variance / 2, z=Z)
        assert_mean((log_pace[:, week] + variance / 2) ** 2, variance, z=Z)
    assert_mean(log_pace.mean(1), -variance / 2, z=Z)
    assert_mean(weeks[:, :, 0].mean(1) / 1000, 1.0, z=Z)
    centred = (log_pace + variance / 2) / math.sqrt(variance)
    assert_mean((centred[:, 1:] * centred[:, :-1]).mean(1), 0.6, z=Z)
    assert_mean((centred[:, 2:] * centred[:, :-2]).mean(1), 0.36, z=Z)


def test_a_drift_of_the_pace_has_the_variance_stated_at_one_and_at_four_years() -> None:
    scenario = build(campaign={"horizon_days": 1500}, pace={"drift_cv_per_year": 0.2})
    pace = np.array([w.calendar.pace[0] for w in worlds(scenario, 2000)]) / 1000
    assert (pace[:, :7] == 1).all()
    for week, years in ((52, 52 * 7 / 365.25), (209, 209 * 7 / 365.25)):
        variance = math.log1p(0.2**2) * years
        log_pace = np.log(pace[:, 7 * week])
        assert_mean(log_pace, -variance / 2, z=Z)
        assert_mean((log_pace + variance / 2) ** 2, variance, z=Z)
        assert_mean(pace[:, 7 * week], 1.0, z=Z)


def test_lost_days_come_in_spells_and_each_is_as_likely_as_stated() -> None:
    months = [0.1, 0.2, 0.2, 0.3, 0.5, 0.5, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2]
    scenario = build(
        campaign={"horizon_days": 365},
        weather={"lost_day_probability": months, "spell_days": 4},
    )
    lost = np.array([w.calendar.lost for w in worlds(scenario, 1500)])
    month = np.array([(MONDAY + dt.timedelta(days=d)).month for d in range(lost.shape[1])])
    for m in (1, 6):
        assert_mean(lost[:, month == m].mean(1), months[m - 1], z=Z)
    same = build(
        campaign={"horizon_days": 400}, weather={"lost_day_probability": 0.4, "spell_days": 4}
    )
    lost = np.array([w.calendar.lost for w in worlds(same, 1500)])
    ends = (lost[:, :-1] & ~lost[:, 1:]).sum(1)
    assert_mean(ends - lost[:, :-1].sum(1) / 4, 0.0, z=Z)


def test_wet_years_are_lost_together_and_begin_in_the_driest_month() -> None:
    months = [0.3] * 6 + [0.05] + [0.3] * 5
    weather = {"lost_day_probability": months, "yearly_cv": 0.3}
    scenario = build(campaign={"start": dt.date(2025, 7, 1), "horizon_days": 730}, weather=weather)
    lost = np.array([w.calendar.lost for w in worlds(scenario, 1500)])[:, :730]
    share = lost[:, 31:365].mean(1), lost[:, 396:730].mean(1)  # but for July
    assert_mean(np.concatenate(share), 0.3, z=Z)
    halves = lost[:, 31:184].mean(1), lost[:, 184:365].mean(1)
    assert np.corrcoef(*halves)[0, 1] > 0.7
    assert abs(np.corrcoef(*share)[0, 1]) < 0.12


@every_engine
def test_a_constant_pace_stretches_the_campaign(engine: Engine) -> None:
    scenario = build(
        season=[WINTER | {"closed_from": "01-01", "closed_until": "12-31", "pace": 0.3}]
    )
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == worked_off_s([300] * 50, 10 * DAY)


def test_lost_days_are_a_negative_binomial() -> None:
    # ten days' work, each day lost with probability 0.3: before the tenth day of work there are
    # as many lost days as failures before the tenth success
    scenario = build(weather={"lost_day_probability": 0.3})
    done = completions(scenario, n=1000) / DAY - 10
    for k in range(1, 9):
        assert_share(int((done <= k).sum()), 1000, nbinom.cdf(k, 10, 0.7), error=ERROR)


def test_each_month_loses_its_own_share_of_days() -> None:
    twelve = [m / 20 for m in range(12)]
    scenario = build(
        campaign={"start": dt.date(2025, 1, 1), "horizon_days": 364},
        weather={"lost_day_probability": twelve},
    )
    lost = sum(w.calendar.lost.astype(int) for w in worlds(scenario, 200))
    months = np.array([(dt.date(2025, 1, 1) + dt.timedelta(days=d)).month for d in range(365)])
    for month in range(1, 13):
        days = months == month
        assert_share(int(lost[days].sum()), 200 * days.sum(), twelve[month - 1], error=ERROR)


# Campaign-level chance and parcels


def test_quantiles_follow_a_shared_rate_by_change_of_variable() -> None:
    # 10 ha at a uniform rate of 0.5 to 2: completed by 10 / r with probability P(rate >= r)
    scenario = build(
        campaign={"parcel_ha": 10}, factors={"rate": law("uniform", low=0.5, high=2.0)}
    )
    done = completions(scenario, n=2000) / DAY
    for p in (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
        rate = 2.0 - 1.5 * p
        assert_share(int((done <= 10 / rate).sum()), 2000, p, error=ERROR)


def test_many_parcels_share_one_rate() -> None:
    # 60 equal parcels and one shared factor: the spread is that of the factor, not of an average
    scenario = build(
        sector={"area_ha": 60},
        crew={"count": 3},
        factors={"rate": law("lognormal", mean=1.0, cv=0.3)},
    )
    done = completions(scenario, n=400) / DAY
    variance = math.log1p(0.3**2)
    for p in (0.1, 0.5, 0.9):
        rate = math.exp(-variance / 2 - math.sqrt(variance) * ndtri(p))
        assert_share(int((done <= 20 / rate).sum()), 400, p, error=ERROR)


def test_n_crews_on_n_parcels_take_as_long_as_the_longest() -> None:
    n, cv = 8, 0.6
    scenario = build(sector={"area_ha": n}, crew={"count": n}, clearance={"parcel_variation": cv})
    done = completions(scenario, n=1000) / DAY
    variance = math.log1p(cv**2)
    for p in (0.05, 0.25, 0.5, 0.75, 0.95):
        longest = math.exp(-variance / 2 + math.sqrt(variance) * ndtri(p ** (1 / n)))
        assert_share(int((done <= longest).sum()), 1000, p, error=ERROR)


def test_the_fastest_of_n_crews_on_one_parcel_is_no_faster_than_the_first() -> None:
    # crew 0 takes the only parcel: the variation between crews shows as it is, not as a minimum
    scenario = build(sector={"area_ha": 1}, crew={"count": 5, "variation": 0.5})
    done = completions(scenario, n=1000) / DAY
    variance = math.log1p(0.5**2)
    for p in (0.1, 0.5, 0.9):
        factor = math.exp(-variance / 2 + math.sqrt(variance) * ndtri(1 - p))
        assert_share(int((done <= 1 / factor).sum()), 1000, p, error=ERROR)


# Items, survey, inspection


@every_engine
def test_every_item_adds_its_minutes(engine: Engine) -> None:
    scenario = build(sector={"items_per_ha": 5}, clearance={"item_minutes": 1.5})
    outcome = play(scenario, engine=engine)
    items = outcome.world.land.items
    assert items.sum() > 0
    assert outcome.completion_s == 10 * DAY + 90 * items.sum()
    assert count(outcome, "items") == items.sum()


@pytest.mark.parametrize("k", [None, 0.5, 20.0])
def test_items_have_the_mean_and_the_clusters_stated(k: float | None) -> None:
    clearance = {} if k is None else {"item_dispersion": k}
    scenario = build(
        campaign={"parcel_ha": 2},
        sector={"area_ha": 4000, "items_per_ha": 0.7},
        clearance=clearance,
    )
    items = sample_world(scenario).land.items
    expected = poisson(1.4) if k is None else nbinom(k, k / (k + 1.4))
    assert_mean(items, 1.4, z=Z)
    for x in (0, 1, 2, 4):
        assert_share(int((items <= x).sum()), 2000, float(expected.cdf(x)), error=ERROR)


def test_a_smaller_last_parcel_has_fewer_items() -> None:
    scenario = build(sector={"count": 2000, "area_ha": 1.25, "items_per_ha": 8})
    last = sample_world(scenario).land.items[1::2]
    assert_mean(last, 2.0, z=Z)


SURVEYED = [{"role": "survey", "rate_ha_per_day": 2}, {"role": "clearance"}]
FOUND = {"share": 1, "found_until": 1}


@every_engine
def test_survey_and_clearance_form_a_line(engine: Engine) -> None:
    variation = {"parcel_variation": 0.8}
    scenario = build(sector={"area_ha": 20}, crew=SURVEYED, survey=variation, clearance=variation)
    outcome = play(scenario, engine=engine)
    land = outcome.world.land
    surveyed = accumulate(math.floor(e / 2 + 0.5) for e in land.survey_s)
    expected = in_line(surveyed, [math.floor(e + 0.5) for e in land.clearance_s])
    assert outcome.release_s.tolist() == expected
    assert count(outcome, "cleared_m2") == 200_000


@every_engine
def test_what_survey_releases_is_not_cleared(engine: Engine) -> None:
    shares = {"cancelled_share": 0.4, "reduced_share": 0.3}
    scenario = build(sector={"area_ha": 50.5}, crew=SURVEYED, survey=shares)
    outcome = play(scenario, engine=engine)
    result, area = outcome.world.land.survey_result, outcome.world.land.area_m2
    assert set(result) == {0, 1, 2}
    for value, name in enumerate(("cancelled_m2", "reduced_m2", "cleared_m2")):
        assert count(outcome, name) == area[result == value].sum()
    cleared = (result == 2).nonzero()[0]
    surveyed = np.minimum(np.arange(1, 52) * (DAY // 2), 25 * DAY + DAY // 4)  # the last is half
    expected = surveyed.copy()
    efforts = [DAY if p < 50 else DAY // 2 for p in cleared]
    expected[cleared] = in_line(surveyed[cleared], efforts)
    assert outcome.release_s.tolist() == expected.tolist()


@every_engine
def test_a_region_stands_for_its_sectors(engine: Engine) -> None:
    # c0, of a hectare a day, may enter B and D only; c1, of half of that, takes A and then C
    sectors = [{"area_ha": 2, "region": name} for name in ("west", "east", "west", "east")]
    crews = [{"sectors": ["east"]}, {"rate_ha_per_day": 0.5, "sectors": ["A", "west"]}]
    outcome = play(build(sector=sectors, crew=crews), engine=engine)
    assert outcome.sector_release_s.tolist() == [4 * DAY, 2 * DAY, 8 * DAY, 4 * DAY]


@every_engine
def test_a_crew_goes_back_to_land_it_prefers_when_it_opens_and_when_it_reopens(
    engine: Engine,
) -> None:
    # B opens while the third parcel of A is worked off, and is hit while the fifth is
    sectors = [{"area_ha": 6}, {"area_ha": 2, "opens": 2.5}]
    world = sample_world(build(sector=sectors, crew={"prefers": ["B"]}))
    outcome = play(with_attacks(world, Attack(13 * DAY // 2, 1, hits=(6,))), engine=engine)
    assert outcome.release_s.tolist() == [DAY * day for day in (1, 2, 3, 6, 7, 9, 8, 5)]


@every_engine
def test_preferred_land_is_chosen_by_priority_and_so_is_the_other(engine: Engine) -> None:
    # B and C before A and D, and of each pair the one of the lower number first
    sectors = [{"area_ha": 1, "priority": p} for p in (0, 5, 4, -1)]
    scenario = build(sector=sectors, crew={"prefers": ["B", "C"]})
    outcome = play(scenario, engine=engine)
    assert outcome.sector_release_s.tolist() == [4 * DAY, 2 * DAY, DAY, 3 * DAY]


@every_engine
@pytest.mark.parametrize(
    ("only", "last"),
    [({}, [4, 6]), ({"sectors": ["A", "B", "C"]}, [4, 5])],
    ids=["everywhere", "not everywhere"],
)
def test_preferred_land_is_shared_out_in_balance(
    engine: Engine, only: dict[str, list[str]], last: list[int]
) -> None:
    # three crews: two in A and one in B on day 1, on day 2 the last parcel of B and then the others
    sectors = [{"area_ha": 2, "region": name} for name in ("R", "R", "S", "S")]
    crews = [{"count": 3, "prefers": ["R"], **only}, {"arrives": 50}]
    scenario = build(sector=sectors, crew=crews, campaign={"dispatch": "balanced"})
    outcome = play(scenario, engine=engine)
    assert outcome.release_s[[0, 1, 2]].tolist() == [DAY] * 3
    assert outcome.release_s[[3, *last]].tolist() == [2 * DAY] * 3


@every_engine
def test_confirmed_land_beside_suspected_land(engine: Engine) -> None:
    # survey, 2 ha a day, needs 2 days for A and does not come to B; clearance begins with B
    sectors = [{"area_ha": 4, "reduced_share": 1}, {"area_ha": 3, "status": "confirmed"}]
    scenario = build(sector=sectors, crew=SURVEYED, survey={})
    outcome = play(scenario, engine=engine)
    assert outcome.release_s.tolist() == [
        DAY // 2, DAY, 3 * DAY // 2, 2 * DAY, DAY, 2 * DAY, 3 * DAY,
    ]  # fmt: skip
    assert (count(outcome, "reduced_m2"), count(outcome, "cleared_m2")) == (40_000, 30_000)
    assert spent(outcome, "worked") == 2 * DAY


@every_engine
def test_whatever_becomes_of_confirmed_land_survey_does_not_come_to_it(engine: Engine) -> None:
    # B: its parcel is cleared, fails, is cleared again, hit, and cleared again; one more is found
    sectors = [{"area_ha": 1, "priority": 1}, {"area_ha": 1, "status": "confirmed"}]
    scenario = build(sector=sectors, crew=SURVEYED, survey={"cancelled_share": 1}, growth=FOUND)
    world = with_inspections(sample_world(scenario), {2: [(0, False), (0, True)]})
    world = with_land(world, found_parcel=np.array([1, 3]), found_s=np.array([DAY] * 2))
    world = with_attacks(world, Attack(5 * DAY // 2, sector=1, hits=(2,)))
    outcome = play(world, engine=engine)
    assert outcome.release_s.tolist() == [DAY // 2, 3 * DAY // 2, 4 * DAY, 3 * DAY]
    assert outcome.releases.tolist() == [1, 1, 2, 1]
    assert (count(outcome, "cancelled_m2"), count(outcome, "cleared_m2")) == (20_000, 20_000)


def test_survey_shares_of_a_sector_are_drawn_for_it_alone() -> None:
    uncertain = law("uniform", low=0.1, high=0.3)
    sectors = [{"area_ha": 9000, "count": 2, "cancelled_share": uncertain}, {"area_ha": 9000}]
    scenario = build(sector=sectors, crew=SURVEYED, survey={"cancelled_share": uncertain})
    result = sample_world(scenario).land.survey_result.reshape(3, 9000)
    a, also_a, b = (result == 0).mean(axis=1)
    assert min(a, b) > 0.08
    assert abs(a - also_a) < 0.03 < abs(a - b)


def test_survey_shares_are_probabilities_of_each_parcel() -> None:
    shares = {"cancelled_share": 0.5, "reduced_share": 0.2}
    scenario = build(sector={"area_ha": 5000}, crew=SURVEYED, survey=shares)
    result = sample_world(scenario).land.survey_result
    for value, share in enumerate((0.5, 0.2, 0.3)):
        assert_share(int((result == value).sum()), 5000, share, error=ERROR)


@every_engine
def test_items_of_land_released_by_survey_are_not_found(engine: Engine) -> None:
    scenario = build(sector={"items_per_ha": 20}, crew=SURVEYED, survey={"cancelled_share": 0.5})
    outcome = play(scenario, engine=engine)
    land = outcome.world.land
    assert 0 < count(outcome, "items") == land.items[land.survey_result == 2].sum()


@every_engine
def test_cancelled_land_holds_no_items_when_it_must_be_cleared_after_all(engine: Engine) -> None:
    # items lie in confirmed parcels only: a cancelled one that is hit takes its area's effort
    scenario = build(
        sector=[{"area_ha": 1, "items_per_ha": 100}, {"area_ha": 1, "opens": 5}],
        crew=SURVEYED,
        survey={"cancelled_share": 1},
        clearance={"item_minutes": 1},
    )
    world = with_attacks(sample_world(scenario), Attack(at_s=DAY, hits=(0,)))
    outcome = play(world, engine=engine)
    assert outcome.release_s.tolist() == [2 * DAY, 5 * DAY + DAY // 2]


@every_engine
def test_an_inspection_delays_the_release_and_needs_no_crew(engine: Engine) -> None:
    quality = {"inspected_share": 1, "inspection_days": 5}
    outcome = play(build(sector={"area_ha": 3}, quality=quality), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [6, 7, 8]
    assert spent(outcome, "worked") == 3 * DAY


@every_engine
def test_a_failed_parcel_is_worked_on_and_inspected_again(engine: Engine) -> None:
    # parcel 0: cleared on day 1, fails on day 2, queues behind parcel 1 (days 1 to 2): reworked
    # for half a day until 2.5, fails on 4.5, reworked until 5, passes on 6
    quality = {"inspected_share": 1, "rework_share": 0.5}
    world = sample_world(build(sector={"area_ha": 2}, quality=quality))
    checks = {0: [(DAY, False), (2 * DAY, False), (DAY, True)], 1: [(0, True)]}
    outcome = play(with_inspections(world, checks), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [6, 2]
    assert spent(outcome, "worked") == 3 * DAY
    assert count(outcome, "cleared_m2") == 20_000


def test_rework_is_a_geometric_sum() -> None:
    # 20 parcels, each failing with probability 0.4 however often: the failures before 20 passes
    # are negative binomial, and each costs half a day
    scenario = build(
        sector={"area_ha": 20},
        quality={"inspected_share": 1, "failure_probability": 0.4, "rework_share": 0.5},
    )
    failures = (completions(scenario, n=600) / DAY - 20) / 0.5
    for k in (5, 8, 11, 13, 16, 20, 25):
        assert_share(int((failures <= k).sum()), 600, nbinom.cdf(k, 20, 0.6), error=ERROR)


def test_a_share_of_parcels_is_inspected() -> None:
    quality = {"inspected_share": 0.3, "failure_probability": 0.5}
    land = sample_world(build(sector={"area_ha": 5000}, quality=quality)).land
    inspected = land.first_inspection >= 0
    assert_share(int(inspected.sum()), 5000, 0.3, error=ERROR)
    first = land.inspection_passed[land.first_inspection[inspected]]
    assert_share(int(first.sum()), len(first), 0.5, error=ERROR)


# Attacks


@every_engine
def test_stops_that_overlap_merge_and_do_not_add(engine: Engine) -> None:
    # stopped from 1 to 3 (two overlapping), 3 to 4 (touching), 6 to 6.5, and 7 to 9 (one inside)
    half = DAY // 2
    world = with_attacks(
        sample_world(build(campaign={"parcel_ha": 10}, sector={"area_ha": 5})),
        Attack(at_s=DAY, stop_s=DAY + half),
        Attack(at_s=2 * DAY, stop_s=DAY),
        Attack(at_s=3 * DAY, stop_s=DAY),
        Attack(at_s=6 * DAY, stop_s=half),
        Attack(at_s=7 * DAY, stop_s=2 * DAY),
        Attack(at_s=7 * DAY + half, stop_s=half),
    )
    outcome = play(world, engine=engine)
    # worked: 0-1, 4-6, 6.5-7, 9-10.5
    assert outcome.completion_s == 10.5 * DAY
    assert spent(outcome, "lost_shelling") == 5.5 * DAY
    assert count(outcome, "attacks") == 6


@every_engine
def test_rest_days_do_not_lengthen_a_stop(engine: Engine) -> None:
    # a stop of a day and a half from Friday evening is over before Monday
    scenario = build(campaign={"rest_days": ["sat", "sun"]}, sector={"area_ha": 6})
    world = with_attacks(sample_world(scenario), Attack(at_s=5 * DAY - 600, stop_s=3 * DAY // 2))
    outcome = play(world, engine=engine)
    assert outcome.completion_s == 8 * DAY + 600
    assert spent(outcome, "lost_shelling") == 600
    assert spent(outcome, "lost_rest") == 2 * DAY


@every_engine
def test_a_stopped_sector_is_passed_by_and_offers_its_land_again(engine: Engine) -> None:
    # on day 1, in the middle of the stop of B, the crew goes to C, or waits for half a day
    attack = Attack(at_s=DAY // 2, sector=1, stop_s=DAY)
    for sectors, released, waited in ((3, [1, 3, 2], 0), (2, [1, 2.5], DAY // 2)):
        world = sample_world(build(sector=[{"area_ha": 1}] * sectors))
        outcome = play(with_attacks(world, attack), engine=engine)
        assert (outcome.release_s / DAY).tolist() == released
        assert spent(outcome, "waiting_for_land") == waited
        assert spent(outcome, "lost_shelling") == 0


def shelled(per_24h: float, **shelling: object) -> dict[str, object]:
    return {"regimes": [{"name": "one", "attacks_per_24h": per_24h, "mean_days": 1}]} | shelling


@pytest.mark.parametrize("stop", [3.0, law("exponential", mean=3.0)], ids=["fixed", "exponential"])
def test_stops_lengthen_work_by_the_exponential_of_rate_times_stop(stop: object) -> None:
    # Attacks keep coming during a stop, and stops merge: they are the busy periods of a queue
    # with infinitely many servers. Between them lies an exponential time of work of mean 1/rate;
    # a busy period lasts (exp(rate s) - 1)/rate on average, whatever the law of the stop of mean
    # s. So the work T takes T + rate T (exp(rate s) - 1)/rate = T exp(rate s).
    scenario = build(
        campaign={"hours_per_day": 24}, shelling=shelled(4, stop_hours=stop), sector={"area_ha": 8}
    )
    done = completions(scenario, n=600) / 86_400
    assert_mean(done, 8 * math.exp(4 * 3 / 24), z=Z)


def test_attacks_are_poisson_in_each_sector() -> None:
    # a working day of six hours meets a quarter of a day's attacks; exposure shares them out
    scenario = build(
        campaign={"hours_per_day": 6, "horizon_days": 100},
        sector=[{"exposure": 1}, {"exposure": 3}, {"exposure": 0}],
        shelling=shelled(2),
    )
    numbers = np.array([np.bincount(w.attacks.sector, minlength=3) for w in worlds(scenario, 200)])
    for sector, mean in ((0, 12.5), (1, 37.5)):
        assert_mean(numbers[:, sector], mean, z=Z)
        assert_mean((numbers[:, sector] - mean) ** 2, mean, z=Z)  # a Poisson variance
    assert numbers[:, 2].sum() == 0


def test_regimes_take_turns_from_a_stationary_start() -> None:
    # 3/4 of all days are calm, from the first day on
    regimes = [
        {"name": "calm", "attacks_per_24h": 1, "mean_days": 9},
        {"name": "storm", "attacks_per_24h": 13, "mean_days": 3},
    ]
    scenario = build(
        campaign={"hours_per_day": 24, "horizon_days": 60}, shelling={"regimes": regimes}
    )
    days = [np.bincount(w.attacks.at_s // 86_400, minlength=61)[:60] for w in worlds(scenario, 800)]
    first, last, whole = (
        np.array([d[s].sum() for d in days]) for s in (slice(2), slice(58, 60), slice(60))
    )
    assert_mean(first, 2 * 4, z=Z)
    assert_mean(last, 2 * 4, z=Z)
    assert_mean(whole, 60 * 4, z=Z)
    # for two states at stationarity, the variance of the number of attacks in time t is
    # m t + 2 (a - b)^2 p q (t/r - (1 - exp(-r t))/r^2), with r the sum of the two rates of change
    r, t = 1 / 9 + 1 / 3, 60
    variance = 4 * t + 2 * 12**2 * 3 / 16 * (t / r - (1 - math.exp(-r * t)) / r**2)
    assert_mean((whole - 240.0) ** 2, variance, z=Z)


def test_shelling_ends() -> None:
    scenario = build(
        campaign={"hours_per_day": 24, "horizon_days": 100},
        shelling=shelled(20, ends=law("uniform", low=20, high=40)),
    )
    last = np.array([w.attacks.at_s[-1] for w in worlds(scenario, 100)]) / 86_400
    assert ((last > 19) & (last < 40)).all()
    assert_mean(last, 30 - 1 / 20, z=Z)


def test_no_attack_comes_at_the_second_at_which_shelling_ends() -> None:
    campaign = {"hours_per_day": 24, "horizon_days": 100}
    at_s = sample_world(build(campaign=campaign, shelling=shelled(20))).attacks.at_s
    for k in range(20):  # the exact time of half of them is before that second
        ends = build(campaign=campaign, shelling=shelled(20, ends=at_s[k].item() / 86_400))
        assert sample_world(ends).attacks.at_s.tolist() == at_s[:k].tolist()


@every_engine
def test_a_hit_parcel_is_cleared_again_at_its_share_of_the_effort(engine: Engine) -> None:
    # parcel 0 is released on day 1, hit at 1.5; cleared again after parcel 1, for half a day
    scenario = build(sector={"area_ha": 3})
    attacks = [Attack(at_s=3 * DAY // 2, hits=(0, 2))]  # parcel 2 is not released: no matter
    outcome = play(with_attacks(sample_world(scenario), *attacks, effort=0.5), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [3.5, 2, 3]
    assert outcome.releases.tolist() == [2, 1, 1]
    assert outcome.recontaminations.tolist() == [1, 0, 0]
    assert count(outcome, "recontaminated_m2") == count(outcome, "recleared_m2") == 10_000
    assert count(outcome, "cleared_m2") == count(outcome, "released_m2") == 30_000


def test_every_released_parcel_is_hit_if_hits_are_many() -> None:
    # each attack hits all three parcels of A (bar a chance of 3 exp(-33)); B, not attacked, keeps
    # the campaign open for 20 days, and A is cleared again in no time
    scenario = build(
        campaign={"hours_per_day": 24},
        sector=[{"area_ha": 3}, {"area_ha": 20, "exposure": 0}],
        crew=[{"sectors": ["A"], "rate_ha_per_day": 1e6}, {"sectors": ["B"]}],
        shelling=shelled(1, recontaminated_parcels=100, recontamination_effort=0),
    )
    for outcome in plays(scenario, n=20, seed=1):
        at_s = outcome.world.attacks.at_s
        during = int((at_s <= outcome.completion_s).sum())
        assert at_s[0] > 3
        assert np.diff(at_s[: during + 1]).min() > 3  # seconds that clearing A again takes
        assert outcome.recontaminations[:3].tolist() == [during] * 3
        assert outcome.releases.tolist() == [during + 1] * 3 + [1] * 20


def test_hits_are_poisson_and_uniform() -> None:
    scenario = build(
        campaign={"hours_per_day": 24, "horizon_days": 100},
        sector={"area_ha": 4},
        shelling=shelled(10, recontaminated_parcels=0.3),
        growth={"share": 1},
    )
    attacks = sample_world(scenario).attacks
    number, n = np.diff(attacks.first_hit), len(attacks.at_s)
    for x in (0, 1):
        assert_share(int((number <= x).sum()), n, float(poisson.cdf(x, 0.3)), error=ERROR)
    assert set(attacks.hit_parcel) == {0, 1, 2, 3}  # initial parcels only
    for parcel in range(4):
        hits = int((attacks.hit_parcel == parcel).sum())
        assert_share(hits, len(attacks.hit_parcel), 0.25, error=ERROR)


# Casualties and accidents


@every_engine
def test_a_crew_that_is_hit_resumes_after_the_stop_and_its_recovery(engine: Engine) -> None:
    # hit at 0.5, stop until 1.0, recovered at 3.0; the other crew resumes at 1.0
    world = with_attacks(
        sample_world(build(sector={"area_ha": 2}, crew={"count": 2})),
        Attack(at_s=DAY // 2, stop_s=DAY // 2),
    )
    outcome = play(with_casualties(world, {0: [(1, 2 * DAY)]}), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [3.5, 1.5]
    assert count(outcome, "casualties") == 1
    assert spent(outcome, "lost_casualty") == 2.5 * DAY
    assert spent(outcome, "lost_shelling", crew=1) == 0.5 * DAY


def test_casualties_are_poisson_thinned() -> None:
    # no stop and no recovery: two crews at work for ten days meet ten days' attacks each
    scenario = build(
        campaign={"hours_per_day": 24},
        sector={"area_ha": 20},
        crew={"count": 2},
        shelling=shelled(3, casualty_probability=0.2),
    )
    hit = np.array([count(o, "casualties") for o in plays(scenario, n=200)])
    assert_mean(hit, 2 * 10 * 3 * 0.2, z=Z)


@every_engine
def test_a_crew_finishes_its_parcel_and_then_stands_down(engine: Engine) -> None:
    # accidents after half a day and after 0.75 days at work: both stand-downs follow parcel 0;
    # the third, after three days at work to the second, follows parcel 2
    world = sample_world(build(sector={"area_ha": 4}))
    accidents = [(DAY // 2, DAY, 1), (3 * DAY // 4, 2 * DAY, 4), (3 * DAY, DAY, 1)]
    outcome = play(with_accidents(world, {0: accidents}), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [1, 5, 6, 8]
    assert (count(outcome, "accidents"), count(outcome, "casualties")) == (3, 6)
    assert spent(outcome, "stand_down") == 4 * DAY


@every_engine
@pytest.mark.parametrize("cause", ["season", "rest", "stop"])
def test_days_without_work_are_not_days_at_work(engine: Engine, cause: str) -> None:
    # half a parcel, three days without work, the other half: an accident is due after a day and
    # a second at work, and is not reached in the first parcel
    closed = WINTER | {"closed_from": "07-01", "closed_until": "07-04"}
    about: dict[str, object] = {"season": [closed]} if cause == "season" else {}
    if cause == "rest":
        about = {"campaign": {"rest_days": ["tue", "wed", "thu"]}}
    scenario = build(**about, sector={"area_ha": 4, "difficulty": 2, "max_crews": 1})
    world = with_accidents(sample_world(scenario), {0: [(2 * DAY + 1, DAY, 1)]})
    if cause == "stop":
        world = with_attacks(world, Attack(at_s=DAY, stop_s=3 * DAY))
    outcome = play(world, engine=engine)
    assert (outcome.release_s / DAY).tolist()[:2] == [5, 7]
    assert spent(outcome, "stand_down") == DAY
    assert outcome.completion_s > outcome.release_s[1] + 2 * DAY  # stood down after parcel 1


def test_accidents_are_poisson_in_person_days_at_work() -> None:
    # five people for twenty days at work, over a year of waiting, resting and standing down
    scenario = build(
        campaign={"rest_days": ["sun"]},
        sector=[{"area_ha": 10}, {"area_ha": 10, "opens": 300}],
        crew={"people": 5},
        accidents={"per_person_day": 0.04, "stand_down_days": 0.5, "victims": 2.5},
    )
    outcomes = plays(scenario, n=600)
    accidents = np.array([count(o, "accidents") for o in outcomes])
    for x in (0, 1, 2, 4, 6, 8):
        p = float(poisson.cdf(x, 5 * 20 * 0.04))
        assert_share(int((accidents <= x).sum()), 600, p, error=ERROR)
    victims = np.array([count(o, "casualties") for o in outcomes])
    assert_mean(victims - 2.5 * accidents, 0, z=Z)
    assert (victims >= accidents).all()


def test_pace_does_not_change_the_hazard_of_a_day_at_work() -> None:
    # at half the pace the same land takes twice the days at work, and twice the accidents
    scenario = build(
        season=[WINTER | {"closed_from": "01-01", "closed_until": "12-31", "pace": 0.5}],
        accidents={"per_person_day": 0.1},
    )
    assert_mean((count(o, "accidents") for o in plays(scenario, n=600)), 20 * 0.1, z=Z)


# Restoration


RESTORED = [{"role": "clearance"}, {"role": "restoration"}]


@every_engine
def test_restoration_forms_a_line_behind_clearance(engine: Engine) -> None:
    variation = {"parcel_variation": 0.8}
    scenario = build(
        sector={"area_ha": 15},
        crew=RESTORED,
        clearance=variation,
        restoration=variation | {"share": 0.6},
    )
    outcome = play(scenario, engine=engine)
    land = outcome.world.land
    released = np.array(list(accumulate(math.floor(e + 0.5) for e in land.clearance_s)))
    needed = np.flatnonzero(land.restoration_s >= 0)
    assert 0 < len(needed) < 15
    efforts = [math.floor(e + 0.5) for e in land.restoration_s[needed]]
    expected = np.full(15, OPEN)
    expected[needed] = in_line(released[needed], efforts)
    assert outcome.restoration_s.tolist() == expected.tolist()
    assert outcome.completion_s == released[-1]
    assert outcome.restored_s == max(expected.max(), released[-1])


@every_engine
def test_restoration_by_sector_waits_for_the_whole_sector(engine: Engine) -> None:
    sectors = [{"area_ha": 3}, {"area_ha": 2}]
    restoration = {"starts": "sector"}
    outcome = play(build(sector=sectors, crew=RESTORED, restoration=restoration), engine=engine)
    assert (outcome.restoration_s / DAY).tolist() == [4, 5, 6, 7, 8]
    assert (outcome.completion_s, outcome.restored_s) == (5 * DAY, 8 * DAY)


@every_engine
def test_clearance_crews_are_paid_until_completion_and_restorers_to_the_end(engine: Engine) -> None:
    crews = [crew | {"cost_per_day": 10, "cost_to_mobilise": 7} for crew in RESTORED]
    outcome = play(
        build(sector={"area_ha": 2}, crew=crews, restoration={"parcel_variation": 0}), engine=engine
    )
    per_day = 100 * DAY  # hundredths x seconds a day
    assert outcome.cost.tolist() == [0, 27 * per_day, 27 * per_day, 0]
    assert outcome.total_cost.tolist() == [0, 27 * per_day, 37 * per_day, 0]
    assert (outcome.completion_s, outcome.restored_s) == (2 * DAY, 3 * DAY)


# Money


@every_engine
def test_a_fund_runs_out_to_the_second(engine: Engine) -> None:
    # two crews mobilise for 10 each; the 33.35 left pay 2 x 5 a day for 3.335 days
    scenario = build(
        sector={"area_ha": 10},
        crew={"count": 2, "cost_per_day": 5, "cost_to_mobilise": 10},
        money={
            "when_spent": "stop",
            "fund": [{"name": "f", "roles": ["clearance"], "amount": 53.35}],
        },
    )
    outcome = play(scenario, engine=engine)
    stopped_s = 12_006
    assert stopped_s == 3.335 * DAY
    assert outcome.completion_s == OPEN
    assert sorted(outcome.release_s / DAY) == [OPEN / DAY] * 4 + [1, 1, 2, 2, 3, 3]
    assert outcome.cost[1] == 5335 * DAY
    for crew in (0, 1):
        assert spent(outcome, "worked", crew) == stopped_s
        assert spent(outcome, "unpaid", crew) == 1000 * DAY - stopped_s


@every_engine
def test_a_fund_that_runs_out_within_a_second_pays_that_second(engine: Engine) -> None:
    # 1.00 at 0.72 an hour lasts 5000 s; a cent less 4950 s, a cent more 5050 s. At 7 an hour
    # 9.99 lasts 5137.7 s, and the second that has begun is paid
    for amount, rate, second in ((1.0, 0.72, 5000), (0.99, 0.72, 4950), (9.99, 7.0, 5138)):
        scenario = build(
            crew={"cost_per_day": rate},
            money={
                "when_spent": "stop",
                "fund": [{"name": "f", "roles": ["clearance"], "amount": amount}],
            },
        )
        outcome = play(scenario, engine=engine)
        assert spent(outcome, "worked") == second
        assert outcome.cost[1] == second * round(100 * rate)


@every_engine
def test_a_fund_pays_its_roles_only_and_may_be_overdrawn(engine: Engine) -> None:
    # survey stops after three days, clearance goes on with what was surveyed: a day behind it
    crews = [
        {"role": "survey", "cost_per_day": 1},
        {"role": "clearance", "cost_per_day": 100},
    ]
    fund = [{"name": "f", "roles": ["survey"], "amount": 3}]
    base = {"crew": crews, "survey": {}, "sector": {"area_ha": 5}}
    outcome = play(build(**base, money={"when_spent": "stop", "fund": fund}), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [2, 3, 4, OPEN / DAY, OPEN / DAY]
    outcome = play(build(**base, money={"when_spent": "continue", "fund": fund}), engine=engine)
    assert outcome.completion_s == 6 * DAY
    assert outcome.cost.tolist() == [5 * 100 * DAY, 600 * 100 * DAY, 0, 0]


@every_engine
def test_two_payers_bear_their_shares_to_the_hundredth(engine: Engine) -> None:
    # 85 % of 10.01 a day are 8.51, halves up, and the rest is 1.50; of 0.02 they are 0.02 and 0
    def outcome(most: float) -> Outcome:
        paid = (("EU", 0.85, 999), ("own", 0.15, most))
        funds = [
            {"name": name, "roles": ["clearance"], "share": share, "amount": amount}
            for name, share, amount in paid
        ]
        scenario = build(
            sector={"area_ha": 10},
            crew={"cost_per_day": 10.01, "cost_to_mobilise": 0.02},
            money={"when_spent": "stop", "fund": funds},
        )
        return play(scenario, engine=engine)

    whole = outcome(15)
    assert whole.completion_s == 10 * DAY
    assert whole.fund_cost.tolist() == [(8510 + 2) * DAY, 1500 * DAY]
    assert whole.total_cost.tolist() == [0, (10_010 + 2) * DAY, 0, 0]
    stopped = outcome(4.5)  # that one of them has nothing left stops the crew: after three days
    assert stopped.fund_cost.tolist() == [(3 * 851 + 2) * DAY, 450 * DAY]
    assert spent(stopped, "worked") == 3 * DAY
    assert spent(stopped, "unpaid") == 997 * DAY


def test_a_run_is_censored_at_the_horizon() -> None:
    outcome = play(build(campaign={"horizon_days": 4.5}), engine=FAST)
    assert (outcome.completion_s, outcome.restored_s) == (OPEN, OPEN)
    assert count(outcome, "released_m2") == 40_000
    assert outcome.sector_release_s.tolist() == [OPEN]
    assert outcome.crew_present_s.tolist() == [4.5 * DAY]
    assert (outcome.releases == [1] * 4 + [0] * 6).all()


@every_engine
def test_weeks_end_with_their_last_instant(engine: Engine) -> None:
    # 14 parcels, one a day: the one released at 7.0 days belongs to the week up to day 7;
    # parcel 0 is hit in the third week and counts again in the fourth
    scenario = build(campaign={"horizon_days": 30}, sector={"area_ha": 22})
    world = with_attacks(sample_world(scenario), Attack(at_s=20 * DAY + 1, hits=(0,)))
    outcome = play(world, engine=engine)
    assert outcome.week_released_m2.tolist() == [0, 70_000, 70_000, 60_000, 20_000, 0]
    assert outcome.week_gross_m2.tolist() == [0, 70_000, 70_000, 70_000, 20_000, 0]


@every_engine
def test_a_found_parcel_is_never_hit_and_efforts_are_the_crews_own(engine: Engine) -> None:
    # a crew twice as fast takes half the time for area, not for items
    world = sample_world(build(sector={"area_ha": 2}, crew={"rate_ha_per_day": 2}))
    world = with_land(world, items=np.array([3, 5], np.int32), item_s=60.0)
    outcome = play(world, engine=engine)
    assert outcome.release_s.tolist() == [DAY // 2 + 180, DAY + 480]
