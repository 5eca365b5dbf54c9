"""Whose luck a replication has: its own, another's in part, or one mixed from that of several.

A recipe takes the place of a replication wherever worlds are drawn. What is mixed are normal
scores: weighted sums of independent standard normal numbers are standard normal again if the
squares of the weights add to 1, so that a mixed number has the law of a plain one. Parcels, items,
attacks and events are too many to be mixed: they are those of one replication.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mix = tuple[tuple[int, float], ...]
"""Replications, and the weight of each; squares of weights add to 1."""

LEVELS = ("inputs", "time", "rest")
PARTS = ("inputs", "time", "crews")
"""What can have a mix of its own, besides the dotted key of an input."""
_LEAST = 2.0**-53  # a mixed uniform number is as far from 0 and 1 as a plain one
_ABOUT_1 = 1e-9


@dataclass(frozen=True)
class Recipe:
    """Luck mixed from that of several replications.

    Parameters
    ----------
    mix
        Replications, and the weight of each in the sums of normal scores.
    grain
        The replication whose parcels, items, attacks and events it has.
    but
        What has another mix: a dotted key of an input (a law that is drawn once per replication, or
        a time drawn once for each crew or sector), or one of `PARTS`: all inputs; what all crews
        share in the course of time (weeks, lost days, seasons, regimes); the skill of crews.

    Raises
    ------
    ValueError
        If the squares of the weights of a mix do not add to 1.
    """

    mix: Mix
    grain: int
    but: tuple[tuple[str, Mix], ...] = ()

    def __post_init__(self) -> None:
        for mix in self.mixes:
            if not math.isclose(sum(w * w for _, w in mix), 1.0, abs_tol=_ABOUT_1):
                raise ValueError(f"the squares of weights must add to 1: {mix}")

    @property
    def mixes(self) -> tuple[Mix, ...]:
        """All of them."""
        return (self.mix, *(mix for _, mix in self.but))

    def of(self, *names: str) -> Mix:
        """Return the mix of what goes by one of these names, the most special one first."""
        return next((mix for name in names for what, mix in self.but if what == name), self.mix)


def plain(replication: int) -> Recipe:
    """Return the recipe of a replication itself: its very bytes."""
    return Recipe(mix=((replication, 1.0),), grain=replication)


class Recipes(Protocol):
    """Says whose luck each replication has."""

    def recipe(self, replication: int) -> Recipe:
        """Return the recipe of a replication."""

    @property
    def address(self) -> str:
        """What the luck of all of them depends on."""


@dataclass(frozen=True)
class Exchange:
    """Luck that is another replication's, while all else stays: what a sensitivity is made of.

    Parameters
    ----------
    what
        Dotted key of an input, or one of `LEVELS`: all inputs; what all crews share in the course
        of time; the rest (the skill of crews, parcels, items, attacks and events). Or the keys of
        several inputs, together.
    by
        Replication r has it from replication r + by.
    """

    what: str | tuple[str, ...]
    by: int

    def recipe(self, replication: int) -> Recipe:
        """Return the recipe of a replication."""
        own, other = ((replication, 1.0),), ((replication + self.by, 1.0),)
        if self.what == "rest":
            return Recipe(own, grain=replication + self.by, but=(("crews", other),))
        return Recipe(own, grain=replication, but=tuple((what, other) for what in self._all))

    @property
    def _all(self) -> tuple[str, ...]:
        return (self.what,) if isinstance(self.what, str) else self.what

    @property
    def address(self) -> str:
        """What the luck depends on."""
        return f"exchange {' '.join(self._all)} {self.by}"


@dataclass(frozen=True, eq=False)
class Given:
    """Recipes that are given one by one: replication r has the r-th of them.

    Parameters
    ----------
    recipes
        As many as there can be replications.
    campaign
        Name and first day of the campaign that they are of, if that is known.
    worth
        How many independent ones they are worth, if that is known.
    """

    recipes: tuple[Recipe, ...]
    campaign: tuple[str, str] | None = None
    worth: float | None = None

    def recipe(self, replication: int) -> Recipe:
        """Return the recipe of a replication."""
        return self.recipes[replication]

    @cached_property
    def address(self) -> str:
        """What the luck depends on."""
        return "given " + hashlib.sha256(repr(self.recipes).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        """Tell whether all recipes agree."""
        return isinstance(other, Given) and self.address == other.address

    def __hash__(self) -> int:
        return hash(self.address)


@dataclass(frozen=True)
class Readings:
    """When sums are read instead of at the ends of calendar years, and of what land.

    Parameters
    ----------
    ends_s
        Seconds, rising; the last one is the horizon.
    place
        Of each sector: the sums of those of one place are added up, instead of those of a region.
    """

    ends_s: tuple[int, ...]
    place: tuple[int, ...]

    @property
    def address(self) -> str:
        """What the numbers depend on."""
        return f"readings {self.place} {self.ends_s}"


class Members:
    """Whose luck some part of the replications of a block (R) has.

    Parameters
    ----------
    mixes
        Of each replication.
    """

    def __init__(self, mixes: Sequence[Mix]) -> None:
        most = max(map(len, mixes), default=1)
        self._who = np.zeros((len(mixes), most), np.int64)
        self._weight = np.zeros((len(mixes), most))
        for r, mix in enumerate(mixes):
            self._who[r, : len(mix)] = [replication for replication, _ in mix]
            self._who[r, len(mix) :] = mix[0][0]
            self._weight[r, : len(mix)] = [weight for _, weight in mix]
        self._plain = np.array([len(mix) == 1 and mix[0][1] == 1.0 for mix in mixes], np.bool_)

    def uniforms(self, draw: Callable[[Ints], Floats]) -> Floats:
        """Return the uniform numbers of the replications (R, ...).

        Parameters
        ----------
        draw
            Returns those of plain replications, one row for each.
        """
        if self._plain.all():
            return draw(self._who[:, 0])
        distinct, place = np.unique(self._who, return_inverse=True)
        u = draw(distinct)
        place, z = place.reshape(self._who.shape), ndtri(u)
        mixed = np.zeros((len(place), *u.shape[1:]))
        for k in range(place.shape[1]):  # one after the other: a sum does not depend on the block
            weight = self._weight[:, k].reshape(-1, *(1,) * (u.ndim - 1))
            mixed += weight * z[place[:, k]]
        out: Floats = np.clip(ndtr(mixed), _LEAST, 1 - _LEAST)
        out[self._plain] = u[place[self._plain, 0]]
        return out
