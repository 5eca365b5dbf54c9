"""Seasons and closures: days and accounts counted by hand, luck that stays whose it was, words."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from build import DAY, Engine, Tree, build, every_engine, law, play, spent
from conftest import Demine
from drawn import Drawn

from sim.errors import ScenarioError
from sim.sampling import Sampler, sample_world
from sim.scenario.doubts import doubts
from sim.scenario.scenario import title_of
from sim.scenario.variants import load_scenario, vary

WINTER_OF_OLD = (172, 850)  # its first day, and what it takes of it, as drawn before it had a name
START = dt.date(2025, 7, 1)


def season(name: str, first: str, until: str, pace: object, **more: object) -> Tree:
    return {"name": name, "closed_from": first, "closed_until": until, "pace": pace} | more


def days(outcome: Any) -> list[float]:
    return [float(x) for x in outcome.release_s / DAY]


# Days and accounts


@every_engine
def test_two_seasons_that_overlap_partly(engine: Engine) -> None:
    """Rains leave half of days 2 to 7, the harvest a fifth of days 5 to 9: the lower one counts.

    Days 0 and 1 do 2 parcels, days 2 to 4 do 1.5, days 5 to 9 do 1: the other 1.5 are done by 11.5.
    """
    rains, harvest = (
        season("rains", "07-03", "07-09", 0.5),
        season("harvest", "07-06", "07-11", 0.2),
    )
    for order in ([rains, harvest], [harvest, rains]):
        scenario = build(campaign={"start": START}, sector={"area_ha": 6}, season=order)
        outcome = play(scenario, engine=engine)
        assert days(outcome) == [1, 2, 4, 7.5, 10.5, 11.5]
        assert spent(outcome, "worked") == 6 * DAY
        # on days 5, 6 and 7 both would take half: that belongs to the first, the rest to harvest
        rainy = 6 * 0.5 if order[0] is rains else 3 * 0.5
        assert spent(outcome, "lost_season:rains") == rainy * DAY
        assert spent(outcome, "lost_season:harvest") == (5.5 - rainy) * DAY
        assert spent(outcome, "lost_weekly_pace") == 0


@every_engine
def test_what_a_season_adds_is_booked_to_the_lowest(engine: Engine) -> None:
    """Long days of pace 1.5, of which three meet a pace of 1.2: only the lowest is ever worked."""
    seasons = [season("long days", "07-01", "07-07", 1.5), season("fair", "07-04", "07-07", 1.2)]
    scenario = build(campaign={"start": START}, sector={"area_ha": 9}, season=seasons)
    outcome = play(scenario, engine=engine)  # 3 x 1.5 + 3 x 1.2 = 8.1 until day 6, then 0.9
    assert outcome.completion_s == round(6.9 * DAY)
    assert spent(outcome, "lost_season:long days") == -1.5 * DAY
    assert spent(outcome, "lost_season:fair") == pytest.approx(-0.6 * DAY)


@every_engine
def test_a_season_above_one_that_meets_a_slow_one_takes_nothing(engine: Engine) -> None:
    seasons = [season("long days", "07-01", "07-05", 1.5), season("rains", "07-01", "07-05", 0.25)]
    scenario = build(campaign={"start": START}, sector={"area_ha": 2}, season=seasons)
    outcome = play(scenario, engine=engine)
    assert days(outcome) == [4, 5]
    assert spent(outcome, "lost_season:long days") == 0
    assert spent(outcome, "lost_season:rains") == 3 * DAY


@every_engine
def test_two_seasons_a_year_come_every_year_each_with_its_shift(engine: Engine) -> None:
    """400 days of work from 1 July 2025 on meet two Julys of 5 days, and one turn of the year."""
    rains = season("rains", "07-09", "07-14", 0, shift_days=2)
    leave = season("leave", "12-24", "01-02", 0)
    scenario = build(campaign={"start": START}, sector={"area_ha": 400}, season=[rains, leave])
    outcome = play(scenario, engine=engine)
    closed = [START + dt.timedelta(d) for d in range(700)]
    rainy = [x for x in closed if x.month == 7 and 11 <= x.day <= 15]
    away = [x for x in closed if (x.month, x.day) >= (12, 24) or (x.month, x.day) == (1, 1)]
    end = START + dt.timedelta(int(outcome.completion_s // DAY) - 1)
    shut = [x for x in (*rainy, *away) if x <= end]
    assert len(shut) == 5 + 9 + 5
    assert outcome.completion_s == (400 + len(shut)) * DAY
    assert spent(outcome, "lost_season:rains") == 10 * DAY
    assert spent(outcome, "lost_season:leave") == 9 * DAY


@every_engine
def test_rest_and_weather_come_before_a_season(engine: Engine) -> None:
    """Tuesday is a rest day in the closed week; nothing else is asked for there."""
    campaign = {"start": dt.date(2025, 6, 30), "rest_days": ["tue"]}
    closed = season("flood", "07-01", "07-05", 0)
    outcome = play(build(campaign=campaign, sector={"area_ha": 2}, season=[closed]), engine=engine)
    assert days(outcome) == [1, 6]
    assert spent(outcome, "lost_rest") == DAY
    assert spent(outcome, "lost_season:flood") == 3 * DAY


# Closures


def closure(name: str, first: object, until: object, **more: object) -> Tree:
    return {"name": name, "from": first, "until": until} | more


@every_engine
def test_two_closures_a_year_by_their_dates(engine: Engine) -> None:
    """No work on days 2 to 4, half the pace on days 6 and 7: 6 parcels take 3 + 1 days more."""
    stated = [
        closure("leave", dt.date(2025, 7, 3), dt.date(2025, 7, 6)),
        closure("elections", 6, 8, pace=0.5),
    ]
    scenario = build(campaign={"start": START}, sector={"area_ha": 6}, closure=stated)
    outcome = play(scenario, engine=engine)
    assert days(outcome) == [1, 2, 6, 8, 9, 10]
    assert spent(outcome, "lost_closure:leave") == 3 * DAY
    assert spent(outcome, "lost_closure:elections") == DAY


@every_engine
def test_closures_come_before_seasons_each_in_the_order_of_the_file(engine: Engine) -> None:
    """All three hold days 2 to 5: what is lost there is closures' as far as they explain it."""
    scenario = build(
        campaign={"start": START},
        sector={"area_ha": 3},
        season=[season("rains", "07-03", "07-07", 0.1)],
        closure=[closure("strike", 2, 6, pace=0.75), closure("unrest", 2, 6, pace=0.25)],
    )
    outcome = play(scenario, engine=engine)
    assert days(outcome) == [1, 2, 6.6]
    lost = [spent(outcome, f"lost_{of}") / DAY for of in ("closure:strike", "closure:unrest")]
    assert lost == [4 * 0.25, 4 * 0.5]
    assert spent(outcome, "lost_season:rains") == 4 * 0.15 * DAY


