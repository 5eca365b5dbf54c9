"""Sums in the compiled engine: how much was done by the end of each year, by region and by group.

On the way, sectors and crews count for themselves.
"""

from sim.engines.compiled.deadlines import pass_dates
from sim.engines.compiled.fields import Ints, Records
from sim.engines.compiled.money import spent_at
from sim.engines.compiled.parts import compiled
from sim.engines.compiled.records import AWAY, Coming, Crew, Sector, Tally
from sim.engines.compiled.state import Owed, Roster, Sums
from sim.outcome import OPEN, Count, GroupSum
from sim.world import NEVER


@compiled
def count_mishap(tally: Tally, here: Sector, crew: Crew, accidents: int, casualties: int) -> None:
    """Count accidents and casualties of a crew in a sector, up to completion."""
    if tally.completion_s == OPEN:
        here.counts[Count.ACCIDENTS] += accidents
        here.counts[Count.CASUALTIES] += casualties
        crew.accidents += accidents
        crew.casualties += casualties


@compiled
def count_cleared(counts: Ints) -> None:
    """Count what was cleared first: all that was released, but not by survey, nor again."""
    cleared_m2 = counts[Count.RELEASED_M2] + counts[Count.RECONTAMINATED_M2]
    cleared_m2 -= counts[Count.CANCELLED_M2] + counts[Count.REDUCED_M2]
    counts[Count.CLEARED_M2] = cleared_m2 - counts[Count.RECLEARED_M2]


@compiled
def pass_ends(
    owed: Owed, sums: Sums, coming: Coming, sectors: Records[Sector], crews: Records[Crew],
    roster: Roster, now: int,
) -> None:  # fmt: skip
    """Keep how things stand at ends of dates and of years before now, and find the next one."""
    pass_dates(owed, coming, sectors, now)
    while sums.ends_s[coming.next_year] < now:
        end_s = sums.ends_s[coming.next_year]
        keep_year(sums, coming.next_year, sectors, crews, roster, end_s)
        coming.next_year += 1
    coming.date_s = min(coming.date_s, sums.ends_s[coming.next_year])


@compiled
def end_all(
    owed: Owed, sums: Sums, coming: Coming, sectors: Records[Sector], crews: Records[Crew],
    roster: Roster,
) -> None:  # fmt: skip
    """Keep how things stand now, at the end, for all dates and years that have not ended."""
    pass_dates(owed, coming, sectors, NEVER)
    for year in range(coming.next_year, sums.ends_s.size):
        keep_year(sums, year, sectors, crews, roster, roster.clock[0].now_s)


@compiled
def keep_year(
    sums: Sums, year: int, sectors: Records[Sector], crews: Records[Crew], roster: Roster, at_s: int
) -> None:
    """Keep how the sums stand at a second as those of a year."""
    for sector in range(sectors.size):
        here = sectors[sector]
        count_cleared(here.counts)
        for what in range(here.counts.size):
            sums.counts[year, here.region, what] += here.counts[what]
    for c in range(crews.size):
        crew, group = crews[c], sums.groups[year, crews[c].group]
        group[GroupSum.PRESENT_S] += crew.present_s
        if crew.state != AWAY:
            group[GroupSum.PRESENT_S] += at_s - crew.arrived_s
        group[GroupSum.CLEARED_M2] += crew.cleared_m2
        group[GroupSum.CANCELLED_M2] += crew.cancelled_m2
        group[GroupSum.REDUCED_M2] += crew.reduced_m2
        group[GroupSum.ACCIDENTS] += crew.accidents
        group[GroupSum.CASUALTIES] += crew.casualties
    for g in range(roster.group_accounts.size):
        sums.groups[year, g, GroupSum.COST] = spent_at(roster.group_accounts[g], at_s)
    for account in range(roster.accounts.size):
        sums.cost[year, account] = spent_at(roster.accounts[account], at_s)
