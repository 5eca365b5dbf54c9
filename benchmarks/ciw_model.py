"""The reduced campaign in Ciw, a queueing network simulator.

Crews are the customers, and circulate: each service is a parcel, its time that of the next parcel
through the stops of its sector; who leaves the node comes back to it until no parcel is left.

The textbook way round, parcels as customers and crews as servers, is of no use here: Ciw looks
through the whole queue at each event (some 200 000 ns a parcel for 10 000 parcels, growing with
their number), and a stop of one sector out of twenty would have to be approximated.

It leaves out what `plain_simpy.py` leaves out, and keeps what Ciw always keeps: a record of each
service.
"""

import math

import ciw
from campaign import Campaign
from plain_simpy import settle, take


class Parcels(ciw.dists.Distribution):
    """The time that the next parcel takes."""

    def sample(self, t: float, ind: ciw.Individual | None = None) -> float:
        """Take the next parcel at t."""
        return take(t, self.simulation.sectors)


class Again(ciw.routing.NodeRouting):
    """Back to the node while there are parcels, else out."""

    def next_node(self, ind: ciw.Individual) -> ciw.Node:
        """Say where a crew goes."""
        return self.simulation.nodes[1 if self.simulation.sectors else -1]


def run(campaign: Campaign, seed: int) -> float:
    """Return when the last parcel is finished, in working days."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([0.0, math.inf])],
        batching_distributions=[ciw.dists.Deterministic(campaign.crews)],
        service_distributions=[Parcels()],
        number_of_servers=[math.inf],
        routing=ciw.routing.NetworkRouting([Again()]),
    )
    simulation = ciw.Simulation(network)
    simulation.sectors = settle(campaign, seed)  # here, since Ciw copies what a network is made of
    simulation.simulate_until_max_time(campaign.horizon_days)
    return max(crew.data_records[-1].exit_date for crew in simulation.nodes[-1].all_individuals)
