"""Lost days, winters and weeks: the pace that every sector shares."""

import numpy as np
from scipy.special import ndtri

from sim.sampling.compiled.calendar import autoregression, winters
from sim.sampling.compiled.streams import uniforms_by_index
from sim.sampling.draws import Block, mean_one, whole
from sim.world import Bools, Calendar, Floats


def draw_calendars(block: Block) -> list[Calendar]:
    """Draw lost days, winters and weeks of each replication."""
    s = block.shared
    lost, season = _lost_days(block), _season(block)
    at_work = ~(s.rest | lost)
    pace = np.where(at_work, whole(1000 * (season * _weeks(block))), 0)
    season_pace = whole(1000 * season)
    return [
        Calendar(pace=pace[i], season=season_pace[i], rest=s.rest, lost=lost[i])
        for i in range(len(block.replications))
    ]


def _lost_days(block: Block) -> Bools:
    """Draw the days lost to weather (R, D)."""
    s, r = block.shared, block.of_level("time")
    if not s.lost_share.any():
        return np.zeros((len(r), s.days), np.bool_)
    return uniforms_by_index(s.key("lost day"), np.arange(s.days), r) < s.lost_share


def _weeks(block: Block) -> Floats:
    """Draw the pace of each week, and return it for each day (R, D)."""
    s, pace, r = block.shared, block.scenario.pace, block.of_level("time")
    if pace is None or pace.weekly_cv == 0:
        return np.ones((len(r), s.days))
    z = ndtri(uniforms_by_index(s.key("weekly pace"), np.arange(s.days // 7 + 1), r))
    weekly = mean_one(autoregression(z, pace.weekly_correlation), pace.weekly_cv)
    return np.repeat(weekly, 7, axis=1)[:, : s.days]


def _season(block: Block) -> Floats:
    """Draw the winters, and return the pace of the season on each day (R, D)."""
    s, season, r = block.shared, block.scenario.season, block.of_level("time")
    if season is None or not s.winters:
        return np.ones((len(r), s.days))
    years, first, until = np.array(s.winters).T.copy()
    u_shift = uniforms_by_index(s.key("season shift"), years, r)
    u_pace = uniforms_by_index(s.key("season pace"), years, r)
    shift_days = whole(season.shift_days.quantile(u_shift))
    return winters(first + shift_days, until + shift_days, season.pace.quantile(u_pace), s.days)
