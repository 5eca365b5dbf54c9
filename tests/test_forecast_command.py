"""`demine forecast`: what it leaves, what it says, and that it goes on where it was stopped."""

import json
import math
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import Demine
from keys import keys_of_forecasts

import sim.experiments.study
import sim.results.pictures.gallery
from sim import forecast, load_scenario, read_record, read_results, tables, vary
from sim.experiments.forecast import table
from sim.experiments.forecast.before import PICTURES
from sim.experiments.forecast.forecast import Forecast
from sim.experiments.forecast.given import recipes_of
from sim.experiments.forecast.rates import rates_of
from sim.outcome import Ensemble
from sim.results.csv import from_csv, to_csv
from sim.running.run import run
from sim.running.timelines import replication_at, timelines
from sim.sampling.recipes import Given
from sim.statistics.summary import completion_days
from sim.statistics.weights import smoothed

SMALL = """
[campaign]
name = "small"
start = 2025-06-30
horizon_days = 200
hours_per_day = 1
parcel_ha = 1
[[deadline]]
name = "autumn"
date = 2025-10-31
[[deadline]]
name = "North"
date = 2025-12-31
regions = ["North"]
[[sector]]
name = "a"
region = "North"
area_ha = { dist = "uniform", low = 20, high = 30 }
[[sector]]
name = "b"
area_ha = 20
exposure = 1
opens = { dist = "uniform", low = 20, high = 60 }
[[crew]]
name = "c"
role = "clearance"
count = 2
rate_ha_per_day = { dist = "lognormal", mean = 0.2, cv = 0.3 }
[shelling]
regimes = [{ name = "always", attacks_per_24h = 0.2, mean_days = 1000 }]
stop_hours = 1
recontaminated_parcels = 0.5
recontamination_effort = 1
"""
TOLD = '[record]\nfile = "record.csv"\nerror_ha = 5\n'
RECORD = """date,released_ha,note
2025-07-31,12,=1+1
2025-08-31,23,
2025-09-15,29,
2025-10-15,38,
"""
TIGHT = ("--set", "record.error_ha=0.3", "--set", "record.error_share=0")
QUICK = ("--quiet", "--replications", "40")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return the folder with a scenario and its record."""
    (tmp_path / "small.toml").write_text(SMALL + TOLD, encoding="utf-8")
    (tmp_path / "record.csv").write_text(RECORD, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def _pictures_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no picture of a run: they have tests of their own."""

    def draw(_name: str, _frames: Any, _about: Any, path: Path) -> None:
        path.write_bytes(b".")

    monkeypatch.setattr(sim.results.pictures.gallery, "write_png", draw)


def made(folder: Path, *, n: int = 40, anyway: bool = False, **settings: Any) -> Forecast:
    """Return a forecast of that scenario, some keys set anew."""
    keys = {f"record.{key}": value for key, value in settings.items()}
    scenario = load_scenario(folder / "small.toml", settings=keys)
    return forecast(scenario, read_record(scenario), replications=n, anyway=anyway)


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name[-4:] != "json"}


def manifest_in(folder: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_bytes())
    return manifest


# What it leaves


def test_the_folder_is_that_of_a_run_and_holds_what_was_promised_besides(
    demine: Demine, here: Path
) -> None:
    assert demine("run", "small.toml", *QUICK)[0] == 0
    code, out, err = demine("forecast", "small.toml", *QUICK, "--parquet")
    assert (code, out, err) == (0, "", "")
    ran, folder = here / "results" / "small", here / "results" / "small-forecast"
    more = {f"{name}.{end}" for name in table.SCHEMAS for end in ("csv", "parquet")}
    left = {path.name for path in folder.iterdir()}
    frames = {f"{path.stem}.parquet" for path in ran.glob("*.csv")}
    more |= {f"{name}.png" for name in PICTURES} | {"recipes.parquet"}
    assert left == {path.name for path in ran.iterdir()} | frames | more
    done = made(here)
    for name, frame in tables(done).items():
        assert (folder / f"{name}.csv").read_bytes() == to_csv(frame)
    for name, schema in table.SCHEMAS.items():
        read = from_csv((folder / f"{name}.csv").read_bytes(), schema=schema, name=name)
        assert read.equals(tables(done)[name])
    assert recipes_of(pl.read_parquet(folder / "recipes.parquet")) == done.recipes
    about, found = manifest_in("results/small-forecast"), done.conditioned
    assert found
    assert about["forecast"]["method"] == found.method
    assert about["forecast"]["simulated"] == found.simulated
    assert about["forecast"]["distinct"] == pytest.approx(done.worth, rel=1e-5)
    settings = about["experiment"]
    assert settings.keys() == {"seed", "replications", "record", "as_of", "anyway", "errors"}
    assert f"are worth {math.floor(done.worth)} independent ones" in about["note"]
    assert [path.name for path in (here / "results").iterdir() if path.name[0] == "."] == []


