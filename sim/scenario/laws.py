"""Laws of chance: a distribution is a quantile function that knows its mean, variance and bounds.

Every draw in the program is ``law.quantile(u)`` of one addressed uniform number, so that two
scenarios that share a seed share their luck even where their laws differ.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Protocol, get_args

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, Tag, model_validator

from sim.scenario.families import (
    MOST,
    BaseLaw,
    Beta,
    Exponential,
    Floats,
    Gamma,
    Lognormal,
    Normal,
    Number,
    Pert,
    Triangular,
    Uniform,
    require,
)

MOST_VALUES = 100_000


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
        """Least and greatest value, infinite where there is none."""

    @property
    def reaches_ends(self) -> bool:
        """Whether the ends of the support are values; a lognormal law never gives its 0."""


class Constant(RootModel[Number]):
    """A plain number: the law without chance."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)
    reaches_ends: ClassVar[bool] = True

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


class Discrete(BaseLaw):
    """One of the values, equally likely or by weight."""

    dist: Literal["discrete"]
    values: Annotated[tuple[Number, ...], Field(min_length=1, max_length=MOST_VALUES)]
    weights: tuple[Annotated[float, Field(ge=0, le=MOST)], ...] | None = None

    @model_validator(mode="after")
    def _paired(self) -> "Discrete":
        if self.weights is not None:
            require(len(self.weights) == len(self.values), "as many weights as values")
            require(sum(self.weights) > 0, "weights with a positive sum")
        return self

    @cached_property
    def _steps(self) -> tuple[Floats, Floats, Floats]:
        """Return the values that can happen in order, their shares, and the running sums."""
        values = np.array(self.values)
        weights = np.ones(len(values)) if self.weights is None else np.array(self.weights)
        order = np.argsort(values, kind="stable")
        order = order[weights[order] > 0]
        shares = weights[order] / weights.sum()
        return values[order], shares, np.cumsum(shares)

    def quantile(self, u: ArrayLike) -> Floats:
        values, _, reached = self._steps
        return values[np.minimum(np.searchsorted(reached, u, side="left"), len(values) - 1)]

    @property
    def mean(self) -> float:
        return float(self._steps[0] @ self._steps[1])

    @property
    def variance(self) -> float:
        return float((self._steps[0] - self.mean) ** 2 @ self._steps[1])

    @property
    def support(self) -> tuple[float, float]:
        return float(self._steps[0][0]), float(self._steps[0][-1])


class Empirical(BaseLaw):
    """One of the values of a CSV column, equally likely; reading a scenario makes it discrete."""

    dist: Literal["empirical"]
    file: Annotated[str, Field(min_length=1)]
    column: str


_MOMENTS = ("low", "mode", "high", "mean", "mean_", "p10", "p90", "values")


def moments(stated: Iterable[str]) -> list[str]:
    """Return which parameters of a law are values of it, or places among them."""
    return [name for name in stated if name in _MOMENTS]


def shifted(law: "Law", *, by: float) -> "Law":
    """Return the law of a value that is greater by a number; its shape stays.

    Laws of positive values only cannot be shifted.
    """
    if isinstance(law, Constant):
        return Constant(law.root + by)
    changed: dict[str, Any] = {}
    for name in moments(type(law).model_fields):
        value = getattr(law, name)
        if isinstance(value, tuple):
            changed[name] = tuple(each + by for each in value)
        elif value is not None:
            changed[name] = value + by
    return law.model_copy(update=changed)


_WITHOUT_UNIT = {"dist", "cv", "weights"}


def scaled(law: "Law", *, by: int = 1, per: int) -> "Law":
    """Return the law of a number of another unit: what it states, times `by`, over `per`.

    It is as exact as the law stated in that unit: 40 000 m2 over 10 000 are the 4 ha that a file
    would state, bit for bit.
    """
    if isinstance(law, Constant):
        return Constant(law.root * by / per)
    changed: dict[str, Any] = {}
    for name in type(law).model_fields.keys() - _WITHOUT_UNIT:
        value = getattr(law, name)
        if isinstance(value, tuple):
            changed[name] = tuple(each * by / per for each in value)
        elif value is not None:
            changed[name] = value * by / per
    return law.model_copy(update=changed)


_LAWS = (Uniform, Triangular, Pert, Normal, Lognormal, Gamma, Beta, Exponential, Discrete)
FAMILIES: dict[str, type[BaseModel]] = {
    get_args(law.model_fields["dist"].annotation)[0]: law for law in (*_LAWS, Empirical)
}


def _family(value: Any) -> str | None:
    """Name the family a value states, for pydantic's choice among the laws."""
    if isinstance(value, dict):
        family = value.get("dist")
        return family if isinstance(family, str) and family in FAMILIES else None
    return str(getattr(value, "dist", "number"))


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
