"""The fluid twin: the campaign once more, roughly and fast; it is never reported by itself.

Land is hectares, not parcels; crews are those of a group that are there on the average of a week,
at their mean speed; stops, accidents and what attacks re-contaminate are mean values; restoration
and money are left out. Fed with the numbers that a replication draws anyway, it says about when its
campaign is complete, so that whole campaigns need to be simulated only where that leaves a question
open (`statistics.two_phase`). It can be as wrong as it likes without making those wrong.
"""

import math

import numpy as np

from sim.machine_code import kept
from sim.world import NEVER, Bools, BoolTable, Floats, Ints, IntTable, Outlines

WEEK = 7
_DONE_HA = 1e-6
_ALONE = 2.0  # parcels: with fewer in it, who comes to a sector does not stay
_MOST_OUTSTANDING = 40.0  # parcels hit: with more on the average of a week, no moment is without any


def twin_days(outlines: Outlines) -> Floats:
    """Return about when each campaign is complete (R), days; infinite beyond the horizon."""
    out = np.full(len(outlines.rework), np.inf)
    _move_all(out, *outlines)
    return out


@kept
def _move_all(
    out: Floats,
    horizon_days: float,
    order: Ints,
    entry: Ints,
    surveyed: Bools,
    max_crews: Ints,
    area_ha: Floats,
    found_share: Floats,
    found_until: Floats,
    opens: Floats,
    difficulty: Floats,
    item_days: Floats,
    confirmed: Floats,
    rework: Floats,
    group: Ints,
    role: Ints,
    speed: Floats,
    arrives: Floats,
    leaves: Floats,
    may_enter: BoolTable,
    prefers: BoolTable,
    pace: Ints,
    holds: IntTable,
    worked: Floats,
    first_regime: Ints,
    regime_from: Floats,
    regime_attacks: Floats,
    exposed: Floats,
    stop_days: float,
    hits: float,
    hit_effort: float,
    hurt_days: float,
    parcel_ha: float,
    ways: Floats,
    unfit: Floats,
) -> None:
    """Move the campaign of each replication, week by week, until it is complete."""
    sectors, groups, days = order.size, role.size, pace.shape[2]
    chosen = False
    for g in range(groups):
        for s in range(sectors):
            chosen = chosen or prefers[g, s]
    weeks = (days + WEEK - 1) // WEEK
    waiting = np.empty((2, sectors))  # hectares for survey, and for clearance
    room, free, opened = np.empty(sectors), np.empty(entry[-1] + 1), np.empty(sectors)
    crews, rate = np.empty((groups, weeks)), np.empty((groups, weeks))
    worth, known = np.empty((groups, pace.shape[1])), np.empty((groups, pace.shape[1]), np.bool_)
    for r in range(out.size):
        _present(crews, rate, group, speed[r], arrives[r], leaves[r])
        land = 0.0
        for s in range(sectors):
            waiting[0, s] = area_ha[r, s] if surveyed[s] else 0.0
            waiting[1, s] = 0.0 if surveyed[s] else area_ha[r, s] * (1 + rework[r])
            land += area_ha[r, s]
        piece, last_open = first_regime[r], 0.0
        for s in range(sectors):
            last_open = max(last_open, opens[r, s])
        first = 0  # sectors before it in the order are done, as long as nothing is found or hit
        for week in range(weeks):
            day, until = week * WEEK, min((week + 1) * WEEK, days)
            # what is found, what is hit, what is open
            growing = found_share[r] > 0 and day < max(found_until[r], 1e-9)
            piece, attacks = _attacks(
                free, first_regime, regime_from, regime_attacks, piece, r, float(day), float(until),
                exposed[r], entry, stop_days, hurt_days,
            )  # fmt: skip
            mean_speed, mean_way, there = 0.0, 0.0, 0.0
            for g in range(groups):
                if role[g] == 1 and crews[g, week] > 0:
                    there += crews[g, week]
                    mean_speed += rate[g, week]
                    mean_way += ways[r, g] * crews[g, week]
            mean_speed, mean_way = (mean_speed / there, mean_way / there) if there else (1.0, 0.0)
            outstanding = 0.0  # parcels hit that nobody has cleared yet
            for s in range(sectors):
                room[s] = float(max_crews[s])
                opened[s] = min(1.0, max(0.0, (until - opens[r, s]) / (until - day)))
                inflow, again = 0.0, 0.0  # hectares found, and hit
                if growing:
                    share = (min(until, found_until[r]) - day) / max(found_until[r], WEEK)
                    inflow = area_ha[r, s] * found_share[r] * min(share, 1.0)
                if attacks > 0 and hits > 0:
                    left = (waiting[0, s] + waiting[1, s]) / area_ha[r, s]
                    again = parcel_ha * hits * attacks * exposed[r, s] * max(0.0, 1 - left)
                if inflow > 0 or again > 0:
                    # work in hectares: who comes for a parcel alone has to go there and back
                    effort = difficulty[r, s] / mean_speed + item_days[r, s]
                    alone = waiting[0, s] + waiting[1, s] < _ALONE * parcel_ha
                    way = 2 * mean_way / parcel_ha if alone else 0.0
                    bare = hit_effort * difficulty[r, s] / mean_speed
                    if surveyed[s]:
                        waiting[0, s] += inflow
                    else:
                        waiting[1, s] += inflow * (1 + rework[r] + way / effort)
                    waiting[1, s] += again * (bare + way) / effort
                    outstanding += again / parcel_ha / WEEK * (stop_days + bare * parcel_ha)
            known[:] = False
            took = 0.0
            for stage in range(2):
                for g in range(groups):
                    if role[g] != stage or crews[g, week] <= 1e-9:
                        continue
                    there, mean = crews[g, week], rate[g, week] / crews[g, week]
                    left = there
                    for turn in range(0 if chosen else 1, 2):
                        for i in range(sectors):
                            s = order[i]
                            if left <= 1e-9:
                                break
                            if waiting[stage, s] <= _DONE_HA or opened[s] <= 0 or room[s] <= 0:
                                continue
                            if not may_enter[g, s] or (turn == 0 and not prefers[g, s]):
                                continue
                            h = holds[g, s]
                            if not known[g, h]:
                                known[g, h], worth[g, h] = True, 0.0
                                for d in range(day, until):
                                    worth[g, h] += pace[r, h, d] * worked[g, d] / 1000
                            effort = (1 + unfit[r, g]) * difficulty[r, s] / mean
                            if stage == 1:
                                effort += item_days[r, s]
                            ha = worth[g, h] * free[entry[s]] * opened[s] / effort  # of one crew
                            if ha <= 0:
                                continue
                            use = min(waiting[stage, s] / ha, left, room[s])
                            done = min(use * ha, waiting[stage, s])
                            waiting[stage, s] -= done
                            if stage == 0:
                                waiting[1, s] += done * confirmed[r, s] * (1 + rework[r])
                            left, room[s] = left - use, room[s] - use
                            took = max(took, use / min(there, float(max_crews[s])))
                    took = max(took, 1 - left / there)
            remains = outstanding > _MOST_OUTSTANDING
            for s in range(sectors):
                if waiting[0, s] > _DONE_HA or waiting[1, s] > _DONE_HA:
                    remains = True
                    break
            if not remains and until >= last_open and (
                found_share[r] <= 0 or until >= found_until[r]
            ):
                end = max(day + took * (until - day), last_open)
                if found_share[r] > 0:
                    end = max(end, found_until[r])
                if end <= horizon_days:
                    out[r] = end
                break


