"""The two engines say the same about every world: the proof of the fast one.

Scenarios are made of whole days and whole fractions of a day, and half of the worlds are put on a
coarse grid of time, so that things coincide everywhere.
"""

import os
import subprocess
import sys
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from build import MONDAY, law, on_a_grid
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.engines.compiled import campaign as compiled_engine
from sim.engines.simpy import campaign as simpy_engine
from sim.outcome import Outcome
from sim.sampling import Sampler
from sim.scenario.variants import load_scenario, validate
from sim.world import World

Tree = dict[str, Any]
SCENARIOS = Path(__file__).parent.parent / "scenarios"

# Worlds with ties everywhere


class Choices:
    """Choices that make a scenario; a subclass says who makes them."""

    def of(self, *values: Any) -> Any:
        """Return one of some values."""
        raise NotImplementedError

    def maybe(self, **tables: Any) -> Tree:
        """Return the tables, or none of them."""
        return tables if self.of(False, True) else {}


class Drawn(Choices):
    """Choices that Hypothesis makes, and makes smaller when a test fails."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def of(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))


class Chance(Choices):
    """Choices by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def of(self, *values: Any) -> Any:
        return self.random.choice(values)


def sector(i: int, one: Choices) -> Tree:
    opens = law("discrete", values=[0, 1, 2, 3])
    return {
        "name": f"S{i}",
        "area_ha": one.of(3.0, 1.0, 2.0, 5.0, 8.0, 12.0, 2.5),
        "priority": one.of(0, 1, 2),
        **one.maybe(count=one.of(1, 2, 3)),
        **one.maybe(opens=one.of(0, 1, 2, 5, opens)),
        **one.maybe(difficulty=one.of(1, 2, 0.5)),
        **one.maybe(items_per_ha=one.of(1, 5)),
        **one.maybe(max_crews=one.of(1, 2, 3), exposure=one.of(1, 4)),
        **one.maybe(order="easiest"),
    }


def crew(name: str, role: str, sectors: list[Tree], one: Choices) -> Tree:
    soon = law("discrete", values=[0, 1, 2, 4, 6])
    return {
        "name": name,
        "role": role,
        "count": one.of(1, 2, 3),
        "rate_ha_per_day": one.of(1, 2, 0.5, 4, 3),
        "people": one.of(1, 20),
        **one.maybe(variation=one.of(0, 0.5), move_hours=one.of(0, 1, 2)),
        **one.maybe(arrives=one.of(0, 1, 3, soon)),
        **one.maybe(leaves=one.of(2, 5, 10, soon)),
        **one.maybe(cost_per_day=one.of(10, 100, 33), cost_to_mobilise=one.of(0, 100)),
        **(one.maybe(sectors=[one.of(*sectors)["name"]]) if name.endswith("2") else {}),
    }


