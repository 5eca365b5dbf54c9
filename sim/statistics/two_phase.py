"""The law of the completion from many replications of a twin and whole campaigns for some of them.

A twin says roughly, and fast, when a replication is complete. In the first phase it is asked about
M replications; in the second, n of them are simulated. All M are cut by the twin's value into zones
of equal size; in each zone those simulated are chosen by chance alone, so that their share that is
complete by a day, weighted with the zone's share of all, adds up to an unbiased estimate of the law
whatever the twin is worth. What it is worth decides how narrow the intervals are.

Zones in which the twin leaves open on which side of the asked quantile a replication falls get
many, the others few: but as many as it takes to see that they hold no surprise. That a sample shows
none does not make its variance 0: its interval is that of a Poisson number of misses that may be
more than were seen, on each side of the day asked about (the square-and-add rule joins the sides).

References
----------
Two-phase sampling for stratification: Neyman (1938), JASA 33; Cochran (1977): Sampling techniques,
12.2. Allocation: Neyman (1934), JRSS 97. Intervals of quantiles by inverting the law: Woodruff
(1952), JASA 47; Francisco, Fuller (1991), Annals of Statistics 19. Joining intervals: Zou, Donner
(2008), Statistics in Medicine 27. Wilson (1927), JASA 22.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.outcome import OPEN, Ensemble
from sim.statistics.estimates import CONFIDENCE, Estimate, Floats

Ints = NDArray[np.int64]
_ROUNDING = 1e-12
_Z = float(ndtri((1 + CONFIDENCE) / 2))
_UNSEEN = 1.5  # misses: where none was seen there may be twice as many (the rule of three)
MOST_ZONES, IN_A_ZONE = 200, 8  # of simulated replications at least so many
FEW = (
    5.0  # those outside are so many that one miss more would shift a bound by a fifth of its width
)
FIRST_PHASE = 0.5  # of the variance that is allowed is left to the first phase


@dataclass(frozen=True, eq=False)
class TwoPhase:
    """The completions of some replications, and what each of them stands for.

    Parameters
    ----------
    days
        Of those that were simulated (n), infinite beyond the horizon.
    zone
        Of each of them (n).
    sizes
        Replications of the first phase in each zone (H), in each of which some were simulated.
    """

    days: Floats
    zone: Ints
    sizes: Ints

    def probability(self, day: float) -> Estimate:
        """Return the probability to be complete by a day."""
        share, low, high = self._share(self._hits(day), _Z, _UNSEEN)
        return Estimate(share, max(0.0, low), min(1.0, high))

    def bounds(self, day: float, *, error: float) -> tuple[float, float]:
        """Return bounds of that probability, each of which is wrong with about that probability.

        Small errors are those of decisions: misses that were not seen count for more in them, as in
        Wilson's interval.
        """
        z = -float(ndtri(error))
        _, low, high = self._share(self._hits(day), z, z * z / 2)
        return low, high

    def quantile(self, percent: float) -> Estimate:
        """Return a quantile of the completion; NaN for an end that lies beyond the horizon."""
        reached = [self._first(percent / 100, which) for which in (0, 2, 1)]
        return Estimate(*(day if math.isfinite(day) else math.nan for day in reached))

    def worth(self, percent: float) -> float:
        """Return how many plain replications would place a quantile as well."""
        share, low, high = self.probability(self.quantile(percent).value)
        return share * (1 - share) * (2 * _Z / (high - low)) ** 2 if high > low else math.nan

    def _hits(self, day: float) -> Ints:
        """Return how many are complete by a day in each zone (H)."""
        return np.bincount(self.zone[self.days <= day], minlength=len(self.sizes))

    @cached_property
    def _ordered(self) -> tuple[Floats, Ints]:
        order = np.argsort(self.days, kind="stable")
        return self.days[order], self.zone[order]

    @cached_property
    def _seen(self) -> Ints:
        """How many were simulated in each zone (H)."""
        return np.bincount(self.zone, minlength=len(self.sizes))

    def _first(self, share: float, which: int) -> float:
        """Return the first day by which an estimate of `_share` reaches a share."""
        days, zones = self._ordered

        def reached(i: int) -> float:
            upto = int(np.searchsorted(days, days[i], side="right"))
            hits = np.bincount(zones[:upto], minlength=len(self.sizes))
            return self._share(hits, _Z, _UNSEEN)[which]

        i = bisect_left(range(len(days)), share - _ROUNDING, key=reached)
        return float(days[i]) if i < len(days) else math.inf

    def _share(self, hits: Ints, z: float, unseen: float) -> tuple[float, float, float]:
        """Return the share of all that the hits in the zones (H) stand for, and its interval."""
        seen, sizes = self._seen, self.sizes
        weight = sizes / sizes.sum()
        share = min(1.0, float(weight @ (hits / seen)))
        variance = weight**2 * hits * (seen - hits) / seen**2 / np.maximum(seen - 1, 1)
        variance *= 1 - seen / sizes
        down = up = z**2 * share * (1 - share) / sizes.sum()
        early = 2 * hits > seen  # there a miss is one that is late, elsewhere one that is early
        for side, sign in ((early, 1), (~early, -1)):
            total = float(weight[side].sum())
            more = unseen * float((weight**2 / seen)[side].sum()) / total if total else 0.0
            half = math.sqrt(z**2 * float(variance[side].sum()) + more**2)
            down += (half + sign * more) ** 2
            up += (half - sign * more) ** 2
        return share, share - math.sqrt(down), share + math.sqrt(up)


def two_phase(ensemble: Ensemble) -> TwoPhase:
    """Return what is known of the completion of an ensemble that has `further` replications."""
    further = ensemble.further
    assert further
    seconds = np.concatenate([ensemble.completion_s, further.completion_s])
    days = np.where(seconds == OPEN, np.inf, seconds / ensemble.scenario.day_s)
    return TwoPhase(days, further.zone, further.sizes)


def correlation(twin: Floats, days: Floats, horizon: float) -> float:
    """Return the correlation of the twin's and the true completions (n), 0 if there is none."""
    both = np.minimum(twin, horizon), np.minimum(days, horizon)
    spread = float(both[0].std() * both[1].std())
    return float(np.cov(*both, ddof=0)[0, 1]) / spread if spread > 0 else 0.0


