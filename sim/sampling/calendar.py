"""Lost days, winters and weeks: the pace that every sector shares."""

import datetime as dt

import numpy as np
from scipy.special import ndtri

from sim.laws import Law
from sim.sampling import bulk
from sim.sampling.context import Draw, per_mille
from sim.scenario import round_half_up
from sim.streams import uniform, uniforms
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
        log_pace = bulk.autoregression(z, scenario.pace.weekly_correlation)
        weekly = np.exp(np.sqrt(variance) * log_pace - variance / 2)
        pace = season * np.repeat(weekly, 7)[: s.days]
    at_work = ~(s.rest | lost)
    return Calendar(
        pace=np.where(at_work, per_mille(pace), 0), season=per_mille(season), rest=s.rest, lost=lost
    )


def _season(draw: Draw) -> Floats:
    """Draw the winters: pace of the season on each day (D)."""
    s, season = draw.shared, draw.scenario.season
    pace = np.ones(s.days)
    if season is None or season.closed_from is None or season.closed_until is None:
        return pace
    start = s.scenario.campaign.start
    over = int(season.closed_until <= season.closed_from)
    winter = np.full(s.days, np.inf)
    for year in range(start.year - 1, (start + dt.timedelta(days=s.days)).year + 2):
        shift = round_half_up(_each_year(draw, "season shift", season.shift_days, year))
        first = dt.date.fromisoformat(f"{year}-{season.closed_from}") - start
        until = dt.date.fromisoformat(f"{year + over}-{season.closed_until}") - start
        days = slice(max(0, first.days + shift), max(0, until.days + shift))
        winter[days] = np.minimum(winter[days], _each_year(draw, "season pace", season.pace, year))
    return np.where(np.isfinite(winter), winter, pace)


def _each_year(draw: Draw, purpose: str, law: Law, year: int) -> float:
    """Draw a number that belongs to one winter."""
    return float(law.quantile(uniform(draw.shared.key(purpose), year, 0, draw.time_replication, 0)))