@kept
def _present(
    crews: Floats, rate: Floats, group: Ints, speed: Floats, arrives: Floats, leaves: Floats
) -> None:
    """Add up who is there in each week, and how fast they are together (G, W)."""
    crews[:], rate[:] = 0.0, 0.0
    weeks = crews.shape[1]
    for c in range(group.size):
        if speed[c] <= 0:
            continue
        for k in range(arrives.shape[1]):
            begin, end = arrives[c, k] / WEEK, min(leaves[c, k] / WEEK, float(weeks))
            if begin >= end:
                continue
            for week in range(int(begin), min(weeks, int(math.ceil(end)))):
                share = min(end, week + 1.0) - max(begin, float(week))
                crews[group[c], week] += share
                rate[group[c], week] += share * speed[c]


@kept
def _attacks(
    free: Floats,
    first_regime: Ints,
    regime_from: Floats,
    regime_attacks: Floats,
    piece: int,
    r: int,
    day: float,
    until: float,
    exposed: Floats,
    entry: Ints,
    stop_days: float,
    hurt_days: float,
) -> tuple[int, float]:
    """Find the share of a week without a stop in each entry's sectors, and all attacks in it.

    Stops of mean length m that arrive at a rate of a leave free exp(-a m) of the time, whatever
    their law (the empty M/G/infinity queue).
    """
    free[:] = 0.0
    attacks, last = 0.0, first_regime[r + 1] - 1
    if first_regime[r] > last:
        free[:] = 1.0
        return piece, attacks
    while piece < last and regime_from[piece + 1] <= day:
        piece += 1
    now, k = day, piece
    while now < until:
        end = until if k >= last else min(until, regime_from[k + 1])
        a_day = regime_attacks[k]
        attacks += a_day * (end - now)
        before = -1
        for s in range(entry.size):
            if entry[s] != before:
                before = entry[s]
                rate = a_day * exposed[s]
                share = math.exp(-rate * stop_days) / (1 + rate * hurt_days)
                free[before] += share * (end - now)
        now, k = end, k + 1
    for e in range(free.size):
        free[e] /= until - day
    return piece, attacks
