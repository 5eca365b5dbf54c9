"""Files that can be read, files that cannot, and what is said about those."""

import datetime as dt
import json
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from sim.errors import ScenarioError
from sim.outcome import gather
from sim.running.workers import Luck, _batch
from sim.scenario.kinds import ONE
from sim.scenario.laws import Constant, Discrete, Triangular
from sim.scenario.reference import reference_page
from sim.scenario.scenario import Scenario
from sim.scenario.schema import json_schema
from sim.scenario.variants import load_scenario, vary

ROOT = Path(__file__).parent.parent
BASES = {"reference"}  # to extend, no scenarios by themselves: see test_backtests
VALID = [p for p in sorted((ROOT / "scenarios").glob("*.toml")) if p.stem not in BASES]
INVALID = sorted((ROOT / "scenarios" / "invalid").glob("*.toml"))
BASE = ROOT / "scenarios" / "invalid" / "parts" / "base.toml"


def written(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def beside_base(tmp_path: Path) -> Path:
    """A folder with the base file in it."""
    written(tmp_path, BASE.read_text(encoding="utf-8"), "base.toml")
    return tmp_path


# Invalid files


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_file_has_exactly_the_problems_it_states(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    text = path.read_text(encoding="utf-8", errors="replace")
    expected = re.findall(r"^# expect: (.*)$", text, re.MULTILINE)
    found = problems(Path(path.name))
    assert expected
    assert len(found) == len(expected)
    for words in expected:
        pattern = ".*".join(re.escape(part) for part in words.split(" ... "))
        file = "" if words.startswith("parts/") else re.escape(path.name) + ": "
        assert any(re.match(file + pattern, line) for line in found), found


def test_there_are_files_for_many_ways_of_being_wrong() -> None:
    assert len(INVALID) >= 75


def test_every_problem_is_one_line(tmp_path: Path) -> None:
    for path in INVALID:
        for line in problems(path):
            assert "\n" not in line
            assert line.isprintable()


@pytest.mark.parametrize("key", ["area_ha", "count", "priority", "max_crews", "name", "difficulty"])
def test_a_number_too_long_to_be_written_out_is_said_so(beside_base: Path, key: str) -> None:
    own = f'extends = "base.toml"\n[[sector]]\nname = "new"\narea_ha = 1\n{key} = 0x{"F" * 9999}\n'
    if key in ("area_ha", "name"):
        own = own.replace("area_ha = 1" if key == "area_ha" else 'name = "new"\n', "", 1)
    (line,) = problems(written(beside_base, own))
    assert "found a whole number of about 11998 digits" in line


@pytest.mark.parametrize("name", [".", "absent.toml", "zero\0byte.toml", "x" * 5000])
def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path, name: str) -> None:
    assert len(problems(tmp_path / name)) == 1


def test_a_loop_of_links_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    assert len(problems(tmp_path / "loop.toml")) == 1
    assert len(problems(written(tmp_path, 'extends = "loop.toml"'))) == 1


def test_a_long_chain_of_files_is_said_so(tmp_path: Path) -> None:
    for i in range(60):
        written(tmp_path, f'extends = "{i + 1}.toml"\n', f"{i}.toml")
    (line,) = problems(tmp_path / "0.toml")
    assert "a chain of 21 files" in line


# Valid files


@pytest.mark.parametrize("path", [*VALID, BASE], ids=lambda path: path.stem)
def test_an_example_can_be_read_and_read_again_from_what_it_resolves_to(path: Path) -> None:
    scenario = load_scenario(path)
    dumped = json.dumps(scenario.resolved())
    again = Scenario.model_validate_json(dumped)
    assert again == scenario
    assert again.digest() == scenario.digest()


def test_what_a_file_leaves_out_does_not_happen(tmp_path: Path) -> None:
    text = """
        [campaign]
        name = "least"
        start = 2026-03-02
        horizon_days = 10
        [[sector]]
        name = "a"
        area_ha = 1
        [[crew]]
        name = "b"
        role = "clearance"
        count = 1
        rate_ha_per_day = 1
    """
    scenario = load_scenario(written(tmp_path, text))
    tables = ("survey", "growth", "quality", "shelling", "weather")
    tables += ("pace", "accidents", "restoration", "money")
    assert all(getattr(scenario, name) is None for name in tables)
    assert not scenario.costs


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path: Path) -> None:
    text = BASE.read_text(encoding="utf-8").replace("\n", "\r\n")
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_scenario(path) == load_scenario(BASE)