def tree(one: Choices) -> Tree:
    """Return a small scenario in which anything may happen.

    Half of them are lean: crews go from parcel to parcel, and little comes between.
    """
    lean = one.of(False, True)
    sectors = [sector(i, one) for i in range(one.of(1, 2, 3))]
    for each in sectors if lean else ():
        each["area_ha"] *= 2
        each.pop("order", None)
    tables: Tree = {
        **one.maybe(survey={"cancelled_share": one.of(0, 0.3), "reduced_share": one.of(0, 0.3)}),
        **one.maybe(restoration={"share": one.of(1, 0.5), "starts": one.of("parcel", "sector")}),
    }
    roles = ["clearance", *tables]
    hours = law("discrete", values=[0, 1, 2, 4])
    days = law("discrete", values=[0, 1, 2])
    attacked: Tree = {
        "regimes": [{"name": "r", "attacks_per_24h": one.of(5, 20, 80), "mean_days": 3}],
        "stop_hours": one.of(0, 1, 2, 4, 8, hours),
        "recontaminated_parcels": one.of(0, 0.3, 1.0, 2.0),
        "recontamination_effort": one.of(0.5, 1.0, 0.0),
        "casualty_probability": one.of(0.0, 0.1, 0.5, 1.0),
        "recovery_days": one.of(0, 1, 2, days),
        **one.maybe(ends=one.of(2, 5, 10)),
    }
    quality: Tree = {
        "inspected_share": one.of(1.0, 0.5),
        "failure_probability": one.of(0, 0.3, 0.6),
        "inspection_days": one.of(0, 1, 2, days),
        "rework_share": one.of(1.0, 0.5, 0.0, 2.0),
    }
    hurt = {"per_person_day": one.of(0.002, 0.02, 0.2), "stand_down_days": one.of(0, 1, 2, days)}
    winter = {"closed_from": "07-10", "closed_until": "07-20", "pace": one.of(0, 0.5, 0.1, 1.5)}
    paid = [[r] for r in roles] if one.of(True, False) else [roles]
    funds = [
        {"name": f"f{i}", "roles": r, "amount": one.of(100, 0, 500, 2000, 330)}
        for i, r in enumerate(paid)
    ]
    whole: Tree = {
        "campaign": {
            "name": "test",
            "start": MONDAY,
            "horizon_days": one.of(30, 5, 10, 20, 60.5),
            "hours_per_day": one.of(4, 1, 6),
            "dispatch": one.of("priority", "balanced"),
            "parcel_ha": one.of(1.0, 0.5),
            "rest_days": one.of([], ["sun"], ["sat", "sun"]),
        },
        "sector": sectors,
        "crew": [crew(f"{role}{k}", role, sectors, one) for role in roles for k in (1, 2)],
        "clearance": {"parcel_variation": one.of(0, 0.5), "item_minutes": one.of(0, 30, 60)},
        **tables,
        **one.maybe(growth={"share": one.of(0.5, 1, 0.2), "found_until": one.of(3, 1, 5, 10)}),
        **one.maybe(quality=quality),
        **one.maybe(shelling=attacked),
        **one.maybe(season=winter),
        **one.maybe(weather={"lost_day_probability": one.of(0.1, 0.5)}),
        **one.maybe(pace={"weekly_cv": one.of(0.3, 1.0)}),
        **one.maybe(accidents=hurt),
        **one.maybe(money={"when_spent": one.of("stop", "continue"), "fund": funds}),
    }
    if lean:
        whole.pop("quality", None)
        whole["campaign"]["dispatch"] = "priority"
    return whole


