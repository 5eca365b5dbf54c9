"""An explanation in a report: what drives the date, and what each cause costs."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from sim.experiments.explain.delays import TOGETHER
from sim.experiments.explain.explain import Answers, leading, names_of, others_of
from sim.experiments.explain.report import LEVELS, SUMS, together
from sim.experiments.explain.table import SCHEMA, answers_of
from sim.experiments.explain.variants import OTHERS
from sim.experiments.reading import Held, read_experiment
from sim.results.page.figures import figure_of
from sim.results.page.part import At, Figure, Part, Table, table_of
from sim.results.page.run import columns_of
from sim.results.words import cause_words, count, key_words, number, percent, share_words
from sim.statistics.quantities import COMPARED, percentiles

_DATES = percentiles(COMPARED)
_MOST = 40  # rows


def read(folder: Path) -> Held:
    """Return an explanation, read from its folder."""
    return read_experiment(folder, "explain", SCHEMA)


def shares(held: Held) -> Mapping[str, float]:
    """Return the share in the spread of the completion of each number that was looked at alone."""
    rows = held.source.rows
    found = {
        row["name"]: row["value"]
        for row in rows
        if (row["kind"], row["quantity"]) == ("sobol", "total") and row["value"] is not None
    }
    return {key: min(1.0, max(0.0, share)) for key, share in found.items()}


def said(held: Held) -> Iterator[str]:
    """Yield what the date depends on most, and which cause costs most."""
    answers = answers_of(held.source.frame)
    drivers = names_of(answers, "sobol")
    if drivers and shares(held).get(drivers[0]):
        share = share_words(shares(held)[drivers[0]])
        yield f"The date depends most on {key_words(drivers[0])}: {share} of its spread."
    causes = [name for name in names_of(answers, "delay") if name not in TOGETHER]
    if causes:
        most = max(causes, key=lambda name: answers["delay", name, "restricted_mean"].value)
        days = answers["delay", most, "restricted_mean"].value
        if days >= 1:
            yield f"What costs most time is {cause_words(most)}: {number(days)} days on average."


def part(held: Held, *, id: str, notice: str) -> Part:  # noqa: A002 # the word of the page
    """Return its part of a report."""
    answers = answers_of(held.source.frame)
    at = {(r["kind"], r["name"], r["quantity"]): i for i, r in enumerate(held.source.rows)}
    tables = [
        *_delays(held, answers, at),
        *_drivers(held, answers, at),
        *_small(held, answers, at),
        *_levels(held, answers, at),
    ]
    tables += _last(held, answers, at)
    causes = [name for name in names_of(answers, "delay") if name not in TOGETHER]
    each = count(int(held.settings.get("replications") or 0))
    texts = [
        f"From {each} campaigns for each of many variants of the scenario, all with the same luck:"
        " one cause is taken away, or one number is fixed, and the rest stays."
    ]
    if causes:
        texts.append("Days that a cause costs are those by which all would be sooner without it.")
        texts += [line.strip() for line in together(answers, causes)]
    title = "What drives the date, and what does each cause cost?"
    figures = tuple(_figures(held, answers, id))
    return Part(id, title, tuple(texts), figures, tuple(tables), notice=notice)


def _figures(held: Held, answers: Answers, id: str) -> Iterator[Figure]:  # noqa: A002 # as above
    """Yield the pictures of the parts that were asked for; their numbers stand in the tables."""
    frame, scenario, seed = held.source.frame, held.scenario, int(held.manifest.get("seed") or 0)
    each = int(held.settings.get("replications") or 0)

    from sim.experiments.explain.bars import subtitle_of  # noqa: PLC0415 # loads matplotlib
    from sim.results.pictures.canvas import vector  # noqa: PLC0415

    def delays() -> str:
        from sim.experiments.explain.delays_picture import ABOUT, draw_delays  # noqa: PLC0415

        told = "A bar for each cause: the days by which all land would be released sooner without."
        return vector(
            partial(draw_delays, table=frame),
            subtitle=subtitle_of(ABOUT, each, seed),
            name=f"{id}-delays",
            title="What makes it late",
            description=f"{told} The numbers stand in the table What makes it late.",
        )

    def drivers() -> str:
        from sim.experiments.explain.drivers_picture import about, draw_drivers  # noqa: PLC0415

        told = "Left a bar for each number that is not known: its share in the spread of the date."
        return vector(
            partial(draw_drivers, table=frame, scenario=scenario),
            subtitle=about(frame, each, seed),
            name=f"{id}-drivers",
            title="What drives the date",
            description=f"{told} Right the date if it is low and if it is high.",
        )

    if any(name not in TOGETHER for name in names_of(answers, "delay")):
        yield figure_of(delays, title="What makes it late", data=None)
    if names_of(answers, "sobol"):
        yield figure_of(drivers, title="What drives the date", data=None)


_Places = Mapping[tuple[str, str, str], int]


def _delays(held: Held, answers: Answers, at: _Places) -> Iterator[Table]:
    names = names_of(answers, "delay")
    if sum(name not in TOGETHER for name in names) == 1:  # there is nothing to add
        names = names[:1]
    columns = columns_of(
        ("Cause",),
        *((f"{name.upper()} later by", "change", "", "not known") for name in _DATES),
        ("Mean later by", "change"),
        ("95 % interval from", "change"),
        ("to", "change"),
    )
    rows = []
    for name in names:
        mean = at["delay", name, "restricted_mean"]
        of_dates = (At(at["delay", name, statistic], "value") for statistic in _DATES)
        ends = (At(mean, end) for end in ("value", "ci_low", "ci_high"))
        rows.append([At(mean, "name", SUMS.get(name, cause_words(name))), *of_dates, *ends])
    if rows:
        remark = "The mean is that up to the horizon, which is always known."
        yield table_of(held.source, "What makes it late", columns, rows,
                       scenario=held.scenario, remark=remark)  # fmt: skip


def _drivers(held: Held, answers: Answers, at: _Places) -> Iterator[Table]:
    keys = names_of(answers, "tornado")[:_MOST]
    if not keys:
        return
    statistic = leading(answers)
    what = "P80" if statistic == "p80" else "Mean, up to the horizon,"
    columns = columns_of(
        ("Number that is not known",),
        ("Share in the spread", "share"),
        ("95 % interval from", "share"),
        ("to", "share"),
        (f"{what} if it is low (its P10)", "change", "", "not known"),
        (f"{what} if it is high (its P90)", "change", "", "not known"),
    )
    rows: list[list[At | str]] = []
    for key in keys:
        i = at["sobol", key, "total"]
        row: list[At | str] = [At(i, "name", key_words(key)), *_share(held, i)]
        for end in ("p10", "p90"):
            found = at.get(("tornado", key, f"{statistic}_change_at_{end}"))
            row.append("" if found is None else At(found, "value"))
        rows.append(row)
    remark = "What acts together counts in several shares: they may add up to more than 100 %."
    yield table_of(held.source, "What the date depends on", columns, rows,
                   scenario=held.scenario, remark=remark)  # fmt: skip


def _small(held: Held, answers: Answers, at: _Places) -> Iterator[Table]:
    """Yield what is known of the numbers that were not looked at alone."""
    keys = others_of(answers)
    if not keys:
        return
    columns = columns_of(
        ("Number that is not known",),
        ("Share in the spread by itself", "share"),
        ("95 % interval from", "share"),
        ("to", "share"),
    )
    rows = [
        [At(i, "name", key_words(key)), *_share(held, i)]
        for key in keys[:_MOST]
        for i in [at["sobol", key, "first_order"]]
    ]
    together = percent(min(1.0, max(0.0, answers["level", OTHERS, "total"].value)))
    remark = f"Together these {count(len(keys))} have {together} %, alone or with others."
    yield table_of(held.source, "What seems too small to be looked at alone", columns, rows,
                   scenario=held.scenario, remark=remark)  # fmt: skip


def _levels(held: Held, answers: Answers, at: _Places) -> Iterator[Table]:
    columns = columns_of(
        ("Source of the spread",),
        ("Share, alone or with others", "share"),
        ("95 % interval from", "share"),
        ("to", "share"),
    )
    rows = []
    for level in LEVELS if names_of(answers, "level") else ():
        i = at["level", level, "total"]
        rows.append([At(i, "name", LEVELS[level]), *_share(held, i)])
    if rows:
        title = "Where the spread comes from"
        yield table_of(held.source, title, columns, rows, scenario=held.scenario)


def _last(held: Held, answers: Answers, at: _Places) -> Iterator[Table]:
    names = names_of(answers, "last")[:_MOST]
    columns = columns_of(
        ("Land that is finished last",), ("In how many campaigns", "share"),
        ("95 % interval from", "share"), ("to", "share"),
    )  # fmt: skip
    rows = [
        [At(at["last", n, "probability"], "name"), *_share(held, at["last", n, "probability"])]
        for n in names
    ]
    if len(rows) > 1:
        yield table_of(held.source, "What is finished last", columns, rows, scenario=held.scenario)


def _share(held: Held, row: int) -> list[At]:
    """Return a share that, as an estimate, may lie outside of 0 to 1, and is not shown so."""
    found = []
    for end in ("value", "ci_low", "ci_high"):
        value = held.source.rows[row][end]
        text = "not known" if value is None else f"{percent(min(1.0, max(0.0, value)))} %"
        found.append(At(row, end, text))
    return found
