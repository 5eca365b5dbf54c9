"""The laws of `scenarios/reference.toml`, fitted to what other campaigns published (`facts.csv`).

    python benchmarks/fit_reference.py                       # the numbers that stand in the file
    python benchmarks/fit_reference.py --without croatia     # the same without one campaign

Estimators are moments: means and standard deviations over campaigns, of which each counts once, or
over pairs of years, where it says so. Nothing is weighted, and no back-test is looked at.
"""

import argparse
import csv
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FACTS = Path(__file__).with_name("facts.csv")
YEAR_DAYS = 365.25
FOUND_YEARS = 5  # growth is stated as what is found in so many years
COVERED = 0.75  # of the time between two totals of known land; with less, nothing is known
LAGS = (1, 2, 3)  # years between two outputs that are compared
WEEKLY_CORRELATION = 0.95  # assumption: good and bad times last some months
Z90 = 1.2815515655446004  # of a standard normal law
Z75 = 0.6744897501960817

LEFT_OUT = """\
Left out: totals guessed before any survey (Croatia 1996, Ukraine 2022, Angola), those of Cambodia,
Croatia and Afghanistan that stand beside another of the same date; years of which the output is
not known by itself; an output of 0 (its logarithm); Kuwait and Kosovo before 2002, which have no
series. Of Kursk nothing but a promise is used. Openings of land: there is no fact about them."""


class Fact(NamedTuple):
    """A row of the facts; `day` is its last one, the middle of years and months without a day."""

    campaign: str
    kind: str
    first: dt.date | None
    day: dt.date
    value: float
    other: str


class Law(NamedTuple):
    """What stands in the file, and what it was made of."""

    value: Any
    made_of: str


