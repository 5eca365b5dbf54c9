"""The records of the compiled engine: what is known of each thing, and numbers that name kinds.

What arrays of them there are says `state`.
"""

from enum import IntEnum
from typing import Annotated

import numpy as np

from sim.engines.compiled.fields import Flag, Ints, Number, Part, SmallWhole, Whole
from sim.outcome import Count, CrewState
from sim.world import Dispatch, Stage, SurveyResult

NOBODY = 2**32 - 1
ABSENT = NOBODY - 1  # in `ahead`: does not wait for restoration
AWAY = -1  # state of a crew that is not present
FAR_S = 1 << 40  # later than any horizon
MOST_S = 1 << 52  # more effort than any calendar holds
STAGES = len(Stage)
COSTS = STAGES + 1  # accounts of the roles, and of overhead: the funds follow
ROOM = STAGES  # row of the bits that say which sectors have room; before it one for each stage
REACH = ROOM + 1
"""First of the rows that say which sectors each group may enter today, then which it prefers of
them; and then the same of all days."""

# A last `else` takes whatever is left, and compiled code cannot be checked for that: a new member
# fails here, until every file of this engine that asks for one of them has been looked at.
_SURVEY, _CLEARANCE, _RESTORATION = Stage
_CANCELLED, _REDUCED, _CONFIRMED = SurveyResult
_PRIORITY, _BALANCED = Dispatch


class Agenda(IntEnum):
    """What crews have before them: a tournament tree for each."""

    FINISH = 0
    RETURN = 1
    ARRIVAL = 2
    DEPARTURE = 3


class Visit(IntEnum):
    """Which clearance of a parcel it is: the first, after a failed inspection, after a hit."""

    FIRST = 0
    REWORK = 1
    AGAIN = 2


class Week(IntEnum):
    """What is added up by the week: land released, however often, and land hit."""

    GROSS = 0
    HIT = 1


class Sum(IntEnum):
    """What is summed over days, thousandths of seconds; AT_WORK in seconds."""

    WORK = 0
    AT_WORK = 1
    REST = 2
    WEATHER = 3


class Clock:
    """Time, and how far it reaches."""

    now_s: Whole
    other_s: Whole
    """Nothing but finishes is due before."""
    day_s: Whole
    """Length of a day."""
    days: Whole
    """How many there are up to the horizon."""
    horizon_s: Whole
    day: Number
    week: Number
    """That ends with the next day 7 w, this instant included."""


class Ground:
    """What is left to be done with the land."""

    done: Flag
    """Whether some sector may have no more land for some stage since crews were sent home."""
    unreleased_sectors: Whole
    restorations_left: Whole
    changed: Number
    """First sector of the list of those to be looked at, NOBODY if there is none."""
    reached: Flag
    """Whether a deadline may be met."""


class Waiting:
    """What crews that look for land, or wait for it, have to know."""

    news: Whole
    """Bits of the roles for which land, or room, has come since they looked."""
    idle: Annotated[Ints, np.int64, STAGES]
    """Crews of each role that wait and have looked already."""
    first_word: Annotated[Ints, np.int64, STAGES]
    """Nothing is offered to a role in words of bits before."""
    freed: Number
    """First crew of the list of those freed now, NOBODY if there is none."""


class Coming:
    """How far streams of things to come have been booked."""

    inspections: Whole
    """How many are under way."""
    date_s: Whole
    """The next end of a deadline's date, or of a year."""
    next_year: Number
    """The next one to end."""
    next_find: Number
    next_turn: Number
    next_attack: Number
    next_tranche: Number
    peace_s: Whole
    """When no land can be hit any more, if that is still to come."""


class Tally:
    """What an outcome states of the whole campaign."""

    completion_s: Whole
    restored_s: Whole
    cost_then: Annotated[Ints, np.int64, COSTS]
    """At completion, or at the horizon."""
    total_cost: Annotated[Ints, np.int64, COSTS]


class Crew:
    """A crew; its time is booked up to `since_s`."""

    needed: Whole
    """For its parcel, thousandths of seconds."""
    moving: Whole
    """Of these, on the way."""
    done: Whole
    """Of these, up to `start_s`."""
    start_s: Whole
    start_work: Whole
    """Sum of the pace at `start_s`."""
    since_s: Whole
    resume_s: Whole
    """It does not work before, for its sector is stopped or it recovers."""
    leaves_s: Whole
    """The end of the stay that began last."""
    recovered_s: Whole
    """When it has recovered from its last casualty."""
    accident_mark: Whole
    """Sum of the seconds at work at which its next accident comes."""
    down_until_s: Whole
    """Until when it stands down."""
    cleared_m2: Whole
    """First clearances accepted of land that it cleared last."""
    cancelled_m2: Whole
    """Land that it surveyed and that was released then; likewise the next."""
    reduced_m2: Whole
    state: Whole
    """Of `CrewState`, or AWAY; WORKED stands for all time with parcels."""
    at_work_s: Whole
    """Time at work so far."""
    move_s: Whole
    exposures: Whole
    """Attacks that met it at work."""
    arrived_s: Whole
    present_s: Whole
    accidents: Whole
    casualties: Whole
    """These two up to completion."""
    cost_per_day: Whole
    standby_per_day: Whole
    cost_to_mobilise: Whole
    next_freed: Whole
    """The one behind it in the list of those freed now."""
    accident: Whole
    """The next one to come."""
    after_accident: Whole
    casualty: Whole
    """The next one to come."""
    after_casualty: Whole
    stay: Whole
    """The next one to begin."""
    after_stay: Whole
    number: Number
    role: Number
    group: Number
    timetable: Whole
    row: Whole
    """Of the calendar, where it last held a parcel."""
    first_day: Number
    """Its place of day 0 in the days of all rows."""
    wishes: Number
    """Row of the bits of what it takes before all other."""
    sector: Number
    """In which it last held a parcel, NOBODY before the first."""
    parcel: Number
    """That it holds, or NOBODY."""
    visit: Number
    """Which clearance of its parcel it is."""
    speed: Part
    mobilised: Flag
    paid: Flag
    stands_by: Flag
    """Whether it costs what it costs on standby."""
    time: Annotated[Ints, np.int64, len(CrewState)]
    """Thousandths of seconds in each state."""


