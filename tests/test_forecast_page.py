"""A forecast as pictures and as a part of a report, which say what its tables say."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest
from build import MONDAY, build
from drawn import Drawn, assert_picture, keep
from ensembles import completed_at, run, uncertain
from matplotlib.dates import date2num
from pages import fields_of, tables_of, tags_of

from sim.experiments.forecast.before import PICTURES, before
from sim.experiments.forecast.forecast import Forecast
from sim.experiments.forecast.learned import Learned
from sim.experiments.forecast.pictures import to_svg, write_png
from sim.experiments.forecast.places import Places
from sim.experiments.forecast.table import diagnostics, tables
from sim.experiments.forecast.wording import place_words
from sim.outcome import Ensemble
from sim.results import tables as run_tables
from sim.results.pictures.canvas import Subject
from sim.results.storage import More, write_results
from sim.results.words import share_words
from sim.sampling.recipes import plain
from sim.scenario.record import Report
from sim.scenario.scenario import Scenario
from sim.statistics.summary import completion_days

Demine = Callable[..., tuple[int, str, str]]
HOSTILE = "<script>alert(1)</script>"
KEYS = ("factors.rate", "sector.A.area_ha", "crew.c0.variation")


def day(n: int) -> dt.date:
    return MONDAY + dt.timedelta(days=n)


def report(n: int, ha: float, **more: Any) -> Report:
    """Return a report by the end of day n, counted from 0."""
    stated: dict[str, Any] = {"kind": "", "name": "", "bound": "exact", "note": "", "row": n}
    stated |= more
    return Report(date=day(n), released_ha=ha, own_ha=ha, published=day(n), **stated)


REPORTS = (
    report(1, 1.0),
    report(2, 2.5, bound="at_least", note=HOSTILE),
    report(3, 5.0, note="=1+1"),
    report(4, 9.0, bound="at_most"),
    report(4, 3.0, kind="sector", name="A <b>"),
)


def place(following: float) -> Places:
    surprise = 2 * min(following, 1 - following)
    return Places(0.3, following, 0.6, (1.0, 2.0, 3.0), (2.0, 2.5, 3.0), surprise)


PLACES = (place(0.4), place(float("nan")), place(0.999), place(0.5), place(0.5))


def learned(keys: int = 3) -> tuple[Learned, ...]:
    """Return what was taught about some numbers, less of each than of the one before."""
    return tuple(
        Learned(KEYS[i % 3], (0.8, 1.0, 1.2), (1.0, 1.1, 1.4), 0.5 - 0.04 * i, 0.02 + 0.1 * i)
        for i in range(keys)
    )


def owed(**more: Any) -> Scenario:
    deadlines = [{"name": "early <u>", "date": day(9)}, {"name": "late", "date": day(14)}]
    return uncertain(deadline=deadlines, sector={"name": "A <b>"}, **more)


def made_up(
    prior: Ensemble, after: Ensemble, *, reports: tuple[Report, ...] = REPORTS, keys: int = 3
) -> Forecast:
    """Return a forecast from its parts: nothing is conditioned."""
    return Forecast(
        scenario=prior.scenario,
        seed=0,
        reports=reports,
        prior=prior,
        ensemble=after,
        recipes=tuple(map(plain, range(after.replications))),
        conditioned=None,
        places=PLACES[: len(reports)],
        learned=learned(keys),
        released=np.zeros((after.replications, len(reports))),
    )


def usual() -> Forecast:
    scenario = owed()
    return made_up(run(scenario, n=40), run(scenario, n=40, seed=1))


def frames_of(forecast: Forecast) -> dict[str, pl.DataFrame]:
    own = tables(forecast)
    return run_tables.tables(forecast.ensemble) | own


def draw(forecast: Forecast, name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Drawn:
    drawn = keep(monkeypatch)
    write_png(name, frames_of(forecast), Subject.of(forecast.ensemble), folder / "picture.png")
    assert_picture(folder / "picture.png")
    return drawn[0]


# What was before


def test_what_was_before_is_every_percent_of_the_completion_and_three_of_the_land() -> None:
    prior = completed_at(run(build(), n=1), [float(d) for d in range(1, 101)])
    rows = before(prior)
    done = rows.filter(pl.col("quantity") == "completion_day")
    assert done["statistic"].to_list() == [f"p{p:02d}" for p in range(1, 100)]
    assert done["day"].to_list() == [float(p) for p in range(1, 100)]
    land = rows.filter(pl.col("quantity") != "completion_day")
    assert set(land["statistic"]) == {"p10", "p50", "p90"}
    counted = run_tables.progress(prior).filter(pl.col("quantity") == "gross_released_ha")
    assert land.filter(pl.col("statistic") == "p90")["released_ha"].equals(counted["p90"])


def test_what_was_before_counts_as_the_reports_do(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("date,released_ha\n2025-07-01,1\n")
    for counts, quantity in (("gross", "gross_released_ha"), ("net", "released_ha")):
        record = {"file": str(tmp_path / "r.csv"), "counts": counts}
        found = set(before(run(build(record=record), n=2))["quantity"])
        assert found == {"completion_day", quantity}


def test_beyond_the_horizon_nothing_was_complete_before() -> None:
    rows = before(completed_at(run(build(), n=1), [5.0, None]))
    done = rows.filter(pl.col("quantity") == "completion_day")
    assert done.filter(pl.col("day").is_null())["statistic"].to_list()[0] == "p51"
    assert done["date"].null_count() == done["day"].null_count() == 49


# Pictures


def test_progress_shows_both_medians_and_every_report_of_all_land(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = usual()
    drawn, frames = draw(found, "forecast_progress", monkeypatch, tmp_path), frames_of(found)
    drawn.assert_readable()
    drawn.assert_legends_beside()
    now = frames["progress"].filter(pl.col("quantity") == "gross_released_ha").sort("day")["p50"]
    then = frames["before"].filter(
        (pl.col("quantity") == "gross_released_ha") & (pl.col("statistic") == "p50")
    )["released_ha"]
    for label, values in (("median after it", now), ("median before the record", then)):
        assert list(drawn.line(label).get_ydata())[: len(values)] == values.to_list()  # type: ignore[arg-type]
    assert list(drawn.points("report, with twice its own error")) == [1.0, 5.0]
    assert list(drawn.points("report: at least")) == [2.5]
    assert list(drawn.points("report: at most")) == [9.0]
    ring = drawn.line("strange")
    assert list(ring.get_xdata()) == [date2num(day(3)) + 1]  # type: ignore[arg-type]
    for words in ("strange: 3 Jul 2025", "record until 4 Jul 2025"):
        assert words in drawn.words
    assert any("1 report about parts of the land in reports.csv" in text for text in drawn.words)


def test_whiskers_are_twice_the_own_error_of_a_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = usual()
    frames = frames_of(found)
    drawn = draw(found, "forecast_progress", monkeypatch, tmp_path)
    (bars,) = (c for c in drawn.figure.axes[0].containers if "twice" in str(c.get_label()))
    (whiskers,) = bars.lines[2]  # type: ignore[union-attr]
    exact = frames["reports"].filter((pl.col("bound") == "exact") & pl.col("kind").is_null())
    for segment, row in zip(whiskers.get_segments(), exact.iter_rows(named=True), strict=True):
        low, high = segment[:, 1]
        assert (high - low) / 4 == pytest.approx(row["error_ha"])


def test_completion_shows_both_curves_told_apart_without_colour(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = usual()
    drawn = draw(found, "forecast_completion", monkeypatch, tmp_path)
    drawn.assert_readable()
    drawn.assert_legends_beside()
    then, now = (drawn.line(f"complete, {when}") for when in ("before", "after"))
    assert then.get_linestyle() != now.get_linestyle()
    start = date2num(found.scenario.campaign.start)
    days = np.sort(completion_days(found.ensemble))
    assert np.asarray(now.get_xdata())[1:-1] == pytest.approx(start + days, abs=1e-5)
    assert list(np.asarray(then.get_ydata())[1:-1]) == [p / 100 for p in range(1, 100)]
    rows = frames_of(found)["forecast"]
    (late,) = rows.filter(pl.col("name") == "late").iter_rows(named=True)
    chances = f"{share_words(late['before'])}, now {share_words(late['after'])}"
    assert any(words.startswith("late, ") and words.endswith(chances) for words in drawn.words)
    assert sum(words.startswith(("P50 ", "P80 ")) for words in drawn.words) == 4


def test_what_was_learned_stands_among_the_values_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawn = draw(usual(), "forecast_learned", monkeypatch, tmp_path)
    drawn.assert_readable()
    drawn.assert_legends_beside()
    (axes,) = drawn.figure.axes
    bars = [(p.get_x(), p.get_x() + p.get_width()) for p in axes.patches]  # type: ignore[attr-defined]
    assert bars[::2] == [pytest.approx((0, 1))] * 3
    assert bars[1::2] == [pytest.approx((0.5, 1.5))] * 3
    for words in ("1 (0.8 to 1.2)", "1.1 (1 to 1.4)", "50 %", "46 %"):
        assert words in drawn.words


def test_the_numbers_that_have_no_room_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prior = run(owed(), n=4)
    drawn = draw(made_up(prior, prior, keys=20), "forecast_learned", monkeypatch, tmp_path)
    drawn.assert_readable()
    assert any("6 more in learned.csv" in words for words in drawn.words)
    assert len(drawn.figure.axes[0].get_yticks()) == 14


def sparse() -> Iterator[tuple[str, Forecast]]:
    one = run(owed(), n=1)
    yield "one campaign", made_up(one, one)
    never = completed_at(one, [None, None])
    yield "never complete", made_up(never, never)
    yield "complete at last", made_up(never, completed_at(one, [8.0, 9.0]))
    yield "no more complete", made_up(completed_at(one, [8.0, 9.0]), never)
    yield "no report", made_up(one, one, reports=(), keys=0)
    metres = run(owed(campaign={"unit": "m2", "title": "$x_1$ Суджа " * 9}), n=9)
    yield "another unit", made_up(metres, metres)
    strange = tuple(replace(each, next=0.999) for each in PLACES)
    yield "all strange", replace(made_up(one, one), places=strange)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_stand_what_is_not_there(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for _, found in sparse():
        draw(found, name, monkeypatch, tmp_path).assert_readable()
        monkeypatch.undo()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_a_page_has_ids_of_its_own_and_is_the_same_each_time(name: str) -> None:
    found = usual()
    about = Subject.of(found.ensemble)
    texts = [
        to_svg(name, frames_of(found), about, id=f"forecast-{i}", description=HOSTILE)
        for i in (1, 1, 2)
    ]
    assert texts[0] == texts[1]
    assert 'id="forecast-1-' in texts[0]
    assert 'id="forecast-1-' not in texts[2]
    assert HOSTILE not in texts[0]


# The report


def leave(found: Forecast, place: Path, **about: Any) -> Path:
    """Write the result of a forecast as its command does; about how it was found."""
    frames = tables(found) | {"before": before(found.prior)}
    more = More(
        command="forecast",
        stated={"experiment": {}, "forecast": diagnostics(found) | about},
        frames=frames,
    )
    write_results(found.ensemble, out=place, engine="simpy", wall_s=0.0, more=more)
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a forecast."""
    return leave(usual(), tmp_path_factory.mktemp("results") / "owed-forecast")


