"""The report of a result: one page and one workbook, which say what the CSV files say."""

import datetime as dt
import math
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import tomli_w
from build import Tree, build, law, tree
from ensembles import run
from pages import ReadTable, fields_of, tables_of, tags_of

from sim.cli import cli
from sim.results.page import money
from sim.results.page.html import html
from sim.results.page.part import Column, Part, plain_table, shown
from sim.results.page.run import Run
from sim.results.page.workbook import sheet_names, workbook
from sim.results.storage import read_results, write_results
from sim.results.words import words as in_words
from sim.scenario.register import register
from sim.scenario.validation import validate

Demine = Callable[..., tuple[int, str, str]]
HOSTILE = "<script>alert(1)</script> & =1+1"
CAMPAIGN = {
    "name": "owed",
    "title": HOSTILE,
    "unit": "m2",
    "start": dt.date(2025, 10, 1),
    "horizon_days": 40.0,
}
DEADLINES = [
    {"name": "all <b>", "date": dt.date(2025, 10, 20)},
    {"name": "north", "date": dt.date(2025, 10, 9), "regions": ["North"]},
]


def owed() -> Tree:
    """Return a campaign with all that a report has words for."""
    crew = {"operator": "ours", "cost_per_day": 1000.0, "rate_ha_per_day": 1.0}
    return tree(
        campaign=CAMPAIGN,
        sector=[{"region": "North", "area_ha": 8.0}, {"area_ha": 12.0}],
        crew=[crew, crew | {"operator": "theirs"}],
        factors={"rate": law("lognormal", mean=0.9, cv=0.5)},
        deadline=DEADLINES,
        money={"fund": [{"name": "grant <u>", "roles": ["clearance"], "amount": 25e3}]},
        notes={"crew.c0.cost_per_day": "pay of <i>2024</i>"},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a run, some campaigns of which are not complete."""
    place = tmp_path_factory.mktemp("results") / "owed"
    write_results(run(validate(owed(), file="owed"), n=30), out=place, engine="simpy", wall_s=0.0)
    return place


@pytest.fixture(scope="module")
def experiments(folder: Path) -> list[str]:
    """Results of experiments on the same scenario, beside that of the run."""
    file = folder.parent / "owed.toml"
    file.write_text(tomli_w.dumps(owed()), encoding="utf-8")
    few = [str(file), "--quiet", "--jobs", "1", "--replications"]
    asked = {
        "explain": ["4"],
        "compare": ["8", "--variant", "two:crew.c0.count=2"],
        "sweep": ["8", "--vary", "crew.c0.count=1,2"],
        "plan": ["16", "--deadline", "north", "--vary", "crew.c0.count=1:2", "--most", "32"],
    }
    places = {name: str(folder.parent / f"owed-{name}") for name in asked}
    for name, words in asked.items():
        cli.main([name, *few, *words, "--out", places[name]], standalone_mode=False)
    return list(places.values())


def checked(tables: list[ReadTable], folders: list[Path]) -> Iterator[str]:
    """Yield the file of each cell that stands in one, which has to have the same field there."""
    files = {f"{f.name}/{path.name}": fields_of(path) for f in folders for path in f.glob("*.csv")}
    for table in tables:
        for row in table.rows:
            for cell in row:
                if cell.at is not None:
                    number, column = cell.at.split(":", 1)
                    assert cell.exact == files[table.source][int(number)][column], cell
                    yield table.source


def test_every_cell_of_the_page_is_the_field_of_its_file(
    demine: Demine, folder: Path, experiments: list[str]
) -> None:
    code, _, err = demine("report", str(folder), *experiments, "--out", "page.html")
    assert (code, err) == (0, "")
    tables = tables_of(Path("page.html").read_text(encoding="utf-8"))
    cells = list(checked(tables, [folder, *map(Path, experiments)]))
    assert len(cells) > 400
    names = {"summary", "progress", "years", "regions", "operators", "sectors", "crew_time"}
    seen = {f"owed/{name}.csv" for name in (*names, "replications")}
    seen |= {f"owed-{name}/{name}.csv" for name in ("explain", "compare", "sweep", "plan")}
    assert set(cells) == seen


def test_every_cell_of_the_workbook_is_what_the_page_says(
    demine: Demine, folder: Path, experiments: list[str]
) -> None:
    words = ("--out", "page.html", "--xlsx", "book.xlsx")
    assert demine("report", str(folder), *experiments, *words)[0] == 0
    tables = tables_of(Path("page.html").read_text(encoding="utf-8"))
    book = openpyxl.load_workbook("book.xlsx")
    first, *sheets = book.worksheets
    assert len(sheets) == len(tables)
    told = {row[0].value: row for row in first.iter_rows(min_row=5)}
    assert list(told) == [sheet.title for sheet in sheets]
    by_caption = {t.caption.removesuffix(t.source).strip(): t for t in tables}
    compared = 0
    for sheet in sheets:
        title = str(told[sheet.title][1].value).split(": ", 1)[1]
        table = by_caption[title.strip()]
        for row, cells in zip(table.rows, sheet.iter_rows(min_row=2), strict=True):
            heads = [str(cell.value) for cell in next(sheet.iter_rows(max_row=1))]
            days = [i for i, head in enumerate(heads) if "(days since the start)" in head]
            exact = [cell for i, cell in enumerate(cells) if i + 1 not in days]
            for read, cell in zip(row, exact, strict=True):
                assert cell.data_type != "f", cell.value
                if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                    assert float(read.exact) == pytest.approx(cell.value, rel=1e-15)
                    compared += 1
                elif cell.is_date:
                    assert str(cell.value.date()) == read.exact
                elif cell.value is None:
                    assert read.exact == ""
    assert compared > 200


def test_what_a_scenario_says_is_shown_and_not_run(demine: Demine, folder: Path) -> None:
    demine("report", str(folder), "--out", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt; &amp; =1+1</h1>" in page
    tags = tags_of(page)
    assert tags.count("script") == 1  # its own
    assert not {"b", "i", "img", "iframe", "object"} & set(tags)
    assert "http-equiv" in page
    for word in ("src=", "url(http", "@import"):
        assert word not in page


def test_the_page_answers_and_says_what_is_not_known(demine: Demine, folder: Path) -> None:
    demine("report", str(folder), "--out", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    for words in (
        "Deadline “all &lt;b&gt;”",
        "The fund “grant &lt;u&gt;” is enough",
        "no source",
        "pay of &lt;i&gt;2024&lt;/i&gt;",
        "What is left out?",
        "nothing was simulated for it",
        "(m²)",
    ):
        assert words in page


def test_no_more_land_is_promised_than_there_is(demine: Demine, tmp_path: Path) -> None:
    owed_land = build(
        campaign={"parcel_ha": 41.8, "horizon_days": 2.5},
        sector={"area_ha": 125.4},
        crew={"rate_ha_per_day": 41.8},
        deadline=[{"name": "all", "date": dt.date(2025, 7, 1)}],
    )
    place = tmp_path / "short"
    write_results(run(owed_land, n=4), out=place, engine="simpy", wall_s=0.0)
    demine("report", str(place), "--out", "short.html")
    page = Path("short.html").read_text(encoding="utf-8")
    assert page.count("at least 83 ha") == 2  # 83.6 ha at the deadline's date and at the horizon


def test_the_years_of_the_terminal_stand_on_the_page(demine: Demine) -> None:
    Path("owed.toml").write_text(tomli_w.dumps(owed()), encoding="utf-8")
    few = (
        "--replications",
        "9",
        "--engine",
        "simpy",
        "--jobs",
        "1",
        "--set",
        "campaign.horizon_days=140",
    )
    out = demine(
        "run",
        "owed.toml",
        *few,
        "--set",
        'factors.rate={dist="uniform", low=0.08, high=0.12}',
        "--report",
    )[1]
    told = out.split("How much in which year?")[1].splitlines()[2:4]
    tables = tables_of(Path("results/owed-report.html").read_text(encoding="utf-8"))
    shown: dict[str, set[str]] = {}
    for table in tables:
        if table.caption.startswith(("Land in each year", "Cost by year")):
            for row in table.rows:
                cells = shown.setdefault(row[0].shown, set())
                cells |= {cell.shown for cell in row}
    for line in told:
        year, *numbers = re.split(r"  +", line.strip())
        assert len(numbers) == 6
        assert shown[year[:4]].issuperset({*numbers} - {"0"})


def test_the_chance_of_date_and_budget_is_counted_campaign_by_campaign(folder: Path) -> None:
    results = read_results(folder)
    first = results.scenario.deadline[0]
    both = sum(
        row["completion_date"] != ""
        and row["completion_date"] <= str(first.date)
        and float(row["cost"]) <= 25e3
        for row in fields_of(folder / "replications.csv")
    )
    assert 0 < both < 30
    assert money.both(Run(folder, results), first) == both / 30
    assert money.both(Run(folder, results), results.scenario.deadline[1]) is None


def test_experiments_have_their_pictures(
    demine: Demine, folder: Path, experiments: list[str]
) -> None:
    demine("report", str(folder), *experiments, "--out", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "could not be drawn" not in page
    for name in ("explain-1", "compare-2", "plan-3", "sweep-4"):
        (words,) = re.findall(rf'<section id="{name}".*?</section>', page, re.DOTALL)
        assert words.count("<svg") == words.count("</desc>") == 1


def test_a_start_that_is_varied_is_the_one_that_days_are_counted_from(demine: Demine) -> None:
    Path("s.toml").write_text(tomli_w.dumps(tree()), encoding="utf-8")
    few = ("--quiet", "--jobs", "1", "--engine", "simpy", "--replications", "1")
    demine("run", "s.toml", *few, "--out", "run")
    starts = "campaign.start=2025-06-30,2025-05-31"
    demine("sweep", "s.toml", *few, "--vary", starts, "--out", "sweep")
    assert demine("report", "run", "sweep", "--xlsx", "book.xlsx")[0] == 0
    (table,) = (
        t for t in tables_of(Path("run-report.html").read_text()) if t.source == "sweep/sweep.csv"
    )
    late, early = (row[1].shown for row in table.rows)
    assert (late, early) == ("9 Jul 2025", "9 Jun 2025")
    dates = [row[1] for row in openpyxl.load_workbook("book.xlsx")["Points"].values][1:]
    assert [date.date() for date in dates] == [dt.date(2025, 7, 9), dt.date(2025, 6, 9)]
    assert 'data-order="-20.0"' in Path("run-report.html").read_text()  # 10 days, 30 days before


def test_money_that_comes_is_spent_and_is_missing_by_hand(tmp_path: Path) -> None:
    tranches = [
        {"from": dt.date(2025, 6, 30), "amount": 20e3},
        {"from": dt.date(2026, 3, 1), "amount": law("uniform", low=5e3, high=15e3)},
    ]
    scenario = build(
        campaign={"horizon_days": 900.0},
        sector={"area_ha": 400.0},
        crew={"cost_per_day": 100.0},
        money={"fund": [{"name": "f", "roles": ["clearance"], "tranches": tranches}]},
    )
    write_results(run(scenario, n=2), out=tmp_path / "f", engine="simpy", wall_s=0.0)
    part = money.money(Run(tmp_path / "f", read_results(tmp_path / "f")))
    assert part is not None
    (table,) = (each for each in part.tables if each.title.startswith("What comes"))
    assert [[cell.value for cell in row] for row in table.rows] == [
        ["f", 2025, 20e3, 18_500.0, 1500.0],  # 185 days from 30 June on
        ["f", 2026, 10e3, 21_500.0, -10_000.0],
    ]
    assert table.rows[1][-1].shown.replace("\u202f", " ") == "-10 000"
    assert "what is expected" in table.remark


def test_when_crews_do_what_is_told_in_dates(demine: Demine) -> None:
    Path("owed.toml").write_text(tomli_w.dumps(owed()), encoding="utf-8")
    few = ("--replications", "4", "--engine", "simpy", "--jobs", "1")
    demine("run", "owed.toml", *few, "--out", "owed")
    demine("report", "owed", "--out", "page.html", "--xlsx", "book.xlsx")
    tables = tables_of(Path("page.html").read_text(encoding="utf-8"))
    (table,) = (each for each in tables if each.source == "owed/timelines.csv")
    stretches = fields_of(Path("owed") / "timelines.csv")[: len(table.rows)]
    start = CAMPAIGN["start"]
    assert isinstance(start, dt.date)
    expected = [
        [
            in_words(start + dt.timedelta(days=math.floor(float(row["from_day"])))),
            in_words(start + dt.timedelta(days=math.ceil(float(row["until_day"])) - 1)),
        ]
        for row in stretches
    ]
    assert [[cell.shown for cell in row[2:4]] for row in table.rows] == expected
    rows = list(openpyxl.load_workbook("book.xlsx")["stretches of time"].values)[1:]
    assert [[in_words(x.date()) for x in (row[2], row[4])] for row in rows] == expected


def test_a_file_that_is_not_the_report_is_left_alone(demine: Demine, folder: Path) -> None:
    page = Path("page.html")
    page.write_text("mine")
    code, _, err = demine("report", str(folder), "--out", "page.html")
    assert (code, page.read_text()) == (1, "mine")
    assert "--force" in err
    assert demine("report", str(folder), "--out", "page.html", "--force")[0] == 0
    assert demine("report", str(folder), "--out", "page.html")[0] == 0  # its own
    page.write_bytes(page.read_bytes().replace(b"The answer", b"My answer"))
    assert demine("report", str(folder), "--out", "page.html")[0] == 1
    Path("book.xlsx").write_text("mine")
    words = ("--out", "other.html", "--xlsx", "book.xlsx")
    code, _, err = demine("report", str(folder), *words)
    assert (code, Path("book.xlsx").read_text()) == (1, "mine")
    assert not Path("other.html").exists()
    assert "book.xlsx" in err


def test_the_page_of_another_scenario_is_replaced_by_force_only(
    demine: Demine, folder: Path
) -> None:
    write_results(run(build(), n=2), out=Path("other"), engine="simpy", wall_s=0.0)
    assert demine("report", "other", "--out", "page.html")[0] == 0
    code, _, err = demine("report", str(folder), "--out", "page.html")
    assert code == 1
    assert "another scenario" in err


def test_results_that_do_not_belong_together_are_refused_or_labelled(
    demine: Demine, folder: Path, experiments: list[str]
) -> None:
    write_results(run(build(), n=2), out=Path("other"), engine="simpy", wall_s=0.0)
    for words, found in (
        (["other", experiments[0]], "is about the campaign 'owed'"),
        ([experiments[0]], "exactly one"),
        ([str(folder), "other"], "exactly one"),
        ([str(folder), str(folder)], "given twice"),
        ([str(folder / "nothing")], "there is no such folder"),
    ):
        code, _, err = demine("report", *words)
        assert code == 1
        assert found in err
    few = ("--quiet", "--jobs", "1", "--vary", "crew.c0.count=1,2", "--out", "sweep")
    settings = ("--replications", "8", "--set", "sector.A.area_ha=9", "--seed", "1")
    assert demine("sweep", str(folder.parent / "owed.toml"), *few, *settings) == (0, "", "")
    demine("report", str(folder), "sweep", "--out", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "another version of the scenario" in page
    assert "another seed" in page


def test_a_damaged_experiment_is_told(demine: Demine, folder: Path, experiments: list[str]) -> None:
    shutil.copytree(experiments[0], "explain")
    table = Path("explain") / "explain.csv"
    table.write_text(table.read_text() + "more")
    code, _, err = demine("report", str(folder), "explain")
    assert code == 1
    assert "explain.csv is not the file that was written" in err


def test_a_run_makes_its_report_at_once(demine: Demine) -> None:
    Path("owed.toml").write_text(tomli_w.dumps(owed()), encoding="utf-8")
    words = ("run", "owed.toml", "--replications", "4", "--engine", "simpy", "--jobs", "1")
    code, out, err = demine(*words, "--report")
    assert (code, err) == (0, "")
    assert "Report: results/owed-report.html" in out
    assert demine(*words, "--report", "--quiet")[0] == 0
    Path("results/owed-report.html").write_text("mine")
    assert demine(*words, "--report", "--force", "--seed", "1")[0] == 0
    Path("results/owed-report.html").write_text("mine")
    assert demine(*words, "--report", "--seed", "1")[0] == 1  # told before anything is simulated


def test_texts_that_look_like_formulas_are_texts_in_a_workbook(tmp_path: Path) -> None:
    scenario = build()
    rows = [["=1+1", 2], ["https://example.org", None], ["@x", 0.5]]
    columns = [Column("=head"), Column("n", "number")]
    table = plain_table("[a]:*?/\\", columns, rows, scenario=scenario)
    (tmp_path / "x.xlsx").write_bytes(
        workbook([Part("x", "X", tables=(table,))], scenario=scenario)
    )
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").worksheets[1]
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert values == [["=head", "n"], ["=1+1", 2], ["https://example.org", None], ["@x", 0.5]]
    assert all(cell.data_type != "f" and not cell.hyperlink for row in sheet for cell in row)


def test_sheets_have_names_that_spreadsheets_take() -> None:
    names = sheet_names(["a" * 40, "A" * 40, "What is what", "'x'", "[]:*?/\\", "history"])
    assert len({name.casefold() for name in names}) == len(names)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
    assert "What is what" not in names


def test_the_same_report_is_the_same_bytes(folder: Path, demine: Demine) -> None:
    for name in ("a", "b"):
        demine("report", str(folder), "--out", f"{name}.html", "--xlsx", f"{name}.xlsx")
    assert Path("a.html").read_bytes() == Path("b.html").read_bytes()
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("area", 1.23456, "12 346"),
        ("share", 0.5, "50 %"),
        ("share", 0.0123, "1.2 %"),
        ("change", -3.04, "-3.0"),
        ("points", 0.275, "+27.5"),
        ("number", 0.0001, "under 0.001"),
        ("number", 1234.5, "1 234"),
        ("money", -2.5e6, "-2.5 million"),
        ("day", 16.0, "15 Jul 2025"),
        ("begin", 16.0, "16 Jul 2025"),
        ("begin", 15.5, "15 Jul 2025"),
        ("year", 2026, "2026"),
    ],
)
def test_a_value_is_shown_as_a_person_reads_it(kind: str, value: float, words: str) -> None:
    scenario = build(campaign={"unit": "m2"})
    said = shown(value, Column("x", kind), scenario)  # type: ignore[arg-type]
    assert said.replace("\u202f", " ") == words


def test_a_cell_promises_no_more_than_the_sentence() -> None:
    least = Column("80 % sure: at least", "area")
    assert shown(105.9991, least, build()) == "105"
    assert shown(105.9991, Column("As likely as not", "area"), build()) == "106"


def test_a_note_on_a_table_stands_for_all_in_it() -> None:
    scenario = build(
        crew={"people": 5, "cost_per_day": 7.0},
        notes={"crew.c0": "all of it", "crew.c0.people": "counted"},
    )
    found = {entry.key: (entry.note, entry.about) for entry in register(scenario)}
    assert found["crew.c0.people"] == ("counted", "crew.c0.people")
    assert found["crew.c0.cost_per_day"] == ("all of it", "crew.c0")
    assert found["sector.A.area_ha"] == ("", "")
    assert "crew.c0.hours" not in found


def test_whether_work_goes_on_without_money_is_never_left_out() -> None:
    fund = {"name": "grant", "roles": ["clearance"], "amount": 1.0}
    found = {entry.key: entry.value for entry in register(build(money={"fund": [fund]}))}
    assert found["money.when_spent"] == "continue"


def test_long_lists_of_land_are_told_together() -> None:
    from sim.results.page.assumptions import _rows  # noqa: PLC0415 # what the register shows

    sectors = [{"area_ha": float(1 + i % 3)} for i in range(20)]
    scenario = build(sector=sectors, notes={"sector.T.area_ha": "measured"})
    rows = [row for row in _rows(scenario, register(scenario), {}) if row[1] == "area"]
    assert [row[0] for row in rows] == ["sector, 19 of them", "sector T"]
    assert rows[0][2] == "1 ha; 2 ha; 3 ha"
    assert [row[-1] for row in rows] == ["no source", "measured"]


def test_a_page_is_sealed_to_the_last_byte() -> None:
    from sim.results.page.html import is_of, is_sealed  # noqa: PLC0415 # beside what it tests

    page = html([Part("x", "X", words=("a",))], scenario=build())
    assert is_sealed(page)
    assert is_of(page, build())
    assert not is_of(page, build(sector={"area_ha": 11.0}))
    assert not is_sealed(page.replace(b"<p>a</p>", b"<p>b</p>"))
    assert not is_sealed(page + b"\n")
    assert not is_sealed(b"")


SPARSE: dict[str, tuple[Tree, int, int]] = {
    "one campaign": ({}, 1, 1),
    "never complete": ({"campaign": {"horizon_days": 3.0}}, 4, 4),
    "stopped": ({}, 3, 9),
    "long list": ({"sector": {"area_ha": 0.1, "count": 320}}, 3, 3),
    "restored": (
        {
            "crew": [{"cost_per_day": 5.0}, {"role": "restoration", "cost_per_day": 1.0}],
            "restoration": {"share": 0.5},
        },
        4,
        4,
    ),
    "no deadline can be known": (
        {
            "campaign": {"horizon_days": 9.0},
            "crew": {"cost_per_day": 5.0},
            "money": {"fund": [{"name": "f", "roles": ["clearance"], "amount": 20.0}]},
            "deadline": [{"name": "far", "date": dt.date(2026, 1, 1)}],
        },
        4,
        4,
    ),
}


@pytest.mark.parametrize("name", SPARSE)
def test_what_is_not_known_or_not_there_makes_a_page_too(name: str, demine: Demine) -> None:
    tables, n, asked = SPARSE[name]
    ensemble = run(build(**tables), n=n, asked=asked)
    write_results(ensemble, out=Path("small"), engine="simpy", wall_s=0.0)
    assert demine("report", "small", "--xlsx", "book.xlsx") == (
        0,
        "Report: small-report.html\nWorkbook: book.xlsx\n",
        "",
    )
    page = Path("small-report.html").read_text(encoding="utf-8")
    assert list(checked(tables_of(page), [Path("small")]))
    assert "could not be drawn" not in page
    assert ("the run was stopped: this is about 3 of 9" in page) == (name == "stopped")
    assert ("The 300 that are latest; 20 more are in the file." in page) == (name == "long list")
    assert ("<summary>Sectors: 300 rows</summary>" in page) == (name == "long list")
    assert ("nan" in page.lower().split()) is False


def test_without_xlsxwriter_the_message_says_what_to_install(
    demine: Demine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.results.manifest.version_of", lambda _: None)
    code, _, err = demine("report", str(folder), "--out", "page.html", "--xlsx", "book.xlsx")
    assert code == 1
    assert 'pip install "demine[xlsx]"' in err
    assert not Path("page.html").exists()
