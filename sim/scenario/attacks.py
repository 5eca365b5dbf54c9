"""What a scenario states about the shelling."""

from typing import Annotated

from pydantic import Field

from sim.scenario.kinds import ZERO, Attacks, Name, NotNegative, Probability, Time
from sim.scenario.table import Table, key


class Regime(Table):
    """One state of the shelling."""

    name: Name = key("What the regime is called.", title="name")
    attacks_per_24h: Attacks = key(
        "Attacks over all sectors, working hours or not.",
        unit="attacks/24 h",
        drawn="replication",
        title="attacks in 24 hours",
    )
    mean_days: Annotated[float, Field(ge=0.01, le=1e6)] = key(
        "Mean sojourn (exponential).", unit="days", title="mean length"
    )


class Shelling(Table):
    """Attacks that stop work."""

    label: Name | None = key(
        "What people read instead of shelling, such as insecurity.",
        None,
        title="name of the shelling",
    )
    regimes: tuple[Regime, ...] = key(
        "Markov chain shared by the campaign.", (), title="regimes of attacks"
    )
    ends: Time | None = key(
        "No attacks from then on.", None, unit="days", drawn="replication", title="end of attacks"
    )
    stop_hours: NotNegative = key(
        "Working hours for which nobody works in the sector.",
        ZERO,
        unit="hours",
        drawn="attack",
        title="length of a stop",
    )
    recontaminated_parcels: Annotated[float, Field(ge=0, le=100)] = key(
        "Mean number of parcels hit.",
        0.0,
        unit="parcels/attack",
        drawn="attack",
        title="parcels hit by an attack",
    )
    recontamination_effort: Annotated[float, Field(ge=0, le=10)] = key(
        "Share of the original effort to clear one again.",
        1.0,
        title="effort to clear a parcel again",
    )
    casualty_probability: Probability = key(
        "Per crew at work in the sector.", 0.0, drawn="attack", title="chance that a crew is hit"
    )
    recovery_days: NotNegative = key(
        "How long a crew that was hit does not work.",
        ZERO,
        unit="days",
        drawn="casualty",
        title="recovery of a crew that was hit",
    )
