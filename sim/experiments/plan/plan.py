"""The least deployment that meets a deadline with a stated confidence."""

import datetime as dt
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from sim.engines import Engine
from sim.errors import Problem, ScenarioError, raise_if_any, show
from sim.experiments.designs import Settings, design_points, scenarios_at
from sim.experiments.plan.better import Better
from sim.experiments.plan.goal import FIRST, MOST, Aim, Goal, problems_of, sought_by
from sim.experiments.plan.holdback import Holdback, holdback
from sim.experiments.study import ENDS, Study, found_so_far
from sim.outcome import Ensemble
from sim.results.words import count
from sim.running.workers import Progress
from sim.scenario.crews import Crew
from sim.scenario.dates import in_days
from sim.scenario.scenario import Deadline, Scenario, round_half_up
from sim.scenario.settings import is_number
from sim.statistics.decisions import Verdict, decide, stages
from sim.statistics.estimates import Estimate, mean, probability
from sim.statistics.quantities import SHARE
from sim.statistics.summary import costs, deadline_probability, fund_use, meets

READS = ENDS


@dataclass(frozen=True)
class Trial:
    """One deployment that was tried.

    Attributes
    ----------
    settings, scenario
        The deployment.
    replications
        That were needed.
    probability
        Of meeting the deadline.
    cost_mean
        Mean cost up to completion, or the horizon where not complete; None without costs.
    decided
        Whether the probability reaches the confidence.
    answer
        Whether it is the least that does.
    budget
        Probability of meeting the deadline with all funds sufficing; None without funds.
    restricted
        Whether some replication was not complete, so that the mean cost is not that of completion.
    funds
        Probability that each fund suffices.
    holdback
        What holds it back, if it is the best and not enough.
    twins
        How many were asked besides; all but the chance is then that of the first stage.
    note
        Why none were, if they are of no use.
    """

    settings: Settings
    scenario: Scenario
    replications: int
    probability: Estimate
    cost_mean: float | None
    decided: Verdict
    answer: bool = False
    budget: Estimate | None = None
    restricted: bool = False
    funds: tuple[Estimate, ...] = ()
    holdback: Holdback | None = None
    twins: int = 0
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """The least deployment, and everything that was tried to find it.

    Attributes
    ----------
    scenario, seed, goal
        What was asked.
    keys
        That were varied.
    trials
        In the order of the grid, as far as they were needed.
    """

    scenario: Scenario
    seed: int
    goal: Goal
    keys: tuple[str, ...]
    trials: tuple[Trial, ...]

    @property
    def answer(self) -> Trial | None:
        """The least deployment decided to meet the deadline, if there is one."""
        return next((trial for trial in self.trials if trial.answer), None)


def plan(
    scenario: Scenario,
    *,
    deadline: dt.date | str,
    confidence: float = 0.8,
    vary: Mapping[str, Sequence[float]],
    minimise: Aim | None = None,
    replications: int = FIRST,
    most: int = MOST,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
    plain: bool = False,
) -> Plan:
    """Return the least deployment that meets a deadline with a stated confidence.

    Each deployment is decided on as many replications as it needs; all decisions together are wrong
    with probability 5 % at most.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    deadline
        A date by which to be complete, or the name of one of the scenario's deadlines.
    confidence
        Above 0 and below 1.
    vary
        Dotted keys to numbers.
    minimise
        "crews": the mean number of crews of all roles together; "cost": the mean cost. Without it,
        a single key is tried in rising order up to the first value that meets the deadline;
        several keys mean crews.
    replications, most
        At the first stage of a decision, and at the last.
    seed, engine, jobs, executor
        As in `run`.
    folder
        Where finished replications are kept, so that the same call continues; none by default.
    progress
        Called with the replications done and expected in all.
    plain
        Whether to go without twins.

    Raises
    ------
    ScenarioError
        If the goal, a key or a value makes no sense.
    UnfinishedError
        If it was interrupted, or a worker died.
    """
    goal = Goal(deadline, confidence, minimise, replications, most, plain)
    settings, scenarios, goal = prepare(scenario, vary=vary, goal=goal)
    study = Study(
        seed=seed,
        engine=engine,
        jobs=jobs,
        folder=folder,
        progress=progress,
        columns=READS,
        executor=executor,
    )
    return carry_out(study, scenario, settings=settings, scenarios=scenarios, goal=goal)


