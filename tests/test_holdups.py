"""What holds a campaign up is named: where it ends, who is busy and who waits."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from build import build
from conftest import Demine
from ensembles import completed_at, run

from sim import explain
from sim.experiments.explain.report import lines
from sim.experiments.explain.table import table
from sim.outcome import OPEN, CrewState, Ensemble
from sim.results.holdups import holdups
from sim.results.report import report
from sim.statistics.holdups import finish_last, idle_shares

TUTORIAL = str(Path(__file__).parent.parent / "scenarios" / "tutorial.toml")


def released(*seconds: list[int]) -> Ensemble:
    """Return an ensemble of sectors A, B 1, B 2 and C that are released then."""
    scenario = build(sector=[{}, {"count": 2}, {}])
    ensemble = completed_at(run(scenario, n=1), [10.0] * len(seconds))
    return replace(ensemble, sector_release_s=np.array(seconds))


def test_the_last_sector_is_counted_in_every_campaign() -> None:
    found = finish_last(released([1, 2, 3, 2], [9, 2, 3, 2], [1, 8, 3, 2], [9, 2, 3, 9]))
    assert {name: chance.value for name, chance in found.items()} == {"A": 0.5, "B": 0.5, "C": 0.25}
    assert list(found) == ["A", "B", "C"]
    assert 0 < found["C"].low < 0.25 < found["C"].high < 1


def test_what_is_not_released_comes_last() -> None:
    found = finish_last(released([1, 2, OPEN, 9], [OPEN, 2, 3, OPEN]))
    assert {name: chance.value for name, chance in found.items()} == {"A": 0.5, "B": 0.5, "C": 0.5}


def test_who_waits_or_is_not_paid_is_idle_and_who_restores_is_left_out() -> None:
    crews = [{}, {}, {"role": "restoration"}]
    ensemble = run(build(crew=crews, restoration={}), n=1)
    time = np.zeros_like(ensemble.group_time)
    time[0, 0, [CrewState.WORKED, CrewState.WAITING_FOR_LAND, CrewState.UNPAID]] = 6, 3, 1
    found = idle_shares(replace(ensemble, group_time=time))
    assert list(found) == ["c0", "c1"]
    assert found["c0"] == 0.4
    assert math.isnan(found["c1"])


def test_it_is_said_in_two_lines() -> None:
    last = {"belt": 0.8, "fields": 0.3, "wood": 0.04}
    idle = {"a": 0.05, "b": 0.15, "c": 0.5, "d": 0.7, "e": math.nan}
    assert list(holdups(last, idle)) == [
        "",
        "What holds it up?",
        "  Finished last: belt in 80 % of the campaigns, fields in 30 %",
        "  Nearly always busy: a; often waiting: d (70 % of the time), c (50 % of the time)",
    ]
    many = dict.fromkeys("abcdef", 0.0)
    assert list(holdups({}, many))[2:] == ["  Nearly always busy: a, b, c and 3 more"]
    assert list(holdups({"only": 1.0}, {"x": 0.15})) == []


@pytest.mark.parametrize("crews", [1, 2])
def test_run_and_explain_say_the_same(crews: int) -> None:
    scenario = build(
        sector=[{}, {"opens": {"dist": "uniform", "low": 0, "high": 30}}], crew=[{}] * crews
    )
    told = list(report(run(scenario, n=32)))
    found = explain(scenario, replications=32, only=["crews"])
    again = list(lines(table(found), scenario))
    place, there = told.index("What holds it up?"), again.index("What holds it up?")
    assert told[place:] == again[there:]
    assert len(told[place:]) == 3


def test_the_tutorial_names_its_river_bank(demine: Demine) -> None:
    _, shown, _ = demine("run", TUTORIAL, "--replications", "50")
    assert "Finished last: river bank in" in shown
