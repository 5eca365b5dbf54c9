"""The two engines say the same about every world: the proof of the fast one.

Scenarios are made of whole days and whole fractions of a day, and two of three worlds are put on a
coarse grid of time, one of them with all its work, so that things coincide everywhere.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args, get_origin

import faults
import pytest
from build import Attack, build, with_attacks
from generated import Chance, Drawn, tree, worlds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keys import DESCRIPTIVE, keys_of_runs, kinds, values

from sim.engines.compiled import campaign as compiled_engine
from sim.engines.simpy import campaign as simpy_engine
from sim.outcome import CrewState, states_of
from sim.sampling import Sampler
from sim.scenario.variants import load_scenario, validate

SCENARIOS = Path(__file__).parent.parent / "scenarios"
UNCOMPILED = bool(os.environ.get("NUMBA_DISABLE_JIT"))


def test_the_scenarios_compared_vary_every_key_of_the_schema() -> None:
    """Otherwise engines could differ in what a key does; those that only describe do nothing."""
    seen: dict[str, set[str]] = {key: set() for key in keys_of_runs()}
    for seed in range(80):
        for key, value in values(validate(tree(Chance(seed)), file="test")):
            seen[key].add(repr(value))
    assert len(seen) > 60
    assert [key for key, all_of in seen.items() if len(all_of) < 2 and key not in DESCRIPTIVE] == []


def test_the_scenarios_compared_state_every_word_that_a_key_may_hold() -> None:
    """Otherwise one engine could take a word for another."""
    words = {
        key: set(get_args(kind))
        for key, kind in kinds()
        if get_origin(kind) is Literal and key in keys_of_runs() and key not in DESCRIPTIVE
    }
    assert len(words) >= 4
    for seed in range(80):
        for key, value in values(validate(tree(Chance(seed)), file="test")):
            words.get(key, set()).discard(value)
    assert {key: unseen for key, unseen in words.items() if unseen} == {}


# uncompiled, which is for coverage, it takes twenty times as long
@settings(
    max_examples=100 if UNCOMPILED else 150, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_both_engines_say_the_same_about_every_world(data: st.DataObject, seed: int) -> None:
    for world in worlds(Drawn(data.draw), n=2, seed=seed):
        assert simpy_engine.run(world).difference(compiled_engine.run(world)) == ""


def test_hostilities_end_once_in_hand_made_worlds_too() -> None:
    # one engine looks at their end once for all sectors, as it is in every world that is drawn
    shelling = {"regimes": [{"name": "a", "attacks_per_24h": 1, "mean_days": 3}],
                "recontaminated_parcels": 1.0, "ends": 5}  # fmt: skip
    world = next(iter(Sampler(build(sector=[{}, {}], shelling=shelling), seed=0).worlds(range(1))))
    ends = world.attacks.until_s.tolist()
    assert len(set(ends)) == 1
    late = with_attacks(world, Attack(ends[0], sector=1, hits=(0,)))
    assert late.attacks.until_s.tolist() == [ends[0] + 1] * 2


def test_the_worlds_compared_hold_everything_that_can_happen() -> None:
    """Otherwise equality proves little: each count and each state of a crew must occur."""
    outcomes = [
        simpy_engine.run(w) for seed in range(80) for w in worlds(Chance(seed), n=1, seed=seed)
    ]
    assert all(sum(outcome.counts for outcome in outcomes) > 0)
    spent_on: dict[str, bool] = {}
    for outcome in outcomes:
        for state, column in states_of(outcome.world.scenario).items():
            spent_on[state] = spent_on.get(state, False) or bool(outcome.crew_time[:, column].any())
    assert len(spent_on) == len(CrewState) + 7  # four closures and three seasons
    assert all(spent_on.values())
    assert {outcome.completion_s >= 0 for outcome in outcomes} == {False, True}
    assert any(outcome.restored_s > outcome.completion_s >= 0 for outcome in outcomes)


@pytest.mark.parametrize(
    ("name", "campaign", "replications"),
    [
        ("tutorial", {}, range(30)),
        ("minefield", {}, range(6)),
        ("kursk", {"parcel_ha": 200}, [0]),
        ("kursk-escalation", {"parcel_ha": 200, "horizon_days": 500}, [0]),  # at war
        ("kursk-official", {"parcel_ha": 200}, [0]),
        # builders withdrawn by an attack, one with an accident soon
        ("kursk-official", {"parcel_ha": 80}, [5]),
    ],
)
def test_both_engines_say_the_same_about_shipped_scenarios(
    name: str, campaign: dict[str, float], replications: Sequence[int]
) -> None:
    settings = {f"campaign.{key}": value for key, value in campaign.items()}
    scenario = load_scenario(SCENARIOS / f"{name}.toml", settings=settings)
    for world in Sampler(scenario, seed=3).worlds(replications):
        assert simpy_engine.run(world).difference(compiled_engine.run(world)) == ""


# The same uncompiled, and with deliberate faults: a few of them, for all see faults.py


def in_turn(*changes: str) -> dict[str, str]:
    """Return lines of the source, and what stands instead of each."""
    return dict(zip(changes[::2], changes[1::2], strict=True))


SHARP: dict[str, tuple[str, dict[str, str]]] = {
    "inspections come before finishes": (
        "simpy",
        in_turn("FINISH = 2", "FINISH = 3", "INSPECTION = 3", "INSPECTION = 2"),
    ),
    "finds come before inspections": (
        "simpy",
        in_turn("INSPECTION = 3", "INSPECTION = 4", "FIND = 4", "FIND = 3"),
    ),
    "inspections come after attacks": (
        "simpy",
        in_turn("INSPECTION = 3", "INSPECTION = 9", "ATTACK = 9", "ATTACK = 3"),
    ),
    "finishes come after attacks": (
        "simpy",
        in_turn("FINISH = 2", "FINISH = 9", "ATTACK = 9", "ATTACK = 2"),
    ),
    "finds come after attacks": (
        "simpy",
        in_turn("FIND = 4", "FIND = 9", "ATTACK = 9", "ATTACK = 4"),
    ),
    "funds are spent before attacks": (
        "simpy",
        in_turn("ATTACK = 9", "ATTACK = 11", "SPENT = 11", "SPENT = 9"),
    ),
    "crews choose before others depart": (
        "simpy",
        in_turn("DEPARTURE = 12", "DEPARTURE = 13", "SETTLE = 13", "SETTLE = 12"),
    ),
    "an attack at a stop's end meets nobody": (
        "compiled",
        in_turn("now < here.stopped_until_s", "now <= here.stopped_until_s"),
    ),
    "an accident at the last second comes later": (
        "compiled",
        in_turn("accident.at_work_s > crew.at_work_s", "accident.at_work_s >= crew.at_work_s"),
    ),
    "the week of a boundary is the next": (
        "compiled",
        in_turn("now > clock.week * WEEK_DAYS", "now >= clock.week * WEEK_DAYS"),
    ),
    "those who wait hear no news": (
        "compiled",
        in_turn("waiting.news >> role & 1 and", "False and"),
    ),
    "balanced ties go to the last sector": (
        "compiled",
        in_turn(
            "best = min(best, crews << NUMBER_BITS | rank)", "best = crews << NUMBER_BITS | rank"
        ),
    ),
}


def complaints() -> str:
    """Return what goes wrong in a process without compilation: the faults that go unseen."""
    some = faults.cases(faults.WORLDS)  # in which both engines say the same
    lines = [
        f"not seen: {name}"
        for name, (engine, changes) in SHARP.items()
        if not faults.how_seen(engine, faults.edited(engine, changes), some)[0]
    ]
    known = faults.explained()
    sample = [fault for fault in faults.all_faults() if fault.key not in known][::100]
    lines += [f"not seen: {fault}" for fault in sample if not faults.seen(fault, some)[0]]
    return "\n".join(lines)


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
    assert (done.stdout, done.returncode) == ("", 0), done.stderr
