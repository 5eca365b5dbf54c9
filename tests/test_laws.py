"""Every law against its own formulas, against SciPy's, and against what it may not be."""

import math
import pickle
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats
from scipy.integrate import quad

from sim.scenario.laws import FAMILIES, Constant, Law

LAW: TypeAdapter[Any] = TypeAdapter(Law)
U = np.array([1e-12, 1e-6, 0.001, 0.05, 0.1, 0.3, 0.5, 0.77, 0.9, 0.99, 0.99999, 1 - 1e-9])


def law(dist: str, **parameters: Any) -> Any:
    return LAW.validate_python({"dist": dist, **parameters})


def pert(low: float, mode: float, high: float) -> Any:
    a = 1 + 4 * (mode - low) / (high - low)
    return stats.beta(a, 6 - a, low, high - low)


def gamma(mean: float, cv: float) -> Any:
    return stats.gamma(cv**-2, scale=mean * cv**2)


def lognormal(mean: float, cv: float) -> Any:
    sigma = math.sqrt(math.log1p(cv**2))
    return stats.lognorm(sigma, scale=mean * math.exp(-(sigma**2) / 2))


def beta(mean: float, sd: float, low: float = 0.0, high: float = 1.0) -> Any:
    m = (mean - low) / (high - low)
    total = m * (1 - m) * ((high - low) / sd) ** 2 - 1
    return stats.beta(m * total, (1 - m) * total, low, high - low)


def normal(mean: float, sd: float, low: float = -math.inf, high: float = math.inf) -> Any:
    return stats.truncnorm((low - mean) / sd, (high - mean) / sd, mean, sd)


def triangular(low: float, mode: float, high: float) -> Any:
    return stats.triang((mode - low) / (high - low), low, high - low)


CONTINUOUS: list[tuple[Any, Any]] = [
    (law("uniform", low=-2, high=5), stats.uniform(-2, 7)),
    (law("triangular", low=1, mode=2, high=5), triangular(1, 2, 5)),
    (law("triangular", low=1, mode=1, high=5), triangular(1, 1, 5)),
    (law("triangular", low=1, mode=5, high=5), triangular(1, 5, 5)),
    (law("pert", low=1, mode=2, high=5), pert(1, 2, 5)),
    (law("pert", low=-1, mode=-1, high=5), pert(-1, -1, 5)),
    (law("normal", mean=3, sd=2), stats.norm(3, 2)),
    (law("normal", mean=3, sd=2, low=0), normal(3, 2, 0)),
    (law("normal", mean=3, sd=2, high=4), normal(3, 2, high=4)),
    (law("normal", mean=3, sd=2, low=2.5, high=3.1), normal(3, 2, 2.5, 3.1)),
    (law("normal", mean=3, sd=2, low=13), normal(3, 2, 13)),
    (law("normal", mean=3, sd=2, high=-5, low=-6), normal(3, 2, -6, -5)),
    (law("lognormal", mean=2, cv=0.3), lognormal(2, 0.3)),
    (law("lognormal", mean=2, cv=2), lognormal(2, 2)),
    (law("gamma", mean=2, cv=0.3), gamma(2, 0.3)),
    (law("gamma", mean=2, cv=1.5), gamma(2, 1.5)),
    (law("beta", mean=0.02, sd=0.01), beta(0.02, 0.01)),
    (law("beta", mean=3, sd=1, low=1, high=9), beta(3, 1, 1, 9)),
    (law("exponential", mean=7), stats.expon(scale=7)),
]


def name(value: Any) -> str:
    return str(value) if hasattr(value, "dist") and hasattr(value, "quantile") else ""


@pytest.mark.parametrize(("ours", "theirs"), CONTINUOUS, ids=name)
def test_quantiles_are_those_of_scipy(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours.quantile(U), theirs.ppf(U), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("ours", "theirs"), CONTINUOUS, ids=name)
def test_moments_are_those_of_the_closed_form(ours: Any, theirs: Any) -> None:
    assert ours.mean == pytest.approx(theirs.mean(), rel=1e-9)
    assert ours.variance == pytest.approx(theirs.var(), rel=1e-7)


