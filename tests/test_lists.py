"""Lists of areas: one sector for each row, and what is said about rows that cannot be one."""

import datetime as dt
import json
import os
import time
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import Demine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_fuzz_loader import scenario_or_error

from sim.errors import MOST_PROBLEMS, ScenarioError
from sim.scenario.land import Sector
from sim.scenario.laws import Constant
from sim.scenario.reading import MOST
from sim.scenario.rows import AREAS
from sim.scenario.scenario import Scenario
from sim.scenario.schema import json_schema
from sim.scenario.sheets import is_of_places, tells_where
from sim.scenario.variants import load_scenario

HEAD = '[campaign]\nname = "own"\nstart = 2026-03-02\nhorizon_days = 900\n'
CREW = '[[crew]]\nname = "men"\nrole = "clearance"\ncount = 2\nrate_ha_per_day = 0.5\n'
COLUMNS = 'columns = { name = "id", area_ha = "ha" }'
ROWS = "id,ha,state,urgency\nA,1.5,Open,High\nB,2,Closed,Low\nC,3,Ongoing,Low\n"


def written(
    folder: Path, rows: str | bytes, *, keys: str = COLUMNS, more: str = "", name: str = "own.toml"
) -> Path:
    """Write a list and a scenario that takes its land from there."""
    data = rows.encode() if isinstance(rows, str) else rows
    (folder / "list.csv").write_bytes(data)
    text = f'{HEAD}[[sector]]\nfile = "list.csv"\n{keys}\n{CREW}{more}'
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def loaded(folder: Path, rows: str | bytes, *, keys: str = COLUMNS, more: str = "") -> Scenario:
    return load_scenario(written(folder, rows, keys=keys, more=more))


def said(path: Path, **how: Any) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path, **how)
    return [str(problem) for problem in caught.value.problems]


def areas(scenario: Scenario) -> dict[str, float]:
    return {x.name: getattr(x, "area", x.area_ha).mean for x in scenario.sector}


# Rows


def test_each_row_is_the_sector_that_could_be_written_out(tmp_path: Path) -> None:
    keys = """
        columns = { name = "id", area_ha = "ha", priority = "urgency", opens = "from" }
        values = { priority = { High = 1, low = 3 } }
        where = { state = ["Open", "ongoing"] }
        priority = 2
        difficulty = { dist = "uniform", low = 1, high = 2 }
    """
    rows = "id,ha,state,urgency,from\n A ,1.5,open,HIGH,2026-04-01\nB,2,Closed,,\n\n"
    rows += "C,3e1,Ongoing,Low,12\nD,4,Open,,\n"
    law = '{ dist = "uniform", low = 1, high = 2 }'
    plain = HEAD + CREW
    for name, area, priority, opens in (
        ("A", 1.5, 1, "2026-04-01"),
        ("C", 30, 3, "12"),
        ("D", 4, 2, "0"),
    ):
        plain += f'[[sector]]\nname = "{name}"\narea_ha = {area}\npriority = {priority}\n'
        plain += f"opens = {opens}\ndifficulty = {law}\n"
    (tmp_path / "plain.toml").write_text(plain)
    scenario = loaded(tmp_path, rows, keys=keys)
    assert scenario == load_scenario(tmp_path / "plain.toml")
    assert scenario.sector[0].opens == dt.date(2026, 4, 1)