@every_engine
def test_a_closure_beyond_the_horizon_lasts_until_it(engine: Engine) -> None:
    shut = closure("suspended", 2, 50)
    scenario = build(campaign={"horizon_days": 20}, sector={"area_ha": 3}, closure=[shut])
    outcome = play(scenario, engine=engine)
    assert outcome.completion_s == -1
    assert spent(outcome, "lost_closure:suspended") == 18 * DAY
    late = build(campaign={"horizon_days": 20}, closure=[shut | {"from": 20}])
    assert days(play(late, engine=engine)) == [*range(1, 11)]
    assert [str(doubt) for doubt in doubts(late)] == [
        "closure.suspended.from is beyond the horizon: it has no effect here"
    ]


def test_a_closure_holds_whole_days() -> None:
    ends = ((1.49, 3.5, [1, 2, 3]), (1.5, 3.49, [2]), (0, 0.6, [0]), (2.6, 3.2, []))
    for first, until, closed in ends:
        scenario = build(campaign={"horizon_days": 9}, closure=[closure("x", first, until)])
        taken = sample_world(scenario).calendar.closed[0]
        assert np.flatnonzero(taken).tolist() == closed
        idle = [doubt.key for doubt in doubts(scenario)]
        assert idle == ([] if closed else ["closure.x.until"])


