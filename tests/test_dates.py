"""Laws whose values are dates: the same numbers as in days, and every mistake in words."""

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from build import DAY, MONDAY, build, completions, law, plays
from conftest import Demine

from sim.errors import ScenarioError
from sim.experiments.explain.inputs import fixed_at, inputs_of
from sim.scenario.doubts import doubts
from sim.scenario.laws import FAMILIES
from sim.scenario.scenario import Scenario
from sim.scenario.variants import vary


def day(number: int) -> dt.date:
    """Return the date of a day of the campaign."""
    return MONDAY + dt.timedelta(days=number)


LAWS = [  # in days, and in dates
    (law("uniform", low=5, high=30), law("uniform", low=day(5), high=day(30))),
    (
        law("triangular", low=5, mode=9, high=30),
        law("triangular", low=day(5), mode=day(9), high=day(30)),
    ),
    (law("pert", low=5, mode=9, high=30), law("pert", low=day(5), mode=day(9), high=day(30))),
    (
        law("normal", mean=9, sd=4.5, low=0, high=30),
        law("normal", mean=day(9), sd=4.5, low=day(0), high=day(30)),
    ),
    (
        law("beta", mean=9, sd=4.5, low=5, high=30),
        law("beta", mean=day(9), sd=4.5, low=day(5), high=day(30)),
    ),
    (
        law("discrete", values=[5, 9, 30], weights=[1, 2, 3]),
        law("discrete", values=[day(5), day(9), day(30)], weights=[1, 2, 3]),
    ),
]
TIMES = ["sector.A.opens", "crew.c0.arrives", "crew.c0.leaves", "growth.found_until"]


@pytest.mark.parametrize(("days", "dates"), LAWS, ids=lambda stated: stated["dist"])
def test_a_law_of_dates_has_the_luck_of_the_same_days(days: Any, dates: Any) -> None:
    base = build(crew=[{}, {}], growth={"share": 0.5})
    for key in TIMES:
        in_days, in_dates = vary(base, settings={key: days}), vary(base, settings={key: dates})
        assert plays(in_dates, n=4) == plays(in_days, n=4)
        assert in_dates.digest() != in_days.digest()
        assert plays(in_dates, n=4) != plays(base, n=4)


def test_land_that_opens_on_one_of_two_dates_is_done_ten_days_later() -> None:
    opens = law("discrete", values=[day(3), day(40)])
    done = completions(build(sector={"opens": opens}), n=30)
    assert set(done.tolist()) == {13 * DAY, 50 * DAY}


@pytest.mark.parametrize(("days", "dates"), LAWS, ids=lambda stated: stated["dist"])
def test_dates_stay_dates_when_a_scenario_is_dumped_moved_and_read(days: Any, dates: Any) -> None:
    scenario = build(sector={"opens": dates})
    assert vary(scenario, settings={}) == scenario
    assert Scenario.model_validate_json(json.dumps(scenario.resolved())) == scenario
    earlier = vary(scenario, settings={"campaign.start": day(-7)})
    assert earlier.resolved()["sector"] == scenario.resolved()["sector"]
    week = [b - a for a, b in zip(*(completions(s, n=4) for s in (scenario, earlier)), strict=True)]
    assert week == [7 * DAY] * 4


def test_check_shows_the_dates_as_a_file_states_them(demine: Demine, tmp_path: Path) -> None:
    law_of_dates = '{ dist = "uniform", low = 2026-07-01, high = 2026-10-01 }'
    path = tmp_path / "dated.toml"
    path.write_text(FILE.replace("OPENS", law_of_dates), encoding="utf-8")
    code, out, err = demine("check", "dated.toml", "--show")
    assert (code, err) == (0, "")
    shown = tomllib.loads(out)["sector"][0]["opens"]
    assert shown == {"dist": "uniform", "low": dt.date(2026, 7, 1), "high": dt.date(2026, 10, 1)}
    few = ("--replications", "4", "--jobs", "1", "--engine", "simpy", "--quiet", "--out", "s")
    assert (
        demine("sweep", "dated.toml", "--vary", f"sector.fields.opens={law_of_dates}", *few)[0] == 0
    )


