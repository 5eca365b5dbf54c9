"""The chance of a deadline from few whole campaigns and many twins, as a plan asks for it."""

import datetime as dt

from sim.outcome import Ensemble
from sim.running.twins import Source, is_worth_a_twin, why_useless, with_further
from sim.scenario.dates import end_of_date_s
from sim.scenario.scenario import Deadline
from sim.statistics.summary import date_by, deadline_probability, is_of_all_land
from sim.statistics.two_phase import two_phase

A_LITTLE = 1.2  # times as good as asked for, so that no interval is wider for what was not seen


class Better:
    """Bounds of the chance of a deployment, from twins too where they pay.

    Parameters
    ----------
    ensemble
        Of the replications of the first stage, which has no twins.
    deadline
        That is to be met.
    source
        Of twins and whole campaigns; without one there are no bounds.
    """

    def __init__(
        self, ensemble: Ensemble, deadline: Deadline | dt.date, source: Source | None
    ) -> None:
        self.ensemble, self.note = ensemble, ""
        self._deadline, self._done = deadline, dict[int, int]()
        pays = is_of_all_land(deadline) and is_worth_a_twin(ensemble)
        self._source = source if pays else None

    def bounds(self, n: int, error: float) -> tuple[float, float] | None:
        """Return bounds as good as those of n replications, nothing where twins do not give any.

        Parameters
        ----------
        n
            A stage of a decision.
        error
            With about which each may be wrong.
        """
        if self._source is None or n <= self.ensemble.replications:
            return None
        if self.ensemble.further is None and (why := why_useless(self.ensemble, self._source)):
            self._source, self.note = None, why
            return None
        chance = deadline_probability(self.ensemble, self._deadline).value
        least = 1 / self.ensemble.replications
        share = min(max(chance, least), 1 - least)
        self.ensemble = with_further(
            self.ensemble,
            self._source,
            share=share,
            variance=share * (1 - share) / (A_LITTLE * n),
            done=self._done,
        )
        scenario = self.ensemble.scenario
        day = end_of_date_s(scenario, date_by(self._deadline)) / scenario.day_s
        return two_phase(self.ensemble).bounds(day, error=error)