def test_the_times_and_the_pace_of_a_closure_are_drawn_once_in_a_campaign() -> None:
    """Each from its own number: on the whole days of the law, as often as it says."""
    shut = closure(
        "x", law("uniform", low=0, high=10), law("discrete", values=[20, 30]), pace=law(
            "discrete", values=[0.2, 0.4, 0.6]))  # fmt: skip
    scenario = build(campaign={"horizon_days": 40}, closure=[shut])
    found = set()
    for world in Sampler(scenario, seed=1).worlds(range(200)):
        (taken,) = world.calendar.closed
        shown = np.flatnonzero(taken)
        assert np.array_equal(shown, np.arange(shown[0], shown[-1] + 1))
        found.add((int(shown[0]), int(shown[-1]) + 1, *set(taken[shown].tolist())))
    assert {first for first, _, _ in found} == {*range(11)}
    assert {until for _, until, _ in found} == {20, 30}
    assert {pace for _, _, pace in found} == {800, 600, 400}
    assert len(found) > 40  # of 66: they are drawn apart


def test_a_closure_that_may_end_before_it_begins_is_none_then() -> None:
    shut = closure("x", law("discrete", values=[3, 6]), 5)
    worlds = Sampler(build(closure=[shut]), seed=0).worlds(range(20))
    assert {int(np.count_nonzero(w.calendar.closed[0])) for w in worlds} == {0, 2}


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"from": 5, "until": 5}, "closure.x.until: found an end on day 5, and the first day is 5"),
        (
            {"from": dt.date(2025, 7, 9), "until": dt.date(2025, 7, 8)},
            "closure.x.until: found an end on day 7, and the first day is 8",
        ),
        (
            {"from": dt.date(2025, 6, 1), "until": 8},
            "closure.x.from: found 2025-06-01; allowed: a date from the start on (2025-07-01)",
        ),
        ({"from": 5}, "closure.x.until: found nothing"),
        ({"until": 5}, "closure.x.from: found nothing"),
        ({"from": 5, "until": 8, "pace": -1}, "closure.x.pace: found -1"),
        ({"from": 5, "until": 8, "from_": 5}, "closure.x.from_: found an unknown key"),
        (
            {"from": 5, "until": 8, "regions": ["A"]},
            "closure.x.regions: found 'A'; allowed: the regions of sectors",
        ),
        (
            {"from": 5, "until": 8, "sectors": ["B"]},
            "closure.x.sectors: found 'B'; allowed: the names of sectors or regions",
        ),
        (
            {"from": 5, "until": 8, "operators": ["halo"]},
            "closure.x.operators: found 'halo'; allowed: the operators of crews",
        ),
    ],
)
def test_a_closure_that_cannot_be_is_refused(stated: Tree, told: str) -> None:
    with pytest.raises(ScenarioError) as problems:
        build(campaign={"start": START}, closure=[{"name": "x"} | stated])
    (line,) = str(problems.value).splitlines()
    assert line.startswith(f"test: {told}")


def test_closures_are_set_removed_and_named_as_crews_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shut = '[[closure]]\nname = "x"\nfrom = 5\nuntil = 2025-07-20\n'
    Path("base.toml").write_text(LEAST + shut, encoding="utf-8")
    scenario = load_scenario("base.toml", settings={"closure.x.from": 7})
    assert scenario.closure[0].from_.mean == 7  # type: ignore[union-attr]
    assert title_of(("closure", "x", "from")) == ("x", "first day")
    for change, left in (('remove = ["closure.x"]', 0), (shut.replace('"x"', '"y"'), 2)):
        Path("own.toml").write_text(f'extends = "base.toml"\n{change}', encoding="utf-8")
        assert len(load_scenario("own.toml").closure) == left


# Luck


