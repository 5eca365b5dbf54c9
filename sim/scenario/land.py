"""What a scenario states about its land: sectors, and the stages that parcels go through."""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.kinds import (
    ONE,
    ZERO,
    Items,
    Name,
    NotNegative,
    Positive,
    Probability,
    Share,
    ShareBelowOne,
    Spread,
    Time,
)
from sim.scenario.table import Table, key


class Sector(Table):
    """Land under one access and shelling regime."""

    name: Name = key("Name; with a count, the first part of each sector's name.")
    count: Annotated[int, Field(ge=1, le=100_000)] = key(
        'Identical sectors "name 1", "name 2" ...', 1
    )
    area_ha: Positive = key("Area of each sector.", unit="ha", drawn="replication")
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = key("Lower is taken first.", 0)
    opens: Time = key("When the land becomes accessible.", ZERO, unit="days", drawn="sector")
    difficulty: Positive = key("2 = a hectare takes twice as long.", ONE, drawn="replication")
    items_per_ha: Items = key(
        "Mean explosive items per hectare.", ZERO, unit="items/ha", drawn="replication"
    )
    exposure: NotNegative = key(
        "Weight of each such sector in the campaign's attacks; 0: never attacked.",
        ONE,
        drawn="replication",
    )
    max_crews: Annotated[int, Field(ge=1, le=1_000_000)] | None = key(
        "No more crews at once (safety).", None
    )
    order: Literal["listed", "easiest"] = key("Parcels as listed, or least effort first.", "listed")


class Clearance(Table):
    """Clearance of confirmed land."""

    parcel_variation: Spread = key("cv between parcels (mean-one lognormal).", 0.0, drawn="parcel")
    item_dispersion: Annotated[float, Field(ge=0.01, le=1e6)] | None = key(
        "k of the negative binomial number of items in a parcel; absent: Poisson.", None
    )
    item_minutes: NotNegative = key(
        "Working minutes an item adds.", ZERO, unit="minutes", drawn="replication"
    )


class Survey(Table):
    """The stage before clearance."""

    cancelled_share: Share = key("Parcels released without entering.", ZERO, drawn="replication")
    reduced_share: Share = key("Parcels released by technical survey.", ZERO, drawn="replication")
    parcel_variation: Spread = key("cv between parcels (mean-one lognormal).", 0.0, drawn="parcel")


class Growth(Table):
    """Land found after day 0."""

    share: NotNegative = key(
        "Found area over each sector's initial area.", ZERO, drawn="replication"
    )
    found_until: Time = key("Found uniformly until then.", ZERO, unit="days", drawn="replication")


class Quality(Table):
    """Inspection after clearance."""

    inspected_share: Probability = key("Share of cleared parcels inspected.", 0.0, drawn="parcel")
    failure_probability: ShareBelowOne = key(
        "Chance that an inspected parcel fails.", ZERO, drawn="replication"
    )
    inspection_days: NotNegative = key("Length of it.", ZERO, unit="days", drawn="inspection")
    rework_share: Annotated[float, Field(ge=0, le=10)] = key(
        "A failed parcel takes this share of its original effort again.", 1.0
    )


class Restoration(Table):
    """Phase two."""

    share: Share = key("Released parcels that need it.", ONE, drawn="replication")
    starts: Literal["parcel", "sector"] = key(
        "As soon as the parcel, or the whole sector, was released.", "parcel"
    )
    parcel_variation: Spread = key("cv between parcels (mean-one lognormal).", 0.0, drawn="parcel")
