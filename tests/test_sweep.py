"""The experiment over keys: each row is that of a run, and no crash costs a finished point."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from build import MONDAY, build, law
from conftest import Demine
from drawn import Drawn, assert_picture
from ensembles import uncertain
from matplotlib.dates import date2num

import sim.experiments.study
from sim import Scenario, load_scenario, run, summarize, sweep, vary
from sim.experiments.sweep import picture
from sim.experiments.sweep.report import lines
from sim.experiments.sweep.table import table
from sim.results.words import key_words
from sim.statistics.estimates import Floats

ROOT = Path(__file__).parent.parent
TUTORIAL = str(ROOT / "scenarios" / "tutorial.toml")
TEAMS = "crew.'manual teams'.count"
FOLDER = Path("results/tutorial-sweep")


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a result, without the time it took."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    manifest = json.loads(found.pop("manifest.json"))
    assert manifest.pop("wall_s") >= 0
    return found | {"manifest.json": json.dumps(manifest).encode()}


# What comes out


def test_each_row_is_that_of_a_run_with_the_same_settings_and_seed(demine: Demine) -> None:
    options = ("--replications", "60", "--seed", "5", "--set", "shelling.stop_hours=3", "--quiet")
    deadline = "deadline.'before winter'.date=2026-09-30,2026-10-31"
    vary = ("--vary", f"{TEAMS}=4:7:2", "--vary", deadline)
    assert demine("sweep", TUTORIAL, *vary, *options) == (0, "", "")
    found = rows(FOLDER / "sweep.csv")
    assert [(row[TEAMS], row["deadline.'before winter'.date"]) for row in found] == [
        (n, d) for n in ("4", "6", "7") for d in ("2026-09-30", "2026-10-31")
    ]
    for row in found[::3]:
        at = [word for key in list(row)[:2] for word in ("--set", f"{key}={row[key]}")]
        assert demine("run", TUTORIAL, *options, *at, "--out", "one", "--force")[0] == 0
        one = {(r["quantity"], r["statistic"]): r for r in rows(Path("one/summary.csv"))}
        sources = {p: ("completion_day", p) for p in ("p10", "p50", "p80", "p90")} | {
            "deadline:before winter": ("deadline:before winter", "probability"),
            "cost_mean": ("cost", "mean"),
            "completed": ("completed", "probability"),
            "fund:grant": ("fund:grant", "probability"),
        }
        for name, source in sources.items():
            ends = [row[name + end] for end in ("", "_low", "_high")]
            assert ends == [one[source][end] for end in ("value", "ci_low", "ci_high")]
        assert row["replications"] == "60"
        assert row["restored_p50"] == ""


def test_the_same_from_python() -> None:
    crew = {"cost_per_day": 7.0}
    scenario = uncertain(crew=crew, deadline=[{"name": "soon", "date": MONDAY}])
    done = sweep(scenario, vary={"crew.c0.count": [1, 3]}, replications=20, seed=4)
    assert done.keys == ("crew.c0.count",)
    assert [point.settings for point in done.points] == [{"crew.c0.count": n} for n in (1, 3)]
    for point in done.points:
        ensemble = run(vary(scenario, settings=point.settings), replications=20, seed=4)
        numbers = {(r.quantity, r.statistic): r.estimate for r in summarize(ensemble)}
        assert point.estimates["p80"] == numbers["completion_day", "p80"]
        assert point.estimates["cost_mean"] == numbers["cost", "mean"]
    assert table(done)["crew.c0.count"].to_list() == [1, 3]


def test_a_cost_is_that_up_to_the_horizon_where_not_all_is_complete() -> None:
    scenario = uncertain(crew={"cost_per_day": 7.0})
    vary_ = {"campaign.horizon_days": [2, 100], "crew.c0.cost_per_day": [7.0, 0.0]}
    done = sweep(scenario, vary=vary_, replications=5)
    scenarios = [point.scenario for point in done.points]
    short, _, long, _ = table(done).to_dicts()
    assert (short["cost_mean"], short["cost_restricted_mean"]) == (None, 2 * 7.0)
    assert long["cost_mean"] > short["cost_restricted_mean"]
    assert long["cost_restricted_mean"] is None
    shown = list(lines(table(done), scenarios, seed=0))
    title = shown.index("What will it cost on average? (up to the horizon where not complete)")
    costs = [line.split("  ")[-1].strip() for line in shown[title + 2 :]]
    assert costs[0] == "USD 14 (14 to 14)"
    assert costs[1] == costs[3] == "nothing"
    assert costs[2].startswith(f"USD {long['cost_mean']:.0f} (")


def test_keys_are_told_in_words_and_as_they_are_typed() -> None:
    done = sweep(uncertain(), vary={"crew.c0.count": [1, 2]}, replications=3)
    shown = list(lines(table(done), [point.scenario for point in done.points], seed=0))
    assert "c0: number of crews is crew.c0.count" in shown
    assert any(line.startswith("  c0: number of crews  P50") for line in shown)


def test_points_share_their_luck_with_any_other_sweep() -> None:
    one = sweep(uncertain(), vary={"crew.c0.count": [2]}, replications=10)
    many = sweep(uncertain(), vary={"crew.c0.count": [1, 2, 3]}, replications=10)
    assert many.points[1] == one.points[0]


def test_a_column_holds_values_of_any_kind() -> None:
    laws = [law("uniform", low=1, high=2), 3]
    scenario = build(campaign={"title": "x"})
    done = sweep(
        scenario, vary={"crew.c0.rate_ha_per_day": laws, "campaign.title": ["=1", "y"]},
        replications=3,
    )  # fmt: skip
    frame = table(done)
    assert frame["crew.c0.rate_ha_per_day"].to_list() == [
        *["{ dist = uniform, low = 1, high = 2 }"] * 2,
        *["3"] * 2,
    ]
    assert frame["campaign.title"].to_list() == ["'=1", "y"] * 2  # never a formula


def test_a_design_leaves_one_row_per_point(demine: Demine) -> None:
    vary = ("--vary", f"{TEAMS}=4:8", "--vary", "factors.rate=0.8:1.2")
    options = ("--points", "6", "--replications", "10", "--quiet")
    for design in ("lhs", "sobol"):
        assert (
            demine("sweep", TUTORIAL, *vary, "--design", design, *options, "--out", design)[0] == 0
        )
        found = rows(Path(design) / "sweep.csv")
        assert len(found) == 6
        assert all(row[TEAMS] in "45678" for row in found)
        assert len({row["factors.rate"] for row in found}) == 6


def test_parquet_keeps_every_replication_of_every_point(demine: Demine) -> None:
    vary = ("--vary", f"{TEAMS}=4,6")
    demine("sweep", TUTORIAL, *vary, "--replications", "5", "--quiet", "--parquet")
    frame = pl.read_parquet(FOLDER / "replications.parquet")
    demine("run", TUTORIAL, "--set", f"{TEAMS}=6", "--replications", "5", "--quiet", "--parquet")
    one = pl.read_parquet("results/tutorial/replications.parquet")
    assert frame.columns == ["point", TEAMS, *one.columns]
    assert frame[TEAMS].to_list() == [4] * 5 + [6] * 5
    assert frame.filter(pl.col("point") == 2).drop("point", TEAMS).equals(one)
    assert pl.read_parquet(FOLDER / "sweep.parquet").height == 2


def test_precision_is_reached_at_each_point_or_it_says_why_not(demine: Demine) -> None:
    vary = ("--vary", "campaign.horizon_days=30,400")
    code, out, _ = demine("sweep", TUTORIAL, *vary, "--replications", "50", "--precision", "20")
    assert code == 0
    assert "campaign.horizon_days=30" in out.split("Note: ")[1]
    short, long = rows(FOLDER / "sweep.csv")
    assert (short["replications"], short["p80"]) == ("50", "")
    assert int(long["replications"]) > 50
    assert float(long["p80_high"]) - float(long["p80_low"]) <= 20


RATES = {f"crew.c{i}.rate_ha_per_day": [0.5, 1.0, 2.0] for i in range(8)}
PICTURES: dict[str, dict[str, Any]] = {
    "a number": {"vary": {"crew.c0.count": [1, 3, 2]}},
    "text": {"vary": {"campaign.title": ["a", "b"]}},
    "starts": {"vary": {"campaign.start": [MONDAY, MONDAY.replace(month=7, day=1)]}},
    "one value": {"vary": {"crew.c0.count": [2]}},
    "some censored": {"vary": {"campaign.horizon_days": [2, 100]}},
    "all censored": {"vary": {"campaign.horizon_days": [1, 2]}},
    "two keys": {"vary": {"crew.c0.count": [1, 2], "campaign.dispatch": ["priority", "balanced"]}},
    "two keys, all censored": {"vary": {"campaign.horizon_days": [1, 2], "crew.c0.count": [1, 2]}},
    "two keys, some censored": {"vary": {"campaign.horizon_days": [1, 99], "crew.c0.count": [1]}},
    "two keys, many values": {
        "vary": {"crew.c0.count": range(1, 31), "crew.c1.count": range(2)},
    },
    "three keys": {"vary": dict(list(RATES.items())[:3])},
    "a design": {"vary": dict.fromkeys(RATES, (0.5, 2.0)), "design": "lhs", "points": 9},
}


@pytest.mark.parametrize("case", PICTURES)
def test_a_picture_of_every_sweep(case: str, drawn: list[Drawn], tmp_path: Path) -> None:
    deadlines = [{"name": "soon", "date": MONDAY.replace(month=7, day=1)}]
    scenario = build(crew=[{"variation": 0.3} for _ in range(8)], deadline=deadlines)
    done = sweep(scenario, replications=8, **PICTURES[case])
    scenarios = [point.scenario for point in done.points]
    grid = "design" not in PICTURES[case]
    found = table(done)
    picture.draw(found, tmp_path / "p.png", scenarios=scenarios, grid=grid, seed=0)
    assert_picture(tmp_path / "p.png")
    drawn[0].assert_readable()
    assert f"{len(found)} points, 8 replications each, seed 0" in "\n".join(drawn[0].words)
    starts = np.array([date2num(each.campaign.start) for each in scenarios])
    p80 = starts + found["p80"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    keys = found.columns[: found.columns.index("replications")]
    if grid and len(keys) == 1:
        assert_lines(drawn[0], p80, scenarios, keys[0], found)
    elif grid and len(keys) == 2:
        assert_heat_map(drawn[0], p80, keys, found)
    else:
        assert_clouds(drawn[0], p80, keys, found)


def assert_lines(
    drawn: Drawn, p80: Floats, scenarios: list[Scenario], key: str, found: pl.DataFrame
) -> None:
    """Fail unless the P80 of each value is shown, or the horizon where that is later."""
    order = found[key].arg_sort().to_list() if found[key].dtype.is_numeric() else range(len(p80))
    at = p80[list(order)]
    shown = drawn.points("P80")
    assert np.array_equal(shown, at, equal_nan=True)
    ends = [date2num(s.campaign.start) + s.campaign.horizon_days for s in scenarios]
    late = [end for end, day in zip(ends, p80, strict=True) if np.isnan(day)]
    assert ("P80 later than simulated" in drawn.words) == bool(late)
    if late:
        assert drawn.line("P80 later").get_ydata().tolist() == late
    assert key_words(key) in drawn.words


def assert_heat_map(drawn: Drawn, p80: Floats, keys: list[str], found: pl.DataFrame) -> None:
    """Fail unless each pair of values has its cell."""
    columns, rows = (list(dict.fromkeys(found[key].to_list())) for key in keys)
    cells = drawn.figure.axes[0].images[0].get_array().filled(np.nan)
    assert cells.shape == (len(rows), len(columns))
    expected = np.full(cells.shape, np.nan)
    for day, x, y in zip(p80, found[keys[0]].to_list(), found[keys[1]].to_list(), strict=True):
        expected[rows.index(y), columns.index(x)] = day
    later = np.isnan(p80)
    if later.all():  # then the colours are those of the chance to be complete
        assert set(cells.flat) == set(found["completed"])
        assert any("every P80 is later" in words for words in drawn.words)
    else:
        assert np.array_equal(cells, expected, equal_nan=True)
        assert sum(words.startswith("later\n") for words in drawn.words) == later.sum()
    assert set(map(key_words, keys)) <= set(drawn.words)


def assert_clouds(drawn: Drawn, p80: Floats, keys: list[str], found: pl.DataFrame) -> None:
    """Fail unless each key has a panel with all points."""
    shown = keys[:6]
    panels = [axes for axes in drawn.figure.axes if axes.axison]
    assert [panel.get_xlabel() for panel in panels] == [key_words(key) for key in shown]
    for panel, key in zip(panels, shown, strict=True):
        (cloud,) = (line for line in panel.lines if line.get_label() == "P80")
        assert cloud.get_xdata().tolist() == found[key].to_list()
        assert cloud.get_ydata().tolist() == p80.tolist()
    assert any("2 more keys in sweep.csv" in words for words in drawn.words) == (len(keys) == 8)


def test_the_command_draws_its_picture(demine: Demine, drawn: list[Drawn]) -> None:
    assert demine("sweep", TUTORIAL, "--vary", f"{TEAMS}=5,6", "--replications", "5")[0] == 0
    assert_picture(FOLDER / "sweep.png")
    days = [float(row["p80"]) for row in rows(FOLDER / "sweep.csv")]
    start = date2num(load_scenario(TUTORIAL).campaign.start)
    assert drawn[0].points("P80") == pytest.approx(start + np.array(days), abs=1e-3)


# What is there already


def test_the_same_command_shows_the_same_and_computes_nothing(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("sweep", TUTORIAL, "--vary", f"{TEAMS}=4,6", "--replications", "20")
    first = demine(*words)
    assert first[0] == 0
    assert "When will the land be released?" in first[1]
    before = {path: path.stat().st_mtime_ns for path in FOLDER.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr("sim.experiments.study.run", None)
        assert demine(*words, "--engine", "simpy", "--jobs", "1") == first
    assert {path: path.stat().st_mtime_ns for path in FOLDER.iterdir()} == before
    assert demine(*words, "--force") == first
    assert [path.name for path in Path("results").iterdir()] == ["tutorial-sweep"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("--seed", "1"), r"other seed (0, here 1)"),
        (("--replications", "6"), "other replications (5, here 6)"),
        (("--vary", "weather.lost_day_probability=0.1"), "other values of weather.lost_day"),
        (("--set", "campaign.horizon_days=300"), "another scenario"),
        (("--precision", "50"), "other precision_days (none, here 50.0)"),
    ],
)
def test_another_experiments_result_is_refused_and_says_what_differs(
    change: tuple[str, ...], says: str, demine: Demine
) -> None:
    words = ("sweep", TUTORIAL, "--vary", f"{TEAMS}=4,6", "--replications", "5", "--quiet")
    assert demine(*words)[0] == 0
    before = content(FOLDER)
    code, out, err = demine(*words, *change)
    assert (code, out) == (1, "")
    assert says in err
    assert "--force" in err
    assert content(FOLDER) == before
    assert demine(*words, *change, "--force")[0] == 0
    assert content(FOLDER) != before


def test_keys_in_another_order_are_another_design(demine: Demine) -> None:
    keys = [("--vary", f"{TEAMS}=3:6"), ("--vary", "factors.rate=0.5:1")]
    words = ("--design", "lhs", "--points", "2", "--replications", "2", "--quiet")
    assert demine("sweep", TUTORIAL, *keys[0], *keys[1], *words)[0] == 0
    code, _, err = demine("sweep", TUTORIAL, *keys[1], *keys[0], *words)
    assert code == 1
    assert "other order of keys" in err


def test_points_that_are_not_complete_are_told(demine: Demine) -> None:
    words = ("--vary", "campaign.horizon_days=30,400", "--replications", "3")
    _, out, _ = demine("sweep", TUTORIAL, *words)
    assert "At 1 of 2 points not every replication was complete" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--vary"),
        (("--vary", "crew.nobody.count=1,2"), "nobody"),
        (("--vary", f"{TEAMS}=-3:3:1"), "at least 0"),
        (("--vary", f"{TEAMS}=3:1:1"), "not above the high end"),
        (("--vary", f"{TEAMS}=3:5"), "with a step"),
        (("--vary", f"{TEAMS}=3:5", "--design", "lhs"), "--points"),
        (("--vary", f"{TEAMS}=3,5", "--points", "4"), "--points"),
        (("--vary", f"{TEAMS}=3,5", "--design", "warp"), "design"),
        (("--vary", f"{TEAMS}=3,5", "--set", "crew.'manual teams'.count=3"), "--set"),
        (("--vary", f"{TEAMS}=3,5", "--vary", "crew.'manual teams'.count=3"), "twice"),
        (("--vary", "campaign.parcel_ha=1,0.0001", "--set", "sector.fields.area_ha=1e9"), "GiB"),
    ],
)
def test_bad_usage_is_told_and_nothing_is_written(
    words: tuple[str, ...], says: str, demine: Demine
) -> None:
    code, out, err = demine("sweep", TUTORIAL, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


# Interruptions

INTERRUPTED = """
import os, signal, sys
from sim.experiments import study
real, points = study.run, 0
def accident(*first, **more):
    global points
    points += 1
    if points == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return real(*first, **more)
