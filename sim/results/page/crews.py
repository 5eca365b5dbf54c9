"""What the crews spend their time on."""

from sim.results.page.part import At, Part, table_of
from sim.results.page.run import Run, columns_of
from sim.results.words import state_words

_LEAST = 0.005  # of a crew's time


def crews(run: Run) -> Part:
    """Return where crew time goes."""
    source = run.table("crew_time")
    columns = columns_of(
        ("Crews",), ("Time",), ("Share of their time", "share"), ("Crew-days, on average", "number")
    )
    shown = [i for i, row in enumerate(source.rows) if abs(row["share"] or 0) >= _LEAST]
    shown.sort(key=lambda i: (source.rows[i]["crew"], -source.rows[i]["share"]))
    rows = [
        [
            At(i, "crew"),
            At(i, "state", state_words(source.rows[i]["state"])),
            At(i, "share"),
            At(i, "days_mean"),
        ]
        for i in shown
    ]
    remark = "What takes less than half a percent of a crew's time is left out; the file has all."
    table = table_of(source, "Crew time", columns, rows, scenario=run.scenario, remark=remark)
    text = (
        "A crew that often waits for land is not what holds the campaign up; one that nearly always"
        " works may be."
    )
    return Part("crews", "What do the crews do?", words=(text,), tables=(table,))