def test_numbers_before_and_after_are_those_of_both_ensembles(here: Path) -> None:
    done = made(here)
    frame = table.before_and_after(done)
    names = ["p10", "p50", "p80", "p90", "restricted_mean", *3 * ["probability"]]
    assert frame["statistic"].to_list() == names
    assert frame["name"].to_list() == [*6 * [None], "autumn", "North"]
    found = table.estimates_of(frame)
    for which, ensemble in enumerate((done.prior, done.ensemble)):
        days = np.sort(completion_days(ensemble))
        assert found["completion_day", "", "p50"][which].value == round(days[19], 6)
        end = (date(2025, 10, 31) - date(2025, 6, 30)).days + 1
        assert found["deadline", "autumn", "probability"][which].value == np.mean(days <= end)
    assert found["completion_day", "", "p50"][0] != found["completion_day", "", "p50"][1]
    row = frame.filter(statistic="p50").row(0, named=True)
    days_after = (row["after_date"] - date(2025, 6, 30)).days
    assert days_after == math.ceil(row["after"]) - 1
    reports = table.reports(done)
    own = [12, 11, 6, 9]
    assert reports["error_ha"].to_list() == [round(math.hypot(5, 0.1 * each), 4) for each in own]
    assert reports["note"].to_list() == ["'=1+1", None, None, None]
    assert reports["released_ha"].to_list() == [12, 23, 29, 38]
    assert reports["row"].to_list() == [2, 3, 4, 5]
    assert list(table.learned(done)["unit"]) == [
        {"rate_ha_per_day": "ha/day", "area_ha": "ha", "opens": "days"}[each.key.split(".")[-1]]
        for each in done.learned
    ]


def test_a_report_of_enormous_error_changes_nothing_beyond_the_draw(here: Path) -> None:
    (here / "record.csv").write_text("date,released_ha\n2025-08-31,20\n", encoding="utf-8")
    done = made(here, n=200, error_ha=1e6)
    assert done.worth > 150
    for before, after in table.estimates_of(table.before_and_after(done)).values():
        # of two independent estimates: wrong once in ten thousand, and the seed is fixed
        ends = np.subtract([before, after], [[before.value], [after.value]])
        assert abs(before.value - after.value) <= 3 * np.nanmax(abs(ends))
    assert all(abs(each.taken) < 0.2 for each in done.learned)


def test_the_result_is_read_and_reported_as_a_run(demine: Demine, here: Path) -> None:
    assert demine("forecast", "small.toml", *QUICK, "--out", "out", "--report")[0] == 0
    results = read_results("out")
    assert results.complete
    assert results.scenario == load_scenario(here / "small.toml")
    assert "demine forecast" in (here / "out-report.html").read_text(encoding="utf-8")
    assert demine("report", "out", "--force", "--quiet")[0] == 0
    code, _, err = demine("map", "out")
    assert code == 1
    assert "holds the result of" not in err
    code, _, err = demine("run", "small.toml", *QUICK, "--out", "out")
    assert (code, "`demine forecast` with another command" in err) == (1, True)
    assert demine("run", "small.toml", *QUICK, "--out", "ran")[0] == 0
    assert read_results("ran").complete


