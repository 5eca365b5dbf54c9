"""Deadlines of some land and milestones, counted by hand, in every command that asks for them."""

from pathlib import Path

import polars as pl
import pytest
from conftest import Demine

SCENARIO = """
[campaign]
name = "test"
start = 2025-06-30
horizon_days = {horizon}
hours_per_day = 1

[[sector]]
name = "A"
region = "North"
area_ha = 5

[[sector]]
name = "B"
region = "South"
area_ha = 5

[[crew]]
name = "teams"
role = "clearance"
count = 1
rate_ha_per_day = 1
"""
TEAMS = "crew.teams.count"


def written(tmp_path: Path, *deadlines: str, horizon: float = 60) -> str:
    """Write the scenario with some deadlines, named 1, 2 ...; return the file's name."""
    stated = [f'[[deadline]]\nname = "{i}"\n{x}\n' for i, x in enumerate(deadlines, start=1)]
    text = SCENARIO.format(horizon=horizon) + "\n".join(stated)
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    return "plan.toml"


def met(demine: Demine, tmp_path: Path, *deadlines: str, horizon: float = 60) -> list[object]:
    """Return of each deadline its chance, and what is released at the end of its date."""
    file = written(tmp_path, *deadlines, horizon=horizon)
    code, _, err = demine("run", file, "--replications", "2", "--quiet")
    assert (code, err) == (0, "")
    table = pl.read_csv(tmp_path / "results/test/summary.csv", infer_schema_length=None)
    about = {(row["quantity"], row["statistic"]): row["value"] for row in table.to_dicts()}
    return [
        (about[f"deadline:{i}", "probability"], about[f"released:{i}", "p50"])
        for i in range(1, len(deadlines) + 1)
    ]


def test_a_milestone_met_on_the_last_second_of_its_day(demine: Demine, tmp_path: Path) -> None:
    # a hectare a day: the fifth at t = 5.0, the last second of 4 July
    assert met(
        demine,
        tmp_path,
        "date = 2025-07-04\nreleased_share = 0.5",
        "date = 2025-07-03\nreleased_share = 0.5",
        "date = 2025-07-04\nreleased_ha = 5",
        "date = 2025-07-04\nreleased_ha = 5.0001",
        "date = 2025-07-04",
        "date = 2025-07-09",
    ) == [(1, 5), (0, 4), (1, 5), (0, 5), (0, 5), (1, 10)]


def test_a_region_s_deadline_in_a_campaign_that_is_not_complete(
    demine: Demine, tmp_path: Path
) -> None:
    # seven days: all of the North, two hectares of the South, the second at the horizon itself
    assert met(
        demine,
        tmp_path,
        'date = 2025-07-04\nregions = ["North"]',
        'date = 2025-07-03\nregions = ["North"]',
        'date = 2025-07-06\nregions = ["South"]',
        'date = 2025-07-06\nregions = ["South"]\nreleased_ha = 2',
        'date = 2025-07-05\nsectors = ["B"]\nreleased_share = 0.4',
        'date = 2025-07-06\nregions = ["North"]\nsectors = ["B"]\nreleased_share = 0.7',
        horizon=7,
    ) == [(1, 5), (0, 4), (0, 2), (1, 2), (0, 1), (1, 7)]


def test_what_lies_beyond_the_horizon_is_not_known_and_what_was_met_before_is(
    demine: Demine, tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        'date = 2025-08-01\nregions = ["North"]',
        'date = 2025-08-01\nregions = ["South"]',
        horizon=7,
    )
    assert demine("run", file, "--replications", "2", "--quiet")[0] == 0
    table = pl.read_csv(tmp_path / "results/test/summary.csv", infer_schema_length=None)
    assert table.filter(quantity="deadline:1")["value"].to_list() == [1]
    (unknown,) = table.filter(quantity="deadline:2").to_dicts()
    assert (unknown["value"], unknown["ci_low"], unknown["ci_high"]) == (None, 0, 1)


def test_a_plan_for_a_region_asks_for_that_region(demine: Demine, tmp_path: Path) -> None:
    # n crews take ceil(5 / n) days for the North, which comes first, and ceil(10 / n) for all
    file = written(
        tmp_path, 'date = 2025-07-02\nregions = ["North"]', "date = 2025-07-02", horizon=7
    )
    answers = []
    for deadline in ("1", "2", "2025-07-02"):
        words = ("--deadline", deadline, "--vary", f"{TEAMS}=1:5", "--replications", "64")
        assert demine("plan", file, *words, "--quiet", "--force")[0] == 0
        table = pl.read_csv(tmp_path / "results/test-plan/plan.csv")
        answers.append(table.filter("answer")[TEAMS].to_list())
    assert answers == [[2], [4], [4]]


def test_a_sweep_and_a_comparison_ask_for_them_too(demine: Demine, tmp_path: Path) -> None:
    deadlines = ('date = 2025-07-02\nregions = ["North"]', "date = 2025-07-02\nreleased_ha = 6")
    file = written(tmp_path, *deadlines)
    words = ("--replications", "2", "--quiet")
    assert demine("sweep", file, "--vary", f"{TEAMS}=1:3:1", *words)[0] == 0
    table = pl.read_csv(tmp_path / "results/test-sweep/sweep.csv")
    assert table["deadline:1"].to_list() == [0, 1, 1]
    assert table["deadline:2"].to_list() == [0, 1, 1]
    more = f'extends = "{file}"\n[campaign]\nname = "more"\n[[crew]]\nname = "teams"\ncount = 2\n'
    (tmp_path / "more.toml").write_text(more, encoding="utf-8")
    assert demine("compare", file, "more.toml", *words)[0] == 0
    table = pl.read_csv(tmp_path / "results/test-compare/compare.csv", infer_schema_length=None)
    for deadline in ("deadline:1", "deadline:2"):
        (row,) = table.filter(quantity=deadline).to_dicts()
        assert (row["baseline_value"], row["variant_value"], row["difference"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("stated", "key", "found", "allowed"),
    [
        ("released_share = 0.5\nreleased_ha = 3", "1", "released_share and released_ha", "one"),
        ("released_share = 0", "1.released_share", "0", "at least 1e-06"),
        ("released_share = 1.5", "1.released_share", "1.5", "at most 1"),
        ("released_ha = 0", "1.released_ha", "0", "at least 0.0001"),
        ('regions = ["Nort"]', "1.regions", "'Nort'", "did you mean North?"),
        ('regions = ["A"]', "1.regions", "'A'", "the regions of sectors"),
        ('sectors = ["C"]', "1.sectors", "'C'", "the names of sectors or regions"),
        ("regions = []", "1.regions", "0 entries", "at least 1"),
        ("share = 0.5", "1.share", "an unknown key", "released_share"),
    ],
)
def test_what_is_wrong_with_a_deadline_is_said(
    stated: str, key: str, found: str, allowed: str, demine: Demine, tmp_path: Path
) -> None:
    code, _, err = demine("check", written(tmp_path, f"date = 2025-07-04\n{stated}"))
    assert code == 2
    (line,) = err.splitlines()
    assert line.startswith(f"error: plan.toml: deadline.{key}")
    assert f"found {found}" in line
    assert allowed in line


def test_a_deadline_before_the_start_is_refused(demine: Demine, tmp_path: Path) -> None:
    code, _, err = demine("check", written(tmp_path, "date = 2025-06-29"))
    assert code == 2
    assert "deadline.1.date: found 2025-06-29; allowed: a date from the start on" in err
