"""The areas of a result with their polygons, joined by the names that both have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from sim.errors import ResultError, nearest, show
from sim.scenario.layers import Shapes, is_layer, layer_shapes, size_of
from sim.scenario.reading import MOST
from sim.scenario.scenario import Listed, Scenario
from sim.scenario.sheets import bad_list, is_of_places, tells_where

DEGREES = "EPSG:4326"
_MISSING = "maps need what `pip install 'demine[map]'` adds: pyogrio, shapely and pyproj"


class Source(NamedTuple):
    """A layer with polygons of areas.

    Parameters
    ----------
    file
        Where it is.
    column
        Which names the areas; empty for the one that names most areas of the result.
    prefixes
        What may stand before these names in those of the sectors; empty for nothing.
    """

    file: Path
    column: str = ""
    prefixes: tuple[str, ...] = ("",)


@dataclass(eq=False)
class Located:
    """Areas of a result that have a polygon (K), and what cannot be joined.

    Attributes
    ----------
    sector
        Number of the sector of each.
    id
        What it is called in the layer.
    shape
        Its polygon, or all that have its id.
    crs
        The system of coordinates of all polygons.
    without_polygon
        Names of the sectors that have none.
    without_area
        What rows of the layers that are no area of the result are called; not by coordinates.
    """

    crs: str
    sector: list[int] = field(default_factory=list)
    id: list[str] = field(default_factory=list)
    shape: list[Any] = field(default_factory=list)
    without_polygon: list[str] = field(default_factory=list)
    without_area: list[str] = field(default_factory=list)


def libraries() -> tuple[Any, Any, Any]:
    """Return pyogrio, shapely, and pyproj without a network.

    Raises
    ------
    ResultError
        If the extra is not installed.
    """
    try:
        pyogrio, shapely, pyproj = (import_module(m) for m in ("pyogrio", "shapely", "pyproj"))
    except ImportError:
        raise ResultError(_MISSING) from None
    import_module("pyproj.network").set_network_enabled(False)
    return pyogrio, shapely, pyproj


def sources_of(lists: Iterable[Listed]) -> list[Source]:
    """Return the layers among the lists that a scenario took its land from."""
    files = [(Path(one.file), one) for one in lists]
    return [Source(file, one.column, (one.prefix,)) for file, one in files if is_layer(file)]


def locate(scenario: Scenario, sources: Sequence[Source]) -> Located:
    """Return the areas of a scenario with their polygons in some layers.

    Raises
    ------
    ResultError
        If the extra is not installed.
    ScenarioError
        If a layer cannot be read, or names no area of the scenario.
    """
    libraries()
    read = [_read(source.file) for source in sources]
    systems = {shapes.crs for shapes in read}
    found = Located(systems.pop() if len(systems) == 1 else DEGREES)
    number = {name: i for i, name in enumerate(scenario.sector_names)}
    parts: dict[int, list[Any]] = {}
    ids: dict[int, str] = {}
    for source, shapes in zip(sources, read, strict=True):
        place, prefix = _naming(source, shapes, number)
        polygons = in_crs(shapes.shapes, shapes.crs, found.crs)
        for i, (row, polygon) in enumerate(zip(shapes.rows, polygons, strict=True)):
            sector = number.get(_full(prefix, row[place]))
            if sector is None:
                hidden = not row[place] or tells_where(row[place])
                found.without_area.append(f"row {shapes.first + i}" if hidden else row[place])
            elif polygon is not None:
                parts.setdefault(sector, []).append(polygon)
                ids.setdefault(sector, row[place])
    for sector in sorted(parts):
        found.sector.append(sector)
        found.id.append(ids[sector])
        found.shape.append(_together(parts[sector]))
    found.without_polygon = [name for name, i in number.items() if i not in parts]
    return found


def in_crs(shapes: Sequence[Any], crs: str, other: str) -> list[Any]:
    """Return shapes in another system of coordinates."""
    if crs == other:
        return list(shapes)
    _, shapely, pyproj = libraries()
    change = pyproj.Transformer.from_crs(crs, other, always_xy=True).transform
    return [
        None if shape is None else shapely.transform(shape, change, interleaved=False)
        for shape in shapes
    ]


def _read(file: Path) -> Shapes:
    name = str(file)
    if not is_layer(file):
        raise bad_list(name, 0, "a list without polygons", "a layer (.gpkg, .geojson, .shp ...)")
    try:
        if size_of(file) > MOST["bytes of CSV"]:
            raise OSError(f"more than {MOST['bytes of CSV']} bytes")
        return layer_shapes(file, name=name)
    except OSError as error:
        reason = (error.strerror or str(error) or "cannot be read").lower()
        raise bad_list(name, 0, reason, "a readable layer of polygons") from None


def _naming(source: Source, shapes: Shapes, number: dict[str, int]) -> tuple[int, str]:
    """Return which column, with which prefix, names most areas."""
    name, columns = str(source.file), shapes.columns
    if source.column and source.column not in columns:
        near = nearest(source.column, columns)
        raise bad_list(name, 0, f"no column {show(source.column)}", "a column of the layer", near)

    def named(place: int, prefix: str) -> int:
        return len({full for row in shapes.rows if (full := _full(prefix, row[place])) in number})

    places = [i for i, c in enumerate(columns) if c == source.column or not source.column]
    ways = [(i, p) for i in places if not is_of_places(columns[i]) for p in source.prefixes]
    best = max(ways, key=lambda way: named(*way), default=(0, ""))
    if not ways or named(*best) == 0:
        where = f"the column {show(source.column)}" if source.column else "a column"
        allowed = f"{where} with names of areas of the result"
        raise bad_list(name, 0, "no name of any area", allowed)
    return best


def _full(prefix: str, name: str) -> str:
    return f"{prefix} {name}" if prefix else name


def _together(polygons: list[Any]) -> Any:
    """Return the polygons of an area as one shape."""
    if len(polygons) == 1:
        return polygons[0]
    _, shapely, _ = libraries()
    return shapely.multipolygons([p for polygon in polygons for p in shapely.get_parts(polygon)])
