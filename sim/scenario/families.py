"""The continuous families of laws: quantiles in closed form or by inversion, exact moments."""

import math
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator
from scipy.special import betaincinv, gammaincinv, log_ndtr, ndtri, ndtri_exp

from sim.scenario.table import Stated

Floats = NDArray[np.float64]
NORMAL_P90 = float(ndtri(0.9))
MOST = 1e15  # beyond it nothing in a campaign makes sense, and sums lose their digits
_LEAST = 1e-30  # a law that never gives its end must not round to it
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)

Number = Annotated[float, Field(ge=-MOST, le=MOST)]
Positive = Annotated[float, Field(gt=0, le=MOST)]
Cv = Annotated[float, Field(ge=1e-6, le=10)]


def require(holds: bool, allowed: str) -> None:
    """Raise ValueError, which says what is allowed, unless it holds."""
    if not holds:
        raise ValueError(allowed)


class BaseLaw(Stated):
    """What a law of a family states."""

    reaches_ends: ClassVar[bool] = True
    dist: str


class _PositiveLaw(BaseLaw):
    """A law of every value above 0."""

    reaches_ends: ClassVar[bool] = False

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


class _Between(BaseLaw):
    """A law of values between two ends."""

    low: Number
    high: Number

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Uniform(_Between):
    """Any value between low and high is equally likely."""

    dist: Literal["uniform"]

    @model_validator(mode="after")
    def _ordered(self) -> "Uniform":
        require(self.low < self.high, "low below high")
        return self

    def quantile(self, u: ArrayLike) -> Floats:
        return self.low + np.asarray(u, dtype=float) * (self.high - self.low)

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def variance(self) -> float:
        return (self.high - self.low) ** 2 / 12


class _ThreePoints(_Between):
    """A law of a lowest, a most likely and a highest value."""

    mode: Number

    @model_validator(mode="after")
    def _ordered(self) -> "_ThreePoints":
        ordered = self.low <= self.mode <= self.high and self.low < self.high
        require(ordered, "low at most mode, mode at most high, low below high")
        return self


class Triangular(_ThreePoints):
    """Lowest, most likely and highest value, joined by straight lines."""

    dist: Literal["triangular"]

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
        left, right = self.mode - self.low, self.high - self.mode
        return (left * left + right * right + left * right) / 18


class Pert(_ThreePoints):
    """Lowest, most likely and highest value as a smooth bell (a beta law, weight 4 on the mode)."""

    dist: Literal["pert"]
    reaches_ends: ClassVar[bool] = False

    def quantile(self, u: ArrayLike) -> Floats:
        width = self.high - self.low
        a = 1 + 4 * (self.mode - self.low) / width
        share: Floats = betaincinv(a, 6 - a, u)
        return self.low + width * share

    @property
    def mean(self) -> float:
        return (self.low + 4 * self.mode + self.high) / 6

    @property
    def variance(self) -> float:
        return (self.mean - self.low) * (self.high - self.mean) / 7


class Normal(BaseLaw):
    """Bell around the mean; with low or high the same bell cut off there (and renormalised)."""

    dist: Literal["normal"]
    mean_: Number = Field(alias="mean")
    sd: Positive
    low: Number | None = None
    high: Number | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Normal":
        low, high = self.support
        require(low < high, "low below high")
        far = max(low - self.mean_, self.mean_ - high) / self.sd
        require(far <= 1000, "low and high within 1000 sd of the mean")
        return self

    def _cuts(self) -> tuple[float, float]:
        """Return the cuts in units of sd."""
        low, high = self.support
        return (low - self.mean_) / self.sd, (high - self.mean_) / self.sd

    def quantile(self, u: ArrayLike) -> Floats:
        p = np.asarray(u, dtype=float)
        a, b = self._cuts()
        above = a > 0  # mirrored then: the lower tail alone has all its digits
        if above:
            a, b, p = -b, -a, 1 - p
        below = math.exp(log_ndtr(a) - log_ndtr(b))
        z: Floats = ndtri_exp(log_ndtr(b) + np.log(p + (1 - p) * below))
        return np.clip(self.mean_ + self.sd * (-z if above else z), *self.support)

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """Return mean and variance in units of sd, by quadrature: no digits cancel in a tail."""
        a, b = self._cuts()
        if math.isinf(a) and math.isinf(b):
            return 0.0, 1.0
        nearest = min(max(a, 0.0), b)
        reach = math.sqrt(nearest * nearest + 90)  # the density is e^-45 of its greatest there
        a, b = max(a, -reach), min(b, reach)
        steps = (b - a) / 2 * _NODES
        from_nearest = (a + b) / 2 - nearest + steps
        mass = _WEIGHTS * np.exp(-from_nearest * (from_nearest / 2 + nearest))
        mass /= mass.sum()
        shift = float(steps @ mass)
        return (a + b) / 2 + shift, float((steps - shift) ** 2 @ mass)

    @property
    def mean(self) -> float:
        return self.mean_ + self.sd * self._moments[0]

    @property
    def variance(self) -> float:
        return self.sd**2 * self._moments[1]

    @property
    def support(self) -> tuple[float, float]:
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )


class Lognormal(_PositiveLaw):
    """A positive value whose logarithm is normal: by mean and cv, or by its P10 and P90."""

    dist: Literal["lognormal"]
    mean_: Annotated[Positive | None, Field(alias="mean")] = None
    cv: Cv | None = None
    p10: Positive | None = None
    p90: Positive | None = None

    @model_validator(mode="after")
    def _one_pair(self) -> "Lognormal":
        stated = [v is not None for v in (self.mean_, self.cv, self.p10, self.p90)]
        pair = stated in ([True, True, False, False], [False, False, True, True])
        require(pair, "mean and cv, or p10 and p90")
        if self.p10 is not None and self.p90 is not None:
            require(self.p10 < self.p90 <= 1e6 * self.p10, "p10 below p90, at most a millionfold")
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
        z: Floats = ndtri(u)
        return np.asarray(np.exp(mu + sigma * z), np.float64)

    @property
    def mean(self) -> float:
        mu, sigma = self._mu_sigma()
        return self.mean_ or math.exp(mu + sigma**2 / 2)

    @property
    def variance(self) -> float:
        return self.mean**2 * math.expm1(self._mu_sigma()[1] ** 2)


class Gamma(_PositiveLaw):
    """A positive value by mean and cv, lighter in the tail than the lognormal."""

    dist: Literal["gamma"]
    mean: Positive
    cv: Cv

    def quantile(self, u: ArrayLike) -> Floats:
        share: Floats = self.cv**2 * gammaincinv(self.cv**-2, u)
        return self.mean * np.maximum(share, _LEAST)

    @property
    def variance(self) -> float:
        return (self.mean * self.cv) ** 2


class Exponential(_PositiveLaw):
    """The waiting time for something that happens at a constant rate."""

    dist: Literal["exponential"]
    mean: Positive

    def quantile(self, u: ArrayLike) -> Floats:
        return np.asarray(-self.mean * np.log1p(-np.asarray(u, dtype=float)), np.float64)

    @property
    def variance(self) -> float:
        return self.mean**2


class Beta(_Between):
    """A value between low and high (0 and 1 unless said otherwise) by mean and sd."""

    dist: Literal["beta"]
    mean: Number
    sd: Positive
    low: Number = 0.0
    high: Number = 1.0
    reaches_ends: ClassVar[bool] = False

    @model_validator(mode="after")
    def _possible(self) -> "Beta":
        require(self.low < self.mean < self.high, "low below mean, mean below high")
        room = math.sqrt((self.mean - self.low) * (self.high - self.mean))
        require(0.0001 * room < self.sd < room, f"sd above 0.0001 and below 1 times {room:.6g}")
        return self

    def quantile(self, u: ArrayLike) -> Floats:
        width = self.high - self.low
        m = (self.mean - self.low) / width
        total = m * (1 - m) * (width / self.sd) ** 2 - 1
        share: Floats = betaincinv(m * total, (1 - m) * total, u)
        return self.low + width * np.clip(share, _LEAST, 1 - 2**-53)

    @property
    def variance(self) -> float:
        return self.sd**2
