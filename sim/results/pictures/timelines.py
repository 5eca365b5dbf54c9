"""Picture of what the crews do in a good, a typical and a bad campaign."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import polars as pl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from sim.results.pictures.canvas import (
    GREY,
    INK,
    RIGHT,
    Tables,
    add_remark,
    horizon_of,
    on_calendar,
    put_dates,
    put_legend,
    start_of,
)
from sim.results.pictures.labels import labels, text_width
from sim.results.words import number, state_words, words
from sim.scenario.scenario import Scenario

REMARK = "what the crews do"
MOST = 16  # lanes
CAMPAIGNS = {"p10": "A good campaign", "p50": "A typical campaign", "p90": "A bad campaign"}
_AT_WORK, _OTHERS = "at work", "at work in other sectors"
_SECTORS = ("#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_LOOKS = {  # colour and hatch
    _AT_WORK: (_SECTORS[0], ""),
    _OTHERS: ("#5B5B8C", ""),
    "waiting for land": ("#FFF3B0", ""),
    "stand down": ("#F0E442", "||"),
    "unpaid": ("#FFFFFF", "xx"),
}
_LOST = (("#D55E00", ""), ("#D9D9D9", "//"), ("#BFBFBF", ".."), ("#EFEFEF", "\\\\"))
_NAMES, _LEGEND, _FONT, _LEAST = 170.0, 200.0, 11.0, 7.0
_INSIDE, _HIGH = 9.0, 14.0  # names of sectors in lanes: points, and pixels there must be
_LEFT, _BOTTOM, _GAP, _TITLE = 0.165, 0.075, 0.045, 0.035
_FULL = 0.84  # of a lane


def draw_timelines(figure: Figure, frames: Tables, scenario: Scenario) -> None:
    """Draw what the crews do in three campaigns: each crew, or how many of each group.

    Parameters
    ----------
    figure
        With its heading, and nothing else.
    frames
        Of a result: `timelines` (with rows), `replications`.
    scenario
        That was run.
    """
    told, lanes = _told(frames["timelines"]), _lanes(frames["timelines"])
    if len(lanes) > MOST:
        add_remark(figure, f"and {len(lanes) - MOST} more in timelines.csv")
        lanes = lanes[:MOST]
        told = told.filter(pl.col("crew").is_in(lanes))
    looks = _looks(told)
    top = _put_legend(figure, looks) - _TITLE
    height = (top - _BOTTOM - 2 * _GAP) / 3
    begin, last = start_of(scenario), float(told["until_day"].to_numpy().max())
    for i, (percentile, title) in enumerate(CAMPAIGNS.items()):
        bottom = top - height - i * (height + _GAP)
        axes = figure.add_axes((_LEFT, bottom, RIGHT - _LEFT, height))
        axes.set_xlim(*on_calendar(begin, begin + 1.01 * max(last, 7.0)))
        rows = told.filter(pl.col("percentile") == percentile)
        _draw(axes, rows, lanes, looks, begin)
        _name_lanes(figure, axes, told, lanes)
        _name_sectors(figure, axes, rows, lanes, begin)
        put_dates(axes.xaxis)
        axes.tick_params(axis="x", labelbottom=i == 2)
        _write_title(figure, axes, f"{title} ({percentile.upper()})", rows, frames, scenario)


def _told(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with what they are called in the legend, as `what`."""
    days = pl.col("until_day") - pl.col("from_day")
    work = rows.filter((pl.col("state") == "worked") & pl.col("sector").is_not_null())
    total = work.group_by("sector").agg((days * pl.col("crews")).sum().alias("days"))
    most = total.sort("days", "sector", descending=[True, False])["sector"].to_list()
    named = set(most if len(most) <= len(_SECTORS) else most[: len(_SECTORS) - 1])

    def what(row: Mapping[str, Any]) -> str:
        if row["state"] != "worked":
            return state_words(row["state"])
        if row["sector"] is None:
            return _AT_WORK
        return f"{_AT_WORK}: {row['sector']}" if row["sector"] in named else _OTHERS

    return rows.with_columns(pl.Series("what", map(what, rows.iter_rows(named=True)), pl.String))


def _lanes(rows: pl.DataFrame) -> list[str]:
    """Return crews or groups in their order; if there are too many, those of most time first."""
    names: list[str] = rows["crew"].unique(maintain_order=True).to_list()
    if len(names) <= MOST:
        return names
    days = (pl.col("until_day") - pl.col("from_day")) * pl.col("crews")
    of = dict(rows.group_by("crew").agg(days.sum()).iter_rows())
    return sorted(names, key=lambda name: -of[name])


