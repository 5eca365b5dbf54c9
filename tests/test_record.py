"""The record: what its rows mean, what is refused, and that no run depends on it."""

import datetime as dt
import math
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from build import MONDAY, build, law, plays
from conftest import Demine
from ensembles import run
from hypothesis import given, settings
from hypothesis import strategies as st
from keys import keys_of_forecasts
from test_scenario_files import schema_errors

from sim.errors import ScenarioError
from sim.results.storage import read_results, write_results
from sim.scenario.doubts import doubts_of_record
from sim.scenario.record import Record, Report
from sim.scenario.register import register
from sim.scenario.reports import read_record
from sim.scenario.scenario import FORECAST_ONLY, Scenario
from sim.scenario.variants import load_scenario, vary

JULY, AUGUST, SEPTEMBER = (dt.date(2025, month, 31 - month // 9) for month in (7, 8, 9))
LAND: Any = {
    "sector": [{"region": "North"}, {"region": "South"}, {"name": "fields", "count": 2}],
    "crew": [{"operator": "HALO"}],
}


def scenario(**record: Any) -> Scenario:
    return build(**LAND, record={"file": "unread.csv"} | record)


def written(folder: Path, text: str) -> Path:
    path = folder / "record.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def reports(tmp_path: Path) -> Any:
    """Return the reports of a CSV text."""

    def read(text: str, *, as_of: dt.date | None = None, **record: Any) -> tuple[Report, ...]:
        return read_record(scenario(**record), file=written(tmp_path, text), as_of=as_of)

    return read


@pytest.fixture
def refused(tmp_path: Path, reports: Any) -> Any:
    """Return what is said about a CSV text, its path left out."""

    def read(text: str, **stated: Any) -> list[str]:
        with pytest.raises(ScenarioError) as caught:
            reports(text, **stated)
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return read


# What rows mean


def test_a_row_states_a_total_and_its_own_amount_is_what_came_since(reports: Any) -> None:
    text = """date,released_ha,region,operator,bound,published,note
        2025-08-31,7.5,,,at_least,2025-09-10,two districts  missing
        2025-07-31,3,,,,,
        2025-09-30,10,,,exact,,
        2025-08-31,2,North,,,,
        2025-09-30,2.5,North,,at_most,,
        2025-07-31,4,,HALO,,,
    """
    fields = ("date", "kind", "name", "bound", "released_ha", "own_ha", "row")
    assert [tuple(getattr(r, name) for name in fields) for r in reports(text)] == [
        (JULY, "", "", "exact", 3, 3, 3),
        (JULY, "operator", "HALO", "exact", 4, 4, 7),
        (AUGUST, "", "", "at_least", 7.5, 4.5, 2),
        (AUGUST, "region", "North", "exact", 2, 2, 5),
        (SEPTEMBER, "", "", "exact", 10, 2.5, 4),
        (SEPTEMBER, "region", "North", "at_most", 2.5, 0.5, 6),
    ]
    late = reports(text)[2]
    assert (late.published, late.note) == (dt.date(2025, 9, 10), "two districts missing")
    assert reports(text)[0].published == JULY


@pytest.mark.parametrize(
    "text",
    [
        "date,released_ha\n2025-07-31,3.5\n",
        "\ufeffreleased_ha;date\r\n3,5;2025-07-31\r\n",
        "released_m2\tdate\n35000\t2025-07-31\n\n",
        "date|released_m2|sector|note\n 2025-07-31 | 3.5e4 | | \n",
    ],
)
def test_a_record_is_read_as_lists_of_areas_are(reports: Any, text: str) -> None:
    (report,) = reports(text)
    assert (report.date, report.released_ha, report.kind) == (JULY, 3.5, "")


def test_reports_may_be_of_the_first_and_the_last_day(tmp_path: Path) -> None:
    text = "date,released_ha,sector\n2025-06-30,1,fields 2\n2025-07-09,2,fields 2\n"
    ten_days = build(**LAND, campaign={"horizon_days": 10})
    first, last = read_record(ten_days, file=written(tmp_path, text))
    assert (first.date, last.name) == (MONDAY, "fields 2")


REVISED = """date,released_ha,published
2025-07-31,3,2025-08-05
2025-07-31,2,2025-09-10
2025-08-31,4,
2025-07-31,2.5,2025-09-01
"""


@pytest.mark.parametrize(
    ("day", "amounts"),
    [
        ("2025-08-05", [3]),
        ("2025-08-31", [3, 4]),
        ("2025-09-01", [2.5, 4]),
        ("2025-09-10", [2, 4]),
        (None, [2, 4]),
    ],
)
def test_what_is_published_later_replaces_from_that_day_on(
    reports: Any, day: str | None, amounts: list[float]
) -> None:
    last = dt.date.fromisoformat(day) if day else None
    assert [r.released_ha for r in reports(REVISED, as_of=last)] == amounts
    assert reports(REVISED, until=last) == reports(REVISED, as_of=last)
    assert reports(REVISED, as_of=last or JULY.max, until=MONDAY) == reports(REVISED, as_of=last)


def test_totals_may_fall_in_net_counts_and_under_upper_bounds(reports: Any) -> None:
    falling = "date,released_ha\n2025-07-31,3\n2025-08-31,2\n"
    assert [r.own_ha for r in reports(falling, counts="net")] == [3, -1]
    bounded = "date,released_ha,bound\n2025-07-31,3,at_most\n2025-08-31,2,\n"
    assert [r.own_ha for r in reports(bounded)] == [3, -1]
    revised = "date,released_ha,published\n2025-07-31,3,\n2025-08-31,2,\n2025-07-31,1,2025-09-01\n"
    assert [r.released_ha for r in reports(revised)] == [1, 2]


def test_a_report_without_an_amount_of_its_own_needs_an_error(reports: Any) -> None:
    text = "date,released_ha\n2025-07-31,0\n2025-08-31,2\n2025-09-30,2\n"
    assert [r.own_ha for r in reports(text, error_ha=0.1)] == [0, 2, 0]


PLACES = ((None, None), ("region", "North"), ("region", "South"), ("sector", "A"))
ROWS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(PLACES),
        st.integers(0, 3),
        st.sampled_from(["", "exact", "at_least", "at_most"]),
        st.integers(0, 9),
    ),
    unique_by=lambda row: row[:3],
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(rows=ROWS, data=st.data(), counts=st.sampled_from(["gross", "net"]))
def test_the_order_of_rows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], data: st.DataObject, counts: str
) -> None:
    folder = tmp_path_factory.mktemp("order")

    def read(some: list[Any]) -> Any:
        lines = ["date,released_ha,region,sector,bound,published"]
        for day, (kind, name), late, bound, amount in some:
            date = MONDAY + dt.timedelta(days=day)
            places = [name if kind == k else "" for k in ("region", "sector")]
            cells = [date, amount, *places, bound, date + dt.timedelta(days=late)]
            lines.append(",".join(map(str, cells)))
        path = written(folder, "\n".join(lines))
        try:
            found = read_record(scenario(counts=counts, error_ha=1), file=path)
        except ScenarioError as error:
            return len(error.problems)
        return [replace(report, row=0) for report in found]

    assert read(data.draw(st.permutations(rows))) == read(rows)


