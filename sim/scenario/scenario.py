"""What a scenario file states: strict, frozen, resolved, digestible.

The classes below are the one statement of the keys. Reading, validation, the JSON Schema, the
resolved dump and the reference page all come from them.
"""

import datetime as dt
import hashlib
import json
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import Field, PrivateAttr
from pydantic.fields import FieldInfo

from sim.scenario.attacks import Shelling
from sim.scenario.calendar import Closure, Pace, Season, Weather
from sim.scenario.crews import Accidents, Crew
from sim.scenario.keys import dotted
from sim.scenario.kinds import (
    ONE,
    PER_HA,
    ZERO,
    Area,
    CountFactor,
    FileName,
    Name,
    NotNegative,
    Positive,
    Title,
    Weekday,
)
from sim.scenario.land import Clearance, Growth, Quality, Restoration, Sector, Survey
from sim.scenario.laws import Law
from sim.scenario.money import Money
from sim.scenario.notes import Notes
from sim.scenario.record import Record
from sim.scenario.table import Table, key, keys_of

SCHEMA_VERSION = 2
FORECAST_ONLY = frozenset({"record"})
MAKES_ANOTHER = "a key that makes another scenario, which the record does not"
"""Tables that only the forecast reads: no run depends on them, no result and no digest has them."""


class AreaUnit(NamedTuple):
    """How people read areas: in short, in full, and how many make a hectare."""

    short: str
    full: str
    per_ha: float


AREA_UNITS = {
    "ha": AreaUnit("ha", "Hectares", 1),
    "m2": AreaUnit("m²", "Square metres", PER_HA),
    "km2": AreaUnit("km²", "Square kilometres", 0.01),
}


class Campaign(Table):
    """The campaign as a whole."""

    name: FileName = key("Letters, digits, - and _: names the results folder.", title="name")
    title: Title = key("What a reader sees above tables and pictures.", "", title="title")
    start: dt.date = key("Day 0.", title="start")
    horizon_days: Annotated[float, Field(ge=0.01, le=36525)] = key(
        "A replication still open then is censored.", unit="days", title="horizon"
    )
    parcel_ha: Area = key("Size of a parcel.", 1.0, unit="ha", title="size of a parcel")
    hours_per_day: Annotated[float, Field(ge=0.01, le=24)] = key(
        "Working hours in a working day.", 6.0, unit="hours", title="working hours a day"
    )
    rest_days: tuple[Weekday, ...] = key("Weekdays without work.", (), title="rest days")
    unit: Literal["ha", "m2", "km2"] = key(
        "Unit of areas on the terminal and in pictures; CSV files stay in hectares.",
        "ha",
        title="unit of areas",
    )
    dispatch: Literal["priority", "balanced"] = key(
        "Which sector a free crew takes: the first by priority, or the one with fewest crews.",
        "priority",
        title="choice of sectors",
    )


class Factors(Table):
    """Campaign-level uncertainty shared by everything of its kind."""

    area: Positive = key(
        "Multiplies every sector's area.",
        ONE,
        drawn="replication",
        title="area of all sectors (factor)",
    )
    rate: Positive = key(
        "Multiplies every crew's rate.",
        ONE,
        drawn="replication",
        title="output of all crews (factor)",
    )
    crews: CountFactor = key(
        "Multiplies every number of crews, of each `count` and deployment, before it is rounded.",
        ONE,
        drawn="replication",
        title="number of all crews (factor)",
    )
    items: NotNegative = key(
        "Multiplies every sector's items.",
        ONE,
        drawn="replication",
        title="items in all sectors (factor)",
    )


