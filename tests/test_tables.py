"""The tables of a result: their columns, what is empty, and their bytes."""

import csv
import datetime as dt
import io
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from build import MONDAY, build
from ensembles import completed_at, run, uncertain
from polars.testing import assert_frame_equal

from sim.errors import ResultError
from sim.outcome import COUNTS, CrewState, Ensemble, gather, states_of
from sim.results.csv import from_csv, to_csv, write_csv
from sim.results.tables import SCHEMAS, schemas, tables
from sim.scenario.dates import date_of
from sim.scenario.scenario import Scenario
from sim.statistics.quantities import COUNTED, HECTARES

CONTRACT = {
    "replications": "replication, completed, completion_day, completion_date, released_ha,"
    " cleared_ha, cancelled_ha, reduced_ha, found_ha, recontaminated_ha, recleared_ha, items,"
    " attacks, accidents, casualties, restored_day, restored_date, cost",
    "summary": "quantity, statistic, value, ci_low, ci_high",
    "progress": "day, date, quantity, mean, p05, p10, p25, p50, p75, p90, p95",
    "sectors": "sector, area_ha, completed, p10, p50, p80, p90",
    "crew_time": "crew, state, days_mean, share",
    "years": "year, by, name, quantity, mean, p05, p10, p20, p50, p80, p90, p95",
    "regions": "region, area_ha, completed, p10, p50, p80, p90",
    "operators": "operator, "
    + ", ".join(
        f"{name}_{statistic}"
        for name in ("crew_days", "deminer_days", "cleared_ha", "m2_per_deminer_day")
        for statistic in ("mean", "p10", "p50", "p90")
    ),
}


def eventful(**tables: object) -> Scenario:
    """Return a campaign in which everything that has a column happens."""
    return uncertain(
        sector=[
            {"name": 'St. "Mary", north', "items_per_ha": 3.0, "region": "North"},
            {"name": "Суджа"},
        ],
        crew=[
            {"name": "surveyors", "role": "survey", "cost_per_day": 1.1},
            {"name": "deminers", "cost_per_day": 100.0, "people": 10},
            {"name": "farmers", "role": "restoration", "cost_per_day": 0.07},
        ],
        survey={"cancelled_share": 0.2, "reduced_share": 0.2},
        growth={"share": 0.2, "found_until": 5.0},
        shelling={
            "regimes": [{"name": "calm", "attacks_per_24h": 5.0, "mean_days": 10.0}],
            "recontaminated_parcels": 1.0,
            "ends": 30.0,
        },
        accidents={"per_person_day": 0.01},
        restoration={"share": 0.5},
        deadline=[{"name": "soon", "date": MONDAY + dt.timedelta(days=20)}],
        money={"fund": [{"name": "grant", "roles": ["clearance"], "amount": 1500.0}]},
        **tables,
    )


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return run(eventful(), n=40)


@pytest.fixture(scope="module")
def frames(ensemble: Ensemble) -> dict[str, pl.DataFrame]:
    return tables(ensemble)


@pytest.mark.parametrize("name", CONTRACT)
def test_columns_are_those_of_the_contract_and_more_after_them(
    ensemble: Ensemble, frames: dict[str, pl.DataFrame], name: str
) -> None:
    promised = CONTRACT[name].split(", ")
    assert frames[name].columns[: len(promised)] == promised
    assert frames[name].schema == pl.Schema(schemas(ensemble.scenario)[name])


@pytest.mark.parametrize("name", ["progress", "sectors", "years", "regions", "operators"])
def test_every_percentile_and_probability_has_its_interval(
    frames: dict[str, pl.DataFrame], name: str
) -> None:
    number = r"(.*_)?(p\d\d|mean|completed)|deadline:soon"
    estimates = [c for c in frames[name].columns if re.fullmatch(number, c)]
    assert len(estimates) > 4
    for column in estimates:
        low, value, high = (frames[name][f"{column}{end}"] for end in ("_low", "", "_high"))
        assert (low.is_null() | (low <= value)).all()
        assert (high.is_null() | (value <= high)).all()


