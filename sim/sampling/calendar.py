"""Lost days, winters and weeks: the pace that every sector shares."""

import numpy as np
from scipy.special import ndtri

from sim.sampling import timelines
from sim.sampling.context import Draw, per_mille
from sim.streams import uniforms, uniforms_at
from sim.world import Calendar, Floats


def draw_calendar(draw: Draw) -> Calendar:
    """Draw lost days, winters and weeks."""
    s, scenario, r = draw.shared, draw.scenario, draw.time_replication
    lost = np.zeros(s.days, np.bool_)
    if s.lost_share.any():
        lost = uniforms(s.key("lost day"), s.days, 0, r, 0) < s.lost_share
    season = _season(draw)
    pace = season
    if scenario.pace and scenario.pace.weekly_cv > 0:
        z = ndtri(uniforms(s.key("weekly pace"), s.days // 7 + 1, 0, r, 0))
        variance = np.log1p(scenario.pace.weekly_cv**2)
        log_pace = timelines.autoregression(z, scenario.pace.weekly_correlation)
        weekly = np.exp(np.sqrt(variance) * log_pace - variance / 2)
        pace = season * np.repeat(weekly, 7)[: s.days]
    at_work = ~(s.rest | lost)
    return Calendar(
        pace=np.where(at_work, per_mille(pace), 0), season=per_mille(season), rest=s.rest, lost=lost
    )


def _season(draw: Draw) -> Floats:
    """Draw the winters: pace of the season on each day (D)."""
    s, season, r = draw.shared, draw.scenario.season, draw.time_replication
    pace = np.ones(s.days)
    if season is None or not s.winters:
        return pace
    years = np.array([year for year, _, _ in s.winters])
    u_shift = uniforms_at(s.key("season shift"), years, r)
    u_pace = uniforms_at(s.key("season pace"), years, r)
    shifts = np.floor(season.shift_days.quantile(u_shift) + 0.5).astype(int).tolist()
    paces = season.pace.quantile(u_pace).tolist()
    winter = np.full(s.days, np.inf)
    for (_, first, until), shift, slow in zip(s.winters, shifts, paces, strict=True):
        days = slice(max(0, first + shift), max(0, until + shift))
        winter[days] = np.minimum(winter[days], slow)
    return np.where(np.isfinite(winter), winter, pace)
