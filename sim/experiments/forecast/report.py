"""What the terminal shows after a forecast: what is expected now, and why."""

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from sim.experiments.forecast.conditioning import Conditioned
from sim.experiments.forecast.forecast import Forecast
from sim.experiments.forecast.rates import Rates, rates_of
from sim.experiments.forecast.table import COMPLETED, COMPLETION, DEADLINE, estimates_of
from sim.experiments.forecast.wording import taught_from
from sim.results.answers import answer
from sim.results.lines import aligned, date_words
from sim.results.report import EXPLAINED
from sim.results.words import count, number, percent, percent_words, words
from sim.scenario.record import Report
from sim.statistics.estimates import NOTHING, Estimate
from sim.statistics.quantities import FEW, percentiles

DECIDES = 0.05
"""Share of the completion that a number decides, from which it is told."""
FEW_WORTH, FEW_SHARE = 200.0, 0.4
"""Independent campaigns below which it is told that there are few."""
_MOST_INPUTS, _MOST_DEADLINES = 5, 9
_FILE = "forecast.csv"
_FORGET = "rates forget winter, access and hard land; the dates above do not"


def lines(forecast: Forecast, frames: dict[str, pl.DataFrame]) -> Iterator[str]:
    """Yield the lines of the report.

    Parameters
    ----------
    forecast
        With at least one report.
    frames
        Its tables.
    """
    campaign, last = forecast.scenario.campaign, forecast.reports[-1]
    yield campaign.title or campaign.name
    agree = f"{count(forecast.ensemble.replications)} replications that agree with"
    yield f"{agree} {_reports(len(forecast.reports))}, seed {forecast.seed}"
    yield ""
    yield f"After the record up to {words(last.date)}:"
    yield from answer(forecast.ensemble)
    yield ""
    yield from _changed(forecast, frames["forecast"])
    if rates := rates_of(forecast):
        yield ""
        yield from _rates(forecast, rates)
    yield ""
    yield from _learned(frames["learned"], taught_from(forecast.worth))
    if alarms := list(_alarms(forecast)):
        yield ""
        yield from alarms
    if forecast.conditioned:
        yield ""
        yield _how(forecast, forecast.conditioned)


def worth_words(forecast: Forecast) -> str:
    """Return what the replications after the record are worth, in words."""
    n, worth = forecast.ensemble.replications, math.floor(forecast.worth)
    return (
        f"the {count(n)} replications after the record are worth {count(worth)} independent ones:"
        f" the intervals in {_FILE} count these, those of the other tables all {count(n)}"
    )


def _reports(n: int) -> str:
    return f"{count(n)} report{'s' if n > 1 else ''}"


def _changed(forecast: Forecast, frame: pl.DataFrame) -> Iterator[str]:
    """Yield the dates and chances before and after the record."""
    scenario, found = forecast.scenario, estimates_of(frame)
    yield f"What has the record changed? ({EXPLAINED})"
    cells = []
    for name, p in zip(percentiles(FEW), FEW, strict=True):
        before, after = found[COMPLETION, "", name]
        alone = Estimate(before.value, *NOTHING[1:])
        cells.append([f"P{p}", date_words(scenario, alone), date_words(scenario, after)])
    if forecast.prior.censored or forecast.ensemble.censored:
        cells.append(["complete in time", *_chances(found[COMPLETED, "", "probability"])])
    for deadline in scenario.deadline[:_MOST_DEADLINES]:
        name = f"{deadline.name}, {words(deadline.date)}"
        cells.append([name, *_chances(found[DEADLINE, deadline.name, "probability"])])
    yield from aligned(["", "before it", "with it"], cells, file=_FILE)
    if (more := len(scenario.deadline) - _MOST_DEADLINES) > 0:
        yield f"  {count(more)} more deadlines: see {_FILE}"


def _chances(both: tuple[Estimate, Estimate]) -> tuple[str, str]:
    before, after = both
    alone = "not known" if math.isnan(before.value) else f"{percent(before.value)} %"
    return alone, percent_words(after)


def _rates(forecast: Forecast, rates: Rates) -> Iterator[str]:
    unit, period = forecast.scenario.unit, rates.period

    def area(hectares: float) -> str:
        return f"{short(hectares * unit.per_ha)} {unit.short}"

    yield f"How fast is it, and how fast would it have to be? ({_FORGET})"
    lately = ""
    if rates.since:
        lately = f"; since {words(rates.since)}: {area(rates.lately_ha)} {period}"
    until = words(rates.last.date)
    yield f"  Achieved up to {until}: {area(rates.achieved_ha)} {period}{lately}"
    for deadline, needed_ha in rates.needed_ha:
        name = f"{deadline.name} ({words(deadline.date)})"
        left = f"about {area(rates.left_ha)} are left"
        yield f"  Needed for {name}: {area(needed_ha)} {period}; {left}"


