"""When sectors and regions are released, as tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from sim.outcome import OPEN, Ensemble
from sim.results.columns import (
    DATE,
    NUMBER,
    TEXT,
    Columns,
    dates,
    estimates,
    quantiles,
    rounded,
    transposed,
    with_intervals,
)
from sim.results.csv import headings
from sim.scenario.scenario import Deadline, Scenario
from sim.statistics.estimates import NOTHING, Estimate, probability
from sim.statistics.quantities import DAYS, DEADLINE, HECTARES, SECTOR_DAY, SHARE, percentiles
from sim.statistics.summary import chance_by, deadline_probability, to_days
from sim.world import PER_HA, Bools, Ints

Cells = dict[str, Sequence[Any]]
_ENDS = ("", "_low", "_high")
_BY = "released_by:"  # the date of a deadline
_DAYS = percentiles(SECTOR_DAY.written)
_FIRST = [f"first_{name}" for name in ("completed", *_DAYS)]
_PLACE: Columns = {
    "area_ha": NUMBER,
    "completed": NUMBER,
    **dict.fromkeys(_DAYS, NUMBER),
    **{f"{name}_date": DATE for name in _DAYS},
    **with_intervals(["completed", *_DAYS]),
    **dict.fromkeys(_FIRST, NUMBER),
    **{f"{name}_date": DATE for name in _FIRST[1:]},
    **with_intervals(_FIRST),
}
SECTORS: Columns = {"sector": TEXT} | _PLACE
REGIONS: Columns = {"region": TEXT} | _PLACE


def sectors(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per sector: its mean known area, and when it is released.

    `completed` is the share of the replications in which the sector was released for good,
    `first_completed` of those in which it was released as a whole at some time. For the deadlines
    that its land counts for there is the chance that it is, for the first time, by their dates.
    """
    scenario, first = ensemble.scenario, ensemble.sector_first_s
    schema, columns = sectors_schema(scenario), released_by_columns(scenario)
    found: Cells = {"sector": scenario.sector_names}
    found |= _place(ensemble, ensemble.sector_m2, ensemble.sector_release_s, first)
    for deadline in scenario.deadline:
        meant = zip(first.T, scenario.places_of(deadline), strict=True)
        chances = [chance_by(ensemble, one, deadline.date) if m else NOTHING for one, m in meant]
        found |= estimates({columns[deadline.name]: transposed(chances)}, SHARE)
    return pl.DataFrame({name: found[name] for name in schema}, schema=schema)


def sectors_schema(scenario: Scenario) -> Columns:
    """Return the columns of the table of sectors: one for each deadline, too."""
    columns = [name + end for name in released_by_columns(scenario).values() for end in _ENDS]
    return SECTORS | dict.fromkeys(columns, NUMBER)


def released_by_columns(scenario: Scenario) -> dict[str, str]:
    """Return the column of each deadline in the table of sectors, by the deadline's name."""
    names = [deadline.name for deadline in scenario.deadline]
    found = headings([_BY + name for name in names], taken=SECTORS, ends=_ENDS)
    return dict(zip(names, found.values(), strict=True))


def regions(ensemble: Ensemble) -> pl.DataFrame:
    """Return one row per region, as `sectors`, with the chances of its deadlines.

    Land of no region is last, without a name; there are no rows if no region is stated.
    """
    scenario = ensemble.scenario
    schema, columns = regions_schema(scenario), deadline_columns(scenario)
    if not any(scenario.regions):
        return pl.DataFrame(schema=schema)
    region = np.array([e.region or "" for e in scenario.sector for _ in range(e.count)])
    here = [region == name for name in scenario.regions]
    area = np.stack([ensemble.sector_m2[:, mine].sum(axis=1) for mine in here], axis=1)
    released = np.stack([_latest(ensemble.sector_release_s[:, mine]) for mine in here], axis=1)
    found: Cells = {"region": [name or None for name in scenario.regions]}
    found |= _place(ensemble, area, released, ensemble.region_first_s)
    for deadline in scenario.deadline:
        chances = [_chance(ensemble, deadline, n, mine) for n, mine in enumerate(here)]
        found |= estimates({columns[DEADLINE + deadline.name]: transposed(chances)}, SHARE)
    return pl.DataFrame({name: found[name] for name in schema}, schema=schema)


def _chance(ensemble: Ensemble, deadline: Deadline, region: int, mine: Bools) -> Estimate:
    """Return the chance of a deadline in a region (of its sectors, S), if it asks for any there.

    Of what asks for all of more land that is the chance that all of the region is released by then;
    of what asks for a part of more land nothing is owed by one region.
    """
    land = np.array(ensemble.scenario.places_of(deadline))
    if not (land & ~mine).any():
        return deadline_probability(ensemble, deadline)
    of_all = deadline.released_share is None and deadline.released_ha is None
    if of_all and land[mine].all():
        return chance_by(ensemble, ensemble.region_first_s[:, region], deadline.date)
    return NOTHING


def regions_schema(scenario: Scenario) -> Columns:
    """Return the columns of the table of regions: one for each deadline, too."""
    columns = [name + end for name in deadline_columns(scenario).values() for end in _ENDS]
    return REGIONS | dict.fromkeys(columns, NUMBER)


def deadline_columns(scenario: Scenario) -> dict[str, str]:
    """Return the column of each deadline in the table of regions, by `deadline:<name>`."""
    names = [DEADLINE + deadline.name for deadline in scenario.deadline]
    return headings(names, taken=REGIONS, ends=_ENDS)


def _latest(released_s: Ints) -> Ints:
    """Return when the last of some sectors was released (R); OPEN where one was not."""
    return np.where((released_s == OPEN).any(axis=1), OPEN, released_s.max(axis=1))


def _place(ensemble: Ensemble, area_m2: Ints, released_s: Ints, first_s: Ints) -> Cells:
    """Return the columns of places from their area and their releases (R, K)."""
    return {
        "area_ha": rounded(area_m2.mean(axis=0) / PER_HA, HECTARES),
        **_release(ensemble, released_s, prefix=""),
        **_release(ensemble, first_s, prefix="first_"),
    }


def _release(ensemble: Ensemble, released_s: Ints, *, prefix: str) -> Cells:
    n = ensemble.replications
    done = [probability(int(k), n) for k in np.count_nonzero(released_s != OPEN, axis=0)]
    days = quantiles(to_days(ensemble, released_s), SECTOR_DAY.written)
    columns: Cells = {
        **estimates({"completed": transposed(done)}, SHARE),
        **estimates(days, DAYS),
        **{f"{name}_date": dates(ensemble, ends[0]) for name, ends in days.items()},
    }
    return {prefix + name: values for name, values in columns.items()}
