"""Scenarios against a baseline, on common random numbers."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from sim.engines import Engine
from sim.errors import Problem, ScenarioError
from sim.experiments.compare.differences import Difference, differences
from sim.experiments.study import Study, found_so_far
from sim.outcome import Ensemble
from sim.running.workers import Progress
from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Comparison:
    """How scenarios differ from the first of them.

    Attributes
    ----------
    ensembles
        By name, the baseline first, all of the same replications.
    differences
        Of each other scenario, by its name.
    note
        Why a precision that was wanted could not be had, and how many replications of a scenario
        were not complete at the horizon.
    """

    ensembles: Mapping[str, Ensemble]
    differences: Mapping[str, tuple[Difference, ...]]
    note: str = ""

    @property
    def baseline(self) -> str:
        """Name of the first."""
        return next(iter(self.ensembles))

    @property
    def replications(self) -> int:
        """How many of each."""
        return self.ensembles[self.baseline].replications


def compare(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int = 1000,
    precision_days: float | None = None,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Comparison:
    """Return how scenarios differ from the first of them, all on the same luck.

    Parameters
    ----------
    scenarios
        Two or more, by name.
    replications, precision_days
        Of each; as in `run` and `run_to_precision`, as many as the most demanding needs.
    seed, engine, jobs, executor
        As in `run`.
    folder
        Where finished ensembles are kept, so that the same call continues; none by default.
    progress
        Called with the replications done and expected in all.

    Raises
    ------
    ScenarioError
        If there are fewer than two, or one does not fit into this machine's memory.
    UnfinishedError
        If it was interrupted, or a worker died.
    """
    study = Study(
        seed=seed, engine=engine, jobs=jobs, folder=folder, progress=progress, executor=executor
    )
    return carry_out(study, scenarios, replications=replications, precision_days=precision_days)


def carry_out(
    study: Study,
    scenarios: Mapping[str, Scenario],
    *,
    replications: int,
    precision_days: float | None,
) -> Comparison:
    """Return the comparison that a study makes.

    Parameters
    ----------
    study
        That does the work.
    scenarios, replications, precision_days
        As in `compare`.
    """
    if len(scenarios) < 2:
        found = f"{len(scenarios)} scenario{'' if len(scenarios) == 1 else 's'}"
        raise ScenarioError([Problem("compare", "", found, "two or more")])
    study.expect(replications * len(set(scenarios.values())))
    reached: dict[str, int] = {}
    notes: list[str] = []

    def of_each(n: int) -> Comparison:
        ensembles = {name: study.ensemble(scenarios[name], n) for name in reached}
        censored = [
            f"{name}: {ensemble.censored} of {n} replications were not complete at the horizon"
            for name, ensemble in ensembles.items()
            if ensemble.censored
        ]
        baseline, *others = ensembles
        about = {name: tuple(differences(ensembles[baseline], ensembles[name])) for name in others}
        return Comparison(ensembles, about, "; ".join(notes + censored))

    with found_so_far(lambda: of_each(min(reached.values())) if len(reached) > 1 else None):
        for name, scenario in scenarios.items():
            ensemble, note = study.precise(scenario, replications, precision_days)
            reached[name] = ensemble.replications
            notes += [f"{name}: {note}"] if note else []
        return of_each(max(reached.values()))


def unique(names: Iterable[str]) -> list[str]:
    """Return the names, those that were there before with (2), (3) ... behind them."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name} ({i})" for i in range(2, len(found) + 3))
        found.append(name if name not in found else next(x for x in numbered if x not in found))
    return found
