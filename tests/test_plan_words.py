"""What a plan says beside its answer: what is open, when more is worse, what holds it back."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import pytest
from build import MONDAY, build, law
from drawn import Drawn

from sim import Scenario, plan
from sim.experiments.plan import picture
from sim.experiments.plan.plan import Plan
from sim.experiments.plan.report import lines
from sim.experiments.plan.table import columns, table

CREWS = "crew.c0.count"
LOWER, MORE = "This is the lower end of the range", "More was not tried"


def day(number: int) -> dt.date:
    """Return the date on which the n-th day ends."""
    return MONDAY + dt.timedelta(days=number - 1)


def told(
    scenario: Scenario, *, by: int, vary: Mapping[str, Sequence[float]], **more: Any
) -> tuple[Plan, str]:
    """Return a plan and the lines of its answer."""
    found = plan(scenario, deadline=day(by), vary=vary, **more)
    frame = table(found, columns([t.settings for t in found.trials], scenario))
    points = prod(map(len, vary.values()))
    said = lines(frame, scenario, goal=found.goal, date=day(by), seed=0, points=points)
    return found, "\n".join(said).split("What was tried?")[0]


def test_an_answer_at_the_lower_end_of_its_range_is_said_to_be() -> None:
    ten = build()
    assert f"{LOWER}: less was not tried" in told(ten, by=3, vary={CREWS: range(4, 8)})[1]
    assert LOWER not in told(ten, by=3, vary={CREWS: range(3, 8)})[1]
    two = build(crew=[{}, {}])
    _, text = told(two, by=3, vary={CREWS: [2, 3], "crew.c1.count": range(1, 4)})
    assert f"{LOWER} of {CREWS}: less" in text
    _, text = told(two, by=10, vary={CREWS: [1, 2], "crew.c1.count": range(2)})
    assert f"{LOWER} of {CREWS}: less" in text  # nobody can send less than no crew


def test_what_was_not_tried_above_the_answer_is_said() -> None:
    assert MORE in told(build(), by=3, vary={CREWS: range(3, 8)})[1]
    assert MORE not in told(build(), by=3, vary={CREWS: range(3, 5)})[1]
    assert MORE not in told(build(), by=3, vary={CREWS: range(3, 8)}, minimise="crews")[1]


def coin(**tables: Any) -> Scenario:
    """Return ten hectares that two crews clear in time in half of the campaigns, three always."""
    return build(factors={"rate": law("discrete", values=[0.8, 1.2])}, **tables)


def test_what_is_undecided_stands_there_with_its_chance_so_far() -> None:
    found, text = told(coin(), by=5, vary={CREWS: range(1, 5)}, confidence=0.5, most=128)
    undecided = found.trials[1].probability
    chance = f"{100 * undecided.value:.0f} % ({100 * undecided.low:.0f} to "
    assert f"{CREWS}=3, unless 2 already suffices: not decided after 128 replications" in text
    assert "chance so far" in text
    assert re.search(rf"\n +2 +{re.escape(chance)}", text)
    _, text = told(coin(), by=5, vary={CREWS: [1, 2]}, confidence=0.5, most=128)
    assert "Not decided: 2 may suffice; not decided after 128 replications." in text
    assert chance in text.split("The best is")[0]


def test_several_keys_have_a_table_of_what_is_undecided() -> None:
    scenario = coin(crew=[{}, {}])
    keys = {CREWS: range(1, 4), "crew.c1.count": range(2)}
    found, text = told(scenario, by=5, vary=keys, confidence=0.5, most=128)
    assert [t.decided for t in found.trials] == [
        "fails", "undecided", "undecided", "meets", "meets", "meets",
    ]  # fmt: skip
    assert f"{CREWS}=2, crew.c1.count=1, unless one of these already suffices: not decided" in text
    header, *rows = text.split("replications\n")[1].splitlines()[:3]
    assert header.split("  ")[2:] == [f"c{k}: number of crews" for k in (0, 1)] + ["chance so far"]
    assert [row.split()[:2] for row in rows] == [["1", "1"], ["2", "0"]]


def spending(amount: Any = 25.0) -> Scenario:
    """Return a campaign of which a fund can pay two crews, perhaps three, but never four."""
    fund = {"name": "grant", "roles": ["clearance"], "amount": amount}
    crew = {"cost_per_day": 1.0, "cost_to_mobilise": 4.0}
    return coin(crew=crew, money={"fund": [fund], "when_spent": "stop"})


def test_more_that_is_worse_is_said() -> None:
    found, text = told(spending(), by=7, vary={CREWS: range(2, 6)}, minimise="crews")
    chances = [trial.probability.value for trial in found.trials]
    assert chances[0] == 1
    assert chances[-1] == 0
    assert f"More is worse: the chance is 100 % (97.1 to 100 %) with {CREWS}=2, but " in text
    assert " with 3 and 0 % (0 to 2.9 %) with 4." in text
    _, text = told(build(), by=3, vary={CREWS: range(2, 6)}, minimise="crews")
    assert "worse" not in text


def test_a_fall_that_may_be_luck_is_not_said() -> None:
    amount = law("discrete", values=[23.0, 1000.0], weights=[0.05, 0.95])
    found, text = told(spending(amount), by=7, vary={CREWS: [2, 3]}, minimise="crews", most=128)
    two, three = (trial.probability for trial in found.trials)
    assert three.value < two.value == 1
    assert three.high > two.low
    assert "worse" not in text


def test_a_spent_fund_holds_the_best_back() -> None:
    found, text = told(spending(), by=9, vary={CREWS: [4, 5]})
    best = max(found.trials, key=lambda trial: trial.probability.value)
    assert best.holdback
    assert best.holdback.stopped
    assert best.holdback.stopped.value == 1
    assert "A fund is spent: in 100 % of the late ones its crews stopped for good" in text
    assert found.trials[0].probability.value < 0.8


def test_late_access_holds_the_best_back() -> None:
    late = {"area_ha": 1.0, "opens": 8.0, "max_crews": 2}
    _, text = told(build(sector=[{}, late]), by=8, vary={CREWS: [5, 6]})
    assert "None of these reaches 80 %." in text
    assert "Finished last: B in 100 % of the campaigns; B opens 8 Jul 2025 and takes" in text
    assert "takes at most 2 crews at once" in text
    assert "Often waiting: c0" in text
    some = {"area_ha": 1.0, "opens": law("uniform", low=0.0, high=20.0)}
    _, text = told(build(sector=[{}, some]), by=8, vary={CREWS: [5, 6]})
    assert "B opens 2 Jul 2025 to 18 Jul 2025 (P10 to P90)" in text


def test_another_role_holds_the_best_back() -> None:
    crews = [{}, {"role": "survey", "rate_ha_per_day": 1.0}]
    scenario = build(crew=crews, survey={}, sector={"area_ha": 20.0})
    _, text = told(scenario, by=10, vary={CREWS: [4, 5]})
    assert "Nearly always busy: c1 for survey; often waiting: c0 for clearance (7" in text


def test_nothing_holds_an_answer_back() -> None:
    found, text = told(build(), by=3, vary={CREWS: range(3, 8)})
    assert "What holds it back?" not in text
    assert not any(trial.holdback for trial in found.trials)


@pytest.mark.parametrize("aim", ["crews", "cost"])
def test_points_of_several_keys_are_labelled_and_costs_have_their_currency(
    aim: Any, drawn: list[Drawn], tmp_path: Path
) -> None:
    crews = [{"cost_per_day": 3.0} for _ in range(3)]
    scenario = build(crew=crews, money={"currency": "XOF"})
    keys = [f"crew.c{i}.count" for i in range(3)]
    found = plan(scenario, deadline=day(4), vary={key: [1, 2] for key in keys}, minimise=aim)
    done = table(found, columns([t.settings for t in found.trials], scenario))
    picture.draw(
        done, tmp_path / "p.png", scenario=scenario, date=day(4), confidence=0.8, aim=aim, seed=0
    )
    shown = drawn[0]
    shown.assert_readable()
    x_label = shown.figure.axes[0].get_xlabel()
    name = "mean cost, XOF" if aim == "cost" else "mean number of crews"
    assert x_label.startswith(f"{name}\nbeside the points: ")
    labels = {", ".join(str(v) for v in trial.settings.values()) for trial in found.trials}
    assert labels & set(shown.words) == labels


def test_points_of_one_key_are_labelled_with_their_chance(
    drawn: list[Drawn], tmp_path: Path
) -> None:
    found, _ = told(coin(), by=5, vary={CREWS: range(1, 5)}, confidence=0.5, most=128)
    done = table(found, columns([t.settings for t in found.trials], coin()))
    picture.draw(
        done, tmp_path / "p.png", scenario=coin(), date=day(5), confidence=0.5, aim=None, seed=0
    )
    drawn[0].assert_readable()
    shown = [text.get_text() for text in drawn[0].figure.axes[0].texts]
    chances = [trial.probability.value for trial in found.trials]
    assert sorted(shown) == sorted(f"{100 * chance:.0f} %" for chance in chances)
    assert any("unless an undecided one already suffices" in words for words in drawn[0].words)
