"""What it costs, who pays in which year, and the chance of date and budget together."""

from collections.abc import Iterator
from functools import partial

import polars as pl

from sim.results.funds import comes, is_sure
from sim.results.page.figures import figure_of, figures_of
from sim.results.page.part import At, Column, Figure, Part, Table, Value, plain_table, table_of
from sim.results.page.run import Run, any_amount, columns_of, interval, owes_all, picked
from sim.results.page.years import NOBODY
from sim.results.words import count, money_words, words
from sim.scenario.dates import reaches_beyond
from sim.scenario.laws import Constant
from sim.scenario.scenario import Deadline, Scenario
from sim.statistics.quantities import FUND, MISSING, MONEY

_MOST_PAYERS, _MOST_POINTS = 5, 300
_TITLE = "Date and budget together"


def money(run: Run) -> Part | None:
    """Return what is to be said about money; None if nothing costs any."""
    if not run.scenario.costs:
        return None
    text = "Costs are counted until the land is released; those of restoration until it is done."
    if run.censored:
        text += f" Campaigns that are not complete count as far as {run.horizon}."
    budget = _budget(run.scenario)
    figures = [*_by_year(run)]
    tables = [_cost(run), *_payers(run), *_balances(run), *_funds(run)]
    paragraphs = [text]
    if budget is not None:
        paragraphs += list(_together_words(run, budget))
        tables += _together(run, budget)
        figures.append(_scatter(run, budget))
    return Part(
        "money",
        "What does it cost, and who pays?",
        tuple(paragraphs),
        tuple(figures),
        tuple(tables),
    )


def _by_year(run: Run) -> tuple[Figure, ...]:
    told = (
        "Bars for what is spent in each year, by payer, beside what comes in from tranches of"
        " funds, and both in all so far. The numbers stand in the table of cost by year and payer."
    )
    return figures_of(run, "money", title="Money in each year", description=told)


def _quantity(run: Run) -> str:
    return "total_cost" if run.scenario.restoration else "cost"


def _cost(run: Run) -> Table:
    quantity = _quantity(run)
    columns = columns_of(
        ("Cost",),
        ("Amount", "money", "", "not known"),
        ("95 % interval from", "money"),
        ("to", "money"),
    )
    about = (
        ("mean", "on average"),
        ("p50", "as likely as not: no more than"),
        ("p80", "80 % sure: no more than"),
    )
    rows = []
    for name, text in about:
        short = run.row(quantity, f"restricted_{name}")
        row = run.row(quantity, name) if short is None else short
        until = "" if short is None else f", up to {run.horizon} where not complete"
        if row is not None:
            rows.append([At(row, "statistic", text + until), *interval(row)])
    return table_of(run.summary, "Cost of the campaign", columns, rows, scenario=run.scenario)


def _payers(run: Run) -> Iterator[Table]:
    """Yield the cost of each year, of all and of some payers at a time."""
    whole, parts = run.year_rows("campaign"), run.year_rows("fund")
    years = sorted({year for year, *_ in whole})
    payers = list(dict.fromkeys(name for _, _, name, _ in parts))
    chunks = [payers[i : i + _MOST_PAYERS] for i in range(0, len(payers), _MOST_PAYERS)] or [[]]
    for number, chunk in enumerate(chunks, start=1):
        columns = [
            Column("Year", "year"),
            Column("All, on average", "money"),
            Column("All, P50", "money"),
            Column("80 % sure: no more than", "money"),
            *(Column(f"{name or NOBODY['fund']}, on average", "money") for name in chunk),
        ]
        rows = []
        for year in years:
            of_all = (("cost", "mean"), ("cost", "p50"), ("cost", "p80"))
            cells = picked(whole, (year, "campaign", None), of_all)
            for name in chunk:
                cells += picked(parts, (year, "fund", name), (("cost", "mean"),))
            rows.append([At(whole[year, "campaign", None, "cost"], "year"), *cells])
        more = f" ({number} of {len(chunks)})" if len(chunks) > 1 else ""
        title = f"Cost by year and payer{more}" if payers else "Cost by year"
        yield table_of(run.years, title, columns, rows, scenario=run.scenario)


def _balances(run: Run) -> Iterator[Table]:
    """Yield what comes into each fund in each year, what is spent, and what is left or missing."""
    scenario = run.scenario
    funds = scenario.money.fund if scenario.money else ()
    spent = run.year_rows("fund")
    years = sorted({year for year, *_ in spent})
    rows: list[list[At | str | float]] = []
    for fund in funds:
        at = [spent[year, "fund", fund.name, "cost"] for year in years]
        paid = [run.years.rows[i]["mean"] for i in at]
        first, *later = comes(scenario, fund, years).tolist()
        come = [first + later[0], *later[1:]]
        last = max((i + 1 for i in range(len(years)) if come[i] or paid[i]), default=0)
        left = 0.0
        for i in range(last):
            left = round(left + come[i] - paid[i], MONEY.decimals)
            rows.append([At(at[i], "name"), At(at[i], "year"), come[i], At(at[i], "mean"), left])
    columns = columns_of(
        ("Fund",), ("Year", "year"), ("Comes", "money"), ("Spent, on average", "money"),
        ("Left at its end, on average; below 0: missing", "money"),
    )  # fmt: skip
    remark = "What comes is what the scenario states, and what was there at the start."
    if not all(is_sure(scenario, fund) for fund in funds):
        remark += " Where it is not known for sure, it is what is expected."
    remark += (
        " An average that is left does not rule out that some campaigns lack money: the table of"
        " funds has the chance."
    )
    if rows:
        title = "What comes, is spent and is missing, by fund and year"
        yield table_of(run.years, title, columns, rows, scenario=scenario, remark=remark)


