"""Scenarios made from a scenario, and what KEY=VALUE means."""

import datetime as dt
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.errors import ScenarioError
from sim.scenario.keys import dotted, find, split
from sim.scenario.laws import Constant, Uniform
from sim.scenario.scenario import Scenario
from sim.scenario.settings import parse_setting, parse_value
from sim.scenario.validation import validate
from sim.scenario.variants import load_scenario, vary

BASE = Path(__file__).parent.parent / "scenarios" / "invalid" / "parts" / "base.toml"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    tree: dict[str, Any] = load_scenario(BASE).model_dump(by_alias=True, exclude_none=True)
    tree["sector"] = [*tree["sector"], {"name": "St. Mary", "area_ha": 3.0}]
    return validate(tree, file="test")


def said(scenario: Scenario, settings: dict[str, Any]) -> str:
    with pytest.raises(ScenarioError) as caught:
        vary(scenario, settings=settings)
    return str(caught.value)


# KEY


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("campaign.title", ("campaign", "title")),
        (' sector . "St. Mary" . exposure ', ("sector", "St. Mary", "exposure")),
        ("sector.'a \"b\"'.exposure", ("sector", 'a "b"', "exposure")),
        ('sector."a\\u0416\\"b=".x', ("sector", 'aЖ"b=', "x")),
        ("sector.Суджа.exposure", ("sector", "Суджа", "exposure")),
        ('""', ("",)),
    ],
)
def test_a_dotted_key_is_split_as_toml_does(key: str, path: tuple[str, ...]) -> None:
    assert split(key) == path
    assert split(dotted(*path)) == path


@pytest.mark.parametrize(
    "key",
    ["", ".", "a.", ".a", "a..b", "a b", 'a."b', "a=b", 'a."\\q"', "a[1]", "a\n.b c"],
)
def test_what_is_no_dotted_key_is_refused(scenario: Scenario, key: str) -> None:
    with pytest.raises(ValueError, match="a dotted key"):
        split(key)
    assert "a dotted key" in said(scenario, {key: 1})


# VALUE and KEY=VALUE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-1.5e3", -1500.0),
        ("true", True),
        ("2027-01-01", dt.date(2027, 1, 1)),
        ('"5"', "5"),
        ("easiest", "easiest"),
        ("", ""),
        ("01", "01"),
        ("[1, 2", "[1, 2"),
        ('["sat", "sun"]', ["sat", "sun"]),
        ('{ dist = "exponential", mean = 2 }', {"dist": "exponential", "mean": 2}),
        ("1\ny = 2", "1\ny = 2"),
        ("9" * 5000, "9" * 5000),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_a_value_is_toml_or_else_text(text: str, value: object) -> None:
    assert parse_value(text) == value
    assert parse_setting(f"a.b = {text}")[0] == "a.b"


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("crew.manual.count=5", "crew.manual.count", 5),
        ("campaign.title = a = b", "campaign.title", "a = b"),
        ('sector."St. Mary".exposure=2', 'sector."St. Mary".exposure', 2),
        ('sector."a=b".exposure=2', 'sector."a=b".exposure', 2),
        ("sector.'a\"=b'.exposure=2", "sector.'a\"=b'.exposure", 2),
        ("campaign.title=", "campaign.title", ""),
    ],
)
def test_a_setting_is_split_at_the_first_equals_sign_outside_quotes(
    text: str, key: str, value: object
) -> None:
    assert parse_setting(text) == (key, value)


