"""What the crews spend their time on, on average and in three campaigns."""

from sim.results.page.figures import figures_of
from sim.results.page.part import At, Figure, Part, Table, table_of
from sim.results.page.run import Run, columns_of
from sim.results.words import state_words

_LEAST = 0.005  # of a crew's time
_MOST = 150  # rows of timelines
_CAMPAIGNS = {"p10": "good (P10)", "p50": "typical (P50)", "p90": "bad (P90)"}


def crews(run: Run) -> Part:
    """Return where crew time goes."""
    text = (
        "A crew that often waits for land is not what holds the campaign up; one that nearly always"
        " works may be."
    )
    figures = _three(run)
    return Part("crews", "What do the crews do?", (text,), figures, (_time(run),))


def _three(run: Run) -> tuple[Figure, ...]:
    told = (
        "Three campaigns, a good, a typical and a bad one, with a lane for each crew or group of"
        " crews: where it works from when to when, and what stops it."
    )
    title = "What the crews do in a good, a typical and a bad campaign"
    return figures_of(run, "timelines", title=title, description=told, data=_stretches(run))


def _stretches(run: Run) -> Table:
    source = run.table("timelines")
    columns = columns_of(
        ("Campaign",),
        ("Crews",),
        ("From", "begin"),
        ("Until the end of", "day"),
        ("What",),
        ("Where",),
        ("Number of crews", "number"),
    )
    rows = [
        [
            At(i, "percentile", _CAMPAIGNS.get(row["percentile"], "")),
            At(i, "crew"),
            At(i, "from_day"),
            At(i, "until_day"),
            At(i, "state", state_words(row["state"])),
            At(i, "sector"),
            At(i, "crews"),
        ]
        for i, row in enumerate(source.rows[:_MOST])
    ]
    remark = f"The first {_MOST} rows; the file has all." if len(source.rows) > _MOST else ""
    title = "stretches of time"
    return table_of(source, title, columns, rows, scenario=run.scenario, remark=remark)


def _time(run: Run) -> Table:
    source = run.table("crew_time")
    columns = columns_of(
        ("Crews",), ("Time",), ("Share of their time", "share"), ("Crew-days, on average", "number")
    )
    shown = [i for i, row in enumerate(source.rows) if abs(row["share"] or 0) >= _LEAST]
    shown.sort(key=lambda i: (source.rows[i]["crew"], -source.rows[i]["share"]))
    rows = []
    for i in shown:
        state = At(i, "state", state_words(source.rows[i]["state"]))
        rows.append([At(i, "crew"), state, At(i, "share"), At(i, "days_mean")])
    remark = "What takes less than half a percent of a crew's time is left out; the file has all."
    return table_of(source, "Crew time", columns, rows, scenario=run.scenario, remark=remark)
