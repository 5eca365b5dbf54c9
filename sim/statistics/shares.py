"""Which part of a variance each factor has: Sobol' indices, by exchanging one at a time.

Rows A and B of the design are independent of each other; AB_i is row A with factor i of row B. The
first-order index of a factor is the part of the variance that it has alone; the total index is the
part in which it has any share, alone or with others. A factor that does nothing has exactly 0.

References
----------
First order: Saltelli et al. (2010), Computer Physics Communications 181(2). Total: Jansen (1999),
Computer Physics Communications 117. Computed, with bootstrap intervals, by SALib (Herman, Usher
2017, Journal of Open Source Software 2(9)).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sim.statistics.estimates import CONFIDENCE, NOTHING, Estimate, Floats

_SEED = 1  # SALib takes 0 for none
_MOST_RESAMPLES, _FEWEST_RESAMPLES, _NUMBERS = 1000, 100, 20_000_000


class Share(NamedTuple):
    """The part of the variance that a factor has alone, and in all."""

    first_order: Estimate
    total: Estimate


def shares(a: Floats, b: Floats, exchanged: Mapping[str, Floats]) -> dict[str, Share]:
    """Return the share of each factor; nothing where nothing varies.

    Parameters
    ----------
    a, b
        Finite results of the rows A and B (R).
    exchanged
        Results of the rows AB of each factor, by its name (R).
    """
    rows = np.column_stack([a, *exchanged.values(), b])
    if not exchanged or len(a) < 2 or np.ptp(rows) == 0 or np.ptp([a, b]) == 0:
        return {name: Share(NOTHING, NOTHING) for name in exchanged}
    from SALib.analyze import sobol  # noqa: PLC0415 # slow, and only needed here

    found = sobol.analyze(
        {"num_vars": len(exchanged), "names": list(exchanged), "bounds": [[0, 1]] * len(exchanged)},
        rows.ravel(),
        calc_second_order=False,
        num_resamples=int(np.clip(_NUMBERS // len(a), _FEWEST_RESAMPLES, _MOST_RESAMPLES)),
        conf_level=CONFIDENCE,
        seed=_SEED,
    )
    return {
        name: Share(_with_ends(found, "S1", i), _with_ends(found, "ST", i))
        for i, name in enumerate(exchanged)
    }


def _with_ends(found: Mapping[str, Floats], index: str, i: int) -> Estimate:
    value, half = float(found[index][i]), float(found[f"{index}_conf"][i])
    return Estimate(value, value - half, value + half)
