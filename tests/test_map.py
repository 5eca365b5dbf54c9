"""The map of a result: joined by name, added up in cells, exact where that is asked for."""

import importlib
import importlib.util
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import Demine
from drawn import Drawn

from sim import load_scenario, read_results, run, write_map, write_results
from sim.errors import ResultError, ScenarioError
from sim.results.map import areas
from sim.results.map.areas import Located, in_crs
from sim.results.map.grid import grid
from sim.results.storage import Results
from sim.scenario.layers import layer_shapes

HERE = all(importlib.util.find_spec(m) for m in ("pyogrio", "shapely", "pyproj"))
extra = pytest.mark.skipif(not HERE, reason="the extra demine[map] is not installed")
SYSTEMS = {"EPSG:4326": "geojson", "EPSG:3857": "gpkg", "EPSG:32637": "shp"}
DRIVERS = {"geojson": "GeoJSON", "gpkg": "GPKG", "shp": "ESRI Shapefile"}
NAMES = ["Суджа 1", "Sudzha 2", "HA-3", "HA-4", 'the "well"', "HA-6"]
REGIONS = ["Суджа", "Суджа", "North", "North", "North", "Суджа"]
METRES = "EPSG:32636"
PLACES = [(656.0, 5662.0), (657.5, 5663.3), (705.9, 5701.7)]  # km
PLACES += [(743.0, 5676.3), (744.2, 5678.9), (657.0, 5661.4)]
CELLS = {5: 3, 20: 3, 500: 1}
HEAD = """[campaign]
name = "own"
start = 2026-03-02
horizon_days = 300
[[deadline]]
name = "all"
date = 2026-06-30
[[deadline]]
name = "north"
date = 2026-07-31
regions = ["North"]
[[deadline]]
name = "beyond"
date = 2029-07-31
[[crew]]
name = "men"
role = "clearance"
count = 2
rate_ha_per_day = { dist = "lognormal", mean = 0.6, cv = 0.3 }
[[sector]]
name = "by hand"
area_ha = 2
region = "North"
"""
LIST = """[[sector]]
file = "FILE"
columns = { name = "imsma_id", region = "district" }
"""


def polygons() -> list[Any]:
    """Return a crooked polygon of about 20 ha at each place."""
    shapely = importlib.import_module("shapely")
    turns = np.array([0.1, 1.3, 2.2, 3.1, 4.4, 5.5])
    rays = [np.column_stack([np.cos(turns + i), np.sin(turns + i)]) for i in range(len(PLACES))]
    return [
        shapely.Polygon(1000 * np.array(place) + 317.3 * ray)
        for place, ray in zip(PLACES, rays, strict=True)
    ]


def written(path: Path, *, crs: str, shapes: list[Any] | None = None, **columns: Any) -> Path:
    pyogrio, shapely = importlib.import_module("pyogrio"), importlib.import_module("shapely")
    moved = in_crs(polygons() if shapes is None else shapes, METRES, crs)
    cells = {"imsma_id": NAMES, "district": REGIONS} | columns
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(moved, object)),
        [np.array(values, object) for values in cells.values()],
        np.array(list(cells)),
        driver=DRIVERS[path.suffix[1:]],
        crs=crs,
        geometry_type="Polygon",
        encoding="UTF-8",
    )
    return path


