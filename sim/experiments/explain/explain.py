"""What drives the date of a campaign, what makes it late, and where its crews' time goes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from sim.engines import Engine
from sim.errors import Problem, ScenarioError, show
from sim.experiments.explain.delays import delays
from sim.experiments.explain.drivers import by_rank, tornado, variance
from sim.experiments.explain.inputs import inputs_of
from sim.experiments.explain.variants import ENDS, MOST, chosen, distinct, variants_of
from sim.experiments.study import Study, found_so_far
from sim.outcome import Ensemble, states_of
from sim.results.tables import crew_time
from sim.running.workers import Progress
from sim.scenario.keys import dotted
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Estimate, mean, probability, quantile
from sim.statistics.holdups import finish_last
from sim.statistics.quantities import COMPARED
from sim.statistics.summary import completion_days, restricted_days

Part = Literal["uncertainty", "delays", "crews"]
PARTS: tuple[Part, ...] = get_args(Part)
REPLICATIONS = 256
Key = tuple[str, str, str]  # kind, name, quantity
READS = (
    "replication",
    "completion_s",
    "restored_s",
    "group_time",
    "sector_release_s",
)  # of ensembles
Answers = Mapping[Key, Estimate]
LUCK = (
    "A share alone is never above that alone or with others: where it seems so, both are uncertain,"
    " as their intervals say."
)
_SEEN = 0.005  # of two shares in percent


@dataclass(frozen=True)
class Explanation:
    """What drives the date of a campaign, and how many days each cause costs.

    Attributes
    ----------
    scenario, seed
        What was asked about.
    replications
        Of each variant of the scenario.
    total
        Replications of all variants.
    answers
        By kind ("completion", "sobol", "level", "tornado", "delay", "crew_time" or "last"), name
        and quantity, the greatest first.
    note
        How many replications were not complete, and what that means.
    """

    scenario: Scenario
    seed: int
    replications: int
    total: int
    answers: Answers
    note: str = ""


def explain(
    scenario: Scenario,
    *,
    replications: int = REPLICATIONS,
    only: Sequence[Part] = PARTS,
    all_inputs: bool = False,
    seed: int = 0,
    engine: Engine = "compiled",
    jobs: int | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Explanation:
    """Return what drives the completion, what makes it late, and where the crews' time goes.

    Uncertainty: the share of the variance of the completion that each input has (Sobol' indices;
    all other chance is one more factor), that of all inputs together, of what is shared in the
    course of time, and of the rest; and the P80 with an input at its P10 and at its P90. Inputs
    too small to be looked at alone (see `variants.chosen`) have only the share that each has by
    itself, and one total together. For the variance a replication that is not complete counts as
    complete at the horizon.

    Delays: the days by which the completion would be sooner without a cause, without all of them,
    and how much the single ones add up to.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    replications
        Of each variant of the scenario; `planned` says how many that are in all, at most.
    only
        Parts that are wanted.
    all_inputs
        Whether all inputs are looked at alone.
    seed, engine, jobs, executor
        As in `run`.
    folder
        Where finished ensembles are kept, so that the same call continues; none by default.
    progress
        Called with the replications done and expected in all.

    Raises
    ------
    ScenarioError
        If a part is unknown, or a campaign does not fit into this machine's memory.
    UnfinishedError
        If it was interrupted, or a worker died.
    """
    study = Study(
        seed=seed,
        engine=engine,
        jobs=jobs,
        folder=folder,
        progress=progress,
        columns=READS,
        executor=executor,
    )
    return carry_out(study, scenario, replications=replications, only=only, all_inputs=all_inputs)


def luck_shows(answers: Answers, *, kinds: Sequence[str] = ("sobol", "level")) -> bool:
    """Tell whether some share alone is estimated to be above that alone or with others."""

    def share(kind: str, name: str, index: str) -> float:
        return min(1.0, max(0.0, answers[kind, name, index].value))

    return any(
        share(kind, name, "first_order") > share(kind, name, "total") + _SEEN
        for (kind, name, index), estimate in answers.items()
        if index == "total" and kind in kinds and not math.isnan(estimate.value)
    )


def planned(
    scenario: Scenario,
    *,
    replications: int,
    only: Sequence[Part] = PARTS,
    all_inputs: bool = False,
) -> int:
    """Return how many replications an explanation takes in all, at most.

    Parameters
    ----------
    scenario, replications, only, all_inputs
        As in `explain`.
    """
    keys = [each.key for each in inputs_of(scenario)]
    frozen = keys if all_inputs else keys[:MOST]
    variants = variants_of(scenario, replications, frozen=frozen, only=only)
    return replications * (distinct(variants) + (2 if "uncertainty" in only else 1))


def carry_out(
    study: Study,
    scenario: Scenario,
    *,
    replications: int,
    only: Sequence[Part] = PARTS,
    all_inputs: bool = False,
) -> Explanation:
    """Return the explanation that a study makes.

    Parameters
    ----------
    study
        That does the work.
    scenario, replications, only, all_inputs
        As in `explain`.
    """
    unknown = [part for part in only if part not in PARTS]
    if unknown or not only:
        allowed = f"one or more of {', '.join(PARTS)}"
        raise ScenarioError([Problem("explain", "only", show(list(only)), allowed)])
    n, varied = replications, "uncertainty" in only
    study.expect(planned(scenario, replications=n, only=only, all_inputs=all_inputs))
    twice = study.ensemble(  # a part, too, does all of it where it decides what else is asked
        scenario, n * (2 if varied else 1), shared=all_inputs or not varied
    )
    base = study.ensemble(scenario, n)
    ranked = by_rank(twice) if varied else {}
    frozen = chosen({key: each.seen for key, each in ranked.items()})
    if all_inputs:
        frozen = list(ranked)
    variants = variants_of(scenario, n, frozen=frozen, only=only)
    total = twice.replications + n * distinct(variants)
    study.expect(total)
    answers: dict[Key, Estimate] = dict(_completion(base))
    note = _note(twice, varied=varied)

    def found() -> Explanation:
        return Explanation(scenario, study.seed, n, total, answers, note)

    def done(kind: str) -> dict[str, Ensemble]:
        """Return all that is asked of the study from here on: the variants of a kind."""
        mine = [each for each in variants if each.kind == kind]
        return {x.name: study.ensemble(x.scenario, n, recipes=x.recipes) for x in mine}

    with found_so_far(found):
        if varied:
            drivers = variance(twice, ranked, done("exchange"))
            at_ends = {end: done(end) for end in ENDS}
            answers |= drivers | tornado(base, at_ends, names_of(drivers, "sobol"))
        if "delays" in only:
            answers |= delays(base, done("without"))
        if "crews" in only:
            answers |= dict(_crew_time(base))
            last = finish_last(base)
            answers |= {("last", name, "probability"): chance for name, chance in last.items()}
    return found()


def _note(ensemble: Ensemble, *, varied: bool) -> str:
    n, censored = ensemble.replications, ensemble.censored
    if not censored:
        return ""
    text = f"{censored} of {n} replications of the scenario were not complete at the horizon"
    return text + ("; in the shares of the spread they count as complete then" if varied else "")


def _completion(base: Ensemble) -> Iterator[tuple[Key, Estimate]]:
    """Yield what the rest refers to."""
    days, n = completion_days(base), base.replications
    found = {f"p{percent}": quantile(days, percent) for percent in COMPARED}
    found["restricted_mean"] = mean(restricted_days(base))
    found["completed"] = probability(n - base.censored, n)
    yield from ((("completion", "completion_day", name), each) for name, each in found.items())


# Where does crew time go?


def _crew_time(base: Ensemble) -> Iterator[tuple[Key, Estimate]]:
    """Yield mean crew-days and their share, of each group of crews and state."""
    days = base.group_time / (1000 * base.scenario.day_s)
    groups = {crew.name: g for g, crew in enumerate(base.scenario.crew)}
    states = states_of(base.scenario)
    for row in crew_time(base).iter_rows(named=True):
        x = days[:, groups[row["crew"]], states[row["state"]]]
        present = days[:, groups[row["crew"]]].sum(axis=1)
        name = dotted("crew", row["crew"], row["state"])
        yield ("crew_time", name, "days_mean"), mean(x)
        if row["share"] is not None:  # of means: linearised, for its interval
            _, low, high = mean((x - row["share"] * present) / present.mean())
            share = Estimate(row["share"], row["share"] + low, row["share"] + high)
            yield ("crew_time", name, "share"), share


def names_of(answers: Answers, kind: str) -> list[str]:
    """Return what there are answers of a kind about, in their order."""
    return list(dict.fromkeys(name for of, name, _ in answers if of == kind))


def others_of(answers: Answers) -> list[str]:
    """Return the inputs that are too small to be looked at alone, in their order."""
    looked_at = names_of(answers, "tornado")
    return [name for name in names_of(answers, "sobol") if name not in looked_at]


def leading(answers: Answers) -> str:
    """Return the statistic in which changes are told: the P80 unless it is censored."""
    censored = math.isnan(answers["completion", "completion_day", "p80"].value)
    return "restricted_mean" if censored else "p80"
