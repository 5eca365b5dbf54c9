"""Laws of chance: a distribution is a quantile function that knows its mean, variance and bounds.

Every draw in the program is ``law.quantile(u)`` of one addressed uniform number, so that two
scenarios that share a seed share their luck even where their laws differ.
"""

import math
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, Tag, model_validator
from scipy.special import betaincinv, gammaincinv, ndtr, ndtri

Floats = NDArray[np.float64]
NORMAL_P90 = float(ndtri(0.9))


class Quantile(Protocol):
    """What every law knows."""

    def quantile(self, u: ArrayLike) -> Floats:
        """Return the value that is not exceeded with probability u (any shape, 0 < u < 1)."""

    @property
    def mean(self) -> float:
        """Expected value."""

    @property
    def variance(self) -> float:
        """Variance."""

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value; an infinite one, or the 0 of a positive law, is not reached."""


class _Law(BaseModel):
    """Strict and frozen: what a law states cannot change or be misspelt."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Constant(RootModel[float]):
    """A plain number: the law without chance."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    def quantile(self, u: ArrayLike) -> Floats:
        return np.full_like(np.asarray(u, dtype=float), self.root)

    @property
    def mean(self) -> float:
        return self.root

    @property
    def variance(self) -> float:
        return 0.0

    @property
    def support(self) -> tuple[float, float]:
        return self.root, self.root


class Uniform(_Law):
    """Any value between low and high is equally likely."""

    dist: Literal["uniform"]
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> "Uniform":
        _require(self.low < self.high, "low below high")
        return self

    def quantile(self, u: ArrayLike) -> Floats:
        return self.low + np.asarray(u, dtype=float) * (self.high - self.low)

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def variance(self) -> float:
        return (self.high - self.low) ** 2 / 12

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Triangular(_Law):
    """Lowest, most likely and highest value, joined by straight lines."""

    dist: Literal["triangular"]
    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> "Triangular":
        _require(self.low <= self.mode <= self.high and self.low < self.high, "low <= mode <= high")
        return self

    def quantile(self, u: ArrayLike) -> Floats:
        p = np.asarray(u, dtype=float)
        width, left, right = self.high - self.low, self.mode - self.low, self.high - self.mode
        rising = self.low + np.sqrt(p * width * left)
        falling = self.high - np.sqrt((1 - p) * width * right)
        return np.asarray(np.where(p * width < left, rising, falling), np.float64)

    @property
    def mean(self) -> float:
        return (self.low + self.mode + self.high) / 3

    @property
    def variance(self) -> float:
        a, m, b = self.low, self.mode, self.high
        return (a * a + m * m + b * b - a * m - a * b - m * b) / 18

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Pert(_Law):
    """Lowest, most likely and highest value as a smooth bell (a beta law, weight 4 on the mode)."""

    dist: Literal["pert"]
    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> "Pert":
        _require(self.low <= self.mode <= self.high and self.low < self.high, "low <= mode <= high")
        return self

    def quantile(self, u: ArrayLike) -> Floats:
        width = self.high - self.low
        a = 1 + 4 * (self.mode - self.low) / width
        return np.asarray(self.low + width * betaincinv(a, 6 - a, u))

    @property
    def mean(self) -> float:
        return (self.low + 4 * self.mode + self.high) / 6

    @property
    def variance(self) -> float:
        return (self.mean - self.low) * (self.high - self.mean) / 7

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Normal(_Law):
    """Bell around the mean; with low or high the same bell cut off there (and renormalised)."""

    dist: Literal["normal"]
    mean_: float = Field(alias="mean")
    sd: Annotated[float, Field(gt=0)]
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Normal":
        low, high = self.support
        _require(low < high, "low below high")
        _require(self._mass() > 0, "low and high within 38 sd of the mean")
        return self

    def _cuts(self) -> tuple[float, float]:
        """Cuts in units of sd, mirrored where both lie above the mean (the far tail is exact)."""
        low, high = self.support
        a, b = (low - self.mean_) / self.sd, (high - self.mean_) / self.sd
        return (-b, -a) if a > 0 else (a, b)

    def _mass(self) -> float:
        a, b = self._cuts()
        return float(ndtr(b) - ndtr(a))

    def quantile(self, u: ArrayLike) -> Floats:
        p = np.asarray(u, dtype=float)
        a, _ = self._cuts()
        mirrored = self.support[0] > self.mean_
        z = ndtri(ndtr(a) + (1 - p if mirrored else p) * self._mass())
        return np.clip(self.mean_ + self.sd * (-z if mirrored else z), *self.support)

    def _moments(self) -> tuple[float, float]:
        a, b = self._cuts()
        log_mass = math.log(self._mass())
        fa, fb = (
            math.exp(-z * z / 2 - log_mass) / math.sqrt(2 * math.pi) if math.isfinite(z) else 0.0
            for z in (a, b)
        )
        za, zb = (z if math.isfinite(z) else 0.0 for z in (a, b))
        shift = fa - fb
        return shift, 1 + za * fa - zb * fb - shift * shift

    @property
    def mean(self) -> float:
        shift, _ = self._moments()
        return self.mean_ + self.sd * (-shift if self.support[0] > self.mean_ else shift)

    @property
    def variance(self) -> float:
        return self.sd**2 * self._moments()[1]

    @property
    def support(self) -> tuple[float, float]:
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )


class Lognormal(_Law):
    """A positive value whose logarithm is normal: by mean and cv, or by its P10 and P90."""

    dist: Literal["lognormal"]
    mean_: Annotated[float | None, Field(alias="mean", gt=0)] = None
    cv: Annotated[float | None, Field(gt=0)] = None
    p10: Annotated[float | None, Field(gt=0)] = None
    p90: Annotated[float | None, Field(gt=0)] = None

    @model_validator(mode="after")
    def _one_pair(self) -> "Lognormal":
        given = {k for k, v in (("mean", self.mean_), ("cv", self.cv)) if v is not None}
        given |= {k for k, v in (("p10", self.p10), ("p90", self.p90)) if v is not None}
        _require(given in ({"mean", "cv"}, {"p10", "p90"}), "mean and cv, or p10 and p90")
        if self.p10 is not None and self.p90 is not None:
            _require(self.p10 < self.p90, "p10 below p90")
        return self

    def _mu_sigma(self) -> tuple[float, float]:
        if self.mean_ is not None and self.cv is not None:
            variance = math.log1p(self.cv**2)
            return math.log(self.mean_) - variance / 2, math.sqrt(variance)
        assert self.p10 is not None
        assert self.p90 is not None
        low, high = math.log(self.p10), math.log(self.p90)
        return (low + high) / 2, (high - low) / (2 * NORMAL_P90)

    def quantile(self, u: ArrayLike) -> Floats:
        mu, sigma = self._mu_sigma()
        return np.asarray(np.exp(mu + sigma * ndtri(u)))

    @property
    def mean(self) -> float:
        mu, sigma = self._mu_sigma()
        return math.exp(mu + sigma**2 / 2)

    @property
    def variance(self) -> float:
        return self.mean**2 * math.expm1(self._mu_sigma()[1] ** 2)

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


class Gamma(_Law):
    """A positive value by mean and cv, lighter in the tail than the lognormal."""

    dist: Literal["gamma"]
    mean_: Annotated[float, Field(alias="mean", gt=0)]
    cv: Annotated[float, Field(gt=0)]

    def quantile(self, u: ArrayLike) -> Floats:
        return np.asarray(self.mean_ * self.cv**2 * gammaincinv(self.cv**-2, u))

    @property
    def mean(self) -> float:
        return self.mean_

    @property
    def variance(self) -> float:
        return (self.mean_ * self.cv) ** 2

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


class Beta(_Law):
    """A value between low and high (0 and 1 unless said otherwise) by mean and sd."""

    dist: Literal["beta"]
    mean_: float = Field(alias="mean")
    sd: Annotated[float, Field(gt=0)]
    low: float = 0.0
    high: float = 1.0

    @model_validator(mode="after")
    def _possible(self) -> "Beta":
        _require(self.low < self.mean_ < self.high, "low < mean < high")
        room = (self.mean_ - self.low) * (self.high - self.mean_)
        _require(self.sd**2 < room, f"sd below {math.sqrt(room):.4g} for this mean")
        return self

    def quantile(self, u: ArrayLike) -> Floats:
        width = self.high - self.low
        m = (self.mean_ - self.low) / width
        total = m * (1 - m) * (width / self.sd) ** 2 - 1
        return np.asarray(self.low + width * betaincinv(m * total, (1 - m) * total, u))

    @property
    def mean(self) -> float:
        return self.mean_

    @property
    def variance(self) -> float:
        return self.sd**2

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Exponential(_Law):
    """The waiting time for something that happens at a constant rate."""

    dist: Literal["exponential"]
    mean_: Annotated[float, Field(alias="mean", gt=0)]

    def quantile(self, u: ArrayLike) -> Floats:
        return np.asarray(-self.mean_ * np.log1p(-np.asarray(u, dtype=float)))

    @property
    def mean(self) -> float:
        return self.mean_

    @property
    def variance(self) -> float:
        return self.mean_**2

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


class Discrete(_Law):
    """One of the values, equally likely or by weight."""

    dist: Literal["discrete"]
    values: Annotated[tuple[float, ...], Field(min_length=1)]
    weights: tuple[Annotated[float, Field(ge=0)], ...] | None = None

    @model_validator(mode="after")
    def _paired(self) -> "Discrete":
        if self.weights is not None:
            _require(len(self.weights) == len(self.values), "as many weights as values")
            _require(sum(self.weights) > 0, "weights with a positive sum")
        return self

    def _sorted(self) -> tuple[Floats, Floats]:
        weights = np.ones(len(self.values)) if self.weights is None else np.array(self.weights)
        order = np.argsort(self.values, kind="stable")
        return np.array(self.values)[order], weights[order] / weights.sum()

    def quantile(self, u: ArrayLike) -> Floats:
        values, shares = self._sorted()
        reached = np.cumsum(shares)
        last = int(np.flatnonzero(shares)[-1])
        return values[np.minimum(np.searchsorted(reached, u, side="left"), last)]

    @property
    def mean(self) -> float:
        values, shares = self._sorted()
        return float(values @ shares)

    @property
    def variance(self) -> float:
        values, shares = self._sorted()
        return float((values - self.mean) ** 2 @ shares)

    @property
    def support(self) -> tuple[float, float]:
        return min(self.values), max(self.values)


class Empirical(_Law):
    """One of the values of a CSV column, equally likely; reading a scenario makes it discrete."""

    dist: Literal["empirical"]
    file: str
    column: str


FAMILIES: dict[str, type[_Law]] = {
    "uniform": Uniform,
    "triangular": Triangular,
    "pert": Pert,
    "normal": Normal,
    "lognormal": Lognormal,
    "gamma": Gamma,
    "beta": Beta,
    "exponential": Exponential,
    "discrete": Discrete,
    "empirical": Empirical,
}


def _require(holds: bool, allowed: str) -> None:
    if not holds:
        raise ValueError(allowed)


def _family(value: Any) -> str | None:
    """Name the family a value states, for pydantic's choice among the laws."""
    if isinstance(value, dict):
        return str(value.get("dist")) if value.get("dist") in FAMILIES else None
    if isinstance(value, BaseModel):
        return str(getattr(value, "dist", "number"))
    return "number"


Law = Annotated[
    Annotated[Constant, Tag("number")]
    | Annotated[Uniform, Tag("uniform")]
    | Annotated[Triangular, Tag("triangular")]
    | Annotated[Pert, Tag("pert")]
    | Annotated[Normal, Tag("normal")]
    | Annotated[Lognormal, Tag("lognormal")]
    | Annotated[Gamma, Tag("gamma")]
    | Annotated[Beta, Tag("beta")]
    | Annotated[Exponential, Tag("exponential")]
    | Annotated[Discrete, Tag("discrete")],
    Discriminator(_family),
]
