"""What a map says of cells, regions and areas, from the tables of a result.

What a table does not hold is not there: of a cell, for instance, the P80 of all its areas together.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sim.errors import ResultError
from sim.results.map.areas import Located
from sim.results.map.grid import Grid
from sim.results.places import deadline_columns, released_by_columns
from sim.results.storage import Results
from sim.scenario.scenario import Scenario
from sim.statistics.quantities import HECTARES

LATEST, LOWEST = "latest_", "lowest_"
_DAYS = ("p50", "p80")


def cell_table(found: Results, located: Located, cells: Grid) -> pl.DataFrame:
    """Return one row per cell: what its areas add up to, and the worst that is known of one.

    All areas of a cell together are released later than each: the latest of their P80 is the
    earliest that theirs can be, and the lowest of their chances the highest. It is missing where
    that of an area is not known, for it lies beyond the horizon.
    """
    rows = _sectors(found, located).with_columns(cell=pl.Series(cells.cell + 1, dtype=pl.Int64))
    days = [pl.col(f"{day}_date") for day in _DAYS]
    chances = [pl.col(name) for name in released_by_columns(found.scenario).values()]
    shown = [name.meta.output_name() for name in chances]
    unknown = [pl.col(name).is_null() & pl.col(f"{name}_high").is_not_null() for name in shown]
    return (
        rows.group_by("cell")
        .agg(
            pl.len().cast(pl.Int64).alias("areas"),
            pl.col("area_ha").sum().round(HECTARES.decimals),
            pl.col("region").drop_nulls().unique(maintain_order=True).alias("regions"),
            pl.col("p80_date").is_null().sum().cast(pl.Int64).alias("areas_p80_unknown"),
            *(_unless(d.is_null(), d.max()).name.prefix(LATEST) for d in days),
            pl.col("completed").min().name.prefix(LOWEST),
            *(
                _unless(u, c.min()).name.prefix(LOWEST)
                for u, c in zip(unknown, chances, strict=True)
            ),
        )
        .with_columns(pl.col("regions").list.join("; ").replace("", None))
        .sort("cell")
    )


def _unless(unknown: pl.Expr, known: pl.Expr) -> pl.Expr:
    """Return what is known of all, nothing if something is unknown of any."""
    return pl.when(~unknown.any()).then(known)


def area_table(found: Results, located: Located) -> pl.DataFrame:
    """Return one row per located area: what the table of sectors says of it."""
    chances = released_by_columns(found.scenario).values()
    rows = _sectors(found, located).with_columns(id=pl.Series(located.id, dtype=pl.String))
    days = [f"{day}_date" for day in _DAYS]
    return rows.select("id", "sector", "region", "area_ha", *days, "completed", *chances)


def _sectors(found: Results, located: Located) -> pl.DataFrame:
    """Return the rows of located areas in the table of sectors, with their regions."""
    regions = pl.Series(_regions(found.scenario), dtype=pl.String)
    return found.sectors.with_columns(region=regions)[located.sector]


def _regions(scenario: Scenario) -> list[str | None]:
    """Return the region of each sector."""
    return [entry.region for entry in scenario.sector for _ in range(entry.count)]


def region_table(found: Results, located: Located) -> pl.DataFrame:
    """Return one row per region, land of none last: what the table of regions says of it.

    Raises
    ------
    ResultError
        If no region is stated.
    """
    if found.regions.is_empty():
        raise ResultError("this result has no regions: no sector states one")
    areas = _regions(found.scenario)
    on_map = [areas[i] for i in located.sector]
    regions = found.regions["region"].to_list()
    return found.regions.select(
        "region",
        pl.Series("areas", [areas.count(name) for name in regions], dtype=pl.Int64),
        pl.Series("areas_on_map", [on_map.count(name) for name in regions], dtype=pl.Int64),
        "area_ha",
        *(f"{day}_date" for day in _DAYS),
        "completed",
        *deadline_columns(found.scenario).values(),
    )


def region_cells(found: Results, located: Located, cells: Grid) -> list[NDArray[np.int64]]:
    """Return in which cells areas of each region lie."""
    areas = _regions(found.scenario)
    on_map = np.array([areas[i] or "" for i in located.sector])
    names = found.regions["region"].fill_null("")
    return [np.unique(cells.cell[on_map == name]) for name in names]
