"""Money: tranches, crews that stand still until the next one, days and amounts counted by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from build import (
    DAY,
    Attack,
    Engine,
    Tree,
    build,
    every_engine,
    law,
    play,
    spent,
    with_attacks,
)
from conftest import Demine

from sim import run
from sim.errors import ScenarioError
from sim.sampling import sample_world
from sim.scenario.doubts import doubts
from sim.scenario.variants import load_scenario, vary
from sim.statistics.summary import fund_use

SCENARIO = """
[campaign]
name = "test"
start = 2025-06-30
horizon_days = 60
hours_per_day = 1

[[sector]]
name = "A"
area_ha = 5

[[crew]]
name = "teams"
role = "clearance"
count = 1
rate_ha_per_day = 1
cost_per_day = 100
"""
WEDNESDAY = dt.date(2025, 7, 9)  # day 9


def fund(name: str = "f", **about: Any) -> Tree:
    return {"name": name, "roles": ["clearance"]} | about


def tranches(*paid: tuple[Any, float]) -> list[Tree]:
    return [{"from": when, "amount": amount} for when, amount in paid]


def stop(*funds: Tree) -> Tree:
    return {"when_spent": "stop", "fund": list(funds)}


def days(outcome: Any) -> list[float]:
    return [float(x) for x in outcome.release_s / DAY]


def result(demine: Demine, tmp_path: Path, text: str, *words: str) -> dict[str, dict[str, float]]:
    """Return what `demine run` writes about a scenario: statistics by quantity."""
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    words = words if "--replications" in words else (*words, "--replications", "2")
    code, _, err = demine("run", "plan.toml", "--quiet", *words)
    assert (code, err) == (0, "")
    found: dict[str, dict[str, float]] = {}
    for row in pl.read_csv(
        tmp_path / "results/test/summary.csv", infer_schema_length=None
    ).iter_rows(named=True):
        found.setdefault(row["quantity"], {})[row["statistic"]] = row["value"]
    return found


# Tranches


def test_a_tranche_restarts_work_on_a_wednesday(demine: Demine, tmp_path: Path) -> None:
    """Money for two days, then none until Wednesday, day 9: the other three take until day 12."""
    money = """
    [money]
    when_spent = "stop"
    [[money.fund]]
    name = "grant"
    roles = ["clearance"]
    tranches = [{ from = 2025-01-01, amount = 200 }, { from = 2025-07-09, amount = 1000 }]
    """
    found = result(demine, tmp_path, SCENARIO + money)
    assert found["completion_day"]["mean"] == 12
    assert found["cost"]["mean"] == 500
    assert found["fund:grant"]["probability"] == 0  # its crews stood still
    crew_time = pl.read_csv(tmp_path / "results/test/crew_time.csv")
    shares = dict(crew_time.select("state", "share").iter_rows())
    assert (shares["worked"], shares["unpaid"]) == pytest.approx((5 / 12, 7 / 12), abs=1e-6)
    later = result(
        demine, tmp_path, SCENARIO + money, "--set", "money.fund.grant.tranches.2.from=2025-07-10",
        "--force",
    )  # fmt: skip
    assert later["completion_day"]["mean"] == 13


def test_two_payers_of_85_and_15_with_a_tranche(demine: Demine, tmp_path: Path) -> None:
    """Of 100 a day one bears 85, of which it has two days' until day 9; the other has it all."""
    money = """
    [money]
    when_spent = "stop"
    [[money.fund]]
    name = "grant"
    roles = ["clearance"]
    share = 0.85
    tranches = [{ from = 0, amount = 170 }, { from = 2025-07-09, amount = 255 }]
    [[money.fund]]
    name = "own"
    roles = ["clearance"]
    share = 0.15
    amount = 75
    """
    found = result(demine, tmp_path, SCENARIO + money)
    assert found["completion_day"]["mean"] == 12
    assert found["cost"]["mean"] == 500
    assert found["fund:own"]["probability"] == 1
    ensemble = run(load_scenario(tmp_path / "plan.toml"), replications=1)
    assert (ensemble.fund_cost[0] / (100 * DAY)).tolist() == [425, 75]


