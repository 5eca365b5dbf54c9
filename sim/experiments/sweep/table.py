"""A sweep as a table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from sim.experiments.designs import Settings
from sim.experiments.study import Study
from sim.experiments.sweep.sweep import DATES, OTHERS, Sweep
from sim.results.csv import headings, kind_of, no_formula, parquet_bytes, written
from sim.results.tables import SCHEMAS, replications
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import NOTHING
from sim.statistics.quantities import DEADLINE, FUND, quantity_of

_ENDS = ("", "_low", "_high")
_OWN = ("replications", *(name + end for name in (*DATES, *OTHERS) for end in _ENDS))


def columns(settings: Sequence[Settings], scenarios: Sequence[Scenario]) -> dict[str, pl.DataType]:
    """Return the columns of `sweep.csv` and their types."""
    keys = _keys(settings, taken=_OWN)
    names = _in_order(named_columns(keys, scenarios)).values()
    estimates = {name + end: pl.Float64() for name in names for end in _ENDS}
    return {**keys, "replications": pl.Int64(), **estimates}


def table(sweep: Sweep) -> pl.DataFrame:
    """Return one row per point, with the columns of `columns`."""
    settings = [point.settings for point in sweep.points]
    scenarios = [point.scenario for point in sweep.points]
    schema, keys = columns(settings, scenarios), _keys(settings, taken=_OWN)
    names = _in_order(named_columns(keys, scenarios))
    rows = []
    for point in sweep.points:
        row = _cells(point.settings, keys) | {"replications": point.replications}
        for name, column in names.items():
            quantity, _ = (DATES | OTHERS).get(name, (name, "probability"))
            places = quantity_of(quantity).unit.decimals
            estimate = point.estimates.get(name, NOTHING)
            for end, value in zip(_ENDS, estimate, strict=True):
                row[column + end] = written(value, places)
        rows.append(row)
    return pl.DataFrame(rows, schema=schema, orient="row")


def every_replication(sweep: Sweep, study: Study) -> bytes:
    """Return all replications of all points as Parquet: point (from 1), keys, what happened."""
    settings = [point.settings for point in sweep.points]
    kinds = _keys(settings, taken=("point", *SCHEMAS["replications"]))
    frames = []
    for number, point in enumerate(sweep.points, start=1):
        frame = replications(study.ensemble(point.scenario, point.replications))
        cells = _cells(point.settings, kinds).items()
        at = [pl.lit(value, dtype=kinds[key]).alias(key) for key, value in cells]
        frames.append(frame.select(pl.lit(number, dtype=pl.Int64()).alias("point"), *at, pl.all()))
    return parquet_bytes(pl.concat(frames))


def named_columns(keys: Iterable[str], scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Return the column of every deadline and fund that any point has.

    By `deadline:<name>` and `fund:<name>`.

    Parameters
    ----------
    keys
        Columns of the varied keys.
    scenarios
        Of each point.
    """
    names = [DEADLINE + d.name for each in scenarios for d in each.deadline]
    names += [FUND + f.name for each in scenarios if each.money for f in each.money.fund]
    return headings(dict.fromkeys(names), taken=(*_OWN, *keys), ends=_ENDS)


def _in_order(named: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of all estimates, by their names: those of funds are last."""
    deadlines = {name: column for name, column in named.items() if name.startswith(DEADLINE)}
    dates, others = ({name: name for name in names} for names in (DATES, OTHERS))
    return dates | deadlines | others | dict(named)


def _keys(settings: Sequence[Settings], taken: Iterable[str]) -> dict[str, pl.DataType]:
    """Return the columns of the varied keys, in their order, and their types."""
    names = headings(settings[0], taken=taken)
    return {names[key]: kind_of([at[key] for at in settings]) for key in names}


def _cells(settings: Settings, kinds: Mapping[str, pl.DataType]) -> Settings:
    """Return the values of a point as its columns hold them."""
    values = zip(kinds.items(), settings.values(), strict=True)
    return {
        column: _text(value) if kind == pl.String() else value for (column, kind), value in values
    }


def _text(value: Any) -> str:
    """Return a value as a person types it, which no spreadsheet takes for a formula."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_text(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, str):
        return no_formula(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
