"""What the terminal shows of calendar years: what is released and paid in each, and by whom."""

from collections.abc import Callable, Iterator

from sim.outcome import Ensemble
from sim.results.answers import AT_LEAST, LIKELY, SURE
from sim.results.lines import aligned
from sim.results.words import MONTHS, at_least, money_words, number
from sim.scenario.dates import date_of
from sim.statistics.estimates import quantile
from sim.statistics.quantities import MONEY
from sim.statistics.yearly import Amounts, amounts, rounded_means, years_of

_TABLE = "years.csv"
_NO_FUND = "no fund"


def year_lines(ensemble: Ensemble) -> Iterator[str]:
    """Yield a table of years, and who pays what in each if there are funds.

    It ends with the last year in which anything is left to be done in one of five campaigns.
    """
    scenario, years = ensemble.scenario, _years(ensemble)
    found = {each.quantity: each for each in amounts(ensemble, by=("campaign",))}
    unit = scenario.unit
    header = ["year", f"released, {unit.short}", "at least", "remaining", "at most"]
    columns = [_of_land(ensemble, found["released_ha"], 50)]
    columns.append(_of_land(ensemble, found["released_ha"], AT_LEAST, say=at_least))
    columns += [_of_land(ensemble, found["remaining_ha"], percent) for percent in (50, SURE)]
    if "cost" in found:
        header += [f"cost, {scenario.currency}", "at most"]
        columns += [_of_money(found["cost"], percent) for percent in (50, SURE)]
    rows = list(zip(years, *columns, strict=True))
    while len(rows) > 1 and set(rows[-1][1:]) == {"0"}:
        rows.pop()
    yield ""
    yield f"How much in which year? (P50; at least, at most: {LIKELY})"
    yield from aligned(header, rows, file=_TABLE)
    if scenario.money and scenario.money.fund:
        yield from _payers(ensemble, years[: len(rows)])


def _payers(ensemble: Ensemble, years: list[str]) -> Iterator[str]:
    """Yield what each fund pays in some years, later, and in all."""
    found = amounts(ensemble, by=("campaign", "fund"))
    means = {
        each.name or _NO_FUND: of_years
        for each, of_years in zip(found, rounded_means(found), strict=True)
        if each.by == "fund"
    }
    if len(means) == 1:
        yield f"  The fund {next(iter(means))!r} pays all of it."
        return
    rows = [*zip(years, *(of_years[: len(years)] for of_years in means.values()), strict=True)]
    later = [sum(of_years[len(years) :]) for of_years in means.values()]
    rows += [("later", *later)] if any(later) else []
    rows.append(("in all", *(sum(of_years) for of_years in means.values())))
    cells = [
        [str(year), *(money_words(cents / 10**MONEY.decimals) for cents in row)]
        for year, *row in rows
    ]
    yield ""
    yield f"Who pays what in which year? ({ensemble.scenario.currency}, on average)"
    yield from aligned(["year", *means], cells, file=_TABLE)


def _years(ensemble: Ensemble) -> list[str]:
    """Return the years in words: the last one of what is not complete ends at the horizon."""
    years = [str(year) for year in years_of(ensemble)]
    end = date_of(ensemble.scenario, ensemble.scenario.campaign.horizon_days)
    if ensemble.censored and (end.month, end.day) != (12, 31):
        years[-1] += f" to {end.day} {MONTHS[end.month - 1]}"
    return years


def _of_land(
    ensemble: Ensemble, each: Amounts, percent: int, *, say: Callable[[float], str] = number
) -> list[str]:
    per = each.per / ensemble.scenario.unit.per_ha
    return [say(quantile(of_year / per, percent).value) for of_year in each.of_year.T]


def _of_money(each: Amounts, percent: int) -> list[str]:
    return [money_words(quantile(of_year / each.per, percent).value) for of_year in each.of_year.T]
