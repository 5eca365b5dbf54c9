"""The fluid twin: the campaign once more, roughly and fast; it is never reported by itself.

Land is hectares, not parcels; crews are those of a group that are there on the average of a week,
at their mean speed; stops, accidents and what attacks re-contaminate are mean values; restoration
and money are left out. Fed with the numbers that a replication draws anyway, it says about when its
campaign is complete, so that whole campaigns need to be simulated only where that leaves a question
open (`statistics.two_phase`). It can be as wrong as it likes without making those wrong.
"""

import math
from typing import NamedTuple

import numpy as np

from sim.machine_code import kept
from sim.world import BoolTable, Floats, Outlines

WEEK = 7
_DONE_HA = 1e-6
_ALONE = 2.0  # parcels: with fewer in it, who comes to a sector goes again
# Parcels hit, not cleared again yet, in the mean of a week: with more no moment is without any.
_MOST_OUTSTANDING = 40.0


class _State(NamedTuple):
    """What changes in the course of a campaign; all arrays are used again for the next one."""

    waiting: Floats
    """Hectares that wait for survey, and for clearance (2, S)."""
    crews: Floats
    """How many of a group are there in each week (G, W)."""
    rate: Floats
    """How fast they are together, ha a day (G, W)."""
    room: Floats
    """Crew-weeks for which there is room in a sector this week (S)."""
    opened: Floats
    """Share of the week in which it is open (S)."""
    free: Floats
    """Share of the week without a stop, by entry of sectors (E)."""
    worth: Floats
    """Normal days' work in the week, by group and what holds (G, H)."""


