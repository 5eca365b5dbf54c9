"""Crews that go home once nothing that they may do can come any more."""

from pathlib import Path

import polars as pl
import pytest
from build import DAY, Attack, Engine, build, every_engine, play, with_attacks
from conftest import Demine
from generated import Chance, tree

from sim import run
from sim.sampling import sample_world
from sim.scenario.variants import validate

TWO = """
[campaign]
name = "test"
start = 2025-06-30
horizon_days = 100

[[sector]]
name = "A"
area_ha = 40
[[sector]]
name = "B"
area_ha = 4

[[crew]]
name = "long"
role = "clearance"
count = 1
rate_ha_per_day = 1
cost_per_day = 1000
sectors = ["A"]
[[crew]]
name = "short"
role = "clearance"
count = 1
rate_ha_per_day = 1
cost_per_day = 1000
sectors = ["B"]
"""


@pytest.mark.parametrize(("stays", "cost"), [("while needed", 44_000), ("to the end", 80_000)])
def test_two_operators_of_40_and_4_days(
    stays: str, cost: float, demine: Demine, tmp_path: Path
) -> None:
    (tmp_path / "plan.toml").write_text(TWO, encoding="utf-8")
    code, _, _ = demine(
        "run", "plan.toml", "--replications", "2", "--quiet", "--set", f"crew.short.stays={stays}"
    )
    assert code == 0
    rows = pl.read_csv(tmp_path / "results/test/replications.csv")
    assert rows["cost"].to_list() == [cost, cost]


@every_engine
def test_who_may_have_to_clear_again_stays_until_hostilities_end(engine: Engine) -> None:
    crew = [{"sectors": ["A"]}, {"sectors": ["B"]}]
    scenario = build(sector=[{"area_ha": 9}, {"area_ha": 1}], crew=crew)
    world = with_attacks(sample_world(scenario), Attack(at_s=5 * DAY, sector=1, hits=(9,)))
    outcome = play(world, engine=engine)
    assert outcome.crew_present_s.tolist() == [9 * DAY, 6 * DAY]
    quiet = play(scenario, engine=engine)
    assert quiet.crew_present_s.tolist() == [9 * DAY, 1 * DAY]


@every_engine
def test_who_comes_when_nothing_is_left_does_not_come(engine: Engine) -> None:
    crew = [{"sectors": ["A"]}, {}, {"sectors": ["B"], "arrives": 3, "cost_to_mobilise": 7}]
    scenario = build(sector=[{"area_ha": 9}, {"area_ha": 1, "priority": -1}], crew=crew)
    outcome = play(scenario, engine=engine)
    assert outcome.crew_present_s[2] == 0
    assert outcome.cost.sum() == 0


@pytest.mark.parametrize("seed", range(12))
def test_nobody_is_late_because_crews_go_home(seed: int) -> None:
    stated = tree(Chance(seed))
    stated.get("money", {})["when_spent"] = "continue"
    ends = []
    for word in ("while needed", "to the end"):
        for crew in stated["crew"]:
            crew["stays"] = word
        ensemble = run(validate(stated, file="test"), replications=4)
        ends.append((ensemble.completion_s.tolist(), ensemble.restored_s.tolist()))
    assert ends[0] == ends[1]


# Standing by


@every_engine
def test_a_crew_costs_less_while_no_land_it_may_enter_is_open(engine: Engine) -> None:
    """Days 2 to 4 are closed everywhere; a crew that may enter A only has days 5 and 6 off too.

    Both cost 10 a day, 3 on standby. The first does A's 3 parcels on days 0, 1 and 7: 7 - 5 days at
    10, 5 at 3, and day 7. The second does B's 5 on days 0, 1, 5, 6 and 7: 5 at 10, 3 at 3.
    """
    crew = {"cost_per_day": 10, "standby_cost_per_day": 3}
    closures = [
        {"name": "leave", "from": 2, "until": 5},
        {"name": "unrest", "from": 4, "until": 7, "sectors": ["A"]},
    ]
    scenario = build(
        sector=[{"area_ha": 3}, {"area_ha": 5}],
        crew=[crew | {"sectors": ["A"]}, crew | {"sectors": ["B"]}],
        closure=closures,
    )
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == 8 * DAY
    assert int(outcome.cost.sum()) == 100 * DAY * ((3 * 10 + 5 * 3) + (5 * 10 + 3 * 3))
