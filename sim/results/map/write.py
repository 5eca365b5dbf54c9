"""The map of a result: a layer beside it, and a picture of cells."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import polars as pl

from sim.errors import ResultError
from sim.results.lists import lists_of
from sim.results.map.areas import Located, Source, libraries, locate, sources_of
from sim.results.map.grid import LEAST_KM, Grid, grid
from sim.results.map.layer import driver_of, layer_bytes
from sim.results.map.table import area_table, cell_table, region_cells, region_table
from sim.results.one_file import refuse_no_file, write_file
from sim.results.storage import Results, read_results

Part = Literal["cell", "region", "area"]


@dataclass(frozen=True, eq=False)
class Map:
    """What was written.

    Attributes
    ----------
    layer, picture
        Where; there is no picture of exact polygons.
    part
        What a row of the layer is about; exact polygons are those of areas.
    table
        All of the layer but its shapes.
    located
        The areas that are on it, and what could not be joined.
    cells
        In which they lie.
    found
        The result.
    """

    layer: Path
    picture: Path | None
    part: Part
    table: pl.DataFrame
    located: Located
    cells: Grid
    found: Results


def write_map(
    result: str | Path,
    *,
    land: Iterable[str | Path] = (),
    column: str = "",
    out: str | Path | None = None,
    cell_km: int = LEAST_KM,
    part: Part = "cell",
    force: bool = False,
) -> Map:
    """Write the map of a run's result; return what is on it.

    Parameters
    ----------
    result
        Folder of the result.
    land
        Layers with polygons; those that its land was taken from if none are given.
    column
        Of these layers that names the areas; by default the one that names most of them.
    out
        The layer, a GeoPackage or GeoJSON by its name; `<result>-map.gpkg` by default, and
        `<result>-exact.gpkg` for areas. The picture stands beside it; there is none of areas.
    cell_km
        Side of a cell: a multiple of 5 km.
    part
        What a row is about: a cell; a region, with the cells that it has land in as its shape; or
        an area, with its exact polygon.
    force
        Whether files that are there may be replaced.

    Raises
    ------
    ResultError
        If the extra is not installed, the result cannot be read, or a file may not be written.
    ScenarioError
        If a layer cannot be read, or names no area of the result.
    """
    libraries()
    folder = Path(result)
    kind = "exact" if part == "area" else "map"
    default = folder.resolve().with_name(f"{folder.resolve().name}-{kind}.gpkg")
    layer = Path(out) if out is not None else _shortest(default)
    driver = driver_of(layer)
    picture = layer.with_suffix(".png") if part != "area" else None
    for path in (layer, picture):
        if path is not None:
            _refuse_taken(path, force=force)
    found = read_results(folder)
    located = locate(found.scenario, _sources(found, folder, list(land), column))
    cells = grid(located, side_km=cell_km)
    table, shapes, crs = _rows(found, located, cells, part)
    data = layer_bytes(table, shapes, crs=crs, driver=driver, name=f"{part}s")
    drawn = b"" if picture is None else _drawn(found, located, cells)
    write_file(layer, data)
    if picture is not None:
        write_file(picture, drawn)
    return Map(layer, picture, part, table, located, cells, found)


def _rows(
    found: Results, located: Located, cells: Grid, part: Part
) -> tuple[pl.DataFrame, list[Any], str]:
    """Return the table of a layer, its shapes, and their system of coordinates."""
    if part == "area":
        return area_table(found, located), located.shape, located.crs
    squares = cells.squares()
    if part == "cell":
        return cell_table(found, located, cells), squares, cells.crs
    _, shapely, _ = libraries()
    each = np.array(squares, object)
    table = region_table(found, located)
    mine = region_cells(found, located, cells)
    return table, [shapely.union_all(each[m]) if len(m) else None for m in mine], cells.crs


def _sources(found: Results, folder: Path, land: list[str | Path], column: str) -> list[Source]:
    lists = lists_of(found.manifest, folder)
    if land:
        prefixes = tuple(dict.fromkeys(["", *(one.prefix for one in lists)]))
        return [Source(Path(file), column, prefixes) for file in land]
    sources = sources_of(lists)
    if not sources:
        raise ResultError(
            f"{folder}: its land was not taken from a layer with polygons; give one with --land"
        )
    return sources


def _refuse_taken(path: Path, *, force: bool) -> None:
    refuse_no_file(path)
    if path.exists() and not force:
        raise ResultError(
            f"{path}: is there already; replace it with --force, or give another --out"
        )


def _shortest(path: Path) -> Path:
    """Return a path as people would write it."""
    here = Path.cwd().resolve()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _drawn(found: Results, located: Located, cells: Grid) -> bytes:
    """Return the picture as PNG."""
    from sim.results.map.picture import draw, picture_grid, subtitle  # noqa: PLC0415
    from sim.results.pictures.canvas import sheet  # noqa: PLC0415

    cells = picture_grid(located, cells)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "map.png"
        with sheet(
            found.scenario, path, subtitle=subtitle(found, cells), alarm=not found.complete
        ) as figure:
            draw(figure, found, cell_table(found, located, cells), cells)
        return path.read_bytes()
