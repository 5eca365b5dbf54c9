"""Amounts of each calendar year: of the campaign, by region, by operator and by payer.

All of them are whole numbers, so that parts add up to the whole exactly; `parts` keeps that when
their means are rounded.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from sim.outcome import COSTS, OPEN, Count, Ensemble, GroupSum, Rows, of_operators
from sim.scenario.dates import date_of_s, ends_of_years_s
from sim.statistics.estimates import mean
from sim.statistics.quantities import COUNTED, DAYS, HECTARES, MONEY, YEARLY, Unit
from sim.world import PER_HA, Ints

BY = ("campaign", "region", "operator", "fund")
_HALF = 31  # bits
_OVERHEAD = COSTS.index("overhead")


class Amounts(NamedTuple):
    """One quantity of one group in every year of every replication."""

    by: str
    """`campaign`, `region`, `operator` or `fund`."""
    name: str
    """Of the group; empty for the campaign, and for what belongs to none."""
    quantity: str
    """One of `YEARLY`."""
    of_year: Ints
    """In whole units, `per` of which are one (R, Y)."""
    per: int


def years_of(ensemble: Ensemble) -> list[int]:
    """Return the calendar years (Y) up to the last end of all work, or that of the horizon."""
    scenario = ensemble.scenario
    last = scenario.campaign.start.year + len(ends_of_years_s(scenario)) - 1
    if ensemble.replications and (ensemble.restored_s != OPEN).all():
        last = date_of_s(scenario, int(ensemble.restored_s.max())).year
    return list(range(scenario.campaign.start.year, last + 1))


def amounts(ensemble: Ensemble, *, by: Collection[str] = BY) -> list[Amounts]:
    """Return all amounts, by group and then by quantity in the order of `YEARLY`.

    Parameters
    ----------
    ensemble
        Of at least one replication.
    by
        Some of `BY`, and no other groups.
    """
    scenario, years = ensemble.scenario, len(years_of(ensemble))
    counts, cost = ensemble.year_counts[:, :years], ensemble.year_cost[:, :years]
    released = _sectors_released(ensemble, years)
    operators = of_operators(scenario, ensemble.year_groups[:, :years])
    whole = _land(counts.sum(axis=2), ensemble.region_m2.sum(axis=1), released.sum(axis=2))
    whole |= _crews(np.sum(list(operators.values()), axis=0))
    whole["cost"] = cost[:, :, : len(COSTS)].sum(axis=2)
    groups = [("campaign", "", whole)]
    if any(scenario.regions):
        groups += [
            ("region", name, _land(counts[:, :, n], ensemble.region_m2[:, n], released[:, :, n]))
            for n, name in enumerate(scenario.regions)
        ]
    groups += [("operator", name, _crews(sums)) for name, sums in operators.items()]
    groups.append(("operator", "", {"cost": cost[:, :, _OVERHEAD]}))
    funds = scenario.money.fund if scenario.money else ()
    for i, fund in enumerate(funds, start=len(COSTS)):
        groups.append(("fund", fund.name, {"cost": cost[:, :, i]}))
    if funds:
        borne = cost[:, :, len(COSTS) :].sum(axis=2)
        groups.append(("fund", "", {"cost": whole["cost"] - borne}))
    return [
        Amounts(kind, name, quantity, _of_year(quantity, sums[quantity]), _per(ensemble, quantity))
        for kind, name, sums in groups
        for quantity in YEARLY
        if kind in by
        and quantity in sums
        and (scenario.costs or quantity != "cost")
        and (name or set(sums) != {"cost"} or sums["cost"].any())
    ]


def _sectors_released(ensemble: Ensemble, years: int) -> Ints:
    """Return how many sectors of each region are released for good by the end of each year."""
    scenario, released_s = ensemble.scenario, ensemble.sector_release_s
    region = [entry.region or "" for entry in scenario.sector for _ in range(entry.count)]
    here = np.array(region)[:, None] == np.array(scenario.regions)
    ends = ends_of_years_s(scenario)[:years]
    by_then = [((released_s != OPEN) & (released_s <= end)) @ here.astype(np.int64) for end in ends]
    return np.stack(by_then, axis=1).astype(np.int64)


def _land(counts: Ints, known_m2: Ints, sectors_released: Ints) -> Rows:
    """Return running totals of what happens to some land, from its counts (R, Y, 11)."""
    found = {name: counts[:, :, i] for i, name in enumerate(COUNTED)}
    remaining = known_m2[:, None] + counts[:, :, Count.FOUND_M2] - counts[:, :, Count.RELEASED_M2]
    return found | {"remaining_ha": remaining, "sectors_released": sectors_released}


def _crews(sums: Ints) -> Rows:
    """Return running totals of what some crews do, from what `of_operators` gives (R, Y, 8)."""
    return {
        "cancelled_ha": sums[:, :, GroupSum.CANCELLED_M2],
        "reduced_ha": sums[:, :, GroupSum.REDUCED_M2],
        "cleared_ha": sums[:, :, GroupSum.CLEARED_M2],
        "accidents": sums[:, :, GroupSum.ACCIDENTS],
        "casualties": sums[:, :, GroupSum.CASUALTIES],
        "crew_days": sums[:, :, GroupSum.PRESENT_S],
        "deminer_days": sums[:, :, len(GroupSum)],
        "cost": sums[:, :, GroupSum.COST],
    }


def _of_year(quantity: str, running: Ints) -> Ints:
    """Return the amounts of each year from those by its end; of what remains that is the same."""
    return running if quantity == "remaining_ha" else np.diff(running, axis=1, prepend=0)


def _per(ensemble: Ensemble, quantity: str) -> int:
    day_s = ensemble.scenario.day_s
    by_unit = {HECTARES: PER_HA, DAYS: day_s, MONEY: 100 * day_s}
    return by_unit.get(YEARLY[quantity].unit, 1)


def rounded_means(found: Sequence[Amounts]) -> list[list[int]]:
    """Return the mean of each amount in each year, in units of its last decimal, so that they add.

    The years add up to the mean of the campaign, rounded, and the groups to the campaign in each
    year: each number is rounded up or down, and whole ones stay as they are.
    """
    means: dict[tuple[str, str, str], list[int]] = {}
    wholes = {each.quantity: each for each in found if each.by == "campaign"}
    for quantity, whole in wholes.items():
        unit = YEARLY[quantity].unit
        if quantity == "remaining_ha":
            own = [_last_decimals(x, whole.per, unit) for x in whole.of_year.T]
        else:
            in_all = _last_decimals(whole.of_year.sum(axis=1), whole.per, unit)
            own = parts(*_sums(whole, unit), in_all)
        means["campaign", "", quantity] = own
        for by in BY[1:]:
            group = [each for each in found if (each.by, each.quantity) == (by, quantity)]
            sums = [_sums(each, unit) for each in group]
            years = [
                parts([of_years[y] for of_years, _ in sums], sums[0][1], own[y])
                for y in range(len(own))
                if group
            ]
            for k, each in enumerate(group):
                means[by, each.name, quantity] = [year[k] for year in years]
    return [means[each.by, each.name, each.quantity] for each in found]


def _last_decimals(values: Ints, per: int, unit: Unit) -> int:
    """Return the mean of whole numbers (R), in units of the last decimal that is written."""
    shift: int = 10**unit.decimals
    return round(round(mean(values / per).value, unit.decimals) * shift)


def _sums(each: Amounts, unit: Unit) -> tuple[list[int], int]:
    """Return the sum over replications of each year, and how many are one in the last decimal."""
    high = (each.of_year >> _HALF).sum(axis=0).tolist()  # the whole may be too much to be counted
    low = (each.of_year & ((1 << _HALF) - 1)).sum(axis=0).tolist()
    shift = 10**unit.decimals
    sums = [((h << _HALF) + x) * shift for h, x in zip(high, low, strict=True)]
    return sums, len(each.of_year) * each.per


def parts(numbers: Sequence[int], per: int, whole: int) -> list[int]:
    """Return numbers divided by `per` and rounded, so that they add up to a whole.

    Those with the largest remainders are rounded up, as many as it takes. That is possible if the
    whole is less than one away from the sum of what is exact.
    """
    rounded = [number // per for number in numbers]
    order = sorted(range(len(numbers)), key=lambda i: -(numbers[i] % per))
    for i in order[: whole - sum(rounded)]:
        rounded[i] += 1
    return rounded
