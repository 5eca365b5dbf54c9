"""Layers and workbooks: areas are geodesic, broken polygons repaired or refused by name.

What reads them is the extra demine[map]; without it most tests are skipped.
"""

import importlib
import importlib.util
import math
import pickle
import shutil
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Demine

from sim.errors import ScenarioError
from sim.scenario import layers
from sim.scenario.doubts import MOST_REMARKS, doubts
from sim.scenario.layers import layer_sheet
from sim.scenario.reading import MOST
from sim.scenario.scenario import Scenario
from sim.scenario.variants import load_scenario

HERE = all(importlib.util.find_spec(m) for m in ("pyogrio", "shapely", "pyproj"))
extra = pytest.mark.skipif(not HERE, reason="the extra demine[map] is not installed")
DRIVERS = {
    "gpkg": "GPKG",
    "geojson": "GeoJSON",
    "shp": "ESRI Shapefile",
    "gdb": "OpenFileGDB",
    "kml": "KML",
}
MERCATOR, DEGREES = "EPSG:3857", "EPSG:4326"
COLUMNS = 'columns = { name = "imsma_id", area_m2 = "areasize" }'
UNSTATED = 'columns = { name = "imsma_id" }'
RADIUS_M, FLATTENING = 6_378_137.0, 1 / 298.257223563  # of the ellipsoid WGS84
BOW_TIE = "POLYGON ((0 0, 1000 1000, 1000 0, 0 1000, 0 0))"


def loaded(folder: Path, file: str, keys: str = COLUMNS) -> Scenario:
    text = '[campaign]\nname = "own"\nstart = 2026-03-02\nhorizon_days = 900\n'
    text += f'[[sector]]\nfile = "{file}"\n{keys}\n'
    text += '[[crew]]\nname = "men"\nrole = "clearance"\ncount = 2\nrate_ha_per_day = 0.5\n'
    (folder / "own.toml").write_text(text)
    return load_scenario(folder / "own.toml")


def hectares(sector: Any) -> float:
    """Return the area of a sector, in whatever unit it is stated."""
    return float(getattr(sector, "area", sector.area_ha).mean)


def said(folder: Path, file: str, keys: str = COLUMNS) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loaded(folder, file, keys)
    return [str(problem) for problem in caught.value.problems]


def written(
    path: Path,
    shapes: list[Any] | None,
    sizes: list[float],
    *,
    crs: str | None = MERCATOR,
    **how: Any,
) -> Path:
    """Write a layer whose areas are called A, B, C ...: shapes are texts or shapes."""
    pyogrio, shapely = importlib.import_module("pyogrio"), importlib.import_module("shapely")
    made = [shapely.from_wkt(s) if isinstance(s, str) else s for s in shapes or [None] * len(sizes)]
    names = np.array([chr(ord("A") + i) for i in range(len(sizes))], object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array(made, object)) if shapes else None,
            [names, np.array(sizes)],
            np.array(["imsma_id", "areasize"]),
            **{"driver": DRIVERS.get(path.suffix[1:], "XLSX"), "crs": crs}
            | {"geometry_type": "Unknown" if shapes else None}
            | how,
        )
    return path


def degrees_m2(south: float, north: float, wide: float) -> float:
    """Return the area between two latitudes on the ellipsoid, some degrees wide.

    References
    ----------
    J. P. Snyder, Map Projections: A Working Manual (1987), equation 3-12 (authalic latitude).
    """
    e2 = FLATTENING * (2 - FLATTENING)
    e = math.sqrt(e2)

    def q(latitude: float) -> float:
        s = math.sin(math.radians(latitude))
        return s / (1 - e2 * s * s) - math.log((1 - e * s) / (1 + e * s)) / (2 * e)

    return RADIUS_M**2 * (1 - e2) / 2 * math.radians(wide) * (q(north) - q(south))


def mercator(longitude: float, latitude: float) -> tuple[float, float]:
    north = math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))
    return RADIUS_M * math.radians(longitude), RADIUS_M * north


def field(west: float, south: float, side: float = 0.001, *, web: bool = True) -> str:
    """Return a field between two parallels and two meridians, as text."""
    corners = [
        (west, south),
        (west + side, south),
        (west + side, south + side),
        (west, south + side),
    ]
    points = [mercator(*c) if web else c for c in [*corners, corners[0]]]
    return f"POLYGON (({', '.join(f'{x:.9f} {y:.9f}' for x, y in points)}))"


