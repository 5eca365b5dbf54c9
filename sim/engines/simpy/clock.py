"""The clock of the SimPy engine: instants, and what comes first at each of them.

SimPy's heap yields what is due in the order of `Due`: first everything is booked, then the land is
looked at (`SETTLE`), and only then do free crews choose. The heap key is the tie rule.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import simpy

Steps = Generator[simpy.Event, Any, None]


class Due(IntEnum):
    """What is booked first among things due at one instant; SimPy keeps 0 and 1 for itself."""

    FINISH = 2
    INSPECTION = 3
    FIND = 4
    OPENING = 5
    ARRIVAL = 6
    RETURN = 7  # the end of a stop, of a stand-down or of a recovery
    TURN = 8  # the end or the beginning of a closure or season
    ATTACK = 9
    TRANCHE = 10
    SPENT = 11
    DEPARTURE = 12
    SETTLE = 13
    DATE = 14  # the end of a date, when all is booked
    HORIZON = 15
    END = 16


class Call(IntEnum):
    """Why a crew is interrupted."""

    ATTACK = 1  # its sector was attacked: the pace has changed
    WITHDRAWN = 2  # its parcel was taken back
    BARRED = 3  # its sector was closed to it: it puts its parcel back
    LEAVE = 4
    UNPAID = 5  # a fund of its role is spent
    PAID = 6  # there is money for its role again
    OVER = 7  # its phase is complete, or the horizon is reached


@dataclass(frozen=True)
class Happening:
    """One line of the event log; -1 for what does not apply."""

    at_s: int
    event: str
    crew: int = -1
    sector: int = -1
    parcel: int = -1
    cause: str = ""


@dataclass(frozen=True)
class Spell:
    """What a crew spent time on: a column of `states_of`; the sector of its parcel, or -1."""

    crew: int
    state: int
    from_s: int
    until_s: int
    sector: int


class Clock:
    """Whole seconds of working time, and the event log.

    Parameters
    ----------
    settle
        Called once at the end of each instant at which something was touched.
    log
        Called with every happening, in order.
    spent
        Called with every spell, when it ends.
    """

    def __init__(
        self,
        *,
        settle: Callable[[], None],
        log: Callable[[Happening], None] | None,
        spent: Callable[[Spell], None] | None,
    ) -> None:
        self.env = simpy.Environment(initial_time=0)
        self._settle, self._log, self._settling = settle, log, False
        self._spent = spent

    @property
    def now(self) -> int:
        """The second of working time."""
        return self.env.now  # type: ignore[return-value] # a whole number, as all delays are

    def due(self, at_s: int, rank: Due, order: int = 0) -> simpy.Event:
        """Return an event that happens at a second, in its rank and order among others then."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None  # as simpy.Timeout does
        priority: Any = (rank << 40) + order
        self.env.schedule(event, priority, at_s - self.now)
        return event

    def call(self, at_s: int, rank: Due, order: int, what: Callable[[], None]) -> None:
        """Call a function at a second."""
        self.due(at_s, rank, order).callbacks.append(lambda _: what())

    def touch(self) -> None:
        """Ask for the land to be looked at, and for crews to choose, once all is booked."""
        if not self._settling:
            self._settling = True
            self.call(self.now, Due.SETTLE, 0, self._settled)

    def _settled(self) -> None:
        self._settling = False
        self._settle()

    def note(
        self, event: str, *, crew: int = -1, sector: int = -1, parcel: int = -1, cause: str = ""
    ) -> None:
        """Book one line of the event log."""
        if self._log:
            self._log(Happening(self.now, event, crew, sector, parcel, cause))

    def spend(self, crew: int, state: int, since_s: int, *, sector: int = -1) -> None:
        """Book what a crew spent its time on up to now."""
        if self._spent and self.now > since_s:
            self._spent(Spell(crew, state, since_s, self.now, sector))