def _learned(frame: pl.DataFrame, least: float) -> Iterator[str]:
    taught = frame.filter(pl.col("spread_taken") >= least)
    yield "What has the record taught? (P10 to P90)"
    cells = [
        [row["number"], row["key"], *(_range(row, when) for when in ("before", "after")),
         f"{percent(row['spread_taken'])} %"]
        for row in taught.head(_MOST_INPUTS).iter_rows(named=True)
    ]  # fmt: skip
    if cells:
        header = ["", "key", "before it", "with it", "of the spread taken"]
        yield from aligned(header, cells, file="learned.csv")
    elif frame.is_empty():
        yield "  Every number of the scenario is known; chance is in single events only."
    else:
        chance = f"chance alone can ({percent(least)} %)"
        yield f"  Of no number has it taken more of the spread than {chance}."
    if len(taught) > _MOST_INPUTS:
        yield f"  {count(len(taught) - _MOST_INPUTS)} more: see learned.csv"
    unknown = frame.filter(pl.col("spread_taken") < least, pl.col("decides") >= DECIDES)
    if unknown.is_empty():
        return
    yield "What can it not tell yet? (share in the spread of the completion that is left)"
    cells = [
        [row["number"], row["key"], _range(row, "after"), f"{percent(row['decides'])} %"]
        for row in unknown.sort("decides", descending=True).head(_MOST_INPUTS).iter_rows(named=True)
    ]
    yield from aligned(["", "key", "P10 to P90", "share"], cells, file="learned.csv")


def _range(row: dict[str, Any], when: str) -> str:
    low, high = (short(row[f"{when}_{end}"]) for end in ("p10", "p90"))
    return f"{low} to {high} {row['unit'] or ''}".rstrip()


def short(value: float) -> str:
    """Return a number with three digits that count."""
    return number(float(f"{value:.3g}"))


def _alarms(forecast: Forecast) -> Iterator[str]:
    strange = forecast.alarms
    if strange:
        told = ", ".join(_told(report) for report in strange[:_MOST_INPUTS])
        more = count(len(strange) - _MOST_INPUTS)
        told += f" and {more} more" if len(strange) > _MOST_INPUTS else ""
        yield f"ATTENTION: hardly to be expected, the reports before it known: {told}."
        yield "  Either such a report is wrong, or the scenario leaves out what happened then."
    judged = [place for place in forecast.places if place.judged]
    if len(judged) < len(forecast.places):
        of = f"{count(len(judged))} of the {count(len(forecast.places))} reports"
        yield f"{of} were held against those before them: each of all would take long."
    unjudged = sum(math.isnan(place.next) for place in judged)
    if unjudged:
        of = f"{count(unjudged)} of the {count(len(judged))} reports"
        yield f"{of} could not be held against those before: too few campaigns agree."
    if forecast.worth < min(FEW_WORTH, FEW_SHARE * forecast.ensemble.replications):
        worth = f"{count(math.floor(forecast.worth))} independent ones"
        yield f"ATTENTION: the replications are worth {worth} only: ask for more --replications."


def _told(report: Report) -> str:
    place = f" in {report.name}" if report.kind else ""
    return f"{number(report.released_ha)} ha{place} by {words(report.date)} (row {report.row})"


def _tail(pareto_k: float) -> str:
    """Return the shape of the tail of weights, of many that are alike in words."""
    return f"Pareto k {pareto_k:.2f}" if math.isfinite(pareto_k) else "many are alike"


def _how(forecast: Forecast, found: Conditioned) -> str:
    """Return how the campaigns were found, in words."""
    n = count(forecast.ensemble.replications)
    simulated = f"{count(found.simulated)} histories simulated"
    if found.method == "moves":
        steps = f"{len(found.steps)} step{'s' if len(found.steps) > 1 else ''}"
        moves = f"{percent(found.accepted)} % of the moves accepted at the end"
        way = f"{n} led to the record in {steps}, {moves}"
    else:
        weights = f"weights worth {count(math.floor(found.worth))} of them"
        way = f"{n} chosen by {weights} ({_tail(found.pareto_k)})"
    return f"How: {simulated}, {way}."