def uncertain(name: str) -> Tree:
    shift = law("discrete", values=[-9, 0, 9])
    return season(name, "12-10", "03-20", law("uniform", low=0, high=0.5), shift_days=shift)


def test_another_closure_changes_nobody_elses_luck() -> None:
    shut, other = (
        closure(name, law("uniform", low=0, high=9), 20, pace=law("uniform", low=0, high=1))
        for name in "ab"
    )
    winter = [uncertain("winter")]
    alone, both, turned = (
        list(Sampler(build(closure=closures, season=winter), seed=3).worlds(range(6)))
        for closures in ([shut], [other | {"from": 60, "until": 70}, shut], [other])
    )
    for a, b, c in zip(alone, both, turned, strict=True):
        assert np.array_equal(a.calendar.closed, b.calendar.closed[1:])
        assert not np.array_equal(a.calendar.closed[0], c.calendar.closed[0])
        assert np.array_equal(a.calendar.closed[1], c.calendar.closed[1])


def test_another_season_changes_nobody_elses_luck() -> None:
    one, other = (
        uncertain("winter"),
        season("rains", "07-01", "08-01", law("uniform", low=0, high=1)),
    )
    alone, both, turned = (
        list(Sampler(build(season=seasons), seed=3).worlds(range(6)))
        for seasons in ([one], [one, other], [other, one])
    )
    for a, b, c in zip(alone, both, turned, strict=True):
        assert np.array_equal(a.calendar.closed[0], b.calendar.closed[0])
        assert np.array_equal(b.calendar.closed, c.calendar.closed[::-1])  # they never meet
        assert np.array_equal(a.land.clearance_s, b.land.clearance_s)


def test_each_occurrence_has_its_own_shift_and_pace() -> None:
    world = sample_world(build(campaign={"horizon_days": 3000}, season=[uncertain("snow")]))
    paces = set(world.calendar.closed[0].tolist()) - {0}
    assert len(paces) >= 8  # one for each winter


# Land that is closed while other land is open


NORTH: Tree = {"area_ha": 3, "region": "North"}
FLOODS = [
    season("flood", "07-03", "07-05", 0, regions=["North"]),
    season("harvest", "07-08", "07-10", 0, regions=["North"]),
]


@every_engine
def test_two_closures_a_year_of_some_land_send_the_crew_elsewhere(engine: Engine) -> None:
    """North is closed on days 2, 3 and 7, 8; a crew does a parcel a day and takes North first.

    North on days 0 and 1, South on days 2 and 3, North's last on day 4, South on days 5, 6, ...
    """
    scenario = build(
        campaign={"start": START}, sector=[NORTH, {"area_ha": 5}], crew={}, season=FLOODS
    )
    outcome = play(scenario, engine=engine)
    assert days(outcome) == [1, 2, 5, 3, 4, 6, 7, 8]
    assert spent(outcome, "lost_season:flood") == 0


@every_engine
def test_a_parcel_half_done_when_its_region_closes_is_finished_by_another_crew(
    engine: Engine,
) -> None:
    """Its share that is done counts, the hour of the way does not, and it comes first.

    A slow crew (half a parcel a day, a way of half a day) comes from South on day 2 and has done a
    quarter of a parcel of North when North is shut on day 3; it goes back to South and leaves on
    day 5. The second crew, at a parcel a day, comes on day 6 and takes that parcel first.
    """
    sectors = [NORTH | {"area_ha": 2, "opens": 2, "priority": -1}, {"area_ha": 4}]
    crews = [
        {"rate_ha_per_day": 0.5, "move_hours": 1, "leaves": 5},
        {"arrives": 6, "sectors": ["A"], "name": "second"},
        {"arrives": 20},
    ]
    scenario = build(
        campaign={"start": START, "hours_per_day": 2}, sector=sectors, crew=crews,
        closure=[{"name": "shut", "from": 3, "until": 6, "regions": ["North"]}],
    )  # fmt: skip
    outcome = play(scenario, engine=engine)
    assert (outcome.release_s / (2 * DAY)).tolist()[:3] == [6.75, 7.75, 2]