def _funds(run: Run) -> Iterator[Table]:
    """Yield how likely each fund is enough."""
    funds = run.scenario.money.fund if run.scenario.money else ()
    short = [run.row(MISSING + fund.name, "mean") for fund in funds]
    rows: list[list[At | str]] = []
    told = any(i is not None and any_amount(run.summary, [i], "value") for i in short)
    for fund, missing in zip(funds, short, strict=True):
        row = run.row(FUND + fund.name, "probability")
        if row is None:
            continue
        cells: list[At | str] = [At(row, "quantity", fund.name), *interval(row)]
        p80 = run.row(MISSING + fund.name, "p80")
        cells += [("" if i is None else At(i, "value")) for i in (missing, p80) if told]
        rows.append(cells)
    columns = [
        Column("Fund"),
        Column("Chance that it is enough", "share", empty="not known"),
        Column("95 % interval from", "share"),
        Column("to", "share"),
    ]
    if told:
        columns += [
            Column("Missing, average of all campaigns", "money", empty="not known"),
            Column("80 % sure: no more missing than", "money", empty="not known"),
        ]
    if rows:
        yield table_of(run.summary, "Funds", columns, rows, scenario=run.scenario)


# Date and budget together


def both(run: Run, deadline: Deadline) -> float | None:
    """Return the chance to meet a deadline of all land within the budget; None if not known."""
    budget = _budget(run.scenario)
    if budget is None or not _is_known(run, deadline):
        return None
    return _shares(run, _met(run, deadline), budget)[-1]


def _is_known(run: Run, deadline: Deadline) -> bool:
    """Tell whether it is known of each campaign whether all land is released by then."""
    beyond = bool(run.censored) and reaches_beyond(run.scenario, deadline.date)
    return owes_all(deadline) and not beyond


def _met(run: Run, deadline: Deadline) -> pl.Series:
    done = run.results.replications["completion_date"]
    return (done <= deadline.date).fill_null(value=False)


def _shares(run: Run, met: pl.Series, budget: float) -> list[float]:
    """Return the chance of a date, of the budget, and of both."""
    within = run.results.replications[_quantity(run)] <= budget
    return [float(each.sum()) / len(each) for each in (met, within, met & within)]


def _budget(scenario: Scenario) -> float | None:
    """Return what all funds have together, as expected where it is not known; None without any."""
    funds = scenario.money.fund if scenario.money else ()
    laws = [x for f in funds for x in (f.amount, *(t.amount for t in f.tranches or ()))]
    return sum(law.mean for law in laws if law is not None) if funds else None


def _together_words(run: Run, budget: float) -> Iterator[str]:
    scenario = run.scenario
    funds = scenario.money.fund if scenario.money else ()
    laws = [x for f in funds for x in (f.amount, *(t.amount for t in f.tranches or ()))]
    uncertain = any(law is not None and not isinstance(law, Constant) for law in laws)
    expected = " as expected, for it is not known for sure" if uncertain else ""
    yield (
        f"All funds together have {scenario.currency} {money_words(budget)}{expected}. Date and"
        " budget are not independent: a campaign that takes longer costs more. So the chance of"
        " both is counted from the simulated campaigns, one by one."
    )


def _together(run: Run, budget: float) -> Iterator[Table]:
    """Yield the chance of each deadline of all land, of the budget, and of both."""
    known = [each for each in run.scenario.deadline if _is_known(run, each)]
    dates = {f"{each.name}, {words(each.date)}": _met(run, each) for each in known}
    done = run.results.replications["completed"]
    dates |= {f"the horizon of the simulation, {run.horizon}": done}
    rows: list[list[Value]] = [[name, *_shares(run, met, budget)] for name, met in dates.items()]
    columns = columns_of(
        ("All land released by",),
        ("Chance of the date", "share"),
        ("Chance of the budget", "share"),
        ("Chance of both", "share"),
    )
    remark = f"Counted from the {count(len(done))} rows of replications.csv."
    yield plain_table(_TITLE, columns, rows, scenario=run.scenario, remark=remark)


def _scatter(run: Run, budget: float) -> Figure:
    source, quantity = run.table("replications"), _quantity(run)
    n, shown = len(source.rows), min(len(source.rows), _MOST_POINTS)
    columns = columns_of(
        ("Campaign",),
        ("All land released on", "date", "", f"not by {run.horizon}"),
        ("Cost", "money"),
    )
    names = ("replication", "completion_date", quantity)
    cells = [[At(i, name) for name in names] for i in range(shown)]
    few = "" if shown == n else f", the first {count(shown)} of {count(n)}"
    title = f"completion and cost of each campaign{few}"
    told = (
        f"A point for each simulated campaign{few}: across the date on which all land is released,"
        f" up the cost. A broken line marks the money of all funds, {run.scenario.currency}"
        f" {money_words(budget)}; upright lines mark deadlines. Points left of a deadline and below"
        " the line are in time and within the budget."
    )

    def svg() -> str:
        from sim.results.pictures.canvas import vector  # noqa: PLC0415 # loads matplotlib
        from sim.results.pictures.together import draw_together  # noqa: PLC0415

        return vector(
            partial(
                draw_together,
                frames=run.results.tables,
                scenario=run.scenario,
                quantity=quantity,
                budget=budget,
                most=_MOST_POINTS,
            ),
            subtitle=run.subtitle("in time and within the budget: left and below"),
            name="together",
            title=heading,
            description=told,
        )

    heading = f"Each simulated campaign: when it is complete, and what it costs{few}"
    data = table_of(source, title, columns, cells, scenario=run.scenario)
    return figure_of(svg, title=heading, data=data)
