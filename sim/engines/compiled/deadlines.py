"""Deadlines and regions in the compiled engine: when each was met, what was released at a date.

What is released counts at once for the deadlines that do not ask for all of their land; for the
others it is enough to look when a sector is released as a whole.
"""

from typing import Any

from sim.engines.compiled.fields import Ints, Records
from sim.engines.compiled.parts import compiled, often
from sim.engines.compiled.records import Coming, Ground, Sector
from sim.engines.compiled.state import Owed
from sim.outcome import OPEN, Count
from sim.world import NEVER

MILLION = 1_000_000


@compiled
def fill_deadlines(
    owed: Owed, coming: Coming, deadlines_in: Any, year_end_s: int, known_m2: Ints
) -> None:
    """Enter the deadlines; the end of the first year may come before."""
    coming.date_s = year_end_s
    for m in range(owed.deadlines.size):
        deadline = owed.deadlines[m]
        deadline.at_s, deadline.met_s = deadlines_in.at_s[m], OPEN
        deadline.share, deadline.needed_m2 = deadlines_in.share[m], deadlines_in.area_m2[m]
        deadline.whole = deadline.share == 0 and deadline.needed_m2 == 0
        coming.date_s = min(coming.date_s, deadline.at_s)
    for sector in range(known_m2.size):
        owed.first[sector + 1] = owed.first[sector]
        for m in range(owed.deadlines.size):
            if owed.land[m, sector]:
                deadline = owed.deadlines[m]
                deadline.unreleased_sectors += 1
                if not deadline.whole:
                    owed.which[owed.first[sector + 1]] = m
                    owed.first[sector + 1] += 1
        count_known(owed, sector, known_m2[sector])


@compiled
def count_known(owed: Owed, sector: int, area: int) -> None:
    """Count land that is known from now on."""
    for i in range(owed.first[sector], owed.first[sector + 1]):
        deadline = owed.deadlines[owed.which[i]]
        deadline.known_m2 += area
        if deadline.share > 0:
            # the least area whose millionfold is no less than share x known, which is too much to
            # be counted
            whole, rest = deadline.known_m2 // MILLION, deadline.known_m2 % MILLION
            deadline.needed_m2 = whole * deadline.share
            deadline.needed_m2 += (rest * deadline.share + MILLION - 1) // MILLION


@often
def count_released(owed: Owed, ground: Ground, sector: int, area: int) -> None:
    """Count land released; less than none if it was hit."""
    for i in range(owed.first[sector], owed.first[sector + 1]):
        deadline = owed.deadlines[owed.which[i]]
        deadline.released_m2 += area
        if deadline.met_s == OPEN and deadline.released_m2 >= deadline.needed_m2:
            ground.reached = True


@compiled
def count_sector(owed: Owed, ground: Ground, region: int, sector: int, sectors: int) -> None:
    """Count a sector of a region that is released as a whole, or no longer: 1 or -1."""
    owed.unreleased[region] -= sectors
    ground.reached = True
    for m in range(owed.deadlines.size):
        if owed.land[m, sector]:
            owed.deadlines[m].unreleased_sectors -= sectors


@compiled
def meet(owed: Owed, ground: Ground, now: int) -> None:
    """See which deadlines are met, and which regions released, now that all is booked."""
    ground.reached = False
    for region in range(owed.unreleased.size):
        if owed.region_first_s[region] == OPEN and owed.unreleased[region] == 0:
            owed.region_first_s[region] = now
    for m in range(owed.deadlines.size):
        deadline = owed.deadlines[m]
        if deadline.met_s == OPEN:
            if deadline.whole:
                met = deadline.unreleased_sectors == 0
            else:
                met = deadline.released_m2 >= deadline.needed_m2
            if met:
                deadline.met_s = now


@compiled
def pass_dates(owed: Owed, coming: Coming, sectors: Records[Sector], now: int) -> None:
    """Keep what is released at the dates that end before now, and find the next one."""
    since_s = coming.date_s
    coming.date_s = NEVER
    for m in range(owed.deadlines.size):
        deadline = owed.deadlines[m]
        if deadline.at_s >= now:
            coming.date_s = min(coming.date_s, deadline.at_s)
        elif deadline.at_s >= since_s:
            deadline.then_m2 = 0
            for sector in range(sectors.size):
                if owed.land[m, sector]:
                    deadline.then_m2 += sectors[sector].counts[Count.RELEASED_M2]
