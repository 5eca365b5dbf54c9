"""The likelihood of a record and the weights of campaigns, against integrals and closed forms."""

import numpy as np
import pytest
from scipy import integrate, stats

from sim.statistics.likelihood import (
    AT_LEAST,
    AT_MOST,
    EXACT,
    Floats,
    Reported,
    chances_below,
    log_likelihood,
    made_up,
)
from sim.statistics.weights import next_temperature, resampled, shares_of, smoothed


def density(b: float, released: Floats, reported: Reported) -> float:
    """Return what is integrated over the bias, from scipy's laws."""
    law = stats.norm() if np.isinf(reported.tails) else stats.t(reported.tails)
    off = (reported.amount - (1 + b) * released) / reported.scale
    of = {
        EXACT: lambda x, s: law.pdf(x) / s,
        AT_LEAST: lambda x, _: law.sf(x),
        AT_MOST: lambda x, _: law.cdf(x),
    }
    each = [
        of[int(bound)](x, s)
        for bound, x, s in zip(reported.bound, off, reported.scale, strict=True)
    ]
    return float(np.prod(each) * stats.norm.pdf(b, scale=reported.bias))


@pytest.mark.parametrize("case", range(40))
def test_it_is_the_integral_over_the_bias(case: int) -> None:
    rng = np.random.default_rng(case)
    n = int(rng.integers(1, 5))
    released, bias = np.cumsum(rng.uniform(20, 100, n)), 10 ** rng.uniform(-2.5, -0.5)
    scale = 10 ** rng.uniform(-0.5, 1.5, n)
    reported = Reported(
        amount=(1 + bias * rng.normal()) * released + scale * rng.normal(size=n),
        scale=scale,
        bound=rng.choice([EXACT, EXACT, AT_LEAST, AT_MOST], n),
        bias=bias,
        tails=float(rng.choice([4, 30, np.inf])),
    )
    peaks = reported.amount / released - 1
    inside = sorted(x for x in (*peaks, 0.0) if abs(x) < 8 * bias)
    expected, _ = integrate.quad(
        density, -8 * bias, 8 * bias, (released, reported), points=inside, limit=400
    )
    found = log_likelihood(released[None], reported)[0]
    assert found == pytest.approx(np.log(expected), abs=2e-3)


@pytest.mark.parametrize("bias", [0.0, 0.2])
def test_no_report_says_nothing(bias: float) -> None:
    none = Reported(np.zeros(0), np.zeros(0), np.zeros(0, int), bias)
    assert log_likelihood(np.zeros((3, 0)), none).tolist() == [0, 0, 0]


def test_without_a_bias_it_is_the_product_of_the_densities() -> None:
    reported = Reported(np.array([10.0, 30.0]), np.array([2.0, 3.0]), np.array([EXACT, AT_LEAST]))
    released = np.array([[11.0, 25.0], [8.0, 33.0]])
    expected = [
        stats.norm.logpdf(10, r, 2) + stats.norm.logsf(30, s, 3) for r, s in released.tolist()
    ]
    assert log_likelihood(released, reported) == pytest.approx(expected)


def test_a_bias_small_against_errors_is_none() -> None:
    alone = Reported(np.array([90.0]), np.array([5.0]), np.array([EXACT]), tails=4)
    released = np.array([[80.0], [100.0]])
    nearly = Reported(alone.amount, alone.scale, alone.bound, bias=1e-6, tails=4)
    assert log_likelihood(released, nearly) == pytest.approx(log_likelihood(released, alone))


def test_two_records_without_a_bias_are_worth_both_at_once() -> None:
    both = Reported(np.array([10.0, 30.0, 31.0]), np.full(3, 2.0), np.array([0, 0, 1]), tails=4)
    released = np.random.default_rng(1).uniform(5, 40, (50, 3))
    parts = [log_likelihood(released[:, s], both.only(s)) for s in (slice(0, 1), slice(1, 3))]
    assert sum(parts) == pytest.approx(log_likelihood(released, both))