# What is refused


HEAD = "date,released_ha,region,sector,operator,bound,published,note\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2025-06-29,1,,,,,,", "'2025-06-29' in column date; allowed: a date from campaign.start on"
         " (2025-06-30)"),
        ("2028-03-26,1,,,,,,", "'2028-03-26' in column date; allowed: a day before the horizon"
         " (campaign.horizon_days = 1000)"),
        ("31.07.2025,1,,,,,,", "'31.07.2025' in column date; allowed: a date such as 2026-05-31"),
        ("20250731,1,,,,,,", "'20250731' in column date; allowed: a date such as 2026-05-31"),
        ("2025-02-30,1,,,,,,", "'2025-02-30' in column date; allowed: a date such as 2026-05-31"),
        (",1,,,,,,", "an empty cell in column date; allowed: a date such as 2026-05-31"),
        ("2025-07-31,1,,,,,2025-07-30,", "'2025-07-30' in column published; allowed: no day before"
         " the date of the report (2025-07-31)"),
        ("2025-07-31,1,,,,,soon,", "'soon' in column published; allowed: a date such as"
         " 2026-05-31"),
        ("2025-07-31,1,Nroth,,,,,", "'Nroth' in column region; allowed: a region of the scenario"
         " (did you mean North?)"),
        ("2025-07-31,1,,field 1,,,,", "'field 1' in column sector; allowed: a sector of the"
         " scenario (did you mean fields 1?)"),
        ("2025-07-31,1,,,HALA,,,", "'HALA' in column operator; allowed: an operator of its crews"
         " (did you mean HALO?)"),
        ("2025-07-31,1,North,A,,,,", "region and sector; allowed: at most one of region, sector,"
         " operator in a row"),
        ("2025-07-31,1,,,,atleast,,", "'atleast' in column bound; allowed: one of exact, at_least,"
         " at_most (did you mean at_least?)"),
        ("2025-07-31,-1,,,,,,", "'-1' in column released_ha; allowed: at least 0 and at most"
         " 100000000000"),
        ("2025-07-31,1e300,,,,,,", "'1e300' in column released_ha; allowed: at least 0 and at most"
         " 100000000000"),
        ("2025-07-31,nan,,,,,,", "'nan' in column released_ha; allowed: a number such as 1200.5,"
         " its thousands not set apart"),
        ("2025-07-31,,,,,,,", "an empty cell in column released_ha; allowed: a number such as"
         " 1200.5, its thousands not set apart"),
        ("2025-07-31,1,,,,,," + 1001 * "x", "'" + 76 * "x" + "... in column note; allowed: at most"
         " 1000 printable characters"),
        ("2025-07-31,1,,,,,,,more", "9 cells; allowed: the 8 of the first row (texts with the"
         " delimiter in quotes)"),
        ("2025-07-31,0,,,,,,", "0 ha by 2025-07-31, nothing since the report before it or day 0: no"
         " error; allowed: an amount of its own, or record.error_ha above 0"),
    ],
)  # fmt: skip
def test_a_row_is_refused_with_what_was_found_and_what_is_allowed(
    refused: Any, row: str, said: str
) -> None:
    assert refused(f"{HEAD}{row}\n") == [f"record.csv, row 2: found {said}"]