def test_the_campaigns_that_are_told_are_those_of_the_recipes(here: Path) -> None:
    done = made(here)
    told = timelines(done.ensemble, recipes=Given(done.recipes))
    for campaign, percent in zip(told, (10, 50, 90), strict=True):
        end_s = max(stretch.until_s for stretch in campaign.stretches)
        which = replication_at(done.ensemble, percent)
        assert (campaign.replication, end_s) == (which, done.ensemble.completion_s[which])


# What it says


def test_the_terminal_says_what_has_changed_and_why(demine: Demine, here: Path) -> None:
    code, out, err = demine("forecast", "small.toml", "--replications", "40")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) <= 40
    assert lines[1] == "40 replications that agree with 4 reports, seed 0"
    assert lines[3] == "After the record up to 15 Oct 2025:"
    done = made(here)
    rates = rates_of(done)
    assert rates
    assert rates.achieved_ha == pytest.approx(38 / 108 * 365.25 / 12)
    assert rates.lately_ha == pytest.approx((38 - 29) / 30 * 365.25 / 12)
    ((deadline, needed_ha),) = rates.needed_ha
    assert deadline.name == "autumn"
    assert needed_ha == pytest.approx(rates.left_ha / 16 * 365.25 / 12)
    assert "Achieved up to 15 Oct 2025: 10.7 ha a month; since 15 Sep 2025: 9.13 ha a month" in out
    assert f"Needed for autumn (31 Oct 2025): {needed_ha:.3g} ha a month" in out
    assert "crew.c.rate_ha_per_day" in out.partition("What has the record taught?")[2]
    assert ("independent ones only" in out) == (done.worth < 16)
    assert f"{done.conditioned.simulated:,} histories".replace(",", " ") in out  # type: ignore[union-attr]
    assert out.endswith("Results: results/small-forecast/\n")


def test_what_is_left_is_counted_as_the_record_counts_and_weekly_reports_give_weekly_rates(
    here: Path,
) -> None:
    text = "date,released_ha\n2025-07-13,4\n2025-07-20,7\n2025-07-20,9\n"
    (here / "record.csv").write_text(text.replace("20,9", "27,10"), encoding="utf-8")
    done = made(here)
    rates, ensemble = rates_of(done), done.ensemble
    assert rates
    assert (rates.period, rates.achieved_ha, rates.lately_ha) == ("a week", 2.5, 3.0)
    whole = ensemble.sector_m2.sum(axis=1) + ensemble.counts[:, 5]
    assert rates.left_ha == np.median(whole / 1e4 - done.released[:, -1])


def test_doubts_about_the_record_and_its_faults_are_told(demine: Demine, here: Path) -> None:
    many = "date,released_ha\n2025-07-31,12000\n"
    (here / "record.csv").write_text(many, encoding="utf-8")
    code, out, err = demine("forecast", "small.toml")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert lines[0].startswith("warning: small.toml: record.file states 12000 ha in row 2")
    assert "12000 ha by 31 Jul 2025 (row 2), where 99.9 % of its campaigns" in lines[1]
    assert lines[-1].startswith("hint: --anyway goes on")
    assert list((here / "results").iterdir()) == []
    (here / "record.csv").write_text("date,released_ha\n2025-07-31,x\n", encoding="utf-8")
    code, _, err = demine("forecast", "small.toml")
    assert (code, err[:24]) == (2, "error: record.csv, row 2")
    (here / "small.toml").write_text(SMALL, encoding="utf-8")
    code, _, err = demine("forecast", "small.toml")
    assert (code, err) == (
        2, "error: small: record.file: found nothing; allowed: the file of the reports\n"
    )  # fmt: skip


def test_what_cannot_be_explained_goes_on_if_it_is_to(demine: Demine, here: Path) -> None:
    (here / "record.csv").write_text("date,released_ha\n2025-07-31,45\n", encoding="utf-8")
    words = ("forecast", "small.toml", *QUICK, "--set", "record.error_share=0")
    words = (*words, "--set", "record.error_ha=2")
    assert demine(*words)[0] == 2
    assert demine(*words, "--anyway")[0] == 0
    assert manifest_in("results/small-forecast")["experiment"]["anyway"] is True


# Which record it is