def prepare(
    scenario: Scenario, *, vary: Mapping[str, Sequence[Any]], goal: Goal
) -> tuple[list[Settings], list[Scenario], Goal]:
    """Return the deployments in their order, their scenarios, and the goal with its aim.

    Raises
    ------
    ScenarioError
        As `plan`.
    """
    for key, values in vary.items():
        if not all(map(is_number, values)):
            raise ScenarioError([Problem("--vary", key, show(list(values)), "numbers")])
    ordered = {key: sorted(values) for key, values in vary.items()}
    settings = design_points(scenario, vary=ordered)
    scenarios = scenarios_at(scenario, settings)
    raise_if_any(p for each in scenarios for p in problems_of(each, goal))
    aim = goal.aim or ("crews" if len(settings[0]) > 1 else None)
    return settings, scenarios, replace(goal, aim=aim)


def carry_out(
    study: Study,
    scenario: Scenario,
    *,
    settings: Sequence[Settings],
    scenarios: Sequence[Scenario],
    goal: Goal,
) -> Plan:
    """Return the plan among deployments that are known to be valid.

    Parameters
    ----------
    study
        That does the work.
    scenario
        That the keys were varied in.
    settings, scenarios, goal
        From `prepare`.
    """
    study.expect(goal.first * len(scenarios))
    trials: list[Trial] = []

    def found() -> Plan:
        return Plan(scenario, study.seed, goal, tuple(settings[0]), tuple(trials))

    with found_so_far(lambda: found() if trials else None):
        for at, each in zip(settings, scenarios, strict=True):
            trials.append(_try(study, at, each, goal, questions=len(scenarios)))
            if goal.aim is None and trials[-1].decided == "meets":
                break
        _answer(study, trials, scenarios, goal)
    return found()


def _answer(study: Study, trials: list[Trial], scenarios: Sequence[Scenario], goal: Goal) -> None:
    """Mark the least of the deployments that meet the deadline."""
    meeting = [i for i, trial in enumerate(trials) if trial.decided == "meets"]
    if goal.aim == "cost" and meeting:  # costs are compared on the same luck
        n = max(trials[i].replications for i in meeting)
        for i in meeting:
            trials[i] = _measured(study, trials[i].settings, scenarios[i], goal, "meets", n)
    if meeting:
        least = min(meeting, key=lambda i: (_size(trials[i], goal.aim), i))
        trials[least] = replace(trials[least], answer=True)
    else:
        chances = [round(trial.probability.value, SHARE.decimals) for trial in trials]
        best = chances.index(max(chances))
        trials[best] = _held_back(study, trials[best], goal)


def _try(
    study: Study, settings: Settings, scenario: Scenario, goal: Goal, *, questions: int
) -> Trial:
    """Decide one deployment: on plain replications first, then with twins where they pay."""
    deadline = _deadline(scenario, goal)
    source = None if goal.plain or goal.aim == "cost" else study.source(scenario)
    better = Better(study.ensemble(scenario, goal.first), deadline, source)

    def successes(n: int) -> int:
        return int(np.count_nonzero(meets(study.ensemble(scenario, n), deadline)))

    sizes = stages(goal.first, goal.most)
    decision = decide(
        successes,
        level=goal.confidence,
        sizes=sizes,
        questions=questions,
        bounds=better.bounds,
    )
    if (further := better.ensemble.further) is None:
        n = decision.replications
        trial = _measured(study, settings, scenario, goal, decision.verdict, n)
        return replace(trial, note=better.note)
    trial = _measured(study, settings, scenario, goal, decision.verdict, goal.first)
    return replace(
        trial,
        replications=goal.first + len(further.completion_s),
        twins=int(further.sizes.sum()),
        probability=deadline_probability(better.ensemble, deadline),
    )


