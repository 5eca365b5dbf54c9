"""What must hold between the tables of a scenario, each rule a small function.

The rules run on every table that could be read, so that one mistake in a file does not hide
another.
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sim.errors import Problem, nearest
from sim.scenario.calendar import Closure, Season
from sim.scenario.crews import Crew
from sim.scenario.dated import DatedLaw
from sim.scenario.dates import in_days
from sim.scenario.keys import ONE_OF, Path, dotted, others, split
from sim.scenario.kinds import PER_HA, ROLES, Role, plain
from sim.scenario.land import SURVEY_SHARES, Sector
from sim.scenario.messages import NOTHING
from sim.scenario.money import YEAR_DAYS, Fund
from sim.scenario.record import Record
from sim.scenario.scenario import FORECAST_ONLY, Deadline, Scenario, sector_names
from sim.scenario.table import Table, keys_of

MOST_SECTORS = 100_000
MOST_CREWS = 100_000
MOST_EVENTS = 10_000_000
MOST_WHOLE = 9e18  # whole numbers of 64 bits end a little above
MOST_PAID = MOST_WHOLE / 100 / PER_HA  # for land: hundredths x square metres a hectare are counted
MOST_HA = 1e11  # more than there is on Earth; its square metres can be hit and counted again
MOST_DAYS_A_PARCEL = 1e6
MOST_ITEMS_A_PARCEL = 1e4
SUM_ERROR = 1e-9  # of shares as they are written: 0.1 and 0.2 and 0.7

Rule = Callable[[Scenario], Iterator[Problem]]


def check(scenario: Scenario, unreadable: frozenset[str]) -> Iterator[Problem]:
    """Yield every problem between the tables (its file still empty).

    Parameters
    ----------
    scenario
        The tables that could be read.
    unreadable
        Names of tables that could not be read whole; rules that need them are left out.
    """
    sectors = sum(x.count for x in scenario.sector)
    if sectors > MOST_SECTORS:  # too many to name them all
        yield _problem("sector", f"{sectors} sectors", f"at most {MOST_SECTORS}")
        unreadable |= {"sector"}
    for rule, needed in _RULES:
        if not needed & unreadable:
            yield from rule(scenario)


def _problem(key: str, found: str, allowed: str, nearest: str = "") -> Problem:
    return Problem("", key, found, allowed, nearest)


def _twice(table: str, names: Iterable[str], *below: str) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            place = f"{table}.{dotted(*below, name)}"
            yield _problem(place, f"the name {name!r} {times} times", "a name once")


def _names(s: Scenario) -> Iterator[Problem]:
    yield from _twice("deadline", (d.name for d in s.deadline))
    yield from _twice("crew", (c.name for c in s.crew))
    yield from _twice("sector", (x.name for x in s.sector))
    yield from _twice("closure", (x.name for x in s.closure))
    yield from _twice("season", (x.name for x in s.season))
    for crew in s.crew:
        yield from _twice("crew", (x.name for x in crew.deployment), crew.name, "deployment")
    if s.shelling:
        yield from _twice("shelling.regimes", (r.name for r in s.shelling.regimes))
    if s.money:
        yield from _twice("money.fund", (f.name for f in s.money.fund))
        yield from _twice("money.overhead", (o.name for o in s.money.overhead))
        for fund in s.money.fund:
            place = dotted("money", "fund", fund.name, "tranches")
            yield from _twice(place, (str(t.name) for t in fund.tranches or ()))


def _numbered_names(s: Scenario) -> Iterator[Problem]:
    counted = [x for x in s.sector if x.count > 1]
    numbered = {n for x in counted for n in sector_names(x.name, x.count)}
    for name in dict.fromkeys(x.name for x in s.sector):
        if name in numbered:
            found = f"the name {name!r}, which a counted sector also gives"
            yield _problem(dotted("sector", name), found, "a name once")


def _units(s: Scenario) -> Iterator[Problem]:
    """Ask for each size, output, number of crews and money of a fund said in one way."""
    tables: list[tuple[str, Sector | Crew | Fund]] = [
        *((dotted("sector", x.name), x) for x in s.sector),
        *((dotted("crew", c.name), c) for c in s.crew),
        *((dotted("money", "fund", f.name), f) for f in (s.money.fund if s.money else ())),
    ]
    for place, table in tables:
        for keys in ONE_OF:
            if not type(table).model_fields.keys() >= set(keys):
                continue
            stated = [key for key in keys if getattr(table, key) not in (None, ())]
            allowed = f"exactly one of {', '.join(keys)}"
            if not stated:
                yield _problem(f"{place}.{keys[0]}", NOTHING, allowed)
            elif len(stated) > 1:
                yield _problem(place, " and ".join(stated), allowed)
    for crew in s.crew:
        if crew.deminers is not None and crew.deminers > crew.people:
            key = dotted("crew", crew.name, "deminers")
            yield _problem(key, f"{crew.deminers}", f"at most its people ({crew.people})")


def _prices(s: Scenario) -> Iterator[Problem]:
    for crew in s.crew:
        place = dotted("crew", crew.name)
        if crew.price_per_ha is not None and crew.price_per_m2 is not None:
            yield _problem(place, "price_per_ha and price_per_m2", "one of the two at most")
        elif crew.price is not None and crew.role != "clearance":
            found = f"a price for {crew.role}"
            yield _problem(f"{place}.{crew.price_key}", found, "one of clearance crews only")


def _regions(s: Scenario) -> Iterator[Problem]:
    sectors = {x.name for x in s.sector} | set(s.sector_names)
    for sector in s.sector:
        if sector.region in sectors:
            key = dotted("sector", sector.name, "region")
            yield _problem(key, f"{sector.region!r}, the name of a sector", "a name of its own")


def _start(s: Scenario) -> Iterator[Problem]:
    first, last = dt.date(1900, 1, 1), dt.date.max - dt.timedelta(days=40_000)
    if not first <= s.campaign.start <= last:
        yield _problem("campaign.start", str(s.campaign.start), f"a date from {first} to {last}")
    if len(set(s.campaign.rest_days)) == 7:
        yield _problem("campaign.rest_days", "all seven days", "a week with a working day")


def _rest_days(s: Scenario) -> Iterator[Problem]:
    for crew in s.crew:
        if len(set(crew.rest_days or ())) == 7:
            key = dotted("crew", crew.name, "rest_days")
            yield _problem(key, "all seven days", "a week with a working day")


def _dates(s: Scenario) -> Iterator[Problem]:
    start = s.campaign.start
    stated: list[tuple[str, object]] = []
    stated += [(dotted("deadline", d.name, "date"), d.date) for d in s.deadline]
    stated += [(dotted("sector", x.name, "opens"), x.opens) for x in s.sector]
    stated += [(dotted("crew", c.name, "arrives"), c.arrives) for c in s.crew]
    stated += [(dotted("crew", c.name, "leaves"), c.leaves) for c in s.crew]
    stated += [
        (dotted("crew", c.name, "deployment", x.name, "from"), x.from_)
        for c in s.crew
        for x in c.deployment
    ]
    stated += [(dotted("closure", x.name, "from"), x.from_) for x in s.closure]
    stated += [(dotted("closure", x.name, "until"), x.until) for x in s.closure]
    stated += [("growth.found_until", s.growth and s.growth.found_until)]
    stated += [("shelling.ends", s.shelling and s.shelling.ends)]
    stated += [("record.until", s.record and s.record.until)]
    for key, date in stated:
        allowed = f"a date from the start on ({start})"
        if isinstance(date, dt.date) and date < start:
            yield _problem(key, str(date), allowed)
        elif isinstance(date, DatedLaw) and math.isinf(first := date.root.support[0]):
            yield _problem(key, "a law without an earliest date", f"{allowed} (give the law low)")
        elif isinstance(date, DatedLaw) and first < start.toordinal():
            begins = dt.date.fromordinal(int(first))
            yield _problem(key, f"a law that reaches back to {begins}", allowed)


def _seasons(s: Scenario) -> Iterator[Problem]:
    for season in s.season:
        ends = {"closed_from": season.closed_from, "closed_until": season.closed_until}
        for key, other in (("closed_from", "closed_until"), ("closed_until", "closed_from")):
            if ends[key] is None and ends[other] is not None:
                place = dotted("season", season.name, key)
                yield _problem(place, "nothing", f"a month and a day, as {other} has")
        if ends["closed_from"] is not None and ends["closed_from"] == ends["closed_until"]:
            place = dotted("season", season.name, "closed_until")
            yield _problem(place, repr(ends["closed_until"]), "another day")


def _closures(s: Scenario) -> Iterator[Problem]:
    for closure in s.closure:
        first, last = in_days(s, closure.from_).support[0], in_days(s, closure.until).support[1]
        if last <= first:
            found = f"an end on day {plain(last)}, and the first day is {plain(first)}"
            yield _problem(dotted("closure", closure.name, "until"), found, "a later one")


def _deployments(s: Scenario) -> Iterator[Problem]:
    """Refuse a second word about when crews come and go."""
    for crew in s.crew:
        for key in ("arrives", "leaves") if crew.deployment else ():
            if getattr(crew, key) != Crew.model_fields[key].default:
                found = f"{key} beside a deployment, which says itself when crews come and go"
                allowed = "entries of the deployment instead (count = 0: all have left)"
                yield _problem(dotted("crew", crew.name, key), found, allowed)


def _access(s: Scenario) -> Iterator[Problem]:
    modelled = {"survey": s.survey, "clearance": True, "restoration": s.restoration}
    for role in ROLES:
        crews = [c for c in s.crew if c.role == role]
        able = [
            c for c in crews if s.most_crews(c) >= 0.5 or not c.counts
        ]  # none: a problem of its own
        if modelled[role] is None:
            for crew in crews:
                key, found = dotted("crew", crew.name, "role"), f"{role!r} without a table [{role}]"
                yield _problem(key, found, f"a role with [{role}] stated")
        elif role == "survey" and not any(map(s.is_surveyed, s.sector)):
            continue
        elif not crews:
            yield _problem("crew", f"no crew of role {role}", "at least one")
        elif not able:
            key = dotted("crew", crews[0].name, crews[0].stated("count", "deployment"))
            yield _problem(key, f"no crew of role {role} at all", "at least one")
        else:
            yield from _unreachable(s, able, role)


def _named(s: Scenario) -> Iterator[Problem]:
    """Refuse names of land and operators that there are not."""
    regions = dict.fromkeys(x.region for x in s.sector if x.region)
    land = dict.fromkeys(x.name for x in s.sector) | dict.fromkeys(s.sector_names) | regions
    known: dict[str, tuple[dict[str, None], str]] = {
        "sectors": (land, "the names of sectors or regions"),
        "prefers": (land, "the names of sectors or regions"),
        "regions": (regions, "the regions of sectors"),
        "operators": (dict.fromkeys(c.operated_by for c in s.crew), "the operators of crews"),
    }
    tables: list[tuple[str, Crew | Season | Closure | Deadline]] = [("crew", c) for c in s.crew]
    tables += [("closure", x) for x in s.closure]
    tables += [("season", x) for x in s.season]
    tables += [("deadline", x) for x in s.deadline]
    for name, table in tables:
        for key, (names, allowed) in known.items():
            for stated in dict.fromkeys(getattr(table, key, None) or ()):
                if stated not in names:
                    place = dotted(name, table.name, key)
                    yield _problem(place, repr(stated), allowed, nearest(stated, names))


def _owed(s: Scenario) -> Iterator[Problem]:
    """Refuse deadlines that ask for two things."""
    for deadline in s.deadline:
        if deadline.released_share is not None and deadline.released_ha is not None:
            found, allowed = "released_share and released_ha", "at most one of the two"
            yield _problem(dotted("deadline", deadline.name), found, allowed)


def _unreachable(s: Scenario, crews: list[Crew], role: Role) -> Iterator[Problem]:
    if any(c.sectors is None for c in crews):
        return
    named = {name for c in crews for name in c.sectors or ()}
    for sector in s.sector:
        if role == "survey" and not s.is_surveyed(sector):
            continue
        names = (
            () if named & {sector.name, sector.region} else sector_names(sector.name, sector.count)
        )
        shut = next((name for name in names if name not in named), None)
        if shut is not None:
            found = f"no crew of role {role} that may enter {shut!r}"
            yield _problem(dotted("sector", sector.name), found, "at least one")


def _sizes(s: Scenario) -> Iterator[Problem]:
    """Refuse what no memory holds and no whole number counts."""
    crews = sum(s.most_crews(c) for c in s.crew)
    if crews > MOST_CREWS:
        yield _problem("crew", f"{plain(crews)} crews", f"at most {MOST_CREWS}")
    sizes = [*_sizes_of_parcels(s), *_sizes_of_events(s, crews)]
    for key, number, words, most in sizes:
        if number > most:
            yield _problem(key, f"about {number:.3g} {words}", f"at most {plain(most)}")


Size = tuple[str, float, str, float]  # key, number, what is counted, the most


def most_money(s: Scenario) -> float:
    """Return how much money can be counted, in hundredths x seconds a day."""
    return MOST_WHOLE / (100 * s.day_s)


def _sizes_of_parcels(s: Scenario) -> Iterator[Size]:
    parcel = s.campaign.parcel_ha
    area = sum(x.count * x.area.mean for x in s.sector) * s.factors.area.mean
    found = s.growth.share.mean if s.growth else 0.0
    yield "sector", area * (1 + found), "ha in all", MOST_HA
    for x in s.sector:
        items = x.items_per_ha.mean * s.factors.items.mean * parcel
        key = dotted("sector", x.name, "items_per_ha")
        yield key, items, "items in a parcel", MOST_ITEMS_A_PARCEL
    hardest = max(x.difficulty.mean for x in s.sector)
    for c in s.crew:
        rate = max(c.rate.mean * s.factors.rate.mean, 1e-300)
        key = dotted("crew", c.name, c.rate_key)
        yield key, parcel * hardest / rate, "days for a parcel", MOST_DAYS_A_PARCEL


def _sizes_of_events(s: Scenario, crews: float) -> Iterator[Size]:
    days = s.campaign.horizon_days
    cost = sum(
        s.most_crews(c) * (c.cost_per_day.mean * days + len(c.counts) * c.cost_to_mobilise.mean)
        for c in s.crew
    )
    area = sum(x.count * x.area.mean for x in s.sector) * s.factors.area.mean
    for c in s.crew:
        number = area * c.price.mean if c.price else 0.0
        key = dotted("crew", c.name, c.price_key)
        yield key, number, f"{s.currency} for all land", min(most_money(s), MOST_PAID)
    yield "crew", cost, f"{s.currency} of cost until the horizon", most_money(s)
    for o in s.money.overhead if s.money else ():
        mean = [x.mean if x else 0.0 for x in (o.once, o.per_year)]
        key, number = dotted("money", "overhead", o.name), mean[0] + mean[1] * days / YEAR_DAYS
        yield key, number, f"{s.currency} of cost until the horizon", most_money(s)
    if s.accidents:
        people = sum(s.most_crews(c) * c.people for c in s.crew)
        number = people * s.accidents.per_person_day.mean * days
        yield "accidents.per_person_day", number, "accidents until the horizon", MOST_EVENTS
    if s.shelling and s.shelling.regimes:
        worst = max(r.attacks_per_24h.mean for r in s.shelling.regimes)
        attacks = worst * s.campaign.hours_per_day / 24 * days
        yield "shelling.regimes", attacks, "attacks until the horizon", MOST_EVENTS
        changes = days / min(r.mean_days for r in s.shelling.regimes)
        yield "shelling.regimes", changes, "changes until the horizon", MOST_EVENTS
        parcels = attacks * s.shelling.recontaminated_parcels
        yield "shelling.recontaminated_parcels", parcels, "parcels hit", MOST_EVENTS
        hit = attacks * s.shelling.casualty_probability * crews
        yield "shelling.casualty_probability", hit, "crews hit", MOST_EVENTS


def _survey_shares(s: Scenario) -> Iterator[Problem]:
    most: dict[str, float] = {}
    for sector in filter(s.is_surveyed, s.sector):
        own = any(getattr(sector, share) is not None for share in SURVEY_SHARES)
        key = dotted("sector", sector.name) if own else "survey"
        most[key] = sum(s.survey_share(sector, share)[1].support[1] for share in SURVEY_SHARES)
    for key, both in most.items():
        if both > 1 + 1e-12:
            found = f"cancelled and reduced shares that can add up to {plain(both)}"
            yield _problem(key, found, "at most 1 together")


def _exposure(s: Scenario) -> Iterator[Problem]:
    attacked = s.shelling is not None and s.shelling.regimes
    if attacked and all(x.exposure.support[1] == 0 for x in s.sector):
        yield _problem("sector", "exposure 0 everywhere, with [shelling]", "one above 0")


def _funds(s: Scenario) -> Iterator[Problem]:
    funds = s.money.fund if s.money else ()
    for role in ROLES:
        shares = [fund.share for fund in funds if role in fund.roles]
        if shares and abs(sum(shares) - 1) > SUM_ERROR:
            found = f"shares of the cost of {role} that add to {plain(sum(shares))}"
            yield _problem("money.fund", found, "shares that add to 1")


def _overheads(s: Scenario) -> Iterator[Problem]:
    known = [fund.name for fund in s.money.fund] if s.money else []
    for overhead in s.money.overhead if s.money else ():
        place = dotted("money", "overhead", overhead.name)
        if overhead.per_year is None and overhead.once is None:
            yield _problem(f"{place}.per_year", NOTHING, "per_year, once, or both")
        if overhead.fund is not None and overhead.fund not in known:
            near, found = nearest(overhead.fund, known), repr(overhead.fund)
            yield _problem(f"{place}.fund", found, "the name of a fund", near)


def _errors(s: Scenario) -> Iterator[Problem]:
    if s.record and s.record.error_ha == 0 and s.record.error_share == 0:
        found = "error_ha = 0 and error_share = 0: reports without an error"
        yield _problem("record", found, "at least one of the two above 0")


def _notes(s: Scenario) -> Iterator[Problem]:
    for key in s.notes.texts if s.notes else ():
        try:
            near = _nearest_place(s, split(key))
        except ValueError as error:
            yield _problem(dotted("notes", key), repr(key), str(error))
        else:
            if near is not None:
                found = "a note on what is not in this scenario"
                yield _problem(dotted("notes", key), found, "keys that are", near)


def _nearest_place(s: Scenario, path: Path) -> str | None:
    """Return the known key nearest to one that is not there, None if it is there."""
    if s.record is None and path[0] in FORECAST_ONLY:
        s = s.model_copy(update={"record": Record(file="-")})  # the scenario of a result has none
    place: Any = s
    for depth, part in enumerate(path):
        known: dict[str, Any] = {}
        if isinstance(place, Table):  # tables that are stated, and a number in its unit
            known = {k: getattr(place, name) for k, (name, _) in keys_of(type(place)).items()}
            unstated = {k for k in known if place is s or others(k)}
            known = {k: v for k, v in known.items() if v is not None or k not in unstated}
        elif isinstance(place, tuple):
            known = {getattr(e, "name", ""): e for e in place if isinstance(e, Table)}
        if part not in known:
            near = nearest(part, known)
            return dotted(*path[:depth], near) if near else ""
        place = known[part]
    return None


_RULES: tuple[tuple[Rule, set[str]], ...] = (
    (_names, set()),
    (_numbered_names, {"sector"}),
    (_units, set()),
    (_prices, set()),
    (_regions, {"sector"}),
    (_start, {"campaign"}),
    (_dates, {"campaign"}),
    (_deployments, {"crew"}),
    (_rest_days, {"crew"}),
    (_closures, {"campaign", "closure"}),
    (_seasons, {"season"}),
    (_named, {"sector", "crew"}),
    (_owed, {"deadline"}),
    (_access, {"sector", "crew", "survey", "restoration"}),
    (_sizes, {"campaign", "factors", "sector", "crew", "growth"}),
    (_survey_shares, set()),
    (_exposure, {"sector", "shelling"}),
    (_funds, {"money"}),
    (_overheads, {"money"}),
    (_errors, {"record"}),
    (_notes, set(Scenario.model_fields)),
)