def test_names_may_be_in_any_writing(beside_base: Path) -> None:
    own = 'extends = "base.toml"\n[[sector]]\nname = "Суджа, \\"старая\\" 1.5 ☂"\narea_ha = 2\n'
    scenario = load_scenario(written(beside_base, own))
    assert scenario.sector[2].name == 'Суджа, "старая" 1.5 ☂'


def test_crews_may_be_sent_to_one_sector_of_a_counted_group(beside_base: Path) -> None:
    own = """
        extends = "base.toml"
        [[crew]]
        name = "manual"
        sectors = ["fields 3", "bank"]
        [[crew]]
        name = "others"
        role = "clearance"
        count = 1
        rate_ha_per_day = 1
        sectors = ["fields 1", "fields 2"]
    """
    scenario = load_scenario(written(beside_base, own))
    assert scenario.crew[0].sectors == ("fields 3", "bank")
    assert scenario.sector_names == ("fields 1", "fields 2", "fields 3", "bank")


@pytest.mark.parametrize("name", ["com", "com0", "com10", "auxiliary", "xcon", "nul_"])
def test_a_name_that_only_resembles_a_device_is_a_name(beside_base: Path, name: str) -> None:
    own = written(beside_base, f'extends = "base.toml"\n[campaign]\nname = "{name}"\n')
    assert load_scenario(own).campaign.name == name


# What is set anew


FAULTY = """
    extends = "base.toml"
    [campaign]
    horizon_days = -5
    [weather]
    lost_day_probability = 7
    [[sector]]
    name = "bank"
    area_ha = { dist = "empirical", file = "absent.csv", column = "ha" }
    [[crew]]
    name = "manual"
    count = "many"
"""
MENDED = {
    "campaign.horizon_days": 100,
    "weather.lost_day_probability": 0.1,
    "sector.bank.area_ha": 3,
    'crew."manual".count': 2,
}


def test_what_is_wrong_in_a_file_can_be_set_anew(beside_base: Path) -> None:
    own = written(beside_base, FAULTY)
    assert len(problems(own)) == len(MENDED)
    scenario = load_scenario(own, settings=MENDED)
    assert scenario.sector[1].area_ha == Constant(3.0)
    assert scenario.crew[0].count == Constant(2.0)
    sound = written(beside_base, 'extends = "base.toml"\n', "sound.toml")
    assert load_scenario(sound, settings=MENDED) == scenario


@pytest.mark.parametrize("left", MENDED)
def test_what_is_not_set_anew_stays_wrong(beside_base: Path, left: str) -> None:
    own = written(beside_base, FAULTY)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(own, settings={k: v for k, v in MENDED.items() if k != left})
    (problem,) = caught.value.problems
    assert problem.file == str(own)
    assert problem.key.startswith(left.replace('"', ""))


def test_a_setting_of_a_faulty_file_can_be_wrong_itself(beside_base: Path) -> None:
    own = written(beside_base, FAULTY)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(own, settings=MENDED | {"campaign.horizon_days": -6, "crew.x.count": 1})
    told = {(p.file, p.key, p.found) for p in caught.value.problems}
    assert told == {("--set", "campaign.horizon_days", "-6"), ("--set", "crew.x.count", "'x'")}


# The digest


def test_the_digest_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    text = BASE.read_text(encoding="utf-8")
    digest = load_scenario(BASE).digest()
    respelt = text.replace("area_ha = 20", "area_ha=2.0e1 # hectares").replace("365", "365.0")
    assert load_scenario(written(tmp_path, respelt)).digest() == digest
    changed = text.replace("area_ha = 20", "area_ha = 20.000001")
    assert load_scenario(written(tmp_path, changed)).digest() != digest


