"""Luck that is another replication's: what a sensitivity is made of."""

from dataclasses import dataclass

LEVELS = ("inputs", "time", "rest")


@dataclass(frozen=True)
class Exchange:
    """Luck that is another replication's, while all else stays: what a sensitivity is made of.

    Parameters
    ----------
    what
        Dotted key of an input (a law that is drawn once per replication, or a time drawn once for
        each crew or sector), or one of `LEVELS`: all inputs; what all crews share in the course of
        time (weeks, lost days, seasons, regimes); the rest.
    by
        Replication r has it from replication r + by.
    """

    what: str
    by: int
