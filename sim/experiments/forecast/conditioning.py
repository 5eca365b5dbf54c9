"""Recipes of campaigns that agree with a record: by weights if they suffice, else by moves.

A campaign is a recipe for each of three parts of its luck (inputs, what is shared in time, the
skill of crews), and a replication that its parcels and events are taken from. Its prior is that of
plain replications; its likelihood is that of the record. First come plain replications, weighted.
Where too few of them agree with the record, they are led to it in steps: the likelihood to a power
that rises from 0 to 1, at each step resampled, and moved. A move mixes one part with the luck of a
new replication (preconditioned Crank-Nicolson), which keeps the prior as it is whatever the number
of inputs and weeks, and is accepted by the likelihood alone. New replications, choices and
acceptances have addresses, so that the same record gives the same recipes.

References
----------
Del Moral, Doucet, Jasra (2006): Sequential Monte Carlo samplers. J. R. Stat. Soc. B 68(3).
Cotter, Roberts, Stuart, White (2013): MCMC methods for functions. Statistical Science 28(3).
Lee, Whiteley (2018): Variance estimation in the particle filter. Biometrika 105(3).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.experiments.forecast.histories import Histories
from sim.sampling import Sampler
from sim.sampling.compiled.streams import stream_key, uniform
from sim.sampling.recipes import Mix, Recipe, plain
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.likelihood import log_likelihood
from sim.statistics.weights import (
    Weights,
    next_temperature,
    resampled,
    shares_of,
    smoothed,
)

PLAIN = 1000
"""Replications to begin with; as many as campaigns are wanted, if that is more."""
MOST_PLAIN = 8000
WORTH = 400.0
"""Effective number of weighted replications that suffices."""
WORST_TAIL = 0.7
ACCEPTED = 0.25
"""Share of moves that is aimed at."""
GRAIN = "grain"
FRESH = 2**24
"""Replications from here on are those that moves mix in."""
LAST_MOVES = 5
"""Of all parts together, at least."""
MOST_MOVES, MOST_LAST_MOVES = 6, 30
DISTINCT = 0.42
"""Share of the campaigns that are to be worth a history of their own in the end."""


@dataclass(frozen=True)
class Conditioned:
    """Campaigns of equal weight that agree with a record.

    Attributes
    ----------
    recipes
        Of each (R).
    method
        "weights" or "moves".
    simulated
        Histories that it took.
    worth
        Effective number of the plain replications by their weights.
    pareto_k
        Shape of the tail of those weights.
    distinct
        Effective number of distinct histories among the recipes.
    steps
        Powers of the likelihood that moves went through.
    accepted
        Share of the moves accepted at the end.
    log_evidence
        Logarithm of the mean likelihood under the scenario; how likely the record was.
    plain_released
        What plain replications released by each report, in hectares (P, N).
    plain_log_likelihood
        Theirs (P).
    """

    recipes: tuple[Recipe, ...]
    method: str
    simulated: int
    worth: float
    pareto_k: float
    distinct: float
    steps: tuple[float, ...]
    accepted: float
    log_evidence: float
    plain_released: Floats
    plain_log_likelihood: Floats


def weigh(histories: Histories, first: int = 0, n: int = PLAIN) -> tuple[Floats, Floats]:
    """Return what n plain replications released by each report, and their log likelihood."""
    released = histories.released([plain(r) for r in range(first, first + n)])
    return released, log_likelihood(released, histories.reported)


def condition(
    histories: Histories,
    scenario: Scenario,
    *,
    seed: int,
    n: int,
    released: Floats,
    log_l: Floats,
    only: str = "",
) -> Conditioned:
    """Return campaigns that agree with a record.

    Parameters
    ----------
    histories
        Simulates them.
    scenario
        Whose campaigns they are.
    seed
        Of the run.
    n
        How many are wanted.
    released, log_l
        Of the first plain replications, from `weigh`.
    only
        "weights" or "moves" if there is no choice.
    """
    weights = smoothed(log_l)
    while not only and _may_suffice(weights):
        more = weigh(histories, len(log_l), len(log_l))
        released, log_l = np.concatenate([released, more[0]]), np.concatenate([log_l, more[1]])
        weights = smoothed(log_l)
    evidence = _log_mean(log_l)
    if only != "moves" and (_suffice(weights) or only):
        chosen = resampled(weights.shares, n, _chance(seed, "choice", 0))
        recipes = tuple(plain(int(r)) for r in chosen)
        if len(set(recipes)) < n:
            recipes = _mixed_up(recipes, seed)
        worth = min(worth_of(recipes), weights.effective)
        found = _Found(recipes, "weights", worth, (1.0,), math.nan, evidence)
    else:
        found = _Moved(histories, scenario, seed, n).by(log_l)
    return Conditioned(
        recipes=found.recipes,
        method=found.method,
        simulated=histories.simulated,
        worth=weights.effective,
        pareto_k=weights.pareto_k,
        distinct=found.distinct,
        steps=found.steps,
        accepted=found.accepted,
        log_evidence=found.log_evidence,
        plain_released=released,
        plain_log_likelihood=log_l,
    )


@dataclass(frozen=True)
class _Found:
    recipes: tuple[Recipe, ...]
    method: str
    distinct: float
    steps: tuple[float, ...]
    accepted: float
    log_evidence: float


def _mixed_up(recipes: Sequence[Recipe], seed: int) -> tuple[Recipe, ...]:
    """Return them in an order of chance: the first of them stand for all."""
    order = np.argsort([_chance(seed, "order", i) for i in range(len(recipes))])
    return tuple(recipes[i] for i in order)


def _suffice(weights: Weights) -> bool:
    """Tell whether weights do; a tail of many that are alike has no shape, and is no danger."""
    return weights.effective >= WORTH and not weights.pareto_k >= WORST_TAIL


def _may_suffice(weights: Weights) -> bool:
    """Tell whether weights do not do yet, and would with more plain replications."""
    n = len(weights.shares)
    promising = n * WORTH <= MOST_PLAIN * weights.effective
    return not _suffice(weights) and promising and 2 * n <= MOST_PLAIN


def _log_mean(log_l: Floats) -> float:
    highest = float(log_l.max())
    return highest + math.log(float(np.exp(log_l - highest).mean()))


def _chance(seed: int, purpose: str, index: int) -> float:
    return float(uniform(stream_key(seed, "forecast", purpose), index, 0, 0, 0))


@dataclass
class _Part:
    """A part of the luck, and how far it is moved: share of a new replication's in the variance."""

    name: str
    step: float = 0.5
    accepted: list[float] = field(default_factory=list)
    """Shares of the moves at this power."""

    def learn(self, accepted: float) -> None:
        """Take longer steps if many are accepted, shorter ones if few are."""
        self.accepted.append(accepted)
        self.step = float(np.clip(self.step * math.exp(1.5 * (accepted - ACCEPTED)), 1e-3, 1.0))


