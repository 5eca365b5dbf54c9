"""Two-phase estimates of the completion: right whatever the twin is worth."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coverage_of_two_phases import DEADLINE, MEAN, SD, TWINS, coverage, estimate
from scipy.special import ndtri

from sim.engines.twin import twin_days
from sim.experiments import study as studies
from sim.experiments.plan.plan import Trial, plan
from sim.experiments.study import Study
from sim.running import twins as rules
from sim.running.run import run, run_to_precision
from sim.sampling import Sampler, chances
from sim.scenario.scenario import Scenario
from sim.scenario.variants import load_scenario
from sim.statistics.estimates import Estimate, quantile
from sim.statistics.summary import completion_days, deadline_probability
from sim.statistics.two_phase import TwoPhase, chosen, zones

TUTORIAL = str(Path(__file__).parent.parent / "scenarios" / "tutorial.toml")
Demine = Callable[..., tuple[int, str, str]]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small campaigns have twins too."""
    monkeypatch.setattr(rules, "LEAST_PARCELS", 0.0)
    monkeypatch.setattr(rules, "LEAST_CORRELATION", 0.5)


# The estimates


@pytest.mark.parametrize("name", ["good (0.995)", "rare large misses", "reversed"])
def test_intervals_cover_whatever_the_twin_is_worth(name: str) -> None:
    seeds = 100  # each of four intervals holds the truth 88 times at least but once in 500 tests
    held, _, _ = coverage(TWINS[name], seeds, plain=160, times=10.0)
    assert held[:4].min() >= 0.87
    assert held[4:].min() >= 0.95


def test_a_good_twin_saves_most_campaigns_and_a_bad_one_none() -> None:
    _, worth, took = coverage(TWINS["good (0.995)"], 5, plain=400, times=20.0)
    assert worth > 4 * took
    _, worth, took = coverage(TWINS["permuted"], 2, plain=200, times=5.0)
    assert worth < 1.2 * took


@pytest.mark.parametrize("name", ["fair (0.9)", "rare large misses", "reversed"])
def test_the_mean_of_many_estimates_is_the_truth(name: str) -> None:
    day, n = np.exp(MEAN + SD * ndtri(DEADLINE)), 150
    chance = [estimate(TWINS[name], s, plain=160, times=5.0)[0].probability(day) for s in range(n)]
    values = np.array([each.value for each in chance])
    assert abs(values.mean() - DEADLINE) < 4 * values.std() / np.sqrt(n)


def test_a_zone_without_a_surprise_is_not_certain() -> None:
    seen, size = 20, 10_000
    days = np.repeat([1.0, 3.0], seen)
    found = TwoPhase(days, np.repeat([0, 1], seen), np.array([size, size])).probability(2.0)
    assert found.value == 0.5
    unseen = 0.5 * 3.0 / seen  # the rule of three, of one half
    assert found.low < 0.5 - unseen < 0.5 + unseen < found.high


def test_with_all_simulated_it_is_the_law_itself() -> None:
    days = np.random.default_rng(1).lognormal(3, 1, 400)
    zone = zones(np.zeros(400), np.random.default_rng(2).random(400), 8)
    found = TwoPhase(days, zone, np.bincount(zone))
    assert found.quantile(80).value == quantile(days, 80).value
    assert found.probability(20.0).value == pytest.approx(np.mean(days <= 20.0))


def test_an_end_beyond_the_horizon_is_empty() -> None:
    days = np.where(np.arange(400) % 5 == 0, np.inf, np.arange(400.0))
    found = TwoPhase(days, np.arange(400) % 4, np.full(4, 1000))
    assert np.isnan(found.quantile(90).value)
    assert np.isnan(found.quantile(80).high)
    assert np.isfinite(found.quantile(50)).all()


