"""Points of experiments: values as they are typed, grids, and points spread over ranges."""

import datetime as dt
from typing import Any

import numpy as np
import pytest
from build import build

from sim.errors import ScenarioError
from sim.experiments.designs import design_points, scenarios_at
from sim.scenario.settings import Range, parse_all, parse_vary


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a.b=1,2,3", (1, 2, 3)),
        ("a.b = 1.5 , 2e3", (1.5, 2000.0)),
        ("a.b=priority,balanced", ("priority", "balanced")),
        ("a.b=\"x, y\",'p,q',z", ("x, y", "p,q", "z")),
        ('a.b="say \\"a,b\\"",c', ('say "a,b"', "c")),
        ("a.b=[1,2],[3]", ([1, 2], [3])),
        (
            'a.b={ dist = "uniform", low = 1, high = 2 },3',
            ({"dist": "uniform", "low": 1, "high": 2}, 3),
        ),
        ("a.b=2026-03-01,2026-04-01", (dt.date(2026, 3, 1), dt.date(2026, 4, 1))),
        ('a.b="1:2:3"', ("1:2:3",)),
        ('a."b,c=d"=5', (5,)),
        ("a.b=1:5:2", Range(1, 5, 2)),
        ("a.b=-0.5:5", Range(-0.5, 5)),
    ],
)
def test_values_are_toml_else_text(text: str, values: Any) -> None:
    assert parse_vary(text)[1] == values