ALLOWED = "; allowed: some of date, released_ha, released_m2, region, sector, operator, bound,"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["record.csv, row 1: found no names of columns; allowed: a first row that names the"
              " columns"]),
        (HEAD, ["record.csv: found no row; allowed: at least one report"]),
        ("date,released_ha,boud\n", [f"record.csv, row 1: found an unknown column 'boud'{ALLOWED}"
                                     " published, note (did you mean bound?)"]),
        ("date,released_ha,date\n", ["record.csv, row 1: found the column date 2 times; allowed: a"
                                     " column once"]),
        ("released_ha\n1\n", ["record.csv, row 1: found no column date; allowed: the date of each"
                              " report"]),
        ("date\n2025-07-31\n", ["record.csv, row 1: found no column for the amount; allowed:"
                                " exactly one of released_ha, released_m2"]),
        ("date,released_ha,released_m2\n", ["record.csv, row 1: found released_ha and released_m2;"
                                            " allowed: exactly one of released_ha, released_m2"]),
    ],
)  # fmt: skip
def test_a_file_is_refused_as_a_whole(refused: Any, text: str, said: list[str]) -> None:
    assert refused(text) == said


def test_two_values_of_one_day_place_and_publication_are_refused(refused: Any) -> None:
    text = "date,released_ha,bound,published\n2025-07-31,3,,\n2025-07-31,4,at_most,2025-07-31\n"
    assert refused(text) == [
        "record.csv, row 3: found a second value for 2025-07-31 and the place of row 2; allowed:"
        " one, or another day in column published"
    ]


