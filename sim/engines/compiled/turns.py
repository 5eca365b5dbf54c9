"""Closures and seasons of some land in the compiled engine: it offers nothing while they last."""

from sim.engines.compiled.bits import IN_WORD, WORD_BITS, add_bit, drop_bit
from sim.engines.compiled.days import resume
from sim.engines.compiled.fields import Ints, Records
from sim.engines.compiled.money import pay
from sim.engines.compiled.parts import compiled
from sim.engines.compiled.presence import go_on
from sim.engines.compiled.records import NOBODY, REACH, STAGES, Crew, Group, Sector
from sim.engines.compiled.state import CalendarAhead, Roster, State
from sim.engines.compiled.work import put_back


@compiled
def turn(s: State) -> None:
    """End and begin closures and seasons: crews put back what they hold where they begin."""
    clock = s.clock[0]
    for group in range(s.groups.size):
        show_reach(s.calendar, s.offers.bits, s.groups[group], group, s.sectors, clock.day)
    s.waiting[0].news |= (1 << STAGES) - 1
    for c in range(s.place.size):
        if s.place[c] != NOBODY and s.calendar.barred[s.crews[c].row, clock.day]:
            crew = s.crews[c]
            put_back(s, crew)
            resume(clock, crew, s.days, s.accidents, clock.now_s)
            go_on(s.roster, crew)
    for c in range(s.crews.size):
        stand_by(s.roster, s.crews[c])


@compiled
def stand_by(roster: Roster, crew: Crew) -> None:
    """Have a crew cost what it costs from today on, if that is another cost."""
    stands_by = roster.stands_by[crew.group, roster.clock[0].day]
    if crew.paid and crew.stands_by != stands_by:
        pay(roster, crew, 0, -1)
        crew.stands_by = stands_by
        pay(roster, crew, 0, 1)


@compiled
def show_reach(
    calendar: CalendarAhead, bits: Ints, group: Group, number: int, sectors: Records[Sector],
    day: int,
) -> None:  # fmt: skip
    """Show which sectors a group may enter on a day, and which of them it prefers."""
    kinds = (bits.shape[0] - REACH) >> 2  # groups
    for sector in range(sectors.size):
        here = sectors[sector]
        open_to_it = not calendar.barred[calendar.row[group.timetable, here.zone], day]
        word, bit = here.rank >> WORD_BITS, here.rank & IN_WORD
        for row in (REACH + number, REACH + kinds + number):
            if open_to_it and bits[row + 2 * kinds, word] >> bit & 1:
                add_bit(bits[row], here.rank)
            else:
                drop_bit(bits[row], here.rank)
