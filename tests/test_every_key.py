"""No dead input: every key of the schema changes the outcome, or is listed with what it changes.

The keys are read off the schema itself, so that a new one without a case fails here.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest
from build import FAST, Tree, build, count, law, plays
from keys import DESCRIPTIVE, keys_of_runs

from sim.outcome import COUNTS, Outcome, states_of
from sim.scenario.variants import vary


@dataclass(frozen=True)
class Case:
    """A scenario, another value of one key, and what of the outcome it must change."""

    value: Any
    changes: str
    about: Tree = field(default_factory=dict)
    key: str = ""  # where entries are named: the key as `vary` takes it
    also: Tree = field(default_factory=dict)  # settings without which the value would be wrong


SHELLED: Tree = {
    "shelling": {
        "regimes": [{"name": "x", "attacks_per_24h": 30, "mean_days": 5}],
        "stop_hours": 0.1,
    }
}
HIT: Tree = {"shelling": SHELLED["shelling"] | {"recontaminated_parcels": 0.5}}
HURT: Tree = {"shelling": SHELLED["shelling"] | {"casualty_probability": 0.5, "recovery_days": 1}}
STORMS: Tree = {
    "shelling": SHELLED["shelling"]
    | {
        "regimes": [
            {"name": "x", "attacks_per_24h": 30, "mean_days": 5},
            {"name": "y", "attacks_per_24h": 1, "mean_days": 5},
        ]
    }
}
TWO: Tree = {"sector": [{}, {}]}
IN_REGION: Tree = {"sector": [{}, {"region": "R"}]}
TEAMS: Tree = {"crew": [{}, {}]}
BY_DEMINERS: Tree = {"crew": {"rate_m2_per_deminer_day": 2000, "people": 5}}
ITEMS: Tree = {"sector": {"items_per_ha": 5}, "clearance": {"item_minutes": 2}}
SURVEYED: Tree = {"crew": [{"role": "survey"}, {"role": "clearance"}], "survey": {}}
CANCELLED: Tree = SURVEYED | {"survey": {"cancelled_share": 0.5}}
RESTORED: Tree = {"crew": [{"role": "clearance"}, {"role": "restoration"}], "restoration": {}}
CHECKED: Tree = {"quality": {"inspected_share": 1, "failure_probability": 0.5}}
WINTER: Tree = {
    "season": [{"name": "x", "closed_from": "07-02", "closed_until": "07-05", "pace": 0.5}]
}
SHUT: Tree = {"closure": [{"name": "x", "from": 2, "until": 5}]}
RAINY: Tree = {"weather": {"lost_day_probability": 0.3}}
WEEKS: Tree = {"pace": {"weekly_cv": 0.5}}
RISKY: Tree = {"accidents": {"per_person_day": 0.2, "stand_down_days": 1}}
COMING: Tree = {
    "crew": {
        "deployment": [
            {"name": "x", "from": 0, "count": 2},
            {"name": "y", "from": 2, "count": 0},
            {"name": "z", "from": 5, "count": 1},
        ]
    }
}
PAID: Tree = {
    "crew": {"cost_per_day": 10},
    "money": {
        "when_spent": "stop",
        "fund": [{"name": "f", "roles": ["clearance"], "amount": 50}],
    },
}
GRANTED: Tree = {
    "crew": {"cost_per_day": 10},
    "money": {
        "when_spent": "stop",
        "fund": [
            {
                "name": "f",
                "roles": ["clearance"],
                "tranches": [{"from": 0, "amount": 20}, {"name": "x", "from": 5, "amount": 50}],
            }
        ],
    },
}
SHARED: Tree = {
    "crew": {"cost_per_day": 10},
    "money": {
        "fund": [{"name": n, "roles": ["clearance"], "amount": 50, "share": 0.5} for n in "fg"]
    },
}
RUN: Tree = SHARED | {
    "money": SHARED["money"]
    | {"overhead": [{"name": "x", "fund": "f", "per_year": 365.25, "once": 9}]}
}

DUE: Tree = {
    "sector": [{}, {"region": "R"}, {"region": "Q"}],
    "deadline": [
        {"name": "d", "date": dt.date(2025, 7, 8), "regions": ["R"]},
        {"name": "e", "date": dt.date(2025, 7, 8)},
    ],
}

CASES = {
    "campaign.start": Case(
        dt.date(2025, 7, 4), "completion_s", {"campaign": {"rest_days": ["sun"]}}
    ),
    "campaign.horizon_days": Case(5, "completion_s"),
    "campaign.parcel_ha": Case(4, "completion_s", {"crew": {"count": 2}}),
    "campaign.hours_per_day": Case(6, "completion_s"),
    "campaign.rest_days": Case(["mon"], "completion_s"),
    "campaign.dispatch": Case("balanced", "sector_release_s", TWO | {"crew": {"count": 2}}),
    "factors.area": Case(1.5, "released_m2"),
    "factors.rate": Case(1.5, "completion_s"),
    "factors.crews": Case(2, "completion_s"),
    "factors.items": Case(1.5, "items", ITEMS),
    "deadline.date": Case(dt.date(2025, 7, 20), "deadline_m2", DUE, "deadline.d.date"),
    "deadline.regions": Case(["Q"], "deadline_s", DUE, "deadline.d.regions"),
    "deadline.sectors": Case(["A"], "deadline_s", DUE, "deadline.e.sectors"),
    "deadline.released_share": Case(0.5, "deadline_s", DUE, "deadline.d.released_share"),
    "deadline.released_ha": Case(3, "deadline_s", DUE, "deadline.e.released_ha"),
    "sector.count": Case(2, "released_m2"),
    "sector.area_ha": Case(8.5, "released_m2"),
    "sector.area_m2": Case(85_000, "released_m2"),
    "sector.priority": Case(1, "sector_release_s", TWO),
    "sector.opens": Case(1, "completion_s"),
    "sector.difficulty": Case(2, "completion_s"),
    "sector.items_per_ha": Case(6, "items", ITEMS),
    "sector.exposure": Case(0.2, "sector_release_s", TWO | SHELLED),
    "sector.max_crews": Case(2, "completion_s", {"crew": {"count": 3}}),
    "sector.order": Case("easiest", "release_s", {"clearance": {"parcel_variation": 0.5}}),
    "sector.region": Case(
        "R", "sector_release_s", {"sector": [{}, {"region": "R"}], "crew": [{"sectors": ["R"]}, {}]}
    ),
    "sector.status": Case("confirmed", "cancelled_m2", CANCELLED),
    "sector.cancelled_share": Case(0.1, "cancelled_m2", CANCELLED),
    "sector.reduced_share": Case(0.3, "reduced_m2", CANCELLED),
    "crew.role": Case(
        "survey", "completion_s",
        {"crew": [{"role": "survey"}, {"rate_ha_per_day": 2}, {}], "survey": {}}, "crew.c2.role",
    ),
    "crew.operator": Case(
        "c0", "completion_s",
        TEAMS | {"closure": [SHUT["closure"][0] | {"operators": ["c0"]}]}, "crew.c1.operator",
    ),
    "crew.count": Case(2, "completion_s"),
    "crew.count_factor": Case(3, "completion_s"),
    "crew.deployment.from": Case(4, "completion_s", COMING, "crew.c0.deployment.z.from"),
    "crew.deployment.count": Case(1, "completion_s", COMING, "crew.c0.deployment.y.count"),
    "crew.people": Case(5, "accidents", RISKY),
    "crew.deminers": Case(4, "completion_s", BY_DEMINERS),
    "crew.rate_ha_per_day": Case(2, "completion_s"),
    "crew.rate_m2_per_day": Case(20_000, "completion_s"),
    "crew.rate_m2_per_deminer_day": Case(5_000, "completion_s", BY_DEMINERS),
    "crew.variation": Case(0.5, "completion_s"),
    "crew.arrives": Case(3, "completion_s"),
    "crew.leaves": Case(3, "completion_s"),
    "crew.rest_days": Case(["mon"], "lost_rest"),
    "crew.cycle.days_on": Case(4, "lost_rest", {"crew": {"cycle": {"days_on": 2, "days_off": 3}}}),
    "crew.cycle.days_off": Case(4, "lost_rest", {"crew": {"cycle": {"days_on": 2, "days_off": 3}}}),
    "crew.sectors": Case(["B"], "sector_release_s", TWO | {"crew": [{}, {"rate_ha_per_day": 2}]}),
    "crew.prefers": Case(["B"], "sector_release_s", TWO),
    "crew.move_hours": Case(1, "moving", TWO),
    "crew.cost_per_day": Case(1, "cost"),
    "crew.standby_cost_per_day": Case(1, "cost", {"crew": {"cost_per_day": 3}} | SHUT),
    "crew.cost_to_mobilise": Case(1, "cost"),
    "crew.stays": Case(
        "to the end", "crew_present_s",
        TWO | {"crew": [{"sectors": ["A"], "rate_ha_per_day": 2}, {}]},
    ),
    "crew.price_per_ha": Case(1, "cost"),
    "crew.price_per_m2": Case(1, "cost"),
    "clearance.parcel_variation": Case(0.5, "completion_s"),
    "clearance.item_dispersion": Case(0.5, "items", ITEMS),
    "clearance.item_minutes": Case(9, "completion_s", ITEMS),
    "survey.cancelled_share": Case(0.5, "cancelled_m2", SURVEYED),
    "survey.reduced_share": Case(0.5, "reduced_m2", SURVEYED),
    "survey.parcel_variation": Case(0.5, "completion_s", SURVEYED),
    "growth.share": Case(0.6, "found_m2", {"growth": {"share": 0.2}}),
    "growth.found_until": Case(90, "completion_s", {"growth": {"share": 0.2}}),
    "quality.inspected_share": Case(0.3, "completion_s", CHECKED),
    "quality.failure_probability": Case(0.1, "completion_s", CHECKED),
    "quality.inspection_days": Case(2, "completion_s", CHECKED),
    "quality.rework_share": Case(0.3, "completion_s", CHECKED),
    "shelling.regimes.attacks_per_24h": Case(
        90, "attacks", SHELLED, "shelling.regimes.x.attacks_per_24h"
    ),
    "shelling.regimes.mean_days": Case(50, "attacks", STORMS, "shelling.regimes.x.mean_days"),
    "shelling.ends": Case(5, "attacks", SHELLED),
    "shelling.stop_hours": Case(0.3, "lost_shelling", SHELLED),
    "shelling.recontaminated_parcels": Case(1.5, "recontaminated_m2", SHELLED),
    "shelling.recontamination_effort": Case(0.1, "completion_s", HIT),
    "shelling.casualty_probability": Case(0.5, "casualties", SHELLED),
    "shelling.recovery_days": Case(4, "lost_casualty", HURT),
    "closure.from": Case(1, "completion_s", SHUT, "closure.x.from"),
    "closure.until": Case(4, "completion_s", SHUT, "closure.x.until"),
    "closure.pace": Case(0.5, "completion_s", SHUT, "closure.x.pace"),
    "closure.regions": Case(["R"], "sector_release_s", IN_REGION | SHUT, "closure.x.regions"),
    "closure.sectors": Case(["B"], "sector_release_s", TWO | SHUT, "closure.x.sectors"),
    "closure.operators": Case(["c1"], "completion_s", TEAMS | SHUT, "closure.x.operators"),
    "season.closed_from": Case("07-03", "completion_s", WINTER, "season.x.closed_from"),
    "season.closed_until": Case("07-04", "completion_s", WINTER, "season.x.closed_until"),
    "season.shift_days": Case(-4, "completion_s", WINTER, "season.x.shift_days"),
    "season.pace": Case(0, "completion_s", WINTER, "season.x.pace"),
    "season.regions": Case(["R"], "completion_s", IN_REGION | WINTER, "season.x.regions"),
    "season.sectors": Case(["B"], "completion_s", TWO | WINTER, "season.x.sectors"),
    "season.operators": Case(["c1"], "completion_s", TEAMS | WINTER, "season.x.operators"),
    "weather.lost_day_probability": Case(0.5, "lost_weather"),
    "weather.yearly_cv": Case(0.9, "lost_weather", RAINY),
    "weather.spell_days": Case(9, "lost_weather", RAINY),
    "pace.drift_cv_per_year": Case(0.9, "lost_weekly_pace"),
    "pace.weekly_cv": Case(0.2, "lost_weekly_pace", WEEKS),
    "pace.weekly_correlation": Case(0.8, "lost_weekly_pace", WEEKS),
    "accidents.per_person_day": Case(0.6, "accidents", RISKY),
    "accidents.stand_down_days": Case(3, "stand_down", RISKY),
    "accidents.victims": Case(3, "casualties", RISKY),
    "restoration.share": Case(0.3, "restored_s", RESTORED),
    "restoration.starts": Case("sector", "restored_s", RESTORED),
    "restoration.parcel_variation": Case(0.5, "restored_s", RESTORED),
    "money.when_spent": Case("continue", "completion_s", PAID),
    "money.fund.roles": Case(["restoration"], "completion_s", PAID, "money.fund.f.roles"),
    "money.fund.share": Case(
        0.25, "fund_cost", SHARED, "money.fund.f.share", {"money.fund.g.share": 0.75}
    ),
    "money.overhead.fund": Case("g", "fund_cost", RUN, "money.overhead.x.fund"),
    "money.overhead.per_year": Case(700, "cost", RUN, "money.overhead.x.per_year"),
    "money.overhead.once": Case(7, "cost", RUN, "money.overhead.x.once"),
    "money.fund.amount": Case(80, "released_m2", PAID, "money.fund.f.amount"),
    "money.fund.tranches.from": Case(4, "release_s", GRANTED, "money.fund.f.tranches.x.from"),
    "money.fund.tranches.amount": Case(
        60, "release_s", GRANTED, "money.fund.f.tranches.x.amount"
    ),
}  # fmt: skip


def quantity(outcome: Outcome, name: str) -> list[int]:
    """Return what an outcome says of a count, of the crews' time in a state, or of a field."""
    if name in COUNTS:
        return [count(outcome, name)]
    states = states_of(outcome.world.scenario)
    if name in states:
        return [int(outcome.crew_time[:, states[name]].sum())]
    value = getattr(outcome, name)
    return [value] if isinstance(value, int) else value.tolist()


