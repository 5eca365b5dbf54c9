"""Crews by a profile: who is there when, counted by hand; crews that come back; bad input."""

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from build import (
    DAY,
    MONDAY,
    Engine,
    Tree,
    build,
    every_engine,
    ints,
    law,
    on_a_grid,
    play,
    spent,
    with_accidents,
    with_crews,
)
from conftest import Demine

from sim.engines.simpy.campaign import Happening, run
from sim.errors import ScenarioError
from sim.experiments.explain.causes import causes_of, without
from sim.sampling import Sampler, sample_world
from sim.sampling.crews import stays_of
from sim.scenario.doubts import doubts
from sim.scenario.scenario import Scenario, title_of
from sim.scenario.variants import load_scenario, vary
from sim.world import NEVER


def entry(name: str, begins: object, count: object) -> Tree:
    return {"name": name, "from": begins, "count": count}


def deployed(*entries: tuple[object, object], **more: Any) -> Tree:
    """Return crews of a deployment: from when on how many, the entries named a, b, c ..."""
    named = [entry(chr(97 + i), *each) for i, each in enumerate(entries)]
    return {"deployment": named} | more


def stays(world: Any) -> list[list[tuple[float, float]]]:
    """Return when each crew comes and goes, days."""
    crews = world.crews
    times = list(zip(crews.arrives_s / world.day_s, crews.leaves_s / world.day_s, strict=True))
    first = crews.first_stay.tolist()
    return [times[a:b] for a, b in pairwise(first)]


# Who is there when


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([(0, 2)], [[(0, NEVER)], [(0, NEVER)]]),
        ([(3, 1), (5, 0)], [[(3, 5)]]),
        ([(0, 2), (4, 1), (9, 2)], [[(0, NEVER)], [(0, 4), (9, NEVER)]]),
        ([(0, 1), (4, 0), (9, 2), (11, 0)], [[(0, 4), (9, 11)], [(9, 11)]]),
        ([(0, 1), (4, 1)], [[(0, NEVER)]]),  # one stay follows the other: it is one
        ([(0, 1), (4, 0), (4, 1)], [[(0, NEVER)]]),  # what holds for no time does not count
        ([(0, 1), (5, 3), (2, 2)], [[(0, NEVER)], [(2, NEVER)]]),  # the last of those that came
        ([(0, 0), (4, 0)], []),
        ([(0, 0.4), (4, 0.5)], [[(4, NEVER)]]),  # rounded, halves up
    ],
)
def test_crew_k_is_there_while_the_number_is_above_k(
    entries: list[tuple[float, float]], expected: list[list[tuple[float, float]]]
) -> None:
    begins = ints(at for at, _ in entries)[None]
    numbers = ints(int(number + 0.5) for _, number in entries)[None]
    count, arrives, leaves = stays_of(begins, numbers)
    assert count.tolist() == [len(expected)]
    pairs = [list(zip(*both, strict=True)) for both in zip(arrives[0], leaves[0], strict=True)]
    assert [[pair for pair in crew if pair[0] < NEVER] for crew in pairs] == expected


def test_numbers_and_times_are_drawn_once_per_replication_under_their_own_keys() -> None:
    number, begins = law("uniform", low=1, high=50), law("uniform", low=0, high=90)
    crew = deployed((0, number), (begins, number))
    scenario = build(crew=[crew, {}])
    more = vary(
        scenario,
        settings={
            "crew.c0.deployment": [
                entry("new", 95, number), *({"name": x["name"]} | x for x in crew["deployment"])
            ]
        },
    )  # fmt: skip
    for a, b in zip(*(Sampler(s, seed=1).worlds(range(6)) for s in (scenario, more)), strict=True):
        # an entry more, which never counts: nobody else's luck changes
        assert stays(a) == stays(b)
    drawn = [len(stays(w)) for w in Sampler(scenario, seed=1).worlds(range(40))]
    assert len(set(drawn)) > 20
    fixed = vary(scenario, settings={"crew.c0.deployment.b.count": 60})
    for a, b in zip(*(Sampler(s, seed=1).worlds(range(6)) for s in (scenario, fixed)), strict=True):
        assert stays(b)[0][0][0] == 0
        late = [crew for crew in stays(b)[:60] if crew[0][0] > 0]  # of all, from b's own time on
        assert len(late) == 60 - sum(crew[0][0] == 0 for crew in stays(a)[:-1])


