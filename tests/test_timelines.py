"""What crews do in a good, a typical and a bad campaign: by crew, and by group and period."""

from itertools import pairwise

import pytest
from build import DAY, build, law
from ensembles import completed_at, run, uncertain

from sim import sample_world
from sim.outcome import Ensemble, Stretch
from sim.results.csv import from_csv, to_csv
from sim.results.timelines import SCHEMA
from sim.results.timelines import timelines as table
from sim.running import timelines as making
from sim.running.timelines import of_each, replication_at, timelines


def days(stretches: list[Stretch]) -> list[tuple[str, float, float, str, str]]:
    return [(s.crew, s.from_s / DAY, s.until_s / DAY, s.state, s.sector) for s in stretches]


def test_the_campaigns_are_order_statistics_with_the_incomplete_ones_last() -> None:
    ensemble = completed_at(run(build(), n=1), [9.0, None, 7.0, 7.0, None, 8.0])
    assert [replication_at(ensemble, percent) for percent in (10, 17, 34, 50, 66, 67, 90)] == [
        2, 3, 5, 5, 0, 1, 4,
    ]  # fmt: skip


def test_a_stretch_goes_on_over_days_off_and_ends_with_what_stops_work() -> None:
    rains = {"closed_from": "07-02", "closed_until": "07-10", "pace": 0.0}  # days 2 to 9
    scenario = build(
        campaign={"rest_days": ["sun"]},  # days 6 and 13, the first in the season
        season=[{"name": "rains"} | rains],
        sector=[{"area_ha": 5.0}, {"area_ha": 1.0, "opens": 16.0}],
    )
    assert days(list(of_each(sample_world(scenario, seed=0)))) == [
        ("c0 1", 0, 2, "worked", "A"),
        ("c0 1", 2, 10, "lost_season:rains", "A"),
        ("c0 1", 10, 13, "worked", "A"),
        ("c0 1", 13, 16, "waiting_for_land", ""),
        ("c0 1", 16, 17, "worked", "B"),
    ]


def eventful(**more: object) -> Ensemble:
    regime = {"name": "calm", "attacks_per_24h": 3.0, "mean_days": 9.0}
    return run(
        uncertain(
            campaign={"rest_days": ["sun"]},
            shelling={"regimes": [regime], "stop_hours": law("uniform", low=1, high=90)},
            weather={"lost_day_probability": 0.2},
            accidents={"per_person_day": 0.02, "stand_down_days": 3.0},
            season=[
                {"name": "rains", "closed_from": "07-05", "closed_until": "07-09", "pace": 0.0}
            ],
            sector=[{"area_ha": 25.0}, {"area_ha": 9.0, "opens": 20.0}],
            crew=[{"count": 2, "people": 5}, {"count": 1, "arrives": 4.0, "leaves": 12.0}],
            **more,
        ),
        n=3,
    )


def test_the_stretches_of_a_crew_are_all_of_its_time() -> None:
    for campaign in timelines(eventful(), engine="simpy"):
        for crew in {each.crew for each in campaign.stretches}:
            own = [each for each in campaign.stretches if each.crew == crew]
            assert all(a.until_s == b.from_s for a, b in pairwise(own))
            assert all(a.from_s < a.until_s for a in own)
            assert all((a.state, a.sector) != (b.state, b.sector) for a, b in pairwise(own))


def test_groups_do_what_their_crews_do(monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = eventful()
    by_crew = timelines(ensemble)
    monkeypatch.setattr(making, "MOST_CREWS", 2)
    monkeypatch.setattr(making, "PERIODS", 10**6)  # days
    assert timelines(ensemble, engine="simpy") == []
    by_group = timelines(ensemble, jobs=1)
    assert [c.replication for c in by_crew] == [c.replication for c in by_group]
    idle = {"waiting_for_land", "stand_down"}
    for crews, groups in zip(by_crew, by_group, strict=True):
        for state in idle:
            both = [
                sum(s.crews * (s.until_s - s.from_s) for s in told.stretches if s.state == state)
                for told in (crews, groups)
            ]
            assert both[0] == pytest.approx(both[1], abs=making._LEAST * DAY * 100)
        present = [
            sum(s.crews * (s.until_s - s.from_s) for s in told.stretches)
            for told in (crews, groups)
        ]
        assert present[0] == pytest.approx(present[1], rel=0.01)


def test_a_season_without_work_is_told_of_a_group_with_its_days_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(making, "MOST_CREWS", 1)
    monkeypatch.setattr(making, "PERIODS", 3)  # weeks
    rains = {"closed_from": "07-07", "closed_until": "07-14", "pace": 0.0}  # days 7 to 13
    scenario = build(
        campaign={"rest_days": ["sun"]},
        season=[{"name": "rains"} | rains],
        crew={"count": 2},
        sector={"area_ha": 24.0},
    )
    told = timelines(run(scenario, n=1))[1].stretches
    assert [(s.from_s // DAY, s.until_s // DAY, s.state, s.crews) for s in told] == [
        (0, 7, "worked", pytest.approx(2.0)),
        (7, 14, "lost_season:rains", pytest.approx(2.0)),
        (14, 20, "worked", pytest.approx(2.0)),
    ]


def test_the_table_is_the_file() -> None:
    ensemble = eventful()
    frame = table(ensemble.scenario, timelines(ensemble))
    assert frame["percentile"].unique(maintain_order=True).to_list() == ["p10", "p50", "p90"]
    data = to_csv(frame)
    assert from_csv(data, schema=SCHEMA, name="timelines.csv").equals(frame)


def test_what_is_not_told_is_an_empty_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST_CREWS", 1)
    monkeypatch.setattr(making, "MOST_IN_GROUPS", 9)
    ensemble = run(uncertain(crew={"count": 2}), n=1)
    assert timelines(ensemble) == []
    assert table(ensemble.scenario, []).is_empty()
