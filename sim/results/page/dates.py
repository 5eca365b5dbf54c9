"""When the land is released: percentiles, deadlines, and how the released land grows."""

from collections.abc import Iterator, Sequence

from sim.results.page.figures import figures_of
from sim.results.page.part import At, Figure, Part, Source, Table, table_of
from sim.results.page.run import Run, columns_of, interval
from sim.results.words import owed_words, words
from sim.statistics.quantities import DEADLINE, EVERY, QUANTITIES, RELEASED_BY, percentiles

_MEANING = {10: "if nearly all goes well", 50: "as likely as not", 80: "a sound promise",
            90: "a safe promise"}  # fmt: skip
_MOST = 40  # rows


def dates(run: Run) -> Part:
    """Return when all land is released, and restored."""
    tables = [_percentiles(run, "completion_day", "When all land is released")]
    if run.scenario.restoration:
        tables.append(_percentiles(run, "restored_day", "When it is restored too"))
    text = (
        "Each date with the chance that all is done by then, and the interval in which it lies with"
        " 95 % confidence if only the luck of the draw is counted: it gets narrower with more"
        " simulated campaigns, and says nothing about wrong assumptions."
    )
    figures = (*_curve(run), *_growth(run))
    return Part("dates", "When is the land released?", (text,), figures, tuple(tables))


def _curve(run: Run) -> tuple[Figure, ...]:
    told = (
        "A curve that rises from 0 to the share of campaigns that are complete, with a dot for each"
        f" of P10, P50, P80 and P90. P50: {run.date('completion_day', 'p50')}; P80:"
        f" {run.date('completion_day', 'p80')}. Upright lines mark the deadlines."
    )
    title = "The chance that all land is released, by date"
    return figures_of(run, "completion", title=title, description=told, data=_percents(run))


def _growth(run: Run) -> tuple[Figure, ...]:
    told = (
        "A line for the released land that is as likely as not, in bands that hold 8 and 9 of 10"
        " campaigns; a dotted line for all known land. Upright lines mark the deadlines."
    )
    title = "How the released land grows"
    return figures_of(run, "progress", title=title, description=told, data=_weeks(run))


def _percentiles(run: Run, quantity: str, title: str) -> Table:
    columns = columns_of(
        ("Chance",),
        ("Done by", "date", "", f"later than {run.horizon}"),
        ("95 % interval from", "day", "", "not known"),
        ("to", "day", "", "not known"),
    )
    rows = []
    for percent in QUANTITIES[quantity].shown:
        row = run.row(quantity, percentiles([percent])[0])
        if row is not None:
            text = f"{percent} % (P{percent}): {_MEANING[percent]}"
            rows.append([At(row, "statistic", text), At(row, "date"), *interval(row)[1:]])
    return table_of(run.summary, title, columns, rows, scenario=run.scenario)


def _percents(run: Run) -> Table:
    """Return the data of the curve of completion."""
    columns = columns_of(("Chance",), ("Done by", "date", "", f"later than {run.horizon}"))
    found = [(p, run.row("completion_day", percentiles([p])[0])) for p in EVERY]
    rows = [[At(i, "statistic", f"{p} %"), At(i, "date")] for p, i in found if i is not None]
    title = "chance that all land is released by a date"
    return table_of(run.summary, title, columns, rows, scenario=run.scenario)


def _weeks(run: Run) -> Table:
    """Return the data of the growth of the released land: a row for each of some weeks."""
    source = run.table("progress")
    columns = columns_of(
        ("By the end of", "date"),
        ("On average", "area"),
        ("90 % sure: at least", "area"),
        ("As likely as not", "area"),
        ("In 1 of 10 cases more than", "area"),
    )
    names = ("date", "mean", "p10", "p50", "p90")
    rows = [
        [At(i, name) for name in names]
        for i in some_rows(source, source.where(quantity="released_ha"))
    ]
    title, remark = "released land (net)", "Some dates; the file has one row a week."
    return table_of(source, title, columns, rows, scenario=run.scenario, remark=remark)


def some_rows(source: Source, rows: Sequence[int]) -> list[int]:
    """Return at most so many rows: the last of each month, quarter or year, and the ends."""
    days = [source.rows[i]["date"] for i in rows]
    keys = (
        lambda d: d,
        lambda d: (d.year, d.month),
        lambda d: (d.year, (d.month - 1) // 3),
        lambda d: d.year,
    )
    for key in keys:
        last = {key(day): i for day, i in zip(days, rows, strict=True)}
        if len(last) <= _MOST:
            break
    return sorted({*rows[:1], *last.values()})


def deadlines(run: Run) -> Part | None:
    """Return the deadlines and milestones with their chances; None if there are none."""
    if not run.scenario.deadline:
        return None
    columns = columns_of(
        ("Deadline",),
        ("Asks for",),
        ("By the end of", "date"),
        ("Chance", "share", "", "not known"),
        ("95 % interval from", "share"),
        ("to", "share"),
        ("Released of its land by then, 80 % sure: at least", "area", "", "not known"),
        ("As likely as not", "area", "", "not known"),
    )
    text = (
        "A deadline is met if what it asks for is released by the end of its day. Where a chance"
        " is low, the last two columns say how much of its land is released by then all the same."
    )
    table = table_of(
        run.summary, "Deadlines and milestones", columns, _owed(run), scenario=run.scenario
    )
    return Part("deadlines", "Are the deadlines met?", words=(text,), tables=(table,))


def _owed(run: Run) -> Iterator[list[At | str]]:
    for deadline in run.scenario.deadline:
        row = run.row(DEADLINE + deadline.name, "probability")
        if row is None:
            continue
        owed = owed_words(deadline, run.scenario.unit) or "all land"
        by = [run.row(RELEASED_BY + deadline.name, name) for name in ("p20", "p50")]
        yield [
            At(row, "quantity", deadline.name),
            owed,
            words(deadline.date),
            *interval(row),
            *("" if i is None else At(i, "value") for i in by),
        ]