# Counted by hand


SHRINKS_AND_GROWS = """
[campaign]
name = "x"
start = 2025-06-30
horizon_days = 100
hours_per_day = 1
[[sector]]
name = "A"
area_ha = 40
[[crew]]
name = "c"
role = "clearance"
rate_ha_per_day = 1
cost_per_day = 10
cost_to_mobilise = 100
deployment = [
  { name = "all", from = 2025-06-30, count = 3 },
  { name = "few", from = 4.5, count = 1 },
  { name = "more", from = 2025-07-10, count = 4 },
]
"""


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_a_deployment_that_shrinks_and_grows(engine: str, demine: Demine, tmp_path: Path) -> None:
    """Three crews do 15 ha in 5 days, for two finish theirs, one does 5 more, four do 20 by day 15.

    Three are mobilised at first, three on day 10, two of them for the second time: 600; present are
    15, 5 + 5, 5 + 5 and 5 days: 400.
    """
    (tmp_path / "x.toml").write_text(SHRINKS_AND_GROWS, encoding="utf-8")
    words = ("--engine", engine, "--replications", "2", "--quiet", "--jobs", "1")
    assert demine("run", "x.toml", *words)[0] == 0
    rows = (tmp_path / "results" / "x" / "replications.csv").read_text("utf-8").splitlines()
    numbers = dict(zip(rows[0].split(","), rows[2].split(","), strict=True))
    assert numbers["completion_day"] == "15"
    assert numbers["total_cost"] == "1000"
    # the same with dates moved from the command line: two days later, 3 ha less are done by then
    later = ("--set", "crew.c.deployment.more.from=12", "--out", "later")
    assert demine("run", "x.toml", *words, *later)[0] == 0
    rows = (tmp_path / "later" / "replications.csv").read_text("utf-8").splitlines()
    assert dict(zip(rows[0].split(","), rows[2].split(","), strict=True))["completion_day"] == "17"


