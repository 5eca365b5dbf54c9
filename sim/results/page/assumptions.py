"""The register of assumptions: every number of the scenario, and what stands behind it."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sim.results.page.part import Part, plain_table
from sim.results.page.run import Run, columns_of
from sim.results.words import MONTHS, count, key_parts, number, words
from sim.scenario.dated import DatedLaw
from sim.scenario.families import BaseLaw
from sim.scenario.laws import Constant, Quantile
from sim.scenario.register import Entry, notes_elsewhere, register
from sim.scenario.scenario import Scenario

_NO_SOURCE = "no source"
_MANY = 12  # entries of one table that state the same key: one row for all of them
_MOST_VALUES = 6


def assumptions(run: Run, shares: Mapping[str, float]) -> Part:
    """Return the register.

    Parameters
    ----------
    run
        That is reported.
    shares
        In the spread of the completion, of each number that is not known, by its key.
    """
    scenario = run.scenario
    entries = register(scenario)
    rows = [list(row) for row in _rows(scenario, entries, shares)]
    rows += [["", key, "", None, text] for key, text in notes_elsewhere(scenario, entries).items()]
    columns = columns_of(
        ("Of",), ("What",), ("Value",), ("Share in the spread of the date", "share"), ("Source",)
    )
    without = sum(row[-1] == _NO_SOURCE for row in rows)
    texts = [
        "All that the scenario states. A range is that of 8 in 10 cases (P10 to P90) of a number"
        " that is not known for sure. The source is the text that the scenario gives in [notes];"
        f" {count(without)} of {count(len(rows))} rows have none."
    ]
    if shares:
        texts.append(
            "The share says how much of the spread of the date of completion comes from a number,"
            " alone or together with others: a number with a large share and no source is the"
            " first one to look into. A number that is not known and has no share here seemed too"
            " small to be looked at alone."
        )
    else:
        columns.pop(3)
        rows = [[*row[:3], row[4]] for row in rows]
        texts.append("How much of the spread each of them makes is known after `demine explain`.")
    table = plain_table("Register of assumptions", columns, rows, scenario=scenario)
    return Part("assumptions", "What was assumed?", words=tuple(texts), tables=(table,))


def _rows(
    scenario: Scenario, entries: Sequence[Entry], shares: Mapping[str, float]
) -> Iterator[list[Any]]:
    """Yield a row for each number, or for all of a long list that state the same."""
    alike: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.about != entry.key and entry.key not in shares:
            alike.setdefault((entry.path[0], entry.path[-1]), []).append(entry)
    many = {of: same for of, same in alike.items() if len(same) > _MANY}
    told = set()
    for entry in entries:
        of = (entry.path[0], entry.path[-1])
        if entry not in many.get(of, ()):
            value, share = value_words(entry.value, entry.unit, scenario), shares.get(entry.key)
            name, title = key_parts(entry.key)
            yield [f"{entry.path[0]} {name}".strip(), title, value, share, _source(entry)]
        elif of not in told:
            told.add(of)
            yield _together(many[of], scenario)


def _together(same: Sequence[Entry], scenario: Scenario) -> list[Any]:
    name = f"{same[0].path[0]}, {count(len(same))} of them"
    values = list(dict.fromkeys(value_words(e.value, e.unit, scenario) for e in same))
    text = "; ".join(values[:_MOST_VALUES])
    more = len(values) - _MOST_VALUES
    text += f" and {count(more)} other values" if more > 0 else ""
    sources = list(dict.fromkeys(_source(e) for e in same))
    return [name, key_parts(same[0].key)[1], text, None, "; ".join(sources[:3])]


def _source(entry: Entry) -> str:
    if not entry.note:
        return _NO_SOURCE
    if entry.about == entry.key:
        return entry.note
    return f"{entry.note} (note on {entry.about})"


def value_words(value: Any, unit: str, scenario: Scenario) -> str:
    """Return a value of a scenario in words: of a law the range of 8 in 10 cases, then the law."""
    unit = unit.replace("currency", scenario.currency).replace("m2", "m²")
    if isinstance(value, DatedLaw):
        ends = (dt.date.fromordinal(round(float(value.root.quantile(u)))) for u in (0.1, 0.9))
        return f"{' to '.join(map(words, ends))} ({_law(value.model_dump(mode='json'))})"
    if isinstance(value, BaseLaw):
        law = cast(Quantile, value)
        low, high = (number_words(float(law.quantile(u))) for u in (0.1, 0.9))
        return f"{_with(f'{low} to {high}', unit)} ({_law(value.model_dump())})"
    if isinstance(value, tuple | list):
        return ", ".join(value_words(each, unit, scenario) for each in value)
    return _plain_words(value.root if isinstance(value, Constant) else value, unit)


def _plain_words(value: Any, unit: str) -> str:
    """Return a number, a date or a word of a scenario in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.date):
        return words(value)
    if isinstance(value, int | float):
        return _with(number_words(value), unit)
    if re.fullmatch(r"\d\d-\d\d", str(value)):  # a day of each year
        return f"{int(value[3:])} {MONTHS[int(value[:2]) - 1]}"
    return str(value)


def number_words(value: float) -> str:
    """Return a number with its thousands apart and the digits that matter."""
    return ("-" if value < 0 else "") + number(abs(value))


def _with(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text


def _law(stated: Mapping[str, Any]) -> str:
    shown = []
    for name, value in stated.items():
        if name == "dist" or value is None:
            continue
        if isinstance(value, list | tuple):
            some = ", ".join(_plain(x) for x in value[:_MOST_VALUES])
            more = len(value) - _MOST_VALUES
            shown.append(f"{name} {some}{f' and {more} more' if more > 0 else ''}")
        else:
            shown.append(f"{name.rstrip('_')} {_plain(value)}")
    return f"{stated['dist']}: {', '.join(shown)}"


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
