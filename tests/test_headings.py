"""No name that a user gives takes a column from another, and every reader gives all of them."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from build import MONDAY, build
from conftest import Demine

from sim import plan, sweep
from sim.experiments.plan import table as plan_table
from sim.experiments.study import Study
from sim.experiments.sweep.report import lines
from sim.experiments.sweep.table import every_replication, table
from sim.results.csv import headings, to_csv
from sim.scenario.scenario import Scenario

NAMES = ("x", "x_low", "X", "x_low_high", 'say "when"', "a, b", "Суджа", "x (2)")
CREWS = ("NPA manual", 'the "best", they say', "O'Brien")
PLAIN = "crew.'NPA manual'.count"


def named() -> Scenario:
    crews = [{"name": name, "cost_per_day": 1.0} for name in CREWS]
    dates = [{"name": name, "date": MONDAY} for name in NAMES]
    return build(crew=crews, deadline=dates)


def quoted(name: str) -> str:
    return 'crew."{}".count'.format(name.replace('"', r"\""))


def frame() -> pl.DataFrame:
    vary = {quoted(name): [1, 2] for name in CREWS}
    return table(sweep(named(), vary=vary, replications=3))


def read_by_hand(path: Path) -> list[str]:
    return next(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def read_by_polars(path: Path) -> list[str]:
    return pl.read_csv(path).columns


def read_by_pandas(path: Path) -> list[str]:
    pandas = pytest.importorskip("pandas")
    return list(pandas.read_csv(path).columns)


def read_by_duckdb(path: Path) -> list[str]:
    duckdb = pytest.importorskip("duckdb")
    return [row[0] for row in duckdb.sql(f"describe select * from '{path}'").fetchall()]


@pytest.mark.parametrize(
    "read",
    [read_by_hand, read_by_polars, read_by_pandas, read_by_duckdb],
)
def test_every_reader_gives_back_every_column(
    read: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    found = frame()
    (tmp_path / "sweep.csv").write_bytes(to_csv(found))
    assert read(tmp_path / "sweep.csv") == found.columns
    assert PLAIN in found.columns


def test_every_deadline_has_its_columns_whatever_its_name() -> None:
    columns = frame().columns
    assert len({column.casefold() for column in columns}) == len(columns)
    for kept in ("deadline:x", "deadline:x_low", "deadline:x_high", "deadline:a, b"):
        assert kept in columns
    assert sum(column.startswith("deadline:") for column in columns) == 3 * len(NAMES)


def test_each_deadline_keeps_its_own_numbers() -> None:
    dates = [MONDAY.replace(year=2026), MONDAY]
    deadlines = [{"name": n, "date": d} for n, d in zip(("x", "x_low"), dates, strict=True)]
    found = sweep(build(deadline=deadlines), vary={"crew.c0.count": [1, 2]}, replications=3)
    at = table(found).to_dicts()[0]
    assert (at["deadline:x"], at["deadline:x_low (2)"]) == (1, 0)
    assert 0 < at["deadline:x_low"] < 1  # the end of an interval
    shown = list(lines(table(found), [point.scenario for point in found.points], seed=0))
    (titles,) = (i for i, line in enumerate(shown) if "x_low" in line)
    assert "100 %" in shown[titles + 1]
    assert "0 % (0 to" in shown[titles + 1]


def test_keys_of_plans_and_of_every_replication_are_headings_too() -> None:
    scenario = named()
    vary = {quoted("NPA manual"): [1, 2]}
    planned = plan(scenario, deadline="x", vary=vary, most=128)
    settings = [trial.settings for trial in planned.trials]
    columns = plan_table.columns(settings, scenario)
    assert next(iter(columns)) == PLAIN
    assert plan_table.table(planned, columns)[PLAIN].to_list() == [1, 2]
    found = sweep(scenario, vary=vary, replications=3)
    data = every_replication(found, Study())
    assert pl.read_parquet(io.BytesIO(data)).columns[:2] == ["point", PLAIN]


def test_a_name_gives_way_to_a_column_and_to_what_came_before() -> None:
    assert headings(["a", "A", "a (2)", "crews"], taken=["Crews"]) == {
        "a": "a",
        "A": "A (2)",
        "a (2)": "a (2) (2)",
        "crews": "crews (2)",
    }
    ends = ("", "_low")
    assert headings(["x", "x_low"], taken=[], ends=ends)["x_low"] == "x_low (2)"
    assert headings(["x_low", "x"], taken=[], ends=ends)["x"] == "x (2)"


def test_a_heading_can_be_typed_again(demine: Demine) -> None:
    tutorial = str(Path(__file__).parent.parent / "scenarios" / "tutorial.toml")
    vary = ("--vary", 'crew."manual teams".count=4,5')
    assert demine("sweep", tutorial, *vary, "--replications", "5", "--quiet")[0] == 0
    key = read_by_hand(Path("results/tutorial-sweep/sweep.csv"))[0]
    assert key == "crew.'manual teams'.count"
    options = ("--set", f"{key}=4", "--replications", "5", "--quiet")
    assert demine("run", tutorial, *options)[0] == 0
