"""How often the intervals of shares hold: known functions, and a small campaign of known shares.

`python tests/coverage_of_shares.py [SEEDS]` prints, for 512 results by ranks and for 256 rows by
pick and freeze, the share, the mean estimate, its error and half of the interval's width, and in
how many of the seeds (400 by default; two minutes) the 95 % interval holds the share.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from build import build, law
from scipy.special import ndtri

from sim.experiments.explain.explain import explain
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Estimate, Floats
from sim.statistics.ranks import share_by_rank
from sim.statistics.shares import shares

ROWS = 256
_TRUTH = 2**19  # rows


@dataclass(frozen=True)
class Function:
    """A function of independent uniform numbers (R, k), and its shares.

    Attributes
    ----------
    of
        The function.
    k
        Number of inputs.
    stated
        First-order and total shares (k each), if they are known in a closed form.
    """

    of: Callable[[Floats], Floats]
    k: int
    stated: tuple[list[float], list[float]] | None = None

    @cached_property
    def shares(self) -> tuple[list[float], list[float]]:
        """First-order and total shares, from many rows if no closed form is known."""
        if self.stated:
            return self.stated
        rng = np.random.default_rng(7)
        a, b = rng.random((2, _TRUTH, self.k))
        y_a, y_b = self.of(a), self.of(b)
        of_all, first, total = np.concatenate([y_a, y_b]).var(), [], []
        for i in range(self.k):
            y = self.of(exchanged(a, b, i))
            first.append(float(((y_b - y_b.mean()) * (y - y_a)).mean() / of_all))
            total.append(float(((y_a - y) ** 2).mean() / 2 / of_all))
        return first, total


def exchanged(a: Floats, b: Floats, i: int) -> Floats:
    """Return rows a with input i of rows b."""
    ab = a.copy()
    ab[:, i] = b[:, i]
    return ab


def _ishigami(u: Floats) -> Floats:
    x = np.pi * (2 * u - 1)
    y: Floats = np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2
    return y


def _ishigami_shares() -> tuple[list[float], list[float]]:
    """Ishigami, Homma (1990), First International Symposium on Uncertainty Modeling."""
    a, b, pi4 = 7.0, 0.1, np.pi**4
    one, two, both = (1 + b * pi4 / 5) ** 2 / 2, a**2 / 8, 8 * b**2 * pi4**2 / 225
    whole = one + two + both
    return [one / whole, two / whole, 0.0], [(one + both) / whole, two / whole, both / whole]


WEIGHTS = np.array([3.0, 2.0, 1.0, 0.5, 0.0])
_LINEAR = list(WEIGHTS**2 / (WEIGHTS**2).sum())


def _late(u: Floats) -> Floats:
    """Return when work ends that waits for four late openings, not in winter: long tails, steps."""
    z = ndtri(u)
    opens = np.exp(5.9 + 0.86 * z[:, :4])  # P10 to P90: 120 to 1 100 days
    work = 4e5 / (np.exp(0.18 * z[:, 4]) * (400 + 480 * u[:, 5]))
    days = np.maximum(work, (opens + 150).max(axis=1)) + 40 * u[:, 6]
    day = days % 365
    days = np.where(day > 265, days + 0.9 * (365 - day), days)
    return np.minimum(days, 3650)


FUNCTIONS = {
    "linear": Function(lambda u: u @ WEIGHTS, len(WEIGHTS), (_LINEAR, _LINEAR)),
    "Ishigami": Function(_ishigami, 3, _ishigami_shares()),
    "late openings": Function(_late, 8),
}


def by_rank(function: Function, seed: int, rows: int = 2 * ROWS) -> list[Estimate]:
    """Return the first-order share of each input, from plain results."""
    u = np.random.default_rng(seed).random((rows, function.k))
    y = function.of(u)
    return [share_by_rank(u[:, i], y) for i in range(function.k)]


def frozen(
    function: Function, seed: int, rows: int = ROWS
) -> tuple[list[Estimate], list[Estimate]]:
    """Return the first-order and the total share of each input, by pick and freeze."""
    a, b = np.random.default_rng(seed).random((2, rows, function.k))
    rest = {str(i): function.of(exchanged(a, b, i)) for i in range(function.k)}
    found = shares(function.of(a), function.of(b), rest).values()
    return [each.first_order for each in found], [each.total for each in found]


def campaign() -> Scenario:
    """Return a campaign of 8 parts in 10 from one area, 2 from another, and 0 from items."""
    areas = [law("uniform", low=10.0, high=30.0), law("uniform", low=10.0, high=20.0)]
    return build(
        sector=[{"area_ha": area} for area in areas],
        factors={"items": law("uniform", low=0.5, high=1.5)},
    )


KEYS = {"sector.A.area_ha": 0.8, "sector.B.area_ha": 0.2, "factors.items": 0.0}


def of_campaign(seed: int, *, all_inputs: bool) -> dict[str, Estimate]:
    """Return all shares of the campaign by their kind and key."""
    found = explain(
        campaign(), replications=64, seed=seed, only=["uncertainty"], all_inputs=all_inputs
    )
    return {
        f"{index} {key}": found.answers["sobol", key, index]
        for key in KEYS
        for index in ("first_order", "total")
    }


def holds(estimate: Estimate, share: float) -> bool:
    """Tell whether an interval holds a share, to a rounding error."""
    return estimate.low - 1e-9 <= share <= estimate.high + 1e-9


def _told(name: str, share: float, found: list[Estimate]) -> str:
    value, low, high = np.array(found).T
    error = np.sqrt(((value - share) ** 2).mean())
    held = np.mean([holds(each, share) for each in found])
    figures = (share, value.mean(), error, (high - low).mean() / 2)
    return f"{name:36} {'  '.join(f'{x:6.3f}' for x in figures)}  {100 * held:5.1f} %"


def _rows(seeds: int) -> Iterator[str]:
    yield f"{'':36} {'  '.join(('share ', 'mean  ', 'error ', 'half  '))}  holds"
    for name, function in FUNCTIONS.items():
        ranks = [by_rank(function, seed) for seed in range(seeds)]
        pairs = [frozen(function, seed) for seed in range(seeds)]
        first, total = function.shares
        for i in range(function.k):
            yield _told(f"{name} {i}, by rank", first[i], [each[i] for each in ranks])
            yield _told(f"{name} {i}, alone", first[i], [each[0][i] for each in pairs])
            yield _told(f"{name} {i}, total", total[i], [each[1][i] for each in pairs])
    found = [of_campaign(seed, all_inputs=True) for seed in range(seeds)]
    for name in found[0]:
        yield _told(name, KEYS[name.split()[1]], [each[name] for each in found])


if __name__ == "__main__":
    for row in _rows(int(sys.argv[1]) if len(sys.argv) > 1 else 400):
        print(row, flush=True)
