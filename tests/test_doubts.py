"""What a scenario states without effect, or by a slip, is said by every command and is no error."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from build import build, law
from conftest import Demine

from sim.scenario.doubts import doubts

ROOT = Path(__file__).parent.parent
SHIPPED = [  # but for the base that is no scenario by itself
    file for file in sorted((ROOT / "scenarios").glob("*.toml")) if file.stem != "reference"
]
PAID = {"cost_per_day": 1.0}
SURVEYOR = {"role": "survey", "leaves": 5.0}


def keys(**tables: Any) -> list[str]:
    return [doubt.key for doubt in doubts(build(**tables))]


@pytest.mark.parametrize(
    ("without", "needed"),
    [
        ({"quality": {"failure_probability": 0.1}}, {"inspected_share": 0.1}),
        ({"quality": {"inspection_days": 3}}, {"inspected_share": 0.1}),
        ({"quality": {"rework_share": 0.5}}, {"inspected_share": 0.1}),
        ({"shelling": {"stop_hours": 3}}, {"regimes": [("calm", 1.0)]}),
        ({"shelling": {"casualty_probability": 0.1}}, {"regimes": [("calm", 1.0)]}),
        ({"accidents": {"stand_down_days": 3}}, {"per_person_day": 0.1}),
        ({"pace": {"weekly_correlation": 0.5}}, {"weekly_cv": 0.1}),
        ({"growth": {"found_until": 50}}, {"share": law("uniform", low=0, high=1)}),
    ],
)
def test_what_has_no_effect_is_said_until_it_has_one(
    without: dict[str, dict[str, Any]], needed: dict[str, Any]
) -> None:
    ((table, stated),) = without.items()
    if "regimes" in needed:
        regimes = [
            {"name": name, "attacks_per_24h": attacks, "mean_days": 5.0}
            for name, attacks in needed["regimes"]
        ]
        needed = {"regimes": regimes}
        assert keys(**{table: stated | {"regimes": [regimes[0] | {"attacks_per_24h": 0.0}]}}) == [
            f"{table}.{next(iter(stated))}"
        ]
    assert keys(**without) == [f"{table}.{next(iter(stated))}"]
    assert keys(**{table: stated | needed}) == []


@pytest.mark.parametrize("stated", [{"pace": 0.5}, {"shift_days": 3}])
def test_a_season_without_dates_is_said_by_its_name(stated: dict[str, Any]) -> None:
    winter = {"name": "winter", "closed_from": "12-01", "closed_until": "02-01", "pace": 0.5}
    assert keys(season=[winter, {"name": "dry season"} | stated]) == [
        f'season."dry season".{next(iter(stated))}'
    ]
    assert keys(season=[winter, winter | {"name": "dry season"} | stated]) == []


def test_two_names_of_lost_time_that_read_the_same_are_said() -> None:
    shelling = {"regimes": [{"name": "x", "attacks_per_24h": 1.0, "mean_days": 5.0}]}
    shut, rains = {"name": "unrest", "from": 3, "until": 5}, {"name": "rains"}
    assert keys(shelling=shelling | {"label": "attacks"}, closure=[shut], season=[rains]) == []
    assert keys(shelling=shelling | {"label": "unrest"}, closure=[shut]) == ["closure.unrest.name"]
    assert keys(shelling=shelling, season=[{"name": "shelling"}]) == ["season.shelling.name"]
    assert keys(closure=[shut], season=[rains, {"name": "unrest"}]) == ["season.unrest.name"]
    assert keys(season=[{"name": "weather"}]) == ["season.weather.name"]


def test_items_that_take_no_time_and_time_without_items_are_said() -> None:
    assert keys(sector={"items_per_ha": 3}) == ["sector.A.items_per_ha"]
    assert keys(clearance={"item_minutes": 3}) == ["clearance.item_minutes"]
    assert keys(sector={"items_per_ha": 3}, clearance={"item_minutes": 3}) == []


def test_what_survey_would_need_to_come_to_a_sector_is_said() -> None:
    crews = [{}, {"role": "survey"}]
    own = {"cancelled_share": 0.5, "reduced_share": 0.1}
    stated = [{}, own | {"status": "suspected"}, own]
    said = ["sector.B.status", "sector.B.cancelled_share", "sector.B.reduced_share"]
    assert keys(sector=stated) == said
    assert keys(sector=stated, crew=crews, survey={}) == []
    known = {"status": "confirmed"}
    assert keys(sector=known) == ["sector.A.status"]
    assert keys(sector=[{}, known], crew=crews, survey={}) == []
    assert keys(sector=[{}, own | known], crew=crews, survey={}) == said[1:]
    assert keys(sector=known, survey={}) == ["survey"]


def test_preferences_that_choose_nothing_are_said() -> None:
    two = [{"region": "R"}, {}]
    assert keys(sector=two, crew={"prefers": ["R", "B"]}) == ["crew.c0.prefers"]
    crews = [{"prefers": ["R"], "sectors": ["B"]}, {}]
    assert keys(sector=two, crew=crews) == ["crew.c0.prefers"]
    assert keys(sector=two, crew={"prefers": ["R"]}) == []


def test_a_fund_that_nobody_draws_on_is_said() -> None:
    money = {"fund": [{"name": "grant", "roles": ["clearance"], "amount": 5.0}]}
    assert keys(money=money) == ["money.fund.grant"]
    assert keys(money=money, crew=PAID) == []


def test_a_crew_that_leaves_before_it_comes_is_said() -> None:
    assert keys(crew=[{}, {"arrives": 10.0, "leaves": 10.0}]) == ["crew.c1.leaves"]
    late = law("uniform", low=9, high=12)
    assert keys(crew=[{}, {"arrives": 10.0, "leaves": late}]) == []


def test_land_that_opens_when_all_who_may_enter_have_left_is_said() -> None:
    short = {"leaves": 20.0}
    late = [{}, {"opens": 20.0}]
    assert keys(sector=late, crew=short) == ["sector.B.opens"]
    assert keys(sector=[{}, {"opens": 19.0}], crew=short) == []
    assert keys(sector=late, crew=[short, {"sectors": ["A"]}]) == ["sector.B.opens"]
    assert keys(sector=late, crew=[short, {"sectors": ["B"]}]) == []
    assert keys(sector=[{}, {"opens": 20.0, "region": "R"}], crew=[short, {"sectors": ["R"]}]) == []
    assert keys(sector=[{}, {"opens": 5.0}], crew=[{}, SURVEYOR], survey={}) == ["sector.B.opens"]
    known = {"opens": 5.0, "status": "confirmed"}
    assert keys(sector=[{}, known], crew=[{}, SURVEYOR], survey={}) == []


def test_parcels_of_seconds_are_said() -> None:
    """A day is 3600 seconds long here."""
    assert keys(crew=[{}, {"rate_ha_per_day": 36.1}]) == ["crew.c1.rate_ha_per_day"]
    assert keys(crew=[{}, {"rate_ha_per_day": 35.9}]) == []


def test_boxes_of_seconds_are_said_in_any_unit() -> None:
    boxes = {"campaign": {"parcel_ha": 0.0025}, "crew": {"rate_m2_per_day": 120_000}}
    assert keys(**boxes) == ["crew.c0.rate_m2_per_day"]
    assert keys(sector={"area_m2": 25}, crew={"rate_m2_per_day": 120_000}) == [
        "crew.c0.rate_m2_per_day"
    ]
    assert keys(sector={"area_m2": 4000}, crew={"rate_m2_per_day": 120_000}) == []


def test_manual_work_of_more_than_half_a_hectare_a_day_is_said() -> None:
    team = {"people": 8, "rate_m2_per_deminer_day": 5001}
    assert keys(crew=team) == ["crew.c0.rate_m2_per_deminer_day"]
    assert keys(crew=team | {"rate_m2_per_deminer_day": 5000}) == []
    assert keys(crew={"people": 8, "rate_ha_per_day": 4.1}) == ["crew.c0.rate_ha_per_day"]
    assert keys(crew={"people": 8, "rate_ha_per_day": 3.9}) == []
    assert keys(crew={"people": 8, "rate_ha_per_day": 3.9}, factors={"rate": 1.1}) != []
    assert keys(crew={"people": 3, "rate_ha_per_day": 4.1}) == []  # a machine's
    surveyors = {"role": "survey", "people": 8, "rate_ha_per_day": 9}
    assert keys(crew=[surveyors, {}], survey={}) == []


def test_deminers_are_counted_in_their_days_whatever_the_rate() -> None:
    assert keys(crew={"people": 8, "deminers": 6}) == []
    assert keys(crew={"people": 8, "deminers": 6, "rate_m2_per_deminer_day": 20}) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_what_is_shipped_leaves_no_doubt(file: Path, demine: Demine) -> None:
    code, _, err = demine("check", str(file))
    assert (code, err) == (0, "")


@pytest.fixture
def doubtful(tmp_path: Path) -> str:
    text = (ROOT / "scenarios" / "tutorial.toml").read_text(encoding="utf-8")
    path = tmp_path / "doubtful.toml"
    path.write_text(text + "\n[quality]\nrework_share = 0.5\n", encoding="utf-8")
    shutil.copy(ROOT / "scenarios" / "tutorial-record.csv", tmp_path)
    return str(path)


WARNING = "quality.rework_share has no effect here: it needs inspected_share above 0\n"


def test_check_and_run_say_it_and_go_on(doubtful: str, demine: Demine) -> None:
    code, out, err = demine("check", doubtful)
    assert (code, err) == (0, f"warning: {doubtful}: {WARNING}")
    assert "valid" in out
    code, out, err = demine(
        "run", doubtful, "--replications", "5", "--jobs", "1", "--engine", "simpy"
    )
    assert (code, err) == (0, f"warning: {doubtful}: {WARNING}")
    quiet = ("--replications", "5", "--jobs", "1", "--engine", "simpy", "--quiet", "--out", "q")
    assert demine("run", doubtful, *quiet) == (0, "", "")


def test_what_is_varied_without_effect_is_said_once(demine: Demine) -> None:
    few = ("--replications", "5", "--jobs", "1", "--engine", "simpy")
    file = str(ROOT / "scenarios" / "tutorial.toml")
    code, _, err = demine("sweep", file, "--vary", "quality.rework_share=0.2,0.5", *few)
    assert (code, err) == (0, f"warning: {file}: {WARNING}")


def test_a_cost_of_standing_by_needs_days_without_work() -> None:
    crew = {"cost_per_day": 3, "standby_cost_per_day": 1}
    shut = {"name": "x", "from": 1, "until": 3}
    assert keys(crew=crew, closure=[shut]) == []
    assert keys(crew=crew, closure=[shut | {"pace": 0.5}]) == ["crew.c0.standby_cost_per_day"]


def test_a_closure_that_meets_nobody_is_said() -> None:
    sector, shut = [{}, {}], {"name": "x", "from": 1, "until": 3, "sectors": ["B"]}
    crew = [{"sectors": ["A"], "operator": "army"}, {}]
    assert keys(sector=sector, crew=crew, closure=[shut]) == []
    assert keys(sector=sector, crew=crew, closure=[shut | {"operators": ["army"]}]) == ["closure.x"]


def test_a_parcel_that_takes_a_crew_years_is_said() -> None:
    boxes = {"campaign": {"parcel_ha": 1.0}, "sector": {"area_ha": 10.0}}
    assert keys(**boxes, crew={"rate_ha_per_day": 1 / 366}) == ["crew.c0.rate_ha_per_day"]
    assert keys(**boxes, crew={"rate_ha_per_day": 1 / 364}) == []
    smaller = {"campaign": {"parcel_ha": 0.5}, "sector": {"area_ha": 10.0}}
    assert keys(**smaller, crew={"rate_ha_per_day": 1 / 366}) == []
    small = {"campaign": {"parcel_ha": 1.0}, "sector": {"area_ha": 0.9}}
    assert keys(**small, crew={"rate_ha_per_day": 1 / 366}) == []


def test_land_that_opens_beyond_the_horizon_is_said() -> None:
    ends = {"horizon_days": 100.0}
    assert keys(campaign=ends, sector={"opens": 101.0}) == ["sector.A.opens"]
    assert keys(campaign=ends, sector={"opens": 99.0}) == []
    maybe = law("uniform", low=50, high=150)
    assert keys(campaign=ends, sector={"opens": maybe}) == []


def test_a_fund_for_overheads_alone_needs_some() -> None:
    fund = {"name": "office", "amount": 10.0}
    assert keys(money={"fund": [fund]}) == ["money.fund.office"]
    overhead = {"name": "rent", "fund": "office", "once": 5.0}
    assert keys(money={"fund": [fund], "overhead": [overhead]}) == []
