"""What the terminal shows after an explanation: three tables that can be read aloud."""

import math
from collections.abc import Iterable, Iterator

import polars as pl

from sim.experiments.explain.delays import INTERACTION, SUM, TOGETHER
from sim.experiments.explain.explain import LUCK, Answers, leading, luck_shows, names_of, others_of
from sim.experiments.explain.table import answers_of
from sim.experiments.explain.variants import ALL, OTHERS
from sim.outcome import CrewState, states_of
from sim.results.holdups import holdups
from sim.results.lines import aligned, date_words, signed_words
from sim.results.report import EXPLAINED
from sim.results.words import cause_words, key_words, percent_words, state_words
from sim.scenario.keys import dotted
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Estimate
from sim.statistics.holdups import IDLE
from sim.statistics.quantities import COMPARED, percentiles

_FILE = "explain.csv"
_MOST_DRIVERS, _MOST_CREWS = 10, 5
_DATES = percentiles(COMPARED)
LEVELS = {
    "inputs": "all numbers not known, together",
    "time": "what all share in time: weeks, lost days, seasons, regimes",
    "rest": "the rest: attacks, skill of crews, parcels, events",
}
SUMS = {
    ALL: "all of them together",
    SUM: "sum of the single ones",
    INTERACTION: "all, less the sum",
}


def lines(table: pl.DataFrame, scenario: Scenario) -> Iterator[str]:
    """Yield the lines of the report."""
    answers = answers_of(table)
    yield ""
    yield f"When will the land be released? ({EXPLAINED})"
    for name in _DATES:
        day = answers["completion", "completion_day", name]
        yield f"  {name.upper()}  {date_words(scenario, day)}"
    if names_of(answers, "level"):
        yield from _uncertainty(answers)
    if names_of(answers, "delay"):
        yield from _delays(answers)
    if names_of(answers, "crew_time"):
        yield from _crews(answers, scenario)
        yield from _holdups(answers, scenario)


# What are we unsure about?


def _uncertainty(answers: Answers) -> Iterator[str]:
    keys = names_of(answers, "tornado")
    statistic = leading(answers)
    what = "P80, days" if statistic == "p80" else "mean, days"
    yield ""
    yield "What are we unsure about? (share of each number in the spread, alone or with others)"
    header = ["", "key", "share", f"{what} if at its P10", f"{what} if at its P90"]
    cells = [
        [
            key_words(key),
            key,
            _share(answers["sobol", key, "total"]),
            *_changes(answers, key, statistic),
        ]
        for key in keys[:_MOST_DRIVERS]
    ]
    if cells:
        yield from aligned(header, cells, file=_FILE)
    yield from _hidden([answers["sobol", key, "total"] for key in keys])
    yield from _others(answers)
    yield ""
    yield "Where does the spread come from?"
    levels = [
        [words, *(_share(answers["level", level, index]) for index in ("total", "first_order"))]
        for level, words in LEVELS.items()
    ]
    yield from aligned(["", "share", "of it alone"], levels, file=_FILE)
    yield "  What acts together counts in several shares: they may add up to more than 100 %."
    if luck_shows(answers, kinds=["level"]):
        yield f"  {LUCK}"


def _changes(answers: Answers, key: str, statistic: str) -> Iterator[str]:
    for at in ("p10", "p90"):
        yield _days(answers["tornado", key, f"{statistic}_change_at_{at}"])


def _hidden(totals: list[Estimate]) -> Iterator[str]:
    """Yield what is to be said about the shares that are not in the table, and about zeros."""
    hidden = totals[_MOST_DRIVERS:]
    if hidden:
        others = f"other {len(hidden)} have" if len(hidden) > 1 else "last one has"
        yield f"  The {others} {percent_words(hidden[0])} at most; see {_FILE}."
    unclear = sum(total.low <= 0 for total in totals)
    if unclear:
        of = f"{unclear} of the {len(totals)} shares" if unclear > 1 else "1 share"
        yield f"  {of} {'are' if unclear > 1 else 'is'} not distinguishable from zero."


