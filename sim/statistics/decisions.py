"""Whether a probability reaches a level, decided with a stated error by doing only what is needed.

Replications are added in stages. At each stage the exact (Clopper-Pearson) bound of the probability
is compared with the level. The error is shared out over all stages of all questions asked together
(Bonferroni), so that it holds for all the answers at once, whether or not they share their luck.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.special import betaincinv

Verdict = Literal["meets", "fails", "undecided"]
Bounds = Callable[[int, float], tuple[float, float] | None]
ERROR = 0.05


@dataclass(frozen=True)
class Decision:
    """What was decided, and on how many replications."""

    verdict: Verdict
    replications: int


def stages(first: int, most: int) -> list[int]:
    """Return how many replications there are at each stage: doubled, the last as many as allowed.

    Parameters
    ----------
    first, most
        At the first stage, and at the last.
    """
    sizes = [min(first, most)]
    while sizes[-1] < most:
        sizes.append(min(2 * sizes[-1], most))
    return sizes


def decide(
    successes: Callable[[int], int],
    *,
    level: float,
    sizes: Sequence[int],
    questions: int,
    bounds: Bounds | None = None,
) -> Decision:
    """Return whether a probability is at least a level.

    Parameters
    ----------
    successes
        Gives how many of the first n trials succeeded.
    level
        0 to 1.
    sizes
        Trials at each stage.
    questions
        How many are asked together: one of the answers is wrong with probability `ERROR` at most.
    bounds
        Gives bounds as good as those of n trials, each wrong with a given probability at most;
        None where there are none, and trials are to be asked.
    """
    error = ERROR / (questions * len(sizes))
    for n in sizes:
        found = bounds(n, error) if bounds else None
        low, high = found or exact_bounds(successes(n), n, error=error)
        if low >= level:
            return Decision("meets", n)
        if high < level:
            return Decision("fails", n)
    return Decision("undecided", sizes[-1])


def exact_bounds(successes: int, n: int, *, error: float) -> tuple[float, float]:
    """Return bounds of a probability, each of which is wrong with at most that probability.

    References
    ----------
    Clopper, Pearson (1934), Biometrika 26.
    """
    low = float(betaincinv(successes, n - successes + 1, error)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - error)) if successes < n else 1.0
    return low, high
