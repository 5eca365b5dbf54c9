"""The loop is compiled beside the work, and nobody sees it in anything but the time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sim
from sim import engines, load_scenario
from sim.engines.compiled import ahead, campaign
from sim.engines.simpy import campaign as simpy_campaign
from sim.running import beside
from sim.sampling import sample_world

TUTORIAL = Path(__file__).parents[1] / "scenarios" / "tutorial.toml"
# stands for the compilation: it writes a file when it is done
SLOW = (
    beside._COMPILE.split("gc.disable()")[0] + "import time\ntime.sleep(1)\nopen({done!r}, 'w')\n"
)
PROGRAM = """
import sys, time
from sim import engines
from sim.running import beside
engines.is_ready, engines.can_be_kept = (lambda: False), (lambda: True)
beside._COMPILE = {code!r}
beside.begin()
print("begun", flush=True)
time.sleep({seconds})
"""


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """What the stand-in writes; nothing is compiled yet."""
    done = tmp_path / "done"
    monkeypatch.setattr(beside, "_COMPILE", SLOW.replace("{done!r}", repr(str(done))))
    monkeypatch.setattr(engines, "is_ready", done.exists)
    monkeypatch.setattr(beside, "_begun", [])
    yield done
    beside.end()


@pytest.fixture
def by_simpy(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The replications that the SimPy engine does."""
    done, run = [], simpy_campaign.run

    def note(world: Any) -> Any:
        done.append(world.replication)
        return run(world)

    monkeypatch.setattr(simpy_campaign, "run", note)
    return done


def test_small_campaigns_begin_with_the_engine_that_is_ready(
    done: Path, by_simpy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = load_scenario(TUTORIAL)
    monkeypatch.setattr(beside, "_COMPILE", "input()")
    ensemble = sim.run(scenario, replications=20)
    assert by_simpy == list(range(20))
    beside._begun[0].communicate(b"\n")
    assert sim.run(scenario, replications=20) == ensemble
    assert len(by_simpy) == 20


def test_large_campaigns_wait_for_the_loop(
    done: Path, by_simpy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.running.workers.PARCELS_FOR_THREADS", 1)
    sim.run(load_scenario(TUTORIAL), replications=2)
    assert done.exists()
    assert not by_simpy


def test_nothing_is_compiled_beside_that_cannot_be_kept(
    done: Path, by_simpy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "can_be_kept", lambda: False)
    sim.run(load_scenario(TUTORIAL), replications=2)
    assert not beside._begun
    assert not by_simpy


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize(("killed", "goes_on"), [(True, False), (False, True)])
def test_compilation_goes_on_only_after_a_command_that_ended_well(
    tmp_path: Path, killed: bool, goes_on: bool
) -> None:
    done = tmp_path / "done"
    code = SLOW.replace("{done!r}", repr(str(done)))
    program = PROGRAM.format(code=code, seconds=60 if killed else 0)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as command:
        assert command.stdout
        assert command.stdout.readline() == b"begun\n"
        if killed:
            command.send_signal(signal.SIGKILL)
    until = time.monotonic() + (3 if killed else 30)
    while time.monotonic() < until and not done.exists():
        time.sleep(0.1)
    assert done.exists() == goes_on


@pytest.mark.skipif(
    not hasattr(campaign.fields, "overloads"), reason="nothing is compiled in this run"
)
def test_what_is_compiled_beforehand_is_what_worlds_need() -> None:
    engines.simulate(sample_world(load_scenario(TUTORIAL)))
    assert list(campaign.fields.overloads) == [ahead.types_taken()]