@pytest.mark.parametrize(
    ("ends", "values"),
    [
        (Range(1, 5, 2), [1, 3, 5]),
        (Range(1, 10, 4), [1, 5, 9, 10]),  # both ends are included
        (Range(0, 0.5, 0.1), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (Range(3, 3, 1), [3]),
    ],
)
def test_a_range_includes_both_its_ends(ends: Range, values: list[float]) -> None:
    assert ends.values() == values
    assert [type(x) for x in ends.values()] == [type(x) for x in values]


@pytest.mark.parametrize(
    ("texts", "ranges", "says"),
    [
        (["nonsense"], False, "KEY=a,b,c"),
        (["a.b="], False, "none of them empty"),
        (["a.b=1,,2"], False, "none of them empty"),
        (["a.b=1:x:2"], False, "low:high:step in numbers"),
        (["a.b=1:2,3"], False, "low:high:step in numbers"),
        (["a.b=1:inf:1"], False, "low:high:step in numbers"),
        (["a.b=1:2:3:4"], False, "low:high:step in numbers"),
        (["a.b=5:1:1"], False, "not above the high end"),
        (["a.b=1:5:0"], False, "a step above 0"),
        (["a.b=0:1:1e-9"], False, "at most 100000 values"),
        (["a.b=1:5"], False, "found 1:5; allowed: KEY=a,b,c or KEY=low:high:step, with a step"),
        ([f"a.b=1:{'9' * 400}:1"], False, "low:high:step in numbers"),
        (["a.b=1", "a.b=2"], False, "twice"),
        (["a.b=1:5:1"], True, "over ranges"),
        (["a.b=1,5"], True, "over ranges"),
    ],
)
def test_what_cannot_be_varied_is_refused(texts: list[str], ranges: bool, says: str) -> None:
    with pytest.raises(ScenarioError, match=says) as error:
        parse_all(texts, ranges=ranges)
    assert "--vary" in str(error.value)


def test_a_range_whose_step_is_not_stated_has_no_more_values_than_any_other() -> None:
    with pytest.raises(ScenarioError, match="at most 100000 values"):
        parse_all(["a.b=1:1000000000000"], whole_step=1)


def test_a_value_twice_is_found_among_many_and_in_tables() -> None:
    values = [x / 2 for x in range(90_000)]
    assert len(design_points(build(), vary={"factors.rate": values})) == 90_000
    for twice in ([*values, 7], [{"low": [1, 2]}, {"low": [1.0, 2]}]):
        with pytest.raises(ScenarioError, match="twice"):
            design_points(build(), vary={"factors.rate": twice})
    assert len(design_points(build(), vary={"factors.rate": [1, True, [1], [True]]})) == 4


def test_a_table_and_a_key_inside_it_are_not_both_varied() -> None:
    for keys in (["shelling", "shelling.ends"], ["shelling.ends", "shelling"]):
        with pytest.raises(ScenarioError, match=r"shelling: found shelling.ends inside it"):
            design_points(build(), vary={key: [1, 2] for key in keys})


def test_a_grid_is_every_combination() -> None:
    points = design_points(build(), vary={"a.b": [1, 2], "c.d": ["x", "y", "z"]})
    assert [tuple(p.values()) for p in points] == [(i, k) for i in (1, 2) for k in "xyz"]


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_a_design_is_spread_over_its_ranges_and_belongs_to_its_seed(design: Any) -> None:
    vary = {"crew.c0.rate_ha_per_day": (0.5, 2.5), "crew.c0.count": (3, 10)}
    a, b, c = (
        design_points(build(), vary=vary, design=design, points=16, seed=s) for s in (1, 1, 2)
    )
    assert a == b != c
    rates = np.sort([p["crew.c0.rate_ha_per_day"] for p in a])
    assert np.array_equal(np.floor((rates - 0.5) / 2 * 16), range(16))  # one in each stratum
    assert sorted(p["crew.c0.count"] for p in a) == sorted([*range(3, 11)] * 2)


@pytest.mark.parametrize(
    ("key", "ends", "kind"),
    [
        ("crew.c0.count", (1, 9), int),
        ("crew.c0.count", (1, 9.5), float),
        ("sector.A.max_crews", (1, 9), int),
        ("sector.A.count", (1, 9), int),
        ("sector.A.area_ha", (1, 9), float),
    ],
)
def test_whole_ends_give_whole_values_where_the_key_wants_them(
    key: str, ends: Any, kind: type
) -> None:
    points = design_points(build(), vary={key: ends}, design="lhs", points=8)
    assert {type(p[key]) for p in points} == {kind}
    scenarios_at(build(), points)


@pytest.mark.parametrize(
    ("vary", "design", "points", "says"),
    [
        ({}, "grid", None, "a key to vary"),
        ({"a b": [1]}, "grid", None, "a dotted key"),
        ({"a.b": [1, 1.0]}, "grid", None, "a value once"),
        ({"a.b": []}, "grid", None, "at least one"),
        ({"a.b": [1], 'a."b"': [2]}, "grid", None, "varied twice"),
        ({"a.b": range(1000), "c.d": range(1000)}, "grid", None, "1000000 points"),
        ({"a.b": [1]}, "grid", 5, "only with lhs or sobol"),
        ({"a.b": [1, 2]}, "lhs", None, "--points"),
        ({"a.b": [1, 2]}, "lhs", 0, "--points"),
        ({"a.b": [1, 2, 3]}, "lhs", 3, "two numbers"),
        ({"a.b": [2, 1]}, "sobol", 3, "two numbers"),
        ({"a.b": ["x", "y"]}, "sobol", 3, "two numbers"),
    ],
)
def test_what_makes_no_design_is_refused(vary: Any, design: Any, points: Any, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        design_points(build(), vary=vary, design=design, points=points)


def test_the_problems_of_all_points_are_told_together() -> None:
    points: list[dict[str, Any]] = [
        {"crew.c0.count": -1, "sector.A.area_ha": 5},
        {"crew.c0.count": 2, "sector.A.area_ha": 5},
        {"crew.c0.count": 2, "sector.Z.area_ha": 5},
        {"crew.c0.count": -1, "sector.A.area_ha": 6},
        {"sector.A.area_ha": 1e9, "campaign.parcel_ha": 0.0001},
    ]
    with pytest.raises(ScenarioError) as error:
        scenarios_at(build(), points)
    told = [str(problem) for problem in error.value.problems]
    assert len(told) == 3
    assert all(words in text for words, text in zip(("count", "Z", "GiB"), told, strict=True))
