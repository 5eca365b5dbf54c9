"""Tables of years, regions and operators: counted by hand, and adding up to the campaign."""

import csv
import datetime as dt
import io
import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from build import DAY, MONDAY, build, law
from ensembles import run, uncertain

from sim import read_results
from sim.errors import ResultError
from sim.outcome import OPEN, Ensemble
from sim.results.answers import brief
from sim.results.csv import to_csv
from sim.results.report import report
from sim.results.tables import tables
from sim.scenario.scenario import Scenario
from sim.statistics.yearly import parts

Demine = Callable[..., tuple[int, str, str]]
Rows = list[dict[str, str]]
THREE_YEARS = """
# from 30 December 2027 to 2 February 2029: 2, 366 and 32 days
campaign = { name = "three", start = 2027-12-30, horizon_days = 800, hours_per_day = 1 }
deadline = [
  { name = "leap year", date = 2028-12-31 },
  { name = "R first", date = 2028-07-16, regions = ["R"] },
  { name = "most", date = 2028-12-31, released_ha = 400 },
  { name = "both", date = 2029-01-01, regions = ["R", "Q"] },
]
sector = [
  { name = "A", area_ha = 200, region = "R" },
  { name = "B", area_ha = 200, region = "Q" },
  { name = "C", area_ha = 3 },
  { name = "D", area_ha = 1, region = "R" },
]

[[crew]]
name = "one"
operator = "x"
role = "clearance"
count = 1
rate_ha_per_day = 1
people = 7
deminers = 5
sectors = ["A", "B"]
cost_per_day = 10
cost_to_mobilise = 5

[[crew]]
name = "two"
operator = "y"
role = "clearance"
count = 1
rate_ha_per_day = 1
people = 4
sectors = ["C"]
arrives = 397
cost_per_day = 20
cost_to_mobilise = 7

[[crew]]
name = "three"
operator = "x"
role = "clearance"
count = 1
rate_ha_per_day = 1
sectors = ["D"]
arrives = 1
leaves = 2
price_per_ha = 40

[money]
fund = [
  { name = "f", amount = 9999, roles = ["clearance"], share = 0.85 },
  { name = "g", amount = 9999, roles = ["clearance"], share = 0.15 },
]
overhead = [{ name = "office", per_year = 36525, once = 50 }]
"""
BY_HAND = {  # by, name, quantity: 2027, 2028, 2029
    ("campaign", "", "released_ha"): [3, 366, 35],
    ("campaign", "", "cleared_ha"): [3, 366, 35],
    ("campaign", "", "remaining_ha"): [401, 35, 0],
    ("campaign", "", "sectors_released"): [1, 1, 2],
    ("campaign", "", "crew_days"): [3, 366, 35],
    ("campaign", "", "deminer_days"): [11, 1830, 172],
    ("campaign", "", "cost"): [315, 40260, 3587],
    ("region", "R", "released_ha"): [3, 198, 0],
    ("region", "R", "remaining_ha"): [198, 0, 0],
    ("region", "R", "sectors_released"): [1, 1, 0],
    ("region", "Q", "released_ha"): [0, 168, 32],
    ("region", "", "released_ha"): [0, 0, 3],
    ("region", "", "sectors_released"): [0, 0, 1],
    ("operator", "x", "cleared_ha"): [3, 366, 32],
    ("operator", "x", "crew_days"): [3, 366, 32],
    ("operator", "x", "deminer_days"): [11, 1830, 160],
    ("operator", "x", "cost"): [65, 3660, 320],
    ("operator", "y", "cleared_ha"): [0, 0, 3],
    ("operator", "y", "deminer_days"): [0, 0, 12],
    ("operator", "y", "cost"): [0, 0, 67],
    ("operator", "", "cost"): [250, 36600, 3200],
    ("fund", "f", "cost"): [55.25, 3111, 328.95],
    ("fund", "g", "cost"): [9.75, 549, 58.05],
    ("fund", "", "cost"): [250, 36600, 3200],
}