@every_engine
def test_preferred_land_that_reopens_is_taken_as_soon_as_the_crew_is_free(engine: Engine) -> None:
    """B is preferred and shut on days 1 and 2; A's parcel, begun on day 1, takes two days."""
    scenario = build(
        sector=[{"area_ha": 2, "difficulty": 2}, {"area_ha": 2}],
        crew={"prefers": ["B"]},
        closure=[{"name": "shut", "from": 1, "until": 2.6, "sectors": ["B"]}],
    )
    assert days(play(scenario, engine=engine)) == [3, 6, 1, 4]


@every_engine
def test_leave_of_one_operator_keeps_the_parcel_and_what_is_shut_to_it_alone_does_not(
    engine: Engine,
) -> None:
    """Both crews begin a parcel of two days; on day 1 the first is away, or may not be there."""
    crews = [{"rate_ha_per_day": 0.5, "operator": "army"}, {"rate_ha_per_day": 0.5}]
    shut = {"name": "shut", "from": 1, "until": 2, "operators": ["army"]}
    sectors = [{"area_ha": 2}, {"area_ha": 1, "opens": 9}]
    leave = play(build(sector=sectors, crew=crews, closure=[shut]), engine=engine)
    assert days(leave) == [3, 2, 11]
    assert spent(leave, "lost_closure:shut") == DAY
    # put back half done on day 1, it comes back to the same crew on day 2, when A is open to it
    barred = build(sector=sectors, crew=crews, closure=[shut | {"sectors": ["A"]}])
    there = play(barred, engine=engine)
    assert days(there) == [3, 2, 11]
    assert spent(there, "lost_closure:shut") == 0
    assert spent(there, "waiting_for_land") == (1 + 6) * DAY


def test_closures_of_some_land_change_nobody_elses_luck() -> None:
    base: Tree = {"sector": [NORTH, {"area_ha": 5}], "season": [uncertain("rains")]}
    more = base | {"season": [*base["season"], uncertain("flood") | {"regions": ["North"]}]}
    for a, b in zip(*(Sampler(build(**t), seed=3).worlds(range(4)) for t in (base, more)),
                    strict=True):  # fmt: skip
        dry = int(b.calendar.row[0, b.land.zone[1]])
        assert np.array_equal(a.calendar.pace[0], b.calendar.pace[dry])
        assert np.array_equal(a.land.clearance_s, b.land.clearance_s)


def test_a_season_named_winter_has_the_luck_that_the_only_one_had() -> None:
    """As drawn before seasons had names; any other name is an address of its own."""
    closed = {
        name: sample_world(build(season=[uncertain(name)]), seed=3).calendar.closed[0]
        for name in ("winter", "snow")
    }
    first = {name: np.flatnonzero(taken)[0] for name, taken in closed.items()}
    assert (first["winter"], closed["winter"][first["winter"]]) == WINTER_OF_OLD
    assert not np.array_equal(closed["winter"], closed["snow"])


# In words


def test_the_account_goes_by_the_names_in_the_order_of_the_file(demine: Demine) -> None:
    assert demine("new", "mine.toml")[0] == 0
    text = Path("mine.toml").read_text(encoding="utf-8")
    Path("mine.toml").write_text(
        text + '\n[[season]]\nname = "harvest, first"\nclosed_from = "06-01"\n'
        'closed_until = "09-01"\npace = 0.5\n'
        '[[closure]]\nname = "unrest"\nfrom = 3\nuntil = 150\n',
        encoding="utf-8",
    )
    code, out, _ = demine("run", "mine.toml", "--replications", "4", "--out", "out")
    assert code == 0
    assert "lost to unrest" in out
    states = [
        line.split(",", 1)[1].rsplit(",", 2)[0]
        for line in Path("out/crew_time.csv").read_text(encoding="utf-8").splitlines()[1:]
    ]
    account = [
        "worked", "lost_rest", "lost_weather", "lost_casualty", "lost_shelling",
        "lost_closure:unrest",
        "lost_season:winter", '"lost_season:harvest, first"', "lost_weekly_pace", "stand_down",
        "moving", "waiting_for_land", "unpaid",
    ]  # fmt: skip
    assert states[: len(account)] == account


