"""What the crews spend their time on in a good, a typical and a bad campaign, as a table."""

from collections.abc import Sequence

import polars as pl

from sim.outcome import Campaign
from sim.results.columns import NUMBER, TEXT, WHOLE, Columns
from sim.scenario.scenario import Scenario
from sim.statistics.quantities import DAYS

_CREWS = 4  # decimals
SCHEMA: Columns = {
    "percentile": TEXT,
    "replication": WHOLE,
    "crew": TEXT,
    "from_day": NUMBER,
    "until_day": NUMBER,
    "state": TEXT,
    "sector": TEXT,
    "crews": NUMBER,
}


def timelines(scenario: Scenario, campaigns: Sequence[Campaign]) -> pl.DataFrame:
    """Return one row per campaign and stretch of a crew, or of crews of a group."""
    day_s = scenario.day_s
    rows = [
        (
            campaign.percentile,
            campaign.replication,
            each.crew,
            round(each.from_s / day_s, DAYS.decimals),
            round(each.until_s / day_s, DAYS.decimals),
            each.state,
            each.sector or None,
            round(each.crews, _CREWS),
        )
        for campaign in campaigns
        for each in campaign.stretches
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
