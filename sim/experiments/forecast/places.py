"""Where reports lie among campaigns: before the record, after it, and as the next one each time."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from sim.errors import Problem
from sim.experiments.explain.inputs import Input, inputs_of
from sim.results.words import key_words, words
from sim.sampling import Sampler
from sim.sampling.recipes import plain
from sim.scenario.kinds import plain as digits
from sim.scenario.record import Report
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.likelihood import (
    AT_LEAST,
    AT_MOST,
    EXACT,
    Reported,
    chances_below,
    log_likelihood,
)
from sim.statistics.weights import smoothed

OUTSIDE = 0.0005
"""Tail of the band of 99.9 % on either side."""
STRANGE = 0.01
"""A report as unlikely as this, either way, given those before it, is told."""
FEWEST = 30.0
"""Effective number of campaigns below which nothing is said from weights."""
MOST_JUDGED, MANY = 40, 1000
"""Reports that are all held against those before them, by all plain campaigns. Of more the fewer
are, evenly among them and by so many campaigns: each costs as much as the likelihood of those."""
_FEWEST_JUDGED = 5
_FARTHEST = 8.0  # normal scores: beyond, no value of an input explains a report
_SOME = 0.05  # of the spread of what was released: less is no explanation


@dataclass(frozen=True)
class Places:
    """Where a report lies: probability of a smaller one; of a bound, that it does not hold.

    Attributes
    ----------
    before, after
        Among campaigns before and after the whole record; NaN after it if it is not judged.
    next
        Among those that agree with the reports before it; NaN if too few do, or not judged.
    released_before, released_after
        P10, P50 and P90 of what they released, hectares.
    """

    before: float
    next: float
    after: float
    released_before: tuple[float, ...]
    released_after: tuple[float, ...]
    surprise: float
    """Chance, given the reports before it, of one as far off or farther, either way; of a bound,
    that it holds. NaN if too few agree with those before it."""
    judged: bool = True
    """Whether it is one of those held against others."""

    @property
    def is_strange(self) -> bool:
        """Whether the reports before it did not let it be expected."""
        return self.surprise < STRANGE


def places_of(plain_: Floats, after: Floats, reported: Reported) -> tuple[Places, ...]:
    """Return the place of each report.

    Parameters
    ----------
    plain_, after
        What plain campaigns, and those that agree with the record, released by each, ha (P, N) and
        (R, N).
    reported
        What it says.
    """
    found, n = [], len(reported.amount)
    some = n if n <= MOST_JUDGED else max(_FEWEST_JUDGED, MOST_JUDGED**2 // n)
    judged = {n - 1 - (k * n) // some for k in range(some)}
    if n > MOST_JUDGED:
        plain_ = plain_[:MANY]
    for i in range(n):
        below, later = math.nan, math.nan
        if i in judged:
            below = _next(plain_, reported, i)
            later = float(chances_below(after, reported, i, given=range(n)).mean())
        off = {EXACT: 2 * min(below, 1 - below), AT_LEAST: 1 - below, AT_MOST: below}
        found.append(
            Places(
                before=float(chances_below(plain_, reported, i).mean()),
                next=below,
                after=later,
                released_before=_band(plain_[:, i]),
                released_after=_band(after[:, i]),
                judged=i in judged,
                surprise=off[int(reported.bound[i])],
            )
        )
    return tuple(found)


def _next(plain_: Floats, reported: Reported, i: int) -> float:
    """Return the place of a report among plain campaigns that agree with those before it."""
    weights = smoothed(log_likelihood(plain_[:, :i], reported.only(slice(0, i))))
    if weights.effective < FEWEST:
        return math.nan
    return float(weights.shares @ chances_below(plain_, reported, i, given=range(i)))


def _band(values: Floats) -> tuple[float, ...]:
    return tuple(float(x) for x in np.percentile(values, (10, 50, 90), method="inverted_cdf"))


def unexplained(
    scenario: Scenario,
    reports: Sequence[Report],
    *,
    seed: int,
    released: Floats,
    reported: Reported,
) -> Iterator[Problem]:
    """Yield every report that the scenario cannot explain, and what would have to move.

    Parameters
    ----------
    scenario, reports, seed
        Of the forecast.
    released
        By the first plain campaigns, by each report, ha (P, N).
    reported
        What the record says.
    """
    each = [chances_below(released, reported, i) for i in range(len(reports))]
    chances = [float(below.mean()) for below in each]
    u: dict[str, Floats] = {}
    for i, report in enumerate(reports):
        outside = chances[i] < OUTSIDE or chances[i] > 1 - OUTSIDE
        if report.bound != "exact":
            holds = 1 - chances[i] if report.bound == "at_least" else chances[i]
            outside = holds < OUTSIDE
        if outside:
            u = u or Sampler(scenario, seed=seed).inputs([plain(r) for r in range(len(released))])
            low, high = np.percentile(released[:, i], (0.05, 99.95))
            moves = "; ".join(_moves(scenario, u, released[:, i], report.released_ha))
            found = (
                f"{digits(report.released_ha)} ha by {words(report.date)} (row {report.row}),"
                f" where 99.9 % of its campaigns release {digits(float(np.floor(low)))} to"
                f" {digits(float(np.ceil(high)))} ha"
            )
            allowed = (
                f"what it can explain: {moves or 'no number of it that is not known moves this'}"
            )
            yield Problem(scenario.campaign.name, "record", found, allowed)


def _moves(
    scenario: Scenario, u: dict[str, Floats], released: Floats, wanted: float
) -> Iterator[str]:
    """Yield how far each input alone would have to move, those that move most first."""
    ranked: list[tuple[float, str]] = []
    for each in inputs_of(scenario):
        z = ndtri(np.where(u[each.key] > 0, u[each.key], 0.5)).mean(axis=1)
        if z.std() == 0 or released.std() == 0:
            continue
        z /= z.std()
        slope = float(np.cov(z, released)[0, 1])
        if (slope / released.std()) ** 2 >= _SOME:
            ranked.append(_needed(each, (wanted - float(np.median(released))) / slope))
    for _, text in sorted(ranked)[:3]:
        yield text


def _needed(each: Input, z: float) -> tuple[float, str]:
    name = f"{key_words(each.key)} ({each.key})"
    if abs(z) > _FARTHEST:
        return abs(z), f"{name} beyond all its values"
    value = float(each.law.quantile(np.array([ndtr(z)]))[0])
    usual = float(each.law.quantile(np.array([0.5]))[0])
    return abs(z), f"{name} at {value:.3g} instead of {usual:.3g}"