@pytest.mark.parametrize("tails", [4.0, np.inf])
@pytest.mark.parametrize("bias", [0.0, 0.1])
def test_a_report_lies_where_made_up_reports_let_it_lie(bias: float, tails: float) -> None:
    # 4.5 standard errors of 20 000 made up reports
    reported = Reported(np.array([52.0]), np.array([3.0]), np.array([EXACT]), bias, tails)
    released, rng, n = np.array([50.0]), np.random.default_rng(3), 20_000
    made = [
        made_up(released, reported, bias=u, errors=np.array([v]))[0] for u, v in rng.random((n, 2))
    ]
    chance = chances_below(released[None], reported, 0)[0]
    assert np.mean(np.array(made) < 52) == pytest.approx(chance, abs=4.5 * 0.5 / n**0.5)


def test_reports_before_it_say_what_the_bias_is() -> None:
    # 100 and 200 ha released, 120 reported: with the same bias about 240 are to be expected
    released = np.array([[100.0, 200.0]])
    expected = {240.0: 0.5, 200.0: 0.0, 170.0: 0.0, 300.0: 1.0}
    for amount, chance in expected.items():
        reported = Reported(np.array([120.0, amount]), np.ones(2), np.zeros(2, int), bias=0.2)
        found = chances_below(released, reported, 1, given=[0])
        assert found[0] == pytest.approx(chance, abs=0.05)
        assert 0.2 < chances_below(released, reported, 1)[0] < 0.995


def test_no_tail_is_so_thin_that_it_is_no_number() -> None:
    reported = Reported(np.array([100.0]), np.ones(1), np.array([AT_LEAST]), 0.0, 1000.0)
    found = log_likelihood(np.array([[40.0], [99.0]]), reported)
    assert np.isfinite(found).all()
    assert 0 < next_temperature(found, 0.0, wanted=1.5) <= 1


def test_the_weights_of_a_normal_law_moved_have_their_known_worth() -> None:
    # target N(m, 1) from N(0, 1): worth n exp(-m^2) for weights exp(m z - m^2 / 2)
    z = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    weights = smoothed(1.2 * z)
    assert weights.effective == pytest.approx(20_000 * np.exp(-(1.2**2)), rel=0.05)
    assert weights.pareto_k < 0.7
    assert weights.shares @ z == pytest.approx(1.2, abs=0.03)


def test_weights_with_a_heavy_tail_are_told() -> None:
    # weights of a Pareto law of shape k: known to be k; one of 0.9 is not to be trusted
    u = (np.arange(20_000) + 0.5) / 20_000
    for k in (0.3, 0.9):
        assert smoothed(-k * np.log1p(-u)).pareto_k == pytest.approx(k, abs=0.1)
    assert smoothed(-0.9 * np.log1p(-u)).pareto_k > 0.7 > smoothed(-0.3 * np.log1p(-u)).pareto_k


def test_equal_weights_are_left_alone() -> None:
    weights = smoothed(np.full(50, -3.0))
    assert (weights.effective, weights.pareto_k) == (50.0, -np.inf)
    assert resampled(weights.shares, 50, 0.3).tolist() == list(range(50))


def test_every_campaign_is_taken_as_often_as_its_weight_says() -> None:
    shares = np.array([0.5, 0.0, 0.1, 0.4])
    assert np.bincount(resampled(shares, 100, 0.5), minlength=4).tolist() == [50, 0, 10, 40]
    counts = np.bincount(resampled(np.full(7, 1 / 7), 20, 0.999), minlength=7)
    assert counts.sum() == 20
    assert counts.max() - counts.min() <= 1


def test_the_next_power_leaves_the_wanted_worth() -> None:
    log_l = -np.linspace(0, 40, 400)
    power = next_temperature(log_l, 0.0, wanted=200)
    shares = shares_of(power * log_l)
    assert 1 / np.square(shares).sum() == pytest.approx(200)
    assert next_temperature(log_l / 1000, 0.5, wanted=200) == 1.0
    steep = next_temperature(1e14 * log_l, 0.0, wanted=200)
    assert 1 / np.square(shares_of(steep * 1e14 * log_l)).sum() == pytest.approx(200)
