"""What a scenario states about its land: sectors, and the stages that parcels go through."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.kinds import (
    ONE,
    PER_HA,
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
from sim.scenario.laws import Law, scaled
from sim.scenario.table import Table, key

Cell = str | int | float | bool
SURVEY_SHARES = ("cancelled_share", "reduced_share")


class Sector(Table):
    """Land under one access and shelling regime."""

    name: Name = key("Name; with a count, the first part of each sector's name.", title="name")
    count: Annotated[int, Field(ge=1, le=100_000)] = key(
        'Identical sectors "name 1", "name 2" ...', 1, title="number of sectors"
    )
    area_ha: Positive | None = key(
        "Area of each sector.", None, unit="ha", drawn="replication", title="area"
    )
    area_m2: Positive | None = key(
        "The same in square metres.", None, unit="m2", drawn="replication", title="area (m²)"
    )
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = key(
        "Lower is taken first.", 0, title="priority"
    )
    opens: Time = key(
        "When the land becomes accessible.", ZERO, unit="days", drawn="sector", title="opening"
    )
    difficulty: Positive = key(
        "2 = a hectare takes twice as long.", ONE, drawn="replication", title="difficulty"
    )
    items_per_ha: Items = key(
        "Mean explosive items per hectare.",
        ZERO,
        unit="items/ha",
        drawn="replication",
        title="items per hectare",
    )
    exposure: NotNegative = key(
        "Weight of each such sector in the campaign's attacks; 0: never attacked.",
        ONE,
        drawn="replication",
        title="exposure to attacks",
    )
    max_crews: Annotated[int, Field(ge=1, le=1_000_000)] | None = key(
        "No more crews at once (safety).", None, title="most crews at once"
    )
    order: Literal["listed", "easiest"] = key(
        "Parcels as listed, or least effort first.", "listed", title="order of parcels"
    )
    region: Name | None = key(
        "Sectors of one region are added up, and named together by it.", None, title="region"
    )
    status: Literal["suspected", "confirmed"] | None = key(
        "Whether survey comes first (suspected, as all land if [survey] is stated) or not.",
        None,
        title="status",
    )
    cancelled_share: Share | None = key(
        "Parcels released without entering, instead of [survey]'s.",
        None,
        drawn="replication",
        title="share of land cancelled",
    )
    reduced_share: Share | None = key(
        "Parcels released by technical survey, instead of [survey]'s.",
        None,
        drawn="replication",
        title="share of land reduced",
    )

    @property
    def area_key(self) -> str:
        """Which of the keys for the area is stated."""
        return self.stated("area_ha", "area_m2")

    @cached_property
    def area(self) -> Law:
        """Area of each sector in hectares, in whatever unit it is stated."""
        if self.area_m2 is not None:
            return scaled(self.area_m2, per=PER_HA)
        return self.area_ha or ONE  # a problem of its own if neither is


class Clearance(Table):
    """Clearance of confirmed land."""

    parcel_variation: Spread = key(
        "cv between parcels (mean-one lognormal).",
        0.0,
        drawn="parcel",
        title="spread between parcels in clearance",
    )
    item_dispersion: Annotated[float, Field(ge=0.01, le=1e6)] | None = key(
        "k of the negative binomial number of items in a parcel; absent: Poisson.",
        None,
        title="dispersion of items",
    )
    item_minutes: NotNegative = key(
        "Working minutes an item adds.",
        ZERO,
        unit="minutes",
        drawn="replication",
        title="minutes per item",
    )


class Survey(Table):
    """The stage before clearance."""

    cancelled_share: Share = key(
        "Parcels released without entering.",
        ZERO,
        drawn="replication",
        title="share of land cancelled",
    )
    reduced_share: Share = key(
        "Parcels released by technical survey.",
        ZERO,
        drawn="replication",
        title="share of land reduced",
    )
    parcel_variation: Spread = key(
        "cv between parcels (mean-one lognormal).",
        0.0,
        drawn="parcel",
        title="spread between parcels in survey",
    )


class Growth(Table):
    """Land found after day 0."""

    share: NotNegative = key(
        "Found area over each sector's initial area.",
        ZERO,
        drawn="replication",
        title="share of land found later",
    )
    found_until: Time = key(
        "Found uniformly until then.",
        ZERO,
        unit="days",
        drawn="replication",
        title="end of finding land",
    )


class Quality(Table):
    """Inspection after clearance."""

    inspected_share: Probability = key(
        "Share of cleared parcels inspected.",
        0.0,
        drawn="parcel",
        title="share of parcels inspected",
    )
    failure_probability: ShareBelowOne = key(
        "Chance that an inspected parcel fails.",
        ZERO,
        drawn="replication",
        title="chance to fail inspection",
    )
    inspection_days: NotNegative = key(
        "Length of it.", ZERO, unit="days", drawn="inspection", title="length of an inspection"
    )
    rework_share: Annotated[float, Field(ge=0, le=10)] = key(
        "A failed parcel takes this share of its original effort again.",
        1.0,
        title="rework after a failed inspection",
    )


class Restoration(Table):
    """Phase two."""

    share: Share = key(
        "Released parcels that need it.",
        ONE,
        drawn="replication",
        title="share of parcels to restore",
    )
    starts: Literal["parcel", "sector"] = key(
        "As soon as the parcel, or the whole sector, was released.",
        "parcel",
        title="start of restoration",
    )
    parcel_variation: Spread = key(
        "cv between parcels (mean-one lognormal).",
        0.0,
        drawn="parcel",
        title="spread between parcels in restoration",
    )


class LandList(Table):
    """A list of areas: one sector for each row of a file; all other keys hold for all rows."""

    file: Annotated[str, Field(min_length=1)] = key(
        "List of areas (CSV, or a layer), path relative to this file.", title="list of areas"
    )
    columns: dict[str, str] = key(
        "Key of a sector to the column that states it: name and an area at least.",
        title="columns of the list",
    )
    values: dict[str, dict[str, Cell]] = key(
        "Key to a table: words of its column to values of the key.", {}, title="words of the list"
    )
    where: dict[str, Cell | tuple[Cell, ...]] = key(
        "Column to a value, or some: only rows that have one of them.", {}, title="rows of the list"
    )