@every_engine
def test_what_is_left_carries_over_and_a_fund_that_is_filled_in_time_stops_nobody(
    engine: Engine,
) -> None:
    # 100 a day: 250 last until 2.5, and 900 more come just then; 1 second later is too late
    for late_s, done in ((0, [1, 2, 3, 4, 5]), (1, None)):
        paid = tranches((0, 250), (2.5 + late_s / DAY, 900))
        scenario = build(
            sector={"area_ha": 5}, crew={"cost_per_day": 100}, money=stop(fund(tranches=paid))
        )
        outcome = play(scenario, engine=engine)
        assert spent(outcome, "unpaid") == late_s
        if done:
            assert days(outcome) == done
            assert outcome.fund_missing.tolist() == [0]
        else:
            assert outcome.release_s[0] == DAY
            assert outcome.fund_missing[0] > 0


@every_engine
def test_what_a_crew_holds_when_the_money_is_spent_goes_to_the_front(engine: Engine) -> None:
    paid = tranches((0, 150), (4, 900))
    scenario = build(
        sector={"area_ha": 4}, crew={"cost_per_day": 100}, money=stop(fund(tranches=paid))
    )
    outcome = play(scenario, engine=engine)
    assert outcome.release_s.tolist() == sorted(outcome.release_s.tolist())
    assert outcome.release_s[1] > 4 * DAY
    assert spent(outcome, "unpaid") == 2.5 * DAY


@every_engine
def test_a_crew_is_mobilised_once_and_not_before_there_is_money(engine: Engine) -> None:
    # it comes on day 1 and stands unpaid until day 3; 50 to come, 100 a day; 1.5 days, until day 6
    paid = tranches((3, 200), (6, 1000))
    crew = {"cost_per_day": 100, "cost_to_mobilise": 50, "arrives": 1}
    scenario = build(sector={"area_ha": 2}, crew=crew, money=stop(fund(tranches=paid)))
    outcome = play(scenario, engine=engine)
    assert spent(outcome, "unpaid") == (2 + 1.5) * DAY
    assert outcome.release_s[0] == 4 * DAY
    assert outcome.total_cost.sum() == outcome.fund_cost.sum()
    paid_days = outcome.crew_present_s[0] / DAY - 3.5
    assert outcome.fund_cost[0] == (50 + 100 * paid_days) * 100 * DAY


@every_engine
def test_a_crew_that_leaves_unpaid_leaves(engine: Engine) -> None:
    paid = tranches((0, 100), (4, 1000))
    crew = {"cost_per_day": 100, "leaves": 4}
    outcome = play(build(crew=crew, money=stop(fund(tranches=paid))), engine=engine)
    assert outcome.crew_present_s.tolist() == [4 * DAY]
    assert spent(outcome, "unpaid") == 3 * DAY
    assert outcome.fund_cost[0] == 100 * 100 * DAY


@every_engine
def test_nobody_is_paid_before_all_that_pay_have_money(engine: Engine) -> None:
    both = [
        fund("f", share=0.5, tranches=tranches((0, 50), (3, 500))),
        fund("g", share=0.5, tranches=tranches((0, 50), (5, 500))),
    ]
    scenario = build(sector={"area_ha": 2}, crew={"cost_per_day": 100}, money=stop(*both))
    assert days(play(scenario, engine=engine)) == [1, 6]


@every_engine
def test_what_is_missing_is_the_largest_gap_before_a_tranche(engine: Engine) -> None:
    # 100 a day for 10 days; by day 4 300 came (100 missing), by day 8 500 (300), at the end 1100
    paid = tranches((0, 300), (4, 200), (8, 600))
    money = {"fund": [fund(tranches=paid)]}
    outcome = play(build(crew={"cost_per_day": 100}, money=money), engine=engine)
    assert outcome.fund_missing.tolist() == [300 * 100 * DAY]
    ensemble = run(build(crew={"cost_per_day": 100}, money=money), replications=2)
    use = fund_use(ensemble, 0)
    assert (use.enough.any(), use.missing.tolist()) == (False, [300, 300])


@every_engine
def test_what_is_paid_at_the_second_of_a_tranche_is_paid_from_it(engine: Engine) -> None:
    crew = {"cost_to_mobilise": 70, "arrives": 3}
    money = {"fund": [fund(tranches=tranches((3, 70)))]}
    assert play(build(crew=crew, money=money), engine=engine).fund_missing.tolist() == [0]