@pytest.mark.parametrize("name", CONTRACT)
def test_what_is_written_is_read_back(
    ensemble: Ensemble, frames: dict[str, pl.DataFrame], name: str
) -> None:
    data = to_csv(frames[name])
    assert_frame_equal(
        from_csv(data, schema=schemas(ensemble.scenario)[name], name=name),
        frames[name],
        check_exact=True,
    )
    lines = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    assert lines[0] == frames[name].columns
    assert {len(line) for line in lines} == {len(lines[0])}
    assert len(lines) == frames[name].height + 1
    assert data.count(b"\n") == data.count(b"\r\n") == len(lines)


@pytest.mark.parametrize("name", CONTRACT)
def test_no_number_has_an_exponent_or_is_minus_zero_and_no_text_is_a_formula(
    frames: dict[str, pl.DataFrame], name: str
) -> None:
    rows = csv.DictReader(io.StringIO(to_csv(frames[name]).decode(), newline=""))
    for row in rows:
        for column, field in row.items():
            if frames[name].schema[column] == pl.String():
                nameless = not field and column in ("name", "region", "operator")
                assert nameless or field[0] not in "=+-@\t\r"
            elif frames[name].schema[column] == pl.Float64() and field:
                assert "e" not in field.lower()
                assert len(field.partition(".")[2]) <= 6
                assert float(field) != 0 or field == "0"


def test_numbers_are_written_without_an_exponent() -> None:
    values = [1e-6, 1e22, 12.0, 0.1, -0.5, 123456789.25, None]
    text = to_csv(pl.DataFrame({"x": values})).decode().split()
    assert text[:7] == ["x", "0.000001", "1" + 22 * "0", "12", "0.1", "-0.5", "123456789.25"]


def test_replications_are_the_ensemble(ensemble: Ensemble, frames: dict[str, pl.DataFrame]) -> None:
    rows = frames["replications"]
    assert rows["replication"].to_list() == list(range(40))
    assert rows["completed"].all()
    days = ensemble.completion_s / ensemble.scenario.day_s
    assert rows["completion_day"].to_list() == pytest.approx(days.tolist(), abs=1e-6)
    assert rows["completion_date"].to_list() == [date_of(ensemble.scenario, day) for day in days]
    assert rows["released_ha"].to_list() == (ensemble.counts[:, 0] / 10_000).tolist()
    assert (rows["restored_day"] >= rows["completion_day"]).all()
    assert (rows["total_cost"] >= rows["cost"]).all()
    for column in ("items", "attacks", "accidents", "casualties", "recleared_ha", "found_ha"):
        assert rows[column].sum() > 0, column


def test_what_does_not_apply_is_empty() -> None:
    rows = tables(run(build(), n=2))["replications"]
    for column in ("restored_day", "restored_date", "cost", "total_cost"):
        assert rows[column].null_count() == 2, column
    free = {"currency": "EUR"}
    assert tables(run(build(money=free), n=2))["replications"]["cost"].to_list() == [0, 0]


def test_what_is_censored_is_empty() -> None:
    frames = tables(completed_at(run(build(), n=1), [10.0, None, 10.5]))
    rows = frames["replications"]
    assert rows["completed"].to_list() == [True, False, True]
    assert rows["completion_day"].to_list() == [10, None, 10.5]
    assert rows["completion_date"].to_list()[1] is None
    days = frames["summary"].filter(quantity="completion_day")
    values = dict(zip(days["statistic"], days["value"], strict=True))
    assert values["p50"] == 10.5
    assert all(values[name] is None for name in ("mean", "sd", "p75", "p90"))
    assert frames["summary"].filter(quantity="completed")["value"].item() == 0.666667


def test_dates_of_a_summary_are_those_of_its_days(
    ensemble: Ensemble, frames: dict[str, pl.DataFrame]
) -> None:
    for row in frames["summary"].iter_rows(named=True):
        dated = row["quantity"] in ("completion_day", "restored_day") and row["statistic"] != "sd"
        assert row["date"] == (date_of(ensemble.scenario, row["value"]) if dated else None)


