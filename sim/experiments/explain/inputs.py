"""What a campaign is unsure about: the laws of a scenario that are drawn once.

An input is a law that is drawn once per replication, or a time drawn once for each sector or crew;
it has a dotted key. What is drawn for every event, day or season is no input.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from scipy.special import ndtri

from sim.scenario.dated import DatedLaw
from sim.scenario.dates import in_days
from sim.scenario.families import BaseLaw
from sim.scenario.keys import dotted, split
from sim.scenario.kinds import Time
from sim.scenario.land import SURVEY_SHARES
from sim.scenario.laws import Constant, Quantile
from sim.scenario.scenario import Scenario
from sim.scenario.table import Table, keys_of
from sim.statistics.estimates import Floats

T = TypeVar("T", bound=Table)
_ONCE = ("replication", "sector", "crew")
_LAWS = (BaseLaw, DatedLaw)
_COSTS = (
    "cost_per_day",
    "standby_cost_per_day",
    "cost_to_mobilise",
    "price_per_ha",
    "price_per_m2",
)


@dataclass(frozen=True)
class Input:
    """A number that is not known.

    Attributes
    ----------
    key
        Dotted, as in the file.
    law
        That it is drawn from.
    """

    key: str
    law: Quantile


def inputs_of(scenario: Scenario) -> tuple[Input, ...]:
    """Return the inputs that can matter to the completion, in the order of the schema.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    """
    found = (Input(dotted(*path), in_days(scenario, law)) for path, law in _walk(scenario, ()))
    return tuple(each for each in found if _matters(scenario, split(each.key)))


def _walk(table: Table, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Time]]:
    """Yield every law below a table that is drawn once, with the path to it."""
    for key, (name, about) in keys_of(type(table)).items():
        value, extra = getattr(table, name), about.json_schema_extra
        if isinstance(value, Table):
            yield from _walk(value, (*path, key))
        elif isinstance(value, tuple) and all(isinstance(entry, Table) for entry in value):
            for entry in value:
                yield from _walk(entry, (*path, key, entry.name))
        elif isinstance(value, _LAWS) and isinstance(extra, dict) and extra["drawn"] in _ONCE:
            yield (*path, key), cast(Time, value)


def _matters(scenario: Scenario, path: tuple[str, ...]) -> bool:
    """Tell whether an input is drawn at all, and for more than money that nobody counts."""
    money, quality, growth = scenario.money, scenario.quality, scenario.growth
    attacked = bool(scenario.shelling and scenario.shelling.regimes)
    if path[0] == "money" or path[-1] in _COSTS:
        no_fund = [o.name for o in money.overhead if o.fund is None] if money else []
        counts = path[:2] != ("money", "overhead") or path[2] not in no_fund
        return counts and money is not None and bool(money.fund) and money.when_spent == "stop"
    if path[0] == "shelling" or (path[0], path[-1]) == ("sector", "exposure"):
        return attacked
    if path[0] == "quality":
        return quality is not None and quality.inspected_share > 0
    if path[-1] in SURVEY_SHARES:
        suspected = [x for x in scenario.sector if scenario.is_surveyed(x)]
        own = path[0] == "sector"
        return any(x.name == path[1] if own else getattr(x, path[-1]) is None for x in suspected)
    if path == ("growth", "found_until"):
        return growth is not None and growth.share.support[1] > 0
    return True


def scores(u: Floats) -> Floats:
    """Return the normal scores of an input; of one drawn several times their mean (R).

    Parameters
    ----------
    u
        Uniform numbers (R, n), 0 where there is none.
    """
    there = u > 0
    z: Floats = ndtri(np.where(there, u, 0.5)).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return z


def fixed_at(scenario: Scenario, each: Input, u: float) -> Scenario:
    """Return the scenario with an input at one of its quantiles, for good.

    Parameters
    ----------
    scenario
        Left as it is.
    each
        One of its inputs.
    u
        More than 0 and less than 1.
    """
    return _set(scenario, split(each.key), Constant(float(each.law.quantile(u))))


def _set(table: T, path: tuple[str, ...], law: Constant) -> T:
    """Return a table with a law in it replaced; the value was within its bounds before."""
    key, *rest = path
    name, _ = keys_of(type(table))[key]
    below = getattr(table, name)
    if not rest:
        return table.model_copy(update={name: law})
    if isinstance(below, tuple):
        entry, *inner = rest
        changed = tuple(_set(e, tuple(inner), law) if e.name == entry else e for e in below)
        return table.model_copy(update={name: changed})
    return table.model_copy(update={name: _set(below, tuple(rest), law)})