def test_the_content_of_an_empirical_law_counts_in_the_digest(beside_base: Path) -> None:
    own = written(
        beside_base,
        'extends = "base.toml"\n[shelling]\n'
        'stop_hours = { dist = "empirical", file = "stops.csv", column = "hours" }\n',
    )
    digests = set()
    for content in ("hours\n1\n2.5\n", "hours\n1\n2.6\n", "place,hours\na,1\n\nb, 2.5 \n"):
        written(beside_base, content, "stops.csv")
        digests.add(load_scenario(own).digest())
    assert len(digests) == 2
    scenario = load_scenario(own)
    assert scenario.shelling is not None
    assert scenario.shelling.stop_hours == Discrete(dist="discrete", values=(1.0, 2.5))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no column 'hours'"),
        ("hours\n", "0 entries"),
        ("a,hours\n1\n", "'' in line 2"),
        ("hours\nnan\n", "'nan' in line 2"),
        ("hours\n1\ninf\n", "'inf' in line 3"),
        ("hours\n1_000\n", "'1_000' in line 2"),
        ('hours\n"1,5"\n', "'1,5' in line 2"),
        ("hours\n1;2\n", "'1;2' in line 2"),
        ("hours\n-1\n", "found -1; allowed: at least 0"),
        ("hours\n" + "9" * 200_000 + "\n", "field larger than field limit"),
    ],
)
def test_a_csv_file_that_cannot_be_used_is_said_so(
    beside_base: Path, content: str, words: str
) -> None:
    written(beside_base, content, "stops.csv")
    own = 'extends = "base.toml"\n[shelling.stop_hours]\n'
    own += 'dist = "empirical"\nfile = "stops.csv"\ncolumn = "hours"\n'
    (line,) = problems(written(beside_base, own))
    assert "own.toml: shelling.stop_hours" in line
    assert words in line


def with_stops(*values: float) -> Scenario:
    stops = {"dist": "discrete", "values": values}
    return vary(load_scenario(BASE), settings={"shelling.stop_hours": stops})


def test_scenarios_are_equal_if_their_digests_are_whatever_was_drawn_before() -> None:
    mine, same, other = with_stops(1, 2), with_stops(1, 2), with_stops(1, 3)
    for scenario in (mine, same, other):
        assert scenario.shelling
        assert scenario.shelling.stop_hours.quantile(0.3) == 1  # has arrays of its own now
    assert mine == same
    assert mine.shelling == same.shelling
    assert mine != other
    assert len({mine, same, other}) == 2
    known = lru_cache(Scenario.digest)
    assert [known(s) for s in (mine, same, other, same)] == [
        s.digest() for s in (mine, mine, other, mine)
    ]
    assert known.cache_info().misses == 2


def test_a_worker_draws_on_from_an_equal_scenario() -> None:
    """Each batch comes to a process with a copy of the scenario."""
    batches = [
        _batch(with_stops(1, 2), Luck(1), "simpy", range(first, first + 1)) for first in (0, 1)
    ]
    ensembles = [gather(with_stops(1, 2), seed=1, asked=2, batches=batches) for _ in range(2)]
    assert ensembles[0] == ensembles[1]


def test_a_changed_copy_has_a_digest_of_its_own() -> None:
    scenario = load_scenario(BASE)
    digest = scenario.digest()
    assert scenario.model_copy(update={"shelling": None}).digest() != digest
    assert scenario.model_copy().digest() == digest


# Extending


def test_a_file_overrides_what_it_extends(beside_base: Path) -> None:
    own = """
        extends = "base.toml"
        [campaign]
        title = "own"
        [[sector]]
        name = "bank"
        difficulty = 2
        [[sector]]
        name = "new"
        area_ha = 1
        [shelling]
        stop_hours = 2
    """
    base, scenario = load_scenario(BASE), load_scenario(written(beside_base, own))
    assert [s.name for s in scenario.sector] == ["fields", "bank", "new"]
    assert scenario.campaign.title == "own"
    assert scenario.campaign.start == base.campaign.start
    assert scenario.sector[1].difficulty == Constant(2.0)
    assert scenario.sector[1].area_ha == base.sector[1].area_ha
    assert scenario.shelling is not None
    assert base.shelling is not None
    assert scenario.shelling.regimes == base.shelling.regimes
    assert scenario.crew == base.crew


def test_regimes_and_funds_merge_by_name_too(beside_base: Path) -> None:
    own = """
        extends = "base.toml"
        [[shelling.regimes]]
        name = "escalation"
        attacks_per_24h = 99
    """
    shelling = load_scenario(written(beside_base, own)).shelling
    assert shelling is not None
    assert [r.name for r in shelling.regimes] == ["calm", "escalation"]
    assert [r.attacks_per_24h for r in shelling.regimes] == [Constant(1.0), Constant(99.0)]
    assert [r.mean_days for r in shelling.regimes] == [10, 5]


