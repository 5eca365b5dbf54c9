"""The campaign again, consistent with what was really released."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sim.engines import Engine
from sim.errors import ScenarioError
from sim.experiments.forecast.conditioning import (
    PLAIN,
    Conditioned,
    condition,
    weigh,
    worth_by_descent,
)
from sim.experiments.forecast.histories import Histories
from sim.experiments.forecast.learned import Learned, learned
from sim.experiments.forecast.places import Places, places_of, unexplained
from sim.experiments.study import Study
from sim.outcome import Ensemble
from sim.running.workers import Progress
from sim.sampling.recipes import Given, Recipe, plain
from sim.scenario.record import Report
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.summary import restricted_days

REPLICATIONS = 500
_ROUNDS_EXPECTED = 40  # of moves, for the time that is left: it is known only afterwards


@dataclass(frozen=True)
class Forecast:
    """A campaign before and after its record.

    Attributes
    ----------
    scenario, seed
        What was asked about.
    reports
        In force (N); none for no record.
    prior
        Plain replications.
    ensemble
        As many that agree with the record, of equal weight.
    recipes
        Their luck.
    conditioned
        How they were found; None without a record.
    places
        Where each report lies (N).
    learned
        About each number that is not known, most first.
    released
        What the campaigns that agree with the record released by each report, hectares (R, N).
    """

    scenario: Scenario
    seed: int
    reports: tuple[Report, ...]
    prior: Ensemble
    ensemble: Ensemble
    recipes: tuple[Recipe, ...]
    conditioned: Conditioned | None
    places: tuple[Places, ...]
    learned: tuple[Learned, ...]
    released: Floats

    @property
    def worth(self) -> float:
        """How many independent replications those after the record are worth."""
        return self.conditioned.distinct if self.conditioned else float(self.ensemble.replications)

    @property
    def alarms(self) -> tuple[Report, ...]:
        """Reports that those before them did not let be expected."""
        pairs = zip(self.reports, self.places, strict=True)
        return tuple(report for report, place in pairs if place.is_strange)


def forecast(
    scenario: Scenario,
    reports: Sequence[Report] = (),
    *,
    replications: int = REPLICATIONS,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    folder: Path | None = None,
    anyway: bool = False,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Forecast:
    """Return the campaign before and after its record.

    Parameters
    ----------
    scenario
        From `load_scenario`; its `[record]` says how wrong reports may be.
    reports
        From `read_record`; without any the campaigns after it are those before it.
    replications
        Of each.
    seed, engine, jobs, executor
        As in `run`.
    folder
        Where finished work is kept, so that the same call continues; nowhere by default.
    anyway
        Whether to go on if the scenario cannot explain a report.
    progress
        Called with the replications done, histories among them, and expected in all.

    Raises
    ------
    ScenarioError
        If the scenario cannot explain a report, with what would have to move; or a campaign does
        not fit into this machine's memory.
    UnfinishedError
        If it was interrupted, or a worker died.
    """
    study = Study(
        seed=seed, engine=engine, jobs=jobs, folder=folder, progress=progress, executor=executor
    )
    return carry_out(study, scenario, reports, replications=replications, anyway=anyway)


def carry_out(
    study: Study,
    scenario: Scenario,
    reports: Sequence[Report],
    *,
    replications: int,
    anyway: bool = False,
) -> Forecast:
    """Return the forecast that a study makes; see `forecast`."""
    n, seed, first = replications, study.seed, max(PLAIN, replications)
    if not reports:
        study.expect(n)
        own = study.ensemble(scenario, n)
        recipes = tuple(map(plain, range(n)))
        return _of(study, scenario, (), own, own, recipes, None, None)
    study.expect(first + 3 * n)
    histories = Histories(study, scenario, reports)
    released, log_l = weigh(histories, n=first)
    reported = histories.reported
    problems = unexplained(scenario, reports, seed=seed, released=released, reported=reported)
    if not anyway and (found := list(problems)):
        raise ScenarioError(found)
    study.expect(first + _ROUNDS_EXPECTED * n)
    conditioned = condition(histories, scenario, seed=seed, n=n, released=released, log_l=log_l)
    study.expect(histories.simulated + 3 * n)
    prior = study.ensemble(scenario, n)
    after = study.ensemble(scenario, n, recipes=Given(conditioned.recipes))
    told = _with_worth(conditioned, restricted_days(after))
    return _of(study, scenario, reports, prior, after, told.recipes, told, histories)


def _with_worth(found: Conditioned, days: Floats) -> Conditioned:
    """Return it worth no more than its campaigns are by their descent."""
    if found.method != "moves":
        return found
    worth = worth_by_descent(found.recipes, days)
    return replace(found, distinct=min(found.distinct, max(1.0, worth)))


def _of(
    study: Study,
    scenario: Scenario,
    reports: Sequence[Report],
    prior: Ensemble,
    after: Ensemble,
    recipes: tuple[Recipe, ...],
    conditioned: Conditioned | None,
    histories: Histories | None,
) -> Forecast:
    released, places = np.zeros((len(recipes), 0)), tuple[Places, ...]()
    if conditioned and histories:
        released = histories.released(recipes)
        places = places_of(conditioned.plain_released, released, histories.reported)
    return Forecast(
        scenario=scenario,
        seed=study.seed,
        reports=tuple(reports),
        prior=prior,
        ensemble=after,
        recipes=recipes,
        conditioned=conditioned,
        places=places,
        learned=learned(
            scenario,
            seed=study.seed,
            recipes=recipes,
            after=after,
            worth=conditioned.distinct if conditioned else float(len(recipes)),
        ),
        released=released,
    )