def test_every_coming_and_going_is_in_the_log(demine: Demine, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(SHRINKS_AND_GROWS, encoding="utf-8")
    _, told, _ = demine("trace", "x.toml")
    rows = [line.split(",") for line in told.splitlines()[1:]]
    seen = [(row[0], row[2], row[3]) for row in rows if row[2] in ("arrives", "leaves")]
    first = [("0.0", "arrives", f"c {k}") for k in (1, 2, 3)]
    gone = [("5.0", "leaves", f"c {k}") for k in (2, 3)]
    back = [("10.0", "arrives", f"c {k}") for k in (2, 3, 4)]
    assert seen == [*first, *gone, *back, *[("15.0", "leaves", f"c {k}") for k in (1, 2, 3, 4)]]


def log_of(world: Any) -> list[Happening]:
    log: list[Happening] = []
    run(world, log=log.append)
    return log


def test_a_crew_that_comes_back_keeps_its_skill_and_goes_where_it_was() -> None:
    scenario = build(
        sector=[{}, {}],
        crew=deployed((0, 2), (3, 0), (30, 2), variation=0.5, move_hours=5),
    )
    log = log_of(sample_world(scenario, seed=4))
    lengths: dict[int, set[int]] = {0: set(), 1: set()}
    begun: dict[int, int] = {}
    for h in log:
        if h.event == "takes":
            begun[h.crew] = h.at_s
        elif h.event == "finishes" and h.sector == 0:
            lengths[h.crew].add(h.at_s - begun[h.crew])
    assert [len(each) for each in lengths.values()] == [1, 1]  # before and after, and no way back
    assert lengths[0] != lengths[1]


@every_engine
def test_accidents_and_stand_downs_go_on_counting_when_a_crew_comes_back(engine: Engine) -> None:
    """After half a day at work it stands down for 6 days; it goes on day 2, is back on day 4.

    It cannot work before day 7. The next accident is due after 1.5 days at work in all: it comes
    on day 7.5, but the parcel is finished first.
    """
    world = sample_world(build(sector={"area_ha": 3}, crew=deployed((0, 1), (2, 0), (4, 1))))
    half, accidents = DAY // 2, {0: [(DAY // 2, 6 * DAY, 1), (DAY + DAY // 2, 2 * DAY, 1)]}
    assert half == accidents[0][0][0]
    outcome = play(with_accidents(world, accidents), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [1, 8, 11]
    assert spent(outcome, "stand_down") == (1 + 3 + 2) * DAY
    assert outcome.crew_present_s.tolist() == [(2 + 7) * DAY]


@every_engine
@pytest.mark.parametrize("back", [1, 1.5, 2])
def test_who_still_holds_a_parcel_when_the_next_stay_begins_stays_on(
    engine: Engine, back: float
) -> None:
    """Its parcel takes until day 2; the stay ends on day 1, and the next one begins before that."""
    crew = deployed((0, 1), (1, 0), (back, 1), rate_ha_per_day=0.5, cost_to_mobilise=7)
    outcome = play(build(sector={"area_ha": 2}, crew=crew), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [2, 4]
    assert outcome.total_cost[1] == 700 * DAY
    assert outcome.crew_present_s.tolist() == [4 * DAY]


@every_engine
def test_who_is_free_before_the_next_stay_begins_is_mobilised_anew(engine: Engine) -> None:
    crew = deployed((0, 1), (1, 0), (2.25, 1), rate_ha_per_day=0.5, cost_to_mobilise=7)
    outcome = play(build(sector={"area_ha": 2}, crew=crew), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [2, 4.25]
    assert outcome.total_cost[1] == 1400 * DAY
    assert outcome.crew_present_s.tolist() == [4 * DAY]


@every_engine
def test_stays_that_touch_and_stays_of_no_length_are_borne(engine: Engine) -> None:
    """As times on a grid are: three stays in a row, of which one has no length, are one visit."""
    world = sample_world(build(sector={"area_ha": 4}, crew={"cost_to_mobilise": 7}))
    times = {
        "arrives_s": ints([0, DAY, DAY, 3 * DAY]),
        "leaves_s": ints([DAY, DAY, 2 * DAY, NEVER]),
    }
    outcome = play(with_crews(world, first_stay=ints([0, 4]), **times), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [1, 2, 4, 5]
    assert outcome.total_cost[1] == 1400 * DAY


@every_engine
def test_a_spent_fund_pays_no_crew_that_comes_back(engine: Engine) -> None:
    """The fund pays for 2 days; back on day 5 the crew stands there unpaid until it goes."""
    fund = {"name": "f", "roles": ["clearance"], "amount": 20}
    crew = deployed((0, 1), (3, 0), (5, 1), (9, 0), cost_per_day=10)
    scenario = build(crew=crew, money={"when_spent": "stop", "fund": [fund]})
    outcome = play(scenario, engine=engine)
    assert int((outcome.release_s >= 0).sum()) == 2
    assert spent(outcome, "unpaid") == (1 + 4) * DAY
    assert outcome.fund_cost.tolist() == [2000 * DAY]


@every_engine
def test_nobody_comes_back_once_the_phase_is_complete(engine: Engine) -> None:
    crew = [deployed((0, 1), (3, 0), (5, 1), (6, 0), (30, 2)), {"role": "restoration"}]
    scenario = build(sector={"area_ha": 3}, crew=crew, restoration={"share": 1})
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == 3 * DAY
    assert outcome.crew_present_s.tolist()[:2] == [3 * DAY, 0]


def test_stays_on_a_grid_keep_their_order() -> None:
    # or the comparison of the engines would be of what cannot be
    number = law("discrete", values=[0, 1, 2])
    crew = deployed(*[(law("uniform", low=0, high=20), number) for _ in range(6)], (21, 1))
    for world in Sampler(build(crew=crew), seed=0).worlds(range(20)):
        for each in stays(on_a_grid(world, 4 * DAY)):
            times = np.array(each).ravel()
            assert (np.diff(times) >= 0).all()


# Days off


ON_AND_OFF = """
[campaign]
name = "x"
start = 2025-06-30
horizon_days = 100
hours_per_day = 1
rest_days = ["sun"]
[[sector]]
name = "A"
area_ha = 60
[[crew]]
name = "c"
role = "clearance"
rate_ha_per_day = 1
count = 1
arrives = 3
rest_days = []
cycle = { days_on = 21, days_off = 7 }
[[crew]]
name = "d"
role = "clearance"
rate_ha_per_day = 1
count = 1
"""


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_three_weeks_on_and_one_off_from_the_arrival_on(
    engine: str, demine: Demine, tmp_path: Path
) -> None:
    """c is on from day 3 to 23 and 31 to 37, off from 24 to 30; d rests on five Sundays of 38 days.

    c does 28 ha, d the other 32 in 37 days; it waits for one day.
    """
    (tmp_path / "x.toml").write_text(ON_AND_OFF, encoding="utf-8")
    words = ("--engine", engine, "--replications", "2", "--quiet", "--jobs", "1")
    assert demine("run", "x.toml", *words)[0] == 0
    table = (tmp_path / "results" / "x" / "crew_time.csv").read_text("utf-8").splitlines()
    days = {tuple(row.split(",")[:2]): float(row.split(",")[2]) for row in table[1:]}
    assert (days["c", "worked"], days["c", "lost_rest"]) == (28, 7)
    assert (days["d", "worked"], days["d", "lost_rest"]) == (32, 5)


@every_engine
def test_a_cycle_begins_anew_when_a_crew_comes_back(engine: Engine) -> None:
    """On on days 0, 1, 3, gone from day 4.5, back on day 6: on on 6, 7, 9 ..."""
    cycle = {"days_on": 2, "days_off": 1}
    crew = deployed((0, 1), (4.5, 0), (6, 1), cycle=cycle)
    outcome = play(build(sector={"area_ha": 6}, crew=crew), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [1, 2, 4, 5, 7, 8]
    assert spent(outcome, "lost_rest") == DAY


def test_each_crew_of_a_group_has_the_cycle_of_its_own_arrival() -> None:
    crew = [
        {
            "count": 3,
            "arrives": law("uniform", low=0, high=9),
            "cycle": {"days_on": 3, "days_off": 2},
        },
        {"count": 2},
    ]
    world = sample_world(build(crew=crew, campaign={"rest_days": ["sun"]}), seed=1)
    crews, calendar = world.crews, world.calendar
    for c in range(5):
        first = int(crews.arrives_s[c] // world.day_s)
        expected = [
            d % 7 == 6 or (c < 3 and d >= first and (d - first) % 5 >= 3) for d in range(99)
        ]
        row = calendar.row[crews.timetable[c], 0]
        assert calendar.rest[row][:99].tolist() == expected
    assert crews.timetable[3] == crews.timetable[4]


@every_engine
def test_a_cycle_of_crews_that_never_come_is_nothing(engine: Engine) -> None:
    late = deployed((2000, 1), cycle={"days_on": 2, "days_off": 1})
    outcome = play(build(sector={"area_ha": 2}, crew=[{}, late]), engine=engine)
    assert (outcome.release_s / DAY).tolist() == [1, 2]


def test_a_week_without_a_working_day_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"crew\.c0\.rest_days"):
        build(crew={"rest_days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]})


# By a factor


def test_factors_multiply_what_is_stated_and_are_rounded_to_whole_crews() -> None:
    crew = [deployed((0, 3), (5, 1), (9, 4)), {"count": 2, "count_factor": 1.5}]
    settings = {"factors.crews": 0.5, "crew.c0.count_factor": 1.5}
    world = sample_world(vary(build(crew=crew), settings=settings))
    # 2.25, 0.75 and 3 of the first, 1.5 of the second
    none = NEVER / DAY
    assert stays(world) == [
        [(0, none)], [(0, 5), (9, none)], [(9, none)], [(0, none)], [(0, none)]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("varied", "settings", "crews"),
    [
        # present from day 0 on for 20 days of the horizon: 2 for 4 days, then 1, 2 ... for 16
        ("crew.c.deployment.b.count=1:4", [1, 2, 3, 4], [1.2, 2, 2.8, 3.6]),
        ("crew.c.count_factor=0.5:2:0.5", [0.5, 1, 1.5, 2], [1, 1.2, 2.2, 2.4]),
        ("factors.crews=0.5:2:0.5", [0.5, 1, 1.5, 2], [1, 1.2, 2.2, 2.4]),
    ],
)
def test_a_plan_varies_one_entry_or_all_by_a_factor(
    varied: str, settings: list[float], crews: list[float], demine: Demine, tmp_path: Path
) -> None:
    """24 ha in ten days: 2 crews do 8 in 4 days, and 3 do the other 16 in 6.

    By a factor: 1.5 makes it 3 crews, who do 12 in 4 days, and 2, who do 12 in 6.
    """
    text = SHRINKS_AND_GROWS.replace("area_ha = 40", "area_ha = 24")
    text = text.replace("horizon_days = 100", "horizon_days = 20")
    head, _, _ = text.partition("deployment")
    deployment = """deployment = [
      { name = "a", from = 0, count = 2 }, { name = "b", from = 4, count = 1 }]
    """
    (tmp_path / "x.toml").write_text(head + deployment, encoding="utf-8")
    goal = ("--deadline", "2025-07-09", "--minimise", "crews", "--engine", "simpy", "--quiet")
    few = ("--replications", "32", "--jobs", "1")
    code, _, told = demine("plan", "x.toml", "--vary", varied, *goal, *few)
    assert (code, told) == (0, "")
    rows = (tmp_path / "results" / "x-plan" / "plan.csv").read_text("utf-8").splitlines()
    columns = rows[0].split(",")
    found = [dict(zip(columns, row.split(","), strict=True)) for row in rows[1:]]
    key = varied.partition("=")[0]
    assert [float(row[key]) for row in found] == settings
    assert [float(row["crews"]) for row in found] == crews
    assert [float(row[key]) for row in found if row["answer"] == "true"] == [
        3 if "b" in key.split(".") else 1.5
    ]


def test_a_deployment_varied_is_named_by_its_crew_and_entry() -> None:
    path = ("crew", "teams", "deployment", "2027", "count")
    assert title_of(path) == ("teams 2027", "number of crews")
    assert title_of(("crew", "teams", "count_factor")) == ("teams", "number of crews (factor)")


# Words


REFUSED = [
    ({"arrives": 3}, "crew.c0.arrives", "beside a deployment"),
    ({"leaves": dt.date(2026, 1, 1)}, "crew.c0.leaves", "beside a deployment"),
    ({"deployment": [entry("a", 0, 1), entry("a", 3, 2)]}, "crew.c0.deployment.a", "2 times"),
    ({"deployment": [entry("a", dt.date(2020, 1, 1), 1)]}, "crew.c0.deployment.a.from", "start"),
    ({"deployment": [entry("a", 0, 0.2)]}, "crew.c0.deployment", "no crew of role clearance"),
    ({"deployment": [entry("a", 0, -1)]}, "crew.c0.deployment.a.count", "at least 0"),
    ({"deployment": [entry("a", -1, 1)]}, "crew.c0.deployment.a.from", "at least 0"),
    ({"deployment": [{"name": "a", "count": 1}]}, "crew.c0.deployment.a.from", "nothing"),
    ({"deployment": [entry("a", 0, 1) | {"crews": 1}]}, "crew.c0.deployment.a.crews", "unknown"),
    ({"deployment": 3}, "crew.c0.deployment", "an array"),
    ({"deployment": []}, "crew.c0.count", "exactly one of count, deployment"),
]


@pytest.mark.parametrize(("stated", "key", "words"), REFUSED)
def test_what_makes_no_sense_is_refused_by_its_key(stated: Tree, key: str, words: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        build(crew=deployed((0, 1)) | stated)
    (problem,) = refusal.value.problems
    assert problem.key == key
    assert words in f"{problem.found}: {problem.allowed}"


def test_number_and_deployment_in_one_file_are_refused_and_one_replaces_the_other(
    demine: Demine, tmp_path: Path
) -> None:
    (tmp_path / "x.toml").write_text(SHRINKS_AND_GROWS + "count = 3\n", encoding="utf-8")
    code, _, told = demine("check", "x.toml")
    assert code == 2
    assert "crew.c" in told
    assert "exactly one of count, deployment" in told
    (tmp_path / "x.toml").write_text(SHRINKS_AND_GROWS, encoding="utf-8")
    assert load_scenario(tmp_path / "x.toml", settings={"crew.c.count": 5}).crew[0].most == 5


def test_entries_merge_by_name_where_a_file_extends_another(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(SHRINKS_AND_GROWS, encoding="utf-8")
    own = """
    extends = "x.toml"
    remove = ["crew.c.deployment.all"]
    [[crew]]
    name = "c"
    deployment = [{ name = "few", count = 2 }, { name = "end", from = 50, count = 0 }]
    """
    (tmp_path / "y.toml").write_text(own, encoding="utf-8")
    crew = load_scenario(tmp_path / "y.toml").crew[0]
    told = [(x.name, x.count.mean) for x in crew.deployment]
    assert told == [("few", 2), ("more", 4), ("end", 0)]


def doubted(crew: Tree, **tables: Any) -> list[tuple[str, str]]:
    scenario = build(crew=[crew, {}], campaign={"horizon_days": 90}, **tables)
    return [(doubt.key, doubt.why) for doubt in doubts(scenario)]


def test_what_has_no_effect_in_a_deployment_is_said() -> None:
    assert doubted(deployed((0, 1), (5, 0), (9, 3))) == []
    ((key, why),) = doubted(deployed((0, 0), (5, 0.3)))
    assert (key, why) == ("crew.c0.deployment", "is never above 0: no crew ever comes")
    ((key, why),) = doubted(deployed((0, 1), (9, 2), (9, 3)))
    assert key == "crew.c0.deployment.b.from"
    assert "never counts" in why
    ((key, why),) = doubted(deployed((0, 1), (90, 2)))
    assert key == "crew.c0.deployment.b.from"
    assert "beyond the horizon" in why


def test_land_that_opens_when_a_deployment_has_ended_is_said() -> None:
    late = {"opens": 30}
    ended = build(sector=[{}, late], crew=deployed((0, 1), (20, 0), (25, 0.2)))
    assert [doubt.key for doubt in doubts(ended)] == ["sector.B.opens"]
    goes_on = build(sector=[{}, late], crew=deployed((0, 1), (20, 0), (40, 1)))
    assert list(doubts(goes_on)) == []


# Delays


def there_at_once(scenario: Scenario) -> list[list[tuple[float, float]]] | None:
    late = [cause for cause in causes_of(scenario) if cause.name == "late crews"]
    return stays(sample_world(without(scenario, late))) if late else None


def test_without_late_crews_none_ever_comes_after_the_start() -> None:
    rising = build(crew=deployed((2, 1), (10, 3), (20, 2), (30, 0)))
    assert there_at_once(rising) == [[(0, 30)], [(0, 30)], [(0, 20)]]
    again = build(crew=deployed((0, 2), (10, 0), (20, 2)))
    assert there_at_once(again) == [[(0, NEVER / DAY)], [(0, NEVER / DAY)]]
    assert there_at_once(build(crew=deployed((0, 2), (10, 1)))) is None
    assert there_at_once(build(crew=deployed((MONDAY, 2)))) is None
