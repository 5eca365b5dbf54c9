"""What a scenario states and most likely does not mean: it is simulated, but said.

Doubts are no errors: a number may have no effect yet, and somebody may want it so.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim.scenario.calendar import Closure, Season
from sim.scenario.crews import Crew
from sim.scenario.dates import in_days, reaches_beyond
from sim.scenario.keys import dotted
from sim.scenario.kinds import PER_HA, ZERO, Time
from sim.scenario.land import SURVEY_SHARES
from sim.scenario.laws import Law
from sim.scenario.record import Report
from sim.scenario.scenario import Scenario, round_half_up, sector_names
from sim.scenario.table import Table

MOST_M2 = 5000.0  # in a day of a deminer, who clears some tens
MANUAL = range(5, 51)  # people: fewer are a machine's crew, more have machines among them
LEAST_CREWS = 0.5  # less is rounded to none
MOST_DAYS = 365.0  # for a parcel: who clears less than one in a year has another unit in mind
LEAST_S = 100.0  # for a parcel: times are whole seconds, and half a second is then half a percent
MOST_RELEASED = 2.0  # of known land, which may be contaminated and released again
HARDLY_EXCEEDED = 0.9999  # the quantile that stands for the end of a law without one

MOST_REMARKS = 20  # about rows of lists; more are counted


@dataclass(frozen=True)
class Doubt:
    """Something stated that is probably not meant: its dotted key, and why."""

    key: str
    why: str

    def __str__(self) -> str:
        """Key and reason on one line."""
        return f"{self.key} {self.why}"


def doubts(scenario: Scenario) -> Iterator[Doubt]:
    """Yield what has no effect, what nobody can finish, and what is likely a slip."""
    yield from _remarked(scenario)
    for rule in _RULES:
        yield from rule(scenario)


def _remarked(s: Scenario) -> Iterator[Doubt]:
    for key, why in s.remarks[:MOST_REMARKS]:
        yield Doubt(key, why)
    if len(s.remarks) > MOST_REMARKS:
        yield Doubt("sector", f"has {len(s.remarks) - MOST_REMARKS} more such rows in its lists")


# What has no effect

_Needs = Callable[[Scenario, Any], bool]


def _above_zero(value: Any) -> bool:
    """Tell whether a number, twelve of them or a law can be more than 0."""
    if isinstance(value, tuple):
        return any(map(_above_zero, value))
    return bool((value if isinstance(value, int | float) else value.support[1]) > 0)


def _has_items(s: Scenario) -> bool:
    return any(_above_zero(x.items_per_ha) for x in s.sector) and _above_zero(s.factors.items)


_IDLE: tuple[tuple[str, tuple[str, ...], _Needs, str], ...] = (
    (
        "season",
        ("shift_days", "pace"),
        lambda _, t: t.closed_from is not None,
        "closed_from and closed_until",
    ),
    (
        "quality",
        ("failure_probability", "inspection_days", "rework_share"),
        lambda _, t: t.inspected_share > 0,
        "inspected_share above 0",
    ),
    (
        "shelling",
        (
            "ends",
            "stop_hours",
            "recontaminated_parcels",
            "recontamination_effort",
            "casualty_probability",
            "recovery_days",
        ),
        lambda _, t: any(_above_zero(regime.attacks_per_24h) for regime in t.regimes),
        "regimes with attacks",
    ),
    (
        "accidents",
        ("stand_down_days", "victims"),
        lambda _, t: _above_zero(t.per_person_day),
        "per_person_day above 0",
    ),
    ("pace", ("weekly_correlation",), lambda _, t: t.weekly_cv > 0, "weekly_cv above 0"),
    ("growth", ("found_until",), lambda _, t: _above_zero(t.share), "share above 0"),
    (
        "clearance",
        ("item_minutes", "item_dispersion"),
        lambda s, _: _has_items(s),
        "items_per_ha of a sector",
    ),
)


def _idle_keys(s: Scenario) -> Iterator[Doubt]:
    for name, keys, can, needed in _IDLE:
        for place, table in _stated(s, name):
            if can(s, table):
                continue
            for key in keys:
                if getattr(table, key) != type(table).model_fields[key].default:
                    yield Doubt(dotted(*place, key), f"has no effect here: it needs {needed}")


def _stated(s: Scenario, name: str) -> Iterator[tuple[tuple[str, ...], Table]]:
    """Yield the table of a name, or every table of an array of them, with its place."""
    stated = getattr(s, name)
    if isinstance(stated, tuple):
        yield from (((name, entry.name), entry) for entry in stated)
    elif stated is not None:
        yield (name,), stated


def _closures(s: Scenario) -> Iterator[Doubt]:
    for closure in s.closure:
        first, last = _days(s, closure.from_)[0], _days(s, closure.until)[1]
        if first >= s.campaign.horizon_days:
            key = dotted("closure", closure.name, "from")
            yield Doubt(key, "is beyond the horizon: it has no effect here")
        elif round_half_up(last) <= round_half_up(first):
            key = dotted("closure", closure.name, "until")
            yield Doubt(key, "closes no day: both times are rounded to whole days")


def _meets_nobody(s: Scenario) -> Iterator[Doubt]:
    closed: list[tuple[str, Closure | Season]] = [("closure", x) for x in s.closure]
    closed += [("season", x) for x in s.season]
    for table, each in closed:
        where = s.places_of(each)
        who = [c for c in s.crew if not each.operators or c.operated_by in each.operators]
        reach = [s.places(c.sectors) if c.sectors else where for c in who]
        if not any(there and can for may in reach for there, can in zip(where, may, strict=True)):
            key = dotted(table, each.name)
            yield Doubt(key, "has no effect here: none of these crews may enter this land")


def _standby(s: Scenario) -> Iterator[Doubt]:
    paces = [*(x.pace for x in s.closure), *(x.pace for x in s.season)]
    closed = any(pace.support[0] * 1000 < 0.5 for pace in paces)
    for crew in s.crew:
        if crew.standby_cost_per_day is not None and not closed:
            why = "has no effect here: it needs a season or closure that leaves no work"
            yield Doubt(dotted("crew", crew.name, "standby_cost_per_day"), why)


def _statuses(s: Scenario) -> Iterator[Doubt]:
    confirmed = [x for x in s.sector if not s.is_surveyed(x)]
    for key in SURVEY_SHARES if s.survey else ("status", *SURVEY_SHARES):
        sector = next((x for x in confirmed if getattr(x, key) is not None), None)
        if sector:
            needed = 'the status "suspected"' if s.survey else "[survey]"
            yield Doubt(
                dotted("sector", sector.name, key), f"has no effect here: it needs {needed}"
            )
    if s.survey and len(confirmed) == len(s.sector):
        yield Doubt("survey", 'has no effect here: it needs a sector with the status "suspected"')


def _preferences(s: Scenario) -> Iterator[Doubt]:
    for crew in s.crew:
        if crew.prefers:
            may = s.places(crew.sectors) if crew.sectors else (True,) * len(s.sector_names)
            among = {p for p, can in zip(s.places(crew.prefers), may, strict=True) if can}
            if len(among) == 1:
                words = "all" if True in among else "none"
                key = dotted("crew", crew.name, "prefers")
                yield Doubt(key, f"has no effect here: it names {words} of the land it may enter")


def _items(s: Scenario) -> Iterator[Doubt]:
    if _has_items(s) and not _above_zero(s.clearance.item_minutes):
        sector = next(x for x in s.sector if _above_zero(x.items_per_ha))
        key = dotted("sector", sector.name, "items_per_ha")
        yield Doubt(key, "changes no date: items take no time without clearance.item_minutes")


def _funds(s: Scenario) -> Iterator[Doubt]:
    for fund in s.money.fund if s.money else ():
        crews = [crew for crew in s.crew if crew.role in fund.roles]
        borne = s.money and any(overhead.fund == fund.name for overhead in s.money.overhead)
        laws = [x for c in crews for x in (c.cost_per_day, c.cost_to_mobilise, c.price or ZERO)]
        if not borne and not any(map(_above_zero, laws)):
            yield Doubt(
                dotted("money", "fund", fund.name),
                "is not drawn on: nothing that it pays for costs anything",
            )
        for tranche in fund.tranches or ():
            if _days(s, tranche.from_)[0] > s.campaign.horizon_days:
                key = dotted("money", "fund", fund.name, "tranches", str(tranche.name), "from")
                yield Doubt(key, "is beyond the horizon: it has no effect here")


# What cannot come to an end


def _never_there(s: Scenario) -> Iterator[Doubt]:
    for crew in s.crew:
        if crew.leaves is not None and _days(s, crew.leaves)[1] <= _days(s, crew.arrives)[0]:
            yield Doubt(dotted("crew", crew.name, "leaves"), "is before it arrives: it never comes")
        if crew.deployment and s.most_crews(crew) < LEAST_CREWS:
            key = dotted("crew", crew.name, "deployment")
            yield Doubt(key, "is never above 0: no crew ever comes")


def _overruled(s: Scenario) -> Iterator[Doubt]:
    """Yield entries of deployments that never count."""
    for crew in s.crew:
        begins = math.inf
        for entry in reversed(crew.deployment):
            first, last = _days(s, entry.from_)
            key = dotted("crew", crew.name, "deployment", entry.name, "from")
            if first >= s.campaign.horizon_days:
                yield Doubt(key, "is beyond the horizon: it has no effect here")
            elif first >= begins:
                yield Doubt(key, "is no earlier than that of an entry after it: it never counts")
            begins = min(begins, last)


def _shut(s: Scenario) -> Iterator[Doubt]:
    for sector in s.sector:
        if _days(s, sector.opens)[0] > s.campaign.horizon_days:
            key = dotted("sector", sector.name, "opens")
            yield Doubt(key, "is beyond the horizon: no campaign can be complete")


def _out_of_time(s: Scenario) -> Iterator[Doubt]:
    for role in ("survey", "clearance"):
        crews = [c for c in s.crew if c.role == role and any(map(_above_zero, c.counts))]
        if all(_last(s, crew) == math.inf for crew in crews):
            continue
        for sector in s.sector:
            if role == "survey" and not s.is_surveyed(sector):
                continue
            names = {sector.name, sector.region, *sector_names(sector.name, sector.count)}
            able = [c for c in crews if c.sectors is None or names & set(c.sectors)]
            if able and max(_last(s, c) for c in able) <= _days(s, sector.opens)[0]:
                key = dotted("sector", sector.name, "opens")
                yield Doubt(key, f"is when all crews of role {role} that may enter have left")


def _last(s: Scenario, crew: Crew) -> float:
    """Return the day from which on surely no crew is there."""
    gone = math.inf if crew.leaves is None else _days(s, crew.leaves)[1]
    for entry in reversed(crew.deployment):
        factor = crew.count_factor.support[1] * s.factors.crews.support[1]
        if entry.count.support[1] * factor >= LEAST_CREWS:
            break
        gone = _days(s, entry.from_)[1]
    return gone


def _days(s: Scenario, time: Time) -> tuple[float, float]:
    """Return the earliest and the latest that a time can be, days."""
    return in_days(s, time).support


# What is likely a slip


def _fast(s: Scenario) -> Iterator[Doubt]:
    fastest = max(s.crew, key=lambda crew: crew.rate.mean)
    parcel, larger = s.campaign.parcel_ha, s.factors.area.mean
    least = min(min(parcel, x.area.mean * larger) * x.difficulty.mean for x in s.sector)
    days = least / (fastest.rate.mean * s.factors.rate.mean)
    if days * s.day_s < LEAST_S:
        yield Doubt(
            dotted("crew", fastest.name, fastest.rate_key),
            f"makes a parcel take about {days * s.day_s:.2g} seconds, and times are whole seconds,"
            " at least one: a larger campaign.parcel_ha, or fewer, larger sectors, are more exact",
        )


def _slow(s: Scenario) -> Iterator[Doubt]:
    parcel, larger = s.campaign.parcel_ha, s.factors.area.mean
    largest = max(min(parcel, x.area.mean * larger) for x in s.sector)
    for crew in s.crew:
        days = largest / (crew.rate.mean * s.factors.rate.mean)
        if days > MOST_DAYS:
            yield Doubt(
                dotted("crew", crew.name, crew.rate_key),
                f"makes a parcel take about {days:.0f} days of a crew, and no other crew helps it:"
                " is the unit the right one? A smaller campaign.parcel_ha lets crews share land",
            )


def _slips(s: Scenario) -> Iterator[Doubt]:
    """Say where manual work is faster than any: a rate of a crew stated for a deminer, or in m2."""
    for crew in s.crew:
        deminers = crew.deminers or crew.people
        m2 = crew.rate.mean * s.factors.rate.mean * PER_HA / deminers
        manual = deminers in MANUAL or crew.rate_m2_per_deminer_day is not None
        if crew.role == "clearance" and manual and m2 > MOST_M2:
            yield Doubt(
                dotted("crew", crew.name, crew.rate_key),
                f"is about {m2:.0f} m2 a day for each of {deminers} deminers, and manual work is"
                f" far below {MOST_M2:.0f}: is the unit the right one?",
            )


def _alike(s: Scenario) -> Iterator[Doubt]:
    """Yield names of lost time that two things have: nobody who reads them can tell them apart."""
    stated = [("shelling.label", s.shelling.label or "shelling")] if s.shelling else []
    stated += [(dotted("closure", x.name, "name"), x.name) for x in s.closure]
    stated += [(dotted("season", x.name, "name"), x.name) for x in s.season]
    known = {"rest", "weather", "casualty", "weekly pace"}
    for key, name in stated:
        if name in known:
            yield Doubt(
                key, f"is {name!r}, as other lost time is called: nobody can tell them apart"
            )
        known.add(name)


def _deadlines(s: Scenario) -> Iterator[Doubt]:
    for deadline in s.deadline:
        if reaches_beyond(s, deadline.date):
            yield Doubt(
                dotted("deadline", deadline.name, "date"),
                "is beyond the horizon: a larger campaign.horizon_days tells more",
            )
        most = _most_ha(s, s.places_of(deadline), lambda law: law.support[1])
        if deadline.released_ha is not None and deadline.released_ha > most:
            yield Doubt(
                dotted("deadline", deadline.name, "released_ha"),
                f"is more than the {most:.6g} ha that there can be: it cannot be met",
            )


def _most_ha(s: Scenario, places: Sequence[bool], most: Callable[[Law], float]) -> float:
    """Return how much land of some sectors (S) there can be, found land included."""
    found = most(s.growth.share) if s.growth else 0.0
    counted = (area for x in s.sector for area in [most(x.area)] * x.count)
    area = sum(a for a, here in zip(counted, places, strict=True) if here)
    return area * most(s.factors.area) * (1 + found)


def doubts_of_record(s: Scenario, reports: Iterable[Report]) -> Iterator[Doubt]:
    """Yield the first report of more than twice the land that there can be: of another unit."""
    known: dict[tuple[str, str], float] = {}
    for report in reports:
        if report.place not in known:
            here = report.kind in ("region", "sector")
            places = s.places([report.name]) if here else (True,) * len(s.sector_names)
            known[report.place] = _most_ha(s, places, _greatest)
        if report.released_ha > MOST_RELEASED * known[report.place]:
            land = f"{known[report.place]:.6g} ha that there can be"
            why = f"states {report.released_ha:.6g} ha in row {report.row}, and {land} there"
            yield Doubt("record.file", f"{why}: is the unit the right one?")
            return


def _greatest(law: Law) -> float:
    """Return the greatest value of a law, or where there is none one that it hardly exceeds."""
    last = law.support[1]
    return last if math.isfinite(last) else float(law.quantile(HARDLY_EXCEEDED))


_RULES = (
    _idle_keys,
    _closures,
    _meets_nobody,
    _standby,
    _statuses,
    _preferences,
    _items,
    _funds,
    _never_there,
    _overruled,
    _shut,
    _out_of_time,
    _fast,
    _slow,
    _slips,
    _alike,
    _deadlines,
)