def read_facts(without: str | None = None) -> list[Fact]:
    """Return the facts of all campaigns, or of all but one."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["campaign"] != without]
    return [
        Fact(
            row["campaign"],
            row["kind"],
            dt.date.fromisoformat(row["from"]) if row["from"] else None,
            dt.date.fromisoformat(row["until"]),
            float(row["value"] or "nan"),
            row["other"],
        )
        for row in rows
    ]


def fit(facts: list[Fact]) -> dict[str, Law]:
    """Return each law by the key of the scenario that states it."""
    growth, area = known_land(facts)
    cancelled, reduced = shares(facts)
    weekly, drift = pace(facts)
    return {
        "factors.area": area,
        "factors.rate": plans(facts),
        "growth.share": growth,
        "survey.cancelled_share": cancelled,
        "survey.reduced_share": reduced,
        "pace.weekly_cv": weekly,
        "pace.weekly_correlation": Law(WEEKLY_CORRELATION, "assumption"),
        "pace.drift_cv_per_year": drift,
        "record.error_share": errors(facts),
    }


def settings(without: str | None = None) -> dict[str, Any]:
    """Return the values alone, as `load_scenario` takes them, but for those of the record."""
    laws = fit(read_facts(without))
    return {key: law.value for key, law in laws.items() if not key.startswith("record.")}


def known_land(facts: list[Fact]) -> tuple[Law, Law]:
    """Return what is found in `FOUND_YEARS` over the first total, and how much of that is there.

    A total with what was released since another one, over that other one, is the revision of a
    span of time. Those of a campaign are multiplied, and put in proportion to `FOUND_YEARS`.
    """
    revisions: dict[str, tuple[float, float]] = {}
    for fact in facts:
        if fact.kind == "revised" and fact.first:
            revisions[fact.campaign] = (float(fact.other) / fact.value, years(fact.first, fact.day))
    for campaign, totals in _by_campaign(facts, "known").items():
        factor, span = 1.0, 0.0
        for before, after in pairwise(totals):
            released = released_between(facts, campaign, before.day, after.day)
            if released is not None:
                factor *= (after.value + released) / before.value
                span += years(before.day, after.day)
        if span:
            revisions[campaign] = (factor, span)
    found = {name: FOUND_YEARS * (factor - 1) / span for name, (factor, span) in revisions.items()}
    up = np.maximum(list(found.values()), 0.0)
    down = 1 + np.minimum(list(found.values()), 0.0)
    listed = _listed(found)
    growth = {"dist": "gamma", "mean": _round(up.mean()), "cv": _round(up.std(ddof=1) / up.mean())}
    area = {"dist": "beta", "mean": _round(down.mean(), 3), "sd": _round(down.std(ddof=1))}
    return (
        Law(growth, f"found in {FOUND_YEARS} years over known land, below 0 as 0: {listed}"),
        Law(area, "the same numbers, above 0 as 0, added to 1"),
    )


def released_between(
    facts: list[Fact], campaign: str, begin: dt.date, end: dt.date
) -> float | None:
    """Return what was released after one date up to another, None if it is not known."""
    periods = {
        fact.first: fact  # by all means where that is known: it comes later
        for kind in ("cleared", "all")
        for fact in facts
        if fact.campaign == campaign and fact.kind == kind and fact.first
    }
    covered, released = 0, 0.0
    for first, fact in periods.items():
        shared = (min(fact.day, end) - max(first - dt.timedelta(days=1), begin)).days
        if shared > 0:
            covered += shared
            released += fact.value * shared / ((fact.day - first).days + 1)
    return released if covered >= COVERED * (end - begin).days else None


def shares(facts: list[Fact]) -> tuple[Law, Law]:
    """Return the shares of released land that were cancelled and reduced.

    Both together by campaign; how they divide by the only facts that part them.
    """
    cleared, both = defaultdict(float), defaultdict(float)
    everything = {(f.campaign, f.first): f.value for f in facts if f.kind == "all"}
    for fact in facts:
        if fact.kind == "cleared" and (fact.campaign, fact.first) in everything:
            cleared[fact.campaign] += fact.value
            both[fact.campaign] += everything[fact.campaign, fact.first]
    share = {name: 1 - cleared[name] / both[name] for name in both if both[name]}
    mean, sd = np.mean(list(share.values())), np.std(list(share.values()), ddof=1)
    parted = {
        kind: sum(f.value for f in facts if f.kind == kind) for kind in ("cancelled", "reduced")
    }
    if not all(parted.values()):
        parted = {"cancelled": 1.0, "reduced": 1.0}  # without the one campaign that parts them
    part = parted["cancelled"] / sum(parted.values())
    part = _round(part)
    spread = math.hypot(part, 1 - part)  # so that the sum of both varies as it did
    laws = [
        {"dist": "beta", "mean": _round(p * mean), "sd": _round(p * sd / spread), "high": _round(p)}
        for p in (part, 1 - part)
    ]
    return (
        Law(laws[0], f"released without clearance: {_listed(share)}"),
        Law(laws[1], f"{_round(1 - part)} of that by technical survey"),
    )


def pace(facts: list[Fact]) -> tuple[Law, Law]:
    """Return how the pace varies from week to week, and how it drifts in a year.

    The variance of the logarithm of the ratio of the outputs of two years, k years apart, is
    d2 (k - 1/3) + 2 v: d2 is the variance that the random walk gains in a year (of whose means
    over years two are compared), v that of the mean of a year's weeks. A straight line through
    the variances for k of `LAGS`, weighted by their number, gives both.
    """
    found = {lag: [ratio for _, ratio in ratios(facts, lag)] for lag in LAGS}
    variance = [float(np.mean(np.square(found[lag]))) for lag in LAGS]
    weight = [math.sqrt(len(found[lag])) for lag in LAGS]
    slope, level = np.polyfit([lag - 1 / 3 for lag in LAGS], variance, 1, w=weight)
    slope, level = max(slope, 0.0), max(level, 0.0)
    weekly = level / 2 / of_a_year(WEEKLY_CORRELATION)
    spread = ", ".join(
        f"{len(found[lag])} {lag} apart: {math.sqrt(v):.2f}"
        for lag, v in zip(LAGS, variance, strict=True)
    )
    half = float(np.median(found[1]))
    words = f"logarithms of ratios of two years' cleared land, root mean squares of {spread}"
    return (
        Law(_round(cv_of(weekly)), f"{words}; median of those 1 apart {half:+.2f}"),
        Law(_round(cv_of(slope)), "the same ratios"),
    )


def ratios(facts: list[Fact], lag: int) -> Iterator[tuple[str, float]]:
    """Yield the logarithm of the ratio of the areas cleared in two calendar years."""
    for campaign, outputs in _by_campaign(facts, "cleared").items():
        year = {f.day.year: f.value for f in outputs if f.first and f.first.year == f.day.year}
        for y, before in year.items():
            after = year.get(y + lag, 0.0)
            if before > 0 and after > 0:
                yield campaign, math.log(after / before)


def of_a_year(correlation: float, weeks: int = 52) -> float:
    """Return the variance of the mean of a year's weeks over that of a week."""
    lag = np.abs(np.subtract.outer(np.arange(weeks), np.arange(weeks)))
    return float(np.mean(correlation**lag))