def worlds(one: Choices, *, n: int, seed: int) -> Iterator[World]:
    """Yield some worlds of such a scenario, as drawn and on a grid of time."""
    scenario = validate(tree(one), file="test")
    for world in Sampler(scenario, seed=seed).worlds(range(n)):
        yield world
        step_s = world.day_s // one.of(1, 2, 4)
        mishaps = replace(world.mishaps, accident_s=world.mishaps.accident_s // step_s * step_s)
        yield on_a_grid(replace(world, mishaps=mishaps), step_s)


def some_worlds() -> Iterator[World]:
    """Yield always the same worlds."""
    for seed in (*range(60), 90, 205, 213, 224, 281, 401):
        yield from worlds(Chance(seed), n=1, seed=seed)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_both_engines_say_the_same_about_every_world(data: st.DataObject, seed: int) -> None:
    for world in worlds(Drawn(data.draw), n=2, seed=seed):
        assert simpy_engine.run(world).difference(compiled_engine.run(world)) == ""


def test_the_worlds_compared_hold_everything_that_can_happen() -> None:
    """Otherwise equality proves little: each count and each state of a crew must occur."""
    outcomes = [
        simpy_engine.run(w) for seed in range(80) for w in worlds(Chance(seed), n=1, seed=seed)
    ]
    assert all(sum(outcome.counts for outcome in outcomes) > 0)
    assert all(sum((outcome.crew_time != 0).any(0) for outcome in outcomes) > 0)
    assert {outcome.completion_s >= 0 for outcome in outcomes} == {False, True}
    assert any(outcome.restored_s > outcome.completion_s >= 0 for outcome in outcomes)


@pytest.mark.parametrize(
    ("name", "parcel_ha", "replications"),
    [
        ("tutorial", 1, range(30)),
        ("minefield", 1, range(6)),
        ("kursk", 200, range(3)),
        ("kursk-escalation", 200, range(3)),
        ("kursk-official", 200, range(3)),
        ("kursk-official", 80, [5]),  # builders withdrawn by an attack, one with an accident soon
    ],
)
def test_both_engines_say_the_same_about_shipped_scenarios(
    name: str, parcel_ha: float, replications: Sequence[int]
) -> None:
    scenario = load_scenario(
        SCENARIOS / f"{name}.toml",
        settings={"campaign.parcel_ha": parcel_ha} if parcel_ha > 1 else {},
    )
    for world in Sampler(scenario, seed=3).worlds(replications):
        assert simpy_engine.run(world).difference(compiled_engine.run(world)) == ""


# The same uncompiled, and with deliberate faults

ENGINE = "sim.engines.compiled"
PARTS = (
    *("records", "bits", "agenda", "queues", "days", "land", "money", "presence", "choice"),
    *("work", "carry", "attacks", "begin", "campaign"),
)
FINISHES = """\
    while least_key(s.agendas[FINISH], s.leaf) >> NUMBER_BITS == now:
        finish(s, s.agendas[FINISH, 1] & NUMBER)
"""
INSPECTIONS = """\
        while clock.inspections > 0 and s.inspections[0] >> NUMBER_BITS == now:
            inspected(s)
"""
FAULTS: dict[str, tuple[str, dict[str, str]]] = {
    "finishes are booked last": (
        "campaign",
        {FINISHES: "", "        look_ahead(s)\n\n": f"        look_ahead(s)\n{FINISHES}\n"},
    ),
    "inspections are booked after attacks": (
        "campaign",
        {INSPECTIONS: "", "        for fund in": f"{INSPECTIONS}        for fund in"},
    ),
    "an attack at a stop's end meets nobody": (
        "attacks",
        {"now >= here.stopped_until_s": "now > here.stopped_until_s"},
    ),
    "a crew that recovers now is not met": (
        "attacks",
        {"crew.recovered_s <= now": "crew.recovered_s < now"},
    ),
    "an accident at the last second comes later": (
        "work",
        {"accident.at_work_s > crew.at_work_s": "accident.at_work_s >= crew.at_work_s"},
    ),
    "the week of a boundary is the next": (
        "campaign",
        {"now > clock.week * o.WEEK_DAYS": "now >= clock.week * o.WEEK_DAYS"},
    ),
    "a crew carries on though another sector comes first": (
        "carry",
        {
            "for word in range(clock.first_word[role], at)": "for word in range(0)",
            "better == 0 and": "better >= 0 and",
        },
    ),
    "a crew carries on though others wait for its place": (
        "carry",
        {"if wanted and": "if False and"},
    ),
    "a crew carries on though others hear of land from it": (
        "carry",
        {"return bool(parcel.restoration_s < 0)": "return True"},
    ),
    "a crew carries on though another is done at once": (
        "carry",
        {"after >> NUMBER_BITS == now": "False"},
    ),
    "a crew carries on after an accident": (
        "carry",
        {" and at_work_s < crew.accident_mark": ""},
    ),
    "those who wait hear no news": (
        "choice",
        {"clock.news >> role & 1 and clock.idle": "clock.news < 0 and clock.idle"},
    ),
    "balanced ties go to the last sector": (
        "choice",
        {"best = min(best, crews << NUMBER_BITS | rank)": "best = crews << NUMBER_BITS | rank"},
    ),
}


@contextmanager
def faulty(part: str, changes: dict[str, str]) -> Iterator[types.ModuleType]:
    """Give the compiled engine, not compiled, with some lines of one part changed."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith(f"{ENGINE}.")}
    for name in PARTS:
        module = types.ModuleType(f"{ENGINE}.{name}")
        module.__file__ = kept[module.__name__].__file__
        assert module.__file__
        source = Path(module.__file__).read_text(encoding="utf-8")
        for old, new in changes.items() if name == part else ():
            assert source.count(old) == 1, f"{name}.py has changed: {old!r}"
            source = source.replace(old, new)
        sys.modules[module.__name__] = module
        exec(compile(source, module.__file__, "exec"), module.__dict__)
    yield module
    sys.modules |= kept


def complaints() -> str:
    """Return what differs, and the faults that go unseen; for a process without compilation."""
    some = list(some_worlds())
    truth = [simpy_engine.run(world) for world in some]
    with faulty("campaign", {}) as engine:
        lines = [t.difference(engine.run(w)) for w, t in zip(some, truth, strict=True)]
    for name, (part, changes) in FAULTS.items():
        with faulty(part, changes) as engine:
            if all(agrees(engine, w, t) for w, t in zip(some, truth, strict=True)):
                lines.append(f"not seen: {name}")
    return "\n".join(filter(None, lines))


def agrees(engine: types.ModuleType, world: World, outcome: Outcome) -> bool:
    """Tell whether an engine says the same; one with a fault may divide by zero instead."""
    try:
        return outcome.difference(engine.run(world)) == ""
    except RuntimeWarning:
        return False


def test_uncompiled_it_is_the_same_and_faults_are_seen() -> None:
    program = "import sys, test_engines_equal as t; sys.stdout.write(t.complaints())"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=Path(__file__).parent,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")
