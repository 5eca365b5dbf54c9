"""What the experiments give in Python becomes the tables that their commands write."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Demine

import sim.experiments.plan.picture
from sim import Scenario, compare, explain, load_scenario, plan, run, sweep, tables, vary
from sim.results.csv import to_csv

TUTORIAL = str(Path(__file__).parent.parent / "scenarios" / "tutorial.toml")
MACHINES = "crew.machine.count"
DONE: dict[str, tuple[Callable[[Scenario], Any], tuple[str, ...]]] = {
    "run": (lambda s: run(s, replications=8), ("--replications", "8")),
    "sweep": (
        lambda s: sweep(s, vary={MACHINES: [0, 2]}, replications=8),
        ("--replications", "8", "--vary", f"{MACHINES}=0,2"),
    ),
    "compare": (
        lambda s: compare(
            {"tutorial": s, "two": vary(s, settings={MACHINES: 2})}, replications=8
        ),
        ("--replications", "8", "--variant", f"two:{MACHINES}=2"),
    ),
    "plan": (
        lambda s: plan(
            s, deadline="before winter", vary={MACHINES: [0, 1]}, replications=8, most=16
        ),
        (
            "--replications", "8", "--most", "16", "--deadline", "before winter",
            "--vary", f"{MACHINES}=0:1",
        ),
    ),
    "explain": (
        lambda s: explain(s, replications=8, only=["crews"]),
        ("--replications", "8", "--only", "crews"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", DONE)
def test_tables_are_those_that_the_command_writes(
    command: str, demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sim.experiments.plan.picture, "draw", lambda _, path, **__: path.write_bytes(b".")
    )
    compute, options = DONE[command]
    frames = tables(compute(load_scenario(TUTORIAL)))
    assert demine(command, TUTORIAL, *options, "--out", "there", "--quiet")[0] == 0
    written = {path.stem: path.read_bytes() for path in Path("there").glob("*.csv")}
    written.pop("timelines", None)  # of three campaigns that are played again: running.timelines
    assert {name: to_csv(frame) for name, frame in frames.items()} == written


def test_what_has_no_tables_is_said_so() -> None:
    with pytest.raises(TypeError, match="found Scenario; allowed: what run, sweep"):
        tables(load_scenario(TUTORIAL))  # type: ignore[arg-type]