def test_a_law_is_replaced_whole(beside_base: Path) -> None:
    own = 'extends = "base.toml"\n[[sector]]\nname = "bank"\narea_ha = { dist = "triangular", '
    whole = written(beside_base, own + "low = 1, mode = 2, high = 3 }\n")
    expected = Triangular(dist="triangular", low=1, mode=2, high=3)
    assert load_scenario(whole).sector[1].area_ha == expected
    (line,) = problems(written(beside_base, own + "low = 1, high = 3 }\n"))
    assert "own.toml: sector.bank.area_ha.mode: found nothing" in line
    part = 'extends = "base.toml"\n[[sector]]\nname = "bank"\narea_ha.high = 30\n'
    (line,) = problems(written(beside_base, part))
    assert "own.toml: sector.bank.area_ha: found { high = 30 }" in line
    number = 'extends = "base.toml"\n[[sector]]\nname = "bank"\narea_ha = 30\n'
    assert load_scenario(written(beside_base, number)).sector[1].area_ha == Constant(30.0)


def test_a_plain_array_is_replaced_whole(beside_base: Path) -> None:
    text = BASE.read_text(encoding="utf-8").replace("365", '365\nrest_days = ["sat", "sun"]')
    written(beside_base, text, "base.toml")
    own = 'extends = "base.toml"\n[campaign]\nrest_days = ["fri"]\n'
    assert load_scenario(written(beside_base, own)).campaign.rest_days == ("fri",)


def test_things_can_be_removed_and_stated_afresh(beside_base: Path) -> None:
    own = """
        extends = "base.toml"
        remove = ["shelling.regimes.escalation", "sector.bank", "crew.manual.variation", "deadline"]
        [[sector]]
        name = "bank"
        area_ha = 5
    """
    text = BASE.read_text(encoding="utf-8").replace("count = 4", "count = 4\nvariation = 0.3")
    written(beside_base, text, "base.toml")
    scenario = load_scenario(written(beside_base, own))
    assert scenario.shelling is not None
    assert [r.name for r in scenario.shelling.regimes] == ["calm"]
    assert scenario.sector[1].area_ha == Constant(5.0)
    assert scenario.crew[0].variation == 0
    assert scenario.deadline == ()


def test_paths_are_relative_to_the_file_that_states_them(tmp_path: Path) -> None:
    (tmp_path / "deep" / "data").mkdir(parents=True)
    text = BASE.read_text(encoding="utf-8").replace(
        "area_ha = 20", 'area_ha = { dist = "empirical", file = "data/a.csv", column = "ha" }'
    )
    written(tmp_path / "deep", text, "base.toml")
    written(tmp_path / "deep" / "data", "ha\n3\n", "a.csv")
    middle = 'extends = "base.toml"\n[campaign]\ntitle = "middle"\n'
    written(tmp_path / "deep", middle, "middle.toml")
    own = 'extends = "deep/middle.toml"\n[campaign]\nhours_per_day = 8\n'
    scenario = load_scenario(written(tmp_path, own))
    assert scenario.sector[0].area_ha == Discrete(dist="discrete", values=(3.0,))
    assert (scenario.campaign.title, scenario.campaign.hours_per_day) == ("middle", 8)


def test_a_problem_names_the_file_that_stated_the_key(tmp_path: Path) -> None:
    base = BASE.read_text(encoding="utf-8").replace("area_ha = 20", "area_ha = -20")
    written(tmp_path, base.replace("count = 4", "count = -4"), "base.toml")
    own = written(tmp_path, 'extends = "base.toml"\n[[sector]]\nname = "bank"\nopens = -1\n')
    lines = problems(own)
    assert len(lines) == 3
    base_file = str(tmp_path / "base.toml")
    assert any(line.startswith(f"{base_file}: sector.fields.area_ha: found -20") for line in lines)
    assert any(line.startswith(f"{base_file}: crew.manual.count: found -4") for line in lines)
    assert any(line.startswith(f"{own}: sector.bank.opens: found -1") for line in lines)


def test_one_mistake_does_not_hide_another(tmp_path: Path) -> None:
    text = BASE.read_text(encoding="utf-8")
    text = text.replace("count = 3", "count = 3\nopns = 5").replace("365", "-365")
    text = text.replace("count = 4", 'count = 4\nsectors = ["fields"]')
    text += 'stop_hours = "long"\n[money]\ncurrency = "euro"\n'
    text += "".join(
        f'[[money.fund]]\nname = "{n}"\nroles = ["clearance"]\namount = 1\n' for n in "ab"
    )
    text += "[survey]\ncancelled_share = 0.7\nreduced_share = 0.7\n"
    assert {line.split(": ")[1] for line in problems(written(tmp_path, text))} == {
        "campaign.horizon_days",
        "crew",  # none of role survey
        "money.currency",
        "money.fund",  # two for a role
        "sector.bank",  # out of reach
        "sector.fields.opns",
        "shelling.stop_hours",
        "survey",  # shares above 1
    }


