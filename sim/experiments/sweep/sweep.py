"""The experiment over one or several keys: the completion at every point of a grid or a design."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from sim.engines import Engine
from sim.experiments.designs import Design, Settings, design_points, in_words, scenarios_at
from sim.experiments.study import Study
from sim.outcome import Ensemble
from sim.results.csv import kind_of, parquet_bytes, written
from sim.results.tables import DAYS, MONEY, SHARE, replications
from sim.running.workers import Progress
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import NOTHING, Estimate
from sim.statistics.summary import summarize

QUANTILES = ("p10", "p50", "p80", "p90")
_SOURCES = {name: ("completion_day", name) for name in QUANTILES} | {
    "cost_mean": ("cost", "mean"),
    "restored_p50": ("restored_day", "p50"),
    "completed": ("completed", "probability"),
}
_DECIMALS = {"cost_mean": MONEY, "completed": SHARE}


@dataclass(frozen=True)
class Point:
    """One scenario of a sweep.

    Attributes
    ----------
    settings
        Varied keys and their values.
    scenario
        With them.
    replications
        How many were done.
    estimates
        By the name of their column: `p10, p50, p80, p90` of the completion (days),
        `deadline:<name>`, `cost_mean`, `restored_p50`, `completed`.
    note
        Why a precision that was wanted could not be had.
    """

    settings: Settings
    scenario: Scenario
    replications: int
    estimates: Mapping[str, Estimate]
    note: str = ""


@dataclass(frozen=True)
class Sweep:
    """What came out at every point.

    Attributes
    ----------
    scenario
        That the keys were varied in.
    seed
        Of all points.
    keys
        That were varied.
    points
        In the order of the design.
    """

    scenario: Scenario
    seed: int
    keys: tuple[str, ...]
    points: tuple[Point, ...]


def sweep(
    scenario: Scenario,
    *,
    vary: Mapping[str, Sequence[Any]],
    design: Design = "grid",
    points: int | None = None,
    replications: int = 1000,
    precision_days: float | None = None,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Return the completion at every point of an experiment over one or several keys.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    vary, design, points
        As in `design_points`.
    replications, precision_days
        At each point; as in `run` and `run_to_precision`.
    seed, engine, jobs
        As in `run`; all points share their luck.
    folder
        Where finished points are kept, so that the same call continues; none by default.
    progress
        Called with the replications done and expected in all.

    Raises
    ------
    ScenarioError
        With the problems of all points, before anything is run.
    UnfinishedError
        If it was interrupted, or a worker died.
    """
    settings = design_points(scenario, vary=vary, design=design, points=points, seed=seed)
    scenarios = scenarios_at(scenario, settings)
    study = Study(seed=seed, engine=engine, jobs=jobs, folder=folder, progress=progress)
    return carry_out(
        study,
        scenario,
        settings=settings,
        scenarios=scenarios,
        replications=replications,
        precision_days=precision_days,
    )


def carry_out(
    study: Study,
    scenario: Scenario,
    *,
    settings: Sequence[Settings],
    scenarios: Sequence[Scenario],
    replications: int,
    precision_days: float | None,
) -> Sweep:
    """Return the sweep over points that are known to be valid.

    Parameters
    ----------
    study
        That does the work.
    scenario
        That the keys were varied in.
    settings, scenarios
        Of each point.
    replications, precision_days
        As in `sweep`.
    """
    study.expect(replications * len(set(scenarios)))
    done = []
    for at, each in zip(settings, scenarios, strict=True):
        ensemble, note = study.precise(each, replications, precision_days)
        done.append(Point(at, each, ensemble.replications, _estimates(ensemble), note))
    return Sweep(scenario, study.seed, tuple(settings[0]), tuple(done))


def _estimates(ensemble: Ensemble) -> dict[str, Estimate]:
    """Return the numbers of a point, which are those of a run."""
    numbers = {(row.quantity, row.statistic): row.estimate for row in summarize(ensemble)}
    deadlines = {
        quantity: estimate
        for (quantity, _), estimate in numbers.items()
        if quantity.startswith("deadline:")
    }
    return {name: numbers.get(at, NOTHING) for name, at in _SOURCES.items()} | deadlines


# As a table


def columns(settings: Sequence[Settings], scenarios: Sequence[Scenario]) -> dict[str, pl.DataType]:
    """Return the columns of `sweep.csv` and their types."""
    keys = {key: kind_of([at[key] for at in settings]) for key in settings[0]}
    estimates = {
        name + end: pl.Float64() for name in _names(scenarios) for end in ("", "_low", "_high")
    }
    return {**keys, "replications": pl.Int64(), **estimates}


def table(sweep: Sweep) -> pl.DataFrame:
    """Return one row per point, with the columns of `columns`."""
    settings = [point.settings for point in sweep.points]
    scenarios = [point.scenario for point in sweep.points]
    schema = columns(settings, scenarios)
    rows = []
    for point in sweep.points:
        row = _cells(point.settings, schema) | {"replications": point.replications}
        for name in _names(scenarios):
            places = SHARE if name.startswith("deadline:") else _DECIMALS.get(name, DAYS)
            estimate = point.estimates.get(name, NOTHING)
            for end, value in zip(("", "_low", "_high"), estimate, strict=True):
                row[name + end] = written(value, places)
        rows.append(row)
    return pl.DataFrame(rows, schema=schema, orient="row")


def every_replication(sweep: Sweep, study: Study) -> bytes:
    """Return all replications of all points as Parquet: point (from 1), keys, what happened."""
    settings = [point.settings for point in sweep.points]
    kinds = {key: kind_of([at[key] for at in settings]) for key in sweep.keys}
    frames = []
    for number, point in enumerate(sweep.points, start=1):
        frame = replications(study.ensemble(point.scenario, point.replications))
        cells = _cells(point.settings, kinds).items()
        at = [pl.lit(value, dtype=kinds[key]).alias(key) for key, value in cells]
        frames.append(frame.select(pl.lit(number, dtype=pl.Int64()).alias("point"), *at, pl.all()))
    return parquet_bytes(pl.concat(frames))


def notes(sweep: Sweep) -> str:
    """Return what is to be said of some points, each said once."""
    found = {
        note: [in_words(p.settings) for p in sweep.points if p.note == note]
        for note in dict.fromkeys(point.note for point in sweep.points)
        if note
    }
    return "; ".join(f"{note} ({'; '.join(points)})" for note, points in found.items())


def _names(scenarios: Sequence[Scenario]) -> list[str]:
    """Return the names of the estimates, with every deadline that any point has."""
    deadlines = [f"deadline:{d.name}" for each in scenarios for d in each.deadline]
    return [*QUANTILES, *dict.fromkeys(deadlines), "cost_mean", "restored_p50", "completed"]


def _cells(settings: Settings, kinds: Mapping[str, pl.DataType]) -> Settings:
    """Return the values of a point as its columns hold them."""
    as_text = {key: kinds[key] == pl.String() for key in settings}
    return {key: _text(value) if as_text[key] else value for key, value in settings.items()}


def _text(value: Any) -> str:
    """Return a value as a person types it, which no spreadsheet takes for a formula."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_text(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    formula = isinstance(value, str) and value[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20")
    return f"'{value}" if formula else str(value).lower() if isinstance(value, bool) else str(value)
