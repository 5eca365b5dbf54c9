"""What the terminal shows after a run: answers that can be read aloud."""

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from sim.outcome import Ensemble, states_of
from sim.results.answers import answer, costs_of, deadline_lines, horizon
from sim.results.holdups import holdups
from sim.results.words import (
    count,
    day_words,
    money_words,
    percent_words,
    state_words,
    with_interval,
)
from sim.results.year_lines import year_lines
from sim.statistics.estimates import Estimate, quantile
from sim.statistics.holdups import finish_last, idle_shares, stopped_for_good
from sim.statistics.quantities import QUANTITIES
from sim.statistics.summary import (
    completion_quantile,
    fund_use,
    restored_days,
)

_TOO_FEW = "too few campaigns were complete for an interval"
EXPLAINED = "each with its 95 % interval"


def report(ensemble: Ensemble) -> Iterator[str]:
    """Yield the lines of the report."""
    campaign = ensemble.scenario.campaign
    yield campaign.title or campaign.name
    yield f"{count(ensemble.replications)} replications, seed {ensemble.seed}"
    yield ""
    yield from answer(ensemble)
    yield ""
    yield f"When will the land be released? ({EXPLAINED})"
    yield from _dates(ensemble, "completion_day", partial(completion_quantile, ensemble))
    if ensemble.censored:
        yield f"  {_censored(ensemble)}"
        if stopped := int(np.count_nonzero(stopped_for_good(ensemble))):
            yield f"  In {count(stopped)} of them a fund is spent: its crews have stopped for good."
    if ensemble.scenario.deadline:
        yield from _deadlines(ensemble)
    if ensemble.scenario.restoration:
        yield ""
        yield "When will it be restored too?"
        yield from _dates(ensemble, "restored_day", partial(quantile, restored_days(ensemble)))
    if ensemble.scenario.costs:
        yield from _money(ensemble)
    yield from year_lines(ensemble)
    yield ""
    yield "What did the crews do?"
    yield from _crews(ensemble)
    last = {name: chance.value for name, chance in finish_last(ensemble).items()}
    yield from holdups(last, idle_shares(ensemble))


def _dates(ensemble: Ensemble, quantity: str, at: Callable[[int], Estimate]) -> Iterator[str]:
    for name, estimate in _shown(quantity, at):
        value = day_words(ensemble, estimate.value)
        if math.isnan(estimate.value):
            value = f"later than {horizon(ensemble)}"
        low, high = (day_words(ensemble, end) for end in (estimate.low, estimate.high))
        if low or high:
            yield f"  {name}  {with_interval(f'{value:<20}', low, high)}"
        else:
            yield f"  {name}  {value:<20} ({_TOO_FEW})"


def _shown(quantity: str, at: Callable[[int], Estimate]) -> Iterator[tuple[str, Estimate]]:
    """Yield the percentiles of a quantity that are shown, each with its name."""
    for percent in QUANTITIES[quantity].shown:
        yield f"P{percent}", at(percent)


def _deadlines(ensemble: Ensemble) -> Iterator[str]:
    yield ""
    yield "Will the deadlines be met?"
    width = max(len(deadline.name) for deadline in ensemble.scenario.deadline)
    for i in range(len(ensemble.scenario.deadline)):
        yield from (f"  {line}" for line in deadline_lines(ensemble, i, width=width))


def _money(ensemble: Ensemble) -> Iterator[str]:
    money = ensemble.scenario.money
    currency = ensemble.scenario.currency
    quantity, spent, until = costs_of(ensemble)
    yield ""
    yield f"What will it cost?{until}"
    for name, cost in _shown(quantity, partial(quantile, spent)):
        ends = ("" if math.isnan(end) else money_words(end) for end in (cost.low, cost.high))
        yield f"  {name}  {with_interval(f'{currency} {money_words(cost.value)}', *ends)}"
    for i, fund in enumerate(money.fund if money else ()):
        use = fund_use(ensemble, i)
        line = f"  The fund {fund.name!r} is enough: {percent_words(use.probability)}"
        short = use.missing[use.missing > 0]
        if money and money.when_spent == "stop" and fund.roles:
            line += "; else its crews stop when it is spent"
        elif len(short):
            line += f"; else {currency} {money_words(float(short.mean()))} are missing on average"
        yield line


def _crews(ensemble: Ensemble) -> Iterator[str]:
    """Yield what took most of each group's time."""
    names = [crew.name for crew in ensemble.scenario.crew]
    states = states_of(ensemble.scenario)
    width = max(map(len, names))
    for name, time in zip(names, ensemble.group_time.sum(axis=0), strict=True):
        whole = int(time.sum())
        most = sorted(states, key=lambda state: -time[states[state]])[:4]
        parts = [
            f"{100 * time[states[state]] / whole:.0f} % {state_words(state)}"
            for state in most
            if whole and time[states[state]] >= 0.005 * whole
        ]
        yield f"  {name:<{width}}  {', '.join(parts) or 'was never there'}"


def _censored(ensemble: Ensemble) -> str:
    n = ensemble.censored
    if n == 1:
        return f"1 replication was not complete by {horizon(ensemble)}; it counts as later."
    return f"{count(n)} replications were not complete by {horizon(ensemble)}; they count as later."
