"""Crews of the compiled engine that go home, for there can be no land for them any more."""

from sim.engines.compiled.agenda import LAST, set_key
from sim.engines.compiled.bits import IN_WORD, WORD_BITS
from sim.engines.compiled.parts import compiled, inlined
from sim.engines.compiled.presence import leave
from sim.engines.compiled.records import AWAY, REACH, Agenda, Sector
from sim.engines.compiled.state import State
from sim.world import NEVER, Stage


@inlined
def send_home(s: State) -> None:
    """Send crews home, and have no more come, for which there can be no land any more.

    Where land can come no more it never will: no sector is looked at again by a group.
    """
    if s.ground[0].done or s.coming[0].peace_s <= s.clock[0].now_s:
        send_groups_home(s)


@compiled
def send_groups_home(s: State) -> None:
    """Look which groups can have no more land."""
    now, ground = s.clock[0].now_s, s.ground[0]
    if s.coming[0].peace_s <= now:
        s.coming[0].peace_s = NEVER
    ground.done = False
    for g in range(s.groups.size):
        group = s.groups[g]
        if group.while_needed:
            reach = s.offers.bits[REACH + 2 * s.groups.size + g]
            while group.past < s.sectors.size and (
                not reach[group.past >> WORD_BITS] >> (group.past & IN_WORD) & 1
                or is_done(s.sectors[s.by_rank[group.past]], group.role, now)
            ):
                group.past += 1
            if group.past == s.sectors.size:
                group.while_needed = False
                for c in range(group.first, group.end):
                    set_key(s.roster.agendas[Agenda.ARRIVAL], c, LAST)
                    if s.crews[c].state != AWAY:
                        leave(s.roster, s.crews[c])


@compiled
def is_done(here: Sector, stage: int, now: int) -> bool:
    """Tell whether no land of a sector can come to a stage any more."""
    if stage == Stage.SURVEY:
        return bool(here.to_survey == 0)
    if stage == Stage.CLEARANCE:
        return bool(here.unreleased == 0 and here.to_find == 0 and now >= here.until_s)
    return bool(here.to_restore == 0)