@pytest.mark.parametrize("before", ["exact", "at_least"])
@pytest.mark.parametrize("after", ["exact", "at_least", "at_most"])
def test_gross_totals_that_fall_are_refused(refused: Any, before: str, after: str) -> None:
    rows = f"2025-08-31,2,{after},North\n2025-07-31,3,{before},North\n2025-08-31,2,exact,South\n"
    assert refused(f"date,released_ha,bound,region\n{rows}") == [
        "record.csv, row 2: found 2 ha by 2025-08-31, and row 3 has 3 ha before that; allowed: a"
        ' total that does not fall (it may with record.counts = "net")'
    ]


def test_every_problem_of_a_record_is_said_at_once(refused: Any) -> None:
    rows = "2025-13-31,x,Nroth,,,atleast,,\n2025-07-31,5,,,,,,\n2025-08-31,4,,,,,,\n"
    said = refused(HEAD + rows)
    assert [line.partition(":")[0] for line in said] == 4 * ["record.csv, row 2"] + [
        "record.csv, row 4"
    ]
    many = "".join(f"2025-07-{1 + i % 9:02},x,,,,,,\n" for i in range(300))
    assert refused(HEAD + many)[-1] == (
        "record.csv, row 102: found more than 100 problems; allowed: none; only the first are told"
    )


def test_a_record_of_which_nothing_is_in_force_is_refused(refused: Any) -> None:
    (said,) = refused(REVISED, as_of=dt.date(2025, 8, 4))
    assert said == (
        "record.csv: found no report published by 2025-08-04, and the first on 2025-08-05; allowed:"
        " at least one in force (record.until, as_of)"
    )
    assert refused(REVISED, until=dt.date(2025, 8, 4)) == [said]


@pytest.mark.parametrize("name", ["absent.csv", ".", "zero\0byte.csv", "x" * 5000])
def test_a_record_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScenarioError, match="allowed: a readable record"):
        read_record(scenario(), file=tmp_path / name)


def test_no_record_at_all_is_refused_by_its_key() -> None:
    with pytest.raises(ScenarioError, match=r"test: record\.file: found nothing"):
        read_record(build())


# What is doubted


@pytest.mark.parametrize(
    ("row", "land"), [("81,,", "40"), ("21,North,", "10"), ("21,,fields 2", "10"), ("80,,", "")]
)
def test_more_than_twice_the_land_is_doubted(reports: Any, row: str, land: str) -> None:
    found = reports(f"date,released_ha,region,sector\n2025-07-31,1,,\n2025-08-31,{row}\n")
    amount = row.partition(",")[0]
    why = f"{amount} ha in row 3, and {land} ha that there can be there: is the unit the right one?"
    expected = [f"record.file states {why}"] if land else []
    assert list(map(str, doubts_of_record(scenario(), found))) == expected


def test_land_without_an_end_is_doubted_too(reports: Any) -> None:
    vague = build(sector={"area_ha": law("lognormal", mean=10, cv=0.2)}, growth={"share": 0.5})
    most = float(vague.sector[0].area.quantile(0.9999)) * 1.5
    for amount, doubted in ((2.01 * most, True), (1.99 * most, False)):
        found = reports(f"date,released_ha\n2025-07-31,{amount}\n")
        assert bool(list(doubts_of_record(vague, found))) == doubted


# The table, and that no run depends on it


def test_the_defaults_are_a_tenth_of_the_amount_without_bias_and_student() -> None:
    record = scenario().record
    assert record == Record(file="unread.csv")
    assert record
    assert (record.error_ha, record.error_share, record.bias_share) == (0, 0.1, 0)
    assert (record.tails, record.until, record.counts) == (4, None, "gross")
    assert scenario(tails=math.inf).record == Record(file="unread.csv", tails=math.inf)


OTHER = {
    "record.file": "other.csv",
    "record.error_ha": 2.0,
    "record.error_share": 0.2,
    "record.bias_share": 0.05,
    "record.tails": math.inf,
    "record.until": dt.date(2025, 9, 1),
    "record.counts": "net",
}


def test_the_keys_that_only_a_forecast_reads_are_those_of_the_record() -> None:
    assert set(OTHER) == set(keys_of_forecasts())
    assert {"record"} == FORECAST_ONLY


