"""What both engines read is stated once, and what neither knows is refused by both."""

from dataclasses import replace
from typing import Any

import pytest
from build import build

from sim import sample_world
from sim.engines.compiled import campaign as compiled
from sim.engines.compiled.fields import dtype_of
from sim.engines.compiled.records import REACH, ROOM, Crew, Parcel
from sim.engines.simpy import campaign as simpy
from sim.outcome import COUNTS, Count, CrewState, states_of
from sim.scenario.kinds import ROLES
from sim.scenario.scenario import Campaign
from sim.world import Dispatch, Stage


def test_stages_are_the_roles_in_their_order() -> None:
    assert tuple(stage.name.lower() for stage in Stage) == ROLES
    assert [int(stage) for stage in Stage] == list(range(len(ROLES)))


def test_states_and_counts_number_the_columns_that_are_named_after_them() -> None:
    states = states_of(build())
    assert list(states) == [state.name.lower() for state in CrewState]
    assert list(states.values()) == list(CrewState)
    assert [COUNTS[count] for count in Count] == [count.name.lower() for count in Count]


def test_every_word_for_dispatch_has_its_number() -> None:
    words = Campaign.model_fields["dispatch"].annotation.__args__  # type: ignore[union-attr]
    assert [Dispatch[word.upper()] for word in words] == list(Dispatch)


@pytest.mark.parametrize("engine", [simpy, compiled], ids=["simpy", "compiled"])
def test_an_unknown_dispatch_is_refused(engine: Any) -> None:
    world = replace(sample_world(build()), dispatch=max(Dispatch) + 1)
    with pytest.raises((ValueError, AssertionError)):
        engine.run(world)


def test_no_row_of_bits_is_shared_with_a_stage() -> None:
    assert {ROOM, REACH}.isdisjoint(int(stage) for stage in Stage)
    assert ROOM < REACH


def test_records_are_laid_out_as_the_processor_fetches_them() -> None:
    assert dtype_of(Parcel).itemsize == 32  # two to a line of 64 bytes
    kinds = [kind.base.char for kind, _ in dtype_of(Crew).fields.values()]
    assert kinds == sorted(kinds, key="Ii?dlq".index)  # hardly a gap between them
