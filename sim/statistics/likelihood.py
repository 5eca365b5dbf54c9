"""How likely a record is, given what a campaign really released.

The i-th report says that y_i was released, where the campaign released R_i (its land, by its date):

    y_i = (1 + b) R_i + e_i,    b ~ Normal(0, bias^2),    e_i ~ scale_i Student(tails)

There is one b in a record, a definition of released land that is not the campaign's, and an error
e_i of each report's own. A lower bound says that (1 + b) R_i + e_i >= y_i, an upper one <= y_i. The
likelihood of a campaign is the integral over b of the product over the reports: for an exact report
the density of e_i, for a bound its tail. Slow errors of the model are no part of this: they are
simulated ([pace] drift_cv_per_year), and so go on into the future.

The integral is a sum over knots that crowd around the best b, found in rounds: knots at
c + h sinh(t), with t in equal steps, reach from a narrow peak at c out to all that the law of b
allows. A peak of any width is met, since the sum of logarithms rises towards it from afar.

Array letters: R replications, N reports, B knots.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, log_ndtr, ndtri, stdtr, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EXACT, AT_LEAST, AT_MOST = 0, 1, -1
_KNOTS, _ROUNDS, _REACH = 121, 5, 9.0  # of sd of the bias: beyond is one part in 1e18
_MOST_ROWS, _MOST_NUMBERS = 64, 2_000_000  # replications in a part, and numbers: arrays stay small
_LEAST = 1e-300  # of a tail: its logarithm stays a number


@dataclass(frozen=True)
class Reported:
    """What a record says (N), and how wrong it may be.

    Attributes
    ----------
    amount
        In any unit of area, that of the campaigns (N).
    scale
        Of each report's own error, above 0 (N).
    bound
        `EXACT`, `AT_LEAST` or `AT_MOST` (N).
    bias
        Standard deviation of the one share by which all count too much.
    tails
        Degrees of freedom of the reports' own errors; infinite for normal ones.
    """

    amount: Floats
    scale: Floats
    bound: Ints
    bias: float = 0.0
    tails: float = np.inf

    def only(self, which: NDArray[np.generic] | slice) -> "Reported":
        """Return some of the reports."""
        amount, scale, bound = self.amount[which], self.scale[which], self.bound[which]
        return Reported(amount, scale, bound, self.bias, self.tails)


def log_likelihood(released: Floats, reported: Reported) -> Floats:
    """Return the logarithm of the likelihood of each campaign (R).

    Parameters
    ----------
    released
        What it released of the land and by the date of each report (R, N).
    reported
        What the record says.
    """
    if reported.bias == 0 or not len(reported.amount):
        return _log_product(released, reported)
    return _over_bias(released, reported)


def chances_below(
    released: Floats, reported: Reported, i: int, *, given: Sequence[int] = ()
) -> Floats:
    """Return the probability of a smaller i-th report than there was, of each campaign (R).

    Parameters
    ----------
    released, reported
        As in `log_likelihood`.
    i
        Place of the report. That of a bound is the probability that it does not hold (a lower one),
        or holds (an upper one).
    given
        Places of reports that are known already: they say something about the bias.
    """
    known, both = np.array([*given], np.int64), np.array([*given, i], np.int64)
    below = reported.only(both)
    below.bound[-1] = AT_MOST
    log_below = log_likelihood(released[:, both], below)
    if len(known):
        log_below = log_below - log_likelihood(released[:, known], reported.only(known))
    return np.minimum(1.0, np.exp(log_below))


def made_up(released: Floats, reported: Reported, *, bias: float, errors: Floats) -> Floats:
    """Return the amounts that a campaign's record would have (N).

    Parameters
    ----------
    released
        What it released (N).
    reported
        Whose scales and laws are used.
    bias, errors
        Uniform numbers of the bias, and of the error of each report (N).
    """
    tails = reported.tails
    own = ndtri(errors) if np.isinf(tails) else stdtrit(tails, errors)
    return np.asarray((1 + reported.bias * ndtri(bias)) * released + reported.scale * own)


def _log_pdf(x: Floats, tails: float) -> Floats:
    """Return the logarithm of the density of a Student variable (any shape)."""
    if np.isinf(tails):
        return np.asarray(-0.5 * (x * x + math.log(2 * math.pi)))
    top = gammaln((tails + 1) / 2) - gammaln(tails / 2) - 0.5 * math.log(math.pi * tails)
    return np.asarray(top - (tails + 1) / 2 * np.log1p(x * x / tails))


def _log_cdf(x: Floats, tails: float) -> Floats:
    """Return the logarithm of the distribution function of a Student variable (any shape)."""
    return np.asarray(
        log_ndtr(x) if np.isinf(tails) else np.log(np.maximum(stdtr(tails, x), _LEAST))
    )


def _off(released: Floats, reported: Reported) -> Floats:
    """Return how far reports are above campaigns, in scales (..., N)."""
    return np.asarray((reported.amount - released) / reported.scale)


def _log_density(released: Floats, reported: Reported) -> Floats:
    """Return the logarithm of the likelihood of each report without a bias (..., N)."""
    off, tails = _off(released, reported), reported.tails
    exact = reported.bound == EXACT
    if exact.all():
        return _log_pdf(off, tails) - np.log(reported.scale)
    out = np.empty(off.shape)
    out[..., exact] = _log_pdf(off[..., exact], tails) - np.log(reported.scale[exact])
    for bound in (AT_LEAST, AT_MOST):
        which = reported.bound == bound
        out[..., which] = _log_cdf(-bound * off[..., which], tails)
    return out


def _log_product(released: Floats, reported: Reported) -> Floats:
    return np.asarray(_log_density(released, reported).sum(axis=-1))


def _over_bias(released: Floats, reported: Reported) -> Floats:
    """Return the logarithm of an integral over the bias, for each campaign (R)."""
    rows = max(1, min(_MOST_ROWS, _MOST_NUMBERS // (_KNOTS * len(reported.amount))))
    parts = [
        _part_over_bias(released[first : first + rows], reported)
        for first in range(0, len(released), rows)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _part_over_bias(released: Floats, reported: Reported) -> Floats:
    """Sum up over knots that come closer to the peak from round to round."""
    sd, n = reported.bias, len(released)
    centre, width = np.zeros((n, 1)), np.full((n, 1), sd)
    for _ in range(_ROUNDS):
        reach = np.arcsinh((_REACH * sd + np.abs(centre)) / width)
        steps = reach * np.linspace(-1, 1, _KNOTS)
        b = centre + width * np.sinh(steps)  # (R, B)
        f = _log_product((1 + b)[:, :, None] * released[:, None, :], reported)
        f = f + _log_pdf(b / sd, np.inf) - math.log(sd)
        log_weight = np.log(width * np.cosh(steps) * (2 * reach / (_KNOTS - 1)))
        f += log_weight
        peak = np.argmax(f, axis=1)[:, None]
        highest = np.take_along_axis(f, peak, axis=1)
        share = np.exp(f - highest)
        total = share.sum(axis=1, keepdims=True)
        at = np.take_along_axis(b, peak, axis=1)
        spread = np.sqrt((share * (b - at) ** 2).sum(axis=1, keepdims=True) / total)
        spacing = np.take_along_axis(width * np.cosh(steps) * reach, peak, 1) / (_KNOTS - 1)
        centre, width = at, np.clip(spread, spacing / 4, sd)
    return np.asarray(highest + np.log(total))[:, 0]
