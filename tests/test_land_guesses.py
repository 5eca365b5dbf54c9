"""`demine new --land`: columns are guessed as programmes call them, and bad rows are told."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import Demine

from sim.scenario.guesses import guess
from sim.scenario.land import Sector
from sim.scenario.variants import load_scenario

HAZARDS = """\
OBJECTID;imsma_id;Type_of_Area;Estimated Area;Remaining Area;state;Clearance_Priority;district;Lat
1;HA-1;SHA;10000,5;5000,5;Open;High;North;51,1234567
2;HA-2;CHA;20000;15000;Ongoing;Low;South;51,1234567
3;HA-3;CHA;20000;20000;Closed;Low;South;51,1234567
4;HA-4;CHA;9999;7000;;Medium;"South; lower";51,1234567
"""
BAD = """\
5;HA-4;CHA;1;7000;Open;Medium;;51,1234567
6;HA-6;CHA;1;-5;Open;Medium;;51,1234567
7;HA-7;CHA;1;;Open;Medium;;51,1234567
8;;CHA;1;1;Open;Medium;;51,1234567
9;=HA-9;CHA;1;1;Open;Medium;;51,1234567
10;HA-10;CHA;1;1 000;Open;Medium;;51,1234567
"""


def entry(path: Path) -> dict[str, Any]:
    (sector,) = tomllib.loads(path.read_text(encoding="utf-8"))["sector"]
    return dict(sector)


def modelled(columns: dict[str, str]) -> dict[str, str]:
    """Return the columns of keys that a sector has."""
    return {k: c for k, c in columns.items() if k in Sector.model_fields or k == "area_m2"}


def test_a_list_gives_a_scenario_that_runs(demine: Demine, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "hazards.csv").write_text(HAZARDS, encoding="utf-8-sig")
    code, out, err = demine("new", "my.toml", "--land", "lists/hazards.csv")
    assert (code, err) == (0, "")
    for words in (
        "Guessed from lists/hazards.csv (4 rows):",
        "name: column imsma_id",
        "area_m2: column Remaining Area (taken as square metres)",
        "priority: column Clearance_Priority (High = 1, Medium = 2, Low = 3)",
        "only rows whose state is Open, Ongoing, nothing",
        "in all: 3 areas that can be used, 2.7 ha",
    ):
        assert words in out
    scenario = load_scenario(tmp_path / "my.toml")
    assert scenario.sector_names == ("HA-1", "HA-2", "HA-4")
    assert [sector.priority for sector in scenario.sector] == [1, 3, 2]
    stated = entry(tmp_path / "my.toml")
    assert stated["file"] == "lists/hazards.csv"
    assert modelled(stated["columns"]) == modelled(
        {
            "name": "imsma_id",
            "area_m2": "Remaining Area",
            "status": "Type_of_Area",
            "priority": "Clearance_Priority",
            "region": "district",
        }
    )
    assert demine("check", "my.toml")[2] == ""
    assert (
        demine("run", "my.toml", "--replications", "2", "--jobs", "1", "--engine", "simpy")[0] == 0
    )
    assert demine("new", "my.toml", "--land", "lists/hazards.csv")[0] == 2


def test_bad_rows_are_told_and_left_out_of_a_copy(demine: Demine, tmp_path: Path) -> None:
    (tmp_path / "hazards.csv").write_text(HAZARDS + BAD, encoding="utf-8")
    code, out, err = demine("new", "my.toml", "--land", "hazards.csv")
    assert code == 0
    assert err.splitlines() == [
        "warning: hazards.csv, row 6: with a name that a row before has",
        "warning: hazards.csv, row 7: with an area of 0 or less",
        "warning: hazards.csv, row 8: without an area",
        "warning: hazards.csv, row 9: without a name",
        "warning: hazards.csv, row 10: with a name that none can be (a formula,"
        " or over 100 characters)",
        "warning: hazards.csv, row 11: with an area that is no number",
        "warning: hazards.csv: 6 left out; the 3 rows that can be used are copied to my-land.csv,"
        " where the scenario takes its land from",
    ]
    assert load_scenario(tmp_path / "my.toml").sector_names == ("HA-1", "HA-2", "HA-4")
    copy = (tmp_path / "my-land.csv").read_text(encoding="utf-8")
    assert "1234567" not in copy + out + (tmp_path / "my.toml").read_text()
    (tmp_path / "my.toml").unlink()
    code, _, err = demine("new", "my.toml", "--land", "hazards.csv")
    assert code == 2
    assert "my-land.csv: found a file that exists" in err
    assert not (tmp_path / "my.toml").exists()
    assert demine("new", "my.toml", "--land", "hazards.csv", "--force")[0] == 0
    (tmp_path / "my-land.csv").write_text(HAZARDS + BAD)
    assert (
        demine("new", "my.toml", "--land", "my-land.csv", "--force")[0] == 2
    )  # never the list itself
    assert (tmp_path / "my-land.csv").read_text() == HAZARDS + BAD


@pytest.mark.parametrize(
    ("header", "first", "columns"),
    [
        ("hazard_localid,areasize", "A,9000", {"name": "hazard_localid", "area_m2": "areasize"}),
        ("CHA_ID\tEstimated Area", "A\t9000", {"name": "CHA_ID", "area_m2": "Estimated Area"}),
        ("id|area_ha|Latitude", "A|900|51", {"name": "id", "area_ha": "area_ha"}),
        ("id,Area (m2),name", "A,9000,x", {"name": "id", "area_m2": "Area (m2)"}),
        ("id,Area,Size_ha", "A,2.5,9", {"name": "id", "area_ha": "Area"}),
        ("Id,Hectares", "A,250", {"name": "Id", "area_ha": "Hectares"}),
        ("id,Estimated Area,Remaining Area", "A,9,8", {"name": "id", "area_ha": "Remaining Area"}),
        (
            "fid,area,priority",
            "1,9000,3",
            {"name": "fid", "area_m2": "area", "priority": "priority"},
        ),
        ("id,area,priority", "1,9000,soon", {"name": "id", "area_m2": "area"}),
        (
            "id,area,Urgency",
            "1,9000,1. HIGH",
            {"name": "id", "area_m2": "area", "priority": "Urgency"},
        ),
    ],
)
def test_columns_are_known_by_their_names(
    tmp_path: Path, header: str, first: str, columns: dict[str, str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{header}\n{first}\n")
    found = guess(path)
    assert found.columns == columns
    assert not found.wrong


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no names of columns"),
        ("id,area\n", "allowed: a column with a name for each area"),
        ("id,area\nA,1\nA,2\n", "allowed: a column with a name for each area"),
        ("id,depth\nA,1\n", "allowed: a column of areas"),
        ("lat,area\n51,1\n", "allowed: a column with a name for each area"),
        ("id,area\nA,1,2\n", "list.csv, row 2: found 3 cells"),
        ("imsma_id,area\nÄ,1\n".encode("latin-1"), "a byte that is not UTF-8"),
        (None, "is a directory"),
    ],
)
def test_what_cannot_be_guessed_is_said_and_nothing_is_written(
    demine: Demine, tmp_path: Path, content: str | bytes | None, words: str
) -> None:
    path = tmp_path / "list.csv"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    code, _, err = demine("new", "my.toml", "--land", "list.csv")
    assert code == 2
    assert err.startswith("error: list.csv")
    assert words in err
    assert not (tmp_path / "my.toml").exists()


def test_large_land_gets_larger_parcels_and_more_crews(demine: Demine, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,hectares\nA,400000\nB,100000\n")
    assert demine("new", "my.toml", "--land", "list.csv")[0] == 0
    scenario = load_scenario(tmp_path / "my.toml")
    assert scenario.campaign.parcel_ha == 10
    assert scenario.crew[0].count.mean > 1000
    assert demine("check", "my.toml")[0] == 0


def test_words_of_a_list_are_written_as_toml_takes_them(demine: Demine, tmp_path: Path) -> None:
    (tmp_path / 'l"й.csv').write_text(
        'id,area m2,priority,"sta,tus"\n№ 1,1000,"High\\",x\n№ 2,1000,low,y\n', encoding="utf-8"
    )
    assert demine("new", "my.toml", "--land", 'l"й.csv')[0] == 0
    assert [s.priority for s in load_scenario(tmp_path / "my.toml").sector] == [1, 2]
