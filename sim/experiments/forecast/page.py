"""A forecast in a report: what the record says, what it changed and taught, and what it cannot."""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from sim.experiments.forecast.before import PERCENTS
from sim.experiments.forecast.report import DECIDES, FEW_SHARE, FEW_WORTH
from sim.experiments.forecast.table import COMPLETED, COMPLETION, DEADLINE, SCHEMAS
from sim.experiments.forecast.wording import (
    BOUNDS,
    land_words,
    place_words,
    taken_words,
    taught_from,
    unit_words,
)
from sim.experiments.reading import Held, read_experiment
from sim.results.page.dates import some_rows
from sim.results.page.figures import figure_of
from sim.results.page.part import At, Figure, Part, Source, Table, table_of
from sim.results.page.run import columns_of
from sim.results.tables import SCHEMAS as RUN
from sim.results.words import count, number, percent, words
from sim.scenario.dates import date_of
from sim.statistics.quantities import KNOWN, percentiles

_MOST, _NAMED = 40, 5  # rows of a table, names in a sentence
_BANDS = percentiles(KNOWN)
_STATISTICS = {"p10": "P10", "p50": "P50", "p80": "P80", "p90": "P90",
               "restricted_mean": "mean, up to the horizon"}  # fmt: skip
_PLACES = ("place_before", "place_next", "place_after")
_TITLES = {
    "forecast_progress": "The released land before and after the record, and the reports",
    "forecast_completion": "The chance that all land is released, before and after the record",
    "forecast_learned": "What the record taught",
}
_TOLD = {
    "forecast_progress": "A light band and a dashed line for the released land before the record, a"
    " strong band and a line after it, in which the dots of the reports lie. The reports stand in"
    " the table The reports.",
    "forecast_completion": "A dashed curve before the record and a line after it, which rise from 0"
    " to the share of campaigns that are complete. Dates and chances stand in the tables.",
    "forecast_learned": "A light bar for each number that is not known, from its P10 to its P90"
    " before the record, and a strong one after it. The numbers stand in the table What the record"
    " taught.",
}


def read(folder: Path) -> Held:
    """Return a forecast, read from its folder."""
    others = {name: SCHEMAS[name] for name in ("before", "learned", "reports")}
    others |= {name: RUN[name] for name in ("progress", "replications")}
    return read_experiment(folder, "forecast", SCHEMAS["forecast"], others=others)


def said(held: Held) -> Iterator[str]:
    """Yield the date before and after the record, and which reports are strange."""
    row = held.source.rows[_row(held, COMPLETION, "p80")]
    before, after = (_sure(held, row[f"{when}_date"]) for when in ("before", "after"))
    yield f"With the record ({_record(held)}): {after}. Without it: {before}."
    yield from _alarms(held)


def part(held: Held, *, id: str, notice: str) -> Part:  # noqa: A002 # the word of the page
    """Return its part of a report."""
    n = count(int(held.manifest["replications_done"]))
    texts = [
        f"The campaign was simulated again, with what was really released: {_record(held)}. {n}"
        f" campaigns agree with that record; beside them stand {n} that know nothing of it. All of"
        " them begin on the first day; the record decides which luck, and which values of the"
        " numbers that are not known, are still possible.",
        *_learned(held),
        _how(held),
    ]
    tables = [_dates(held), _chances(held), _reports(held), _places(held), *_numbers(held)]
    return Part(
        id,
        "What does the record change?",
        tuple(texts),
        tuple(_figures(held, id)),
        tuple(tables),
        points=tuple(_alarms(held)),
        notice=notice,
    )


def _row(held: Held, quantity: str, statistic: str) -> int:
    (row,) = held.source.where(quantity=quantity, statistic=statistic)
    return row


def _record(held: Held) -> str:
    """Return how much was reported, and up to when."""
    dates = held.others["reports"].frame["date"].to_list()
    if not dates:
        return "no report"
    return f"{count(len(dates))} report{'s' if len(dates) > 1 else ''} up to {words(max(dates))}"


