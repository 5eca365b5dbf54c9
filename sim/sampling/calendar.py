"""Lost days, closures, seasons and weeks, and days off: the pace of crews in sectors."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from sim.sampling.compiled.calendar import autoregression, lowest
from sim.sampling.crews import Timetables
from sim.sampling.draws import Block, Draw, mean_one, whole
from sim.scenario.calendar import Season
from sim.scenario.keys import dotted
from sim.world import NEVER, Bools, Calendar, Floats, Ints

YEAR_DAYS = 365.25
MOST_FACTOR = 1e6  # of a normal day's work: sums over a century stay whole numbers


@dataclass(frozen=True)
class _Days:
    """What the days of a replication (D) are worth before days off, by what holds there (H)."""

    lost: Bools
    pace: Ints
    """Lost day x the lowest of closures and seasons x weekly shock, per mille (H, D)."""
    barred: Bools
    """Whether one that does not hold in all land leaves no work (H, D)."""
    idle: Bools
    """Whether any leaves no work (H, D)."""
    first: Ints
    """Closures and seasons that hold (H + 1)."""
    which: Ints
    closed: Ints
    """What each takes of a day, per mille (K, D)."""


def draw_calendar(draw: Draw, tables: Timetables) -> Calendar:
    """Draw what each day is worth: lost days, closures, seasons and weeks, and days off.

    Parameters
    ----------
    draw
        Of a world.
    tables
        Of its crews.
    """
    s, days, offs = draw.shared, draw.block.once(_days)[draw.i], len(tables.rest)
    both = s.pattern[tables.side] * offs + tables.off[:, None]
    pairs, row = np.unique(both, return_inverse=True)
    rows, rest = pairs // offs, tables.rest[pairs % offs]
    span = [np.arange(days.first[h], days.first[h + 1]) for h in rows]
    kept = np.concatenate(span)
    barred, stands_by = days.barred[rows], _stands_by(draw, days.idle)
    turns = [table[:, 1:] != table[:, :-1] for table in (barred, stands_by)]
    return Calendar(
        row=row.reshape(both.shape),
        pace=np.where(rest, 0, days.pace[rows]),
        rest=rest,
        lost=days.lost,
        barred=barred,
        stands_by=stands_by,
        turns=np.flatnonzero(np.concatenate(turns).any(axis=0)) + 1,
        closures=s.holds.shape[1],
        first_closed=np.concatenate([[0], np.cumsum([len(each) for each in span])]),
        which=days.which[kept],
        closed=days.closed[kept],
        year_ends_s=s.year_ends_s,
    )


def _stands_by(draw: Draw, idle: Bools) -> Bools:
    """Return the days on which groups whose cost is another then have no work anywhere (G, D)."""
    s = draw.shared
    stands_by = np.zeros((len(s.side), s.days), np.bool_)
    for group, crew in enumerate(draw.scenario.crew):
        if crew.standby_cost_per_day is not None:
            zones = np.unique(s.zone[s.may_enter[group]])
            stands_by[group] = idle[s.pattern[s.side[group], zones]].all(axis=0)
    return stands_by


def _days(block: Block) -> list[_Days]:
    """Draw lost days, closures, seasons and weeks of each replication."""
    s = block.shared
    closures, none = block.once(_closed), whole(1000 * block.once(_closed)) == 0
    barred, idle, closed = [], [], []
    for holds in s.holds:
        barred.append(none[:, holds & s.local].any(axis=1))
        idle.append(none[:, holds].any(axis=1))
        closed.append(taken(whole(1000 * closures[:, holds])))
    barred_by, idle_by = np.stack(barred, axis=1), np.stack(idle, axis=1)
    lost, pace = block.once(_lost_days), pace_of(block)
    taken_by = np.concatenate(closed, axis=1)
    first = np.concatenate([[0], np.cumsum(s.holds.sum(axis=1))])
    return [
        _Days(
            lost[i],
            pace[i],
            barred_by[i],
            idle_by[i],
            first,
            np.nonzero(s.holds)[1],
            taken_by[i],
        )
        for i in range(len(block))
    ]


def pace_of(block: Block) -> Ints:
    """Draw what each day is worth by what holds, before days off, per mille (R, H, D)."""
    lost, paces = block.once(_lost_days), block.once(_closed)
    factor, pace = _weeks(block) * _drift(block), []
    for holds in block.shared.holds:
        least = np.min(paces[:, holds], axis=1, initial=np.inf)
        least[np.isinf(least)] = 1.0
        pace.append(np.where(lost, 0, whole(1000 * np.minimum(least * factor, MOST_FACTOR))))
    return np.stack(pace, axis=1)


def _closed(block: Block) -> Floats:
    """Draw closures and seasons: the pace of each by itself, infinite without it (R, K, D)."""
    return np.concatenate([_closures(block), _seasons(block)], axis=1)


def _lost_days(block: Block) -> Bools:
    """Draw the days lost to weather (R, D)."""
    s = block.shared
    if not s.lost_share.any():
        return np.zeros((len(block), s.days), np.bool_)
    weather, days = block.scenario.weather, np.arange(s.days)
    chance = s.lost_share
    if weather and weather.yearly_cv > 0:
        years, year = np.unique(s.season_year, return_inverse=True)
        z = ndtri(block.in_time("wet year", "", years))
        chance = np.minimum(1.0, chance * mean_one(z, weather.yearly_cv)[:, year])
    u = block.in_time("lost day", "", days)
    if weather and weather.spell_days > 1:
        # a day keeps its eve's number with such a probability that runs are as long as stated:
        # the chance of each day by itself stays what it is
        keeps = 1 - 1 / (weather.spell_days * np.maximum(1 - chance, 1e-9))
        anew = block.in_time("spell", "", days) >= keeps
        u = np.take_along_axis(u, np.maximum.accumulate(np.where(anew, days, 0), axis=1), axis=1)
    return u < chance


def _weeks(block: Block) -> Floats:
    """Draw the pace of each week, and return it for each day (R, D)."""
    s, pace = block.shared, block.scenario.pace
    if pace is None or pace.weekly_cv == 0:
        return np.ones((len(block), s.days))
    z = ndtri(block.in_time("weekly pace", "", np.arange(s.days // 7 + 1)))
    weekly = mean_one(autoregression(z, pace.weekly_correlation), pace.weekly_cv)
    return np.repeat(weekly, 7, axis=1)[:, : s.days]


def _drift(block: Block) -> Floats:
    """Draw the slow change of the pace: a random walk of its logarithm by weeks (R, D)."""
    s, pace = block.shared, block.scenario.pace
    if pace is None or pace.drift_cv_per_year == 0:
        return np.ones((len(block), s.days))
    weeks, variance = s.days // 7 + 1, np.log1p(pace.drift_cv_per_year**2) * 7 / YEAR_DAYS
    z = ndtri(block.in_time("pace drift", "", np.arange(weeks)))
    z[:, 0] = 0.0  # it begins at 1
    walk = np.cumsum(np.sqrt(variance) * z, axis=1) - variance / 2 * np.arange(weeks)
    return np.repeat(np.exp(walk), 7, axis=1)[:, : s.days]


def _closures(block: Block) -> Floats:
    """Draw the closures, and return the pace of each by itself, infinite without it (R, K, D)."""
    s, closures, n = block.shared, block.scenario.closure, len(block)
    paces = np.full((n, len(closures), s.days), np.inf)
    for k, closure in enumerate(closures):
        ends_s = [
            block.time_s(f"closure.{dotted(closure.name, key)}", when)[:, None]
            for key, when in (("from", closure.from_), ("until", closure.until))
        ]
        first, until = ((at_s + s.day_s // 2) // s.day_s for at_s in ends_s)
        pace = block.number(f"closure.{dotted(closure.name, 'pace')}", closure.pace)[:, None]
        paces[:, k] = lowest(first, until, pace, s.days)
    return paces


def _seasons(block: Block) -> Floats:
    """Draw the seasons, and return the pace of each by itself, infinite without it (R, K, D)."""
    s, seasons = block.shared, block.scenario.season
    paces = np.full((len(block), len(seasons), s.days), np.inf)
    for k, (season, occurrences) in enumerate(zip(seasons, s.occurrences, strict=True)):
        if occurrences:
            years, first, until = np.array(occurrences).T.copy()
            u_shift = block.in_time("season shift", _entity(season), years)
            u_pace = block.in_time("season pace", _entity(season), years)
            shift_days = whole(season.shift_days.quantile(u_shift))
            pace = season.pace.quantile(u_pace)
            paces[:, k] = lowest(first + shift_days, until + shift_days, pace, s.days)
    return paces


def _entity(season: Season) -> str:
    """Return whose luck a season has: one named winter has that of old, when it had no name."""
    return "" if season.name == "winter" else season.name


def taken(paces: Ints) -> Ints:
    """Return what each takes of a day, from the paces of all, per mille (R, K, D).

    What is lost is so to the first in order that would have lost it by itself; what the lowest
    pace adds is added by the first in order that has it.
    """
    left = np.minimum(1000, np.minimum.accumulate(paces, axis=1))
    closed = -np.diff(left, axis=1, prepend=1000)
    least = np.min(paces, axis=1, initial=NEVER)
    r, d = np.nonzero((least > 1000) & (least < NEVER))
    if len(r):
        closed[r, np.argmin(paces, axis=1)[r, d], d] = 1000 - least[r, d]
    return closed