def test_another_record_or_an_earlier_day_is_another_forecast(demine: Demine, here: Path) -> None:
    words = ("forecast", "small.toml", *QUICK)
    assert demine(*words)[0] == 0
    first = bytes_in(Path("results/small-forecast"))
    code, _, err = demine(*words, "--as-of", "2025-09-30")
    assert code == 1
    assert "with other record (" in err
    assert "other as_of (none, here '2025-09-30')" in err
    code, _, err = demine(*words, "--set", "record.tails=9")
    assert (code, "with other tails (4.0, here 9.0)" in err) == (1, True)
    assert demine(*words, "--as-of", "2025-09-30", "--out", "early")[0] == 0
    (here / "three.csv").write_text(RECORD.rpartition("2025-10-15")[0], encoding="utf-8")
    assert demine(*words, "--record", "three.csv", "--out", "three")[0] == 0
    assert bytes_in(Path("three")) == bytes_in(Path("early")) != first
    (here / "one.csv").write_text("date,released_ha\n2025-07-09,3\n", encoding="utf-8")
    (here / "small.toml").write_text(SMALL, encoding="utf-8")  # whose record may be given alone
    assert (
        demine(*words[:2], "--record", "one.csv", "--replications", "9", "--out", "given")[0] == 0
    )
    assert manifest_in("given")["experiment"]["errors"]["error_ha"] == 0
    code, _, err = demine(*words, "--as-of", "soon")
    assert (code, "'soon' is no date such as 2026-05-31" in err) == (2, True)
    code, _, err = demine(*words, "--record", "record.csv", "--as-of", "2025-07-01")
    assert (code, "no report published by 2025-07-01" in err) == (2, True)


OTHER: dict[str, Any] = {
    "record.file": "other.csv",
    "record.error_ha": 9.0,
    "record.error_share": 0.3,
    "record.bias_share": 0.2,
    "record.tails": math.inf,
    "record.until": date(2025, 9, 30),
    "record.counts": "net",
}


def test_every_key_of_the_record_changes_the_forecast(here: Path) -> None:
    assert set(OTHER) == set(keys_of_forecasts())
    (here / "other.csv").write_text(RECORD.replace("38", "37"), encoding="utf-8")
    base = load_scenario(here / "small.toml")
    plain = to_csv(table.before_and_after(made(here)))
    for key, value in OTHER.items():
        stated = str(here / value) if key == "record.file" else value
        other = vary(base, settings={key: stated})
        done = forecast(other, read_record(other), replications=40)
        assert to_csv(table.before_and_after(done)) != plain, key


@pytest.mark.parametrize(
    "words",
    [
        ("sweep", "--vary", "record.error_ha=1,2"),
        ("plan", "--deadline", "autumn", "--vary", "record.error_ha=1:2"),
        ("compare", "--variant", "sure:record.error_ha=1"),
    ],
)
def test_the_record_makes_no_other_scenario(
    demine: Demine, here: Path, words: tuple[str, ...]
) -> None:
    code, out, err = demine(words[0], str(here / "small.toml"), *words[1:])
    assert (code, out) == (2, "")
    assert "record.error_ha: found a key that only a forecast reads; allowed: a key that" in err


# The same bytes


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], None]], list[int]]:
    """Make something happen in place of one of the ensembles; return what each one done asked."""

    def arrange(at: int, happens: Callable[[], None]) -> list[int]:
        asked: list[int] = []

        def accident(*words: Any, **more: Any) -> Ensemble:
            if len(asked) == at:
                happens()
            asked.append(more["replications"])
            return run(*words, **more)

        monkeypatch.setattr(sim.experiments.study, "run", accident)
        return asked

    return arrange


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("how", [interrupt, lambda: sys.exit(9)])
def test_a_forecast_that_was_stopped_goes_on_to_the_same_bytes(
    demine: Demine, here: Path, stopped: Any, how: Callable[[], None]
) -> None:
    words = ("forecast", "small.toml", *QUICK, *TIGHT)
    asked = stopped(-1, interrupt)
    assert demine(*words, "--out", "whole", "--jobs", "1")[0] == 0
    assert manifest_in("whole")["forecast"]["method"] == "moves"
    assert len(asked) > 8
    first = stopped(7, how)
    code, _, err = demine(*words, "--out", "cut", "--jobs", "2")
    if how is interrupt:
        kept = "error: interrupted; what is finished is kept: the same command continues\n"
        assert (code, err) == (130, kept)
    assert not (here / "cut").exists()
    then = stopped(-1, interrupt)
    assert demine(*words, "--out", "cut", "--jobs", "2")[0] == 0
    assert first + then == asked
    assert bytes_in(here / "cut") == bytes_in(here / "whole")
    assert list(here.glob(".*.unfinished")) == []


