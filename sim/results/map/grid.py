"""Areas added up in the cells of a grid: what may be shown of where they are.

The grid belongs to the UTM zone of most of the land, not to the land: its lines are whole multiples
of the side of a cell from the origin of the zone, so that neither its place nor its outline tells
where an area ends. Sides are multiples of 5 km: a map with cells of another size, laid over it,
tells no more than one with cells of 5 km. An area lies in one cell whole, that of its middle: its
parts in several cells would tell how it lies across their border.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import ResultError
from sim.results.map.areas import DEGREES, Located, libraries

LEAST_KM = 5
_M = 1000


@dataclass(frozen=True, eq=False)
class Grid:
    """The cells in which areas lie.

    Attributes
    ----------
    crs
        In whose metres the cells are squares.
    side_m
        Of a cell.
    cells
        Column and row (C, 2) of each, from the origin; ordered from north to south, then eastward.
    cell
        In which each located area (K) lies.
    """

    crs: str
    side_m: int
    cells: NDArray[np.int64]
    cell: NDArray[np.int64]

    def squares(self) -> list[Any]:
        """Return the cells as polygons."""
        _, shapely, _ = libraries()
        low = self.cells * self.side_m
        return list(shapely.box(low[:, 0], low[:, 1], *(low + self.side_m).T))


def grid(located: Located, *, side_km: int) -> Grid:
    """Return the cells in which some areas lie.

    Parameters
    ----------
    located
        The areas.
    side_km
        Of a cell: a multiple of 5 km.

    Raises
    ------
    ResultError
        If cells are smaller or something between, or an area is not on Earth.
    """
    if side_km < LEAST_KM or side_km % LEAST_KM:
        raise ResultError(f"cells of {side_km} km: allowed are multiples of {LEAST_KM} km")
    _, shapely, pyproj = libraries()
    middle = shapely.get_coordinates(shapely.centroid(np.array(located.shape, object)))
    degrees = _moved(middle, located.crs, DEGREES, pyproj)
    crs = _zone(degrees)
    metres = _moved(degrees, DEGREES, crs, pyproj)
    if not np.isfinite(metres).all():
        raise ResultError("polygons lie where the grid has no cells: too far from each other")
    at = np.floor(metres / (side_km * _M)).astype(np.int64)
    order = np.column_stack([-at[:, 1], at[:, 0]])
    cells, cell = np.unique(order, axis=0, return_inverse=True)
    return Grid(crs, side_km * _M, np.column_stack([cells[:, 1], -cells[:, 0]]), cell.ravel())


def _moved(points: NDArray[Any], crs: str, other: str, pyproj: Any) -> NDArray[np.float64]:
    change = pyproj.Transformer.from_crs(crs, other, always_xy=True).transform
    return np.column_stack(change(points[:, 0], points[:, 1]))


def _zone(degrees: NDArray[np.float64]) -> str:
    """Return the UTM zone in which the most of some places lie about."""
    longitude, latitude = np.median(degrees, axis=0)
    zone = min(max(int((longitude + 180) // 6) + 1, 1), 60)
    return f"EPSG:{(32600 if latitude >= 0 else 32700) + zone}"