def rows_of(path: Path) -> Rows:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"), newline="")))


@pytest.fixture
def three_years(demine: Demine) -> tuple[Path, str]:
    """Return the result folder of the campaign, and what the terminal said."""
    Path("three.toml").write_text(THREE_YEARS, encoding="utf-8")
    code, told, err = demine(
        "run", "three.toml", "--replications", "3", "--jobs", "1", "--engine", "simpy"
    )
    assert (code, err) == (0, "")
    return Path("results/three"), told


def test_three_years_are_counted_by_hand(three_years: tuple[Path, str]) -> None:
    folder, told = three_years
    found = defaultdict(list)
    for row in rows_of(folder / "years.csv"):
        of = found[row["by"], row["name"], row["quantity"]]
        assert int(row["year"]) == 2027 + len(of)
        of.append(float(row["mean"]))
        numbers = {row[c] for c in row if c not in ("year", "by", "name", "quantity")}
        assert numbers - {""} == {row["mean"]}  # three campaigns are too few for some intervals
    assert {key: found[key] for key in BY_HAND} == BY_HAND
    assert all(sum(of) == 0 for key, of in found.items() if key[2] in ("found_ha", "accidents"))
    x, y, office = rows_of(folder / "operators.csv")
    assert (x["operator"], y["operator"], office["operator"]) == ("x", "y", "")
    assert [x[f"{name}_p50"] for name in ("crew_days", "deminer_days")] == ["401", "2001"]
    assert float(x["m2_per_deminer_day_mean"]) == round(4_010_000 / 2001, 6)
    assert float(x["cost_per_m2_p90"]) == round(4045 / 4_010_000, 6)
    assert (y["cost_mean"], office["cost_mean"], office["crew_days_mean"]) == ("67", "40050", "")
    regions = {row["region"]: row for row in rows_of(folder / "regions.csv")}
    assert list(regions) == ["R", "Q", ""]
    assert [row["area_ha"] for row in regions.values()] == ["201", "200", "3"]
    last = "2029-02-01"
    assert [row["p50_date"] for row in regions.values()] == ["2028-07-16", last, last]
    assert [row["first_p50"] for row in regions.values()] == ["200", "400", "400"]
    due = {
        name: [row[f"deadline:{name}"] for row in regions.values()]
        for name in ("leap year", "R first", "most", "both")
    }
    assert due == {
        "leap year": ["1", "0", "0"],  # of all land: each region by itself
        "R first": ["1", "", ""],  # of this region's land alone
        "most": ["", "", ""],  # a part of more land is owed by none
        "both": ["1", "0", ""],
    }
    dated = rows_of(folder / "progress.csv")[-4:]
    assert [(row["day"], row["quantity"], row["p50"]) for row in dated] == [
        ("368", "released:leap year", "369"),
        ("200", "released:R first", "201"),
        ("368", "released:most", "369"),
        ("369", "released:both", "370"),
    ]
    assert "  2028  366           366       35         35       40 260     40 260" in told
    assert "  2028    3 111  549  36 600" in told


def decimals(frame: pl.DataFrame) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(frame).decode(), newline="")))


def owing(**tables: object) -> Scenario:
    """Return a campaign over two years in which everything varies."""
    everybody = ["survey", "clearance", "restoration"]
    payers = [{"name": "f", "share": 0.7}, {"name": "g", "share": 0.3}]
    crews = [
        {"count": 2, "cost_per_day": 3.3, "people": 4},
        {"role": "survey", "cost_per_day": 2.7, "operator": "c0"},
        {"cost_per_day": 1.9},
    ]
    return uncertain(
        sector=[{"region": "R"}, {}, {"region": "Q", "area_ha": 7.77}, {"region": "P"}],
        crew=[*crews, {"role": "restoration", "cost_per_day": 0.7}],
        survey={"cancelled_share": 0.3, "reduced_share": 0.2},
        growth={"share": 0.3, "found_until": 9.0},
        restoration={"share": 0.4},
        accidents={"per_person_day": 0.1},
        shelling={
            "regimes": [{"name": "calm", "attacks_per_24h": 9.0, "mean_days": 10.0}],
            "recontaminated_parcels": 0.5,
            "ends": 20.0,
        },
        money={
            "fund": [each | {"amount": 30.0, "roles": everybody} for each in payers],
            "overhead": [
                {"name": "office", "per_year": 999},
                {"name": "x", "once": 7, "fund": "f"},
            ],
        },
        **tables,
    )