# Overheads


def test_an_office_and_a_start(demine: Demine, tmp_path: Path) -> None:
    """5 days of 100 for the crew, 5 of 36525 / 365.25 = 100 for the office, 40 and 2 at once."""
    money = """
    [money]
    [[money.fund]]
    name = "grant"
    roles = ["clearance"]
    amount = 1000
    [[money.overhead]]
    name = "office"
    fund = "grant"
    per_year = 36_525
    once = 40
    [[money.overhead]]
    name = "visit"
    once = 2
    """
    found = result(demine, tmp_path, SCENARIO + money)
    assert found["cost"]["mean"] == 1042
    assert (found["missing:grant"]["mean"], found["fund:grant"]["probability"]) == (40, 0)


@every_engine
def test_a_fund_may_pay_for_overheads_alone(engine: Engine) -> None:
    office = {"name": "rent", "fund": "office", "once": 30.0}
    funds = [{"name": "office", "amount": 20.0}, fund(amount=1000.0)]
    scenario = build(
        sector={"area_ha": 2.0},
        crew={"cost_per_day": 5.0},
        money={"fund": funds, "overhead": [office]},
    )
    ensemble = run(scenario, replications=1, engine=engine)
    borne = [int(x) // (100 * DAY) for x in ensemble.fund_cost[0]]
    assert borne == [30, 10]
    assert [fund_use(ensemble, i).probability.value for i in (0, 1)] == [0, 1]
    assert fund_use(ensemble, 0).missing.tolist() == [10]


@every_engine
@pytest.mark.parametrize("when_spent", ["continue", "stop"])
def test_what_a_fund_bears_on_day_0_is_known_also_of_campaigns_that_are_cut_off(
    engine: Engine, when_spent: str
) -> None:
    scenario = build(
        campaign={"horizon_days": 3.0},
        money={
            "when_spent": when_spent,
            "fund": [{"name": "vehicles", "amount": 30.0}, {"name": "tools", "amount": 9.0}],
            "overhead": [
                {"name": "cars", "fund": "vehicles", "once": 30.0},
                {"name": "detectors", "fund": "tools", "once": 10.0},
            ],
        },
    )
    ensemble = run(scenario, replications=2, engine=engine)
    assert ensemble.censored == 2
    assert [fund_use(ensemble, i).probability.value for i in (0, 1)] == [1, 0]


@every_engine
def test_overheads_go_on_without_money_and_are_paid_first(engine: Engine) -> None:
    """Crew and office cost 100 a day each: 200 last until day 1, 250 from day 3 on leave 50.

    So the crew works from day 3.0 to day 3.25; the last tranche pays what is owed since then.
    """
    office = {"name": "office", "fund": "f", "per_year": 36_525}
    paid = tranches((0, 200), (3, 250), (5, 2000))
    money = stop(fund(tranches=paid)) | {"overhead": [office]}
    outcome = play(
        build(sector={"area_ha": 3}, crew={"cost_per_day": 100}, money=money), engine=engine
    )
    assert outcome.release_s[0] == DAY
    assert spent(outcome, "unpaid") == (2 + 1.75) * DAY
    assert outcome.cost.sum() == outcome.fund_cost[0]
    assert outcome.cost[3] == outcome.completion_s * 100 * 100


@every_engine
def test_overheads_end_with_completion_not_with_restoration(engine: Engine) -> None:
    money = {"overhead": [{"name": "office", "per_year": 1000}]}  # 2.737850787... a day: 2.74
    crew = [{"role": "clearance"}, {"role": "restoration", "rate_ha_per_day": 0.5}]
    scenario = build(sector={"area_ha": 4}, crew=crew, restoration={}, money=money)
    outcome = play(scenario, engine=engine)
    assert outcome.restored_s > outcome.completion_s == 4 * DAY
    assert outcome.cost.tolist() == outcome.total_cost.tolist() == [0, 0, 0, 4 * 274 * DAY]


@pytest.mark.parametrize(
    ("about", "key", "found"),
    [
        ({}, "money.overhead.x.per_year", "nothing"),
        ({"once": 1, "fund": "g"}, "money.overhead.x.fund", "'g'"),
        ({"once": -1}, "money.overhead.x.once", "-1"),
        ({"once": 1e13}, "money.overhead.x.once", "1e+13"),
    ],
)
def test_what_is_wrong_with_overheads_is_said(about: Tree, key: str, found: str) -> None:
    with pytest.raises(ScenarioError) as error:
        build(money={"fund": [fund(amount=1)], "overhead": [{"name": "x"} | about]})
    assert (key, found) in [(p.key, p.found) for p in error.value.problems]


def test_a_fund_that_is_wrong_itself_is_said_once() -> None:
    overhead = {"name": "x", "fund": "f", "once": 1}
    with pytest.raises(ScenarioError) as error:
        build(money={"fund": [fund(amount=-1)], "overhead": [overhead]})
    assert [p.key for p in error.value.problems] == ["money.fund.f.amount"]


# Prices


def test_what_is_cleared_twice_is_paid_twice(demine: Demine, tmp_path: Path) -> None:
    text = (
        SCENARIO.replace("cost_per_day = 100", "price_per_m2 = 0.5")
        + """
    [money]
    [[money.fund]]
    name = "grant"
    roles = ["clearance"]
    amount = 25_000
    [shelling]
    recontaminated_parcels = 0.5
    regimes = [{ name = "x", attacks_per_24h = 20, mean_days = 5 }]
    """
    )
    result(demine, tmp_path, text, "--replications", "20")
    rows = pl.read_csv(tmp_path / "results/test/replications.csv", infer_schema_length=None)
    assert rows["completed"].all()
    assert rows["recleared_ha"].sum() > 0
    assert (rows["cost"] == 5000 * (rows["cleared_ha"] + rows["recleared_ha"])).all()
    assert ((rows["cost"] > 25_000) == (rows["recleared_ha"] > 0)).all()


@every_engine
def test_a_price_is_paid_on_release_to_who_cleared_last(engine: Engine) -> None:
    """Parcel 0 is cleared by day 1 and again by day 3: 3 ha at 12.35, though 2 are released."""
    scenario = build(
        sector={"area_ha": 2}, crew={"price_per_ha": 12.345},
        money={"fund": [fund(amount=24.7)]},
    )  # fmt: skip
    world = with_attacks(sample_world(scenario), Attack(at_s=DAY, hits=(0,)))
    outcome = play(world, engine=engine)
    assert outcome.completion_s == 3 * DAY
    assert outcome.cost.tolist() == [0, 3 * 1235 * DAY, 0, 0]
    assert outcome.fund_missing.tolist() == [1235 * DAY]


@every_engine
def test_land_that_survey_releases_and_what_is_not_released_yet_costs_nothing(
    engine: Engine,
) -> None:
    checked = {"inspected_share": 1, "inspection_days": 5}
    crew = [{"role": "survey", "rate_ha_per_day": 10}, {"price_per_ha": 10}]
    about: Tree = {"survey": {"reduced_share": 1.0}, "crew": crew, "quality": checked}
    assert play(build(**about), engine=engine).cost.sum() == 0
    about |= {"survey": {}, "sector": {"area_ha": 3}}
    about["campaign"] = {"horizon_days": 7.0}  # clearances end on days 1.1 to 3.1
    assert play(build(**about), engine=engine).cost.sum() == 1000 * DAY


@every_engine
def test_parts_of_payers_add_up_to_the_hundredth(engine: Engine) -> None:
    funds = [
        fund(name, share=share, amount=9)
        for name, share in zip("abc", (0.5, 0.3, 0.2), strict=True)
    ]
    scenario = build(
        campaign={"parcel_ha": 0.0007}, sector={"area_ha": 0.0105},
        crew={"price_per_m2": 0.0333}, money={"fund": funds},
    )  # fmt: skip
    outcome = play(scenario, engine=engine)
    assert outcome.fund_cost.tolist() == [175 * DAY, 105 * DAY, 70 * DAY]  # 105 m2: 3.4965
    assert outcome.cost.sum() == 350 * DAY


@every_engine
def test_a_price_that_spends_the_fund_stops_crews_before_they_go_on(engine: Engine) -> None:
    money = stop(fund(tranches=tranches((0, 20), (6, 30))))
    scenario = build(sector={"area_ha": 4}, crew={"price_per_ha": 10}, money=money)
    outcome = play(scenario, engine=engine)
    assert days(outcome) == [1, 2, 7, 8]
    assert spent(outcome, "unpaid") == 4 * DAY


@pytest.mark.parametrize(
    ("about", "key", "found"),
    [
        ({"price_per_ha": 1, "price_per_m2": 1}, "crew.c0", "price_per_ha and price_per_m2"),
        ({"price_per_ha": 1e12}, "crew.c0.price_per_ha", "about 1e+13 USD for all land"),
        ({"price_per_m2": -1}, "crew.c0.price_per_m2", "-1"),
    ],
)
def test_what_is_wrong_with_prices_is_said(about: Tree, key: str, found: str) -> None:
    with pytest.raises(ScenarioError) as error:
        build(crew=about)
    assert (key, found) in [(p.key, p.found) for p in error.value.problems]


def test_a_price_is_for_clearance_only() -> None:
    with pytest.raises(ScenarioError) as error:
        build(crew=[{}, {"role": "survey", "price_per_ha": 5}], survey={})
    assert [p.key for p in error.value.problems] == ["crew.c1.price_per_ha"]


# What a file states


def test_a_tranche_has_luck_of_its_own() -> None:
    one = {"from": law("uniform", low=0, high=9), "amount": law("uniform", low=1, high=9)}
    more = {"name": "more", "from": 99, "amount": law("uniform", low=1, high=9)}
    alone, beside = (
        sample_world(build(money={"fund": [fund(tranches=paid)]})).money
        for paid in ([one], [one, more])
    )
    assert alone.tranche_s[0] == beside.tranche_s[0]
    assert alone.tranche_amount[0] == beside.tranche_amount[0]
    assert len(beside.tranche_s) == 2


def test_tranches_merge_by_name_or_place_and_an_amount_replaces_them(tmp_path: Path) -> None:
    about = 'name = "f"\nroles = ["clearance"]\n'
    two = f"[[money.fund]]\n{about}tranches = [{{from = 0, amount = 1}}, {{from = 5, amount = 2}}]"
    (tmp_path / "base.toml").write_text(SCENARIO + two, encoding="utf-8")
    more = tmp_path / "more.toml"

    def funds(text: str) -> Any:
        more.write_text(f'extends = "base.toml"\n[[money.fund]]\n{about}{text}', encoding="utf-8")
        money = load_scenario(more).money
        assert money
        return money.fund[0]

    changed = funds('tranches = [{amount = 7}, {name = "last", from = 9, amount = 3}]')
    assert [t.name for t in changed.tranches] == ["1", "2", "last"]
    assert [t.amount.mean for t in changed.tranches] == [7, 2, 3]
    assert funds("amount = 4").tranches is None
    whole = vary(load_scenario(more), settings={"money.fund.f.tranches": tranches((1, 5))})
    assert whole.money
    assert [(f.amount, f.tranches and f.tranches[0].name) for f in whole.money.fund] == [
        (None, "1")
    ]


@pytest.mark.parametrize(
    ("about", "key", "found"),
    [
        ({}, "money.fund.f.amount", "nothing"),
        ({"amount": 1, "tranches": tranches((0, 1))}, "money.fund.f", "amount and tranches"),
        ({"tranches": []}, "money.fund.f.tranches", "0 entries"),
        ({"tranches": [{"from": 0}]}, "money.fund.f.tranches[1].amount", "nothing"),
        ({"tranches": tranches((-1, 5))}, "money.fund.f.tranches[1].from", "-1"),
        (
            {"tranches": [{"name": "2", "from": 0, "amount": 1}, {"from": 1, "amount": 1}]},
            "money.fund.f.tranches.2",
            "the name '2' 2 times",
        ),
    ],
)
def test_what_is_wrong_with_tranches_is_said(about: Tree, key: str, found: str) -> None:
    with pytest.raises(ScenarioError) as error:
        build(money={"fund": [fund(**about)]})
    assert (key, found) in [(p.key, p.found) for p in error.value.problems]


def test_a_tranche_beyond_the_horizon_is_doubted() -> None:
    scenario = build(
        campaign={"horizon_days": 50.0},
        crew={"cost_per_day": 1},
        money={"fund": [fund(tranches=tranches((0, 50), (50.5, 9)))]},
    )
    assert [doubt.key for doubt in doubts(scenario)] == ["money.fund.f.tranches.2.from"]
