"""Lists of areas in layers and workbooks, with their polygons: what the extra demine[map] reads.

Coordinates stay in here: what goes out of a polygon is how large it is, and whether it was broken.
Only `layer_shapes`, for maps, gives polygons away; nothing in `sim.scenario` calls it.
"""

import math
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.files import content_of
from sim.scenario.checks import MOST_SECTORS
from sim.scenario.sheets import Polygons, Sheet, bad_list

KINDS = {  # how their files begin
    ".gpkg": b"SQLite format 3\0",
    ".geojson": b"{",
    ".json": b"{",
    ".shp": b"\0\0\x27\x0a",
    ".gdb": b"",
    ".kml": b"<",
    ".xlsx": b"PK\x03\x04",
}
LEAST_SHARED = 0.01  # of the smaller polygon: borders drawn twice share slivers
MOST_NEIGHBOURS, MOST_OVERLAPS = 100, 1000
_WITH_SHP = (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx")
_EXTRA = "CSV, or this with what `pip install 'demine[map]'` adds"
_ELLIPSOID = "WGS84"
_LONGITUDE_LATITUDE = "EPSG:4326"


def is_layer(path: Path) -> bool:
    """Tell whether a file is read as a layer or workbook, by its name."""
    return path.suffix.lower() in KINDS


def size_of(path: Path) -> int:
    """Return how many bytes a layer has, with all files that belong to it.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if path.suffix.lower() == ".gdb" and path.is_dir():
        return sum(file.lstat().st_size for file in path.iterdir())
    beside = [path.with_suffix(end) for end in _WITH_SHP] if path.suffix.lower() == ".shp" else []
    size = path.stat().st_size + sum(file.stat().st_size for file in beside if file.exists())
    if path.suffix.lower() == ".xlsx" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as book:
            size += sum(part.file_size for part in book.infolist())
    return size


def layer_sheet(path: Path, *, name: str, overlaps: bool = False) -> Sheet:
    """Return what is in a layer or workbook; its size is bounded by who asks.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile, file geodatabase, KML, or XLSX.
    name
        Of the file, for errors.
    overlaps
        Whether to look for polygons that share land.

    Raises
    ------
    ScenarioError
        If the extra is not installed, or the file is something else or has several layers.
    OSError
        If it cannot be read.
    """
    shapely, pyproj, layer = _read(path, name)
    polygons = None
    if layer.shapes is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            polygons = _polygons(layer, shapely, pyproj)
            if overlaps and polygons is not None:
                polygons.overlapping.update(_overlapping(layer.shapes, layer.first, shapely))
    rows = ((number, list(row)) for number, row in enumerate(layer.rows, start=layer.first))
    return Sheet(layer.columns, rows, polygons=polygons)


@dataclass(frozen=True, eq=False)
class Shapes:
    """What is in a layer of polygons, coordinates and all.

    Attributes
    ----------
    columns, rows
        Their names in order, and the cells of each row.
    first
        Number of the first row.
    shapes
        The polygon of each row, repaired where it was broken; None where there is none.
    crs
        Their system of coordinates, as the layer states it.
    """

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    first: int
    shapes: list[Any]
    crs: str


def layer_shapes(path: Path, *, name: str) -> Shapes:
    """Return the polygons of a layer; its size is bounded by who asks.

    Parameters
    ----------
    path, name
        As for `layer_sheet`.

    Raises
    ------
    ScenarioError
        As by `layer_sheet`, and if there are no polygons, or nothing says where on Earth they are.
    OSError
        If it cannot be read.
    """
    shapely, pyproj, layer = _read(path, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        polygons = None if layer.shapes is None else _polygons(layer, shapely, pyproj)
    if layer.shapes is not None and polygons is None:
        found = "polygons in no known system of coordinates"
        raise bad_list(name, 0, found, "a layer that states its system")
    if polygons is None or not polygons.areas_m2:
        raise bad_list(name, 0, "no polygons", "a layer of polygons")
    numbered = enumerate(layer.shapes, start=layer.first)
    sound = [shape if number in polygons.areas_m2 else None for number, shape in numbered]
    return Shapes(layer.columns, list(layer.rows), layer.first, sound, layer.crs or "")


@dataclass(frozen=True, eq=False)
class _Layer:
    """What a file holds: `wkb` as it stands there, `shapes` as they were read from it."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[str, ...]]
    first: int
    crs: str | None
    wkb: Any
    shapes: Any


def _read(path: Path, name: str) -> tuple[Any, Any, _Layer]:
    """Return shapely, pyproj and what is in a layer."""
    kind = path.suffix.lower()
    _refuse_other_kinds(path, kind, name)
    try:
        pyogrio, shapely, pyproj = (import_module(m) for m in ("pyogrio", "shapely", "pyproj"))
    except ImportError:
        raise bad_list(name, 0, f"a file of kind {kind}", _EXTRA) from None
    options = {"HEADERS": "FORCE"} if kind == ".xlsx" else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layer = _layer(pyogrio.list_layers(path), name, book=kind == ".xlsx")
            meta, _, wkb, cells = pyogrio.raw.read(
                path, layer, force_2d=True, max_features=MOST_SECTORS + 1, **options
            )
    except (RuntimeError, TypeError, pyogrio.errors.FieldError):  # GDAL's own words may quote it
        raise bad_list(name, 0, f"nothing that can be read as {kind}", "a sound file") from None
    columns = tuple(str(column).strip() for column in meta["fields"])
    shapes = None
    if wkb is not None and len(wkb):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    first = 2 if kind == ".xlsx" else 1
    return shapely, pyproj, _Layer(columns, _rows(cells), first, meta["crs"], wkb, shapes)


def _refuse_other_kinds(path: Path, kind: str, name: str) -> None:
    """Refuse what does not begin as its name says: drivers may follow paths inside other kinds."""
    if kind == ".gdb":
        if path.exists() and not path.is_dir():
            raise bad_list(name, 0, "a file", "the folder of a file geodatabase")
        if any(not file.is_file() or file.is_symlink() for file in path.iterdir()):
            raise bad_list(name, 0, "more than files in it", "the folder of a file geodatabase")
        return
    begin = content_of(path, most=10**12, first=2000).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not begin.startswith(KINDS[kind]) or (kind == ".kml" and b"<kml" not in begin):
        raise bad_list(name, 0, f"nothing that begins as {kind} does", f"a {kind} file")


def _layer(layers: NDArray[Any], name: str, *, book: bool) -> str:
    """Return the layer of areas: the first sheet of a workbook, the only one with polygons."""
    names = [str(layer) for layer, _ in layers]
    with_areas = [str(layer) for layer, kind in layers if kind and "Polygon" in str(kind)]
    fit = names[:1] if book else with_areas or names
    if len(fit) != 1:
        raise bad_list(name, 0, f"{len(fit)} layers", "one layer of areas")
    return fit[0]


def _rows(cells: Sequence[NDArray[Any]]) -> Iterator[tuple[str, ...]]:
    return zip(*([_text(value) for value in column] for column in cells), strict=True)


def _text(value: Any) -> str:
    """Return a value as CSV would state it."""
    if value is None or value != value or str(value) == "NaT":  # noqa: PLR0124 # not a number
        return ""
    if isinstance(value, np.datetime64):
        return str(value)[:10]
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _polygons(layer: _Layer, shapely: Any, pyproj: Any) -> Polygons | None:
    """Return how large the polygons are, geodesically, and which are broken; repair these."""
    found, shapes = Polygons(), layer.shapes
    if not layer.crs:
        return None
    numbers = np.arange(layer.first, layer.first + len(shapes))
    unread = np.array([stated is not None for stated in layer.wkb]) & shapely.is_missing(shapes)
    found.broken.update(numbers[unread].tolist())
    flat = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    bad = flat & ~shapely.is_valid(shapes)
    shapes[bad] = [_flat_part(shape, shapely) for shape in shapely.make_valid(shapes[bad])]
    lost = bad & shapely.is_empty(shapes)
    found.broken.update(numbers[lost].tolist())
    found.repaired.update(numbers[bad & ~lost].tolist())
    to_degrees = pyproj.Transformer.from_crs(layer.crs, _LONGITUDE_LATITUDE, always_xy=True)
    globe = pyproj.Geod(ellps=_ELLIPSOID)
    for number, shape in zip(numbers[flat & ~lost].tolist(), shapes[flat & ~lost], strict=True):
        area = _geodesic_m2(shape, to_degrees, globe, shapely)
        if area > 0:
            found.areas_m2[number] = area
        else:
            found.repaired.discard(number)
            found.broken.add(number)
    return found


def _flat_part(shape: Any, shapely: Any) -> Any:
    """Return what has an area of a repaired shape: lines and points may be left over."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_type_id(parts) == 3])


def _overlapping(shapes: NDArray[Any], first: int, shapely: Any) -> Iterator[int]:
    """Yield the rows whose polygon shares more than a sliver with that of a row before."""
    flat = np.flatnonzero(np.isin(shapely.get_type_id(shapes), (3, 6)))
    tree, sizes = shapely.STRtree(shapes[flat]), shapely.area(shapes[flat])
    found = 0
    for i in range(1, len(flat)):
        others = tree.query(shapes[flat[i]], predicate="intersects")
        others = others[others < i][:MOST_NEIGHBOURS]
        shared = shapely.area(shapely.intersection(shapes[flat[i]], shapes[flat[others]]))
        if (shared > LEAST_SHARED * np.minimum(sizes[i], sizes[others])).any():
            yield first + int(flat[i])
            found += 1
        if found > MOST_OVERLAPS:
            return


def _geodesic_m2(shape: Any, to_degrees: Any, globe: Any, shapely: Any) -> float:
    """Return the area of polygons on the ellipsoid, 0 where they are not on Earth."""
    area = 0.0
    for part in shapely.get_parts(shape):
        rings = [part.exterior, *part.interiors]
        sizes = [_ring_m2(shapely.get_coordinates(ring), to_degrees, globe) for ring in rings]
        area += sizes[0] - sum(sizes[1:])
    return area if math.isfinite(area) else 0.0


def _ring_m2(points: NDArray[np.float64], to_degrees: Any, globe: Any) -> float:
    longitude, latitude = to_degrees.transform(points[:, 0], points[:, 1])
    on_earth = np.isfinite(longitude).all() and (np.abs(latitude) <= 90).all()
    if not on_earth:
        return math.nan
    return abs(float(globe.polygon_area_perimeter(longitude, latitude)[0]))