def test_without_the_extra_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(layers, "import_module", absent)
    for kind, begin in layers.KINDS.items():
        if kind == ".gdb":
            (tmp_path / "a.gdb").mkdir()
        else:
            (tmp_path / f"a{kind}").write_bytes(begin + b"kml><kml")
        (line,) = said(tmp_path, f"a{kind}")
        assert f"a{kind}: found a file of kind {kind}; allowed: CSV, or this with what `pip" in line


@extra
@pytest.mark.parametrize("kind", DRIVERS)
def test_areas_of_polygons_are_geodesic_in_every_kind_of_layer(tmp_path: Path, kind: str) -> None:
    """At 51 degrees north Web Mercator states two and a half times as much."""
    web = kind != "kml"
    fields = [field(35, 51, web=web), field(36, 10, web=web), field(37, -60, web=web)]
    crs = MERCATOR if web else DEGREES
    written(tmp_path / f"a.{kind}", fields, [1, 2, 3], crs=crs, geometry_type="Polygon")
    scenario = loaded(tmp_path, f"a.{kind}", UNSTATED)
    expected = [degrees_m2(south, south + 0.001, 0.001) for south in (51, 10, -60)]
    assert scenario.sector_names == ("A", "B", "C")
    found = [hectares(sector) * 10_000 for sector in scenario.sector]
    assert found == pytest.approx(expected, rel=1e-5)
    assert not list(doubts(scenario))


@extra
def test_a_stated_area_that_differs_is_a_warning_that_names_the_row(tmp_path: Path) -> None:
    size = degrees_m2(51, 51.001, 0.001)
    shapes = [field(35 + i, 51) for i in range(4)]
    written(tmp_path / "a.gpkg", shapes, [size * 1.04, size * 1.06, size * 0.96, size * 0.94])
    scenario = loaded(tmp_path, "a.gpkg")
    found = [str(doubt) for doubt in doubts(scenario)]
    assert [line.split(" m2 and")[0].split(" of ")[0] for line in found] == [
        "sector.B.area_m2",
        "sector.D.area_m2",
    ]
    assert f"of {tmp_path / 'a.gpkg'}, row 2 is {size * 1.06:.0f} m2 and its polygon" in found[0]
    assert found[0].endswith(f"{size:.0f} m2, +6% (geodesic)")
    assert hectares(scenario.sector[1]) == pytest.approx(size * 1.06 / 10_000)
    again = load_scenario(tmp_path / "own.toml", settings={"campaign.title": "x"})
    assert again.remarks == scenario.remarks == pickle.loads(pickle.dumps(scenario)).remarks
    assert scenario == scenario.remarked(())
    assert str(round(size * 1.06)) not in str(scenario.resolved())


@extra
def test_many_warnings_are_counted(tmp_path: Path) -> None:
    shapes = [field(i, 51) for i in range(26)]
    written(tmp_path / "a.gpkg", shapes, [5000.0] * 26)
    found = list(doubts(loaded(tmp_path, "a.gpkg")))
    assert len(found) == MOST_REMARKS + 1
    assert str(found[-1]) == "sector has 6 more such rows in its lists"


@extra
def test_a_hole_is_no_land_and_parts_are_added(tmp_path: Path) -> None:
    ring, hole = field(35, 51, 0.003)[9:-1], field(35.001, 51.001, 0.001)[9:-1]
    far = field(36, 51)[8:]
    written(
        tmp_path / "a.gpkg",
        [f"POLYGON ({ring}, {hole})", f"MULTIPOLYGON (({ring}), {far})"],
        [1, 1],
    )
    scenario = loaded(tmp_path, "a.gpkg", UNSTATED)
    whole = degrees_m2(51, 51.003, 0.003)
    inner, other = degrees_m2(51.001, 51.002, 0.001), degrees_m2(51, 51.001, 0.001)
    found = [hectares(sector) * 10_000 for sector in scenario.sector]
    assert found == pytest.approx([whole - inner, whole + other], rel=1e-5)