def cv_of(variance: float) -> float:
    """Return the cv of a lognormal law from the variance of its logarithm."""
    return math.sqrt(math.expm1(variance))


def plans(facts: list[Fact]) -> Law:
    """Return what was done of what was planned for a year or a season, by campaign."""
    done = {
        name: float(np.mean([math.log(float(f.other) / f.value) for f in of_one]))
        for name, of_one in _by_campaign(facts, "plan").items()
    }
    mean, sd = np.mean(list(done.values())), np.std(list(done.values()), ddof=1)
    ends = {name: _round(math.exp(mean + z * sd)) for name, z in (("p10", -Z90), ("p90", Z90))}
    shown = _listed({name: math.exp(x) for name, x in done.items()})
    return Law({"dist": "lognormal"} | ends, f"done of what was planned: {shown}")


def errors(facts: list[Fact]) -> Law:
    """Return the error of a report: by how much two about the same thing differ (median)."""
    apart = [abs(math.log(float(f.other) / f.value)) for f in facts if f.kind == "twice"]
    one = float(np.median(apart)) / Z75 / math.sqrt(2)
    return Law(
        _round(one), f"{len(apart)} amounts published twice: {_round(np.median(apart))} apart"
    )


def promises(facts: list[Fact]) -> str:
    """Return how late what was promised came, in words: no law, for the scenario simulates that."""
    kept = [f for f in facts if f.kind == "promise" and f.other]
    late = [years(f.day, dt.date.fromisoformat(f.other)) for f in kept]
    if not late:
        return "no date that was promised has been reached"
    begun = [(f.first, f) for f in kept if f.first]
    times = [years(a, dt.date.fromisoformat(f.other)) / years(a, f.day) for a, f in begun]
    more = f"; of {len(times)} it is known when they were said, and it took"
    more += f" {np.median(times):.1f} times as long from then on" if times else ""
    return (
        f"{len(late)} dates for all land were missed by {np.median(late):.0f} years (median;"
        f" those still open at the least){more if times else ''}"
    )


def years(begin: dt.date, end: dt.date) -> float:
    """Return the time between two dates."""
    return (end - begin).days / YEAR_DAYS


def toml(value: Any) -> str:
    """Return a value as it is written in a scenario."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(part)}" for key, part in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def _by_campaign(facts: list[Fact], kind: str) -> dict[str, list[Fact]]:
    """Return the facts of a kind of each campaign, in the order of their days."""
    found = defaultdict(list)
    for fact in sorted(facts, key=lambda fact: fact.day):
        if fact.kind == kind:
            found[fact.campaign].append(fact)
    return dict(sorted(found.items()))


def _listed(numbers: dict[str, float]) -> str:
    return ", ".join(f"{name} {x:.2f}" for name, x in sorted(numbers.items()))


def _round(value: float, digits: int = 2) -> float:
    """Return a number to some significant digits: more are not known."""
    return float(f"{value:.{digits}g}")


def main() -> None:
    """Print the laws, what each was made of, and what was left out."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--without", metavar="CAMPAIGN", help="leave one campaign out")
    options = parser.parse_args()
    names = sorted({fact.campaign for fact in read_facts()})
    if options.without not in (None, *names):
        parser.error(f"--without {options.without}: allowed are {', '.join(names)}")
    facts = read_facts(options.without)
    for key, law in fit(facts).items():
        print(f"{key} = {toml(law.value)}\n    {law.made_of}\n")
    print(f"Promises: {promises(facts)}.\n\n{LEFT_OUT}")


if __name__ == "__main__":
    main()