def _horizon(held: Held) -> str:
    return words(date_of(held.scenario, held.scenario.campaign.horizon_days))


def _sure(held: Held, date: dt.date | None) -> str:
    """Return what the P80 says."""
    if date is None:
        return f"no date up to {_horizon(held)}, where the simulation ends, is 80 % sure"
    return f"80 % sure, all land is released by {words(date)}"


def _alarms(held: Held) -> Iterator[str]:
    """Yield what a reader has to be warned of."""
    strange = [row for row in held.others["reports"].rows if row["strange"]]
    unit = held.scenario.unit
    for row in strange[:_NAMED]:
        amount = f"{number(row['released_ha'] * unit.per_ha)} {unit.short}"
        yield (
            f"The report of {words(row['date'])} ({land_words(row['kind'], row['name'])}, {amount})"
            " was not to be expected after those before it: either it is wrong, or the scenario"
            " leaves out what happened then."
        )
    if len(strange) > _NAMED:
        yield f"{count(len(strange) - _NAMED)} more reports were not to be expected either."
    rows = held.others["reports"].rows
    judged = [row for row in rows if row["place_after"] is not None]
    if len(judged) < len(rows):
        of = f"{count(len(judged))} of the {count(len(rows))} reports"
        yield f"{of} were held against those before them."
    unjudged = sum(row["place_next"] is None for row in judged)
    if unjudged:
        yield (
            f"{count(unjudged)} of the reports could not be held against those before them: too few"
            " campaigns agree with these."
        )
    worth, n = _worth(held), int(held.settings.get("replications") or 0)
    if worth is not None and worth < min(FEW_WORTH, FEW_SHARE * n):
        yield (
            f"The campaigns after the record are worth only {count(math.floor(worth))} independent"
            " ones: dates and chances after it are rough, and better with more replications."
        )


def _learned(held: Held) -> Iterator[str]:
    """Yield what the record taught, and what it cannot tell yet."""
    rows = held.others["learned"].rows
    if not rows:
        yield "Every number of the scenario is known: there is nothing that the record could teach."
        return
    least = taught_from(_worth(held))
    taught = [row for row in rows if (row["spread_taken"] or 0.0) >= least]
    if taught:
        told = [f"“{row['number']}”, {taken_words(row)}" for row in taught]
        yield f"What the record taught, with the share of its spread that is gone: {_listed(told)}."
    else:
        chance = f"chance alone can ({percent(least)} %)"
        yield f"The record took no more of the spread of any number than {chance}."
    left = [
        row
        for row in rows
        if (row["spread_taken"] or 0.0) < least and (row["decides"] or 0.0) >= DECIDES
    ]
    left.sort(key=lambda row: -row["decides"])
    if left:
        told = [f"“{row['number']}”, {percent(row['decides'])} %" for row in left]
        yield (
            "What it cannot tell yet, with the share in the spread of the completion that is left:"
            f" {_listed(told)}."
        )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return "; ".join(names[:_NAMED]) + (f"; and {count(more)} more" if more > 0 else "")


def _worth(held: Held) -> float | None:
    """Return how many independent campaigns those after the record are worth, if that is known."""
    about = held.manifest.get("forecast")
    stated = about if isinstance(about, dict) else {}
    found = stated.get("distinct", stated.get("worth"))
    return float(found) if isinstance(found, int | float) else None