@pytest.mark.parametrize("key", OTHER)
def test_a_key_of_the_record_makes_another_record_and_no_other_scenario(key: str) -> None:
    base = scenario()
    other = vary(base, settings={key: OTHER[key]})
    assert other.record != base.record
    assert other.digest() == base.digest() == build(**LAND).digest()
    assert plays(other, n=2) == plays(build(**LAND), n=2)


def test_a_result_holds_no_record_and_keeps_the_note_on_it(tmp_path: Path) -> None:
    stated = build(**LAND, record={"file": "x.csv", "tails": 9}, notes={"record.tails": "a guess"})
    write_results(run(stated, n=3), out=tmp_path / "r", engine="simpy", wall_s=0.0)
    again = read_results(tmp_path / "r").scenario
    assert again == stated
    assert (again.record, "record" in stated.resolved()) == (None, False)
    assert register(again) == register(stated)
    assert vary(again, settings={"sector.A.area_ha": 5}).notes == stated.notes
    with pytest.raises(ScenarioError, match=r"did you mean record\.tails\?"):
        vary(again, settings={'notes."record.tail"': "x"})


FILE = """
[campaign]
name = "x"
start = 2025-06-30
horizon_days = 100
[[sector]]
name = "a"
area_ha = 1
[[crew]]
name = "b"
role = "clearance"
count = 1
rate_ha_per_day = 1
"""
TOLD = '[record]\nfile = "record.csv"\n'


def test_the_path_of_a_record_is_relative_to_the_file_that_states_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "base.toml").write_text(FILE + TOLD, encoding="utf-8")
    written(tmp_path / "below", "date,released_ha\n2025-07-31,1\n")
    own = tmp_path / "own.toml"
    own.write_text('extends = "below/base.toml"\n[record]\ntails = 9\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for path in (Path("own.toml"), own):
        (report,) = read_record(load_scenario(path))
        assert report.released_ha == 1
    set_anew = load_scenario(own, settings={"record.file": "other.csv"})
    assert set_anew.record == Record(file="other.csv", tails=9)
    own.write_text('extends = "below/base.toml"\nremove = ["record"]\n', encoding="utf-8")
    assert load_scenario(own).record is None


def test_check_reads_the_record_and_says_all_that_is_wrong(demine: Demine, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(FILE + TOLD, encoding="utf-8")
    written(tmp_path, "date,released_ha\n2025-07-31,1\n2025-08-31,3\n")
    code, out, err = demine("check", "own.toml")
    assert (code, out) == (0, "own.toml: valid (1 sectors, about 1 ha, about 1 crews, 2 reports)\n")
    assert "warning: own.toml: record.file states 3 ha in row 3, and 1 ha that" in err
    shown = tomllib.loads(demine("check", "own.toml", "--show")[1])
    assert shown["record"]["file"] == "record.csv"
    written(tmp_path, "date,released_ha\n2025-07-31,1\n2025-08-31,x\n2025-08-31,-3\n")
    code, out, err = demine("check", "own.toml")
    assert (code, out) == (2, "")
    assert [line.partition(": found")[0] for line in err.splitlines()] == [
        "error: record.csv, row 3", "error: record.csv, row 4"
    ]  # fmt: skip
    (tmp_path / "record.csv").unlink()
    assert demine("run", "own.toml", "--replications", "2", "--quiet")[0] == 0


def test_the_json_schema_asks_for_the_file_of_a_record_alone() -> None:
    assert schema_errors(FILE + TOLD + "tails = 1\nuntil = 2025-09-01\n") == []
    assert schema_errors(FILE + "[record]\ntails = 3\n") != []
    assert schema_errors('extends = "base.toml"\n[record]\ntails = 3\n') == []
    assert schema_errors(FILE + TOLD + "tails = 0.5\n") != []


def test_the_json_schema_takes_tranches_without_a_name() -> None:
    fund = '[[money.fund]]\nname = "f"\ntranches = [{ from = 2026-01-01, amount = 5 }]\n'
    assert schema_errors(FILE + fund) == []