@pytest.fixture(scope="module")
def plain_folder(folder: Path) -> Path:
    """The result of a run of the same scenario."""
    place = folder.parent / "owed"
    write_results(run(owed(), n=40), out=place, engine="simpy", wall_s=0.0)
    return place


@pytest.mark.parametrize("with_run", [False, True])
def test_every_cell_is_the_field_of_its_file(
    with_run: bool, demine: Demine, folder: Path, plain_folder: Path
) -> None:
    given = [plain_folder, folder] if with_run else [folder]
    words = ("--out", "page.html", "--xlsx", "book.xlsx")
    assert demine("report", *map(str, given), *words)[::2] == (0, "")
    page = Path("page.html").read_text(encoding="utf-8")
    files = {f"{f.name}/{path.name}": fields_of(path) for f in given for path in f.glob("*.csv")}
    seen = set()
    for table in tables_of(page):
        for cell in (cell for row in table.rows for cell in row if cell.at):
            row, column = str(cell.at).split(":", 1)
            assert cell.exact == files[table.source][int(row)][column], cell
            seen.add(table.source)
    own = {f"owed-forecast/{n}.csv" for n in ("forecast", "learned", "reports", "before")}
    assert own | {f"{given[0].name}/summary.csv"} <= seen
    assert ("owed-forecast/summary.csv" in seen) is not with_run
    assert "could not be drawn" not in page
    sheets = openpyxl.load_workbook("book.xlsx").worksheets
    assert all(cell.data_type != "f" for sheet in sheets for row in sheet for cell in row)


