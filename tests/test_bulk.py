"""Draws in bulk against the laws they invert, and against the generator word for word.

Statistical tests state their bound in standard errors: 4.5 is passed by 7 in a million.
"""

import math

import numpy as np
import pytest
from scipy import stats

from sim.sampling.compiled import attacks, bulk, calendar, crews, parcels
from sim.sampling.compiled.streams import (
    Floats,
    Ints,
    Keys,
    philox,
    stream_key,
    uniform,
    uniforms_by_index,
)

KEY = stream_key(2026, "bulk", "test")
SIGMAS = 4.5
MOST_WORD = 2**32 - 1


def some_words(n: int = 3000) -> list[int]:
    """Words all over the range, and close to both ends on a logarithmic scale."""
    rng = np.random.default_rng(1)
    tail = [2**k + j for k in range(31) for j in (-1, 0, 1)]
    return [*map(int, rng.integers(0, 2**32, n)), *tail, *(MOST_WORD - w for w in tail)]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 1023, 1024, 1025, 2050])
def test_words_in_bulk_are_the_generators_words(n: int) -> None:
    each = [int(w) for i in range(-(-n // 4)) for w in philox(KEY, i, 3, 2, 1)]
    assert bulk.words(n, KEY, 3, 2, 1).tolist() == each[:n]


def test_a_longer_stream_begins_with_the_shorter_one() -> None:
    assert bulk.words(5000, KEY, 0, 7, 0)[:777].tolist() == bulk.words(777, KEY, 0, 7, 0).tolist()


# Parcels' factors


@pytest.mark.parametrize("cv", [0.1, 0.6, 1.5])
def test_the_quantile_table_follows_the_lognormal_law_into_both_tails(cv: float) -> None:
    table, sigma = bulk.lognormal_table(cv), math.sqrt(math.log1p(cv**2))
    words = some_words()
    ours = np.array([bulk._from_table(table, w) for w in words])
    u = (np.array(words) + 0.5) / 2**32
    exact = stats.lognorm.ppf(u, sigma, scale=math.exp(-(sigma**2) / 2))
    inside = (u > 2.0**-26) & (u < 1 - 2.0**-26)
    np.testing.assert_allclose(ours[inside], exact[inside], rtol=5e-4)
    np.testing.assert_allclose(ours, exact, rtol=0.3)  # the last sixteen words share a cell
    assert np.all(np.diff(ours[np.argsort(words)]) >= 0)


@pytest.mark.parametrize("cv", [0.1, 0.6, 1.5])
def test_the_quantile_table_keeps_mean_and_variance(cv: float) -> None:
    # the table is linear between knots: on the midpoints of 2^20 cells the sum is nearly exact,
    # the tails beyond are summed with their own weight
    table, cells = bulk.lognormal_table(cv), 2**16
    step = 2**32 // cells
    outer = [int(w) for w in np.arange(0, step, step // 2**12)]
    weight = [1 / 2**12 / cells] * len(outer) * 2 + [1 / cells] * (cells - 2)
    half = step // 2**13
    low = [w + half for w in outer]
    words = [*low, *(MOST_WORD - w for w in low), *range(step + step // 2, 2**32 - step, step)]
    values = np.array([bulk._from_table(table, w) for w in words])
    mean = float(values @ weight)
    assert mean == pytest.approx(1, abs=1e-5)
    assert float((values - mean) ** 2 @ weight) == pytest.approx(cv**2, rel=2e-3)


def test_factors_are_the_scale_where_nothing_varies() -> None:
    out = np.empty(5)
    bulk.fill_factors(out, 3.0, np.empty((0, 0, 0)), KEY, 0, 0, 0)
    assert out.tolist() == [3.0] * 5


def test_factors_in_bulk_are_those_of_the_table_one_by_one() -> None:
    out, table = np.empty(20_000), bulk.lognormal_table(0.6)
    bulk.fill_factors(out, 3.0, table, KEY, 1, 2, 0)
    words = bulk.words(out.size, KEY, 1, 2, 0).astype(np.int64)
    assert min(words) < 2**18  # far into both tails
    assert max(words) > 2**32 - 2**18
    assert out.tolist() == [3.0 * bulk._from_table(table, word) for word in words]


def test_factors_have_mean_scale() -> None:
    out = np.empty(400_000)
    bulk.fill_factors(out, 3.0, bulk.lognormal_table(0.6), KEY, 0, 0, 0)
    assert abs(out.mean() / 3 - 1) < SIGMAS * 0.6 / math.sqrt(out.size)
    assert out[::7].mean() != out.mean()


# Numbers of items


def table_count(mean: float, k: float, word: int) -> int:
    cdf, guide, least = bulk.count_table(mean, k)
    at = int(guide[word >> 22])
    while cdf[at] <= word and at < cdf.size - 1:
        at += 1
    return int(least + at)


@pytest.mark.parametrize("mean", [0.001, 0.3, 2.0, 17.5, 400.0, 9000.0])
@pytest.mark.parametrize("k", [0.0, 0.05, 0.5, 1.0, 3.0, 50.0])
def test_counts_are_those_of_the_exact_law(mean: float, k: float) -> None:
    law = stats.nbinom(k, k / (k + mean)) if k else stats.poisson(mean)
    cdf, guide, least = bulk.count_table(mean, k)
    words = np.array(some_words(1500))
    words = words[(words > 2**8) & (words < MOST_WORD - 2**8)]
    # the table holds the distribution function in whole 32-bit steps: u reaches it at (w + 1)
    exact = law.ppf((words + 1) / 2**32)
    ours = least + np.searchsorted(cdf, words, side="right")
    off = 1 if mean > 1000 else 0  # neighbours closer together than 2^-32 share a step
    np.testing.assert_allclose(ours, exact, rtol=0, atol=off)
    assert np.count_nonzero(ours != exact) <= 3 * off
    assert all(cdf[guide[g]] >= g << 22 for g in range(1024))
    assert all(guide[g] == 0 or cdf[guide[g] - 1] < g << 22 for g in range(1024))


def test_counts_are_those_of_their_words_and_the_last_parcel_has_a_mean_of_its_own() -> None:
    out, pieces = np.empty(75, np.int32), np.array([0, 50, 60, 70, 75])
    means, last = np.array([2.5, 0.0]), np.array([1.0, 0.4, 1.0, 0.5])
    keys, ordinals = np.array([KEY, KEY + KEY]), np.array([1, 0])
    parcels.draw_counts(out, pieces, means, 0.5, last, keys, ordinals, 2)
    initial, found = (bulk.words(n, KEY, 1, 2, sub).tolist() for n, sub in ((50, 0), (10, 1)))
    assert out[:50].tolist() == [table_count(2.5, 0.5, word) for word in initial]
    assert out[50:59].tolist() == [table_count(2.5, 0.5, word) for word in found[:9]]
    assert out[59] == table_count(1.0, 0.5, found[9])
    assert not out[60:].any()


@pytest.mark.parametrize("lane", range(4))
def test_one_count_is_that_of_the_bulk(lane: int) -> None:
    out, table = np.empty(48 + lane, np.int32), bulk.count_table(2.5, 0.5)
    bulk.look_up_counts(out, *table, KEY, 1, 2, 0)
    assert out[-1] == bulk.look_up_count(*table, KEY, len(out) - 1, 1, 2, 0)


@pytest.mark.parametrize("mean", [0.0, 0.3, 5.0, 100.0])
def test_poisson_numbers_are_those_of_the_exact_law(mean: float) -> None:
    u = np.random.default_rng(5).random(2000)
    exact = stats.poisson.ppf(u, mean) if mean else np.zeros(len(u))
    np.testing.assert_array_equal(crews.poisson_each(u, mean), exact)


# Parcels' fates


def test_survey_results_come_in_their_shares() -> None:
    out, n = np.empty(100_000, np.int8), 100_000
    bulk.fill_survey(out, 0.5, 0.2, KEY, 0, 0, 0)
    for result, share in enumerate((0.5, 0.2, 0.3)):
        found = np.count_nonzero(out == result)
        assert abs(found - n * share) < SIGMAS * math.sqrt(n * share * (1 - share))


def test_more_is_cancelled_where_the_share_is_greater_and_nothing_else_changes() -> None:
    a, b = np.empty(1000, np.int8), np.empty(1000, np.int8)
    bulk.fill_survey(a, 0.3, 0.2, KEY, 0, 0, 0)
    bulk.fill_survey(b, 0.4, 0.2, KEY, 0, 0, 0)
    assert np.all(b <= a)
    assert np.any(b < a)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_chosen_parcels_come_in_their_share(share: float) -> None:
    out = np.ones(100_000)
    bulk.fill_chosen(out, share, KEY, 0, 0, 0)
    chosen = np.count_nonzero(out > 0)
    assert abs(chosen - out.size * share) <= SIGMAS * math.sqrt(out.size * share * (1 - share))
    assert set(np.unique(out)) <= {-1.0, 1.0}


def draw_inspections(*sizes: int, inspected: float, failure: float) -> list[list[list[float]]]:
    """Return whether each inspection is passed and its number, parcel by parcel of two sectors."""
    keys, ordinals = np.array([KEY, KEY + KEY]), np.array([3, 0])
    pieces = np.cumsum([0, *sizes])
    first, passed, u = parcels.draw_inspections(
        pieces, inspected, failure, keys, keys + keys, ordinals, 4
    )
    assert first[first >= 0].tolist() == sorted(first[first >= 0])
    ends = np.append(first[first >= 0], len(u))[1:]
    at = iter(zip(first[first >= 0], ends, strict=True))
    spans = [slice(*next(at)) if x >= 0 else slice(0) for x in first]
    return [[passed[span].tolist(), u[span].tolist()] for span in spans]


def test_failed_inspections_are_geometric() -> None:
    inspected, failure, n = 0.7, 0.4, 200_000
    number = [len(x) for x, _ in draw_inspections(n, 0, 0, 0, inspected=inspected, failure=failure)]
    for least in range(6):
        p = inspected * failure**least
        seen = sum(x > least for x in number)
        assert abs(seen - n * p) < SIGMAS * math.sqrt(n * p * (1 - p))
    for passed, u in draw_inspections(10, 5, 5, 0, inspected=1.0, failure=0.0):
        assert passed == [True]
        assert len(u) == 1


def test_every_inspection_has_its_own_number_and_the_last_is_passed() -> None:
    found = draw_inspections(40, 30, 20, 10, inspected=0.6, failure=0.5)
    assert {len(passed) for passed, _ in found} >= {0, 1, 2, 3}
    pieces = [(KEY + KEY, 3, 0, 40), (KEY + KEY, 3, 1, 30)]
    pieces += [(2 * (KEY + KEY), 0, 0, 20), (2 * (KEY + KEY), 0, 1, 10)]
    places = [(key, i, o, sub) for key, o, sub, n in pieces for i in range(n)]
    for (passed, u), (key, i, ordinal, sub) in zip(found, places, strict=True):
        assert passed == [attempt + 1 == len(u) for attempt in range(len(u))]
        assert u == [uniform(key, i, ordinal, 4, 2 * attempt + sub) for attempt in range(len(u))]


@pytest.mark.parametrize(("until_s", "latest_s"), [(10**9, 10**9), (10**5, 300), (7, 9), (0, 9)])
def test_finds_come_in_the_order_of_time_then_of_number(until_s: int, latest_s: int) -> None:
    first, keys = np.array([0, 30, 430, 431, 431, 440, 1000]), KEY + np.arange(3, dtype=np.uint64)
    ordinals = np.array([2, 0, 1])
    found, at_s = parcels.draw_finds(first, keys, ordinals, 5, until_s, latest_s)
    number = [*range(30, 430), *range(440, 1000)]
    u = [uniform(keys[0], i, 2, 5, 0) for i in range(400)]
    u += [uniform(keys[2], i, 1, 5, 0) for i in range(560)]
    time_s = np.minimum(np.floor(np.array(u) * until_s + 0.5), latest_s).astype(int).tolist()
    expected = sorted(zip(time_s, number, strict=True))
    assert list(zip(at_s.tolist(), found.tolist(), strict=True)) == expected


@pytest.mark.parametrize("times", [[], [4], [0, 0, 0], [9, 1, 1, 8, 1, 9, 0], [10**12, 1, 0, 2, 1]])
def test_sorting_by_time_keeps_numbers_in_order(times: list[int]) -> None:
    number = 2 * np.arange(len(times))
    sorted_, when_s = parcels.sort_by_time(number, np.array(times, np.int64))
    assert when_s.tolist() == sorted(times)
    assert sorted_.tolist() == [2 * i for i in np.argsort(times, kind="stable").tolist()]


def test_ragged_numbers_belong_to_owner_and_place() -> None:
    group, ordinals = np.array([1, 0, 0]), np.array([0, 0, 1])
    keys = np.array([KEY, KEY + KEY])
    u = crews.ragged_uniforms(keys, group, ordinals, np.array([0, 2, 2, 3]), 9)
    places = ((KEY + KEY, 0, 0), (KEY + KEY, 1, 0), (KEY, 0, 1))
    assert u.tolist() == [uniform(key, i, ordinal, 9, 0) for key, i, ordinal in places]


# Shelling


def steady(rate: float, end: float) -> tuple[Floats, Floats, Floats]:
    return np.array([0.0, end]), np.array([rate]), np.array([0.0, rate * end])


def test_attacks_are_a_unit_rate_stream_on_the_sectors_own_clock() -> None:
    times = attacks.attack_times(KEY, 2, 3, 1.0, *steady(1.0, 30.0))
    gaps = [-math.log(uniform(KEY, i, 2, 3, 0)) for i in range(len(times) + 1)]
    np.testing.assert_allclose(times, np.cumsum(gaps)[:-1], rtol=1e-12)
    assert sum(gaps) > 30


def test_another_share_only_rescales_the_clock() -> None:
    whole = attacks.attack_times(KEY, 0, 0, 1.0, *steady(0.5, 400.0))
    quarter = attacks.attack_times(KEY, 0, 0, 0.25, *steady(0.5, 400.0))
    np.testing.assert_allclose(quarter, 4 * whole[: len(quarter)], rtol=1e-12)
    assert len(quarter) == np.count_nonzero(whole < 100)


def test_attacks_follow_the_rate_of_their_regime() -> None:
    line = np.array([0.0, 100.0, 150.0, 200.0])
    rates = np.array([0.5, 0.0, 3.0])
    before = np.array([0.0, 50.0, 50.0, 200.0])
    counts = np.zeros(3)
    for r in range(400):
        counts += np.histogram(attacks.attack_times(KEY, 0, r, 0.1, line, rates, before), line)[0]
    for seen, mean in zip(counts, 400 * 0.1 * np.array([50.0, 0.0, 150.0]), strict=True):
        assert abs(seen - mean) <= SIGMAS * math.sqrt(mean)


def test_a_quiet_campaign_has_no_attacks() -> None:
    assert attacks.attack_times(KEY, 0, 0, 0.5, *steady(0.0, 1e6)).size == 0


def steps(replication: int, n: int) -> tuple[float, Floats, Floats]:
    """Return the numbers of a time line: the first, and those of n sojourns."""
    r = np.array([replication])
    stay, jump = (uniforms_by_index(KEY, np.arange(n), r, sub)[0] for sub in (1, 2))
    return uniforms_by_index(KEY, np.array([0]), r, 0)[0, 0], stay, jump


def test_a_time_line_that_lacks_numbers_says_so() -> None:
    rates, mean_s = np.array([1.0, 2.0]), np.array([10.0, 5.0])
    line, _, _ = attacks.regime_clock(*steps(0, 2), rates, mean_s, 500.0)
    assert line.size == 0


def test_regimes_are_stationary_from_the_start() -> None:
    mean_s, n = np.array([10.0, 5.0, 25.0]), 6000
    labels = np.array([1.0, 2.0, 3.0])
    seen = {t: np.zeros(3) for t in (0.0, 3.0, 17.0, 60.0)}
    for r in range(n):
        line, rates, _ = attacks.regime_clock(*steps(r, 100), labels, mean_s, 61.0)
        for t, count in seen.items():
            count[int(rates[np.searchsorted(line, t, side="right") - 1]) - 1] += 1
    for count in seen.values():
        for found, share in zip(count, mean_s / mean_s.sum(), strict=True):
            assert abs(found - n * share) < SIGMAS * math.sqrt(n * share * (1 - share))


def test_the_clock_adds_up_and_changes_regime_at_every_start() -> None:
    line, rates, before = attacks.regime_clock(
        *steps(0, 200), np.array([1.0, 2.0, 3.0]), np.array([10.0, 5.0, 25.0]), 500.0
    )
    assert line[0] == 0
    assert line[-1] == 500
    assert np.all(np.diff(line) > 0)
    assert np.all(np.diff(rates) != 0)
    np.testing.assert_allclose(np.diff(before), rates * np.diff(line))


def test_one_regime_lasts() -> None:
    line, rates, before = attacks.regime_clock(*steps(0, 0), np.array([2.0]), np.array([1.0]), 50.0)
    assert (line.tolist(), rates.tolist(), before.tolist()) == ([0, 50], [2], [0, 100])


def test_attacks_of_all_sectors_are_those_of_each_one() -> None:
    clock = steady(0.01, 5e4)
    keys, ordinals = np.array([KEY, KEY + np.uint64(1), KEY]), np.array([0, 0, 3])
    share = np.array([0.5, 0.0, 0.5])
    times, where, u = attacks.attacks_everywhere(keys, keys, ordinals, 2, share, *clock)
    assert set(where.tolist()) == {0, 2}
    for sector in (0, 2):
        own = attacks.attack_times(keys[sector], int(ordinals[sector]), 2, 0.5, *clock)
        assert times[where == sector].tolist() == own.tolist()
        assert u[where == sector].tolist() == [
            uniform(keys[sector], i, int(ordinals[sector]), 2, 0) for i in range(own.size)
        ]


def test_parcels_hit_are_uniform_among_the_initial_ones() -> None:
    n = 40_000
    first, which = attacks.hits_everywhere(
        np.array([KEY]), np.array([1]), 2, np.zeros(n, int), np.arange(n), 0.5,
        np.array([100, 120]), np.array([20]),
    )  # fmt: skip
    assert first[-1] == which.size
    which -= 100  # where the sector begins
    assert abs(which.size - 20_000) < SIGMAS * math.sqrt(20_000)
    counts = np.bincount(which, minlength=20)
    assert len(counts) == 20
    assert stats.chisquare(counts).pvalue > 1e-5


# Mishaps


def crew_addresses(n: int) -> tuple[Keys, Ints, Ints]:
    """Return the addresses of a group of n crews."""
    return np.array([KEY]), np.zeros(n, np.int64), np.arange(n)


def test_accidents_come_after_exponential_times_at_work() -> None:
    first, after = crews.exponential_thresholds(*crew_addresses(500), 3, np.array([1e6]), 2e7)
    assert abs(after.size - 500 * 20) < SIGMAS * math.sqrt(500 * 20)
    assert after.max() <= 2e7
    for c in range(500):
        mine = after[first[c] : first[c + 1]]
        assert np.all(np.diff(mine) >= 0)
        gaps = [-1e6 * math.log(uniform(KEY, i, c, 3, 0)) for i in range(len(mine))]
        np.testing.assert_allclose(mine, np.cumsum(gaps), atol=0.51)


def test_nobody_has_accidents_at_an_infinite_mean() -> None:
    first, after = crews.exponential_thresholds(*crew_addresses(4), 0, np.array([math.inf]), 1e9)
    assert first.tolist() == [0] * 5
    assert after.size == 0


def test_casualties_come_by_geometric_gaps() -> None:
    n, limit, p = 3000, 100, 0.03
    first, which = crews.geometric_thresholds(*crew_addresses(n), 1, p, limit)
    assert which.min() >= 1
    assert which.max() <= limit
    mean = n * limit * p
    assert abs(which.size - mean) < SIGMAS * math.sqrt(mean * (1 - p))
    firsts = np.array([which[first[c]] if first[c + 1] > first[c] else limit + 1 for c in range(n)])
    for k in (1, 5, 20, 50, 100):
        survive = (1 - p) ** k
        seen = np.count_nonzero(firsts > k)
        assert abs(seen - n * survive) < SIGMAS * math.sqrt(n * survive * (1 - survive))


@pytest.mark.parametrize(("p", "expected"), [(0.0, []), (1.0, [1, 2, 3])])
def test_casualties_that_never_and_always_come(p: float, expected: list[int]) -> None:
    first, which = crews.geometric_thresholds(*crew_addresses(2), 0, p, 3)
    assert which.tolist() == expected * 2
    assert first.tolist() == [0, len(expected), 2 * len(expected)]


def test_a_longer_campaign_keeps_the_earlier_thresholds() -> None:
    first, short = crews.geometric_thresholds(*crew_addresses(1), 0, 0.1, 50)
    _, long = crews.geometric_thresholds(*crew_addresses(1), 0, 0.1, 500)
    assert long[: first[1]].tolist() == short.tolist()


# Weeks and seasons


def test_where_occurrences_meet_the_slower_one_counts() -> None:
    first, until = np.array([[-3, 1, 8], [0, 4, 5]]), np.array([[2, 4, 99], [0, 5, 5]])
    pace = calendar.lowest(first, until, np.array([[0.5, 0.2, 1.5], [0.0, 0.7, 0.1]]), 10)
    assert pace[0].tolist() == [0.5, 0.2, 0.2, 0.2, *[np.inf] * 4, 1.5, 1.5]
    assert pace[1].tolist() == [*[np.inf] * 4, 0.7, *[np.inf] * 5]


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.8])
def test_weeks_are_a_stationary_autoregression(correlation: float) -> None:
    shocks = np.random.default_rng(4).standard_normal((4000, 30))
    z = calendar.autoregression(shocks, correlation)
    for week in (0, 1, 29):
        assert abs(z[:, week].var() - 1) < SIGMAS * math.sqrt(2 / 4000)
    lag = np.mean(z[:, 10] * z[:, 11])
    assert abs(lag - correlation) < SIGMAS * math.sqrt((1 + correlation**2) / 4000)