def told_of(name: str) -> list[tuple[object, ...]]:
    """Return what the summary says of a deadline and a fund of this name."""
    scenario = uncertain(
        crew={"cost_per_day": 7.77},
        money={"fund": [{"name": name, "roles": ["clearance"], "amount": 50.0}]},
        deadline=[{"name": name, "date": MONDAY + dt.timedelta(days=9)}],
    )
    summary = tables(run(scenario, n=30))["summary"]
    named = [f"{kind}:{name}" for kind in ("deadline", "fund", "missing")]
    assert set(named) < set(summary["quantity"])
    return summary.filter(pl.col("quantity").is_in(named)).drop("quantity").rows()


@pytest.mark.parametrize(
    "name", ["rainy_day", "x_ha", "cost", "completion_day", "missing:y_day", "z:_ha"]
)
def test_names_in_a_scenario_decide_neither_decimals_nor_dates(name: str) -> None:
    told = told_of(name)
    assert told == told_of("plain")
    for statistic, *numbers, date in told:
        assert date is None
        if statistic != "probability":  # money
            assert [n is None or n == round(n, 2) for n in numbers] == [True] * 3


def test_every_quantity_that_is_counted_is_stated_in_its_order() -> None:
    assert [name.replace("_m2", "_ha") for name in COUNTS] == list(COUNTED)
    areas = [name for name, about in COUNTED.items() if about.unit == HECTARES]
    assert areas == [name for name in COUNTED if name.endswith("_ha")]


def test_progress_has_every_week_of_both_quantities(
    ensemble: Ensemble, frames: dict[str, pl.DataFrame]
) -> None:
    rows = frames["progress"]
    net, gross = (rows.filter(quantity=name) for name in ("released_ha", "gross_released_ha"))
    last = ensemble.completion_s.max() / ensemble.scenario.day_s
    assert net["day"].to_list() == gross["day"].to_list() == list(range(0, net["day"][-1] + 1, 7))
    assert net["day"][-2] < last <= net["day"][-1]
    assert net["date"].to_list()[:3] == [MONDAY + dt.timedelta(days=d) for d in (0, 6, 13)]
    assert gross["mean"][-1] > net["mean"][-1]
    mean = frames["replications"]["released_ha"].mean()
    assert net["mean"][-1] == pytest.approx(mean, abs=1e-4)


def test_sectors_state_their_known_area_and_release(
    ensemble: Ensemble, frames: dict[str, pl.DataFrame]
) -> None:
    rows = frames["sectors"]
    assert rows["sector"].to_list() == ['St. "Mary", north', "Суджа"]
    assert rows["completed"].to_list() == [1, 1]
    assert rows["area_ha"].to_list() == [12, 12]
    last = ensemble.sector_release_s.max(axis=1)
    assert (last <= ensemble.completion_s).all()
    for row in rows.iter_rows(named=True):
        assert row["p10"] < row["p50"] < row["p90"]
        assert row["p80_date"] == date_of(ensemble.scenario, row["p80"])


def test_a_sector_that_is_never_released_has_no_date() -> None:
    late = [{"area_ha": 5.0}, {"area_ha": 5.0, "opens": 900.0}]
    rows = tables(run(build(campaign={"horizon_days": 50.0}, sector=late), n=3))["sectors"]
    assert rows["completed"].to_list() == [1, 0]
    assert rows["p50"].to_list() == [5, None]
    assert rows["p50_date"].to_list() == [MONDAY + dt.timedelta(days=4), None]


def test_sectors_state_the_chance_of_release_by_the_date_of_each_deadline(
    ensemble: Ensemble, frames: dict[str, pl.DataFrame]
) -> None:
    released = ensemble.sector_first_s <= 21 * ensemble.scenario.day_s
    assert (ensemble.sector_first_s >= 0).all()
    assert 0 < released.mean() < 1
    assert frames["sectors"]["released_by:soon"].to_list() == released.mean(axis=0).tolist()