START = {"start": dt.date(2025, 12, 20)}


@pytest.fixture(scope="module", params=[1000.0, 25.5])
def ensemble(request: pytest.FixtureRequest) -> Ensemble:
    found = run(owing(campaign=START | {"horizon_days": request.param}), n=7)
    assert (found.restored_s == OPEN).any() == (request.param < 100)
    return found


def test_years_and_groups_add_up_to_the_campaign_to_the_last_decimal(ensemble: Ensemble) -> None:
    frames = tables(ensemble)
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    groups = defaultdict(set)
    odd = 0
    for row in decimals(frames["years"]):
        mean = Decimal(row["mean"])
        groups[row["by"]].add(row["name"])
        sums["year", row["year"], row["by"], row["quantity"]] += mean
        sums["total", row["by"], row["name"], row["quantity"]] += mean
        assert Decimal(row["mean_low"]) <= mean <= Decimal(row["mean_high"])
    assert groups == {
        "campaign": {""}, "region": {"R", "Q", "P", ""}, "operator": {"c0", "c2", "c3", ""},
        "fund": {"f", "g", ""},
    }  # fmt: skip
    for (kind, year, by, quantity), number in sums.items():
        if kind == "year":
            assert number == sums["year", year, "campaign", quantity], (year, by, quantity)
    summary = {(r["quantity"], r["statistic"]): r["value"] for r in decimals(frames["summary"])}
    for quantity in ("released_ha", "cleared_ha", "found_ha", "recontaminated_ha", "casualties"):
        assert sums["total", "campaign", "", quantity] == Decimal(summary[quantity, "mean"])
        odd += sums["total", "campaign", "", quantity] != 0
    assert odd == 5
    late = "restricted_" if (ensemble.restored_s == OPEN).any() else ""
    cost = Decimal(summary["total_cost", f"{late}mean"])
    assert sums["total", "campaign", "", "cost"] == cost
    of_all = Decimal()
    for row in decimals(frames["operators"]):
        for quantity in ("crew_days", "deminer_days", "cost"):
            if row[f"{quantity}_{late}mean"]:
                known = Decimal(row[f"{quantity}_{late}mean"])
                assert known == sums["total", "operator", row["operator"], quantity]
        of_all += Decimal(row[f"cost_{late}mean"])
        assert bool(late) == (row["cost_mean"] == "")
    assert of_all == cost


def test_a_year_is_the_difference_of_what_was_done_by_its_end_and_by_that_of_the_last(
    ensemble: Ensemble,
) -> None:
    years = tables(ensemble)["years"].filter(by="region", name="Q")
    released = ensemble.year_counts[:, :2, ensemble.scenario.regions.index("Q"), 0] / 10_000
    of_2026 = np.sort(released[:, 1] - released[:, 0])
    row = years.filter(year=2026, quantity="released_ha").row(0, named=True)
    assert [row[f"p{p:02d}"] for p in (5, 20, 50, 80, 95)] == of_2026[[0, 1, 3, 5, 6]].tolist()
    assert row["mean"] == pytest.approx(of_2026.mean(), abs=1.01e-4)
    left = years.filter(quantity="remaining_ha")
    assert left["mean"].is_sorted(descending=True)
    known = ensemble.sector_m2[:, 2] / 10_000
    if (ensemble.restored_s != OPEN).all():
        assert left["mean"][-1] == 0
        assert released[:, 1].tolist() == known.tolist()


