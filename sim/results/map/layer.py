"""A table with a shape for each row, as a file that geographic programs read."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sim.errors import ResultError
from sim.results.map.areas import DEGREES, in_crs, libraries

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON"}


def driver_of(path: Path) -> str:
    """Return what writes a file, by its name.

    Raises
    ------
    ResultError
        If nothing does.
    """
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise ResultError(f"{path}: a map ends in {' or '.join(DRIVERS)}")
    return driver


def layer_bytes(
    table: pl.DataFrame, shapes: Sequence[Any], *, crs: str, driver: str, name: str
) -> bytes:
    """Return a layer: a GeoPackage in its own coordinates, GeoJSON in degrees (RFC 7946).

    Parameters
    ----------
    table
        Of numbers, texts and dates; null is null there, too.
    shapes
        Of each row: polygons, or None.
    crs
        Their system of coordinates.
    driver
        As `driver_of` gives it.
    name
        Of the layer.
    """
    pyogrio, shapely, _ = libraries()
    written = DEGREES if driver == "GeoJSON" else crs
    columns = table.get_columns()
    data = io.BytesIO()
    pyogrio.raw.write(
        data,
        shapely.to_wkb(np.array([_several(s, shapely) for s in in_crs(shapes, crs, written)])),
        [_values(column) for column in columns],
        np.array(table.columns, object),
        field_mask=[column.is_null().to_numpy() for column in columns],
        driver=driver,
        crs=written,
        geometry_type="MultiPolygon",
        layer=name,
    )
    return data.getvalue()


def _several(shape: Any, shapely: Any) -> Any:
    """Return a shape as several polygons, as all of a layer are."""
    return None if shape is None else shapely.multipolygons(shapely.get_parts(shape))


def _values(column: pl.Series) -> Any:
    if column.dtype == pl.Date:
        return column.to_numpy().astype("datetime64[D]")
    if column.dtype == pl.String:
        return np.array(column.to_list(), object)
    return column.fill_null(0).to_numpy()
