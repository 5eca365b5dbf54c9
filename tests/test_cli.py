"""The commands, as a planner types them."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sim import load_scenario
from sim.cli import COMMANDS
from sim.results.pictures.drawing import NAMES
from sim.results.tables import SCHEMAS

ROOT = Path(__file__).parent.parent
TUTORIAL = str(ROOT / "scenarios" / "tutorial.toml")
TABLES = tuple(SCHEMAS)
Demine = Callable[..., tuple[int, str, str]]


def csvs(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.csv").read_bytes() for name in TABLES}


def test_help_comes_without_loading_what_only_the_commands_use() -> None:
    code = (
        "import sys; sys.argv = ['demine', '--help']\n"
        "from sim.cli import main\n"
        "try: main()\n"
        "except SystemExit as leave: assert leave.code == 0\n"
        "heavy = {'numpy', 'numba', 'scipy', 'polars', 'matplotlib', 'pydantic', 'simpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_with_an_example(name: str, demine: Demine) -> None:
    code, out, _ = demine(name, "--help")
    assert code == 0
    assert "Example" in out
    assert f"demine {name}" in out


@pytest.mark.usefixtures("pictures")
def test_a_run_answers_on_the_terminal_and_leaves_every_file(demine: Demine) -> None:
    code, out, err = demine("run", TUTORIAL, "--replications", "40")
    assert (code, err) == (0, "")
    for words in ("When will the land be released?", "P80", "before winter", "The fund 'grant'"):
        assert words in out
    folder = Path("results/tutorial")
    names = {f"{name}.csv" for name in (*TABLES, "timelines")} | {f"{name}.png" for name in NAMES}
    assert {path.name for path in folder.iterdir()} == names | {"manifest.json"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["complete"] is True
    assert str(folder) in out


def test_quiet_says_nothing(demine: Demine) -> None:
    assert demine("run", TUTORIAL, "--replications", "5", "--quiet") == (0, "", "")


def test_workers_and_engines_change_no_byte_of_the_tables(demine: Demine) -> None:
    base = ("run", TUTORIAL, "--replications", "30", "--quiet", "--seed", "3")
    variants = {
        "one": ("--jobs", "1"),
        "two": ("--jobs", "2"),
        "simpy-one": ("--jobs", "1", "--engine", "simpy"),
        "simpy-two": ("--jobs", "2", "--engine", "simpy"),
    }
    written = {}
    for name, options in variants.items():
        assert demine(*base, *options, "--out", name)[0] == 0
        written[name] = csvs(Path(name))
    assert all(tables == written["one"] for tables in written.values())


def test_the_first_of_many_replications_are_those_of_a_short_run(demine: Demine) -> None:
    demine("run", TUTORIAL, "--replications", "50", "--quiet", "--out", "short")
    demine("run", TUTORIAL, "--replications", "100", "--quiet", "--out", "long")
    short = (Path("short") / "replications.csv").read_text().splitlines()
    long = (Path("long") / "replications.csv").read_text().splitlines()
    assert short == long[:51]


def test_set_changes_the_outcome_and_the_digest(demine: Demine) -> None:
    demine("run", TUTORIAL, "--replications", "5", "--quiet", "--out", "a")
    setting = 'crew."manual teams".count=9'
    code, _, err = demine(
        "run", TUTORIAL, "--replications", "5", "--quiet", "--out", "b", "--set", setting
    )
    assert (code, err) == (0, "")
    a, b = (json.loads((Path(x) / "manifest.json").read_text()) for x in "ab")
    assert a["scenario_sha256"] != b["scenario_sha256"]
    assert csvs(Path("a"))["replications"] != csvs(Path("b"))["replications"]


def test_another_scenarios_result_is_replaced_only_by_force(demine: Demine) -> None:
    demine("run", TUTORIAL, "--replications", "5", "--quiet")
    before = csvs(Path("results/tutorial"))
    options = ("run", TUTORIAL, "--replications", "5", "--quiet", "--set", "campaign.title=x")
    code, _, err = demine(*options)
    assert code == 1
    assert "--force" in err
    assert csvs(Path("results/tutorial")) == before
    assert demine(*options, "--force")[0] == 0


def test_precision_doubles_until_it_is_reached_or_says_why_not(demine: Demine) -> None:
    code, out, _ = demine("run", TUTORIAL, "--replications", "50", "--precision", "20")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(Path("results/tutorial/summary.csv").read_text())))
    p80 = next(r for r in rows if (r["quantity"], r["statistic"]) == ("completion_day", "p80"))
    assert float(p80["ci_high"]) - float(p80["ci_low"]) <= 20
    assert "Note" not in out
    _, out, _ = demine(
        "run", TUTORIAL, "--precision", "1", "--set", "campaign.horizon_days=30", "--out", "short"
    )
    assert "beyond the horizon" in out


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (("money.when_spent=stop", "money.fund.grant.amount=1e5"), True),
        (("money.when_spent=stop", "money.fund.grant.amount=1e9"), False),
        (("money.fund.grant.amount=1e5",), False),
    ],
)
def test_a_fund_that_stops_the_work_is_named(
    demine: Demine, settings: tuple[str, ...], says: bool
) -> None:
    words = [word for setting in settings for word in ("--set", setting)]
    words += ["--set", "campaign.horizon_days=150", "--replications", "20"]
    code, out, _ = demine("run", TUTORIAL, *words)
    assert code == 0
    assert "20 replications were not complete" in out
    assert ("In 20 of them a fund is spent" in out) == says


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "absent.toml"), "no such file"),
        (("run", TUTORIAL, "--set", "crew.manual.count=3"), "manual"),
        (("run", TUTORIAL, "--set", "campaign.horizon_days=-3"), "campaign.horizon_days"),
        (("run", TUTORIAL, "--set", "nonsense"), "KEY=VALUE"),
        (("run", TUTORIAL, "--set", "crew.manual teams.count=3"), 'in quotes: crew."second wave"'),
        (("run", TUTORIAL, "--replications", "0"), "replications"),
        (("run", TUTORIAL, "--engine", "warp"), "engine"),
        (("run", TUTORIAL, "--set", "campaign.parcel_ha=0.0001", "--set",
          "sector.fields.area_ha=1e9"), "GiB"),
        (("trace", TUTORIAL, "--replication", "-1"), "replication"),
        (("check", "absent.toml"), "no such file"),
        (("fly",), "fly"),
    ],
)  # fmt: skip
def test_bad_usage_is_told_and_nothing_is_written(
    words: tuple[str, ...], message: str, demine: Demine
) -> None:
    code, out, err = demine(*words)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert out == ""
    assert list(Path().iterdir()) == []


def test_a_key_that_is_set_twice_is_refused(demine: Demine) -> None:
    twice = ("--set", "campaign.parcel_ha=1", "--set", "campaign.parcel_ha=2")
    code, _, err = demine("run", TUTORIAL, *twice)
    assert code == 2
    assert "twice" in err


def test_check_shows_a_scenario_that_reads_back_as_itself(demine: Demine) -> None:
    code, out, _ = demine("check", TUTORIAL, "--show")
    assert code == 0
    Path("shown.toml").write_text(out, encoding="utf-8")
    assert load_scenario("shown.toml") == load_scenario(TUTORIAL)


def test_check_reports_all_files_and_fails_if_one_is_bad(demine: Demine) -> None:
    Path("bad.toml").write_text("[campaign]\nname = 'a/b'\n", encoding="utf-8")
    code, out, err = demine("check", TUTORIAL, "bad.toml")
    assert code == 2
    assert "valid" in out
    assert "bad.toml: campaign.name" in err
    assert "bad.toml: campaign.start" in err


def test_a_new_scenario_is_valid_and_runs(demine: Demine) -> None:
    assert demine("new", "my plan.toml")[0] == 0
    assert demine("check", "my plan.toml")[0] == 0
    assert demine("run", "my plan.toml", "--replications", "3", "--quiet")[0] == 0
    assert Path("results/my-plan/manifest.json").is_file()
    before = Path("my plan.toml").read_text(encoding="utf-8")
    assert demine("new", "my plan.toml")[0] == 2
    assert Path("my plan.toml").read_text(encoding="utf-8") == before


def test_a_new_scenario_is_valid_whatever_its_file_is_called(demine: Demine) -> None:
    for name in ("con.toml", "-.toml", "Aux.toml", "été 2026.toml"):
        assert demine("new", "--", name)[0] == 0
        assert demine("check", "--", name)[0] == 0


def test_a_trace_tells_the_story_of_the_replication(demine: Demine) -> None:
    demine("run", TUTORIAL, "--replications", "8", "--quiet")
    text = Path("results/tutorial/replications.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    code, out, _ = demine("trace", TUTORIAL, "--replication", "7")
    assert code == 0
    events = list(csv.DictReader(io.StringIO(out)))
    assert list(events[0]) == ["day", "date", "event", "crew", "sector", "parcel", "cause"]
    complete = next(e for e in events if e["event"] == "complete")
    assert float(complete["day"]) == pytest.approx(float(rows[7]["completion_day"]), abs=1e-6)
    assert complete["date"] == rows[7]["completion_date"]
    attacks = sum(e["event"] == "attack" for e in events)
    assert attacks == int(rows[7]["attacks"])
    demine("trace", TUTORIAL, "--replication", "7", "--out", "events.csv")
    assert Path("events.csv").read_bytes().decode() == out


def test_the_schema_is_json_and_the_module_runs_as_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sim", "schema"], capture_output=True, text=True, check=True
    )
    assert "horizon_days" in json.dumps(json.loads(done.stdout))


def test_the_committed_sample_is_what_the_tutorial_gives(demine: Demine) -> None:
    code, _, _ = demine("run", TUTORIAL, "--quiet", "--out", "again")
    assert code == 0
    assert csvs(Path("again")) == csvs(ROOT / "docs" / "tutorial")


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("run TUTORIAL --report", "results/tutorial-report.html"),
        ("explain TUTORIAL --only crews", "results/tutorial-explain/explain.csv"),
        ("new my.toml --land land.csv", "my.toml"),
    ],
)
def test_where_nobody_reads_any_more_the_files_are_written_all_the_same(
    words: str, left: str, tmp_path: Path
) -> None:
    (tmp_path / "land.csv").write_text("name,area_m2\na,5000\n")
    unread, pipe = os.pipe()
    os.close(unread)
    few = ["--replications", "1", "--engine", "simpy", "--jobs", "1"]
    command = [TUTORIAL if word == "TUTORIAL" else word for word in words.split()]
    command += few if TUTORIAL in command else []
    done = subprocess.run(
        [sys.executable, "-m", "sim", *command],
        cwd=tmp_path, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    os.close(pipe)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / left).exists()