def _how(held: Held) -> str:
    """Return how the campaigns that agree were found."""
    about = held.manifest.get("forecast")
    stated = about if isinstance(about, dict) else {}
    texts = []
    if isinstance(stated.get("simulated"), int):
        histories = count(stated["simulated"])
        texts.append(f"How they were found: {histories} histories up to the last report were tried")
        if stated.get("method") == "moves":
            steps = count(len(stated.get("steps") or ()))
            texts[0] += f", and led towards the record in {steps} steps"
        else:
            texts[0] += ", and chosen by how well they agree with it"
        texts[0] += "."
    worth = _worth(held)
    if worth is not None:
        n = int(held.manifest["replications_done"])
        texts.append(
            f"Some of the {count(n)} campaigns have much luck in common: they are worth"
            f" {count(math.floor(worth))} independent ones. The intervals of the next two tables"
            " count these; those of other tables made from this forecast count all, and are too"
            " narrow."
            if worth < n
            else f"The {count(n)} campaigns are independent."
        )
    return " ".join(texts) or "How the campaigns were found is not stated."


def _figures(held: Held, id: str) -> Iterator[Figure]:  # noqa: A002 # as above
    frames = {"forecast": held.source.frame}
    frames |= {name: source.frame for name, source in held.others.items()}
    data = {"forecast_progress": _growth(held), "forecast_completion": _curve(held)}

    def svg(name: str) -> str:
        from sim.experiments.forecast.pictures import to_svg  # noqa: PLC0415 # loads matplotlib
        from sim.results.pictures.canvas import Subject  # noqa: PLC0415

        done, manifest = frames["replications"]["completed"], held.manifest
        asked, seed = int(manifest["replications_asked"]), int(manifest["seed"])
        censored = len(done) - int(done.sum())
        about = Subject(held.scenario, seed, asked, len(done), censored)
        return to_svg(
            name, frames, about, id=f"{id}-{name.replace('_', '-')}", description=_TOLD[name]
        )

    for name, title in _TITLES.items():
        if name != "forecast_learned" or len(frames["learned"]):
            yield figure_of(partial(svg, name), title=title, data=data.get(name))


def _growth(held: Held) -> Table:
    source = held.others["progress"]
    (counted,) = (
        held.others["before"]
        .frame.filter(held.others["before"].frame["quantity"] != COMPLETION)["quantity"]
        .unique()
    )
    columns = columns_of(
        ("By the end of", "date"),
        ("90 % sure: at least", "area"),
        ("As likely as not", "area"),
        ("In 1 of 10 cases more than", "area"),
    )
    rows = [
        [At(i, name) for name in ("date", *_BANDS)]
        for i in some_rows(source, source.where(quantity=counted))
    ]
    title, remark = "released land after the record", "Some dates; the file has one row a week."
    return table_of(source, title, columns, rows, scenario=held.scenario, remark=remark)


def _curve(held: Held) -> Table:
    source: Source = held.others["before"]
    columns = columns_of(
        ("Chance",), ("Done by, before the record", "date", "", f"later than {_horizon(held)}")
    )  # fmt: skip
    at = {row["statistic"]: i for i, row in enumerate(source.rows) if row["quantity"] == COMPLETION}
    rows = [
        [At(at[name], "statistic", f"{p} %"), At(at[name], "date")]
        for p, name in zip(PERCENTS, percentiles(PERCENTS), strict=True)
        if p % 5 == 0
    ]
    title, remark = "completion before the record", "Some chances; the file has every percent."
    return table_of(source, title, columns, rows, scenario=held.scenario, remark=remark)


def _dates(held: Held) -> Table:
    columns = columns_of(
        ("Statistic",),
        ("Before the record", "date", "", f"later than {_horizon(held)}"),
        ("After it", "date", "", f"later than {_horizon(held)}"),
        ("95 % interval from", "day", "", "not known"),
        ("to", "day", "", "not known"),
    )
    places = ("before_date", "after_date", "after_low", "after_high")
    rows = [
        [At(i, "statistic", _STATISTICS[row["statistic"]]), *(At(i, name) for name in places)]
        for i, row in enumerate(held.source.rows)
        if row["quantity"] == COMPLETION
    ]
    title = "When it is done, before and after the record"
    return table_of(held.source, title, columns, rows, scenario=held.scenario)


