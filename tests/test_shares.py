"""Shares in a variance against closed forms, and how often their intervals hold them."""

import numpy as np
import pytest
from coverage_of_shares import FUNCTIONS, Function, by_rank, frozen, holds

from sim.statistics.estimates import Floats
from sim.statistics.ranks import share_by_rank
from sim.statistics.shares import shares

MANY = 4096


@pytest.mark.parametrize("name", ["linear", "Ishigami"])
def test_shares_are_those_of_the_closed_form(name: str) -> None:
    function = FUNCTIONS[name]
    first, total = function.shares
    ranks, (alone, in_all) = by_rank(function, 1, MANY), frozen(function, 1, MANY)
    for i in range(function.k):
        assert ranks[i].value == pytest.approx(first[i], abs=0.04)
        assert alone[i].value == pytest.approx(first[i], abs=0.04)
        assert in_all[i].value == pytest.approx(total[i], abs=0.04)


@pytest.mark.parametrize(("name", "least"), [("linear", 0.9), ("late openings", 0.86)])
def test_intervals_hold_the_share(name: str, least: float) -> None:
    """In 40 seeds; coverage_of_shares.py does it in more. They hold nothing else either."""
    function, seeds = FUNCTIONS[name], range(40)
    ranks = [by_rank(function, seed) for seed in seeds]
    pairs = [frozen(function, seed, 128) for seed in seeds[:20]]
    first, total = function.shares
    for i in range(function.k):
        by = [each[i] for each in ranks]
        assert np.mean([holds(each, first[i]) for each in by]) >= least
        assert np.mean([holds(each, first[i] + 0.25) for each in by]) < 0.2
    for which, known in enumerate((first, total)):
        held = [holds(each[which][i], known[i]) for each in pairs for i in range(function.k)]
        assert np.mean(held) >= least


def test_small_shares_and_large_ones_err_less_than_by_either_estimator_alone() -> None:
    """Share 0.63 by correlation, 0.02 by difference; of what does nothing it is 0."""
    function, found = FUNCTIONS["linear"], []
    for seed in range(20):
        alone, total = frozen(function, seed)
        found.append([each.value for each in alone])
        assert alone[-1] == total[-1] == (0, 0, 0)
    error = np.abs(np.array(found) - function.shares[0]).mean(axis=0)
    assert error[0] < 0.035  # Saltelli's difference: 0.05 to 0.18
    assert error[3] < 0.017  # the correlation alone: 0.05


def test_a_share_by_rank_depends_on_the_order_only() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.random((2, 300))
    assert share_by_rank(x, y) == share_by_rank(np.exp(5 * x), y)
    value, low, high = share_by_rank(x, 10 * y - 3)
    assert (value, low, high) == pytest.approx(share_by_rank(x, y))
    assert low < 0 < high


def test_what_decides_all_has_all_of_it() -> None:
    x = np.arange(500.0)
    value, low, high = share_by_rank(x, x)
    assert 0.998 < value <= 1
    assert high - low < 0.01


@pytest.mark.parametrize("n", [1, 2, 3, 4, 25])
def test_few_results_are_no_error(n: int) -> None:
    y: Floats = np.arange(n) % 3.0
    assert np.isnan(share_by_rank(y, y).value) == (n < 2)
    assert np.isnan(share_by_rank(y, y).low) == (n < 3)
    assert np.isnan(share_by_rank(y, np.ones(n))).all()
    found = shares(y, y[::-1], {"x": y})["x"]
    assert np.isnan(found.total.value) == (n < 2)


def test_a_function_that_is_not_stated_has_the_shares_of_many_rows() -> None:
    stated = FUNCTIONS["linear"]
    counted = Function(stated.of, stated.k).shares
    assert np.abs(np.array(counted) - stated.shares).max() < 0.01
