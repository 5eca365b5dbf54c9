"""What the worlds of one scenario share, what a block of them draws at once, and addresses.

Array letters: R replications, S sectors, G groups of crews, n things of one name.

Small things (inputs, crews, sectors, weeks) are drawn for a block of replications at once, parcels
and what happens in the course of time for one world after the other. That changes no number.

What an address is made of: the seed, a purpose, the name of a thing, its ordinal among things of
that name, the replication, an index. Hence a new crew, sector or table changes nobody else's draws.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
from scipy.special import ndtri

from sim.sampling.compiled import bulk
from sim.sampling.compiled.streams import (
    Keys,
    stream_key,
    uniforms_by_index,
    uniforms_by_ordinal,
)
from sim.sampling.recipes import Members, Readings, Recipe
from sim.sampling.size import expected_parcels, refuse_if_too_large
from sim.scenario.calendar import Closure, Season
from sim.scenario.dates import begin_of_date_s, ends_of_years_s, in_days
from sim.scenario.keys import dotted
from sim.scenario.kinds import WEEKDAYS, Time
from sim.scenario.laws import Constant, Law
from sim.scenario.scenario import Scenario, round_half_up
from sim.world import NEVER, PER_HA, Bools, Floats, Ints

Part = TypeVar("Part")


class Shared:
    """What all worlds of one scenario share, prepared once.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    seed
        Scenarios that share it share their luck.
    readings
        When sums are read; at the ends of calendar years, by region, by default.

    Raises
    ------
    ScenarioError
        If a campaign of mean size does not fit into this machine's memory.
    """

    def __init__(self, scenario: Scenario, *, seed: int, readings: Readings | None = None) -> None:
        self.scenario, self.seed = scenario, seed
        refuse_if_too_large(scenario, expected_parcels(scenario))
        campaign = scenario.campaign
        self.day_s = scenario.day_s
        self.horizon_s = round_half_up(campaign.horizon_days * self.day_s)
        self.days = self.horizon_s // self.day_s + 1
        ends_s = readings.ends_s if readings else ends_of_years_s(scenario)
        self.year_ends_s = np.array(ends_s, np.int64)
        self.parcel_m2 = max(1, round_half_up(campaign.parcel_ha * PER_HA))
        dates = [campaign.start + dt.timedelta(days=d) for d in range(self.days)]
        rest = [campaign.rest_days if c.rest_days is None else c.rest_days for c in scenario.crew]
        weekdays = [WEEKDAYS[date.weekday()] for date in dates]
        self.rest: Bools = np.array([[d in those for d in weekdays] for those in rest])  # (G, D)
        self.lost_share = self._lost_share([date.month for date in dates])
        self.season_year = self._season_year(dates)
        self.occurrences = [self._occurrences(season) for season in scenario.season]
        counts = [sector.count for sector in scenario.sector]
        self.entry = np.repeat(np.arange(len(counts)), counts)  # sector entry of each sector (S)
        self.names = [scenario.sector[e].name for e in self.entry]
        self.groups = [crew.name for crew in scenario.crew]
        self.ordinal = np.concatenate([np.arange(n) for n in counts])
        places = {name: place for place, name in enumerate(scenario.regions)}
        region = [places[sector.region or ""] for sector in scenario.sector]
        self.region = np.array(region, np.int64)[self.entry]
        if readings:
            self.region = np.array(readings.place, np.int64)
        self.rank = np.empty(len(self.entry), np.int64)
        priority = np.array([sector.priority for sector in scenario.sector])[self.entry]
        self.rank[np.argsort(priority, kind="stable")] = np.arange(len(self.entry))
        easiest = np.array([sector.order == "easiest" for sector in scenario.sector])[self.entry]
        self.easiest = np.flatnonzero(easiest)
        surveyed = [scenario.is_surveyed(sector) for sector in scenario.sector]
        self.surveyed: Bools = np.array(surveyed)[self.entry]
        most = [sector.max_crews or NEVER for sector in scenario.sector]
        self.max_crews = np.array(most, np.int64)[self.entry]
        self.may_enter: Bools = np.array([self._allowed(crew.sectors) for crew in scenario.crew])
        prefers = [scenario.places(crew.prefers or ()) for crew in scenario.crew]
        self.prefers: Bools = np.array(prefers) & self.may_enter
        closed: list[Closure | Season] = [*scenario.closure, *scenario.season]
        self._lay_out(closed)
        cvs = {
            "clearance": scenario.clearance.parcel_variation,
            "survey": scenario.survey.parcel_variation if scenario.survey else 0.0,
            "restoration": scenario.restoration.parcel_variation if scenario.restoration else 0.0,
        }
        self.tables = {
            stage: bulk.lognormal_table(cv) if cv > 0 else np.empty((0, 0, 0))
            for stage, cv in cvs.items()
        }
        crews = sum(scenario.mean_crews(crew) * len(crew.counts) for crew in scenario.crew)
        days = self.days * max(len(closed), len(self.holds))
        self.small = days + len(self.entry) + round(crews)  # drawn for a block at once
        self._keys: dict[tuple[str, str], np.uint64] = {}
        self._sector_keys: dict[str, Keys] = {}
        self._group_keys: dict[str, Keys] = {}

    def key(self, purpose: str, entity: str = "") -> np.uint64:
        """Return the key of a stream under this seed."""
        address = (purpose, entity)
        if address not in self._keys:
            self._keys[address] = stream_key(self.seed, purpose, entity)
        return self._keys[address]

    def keys(self, purpose: str) -> Keys:
        """Return the keys of the sectors' streams (S)."""
        return self._keys_of(self.names, purpose, self._sector_keys)

    def group_keys(self, purpose: str) -> Keys:
        """Return the keys of the streams of each group of crews (G)."""
        return self._keys_of(self.groups, purpose, self._group_keys)

    def _keys_of(self, names: list[str], purpose: str, known: dict[str, Keys]) -> Keys:
        if purpose not in known:
            known[purpose] = np.array([self.key(purpose, name) for name in names], np.uint64)
        return known[purpose]

    def _allowed(self, only: tuple[str, ...] | None) -> tuple[bool, ...]:
        return (True,) * len(self.entry) if only is None else self.scenario.places(only)

    def _lay_out(self, closed: Sequence[Closure | Season]) -> None:
        """Find the zones of sectors, the sides of crew groups, and what holds (H) for a pair."""
        scenario = self.scenario
        where = [scenario.places_of(x) for x in closed]
        operators = [crew.operated_by for crew in scenario.crew]
        whom = [[not x.operators or name in x.operators for name in operators] for x in closed]
        n = len(closed)
        zones, self.zone = _distinct(np.array(where, np.bool_).reshape(n, len(self.entry)).T)
        sides, self.side = _distinct(np.array(whom, np.bool_).reshape(n, len(operators)).T)
        both = sides[:, None] & zones
        self.holds, pattern = _distinct(both.reshape(len(sides) * len(zones), n))
        self.pattern = pattern.reshape(both.shape[:2])  # of a side and a zone
        self.local: Bools = np.array([not all(places) for places in where], np.bool_)

    def _occurrences(self, season: Season) -> list[tuple[int, int, int]]:
        """Return the year each one begins in, and its first day and the first day after it."""
        start = self.scenario.campaign.start
        if season.closed_from is None or season.closed_until is None:
            return []
        over, found = int(season.closed_until <= season.closed_from), []
        for year in range(start.year - 1, (start + dt.timedelta(days=self.days)).year + 2):
            first = dt.date.fromisoformat(f"{year}-{season.closed_from}") - start
            until = dt.date.fromisoformat(f"{year + over}-{season.closed_until}") - start
            found.append((year, first.days, until.days))
        return found

    def _season_year(self, dates: list[dt.date]) -> Ints:
        """Return the year of the weather each day belongs to: it begins in the driest month."""
        by_month = self._lost_share(list(range(1, 13)))
        first = int(np.argmin(by_month)) + 1
        return np.array([date.year - (date.month < first) for date in dates], np.int64)

    def _lost_share(self, months: list[int]) -> Floats:
        lost = self.scenario.weather.lost_day_probability if self.scenario.weather else 0.0
        by_month = lost if isinstance(lost, tuple) else (lost,) * 12
        return np.array([by_month[month - 1] for month in months], np.float64)