@extra
def test_a_broken_polygon_is_repaired_with_a_warning_that_names_it(tmp_path: Path) -> None:
    """Two triangles of 250 000 m2 each, on the equator: nearly so on the ellipsoid."""
    written(tmp_path / "a.gpkg", [BOW_TIE, field(1, 0)], [1, 1])
    scenario = loaded(tmp_path, "a.gpkg", UNSTATED)
    assert hectares(scenario.sector[0]) * 10_000 == pytest.approx(500_000, rel=0.01)
    (doubt,) = doubts(scenario)
    assert doubt.key == "sector.A"
    assert "row 1 has a broken polygon, which was repaired" in doubt.why


@extra
@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (
            "POLYGON ((0 0, 1000 1000, 500 500, 0 0))",
            "row 2: sector.B.area_m2: found a broken polygon",
        ),
        ("POINT (0 0)", "row 2: sector.B.area_m2: found no polygon"),
        (None, "row 2: sector.B.area_m2: found no polygon"),
        ("POLYGON EMPTY", "row 2: sector.B.area_m2: found no polygon"),
    ],
)
def test_what_has_no_area_is_refused_by_name(tmp_path: Path, shape: str | None, words: str) -> None:
    written(tmp_path / "a.gpkg", [field(35, 51), shape], [1, 1])
    lines = said(tmp_path, "a.gpkg", UNSTATED)
    assert words in lines[0]
    assert len(lines) == 1


@extra
def test_a_polygon_beyond_the_pole_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "a.gpkg", ["POLYGON ((0 80, 0 95, 1 95, 0 80))"], [1], crs=DEGREES)
    (line,) = said(tmp_path, "a.gpkg")
    assert "row 1: sector.A.area_m2: found a broken polygon" in line


@extra
def test_points_with_stated_areas_are_welcome(tmp_path: Path) -> None:
    written(tmp_path / "a.gpkg", ["POINT (1 2)", "POINT (3 4)"], [10_000, 20_000])
    scenario = loaded(tmp_path, "a.gpkg")
    assert [hectares(sector) for sector in scenario.sector] == [1, 2]
    assert not scenario.remarks


@extra
def test_polygons_without_a_system_of_coordinates_are_not_measured(tmp_path: Path) -> None:
    written(tmp_path / "a.shp", [field(35, 51)], [10_000.0], crs=None)
    assert hectares(loaded(tmp_path, "a.shp").sector[0]) == 1
    assert "found no polygon" in said(tmp_path, "a.shp", UNSTATED)[0]


@extra
def test_a_workbook_is_read_by_its_first_sheet(tmp_path: Path) -> None:
    written(tmp_path / "a.xlsx", None, [15_000.5, 20_000, -1], layer="areas")
    (line,) = said(tmp_path, "a.xlsx")
    assert "a.xlsx, row 4: sector.C" in line  # as the spreadsheet counts
    keys = f'{COLUMNS}\nwhere = {{ imsma_id = ["A", "B"] }}'
    scenario = loaded(tmp_path, "a.xlsx", keys)
    assert [hectares(s) for s in scenario.sector] == pytest.approx([1.50005, 2])


@extra
def test_whole_numbers_are_written_as_such_and_nothing_is_empty(tmp_path: Path) -> None:
    written(tmp_path / "a.gpkg", [field(35, 51)] * 2, [7.0, math.nan])
    assert list(layer_sheet(tmp_path / "a.gpkg", name="a").rows) == [
        (1, ["A", "7"]),
        (2, ["B", ""]),
    ]
    assert "found an empty cell in column 'areasize'" in said(tmp_path, "a.gpkg")[0]


# What is no layer


@extra
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.gpkg", b"", "nothing that begins as .gpkg does"),
        ("a.gpkg", b"SQLite format 3\0" + bytes(5000), "nothing that can be read as .gpkg"),
        ("a.geojson", b'{"type": "Feat', "nothing that can be read as .geojson"),
        ("a.kml", b"<OGRVRTDataSource></OGRVRTDataSource>", "nothing that begins as .kml does"),
        ("a.kml", b"<kml><broken", "nothing that can be read as .kml"),
        ("a.xlsx", b"PK\3\4" + bytes(99), "nothing that can be read as .xlsx"),
        ("a.shp", b"\0\0\x27\x0a" + bytes(200), "nothing that can be read as .shp"),
        ("a.gdb", b"", "a file; allowed: the folder"),
        ("b.gdb", None, "nothing that can be read as .gdb"),
        ("b.gpkg", None, "is a directory"),
        ("c.gpkg", "absent", "no such file"),
    ],
)
def test_what_is_no_layer_is_said_so(
    tmp_path: Path, name: str, content: bytes | str | None, words: str
) -> None:
    if content is None:
        (tmp_path / name).mkdir()
    elif isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    (line,) = said(tmp_path, name)
    assert words in line


