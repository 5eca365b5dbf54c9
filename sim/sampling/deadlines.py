"""Deadlines as the engines take them: nothing of them is drawn."""

import numpy as np

from sim.sampling.draws import Block
from sim.scenario.dates import end_of_date_s
from sim.scenario.kinds import PER_HA
from sim.scenario.scenario import round_half_up
from sim.world import Deadlines


def deadlines_of(block: Block) -> Deadlines:
    """Return the deadlines, which are the same in every replication."""
    scenario, shared = block.scenario, block.shared
    stated = scenario.deadline
    ends = [min(end_of_date_s(scenario, d.date), shared.horizon_s) for d in stated]
    land = [scenario.places_of(d) for d in stated]
    shares = [d.released_share and max(1, round_half_up(1e6 * d.released_share)) for d in stated]
    areas = [d.released_ha and max(1, round_half_up(PER_HA * d.released_ha)) for d in stated]
    return Deadlines(
        at_s=np.array(ends, np.int64),
        land=np.array(land, np.bool_).reshape(len(stated), len(shared.entry)),
        share=np.array([share or 0 for share in shares], np.int64),
        area_m2=np.array([area or 0 for area in areas], np.int64),
    )