class Block:
    """The draws of some replications (R) that are few: all but parcels and events.

    Parameters
    ----------
    shared
        What does not depend on the replication.
    recipes
        Whose luck each of them has.
    """

    def __init__(self, shared: Shared, recipes: Sequence[Recipe]) -> None:
        self.shared, self.scenario, self.recipes = shared, shared.scenario, recipes
        self._numbers: dict[str, Floats] = {}
        self._drawn: dict[Callable[..., Any], Any] = {}
        self._members: dict[tuple[str, ...], Members] = {}
        self.inputs: dict[str, Floats] = {}
        """Uniform numbers of the inputs drawn so far, by their keys (R, n)."""

    def __len__(self) -> int:
        return len(self.recipes)

    def once(self, draw: Callable[["Block"], Part]) -> Part:
        """Return what a function draws for this block, drawn when it is first asked for."""
        if draw not in self._drawn:
            self._drawn[draw] = draw(self)
        part: Part = self._drawn[draw]
        return part

    def uniforms(self, draw: Callable[[Ints], Floats], *names: str) -> Floats:
        """Return the uniform numbers (R, ...) of what goes by these names in recipes.

        Parameters
        ----------
        draw
            Returns those of plain replications, one row for each.
        names
            A key of an input, one of `PARTS`; the most special one first.
        """
        of = names if len(self._other) == 0 or self._other.intersection(names) else ()
        if of not in self._members:
            self._members[of] = Members([recipe.of(*of) for recipe in self.recipes])
        u = self._members[of].uniforms(draw)
        if names[-1] == "inputs":
            self.inputs[names[0]] = u
        return u

    @cached_property
    def _other(self) -> frozenset[str]:
        """All that has a mix of its own in any recipe."""
        return frozenset(what for recipe in self.recipes for what, _ in recipe.but)

    def number(self, key: str, law: Law, *, luck: str = "") -> Floats:
        """Return the campaign-level draws of a dotted key (R), its luck under another's address."""
        if key not in self._numbers:
            if isinstance(law, Constant):
                self._numbers[key] = np.full(len(self), law.root)
            else:
                own = stream_key(self.shared.seed, "input", luck or key)
                u = self.uniforms(partial(uniforms_by_ordinal, own, 1), key, "inputs")
                self._numbers[key] = law.quantile(u[:, 0])
        return self._numbers[key]

    def time_s(self, key: str, when: Time) -> Ints:
        """Return the campaign-level draws of a time (R), in seconds."""
        if isinstance(when, dt.date):
            return np.full(len(self), begin_of_date_s(self.scenario, when))
        return whole(self.number(key, in_days(self.scenario, when)) * self.shared.day_s)

    def times_s(self, purpose: str, entity: str, key: str, when: Time, n: int) -> Ints:
        """Draw a time for each of n things of one name, in seconds (R, n)."""
        if isinstance(when, dt.date | Constant):
            return np.repeat(self.time_s(key, when)[:, None], n, axis=1)
        draw = partial(uniforms_by_ordinal, self.shared.key(purpose, entity), n)
        u = self.uniforms(draw, key, "inputs")
        return whole(in_days(self.scenario, when).quantile(u) * self.shared.day_s)

    def factors(self, purpose: str, entity: str, cv: float, n: int) -> Floats:
        """Draw a mean-one lognormal factor for each of n things of one name (R, n)."""
        if cv == 0:
            return np.ones((len(self), n))
        draw = partial(uniforms_by_ordinal, self.shared.key(purpose, entity), n)
        return mean_one(ndtri(self.uniforms(draw, "crews")), cv)

    def in_time(self, purpose: str, entity: str, indices: Ints, *, sub: int = 0) -> Floats:
        """Return uniform numbers of days, weeks, years or steps that all crews share (R, n)."""
        key = self.shared.key(purpose, entity)
        return self.uniforms(lambda r: uniforms_by_index(key, indices, r, sub), "time")

    def numbers(self, table: str, entries: Sequence[Any], field: str) -> Floats:
        """Return the campaign-level draws of a key of each entry of an array of tables (R, n)."""
        drawn = np.empty((len(self), len(entries)))
        for j, entry in enumerate(entries):
            key = f"{table}.{dotted(entry.name, field)}"
            drawn[:, j] = self.number(key, getattr(entry, field))
        return drawn

    def of_sectors(self, field: str) -> Floats:
        """Return the campaign-level draws of a key of the sectors (R, S)."""
        drawn = self.numbers("sector", self.scenario.sector, field)
        return np.take(drawn, self.shared.entry, axis=1)


class Draw:
    """The draws of one world: the i-th replication of a block.

    Parameters
    ----------
    block
        The draws of its replications.
    i
        Place in the block.

    Attributes
    ----------
    replication
        Index of the replication that decides on parcels and events.
    """

    def __init__(self, block: Block, i: int) -> None:
        self.block, self.i = block, i
        self.shared, self.scenario = block.shared, block.scenario
        self.replication = block.recipes[i].grain

    def number(self, key: str, law: Law) -> float:
        """Return the campaign-level draw of a dotted key."""
        return float(self.block.number(key, law)[self.i])


def _distinct(rows: Bools) -> tuple[Bools, Ints]:
    """Return the distinct rows of a table, sorted, and which of them each is."""
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    return distinct, which.reshape(-1)


def mean_one(z: Floats, cv: float) -> Floats:
    """Return lognormal factors of mean one from standard normal numbers (any shape)."""
    variance = np.log1p(cv**2)
    return np.asarray(np.exp(np.sqrt(variance) * z - variance / 2))


def whole(numbers: Floats) -> Ints:
    """Return whole numbers, halves up; what is beyond them stays NEVER."""
    return np.minimum(np.floor(numbers + 0.5), float(NEVER)).astype(np.int64)