def test_only_land_that_a_deadline_is_about_has_a_chance_and_none_beyond_the_horizon() -> None:
    dates = {"near": 6, "never": 8, "beyond": 60}
    deadlines = [
        {"name": name, "date": MONDAY + dt.timedelta(days=days), "sectors": ["A", "C"]}
        for name, days in dates.items()
    ]
    land = [{"area_ha": 5.0}, {"area_ha": 5.0}, {"area_ha": 5.0, "opens": 900.0}]
    scenario = build(campaign={"horizon_days": 50.0}, sector=land, deadline=deadlines)
    rows = tables(run(scenario, n=3))["sectors"]
    found = {name: rows[f"released_by:{name}"].to_list() for name in dates}
    assert found == {"near": [1, None, 0], "never": [1, None, 0], "beyond": [1, None, None]}
    assert rows["released_by:beyond_high"].to_list() == [1, None, 1]


def test_crew_time_adds_up(ensemble: Ensemble, frames: dict[str, pl.DataFrame]) -> None:
    rows = frames["crew_time"]
    assert rows["state"].to_list() == list(states_of(ensemble.scenario)) * 3
    for g, group in enumerate(ensemble.scenario.crew):
        own = rows.filter(crew=group.name)
        assert own["share"].sum() == pytest.approx(1, abs=1e-12)
        present = ensemble.group_time[:, g].sum(axis=1).mean() / (1000 * ensemble.scenario.day_s)
        assert own["days_mean"].sum() == pytest.approx(present, abs=1e-5)
        total = own["days_mean"].sum()
        assert own["share"].to_list() == pytest.approx(
            (own["days_mean"] / total).to_list(), abs=2e-6
        )


def test_crews_that_never_come_have_no_shares() -> None:
    crews = [{}, {"arrives": 900.0}]
    rows = tables(run(build(crew=crews), n=2))["crew_time"].filter(crew="c1")
    assert rows["share"].null_count() == len(CrewState)
    assert rows["days_mean"].sum() == 0


def test_tables_do_not_depend_on_the_order_of_work(
    ensemble: Ensemble, frames: dict[str, pl.DataFrame]
) -> None:
    kept = ensemble.rows
    parts = [np.arange(25, 40), np.arange(0, 3), np.arange(3, 25)]
    batches = [{name: values[part] for name, values in kept.items()} for part in parts]
    again = gather(ensemble.scenario, seed=0, asked=40, batches=batches)
    for name, frame in tables(again).items():
        assert to_csv(frame) == to_csv(frames[name])


def test_one_replication_is_enough_for_tables() -> None:
    frames = tables(run(eventful(), n=1))
    assert all(frame.height for frame in frames.values())
    summary = frames["summary"].filter(quantity="completion_day", statistic="p50")
    assert summary["value"].item() is not None
    assert summary["ci_low"].item() is None


@pytest.mark.parametrize(
    "data",
    [b"", b"a,b\r\n1,2\r\n", b"\xff\xfe\x00", b"crew,state,days_mean,share\r\na,b,c,d\r\n"],
)
def test_a_table_that_is_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(ResultError, match=r"x\.csv: damaged"):
        from_csv(data, schema=SCHEMAS["crew_time"], name="x.csv")


def test_a_long_table_is_written_in_pieces_and_is_the_same(tmp_path: Path) -> None:
    pl_types = {"x": pl.Int64(), "y": pl.String()}
    for n in (0, 1, 4095, 4096, 4097, 10_000):
        frame = pl.DataFrame({"x": range(n), "y": ["a,b"] * n}, schema=pl_types)
        write_csv(frame, tmp_path / "long.csv")
        lines = (tmp_path / "long.csv").read_bytes().split(b"\r\n")
        assert lines == [b"x,y", *(f'{i},"a,b"'.encode() for i in range(n)), b""]
