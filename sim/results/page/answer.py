"""The question, and the answer."""

import math
from collections.abc import Iterator, Sequence

from sim.results.answers import taken_for_granted
from sim.results.page.money import both
from sim.results.page.part import Part
from sim.results.page.run import Run, owes_all
from sim.results.words import (
    at_least,
    count,
    money_words,
    owed_words,
    percent,
    percent_words,
    share_words,
    words,
)
from sim.scenario.scenario import Deadline
from sim.statistics.estimates import Estimate
from sim.statistics.quantities import DEADLINE, FUND, MISSING, RELEASED_BY

_WANTED = 0.8
_PLAIN = ((0.95, "almost sure"), (0.8, "likely"), (0.5, "more likely than not"),
          (0.2, "less likely than not"), (0.0, "unlikely"))  # fmt: skip


def answer(run: Run, more: Sequence[str] = ()) -> Part:
    """Return the answers in words, the first one at the top.

    Parameters
    ----------
    run
        That is reported.
    more
        What experiments have to say.
    """
    campaign = run.scenario.campaign
    done, asked = (run.results.manifest[f"replications_{x}"] for x in ("done", "asked"))
    notice = ""
    if not run.results.complete:
        notice = f"the run was stopped: this is about {count(done)} of {count(asked)} campaigns."
    question = "When will the land be released, how sure is that, and what does it cost?"
    how = (
        f"{question} The campaign begins on {words(campaign.start)} and was simulated"
        f" {count(done)} times, each time with other luck and with other values of all numbers that"
        " are not known for sure. A chance of 80 % means: so it was in 80 of 100 of them."
    )
    return Part(
        "answer",
        "The answer",
        words=(" ".join(_completion(run)), how),
        points=(*_deadlines(run), *_money(run), *more),
        notice=notice,
    )


def _completion(run: Run) -> Iterator[str]:
    p80, p50 = (run.date("completion_day", name) for name in ("p80", "p50"))
    if p80.startswith("later"):
        yield f"No date before {run.horizon}, where the simulation ends, is 80 % sure."
    else:
        yield f"80 % sure: all land is released by {p80}."
    yield f"As likely as not: by {p50}."
    if run.censored:
        share = share_words(run.censored / len(run.results.replications))
        yield f"In {share} of the campaigns it is not all released by {run.horizon}."
        sure = run.estimate("released_ha", "p20")
        if p80.startswith("later") and sure and not math.isnan(sure.value):
            yield f"80 % sure by then: at least {_area(run, sure.value)}."
    if run.scenario.restoration:
        yield f"80 % sure: it is restored too by {run.date('restored_day', 'p80')}."
    yield from taken_for_granted(run.scenario, _chances(run))


def _chances(run: Run) -> list[float]:
    """Return how likely each fund is enough, NaN where that is not known."""
    funds = run.scenario.money.fund if run.scenario.money else ()
    found = (run.estimate(FUND + fund.name, "probability") for fund in funds)
    return [chance.value if chance else math.nan for chance in found]


def _deadlines(run: Run) -> Iterator[str]:
    for deadline in run.scenario.deadline:
        chance = run.estimate(DEADLINE + deadline.name, "probability")
        if chance is None:
            continue
        owed = owed_words(deadline, run.scenario.unit) or "all land"
        yield (
            f"Deadline “{deadline.name}”, {owed} by {words(deadline.date)}: the chance is"
            f" {percent_words(chance)}{_plainly(chance)}.{_instead(run, deadline, chance)}"
        )


def _plainly(chance: Estimate) -> str:
    if math.isnan(chance.value):
        return ""
    shown = round(chance.value, 2)  # as it is read
    return f", {next(word for least, word in _PLAIN if shown >= least)}"


def _instead(run: Run, deadline: Deadline, chance: Estimate) -> str:
    """Return what is sure where the deadline is not."""
    if math.isnan(chance.value) or chance.value >= _WANTED:
        return ""
    parts = []
    sure = run.estimate(RELEASED_BY + deadline.name, "p20")
    if sure and not math.isnan(sure.value):
        parts.append(f" 80 % sure by that date: at least {_area(run, sure.value)} of its land.")
    later = run.date("completion_day", "p80")
    if owes_all(deadline) and not later.startswith("later"):
        parts.append(f" To be 80 % sure, the deadline would have to be {later}.")
    return "".join(parts)


def _money(run: Run) -> Iterator[str]:
    scenario = run.scenario
    if not scenario.costs:
        return
    quantity = "total_cost" if scenario.restoration else "cost"
    name = {True: "restricted_p{}", False: "p{}"}[run.row(quantity, "restricted_p80") is not None]
    p50, p80 = (run.estimate(quantity, name.format(percent)) for percent in (50, 80))
    if p50 and p80:
        until = f", up to {run.horizon} where not complete" if "restricted" in name else ""
        yield (
            f"Cost{until}: {scenario.currency} {money_words(p50.value)} is as likely too little as"
            f" enough; 80 % sure: no more than {scenario.currency} {money_words(p80.value)}."
        )
    for fund in scenario.money.fund if scenario.money else ():
        chance = run.estimate(FUND + fund.name, "probability")
        if chance is not None:
            missing = run.estimate(MISSING + fund.name, "p80")
            short = ""
            if missing and missing.value > 0:
                amount = f"{scenario.currency} {money_words(missing.value)}"
                short = f" 80 % sure: no more than {amount} is missing."
            yield f"The fund “{fund.name}” is enough: the chance is {percent_words(chance)}.{short}"
    for deadline in scenario.deadline:
        chance_of_both = both(run, deadline)
        if chance_of_both is not None:
            yield (
                f"In time for “{deadline.name}” and within the money of all funds: the chance is"
                f" {percent(chance_of_both)} %."
            )


def _area(run: Run, hectares: float) -> str:
    """Return an area that there is at least."""
    unit = run.scenario.unit
    return f"{at_least(hectares * unit.per_ha)} {unit.short}"
