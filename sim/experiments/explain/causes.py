"""What makes a campaign late: causes of delay, and the scenario without one of them.

No two causes change the same key, so that any of them can be taken away together.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sim.scenario.attacks import Shelling
from sim.scenario.crews import Crew, Deployment
from sim.scenario.dates import in_days
from sim.scenario.kinds import ZERO, Time
from sim.scenario.laws import Law
from sim.scenario.scenario import Scenario

Change = Callable[[Scenario], Scenario]


@dataclass(frozen=True)
class Cause:
    """Something that takes time.

    Attributes
    ----------
    name
        In words.
    present
        Whether a scenario has it.
    without
        Gives the scenario in which it does not happen.
    """

    name: str
    present: Callable[[Scenario], bool]
    without: Change


def causes_of(scenario: Scenario) -> tuple[Cause, ...]:
    """Return the causes of delay that are in a scenario: closures and seasons by their names."""
    named = [("closure", closure.name) for closure in scenario.closure]
    named += [("season", x.name) for x in scenario.season if x.closed_from is not None]
    label = scenario.shelling.label if scenario.shelling else None
    return (
        *(
            replace(cause, name=f"{cause.name}:{label}") if cause is STOPS and label else cause
            for cause in CAUSES
            if cause.present(scenario)
        ),
        *(Cause(":".join(entry), _always, _no_entry(*entry)) for entry in named),
    )


def without(scenario: Scenario, causes: Iterable[Cause]) -> Scenario:
    """Return the scenario in which none of these causes happens."""
    for cause in causes:
        scenario = cause.without(scenario)
    return scenario


def _some(law: Law) -> bool:
    """Tell whether a number can be above 0."""
    return law.support[1] > 0


def _later(scenario: Scenario, when: Time) -> bool:
    """Tell whether a time can come after the start."""
    return _some(in_days(scenario, when))


def _shelling(scenario: Scenario) -> Shelling | None:
    """Return the shelling, if there is an attack to come."""
    shelling = scenario.shelling
    attacked = shelling is not None and any(_some(x.attacks_per_24h) for x in shelling.regimes)
    return shelling if attacked else None


def _no_table(name: str) -> Change:
    return lambda scenario: scenario.model_copy(update={name: None})


def _no_entry(table: str, name: str) -> Change:
    """Return what takes one entry out of an array of tables."""

    def change(scenario: Scenario) -> Scenario:
        left = tuple(entry for entry in getattr(scenario, table) if entry.name != name)
        return scenario.model_copy(update={table: left})

    return change


def _no_pace(key: str) -> Change:
    """Return what sets one key of the pace to zero."""

    def change(scenario: Scenario) -> Scenario:
        assert scenario.pace
        pace = scenario.pace.model_copy(update={key: 0.0})
        return scenario.model_copy(update={"pace": pace})

    return change


def _no_shelling(key: str, zero: object) -> Change:
    """Return what sets one key of the shelling to zero."""

    def change(scenario: Scenario) -> Scenario:
        assert scenario.shelling
        shelling = scenario.shelling.model_copy(update={key: zero})
        return scenario.model_copy(update={"shelling": shelling})

    return change


def _open_at_once(scenario: Scenario) -> Scenario:
    sectors = tuple(x.model_copy(update={"opens": ZERO}) for x in scenario.sector)
    return scenario.model_copy(update={"sector": sectors})


def _comes_later(scenario: Scenario, crew: Crew) -> bool:
    """Tell whether some of the crews come after the start."""
    if not crew.deployment:
        return _later(scenario, crew.arrives)
    rises = len(_at_once(crew).deployment) < len(crew.deployment)
    return rises or _later(scenario, crew.deployment[0].from_)


def _at_once(crew: Crew) -> Crew:
    """Return crews that are there from day 0 on as long as they would be: no number ever rises.

    An entry of a deployment before one of more crews has their number: it is left out, and the one
    of more begins when it does.
    """
    left: list[Deployment] = []
    for entry in reversed(crew.deployment):
        if left and entry.count.mean <= left[-1].count.mean:
            left[-1] = left[-1].model_copy(update={"from_": entry.from_})
        else:
            left.append(entry)
    if left:
        left[-1] = left[-1].model_copy(update={"from_": ZERO})
    return crew.model_copy(update={"arrives": ZERO, "deployment": tuple(reversed(left))})


def _there_at_once(scenario: Scenario) -> Scenario:
    return scenario.model_copy(update={"crew": tuple(map(_at_once, scenario.crew))})


def _has_stops(s: Scenario) -> bool:
    shelling = _shelling(s)
    return shelling is not None and _some(shelling.stop_hours)


def _has_casualties(s: Scenario) -> bool:
    shelling = _shelling(s)
    return shelling is not None and shelling.casualty_probability > 0


def _has_recontamination(s: Scenario) -> bool:
    shelling = _shelling(s)
    return shelling is not None and shelling.recontaminated_parcels > 0


def _always(_: Scenario) -> bool:
    return True


def _has_weather(s: Scenario) -> bool:
    lost = s.weather.lost_day_probability if s.weather else 0.0
    return max(lost) > 0 if isinstance(lost, tuple) else lost > 0


def _stops_when_spent(s: Scenario) -> bool:
    return s.money is not None and s.money.when_spent == "stop" and len(s.money.fund) > 0


def _pay_all_the_same(s: Scenario) -> Scenario:
    assert s.money
    return s.model_copy(update={"money": s.money.model_copy(update={"when_spent": "continue"})})


STOPS = Cause("shelling", _has_stops, _no_shelling("stop_hours", ZERO))
CAUSES = (
    STOPS,
    Cause("casualties", _has_casualties, _no_shelling("casualty_probability", 0.0)),
    Cause("re-contamination", _has_recontamination, _no_shelling("recontaminated_parcels", 0.0)),
    Cause("weather", _has_weather, _no_table("weather")),
    Cause("weekly shocks", lambda s: bool(s.pace and s.pace.weekly_cv > 0), _no_pace("weekly_cv")),
    Cause(
        "drift of the pace",
        lambda s: bool(s.pace and s.pace.drift_cv_per_year > 0),
        _no_pace("drift_cv_per_year"),
    ),
    Cause(
        "quality and rework",
        lambda s: bool(s.quality and s.quality.inspected_share > 0),
        _no_table("quality"),
    ),
    Cause(
        "accidents",
        lambda s: bool(s.accidents and _some(s.accidents.per_person_day)),
        _no_table("accidents"),
    ),
    Cause("late opening", lambda s: any(_later(s, x.opens) for x in s.sector), _open_at_once),
    Cause("growth", lambda s: bool(s.growth and _some(s.growth.share)), _no_table("growth")),
    Cause("spent funds", _stops_when_spent, _pay_all_the_same),
    Cause("late crews", lambda s: any(_comes_later(s, x) for x in s.crew), _there_at_once),
)
