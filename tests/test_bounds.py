"""What is drawn stays within what can be counted, or is refused by its key, in both engines."""

from pathlib import Path
from typing import Any

import pytest
from build import MONDAY, build, law, plays
from conftest import Demine

from sim.errors import ScenarioError
from sim.outcome import gather, rows
from sim.scenario.checks import most_money
from sim.scenario.scenario import Scenario
from sim.statistics.summary import costs

ROUND_THE_CLOCK = {"hours_per_day": 24.0, "horizon_days": 2000.0}


def either(often: float, seldom: float, share: float) -> dict[str, Any]:
    """A law of one of two numbers, whose mean says little about the greater one."""
    return law("discrete", values=(often, seldom), weights=(1 - share, share))


def shelled(attacks: dict[str, Any], *, crews: int = 1, **more: Any) -> Scenario:
    regime = {"name": "worst week", "attacks_per_24h": attacks, "mean_days": 1.0}
    return build(
        campaign=ROUND_THE_CLOCK,
        crew={"count": crews},
        shelling={"regimes": (regime,), **more},
    )


BEYOND = [
    (
        "crew.c0.cost_per_day",
        lambda: build(
            campaign={"horizon_days": 120.0},
            crew={"count": 400, "cost_per_day": either(0, 8e8, 0.5)},
        ),
    ),
    (
        "crew.c0.cost_to_mobilise",
        lambda: build(
            sector={"area_ha": 1.0}, crew={"count": 20_000, "cost_to_mobilise": either(0, 2e9, 0.5)}
        ),
    ),
    (
        "money.fund.gift.amount",
        lambda: build(
            campaign=ROUND_THE_CLOCK,
            money={
                "fund": (
                    {"name": "gift", "roles": ("clearance",), "amount": either(0, 1.8e12, 0.5)},
                )
            },
        ),
    ),
    (
        "sector",
        lambda: build(
            campaign={"parcel_ha": 1e6}, sector={"count": 150, "area_ha": either(1, 1.2e9, 0.5)}
        ),
    ),
    (
        "sector",
        lambda: build(
            campaign={"parcel_ha": 1e6},
            sector={"area_ha": 1e9},
            growth={"share": either(0, 500, 0.1), "found_until": 5.0},
        ),
    ),
    (
        "sector.A.items_per_ha",
        lambda: build(
            sector={"items_per_ha": either(0, 1e5, 0.09)},
            clearance={"item_dispersion": 0.01, "item_minutes": 1.0},
        ),
    ),
    ("crew.c0.rate_ha_per_day", lambda: build(crew={"rate_ha_per_day": either(1, 1e-14, 0.1)})),
    ("crew.c0.rate_ha_per_day", lambda: build(crew={"rate_ha_per_day": either(1, 1e-320, 0.1)})),
    (
        "accidents.per_person_day",
        lambda: build(accidents={"per_person_day": either(0, 1.5e5, 0.05)}),
    ),
    (
        'shelling.regimes."worst week".attacks_per_24h',
        lambda: shelled(either(0, 1e5, 0.04)),
    ),
    (
        "shelling.recontaminated_parcels",
        lambda: shelled(either(0, 650, 0.04), recontaminated_parcels=100.0),
    ),
    (
        "shelling.casualty_probability",
        lambda: shelled(either(0, 650, 0.04), crews=100, casualty_probability=1.0),
    ),
]


@pytest.mark.parametrize(
    ("key", "make"), BEYOND, ids=[f"{i}-{key}" for i, (key, _) in enumerate(BEYOND)]
)
def test_a_draw_that_cannot_be_counted_is_refused_by_its_key(key: str, make: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        plays(make(), n=100)
    (problem,) = caught.value.problems
    assert problem.key == key
    assert problem.found.startswith("a draw of about")


@pytest.mark.parametrize("hours", [6.0, 24.0])
def test_the_most_money_that_passes_is_counted_alike_in_both_engines(hours: float) -> None:
    """A crew stays for 100 days; the horizon bounds what it can cost."""
    campaign = {"hours_per_day": hours, "horizon_days": 100.0, "parcel_ha": 100.0}
    crew = {"count": 5_000, "rate_ha_per_day": 0.5}
    one = 0.99 * most_money(build(campaign=campaign)) / 5_000
    parts = {"cost_per_day": min(0.4e-2 * one, 1e9), "cost_to_mobilise": min(0.599 * one, 1e9)}
    crew |= {name: round(part) for name, part in parts.items()}
    scenario = build(campaign=campaign, sector={"area_ha": 1.0}, crew=crew)
    ensembles = [
        gather(scenario, seed=0, asked=1, batches=[rows(plays(scenario, n=1, engine=engine))])
        for engine in ("simpy", "compiled")
    ]
    spent = 5_000 * (crew["cost_to_mobilise"] + 2 * crew["cost_per_day"])
    assert ensembles[0] == ensembles[1]
    assert costs(ensembles[1]) == pytest.approx(spent)


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_a_run_that_cannot_count_its_money_is_refused(
    demine: Demine, tmp_path: Path, engine: str
) -> None:
    (tmp_path / "own.toml").write_text(
        f"""
        [campaign]
        name = "dear"
        start = {MONDAY}
        horizon_days = 120
        [[sector]]
        name = "a"
        area_ha = 5
        [[crew]]
        name = "b"
        role = "clearance"
        count = 100
        rate_ha_per_day = 0.1
        cost_per_day = {{ dist = "lognormal", mean = 1e8, cv = 10 }}
        """,
        encoding="utf-8",
    )
    asked = ("--engine", engine, "--replications", "300", "--jobs", "1")
    code, out, err = demine("run", "own.toml", *asked)
    assert (code, out) == (2, "")
    assert err.startswith("error: scenario dear: crew.b.cost_per_day: found a draw of about ")
    assert err.count("\n") == 1
    code, _, err = demine("check", "own.toml")
    assert (code, err) == (0, "")
