"""Sums in the SimPy engine: what is counted by region and by group of crews."""

import numpy as np

from sim.outcome import Count, GroupSum
from sim.world import Ints, World


class Sums:
    """What is counted so far; nothing is after completion.

    Parameters
    ----------
    world
        What chance has decided.
    """

    def __init__(self, world: World) -> None:
        self.region = world.land.region.tolist()
        self.counts = [[0] * len(Count) for _ in range(max(self.region) + 1)]
        self.groups = [[0] * len(GroupSum) for _ in world.crews.may_enter]
        self.is_over = False

    def count(self, what: Count, number: int, *, sector: int) -> None:
        """Count something in a sector."""
        self._add(self.counts[self.region[sector]], what, number)

    def count_of(self, group: int, what: GroupSum, number: int) -> None:
        """Count something of a group of crews."""
        self._add(self.groups[group], what, number)

    def _add(self, sums: list[int], what: int, number: int) -> None:
        if not self.is_over:
            sums[what] += number

    def groups_with(self, present_s: list[int], cost: list[int]) -> Ints:
        """Return the sums of each group, with the time it was present and what it cost (G, 7)."""
        groups = np.array(self.groups, np.int64)
        groups[:, GroupSum.PRESENT_S], groups[:, GroupSum.COST] = present_s, cost
        return groups