@pytest.mark.parametrize("text", ["", "=", "=5", "crew.manual.count", "a b=5", 'a."b=5', "a..b=1"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="KEY=VALUE"):
        parse_setting(text)


# Setting


def test_a_setting_changes_its_key_and_nothing_else(scenario: Scenario) -> None:
    varied = vary(scenario, settings={'sector."St. Mary".exposure': 2})
    assert varied.sector[2].exposure == Constant(2.0)
    back = vary(varied, settings={'sector."St. Mary".exposure': 1})
    assert back == scenario
    assert varied.digest() != back.digest() == scenario.digest()


@pytest.mark.parametrize(
    ("key", "value", "now"),
    [
        ("campaign.rest_days", ["sun"], "['sun']"),
        ("campaign.start", dt.date(2026, 3, 5), "2026-03-05"),
        ("deadline.autumn.date", dt.date(2027, 1, 1), "2027-01-01"),
        ("sector.bank.area_ha.high", 30, "30.0"),
        ("sector.fields.count", np.int64(5), "5"),
        ("crew.manual.count", np.float64(2.5), "2.5"),
        ("crew.manual.leaves", 50, "50.0"),
        ("crew.manual.sectors", ("fields 2", "fields", "bank", "St. Mary"), None),
        ("factors.rate", Uniform(dist="uniform", low=1, high=2), None),
        ("shelling.regimes.calm.attacks_per_24h", 5, "5.0"),
        ("shelling.stop_hours", 2, "2.0"),
        ("quality.inspected_share", 0.1, "0.1"),
        ("weather.lost_day_probability", [0.1] * 12, str([0.1] * 12)),
        ("money.fund", [{"name": "a", "roles": ["clearance"], "amount": 5}], None),
        ("pace", {"weekly_cv": 0.2}, None),
    ],
)
def test_every_kind_of_key_can_be_set(
    scenario: Scenario, key: str, value: Any, now: str | None
) -> None:
    varied = vary(scenario, settings={key: value})
    there = find(varied.resolved(), split(key))
    assert there is not None
    assert now is None or str(there) == now
    assert find(scenario.resolved(), split(key)) != there


def test_settings_are_judged_together(scenario: Scenario) -> None:
    rains = {"season": [{"name": "rains"}]}
    settings = {"season.rains.closed_from": "12-10", "season.rains.closed_until": "03-20"}
    assert vary(scenario, settings=rains | settings).season[0].closed_until == "03-20"
    one = rains | {"season.rains.closed_from": "12-10"}
    assert "season.rains.closed_until" in said(scenario, one)


def test_an_empirical_law_can_be_set(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ha\n2\n3\n")
    law = {"dist": "empirical", "file": str(tmp_path / "a.csv"), "column": "ha"}
    varied = vary(scenario, settings={"sector.bank.area_ha": law})
    assert varied.sector[1].area_ha.mean == 2.5
    assert "no column 'hectares'" in said(
        scenario, {"sector.bank.area_ha": law | {"column": "hectares"}}
    )


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("qualty.inspected_share", 0.1, "did you mean quality?"),
        ("quality.inspected_shar", 0.1, "did you mean inspected_share?"),
        (
            "sector.bank.area_km2",
            3,
            "area_m2, which is in m2 and not in km2: 1 km2 = 1 000 000 m2?",
        ),
        (
            "crew.manual.rate_km2_per_day",
            3,
            "rate_m2_per_day, which is in m2 and not in km2: 1 km2",
        ),
        ("crew.manual.rate_ha_per_week", 3, "rate_ha_per_day, which is per day and not per week?)"),
        ("campaign.horizon_months", 3, "horizon_days, which is in days and not in months?)"),
        ("campaign.horizon_day", 3, "did you mean horizon_days?)"),
        ("crew.manuel.count", 1, "did you mean manual?"),
        ('sector."St Mary".exposure', 1, "did you mean St. Mary?"),
        ("shelling.regimes.clam.mean_days", 1, "did you mean calm?"),
        ("crew.*.count", 3, "or factors.crews, which multiplies all of them"),
        ("crew.manual.cuont", 1, "did you mean count?"),
        ("money.fund.state.amount", 1, "found 'fund'"),
        ("crew.manual", 1, "an entry of an array as a whole"),
        ("crew", 1, "allowed: an array"),
        ("campaign", 1, "allowed: a table"),
        ("sector.fields.area_ha.high", 1, "found 20.0 at sector.fields.area_ha"),
        ("extends", "a.toml", "in a file only"),
        ("crew.manual.count", "5 teams", "allowed: a number or a law"),
        ("crew.manual.count", {"dist": "normal", "mean": 5, "sd": 1}, "give the normal law low"),
        ("crew.manual.count", True, "found true"),
        ("sector.bank.count", 0, "allowed: at least 1"),
        ("sector.bank.opens", dt.datetime(2026, 5, 1), "a date without a time"),
        ("campaign.horizon_days", float("nan"), "a finite number"),
        ("campaign.title", "a\ud800", "printable"),
        ("campaign.title", [[[[[[[[[[[[[[1]]]]]]]]]]]]]], "nested too deep"),
    ],
)
def test_a_setting_that_cannot_be_is_said_so(
    scenario: Scenario, key: str, value: Any, words: str
) -> None:
    message = said(scenario, {key: value})
    assert message.startswith("--set: ")
    assert words in message


def test_every_wrong_setting_is_reported(scenario: Scenario) -> None:
    message = said(scenario, {"crew.manual.count": -1, "sector.bank.count": 0})
    assert len(message.splitlines()) == 2


def test_a_file_may_be_loaded_with_settings() -> None:
    assert load_scenario(BASE, settings={"campaign.title": "x"}).campaign.title == "x"
    with pytest.raises(ScenarioError, match="did you mean title"):
        load_scenario(BASE, settings={"campaign.titel": "x"})


def test_the_source_of_settings_is_named(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"^--vary: crew\.manual\.count: found -1"):
        vary(scenario, settings={"crew.manual.count": -1}, source="--vary")


def test_an_error_can_be_sent_from_a_worker(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError) as caught:
        vary(scenario, settings={"crew.manual.count": -1})
    sent = pickle.loads(pickle.dumps(caught.value))
    assert sent.problems == caught.value.problems
    assert str(sent) == str(caught.value)
