"""A comparison in a report."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sim.experiments.compare.table import SCHEMA
from sim.experiments.reading import Held, read_experiment
from sim.results.page.figures import figure_of
from sim.results.page.part import At, Column, Figure, Part, Table, table_of
from sim.results.words import count
from sim.scenario.scenario import Deadline
from sim.statistics.quantities import DEADLINE

_DIFFERENCE = ("difference", "difference_low", "difference_high")


def read(folder: Path) -> Held:
    """Return a comparison, read from its folder."""
    return read_experiment(folder, "compare", SCHEMA)


def part(held: Held, *, id: str, notice: str) -> Part:  # noqa: A002 # the word of the page
    """Return its part of a report."""
    baseline = held.source.rows[0]["baseline"]
    variants = held.source.frame["variant"].n_unique()
    replications = int(held.manifest.get("replications_done") or 0)
    text = (
        f"Each is compared with “{baseline}” on the same luck: the same winters, attacks and good"
        " weeks meet all of them, so that a difference is due to what was changed."
        f" {count(replications // (variants + 1))} campaigns of each."
    )
    tables = [*_dates(held), *_chances(held), *_costs(held)]
    return Part(
        id, "What was compared", (text,), (_figure(held, id),), tuple(tables), notice=notice
    )


def _figure(held: Held, id: str) -> Figure:  # noqa: A002 # as above
    """Return the picture of the dates compared; its numbers stand in the table."""
    title = "When all land is released with each"

    def svg() -> str:
        from sim.experiments.compare.dates_picture import REMARK, draw_dates  # noqa: PLC0415 # loads matplotlib
        from sim.results.pictures.canvas import vector  # noqa: PLC0415

        seed = int(held.manifest.get("seed") or 0)
        return vector(
            partial(
                draw_dates,
                table=held.source.frame,
                scenario=held.scenario,
                deadlines=_shared(held),
            ),
            subtitle=f"The same luck for all, seed {seed}; {REMARK}",
            name=id,
            title=title,
            description="A row for the baseline and for each variant, with the dates of its P50"
            " and its P80. The numbers stand in the table Dates compared.",
        )

    return figure_of(svg, title=title, data=None)


def _shared(held: Held) -> list[Deadline]:
    """Return the deadlines that are the same in all that was compared."""
    stated = held.manifest.get("scenarios")
    owed = [each.get("deadline", []) for each in stated.values()] if stated else []
    names = [one["name"] for one in (owed[0] if owed else []) if all(one in each for each in owed)]
    return [each for each in held.scenario.deadline if each.name in names]


def _dates(held: Held) -> Iterator[Table]:
    columns = [
        Column("Variant"),
        Column("Statistic"),
        Column("Baseline", "day", empty="later than the horizon"),
        Column("Variant's date", "day", empty="later than the horizon"),
        Column("Sooner (-) or later (+)", "change", empty="not known"),
        Column("95 % interval from", "change"),
        Column("to", "change"),
    ]
    rows = _rows(held, "completion_day")
    yield table_of(held.source, "Dates compared", columns, rows, scenario=held.scenario)


def _rows(held: Held, quantity: str) -> list[list[At | str]]:
    """Return the rows of a quantity: two percentiles, and the mean that is always known."""
    names = {"p50": "P50", "p80": "P80", "restricted_mean": "mean, up to the horizon"}
    return [
        [At(i, "variant"), At(i, "statistic", names[row["statistic"]]), *_values(i)]
        for i, row in enumerate(held.source.rows)
        if row["quantity"] == quantity and row["statistic"] in names
    ]


def _values(row: int) -> list[At]:
    return [At(row, name) for name in ("baseline_value", "variant_value", *_DIFFERENCE)]


def _chances(held: Held) -> Iterator[Table]:
    columns = [
        Column("Variant"),
        Column("Deadline"),
        Column("Baseline's chance", "share", empty="not known"),
        Column("Variant's chance", "share", empty="not known"),
        Column("Difference", "points"),
        Column("95 % interval from", "points"),
        Column("to", "points"),
    ]
    rows = [
        [At(i, "variant"), At(i, "quantity", row["quantity"].removeprefix(DEADLINE)), *_values(i)]
        for i, row in enumerate(held.source.rows)
        if row["quantity"].startswith(DEADLINE)
    ]
    if rows:
        yield table_of(held.source, "Deadlines compared", columns, rows, scenario=held.scenario)


def _costs(held: Held) -> Iterator[Table]:
    columns = [
        Column("Variant"),
        Column("Statistic"),
        Column("Baseline's cost", "money", empty="not known"),
        Column("Variant's cost", "money", empty="not known"),
        Column("Difference", "money", empty="not known"),
        Column("95 % interval from", "money"),
        Column("to", "money"),
    ]
    rows = _rows(held, "cost")
    if rows:
        yield table_of(held.source, "Costs compared", columns, rows, scenario=held.scenario)
