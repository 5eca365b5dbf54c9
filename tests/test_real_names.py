"""Pictures with the names that people give: long, alike, many, and in other alphabets."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from build import MONDAY, Tree, build, law
from drawn import Drawn
from ensembles import run
from matplotlib.dates import date2num

from sim import compare, plan, sweep
from sim.experiments.compare.picture import draw as draw_comparison
from sim.experiments.explain import drivers_picture
from sim.experiments.explain.table import SCHEMA
from sim.experiments.plan import picture as plan_picture
from sim.experiments.plan import table as plan_table
from sim.experiments.sweep import picture as sweep_picture
from sim.experiments.sweep.table import table as sweep_table
from sim.outcome import Ensemble
from sim.results.pictures import released as pictures
from sim.scenario.keys import dotted
from sim.scenario.scenario import Scenario

STEMS = (
    ("Mine action in the north of the", "district with its villages"),
    ("Поля и огороды села у дороги, их", "участков Суджанского райо"),  # noqa: RUF001
    ("שדות ליד הנהר בכפר הצפוני שבגבול", "ובשטחים החקלאיים שמסביבו"),
    ("حقول القرية الشمالية على ضفة النهر", "والأراضي الزراعية حولها"),
)


def names(number: int) -> list[str]:
    """Return names of about 60 letters that are alike but for a number in the middle."""
    found = [f"{STEMS[i % 4][0]} {i:02d} {STEMS[i % 4][1]}" for i in range(number)]
    assert all(58 <= len(name) <= 62 for name in found)
    return found


def deadlines(days: Sequence[int]) -> list[Tree]:
    return [
        {"name": name, "date": MONDAY + dt.timedelta(days=day)}
        for name, day in zip(names(len(days)), days, strict=True)
    ]


TWELVE = deadlines(range(4, 28, 2))  # in a month


def campaign(**tables: Any) -> Scenario:
    """Return a campaign of 40 sectors that takes about two weeks, with twelve deadlines in it."""
    sectors = [{"name": name, "area_ha": 0.5} for name in names(40)]
    crews = [{"name": name, "rate_ha_per_day": 0.4, "cost_per_day": 5.0} for name in names(6)]
    rate = {"rate": law("lognormal", mean=1.0, cv=0.3)}
    stated = {"sector": sectors, "crew": crews, "factors": rate, "deadline": TWELVE} | tables
    return build(**stated)


def apart(labels: Sequence[str], number: int) -> None:
    """Fail unless there are so many labels, and every one is told apart."""
    assert len(labels) == number
    assert len(set(labels)) == number, labels


def of_deadlines(shown: Drawn, year: str = "2025") -> list[tuple[str, Any]]:
    """Return the labels of deadlines, each with the pixels it takes."""
    dated = [
        (words, box) for words, box in shown.texts if words.endswith(year) or f"{year}:" in words
    ]
    return [
        (words, box)
        for words, box in dated
        if any(stem in words for s in STEMS for stem in (s[0][:5], s[1][-5:]))
    ]


def lines_of(shown: Drawn) -> list[Any]:
    """Return the lines of deadlines that carry a label."""
    return [
        x for x in shown.figure.axes[0].lines if x.get_linewidth() == 1.8 and not x.get_clip_on()
    ]


def assert_covers_nothing(shown: Drawn) -> None:
    """Fail if a legend or the label of a deadline lies over the chart."""
    shown.assert_legends_beside()
    chart = shown.figure.axes[0].get_window_extent()
    assert not any(box.overlaps(chart) for _, box in of_deadlines(shown))


def assert_uncrossed(shown: Drawn) -> None:
    """Fail if the line of a deadline crosses the label of another one."""
    for line in lines_of(shown):
        ends = line.get_window_extent()
        for words, box in of_deadlines(shown):
            assert not (box.x0 < ends.x0 < box.x1 and box.y0 < ends.y1), words


# A run


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return run(campaign(), n=20)


@pytest.mark.parametrize("picture", [pictures.completion, pictures.progress])
def test_a_run(picture: Any, ensemble: Ensemble, drawn: list[Drawn], tmp_path: Path) -> None:
    picture(ensemble, tmp_path / "p.png")
    (shown,) = drawn
    shown.assert_readable()
    apart([words for words, _ in of_deadlines(shown)], len(lines_of(shown)))
    left_out = 12 - len(lines_of(shown))
    assert any(f"{left_out} more deadlines in summary.csv" in words for words in shown.words)
    assert_covers_nothing(shown)
    assert_uncrossed(shown)
    low, _ = shown.figure.axes[0].get_xlim()
    assert low >= date2num(MONDAY)


def test_the_unit_of_the_land_stands_beside_it(
    ensemble: Ensemble, drawn: list[Drawn], tmp_path: Path
) -> None:
    pictures.progress(ensemble, tmp_path / "p.png")
    (unit,) = (box for words, box in drawn[0].texts if words == "Hectares")
    assert unit.x1 < drawn[0].figure.axes[0].get_window_extent().x0


def test_large_areas_leave_room_for_their_unit(drawn: list[Drawn], tmp_path: Path) -> None:
    sector = {"area_ha": 1.5e6}
    large = build(campaign={"parcel_ha": 1e5}, sector=sector, crew={"rate_ha_per_day": 5e4})
    pictures.progress(run(large, n=2), tmp_path / "p.png")
    drawn[0].assert_readable()
    assert "Hectares" in drawn[0].words


@pytest.mark.parametrize("days", [0.4, 2.0, 300.0])
def test_no_picture_begins_before_the_campaign(
    days: float, drawn: list[Drawn], tmp_path: Path
) -> None:
    rate = {"rate": law("lognormal", mean=1.0, cv=0.3)}
    short = build(sector={"area_ha": days}, factors=rate)
    pictures.completion(run(short, n=30), tmp_path / "p.png")
    (shown,) = drawn
    shown.assert_readable()
    assert shown.figure.axes[0].get_xlim()[0] >= date2num(MONDAY)


def test_a_label_that_has_room_is_not_cut(drawn: list[Drawn], tmp_path: Path) -> None:
    dates = [MONDAY + dt.timedelta(days=day) for day in (4, 11)]
    stated = [{"name": f"end of the grant {date.day}", "date": date} for date in dates]
    rate = {"rate": law("lognormal", mean=1.0, cv=0.3)}
    pictures.progress(run(build(factors=rate, deadline=stated), n=20), tmp_path / "p.png")
    assert sum("end of the grant" in words for words in drawn[0].words) == 2


# Experiments


LAWS = [law("uniform", low=1.0, high=2.0 + i / 10) for i in range(5)]
SWEEPS: dict[str, dict[str, Any]] = {
    "a number": {dotted("crew", names(6)[1], "count"): [1, 2, 3]},
    "texts": {"campaign.title": names(9)},
    "numbers and laws": {
        dotted("crew", names(6)[1], "count"): range(1, 14),
        dotted("crew", names(6)[2], "rate_ha_per_day"): LAWS,
    },
    "many keys": {dotted("crew", name, "count"): [1, 2] for name in names(6)[:5]},
    "keys that differ in the middle": {
        dotted("sector", name, "area_ha"): [0.5, 0.6] for name in names(40)[1:13:4]
    },
}


@pytest.mark.parametrize("case", SWEEPS)
def test_a_sweep(case: str, drawn: list[Drawn], tmp_path: Path) -> None:
    done = sweep(campaign(), vary=SWEEPS[case], replications=3)
    scenarios = [point.scenario for point in done.points]
    found = sweep_table(done)
    sweep_picture.draw(found, tmp_path / "p.png", scenarios=scenarios, grid=True, seed=0)
    (shown,) = drawn
    shown.assert_readable()
    panels = [axes for axes in shown.figure.axes if axes.get_xlabel()]
    keys = [axes.get_xlabel() for axes in panels]
    keys += [axes.get_ylabel() for axes in panels if axes.get_ylabel()]
    apart(keys, len(SWEEPS[case]))
    for axes in panels:
        ticks = [tick.get_text() for tick in axes.get_xticklabels()]
        assert len(set(ticks)) == len(ticks) > 0
    if len(keys) == 1:
        apart([words for words, _ in of_deadlines(shown)], len(lines_of(shown)))
        assert_covers_nothing(shown)


def test_a_comparison(drawn: list[Drawn], tmp_path: Path) -> None:
    scenarios = {
        name: campaign(factors={"rate": law("lognormal", mean=1 + i / 9, cv=0.3)})
        for i, name in enumerate(names(9))
    }
    draw_comparison(compare(scenarios, replications=10), tmp_path / "p.png")
    (shown,) = drawn
    shown.assert_readable()
    apart([words for words in shown.words if ":  P50 " in words], 9)
    apart([words for words, _ in of_deadlines(shown) if "P50" not in words], len(lines_of(shown)))
    assert len(lines_of(shown)) >= 3
    assert_covers_nothing(shown)
    assert_uncrossed(shown)


@pytest.mark.parametrize("keys", [1, 2, 3])
def test_a_plan(keys: int, drawn: list[Drawn], tmp_path: Path) -> None:
    scenario, date = campaign(), MONDAY + dt.timedelta(days=12)
    vary = {dotted("crew", name, "count"): [1, 2] for name in names(6)[:keys]}
    found = plan(scenario, deadline=date, vary=vary, confidence=0.5, most=128)
    columns = plan_table.columns([trial.settings for trial in found.trials], scenario)
    plan_picture.draw(
        plan_table.table(found, columns), tmp_path / "p.png", scenario=scenario, date=date,
        confidence=0.5, aim=found.goal.aim, seed=0,
    )  # fmt: skip
    drawn[0].assert_readable()


def test_what_drives_the_date(drawn: list[Drawn], tmp_path: Path) -> None:
    keys = [dotted("sector", n, k) for n in names(40)[:30:4] for k in ("area_ha", "opens")]
    rows = [("completion", "completion_day", s, 9.0) for s in ("p50", "p80")]
    rows += [("sobol", key, index, 0.1) for key in keys for index in ("total", "first_order")]
    rows += [
        ("level", level, index, 1.0)
        for level in ("inputs", "time", "rest")
        for index in ("total", "first_order")
    ]
    rows += [("tornado", k, f"p80_change_at_{at}", 36_000.0) for k in keys for at in ("p10", "p90")]
    table = pl.DataFrame([[*of, x, x, 2 * x] for *of, x in rows], schema=SCHEMA, orient="row")
    place = tmp_path / "p.png"
    drivers_picture.draw(table, place, scenario=campaign(), replications=9, seed=0)
    (shown,) = drawn
    shown.assert_readable()
    apart([tick.get_text() for tick in shown.figure.axes[0].get_yticklabels()], 12 + 3)
    assert sum(words.endswith((": area", ": opening")) for words in shown.words) == 12


# Deadlines that are not in sight


@pytest.mark.parametrize("day", [0, 21, 400, 2_000_000])
def test_a_deadline_has_a_line_with_its_label_or_is_counted(
    day: int, drawn: list[Drawn], tmp_path: Path
) -> None:
    scenario = campaign(deadline=deadlines([day]))
    year = str((MONDAY + dt.timedelta(days=day)).year)
    done = sweep(scenario, vary={dotted("crew", names(6)[1], "count"): [1, 2]}, replications=3)
    points = [point.scenario for point in done.points]
    place = tmp_path / "p.png"
    sweep_picture.draw(sweep_table(done), place, scenarios=points, grid=True, seed=0)
    draw_comparison(compare({"a": scenario, "b": scenario}, replications=3), place)
    pictures.completion(run(scenario, n=3), place)
    pictures.progress(run(scenario, n=3), place)
    for shown in drawn:
        shown.assert_readable()
        labels = of_deadlines(shown, year)
        lines = lines_of(shown)
        counted = any("1 more deadline in" in words for words in shown.words)
        assert len(labels) == len(lines) == 1 - counted
        for line in lines:
            along = line.get_xdata() if len(set(line.get_xdata())) == 1 else line.get_ydata()
            assert along[0] == date2num(scenario.deadline[0].date) + 1
