"""Small scenarios and hand-written worlds, so that a test states only what it is about.

A working day is one hour long here and a crew clears a hectare a day, unless a test says
otherwise: a parcel takes `DAY` seconds.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, get_args

import numpy as np
import pytest
from scipy.stats import binom

from sim.engines import Engine, simulate
from sim.outcome import COUNTS, Outcome, states_of
from sim.sampling import Sampler, sample_world
from sim.scenario.reading import lay_over
from sim.scenario.scenario import Scenario
from sim.scenario.validation import validate
from sim.world import NEVER, Attacks, Ints, World

ENGINES: tuple[Engine, ...] = get_args(Engine)
FAST: Engine = "compiled" if "compiled" in ENGINES else "simpy"  # type: ignore[assignment]
every_engine = pytest.mark.parametrize("engine", ENGINES)

DAY = 3600
MONDAY = dt.date(2025, 6, 30)
Tree = dict[str, Any]
Entries = Tree | Sequence[Tree] | None


# Scenarios


def tree(
    *, campaign: Tree | None = None, sector: Entries = None, crew: Entries = None, **tables: Any
) -> Tree:
    """Return the least tree a scenario needs, with overrides and further tables laid over it.

    Sectors are named A, B, C ... and crews c0, c1, c2 ... where they do not say otherwise.
    """
    least = {"name": "test", "start": MONDAY, "horizon_days": 1000.0, "hours_per_day": 1.0}
    sectors = [sector or {}] if isinstance(sector, dict | None) else sector
    crews = [crew or {}] if isinstance(crew, dict | None) else crew
    one_crew = {"role": "clearance", "count": 1, "rate_ha_per_day": 1.0}
    least_sector = {"area_ha": 10.0}
    return {
        "campaign": least | (campaign or {}),
        "sector": [
            lay_over({"name": chr(65 + i)} | least_sector, s) for i, s in enumerate(sectors)
        ],
        "crew": [lay_over({"name": f"c{i}"} | one_crew, c) for i, c in enumerate(crews)],
        **tables,
    }


def build(
    *, campaign: Tree | None = None, sector: Entries = None, crew: Entries = None, **tables: Any
) -> Scenario:
    """Return the scenario of such a tree."""
    return validate(tree(campaign=campaign, sector=sector, crew=crew, **tables), file="test")


def law(dist: str, **parameters: Any) -> Tree:
    """Return a law as a file states it."""
    return {"dist": dist, **parameters}


# Playing them


def play(case: Scenario | World, *, engine: Engine = FAST, seed: int = 0) -> Outcome:
    """Return what happens in a world, or in the first replication of a scenario."""
    world = sample_world(case, seed=seed) if isinstance(case, Scenario) else case
    return simulate(world, engine=engine)


def plays(scenario: Scenario, *, n: int, seed: int = 0, engine: Engine = FAST) -> list[Outcome]:
    """Return the outcomes of n replications."""
    return [simulate(w, engine=engine) for w in Sampler(scenario, seed=seed).worlds(range(n))]


def completions(scenario: Scenario, *, n: int, seed: int = 0) -> Ints:
    """Return the completion of n replications in seconds, none of them censored (R)."""
    done = np.array([o.completion_s for o in plays(scenario, n=n, seed=seed)])
    assert done.min() >= 0
    return done


def count(outcome: Outcome, name: str) -> int:
    """Return one of an outcome's counts."""
    return int(outcome.counts[COUNTS.index(name)])


def spent(outcome: Outcome, state: str, crew: int = 0) -> float:
    """Return the seconds that a crew spent in a state."""
    column = states_of(outcome.world.scenario)[state]
    return float(outcome.crew_time[crew, column]) / 1000


# Hand-written worlds


class Attack(NamedTuple):
    """An attack written by hand."""

    at_s: int
    sector: int = 0
    stop_s: int = 0
    hits: tuple[int, ...] = ()


def offsets(numbers: Iterable[int]) -> Ints:
    """Return where each owner's entries begin, and where the last one's end."""
    return np.concatenate([[0], np.cumsum(list(numbers), dtype=np.int64)]).astype(np.int64)


def ints(values: Iterable[int]) -> Ints:
    """Return whole numbers as the worlds hold them."""
    return np.array(list(values), np.int64)


def with_attacks(world: World, *attacks: Attack, effort: float = 1.0) -> World:
    """Return the world with these attacks, in the order in which they are booked."""
    booked = sorted(attacks, key=lambda a: (a.at_s, a.sector))
    until_s = world.attacks.until_s.copy()
    for each in booked:
        if each.hits:
            until_s[each.sector] = max(until_s[each.sector], each.at_s + 1)
    until_s[until_s > 0] = until_s.max()  # hostilities end once
    return replace(
        world,
        attacks=Attacks(
            at_s=ints(a.at_s for a in booked),
            sector=ints(a.sector for a in booked),
            stop_s=ints(a.stop_s for a in booked),
            first_hit=offsets(len(a.hits) for a in booked),
            hit_parcel=ints(p for a in booked for p in a.hits),
            until_s=until_s,
            recontamination_effort=effort,
        ),
    )


def with_casualties(world: World, hits: Mapping[int, Sequence[tuple[int, int]]]) -> World:
    """Return the world in which crews are hit: (which meeting with an attack, recovery)."""
    lists = [list(hits.get(crew, ())) for crew in range(world.crews.crews)]
    mishaps = replace(
        world.mishaps,
        first_casualty=offsets(len(entries) for entries in lists),
        casualty_exposure=ints(which for entries in lists for which, _ in entries),
        recovery_s=ints(recovery for entries in lists for _, recovery in entries),
    )
    return replace(world, mishaps=mishaps)


