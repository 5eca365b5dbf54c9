"""Scenarios against a baseline: what pairing must give, known laws, and the command."""

import csv
import datetime as dt
import io
import itertools
import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from build import MONDAY, build, law
from conftest import Demine
from drawn import Drawn, assert_picture
from ensembles import completed_at, run, uncertain
from matplotlib.dates import date2num
from scipy import stats

import sim.experiments.study
from sim import Scenario, compare
from sim.errors import ScenarioError
from sim.experiments.compare.compare import unique
from sim.experiments.compare.differences import differences
from sim.experiments.compare.table import SCHEMA, table
from sim.outcome import Ensemble
from sim.results.words import words as in_words
from sim.scenario.dates import date_of
from sim.statistics.estimates import Estimate
from sim.statistics.paired import pairing, probability_difference
from sim.statistics.summary import completion_days

ROOT = Path(__file__).parent.parent
TUTORIAL = str(ROOT / "scenarios" / "tutorial.toml")
MINEFIELD = str(ROOT / "scenarios" / "minefield.toml")
TEAMS = 'crew."manual teams".count'
SAME = Estimate(0, 0, 0)


def by_name(baseline: Ensemble, variant: Ensemble) -> dict[tuple[str, str], Any]:
    return {(r.quantity, r.statistic): r for r in differences(baseline, variant)}