def twin_days(outlines: Outlines) -> Floats:
    """Return about when each campaign is complete (R), days; infinite beyond the horizon."""
    groups, days = outlines.worked.shape
    sectors, weeks = len(outlines.order), -(-days // WEEK)
    state = _State(
        waiting=np.zeros((2, sectors)),
        crews=np.zeros((groups, weeks)),
        rate=np.zeros((groups, weeks)),
        room=np.zeros(sectors),
        opened=np.zeros(sectors),
        free=np.ones(outlines.entry.max() + 1),
        worth=np.zeros((groups, outlines.pace.shape[1])),
    )
    out = np.empty(len(outlines.rework))
    _move_all(out, outlines, state)
    return out


@kept
def _move_all(out: Floats, o: Outlines, state: _State) -> None:
    for r in range(out.size):
        out[r] = _move(o, r, state)


@kept
def _move(o: Outlines, r: int, state: _State) -> float:
    """Return when one campaign is complete."""
    days, growing = o.pace.shape[2], o.found_share[r] > 0
    _begin(o, r, state)
    last = max(np.max(o.opens[r]), o.found_until[r] if growing else 0.0)
    regime = o.first_regime[r]
    for week in range(state.crews.shape[1]):
        day, until = week * WEEK, min((week + 1) * WEEK, days)
        regime, attacks = _attacks(o, r, regime, float(day), float(until), state.free)
        outstanding = _come(o, r, week, float(day), float(until), attacks, state)
        taken = _work(o, r, week, day, until, state)
        done = np.max(state.waiting) <= _DONE_HA and outstanding <= _MOST_OUTSTANDING
        if done and until >= last:
            end = max(day + taken * (until - day), last)
            return end if end <= o.horizon_days else np.inf
    return np.inf


@kept
def _begin(o: Outlines, r: int, state: _State) -> None:
    """Put the land in its place, and add up who is there in each week, and how fast."""
    for s in range(o.order.size):
        stage = 0 if o.surveyed[s] else 1
        state.waiting[stage, s] = o.area_ha[r, s] * (1 + stage * o.rework[r])
        state.waiting[1 - stage, s] = 0.0
    state.crews[:], state.rate[:] = 0.0, 0.0
    weeks = state.crews.shape[1]
    for c in range(o.group.size):
        for k in range(o.arrives.shape[2] if o.speed[r, c] > 0 else 0):
            begin, end = o.arrives[r, c, k] / WEEK, min(o.leaves[r, c, k] / WEEK, float(weeks))
            for week in range(int(min(begin, weeks)), math.ceil(end)):
                share = max(0.0, min(end, week + 1.0) - max(begin, float(week)))
                state.crews[o.group[c], week] += share
                state.rate[o.group[c], week] += share * o.speed[r, c]


@kept
def _attacks(
    o: Outlines, r: int, regime: int, day: float, until: float, free: Floats
) -> tuple[int, float]:
    """Find the share of a week without a stop in each entry's sectors, and all attacks in it.

    Stops of mean length m that arrive at a rate of a leave free exp(-a m) of the time, whatever
    their law (the M/G/infinity queue, when it is empty).
    """
    last, attacks = o.first_regime[r + 1] - 1, 0.0
    if o.first_regime[r] > last:
        return regime, attacks  # nothing ever stops
    while regime < last and o.regime_from[regime + 1] <= day:
        regime += 1
    free[:] = 0.0
    now, k = day, regime
    while now < until:
        end = until if k >= last else min(until, o.regime_from[k + 1])
        attacks += o.regime_attacks[k] * (end - now)
        for s in range(o.entry.size):
            if s == 0 or o.entry[s] != o.entry[s - 1]:
                rate = o.regime_attacks[k] * o.exposed[r, s]
                share = math.exp(-rate * o.stop_days) / (1 + rate * o.hurt_days)
                free[o.entry[s]] += share * (end - now) / (until - day)
        now, k = end, k + 1
    return regime, attacks


@kept
def _come(
    o: Outlines, r: int, week: int, day: float, until: float, attacks: float, state: _State
) -> float:
    """Open the land, add what is found and what is hit; return how many parcels stay hit.

    Work is counted in hectares. Who comes for a parcel alone has to go there and back.
    """
    there, speed, way = 0.0, 0.0, 0.0
    for g in range(o.role.size):
        if o.role[g] == 1:
            there += state.crews[g, week]
            speed += state.rate[g, week]
            way += o.ways[r, g] * state.crews[g, week]
    speed, way = (speed / there, way / there) if there > 0 else (1.0, 0.0)
    span, outstanding = max(o.found_until[r], float(WEEK)), 0.0
    share = o.found_share[r] * max(0.0, min(until, span) - day) / span
    for s in range(o.order.size):
        state.room[s] = float(o.max_crews[s])
        state.opened[s] = min(1.0, max(0.0, (until - o.opens[r, s]) / (until - day)))
        left = state.waiting[0, s] + state.waiting[1, s]
        found = o.area_ha[r, s] * share
        hit = attacks * o.exposed[r, s] * o.hits * max(0.0, 1 - left / o.area_ha[r, s])
        if found > 0 or hit > 0:
            again = o.hit_effort * o.parcel_ha * o.difficulty[r, s] / speed  # days for one
            effort = o.difficulty[r, s] / speed + o.item_days[r, s]
            extra = 2 * way if left < _ALONE * o.parcel_ha else 0.0
            state.waiting[1, s] += hit * (again + extra) / effort
            outstanding += hit / WEEK * (o.stop_days + again)
            if o.surveyed[s]:
                state.waiting[0, s] += found
            else:
                state.waiting[1, s] += found * (1 + o.rework[r] + extra / o.parcel_ha / effort)
    return outstanding


@kept
def _work(o: Outlines, r: int, week: int, day: int, until: int, state: _State) -> float:
    """Let the crews work for a week; return the share of it that they need."""
    taken = 0.0
    state.worth[:] = -1.0
    for stage in range(2):
        for g in range(o.role.size):
            there = state.crews[g, week]
            if o.role[g] == stage and there > 0:
                left = there
                if np.any(o.prefers[g]):
                    left, used = _take(o, r, g, week, day, until, o.prefers, left, state)
                    taken = max(taken, used)
                left, used = _take(o, r, g, week, day, until, o.may_enter, left, state)
                taken = max(taken, used, 1 - left / there)
    return taken


@kept
def _take(
    o: Outlines,
    r: int,
    g: int,
    week: int,
    day: int,
    until: int,
    where: BoolTable,
    left: float,
    state: _State,
) -> tuple[float, float]:
    """Spend the crew-weeks of a group on land in its order; return what is left, and how long."""
    stage, there, used = o.role[g], state.crews[g, week], 0.0
    mean = state.rate[g, week] / there / (1 + o.unfit[r, g])
    for s in o.order:
        if left <= 0:
            break
        if state.waiting[stage, s] <= _DONE_HA or not where[g, s] or state.room[s] <= 0:
            continue
        h = o.holds[g, s]
        if state.worth[g, h] < 0:
            state.worth[g, h] = 0.0
            for d in range(day, until):
                state.worth[g, h] += o.pace[r, h, d] * o.worked[g, d] / 1000
        effort = o.difficulty[r, s] / mean + stage * o.item_days[r, s]
        a_crew = state.worth[g, h] * state.free[o.entry[s]] * state.opened[s] / effort  # ha
        if a_crew > 0:
            crews = min(state.waiting[stage, s] / a_crew, left, state.room[s])
            done = min(crews * a_crew, state.waiting[stage, s])
            state.waiting[stage, s] -= done
            if stage == 0:
                state.waiting[1, s] += done * o.confirmed[r, s] * (1 + o.rework[r])
            left, state.room[s] = left - crews, state.room[s] - crews
            used = max(used, crews / min(there, float(o.max_crews[s])))
    return left, used