def test_the_part_says_what_the_record_changed_and_taught(demine: Demine, folder: Path) -> None:
    assert demine("report", str(folder), "--out", "page.html")[0] == 0
    page = Path("page.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    (p80,) = (r for r in fields_of(folder / "forecast.csv") if r["statistic"] == "p80")
    then, now = (dt.date.fromisoformat(p80[f"{w}_date"]) for w in ("before", "after"))
    for words in (
        f"all land is released by {now.day} {now:%b %Y}. Without it: 80 % sure, all land is"
        f" released by {then.day} {then:%b %Y}.",
        "5 reports up to 4 Jul 2025",
        "“output of all crews (factor)”, 50 %",
        "The report of 3 Jul 2025 (all land, 5 ha) was not to be expected",
        "1 of the reports could not be held against those before them",
        "sector A &lt;b&gt;",
        "far above, above over 99 %",
        "holds in 70 %",
        "not known",
    ):
        assert words in page, words
    assert page.count("What does the record change?") == 2  # the part and its place in the list


def test_the_note_of_a_report_is_shown_and_not_run(demine: Demine, folder: Path) -> None:
    demine("report", str(folder), "--out", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert tags_of(page).count("script") == 1  # its own
    assert not {"b", "u"} & set(tags_of(page))


def test_a_forecast_alone_is_the_run_and_two_are_refused(
    demine: Demine, folder: Path, plain_folder: Path
) -> None:
    code, out, _ = demine("report", str(folder), "--force")
    assert (code, out) == (0, f"Report: {folder}-report.html\n")
    other = leave(usual(), Path("other"))
    code, _, err = demine("report", str(folder), str(other), "--out", "two.html")
    assert code == 1
    assert "found 2 of them" in err
    assert "of one `demine forecast`" in err
    both = ("report", str(plain_folder), str(folder), str(other), "--out", "two.html")
    assert demine(*both)[0] == 0


def test_a_damaged_table_is_told(demine: Demine) -> None:
    place = leave(usual(), Path("hurt"))
    table = place / "reports.csv"
    table.write_text(table.read_text() + "more")
    code, _, err = demine("report", str(place))
    assert code == 1
    assert "reports.csv is not the file that was written" in err


def test_sparse_forecasts_make_a_page_too(demine: Demine) -> None:
    some = [each for each in sparse() if each[0] in ("never complete", "no report")]
    for i, (name, found) in enumerate(some):
        place = leave(found, Path(f"sparse{i}"))
        assert demine("report", str(place))[::2] == (0, ""), name
        page = Path(f"sparse{i}-report.html").read_text(encoding="utf-8")
        assert "could not be drawn" not in page, name
        assert "nan" not in page.lower().split(), name


def test_how_the_campaigns_were_found_is_said_in_plain_words(demine: Demine) -> None:
    led = {"method": "moves", "simulated": 12000, "steps": [0.1, 0.5, 1.0], "distinct": 12.7}
    assert demine("report", str(leave(usual(), Path("led"), **led)))[0] == 0
    page = Path("led-report.html").read_text(encoding="utf-8")
    assert "12 000 histories up to the last report were tried, and led towards" in page
    assert "in 3 steps" in page
    assert "they are worth 12 independent ones" in page


def test_where_a_report_lies_in_words() -> None:
    assert place_words(0.5, "exact") == "as expected, above 50 %"
    assert place_words(0.96, "exact") == "high, above 96 %"
    assert place_words(0.004, "exact") == "far below, above under 1 %"
    assert place_words(0.1, "at_least") == "holds in 90 %"
    assert place_words(0.1, "at_most") == "holds in 10 %"
    assert place_words(None, "exact") == "not known"
