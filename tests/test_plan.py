"""The least deployment: counted by hand, against brute force, and what is said when it is open."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from build import MONDAY, build
from conftest import Demine
from drawn import Drawn, assert_picture
from scipy import stats

import sim.experiments.study
from sim import Scenario, load_scenario, plan, run, vary
from sim.errors import ScenarioError
from sim.experiments.plan import picture
from sim.experiments.plan.plan import Plan, crews_of
from sim.experiments.plan.table import columns, table
from sim.outcome import Ensemble
from sim.results.words import share_words
from sim.statistics.decisions import decide, exact_bounds, stages
from sim.statistics.summary import meets

ROOT = Path(__file__).parent.parent
TUTORIAL = ROOT / "scenarios" / "tutorial.toml"
MINEFIELD = ROOT / "scenarios" / "minefield.toml"
TEAMS = "crew.'manual teams'.count"
FOLDER = Path("results/tutorial-plan")


def day(number: int) -> dt.date:
    """Return the date on which the n-th day ends."""
    return MONDAY + dt.timedelta(days=number - 1)


def rows(folder: Path = FOLDER) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "plan.csv").read_text(encoding="utf-8"))))


def answer(found: Plan) -> list[Any]:
    return list(found.answer.settings.values()) if found.answer else []


# Decisions


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (7, 10), (10, 10), (950, 1000)])
def test_bounds_are_those_of_clopper_and_pearson(successes: int, n: int) -> None:
    wanted = stats.binomtest(successes, n).proportion_ci(0.98, "exact")
    assert exact_bounds(successes, n, error=0.01) == pytest.approx(tuple(wanted))


def test_stages_double_up_to_the_most() -> None:
    assert stages(128, 1024) == [128, 256, 512, 1024]
    assert stages(100, 350) == [100, 200, 350]
    assert stages(5, 5) == [5]


@pytest.mark.parametrize(("p", "wrong"), [(0.8, "fails"), (0.799, "meets")])
def test_a_decision_is_wrong_as_rarely_as_it_says(p: float, wrong: str) -> None:
    """Of 2000 at the very level, at most 5 %; the chance to see 130 is below 1e-3."""
    sizes, generator, errors = stages(32, 1024), np.random.default_rng(5), 0
    for _ in range(2000):
        reached = np.cumsum(generator.random(1024) < p)
        verdict = decide(lambda n, r=reached: int(r[n - 1]), level=0.8, sizes=sizes, questions=1)
        errors += verdict.verdict == wrong
    assert errors < 130


def test_many_questions_are_decided_more_carefully() -> None:
    sizes = stages(64, 64)
    assert decide(lambda n: 58, level=0.8, sizes=sizes, questions=1).verdict == "meets"
    assert decide(lambda n: 58, level=0.8, sizes=sizes, questions=100).verdict == "undecided"


# Answers


def test_a_plan_that_can_be_counted_by_hand() -> None:
    """Ten hectares in three days need four crews of a hectare a day."""
    found = plan(build(), deadline=day(3), vary={"crew.c0.count": range(1, 11)})
    assert answer(found) == [4]
    assert [t.decided for t in found.trials] == ["fails"] * 3 + ["meets"]  # five need not be run
    assert [t.probability.value for t in found.trials] == [0, 0, 0, 1]
    assert answer(plan(build(), deadline=day(2), vary={"crew.c0.count": [9, 7, 5]})) == [5]


def test_more_crews_are_not_always_sooner() -> None:
    """Six hectares: slow crews, 1/0.3 days a hectare, may take the last one late."""
    scenario = build(
        sector={"area_ha": 6.0}, crew=[{"count": 1}, {"count": 0, "rate_ha_per_day": 0.3}]
    )
    key = "crew.c1.count"
    done = [run(vary(scenario, settings={key: n}), replications=1) for n in range(4)]
    days = [float(e.completion_s[0] / e.scenario.day_s) for e in done]
    assert days == pytest.approx([6, 20 / 3, 4, 10 / 3])
    assert answer(plan(scenario, deadline=day(6), vary={key: range(5)})) == [0]
    assert answer(plan(scenario, deadline=day(6), vary={key: range(1, 5)})) == [2]


def test_what_cannot_be_reached_is_said_with_the_best_there_is() -> None:
    found = plan(build(), deadline=day(2), vary={"crew.c0.count": [1, 2]})
    assert found.answer is None
    assert [trial.decided for trial in found.trials] == ["fails", "fails"]


def test_fewest_crews_of_all_roles_or_least_cost() -> None:
    """Ten hectares in four days: 3 fast crews, or 2 and a slow one, or 1 and 3 slow ones."""
    crews = [
        {"count": 1, "cost_per_day": 10.0},
        {"count": 1, "rate_ha_per_day": 0.5, "cost_per_day": 1.0},
    ]
    keys = {"crew.c0.count": range(1, 4), "crew.c1.count": range(5)}
    fewest = plan(build(crew=crews), deadline=day(4), vary=keys)
    assert fewest.goal.aim == "crews"
    assert len(fewest.trials) == 15
    assert answer(fewest) == [2, 1]  # three crews, and cheaper than three fast ones
    cheapest = plan(build(crew=crews), deadline=day(4), vary=keys, minimise="cost")
    assert answer(cheapest) == [1, 3]
    assert cheapest.answer is not None
    assert cheapest.answer.cost_mean == 4 * (10 + 3)
    one = {"crew.c1.count": range(5)}
    assert len(plan(build(crew=crews), deadline=day(4), vary=one).trials) == 4
    found = plan(build(crew=crews), deadline=day(4), vary=one, minimise="cost")
    assert len(found.trials) == 5  # the cheapest may come last


def test_crews_are_counted_whole() -> None:
    crews = [{"count": 2.6}, {"count": {"dist": "uniform", "low": 1, "high": 4}}]
    assert crews_of(build(crew=crews)) == 3 + 2.5


def test_the_chance_to_meet_date_and_budget_counts_every_fund() -> None:
    scenario = load_scenario(TUTORIAL)
    found = plan(scenario, deadline="before winter", vary={TEAMS: [6]}, most=256)
    (trial,) = found.trials
    ensemble = run(trial.scenario, replications=trial.replications)
    in_time = meets(ensemble, dt.date(2026, 10, 31))
    spent = ensemble.total_cost.sum(axis=1) / (100 * scenario.day_s)
    assert trial.budget is not None
    assert trial.budget.value == np.mean(in_time & (spent <= 1.35e6))
    done = ensemble.completion_s >= 0
    (grant,) = trial.funds
    assert grant.low <= np.mean(done & (spent <= 1.35e6)) <= grant.high
    assert trial.restricted == (not done.all())
    (free,) = plan(build(), deadline=day(9), vary={"crew.c0.count": [2]}).trials
    assert (free.budget, free.funds, free.restricted) == (None, (), False)


# Brute force: every value of the grid, the stages played with scipy's exact test.


def by_force(
    scenario: Scenario, *, date: dt.date, key: str, values: Sequence[int], seed: int, **goal: Any
) -> list[str]:
    sizes = [n for n in (goal["first"] * 2**i for i in range(20)) if n <= goal["most"]]
    error = 0.05 / len(values) / len(sizes)
    verdicts = []
    for value in values:
        ensemble = run(vary(scenario, settings={key: value}), replications=goal["most"], seed=seed)
        in_time, verdict = meets(ensemble, date), "undecided"
        for n in sizes:
            test = stats.binomtest(int(in_time[:n].sum()), n)
            low, high = test.proportion_ci(1 - 2 * error, "exact")
            verdict = (
                "meets"
                if low >= goal["confidence"]
                else "fails" if high < goal["confidence"] else "undecided"
            )  # fmt: skip
            if verdict != "undecided":
                break
        verdicts.append(verdict)
    return verdicts


@pytest.mark.parametrize(
    ("file", "key", "values", "date", "confidence", "seed"),
    [
        (TUTORIAL, TEAMS, range(3, 9), "2026-10-31", 0.8, 0),
        (TUTORIAL, TEAMS, range(3, 9), "2026-09-15", 0.5, 1),
        (TUTORIAL, TEAMS, range(3, 9), "2026-11-30", 0.9, 2),
        (MINEFIELD, 'crew."manual team".count', range(4, 13, 4), "2027-12-31", 0.7, 0),
        (MINEFIELD, 'crew."manual team".count', range(4, 13, 4), "2027-04-15", 0.3, 3),
        (TUTORIAL, TEAMS, range(3, 6), "2026-07-01", 0.9, 4),  # which none meets
    ],
)
def test_a_plan_is_that_of_brute_force_over_the_whole_grid(
    file: Path, key: str, values: Sequence[int], date: str, confidence: float, seed: int
) -> None:
    scenario, day = load_scenario(file), dt.date.fromisoformat(date)
    wanted = by_force(
        scenario, date=day, key=key, values=values, seed=seed, confidence=confidence,
        first=32, most=128,
    )  # fmt: skip
    found = plan(
        scenario, deadline=date, confidence=confidence, vary={key: values}, replications=32,
        most=128, seed=seed,
    )  # fmt: skip
    decided = [trial.decided for trial in found.trials]
    assert decided == wanted[: len(decided)]
    if "meets" in wanted:
        assert answer(found) == [values[wanted.index("meets")]]
    else:
        assert answer(found) == []
        assert len(decided) == len(values)


# The command


@pytest.mark.usefixtures("pictures")
def test_a_plan_is_told_and_written(demine: Demine, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("plan", str(TUTORIAL), "--deadline", "before winter", "--vary", f"{TEAMS}=3:9")
    first = demine(*words, "--parquet")
    assert first[0] == 0
    assert f"{TEAMS}=6\n" in first[1]
    assert "31 Oct 2026" in first[1]
    assert "unless" not in first[1]
    found = rows()
    assert list(found[0]) == [
        TEAMS, "replications", "probability", "ci_low", "ci_high", "cost_mean", "decided",
        "answer", "budget_probability", "budget_low", "budget_high", "crews", "finished_last",
        "crew_use", "stopped_share", "cost_restricted_mean", "fund:grant", "fund:grant_low",
        "fund:grant_high",
    ]  # fmt: skip
    assert [(r[TEAMS], r["answer"]) for r in found] == [
        *((n, "false") for n in "345"),
        ("6", "true"),
    ]
    for row in found:
        assert float(row["ci_low"]) <= float(row["probability"]) <= float(row["ci_high"])
        assert float(row["budget_probability"]) <= float(row["probability"])
        assert row["cost_restricted_mean"] in (row["cost_mean"], "")
    assert found[0]["cost_restricted_mean"]  # three teams are not always done by the horizon
    assert float(found[-1]["fund:grant_low"]) < float(found[-1]["fund:grant"])
    names = {"plan.csv", "plan.parquet", "plan.png", "manifest.json"}
    assert {path.name for path in FOLDER.iterdir()} == names
    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "run", None)
        assert demine(*words, "--parquet") == first
    code, _, err = demine(*words, "--confidence", "0.9")
    assert code == 1
    assert "other confidence (0.8, here 0.9)" in err


def test_an_interrupted_plan_is_continued_by_the_same_command(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("plan", str(TUTORIAL), "--deadline", "before winter", "--vary", f"{TEAMS}=4:6")
    assert demine(*words, "--out", "whole")[0] == 0

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "extend", interrupted)
        code, out, err = demine(*words)
    assert code == 130
    assert "the same command continues" in err
    assert "Not known yet: 1 of 3 deployments were tried." in out
    assert [(row[TEAMS], row["decided"]) for row in rows()] == [("4", "fails")]
    assert "interrupted" in (FOLDER / "INCOMPLETE.txt").read_text()
    assert not (FOLDER / "plan.png").exists()
    batches: list[str] = []
    real = sim.experiments.study.run

    def counted(scenario: Scenario, **more: Any) -> Any:
        batches.append(str(scenario.crew[0].count.mean))
        return real(scenario, **more)

    monkeypatch.setattr(sim.experiments.study, "run", counted)
    assert demine(*words)[0] == 0
    assert batches == ["6.0"]  # the first batches of 4 and 5 were kept
    for name in ("plan.csv", "plan.png"):
        assert (FOLDER / name).read_bytes() == (Path("whole") / name).read_bytes()
    assert [path.name for path in Path("results").iterdir()] == ["tutorial-plan"]


def test_kept_work_is_taken_by_a_plan_that_asks_something_else_about_it(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("plan", str(TUTORIAL), "--vary", f"{TEAMS}=5:6", "--quiet")
    first = (*words, "--deadline", "before winter", "--most", "1024")
    real = sim.experiments.study.extend

    def interrupted(ensemble: Ensemble, **more: Any) -> Ensemble:
        if ensemble.replications == 256:
            raise KeyboardInterrupt
        return real(ensemble, **more)

    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "extend", interrupted)
        assert demine(*first, "--confidence", "0.74")[0] == 130
    work = Path("results/.tutorial-plan.unfinished")
    kept = sorted(work.glob("*.npz"))
    assert [path.name.split(".")[1] for path in kept] == ["0-127", "128-255"]
    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "extend", None)
        assert demine(*words, "--deadline", "2026-10-31", "--most", "128")[0] == 0
    assert set(kept) == set(work.glob("*.npz"))  # more than that plan asked for: not its to delete
    assert [row["replications"] for row in rows()] == ["128", "128"]
    assert demine(*words, "--deadline", "2026-10-31", "--most", "128")[0] == 0
    assert set(kept) == set(work.glob("*.npz"))
    assert demine(*first, "--confidence", "0.74", "--force")[0] == 0
    assert not work.exists()


def test_a_plan_keeps_only_what_it_reads(demine: Demine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept were whole ensembles: a weekly number for every week of the years up to the horizon."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sim.experiments.study, "extend", interrupted)
    assert demine("plan", str(TUTORIAL), "--deadline", "2026-10-31", "--vary", f"{TEAMS}=5")[0]
    (kept,) = Path("results/.tutorial-plan.unfinished").glob("*.npz")
    bytes_of_one = np.dtype(np.int64).itemsize
    assert kept.stat().st_size < 128 * 14 * bytes_of_one + 4500  # and a few hundred a column


def test_what_stays_open_is_said_and_not_assumed(demine: Demine) -> None:
    options = ("--confidence", "0.74", "--most", "256", "--deadline", "2026-10-31")
    code, out, _ = demine("plan", str(TUTORIAL), "--vary", f"{TEAMS}=4:7", *options)
    assert code == 0
    assert f"{TEAMS}=6, unless 5 already suffices: not decided after 256 replications" in out
    assert [row["decided"] for row in rows()] == ["fails", "undecided", "meets"]
    assert [row["answer"] for row in rows()] == ["false", "false", "true"]
    code, out, _ = demine("plan", str(TUTORIAL), "--vary", f"{TEAMS}=4:5", *options, "--out", "two")
    assert code == 0
    assert "Not decided: 5 may suffice; not decided after 256 replications." in out
    assert f"The best is {TEAMS}=5: 7" in out


def test_the_impossible_is_an_answer_too(demine: Demine) -> None:
    words = ("--deadline", "2026-05-01", "--vary", f"{TEAMS}=3:5")
    code, out, err = demine("plan", str(TUTORIAL), *words)
    assert (code, err) == (0, "")
    assert "None of these reaches 80 %." in out
    assert "The chance is the same at all of them: 0 %" in out
    assert "The best is" not in out
    assert all(row["answer"] == "false" for row in rows())


def test_several_keys_list_all_that_meet_it_and_mark_the_least(demine: Demine) -> None:
    vary = ("--vary", f"{TEAMS}=5:7", "--vary", "crew.machine.count=0:1")
    words = ("--deadline", "before winter", "--most", "512")
    code, out, _ = demine("plan", str(TUTORIAL), *vary, *words)
    assert code == 0
    assert "meets, fewest crews" in out
    found = rows()
    assert len(found) == 6
    meeting = [row for row in found if row["decided"] == "meets"]
    assert len(meeting) >= 2
    (chosen,) = (row for row in found if row["answer"] == "true")
    assert chosen["decided"] == "meets"
    assert float(chosen["crews"]) == min(float(row["crews"]) for row in meeting)
    code, out, _ = demine(
        "plan", str(TUTORIAL), *vary, *words, "--minimise", "cost", "--out", "cost"
    )
    found = rows(Path("cost"))
    meeting = [row for row in found if row["decided"] == "meets"]
    (chosen,) = (row for row in found if row["answer"] == "true")
    assert float(chosen["cost_mean"]) == min(float(row["cost_mean"]) for row in meeting)
    assert len({row["replications"] for row in meeting}) == 1  # on the same luck


def test_a_range_of_numbers_that_are_not_whole_needs_a_step(demine: Demine) -> None:
    key = "crew.machine.rate_ha_per_day"
    words = ("plan", str(TUTORIAL), "--deadline", "before winter", "--most", "256")
    assert demine(*words, "--vary", f"{key}=0.5:1.5")[0] == 2
    assert demine(*words, "--vary", f"{key}=0.5:1.5:0.5")[0] == 0
    assert [row[key] for row in rows()][:1] == ["0.5"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--vary", f"{TEAMS}=3:5"), "--deadline"),
        (("--deadline", "before winter"), "--vary"),
        (("--deadline", "befor winter", "--vary", f"{TEAMS}=3:5"), "did you mean before winter"),
        (("--deadline", "2026-13-01", "--vary", f"{TEAMS}=3:5"), "a date such as"),
        (("--deadline", "2026-03-01", "--vary", f"{TEAMS}=3:5"), "the start 2026-03-02"),
        (("--deadline", "2027-04-06", "--vary", f"{TEAMS}=3:5"), "horizon"),
        (("--deadline", "2026-10-31", "--vary", f"{TEAMS}=priority"), "numbers"),
        (("--deadline", "2026-10-31", "--vary", f"{TEAMS}=5:3"), "not above the high end"),
        (("--deadline", "2026-10-31", "--vary", "crew.x.count=3:5"), "crew.x.count"),
        (("--deadline", "2026-10-31", "--vary", f"{TEAMS}=-2:5"), "at least 0"),
        (
            ("--deadline", "2026-10-31", "--vary", f"{TEAMS}=3:5", "--confidence", "1"),
            "less than 1",
        ),
        (("--deadline", "2026-10-31", "--vary", f"{TEAMS}=3:5", "--confidence", "80"), "less than"),
        (("--deadline", "2026-10-31", "--vary", f"{TEAMS}=3:5", "--most", "100"), "--replications"),
        (("--deadline", "2026-10-31", "--vary", f"{TEAMS}=3:5", "--minimise", "fun"), "minimise"),
        (("--deadline", "2026-10-31", "--vary", f"{TEAMS}=3:5", "--precision", "3"), "--precision"),
        (("--deadline", "2026-10-31", "--vary", f"{TEAMS}=3:5", "--set", f"{TEAMS}=3"), "--set"),
    ],
)
def test_bad_usage_is_told_and_nothing_is_written(
    words: tuple[str, ...], says: str, demine: Demine
) -> None:
    code, out, err = demine("plan", str(TUTORIAL), *words)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


def test_cost_can_be_least_only_where_something_costs() -> None:
    with pytest.raises(ScenarioError, match="nothing costs money"):
        plan(build(), deadline=day(3), vary={"crew.c0.count": [1]}, minimise="cost")


def test_a_first_batch_has_replications() -> None:
    with pytest.raises(ScenarioError, match="--replications: found 0"):
        plan(build(), deadline=MONDAY, vary={"crew.c0.count": [1, 2]}, replications=0)


def test_the_last_day_that_is_simulated_may_be_the_deadline() -> None:
    short = build(campaign={"horizon_days": 5.0})
    assert answer(plan(short, deadline=day(5), vary={"crew.c0.count": [1, 2]})) == [2]
    with pytest.raises(ScenarioError, match="horizon"):
        plan(short, deadline=day(6), vary={"crew.c0.count": [1, 2]})


@pytest.mark.parametrize("keys", [1, 2, 3])
def test_a_picture_of_any_number_of_keys(keys: int, drawn: list[Drawn], tmp_path: Path) -> None:
    crews = [{"count": 1, "cost_per_day": 3.0, "variation": 0.5} for _ in range(3)]
    scenario = build(crew=crews)
    found = plan(
        scenario, deadline=day(4), vary={f"crew.c{i}.count": [1, 2] for i in range(keys)},
        confidence=0.4, most=128,
    )  # fmt: skip
    done = table(found, columns([t.settings for t in found.trials], scenario))
    picture.draw(
        done, tmp_path / "p.png", scenario=scenario, date=day(4), confidence=0.4,
        aim=found.goal.aim, seed=0,
    )  # fmt: skip
    assert_picture(tmp_path / "p.png")
    shown = drawn[0]
    shown.assert_readable()
    assert any("Complete by 3 Jul 2025 with a chance of at least 40 %" in t for t in shown.words)
    rows = done.to_dicts()
    axes = shown.figure.axes[0]
    if keys == 2:
        cells = axes.images[0].get_array()
        assert [cells[r["crew.c1.count"] - 1, r["crew.c0.count"] - 1] for r in rows] == [
            r["probability"] for r in rows
        ]
        states = {"meets": "meets it", "fails": "fails", "undecided": "not decided"}
        assert {f"{share_words(r['probability'])}\n{states[r['decided']]}" for r in rows} == {
            text for text in shown.words if "%\n" in text
        }
        return
    points = [
        line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1
    ]
    assert [tuple(line.get_ydata()) for line in points[: len(rows)]] == [
        (r["probability"],) for r in rows
    ]
    bars = [line for line in axes.lines if line.get_lw() == 2.5 and len(line.get_xdata()) == 2]
    assert [tuple(bar.get_ydata()) for bar in bars] == [(r["ci_low"], r["ci_high"]) for r in rows]
    (answer,) = (r for r in rows if r["answer"])
    assert tuple(points[-1].get_ydata()) == (answer["probability"],)
    assert points[-1].get_ms() > points[0].get_ms()