def _chances(held: Held) -> Table:
    columns = columns_of(
        ("Chance of",),
        ("Before the record", "share", "", "not known"),
        ("After it", "share", "", "not known"),
        ("95 % interval from", "share", "", "not known"),
        ("to", "share", "", "not known"),
    )
    dates = {deadline.name: words(deadline.date) for deadline in held.scenario.deadline}
    rows = []
    for i, row in enumerate(held.source.rows):
        if row["quantity"] in (COMPLETED, DEADLINE):
            name = (
                f"{row['name']}, {dates[row['name']]}" if row["name"] else "all land by the horizon"
            )
            values = [At(i, column) for column in ("before", "after", "after_low", "after_high")]
            rows.append([At(i, "name", name), *values])
    title = "Chances before and after the record"
    return table_of(held.source, title, columns, rows, scenario=held.scenario)


def _reports(held: Held) -> Table:
    source = held.others["reports"]
    columns = columns_of(
        ("By the end of", "date"),
        ("Of",),
        ("Released", "area"),
        ("Meant",),
        ("Own error, sd", "area"),
        ("Published", "date"),
        ("Row", "whole"),
        ("Note",),
    )
    rows = [
        [
            At(i, "date"),
            At(i, "name", land_words(row["kind"], row["name"])),
            At(i, "released_ha"),
            At(i, "bound", BOUNDS[row["bound"]]),
            *(At(i, name) for name in ("error_ha", "published", "row", "note")),
        ]
        for i, row in enumerate(source.rows)
    ]
    remark = "Released since the first day. The rows are those of the file of the record."
    return table_of(source, "The reports", columns, rows, scenario=held.scenario, remark=remark)


def _places(held: Held) -> Table:
    source = held.others["reports"]
    columns = columns_of(
        ("By the end of", "date"),
        ("Of",),
        ("Released", "area"),
        ("Median before the record", "area"),
        ("Median after it", "area"),
        ("Before the record",),
        ("After the reports before it",),
        ("After the record",),
        ("Strange",),
    )
    rows = [
        [
            At(i, "date"),
            At(i, "name", land_words(row["kind"], row["name"])),
            *(At(i, name) for name in ("released_ha", "released_before_p50", "released_after_p50")),
            *(At(i, name, place_words(row[name], row["bound"])) for name in _PLACES),
            At(i, "strange"),
        ]
        for i, row in enumerate(source.rows)
    ]
    remark = (
        "Where the report lies among campaigns before and after the record, and among those that"
        " agree with the reports before it only: above 90 % means that nine of ten would have"
        " reported less, its own error counted. A report is strange in the outer 1 %."
    )
    title = "Where the reports lie among the campaigns"
    return table_of(source, title, columns, rows, scenario=held.scenario, remark=remark)


def _numbers(held: Held) -> Iterator[Table]:
    source = held.others["learned"]
    columns = columns_of(
        ("Number that is not known",),
        ("Unit",),
        *((f"{when}{name.upper()}", "number")
          for when in ("Before: ", "After: ") for name in _BANDS),
        ("Of its spread taken",),
        ("Decides of the spread of the completion", "share", "", "not known"),
    )  # fmt: skip
    values = [f"{when}_{name}" for when in ("before", "after") for name in _BANDS]
    rows = [
        [
            At(i, "number"),
            At(i, "unit", unit_words(row["unit"])),
            *(At(i, name) for name in values),
            At(i, "spread_taken", taken_words(row)),
            At(i, "decides"),
        ]
        for i, row in enumerate(source.rows[:_MOST])
    ]
    if not rows:
        return
    remark = "Of several crews or sectors of one kind their mean. "
    if (more := len(source.rows) - len(rows)) > 0:
        remark += f"{count(more)} more are in the file."
    yield table_of(
        source,
        "What the record taught",
        columns,
        rows,
        scenario=held.scenario,
        remark=remark.strip(),
    )
