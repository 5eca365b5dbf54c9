"""What the terminal shows after a comparison."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from sim.results.lines import aligned, date_words, estimate_in, signed_words
from sim.results.report import EXPLAINED
from sim.results.words import (
    count,
    money_words,
    owed_words,
    percent_words,
    with_interval,
    words,
)
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Estimate
from sim.statistics.quantities import COMPARED, DEADLINE, percentiles

_FILE = "compare.csv"
_DATES = percentiles(COMPARED)
_TITLES = [name.upper() for name in _DATES]
Rows = dict[tuple[str, str, str], Mapping[str, Any]]


def lines(
    table: pl.DataFrame, scenarios: Mapping[str, Scenario], *, replications: int, seed: int
) -> Iterator[str]:
    """Yield the lines of the report."""
    rows: Rows = {
        (row["variant"], row["quantity"], row["statistic"]): row
        for row in table.iter_rows(named=True)
    }
    baseline, *variants = scenarios
    yield f"{', '.join(variants)} against {baseline}"
    yield f"{count(replications)} replications each, seed {seed}: the same luck for all"
    yield ""
    yield f"When will the land be released? ({EXPLAINED})"
    start = scenarios[baseline]
    dates = []
    for name, each in scenarios.items():
        days = (_of(rows, name, "completion_day", p, variants) for p in _DATES)
        dates.append([name, *(date_words(start, day, simulated=each) for day in days)])
    yield from aligned(["", *_TITLES], dates, file=_FILE)
    yield ""
    yield f"How many days sooner (-) or later (+) than {baseline}?"
    differences = [
        [
            name,
            *(
                _days(_difference(rows, name, "completion_day", s))
                for s in (*_DATES, "restricted_mean")
            ),
        ]
        for name in variants
    ]
    yield from aligned(["", *_TITLES, "mean (up to the horizon)"], differences, file=_FILE)
    yield ""
    yield "Which is complete first, on the same luck?"
    for name in variants:
        sooner, later = (
            percent_words(_difference(rows, name, "completion_day", f"probability_{word}"))
            for word in ("sooner", "later")
        )
        yield f"  {name}: sooner than {baseline} {sooner}, later {later}"
    yield from _deadlines(rows, scenarios, variants)
    yield from _costs(rows, scenarios, variants)
    yield ""
    for name in variants:
        yield _pairing(name, _difference(rows, name, "completion_day", "narrowing").value)


def _of(rows: Rows, name: str, quantity: str, statistic: str, variants: list[str]) -> Estimate:
    """Return a number of one scenario; that of the baseline stands in every variant's row."""
    key, role = (name, "variant") if name in variants else (variants[0], "baseline")
    row = rows[key, quantity, statistic]
    return estimate_in(row, f"{role}_value", f"{role}_low", f"{role}_high")


def _difference(rows: Rows, name: str, quantity: str, statistic: str) -> Estimate:
    names = ("difference", "difference_low", "difference_high")
    return estimate_in(rows[name, quantity, statistic], *names)


def _days(estimate: Estimate) -> str:
    return signed_words(estimate, 1)


def _deadlines(rows: Rows, scenarios: Mapping[str, Scenario], variants: list[str]) -> Iterator[str]:
    baseline, *_ = scenarios
    for deadline in scenarios[baseline].deadline:
        quantity = DEADLINE + deadline.name
        having = [name for name in variants if (name, quantity, "probability") in rows]
        if not having:
            continue
        shown = (scenarios[name] for name in (baseline, *having))
        alike = [d for each in shown for d in each.deadline if d.name == deadline.name]
        when = words(deadline.date)
        if any(d.date != deadline.date for d in alike):
            when = "not the same date for all"
        unit = scenarios[baseline].unit
        owed = {owed_words(d, unit) for d in alike}
        when += "".join(f", {each}" for each in owed if each and len(owed) == 1)
        when += ", not the same land for all" if len(owed) > 1 else ""
        yield ""
        yield f"Will the deadline '{deadline.name}' ({when}) be met?"
        first = _of(rows, baseline, quantity, "probability", having)
        cells = [[baseline, percent_words(first), ""]]
        for name in having:
            difference = _difference(rows, name, quantity, "probability")
            points = signed_words(Estimate(*(100 * end for end in difference)), 1)
            chance = percent_words(_of(rows, name, quantity, "probability", having))
            cells.append([name, chance, points])
        yield from aligned(["", "chance", "difference in percentage points"], cells, file=_FILE)


def _costs(rows: Rows, scenarios: Mapping[str, Scenario], variants: list[str]) -> Iterator[str]:
    having = [name for name in variants if (name, "cost", "mean") in rows]
    if not having:
        return
    baseline = next(iter(scenarios))
    currency = scenarios[baseline].currency
    yield ""
    yield f"What will it cost on average, up to the horizon? ({currency})"
    first = _of(rows, baseline, "cost", "restricted_mean", having)
    cells = [[baseline, money_words(first.value), ""]]
    for name in having:
        mean = money_words(_of(rows, name, "cost", "restricted_mean", having).value)
        value, low, high = (_money(x) for x in _difference(rows, name, "cost", "restricted_mean"))
        cells.append([name, mean, with_interval(value or "not known", low, high)])
    yield from aligned(["", "mean", "difference"], cells, file=_FILE)


def _money(amount: float) -> str:
    if math.isnan(amount):
        return ""
    return ("-" if amount < 0 else "+") + money_words(abs(amount))


def _pairing(name: str, ratio: float) -> str:
    """Say what common random numbers gained."""
    if math.isnan(ratio):
        return f"{name}: what the same luck gains is not known (one replication, or no chance)."
    if ratio == 0:
        return f"{name}: on the same luck nothing differs by chance."
    words = f"{1 / ratio:.1f} times narrower" if ratio < 1 else f"{ratio:.1f} times wider"
    return (
        f"{name}: the same luck makes the interval of the mean difference {words} than"
        " independent runs would."
    )
