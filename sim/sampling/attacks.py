"""Attacks: a shelling time line for the campaign, and every sector's own stream on it."""

import numpy as np

from sim.checks import dotted
from sim.sampling import bulk
from sim.sampling.context import Draw, offsets, to_seconds
from sim.streams import uniforms
from sim.world import Attacks, Floats, Ints, Land


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
    line = bulk.regime_clock(
        s.key("shelling regime"), draw.time_replication, per_second, mean_s, float(ends_s)
    )
    weights = [
        draw.number(dotted("sector", x.name, "exposure"), x.exposure) for x in s.scenario.sector
    ]
    share = np.array(weights)[s.entry]
    share = share / max(share.sum(), 1e-300)
    at: list[Ints] = []
    where: list[Ints] = []
    u_stop: list[Floats] = []
    hits: list[Ints] = []
    hit: list[Ints] = []
    for sector in np.flatnonzero(share):
        name, ordinal = s.names[sector], s.ordinal[sector]
        times = bulk.attack_times(s.key("attack", name), ordinal, r, share[sector], *line)
        n = len(times)
        at.append(to_seconds(times, 1))
        where.append(np.full(n, sector))
        u_stop.append(uniforms(s.key("stop", name), n, ordinal, r, 0))
        number, which = bulk.sector_hits(
            s.key("hit", name), ordinal, r, n, shelling.recontaminated_parcels, land.initial[sector]
        )
        hits.append(number)
        hit.append(which + land.first_parcel[sector])
    joined, number = np.concatenate(at), np.concatenate(hits)
    order = np.argsort(joined, kind="stable")
    order = order[joined[order] < ends_s]
    first = offsets(number[order])
    take = np.repeat(offsets(number)[:-1][order] - first[:-1], number[order]) + np.arange(first[-1])
    stop_h = shelling.stop_hours.quantile(np.concatenate(u_stop)[order])
    return Attacks(
        at_s=joined[order],
        sector=np.concatenate(where)[order],
        stop_s=to_seconds(stop_h, 3600),
        first_hit=first,
        hit_parcel=np.concatenate(hit)[take],
        recontamination_effort=shelling.recontamination_effort,
    )