class Deadline(Table):
    """A date by which land is to be released, and whose probability is reported."""

    name: Name = key("What the deadline is called in tables.", title="name")
    date: dt.date = key("The last day that still counts.", title="date")
    regions: Annotated[tuple[str, ...], Field(min_length=1)] | None = key(
        "Only the land of these regions.", None, title="regions"
    )
    sectors: Annotated[tuple[str, ...], Field(min_length=1)] | None = key(
        "Only these sectors, or regions, named as for crews; with `regions`, these too.",
        None,
        title="sectors",
    )
    released_share: Annotated[float, Field(ge=1e-6, le=1)] | None = key(
        "Share of its land, as far as it is known then, that is to be released (net); all of it, "
        "and no more to be found, if neither this nor `released_ha` is stated.",
        None,
        title="share to be released",
    )
    released_ha: Annotated[float, Field(ge=1e-4, le=1e11)] | None = key(
        "Instead: how much of its land is to be released (net).",
        None,
        unit="ha",
        title="land to be released",
    )


class Listed(NamedTuple):
    """A list of areas that sectors were taken from: no part of what a scenario states."""

    file: str
    """Its path, as it was read."""
    column: str
    """Which names its areas."""
    prefix: str
    """Stands before their names in the names of the sectors; may be empty."""