def _others(answers: Answers) -> Iterator[str]:
    """Yield what is to be said about the numbers that were not looked at alone."""
    if not names_of(answers, "sobol"):
        yield "  Every number of the scenario is known; chance is in single events only."
    n = len(others_of(answers))
    if n:
        share = _share(answers["level", OTHERS, "total"])
        other = f"The other {n} numbers seem" if n > 1 else "The other number seems"
        has = "together they have" if n > 1 else "it has"
        yield f"  {other} too small to be looked at alone; {has} {share}. See {_FILE}."


def _share(estimate: Estimate) -> str:
    """Return a share that, as an estimate, may lie outside of 0 to 1."""
    if math.isnan(estimate.value):
        return "not known"
    within = Estimate(*(min(1.0, max(0.0, end)) for end in estimate))
    return percent_words(within)


# What makes us late?


def _delays(answers: Answers) -> Iterator[str]:
    yield ""
    yield "What makes us late? (days that each cause costs, alone)"
    statistics = (*_DATES, "restricted_mean")
    names = names_of(answers, "delay")
    causes = [name for name in names if name not in TOGETHER]
    cells = [
        [
            SUMS.get(name, cause_words(name)),
            *(_days(answers["delay", name, s]) for s in statistics),
        ]
        for name in names
    ]
    header = ["", *(name.upper() for name in _DATES), "mean (up to the horizon)"]
    if len(causes) == 1:  # there is nothing to add
        cells = cells[:1]
    yield from aligned(header, cells, file=_FILE)
    yield from together(answers, causes)
    for name in _DATES:
        if math.isnan(answers["completion", "completion_day", name].value):
            yield f"  The {name.upper()} lies beyond the horizon: how late it is, is not known."


def together(answers: Answers, causes: list[str]) -> Iterator[str]:
    """Say whether causes make each other worse."""
    if len(causes) < 2:
        return
    low, high = answers["delay", INTERACTION, "restricted_mean"][1:]
    if low > 0:
        yield "  All cost more than the sum: where one is gone, another still holds the work up."
    elif high < 0:
        yield "  All cost less than the sum: they make each other worse."


def _days(estimate: Estimate) -> str:
    return signed_words(estimate, 1)


# Where does crew time go?


def _crews(answers: Answers, scenario: Scenario) -> Iterator[str]:
    groups = [crew.name for crew in scenario.crew]
    there = _there(answers, groups)
    shown = there[:_MOST_CREWS]
    yield ""
    yield "Where does crew time go?"
    cells = [
        [state_words(state), *(percent_words(_time(answers, name, state)) for name in shown)]
        for state in _ranked(answers, shown, states_of(scenario))
    ]
    yield from aligned(["", *shown], cells, file=_FILE)
    for name in groups:
        if name not in there:
            yield f"  {name} was never there."
    if len(there) > _MOST_CREWS:
        yield f"  {len(there) - _MOST_CREWS} more groups of crews stand in {_FILE}."


def _holdups(answers: Answers, scenario: Scenario) -> Iterator[str]:
    last = {name: answers["last", name, "probability"].value for name in names_of(answers, "last")}
    before_release = [crew.name for crew in scenario.crew if crew.role != "restoration"]
    states = [state.name.lower() for state in IDLE]
    idle = {
        name: sum(_time(answers, name, state).value for state in states)
        for name in _there(answers, before_release)
    }
    yield from holdups(last, idle)


def _there(answers: Answers, groups: list[str]) -> list[str]:
    """Return the groups that were there at all."""
    worked = CrewState.WORKED.name.lower()
    return [name for name in groups if ("crew_time", _key(name, worked), "share") in answers]


def _ranked(answers: Answers, groups: list[str], states: Iterable[str]) -> Iterable[str]:
    """Return the states that took time worth speaking of, the greatest first."""
    most = {s: max((abs(_time(answers, n, s).value) for n in groups), default=0.0) for s in states}
    return sorted((s for s in most if most[s] >= 0.005), key=lambda state: -most[state])


def _time(answers: Answers, crew: str, state: str) -> Estimate:
    return answers["crew_time", _key(crew, state), "share"]


def _key(crew: str, state: str) -> str:
    return dotted("crew", crew, state)