study.run = accident
sys.argv = ["demine", "sweep", *{words!r}]
from sim.cli import main
main()
"""


def test_an_interrupted_sweep_is_continued_by_the_same_command(
    demine: Demine, tmp_path: Path
) -> None:
    words = (TUTORIAL, "--vary", f"{TEAMS}=3:6:1", "--replications", "30", "--quiet")
    code = INTERRUPTED.format(words=words)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130, done.stderr
    assert "the same command continues" in done.stderr
    assert "Traceback" not in done.stderr
    work = tmp_path / "results" / ".tutorial-sweep.unfinished"
    assert len(list(work.glob("*.0-29.npz"))) == 2
    so_far = tmp_path / FOLDER
    assert set(content(so_far)) == {"sweep.csv", "INCOMPLETE.txt", "manifest.json"}
    assert "the same command continues" in (so_far / "INCOMPLETE.txt").read_text()
    assert json.loads((so_far / "manifest.json").read_text())["complete"] is False
    before = (so_far / "sweep.csv").read_bytes().splitlines()
    assert [line[:2] for line in before[1:]] == [b"3,", b"4,"]
    for what, move in (("the result of", Path.exists), ("the unfinished work", shutil.rmtree)):
        move(so_far)
        code_other, _, err = demine("sweep", *words, "--seed", "9")
        assert code_other == 1
        assert what in err
        assert "seed (0, here 9)" in err
    assert demine("sweep", *words)[0] == 0
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["tutorial-sweep"]
    assert (so_far / "sweep.csv").read_bytes().splitlines()[:3] == before
    assert not (so_far / "INCOMPLETE.txt").exists()


def test_a_stopped_sweep_by_force_leaves_the_complete_result(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("sweep", TUTORIAL, "--vary", f"{TEAMS}=3,4", "--replications", "2", "--quiet")
    assert demine(*words)[0] == 0
    before, real = content(FOLDER), sim.experiments.study.run

    def second_interrupted(scenario: Scenario, **more: Any) -> Any:
        if scenario.crew[0].count.mean == 4:
            raise KeyboardInterrupt
        return real(scenario, **more)

    monkeypatch.setattr(sim.experiments.study, "run", second_interrupted)
    code, _, err = demine(*words, "--force")
    assert code == 130
    assert "holds a complete result" in err
    assert content(FOLDER) == before


def test_somebody_elses_work_folder_is_left_alone(demine: Demine) -> None:
    work = Path("results/.tutorial-sweep.unfinished")
    work.mkdir(parents=True)
    (work / "diary.txt").write_text("dear diary")
    words = ("sweep", TUTORIAL, "--vary", f"{TEAMS}=3", "--replications", "2", "--force")
    code, _, err = demine(*words)
    assert code == 1
    assert "left alone" in err
    assert (work / "diary.txt").read_text() == "dear diary"


def test_the_unfinished_work_of_another_sweep_is_not_lost(demine: Demine) -> None:
    words = ("sweep", TUTORIAL, "--vary", f"{TEAMS}=3", "--replications", "2")
    assert demine(*words)[0] == 0
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    manifest["experiment"]["seed"] = 9  # begun with --force, and interrupted
    work = Path("results/.tutorial-sweep.unfinished")
    work.mkdir()
    (work / "manifest.json").write_text(json.dumps(manifest))
    assert demine(*words)[0] == 0
    assert work.is_dir()


def test_two_at_a_time_leave_nothing_behind(demine: Demine) -> None:
    words = ("sweep", TUTORIAL, "--vary", f"{TEAMS}=3,4", "--replications", "3", "--quiet")
    assert demine(*words)[0] == 0
    (FOLDER / "manifest.json").rename("manifest.json")
    for path in FOLDER.iterdir():
        path.unlink()
    work = Path("results/.tutorial-sweep.unfinished")  # the other one kept on writing
    work.mkdir()
    (work / f"{'0' * 32}.0-2.npz").write_bytes(b"")
    assert demine(*words)[0] == 0
    assert [path.name for path in Path("results").iterdir()] == ["tutorial-sweep"]


# A parent, warm, has children who are killed in the middle of the same command, each in a folder of
# its own; another child then gives the command again.
KILLED = """
import json, os, random, signal, sys, time
from pathlib import Path
import sim.cli.sweep, sim.statistics.summary
from sim.experiments import study
from sim.experiments.sweep import picture, sweep
from sim import load_scenario, sample_world, simulate