FILE = """
[campaign]
name = "dated"
start = 2026-03-02
horizon_days = 400
[[sector]]
name = "fields"
area_ha = 4
opens = OPENS
[[crew]]
name = "manual"
role = "clearance"
count = 1
rate_ha_per_day = 1
"""
QUOTED = "a date without a time or quotes, such as 2025-06-30"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (
            'dist = "uniform", low = 2026-07-01, high = 90',
            "opens: found high = 90 beside dates; allowed: dates for all of low, high, or days "
            "after the start for all",
        ),
        (
            'dist = "discrete", values = [2026-07-01, 90]',
            "opens: found values = 90 beside dates; allowed: dates for all of values, or days "
            "after the start for all",
        ),
        (
            'dist = "lognormal", mean = 2026-07-01, cv = 0.2',
            "opens: found dist = 'lognormal' of dates; allowed: for dates one of uniform, "
            "triangular, pert, normal, beta, discrete",
        ),
        (
            'dist = "lognormal", p10 = 2026-07-01, p90 = 2026-09-01',
            "opens: found dist = 'lognormal' of dates; allowed: for dates one of uniform, "
            "triangular, pert, normal, beta, discrete",
        ),
        (
            'dist = "beta", mean = 2026-07-01, sd = 9',
            "opens: found a beta law of dates without low and high; allowed: low, high and mean "
            "as dates",
        ),
        (
            'dist = "uniform", low = "2026-07-01", high = 2026-10-01',
            f"opens: found low = '2026-07-01'; allowed: {QUOTED}",
        ),
        (
            'dist = "uniform", low = 2026-07-01T08:00:00, high = 2026-10-01',
            f"opens: found low = 2026-07-01 08:00:00; allowed: {QUOTED}",
        ),
        (
            'dist = "uniform", low = 2026-10-01, high = 2026-07-01',
            "opens: found { dist = 'uniform', low = 2026-10-01, high = 2026-07-01 }; allowed: low "
            "below high",
        ),
        ('dist = "uniform", low = 2026-07-01', "opens.high: found nothing; allowed: this key is"),
        (
            'dist = "unifrom", low = 2026-07-01, high = 2026-10-01',
            "opens: found dist = 'unifrom'; allowed: a number, or a law with dist = one of ",
        ),
        (
            'dist = "uniform", low = 2026-07-01, high = 2026-10-01, lwo = 1',
            "opens.lwo: found an unknown key; allowed: one of dist, low, high (did you mean low?)",
        ),
        (
            'dist = "normal", mean = 2026-07-01, sd = 2026-07-01, low = 2026-06-01',
            "opens.sd: found 2026-07-01; allowed: a number",
        ),
        (
            'dist = "normal", mean = 2026-07-01, sd = 9',
            "opens: found a law without an earliest date; allowed: a date from the start on "
            "(2026-03-02) (give the law low)",
        ),
        (
            'dist = "uniform", low = 2026-01-01, high = 2026-10-01',
            "opens: found a law that reaches back to 2026-01-01; allowed: a date from the start on",
        ),
    ],
)
def test_a_mistake_in_a_law_of_dates_is_one_clear_message(
    stated: str, said: str, demine: Demine, tmp_path: Path
) -> None:
    (tmp_path / "bad.toml").write_text(FILE.replace("OPENS", f"{{ {stated} }}"), encoding="utf-8")
    code, out, err = demine("check", "bad.toml")
    assert (code, out) == (2, "")
    assert f"error: bad.toml: sector.fields.{said}" in err
    assert len([line for line in err.splitlines() if line.startswith("error")]) == 1


def test_dates_are_for_times_only() -> None:
    with pytest.raises(ScenarioError) as refused:
        build(sector={"difficulty": law("uniform", low=day(1), high=day(2))})
    assert "sector.A.difficulty.low: found 2025-07-01; allowed: a number" in str(refused.value)


def test_a_law_of_dates_is_an_input_fixed_in_days() -> None:
    scenario = build(sector={"opens": law("uniform", low=day(10), high=day(20))})
    (opens,) = inputs_of(scenario)
    assert opens.law.support == (10, 20)
    assert completions(fixed_at(scenario, opens, 0.5), n=1).tolist() == [25 * DAY]


def test_doubts_know_the_dates_of_a_law() -> None:
    late = law("uniform", low=day(20), high=day(30))
    found = doubts(build(sector={"opens": late}, crew={"leaves": 20}))
    assert [doubt.key for doubt in found] == ["sector.A.opens"]


def test_the_families_without_dates_are_those_that_stretch_from_zero() -> None:
    assert FAMILIES.keys() - {days["dist"] for days, _ in LAWS} == {
        *("lognormal", "gamma", "exponential", "empirical"),
    }