def with_accidents(world: World, accidents: Mapping[int, Sequence[tuple[int, int, int]]]) -> World:
    """Return the world in which crews have accidents: (after seconds at work, stand-down, victims).

    The seconds at work are counted from the crew's first day.
    """
    lists = [list(accidents.get(crew, ())) for crew in range(world.crews.crews)]
    mishaps = replace(
        world.mishaps,
        first_accident=offsets(len(entries) for entries in lists),
        accident_s=ints(after for entries in lists for after, _, _ in entries),
        stand_down_s=ints(down for entries in lists for _, down, _ in entries),
        victims=ints(victims for entries in lists for _, _, victims in entries),
    )
    return replace(world, mishaps=mishaps)


def with_inspections(world: World, inspections: Mapping[int, Sequence[tuple[int, bool]]]) -> World:
    """Return the world in which parcels are inspected: (how long, passed or not), in turn."""
    lists = [list(inspections.get(parcel, ())) for parcel in range(world.land.parcels)]
    first = offsets(len(entries) for entries in lists)[:-1]
    return with_land(
        world,
        first_inspection=np.where([bool(entries) for entries in lists], first, -1),
        inspection_s=ints(length for entries in lists for length, _ in entries),
        inspection_passed=np.array([ok for entries in lists for _, ok in entries], np.bool_),
    )


def with_land(world: World, **arrays: Any) -> World:
    """Return the world with other arrays of its land."""
    return replace(world, land=replace(world.land, **arrays))


def with_crews(world: World, **arrays: Any) -> World:
    """Return the world with other arrays of its crews."""
    return replace(world, crews=replace(world.crews, **arrays))


def with_pace(world: World, per_mille: Sequence[int]) -> World:
    """Return the world with this weekly pace on its first days."""
    pace = world.calendar.pace.copy()
    pace[:, : len(per_mille)] = per_mille
    return replace(world, calendar=replace(world.calendar, pace=pace))


def with_years(world: World, *, days: int) -> World:
    """Return the world with years of so many days."""
    ends_s = np.arange(1, world.calendar.pace.shape[1]) * days * world.day_s
    ends_s = np.append(ends_s[ends_s < world.horizon_s], world.horizon_s)
    return replace(world, calendar=replace(world.calendar, year_ends_s=ends_s))


def on_a_grid(world: World, step_s: int) -> World:
    """Return the world with all its times rounded to multiples of a step: coincidences abound."""

    def grid(times: Ints) -> Ints:
        return np.where(times < NEVER, (times + step_s // 2) // step_s * step_s, NEVER)

    old, land, mishaps = world.attacks, world.land, world.mishaps
    attacks = [
        Attack(
            int(at_s),
            int(old.sector[a]),
            int(stop_s),
            tuple(old.hit_parcel[old.first_hit[a] : old.first_hit[a + 1]].tolist()),
        )
        for a, (at_s, stop_s) in enumerate(zip(grid(old.at_s), grid(old.stop_s), strict=True))
    ]
    found_s = grid(land.found_s)
    order = np.lexsort((land.found_parcel, found_s))
    world = with_attacks(world, *attacks, effort=old.recontamination_effort)
    world = with_land(
        world,
        opens_s=grid(land.opens_s),
        inspection_s=grid(land.inspection_s),
        found_parcel=land.found_parcel[order],
        found_s=found_s[order],
    )
    world = replace(world, money=replace(world.money, tranche_s=grid(world.money.tranche_s)))
    arrives_s, leaves_s = grid(world.crews.arrives_s), grid(world.crews.leaves_s)
    first, some = world.crews.first_stay, leaves_s > arrives_s
    world = with_crews(
        world,
        first_stay=np.concatenate([[0], np.cumsum(some)])[first],
        arrives_s=arrives_s[some],
        leaves_s=leaves_s[some],
    )
    return replace(
        world,
        mishaps=replace(
            mishaps, stand_down_s=grid(mishaps.stand_down_s), recovery_s=grid(mishaps.recovery_s)
        ),
    )


# What is expected


def list_schedule(efforts_s: Iterable[int], crews: int) -> list[int]:
    """Return when each parcel is finished if each goes to the crew that is free first."""
    free, ends = [0] * crews, []
    for effort in efforts_s:
        crew = free.index(min(free))
        free[crew] += effort
        ends.append(free[crew])
    return ends


def in_line(ready_s: Iterable[int], efforts_s: Iterable[int]) -> list[int]:
    """Return when one server finishes each of its jobs, first come first served."""
    now, ends = 0, []
    for ready, effort in zip(ready_s, efforts_s, strict=True):
        now = max(now, ready) + effort
        ends.append(now)
    return ends


def worked_off_s(pace: Iterable[int], effort_s: int, *, day_s: int = DAY) -> int:
    """Return when an effort is worked off under a daily pace (per mille), begun at 0."""
    left, now = 1000 * effort_s, 0
    for p in pace:
        if p * day_s >= left:
            return now + -(-left // p)
        left, now = left - p * day_s, now + day_s
    raise AssertionError("the pace does not suffice")


def assert_share(hits: int, n: int, p: float, *, error: float) -> None:
    """Fail if hits out of n is less likely than the error probability, the chance being p."""
    low, high = binom.ppf(error / 2, n, p), binom.isf(error / 2, n, p)
    assert low <= hits <= high, f"{hits} of {n}, expected {n * p:.1f} ({low:.0f} to {high:.0f})"


def assert_mean(values: Iterable[float], expected: float, *, z: float) -> None:
    """Fail if a mean is further from what is expected than z of its standard errors."""
    sample = np.array(list(values), float)
    error = sample.std(ddof=1) / np.sqrt(sample.size)
    off = (sample.mean() - expected) / error
    assert abs(off) < z, f"mean {sample.mean():.6g}, expected {expected:.6g}: {off:+.1f} errors"
