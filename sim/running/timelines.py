"""What the crews spend their time on in a good, a typical and a bad campaign of an ensemble.

Of few crews each is told by itself, from the engine that keeps a log. Of many it is told how many
of a group do what in each period: the campaign is played up to the end of each period, and what the
crews have spent by then is compared.
"""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from sim.engines import Engine, simulate
from sim.outcome import OPEN, WEEK_DAYS, Campaign, CrewState, Ensemble, Stretch, states_of
from sim.running.run import cores
from sim.sampling import Sampler
from sim.sampling.recipes import Recipes
from sim.statistics.estimates import Floats
from sim.world import Ints, World

PERCENTS = (10, 50, 90)
MOST_CREWS, MOST_PARCELS = 16, 500  # told one by one: more take too long, and cannot be read
MOST_IN_GROUPS, PERIODS = 1_000_000, 40  # parcels; as much work as some sixty replications
_LEAST = 0.005  # crews
_UNSEEN = (CrewState.LOST_REST, CrewState.LOST_WEATHER)  # days off are a part of what goes on
_AT_WORK = (CrewState.WORKED, CrewState.LOST_WEEKLY_PACE, CrewState.MOVING)


def timelines(
    ensemble: Ensemble,
    *,
    engine: Engine = "compiled",
    jobs: int | None = None,
    recipes: Recipes | None = None,
) -> list[Campaign]:
    """Return the P10, P50 and P90 campaigns of an ensemble; none where that would take too long.

    That is where there are many crews or parcels and the engine is SimPy's, and where there are
    more than a million parcels.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    engine, jobs, recipes
        As in the `run` that gave it.
    """
    scenario = ensemble.scenario
    chosen = {f"p{percent}": replication_at(ensemble, percent) for percent in PERCENTS}
    sampler = Sampler(scenario, seed=ensemble.seed, recipes=recipes)
    worlds = {k: next(sampler.worlds([k])) for k in set(chosen.values())}
    few = all(
        world.crews.crews <= MOST_CREWS and world.land.parcels <= MOST_PARCELS
        for world in worlds.values()
    )
    most = max(world.land.parcels for world in worlds.values())
    if not few and (engine == "simpy" or most > MOST_IN_GROUPS):
        return []
    if few:
        told = {k: list(of_each(world)) for k, world in worlds.items()}
    else:
        ends_s = {k: _end_s(ensemble, k) for k in worlds}
        step_s = _period_s(scenario.day_s, max(ends_s.values()))
        with ThreadPoolExecutor(jobs or cores()) as pool:
            told = {k: list(of_groups(w, ends_s[k], step_s, pool)) for k, w in worlds.items()}
    return [Campaign(name, k, told[k]) for name, k in chosen.items()]