def test_every_key_of_the_schema_has_its_case() -> None:
    known = set(keys_of_runs())
    assert len(known) > 60
    assert set(CASES) | set(DESCRIPTIVE) == known
    assert not set(CASES) & set(DESCRIPTIVE)


@pytest.mark.parametrize("key", CASES)
def test_changing_the_key_changes_the_outcome(key: str) -> None:
    case = CASES[key]
    table, _, rest = key.partition(".")
    entry = {"sector": "sector.A.", "crew": "crew.c0."}.get(table, f"{table}.")
    before = build(**{"campaign": {"horizon_days": 300}} | case.about)
    after = vary(before, settings={case.key or entry + rest: case.value} | case.also)
    old, new = plays(before, n=4), plays(after, n=4)
    changed = [
        quantity(a, case.changes) != quantity(b, case.changes)
        for a, b in zip(old, new, strict=True)
    ]
    assert any(changed)


DEADLINE: Tree = {"deadline": [{"name": "d", "date": dt.date(2025, 9, 1)}]}
FUND: Tree = {"money": PAID["money"]}
LABELS = [
    ("campaign.name", "other", {}),
    ("campaign.title", "other", {}),
    ("campaign.unit", "m2", {}),
    ("deadline.d.name", "other", DEADLINE),
    ("sector.A.name", "other", {}),
    ("crew.c0.name", "other", {}),
    ("crew.c0.deployment.x.name", "other", COMING),
    ("shelling.label", "other", SHELLED),
    ("shelling.regimes.x.name", "other", SHELLED),
    ("closure.x.name", "other", SHUT),
    ("season.x.name", "other", WINTER),
    ("money.fund.f.name", "other", FUND),
    ("money.fund.f.tranches.x.name", "other", {"money": GRANTED["money"]}),
    ("money.overhead.x.name", "other", {"money": RUN["money"]}),
    ("money.currency", "EUR", FUND),
]


