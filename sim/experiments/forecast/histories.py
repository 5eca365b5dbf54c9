"""What campaigns released of the land, and by the dates, that a record is about."""

from collections.abc import Sequence

import numpy as np

from sim.experiments.study import Study
from sim.outcome import Count, Ensemble, GroupSum
from sim.sampling.recipes import Given, Readings, Recipe
from sim.scenario.dates import end_of_date_s
from sim.scenario.kinds import PER_HA
from sim.scenario.record import Record, Report
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats
from sim.statistics.likelihood import AT_LEAST, AT_MOST, EXACT, Reported

READS = ("replication", "year_counts", "year_groups")
"""Columns of ensembles that are histories."""
_BOUNDS = {"exact": EXACT, "at_least": AT_LEAST, "at_most": AT_MOST}


class Histories:
    """Simulates campaigns up to the last report, and reads what they released by each.

    Parameters
    ----------
    study
        That does the work.
    scenario
        Whose record it is.
    reports
        In force, at least one.
    """

    def __init__(self, study: Study, scenario: Scenario, reports: Sequence[Report]) -> None:
        self._study, self._scenario, self.reports = study, scenario, tuple(reports)
        self.reported = reported_of(scenario, reports)
        self.simulated = 0
        horizon_s = round(scenario.campaign.horizon_days * scenario.day_s)
        ends_s = [min(end_of_date_s(scenario, r.date), horizon_s) for r in reports]
        instants = sorted(set(ends_s))
        about = [self._about(report) for report in reports]
        places = list(zip(*about, strict=True))  # of each sector, which reports are about it
        distinct = list(dict.fromkeys(places))
        self._in_place = [[place[i] for place in distinct] for i in range(len(reports))]
        self._readings = Readings(tuple(instants), tuple(map(distinct.index, places)))
        self._at = [instants.index(end_s) for end_s in ends_s]
        self._history = scenario.model_copy(
            update={
                "campaign": scenario.campaign.model_copy(
                    update={"horizon_days": instants[-1] / scenario.day_s}
                ),
                "deadline": (),
            }
        )

    def released(self, recipes: Sequence[Recipe]) -> Floats:
        """Return what each campaign released by each report, in hectares (R, N)."""
        self.simulated += len(recipes)
        done = self._study.ensemble(
            self._history,
            len(recipes),
            recipes=Given(tuple(recipes)),
            readings=self._readings,
            columns=READS,
        )
        each = zip(self.reports, self._at, self._in_place, strict=True)
        m2 = [self._of(done, report, at, places) for report, at, places in each]
        return np.stack(m2, axis=1) / PER_HA

    def _of(self, done: Ensemble, report: Report, at: int, places: list[bool]) -> Floats:
        """Return what each campaign released by a report, in square metres (R)."""
        if report.kind == "operator":
            crews = [crew.operated_by == report.name for crew in self._scenario.crew]
            cleared_m2 = done.year_groups[:, at, crews, GroupSum.CLEARED_M2]
            return np.asarray(cleared_m2.sum(axis=1, dtype=float))
        counts = done.year_counts[:, at]  # (R, places, 11)
        m2 = counts[:, :, Count.RELEASED_M2]
        if (self._scenario.record or _DEFAULTS).counts == "gross":
            m2 = m2 + counts[:, :, Count.RECONTAMINATED_M2]
        return np.asarray(m2[:, places].sum(axis=1, dtype=float))

    def _about(self, report: Report) -> tuple[bool, ...]:
        """Return which sectors a report is about; of an operator, as if it were all land."""
        if report.kind in ("", "operator"):
            return (True,) * len(self._scenario.sector_names)
        if report.kind == "sector":
            return tuple(name == report.name for name in self._scenario.sector_names)
        entries = [entry for entry in self._scenario.sector for _ in range(entry.count)]
        return tuple(entry.region == report.name for entry in entries)


_DEFAULTS = Record(file="record.csv")


def reported_of(scenario: Scenario, reports: Sequence[Report]) -> Reported:
    """Return what a record says in hectares, and how wrong its scenario takes it to be.

    The errors in hectares and in shares of a report's own amount are independent.
    """
    record = scenario.record or _DEFAULTS
    own = np.array([report.own_ha for report in reports])
    return Reported(
        amount=np.array([report.released_ha for report in reports]),
        scale=np.hypot(record.error_ha, record.error_share * own),
        bound=np.array([_BOUNDS[report.bound] for report in reports], np.int64),
        bias=record.bias_share,
        tails=record.tails,
    )