def replication_at(ensemble: Ensemble, percent: int) -> int:
    """Return the replication that is a percentile of the completion.

    It is the ceil(pN)-th by completion, the ones that are not complete last, and by number.
    """
    done_s = np.where(ensemble.completion_s == OPEN, np.inf, ensemble.completion_s)
    order = np.argsort(done_s, kind="stable")
    rank = -(-percent * ensemble.replications // 100)
    return int(ensemble.replication[order[rank - 1]])


def of_each(world: World) -> Iterator[Stretch]:
    """Yield what each crew spends its time on, crew by crew."""
    from sim.engines.simpy.campaign import Spell, run  # noqa: PLC0415 # most runs need no SimPy

    found: list[list[Spell]] = [[] for _ in range(world.crews.crews)]

    def add(spell: Spell) -> None:
        own, state = found[spell.crew], spell.state
        last = own[-1] if own else None
        goes_on = last and (last.until_s, last.sector) == (spell.from_s, spell.sector)
        if state in _UNSEEN:
            state = last.state if last and goes_on else CrewState.WORKED
        if last and goes_on and state == last.state:
            own[-1] = replace(last, until_s=spell.until_s)
        else:
            own.append(replace(spell, state=state))

    run(world, spent=add)
    scenario, group = world.scenario, world.crews.group
    states = {column: name for name, column in states_of(scenario).items()}
    for crew, spells in enumerate(found):
        place = crew - int(np.searchsorted(group, group[crew])) + 1
        name = f"{scenario.crew[group[crew]].name} {place}"
        for spell in spells:
            sector = scenario.sector_names[spell.sector] if spell.sector >= 0 else ""
            yield Stretch(name, spell.from_s, spell.until_s, states[spell.state], sector)


def of_groups(world: World, end_s: int, step_s: int, pool: ThreadPoolExecutor) -> Iterator[Stretch]:
    """Yield how many crews of each group do what in each period, group by group.

    Parameters
    ----------
    world
        The campaign.
    end_s
        When its work is over, seconds.
    step_s
        Length of a period.
    pool
        Of the threads in which it is played.
    """
    ends_s = [*range(step_s, end_s, step_s), end_s]
    groups = np.arange(len(world.scenario.crew))[:, None] == world.crews.group
    spent = [groups @ times for times in pool.map(partial(_spent_by, world), ends_s)]
    periods_s = np.diff([0, *ends_s])
    crews = np.diff([np.zeros_like(spent[0]), *spent], axis=0) / (1000 * periods_s[:, None, None])
    states = states_of(world.scenario)
    seen = {name: column for name, column in states.items() if column not in _UNSEEN}
    for g, crew in enumerate(world.scenario.crew):
        for until_s, period_s, row in zip(ends_s, periods_s.tolist(), crews[:, g], strict=True):
            doing = _told(row)
            for name, column in seen.items():
                if doing[column] > _LEAST:
                    how_many = float(doing[column])
                    yield Stretch(crew.name, until_s - period_s, until_s, name, "", how_many)


def _told(row: Floats) -> Floats:
    """Return how many crews do what, days off shared out among what crews with a parcel do."""
    doing = row.copy()
    doing[len(CrewState) :] = np.maximum(row[len(CrewState) :], 0.0)  # may add to a normal day
    doing[list(_UNSEEN)] = doing[list(_AT_WORK)] = 0.0
    idle = [CrewState.STAND_DOWN, CrewState.WAITING_FOR_LAND, CrewState.UNPAID]
    held = np.ones(len(row), np.bool_)
    held[idle] = False
    days_off = row[list(_UNSEEN)].sum()
    at_parcels = row[held].sum() - days_off
    doing[CrewState.WORKED] = at_parcels - doing[held].sum()
    if at_parcels > 0:
        doing[held] *= (at_parcels + days_off) / at_parcels
    else:
        doing[CrewState.WORKED] += days_off
    return doing


def _spent_by(world: World, at_s: int) -> Ints:
    """Return what crews have spent their time on by a second: of the campaign that ends then."""
    calendar = replace(world.calendar, year_ends_s=np.array([at_s]))
    deadlines = replace(world.deadlines, at_s=np.minimum(world.deadlines.at_s, at_s))
    cut = replace(world, horizon_s=at_s, calendar=calendar, deadlines=deadlines)
    return simulate(cut).crew_time


def _end_s(ensemble: Ensemble, replication: int) -> int:
    """Return when all work of a replication is over, at least a second."""
    place = int(np.searchsorted(ensemble.replication, replication))
    end_s, scenario = int(ensemble.restored_s[place]), ensemble.scenario
    horizon_s = math.floor(scenario.campaign.horizon_days * scenario.day_s + 0.5)
    return max(1, horizon_s if end_s == OPEN else end_s)


def _period_s(day_s: int, end_s: int) -> int:
    """Return the length of a period: whole days, and whole weeks if it is as long."""
    days = max(1, math.ceil(end_s / day_s / PERIODS))
    return day_s * (days if days < WEEK_DAYS else math.ceil(days / WEEK_DAYS) * WEEK_DAYS)
