"""How good forecasts of past campaigns would have been: `python benchmarks/backtest.py`.

Cuts the record of each of `scenarios/backtests/` at a third, a half and two thirds of its reports,
forecasts from what comes before, and compares with what came later: how often the later reports lie
in the 50 % and 80 % bands, and the continuous ranked probability score (CRPS) of amounts and of the
completion, beside those of dividing what is left by the mean rate, by the rate of the last year,
and of the official date. `docs/backtest.md` says what each of them is.
"""

import argparse
import datetime as dt
import math
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fit_reference
import numpy as np
from table import table

from sim import Ensemble, Scenario, ScenarioError, load_scenario
from sim.scenario.reports import read_record
from sim.statistics.summary import completion_days, progress

FOLDER = Path(__file__).resolve().parents[1] / "scenarios" / "backtests"
CUTS = {"1/3": 1 / 3, "1/2": 1 / 2, "2/3": 2 / 3}
BANDS = (0.5, 0.8)
OURS, MEAN, LAST, OFFICIAL = "forecast", "mean rate", "last year's rate", "official date"
METHODS = (OURS, MEAN, LAST, OFFICIAL)
YEAR_DAYS = 365.25
SEED = 14  # of the errors that are added to what is forecast

Floats = np.ndarray[Any, np.dtype[np.float64]]
Forecaster = Callable[..., Any]


