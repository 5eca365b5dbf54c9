"""The reduced campaign as plain numbers, for programs that know nothing of scenario files.

What is drawn here is what every plain program needs: efforts of parcels and stops of sectors, by
vectorised numpy. A user of any library would draw them so, and none of the libraries is measured
by how fast it draws.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

REDUCED = Path(__file__).with_name("reduced.toml")
Stops = list[tuple[float, float]]


@dataclass(frozen=True)
class Campaign:
    """Numbers of the reduced campaign; times in working days."""

    sectors: int
    parcels: int
    """In each sector."""
    crews: int
    parcel_days: float
    """A parcel takes a crew so long on average."""
    cv: float
    attacks_a_day: float
    """On each sector."""
    stop_days: float
    stop_cv: float
    horizon_days: float

    @classmethod
    def load(cls, path: Path = REDUCED) -> Self:
        """Read it from the scenario file that the two engines run."""
        stated = tomllib.loads(path.read_text())
        campaign, shelling = stated["campaign"], stated["shelling"]
        (sector,), (crew,), (regime,) = stated["sector"], stated["crew"], shelling["regimes"]
        hours = campaign["hours_per_day"]
        return cls(
            sectors=sector["count"],
            parcels=round(sector["area_ha"] / campaign["parcel_ha"]),
            crews=crew["count"],
            parcel_days=campaign["parcel_ha"] / crew["rate_ha_per_day"],
            cv=stated["clearance"]["parcel_variation"],
            attacks_a_day=regime["attacks_per_24h"] * hours / 24 / sector["count"],
            stop_days=shelling["stop_hours"]["mean"] / hours,
            stop_cv=shelling["stop_hours"]["cv"],
            horizon_days=campaign["horizon_days"],
        )

    def efforts(self, rng: np.random.Generator) -> list[float]:
        """Draw the effort of each parcel of a sector, days."""
        return lognormal(rng, self.parcel_days, self.cv, self.parcels).tolist()

    def stops(self, rng: np.random.Generator) -> Stops:
        """Draw when work stops in a sector: (from, until) in order, those that overlap merged."""
        attacks = rng.poisson(self.attacks_a_day * self.horizon_days)
        at = np.sort(rng.uniform(0.0, self.horizon_days, attacks))
        until = np.maximum.accumulate(at + lognormal(rng, self.stop_days, self.stop_cv, attacks))
        first = np.ones(attacks, bool)
        first[1:] = at[1:] > until[:-1]
        last = np.roll(first, -1)
        return list(zip(at[first].tolist(), until[last].tolist(), strict=True))


def lognormal(rng: np.random.Generator, mean: float, cv: float, n: int) -> np.ndarray:
    """Draw n lognormal numbers."""
    sigma = np.sqrt(np.log1p(cv**2))
    return mean * np.exp(sigma * rng.standard_normal(n) - sigma**2 / 2)
