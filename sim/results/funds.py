"""What comes into a fund in which year, as a scenario states it."""

import math
from collections.abc import Sequence

import numpy as np

from sim.scenario.dates import date_of, in_days
from sim.scenario.laws import Constant
from sim.scenario.money import Fund
from sim.scenario.scenario import Scenario
from sim.statistics.estimates import Floats


def comes(scenario: Scenario, fund: Fund, years: Sequence[int]) -> Floats:
    """Return what is there on day 0, then what comes in each year (1 + Y).

    Of what is not known for sure the mean: of an amount, and of the day on which it comes.
    """
    found = np.zeros(1 + len(years))
    if fund.amount is not None:
        found[0] += fund.amount.mean
    for tranche in fund.tranches or ():
        day = in_days(scenario, tranche.from_).mean
        year = date_of(scenario, math.floor(day) + 1.0).year - years[0]
        if day <= 0:
            found[0] += tranche.amount.mean
        elif year < len(years) and day < scenario.campaign.horizon_days:
            found[1 + year] += tranche.amount.mean
    return found


def is_sure(scenario: Scenario, fund: Fund) -> bool:
    """Tell whether it is known how much comes into a fund, and when."""
    laws = [fund.amount, *(tranche.amount for tranche in fund.tranches or ())]
    laws += [in_days(scenario, tranche.from_) for tranche in fund.tranches or ()]
    return all(law is None or isinstance(law, Constant) for law in laws)