def test_who_is_chosen_does_not_depend_on_how_many_are_asked_for() -> None:
    luck = chances(3, "whole campaign", 500)
    assert np.array_equal(luck[:200], chances(3, "whole campaign", 200))
    zone = zones(np.arange(500.0) % 83, luck, 5)
    few, many = (chosen(zone, luck, np.full(5, n), plain=40) for n in (20, 40))
    assert set(few) < set(many)
    assert min(many) >= 40
    assert len(set(zones(np.zeros(500), luck, 5)[:40])) == 5  # among equals it is chance
    whole = np.concatenate([np.arange(40), many])
    assert np.bincount(zone[whole]).tolist() == [40] * 5


def test_the_twin_is_worth_something_on_the_tutorial() -> None:
    scenario, n = load_scenario(TUTORIAL), 200
    (twin,) = [twin_days(o) for o in Sampler(scenario, seed=0).outlines(range(n))]
    days = completion_days(run(scenario, replications=n, jobs=1))
    assert rules.correlation(twin, days, 400.0) > 0.7


# What is asked of it


@pytest.mark.usefixtures("small")
def test_any_replication_that_was_chosen_can_be_had_alone() -> None:
    scenario, asked = load_scenario(TUTORIAL), []
    study = Study(jobs=1)
    simulate = study._completions
    study._completions = lambda s, which: (asked.append(which), simulate(s, which))[1]  # type: ignore[method-assign, func-returns-value]
    found, _ = study.precise(scenario, 100, 12.0, plain=False)
    assert found.further is not None
    which = np.concatenate(asked)
    assert which.min() >= 100
    alone = run(scenario, replications=int(which.max()) + 1, jobs=1).completion_s[which]
    assert set(found.further.completion_s) <= set(alone)
    assert np.array_equal(simulate(scenario, which[-3:]), alone[-3:])


@pytest.mark.usefixtures("small")
def test_workers_and_the_study_change_nothing() -> None:
    scenario = load_scenario(TUTORIAL)
    first, _ = run_to_precision(scenario, precision_days=12.0, replications=100, jobs=1)
    second, _ = run_to_precision(scenario, precision_days=12.0, replications=100, jobs=2)
    third, _ = Study(jobs=1).precise(scenario, 100, 12.0, plain=False)
    assert first == second == third
    for other in (second, third):
        assert first.further
        assert other.further
        assert np.array_equal(first.further.completion_s, other.further.completion_s)
        assert np.array_equal(first.further.sizes, other.further.sizes)


@pytest.mark.usefixtures("small")
def test_a_precise_run_states_what_its_dates_rest_on(demine: Demine) -> None:
    words = ("run", TUTORIAL, "--replications", "120")
    demine(*words, "--out", "few")
    _, out, _ = demine(*words, "--precision", "8", "--out", "precise")
    assert "whole campaigns and" in out
    manifest = json.loads(Path("precise/manifest.json").read_text())
    assert manifest["two_phases"]["twins"] > manifest["two_phases"]["campaigns"] > 120
    assert "twins" in manifest["note"]
    few, precise = (_summary(folder) for folder in ("few", "precise"))
    key = ("completion_day", "p80")
    assert _width(precise[key]) <= 8 < _width(few[key])
    assert _width(precise["deadline:before winter", "probability"]) < _width(
        few["deadline:before winter", "probability"]
    )
    other = [name for name in few if name[0] not in ("completion_day", "completed")]
    assert all(few[x] == precise[x] for x in other if not x[0].startswith("deadline:"))
    assert (
        Path("few/replications.csv").read_bytes() == Path("precise/replications.csv").read_bytes()
    )
    _, out, _ = demine(*words, "--precision", "8", "--plain", "--out", "plain")
    assert "twins" not in out
    assert len(Path("plain/replications.csv").read_text().splitlines()) > 240


