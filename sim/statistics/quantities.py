"""Every quantity that is told of a campaign: unit, decimals, percentiles, whether it is a date.

Tables, lines and pictures read it here, and nowhere is it guessed from a name: what stands behind
the colon of `deadline:...`, `released:...`, `fund:...` and `missing:...` is a word of the
scenario's author.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

Percents = tuple[int, ...]
EVERY: Percents = (5, 10, 20, 25, 50, 75, 80, 90, 95)
FEW: Percents = (10, 50, 80, 90)
COMPARED: Percents = (50, 80)  # where several scenarios or several causes stand side by side


class Unit(NamedTuple):
    """What a number counts, and with how many decimals it is written."""

    name: str
    decimals: int


DAYS, HECTARES, MONEY = Unit("days", 6), Unit("ha", 4), Unit("currency", 2)
NUMBER, SHARE = Unit("number", 6), Unit("share", 6)


@dataclass(frozen=True)
class Quantity:
    """How a quantity is told.

    Attributes
    ----------
    unit
        Of its values.
    dated
        Whether a value is a moment, which has a date as well.
    written
        Percentiles in the table that is about it.
    shown
        Percentiles that a person is shown, in lines and pictures.
    """

    unit: Unit
    dated: bool = False
    written: Percents = EVERY
    shown: Percents = ()

    def has_date(self, statistic: str) -> bool:
        """Tell whether a statistic of it is a moment too: a spread is not."""
        return self.dated and statistic != "sd"


# a name of the scenario's follows
DEADLINE, RELEASED_BY, FUND, MISSING = "deadline:", "released:", "fund:", "missing:"
_AREA, _COUNT, _CHANCE = Quantity(HECTARES), Quantity(NUMBER), Quantity(SHARE, written=())
COUNTED = {  # in the order of `outcome.COUNTS`
    "released_ha": _AREA,
    "cleared_ha": _AREA,
    "cancelled_ha": _AREA,
    "reduced_ha": _AREA,
    "found_ha": _AREA,
    "recontaminated_ha": _AREA,
    "recleared_ha": _AREA,
    "items": _COUNT,
    "attacks": _COUNT,
    "accidents": _COUNT,
    "casualties": _COUNT,
}
QUANTITIES = {
    "completion_day": Quantity(DAYS, dated=True, shown=FEW),
    "restored_day": Quantity(DAYS, dated=True, shown=FEW),
    "cost": Quantity(MONEY, shown=COMPARED),
    "total_cost": Quantity(MONEY, shown=COMPARED),
    **COUNTED,
    "known_ha": _AREA,
    "completed": _CHANCE,
    DEADLINE: _CHANCE,
    RELEASED_BY: _AREA,
    FUND: _CHANCE,
    MISSING: Quantity(MONEY),
}
BY_YEAR: Percents = (5, 10, 20, 50, 80, 90, 95)
_AREA_OF_YEAR = Quantity(HECTARES, written=BY_YEAR)
_NUMBER_OF_YEAR = Quantity(NUMBER, written=BY_YEAR)
_DAYS_OF_YEAR = Quantity(DAYS, written=BY_YEAR)
YEARLY = {  # years.csv, in its order; `remaining_ha` at the end of the year
    "released_ha": _AREA_OF_YEAR,
    "cancelled_ha": _AREA_OF_YEAR,
    "reduced_ha": _AREA_OF_YEAR,
    "cleared_ha": _AREA_OF_YEAR,
    "recontaminated_ha": _AREA_OF_YEAR,
    "found_ha": _AREA_OF_YEAR,
    "remaining_ha": _AREA_OF_YEAR,
    "sectors_released": _NUMBER_OF_YEAR,
    "items": _NUMBER_OF_YEAR,
    "accidents": _NUMBER_OF_YEAR,
    "casualties": _NUMBER_OF_YEAR,
    "crew_days": _DAYS_OF_YEAR,
    "deminer_days": _DAYS_OF_YEAR,
    "cost": Quantity(MONEY, written=BY_YEAR),
}
OF_OPERATOR = {  # operators.csv, in its order
    "crew_days": DAYS,
    "deminer_days": DAYS,
    "cleared_ha": HECTARES,
    "m2_per_deminer_day": Unit("m2/deminer-day", 6),
    "cost": MONEY,
    "cost_per_m2": Unit("currency/m2", 6),
    "cancelled_ha": HECTARES,
    "reduced_ha": HECTARES,
}
# of what has a table or a picture of its own
SECTOR_DAY = Quantity(DAYS, dated=True, written=FEW)  # sectors.csv
RELEASED = Quantity(
    HECTARES, written=(5, 10, 25, 50, 75, 90, 95), shown=(5, 10, 50, 90, 95)
)  # progress.csv
KNOWN: Percents = (10, 50, 90)  # progress.png


def quantity_of(name: str) -> Quantity:
    """Return what is stated of a quantity.

    Parameters
    ----------
    name
        As in `summary.csv`: one of `QUANTITIES`, followed by anything if it ends in a colon.
    """
    kind, colon, _ = name.partition(":")
    return QUANTITIES[kind + colon]


def percentiles(percents: Iterable[int]) -> list[str]:
    """Return the names of percentiles in tables: `p05`, `p50`."""
    return [f"p{percent:02d}" for percent in percents]