def test_the_rows_run_as_the_sectors_they_stand_for(demine: Demine, tmp_path: Path) -> None:
    """Two crews of half a hectare a day: A and B, 1 and 2 ha, then done after 4 days."""
    path = written(tmp_path, "id,ha\nA,1\nB,2\n")
    assert (
        demine("run", str(path), "--replications", "2", "--jobs", "1", "--engine", "simpy")[0] == 0
    )
    lines = (tmp_path / "results/own/sectors.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["A", "B"]
    manifest = json.loads((tmp_path / "results/own/manifest.json").read_text())
    assert manifest["scenario_sha256"] == load_scenario(path).digest()
    replications = (tmp_path / "results/own/replications.csv").read_text().splitlines()
    at = replications[0].split(",").index("completion_day")
    assert [float(line.split(",")[at]) for line in replications[1:]] == [4.0, 4.0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_delimiter_mark_and_line_end_gives_the_same(
    tmp_path: Path, delimiter: str, start: str, end: str
) -> None:
    lines = ["id,the area,ha", 'A,"of the, ; | village",1.5', "Б,,2"]
    rows = start + end.join(lines).replace(",", delimiter)
    if delimiter == ",":
        rows = rows.replace("the area", '"the, area"')
    assert areas(loaded(tmp_path, rows)) == {"A": 1.5, "Б": 2.0}


def test_a_comma_may_stand_before_decimals_where_semicolons_divide(tmp_path: Path) -> None:
    rows = "id;ha;x\nA;1,5;1.5\nB;2;1.5\nC;,25;1.5\n"
    assert areas(loaded(tmp_path, rows)) == {"A": 1.5, "B": 2.0, "C": 0.25}
    assert areas(loaded(tmp_path, "id;ha\nA;1.5\n")) == {"A": 1.5}
    for bad in ("id;ha\nA;1,5\nB;1.200\n", "id;ha\nA;1,5\nB;1.200,5\n", "id;ha\nA;1,5\nB;1,2,3\n"):
        (line,) = said(written(tmp_path, bad))
        assert "row 3: sector.B.area_ha: found '1" in line
        assert "allowed: a number such as 1200,5, its thousands not set apart" in line
    for bad in ('id,ha\nA,"1,5"\n', "id\tha\nA\t1,5\n", "id,ha\nA,1 200\n", "id,ha\nA,1_0\n"):
        (line,) = said(written(tmp_path, bad))
        assert "a number such as 1200.5" in line


def test_square_metres_are_hectares(tmp_path: Path) -> None:
    keys = 'columns = { name = "id", area_m2 = "m2" }\narea_ha = 7'
    scenario = loaded(tmp_path, "id,m2\nA,15000\nB,\n", keys=keys)
    assert [s.area_ha for s in scenario.sector[1:]] == [Constant(7.0)]
    stated = scenario.sector[0].model_dump(exclude_none=True)
    assert stated.get("area_m2", 10_000 * stated.get("area_ha", 0)) == 15_000


def test_every_key_of_a_sector_can_have_a_column(tmp_path: Path) -> None:
    """Read off the schema: a key that comes later has one too."""
    said_of = {"opens": "2026-05-01", "status": "confirmed"}
    for key, about in Sector.model_json_schema()["properties"].items():
        if key in ("name", *AREAS):
            continue
        options = about.get("anyOf", [about])
        words = next((option["enum"] for option in options if "enum" in option), ["1"])
        cell = said_of.get(key) or words[-1]
        columns = f'columns = {{ name = "id", area_ha = "ha", {key} = "it" }}'
        scenario = loaded(tmp_path, f"id,ha,it\nA,1,{cell}\n", keys=columns)
        value = getattr(scenario.sector[0], key)
        assert str(value) in (cell, "root=1.0"), key


def test_editors_know_lists(tmp_path: Path) -> None:
    """The JSON Schema allows a list in the place of a sector, and wants its columns."""
    check = jsonschema.Draft202012Validator(json_schema())
    plain = tomllib.loads(written(tmp_path, ROWS).read_text().replace("2026-03-02", '"2026-03-02"'))
    assert not list(check.iter_errors(plain))
    for missing in ("columns", "file"):
        sector = {k: v for k, v in plain["sector"][0].items() if k != missing}
        assert list(check.iter_errors(plain | {"sector": [sector]}))


# Names


def test_the_name_of_a_list_is_put_before_those_of_its_rows(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, ROWS, keys=f'name = "North"\n{COLUMNS}')
    assert scenario.sector_names == ("North A", "North B", "North C")


def test_a_list_is_overridden_by_its_name_and_a_row_by_its_own(tmp_path: Path) -> None:
    written(tmp_path, ROWS, keys=f'name = "North"\n{COLUMNS}', name="base.toml")
    (tmp_path / "deeper").mkdir()
    own = tmp_path / "deeper" / "own.toml"
    own.write_text(
        'extends = "../base.toml"\n[[sector]]\nname = "North"\npriority = 4\n'
        'where = { state = "Open" }\n[[sector]]\nname = "North A"\narea_ha = 9\n'
        '[[sector]]\nname = "South"\narea_ha = 5\n'
    )
    scenario = load_scenario(own)
    assert areas(scenario) == {"North A": 9.0, "South": 5.0}
    assert [s.priority for s in scenario.sector] == [4, 0]
    own.write_text(
        'extends = "../base.toml"\nremove = ["sector.North"]\n'
        '[[sector]]\nname = "South"\narea_ha = 5\n'
    )
    assert areas(load_scenario(own)) == {"South": 5.0}


def test_a_list_overrides_sectors_of_the_file_that_it_extends(tmp_path: Path) -> None:
    sector = '[[sector]]\nname = "B"\narea_ha = 8\npriority = 6\n'
    (tmp_path / "base.toml").write_text(HEAD + CREW + sector)
    (tmp_path / "list.csv").write_text(ROWS)
    own = tmp_path / "own.toml"
    own.write_text(f'extends = "base.toml"\n[[sector]]\nfile = "list.csv"\n{COLUMNS}\n')
    scenario = load_scenario(own)
    assert areas(scenario) == {"B": 2.0, "A": 1.5, "C": 3.0}
    assert scenario.sector[0].priority == 6


def test_a_row_can_be_set_and_mended(tmp_path: Path) -> None:
    path = written(tmp_path, ROWS, keys=f'name = "North"\n{COLUMNS}')
    changed = load_scenario(path, settings={'sector."North B".area_ha': 7})
    assert areas(changed) == {"North A": 1.5, "North B": 7.0, "North C": 3.0}
    (line,) = said(path, settings={'sector."North X".area_ha': 7})
    assert "did you mean North A?" in line or "did you mean North" in line
    path = written(tmp_path, ROWS.replace("2", "about 2"))
    assert len(said(path)) == 1
    assert areas(load_scenario(path, settings={"sector.B.area_ha": 7}))["B"] == 7


def test_crews_may_be_sent_to_rows(tmp_path: Path) -> None:
    more = 'sectors = ["A", "C"]\n[[crew]]\nname = "others"\nrole = "clearance"\ncount = 1\n'
    more += 'rate_ha_per_day = 1\nsectors = ["B"]\n'
    assert loaded(tmp_path, ROWS, more=more).crew[0].sectors == ("A", "C")
    (line,) = said(written(tmp_path, "id,ha\nA,none\nB,1\nC,1\n", more=more))
    assert "row 2: sector.A.area_ha: found 'none'" in line


# The digest


def test_what_is_used_of_a_list_counts_in_the_digest_and_nothing_else(tmp_path: Path) -> None:
    digest = loaded(tmp_path, ROWS).digest()
    assert loaded(tmp_path, ROWS.replace("Open", "Closed").replace(",", "\t")).digest() == digest
    assert loaded(tmp_path, ROWS.replace("1.5", "1.6")).digest() != digest
    assert loaded(tmp_path, ROWS.replace("C,", "D,")).digest() != digest


# How long it takes


def test_a_list_takes_no_longer_than_a_few_times_its_sectors_written_out(tmp_path: Path) -> None:
    sectors = [(f"HA-{i}", 1 + i / 1000) for i in range(4000)]
    path = written(tmp_path, "id,ha\n" + "".join(f"{n},{a}\n" for n, a in sectors))
    plain = tmp_path / "plain.toml"
    stated = (f'[[sector]]\nname = "{n}"\narea_ha = {a}\n' for n, a in sectors)
    plain.write_text(HEAD + "".join(stated) + CREW)
    took = []
    for file in (path, plain):
        begun = time.process_time()
        load_scenario(file)
        took.append(time.process_time() - begun)
    assert took[0] < 5 * took[1]


# What is wrong


ZEROS = 2_000_000_000
BAD: dict[str, tuple[str | bytes, str, str]] = {
    "missing column": (ROWS, COLUMNS.replace('"ha"', '"hectares"'), "list.csv: found no column "),
    "a nearly right column": (ROWS, COLUMNS.replace('"ha"', '"haa"'), "(did you mean ha?)"),
    "an area in another unit": (
        ROWS,
        'columns = { name = "id", area_km2 = "ha" }\narea_ha = 1',
        "area_m2, which is in m2 and not in km2: 1 km2 = 1 000 000 m2?",
    ),
    "a column twice": ("id,ha,ha\nA,1,2\n", COLUMNS, "found the column 'ha' 2 times"),
    "text in a number": (
        "id,ha\nA,1\nB,two\n",
        COLUMNS,
        "row 3: sector.B.area_ha: found 'two' in column 'ha'; allowed: a number such as",
    ),
    "a negative area": ("id,ha\nA,1\nB,-2\n", COLUMNS, "row 3: sector.B.area_ha: found -2"),
    "an area of 0": (
        "id,ha\nA,0\n",
        COLUMNS,
        "row 2: sector.A.area_ha: found 0; allowed: more than 0",
    ),
    "no number": ("id,ha\nA,nan\n", COLUMNS, "row 2: sector.A.area_ha: found 'nan'"),
    "an empty area": (
        "id,ha\n\nA,\n",
        COLUMNS,
        "row 3: sector.A.area_ha: found an empty cell in column 'ha'",
    ),
    "no name": ("id,ha\n,2\n", COLUMNS, "row 2: found an empty cell in column 'id'"),
    "0 rows after where": (
        ROWS,
        f'{COLUMNS}\nwhere = {{ state = "open." }}',
        "found no row that `where`",
    ),
    "no column for where": (ROWS, f"{COLUMNS}\nwhere = {{ stat = 1 }}", "(did you mean state?)"),
    "0 rows": ("id,ha\n", COLUMNS, "list.csv: found no row; allowed: at least one area"),
    "the same name twice": (
        "id,ha\nA,1\nB,2\nA,1\n",
        COLUMNS,
        "row 4: found the name 'A', which row 2 has too",
    ),
    "a formula in a name": ("id,ha\n=1+1,1\n", COLUMNS, "row 2: found '=1+1' in column 'id'"),
    "a formula behind a prefix": (
        'id,ha\n"@SUM(A1)",1\n',
        f'name = "N"\n{COLUMNS}',
        "row 2: found '@SUM(A1)' in column 'id'",
    ),
    "western letters": (
        "id,ha\nA,1\nÉ,2\n".encode("latin-1"),
        COLUMNS,
        "list.csv: found a byte that is not UTF-8 in line 3; allowed: UTF-8 text",
    ),
    "UTF-16": (ROWS.encode("utf-16"), COLUMNS, "list.csv: found UTF-16; allowed: UTF-8 text"),
    "a workbook": (b"PK\x03\x04" + bytes(99), COLUMNS, "list.csv: found a workbook or archive"),
    "zeros": (bytes(1_000_000), COLUMNS, "list.csv: found zero bytes"),
    "nothing": (b"", COLUMNS, "row 1: found no names of columns"),
    "too many cells": ("id,ha\nA,1,5\n", COLUMNS, "row 2: found 3 cells; allowed: the 2 of"),
    "a field without end": (
        'id,ha\nA,1\n"B,1\n' + "C,1\n" * 50_000,
        COLUMNS,
        "row 3: found field larger than",
    ),
    "a word that is none": (
        "id,ha,o\nA,1,eazy\n",
        'columns = { name = "id", area_ha = "ha", order = "o" }',
        "row 2: sector.A.order: found 'eazy'; allowed: 'listed' or 'easiest'",
    ),
    "half a priority": (
        "id,ha,p\nA,1,1.5\n",
        'columns = { name = "id", area_ha = "ha", priority = "p" }',
        "row 2: sector.A.priority: found 1.5; allowed: a whole number",
    ),
    "no date": (
        "id,ha,d\nA,1,31.5.26\n",
        'columns = { name = "id", area_ha = "ha", opens = "d" }',
        "row 2: sector.A.opens: found '31.5.26' in column 'd'; allowed: a date such as",
    ),
    "a date before the start": (
        "id,ha,d\nA,1,2025-05-31\n",
        'columns = { name = "id", area_ha = "ha", opens = "d" }',
        "row 2: sector.A.opens: found 2025-05-31; allowed: a date from the start on",
    ),
    "no columns": (ROWS, "", "sector[1].columns: found nothing; allowed: a table such as"),
    "columns of nothing": (ROWS, "columns = 3", "sector[1].columns: found 3; allowed: a table"),
    "no column for the area": (
        ROWS,
        'name = "N"\ncolumns = { name = "id" }',
        "sector.N.columns: found no column for",
    ),
    "no column for the name": (
        ROWS,
        'columns = { area_ha = "ha" }',
        "sector[1].columns.name: found nothing",
    ),
    "two areas": (
        ROWS,
        'columns = { name = "id", area_ha = "ha", area_m2 = "ha" }',
        "found area_ha and area_m2",
    ),
    "an unknown key": (
        ROWS,
        f"{COLUMNS}\nprioriti = 1",
        "sector[1].prioriti: found an unknown key",
    ),
    "an unknown key of columns": (
        ROWS,
        COLUMNS.replace("area_ha", "aera_ha = 'ha', area_ha"),
        "sector[1].columns.aera_ha: found an unknown key",
    ),
    "values of no column": (
        ROWS,
        f"{COLUMNS}\nvalues = {{ priority = {{ a = 1 }} }}",
        "sector[1].values.priority",
    ),
    "where of a table": (
        ROWS,
        f"{COLUMNS}\nwhere = {{ state = {{ a = 1 }} }}",
        "sector[1].where: found",
    ),
    "a wrong key for all rows": (
        ROWS,
        f"{COLUMNS}\npriority = 1.5",
        "sector[1].priority: found 1.5",
    ),
    "coordinates for a name": (
        "id,ha\n51.23456 36.12345,1\n",
        COLUMNS,
        "row 2: found coordinates in column 'id'",
    ),
    "coordinates for an area": (
        "id,ha\nA,POINT (36.1 51.2)\n",
        COLUMNS,
        "row 2: sector.A.area_ha: found coordinates in column",
    ),
    "a column of coordinates": (
        "id,Latitude\nA,51\n",
        COLUMNS.replace('ha"', 'Latitude"'),
        "the column 'Latitude'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_list_is_told_in_one_clear_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demine: Demine, case: str
) -> None:
    rows, keys, words = BAD[case]
    monkeypatch.chdir(tmp_path)
    written(tmp_path, rows, keys=keys)
    code, out, err = demine("check", "own.toml")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert words in line
    assert "36." not in line


def test_what_is_no_readable_file_is_said_so(tmp_path: Path) -> None:
    path = written(tmp_path, ROWS)
    place = tmp_path / "list.csv"
    place.unlink()
    assert "sector[1].file: found 'list.csv': no such file" in said(path)[0]
    place.mkdir()
    assert "sector[1].file: found 'list.csv': is a directory" in said(path)[0]
    place.rmdir()
    os.mkfifo(place)
    assert "sector[1].file: found 'list.csv': not a regular file" in said(path)[0]
    place.unlink()
    with place.open("wb") as file:
        file.truncate(ZEROS)
    (line,) = said(path)
    assert f"found 'list.csv': more than {MOST['bytes of CSV']} bytes of csv in all" in line


def test_two_lists_with_one_name_are_told_apart(tmp_path: Path) -> None:
    more = f'[[sector]]\nfile = "list.csv"\n{COLUMNS}\nwhere = {{ id = "B" }}\n'
    (line,) = said(written(tmp_path, ROWS, more=more))
    assert "row 3: sector.B: found the name 'B' 2 times" in line


def test_more_rows_than_sectors_are_refused_before_they_are_kept(tmp_path: Path) -> None:
    rows = "id,ha\n" + "".join(f"{i},1\n" for i in range(100_002))
    (line,) = said(written(tmp_path, rows))
    assert "list.csv: found more than 100000 rows to use" in line


def test_the_first_problems_of_a_list_are_told(tmp_path: Path) -> None:
    rows = "id,ha\n" + "".join(f"{i},x\n" for i in range(1000))
    assert len(said(written(tmp_path, rows))) <= MOST_PROBLEMS + 1


FUZZ = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CELLS = st.sampled_from(["", "A", "1", "-1", "1e400", "=1", "1,5", '"', '"a\n"', "\r", "\0", "É"])


@FUZZ
@given(
    rows=st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=6).map("\n".join),
    cut=st.binary(max_size=3),
    keys=st.dictionaries(
        st.sampled_from(["name", "columns", "values", "where", "area_m2", "priority", "colums"]),
        st.sampled_from(['"A"', "1", "{ name = 'id', area_ha = 'ha' }", "{ ha = [1, 'x'] }", "[]"]),
    ),
)
def test_no_list_gives_anything_but_a_scenario_or_what_is_wrong(
    tmp_path: Path, rows: str, cut: bytes, keys: dict[str, str]
) -> None:
    stated = "\n".join(f"{k} = {v}" for k, v in ({"columns": COLUMNS[10:]} | keys).items())
    path = written(tmp_path, b"id,ha\n" + rows.encode() + cut, keys=stated)
    scenario_or_error(lambda: load_scenario(path))


# Places


@pytest.mark.parametrize(
    "text",
    [
        *("51.23456, 36.12345", "-12.3456/-71.2345", "POLYGON ((30 10, 40 40))"),
        *("51°12'N", "37U DB 12345 67890", "37UDB1234567890", "51,23456; 36,12345"),
    ],
)
def test_coordinates_are_known_by_sight(text: str) -> None:
    assert tells_where(text)


@pytest.mark.parametrize(
    "text", ["HA-1234", "AF/0312/00123-45", "12.5", "10 CHA 12", "2026-05-31", "1.25-2.5", "№ 7"]
)
def test_names_are_no_coordinates(text: str) -> None:
    assert not tells_where(text)


def test_columns_of_coordinates_are_known_by_name() -> None:
    for column in ("lat", "Longitude", "x", "geometry", "WKT", "Centroid Lat", "lon_dd", "MGRS"):
        assert is_of_places(column), column
    for column in ("plan", "location", "district", "salon", "Estimated Area", "plateau", "exact"):
        assert not is_of_places(column), column


def test_no_coordinate_reaches_what_is_kept(demine: Demine, tmp_path: Path) -> None:
    rows = "id,ha,lat,lon,wkt\nA,1,51.234567,36.123456,POINT (36.123456 51.234567)\n"
    path = written(tmp_path, rows)
    assert (
        demine("run", str(path), "--replications", "2", "--jobs", "1", "--engine", "simpy")[0] == 0
    )
    for file in (tmp_path / "results" / "own").iterdir():
        assert b"234567" not in file.read_bytes()