@pytest.mark.parametrize(("ours", "theirs"), CONTINUOUS, ids=name)
def test_moments_are_those_of_the_quantile_function(ours: Any, theirs: Any) -> None:
    # the upper half from its end, where u itself would have lost its digits
    def moment(power: int, centre: float) -> float:
        def lower(x: float) -> float:
            return float(ours.quantile(math.exp(-x)) - centre) ** power * math.exp(-x)

        def upper(u: float) -> float:
            return float(ours.quantile(u) - centre) ** power

        return float(quad(lower, math.log(2), 60)[0] + quad(upper, 0.5, 1, limit=400)[0])

    mean = moment(1, 0.0)
    assert mean == pytest.approx(ours.mean, rel=1e-6)
    assert moment(2, mean) == pytest.approx(ours.variance, rel=1e-4)


@pytest.mark.parametrize(("ours", "theirs"), CONTINUOUS, ids=name)
def test_values_stay_inside_the_support(ours: Any, theirs: Any) -> None:
    low, high = ours.support
    values = ours.quantile(np.concatenate([[2.0**-54], U, [1 - 2.0**-53]]))
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values) >= 0)
    assert low <= values[0]
    assert values[-1] <= high
    assert (low, high) == pytest.approx(theirs.support())


@pytest.mark.parametrize(("ours", "theirs"), CONTINUOUS, ids=name)
def test_shape_is_kept_and_a_law_can_be_sent_to_a_worker(ours: Any, theirs: Any) -> None:
    assert ours.quantile(0.3).shape == ()
    assert ours.quantile(U.reshape(3, 4)).shape == (3, 4)
    assert pickle.loads(pickle.dumps(ours)) == ours
    stated = ours.model_dump(by_alias=True, exclude_none=True)
    assert LAW.validate_python(stated) == ours


@pytest.mark.parametrize(
    "ours",
    [
        law("gamma", mean=2, cv=9),
        law("beta", mean=0.01, sd=0.09),
        law("lognormal", mean=1, cv=10),
        law("exponential", mean=1e-9),
    ],
    ids=str,
)
def test_a_law_that_never_gives_its_end_does_not_round_to_it(ours: Any) -> None:
    least, most = ours.quantile(np.array([2.0**-54, 1 - 2.0**-53]))
    assert ours.support[0] < least
    assert most < ours.support[1]
    assert not ours.reaches_ends


def test_a_normal_law_is_exact_far_in_a_tail_and_in_a_narrow_window() -> None:
    # above a cut of a sd the excess is nearly exponential with mean 1/a (Mills' ratio)
    far = law("normal", mean=0, sd=1, low=100)
    assert far.mean == pytest.approx(100 + 1 / 100 - 2 / 100**3, rel=1e-9)
    assert float(far.quantile(0.5)) == pytest.approx(100 + math.log(2) / 100, rel=1e-6)
    mirrored = law("normal", mean=0, sd=1, high=-100)
    assert mirrored.mean == pytest.approx(-far.mean, rel=1e-12)
    assert float(mirrored.quantile(0.25)) == pytest.approx(-float(far.quantile(0.75)), rel=1e-12)
    narrow = law("normal", mean=0, sd=1, low=1, high=1 + 1e-9)
    assert narrow.variance == pytest.approx((1e-9) ** 2 / 12, rel=1e-6)


def test_a_lognormal_law_by_its_percentiles_has_them() -> None:
    ours = law("lognormal", p10=2, p90=20)
    np.testing.assert_allclose(ours.quantile([0.1, 0.5, 0.9]), [2, math.sqrt(40), 20])
    same = law("lognormal", mean=ours.mean, cv=math.sqrt(ours.variance) / ours.mean)
    np.testing.assert_allclose(same.quantile(U), ours.quantile(U), rtol=1e-9)


def test_a_constant_is_the_law_without_chance() -> None:
    ours = LAW.validate_python(3)
    assert ours == Constant(3.0)
    assert ours.quantile(U).tolist() == [3.0] * len(U)
    assert (ours.mean, ours.variance, ours.support) == (3.0, 0.0, (3.0, 3.0))


def test_a_discrete_law_gives_the_least_value_whose_chance_is_reached() -> None:
    ours = law("discrete", values=(5, 1, 3, 9), weights=(1, 2, 1, 0))
    u = [0.01, 0.5, 0.500001, 0.75, 0.7500001, 1 - 2.0**-53]
    assert ours.quantile(u).tolist() == [1, 1, 3, 3, 5, 5]
    assert ours.mean == pytest.approx((5 + 2 * 1 + 3) / 4)
    assert ours.variance == pytest.approx((25 + 2 * 1 + 9) / 4 - 2.5**2)
    assert ours.support == (1, 5)  # a value of weight 0 does not happen


