"""Notes say where numbers come from, belong to keys that are there, and change no outcome."""

import json
from pathlib import Path
from typing import Any

import pytest
from build import build, law, plays
from conftest import Demine

from sim.errors import ScenarioError
from sim.scenario.scenario import Scenario
from sim.scenario.variants import load_scenario, vary

NOTES = {"crew.c0.rate_ha_per_day": "HALO, typical", "sector.A": "an IMSMA record", "factors": "x"}


def texts(scenario: Scenario) -> dict[str, str]:
    return scenario.notes.texts if scenario.notes else {}


def test_notes_are_in_the_scenario_and_its_digest_and_change_no_outcome() -> None:
    stated: dict[str, Any] = {"sector": {"area_ha": law("uniform", low=5, high=9)}}
    bare, noted = build(**stated), build(**stated, notes=NOTES)
    assert noted.resolved()["notes"] == NOTES
    assert "notes" not in bare.resolved()
    assert Scenario.model_validate_json(json.dumps(noted.resolved())) == noted
    assert vary(noted, settings={}) == noted
    assert noted.digest() != bare.digest()
    assert plays(noted, n=4) == plays(bare, n=4)


def test_a_note_is_set_like_any_key() -> None:
    scenario = vary(build(notes=NOTES), settings={'notes."factors"': "y", 'notes."crew.c0"': "z"})
    assert texts(scenario) == NOTES | {"factors": "y", "crew.c0": "z"}
    with pytest.raises(ScenarioError, match=r"did you mean crew\.c0\.count\?"):
        vary(build(), settings={'notes."crew.c0.cuont"': "z"})


def test_a_note_goes_with_the_number_that_another_unit_replaces() -> None:
    noted = build(notes=NOTES)
    assert texts(vary(noted, settings={"crew.c0.rate_ha_per_day": 3})) == NOTES
    other = vary(noted, settings={"crew.c0.rate_m2_per_day": 300})
    assert texts(other) == {k: v for k, v in NOTES.items() if "rate" not in k}
    key = "crew.c0.rate_m2_per_day"
    again = vary(noted, settings={key: 300, f'notes."{key}"': "measured"})
    assert texts(again)[key] == "measured"


BASE = """
[campaign]
name = "base"
start = 2026-03-02
horizon_days = 99
[[sector]]
name = "old fields"
area_ha = 4
[[crew]]
name = "manual"
role = "clearance"
count = 1
rate_ha_per_day = 1
[weather]
lost_day_probability = 0.1
[notes]
"sector.'old fields'.area_ha" = "measured"
"crew.manual.people" = "a guess"
"weather.lost_day_probability" = "a station nearby"
"weather" = "ten years"
"""


def test_notes_of_a_base_go_with_what_is_removed_and_can_be_restated(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(BASE, encoding="utf-8")
    assert len(texts(load_scenario(tmp_path / "base.toml"))) == 4
    own = tmp_path / "own.toml"
    head = 'extends = "base.toml"\nremove = ["weather"]\n'
    own.write_text(
        head + '[[sector]]\nname = "old fields"\narea_m2 = 5\n'
        '[notes]\n"crew.manual.people" = "counted"\n',
        encoding="utf-8",
    )
    assert texts(load_scenario(own)) == {"crew.manual.people": "counted"}
    own.write_text(head + '[notes]\nweather = "restated"\n[weather]\n', encoding="utf-8")
    assert texts(load_scenario(own)) == {
        "sector.'old fields'.area_ha": "measured",
        "crew.manual.people": "a guess",
        "weather": "restated",
    }
    own.write_text(head + '[notes]\nweather = "of what?"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"own\.toml: notes\.weather: found a note on what"):
        load_scenario(own)


def test_check_shows_the_notes_and_a_result_keeps_them(demine: Demine, tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(BASE, encoding="utf-8")
    assert (
        '"weather.lost_day_probability" = "a station nearby"'
        in demine("check", "base.toml", "--show")[1]
    )
    few = ("--replications", "3", "--jobs", "1", "--engine", "simpy", "--quiet", "--out", "r")
    assert demine("run", "base.toml", *few)[0] == 0
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["scenario"]["notes"]["weather"] == "ten years"