def result(folder: Path, file: str, *, keys: str = "", n: int = 25) -> Path:
    text = HEAD + LIST.replace("FILE", file) + keys
    (folder / "own.toml").write_text(text, encoding="utf-8")
    ensemble = run(load_scenario(folder / "own.toml"), replications=n, engine="simpy")
    out = folder / "results" / "own"
    return write_results(ensemble, out=out, engine="simpy", wall_s=0.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result, and beside it the layer that it took its land from, in Web Mercator."""
    folder = tmp_path_factory.mktemp("made")
    written(folder / "land.gpkg", crs="EPSG:3857")
    return result(folder, "land.gpkg")


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """The same elsewhere: both have been moved together."""
    shutil.copytree(made.parents[1], tmp_path / "moved")
    return tmp_path / "moved" / "results" / "own"


def read(path: Path) -> tuple[pl.DataFrame, list[Any], str]:
    """Return the table, the shapes and the system of coordinates of a layer."""
    pyogrio, shapely = importlib.import_module("pyogrio"), importlib.import_module("shapely")
    meta, _, wkb, cells = pyogrio.raw.read(path)
    table = pl.DataFrame(dict(zip(meta["fields"], cells, strict=True)), nan_to_null=True)
    return table, list(shapely.from_wkb(wkb)), meta["crs"]


def vertices(shapes: list[Any], crs: str) -> Any:
    shapely = importlib.import_module("shapely")
    return shapely.get_coordinates(np.array(in_crs(shapes, crs, METRES), object))


def chances(found: Results) -> list[str]:
    return [f"released_by:{deadline.name}" for deadline in found.scenario.deadline]


# What may not be told


@extra
@pytest.mark.parametrize("crs", SYSTEMS)
@pytest.mark.parametrize("part", ["cell", "region"])
def test_coarse_maps_hold_squares_of_whole_kilometres_and_no_vertex_of_an_area(
    own: Path, tmp_path: Path, crs: str, part: Any
) -> None:
    land = written(tmp_path / f"a.{SYSTEMS[crs]}", crs=crs)
    kind = "geojson" if part == "region" else "gpkg"
    out = tmp_path / f"map.{kind}"
    write_map(own, land=[land], part=part, out=out)
    _, shapes, system = read(out)
    assert system == ("EPSG:4326" if kind == "geojson" else METRES)
    told = vertices(shapes, system)
    assert np.abs(told / 5000 - np.round(told / 5000)).max() < 1e-7  # to half a millimetre
    exact = vertices(polygons(), METRES)
    apart = np.abs(told[:, None] - exact[None]).max(axis=2)
    assert apart.min() > 1


@extra
@pytest.mark.parametrize("times", [2, 3, 4, 10])
def test_larger_cells_lie_on_the_lines_of_smaller_ones_and_none_is_smaller_than_5_km(
    times: int,
) -> None:
    located = Located(METRES, list(range(6)), NAMES, polygons())
    small, large = grid(located, side_km=5), grid(located, side_km=5 * times)
    assert small.crs == large.crs
    assert (small.cells[small.cell] // times == large.cells[large.cell]).all()
    for side in (0, -5, 1, 4, 7, 12):
        with pytest.raises(ResultError, match="multiples of 5 km"):
            grid(located, side_km=side)


@extra
@pytest.mark.parametrize("south", [False, True])
def test_the_grid_does_not_move_with_the_land_inside_a_cell(south: bool) -> None:
    shapely = importlib.import_module("shapely")
    crs = "EPSG:32737" if south else "EPSG:32637"
    at = [shapely.Point(507_000 + d, 5_642_000 + d) for d in (-1500, 0, 2400)]
    fields = [point.buffer(100) for point in at]
    found = [grid(Located(crs, [0], ["x"], [field]), side_km=5) for field in fields]
    assert {each.crs for each in found} == {crs}
    assert len({tuple(each.cells[0]) for each in found}) == 1


@extra
def test_nothing_but_the_exact_layer_tells_a_place(
    demine: Demine, own: Path, tmp_path: Path
) -> None:
    told = "".join("".join(map(str, demine("map", str(own), *how))) for how in ([], ["--exact"]))
    told += (own / "manifest.json").read_text(encoding="utf-8")
    shapely = importlib.import_module("shapely")
    shown = [in_crs(polygons(), METRES, crs) for crs in ("EPSG:4326", "EPSG:3857", METRES)]
    at = shapely.get_coordinates(np.array(shown, object)).ravel()
    numbers = {f"{x:.0f}" if x > 1000 else f"{x:.2f}" for x in at}
    assert len(numbers) > 60
    assert not [number for number in numbers if number in told]
    files = sorted(path.name for path in own.parent.iterdir() if path.is_file())
    assert files == ["own-exact.gpkg", "own-map.gpkg", "own-map.png"]
    picture = (own.parent / "own-map.png").read_bytes()
    demine("map", str(own), "--out", str(tmp_path / "again.gpkg"))
    assert (tmp_path / "again.png").read_bytes() == picture


@extra
def test_the_picture_names_regions_and_numbers_and_no_coordinate(
    own: Path, drawn: list[Drawn]
) -> None:
    write_map(own)
    (picture,) = drawn
    texts = [text.get_text() for text in picture.figure.findobj(lambda x: hasattr(x, "get_text"))]
    assert {"Суджа", "North", "2", "3"} <= set(texts)
    assert any(re.fullmatch(r"\d+ km; north is up", text) for text in texts)
    assert not [text for text in texts if re.search(r"\d\.\d{2}|\d{5}", text)]
    (axes,) = picture.figure.axes
    assert not [label for label in axes.get_xticklabels() if label.get_visible()]


# What is told


@extra
@pytest.mark.parametrize("side", CELLS)
def test_cells_add_up_to_the_areas_that_are_on_the_map(own: Path, side: int) -> None:
    told = write_map(own, cell_km=side)
    table, _, _ = read(told.layer)
    found = read_results(own)
    on_map = found.sectors.filter(pl.col("sector") != "by hand")
    assert table["areas"].sum() == on_map.height == len(NAMES)
    assert table["area_ha"].sum() == pytest.approx(on_map["area_ha"].sum(), abs=1e-9)
    assert table["cell"].to_list() == list(range(1, CELLS[side] + 1))


@extra
def test_a_cell_has_the_latest_date_and_the_lowest_chance_of_its_areas(own: Path) -> None:
    found = read_results(own)
    told = write_map(own, cell_km=500)
    (row,) = told.table.to_dicts()
    rows = found.sectors.filter(pl.col("sector") != "by hand")
    assert rows["p80_date"].null_count() == rows["p50_date"].null_count() == 0
    assert row["latest_p80_date"] == rows["p80_date"].max() > rows["p80_date"].min()
    assert row["latest_p50_date"] == rows["p50_date"].max() < row["latest_p80_date"]
    assert row["areas_p80_unknown"] == 0
    assert row["lowest_completed"] == rows["completed"].min()
    assert row["lowest_released_by:all"] == rows["released_by:all"].min() < 1
    north = rows["released_by:north"].drop_nulls()
    assert len(north) == 3
    assert row["lowest_released_by:north"] == north.min()
    assert sorted(row["regions"].split("; ")) == ["North", "Суджа"]


@extra
def test_what_is_not_known_of_an_area_is_not_known_of_its_cell(tmp_path: Path) -> None:
    written(tmp_path / "land.gpkg", crs="EPSG:3857")
    short = result(tmp_path, "land.gpkg", keys='[[deadline]]\nname = "x"\ndate = 2028-01-01\n')
    found = read_results(short)
    assert found.sectors["p80"].null_count() == 0  # or the test says nothing
    cut_off = load_scenario(tmp_path / "own.toml", settings={"campaign.horizon_days": 130.0})
    ensemble = run(cut_off, replications=25, engine="simpy")
    write_results(ensemble, out=short, engine="simpy", wall_s=0.0, force=True)
    rows = read_results(short).sectors.filter(pl.col("sector") != "by hand")
    unknown = rows["p80"].null_count()
    assert 0 < unknown < rows.height
    (row,) = write_map(short, cell_km=500).table.to_dicts()
    assert row["areas_p80_unknown"] == unknown
    assert row["latest_p80_date"] is None
    assert row["lowest_completed"] == rows["completed"].min() < 0.8
    assert rows["released_by:x"].drop_nulls().len() > 0
    assert row["lowest_released_by:x"] is None


@extra
def test_regions_have_their_own_rows_and_the_shape_of_their_cells(own: Path) -> None:
    told = write_map(own, part="region", out=own.parent / "r.geojson")
    table, shapes, _ = read(told.layer)
    found = read_results(own)
    assert table["region"].to_list() == found.regions["region"].to_list() == ["North", "Суджа"]
    assert table["areas"].to_list() == [4, 3]
    assert table["areas_on_map"].to_list() == [3, 3]
    assert table["area_ha"].to_list() == found.regions["area_ha"].to_list()
    assert table["p80_date"].to_list() == found.regions["p80_date"].to_list()
    assert table["deadline:north"].to_list() == [found.regions["deadline:north"][0], None]
    squares = [part.area / 25e6 for part in in_crs(shapes, "EPSG:4326", METRES)]
    assert squares == pytest.approx([2, 1], abs=1e-6)


@extra
@pytest.mark.parametrize("crs", SYSTEMS)
@pytest.mark.parametrize("kind", ["gpkg", "geojson"])
def test_exact_maps_hold_the_polygons_as_they_are_and_what_sectors_say(
    own: Path, tmp_path: Path, crs: str, kind: str
) -> None:
    land = written(tmp_path / f"a.{SYSTEMS[crs]}", crs=crs)
    told = write_map(own, land=[land], part="area", out=tmp_path / f"exact.{kind}")
    assert told.picture is None
    table, shapes, system = read(told.layer)
    assert table["id"].to_list() == table["sector"].to_list() == NAMES
    stated = layer_shapes(land, name="x").shapes
    assert system == ("EPSG:4326" if kind == "geojson" else crs)
    apart = vertices(shapes, system) - vertices(stated, crs)
    assert np.abs(apart).max() < (1e-4 if kind == "geojson" else 1e-9)
    found = read_results(own)
    rows = found.sectors.filter(pl.col("sector") != "by hand")
    for column in ("area_ha", "completed", "p50_date", "p80_date", *chances(found)[:2]):
        assert table[column].to_list() == rows[column].to_list()
    assert table["region"].to_list() == REGIONS


@extra
def test_the_land_of_several_lists_and_prefixes_finds_its_polygons(tmp_path: Path) -> None:
    half = polygons()
    cells = {"imsma_id": NAMES[:3], "district": REGIONS[:3]}
    written(tmp_path / "a.gpkg", crs="EPSG:3857", shapes=half[:3], **cells)
    written(tmp_path / "b.shp", crs="EPSG:32637", shapes=half[3:], **cells)
    keys = LIST.replace("FILE", "b.shp") + 'name = "East"\n'
    told = write_map(result(tmp_path, "a.gpkg", keys=keys, n=3), part="area")
    table, shapes, system = read(told.layer)
    assert table["sector"].to_list() == NAMES[:3] + [f"East {name}" for name in NAMES[:3]]
    assert table["id"].to_list() == NAMES[:3] * 2
    for shape, stated in zip(in_crs(shapes, system, METRES), half, strict=True):
        assert shape.symmetric_difference(stated).area < 1
    assert not told.located.without_area


@extra
def test_several_polygons_of_one_area_are_one_row(own: Path, tmp_path: Path) -> None:
    names = ["HA-3", "HA-3", "HA-4", "gone", "35.2101, 51.1023", ""]
    land = written(tmp_path / "a.gpkg", crs="EPSG:3857", imsma_id=names)
    told = write_map(own, land=[land], part="area")
    table, shapes, _ = read(told.layer)
    assert table["id"].to_list() == ["HA-3", "HA-4"]
    assert [len(shape.geoms) for shape in shapes] == [2, 1]
    assert told.located.without_area == ["gone", "row 5", "row 6"]
    assert told.located.without_polygon == ["by hand", "Суджа 1", "Sudzha 2", 'the "well"', "HA-6"]


@extra
def test_what_cannot_be_joined_is_counted_and_named(
    demine: Demine, own: Path, tmp_path: Path
) -> None:
    names = [*NAMES[:4], "gone", "far"]
    land = written(tmp_path / "a.geojson", crs="EPSG:4326", imsma_id=names)
    code, out, err = demine("map", str(own), "--land", str(land), "--id", "imsma_id")
    assert (code, err) == (0, "")
    assert '3 areas without a polygon, not on the map: by hand, the "well", HA-6' in out
    assert "2 polygons of no area of this result: gone, far" in out
    assert re.search(r"4 areas in 3 cells of 5 km: \d+ ha of the \d+ ha of this result", out)


# What cannot be


@extra
def test_files_that_are_there_are_replaced_only_by_force(demine: Demine, own: Path) -> None:
    for there in ("own-map.gpkg", "own-map.png"):
        (own.parent / there).write_text("mine")
        code, _, err = demine("map", str(own))
        assert code == 1
        assert f"{there}: is there already; replace it with --force" in err
        assert [p.name for p in own.parent.iterdir() if p.is_file()] == [there]
        assert (own.parent / there).read_text() == "mine"
        (own.parent / there).unlink()
    assert demine("map", str(own))[0] == 0
    assert demine("map", str(own), "--force", "--quiet") == (0, "", "")


@extra
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--cell-km", "4"], 2, "4 is not in the range"),
        (["--cell-km", "7"], 2, "7 is no multiple of 5"),
        (["--out", "map.shp"], 1, "map.shp: a map ends in .gpkg or .geojson"),
        (["--out", "no/map.gpkg"], 1, "there is no folder"),
        (["--exact", "--by", "region"], 2, "give one"),
        (["--land", "none.gpkg"], 2, "none.gpkg: found no such file"),
        (["--land", "a.csv"], 2, "found a list without polygons; allowed: a layer"),
        (["--land", "other.geojson"], 2, "found no name of any area; allowed: a column with names"),
        (["--land", "other.geojson", "--id", "distrikt"], 2, "(did you mean district?)"),
        (["--land", "other.geojson", "--id", "district"], 2, "the column 'district' with names"),
        (["--land", "bad.gpkg"], 2, "nothing that begins as .gpkg does"),
    ],
)
def test_bad_input_is_said_in_one_line_and_nothing_is_written(
    demine: Demine, own: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    (tmp_path / "a.csv").write_text("imsma_id,ha\nHA-3,1\n")
    (tmp_path / "bad.gpkg").write_text("no")
    written(tmp_path / "other.geojson", crs="EPSG:4326", imsma_id=["x"] * 6)
    before = sorted(tmp_path.rglob("*"))
    got, out, err = demine("map", str(own), *words)
    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


@extra
def test_a_result_whose_land_has_no_layer_needs_one(tmp_path: Path) -> None:
    rows = "imsma_id,district,ha\nHA-3,North,3\nHA-4,North,4\n"
    (tmp_path / "list.csv").write_text(rows)
    keys = 'columns = { name = "imsma_id", region = "district", area_ha = "ha" }\n'
    text = HEAD + f'[[sector]]\nfile = "list.csv"\n{keys}'
    (tmp_path / "own.toml").write_text(text)
    ensemble = run(load_scenario(tmp_path / "own.toml"), replications=2, engine="simpy")
    own = write_results(ensemble, out=tmp_path / "own", engine="simpy", wall_s=0.0)
    with pytest.raises(ResultError, match="not taken from a layer with polygons; give one with"):
        write_map(own)
    land = written(tmp_path / "a.gpkg", crs="EPSG:3857")
    assert write_map(own, land=[land]).located.id == ["HA-3", "HA-4"]


@extra
def test_regions_are_asked_for_only_where_there_are_some(tmp_path: Path) -> None:
    written(tmp_path / "land.gpkg", crs="EPSG:3857")
    head = re.sub(r"regions = .*|region = .*", "", HEAD)
    text = head + '[[sector]]\nfile = "land.gpkg"\ncolumns = { name = "imsma_id" }\n'
    (tmp_path / "own.toml").write_text(text)
    ensemble = run(load_scenario(tmp_path / "own.toml"), replications=2, engine="simpy")
    own = write_results(ensemble, out=tmp_path / "own", engine="simpy", wall_s=0.0)
    with pytest.raises(ResultError, match="no regions"):
        write_map(own, part="region")
    assert write_map(own).table["regions"].null_count() == write_map(own, force=True).table.height


def test_without_the_extra_one_line_says_how_to_get_it(
    demine: Demine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(areas, "import_module", absent)
    code, out, err = demine("map", str(tmp_path))
    assert (code, out) == (1, "")
    assert err == (
        "error: maps need what `pip install 'demine[map]'` adds: pyogrio, shapely and pyproj\n"
    )


@extra
@pytest.mark.parametrize("lists", ["x", [1], [{"file": "a.gpkg"}], [dict.fromkeys("abc", "x")]])
def test_a_manifest_that_states_no_lists_is_damaged(own: Path, lists: Any) -> None:
    manifest = json.loads((own / "manifest.json").read_text(encoding="utf-8"))
    (own / "manifest.json").write_text(json.dumps(manifest | {"lists": lists}))
    with pytest.raises(ResultError, match="damaged: its manifest states no lists"):
        write_map(own)


@extra
def test_names_that_are_formulas_never_come_so_far(tmp_path: Path) -> None:
    written(tmp_path / "land.gpkg", crs="EPSG:3857", imsma_id=["=1+1", *NAMES[1:]])
    with pytest.raises(ScenarioError, match="a name"):
        result(tmp_path, "land.gpkg")


def test_the_report_shows_the_map_and_tells_no_place(
    demine: Demine, own: Path, tmp_path: Path
) -> None:
    assert demine("report", str(own), "--out", str(tmp_path / "page.html"))[0] == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Where land is released when" in page
    assert "Cells of the map" in page
    assert "Latest P80 of its areas" in page  # in the picture
    assert "could not be drawn" not in page


def test_a_report_without_the_layer_says_so(demine: Demine, own: Path, tmp_path: Path) -> None:
    (own.parents[1] / "land.gpkg").unlink()
    assert demine("report", str(own), "--out", str(tmp_path / "page.html"))[0] == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Where land is released when: the picture could not be drawn" in page
    assert "Cells of the map" not in page