simulate(sample_world(load_scenario({file!r})))
picture.draw = lambda table, path, **_: path.write_bytes(b"a picture")

CHANGES = ("os.rename", "os.mkdir", "os.rmdir", "os.remove")

def child(place, before):
    pid = os.fork()
    if pid:
        return pid
    place.mkdir(parents=True, exist_ok=True)
    os.chdir(place)
    before()
    real = study.run
    def counted(*first, **more):
        done = real(*first, **more)
        with open("done", "a") as file:
            file.write("x")
        return done
    study.run = counted
    sys.argv = ["demine", "sweep", {file!r}, "--vary", {vary!r}, "--replications", "3",
                "--jobs", "1", "--quiet", "--parquet"]
    try:
        from sim.cli import main
        main()
    except SystemExit as leave:
        os._exit(leave.code or 0)

def ended(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def die_at(fatal):
    acts, sync = 0, os.fsync
    def act():
        nonlocal acts
        acts += 1
        if acts == fatal:
            os._exit(9)
    def watch(event, found):
        writes = event == "open" and found[2] & (os.O_WRONLY | os.O_RDWR)
        if "results" in str(found[:1]) and (writes or event in CHANGES):
            act()
    def fsync(descriptor):
        act()
        sync(descriptor)
    def begin():
        os.fsync = fsync
        sys.addaudithook(watch)
    return begin

def story(place, code):
    kept = len(list(place.glob("results/.*.unfinished/*.npz")))
    before = len((place / "done").read_text()) if (place / "done").exists() else 0
    again = ended(child(place, lambda: None))
    after = len((place / "done").read_text())
    print(json.dumps([str(place), code, kept, before, after, again]), flush=True)
    return code == 9

here = Path.cwd()
assert ended(child(here / "whole", lambda: None)) == 0
fatal = 1
while story(here / str(fatal), ended(child(here / str(fatal), die_at(fatal)))):
    fatal += 1
since = time.monotonic()
assert ended(child(here / "timed", lambda: None)) == 0
took = time.monotonic() - since
for moment in range(8):
    pid = child(here / f"r{{moment}}", lambda: None)
    time.sleep(random.Random(moment).random() * took)
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    story(here / f"r{{moment}}", -9)
"""


def test_a_kill_at_any_moment_costs_no_finished_point_and_changes_no_byte(tmp_path: Path) -> None:
    code = KILLED.format(file=TUTORIAL, vary=f"{TEAMS}=4,6")
    environment = os.environ | {"NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True,
        text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    stories: list[list[Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    died = [story for story in stories if story[1] == 9]
    assert len(died) > 30
    assert [story[1] for story in stories].count(0) == 1  # the last one came through
    whole = content(tmp_path / "whole" / "results" / "tutorial-sweep")
    for place, _, kept, before, after, again in stories:
        assert again == 0, place
        assert content(Path(place) / "results" / "tutorial-sweep") == whole, place
        left = [path.name for path in (Path(place) / "results").iterdir()]
        assert left == ["tutorial-sweep"], place
        if kept:  # else nothing was done, or all was written
            assert after - before == 2 - kept, place
    assert {story[2] for story in died} == {0, 1, 2}
