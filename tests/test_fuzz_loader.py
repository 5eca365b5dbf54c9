"""No input whatever gives anything but a scenario or a ScenarioError."""

import datetime as dt
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.scenario.messages import table_in
from sim.scenario.scenario import Scenario
from sim.scenario.settings import parse_setting
from sim.scenario.validation import validate
from sim.scenario.variants import load_scenario, vary

ROOT = Path(__file__).parent.parent / "scenarios"
VALID = [path.read_bytes() for path in sorted(ROOT.glob("*.toml"))]
BASE: dict[str, Any] = load_scenario(ROOT / "invalid" / "parts" / "base.toml").model_dump(
    by_alias=True, exclude_none=True
)
FUZZ = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

KEYS = [
    *Scenario.model_fields,
    *(
        field.alias or name
        for table in Scenario.model_fields.values()
        for name, field in getattr(table_in(table.annotation), "model_fields", {}).items()
    ),
    *("dist", "low", "mode", "high", "mean", "sd", "cv", "values", "weights", "file", "column"),
    *("number", "days", "date", "uniform", "", "a.b", "\x1b[0m", 'a"b'),
]
TEXTS = st.one_of(
    st.sampled_from(
        ["uniform", "normal", "empirical", "fields", "bank", "clearance", "02-29", "../x"]
    ),
    st.text(max_size=5),
)
NUMBERS = st.one_of(
    st.integers(-3, 400),
    st.floats(),
    st.sampled_from([0, -0.0, 1e-300, 5e-324, 1e15, 1e16, 1e308, -(10**30)]),
    st.sampled_from([math.nan, math.inf, -math.inf]),
    st.sampled_from([400, 4200]).map(lambda digits: int(10**digits)),
)
LEAVES = st.one_of(
    NUMBERS,
    TEXTS,
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from([dt.date.min, dt.date.max, dt.date(2026, 5, 1)]),
)
LAWS = st.fixed_dictionaries(
    {"dist": st.sampled_from(
        ["uniform", "triangular", "pert", "normal", "lognormal", "gamma", "beta", "exponential"]
    )},
    optional=dict.fromkeys(("low", "mode", "high", "mean", "sd", "cv", "p10", "p90"), NUMBERS),
)  # fmt: skip
TREES = st.recursive(
    LEAVES | LAWS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)
FILES = st.dictionaries(st.sampled_from(KEYS), TREES, max_size=5)


def scenario_or_error(make: Callable[[], Scenario]) -> None:
    """Check that what comes out is a scenario in full working order, or says what is wrong."""
    try:
        scenario = make()
    except ScenarioError as error:
        problems, lines = error.problems, str(error).splitlines()
    else:
        well_formed(scenario)
        return
    assert len(lines) == len(problems) > 0
    assert all(p.file and p.found and p.allowed for p in problems)


def well_formed(scenario: Scenario) -> None:
    """Check that it can be written down, read again and varied."""
    again = Scenario.model_validate_json(json.dumps(scenario.resolved()))
    assert again.digest() == scenario.digest()
    assert vary(scenario, settings={}) == scenario


@FUZZ
@given(FILES)
def test_random_trees(tree: dict[str, Any]) -> None:
    scenario_or_error(lambda: validate(tree, file="tree"))


@FUZZ
@given(FILES)
def test_a_sound_scenario_with_random_tables(tree: dict[str, Any]) -> None:
    scenario_or_error(lambda: validate(BASE | tree, file="tree"))


@FUZZ
@given(st.data())
def test_a_sound_scenario_with_random_values(data: st.DataObject) -> None:
    tree = json.loads(json.dumps(BASE, default=str))
    tree["campaign"]["start"] = dt.date(2026, 3, 2)
    tree["deadline"][0]["date"] = dt.date(2026, 10, 1)
    tables = [tree.setdefault(name, {}) for name in ("money", "weather", "growth", "pace")]
    tables += tree.setdefault("season", [{"name": "rains"}])
    tables += [tree["campaign"], tree["deadline"][0], *tree["sector"], *tree["crew"]]
    tables += [tree["shelling"], *tree["shelling"]["regimes"]]
    for _ in range(data.draw(st.integers(1, 4))):
        entry = data.draw(st.sampled_from(tables))
        keys = [*entry, *KEYS]
        entry[data.draw(st.sampled_from(keys))] = data.draw(LEAVES | LAWS | TREES)
    scenario_or_error(lambda: validate(tree, file="tree"))


@FUZZ
@given(st.sampled_from(KEYS), st.sampled_from(KEYS), st.sampled_from(KEYS), TREES)
def test_random_settings(a: str, b: str, c: str, value: Any) -> None:
    base = validate(BASE, file="base")
    for key in (a, f"{a}.{b}", f"{a}.{b}.{c}", f"crew.manual.{b}", f"shelling.regimes.calm.{b}"):
        scenario_or_error(lambda key=key: vary(base, settings={key: value}))  # type: ignore[misc]


@FUZZ
@given(st.text(max_size=40))
def test_random_text_as_a_setting(text: str) -> None:
    for written in (text, f"{text}=1", f"a.b={text}"):
        try:
            key, _ = parse_setting(written)
        except ScenarioError:
            continue
        assert key in written


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "fuzz.toml"


@FUZZ
@given(content=st.binary(max_size=200))
def test_random_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    scenario_or_error(lambda: load_scenario(path))


@settings(FUZZ, max_examples=100)
@given(data=st.data())
def test_mutated_files(path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(VALID)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 12))
        pieces = [
            b"",
            b"-",
            b"0",
            b"9" * 400,
            b"nan",
            b"[",
            b"]]",
            b"{",
            b'"',
            b"=",
            b"\n",
            b".",
            b"e400",
        ]
        content[at : at + length] = data.draw(st.sampled_from(pieces) | st.binary(max_size=4))
    path.write_bytes(content)
    scenario_or_error(lambda: load_scenario(path))


@settings(FUZZ, max_examples=100)
@given(data=st.data())
def test_files_with_lines_taken_away_doubled_and_swapped(path: Path, data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(VALID)).splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        a, b = (data.draw(st.integers(0, len(lines) - 1)) for _ in "ab")
        how = data.draw(st.sampled_from(["away", "double", "swap", "extend"]))
        if how == "away" and len(lines) > 1:
            del lines[a]
        elif how == "double":
            lines.insert(b, lines[a])
        elif how == "swap":
            lines[a], lines[b] = lines[b], lines[a]
        else:
            lines.insert(
                0, data.draw(st.sampled_from([b'extends = "fuzz.toml"', b"remove = ['pace']"]))
            )
    path.write_bytes(b"\n".join(lines))
    scenario_or_error(lambda: load_scenario(path))