def test_years_end_with_the_last_end_of_all_work_or_the_horizon(ensemble: Ensemble) -> None:
    longer = run(owing(campaign=START | {"horizon_days": 3000.0}), n=7)
    assert tables(longer)["years"]["year"].unique().to_list() == [2025, 2026]
    never = run(build(campaign={"horizon_days": 500.0}, sector={"opens": 900.0}), n=2)
    assert tables(never)["years"]["year"].unique().to_list() == [2025, 2026]
    assert tables(ensemble)["years"]["year"].max() == 2026


def test_what_is_not_stated_has_no_rows() -> None:
    found = tables(run(build(), n=2))
    assert found["regions"].is_empty()
    assert set(found["years"]["by"]) == {"campaign", "operator"}
    assert "cost" not in found["years"]["quantity"]
    assert found["operators"]["cost_mean"].to_list() == [None]


def test_sums_too_large_to_be_counted_are_right() -> None:
    short = {"horizon_days": 10.0}
    crews = {"count": 1000, "cost_per_day": 1e9}
    ensemble = run(build(campaign=short, sector={"area_ha": 8000.0}, crew=crews), n=4)
    assert int(ensemble.year_cost.max()) * 4 > 2**63
    (mean,) = tables(ensemble)["years"].filter(by="campaign", quantity="cost")["mean"]
    assert mean == 8e12


@pytest.mark.parametrize(
    ("numbers", "per", "whole", "expected"),
    [
        ([10, 10, 10], 30, 1, [1, 0, 0]),
        ([10, 20, 0, 30], 30, 2, [0, 1, 0, 1]),
        ([-10, 40], 30, 1, [0, 1]),
        ([15, 15], 30, 1, [1, 0]),
        ([29, 29, 30], 30, 2, [1, 0, 1]),  # of 2.93 that is rounded up or down
        ([], 30, 0, []),
    ],
)
def test_parts_are_rounded_up_or_down_and_whole_ones_stay(
    numbers: list[int], per: int, whole: int, expected: list[int]
) -> None:
    assert parts(numbers, per, whole) == expected


def test_land_that_is_hit_again_is_first_released_before_it_is_for_good() -> None:
    ensemble = run(owing(), n=20)
    first, last = ensemble.sector_first_s, ensemble.sector_release_s
    assert (first <= last).all()
    assert (first < last).any()
    frame = tables(ensemble)["sectors"]
    ordered = np.sort(first / DAY, axis=0)
    assert frame["first_p50"].to_list() == np.round(ordered[9], 6).tolist()
    assert frame["first_p90"].to_list() == np.round(ordered[17], 6).tolist()
    assert (frame["first_p90_date"] <= frame["p90_date"]).all()
    regions = tables(ensemble)["regions"]
    assert regions["region"].to_list() == ["R", "Q", "P", None]
    assert regions["first_p50"].to_list() == frame["first_p50"][[0, 2, 3, 1]].to_list()


def test_the_horizon_has_a_row_of_progress_where_something_is_left() -> None:
    deadline = [{"name": "late", "date": MONDAY + dt.timedelta(days=40)}]
    short = uncertain(campaign={"horizon_days": 9.5}, deadline=deadline)
    ensemble = run(short, n=20)
    assert 0 < ensemble.censored < 20
    frame = tables(ensemble)["progress"]
    net = frame.filter(quantity="released_ha")
    assert net["day"].to_list() == [0, 7, 10, 14]
    summary = tables(ensemble)["summary"].filter(quantity="released_ha", statistic="p50")
    assert net["p50"].to_list()[2:] == [summary["value"].item()] * 2
    late = frame.row(-1, named=True)
    assert (late["day"], late["quantity"], late["mean"]) == (41, "released:late", None)


def test_an_old_result_says_what_it_lacks(three_years: tuple[Path, str]) -> None:
    folder, _ = three_years
    assert read_results(folder).operators["operator"].to_list() == ["x", "y", None]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    del manifest["files"]["years.csv"]
    (folder / "years.csv").unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ResultError, match=r"left no years\.csv: make it again with `demine run`"):
        read_results(folder)