class _Moved:
    """Leads campaigns to a record."""

    def __init__(self, histories: Histories, scenario: Scenario, seed: int, n: int) -> None:
        self._histories, self._seed, self._n = histories, seed, n
        self._parts = [_Part(name) for name in parts_of(scenario, seed=seed)]
        self._moves, self._key = 0, stream_key(seed, "forecast", "acceptance")

    def by(self, log_l: Floats) -> _Found:
        """Return campaigns of equal weight, from plain replications with these likelihoods."""
        n, reached, evidence = self._n, 0.0, 0.0
        recipes, steps = list(map(plain, range(len(log_l)))), list[float]()
        while reached < 1:
            power = next_temperature(log_l, reached, wanted=n / 2)
            shares = shares_of((power - reached) * log_l)
            evidence += _log_mean((power - reached) * log_l)
            chosen = resampled(shares, n, _chance(self._seed, "resampling", len(steps)))
            recipes, log_l, reached = [recipes[i] for i in chosen], log_l[chosen], power
            steps.append(power)
            self._begin()
            while part := self._next(recipes, last=reached == 1):
                recipes, log_l = self._move(part, recipes, log_l, reached)
        accepted = float(np.mean([np.mean(part.accepted) for part in self._parts]))
        names = {GRAIN, *(part.name for part in self._parts)}
        worth = min(worth_of(recipes, name) for name in names)
        return _Found(
            _mixed_up(recipes, self._seed), "moves", worth, tuple(steps), accepted, evidence
        )

    def _begin(self) -> None:
        """Begin to count the moves at a new power."""
        for part in self._parts:
            part.accepted = []

    def _next(self, recipes: list[Recipe], *, last: bool) -> _Part | None:
        """Return the part that is to be moved next; None if all are moved enough.

        Each is until every campaign was moved once, on the average; in the end also until the
        campaigns are worth enough.
        """
        enough = DISTINCT * self._n if last else 0.0
        most, least = (
            (MOST_LAST_MOVES, -(-LAST_MOVES // len(self._parts))) if last else (MOST_MOVES, 1)
        )
        for part in sorted(self._parts, key=lambda each: len(each.accepted)):
            tried = len(part.accepted)
            worth = worth_of(recipes, part.name)
            if part is self._parts[-1]:
                worth = min(worth, worth_of(recipes, GRAIN))
            wanted = sum(part.accepted) < 1 or worth < enough
            if tried < least or (wanted and tried < most):
                return part
        return None

    def _move(
        self, part: _Part, recipes: list[Recipe], log_l: Floats, power: float
    ) -> tuple[list[Recipe], Floats]:
        """Move a part once."""
        first, n, key = self._moves * self._n, range(self._n), self._key
        tried = [
            moved(
                recipe,
                part.name,
                part.step,
                FRESH + first + i,
                renewed=part is self._parts[-1] and (i + len(part.accepted)) % 2 == 0,
            )
            for i, recipe in enumerate(recipes)
        ]
        theirs = log_likelihood(self._histories.released(tried), self._histories.reported)
        u = np.array([uniform(key, self._moves, i, 0, 0) for i in n])
        accepts = np.log(u) < power * (theirs - log_l)
        pairs = zip(recipes, tried, accepts, strict=True)
        kept = [new if accepted else old for old, new, accepted in pairs]
        part.learn(float(accepts.mean()))
        self._moves += 1
        return kept, np.where(accepts, theirs, log_l)


def parts_of(scenario: Scenario, *, seed: int) -> tuple[str, ...]:
    """Return the parts of the luck in which there is any chance in a scenario.

    "grain", parcels and events, is moved by itself only where there is nothing else.
    """
    weather, pace, shelling = scenario.weather, scenario.pace, scenario.shelling
    time = bool(
        scenario.season
        or weather
        or pace
        or (shelling and len(shelling.regimes) > 1)
    )  # fmt: skip
    has = {
        "inputs": bool(Sampler(scenario, seed=seed).inputs([plain(0)])),
        "time": time,
        "crews": any(crew.variation > 0 for crew in scenario.crew),
    }
    return tuple(name for name, there in has.items() if there) or (GRAIN,)


def moved(recipe: Recipe, part: str, step: float, fresh: int, *, renewed: bool) -> Recipe:
    """Return a recipe one part of which is mixed with the luck of a new replication.

    Parameters
    ----------
    recipe
        To be moved.
    part
        One of `parts_of`.
    step
        Share of the new replication's luck in the variance, at most 1.
    fresh
        The new replication.
    renewed
        Whether its parcels and events are taken too.
    """
    grain = fresh if renewed or part == GRAIN else recipe.grain
    if part == GRAIN:
        return Recipe(recipe.mix, grain, recipe.but)
    own = recipe.of(part)
    mix = tuple((r, w * math.sqrt(1 - step)) for r, w in own) if step < 1 else ()
    but = {what: of for what, of in recipe.but if what != part}
    but[part] = _normal((*mix, (fresh, math.sqrt(step))))
    return Recipe(recipe.mix, grain, tuple(sorted(but.items())))


def _normal(mix: Mix) -> Mix:
    """Return a mix without members that hardly count, its squares adding to 1 to the last bit."""
    kept = [(r, w) for r, w in mix if abs(w) > 1e-6]
    size = math.sqrt(math.fsum(w * w for _, w in kept))
    return tuple((r, w / size) for r, w in kept)


def worth_of(recipes: Sequence[Recipe], part: str = "inputs") -> float:
    """Return how many independent ones recipes are worth in a part of their luck.

    The correlation of two mixes is the sum of products of their weights; the mean of a number that
    is linear in normal scores varies over n of them as over n^2 / (sum of all correlations).
    """
    total: dict[int, float] = {}
    for recipe in recipes:
        mix = ((recipe.grain, 1.0),) if part == GRAIN else recipe.of(part)
        for r, w in mix:
            total[r] = total.get(r, 0.0) + w
    return len(recipes) ** 2 / math.fsum(w * w for w in total.values())


def worth_by_descent(recipes: Sequence[Recipe], days: Floats) -> float:
    """Return how many independent campaigns recipes are worth, by those they descend from.

    The mean of a number varies as the sum, over the plain replications that campaigns began as, of
    the squared sum of what their descendants differ from it (Lee and Whiteley 2018): campaigns of
    one descent that are alike count once, those that moves have led apart count each.

    Parameters
    ----------
    recipes
        Of each campaign (R).
    days
        A number of each (R).
    """
    off = days - days.mean()
    _, descent = np.unique([recipe.mix[0][0] for recipe in recipes], return_inverse=True)
    together = float(np.square(np.bincount(descent, off)).sum())
    return len(days) * float(np.square(off).sum()) / together if together > 0 else math.inf