def test_both_engines_and_their_workers_give_the_same_bytes(demine: Demine, here: Path) -> None:
    (here / "record.csv").write_text("date,released_ha\n2025-07-09,3\n", encoding="utf-8")
    text = (here / "small.toml").read_text(encoding="utf-8")
    (here / "small.toml").write_text(text.replace("days = 200", "days = 60"), encoding="utf-8")
    for engine, jobs in (("compiled", "1"), ("simpy", "2")):
        options = ("--engine", engine, "--jobs", jobs, "--out", engine)
        assert demine("forecast", "small.toml", *QUICK, *options)[0] == 0
    assert bytes_in(here / "simpy") == bytes_in(here / "compiled")


# Weights


def test_weights_of_which_the_greatest_are_alike_are_left_as_they_are() -> None:
    for log_weights in (np.repeat([0.0, -5.0], 500), np.repeat(-np.arange(20.0), 50)):
        weights = smoothed(log_weights)
        assert weights.shares.sum() == pytest.approx(1)
        assert weights.shares / weights.shares[0] == pytest.approx(np.exp(log_weights))
        assert not weights.pareto_k >= 0.7


# Other questions about the same campaigns


@pytest.fixture
def given(demine: Demine, here: Path) -> Path:
    assert demine("forecast", "small.toml", *QUICK)[0] == 0
    return here / "results" / "small-forecast"


def test_a_run_of_the_campaigns_of_a_forecast_is_the_forecast(
    demine: Demine, here: Path, given: Path
) -> None:
    code, _, err = demine("run", "small.toml", "--given", str(given), *QUICK)
    assert (code, err) == (0, "")
    for name in ("summary", "years", "replications"):
        own = here / "results" / "small" / f"{name}.csv"
        assert own.read_bytes() == (given / f"{name}.csv").read_bytes()
    about = manifest_in("results/small")
    assert about["experiment"]["given"].startswith("given ")
    assert "are worth" in about["note"]
    code, _, err = demine("run", "small.toml", *QUICK)  # is another result
    assert code == 1
    assert "other given" in err


def test_experiments_ask_about_the_campaigns_of_a_forecast(demine: Demine, given: Path) -> None:
    few = ("--given", str(given), *QUICK)
    code, _, err = demine("sweep", "small.toml", "--vary", "crew.c.leaves=200,300", *few)
    assert (code, err) == (0, "")
    assert "are worth" in manifest_in("results/small-sweep")["note"]
    code, _, err = demine("explain", "small.toml", *few)
    assert (code, err) == (0, "")
    kinds = set(pl.read_csv("results/small-explain/explain.csv")["kind"])
    assert {"crew_time", "completion"} <= kinds
    assert not {"sobol", "level", "tornado"} & kinds


def test_what_a_forecast_cannot_be_asked_is_refused(
    demine: Demine, here: Path, given: Path
) -> None:
    few = ("--given", str(given), *QUICK)
    code, _, err = demine("explain", "small.toml", "--only", "uncertainty", *few)
    assert code == 2
    assert "depend on each other" in err
    code, _, err = demine("run", "small.toml", "--precision", "3", *few)
    assert code == 2
    assert "--precision" in err
    code, _, err = demine("run", "small.toml", "--seed", "9", *few)
    assert code == 2
    assert "--seed is 9, and that of the forecast (--given) is 0" in err
    code, _, err = demine("run", "small.toml", "--set", "campaign.start=2025-07-07", *few)
    assert code == 2
    assert "--given" in err
    code, _, err = demine("run", "small.toml", "--given", str(here), *QUICK)
    assert code == 1
    assert "not a result of this program" in err
