"""Pictures from the tables of a run: what they show, for every kind of run, as PNG and as SVG."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from build import MONDAY, build
from drawn import Drawn, assert_picture
from ensembles import completed_at, run, uncertain
from matplotlib.dates import date2num
from matplotlib.patches import PathPatch

from sim import read_results, write_results
from sim.outcome import Ensemble
from sim.results.pictures.canvas import ORANGE, Subject
from sim.results.pictures.drawing import NAMES, pictures_of
from sim.results.pictures.gallery import PICTURES, subject, to_svg, write_png
from sim.results.tables import tables
from sim.results.timelines import SCHEMA
from sim.results.timelines import timelines as told
from sim.running.timelines import timelines

Frames = dict[str, pl.DataFrame]
LONG = "Поле за рекой, дальний участок " * 3
ARABIC = "حقل عند النهر " * 6
DAY_0 = date2num(MONDAY)


def deadlines(*days: int) -> list[dict[str, Any]]:
    return [{"name": f"deadline {d}", "date": MONDAY + dt.timedelta(days=d)} for d in days]


def frames_of(ensemble: Ensemble) -> Frames:
    """Return all tables of an ensemble."""
    return tables(ensemble) | {"timelines": told(ensemble.scenario, timelines(ensemble))}


MONEY = {"fund": [{"name": "grant", "roles": ["clearance"], "amount": 900.0}]}
COSTS = {"cost_per_day": 100.0}


def one_sector() -> Ensemble:
    return run(build(crew=COSTS, money=MONEY), n=1)


def strange_names() -> Ensemble:
    names = [LONG[:88] + "A", LONG[:88] + "B", ARABIC[:87].strip(), "$x_1$ <b>&amp;</b>"]
    roles = {"roles": ["clearance"], "amount": 100.0, "share": 0.5}
    return run(
        uncertain(
            campaign={"title": ARABIC + LONG},
            sector=[{"name": n, "area_ha": 3.0, "region": f"r {n}"[:90].strip()} for n in names],
            crew=[{"name": n, **COSTS} for n in names],
            season=[{"name": LONG[:88], "closed_from": "07-05", "closed_until": "07-08"}],
            money={"fund": [{"name": n, **roles} for n in names[1:3]]},
            deadline=[{"name": LONG[:88], "date": MONDAY}, *deadlines(2, 3, 4, 5, 6)],
        ),
        n=5,
    )


def many_sectors() -> Ensemble:
    regions = [
        {"name": f"{kind} field", "count": 40, "area_ha": 1.0, "region": kind}
        for kind in ("north", "south", "east", "west", "middle")
    ]
    return run(uncertain(sector=regions, crew={"count": 20, **COSTS}), n=5)


def none_complete() -> Ensemble:
    late = {"horizon_days": 4.0}
    return run(uncertain(campaign=late, crew=COSTS, sector=[{}, {"opens": 3.9}]), n=5)


def half_complete() -> Ensemble:
    return run(uncertain(campaign={"horizon_days": 10.0}, crew=COSTS), n=10)


def close_deadlines() -> Ensemble:
    return run(uncertain(crew=COSTS, deadline=deadlines(*range(5, 20))), n=10)


def many_years() -> Ensemble:
    century = {"horizon_days": 36_525.0, "parcel_ha": 100.0}
    tranches = [
        {"from": MONDAY + dt.timedelta(days=d), "amount": 1e6} for d in (-9, 5, 4000, 90_000)
    ]
    money = {"fund": [{"name": "grant", "roles": ["clearance"], "tranches": tranches}]}
    return run(
        uncertain(campaign=century, sector={"area_ha": 20_000.0}, crew=COSTS, money=money), n=3
    )


def surveyed() -> Ensemble:
    crews = [{"role": "survey", **COSTS}, COSTS]
    shares = {"cancelled_share": 0.3, "reduced_share": 0.3}
    return run(uncertain(crew=crews, survey=shares, sector={"area_ha": 400.0}), n=3)


CASES: dict[str, Callable[[], Ensemble]] = {
    "one sector": one_sector,
    "strange names": strange_names,
    "200 sectors": many_sectors,
    "none complete": none_complete,
    "half complete": half_complete,
    "close deadlines": close_deadlines,
    "many years": many_years,
    "surveyed": surveyed,
}


def of(name: str, frames: Frames, ensemble: Ensemble, drawn: list[Drawn], folder: Path) -> Drawn:
    """Return what a picture shows."""
    write_png(name, frames, Subject.of(ensemble), folder / "p.png")
    return drawn.pop()


@pytest.mark.parametrize("case", CASES)
def test_every_picture_of_every_run_can_be_read(
    case: str, drawn: list[Drawn], tmp_path: Path
) -> None:
    ensemble = CASES[case]()
    frames = frames_of(ensemble)
    names = pictures_of(frames, ensemble.scenario)
    assert names == list(NAMES)
    for name in names[2:]:  # the others have their own tests
        shown = of(name, frames, ensemble, drawn, tmp_path)
        assert_picture(tmp_path / "p.png")
        shown.assert_readable()
        shown.assert_legends_beside()


def place(name: str, p90: float | None, *, day: float = 1.0) -> dict[str, Any]:
    days = dict.fromkeys(("p10", "p50", "p80"), day) | {"p90": p90}
    dates = {f"{key}_date": None if x is None else MONDAY for key, x in days.items()}
    return {"sector": name, "area_ha": 1.0, "completed": 0.5, **days, **dates}


def test_the_latest_places_come_first_and_the_rest_is_counted(
    drawn: list[Drawn], tmp_path: Path
) -> None:
    ensemble = one_sector()
    frames = frames_of(ensemble)
    rows = [place(f"s{i}", float(i)) for i in range(1, 33)] + [place("never", None)]
    frames["sectors"] = pl.DataFrame(rows, infer_schema_length=None)
    shown = of("sectors", frames, ensemble, drawn, tmp_path)
    names = [label.get_text() for label in shown.figure.axes[0].get_yticklabels()]
    assert names == ["never", *(f"s{i}" for i in range(32, 3, -1))]
    assert any("and 3 more sectors in sectors.csv" in text for text in shown.words)
    assert "not by the horizon" in shown.words


def test_places_reach_from_p10_to_p90_with_their_deadlines(
    drawn: list[Drawn], tmp_path: Path
) -> None:
    region = {"region": "north"}
    ensemble = run(uncertain(sector=[region, {}], deadline=deadlines(12)), n=20)
    frames = frames_of(ensemble)
    axes = of("sectors", frames, ensemble, drawn, tmp_path).figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["no region", "north", "B", "A"]
    (row,) = frames["sectors"].filter(pl.col("sector") == "A").iter_rows(named=True)
    bar = axes.patches[names.index("A")]
    ends = bar.get_x(), bar.get_x() + bar.get_width()
    assert ends == pytest.approx((DAY_0 + row["p10"], DAY_0 + row["p90"]))
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert dots[names.index("A")].get_xdata()[0] == DAY_0 + row["p50"]
    assert [x.get_xdata()[0] for x in axes.lines if x.get_color() == ORANGE] == [DAY_0 + 13]


def test_years_show_the_parts_of_what_is_released_and_what_remains(
    drawn: list[Drawn], tmp_path: Path
) -> None:
    ensemble = surveyed()
    frames = frames_of(ensemble)
    shown = of("years", frames, ensemble, drawn, tmp_path)
    rows = frames["years"].filter(pl.col("by") == "campaign")
    upper, lower = shown.figure.axes
    for bars in lower.containers:
        (mine,) = (rows.filter(pl.col("quantity") == f"{bars.get_label()}_ha")["mean"],)
        assert [bar.get_height() for bar in bars] == pytest.approx(mine.to_list())
    assert [bars.get_label() for bars in lower.containers] == ["cleared", "reduced", "cancelled"]
    remaining = rows.filter(pl.col("quantity") == "remaining_ha")["p50"].to_list()
    assert upper.lines[0].get_ydata().tolist() == [400.0, *remaining]
    assert "2025 from 30 Jun on" in " ".join(shown.words)


def test_money_comes_in_the_year_of_its_tranche(drawn: list[Drawn], tmp_path: Path) -> None:
    ensemble = many_years()
    frames = frames_of(ensemble)
    shown = of("money", frames, ensemble, drawn, tmp_path)
    spent, came = shown.figure.axes[1].containers
    cost = frames["years"].filter((pl.col("by") == "fund") & (pl.col("name") == "grant"))["mean"]
    assert [bar.get_height() for bar in spent] == pytest.approx((cost / 1e6).to_list())
    heights = [bar.get_height() for bar in came]
    assert heights[0] == 2.0  # of before day 0, and of day 5
    assert heights[(MONDAY + dt.timedelta(days=4000)).year - MONDAY.year] == 1.0
    assert sum(heights) == 3.0  # the last would come after the horizon
    assert shown.line("received so far").get_ydata()[0] == 1.0
    assert any(text.startswith("grant, enough: ") for text in shown.words)


def test_there_are_no_pictures_of_what_is_not_there() -> None:
    ensemble = run(uncertain(), n=2)
    frames = tables(ensemble) | {"timelines": pl.DataFrame(schema=SCHEMA)}
    assert pictures_of(frames, ensemble.scenario) == ["completion", "progress", "sectors", "years"]


def test_many_payers_are_a_few_and_the_rest(drawn: list[Drawn], tmp_path: Path) -> None:
    funds = [
        {"name": f"f{i}", "roles": ["clearance"], "amount": 9.0, "share": 0.1} for i in range(10)
    ]
    ensemble = run(uncertain(crew=COSTS, money={"fund": funds}), n=2)
    found = of("money", frames_of(ensemble), ensemble, drawn, tmp_path).words
    assert "5 more" in found


def in_groups(n: int) -> pl.DataFrame:
    """Return timelines of groups: half of their crews wait."""
    rows = [
        (percentile, 0, f"group {g}", 0.0, 70.0, state, None, crews)
        for percentile in ("p10", "p50", "p90")
        for g in range(n)
        for state, crews in (("worked", 10.0 * g), ("waiting_for_land", 20.0 + g))
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_crews_of_groups_stand_above_each_other(drawn: list[Drawn], tmp_path: Path) -> None:
    ensemble = one_sector()
    frames = frames_of(ensemble) | {"timelines": in_groups(40)}
    shown = of("timelines", frames, ensemble, drawn, tmp_path)
    shown.assert_readable()
    assert any("and 24 more in timelines.csv" in text for text in shown.words)
    axes = shown.figure.axes[0]
    assert axes.get_yticklabels()[0].get_text() == "group 39 (449)"
    patches = {p.get_label(): p.get_path() for p in axes.patches if isinstance(p, PathPatch)}
    work, wait = (patches[what].vertices[:5, 1] for what in ("at work", "waiting for land"))
    assert work.min() == wait.max()  # the one begins where the other ends
    assert (work.max() - work.min()) / (wait.max() - wait.min()) == pytest.approx(
        240 / 44
    )  # of group 24


def test_each_stretch_of_a_crew_has_its_place(drawn: list[Drawn], tmp_path: Path) -> None:
    ensemble = run(build(sector=[{"area_ha": 3.0}, {"area_ha": 2.0, "opens": 6.0}]), n=1)
    shown = of("timelines", frames_of(ensemble), ensemble, drawn, tmp_path)
    patches = {p.get_label(): p.get_path() for p in shown.figure.axes[0].patches}
    ends = {what: sorted(set(path.vertices[:, 0] - DAY_0)) for what, path in patches.items()}
    assert ends == {
        "at work: A": [0.0, 3.0], "waiting for land": [3.0, 6.0], "at work: B": [6.0, 8.0]
    }  # fmt: skip
    title = "A typical campaign (P50): replication 0, complete on 7 Jul 2025"
    assert title in shown.words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a result with strange names."""
    ensemble, out = strange_names(), tmp_path_factory.mktemp("results") / "r"
    told_of = timelines(ensemble)
    return write_results(ensemble, out=out, engine="simpy", wall_s=0.0, campaigns=told_of)


