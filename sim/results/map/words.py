"""What is said of a map: how much is on it, and what could not be joined, by its names."""

from collections.abc import Iterator, Sequence

from sim.results.map.write import Map, Part
from sim.results.words import count, cut, number

_NAMED = 10
HA_PER_KM2 = 100
_MEANINGS: dict[Part, str] = {
    "cell": "A cell has the latest P80 of its areas; all of them together are released then or "
    "later.",
    "region": "A region has the shape of the cells that its areas lie in, and its own P80.",
    "area": "Exact polygons of land that is not released endanger people: give this file to nobody "
    "who does not need it.",
}


def lines(written: Map) -> Iterator[str]:
    """Yield what is said of a map on the terminal."""
    located, found = written.located, written.found
    side, unit = written.cells.side_m // 1000, found.scenario.unit
    sizes = found.sectors["area_ha"].to_numpy()
    mine = sizes[located.sector]
    on_map, all_land = (
        f"{number(float(part.sum()) * unit.per_ha)} {unit.short}" for part in (mine, sizes)
    )
    counted = (
        f"{_some(len(mine), 'area')} in {_some(len(written.cells.cells), 'cell')} of {side} km"
    )
    yield found.scenario.campaign.title or found.scenario.campaign.name
    yield f"{counted}: {on_map} of the {all_land} of this result"
    yield from _named("without a polygon, not on the map", "area", located.without_polygon)
    yield from _named("of no area of this result", "polygon", located.without_area)
    large = int((mine > HA_PER_KM2 * side**2).sum())
    if large and written.part != "area":
        yield f"{_some(large, 'area')} larger than a cell: a larger --cell-km shows more"
    yield _MEANINGS[written.part]


def _named(what: str, noun: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        some = ", ".join(cut(name, 60) for name in names[:_NAMED])
        rest = f" and {count(len(names) - _NAMED)} more" if len(names) > _NAMED else ""
        yield f"{_some(len(names), noun)} {what}: {some}{rest}"


def _some(number_of: int, noun: str) -> str:
    return f"{count(number_of)} {noun}{'' if number_of == 1 else 's'}"