def _measured(
    study: Study, settings: Settings, scenario: Scenario, goal: Goal, decided: Verdict, n: int
) -> Trial:
    """Return the numbers of a deployment that was decided."""
    deadline, ensemble = _deadline(scenario, goal), study.ensemble(scenario, n)
    chance = deadline_probability(ensemble, deadline)
    cost = mean(costs(ensemble)).value if scenario.costs else None
    budget = _budget(ensemble, deadline)
    of_money = scenario.money.fund if scenario.money else ()
    funds = tuple(fund_use(ensemble, i).probability for i in range(len(of_money)))
    cut_off = ensemble.censored > 0
    return Trial(
        settings, scenario, n, chance, cost, decided, budget=budget, restricted=cut_off, funds=funds
    )


def _held_back(study: Study, trial: Trial, goal: Goal) -> Trial:
    """Return a deployment with what holds it back."""
    ensemble = study.whole(trial.scenario, min(trial.replications, FIRST))
    return replace(trial, holdback=holdback(ensemble, _deadline(trial.scenario, goal)))


def _deadline(scenario: Scenario, goal: Goal) -> Deadline | dt.date:
    deadline = sought_by(scenario, goal)
    assert deadline is not None  # as `prepare` has seen
    return deadline


def _budget(ensemble: Ensemble, deadline: Deadline | dt.date) -> Estimate | None:
    """Return the chance of meeting a deadline with all funds sufficing, if there are funds."""
    money = ensemble.scenario.money
    if money is None or not money.fund:
        return None
    met = meets(ensemble, deadline)
    for i in range(len(money.fund)):
        met = met & fund_use(ensemble, i).enough
    return probability(int(np.count_nonzero(met)), ensemble.replications)


def crews_of(scenario: Scenario) -> float:
    """Return the mean number of crews of all roles together."""
    return sum(_mean_crews(scenario, crew) for crew in scenario.crew)


def _mean_crews(scenario: Scenario, crew: Crew) -> float:
    """Return the mean number of crews of a group, over the time from the first to the horizon."""
    factors = (scenario.factors.crews, crew.count_factor)
    factor = factors[0].mean * factors[1].mean
    numbers = [
        round_half_up(factor * law.mean)
        if all(each.support[0] == each.support[1] for each in (law, *factors))
        else factor * law.mean
        for law in crew.counts
    ]
    horizon = scenario.campaign.horizon_days
    if crew.count is not None:
        return numbers[0]
    ends = [min(in_days(scenario, x.from_).mean, horizon) for x in crew.deployment]
    lengths = [max(b - a, 0.0) for a, b in pairwise([*ends, horizon])]
    days = zip(numbers, lengths, strict=True)
    return sum(n * length for n, length in days) / (sum(lengths) or 1.0)


def _size(trial: Trial, aim: Aim | None) -> tuple[float, ...]:
    """Return what is to be least of a deployment, and what decides between equals."""
    cost = () if trial.cost_mean is None else (trial.cost_mean,)
    if aim is None:
        return ()
    crews = (crews_of(trial.scenario),)
    return crews + cost if aim == "crews" else cost + crews


def notes(plan: Plan) -> str:
    """Return what is to be said of the twins that were asked, if any were."""
    asked = [trial for trial in plan.trials if trial.twins]
    said = list(dict.fromkeys(trial.note for trial in plan.trials if trial.note))
    if asked:
        campaigns = sum(trial.replications for trial in asked)
        twins = sum(trial.twins for trial in asked)
        said.append(
            f"the chances of {count(len(asked))} values rest on {count(campaigns)} whole campaigns"
            f" and {count(twins)} twins"
        )
    return "; ".join(said)
