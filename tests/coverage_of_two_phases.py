"""Coverage of the intervals of two-phase estimates, with good twins and with bad ones.

Campaigns and their twins are drawn from known laws, so that hundreds of estimates take seconds.

`python tests/coverage_of_two_phases.py [SEEDS]` prints, for each kind of twin, how often the 95 %
intervals of P50, P80, P90 and of the chance of a deadline hold what is true, how often bounds of
that chance hold that may be wrong once in a hundred times (as decisions use them), how many
campaigns are simulated, and how many plain replications the P80 is worth (1 000 seeds by default).
"""

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.statistics.two_phase import (
    FIRST_PHASE,
    TwoPhase,
    chosen,
    wanted,
    zones,
)

Floats = NDArray[np.float64]
PERCENTS = (50, 80, 90)
DEADLINE = 0.65  # its true chance
MEAN, SD = 7.0, 0.4  # of the logarithm of days


def of_correlation(rho: float) -> Callable[[np.random.Generator, Floats], Floats]:
    """Return what makes twins that are right but for noise."""

    def twin(rng: np.random.Generator, z: Floats) -> Floats:
        return rho * z + np.sqrt(1 - rho * rho) * rng.standard_normal(len(z))

    return twin


def with_misses(rng: np.random.Generator, z: Floats) -> Floats:
    """Return a twin that is right but for rare misses, which are large, and all to one side."""
    return np.where(rng.random(len(z)) < 0.004, np.minimum(z, -1.0), of_correlation(0.999)(rng, z))


TWINS: dict[str, Callable[[np.random.Generator, Floats], Floats]] = {
    "good (0.995)": of_correlation(0.995),
    "fair (0.9)": of_correlation(0.9),
    "the truth": lambda _rng, z: z,
    "rare large misses": with_misses,
    "misses both ways": lambda rng, z: np.where(
        rng.random(len(z)) < 0.004, rng.standard_normal(len(z)), z
    ),
    "permuted": lambda rng, z: rng.permutation(z),
    "reversed": lambda _rng, z: -z,
    "constant": lambda _rng, z: np.zeros_like(z),
}


def estimate(
    twin: Callable[[np.random.Generator, Floats], Floats], seed: int, *, plain: int, times: float
) -> tuple[TwoPhase, int]:
    """Return a two-phase estimate as good as so many times the plain replications, and its size."""
    rng = np.random.default_rng(seed)
    variance = 0.16 / (plain * times)
    many = round(0.16 / (FIRST_PHASE * variance))
    z = rng.standard_normal(many)
    value, days, luck = twin(rng, z), np.exp(MEAN + SD * z), rng.random(many)
    numbers = wanted(value[:plain], days[:plain], 0.8, variance=variance)
    zone = zones(value, luck, len(numbers))
    which = np.concatenate([np.arange(plain), chosen(zone, luck, numbers, plain=plain)])
    sizes = np.bincount(zone, minlength=len(numbers))
    return TwoPhase(days[which], zone[which], sizes), len(which)


def coverage(
    twin: Callable[[np.random.Generator, Floats], Floats],
    seeds: int,
    *,
    plain: int = 400,
    times: float = 20.0,
) -> tuple[Floats, float, float]:
    """Return how often each interval holds the truth, what the P80 is worth, and what it takes.

    Behind the intervals stand the bounds that are wrong once in a hundred times.
    """
    day = np.exp(MEAN + SD * ndtri(DEADLINE))
    held, worth, took = [], [], []
    for seed in range(seeds):
        found, n = estimate(twin, seed, plain=plain, times=times)
        ends = [found.quantile(percent) for percent in PERCENTS]
        true = [np.exp(MEAN + SD * ndtri(percent / 100)) for percent in PERCENTS]
        ends, true = [*ends, found.probability(day)], [*true, DEADLINE]
        low, high = found.bounds(day, error=0.01)
        inside = [e.low <= x <= e.high for e, x in zip(ends, true, strict=True)]
        held.append([*inside, low <= DEADLINE, high >= DEADLINE])
        worth.append(found.worth(80))
        took.append(n)
    return np.mean(held, axis=0), float(np.mean(worth)), float(np.mean(took))


def main() -> None:
    """Print the coverage for each kind of twin."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("twin               P50   P80   P90   deadline  bounds      simulated  worth (P80)")
    for name, twin in TWINS.items():
        held, worth, took = coverage(twin, seeds)
        shares = "  ".join(f"{100 * x:.1f}" for x in held)
        print(f"{name:18} {shares}  {took:9.0f}  {worth:9.0f}", flush=True)


if __name__ == "__main__":
    main()