def test_people_read_the_label_instead_of_shelling(demine: Demine, drawn: list[Drawn]) -> None:
    assert demine("new", "mine.toml")[0] == 0
    named = ("--set", "shelling.label=armed clashes", "--replications", "8")
    code, out, _ = demine("run", "mine.toml", *named, "--out", "out")
    assert code == 0
    assert "lost to armed clashes" in out
    assert "shelling" not in out
    table = Path("out/crew_time.csv").read_text(encoding="utf-8")
    assert "engineers,lost_shelling:armed clashes," in table
    code, out, _ = demine("explain", "mine.toml", *named, "--out", "why")
    assert code == 0
    late = out[out.index("What makes us late?") : out.index("What holds it up?")]
    assert "\n  armed clashes " in late
    assert "\n  lost to armed clashes " in late
    assert "shelling" not in late
    assert "delay,shelling:armed clashes,p50" in Path("why/explain.csv").read_text(encoding="utf-8")
    words = [word for picture in drawn for word in picture.words]
    assert "armed clashes" in words
    assert not any("shelling" in word for word in words)


# One table [season], as it was


SAID = 'in place of [season] the two lines [[season]] and name = "winter"'
LEAST = """
[campaign]
name = "x"
start = 2025-07-01
horizon_days = 100
[[sector]]
name = "a"
area_ha = 1
[[crew]]
name = "b"
role = "clearance"
count = 1
rate_ha_per_day = 1
"""
OLD = '[season]\nclosed_from = "12-10"\nclosed_until = "03-20"\npace = 0.2\n'
NEW = OLD.replace("[season]", '[[season]]\nname = "winter"')


def refused(*files: str, **settings: object) -> list[str]:
    """Write files, and return what is wrong with the last one."""
    for i, text in enumerate(files):
        Path(f"{i}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as told:
        load_scenario(f"{len(files) - 1}.toml", settings=settings)
    return str(told.value).splitlines()


@pytest.mark.parametrize(
    ("files", "key"),
    [
        ((LEAST + OLD,), "0.toml: season"),
        ((LEAST + NEW, 'extends = "0.toml"\n[season]\npace = 0.1'), "1.toml: season"),
        ((LEAST + OLD, 'extends = "0.toml"\n' + NEW), "0.toml: season"),
        ((LEAST + OLD, 'extends = "0.toml"\nremove = ["season"]'), "0.toml: season"),
        ((LEAST + NEW, 'extends = "0.toml"\nremove = ["season.pace"]'), "1.toml: remove"),
    ],
    ids=["alone", "over the new", "under the new", "removed", "a key of it removed"],
)
def test_one_table_of_old_is_refused_with_the_lines_to_write(
    files: tuple[str, ...], key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = refused(*files)
    assert line.startswith(f"{key}: found ")
    assert SAID in line


@pytest.mark.parametrize("stated", [LEAST, LEAST + NEW], ids=["no season", "a season"])
@pytest.mark.parametrize("key", ["season.pace", "season.shift_days.low", "season"])
def test_a_key_of_the_table_of_old_cannot_be_set(
    stated: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = refused(stated, **{key: {"pace": 0.1} if key == "season" else 0.1})
    assert line.startswith(f"--set: {key}: found ")
    assert SAID in line


def test_its_lines_as_the_message_has_them_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("new.toml").write_text(LEAST + NEW, encoding="utf-8")
    scenario = vary(load_scenario("new.toml"), settings={"season.winter.pace": 0.1})
    assert scenario.season[0].pace.mean == 0.1
    Path("less.toml").write_text('extends = "new.toml"\nremove = ["season"]', encoding="utf-8")
    assert load_scenario("less.toml").season == ()


def test_a_season_is_named_once() -> None:
    with pytest.raises(ScenarioError, match=r"season\.rains: found the name 'rains' 2 times"):
        build(season=[{"name": "rains"}, {"name": "rains"}])
