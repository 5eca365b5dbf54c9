"""What must hold between the tables of a scenario, each rule a small function.

The rules run on every table that could be read, so that one mistake in a file does not hide
another.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from sim.errors import Problem
from sim.scenario import (
    Campaign,
    Crew,
    Deadline,
    Growth,
    Money,
    Restoration,
    Role,
    Sector,
    Shelling,
    Survey,
    sector_names,
)

MOST_SECTORS = 100_000
MOST_CREWS = 100_000


@dataclass(frozen=True)
class Parts:
    """The tables of one scenario that could be read, in file order."""

    campaign: Campaign | None
    deadline: list[Deadline]
    sector: list[Sector]
    crew: list[Crew]
    survey: Survey | None
    growth: Growth | None
    shelling: Shelling | None
    restoration: Restoration | None
    money: Money | None
    complete: bool  # every sector and crew entry of the file could be read


def check(parts: Parts) -> Iterator[Problem]:
    """Yield every problem between the tables (its file still empty)."""
    yield from _names(parts)
    yield from _dates(parts)
    if parts.complete:
        yield from _access(parts)
        yield from _sizes(parts)
    yield from _survey_shares(parts)
    yield from _exposure(parts)
    yield from _funds(parts)


def _problem(key: str, found: str, allowed: str, nearest: str = "") -> Problem:
    return Problem("", key, found, allowed, nearest)


def dotted(*parts: str) -> str:
    """Return a dotted key, its parts quoted where TOML wants it."""
    bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    return ".".join(p if p and all(c in bare for c in p) else f'"{p}"' for p in parts)


def _twice(table: str, names: Iterable[str]) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            yield _problem(dotted(table, name), f"the name {name!r} {times} times", "a name once")


def _names(parts: Parts) -> Iterator[Problem]:
    yield from _twice("deadline", (d.name for d in parts.deadline))
    yield from _twice("crew", (c.name for c in parts.crew))
    entries = [s.name for s in parts.sector]
    yield from _twice("sector", entries)
    numbered = {
        n
        for s in parts.sector
        if 1 < s.count <= MOST_SECTORS
        for n in sector_names(s.name, s.count)
    }
    for name in dict.fromkeys(entries):
        if name in numbered:
            found = f"the name {name!r}, which a counted sector also gives"
            yield _problem(dotted("sector", name), found, "a name once")
    if parts.shelling:
        yield from _twice("shelling.regimes", (r.name for r in parts.shelling.regimes))
    if parts.money:
        yield from _twice("money.fund", (f.name for f in parts.money.fund))


def _dates(parts: Parts) -> Iterator[Problem]:
    if parts.campaign is None:
        return
    start = parts.campaign.start
    stated: list[tuple[str, object]] = []
    stated += [(dotted("deadline", d.name, "date"), d.date) for d in parts.deadline]
    stated += [(dotted("sector", s.name, "opens"), s.opens) for s in parts.sector]
    stated += [(dotted("crew", c.name, "arrives"), c.arrives) for c in parts.crew]
    stated += [(dotted("crew", c.name, "leaves"), c.leaves) for c in parts.crew]
    stated += [("growth.found_until", parts.growth and parts.growth.found_until)]
    stated += [("shelling.ends", parts.shelling and parts.shelling.ends)]
    for key, date in stated:
        if isinstance(date, dt.date) and date < start:
            yield _problem(key, str(date), f"a date from the start on ({start})")
    last = dt.date.max - dt.timedelta(days=40_000)
    if not dt.date(1900, 1, 1) <= start <= last:
        yield _problem("campaign.start", str(start), f"a date from 1900-01-01 to {last}")


def _most(crew: Crew) -> float:
    return crew.count.support[1]


def enters(crew: Crew, sector: Sector, name: str) -> bool:
    """Tell whether a crew may enter the sector of this name (one of the entry's names)."""
    return crew.sectors is None or sector.name in crew.sectors or name in crew.sectors


def _access(parts: Parts) -> Iterator[Problem]:
    known = [s.name for s in parts.sector]
    known += [n for s in parts.sector if s.count > 1 for n in sector_names(s.name, s.count)]
    known_set = set(known)
    for crew in parts.crew:
        for name in crew.sectors or ():
            if name not in known_set:
                nearest = (get_close_matches(name, known, n=1) or [""])[0]
                key = dotted("crew", crew.name, "sectors")
                yield _problem(key, f"{name!r}", "the names of sectors", nearest)
    stages: list[tuple[Role, bool]] = [
        ("survey", parts.survey is not None),
        ("clearance", True),
        ("restoration", parts.restoration is not None),
    ]
    for role, modelled in stages:
        crews = [c for c in parts.crew if c.role == role]
        if not modelled:
            for crew in crews:
                found = f"{role!r} without a table [{role}]"
                yield _problem(
                    dotted("crew", crew.name, "role"), found, f"a role with [{role}] stated"
                )
            continue
        able = [c for c in crews if _most(c) >= 0.5]
        if not crews:
            yield _problem("crew", f"no crew of role {role}", "at least one")
        elif not able:
            key = dotted("crew", crews[0].name, "count")
            yield _problem(key, f"no crew of role {role} at all", "at least one")
        else:
            yield from _unreachable(parts, able, role)


def _unreachable(parts: Parts, crews: list[Crew], role: Role) -> Iterator[Problem]:
    if any(c.sectors is None for c in crews):
        return
    named = {name for c in crews for name in c.sectors or ()}
    for sector in parts.sector:
        if sector.name in named:
            continue
        for name in sector_names(sector.name, sector.count):
            if name not in named:
                found = f"no crew of role {role} that may enter {name!r}"
                yield _problem(dotted("sector", sector.name), found, "at least one")
                break


def _sizes(parts: Parts) -> Iterator[Problem]:
    sectors = sum(s.count for s in parts.sector)
    if sectors > MOST_SECTORS:
        yield _problem("sector", f"{sectors} sectors", f"at most {MOST_SECTORS}")
    crews = sum(min(_most(c), 1e9) for c in parts.crew)
    if crews > MOST_CREWS:
        yield _problem("crew", f"{crews:.0f} crews", f"at most {MOST_CREWS}")


def _survey_shares(parts: Parts) -> Iterator[Problem]:
    if parts.survey:
        most = parts.survey.cancelled_share.support[1] + parts.survey.reduced_share.support[1]
        if most > 1 + 1e-12:
            found = f"cancelled and reduced shares that can add up to {most:g}"
            yield _problem("survey", found, "at most 1 together")


def _exposure(parts: Parts) -> Iterator[Problem]:
    attacked = parts.complete and parts.shelling and parts.shelling.regimes
    if attacked and all(s.exposure.support[1] == 0 for s in parts.sector):
        yield _problem("sector", "exposure 0 everywhere, with [shelling]", "one above 0")


def _funds(parts: Parts) -> Iterator[Problem]:
    if parts.money:
        roles = Counter(role for fund in parts.money.fund for role in set(fund.roles))
        for role, times in roles.items():
            if times > 1:
                yield _problem("money.fund", f"{times} funds for {role}", "one fund for a role")