def test_every_descriptive_key_is_tried() -> None:
    entries = {"d", "A", "c0", "x", "f"}
    tried = [".".join(p for p in key.split(".") if p not in entries) for key, _, _ in LABELS]
    assert tried == list(DESCRIPTIVE)


@pytest.mark.parametrize(("key", "value", "about"), LABELS, ids=[key for key, _, _ in LABELS])
def test_a_descriptive_key_changes_the_scenario_but_not_the_outcome(
    key: str, value: object, about: Tree
) -> None:
    # without chance in what the name addresses, that is
    base = build(**about)
    changed = vary(base, settings={key: value})
    assert changed.digest() != base.digest()
    assert plays(base, n=2) == plays(changed, n=2)


@pytest.mark.parametrize(
    ("key", "about"),
    [
        ("sector.A.name", {"clearance": {"parcel_variation": 0.5}}),
        ("crew.c0.name", {"crew": {"variation": 0.5}}),
        (
            "shelling.regimes.x.name",
            {
                "shelling": {
                    "stop_hours": 0.5,
                    "regimes": [
                        {
                            "name": "x",
                            "attacks_per_24h": law("uniform", low=9, high=90),
                            "mean_days": 1,
                        }
                    ],
                }
            },
        ),
        (
            "crew.c0.deployment.x.name",
            {
                "crew": {
                    "deployment": [
                        {"name": "x", "from": 0, "count": law("uniform", low=0.5, high=9)}
                    ]
                }
            },
        ),
        (
            "closure.x.name",
            {"closure": [SHUT["closure"][0] | {"until": law("uniform", low=3, high=9)}]},
        ),
        (
            "season.x.name",
            {"season": [WINTER["season"][0] | {"pace": law("uniform", low=0, high=1)}]},
        ),
        (
            "money.fund.f.name",
            {
                "crew": {"cost_per_day": 10},
                "money": {
                    "when_spent": "stop",
                    "fund": [
                        {
                            "name": "f",
                            "roles": ["clearance"],
                            "amount": law("uniform", low=20, high=90),
                        }
                    ],
                },
            },
        ),
        (
            "money.overhead.x.name",
            {"money": {"overhead": [{"name": "x", "once": law("uniform", low=1, high=99)}]}},
        ),
        (
            "money.fund.f.tranches.x.name",
            {
                "crew": {"cost_per_day": 10},
                "money": {
                    "when_spent": "stop",
                    "fund": [
                        {
                            "name": "f",
                            "roles": ["clearance"],
                            "tranches": [
                                {
                                    "name": "x",
                                    "from": law("uniform", low=1, high=9),
                                    "amount": law("uniform", low=20, high=90),
                                }
                            ],
                        }
                    ],
                },
            },
        ),
    ],
)
def test_a_name_is_the_address_of_random_numbers(key: str, about: Tree) -> None:
    base = build(**about)
    renamed = vary(base, settings={key: "other"})
    assert plays(base, n=2) != plays(renamed, n=2)


def test_the_outcome_does_not_change_by_itself() -> None:
    # or the tests above would prove nothing
    scenario = build(**SURVEYED | HIT | RISKY)
    assert plays(scenario, n=4, engine=FAST) == plays(scenario, n=4, engine=FAST)