# What is said


def test_brief_is_the_answer_alone(demine: Demine) -> None:
    Path("three.toml").write_text(THREE_YEARS, encoding="utf-8")
    options = ("--replications", "40", "--brief")
    code, told, _ = demine("run", "three.toml", *options, "--set", "campaign.unit=km2")
    assert code == 0
    assert told.splitlines() == [
        "three",
        "80 % sure: all land is released by 1 Feb 2029. As likely as not: by 1 Feb 2029.",
        "80 % sure: at least 0.03 km² released by 31 Dec 2027, 3.69 km² by 31 Dec 2028 and 4.04 km²"
        " by 31 Dec 2029.",
        "leap year  31 Dec 2028: 0 % (0 to 8.8 %)",
        "  80 % sure: at least 3.69 km² by then; the deadline would have to be 1 Feb 2029"
        " (1 Feb 2029 to 1 Feb 2029)",
        "R first  16 Jul 2028, R: 100 % (91.2 to 100 %)",
        "most  31 Dec 2028, 4 km² of all land: 0 % (0 to 8.8 %)",
        "  80 % sure: at least 3.69 km² by then; the deadline would have to be 30 Jan 2029"
        " (30 Jan 2029 to 30 Jan 2029)",
        "both  1 Jan 2029, R, Q: 0 % (0 to 8.8 %)",
        "  80 % sure: at least 3.7 km² by then; the deadline would have to be 1 Feb 2029"
        " (1 Feb 2029 to 1 Feb 2029)",
        "80 % sure: it costs at most USD 44 162.",
    ]


def test_where_no_date_is_sure_the_horizon_is_told() -> None:
    deadline = [{"name": "soon", "date": MONDAY + dt.timedelta(days=7)}]
    scenario = build(
        factors={"rate": law("discrete", values=[1.0, 0.5])},
        campaign={"horizon_days": 15.0},
        sector={"area_ha": 12.0},
        deadline=deadline,
    )
    ensemble = run(scenario, n=40)
    told = list(brief(ensemble))
    by = "by 14 Jul 2025"
    assert told[1].startswith(f"No date is 80 % sure: the chance that all land is released {by} is")
    assert told[2] == f"80 % sure: at least 7 ha released {by}."
    assert told[4].endswith(
        "at least 4 ha by then; the deadline would have to be later than 14 Jul 2025"
    )
    years = next(line for line in report(ensemble) if line.startswith("  2025"))
    assert years.split()[:3] == ["2025", "to", "14"]


def test_years_in_which_nearly_nothing_is_left_are_put_together() -> None:
    late = law("discrete", values=[1.0, 0.0062], weights=[19, 1])  # one in twenty takes until 2031
    funds = [{"name": n, "share": 0.5, "amount": 1e6, "roles": ["clearance"]} for n in "fg"]
    scenario = build(
        campaign={"horizon_days": 2000.0},
        factors={"rate": late},
        crew={"cost_per_day": 10.0},
        money={"fund": funds},
    )
    ensemble = run(scenario, n=60)
    assert 0 < np.count_nonzero(ensemble.completion_s > 1000 * DAY) < 12
    told = list(report(ensemble))
    first = told.index("How much in which year? (P50; at least, at most: 80 % sure)")
    assert [line.split()[0] for line in told[first + 1 : first + 3]] == ["year", "2025"]
    assert told[first + 3] == ""
    payers = [line.split() for line in told[first + 5 : first + 9]]
    assert [row[0] for row in payers] == ["year", "2025", "later", "in"]
    total = (ensemble.total_cost.sum(1) / (100 * DAY)).mean() / 2
    assert [int(row[-1]) for row in payers[1:]][2] == round(total)
    assert 0 <= abs(int(payers[1][1]) + int(payers[2][1]) - round(total)) <= 1