@pytest.mark.usefixtures("small")
def test_what_was_chosen_is_kept_and_gives_the_same_bytes(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("run", TUTORIAL, "--replications", "120", "--precision", "11", "--quiet")
    demine(*words, "--out", "whole")
    with monkeypatch.context() as patched:
        patched.setattr(studies, "twins", stopped_by_and_by)
        code, _, err = demine(*words, "--out", "stopped")
    assert code == 130
    assert "the same command continues" in err
    assert not Path("stopped").exists()
    assert len(list(Path(".stopped.unfinished").glob("*.npz"))) >= 2  # plain ones, and twins
    demine(*words, "--out", "stopped")
    assert not Path(".stopped.unfinished").exists()
    for table in Path("whole").glob("*.csv"):
        assert table.read_bytes() == (Path("stopped") / table.name).read_bytes()


def stopped_by_and_by(scenario: Scenario, *, indices: range, **how: int) -> Iterator[Any]:
    yield from islice(rules.twins(scenario, indices=indices, **how), 1)
    if len(indices) > rules.A_BATCH:
        raise KeyboardInterrupt


@pytest.mark.usefixtures("small")
def test_a_twin_that_is_of_no_use_is_left(demine: Demine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "twin_days", lambda outlines: -np.arange(len(outlines.rework)) + 9e3)
    words = ("run", TUTORIAL, "--replications", "120", "--precision", "15")
    _, out, _ = demine(*words, "--out", "useless")
    assert "the twin is of no use here" in out
    demine(*words, "--plain", "--out", "plain")
    assert Path("useless/summary.csv").read_bytes() == Path("plain/summary.csv").read_bytes()


@pytest.mark.usefixtures("small")
def test_a_sweep_to_a_precision_asks_twins_at_each_point(demine: Demine) -> None:
    words = ("sweep", TUTORIAL, "--vary", "clearance.item_minutes=5,20", "--replications", "120")
    _, out, _ = demine(*words, "--precision", "12", "--out", "precise")
    assert "twins at 2 points" in out
    rows = list(csv.DictReader(Path("precise/sweep.csv").read_text().splitlines()))
    assert all(float(row["p80_high"]) - float(row["p80_low"]) <= 12 for row in rows)
    assert [row["replications"] for row in rows] == ["120", "120"]


@pytest.mark.usefixtures("small")
def test_a_plan_asks_twins_where_a_value_is_near_the_confidence() -> None:
    scenario, key = load_scenario(TUTORIAL), "crew.'manual teams'.count"

    def tried(**how: Any) -> list[Trial]:
        found = plan(
            scenario, deadline="before winter", vary={key: [3, 5]}, jobs=1, **{"most": 512} | how
        )
        return list(found.trials)

    (far, near), (_, whole) = tried(), tried(plain=True)
    assert (far.twins, far.replications, far.decided) == (0, 128, "fails")
    assert near.twins > 512
    assert whole.twins == 0
    assert abs(near.probability.value - whole.probability.value) < 0.08
    assert _span(near.probability) <= _span(whole.probability)
    assert near.cost_mean == tried(most=128)[1].cost_mean  # all else is the first stage's
    assert all(trial.twins == 0 for trial in tried(minimise="cost"))


def test_only_deadlines_of_all_land_are_told_better() -> None:
    scenario = load_scenario(TUTORIAL)
    ensemble = run(scenario, replications=120, jobs=1)
    deadline = scenario.deadline[0]
    of_some = deadline.model_copy(update={"released_share": 0.5})
    both = scenario.model_copy(update={"deadline": (deadline, of_some)})
    zone = np.arange(120) % 3
    rules_ = rules.Further(np.zeros(0, np.int64), zone, np.full(3, 4000), 0.9)
    ensemble = replace(
        ensemble, scenario=both, deadline_s=np.repeat(ensemble.deadline_s, 2, axis=1)
    )
    better = replace(ensemble, further=rules_)
    assert deadline_probability(better, of_some) == deadline_probability(ensemble, of_some)
    assert deadline_probability(better, deadline) != deadline_probability(ensemble, deadline)


def _summary(folder: str) -> dict[tuple[str, str], dict[str, str]]:
    rows = csv.DictReader(Path(folder, "summary.csv").read_text().splitlines())
    return {(row["quantity"], row["statistic"]): row for row in rows}


def _span(estimate: Estimate) -> float:
    return estimate.high - estimate.low


def _width(row: dict[str, str]) -> float:
    return float(row["ci_high"]) - float(row["ci_low"])
