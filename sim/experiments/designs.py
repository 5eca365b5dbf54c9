"""Points of an experiment over one or several keys: a full grid, or points spread over ranges."""

import itertools
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy.stats import qmc

from sim.errors import Problem, ScenarioError, gathered, raise_if_any, show
from sim.sampling.size import expected_parcels, refuse_if_too_large
from sim.scenario.keys import dotted, split
from sim.scenario.scenario import FORECAST_ONLY, MAKES_ANOTHER, Scenario
from sim.scenario.settings import FORMS, MOST_POINTS, SOURCE, Range, is_number, refused
from sim.scenario.variants import vary

Design = Literal["grid", "lhs", "sobol"]
Settings = dict[str, Any]


def design_points(
    scenario: Scenario,
    *,
    vary: Mapping[str, Sequence[Any]],
    design: Design = "grid",
    points: int | None = None,
    seed: int = 0,
) -> list[Settings]:
    """Return the settings of each point; the last key varies fastest in a grid.

    Parameters
    ----------
    scenario
        Whose keys they are.
    vary
        Dotted key to its values; for a design other than the grid to its low and high end.
    design
        "grid": every combination; "lhs" (Latin hypercube) or "sobol": spread evenly over the
        ranges. Where only whole numbers are allowed, and for numbers of crews, whole ends give
        whole values.
    points
        How many, for a design other than the grid.
    seed
        Of a design other than the grid.

    Raises
    ------
    ScenarioError
        If a key is no key or stated twice, or there are no or too many points.
    """
    keys = _canonical(vary)
    if not keys:
        raise refused("", "nothing", f"a key to vary: {FORMS}")
    if design == "grid":
        if points is not None:
            raise ScenarioError([Problem("--points", "", str(points), "only with lhs or sobol")])
        return _grid(keys)
    if points is None or not 1 <= points <= MOST_POINTS:
        found = "nothing" if points is None else str(points)
        allowed = f"1 to {MOST_POINTS}, with --design {design}"
        raise ScenarioError([Problem("--points", "", found, allowed)])
    ranges = {key: _two_ends(key, values) for key, values in keys.items()}
    return _spread(scenario, ranges, design=design, points=points, seed=seed)


def _canonical(vary: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Return values by key in one way of writing, or raise for what makes no sense."""
    keys: dict[str, list[Any]] = {}
    for key, values in vary.items():
        try:
            name = dotted(*split(key))
        except ValueError as error:
            raise refused("", show(key), str(error)) from error
        if split(name)[0] in FORECAST_ONLY:
            raise refused(name, "a key that only a forecast reads", MAKES_ANOTHER)
        if name in keys:
            raise refused(name, "it varied twice", "once")
        seen: set[Hashable] = set()
        for value in values:
            if _hashable(value) in seen:
                raise refused(name, f"{show(value)} twice", "a value once")
            seen.add(_hashable(value))
        if not seen:
            raise refused(name, "no values", "at least one")
        keys[name] = list(values)
    for name, other in itertools.permutations(keys, 2):
        if split(name) == split(other)[: len(split(name))]:
            raise refused(name, f"{other} inside it varied too", "one of the two")
    return keys


def _hashable(value: Any) -> Hashable:
    """Return what is equal for equal values of a key; a truth value is no number."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(each)) for key, each in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_hashable, value))
    return isinstance(value, bool), value


def _grid(keys: Mapping[str, Sequence[Any]]) -> list[Settings]:
    size = math.prod(map(len, keys.values()))
    if size > MOST_POINTS:
        raise refused("", f"{size} points", f"at most {MOST_POINTS}")
    return [dict(zip(keys, values, strict=True)) for values in itertools.product(*keys.values())]


def _two_ends(key: str, values: Sequence[Any]) -> Range:
    if len(values) != 2 or not all(map(is_number, values)) or values[0] >= values[1]:
        raise refused(
            key, show(list(values)), "low:high, two numbers up to 1e+15, for a design over ranges"
        )
    return Range(*values)


def _spread(
    scenario: Scenario, ranges: Mapping[str, Range], *, design: Design, points: int, seed: int
) -> list[Settings]:
    """Return points spread evenly over ranges."""
    generator = np.random.default_rng(seed)
    if design == "lhs":
        unit = qmc.LatinHypercube(len(ranges), rng=generator).random(points)
    else:  # the first of a whole power of two, in which alone the sequence is balanced
        sobol = qmc.Sobol(len(ranges), rng=generator)
        unit = sobol.random_base2(math.ceil(math.log2(points)))[:points]
    columns = {}
    for (key, ends), column in zip(ranges.items(), unit.T, strict=True):
        scaled = _whole if _must_be_whole(scenario, key, ends) else _real
        columns[key] = [scaled(ends, u) for u in column.tolist()]
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _whole(ends: Range, u: float) -> int:
    low, high = int(ends.low), int(ends.high)
    return min(high, low + math.floor(u * (high - low + 1)))


def _real(ends: Range, u: float) -> float:
    value = float(f"{ends.low + u * (ends.high - ends.low):.6g}")  # digits that can be read
    return min(max(value, ends.low), ends.high)


def _must_be_whole(scenario: Scenario, key: str, ends: Range) -> bool:
    """Tell whether a key takes whole numbers only: a number of crews, or what refuses a half."""
    path = split(key)
    if not ends.whole:
        return False
    if path[0] == "crew" and path[-1] == "count":
        return True
    try:
        vary(scenario, settings={key: ends.low + 0.5})
    except ScenarioError:
        return True
    return False


def scenarios_at(scenario: Scenario, points: Sequence[Settings]) -> list[Scenario]:
    """Return the scenario of each point.

    Raises
    ------
    ScenarioError
        With the problems of all points at once, also those that do not fit into the memory.
    """
    found: list[Scenario] = []
    problems: list[Problem] = []
    for settings in points:
        with gathered(problems):
            at_point = vary(scenario, settings=settings, source=SOURCE)
            refuse_if_too_large(at_point, expected_parcels(at_point))
            found.append(at_point)
    raise_if_any(problems)
    return found


def refuse_too_large(scenarios: Iterable[Scenario]) -> None:
    """Raise for scenarios whose mean campaign does not fit into this machine's memory."""
    problems: list[Problem] = []
    for scenario in scenarios:
        with gathered(problems):
            refuse_if_too_large(scenario, expected_parcels(scenario))
    raise_if_any(problems)


def keys_of(table: pl.DataFrame) -> list[str]:
    """Return the varied keys of a table, which stand before its number of replications."""
    return table.columns[: table.columns.index("replications")]


def in_words(settings: Settings) -> str:
    """Return the settings of a point as they are typed."""
    return ", ".join(f"{key}={show(value)}" for key, value in settings.items())