class Group:
    """A group of crews."""

    first: Whole
    """Its first crew."""
    end: Whole
    """One more than its last crew."""
    timetable: Number
    role: Whole
    past: Whole
    """Of the sectors before this rank none that it may enter has land for it any more."""
    while_needed: Flag
    """Whether its crews go when that is so of all."""
    everywhere: Flag
    """Whether it may enter every sector at any time."""
    wishes: Number
    """Row of the bits of what it takes before all other: what it prefers, or may enter."""


class Sector:
    """A sector."""

    holding: Whole
    """Crews that hold a parcel in it."""
    max_crews: Whole
    unreleased: Whole
    """Parcels known and not released."""
    to_restore: Whole
    """Parcels not restored yet that need it."""
    stopped_until_s: Whole
    known: Whole
    """Parcels known."""
    to_find: Whole
    """Parcels to be found."""
    to_survey: Whole
    """Parcels not surveyed yet, those to be found included."""
    until_s: Whole
    """Until when land of it can be hit."""
    release_s: Whole
    first_s: Whole
    """When it was first released as a whole."""
    counts: Annotated[Ints, np.int64, len(Count)]
    last_initial_m2: Whole
    last_found_m2: Whole
    rank: Number
    zone: Number
    region: Number
    first_stage: Number
    next_changed: Number
    """The one behind it in the list of those to be looked at."""
    last_initial: Number
    """The last initial parcel, which has a size of its own."""
    last_found: Number
    """Likewise, NOBODY if there is none."""
    was_released: Flag
    """As a whole, once."""
    changed: Flag
    """In the list of those to be looked at."""
    stopped: Flag
    """By an attack: it offers nothing."""


class Queue:
    """What waits for a stage in a sector: parcels never taken, and behind them a linked list.

    Before those never taken there is another linked list, of parcels that were put back.
    """

    holding: Whole
    """Crews of its role that hold a parcel in the sector."""
    stage: Number
    rank: Number
    cursor: Number
    """The first initial parcel that was never taken."""
    end: Number
    """One more than the last initial parcel."""
    front: Number
    head: Number
    tail: Number
    open: Flag


class Parcel:
    """A parcel, with all that is asked about it in one place.

    Its parcels are what fills the memory: two of these records are as long as a piece of memory
    that is fetched at once.
    """

    inspection: Number
    """The next one, NOBODY if there is none."""
    behind: Number
    """The next one in a queue; while it is inspected, the crew that cleared it."""
    ahead: Number
    """The one before it in the queue for restoration, ABSENT if it is in none."""
    items: SmallWhole
    clearance_s: Part
    restoration_s: Part
    """Negative where it needs none, or none any more."""


class Account:
    """What a role, overhead or a fund has spent up to `since_s`."""

    amount: Whole
    """What has come to be spent."""
    spent: Whole
    spent_before: Whole
    """Without what was spent at once at `since_s`."""
    missing: Whole
    """At most so far."""
    per_second: Whole
    since_s: Whole
    empty_at_s: Whole
    """When a fund is spent, if its crews stop then."""
    stops: Flag
    """Whether they do."""
    empty: Flag


class Deadline:
    """A deadline, and how much of its land is released."""

    at_s: Whole
    """The last second of its date, or the horizon."""
    met_s: Whole
    then_m2: Whole
    """What was released at the end of its date."""
    unreleased_sectors: Whole
    """Of its land."""
    share: Whole
    """That it asks for, millionths, or 0."""
    needed_m2: Whole
    """What must be released, if it does not ask for all."""
    known_m2: Whole
    released_m2: Whole
    """These two are kept if it does not ask for all."""
    whole: Flag
    """Whether it does."""


class Accident:
    """An accident to come."""

    at_work_s: Whole
    stand_down_s: Whole
    victims: Whole


class Day:
    """What a second of a day adds to the sums over days, and the sums before it."""

    rate: Annotated[Ints, np.int64, len(Sum)]
    before: Annotated[Ints, np.int64, len(Sum)]


class Closed:
    """What a closure or season takes of a second of a day, and the sum of it before the day."""

    rate: Whole
    before: Whole
