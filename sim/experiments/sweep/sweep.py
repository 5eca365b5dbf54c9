"""The experiment over one or several keys: the completion at every point of a grid or a design."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.engines import Engine
from sim.experiments.designs import Design, Settings, design_points, in_words, scenarios_at
from sim.experiments.study import ENDS, Study, found_so_far
from sim.outcome import Ensemble
from sim.results.words import count
from sim.running.workers import Progress
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import NOTHING, Estimate
from sim.statistics.quantities import DEADLINE, FUND, QUANTITIES, percentiles
from sim.statistics.summary import summarize

DATES = {name: ("completion_day", name) for name in percentiles(QUANTITIES["completion_day"].shown)}
OTHERS = {
    "cost_mean": ("cost", "mean"),
    "restored_p50": ("restored_day", "p50"),
    "completed": ("completed", "probability"),
    "cost_restricted_mean": ("cost", "restricted_mean"),
}


READS = (*ENDS, "counts", "deadline_m2")


@dataclass(frozen=True)
class Point:
    """One scenario of a sweep.

    Attributes
    ----------
    settings
        Varied keys and their values.
    scenario
        With them.
    replications
        How many were done.
    estimates
        By the name of their column: `p10, p50, p80, p90` of the completion (days),
        `deadline:<name>`, `cost_mean`, `restored_p50`, `completed`, `cost_restricted_mean`,
        `fund:<name>`.
    note
        Why a precision that was wanted could not be had.
    rests_on
        How many whole campaigns and twins its dates rest on, if twins were asked.
    """

    settings: Settings
    scenario: Scenario
    replications: int
    estimates: Mapping[str, Estimate]
    note: str = ""
    rests_on: tuple[int, int] | None = None


@dataclass(frozen=True)
class Sweep:
    """What came out at every point.

    Attributes
    ----------
    scenario
        That the keys were varied in.
    seed
        Of all points.
    keys
        That were varied.
    points
        In the order of the design.
    """

    scenario: Scenario
    seed: int
    keys: tuple[str, ...]
    points: tuple[Point, ...]


def sweep(
    scenario: Scenario,
    *,
    vary: Mapping[str, Sequence[Any]],
    design: Design = "grid",
    points: int | None = None,
    replications: int = 1000,
    precision_days: float | None = None,
    plain: bool = False,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Sweep:
    """Return the completion at every point of an experiment over one or several keys.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    vary, design, points
        As in `design_points`.
    replications, precision_days, plain
        At each point; as in `run` and `run_to_precision`.
    seed, engine, jobs, executor
        As in `run`; all points share their luck.
    folder
        Where finished points are kept, so that the same call continues; none by default.
    progress
        Called with the replications done and expected in all.

    Raises
    ------
    ScenarioError
        With the problems of all points, before anything is run.
    UnfinishedError
        If it was interrupted, or a worker died.
    """
    settings = design_points(scenario, vary=vary, design=design, points=points, seed=seed)
    scenarios = scenarios_at(scenario, settings)
    study = Study(
        seed=seed,
        engine=engine,
        jobs=jobs,
        folder=folder,
        progress=progress,
        columns=READS,
        executor=executor,
    )
    return carry_out(
        study,
        scenario,
        settings=settings,
        scenarios=scenarios,
        replications=replications,
        precision_days=precision_days,
        plain=plain,
    )


def carry_out(
    study: Study,
    scenario: Scenario,
    *,
    settings: Sequence[Settings],
    scenarios: Sequence[Scenario],
    replications: int,
    precision_days: float | None,
    plain: bool = True,
) -> Sweep:
    """Return the sweep over points that are known to be valid.

    Parameters
    ----------
    study
        That does the work.
    scenario
        That the keys were varied in.
    settings, scenarios
        Of each point.
    replications, precision_days, plain
        As in `sweep`.
    """
    study.expect(replications * len(set(scenarios)))
    done: list[Point] = []

    def found() -> Sweep:
        return Sweep(scenario, study.seed, tuple(settings[0]), tuple(done))

    with found_so_far(lambda: found() if done else None):
        for at, each in zip(settings, scenarios, strict=True):
            ensemble, note = study.precise(each, replications, precision_days, plain=plain)
            n, further = ensemble.replications, ensemble.further
            rests = (n + len(further.completion_s), int(further.sizes.sum())) if further else None
            done.append(Point(at, each, n, _estimates(ensemble), note, rests))
    return found()


def _estimates(ensemble: Ensemble) -> dict[str, Estimate]:
    """Return the numbers of a point, which are those of a run."""
    numbers = {(row.quantity, row.statistic): row.estimate for row in summarize(ensemble)}
    named = {
        quantity: estimate
        for (quantity, _), estimate in numbers.items()
        if quantity.startswith((DEADLINE, FUND))
    }
    return {name: numbers.get(at, NOTHING) for name, at in (DATES | OTHERS).items()} | named


def notes(sweep: Sweep) -> str:
    """Return what is to be said of some points, each said once."""
    found = {
        note: [in_words(p.settings) for p in sweep.points if p.note == note]
        for note in dict.fromkeys(point.note for point in sweep.points)
        if note
    }
    said = [f"{note} ({'; '.join(points)})" for note, points in found.items()]
    if rest := [point.rests_on for point in sweep.points if point.rests_on]:
        campaigns, twins = (sum(each) for each in zip(*rest, strict=True))
        said.append(
            f"completion and its deadlines rest on {count(campaigns)} whole campaigns and"
            f" {count(twins)} twins at {len(rest)} points"
        )
    return "; ".join(said)
