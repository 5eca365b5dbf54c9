"""What a plan must reach: a deadline, a confidence, and what is to be least."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sim.errors import Problem, nearest, show
from sim.results.words import owed_words
from sim.scenario.dates import reaches_beyond
from sim.scenario.scenario import Deadline, Scenario
from sim.statistics.summary import date_by

Aim = Literal["crews", "cost"]
FIRST, MOST = 128, 16_384


@dataclass(frozen=True)
class Goal:
    """What a deployment must reach.

    Attributes
    ----------
    deadline
        A date by which to be complete, or the name of one of the scenario's deadlines.
    confidence
        Least probability of meeting it.
    aim
        What is to be least; None for the first value of the only key.
    first, most
        Replications of a deployment at the first stage of its decision, and at the last.
    plain
        Whether no twins are asked.
    """

    deadline: dt.date | str
    confidence: float
    aim: Aim | None = None
    first: int = FIRST
    most: int = MOST
    plain: bool = False


def date_of_goal(scenario: Scenario, goal: Goal) -> dt.date | None:
    """Return the date of a goal in a scenario, None if it has no such deadline."""
    sought = sought_by(scenario, goal)
    return sought if sought is None else date_by(sought)


def sought_by(scenario: Scenario, goal: Goal) -> Deadline | dt.date | None:
    """Return the deadline of a goal, or the date of completion, None if there is none such."""
    if isinstance(goal.deadline, dt.date):
        return goal.deadline
    for deadline in scenario.deadline:
        if deadline.name == goal.deadline:
            return deadline
    try:
        return dt.date.fromisoformat(goal.deadline)
    except ValueError:
        return None


def owed_by(scenario: Scenario, goal: Goal) -> str:
    """Return what a goal asks for, in words; nothing if that is all land."""
    sought = sought_by(scenario, goal)
    return owed_words(sought, scenario.unit) if isinstance(sought, Deadline) else ""


def problems_of(scenario: Scenario, goal: Goal) -> list[Problem]:
    """Return what is wrong with a goal for a scenario."""
    problems = []
    if not 0 < goal.confidence < 1:
        found, allowed = f"{goal.confidence:g}", "more than 0 and less than 1"
        problems.append(Problem("--confidence", "", found, allowed))
    if goal.first < 1:
        problems.append(Problem("--replications", "", str(goal.first), "at least 1"))
    if goal.first > goal.most:
        found = f"{goal.most}, with a first batch of {goal.first}"
        problems.append(Problem("--most", "", found, "at least the first batch (--replications)"))
    if goal.aim == "cost" and not scenario.costs:
        problems.append(Problem("--minimise", "", "cost", "crews; nothing costs money here"))
    names = [deadline.name for deadline in scenario.deadline]
    date = date_of_goal(scenario, goal)
    if date is None:
        allowed = "a date such as 2026-10-31"
        allowed += f", or one of the deadlines {', '.join(names)}" if names else ""
        hint = nearest(str(goal.deadline), names)
        problems.append(Problem("--deadline", "", show(goal.deadline), allowed, hint))
    elif date < scenario.campaign.start:
        allowed = f"the start {scenario.campaign.start} or later"
        problems.append(Problem("--deadline", "", str(date), allowed))
    elif reaches_beyond(scenario, date):
        allowed = "a date before the horizon ends: a larger campaign.horizon_days allows for later"
        problems.append(Problem("--deadline", "", str(date), allowed))
    return problems