@pytest.mark.parametrize(
    ("law", "fine"),
    [
        ('{ dist = "lognormal", mean = 1, cv = 0.5 }', True),  # never 0
        ('{ dist = "gamma", mean = 1, cv = 0.5 }', True),
        ('{ dist = "exponential", mean = 1 }', True),
        ('{ dist = "pert", low = 0, mode = 1, high = 2 }', True),
        ('{ dist = "beta", mean = 0.5, sd = 0.1 }', True),
        ('{ dist = "uniform", low = 0, high = 1 }', False),  # 0 is one of its values
        ('{ dist = "triangular", low = 0, mode = 1, high = 2 }', False),
        ('{ dist = "normal", mean = 1, sd = 1, low = 0 }', False),
        ('{ dist = "normal", mean = 1, sd = 1, low = 0.001 }', True),
        ('{ dist = "discrete", values = [0, 1] }', False),
        ('{ dist = "discrete", values = [0, 1], weights = [0, 1] }', True),
    ],
)
def test_an_open_bound_may_be_approached_and_not_reached(
    beside_base: Path, law: str, fine: bool
) -> None:
    own = f'extends = "base.toml"\n[[sector]]\nname = "fields"\ndifficulty = {law}\n'
    path = written(beside_base, own)
    if fine:
        assert load_scenario(path).sector[0].difficulty != ONE
    else:
        (line,) = problems(path)
        assert "allowed: more than 0" in line


# The JSON Schema and the reference page


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_json(v) for v in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def schema_errors(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(
        json_schema(), format_checker=jsonschema.FormatChecker()
    )
    return [error.message for error in validator.iter_errors(as_json(tomllib.loads(text)))]


@pytest.mark.parametrize("path", [*VALID, BASE], ids=lambda path: path.stem)
def test_the_json_schema_takes_the_examples(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert schema_errors(path.read_text(encoding="utf-8")) == []


# what lies between tables, in other files or in the relation of numbers no JSON Schema can say
BEYOND_SCHEMA = re.compile(
    r"law-(in|of|beta|weights|leaves|reaches|without-an)|not-a-number|infinite|beyond-floating"
    r"|name-(twice|of-a-(numbered|regime|region))|date-before|start-too|winter-without|no-working|two-funds"
    r"|no-clearance|no-crews|role-not|sector-out|survey-shares|nobody|too-(many|much)|parcels-that"
    r"|notes-on-nothing|record-(without|until)|extends-cycle|remove-(absent|required|not-a-key)|empirical-(without|of)|unknown-(sector|preferred)"
)
NO_TOML = {"broken-toml", "key-twice", "not-utf-8", "thousands-of-digits"}


@pytest.mark.parametrize(
    "path", [p for p in INVALID if p.stem not in NO_TOML], ids=lambda p: p.stem
)
def test_the_json_schema_refuses_what_it_can(path: Path) -> None:
    beyond = bool(BEYOND_SCHEMA.match(path.stem))
    assert bool(schema_errors(path.read_text(encoding="utf-8"))) != beyond


@pytest.mark.parametrize("name", sorted(NO_TOML))
def test_what_is_no_toml_has_no_schema_to_fit(name: str) -> None:
    (path,) = (p for p in INVALID if p.stem == name)
    with pytest.raises(ValueError, match=r"Cannot|codec|digits|Expected"):
        tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_json_schema_states_meaning_unit_default_and_bounds_of_every_key() -> None:
    schema = json_schema()
    tables = [t for name, t in schema["$defs"].items() if name != "Law" and "dist" not in str(t)]
    assert len(tables) == 25
    for table in tables:
        for field in table["properties"].values():
            assert field["description"]
    sector = schema["$defs"]["Sector"]["properties"]
    assert sector["area_ha"]["unit"] == "ha"
    assert sector["area_ha"]["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0}
    assert sector["difficulty"]["default"] == 1
    assert {"extends", "remove"} < set(schema["properties"])


def keys_of(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def test_the_reference_page_is_the_one_in_the_documentation() -> None:
    page = ROOT / "docs" / "scenario.md"
    written_page = page.read_text(encoding="utf-8")
    assert written_page == reference_page(), "demine schema --reference > docs/scenario.md"
    for table in keys_of(Scenario):
        assert f"[{table}]" in written_page