def test_a_page_may_hold_every_picture_as_svg(folder: Path) -> None:
    results, ids = read_results(folder), list[str]()
    for name in PICTURES:
        svg = to_svg(name, results, description='What "it" <shows>')
        assert svg == to_svg(name, results, description='What "it" <shows>')
        root = ElementTree.fromstring(svg)
        kinds = {child.tag.rpartition("}")[2]: child for child in root}
        assert kinds["title"].text == PICTURES[name].title
        assert kinds["desc"].text == 'What "it" <shows>'
        own = re.findall(r'(?<=\bid=")[^"]+', svg)
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) <= set(own)
        ids += own
        assert "5 replications, seed 0" in " ".join(root.itertext())
        assert "width" not in root.attrib
        assert (folder / f"{name}.png").is_file()
    assert len(ids) == len(set(ids))
    assert all(each.split("-")[0] in PICTURES for each in ids)


def test_a_picture_from_a_folder_is_that_of_its_run(folder: Path, tmp_path: Path) -> None:
    results = read_results(folder)
    for name in ("progress", "timelines"):
        write_png(name, results.tables, subject(results), tmp_path / "p.png")
        assert (tmp_path / "p.png").read_bytes() == (folder / f"{name}.png").read_bytes()


def test_an_incomplete_run_says_so_in_every_picture(drawn: list[Drawn], tmp_path: Path) -> None:
    ensemble = completed_at(run(build(crew=COSTS), n=1), [10.0, None, 12.0])
    frames, about = frames_of(ensemble), Subject.of(ensemble)._replace(asked=9)
    for name in pictures_of(frames, ensemble.scenario):
        write_png(name, frames, about, tmp_path / "p.png")
        said = "INCOMPLETE: 3 of 9 replications, seed 0; 1 not complete by 25 Mar 2028"
        assert any(text.startswith(said) for text in drawn.pop().words)