def rows(path: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    found = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    return {(row["variant"], row["quantity"], row["statistic"]): row for row in found}


def full() -> Any:
    """Return a scenario with everything that is compared."""
    return uncertain(crew={"cost_per_day": 9.0}, deadline=[{"name": "soon", "date": MONDAY}])


# The numbers


def test_a_scenario_differs_from_itself_by_exactly_nothing() -> None:
    found = compare({"a": full(), "b": full()}, replications=100).differences["b"]
    assert len(found) == 12
    for row in found:
        if row.statistic == "narrowing":
            assert row.difference.value == 0
        elif row.statistic.startswith("probability_"):
            assert row.difference.value == row.difference.low == 0
        else:
            assert row.difference == SAME, row
            assert row.baseline == row.variant


def test_the_order_of_two_scenarios_flips_the_signs() -> None:
    a, b = full(), uncertain(
        crew={"cost_per_day": 12.0, "count": 2}, deadline=[{"name": "soon", "date": MONDAY}]
    )  # fmt: skip
    one, other = (
        {(r.quantity, r.statistic): r for r in compare(dict(pair), replications=150).differences[n]}
        for pair, n in (((("a", a), ("b", b)), "b"), ((("b", b), ("a", a)), "a"))
    )
    for key, row in one.items():
        back = other[key]
        assert (row.baseline, row.variant) == (back.variant, back.baseline)
        if key[1].startswith("probability_"):
            continue
        if key[1] == "narrowing":
            assert row.difference.value == pytest.approx(back.difference.value)
            continue
        value, low, high = back.difference
        assert row.difference == pytest.approx((-value, -high, -low))
    for word, opposite in (("sooner", "later"), ("later", "sooner")):
        key, back_key = (("completion_day", f"probability_{w}") for w in (word, opposite))
        assert one[key].difference == other[back_key].difference


def test_means_and_chances_by_hand() -> None:
    base = run(build(), n=1)
    before = completed_at(base, [10, 12, 14, None, None, 20])
    after = completed_at(base, [8, 12, 15, None, 30, None])
    found = by_name(before, after)
    assert math.isnan(found["completion_day", "mean"].difference.value)
    restricted = found["completion_day", "restricted_mean"]
    short = np.array([[10, 12, 14, 1000, 1000, 20], [8, 12, 15, 1000, 30, 1000]], np.float64)
    assert (restricted.baseline.value, restricted.variant.value) == tuple(short.mean(axis=1))
    paired = stats.ttest_rel(short[1], short[0])
    assert restricted.difference == pytest.approx(
        (short[1].mean() - short[0].mean(), *paired.confidence_interval(0.95))
    )
    chances = {
        w: found["completion_day", f"probability_{w}"].difference for w in ("sooner", "later")
    }
    assert chances["sooner"].value == 2 / 6  # the first, and the fifth which was censored
    assert chances["later"].value == 2 / 6  # the rest are ties, or both censored
    assert found["completion_day", "p50"].difference.value == 1


def test_restricted_means_end_at_the_nearer_horizon() -> None:
    near, far = (
        completed_at(run(build(campaign={"horizon_days": h}), n=1), days)
        for h, days in ((50.0, [10.0, None]), (100.0, [10.0, 80.0]))
    )
    row = by_name(near, far)["completion_day", "restricted_mean"]
    assert (row.baseline.value, row.variant.value, row.difference.value) == (30, 30, 0)


def test_which_is_sooner_is_known_up_to_the_nearer_horizon_only() -> None:
    near, far = (
        completed_at(run(build(campaign={"horizon_days": h}), n=1), days)
        for h, days in ((50.0, [10.0, None, None, 50.0]), (100.0, [10.0, 80.0, 50.0, None]))
    )
    for a, b, words in ((near, far, ("sooner", "later")), (far, near, ("later", "sooner"))):
        found = by_name(a, b)
        for word in words:
            chance = found["completion_day", f"probability_{word}"].difference
            assert chance.value == 1 / 4, (word, chance)  # the third; the fourth; never the second


def test_days_are_counted_from_the_start_of_the_baseline() -> None:
    late = build(campaign={"start": MONDAY + dt.timedelta(days=1)})
    found = compare({"a": build(), "b": late}, replications=5).differences["b"]
    numbers = {(row.quantity, row.statistic): row.difference.value for row in found}
    assert numbers["completion_day", "p50"] == 1
    assert numbers["completion_day", "probability_later"] == 1


def test_too_few_replications_give_no_interval_of_a_quantile() -> None:
    base = run(build(), n=1)
    row = by_name(completed_at(base, [1, 2, 3]), completed_at(base, [2, 3, 4]))
    value, low, high = row["completion_day", "p80"].difference
    assert value == 1
    assert math.isnan(low)
    assert math.isnan(high)


def test_where_both_quantiles_are_censored_their_difference_may_be_anything() -> None:
    base = run(build(), n=1)
    days = [float(i) for i in range(60)]
    half = completed_at(base, [*days, *[None] * 40])
    value, low, high = by_name(half, half)["completion_day", "p80"].difference
    assert all(math.isnan(x) for x in (value, low, high))
    most = completed_at(base, [*days, *days[:25], *[None] * 15])
    value, low, high = by_name(most, completed_at(base, [*days, *days[:25], *days[:15]]))[
        "completion_day", "p80"
    ].difference
    assert value < 0
    assert math.isnan(low)
    assert high <= 0
    assert by_name(half, half)["completion_day", "p50"].difference == SAME


def test_a_bootstrap_interval_covers_the_true_difference() -> None:
    """Normal pairs with correlation 0.8, whose P50s differ by 1: covered in 95 % of 60."""
    base, generator, covered = run(build(), n=1), np.random.default_rng(1), 0
    for _ in range(60):
        shared = generator.normal(100, 4, 100)
        before, after = (shared + generator.normal(shift, 2, 100) for shift in (0, 1))
        pair = (completed_at(base, list(x)) for x in (before, after))
        _, low, high = by_name(*pair)["completion_day", "p50"].difference
        covered += low <= 1 <= high
    assert covered >= 49  # P(fewer) = 2e-5 at 95 %


def test_pairing_says_how_much_was_gained() -> None:
    generator = np.random.default_rng(2)
    a, noise = generator.normal(0, 1, 4000), generator.normal(0, 1, 4000)
    assert pairing(a, noise) == pytest.approx(1, abs=0.05)
    assert pairing(a, a + 0.1 * noise) == pytest.approx(0.1 / math.sqrt(2.01), rel=0.05)
    assert pairing(a, a + 3) == pytest.approx(0, abs=1e-12)
    assert math.isnan(pairing(np.ones(5), np.ones(5)))


def test_a_difference_of_probabilities_is_certain_only_for_one_and_the_same_thing() -> None:
    yes = np.ones(50, np.bool_)
    value, low, high = probability_difference(yes, yes)
    assert value == 0
    assert low == -high < 0
    assert probability_difference(yes, yes, same=True) == SAME
    value, low, high = probability_difference(yes, ~yes)
    assert (value, low) == (-1, -1)
    assert -1 < high < -0.8


def test_an_interval_of_a_difference_of_probabilities_covers_it() -> None:
    """Matched pairs with P = 0.9 and 0.95, half of the difference in common: exact enumeration."""
    n, gain, loss = 60, 0.08, 0.03
    covered = 0.0
    for gained, lost in itertools.product(range(n + 1), repeat=2):
        if gained + lost > n:
            continue
        before = np.repeat([False, True, True], [gained, lost, n - gained - lost])
        after = np.repeat([True, False, True], [gained, lost, n - gained - lost])
        _, low, high = probability_difference(before, after)
        weight = stats.multinomial.pmf(
            [gained, lost, n - gained - lost], n, [gain, loss, 1 - gain - loss]
        )
        covered += float(weight) * (low <= gain - loss <= high)
    assert covered > 0.93


def test_nothing_is_said_about_costs_in_different_currencies() -> None:
    crew = {"cost_per_day": 9.0}
    a, b, c = (
        uncertain(crew=crew, money={"currency": currency}) for currency in ("USD", "EUR", "USD")
    )
    found = compare({"a": a, "b": b, "c": c}, replications=5).differences
    assert not any(row.quantity == "cost" for row in found["b"])
    assert sum(row.quantity == "cost" for row in found["c"]) == 4
    assert not any(row.quantity == "cost" for row in compare(
        {"a": a, "b": uncertain()}, replications=5).differences["b"])  # fmt: skip


def test_each_ensemble_is_that_of_a_run() -> None:
    found = compare({"a": build(), "b": full()}, replications=20, seed=3).ensembles
    assert np.array_equal(completion_days(found["b"]), completion_days(run(full(), n=20, seed=3)))


def test_one_scenario_has_nothing_to_be_compared_with() -> None:
    with pytest.raises(ScenarioError, match="two or more"):
        compare({"a": build()})


def test_equal_names_are_numbered() -> None:
    assert unique(["a", "a", "b", "a (2)", "a"]) == ["a", "a (2)", "b", "a (2) (2)", "a (3)"]


def test_the_table_has_its_columns() -> None:
    frame = table(compare({"a": full(), "b": full(), "c": uncertain()}, replications=5))
    assert frame.columns == list(SCHEMA)
    assert frame.columns[:9] == [
        "baseline", "variant", "quantity", "statistic", "baseline_value", "variant_value",
        "difference", "difference_low", "difference_high",
    ]  # fmt: skip
    assert set(frame["variant"]) == {"b", "c"}


# The command


@pytest.mark.usefixtures("pictures")
def test_files_are_compared_with_the_first_of_them(demine: Demine) -> None:
    code, out, err = demine("compare", TUTORIAL, MINEFIELD, TUTORIAL, "--replications", "20")
    assert (code, err) == (0, "")
    assert "minefield, tutorial (2) against tutorial" in out
    assert "same luck" in out
    folder = Path("results/tutorial-compare")
    names = {"compare.csv", "compare.png", "manifest.json"}
    assert {path.name for path in folder.iterdir()} == names
    found = rows(folder / "compare.csv")
    again = found["tutorial (2)", "completion_day", "p50"]
    ends = ("difference", "difference_low", "difference_high")
    assert [again[end] for end in ends] == ["0", "0", "0"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert list(manifest["scenarios"]) == ["tutorial", "minefield", "tutorial (2)"]


def test_variants_change_keys_of_one_file(demine: Demine) -> None:
    variants = (
        "--variant", f"eight:{TEAMS}=8, weather.lost_day_probability=0.1",
        "--variant", 'title:campaign.title="a, b: c",campaign.dispatch=balanced',
    )  # fmt: skip
    words = ("--replications", "30", "--seed", "2", "--quiet")
    assert demine("compare", TUTORIAL, *variants, *words) == (0, "", "")
    found = rows(Path("results/tutorial-compare/compare.csv"))
    change = ("--set", f"{TEAMS}=8", "--set", "weather.lost_day_probability=0.1")
    assert demine("run", TUTORIAL, *change, *words)[0] == 0
    text = Path("results/tutorial/summary.csv").read_text(encoding="utf-8")
    one = {(r["quantity"], r["statistic"]): r for r in csv.DictReader(io.StringIO(text))}
    for key in (
        ("completion_day", "p50"),
        ("cost", "p80"),
        ("deadline:before winter", "probability"),
    ):
        row = found["eight", *key]
        ends = [row[f"variant_{end}"] for end in ("value", "low", "high")]
        assert ends == [one[key][end] for end in ("value", "ci_low", "ci_high")]
        difference = float(row["variant_value"]) - float(row["baseline_value"])
        assert float(row["difference"]) == pytest.approx(difference, abs=0.02)
    mean = found["eight", "completion_day", "restricted_mean"]
    assert float(mean["difference_high"]) < 0
    assert 0 < float(found["eight", "completion_day", "narrowing"]["difference"]) < 1
    assert found["title", "completion_day", "p50"]["baseline"] == "tutorial"


def test_horizons_and_deadlines_that_differ_are_told(demine: Demine) -> None:
    variants = (
        "--variant", "brief:campaign.horizon_days=30",
        "--variant", 'easy:deadline."before winter".date=2026-12-31',
    )  # fmt: skip
    code, out, err = demine("compare", TUTORIAL, *variants, "--replications", "20")
    assert code == 0
    opens, date = err.splitlines()
    assert 'warning: brief: sector."river bank".opens is beyond the horizon' in opens
    assert 'warning: brief: deadline."before winter".date is beyond the horizon' in date
    line = next(line for line in out.splitlines() if line.startswith("  brief "))
    assert line.count("later than 31 Mar 2026") == 2
    later = rows(Path("results/tutorial-compare/compare.csv"))[
        "brief", "completion_day", "probability_later"
    ]
    assert later["difference"] == "0"  # nothing is known about it
    costs = [line for line in out.splitlines() if line.startswith("  brief ")]
    assert costs[-1].endswith("  not known")
    assert "'before winter' (not the same date for all)" in out
    assert "brief: 20 of 20 replications were not complete at the horizon" in out


def test_the_same_comparison_is_shown_again_without_computing(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("compare", TUTORIAL, "--variant", f"x:{TEAMS}=6", "--replications", "20", "--parquet")
    first = demine(*words)
    assert first[0] == 0
    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "run", None)
        assert demine(*words) == first
    code, _, err = demine(*words, "--variant", f"y:{TEAMS}=7")
    assert code == 1
    assert "other scenario of y" in err
    code, _, err = demine("compare", TUTORIAL, "--variant", f"x:{TEAMS}=7", *words[4:])
    assert "other scenario of x" in err
    assert (Path("results/tutorial-compare") / "compare.parquet").is_file()


@pytest.mark.usefixtures("pictures")
def test_an_interrupted_comparison_is_continued_by_the_same_command(
    demine: Demine, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = ("compare", TUTORIAL, "--variant", f"x:{TEAMS}=6", "--replications", "20")
    words = (*two, "--variant", f"y:{TEAMS}=7")
    assert demine(*words, "--out", "whole")[0] == 0
    assert demine(*two, "--out", "two")[0] == 0
    real, names = sim.experiments.study.run, list[str]()

    def third_interrupted(scenario: Scenario, **more: Any) -> Ensemble:
        names.append(str(scenario.crew[0].count.mean))
        if names == ["5.0", "6.0", "7.0"]:
            raise KeyboardInterrupt
        return real(scenario, **more)

    monkeypatch.setattr(sim.experiments.study, "run", third_interrupted)
    code, out, err = demine(*words)
    assert code == 130
    assert "the same command continues" in err
    assert out.startswith("x against tutorial\n")
    so_far = Path("results/tutorial-compare")
    assert {path.name for path in so_far.iterdir()} == {
        "compare.csv", "INCOMPLETE.txt", "manifest.json",
    }  # fmt: skip
    assert (so_far / "compare.csv").read_bytes() == Path("two/compare.csv").read_bytes()
    assert demine(*words)[0] == 0
    assert names == ["5.0", "6.0", "7.0", "7.0"]
    for name in ("compare.csv", "compare.png"):
        again = Path("results/tutorial-compare") / name
        assert again.read_bytes() == (Path("whole") / name).read_bytes()


def test_precision_holds_for_all(demine: Demine) -> None:
    variant = ("--variant", "few:crew.machine.count=0")
    words = ("--replications", "50", "--precision", "25")
    assert demine("compare", TUTORIAL, *variant, *words)[0] == 0
    row = rows(Path("results/tutorial-compare/compare.csv"))["few", "completion_day", "p80"]
    assert float(row["baseline_high"]) - float(row["baseline_low"]) <= 25


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((TUTORIAL,), "nothing to be compared with"),
        ((TUTORIAL, MINEFIELD, "--variant", "x:campaign.parcel_ha=2"), "one FILE"),
        ((TUTORIAL, "absent.toml"), "no such file"),
        ((TUTORIAL, "--variant", "nonsense"), "NAME:KEY=VALUE"),
        ((TUTORIAL, "--variant", "=x:campaign.parcel_ha=2"), "NAME:KEY=VALUE"),
        ((TUTORIAL, "--variant", "x:campaign.parcel_ha"), "KEY=VALUE"),
        ((TUTORIAL, "--variant", "x:"), "KEY=VALUE"),
        ((TUTORIAL, "--variant", "x:campaign.parcel_ha=-2"), "--variant x: campaign.parcel_ha"),
        ((TUTORIAL, "--variant", "x:a.b=1,a.b=2"), "twice"),
        ((TUTORIAL, MINEFIELD, "--set", "season.winter.pace=-1"), "season.winter.pace"),
    ],
)
def test_bad_usage_is_told_and_nothing_is_written(
    words: tuple[str, ...], says: str, demine: Demine
) -> None:
    code, out, err = demine("compare", *words)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("many", [2, 6, 20])
def test_a_picture_of_any_number_of_scenarios(
    many: int, drawn: list[Drawn], tmp_path: Path
) -> None:
    from sim.experiments.compare.picture import draw  # noqa: PLC0415

    scenarios = {
        f"rate {i}": build(crew={"rate_ha_per_day": law("uniform", low=0.5, high=1.0 + i)})
        for i in range(many)
    }
    comparison = compare(scenarios, replications=10)
    draw(comparison, tmp_path / "p.png")
    assert_picture(tmp_path / "p.png")
    shown = drawn[0]
    shown.assert_readable()
    curves = [line for line in shown.figure.axes[0].lines if line.get_drawstyle() == "steps-post"]
    for curve, (name, ensemble) in zip(curves, comparison.ensembles.items(), strict=True):
        days = np.sort(completion_days(ensemble))
        assert curve.get_xdata()[1:-1].tolist() == (date2num(MONDAY) + days).tolist()
        assert curve.get_ydata().tolist() == [*(k / 10 for k in range(11)), 1.0]
        p50 = f"P50 {in_words(date_of(ensemble.scenario, float(days[4])))}"
        named = any(text.startswith(f"{name}:  {p50},") for text in shown.words)
        assert named == (name in [f"rate {i}" for i in range(14)])


def test_a_picture_where_nothing_is_complete(drawn: list[Drawn], tmp_path: Path) -> None:
    from sim.experiments.compare.picture import draw  # noqa: PLC0415

    never = build(campaign={"horizon_days": 2.0})
    draw(compare({"a": never, "b": never}, replications=3), tmp_path / "p.png")
    drawn[0].assert_readable()
    for name in ("a", "b"):
        curve = drawn[0].line(f"{name}:  P50 later,  P80 later")
        assert set(curve.get_ydata()) == {0}
        assert curve.get_xdata()[-1] == date2num(MONDAY) + 2


def test_a_picture_of_the_dates_compared(drawn: list[Drawn]) -> None:
    from sim.experiments.compare.dates_picture import MOST, draw_dates  # noqa: PLC0415
    from sim.results.pictures.canvas import vector  # noqa: PLC0415

    base, never = full(), build(campaign={"horizon_days": 2.0})
    later = build(campaign={"start": MONDAY + dt.timedelta(days=9), "horizon_days": 99.0})
    comparison = compare({"base": base, "never": never, "later": later}, replications=20)
    frame = table(comparison)
    many = pl.concat(frame.with_columns(pl.col("variant") + f" {i}") for i in range(MOST))
    for each in (frame, many):
        draw = partial(draw_dates, table=each, scenario=base, deadlines=base.deadline)
        vector(draw, subtitle="a", name="a", title="a", description="a")
    for shown in drawn:
        shown.assert_readable()
        shown.assert_legends_beside()
    points = [line for line in drawn[0].figure.axes[0].lines if line.get_marker() in ("o", "s")]
    at = [(*line.get_xdata(), *line.get_ydata()) for line in points if len(line.get_xdata())]
    days = [
        completion_days(comparison.ensembles["base"]),
        9 + completion_days(comparison.ensembles["later"]),
    ]
    expected = [
        (date2num(MONDAY) + np.sort(each)[k], row + off)
        for row, each in ((0, days[0]), (2, days[1]))
        for k, off in ((9, -0.14), (15, 0.14))
    ]
    assert np.allclose(at, expected)
    assert drawn[0].words.count("P50 and P80 later than the horizon") == 1
    assert any("31 more in compare.csv" in words for words in drawn[1].words)
