"""Regions, operators and sectors: who and where."""

import math
from collections.abc import Iterator

from sim.results.page.figures import figures_of
from sim.results.page.map import map_of
from sim.results.page.part import At, Column, Part, Table, table_of
from sim.results.page.run import Run, columns_of
from sim.results.page.years import NOBODY, by_group
from sim.results.places import deadline_columns
from sim.results.words import count
from sim.statistics.quantities import DEADLINE

_OF_REGION = (
    ("released_ha", "mean", Column("Released", "area")),
    ("released_ha", "p20", Column("80 % sure: at least", "area")),
    ("remaining_ha", "mean", Column("Remaining at its end", "area")),
    ("remaining_ha", "p80", Column("80 % sure: at most remaining", "area")),
)
_OF_OPERATOR = (
    ("cancelled_ha", "mean", Column("Cancelled", "area")),
    ("reduced_ha", "mean", Column("Reduced", "area")),
    ("cleared_ha", "mean", Column("Cleared", "area")),
    ("cleared_ha", "p20", Column("Cleared, 80 % sure: at least", "area")),
    ("deminer_days", "mean", Column("Deminer-days", "number")),
    ("accidents", "mean", Column("Accidents", "number")),
    ("cost", "mean", Column("Cost", "money")),
)
_MOST = 300  # rows
_DATES = ("p10_date", "p50_date", "p80_date", "p90_date")


def places(run: Run) -> Part:
    """Return what is released where and when, and what each operator does."""
    tables = [*_regions(run), *_operators(run), _dated(run, "sectors", "sector", "Sectors")]
    words = (
        "Dates are those on which a place is released for good: land that is found or contaminated"
        " there afterwards moves them. P50 is as likely as not, P80 holds in four of five cases.",
    )
    told = (
        "A bar from the P10 to the P90 of the release of each region or sector, with a mark at P50"
        " and P80; the latest come first, and upright lines mark deadlines. The numbers stand in"
        " the tables below."
    )
    figures = figures_of(run, "sectors", title="When each place is released", description=told)
    figures += map_of(run)
    return Part("places", "Regions, operators and sectors", words, figures, tuple(tables))


def _regions(run: Run) -> Iterator[Table]:
    if not len(run.results.regions):
        return
    yield _dated(run, "regions", "region", "Regions")
    if run.scenario.deadline:
        yield from _regional_deadlines(run)
    yield by_group(run, "region", "Region", "Regions by year", _OF_REGION)


def _dated(run: Run, name: str, key: str, title: str) -> Table:
    later = f"later than {run.horizon}"
    columns = [
        Column(title.removesuffix("s"), empty=NOBODY.get(key, "")),
        Column("Known land", "area"),
        Column(f"Chance to be released by {run.horizon}", "share"),
        *(Column(day[:3].upper(), "date", empty=later) for day in _DATES),
    ]
    source = run.table(name)
    latest = sorted(range(len(source.rows)), key=lambda i: -(source.rows[i]["p80"] or math.inf))
    rows = [
        [At(i, key), At(i, "area_ha"), At(i, "completed"), *(At(i, day) for day in _DATES)]
        for i in sorted(latest[:_MOST])
    ]
    left_out = len(latest) - len(rows)
    remark = f"The {_MOST} that are latest; {count(left_out)} more are in the file."
    return table_of(
        source, title, columns, rows, scenario=run.scenario, remark=remark if left_out else ""
    )


def _regional_deadlines(run: Run) -> Iterator[Table]:
    """Yield the chances of the deadlines that are those of one region."""
    source, names = run.table("regions"), deadline_columns(run.scenario)
    columns = columns_of(
        ("Region", "text", "", NOBODY["region"]),
        ("Deadline",),
        ("Chance", "share"),
        ("95 % interval from", "share"),
        ("to", "share"),
    )
    rows: list[list[At | str]] = []
    for i, row in enumerate(source.rows):
        for deadline in run.scenario.deadline:
            column = names[DEADLINE + deadline.name]
            if row[f"{column}_high"] is not None:
                fields = [At(i, column + end) for end in ("", "_low", "_high")]
                rows.append([At(i, "region"), deadline.name, *fields])
    if rows:
        title = "Deadlines of regions"
        yield table_of(source, title, columns, rows, scenario=run.scenario)


def _operators(run: Run) -> Iterator[Table]:
    source, scenario = run.table("operators"), run.scenario
    cut = any(row["crew_days_mean"] is None and row["crew_days_restricted_mean"] is not None
              for row in source.rows)  # fmt: skip
    mean = "restricted_mean" if cut else "mean"
    paid = scenario.currency
    wanted = [
        (f"crew_days_{mean}", Column("Crew-days", "number")),
        (f"deminer_days_{mean}", Column("Deminer-days", "number")),
        ("cancelled_ha_mean", Column("Cancelled", "area")),
        ("reduced_ha_mean", Column("Reduced", "area")),
        ("cleared_ha_mean", Column("Cleared", "area")),
        (
            "m2_per_deminer_day_p50",
            Column("Output, as likely as not", "number", "m² a deminer-day"),
        ),
        (f"cost_{mean}", Column("Cost", "money")),
        ("cost_per_m2_p50", Column("Price, as likely as not", "number", f"{paid} a m²")),
    ]
    wanted = [each for each in wanted if any(row[each[0]] is not None for row in source.rows)]
    surveyed = ("cancelled_ha_mean", "reduced_ha_mean")
    wanted = [
        each
        for each in wanted
        if each[0] not in surveyed or any(row[each[0]] for row in source.rows)
    ]
    rows = [
        [At(i, "operator"), *(At(i, name) for name, _ in wanted)] for i in range(len(source.rows))
    ]
    columns = [Column("Operator", empty=NOBODY["operator"]), *(about for _, about in wanted)]
    until = f" Means up to {run.horizon} where the campaign is not complete." if cut else ""
    remark = f"Means unless the head says otherwise.{until}"
    yield table_of(source, "Operators", columns, rows, scenario=scenario, remark=remark)
    yield by_group(run, "operator", "Operator", "Operators by year", _OF_OPERATOR)