def test_equally_likely_values_are_given_equally_often() -> None:
    ours = law("discrete", values=tuple(range(10)))
    u = (np.arange(1000) + 0.5) / 1000
    assert np.bincount(ours.quantile(u).astype(int)).tolist() == [100] * 10


WRONG: list[dict[str, Any]] = [
    {"dist": "uniform", "low": 2, "high": 2},
    {"dist": "uniform", "low": 2, "high": 1},
    {"dist": "uniform", "low": 2},
    {"dist": "uniform", "low": 2, "high": 3, "mode": 2},
    {"dist": "uniform", "low": math.nan, "high": 3},
    {"dist": "uniform", "low": 0, "high": math.inf},
    {"dist": "uniform", "low": 0, "high": 1e16},
    {"dist": "uniform", "low": False, "high": True},
    {"dist": "triangular", "low": 1, "mode": 0, "high": 5},
    {"dist": "triangular", "low": 1, "mode": 1, "high": 1},
    {"dist": "pert", "low": 1, "mode": 6, "high": 5},
    {"dist": "normal", "mean": 1, "sd": 0},
    {"dist": "normal", "mean": 1, "sd": 1, "low": 3, "high": 3},
    {"dist": "normal", "mean": 1, "sd": 1e-6, "low": 3},
    {"dist": "lognormal", "mean": 1},
    {"dist": "lognormal", "mean": 1, "cv": 0.1, "p10": 1, "p90": 2},
    {"dist": "lognormal", "p10": 2, "p90": 2},
    {"dist": "lognormal", "p10": 1e-12, "p90": 2},
    {"dist": "lognormal", "mean": 0, "cv": 1},
    {"dist": "gamma", "mean": 1, "cv": 0},
    {"dist": "gamma", "mean": 1, "cv": 11},
    {"dist": "beta", "mean": 0.5, "sd": 0.5},
    {"dist": "beta", "mean": 1, "sd": 0.1},
    {"dist": "exponential", "mean": -1},
    {"dist": "discrete", "values": ()},
    {"dist": "discrete", "values": (1, 2), "weights": (1,)},
    {"dist": "discrete", "values": (1, 2), "weights": (0, 0)},
    {"dist": "discrete", "values": (1, 2), "weights": (-1, 2)},
    {"dist": "discrete", "values": (1, "2")},
    {"dist": "weibull", "mean": 1},
    {"dist": ["uniform"]},
    {"dist": None},
    {"low": 1, "high": 2},
    {},
]


@pytest.mark.parametrize("stated", [*WRONG, "1", True, None, math.inf, 10**400, (1,)], ids=repr)
def test_what_is_no_law_is_refused(stated: Any) -> None:
    with pytest.raises(ValidationError):
        LAW.validate_python(stated)


def test_every_family_is_tested_here() -> None:
    tested = {ours.dist for ours, _ in CONTINUOUS} | {"discrete", "empirical"}
    assert tested == set(FAMILIES)


EVERY_LAW = [*(one for one, _ in CONTINUOUS), law("discrete", values=(3, 1, 2), weights=(1, 2, 1))]


@pytest.mark.parametrize("mine", EVERY_LAW, ids=str)
def test_laws_are_equal_if_they_state_the_same_whatever_was_computed_before(mine: Any) -> None:
    same = LAW.validate_python(mine.model_dump(by_alias=True, exclude_none=True))
    assert mine.quantile(U).size
    assert mine.variance > 0  # computed by one of them
    assert same == mine
    assert same.quantile(U).size
    assert same.variance > 0  # and by both
    assert same == mine
    assert hash(same) == hash(mine)
    assert len({mine, same}) == 1
    assert pickle.loads(pickle.dumps(mine)) == mine
    assert [other for other in EVERY_LAW if other == mine] == [mine]
    assert mine != Constant(1.0)


def test_a_changed_copy_of_a_law_computes_its_own_numbers() -> None:
    mine = law("discrete", values=(1, 2))
    assert mine.mean == 1.5
    other = mine.model_copy(update={"values": (5.0, 6.0)})
    assert (other.mean, mine.mean) == (5.5, 1.5)
    assert other != mine
