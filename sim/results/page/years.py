"""What is done in each calendar year."""

from collections.abc import Sequence

from sim.results.page.figures import figures_of
from sim.results.page.part import At, Column, Part, Table, table_of
from sim.results.page.run import Run, any_amount, picked

_LAND: tuple[tuple[str, str, Column], ...] = (
    ("released_ha", "mean", Column("Released", "area")),
    ("released_ha", "p50", Column("Released, P50", "area")),
    ("released_ha", "p20", Column("80 % sure: at least", "area")),
    ("released_ha", "p80", Column("80 % sure: at most", "area")),
    ("cancelled_ha", "mean", Column("Cancelled", "area")),
    ("reduced_ha", "mean", Column("Reduced", "area")),
    ("cleared_ha", "mean", Column("Cleared", "area")),
    ("found_ha", "mean", Column("Found anew", "area")),
    ("recontaminated_ha", "mean", Column("Re-contaminated", "area")),
    ("remaining_ha", "mean", Column("Remaining at its end", "area")),
    ("remaining_ha", "p50", Column("Remaining, P50", "area")),
    ("remaining_ha", "p80", Column("80 % sure: at most remaining", "area")),
)
_WORK: tuple[tuple[str, str, Column], ...] = (
    ("sectors_released", "mean", Column("Sectors released", "number")),
    ("items", "mean", Column("Items found", "number")),
    ("accidents", "mean", Column("Accidents", "number")),
    ("casualties", "mean", Column("Casualties", "number")),
    ("crew_days", "mean", Column("Crew-days", "number")),
    ("deminer_days", "mean", Column("Deminer-days", "number")),
)


def years(run: Run) -> Part:
    """Return what is done in each year, with what is sure of it."""
    words = (
        "Released is net: land that was contaminated again counts when it is released again."
        " Numbers are means unless their head says otherwise; means of the years add up to that of"
        " the campaign. A P50 is as likely as not; those do not add up. An amount that is 80 % sure"
        " in each year is not so in all of them together.",
    )
    land = yearly(run, "Land in each year", _LAND)
    work = yearly(run, "Work in each year", _WORK)
    told = (
        "Below, a bar for each year: land that is cleared, reduced and cancelled, one upon the"
        " other. Above, a line for the land that remains at the end of each year, in a band that"
        " holds 8 of 10 campaigns. The numbers stand in the table below."
    )
    figures = figures_of(run, "years", title="Land released in each year", description=told)
    return Part("years", "What is done in which year?", words, figures, (land, work))


def yearly(run: Run, title: str, wanted: Sequence[tuple[str, str, Column]]) -> Table:
    """Return some amounts of the campaign by year; those that are always zero are left out."""
    rows = run.year_rows("campaign")
    some = [
        (quantity, column, about)
        for quantity, column, about in wanted
        if any_amount(run.years, [i for (_, _, _, of), i in rows.items() if of == quantity], column)
    ]
    pairs = [(quantity, column) for quantity, column, _ in some]
    first = {year: i for (year, *_), i in reversed(rows.items())}
    lines = []
    for year in sorted(first):
        cells = picked(rows, (year, "campaign", None), pairs)
        lines.append([At(first[year], "year"), *cells])
    columns = [Column("Year", "year"), *(about for *_, about in some)]
    return table_of(run.years, title, columns, lines, scenario=run.scenario)


def by_group(
    run: Run, by: str, head: str, title: str, wanted: Sequence[tuple[str, str, Column]]
) -> Table:
    """Return some amounts of each group by year, a row for each."""
    rows = run.year_rows(by)
    groups = dict.fromkeys(name for _, _, name, _ in rows)
    there = {quantity for *_, quantity in rows}
    some = [
        each
        for each in wanted
        if each[0] in there
        and any_amount(run.years, [i for (*_, of), i in rows.items() if of == each[0]], each[1])
    ]
    pairs = [(quantity, column) for quantity, column, _ in some]
    first = {(year, name): i for (year, _, name, _), i in reversed(rows.items())}
    lines = []
    for name in groups:
        for year in sorted({year for year, *_ in rows}):
            cells = picked(rows, (year, by, name), pairs)
            if any(run.years.rows[x.row][x.column] for x in cells if isinstance(x, At)):
                i = first[year, name]
                lines.append([At(i, "name"), At(i, "year"), *cells])
    columns = [
        Column(head, empty=NOBODY[by]),
        Column("Year", "year"),
        *(about for *_, about in some),
    ]
    remark = "Years in which all of these are zero are left out."
    return table_of(run.years, title, columns, lines, scenario=run.scenario, remark=remark)


NOBODY = {"region": "of no region", "operator": "no operator (overheads)", "fund": "no fund"}
"""What a group without a name is called."""