def _looks(told: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Return colour and hatch of all that is told, sectors first."""
    found = told["what"].unique(maintain_order=True).to_list()
    sectors, lost = iter(_SECTORS), cycle(_LOST)
    looks = {what: (next(sectors), "") for what in found if what.startswith(f"{_AT_WORK}: ")}
    looks |= {what: look for what, look in _LOOKS.items() if what in found}
    return looks | {what: next(lost) for what in found if what not in looks}


def _put_legend(figure: Figure, looks: Mapping[str, tuple[str, str]]) -> float:
    parts = [(what, "") for what in looks]
    names = labels(figure, parts, width=_LEGEND, size=12.0)
    marks: list[Artist] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor=GREY, lw=0.5, label=name)
        for (colour, hatch), name in zip(looks.values(), names, strict=True)
    ]
    return put_legend(figure, marks)


def _draw(
    axes: Axes,
    rows: pl.DataFrame,
    lanes: Sequence[str],
    looks: Mapping[str, tuple[str, str]],
    begin: float,
) -> None:
    """Draw each row of the table as a rectangle: those of one lane and time above each other."""
    axes.set_ylim(len(lanes), 0)
    most, place = _most_crews(rows), {name: i for i, name in enumerate(lanes)}
    filled: dict[tuple[str, float], float] = {}
    corners: dict[str, list[tuple[float, float]]] = {}
    for row in rows.iter_rows(named=True):
        crew, since, until = row["crew"], row["from_day"], row["until_day"]
        low = filled.get((crew, since), 0.0)
        high = filled[crew, since] = low + row["crews"] / most[crew] * _FULL
        bottom = place[crew] + (1 + _FULL) / 2
        left, right = begin + since, begin + until
        corners.setdefault(row["what"], []).extend(
            (
                (left, bottom - low),
                (left, bottom - high),
                (right, bottom - high),
                (right, bottom - low),
                (left, bottom - low),
            )
        )
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    for what, points in corners.items():
        colour, hatch = looks[what]
        patch = PathPatch(Path(points, codes * (len(points) // 5)), label=what)
        patch.set(facecolor=colour, edgecolor=GREY, lw=0, hatch=hatch)
        axes.add_patch(patch)


def _most_crews(rows: pl.DataFrame) -> dict[str, float]:
    """Return how many crews of each lane there are at most."""
    at_once = rows.group_by("crew", "from_day").agg(pl.col("crews").sum())
    return dict(at_once.group_by("crew").agg(pl.col("crews").max()).iter_rows())


def _name_lanes(figure: Figure, axes: Axes, told: pl.DataFrame, lanes: Sequence[str]) -> None:
    """Write whose lanes they are, and how many crews fill one of a group."""
    height = axes.get_window_extent().height / len(lanes)
    size = min(_FONT, max(_LEAST, 0.7 * height * 72 / figure.dpi))
    most = _most_crews(told.with_columns(pl.concat_str("percentile", "crew").alias("crew")))
    parts = []
    for name in lanes:
        crews = max(most.get(percentile + name, 0.0) for percentile in CAMPAIGNS)
        parts.append((name, f" ({number(round(crews, 1))})" if crews > 1 else ""))
    axes.set_yticks([i + 0.5 for i in range(len(lanes))])
    axes.set_yticklabels(labels(figure, parts, width=_NAMES, size=size), fontsize=size)
    axes.tick_params(axis="y", length=0)


def _name_sectors(
    figure: Figure, axes: Axes, rows: pl.DataFrame, lanes: Sequence[str], begin: float
) -> None:
    """Write the names of sectors into the lanes, where there is room."""
    box, (low, high) = axes.get_window_extent(), axes.get_xlim()
    if box.height / len(lanes) < _HIGH:
        return
    for crew, sector, since, until in _visits(rows):
        room = (until - since) / (high - low) * box.width - 6
        if text_width(figure, sector, _INSIDE) > room:
            continue
        at = begin + (since + until) / 2, lanes.index(crew) + 0.5
        text = axes.text(*at, sector, ha="center", va="center", fontsize=_INSIDE)
        text.set(
            color=INK, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
        )


def _visits(rows: pl.DataFrame) -> list[tuple[str, str, float, float]]:
    """Return from when to when crews hold land of one sector, stops included."""
    found: list[tuple[str, str, float, float]] = []
    for row in rows.filter(pl.col("sector").is_not_null()).iter_rows(named=True):
        own = (row["crew"], row["sector"])
        if found and found[-1][:2] == own:
            found[-1] = (*own, found[-1][2], row["until_day"])
        else:
            found.append((*own, row["from_day"], row["until_day"]))
    return found


def _write_title(
    figure: Figure, axes: Axes, title: str, rows: pl.DataFrame, frames: Tables, scenario: Scenario
) -> None:
    """Write above a chart which campaign it is, and mark its completion."""
    number_of = rows["replication"][0]
    (row,) = frames["replications"].filter(pl.col("replication") == number_of).iter_rows(named=True)
    if row["completed"]:
        end = f"complete on {words(row['completion_date'])}"
        axes.axvline(start_of(scenario) + row["completion_day"], color=INK, lw=1.5, ls="--")
    else:
        end = f"not complete by {words(horizon_of(scenario))}"
    text = axes.annotate(
        f"{title}: replication {number_of}, {end}",
        (0, 1), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points",
    )  # fmt: skip
    text.set(va="bottom", fontsize=12, fontweight="bold")
