"""What holds a deployment back: where it ends, a role that is behind, a spent fund, late access."""

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from sim.outcome import Ensemble
from sim.results.holdups import crew_words, last_words
from sim.results.words import words
from sim.scenario.dates import in_days
from sim.scenario.kinds import Time
from sim.scenario.scenario import Deadline, Scenario
from sim.statistics.estimates import Estimate, probability
from sim.statistics.holdups import finish_last, idle_shares, stopped_for_good
from sim.statistics.summary import meets


@dataclass(frozen=True)
class Holdback:
    """What holds a deployment back.

    Attributes
    ----------
    finished_last
        Sectors that are finished last, in words, and why it may be that the first one is.
    crew_use
        Crews that are nearly always busy and those that often wait, in words.
    stopped
        Of the campaigns that miss the deadline, the share whose crews have stopped for good because
        a fund is spent; None if none misses it, or crews go on.
    """

    finished_last: str
    crew_use: str
    stopped: Estimate | None


def holdback(ensemble: Ensemble, deadline: Deadline | dt.date) -> Holdback:
    """Return what holds a deployment back from meeting a deadline."""
    scenario = ensemble.scenario
    land = None if isinstance(deadline, dt.date) else scenario.places_of(deadline)
    last = {name: chance.value for name, chance in finish_last(ensemble, land).items()}
    at_last = [last_words(last), _access(scenario, next(iter(last)))]
    roles = {crew.name: crew.role for crew in scenario.crew}
    idle = idle_shares(ensemble)
    if len({roles[name] for name in idle}) > 1:
        idle = {f"{name} for {roles[name]}": share for name, share in idle.items()}
    return Holdback(
        "; ".join(filter(None, at_last)), crew_words(idle), _stopped(ensemble, deadline)
    )


def _access(scenario: Scenario, name: str) -> str:
    """Return since when, and for how many crews, a sector is open, if that is limited."""
    (sector,) = (each for each in scenario.sector if each.name == name)
    parts = [f"opens {dates}"] if (dates := _opening(scenario, sector.opens)) else []
    if sector.max_crews:
        parts.append(f"takes at most {sector.max_crews} crew{'s' * (sector.max_crews > 1)} at once")
    return f"{name} {' and '.join(parts)}" if parts else ""


def _opening(scenario: Scenario, opens: Time) -> str:
    """Return when land opens: its date, or the P10 and P90 of it; nothing for the first day."""
    if isinstance(opens, dt.date):
        return words(opens) if opens > scenario.campaign.start else ""
    days = in_days(scenario, opens)
    if days.support[1] == 0:
        return ""
    horizon = scenario.campaign.horizon_days
    dates = dict.fromkeys(
        words(scenario.campaign.start + dt.timedelta(math.floor(day)))
        if day < horizon
        else "after the horizon"
        for day in days.quantile([0.1, 0.9]).tolist()
    )
    return " to ".join(dates) + (" (P10 to P90)" if len(dates) > 1 else "")


def _stopped(ensemble: Ensemble, deadline: Deadline | dt.date) -> Estimate | None:
    money, missed = ensemble.scenario.money, ~meets(ensemble, deadline)
    if not missed.any() or money is None or money.when_spent != "stop":
        return None
    stopped = missed & stopped_for_good(ensemble)
    return probability(int(np.count_nonzero(stopped)), int(np.count_nonzero(missed)))