@dataclass
class Case:
    """What one cut of one campaign gave: scores by method, empty where there is none."""

    campaign: str
    cut: str
    reports: int
    later: int
    refused: str = ""
    inside: dict[float, list[bool]] = field(default_factory=dict)
    amounts: dict[str, float] = field(default_factory=dict)
    """CRPS, mean over the later reports, in per cent of the known land."""
    completion: dict[str, float] = field(default_factory=dict)
    """CRPS, years; what is later than the horizon counts as the horizon."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("campaigns", nargs="*", metavar="CAMPAIGN", help="only these; default: all")
    parser.add_argument("--replications", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--leave-one-out", action="store_true", help="laws fitted without the campaign in question"
    )
    parser.add_argument("--markdown", action="store_true", help="the block of docs/backtest.md")
    options = parser.parse_args()
    known = [file.stem for file in sorted(FOLDER.glob("*.toml"))]
    if unknown := set(options.campaigns) - set(known):
        parser.error(f"CAMPAIGN {', '.join(sorted(unknown))}: allowed are {', '.join(known)}")
    cases = []
    for name in options.campaigns or known:
        cases += backtest(
            name,
            replications=options.replications,
            seed=options.seed,
            leave_one_out=options.leave_one_out,
        )
        print(f"{name}: done", file=sys.stderr, flush=True)
    how = "laws fitted without the campaign in question" if options.leave_one_out else "all facts"
    print((markdown if options.markdown else plain)(cases))
    print(f"\n{options.replications} replications, seed {options.seed}, {how}.")


def backtest(
    name: str,
    *,
    replications: int,
    seed: int,
    leave_one_out: bool = False,
    forecast: Forecaster | None = None,
) -> list[Case]:
    """Return the cases of one campaign.

    Parameters
    ----------
    name
        Of a file in `scenarios/backtests/`.
    replications, seed
        Of each forecast.
    leave_one_out
        Whether the laws of `reference.toml` are fitted without this campaign.
    forecast
        Instead of the program's own: called with the scenario, the reports, replications and seed.
    """
    if forecast is None:
        from sim.experiments.forecast.forecast import forecast  # noqa: PLC0415
    file = FOLDER / f"{name}.toml"
    scenario = load_scenario(file, settings=refitted(file) if leave_one_out else None)
    reports = read_record(scenario)
    return [
        case_of(name, cut, scenario, reports, share, forecast, replications, seed)
        for cut, share in CUTS.items()
    ]


def refitted(file: Path) -> dict[str, Any]:
    """Return the laws fitted without a campaign, but for those that its file removes."""
    removed = tomllib.loads(file.read_text(encoding="utf-8")).get("remove", [])
    laws = fit_reference.settings(without=file.stem)
    return {k: v for k, v in laws.items() if k not in removed and k.split(".")[0] not in removed}


def case_of(
    name: str,
    cut: str,
    scenario: Scenario,
    reports: Sequence[Any],
    share: float,
    forecast: Forecaster,
    replications: int,
    seed: int,
) -> Case:
    """Return how the forecast from the first reports compares with the later ones."""
    until = math.ceil(share * len(reports))
    past = reports[:until]
    later = [report for report in reports[until:] if report.bound == "exact"]
    case = Case(name, cut, until, len(later))
    day = {report: days_of(scenario, report.date) for report in reports}
    land = known_ha(scenario)
    at = [0.0, *(day[r] for r in past if r.bound == "exact")]
    so_far = [0.0, *(r.released_ha for r in past if r.bound == "exact")]
    lines = divisions(at, so_far, land, promised(scenario, name, past[-1].date))
    completed = completion_of(name)
    done = min(days_of(scenario, completed), horizon(scenario)) if completed else None
    for method, (rate, finish) in lines.items():
        points = [min(so_far[-1] + rate * (day[r] - at[-1]), max(land, so_far[-1])) for r in later]
        off = [abs(p - r.released_ha) for p, r in zip(points, later, strict=True)]
        case.amounts[method] = 100 * float(np.mean(off)) / land
        if done is not None:
            case.completion[method] = abs(min(finish, horizon(scenario)) - done) / YEAR_DAYS
    try:
        ensemble = forecast(scenario, past, replications=replications, seed=seed).ensemble
    except ScenarioError as error:
        case.refused = str(error).splitlines()[0]
        return case
    values = reported(scenario, ensemble, later, [day[r] for r in later])
    score(case, values, np.array([r.released_ha for r in later]), land)
    if done is not None:
        ends = np.minimum(completion_days(ensemble), horizon(scenario))
        case.completion[OURS] = float(crps(done, ends)) / YEAR_DAYS
    return case


def score(case: Case, values: Floats, seen: Floats, land: float) -> None:
    """Note how the later reports lie in what was forecast of them.

    Parameters
    ----------
    case
        To be filled.
    values
        Forecast of each report (R, K), ha.
    seen
        The reports (K), ha.
    land
        Known land on day 0, ha.
    """
    for band in BANDS:
        low, high = np.quantile(values, [(1 - band) / 2, (1 + band) / 2], axis=0)
        case.inside[band] = [bool(x) for x in (low <= seen) & (seen <= high)]
    case.amounts[OURS] = 100 * float(np.mean(crps(seen, values.T))) / land


def crps(seen: Any, values: Floats) -> Any:
    """Return the continuous ranked probability score of replications (..., R) of something seen."""
    from scoringrules import crps_ensemble  # noqa: PLC0415 # of the extra demine[benchmarks]

    return crps_ensemble(seen, values)


def reported(
    scenario: Scenario, ensemble: Ensemble, later: Sequence[Any], days: Sequence[float]
) -> Floats:
    """Return the later reports as they were forecast (R, K), ha: released, and their own error.

    What is released within a week is taken as a straight line. The bias of all reports is left
    out: the forecast has learned it.
    """
    released = released_at(ensemble, days)
    record = scenario.record
    if record is None:
        return released
    own = np.abs([report.own_ha for report in later])
    sd = np.hypot(record.error_ha, record.error_share * own)
    chance = np.random.default_rng(SEED)
    shape = released.shape
    drawn = (
        chance.standard_normal(shape)
        if math.isinf(record.tails)
        else chance.standard_t(record.tails, shape)
    )
    return np.maximum(released + sd * drawn, 0.0)


def released_at(ensemble: Ensemble, days: Sequence[float]) -> Floats:
    """Return what each replication has released, gross, after some days (R, K), ha."""
    known, released = progress(ensemble, gross=True)
    return np.array([np.interp(days, known, row) for row in released])


def divisions(
    at: Sequence[float], so_far: Sequence[float], land: float, official: float | None
) -> dict[str, tuple[float, float]]:
    """Return rate (ha a day) and last day that each simple way of forecasting gives.

    Parameters
    ----------
    at, so_far
        Days of the reports until now and what was released then (ha), from (0, 0) on.
    land
        Known land on day 0, ha.
    official
        Day promised for all land, if there is one.
    """
    now, left = at[-1], max(land - so_far[-1], 0.0)
    year = min(YEAR_DAYS, now)
    before = float(np.interp(now - year, at, so_far))
    rates = {MEAN: so_far[-1] / now, LAST: (so_far[-1] - before) / year}
    found = {
        method: (rate, now if not left else now + left / rate if rate > 0 else math.inf)
        for method, rate in rates.items()
    }
    if official is not None:
        found[OFFICIAL] = (left / (official - now), official)
    return found


def promised(scenario: Scenario, name: str, now: dt.date) -> float | None:
    """Return the day promised for all land, as last said and not yet past; None without one."""
    said = [
        fact
        for fact in fit_reference.read_facts()
        if (fact.campaign, fact.kind) == (name, "promise")
        and fact.day > now
        and (fact.first is None or fact.first <= now)
    ]
    newest = max((fact.first or dt.date.min for fact in said), default=None)
    ends = [fact.day for fact in said if (fact.first or dt.date.min) == newest]
    return days_of(scenario, min(ends)) if ends else None


def completion_of(name: str) -> dt.date | None:
    """Return the date on which a campaign was complete, None if it is not known to be."""
    facts = fit_reference.read_facts()
    return next((f.day for f in facts if (f.campaign, f.kind) == (name, "completed")), None)


def days_of(scenario: Scenario, date: dt.date) -> float:
    """Return the day on which a date is over."""
    return float((date - scenario.campaign.start).days + 1)


def horizon(scenario: Scenario) -> float:
    """Return the last day that is simulated."""
    return scenario.campaign.horizon_days


def known_ha(scenario: Scenario) -> float:
    """Return the known land on day 0, ha: all of it, where only a part of it will be cleared."""
    return sum(sector.count * sector.area.support[1] for sector in scenario.sector)


# Tables


def coverage(cases: Sequence[Case], band: float) -> str:
    """Return how many of the later reports lie in a band."""
    inside = [x for case in cases for x in case.inside.get(band, [])]
    return f"{100 * np.mean(inside):.0f} %" if inside else "-"


def mean_of(cases: Sequence[Case], what: str, method: str) -> float:
    """Return the mean of a score over the cases that were forecast and have it."""
    scores = [getattr(case, what).get(method) for case in cases if not case.refused]
    known = [score for score in scores if score is not None]
    return float(np.mean(known)) if known else math.nan


def rows(cases: Sequence[Case]) -> list[list[str]]:
    """Return a row for each campaign, the worst amounts against dividing first."""
    names = sorted(
        {case.campaign for case in cases},
        key=lambda name: -gain(of(cases, name)) if not math.isnan(gain(of(cases, name))) else -1e9,
    )
    return [row(name, of(cases, name)) for name in names]


def of(cases: Sequence[Case], name: str) -> list[Case]:
    """Return the cases of a campaign."""
    return [case for case in cases if case.campaign == name]


def gain(cases: Sequence[Case]) -> float:
    """Return the CRPS of the amounts over that of the better division: below 1 is better."""
    return mean_of(cases, "amounts", OURS) / min(
        mean_of(cases, "amounts", method) for method in (MEAN, LAST)
    )


def row(name: str, cases: Sequence[Case]) -> list[str]:
    """Return the cells of some cases."""
    refused = [case.cut for case in cases if case.refused]
    cells = [name, f"{sum(case.later for case in cases if not case.refused)}"]
    cells += [", ".join(refused) if len(refused) <= len(CUTS) else f"{len(refused)}"]
    cells += [coverage(cases, band) for band in BANDS]
    for what in ("amounts", "completion"):
        cells += [shown(mean_of(cases, what, method)) for method in METHODS]
    return cells


def shown(value: float) -> str:
    """Return a score as it is printed."""
    return "-" if math.isnan(value) else f"{value:.1f}"


HEAD = (
    "campaign",
    "later reports",
    "refused",
    *(f"in {band:.0%}".replace("%", " %") for band in BANDS),
    *(f"{what}: {method}" for what in ("amounts", "completion") for method in METHODS),
)


def markdown(cases: Sequence[Case]) -> str:
    """Return the tables of docs/backtest.md."""
    pooled = [row("**all**", cases)]
    by_cut = [row(f"cut at {cut}", [c for c in cases if c.cut == cut]) for cut in CUTS]
    return table(HEAD, [*rows(cases), *by_cut, *pooled]) + "\n" + verdict(cases)


def plain(cases: Sequence[Case]) -> str:
    """Return the same for the terminal, with every case."""
    each = [row(f"{case.campaign} {case.cut}", [case]) for case in cases]
    return table(HEAD, each) + "\n" + markdown(cases)


def verdict(cases: Sequence[Case]) -> str:
    """Return what all cases say together, in words."""
    refused = [f"{case.campaign} at {case.cut}: {case.refused}" for case in cases if case.refused]
    done = [case for case in cases if not case.refused]
    words = [f"{len(done)} forecasts; {len(refused)} refused."]
    if done:
        words.append(
            f"The 80 % bands cover {coverage(done, 0.8)} of the later reports, the CRPS of the"
            f" amounts is {gain(done):.2f} times that of the better division."
        )
    return " ".join(words) + "".join(f"\n- {line}" for line in refused)


if __name__ == "__main__":
    main()
