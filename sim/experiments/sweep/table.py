"""A sweep as a table."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from sim.experiments.designs import Settings
from sim.experiments.study import Study
from sim.experiments.sweep.sweep import DATES, OTHERS, Sweep
from sim.results.csv import kind_of, parquet_bytes, written
from sim.results.tables import replications
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import NOTHING
from sim.statistics.quantities import DEADLINE, quantity_of


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
            quantity, _ = (DATES | OTHERS).get(name, (name, "probability"))
            places = quantity_of(quantity).unit.decimals
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


def _names(scenarios: Sequence[Scenario]) -> list[str]:
    """Return the names of the estimates, with every deadline that any point has."""
    deadlines = [DEADLINE + d.name for each in scenarios for d in each.deadline]
    return [*DATES, *dict.fromkeys(deadlines), *OTHERS]


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
