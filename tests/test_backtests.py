"""The outside view: laws fitted to facts, the base that states them, and the back-tests on it."""

import csv
import datetime as dt
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import Ensemble, Scenario, ScenarioError, load_scenario, sample_world, simulate
from sim.errors import Problem
from sim.outcome import gather, rows
from sim.scenario.doubts import doubts
from sim.scenario.reports import read_record

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "scenarios" / "reference.toml"
FILES = sorted((ROOT / "scenarios" / "backtests").glob("*.toml"))
every_backtest = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@pytest.fixture(scope="module")
def scripts() -> Iterator[None]:
    """Scripts of benchmarks/ can be imported."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture(scope="module")
def fit(scripts: None) -> ModuleType:
    """The script that fits the laws."""
    return import_module("fit_reference")


@pytest.fixture(scope="module")
def back(scripts: None) -> ModuleType:
    """The script that makes the back-tests."""
    return import_module("backtest")


def stated(tree: dict[str, Any], key: str) -> Any:
    for part in key.split("."):
        tree = tree[part]
    return tree


def simulated(scenario: Scenario, replications: int) -> Ensemble:
    worlds = (sample_world(scenario, replication=r) for r in range(replications))
    batch = rows(simulate(world, engine="simpy") for world in worlds)
    return gather(scenario, seed=0, asked=replications, batches=[batch])


# The base


def test_the_base_states_the_numbers_of_the_fit(fit: ModuleType) -> None:
    base = tomllib.loads(REFERENCE.read_text(encoding="utf-8"))
    laws = fit.settings()
    assert len(laws) == 8
    assert {key: stated(base, key) for key in laws} == laws


def test_the_fit_prints_the_numbers(
    fit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fit_reference.py"])
    fit.main()
    printed = dict(
        line.split(" = ", 1) for line in capsys.readouterr().out.splitlines() if " = " in line
    )
    read = {key: tomllib.loads(f"x = {value}")["x"] for key, value in printed.items()}
    del read["record.error_share"]
    assert read == fit.settings()


def test_without_a_campaign_its_facts_are_not_used(fit: ModuleType) -> None:
    assert {fact.campaign for fact in fit.read_facts("croatia")} == {
        fact.campaign for fact in fit.read_facts()
    } - {"croatia"}
    assert fit.settings("croatia") != fit.settings()


def test_the_estimators_give_what_can_be_worked_out_by_hand(fit: ModuleType) -> None:
    def fact(
        kind: str, first: str, day: str, value: float, other: str = "", campaign: str = "a"
    ) -> Any:
        begin = dt.date.fromisoformat(first) if first else None
        return fit.Fact(campaign, kind, begin, dt.date.fromisoformat(day), value, other)

    facts = [
        fact("known", "", "2000-12-31", 100),
        fact("all", "2001-01-01", "2001-12-31", 20),
        fact("known", "", "2001-12-31", 90),
        fact("known", "", "2005-12-31", 10),  # what was released meanwhile is not known
    ]
    assert fit.released_between(facts, "a", facts[0].day, facts[2].day) == 20
    assert fit.released_between(facts, "a", facts[2].day, facts[3].day) is None
    less = fact("revised", "2000-01-01", "2010-01-01", 10, "8", "b")
    growth, area = fit.known_land([*facts, less])
    assert growth.made_of.endswith(": a 0.50, b -0.10")  # a tenth in a year; less a fifth in ten
    assert growth.value == {"dist": "gamma", "mean": 0.25, "cv": 1.4}  # of 0.5 and 0
    assert area.value == {"dist": "beta", "mean": 0.95, "sd": 0.071}  # of 1 and 0.9
    outputs = ((1, 5), (2, 0), (3, 20))
    pairs = [fact("cleared", f"200{y}-01-01", f"200{y}-12-31", x) for y, x in outputs]
    assert list(fit.ratios(pairs, 1)) == []
    assert list(fit.ratios(pairs, 2)) == [("a", pytest.approx(np.log(4)))]
    assert fit.of_a_year(0.0, 4) == 0.25
    assert fit.of_a_year(1.0, 4) == 1.0
    assert fit.cv_of(0.0) == 0.0


def test_the_least_file_on_the_base_runs(tmp_path: Path) -> None:
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    least = [line.removeprefix("#     ") for line in lines if line.startswith("#     ")]
    text = "\n".join(least).replace('"reference.toml"', repr(str(REFERENCE)))
    file = tmp_path / "least.toml"
    file.write_text(text, encoding="utf-8")
    scenario = load_scenario(file)
    assert list(doubts(scenario)) == []
    assert {crew.name for crew in scenario.crew} == {"survey", "teams"}
    assert (simulated(scenario, 2).week_gross_m2.sum(axis=1) > 0).all()


# The back-tests


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 8


@every_backtest
def test_a_back_test_is_read_without_a_doubt(file: Path, fit: ModuleType) -> None:
    scenario = load_scenario(file)
    assert scenario.campaign.name == file.stem
    assert list(doubts(scenario)) == []
    own = tomllib.loads(file.read_text(encoding="utf-8"))
    assert own["extends"] == "../reference.toml"
    assert own["record"]["error_share"] == fit.fit(fit.read_facts())["record.error_share"].value


@every_backtest
def test_its_record_rises_and_ends_before_the_horizon(file: Path) -> None:
    scenario = load_scenario(file)
    reports = read_record(scenario)
    assert len(reports) >= 5
    exact = [report for report in reports if report.bound == "exact"]
    assert all(a.released_ha < b.released_ha for a, b in pairwise(exact))
    assert all(report.note for report in reports)
    assert (reports[-1].date - scenario.campaign.start).days < scenario.campaign.horizon_days


@every_backtest
def test_it_can_be_simulated(file: Path) -> None:
    assert (simulated(load_scenario(file), 2).week_gross_m2.sum(axis=1) > 0).all()


def test_every_fact_has_its_source() -> None:
    with (ROOT / "benchmarks" / "facts.csv").open(encoding="utf-8", newline="") as file:
        assert all(row["source"] for row in csv.DictReader(file))


# The scores


def test_dividing_gives_rates_and_last_days(back: ModuleType) -> None:
    found = back.divisions([0, 365.25, 730.5], [0, 100, 400], 1000, 1000.5)
    assert found[back.MEAN] == pytest.approx((400 / 730.5, 730.5 * 2.5))
    assert found[back.LAST] == pytest.approx((300 / 365.25, 730.5 + 2 * 365.25))
    assert found[back.OFFICIAL] == pytest.approx((600 / 270, 1000.5))
    done = back.divisions([0, 100], [0, 1200], 1000, None)
    assert done == {back.MEAN: (12, 100), back.LAST: (12, 100)}


def test_what_was_promised_last_and_is_not_past_is_the_official_date(back: ModuleType) -> None:
    scenario = load_scenario(ROOT / "scenarios" / "backtests" / "chechnya.toml")

    def year(now: str) -> float | None:
        day = back.promised(scenario, "chechnya", dt.date.fromisoformat(now))
        return day and (scenario.campaign.start + dt.timedelta(days=day - 1)).year

    assert year("2012-06-28") is None
    assert year("2012-06-29") == 2014
    assert year("2016-12-31") == 2017
    assert year("2018-04-30") == 2019
    assert year("2020-01-01") is None


def test_a_law_that_a_file_removes_is_not_refitted(back: ModuleType, fit: ModuleType) -> None:
    folder = ROOT / "scenarios" / "backtests"
    assert back.refitted(folder / "afghanistan.toml").keys() == {
        key for key in fit.settings() if not key.startswith("survey.")
    }
    croatia = back.refitted(folder / "croatia.toml")
    assert croatia.keys() == fit.settings().keys() - {"growth.share", "factors.area"}
    assert load_scenario(folder / "croatia.toml", settings=croatia).pace is not None


def test_every_cut_is_scored_against_what_came_later(
    back: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back, "crps", lambda seen, values: np.abs(values.mean(axis=-1) - seen))

    def forecast(scenario: Any, reports: Any, *, replications: int, seed: int) -> Any:
        asked.append(len(reports))
        if len(reports) == 4:
            problem = Problem("file", "record", "too fast", "less")
            raise ScenarioError([problem])
        return SimpleNamespace(ensemble=simulated(scenario, replications))

    asked: list[int] = []
    cases = back.backtest("denmark", replications=3, seed=0, forecast=forecast)
    assert asked == [2, 3, 4]
    assert [(case.cut, case.later) for case in cases] == [("1/3", 3), ("1/2", 2), ("2/3", 1)]
    assert [len(case.inside.get(0.8, [])) for case in cases] == [3, 2, 0]
    assert "too fast" in cases[2].refused
    assert cases[0].completion.keys() == {back.OURS, back.MEAN, back.LAST}
    shown = back.plain(cases)
    assert "denmark at 2/3: file: record" in shown
    assert "| **all** | 5 | 2/3 |" in shown


def test_known_land_is_all_of_it_where_only_a_part_will_be_cleared(back: ModuleType) -> None:
    folder = ROOT / "scenarios" / "backtests"
    assert back.known_ha(load_scenario(folder / "croatia.toml")) == 117_400
    assert back.known_ha(load_scenario(folder / "abkhazia.toml")) == 1836.6


def test_bands_hold_what_lies_in_them(back: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back, "crps", lambda seen, values: np.abs(values.mean(axis=-1) - seen))
    case = back.Case("a", "1/2", 1, 3)
    values = np.repeat(np.arange(101.0)[:, None], 3, axis=1)
    back.score(case, values, np.array([50.0, 15.0, 95.0]), 1000.0)
    assert case.inside == {0.5: [True, False, False], 0.8: [True, True, False]}
    assert case.amounts[back.OURS] == pytest.approx(100 * (0 + 35 + 45) / 3 / 1000)
    assert back.coverage([case], 0.8) == "67 %"
