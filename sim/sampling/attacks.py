"""Attacks: a shelling time line for the campaign, and every sector's own stream on it."""

import numpy as np

from sim.checks import dotted
from sim.sampling import timelines
from sim.sampling.context import Draw, to_seconds
from sim.world import Attacks, Land


def draw_attacks(draw: Draw, land: Land) -> Attacks:
    """Draw the shelling's time line and every sector's attacks on it."""
    s, shelling, r = draw.shared, draw.scenario.shelling, draw.replication
    none = np.zeros(0, np.int64)
    if shelling is None or not shelling.regimes:
        return Attacks(none, none, none, np.zeros(1, np.int64), none, 1.0)
    rates = [
        draw.number(dotted("shelling", "regimes", x.name, "attacks_per_24h"), x.attacks_per_24h)
        for x in shelling.regimes
    ]
    ends_s = s.horizon_s + 1
    if shelling.ends is not None:
        ends_s = min(ends_s, draw.time_s("shelling.ends", shelling.ends))
    mean_s = np.array([x.mean_days * s.day_s for x in shelling.regimes])
    per_second = np.array(rates) / 86_400
    line = timelines.regime_clock(
        s.key("shelling regime"), draw.time_replication, per_second, mean_s, float(ends_s)
    )
    weights = [
        draw.number(dotted("sector", x.name, "exposure"), x.exposure) for x in s.scenario.sector
    ]
    share = np.array(weights)[s.entry]
    share = share / max(share.sum(), 1e-300)
    times, where, u_stop = timelines.attacks_everywhere(
        s.keys("attack"), s.keys("stop"), s.ordinal, r, share, *line
    )
    at_s = to_seconds(times, 1)
    order = np.argsort(at_s, kind="stable")
    order = order[at_s[order] < ends_s]
    first, hit = timelines.hits_everywhere(
        s.keys("hit"), s.ordinal, r, where, order, shelling.recontaminated_parcels,
        land.first_parcel, land.initial,
    )  # fmt: skip
    stop_h = shelling.stop_hours.quantile(u_stop[order])
    return Attacks(
        at_s=at_s[order],
        sector=where[order],
        stop_s=to_seconds(stop_h, 3600),
        first_hit=first,
        hit_parcel=hit,
        recontamination_effort=shelling.recontamination_effort,
    )