def zones(twin: Floats, luck: Floats, number: int) -> Ints:
    """Return the zone of each replication of the first phase (M), by the twin's value.

    Parameters
    ----------
    twin
        Its values (M).
    luck
        Uniform numbers (M), which decide between equals.
    number
        Of zones.
    """
    rank = np.empty(len(twin), np.int64)
    rank[np.lexsort((luck, twin))] = np.arange(len(twin))
    return rank * number // len(twin)


def wanted(twin: Floats, days: Floats, share: float, *, variance: float) -> Ints:
    """Return how many replications are to be simulated in each zone (H), and so how many zones.

    Parameters
    ----------
    twin, days
        Of the replications that are simulated anyway (n).
    share
        Of all replications, which are complete by the day that is asked about.
    variance
        Of the estimate of this share, that is allowed.
    """
    few = FEW / math.sqrt(variance)
    number = max(1, min(MOST_ZONES, int(few / IN_A_ZONE)))
    places = [x.argsort(kind="stable").argsort(kind="stable") / len(x) for x in (twin, days)]
    misplaced = np.sort(places[1] - places[0])
    middle = (np.arange(number) + 0.5) / number
    early = np.searchsorted(misplaced, share - middle, side="right") / len(twin)
    spread = np.sqrt(early * (1 - early))
    least = max(IN_A_ZONE, few / number)
    allowed = (1 - FIRST_PHASE) * variance * number**2

    def numbers(scale: float) -> Floats:
        return np.ceil(np.maximum(least, scale * spread))

    scale = 1.0
    while float((spread**2 / numbers(scale)).sum()) > allowed:
        scale *= 1.05
    return numbers(scale).astype(np.int64)


def chosen(zone: Ints, luck: Floats, numbers: Ints, *, plain: int) -> Ints:
    """Return the replications to be simulated besides the plain ones, by rising number.

    Parameters
    ----------
    zone, luck
        Of those of the first phase (M): in each zone the least numbers are taken.
    numbers
        Wanted in each zone (H), plain ones included.
    plain
        How many of them, from index 0 on, are simulated anyway.
    """
    missing = numbers - np.bincount(zone[:plain], minlength=len(numbers))
    order = plain + np.lexsort((luck[plain:], zone[plain:]))
    of = zone[order]
    first = np.searchsorted(of, np.arange(len(numbers)))
    return np.sort(order[np.arange(len(order)) - first[of] < missing[of]])
