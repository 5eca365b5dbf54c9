"""The answer in a few lines: when, how much by when, at what cost, and what a deadline lacks.

A date, a cost or what remains is 80 % sure at its P80: at most. Land released is so at its P20: at
least.
"""

import math
from collections.abc import Iterator, Sequence

from sim.outcome import OPEN, Count, Ensemble
from sim.results.words import (
    at_least,
    count,
    day_words,
    money_words,
    owed_words,
    percent_words,
    with_interval,
    words,
)
from sim.scenario.dates import date_of_s, ends_of_years_s
from sim.scenario.scenario import Deadline, Scenario
from sim.statistics.estimates import Floats, quantile
from sim.statistics.summary import (
    completed,
    completion_quantile,
    costs,
    counts,
    deadline_probability,
    fund_use,
    is_of_all_land,
    released_by,
    to_days,
    total_costs,
    when_met,
)
from sim.world import PER_HA

SURE, AT_LEAST = 80, 20  # percentiles
LIKELY = f"{SURE} % sure"
_MOST_YEARS, _MOST_DEADLINES = 3, 9


def brief(ensemble: Ensemble) -> Iterator[str]:
    """Yield the answer alone."""
    campaign, deadlines = ensemble.scenario.campaign, ensemble.scenario.deadline
    yield campaign.title or campaign.name
    yield from answer(ensemble)
    for i in range(len(deadlines[:_MOST_DEADLINES])):
        yield from deadline_lines(ensemble, i)
    if len(deadlines) > _MOST_DEADLINES:
        yield f"{count(len(deadlines) - _MOST_DEADLINES)} more deadlines: see summary.csv"
    if ensemble.scenario.costs:
        _, spent, until = costs_of(ensemble)
        most = f"{ensemble.scenario.currency} {money_words(quantile(spent, SURE).value)}"
        yield f"{LIKELY}: it costs at most {most}{until}."


def answer(ensemble: Ensemble) -> Iterator[str]:
    """Yield when all land is released, and how much is by when."""
    days = [completion_quantile(ensemble, percent).value for percent in (SURE, 50)]
    sure, middle = (day_words(ensemble, day) for day in days)
    even = f" As likely as not: by {middle}." if middle else ""
    if sure:
        yield f"{LIKELY}: all land is released by {sure}.{even}"
    else:
        chance = completed(ensemble)
        whole = f"the chance that all land is released by {horizon(ensemble)}"
        yield f"No date is {LIKELY}: {whole} is {percent_words(chance)}.{even}"
    if amounts := list(_amounts(ensemble)):
        yield f"{LIKELY}: at least {_joined(amounts)}."
    funds = ensemble.scenario.money.fund if ensemble.scenario.money else ()
    chances = [fund_use(ensemble, i).probability.value for i in range(len(funds))]
    yield from taken_for_granted(ensemble.scenario, chances)


def taken_for_granted(scenario: Scenario, chances: Sequence[float]) -> Iterator[str]:
    """Yield that work goes on without money, if that is simulated and likely.

    Parameters
    ----------
    scenario
        With or without funds.
    chances
        How likely each fund is enough; NaN where that is not known.
    """
    money = scenario.money
    if money is None or money.when_spent == "stop":
        return
    pairs = zip(money.fund, chances, strict=True)
    short = [repr(fund.name) for fund, chance in pairs if fund.roles and chance < SURE / 100]
    if short:
        are = "the fund {} is" if len(short) == 1 else "the funds {} are"
        yield f"Taken for granted: work goes on when {are.format(_joined(short))} spent."


def _amounts(ensemble: Ensemble) -> Iterator[str]:
    """Yield what is released at the ends of years until all is, and at the horizon if it is not."""
    scenario, sure = ensemble.scenario, completion_quantile(ensemble, SURE).value
    released = " released"
    running = ensemble.year_counts[:, :, :, Count.RELEASED_M2].sum(axis=2) / PER_HA
    for year, end_s in list(enumerate(ends_of_years_s(scenario)[:-1]))[:_MOST_YEARS]:
        least = quantile(running[:, year], AT_LEAST).value
        yield f"{area_words(ensemble, least)}{released} by {words(date_of_s(scenario, end_s))}"
        released = ""
        if sure * scenario.day_s <= end_s:
            return
    if math.isnan(sure):
        least = quantile(counts(ensemble)["released_ha"], AT_LEAST).value
        yield f"{area_words(ensemble, least)}{released} by {horizon(ensemble)}"


def deadline_lines(ensemble: Ensemble, i: int, *, width: int = 0) -> Iterator[str]:
    """Yield the chance of a deadline; if it is not sure, what is, and which date would be.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    i
        Place of the deadline in the scenario.
    width
        To which its name is filled up.
    """
    deadline = ensemble.scenario.deadline[i]
    chance = deadline_probability(ensemble, deadline)
    owed = owed_words(deadline, ensemble.scenario.unit)
    by = words(deadline.date) + (f", {owed}" if owed else "")
    yield f"{deadline.name:<{width}}  {by}: {percent_words(chance)}"
    if not chance.value >= SURE / 100:
        least = quantile(released_by(ensemble, i), AT_LEAST).value
        then = "" if math.isnan(least) else f"at least {area_words(ensemble, least)} by then; "
        yield f"  {LIKELY}: {then}the deadline would have to be {_extension(ensemble, deadline)}"


def _extension(ensemble: Ensemble, deadline: Deadline) -> str:
    """Return the earliest date of a deadline that would be met surely enough."""
    if is_of_all_land(deadline):
        met = completion_quantile(ensemble, SURE)
    else:
        met = quantile(to_days(ensemble, when_met(ensemble, deadline)), SURE)
    value, low, high = (day_words(ensemble, day) for day in met)
    return with_interval(value or f"later than {horizon(ensemble)}", low, high)


def costs_of(ensemble: Ensemble) -> tuple[str, Floats, str]:
    """Return which cost people are told, what it is (R), and until when if not to the end."""
    whole = bool(ensemble.scenario.restoration)
    until = "" if (ensemble.restored_s != OPEN).all() else " (up to the horizon where not complete)"
    if whole:
        return "total_cost", total_costs(ensemble), until
    return "cost", costs(ensemble), until


def horizon(ensemble: Ensemble) -> str:
    """Return the date of the horizon in words."""
    return day_words(ensemble, ensemble.scenario.campaign.horizon_days)


def area_words(ensemble: Ensemble, hectares: float) -> str:
    """Return an area that there is at least, in the unit that people read."""
    unit = ensemble.scenario.unit
    return f"{at_least(hectares * unit.per_ha)} {unit.short}"


def _joined(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
