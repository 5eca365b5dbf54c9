"""What the terminal shows after a run: answers that can be read aloud."""

import math
from collections.abc import Iterator

import numpy as np

from sim.outcome import OPEN, STATES, Ensemble
from sim.results.words import count, day_words, money_words, percent_words, words
from sim.statistics.estimates import Estimate, quantile
from sim.statistics.summary import (
    completion_days,
    costs,
    deadline_probability,
    fund_use,
    restored_days,
    total_costs,
)

SHOWN = (10, 50, 80, 90)
EXPLAINED = "each with its 95 % interval"


def report(ensemble: Ensemble) -> Iterator[str]:
    """Yield the lines of the report."""
    campaign = ensemble.scenario.campaign
    yield campaign.title or campaign.name
    yield f"{count(ensemble.replications)} replications, seed {ensemble.seed}"
    yield ""
    yield f"When will the land be released? ({EXPLAINED})"
    days = completion_days(ensemble)
    yield from _dates(ensemble, [quantile(days, p) for p in SHOWN])
    if ensemble.censored:
        yield f"  {_censored(ensemble)}"
        if stopped := _stopped(ensemble):
            yield f"  In {count(stopped)} of them a fund is spent: its crews have stopped for good."
    if ensemble.scenario.deadline:
        yield from _deadlines(ensemble)
    if ensemble.scenario.restoration:
        yield ""
        yield "When will it be restored too?"
        after = [quantile(restored_days(ensemble), p) for p in SHOWN]
        yield from _dates(ensemble, after)
    if ensemble.scenario.costs:
        yield from _money(ensemble)
    yield ""
    yield "What did the crews do?"
    yield from _crews(ensemble)


def _dates(ensemble: Ensemble, estimates: list[Estimate]) -> Iterator[str]:
    for percent, estimate in zip(SHOWN, estimates, strict=True):
        value = day_words(ensemble, estimate.value)
        if math.isnan(estimate.value):
            value = f"later than {_horizon(ensemble)}"
        low, high = (
            day_words(ensemble, end) or "not known" for end in (estimate.low, estimate.high)
        )
        yield f"  P{percent}  {value:<20} ({low} to {high})"


def _stopped(ensemble: Ensemble) -> int:
    """Return how many replications are not complete and have too little money to be."""
    money = ensemble.scenario.money
    if money is None or money.when_spent != "stop":
        return 0
    spent = np.zeros(ensemble.replications, np.bool_)
    for i, fund in enumerate(money.fund):
        if {*fund.roles} - {"restoration"}:
            use = fund_use(ensemble, i)
            spent |= ~(use.enough | use.unknown)
    return int(np.count_nonzero(spent & (ensemble.completion_s == OPEN)))


def _deadlines(ensemble: Ensemble) -> Iterator[str]:
    yield ""
    yield "Will the deadlines be met?"
    width = max(len(deadline.name) for deadline in ensemble.scenario.deadline)
    for deadline in ensemble.scenario.deadline:
        chance = deadline_probability(ensemble, deadline.date)
        yield f"  {deadline.name:<{width}}  {words(deadline.date)}: {percent_words(chance)}"


def _money(ensemble: Ensemble) -> Iterator[str]:
    money = ensemble.scenario.money
    currency = money.currency if money else "USD"
    spent = total_costs(ensemble) if ensemble.scenario.restoration else costs(ensemble)
    finished = (ensemble.restored_s != OPEN).all()
    yield ""
    yield "What will it cost?" + ("" if finished else " (up to the horizon where not complete)")
    p50, p80 = quantile(spent, 50), quantile(spent, 80)
    for name, cost in (("P50", p50), ("P80", p80)):
        low, high = money_words(cost.low), money_words(cost.high)
        yield f"  {name}  {currency} {money_words(cost.value)} ({low} to {high})"
    for i, fund in enumerate(money.fund if money else ()):
        use = fund_use(ensemble, i)
        line = f"  The fund {fund.name!r} is enough: {percent_words(use.probability)}"
        short = use.missing[use.missing > 0]
        if money and money.when_spent == "stop":
            line += "; else its crews stop when it is spent"
        elif len(short):
            line += f"; else {currency} {money_words(float(short.mean()))} are missing on average"
        yield line


def _crews(ensemble: Ensemble) -> Iterator[str]:
    """Yield what took most of each group's time."""
    names = [crew.name for crew in ensemble.scenario.crew]
    width = max(map(len, names))
    for name, time in zip(names, ensemble.group_time.sum(axis=0), strict=True):
        whole = int(time.sum())
        most = sorted(range(len(STATES)), key=lambda state: -time[state])[:4]
        parts = [
            f"{100 * time[state] / whole:.0f} % {_state_words(state)}"
            for state in most
            if whole and time[state] >= 0.005 * whole
        ]
        yield f"  {name:<{width}}  {', '.join(parts) or 'was never there'}"


def _state_words(state: int) -> str:
    return STATES[state].replace("lost_", "lost to ").replace("_", " ")


def _censored(ensemble: Ensemble) -> str:
    n = ensemble.censored
    are = "replication was" if n == 1 else "replications were"
    return f"{count(n)} {are} not complete by {_horizon(ensemble)}; they count as later."


def _horizon(ensemble: Ensemble) -> str:
    return day_words(ensemble, ensemble.scenario.campaign.horizon_days)
