"""The rough twin: what it is given, and what of it can be reckoned."""

import numpy as np
import pytest
from build import build, law
from numpy.typing import NDArray

from sim.engines.twin import twin_days
from sim.sampling import Sampler
from sim.scenario.scenario import Scenario

ATTACKS = {"regimes": [{"name": "x", "attacks_per_24h": 24, "mean_days": 5}]}


def twin_of(scenario: Scenario, n: int = 1, seed: int = 0) -> NDArray[np.float64]:
    return np.concatenate([twin_days(o) for o in Sampler(scenario, seed=seed).outlines(range(n))])


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({}, 100.0),
        ({"crew": {"count": 4}}, 25.0),
        ({"crew": {"count": 4}, "sector": {"area_ha": 100.0, "max_crews": 2}}, 50.0),
        ({"sector": {"area_ha": 100.0, "opens": 35}}, 135.0),
        ({"sector": {"area_ha": 100.0, "difficulty": 2.0}}, 200.0),
        ({"crew": {"arrives": 21}}, 121.0),
        ({"crew": [{"leaves": 50}, {"arrives": 140}]}, 190.0),
        ({"crew": {"rest_days": ["sat", "sun"]}}, 140.0),
        ({"growth": {"share": 0.2, "found_until": 70}}, 120.0),
        ({"crew": [{}, {"role": "survey", "rate_ha_per_day": 100.0}],
          "survey": {"cancelled_share": 0.3, "reduced_share": 0.2}}, 50.0),
        ({"closure": [{"name": "c", "from": 14, "until": 28}]}, 114.0),
        ({"campaign": {"horizon_days": 90.0}}, np.inf),
        ({"crew": {"cycle": {"days_on": 5, "days_off": 5}}}, 200.0),
        # 75 days, but for what it mixes up within a week
        ({"sector": [{"area_ha": 50.0}, {"area_ha": 50.0, "max_crews": 1}],
          "crew": [{}, {}]}, 72.0),
        ({"sector": [{"area_ha": 50.0}, {"area_ha": 50.0, "max_crews": 1}],
          "crew": [{}, {"prefers": ["B"]}]}, 50.0),
        ({"sector": [{"area_ha": 50.0}, {"area_ha": 10.0, "exposure": 0.0}],
          "crew": [{}, {"sectors": ["B"]}]}, 50.0),
        ({"clearance": {"item_minutes": 6},
          "sector": {"area_ha": 100.0, "items_per_ha": 5}}, 150.0),
        ({"quality": {"inspected_share": 0.5, "failure_probability": 0.4}}, 120.0),
        ({"accidents": {"per_person_day": 0.05, "stand_down_days": 4}}, 120.0),
        # one attack in a working day, each of which stops half a day of it
        ({"shelling": ATTACKS | {"stop_hours": 0.5}}, 100 / np.exp(-0.5)),
        ({"shelling": ATTACKS | {"casualty_probability": 0.5, "recovery_days": 2}}, 200.0),
        ({"shelling": ATTACKS | {"recontaminated_parcels": 0.1, "ends": 60}}, 102.0),
        # with so many hits there is no moment without one, until the attacks end
        ({"shelling": ATTACKS | {"recontaminated_parcels": 90, "recontamination_effort": 0.01,
                                 "stop_hours": 0.6,
                                 "ends": 700}, "crew": {"count": 4}}, 701.0),
    ],
)  # fmt: skip
def test_the_twin_knows_what_can_be_reckoned(changes: dict, days: float) -> None:  # type: ignore[type-arg]
    stated = {"sector": {"area_ha": 100.0}} | changes
    (found,) = twin_of(build(**stated))
    assert found == pytest.approx(days, abs=1.5)


def test_outlines_are_the_numbers_of_the_worlds() -> None:
    scenario = build(
        sector=[{"area_ha": law("uniform", low=5, high=9), "count": 2},
                {"opens": law("uniform", low=1, high=50), "exposure": 3.0}],
        crew={"count": 3, "variation": 0.4, "arrives": law("uniform", low=0, high=9)},
        growth={"share": law("uniform", low=0, high=1), "found_until": 30},
        shelling={"regimes": [{"name": "x", "attacks_per_24h": 4, "mean_days": 5}]},
        pace={"weekly_cv": 0.3, "weekly_correlation": 0.2},
    )  # fmt: skip
    sampler = Sampler(scenario, seed=2)
    (outlines,) = sampler.outlines(range(3, 6))
    for i, world in enumerate(sampler.worlds(range(3, 6))):
        land = world.land
        m2 = (land.initial - 1) * land.parcel_m2 + land.last_initial_m2
        assert np.abs(outlines.area_ha[i] - m2 / 10_000).max() < 1e-4
        assert np.array_equal(np.rint(outlines.opens[i] * world.day_s), land.opens_s)
        assert np.array_equal(outlines.speed[i], world.crews.speed)
        assert np.array_equal(
            np.rint(outlines.arrives[i, :, 0] * world.day_s), world.crews.arrives_s
        )
        assert np.array_equal(outlines.pace[i, 0], world.calendar.pace[0])