class Scenario(Table):
    """Everything a scenario file states, resolved.

    Obtained with `load_scenario`; a table that is None does not happen. Two scenarios are equal if
    their digests are, whatever their records.
    """

    campaign: Campaign
    factors: Factors = Factors()
    deadline: tuple[Deadline, ...] = ()
    sector: Annotated[tuple[Sector, ...], Field(min_length=1)]
    crew: Annotated[tuple[Crew, ...], Field(min_length=1)]
    clearance: Clearance = Clearance()
    survey: Survey | None = None
    growth: Growth | None = None
    quality: Quality | None = None
    shelling: Shelling | None = None
    closure: tuple[Closure, ...] = ()
    season: tuple[Season, ...] = ()
    weather: Weather | None = None
    pace: Pace | None = None
    accidents: Accidents | None = None
    restoration: Restoration | None = None
    money: Money | None = None
    notes: Notes | None = None
    record: Record | None = None
    _remarks: tuple[tuple[str, str], ...] = PrivateAttr(())
    _lists: tuple[Listed, ...] = PrivateAttr(())

    def remarked(
        self, remarks: Iterable[tuple[str, str]], *, lists: Iterable[Listed] = ()
    ) -> "Scenario":
        """Return the scenario with what is known of the files that it was read from.

        What is doubtful in them, as pairs of a dotted key and why, and the lists of areas among
        them; both are no part of what it states.
        """
        copied = self.model_copy()
        copied._remarks, copied._lists = tuple(remarks), tuple(lists)
        return copied

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """What `remarked` was given."""
        return self._remarks

    @property
    def lists(self) -> tuple[Listed, ...]:
        """The lists of areas that sectors were taken from."""
        return self._lists

    def resolved(self) -> dict[str, Any]:
        """Return everything stated or defaulted that a run depends on, as plain JSON values."""
        return self.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude=set(FORECAST_ONLY)
        )

    def digest(self) -> str:
        """Return the SHA-256 of the resolved scenario (hexadecimal)."""
        return self._digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    @cached_property
    def _digest(self) -> str:
        text = json.dumps(self.resolved(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def day_s(self) -> int:
        """Seconds in a working day."""
        return round_half_up(self.campaign.hours_per_day * 3600)

    @property
    def sector_names(self) -> tuple[str, ...]:
        """Name of every sector (S), counted ones numbered."""
        return tuple(
            name for entry in self.sector for name in sector_names(entry.name, entry.count)
        )

    @property
    def regions(self) -> tuple[str, ...]:
        """Name of every region (N) in the order of the file; land of none is last, under ""."""
        return tuple(sorted(dict.fromkeys(x.region or "" for x in self.sector), key="".__eq__))

    def places(self, names: Collection[str]) -> tuple[bool, ...]:
        """Return which sectors (S) are meant by some names: of sectors, of entries, of regions."""
        among = set(names)
        return tuple(
            not among.isdisjoint((name, entry.name, entry.region))
            for entry in self.sector
            for name in sector_names(entry.name, entry.count)
        )

    def places_of(self, about: Season | Closure | Deadline) -> tuple[bool, ...]:
        """Return which sectors (S) a season, closure or deadline is about."""
        if about.regions is None and about.sectors is None:
            return (True,) * len(self.sector_names)
        return self.places((*(about.regions or ()), *(about.sectors or ())))

    def is_surveyed(self, sector: Sector) -> bool:
        """Return whether survey comes before clearance in a sector."""
        return self.survey is not None and sector.status != "confirmed"

    def survey_share(self, sector: Sector, share: str) -> tuple[str, Law]:
        """Return the key and the law of the share of a sector that survey cancels, or reduces."""
        if self.survey is None or not self.is_surveyed(sector):
            return "", ZERO
        own: Law | None = getattr(sector, share)
        if own is not None:
            return dotted("sector", sector.name, share), own
        return dotted("survey", share), getattr(self.survey, share)

    def most_crews(self, crew: Crew) -> float:
        """Return the largest number of crews of a group that there can be at a time."""
        return crew.most * self.factors.crews.support[1]

    def mean_crews(self, crew: Crew) -> float:
        """Return the number of crews of a group, the largest of a deployment, on the average."""
        return crew.mean_count * self.factors.crews.mean

    @property
    def unit(self) -> AreaUnit:
        """Of all areas that people read."""
        return AREA_UNITS[self.campaign.unit]

    @property
    def currency(self) -> str:
        """Of all money (ISO 4217)."""
        return (self.money or Money()).currency

    @property
    def costs(self) -> bool:
        """Whether anything costs money."""
        laws = [x for c in self.crew for x in (c.cost_per_day, c.cost_to_mobilise)]
        laws += [x for c in self.crew for x in (c.standby_cost_per_day, c.price) if x is not None]
        return any(law != ZERO for law in laws) or self.money is not None


def title_of(path: Sequence[str]) -> tuple[str, str]:
    """Return whose key it is (nothing for what is there once), and its short name.

    Parameters
    ----------
    path
        Of a key, or of a part of the law that stands there.

    Raises
    ------
    ValueError
        If there is no such key.
    """
    name, about, rest = _stated(path)
    return name, ", ".join([about.title or "", *rest])


def unit_of(path: Sequence[str]) -> str:
    """Return the unit of a key; empty if it has none. Path and errors as in `title_of`."""
    extra = _stated(path)[1].json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def _stated(path: Sequence[str]) -> tuple[str, FieldInfo, list[str]]:
    """Return whose key it is, what is stated of it, and the part of its law that is meant."""
    table: type[Table] = Scenario
    name, parts = "", list(path)
    while parts:
        _, about = keys_of(table).get(parts.pop(0), ("", None))
        below = _table_in(about.annotation) if about else None
        if about is None or (below and not parts):
            break
        if below is None:
            return name, about, parts
        if any(get_origin(option) is tuple for option in _options(about.annotation)):
            name = f"{name} {parts.pop(0)}".strip()
        table = below
    raise ValueError(f"no key: {'.'.join(path)}")


def _table_in(annotation: Any) -> type[Table] | None:
    """Return the class of the table, or of the tables, that an annotation allows."""
    tables = (x for x in _options(annotation) if isinstance(x, type) and issubclass(x, Table))
    return next(tables, None)


def _options(annotation: Any) -> Iterator[Any]:
    """Yield an annotation, and what is inside it."""
    yield annotation
    for inner in get_args(annotation):
        yield from _options(inner)


def sector_names(name: str, count: int) -> tuple[str, ...]:
    """Return the names of a sector entry: its own, or numbered from 1."""
    return (name,) if count == 1 else tuple(f"{name} {i + 1}" for i in range(count))


def round_half_up(number: float) -> int:
    """Return the nearest whole number, halves up."""
    return math.floor(number + 0.5)
