"""What the terminal says: nothing that the tables leave out, and no interval that is not one."""

import re
from dataclasses import replace

import numpy as np
import pytest
from build import DAY, MONDAY, build
from ensembles import completed_at, run, uncertain

from sim import compare
from sim.experiments.compare import report as compare_report
from sim.experiments.compare.table import table as compare_table
from sim.outcome import OPEN, Ensemble
from sim.results.lines import signed_words
from sim.results.report import report
from sim.results.tables import summary
from sim.results.words import money_words, with_interval
from sim.statistics.estimates import NOTHING, mean
from sim.statistics.summary import costs, restricted_days, summarize


def paid(days: list[float | None]) -> Ensemble:
    """Return an ensemble of a campaign that costs something, complete on some days."""
    crew = {"cost_per_day": 1000.0}
    restoration = {"share": 1.0}
    builders = {"role": "restoration", "rate_ha_per_day": 5.0, "cost_per_day": 50.0}
    scenario = build(crew=[crew, builders], restoration=restoration)
    ensemble = completed_at(run(scenario, n=1), days)
    unit = np.array([100 * DAY * 1000 * (i + 1) for i in range(len(days))])
    spread = unit[:, None] * np.array([0, 1, 0])
    restored = np.where(ensemble.completion_s == OPEN, OPEN, ensemble.restored_s)
    return replace(ensemble, cost=spread, total_cost=2 * spread, restored_s=restored)


def test_what_is_cut_off_at_the_horizon_has_a_mean_all_the_same() -> None:
    ensemble = paid([10.0, None, 20.0, 30.0])
    found = {(row.quantity, row.statistic): row.estimate for row in summarize(ensemble)}
    assert found["completion_day", "restricted_mean"] == mean(restricted_days(ensemble))
    assert found["completion_day", "restricted_mean"].value == (10 + 1000 + 20 + 30) / 4
    assert found["cost", "restricted_mean"] == mean(costs(ensemble))
    assert found["total_cost", "restricted_mean"].value == 2 * costs(ensemble).mean()
    assert np.isnan(found["cost", "mean"].value)
    dates = summary(ensemble).filter(statistic="restricted_mean").select("quantity", "date")
    assert [date is not None for _, date in dates.iter_rows()] == [True, False, False]


def test_where_all_is_complete_there_is_nothing_to_cut_off() -> None:
    assert not any("restricted" in row.statistic for row in summarize(paid([10.0, 20.0])))


@pytest.mark.parametrize("days", [[10.0, None, 20.0, None, 30.0], [None] * 4, [1.0, 2.0, 3.0]])
def test_every_cost_on_the_terminal_stands_in_the_summary(days: list[float | None]) -> None:
    ensemble = paid(days)
    written = {money_words(row.estimate.value) for row in summarize(ensemble)}
    shown = [re.search(r"USD (\S+)", line) for line in report(ensemble)]
    amounts = [match[1].replace("\u202f", " ") for match in shown if match]
    assert len(amounts) == 2
    assert all(any(text.startswith(amount) for text in written) for amount in amounts)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_no_interval_is_printed_that_is_not_known(n: int) -> None:
    crew = {"cost_per_day": 7.0}
    scenario = uncertain(crew=crew, deadline=[{"name": "soon", "date": MONDAY}])
    short = {"horizon_days": 11.0}
    several = {
        "a": scenario,
        "b": uncertain(crew=crew | {"count": 2}),
        "c": uncertain(campaign=short),
    }
    done = compare(several, replications=n)
    shown = [*compare_report.lines(compare_table(done), several, replications=n, seed=0)]
    for each in [run(scenario, n=n), run(several["c"], n=n), paid([None] * n)]:
        shown += report(each)
    for line in shown:
        assert "not known to not known" not in line
        assert "? to ?" not in line
        assert "nan" not in line


def test_why_there_is_no_interval_is_said() -> None:
    late = [line for line in report(paid([None] * 9)) if "P50" in line and "later" in line]
    assert all("too few campaigns were complete for an interval" in line for line in late)
    assert late


def test_an_interval_with_one_end_has_that_end() -> None:
    assert with_interval("3 May", "1 May", "") == "3 May (1 May to not known)"
    assert with_interval("3 May", "", "") == "3 May"
    assert signed_words(NOTHING, 1) == "not known"


@pytest.mark.parametrize(
    ("when_spent", "amount", "said"),
    [("continue", 5.0, True), ("continue", 50.0, False), ("stop", 5.0, False)],
)
def test_that_work_goes_on_without_money_is_said(
    when_spent: str, amount: float, said: bool
) -> None:
    fund = {"name": "grant", "roles": ["clearance"], "amount": amount}
    scenario = build(
        crew={"cost_per_day": 1.0}, money={"when_spent": when_spent, "fund": [fund]}
    )  # ten days
    lines = list(report(run(scenario, n=2)))
    words = "Taken for granted: work goes on when the fund 'grant' is spent."
    assert (words in lines) == said