@extra
@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.gdb"])
def test_two_gigabytes_are_not_read(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    if name == "a.gdb":
        place.mkdir()
        place /= "a00000001.gdbtable"
    with place.open("wb") as file:
        file.truncate(2_000_000_000)
    (line,) = said(tmp_path, name)
    assert f"more than {MOST['bytes of CSV']} bytes" in line


def test_a_workbook_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        book.writestr("xl/sheet1.xml", bytes(MOST["bytes of CSV"]))
    assert (tmp_path / "a.xlsx").stat().st_size < 1_000_000
    (line,) = said(tmp_path, "a.xlsx")
    assert f"more than {MOST['bytes of CSV']} bytes" in line


@extra
def test_several_layers_are_refused(tmp_path: Path) -> None:
    for layer in ("one", "two"):
        written(tmp_path / "a.gpkg", [field(35, 51)], [1], layer=layer, geometry_type="Polygon")
    (line,) = said(tmp_path, "a.gpkg")
    assert "found 2 layers; allowed: one layer of areas" in line


# What is kept, and what is guessed


@extra
def test_no_coordinate_reaches_what_is_kept_or_said(demine: Demine, tmp_path: Path) -> None:
    shape = field(36.123456, 51.654321, web=False)
    written(tmp_path / "a.geojson", [shape], [10_000], crs=DEGREES)
    loaded(tmp_path, "a.geojson")
    code, out, err = demine(
        "run", "own.toml", "--replications", "2", "--jobs", "1", "--engine", "simpy"
    )
    assert code == 0
    assert "row 1 is 10000 m2" in err
    kept = "".join(p.read_bytes().decode("latin-1") for p in (tmp_path / "results/own").iterdir())
    for digits in ("36.12", "51.65"):
        assert digits in (tmp_path / "a.geojson").read_text()
        assert digits not in kept + out + err


@extra
def test_a_layer_is_guessed_and_what_is_wrong_in_it_is_told(demine: Demine, tmp_path: Path) -> None:
    size = degrees_m2(51, 51.001, 0.001)
    shapes = [field(35, 51), field(35.0005, 51), BOW_TIE, field(36, 51), None, field(37, 51)]
    written(tmp_path / "a.gpkg", shapes, [size, size, 496_000, 2 * size, size, math.nan])
    code, out, err = demine("new", "my.toml", "--land", "a.gpkg")
    assert code == 0
    assert "area_m2: column areasize (taken as square metres)" in out
    assert err.splitlines()[:4] == [
        "warning: a.gpkg, row 6: without an area",
        "warning: a.gpkg, row 2: with a polygon that overlaps that of a row before",
        "warning: a.gpkg, row 3: with a broken polygon, which was repaired",
        "warning: a.gpkg, row 4: with an area that differs by more than 5 % from that of its"
        " polygon (geodesic)",
    ]
    assert load_scenario(tmp_path / "my.toml").sector_names == ("A", "B", "C", "D", "E")


@extra
def test_a_layer_without_a_column_of_areas_takes_those_of_its_polygons(
    demine: Demine, tmp_path: Path
) -> None:
    written(tmp_path / "a.gpkg", [field(35, 51), None], [-1, -1])
    assert demine("new", "my.toml", "--land", "a.gpkg")[0] == 0
    (sector,) = load_scenario(tmp_path / "my.toml").sector
    assert hectares(sector) * 10_000 == pytest.approx(degrees_m2(51, 51.001, 0.001), rel=1e-4)
    shutil.rmtree(tmp_path / "results", ignore_errors=True)
    assert (
        demine("run", "my.toml", "--replications", "2", "--jobs", "1", "--engine", "simpy")[0] == 0
    )
