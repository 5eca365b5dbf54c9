"""What goes wrong with a picture, or with the terminal, costs neither tables nor exit code."""

import datetime as dt
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from build import MONDAY, build
from conftest import Demine
from drawn import Drawn, assert_picture
from ensembles import run, uncertain

from sim import compare, sweep
from sim.experiments.compare.picture import draw as draw_comparison
from sim.experiments.sweep import picture as sweep_picture
from sim.experiments.sweep.table import table
from sim.results.pictures import released as pictures
from sim.results.pictures.drawing import NAMES

SCENARIO = """
[campaign]
name = "small"
title = "{title}"
start = 2026-04-06
horizon_days = 100
[[sector]]
name = "A"
area_ha = 3
[[crew]]
name = "c"
role = "clearance"
count = 1
rate_ha_per_day = {{ dist = "uniform", low = 0.5, high = 1.5 }}
[[deadline]]
name = "never"
date = 9999-12-31
"""
QUICK = ("--replications", "5", "--engine", "simpy", "--jobs", "1")
FAR = dt.date.max - dt.timedelta(days=40_000)  # the last start there can be
VARY = ("--vary", "crew.c.count=1,2")
COMMANDS = {
    "run": ((), tuple(f"{name}.png" for name in NAMES if name != "money"), "summary.csv"),
    "sweep": (VARY, ("sweep.png",), "sweep.csv"),
    "compare": (("--variant", "v:crew.c.count=2"), ("compare.png",), "compare.csv"),
    "plan": ((*VARY, "--deadline", "2026-04-20"), ("plan.png",), "plan.csv"),
    "explain": ((), ("drivers.png", "delays.png"), "explain.csv"),
}


def scenario_file(folder: Path, title: str = "Small") -> Path:
    path = folder / "small.toml"
    path.write_text(SCENARIO.format(title=title), encoding="utf-8")
    return path


def fail(*_: object, **__: object) -> None:
    raise ValueError("no ink\nleft")


@pytest.fixture
def no_ink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every figure fail when it is written."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", fail)


@pytest.mark.usefixtures("no_ink")
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.usefixtures("pictures")
def test_a_picture_that_fails_costs_itself_and_one_line(
    name: str, demine: Demine, tmp_path: Path
) -> None:
    more, lost, kept = COMMANDS[name]
    command = (name, str(scenario_file(tmp_path)), *more, *QUICK, "--out", "out")
    code, shown, errors = demine(*command)
    assert code == 0
    (warning,) = errors.splitlines()
    assert "deadline.never.date is beyond the horizon" in warning
    line = "; ".join(f"{each} could not be drawn (no ink left)" for each in lost)
    (note,) = (text for text in shown.splitlines() if text.startswith("Note: "))
    assert note.endswith(f"{line}.")
    manifest = json.loads(Path("out/manifest.json").read_text(encoding="utf-8"))
    assert manifest["note"].endswith(line)
    assert manifest["not_drawn"] == list(lost)
    assert kept in manifest["files"]
    assert not list(Path("out").glob("*.png"))


@pytest.mark.usefixtures("no_ink")
@pytest.mark.usefixtures("pictures")
def test_a_result_without_its_picture_is_shown_again_as_it_is(
    demine: Demine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("sweep", str(scenario_file(tmp_path)), *VARY, *QUICK)
    first = demine(*command)
    monkeypatch.setattr("sim.experiments.conduct.Study", fail)
    assert demine(*command) == first


def test_a_deadline_that_never_comes_is_no_reason_for_an_empty_picture(
    drawn: list[Drawn], tmp_path: Path
) -> None:
    never = [{"name": "never", "date": dt.date.max}, {"name": "soon", "date": MONDAY}]
    ensemble = run(uncertain(deadline=never), n=20)
    for draw in (pictures.completion, pictures.progress):
        draw(ensemble, tmp_path / "p.png")
        low, high = drawn[-1].figure.axes[0].get_xlim()
        assert high - low < 1_000
        drawn[-1].assert_readable()
    both = {"a": ensemble.scenario, "b": ensemble.scenario}
    draw_comparison(compare(both, replications=5), tmp_path / "p.png")
    drawn[-1].assert_readable()


def test_a_campaign_at_the_end_of_the_calendar_has_its_pictures(
    drawn: list[Drawn], tmp_path: Path
) -> None:
    century = {"start": FAR, "horizon_days": 36_525.0}
    last = [{"name": "last", "date": dt.date.max}]
    slow = {"rate_ha_per_day": 0.0003}
    scenario = build(campaign=century, crew=slow, deadline=last)
    for draw in (pictures.completion, pictures.progress):
        draw(run(scenario, n=3), tmp_path / "p.png")
        drawn[-1].assert_readable()
    assert_picture(tmp_path / "p.png")


@pytest.mark.parametrize("more", [{}, {"crew.c0.count": [1, 2]}, {"sector.A.count": [1, 2]}])
def test_a_start_that_is_varied_to_the_end_of_the_calendar_has_its_picture(
    more: dict[str, list[int]], drawn: list[Drawn], tmp_path: Path
) -> None:
    vary = {"campaign.start": [MONDAY, FAR], **more}
    done = sweep(build(), vary=vary, replications=3)
    for grid in (True, False):
        sweep_picture.draw(
            table(done), tmp_path / "p.png", scenarios=[p.scenario for p in done.points],
            grid=grid, seed=0,
        )  # fmt: skip
        assert drawn.pop().words


def leave(folder: Path, *, title: str = "Small", redirect: str = "", **env: str) -> str:
    """Run a small scenario in a shell of its own; return what is shown."""
    words = [sys.executable, "-m", "sim", "run", str(scenario_file(folder, title)), *QUICK]
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join([*words, '--out', str(folder / 'out')])} {redirect}"],
        check=False, capture_output=True, timeout=300, env=os.environ | env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (folder / "out" / "summary.csv").is_file()
    assert_picture(folder / "out" / "completion.png")
    return done.stdout.decode("latin-1")


CASES: dict[str, Callable[[Path], str]] = {
    "wrong backend": lambda folder: leave(folder, MPLBACKEND="nonsense"),
    "unknown letters": lambda folder: leave(folder, title="Суджа", PYTHONIOENCODING="latin-1"),
    "no standard error": lambda folder: leave(folder, redirect="2>&-"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_surroundings_do_no_harm(case: str, tmp_path: Path) -> None:
    assert "When will the land be released?" in CASES[case](tmp_path)
