"""Units of the field: the same number in another unit is the same campaign, and one unit holds."""

from pathlib import Path
from typing import Any

import pytest
from build import DAY, build, every_engine, law, play, plays
from conftest import Demine
from drawn import Drawn
from ensembles import run

from sim.engines import Engine
from sim.errors import ScenarioError
from sim.results.pictures import released as pictures
from sim.scenario.laws import FAMILIES, Constant, scaled
from sim.scenario.variants import load_scenario, vary

Tree = dict[str, Any]


@every_engine
def test_square_metres_and_deminers_give_the_day_counted_by_hand(engine: Engine) -> None:
    """1 200 m2 in boxes of 500: eight of ten people clear 25 m2 a day each, so 2.5 days a box."""
    crew = {"people": 10, "deminers": 8, "rate_m2_per_deminer_day": 25}
    scenario = build(campaign={"parcel_ha": 0.05}, sector={"area_m2": 1200}, crew=crew)
    found = play(scenario, engine=engine)
    assert found.completion_s == 6 * DAY
    assert found.release_s.tolist() == [2.5 * DAY, 5 * DAY, 6 * DAY]
    of_the_crew = {"people": 10, "rate_m2_per_day": 200}
    assert play(build(**{**_of(scenario), "crew": of_the_crew}), engine=engine) == found
    of_all = {"people": 10, "rate_m2_per_deminer_day": 20}
    assert play(build(**{**_of(scenario), "crew": of_all}), engine=engine) == found


def _of(scenario: Any) -> Tree:
    return {"campaign": {"parcel_ha": 0.05}, "sector": {"area_m2": 1200}}


LAWS = [  # in hectares, and what of it has a unit
    law("uniform", low=2.37, high=5.11),
    law("triangular", low=2.37, mode=3.3, high=5.11),
    law("pert", low=2.37, mode=3.3, high=5.11),
    law("normal", mean=3.3, sd=0.7, low=1.1),
    law("lognormal", mean=3.3, cv=0.37),
    law("lognormal", p10=2.37, p90=5.11),
    law("gamma", mean=3.3, cv=0.37),
    law("beta", mean=3.3, sd=0.3, low=1.1, high=5.11),
    law("exponential", mean=3.3),
    law("discrete", values=[2.37, 3.3, 5.11], weights=[1, 2, 3]),
]


def in_m2(stated: Tree, by: int = 10_000) -> Tree:
    """Return the same law in whole square metres."""

    def times(value: Any) -> Any:
        return [times(each) for each in value] if isinstance(value, list) else round(by * value)

    plain = {"dist", "cv", "weights"}
    return {k: v if k in plain else times(v) for k, v in stated.items()}


def test_every_law_is_tried() -> None:
    assert {stated["dist"] for stated in LAWS} == FAMILIES.keys() - {"empirical"}


@pytest.mark.parametrize("stated", LAWS, ids=str)
def test_whole_square_metres_have_the_same_luck_bit_for_bit(stated: Tree) -> None:
    ha = build(sector={"area_ha": stated}, crew={"rate_ha_per_day": stated, "people": 5})
    m2 = build(
        sector={"area_m2": in_m2(stated)},
        crew={"rate_m2_per_day": in_m2(stated), "people": 5},
    )
    assert m2.sector[0].area == ha.sector[0].area
    assert plays(m2, n=5) == plays(ha, n=5)
    each = vary(ha, settings={"crew.c0.rate_m2_per_deminer_day": in_m2(stated, 2000)})
    assert plays(each, n=5) == plays(ha, n=5)


def test_a_number_in_another_unit_is_that_number_over_the_size_of_the_unit() -> None:
    for metres in (1, 7, 123, 12_345, 1_234_567):
        scenario = build(sector={"area_m2": metres})
        assert scenario.sector[0].area.mean == float(f"{metres}e-4")
    assert scaled(Constant(50.3), by=10, per=10_000).mean == 0.0503


FILE = """
[campaign]
name = "field"
start = 2026-03-16
horizon_days = 400
parcel_ha = 0.05
[[deadline]]
name = "end"
date = 2026-09-01
[[sector]]
name = "orchard"
{area}
[[crew]]
name = "team"
role = "clearance"
count = 3
people = 10
{rate}
"""
HA = FILE.format(area="area_ha = 4", rate="rate_ha_per_day = 0.02")
M2 = FILE.format(area="area_m2 = 40_000", rate="rate_m2_per_deminer_day = 20")


def test_the_same_campaign_in_square_metres_leaves_the_same_files(
    demine: Demine, tmp_path: Path
) -> None:
    for name, text in (("ha", HA), ("m2", M2)):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        few = ("--replications", "5", "--jobs", "1", "--engine", "simpy", "--quiet")
        assert demine("run", f"{name}.toml", *few, "--out", name)[0] == 0
    files = sorted(p.name for p in (tmp_path / "ha").iterdir() if p.name != "manifest.json")
    assert len(files) > 5
    for file in files:
        assert (tmp_path / "ha" / file).read_bytes() == (tmp_path / "m2" / file).read_bytes()


def test_what_is_set_in_another_unit_replaces_what_stands_there() -> None:
    base = build(crew={"people": 5})
    other = vary(base, settings={"sector.A.area_m2": 40_000, "crew.c0.rate_m2_per_day": 200})
    assert (other.sector[0].area_ha, other.sector[0].area.mean) == (None, 4)
    assert other.crew[0].rate.mean == 0.02
    back = vary(other, settings={"sector.A.area_ha": 10, "crew.c0.rate_m2_per_deminer_day": 2000})
    assert (back.sector[0], back.crew[0].rate) == (base.sector[0], base.crew[0].rate)
    both = {"sector.A.area_ha": 4, "sector.A.area_m2": 40_000}
    for settings in (both, dict(reversed(both.items()))):
        with pytest.raises(ScenarioError) as refused:
            vary(base, settings=settings)
        assert "found area_ha and area_m2; allowed: exactly one of" in str(refused.value)


def test_an_extending_file_may_state_another_unit(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(HA, encoding="utf-8")
    (tmp_path / "own.toml").write_text(
        'extends = "base.toml"\n[[sector]]\nname = "orchard"\n'
        'area_m2 = { dist = "uniform", low = 30_000, high = 50_000 }\n'
        '[[crew]]\nname = "team"\ndeminers = 8\nrate_m2_per_deminer_day = 25\n',
        encoding="utf-8",
    )
    own = load_scenario(tmp_path / "own.toml")
    assert own.sector[0].area.support == (3, 5)
    assert own.crew[0].rate.mean == 0.02


def test_a_faulty_number_is_told_once_and_mended_in_another_unit(
    demine: Demine, tmp_path: Path
) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(M2.replace("= 40_000", '= "large"'), encoding="utf-8")
    _, _, err = demine("check", "faulty.toml")
    assert err.splitlines() == [
        "error: faulty.toml: sector.orchard.area_m2: found 'large'; allowed: a number or a law"
    ]
    assert load_scenario(path, settings={"sector.orchard.area_ha": 4}).sector[0].area.mean == 4
    law_of_no_file = '{ dist = "empirical", file = "no.csv", column = "x" }'
    path.write_text(M2.replace("= 40_000", f"= {law_of_no_file}"), encoding="utf-8")
    _, _, err = demine("check", "faulty.toml")
    assert len(err.splitlines()) == 1
    assert "sector.orchard.area_m2.file" in err


def test_a_unit_varied_on_the_command_line(demine: Demine, tmp_path: Path) -> None:
    (tmp_path / "field.toml").write_text(HA, encoding="utf-8")
    few = ("--replications", "5", "--jobs", "1", "--engine", "simpy", "--quiet")
    key = "crew.team.rate_m2_per_deminer_day"
    assert demine("sweep", "field.toml", "--vary", f"{key}=20,40", *few, "--out", "s")[0] == 0
    header, *rows = (tmp_path / "s" / "sweep.csv").read_text(encoding="utf-8").splitlines()
    days = [float(row.split(",")[header.split(",").index("p50")]) for row in rows]
    assert days == [67.5, 33.75]  # 80 boxes of 500 m2, three teams: 27 boxes of 2.5 days


@pytest.mark.parametrize(
    ("unit", "size", "axis", "land"),
    [
        ("ha", "30 ha", "Hectares", "known land, 30 ha"),
        ("m2", "300000 m²", "Square metres", "known land, 300\u202f000 m²"),
        ("km2", "0.3 km²", "Square kilometres", "known land, 0.3 km²"),
    ],
)
def test_people_read_the_unit_of_the_campaign(
    unit: str, size: str, axis: str, land: str, demine: Demine, drawn: list[Drawn], tmp_path: Path
) -> None:
    text = HA.replace('name = "field"', f'name = "field"\nunit = "{unit}"').replace("= 4", "= 30")
    (tmp_path / "field.toml").write_text(text, encoding="utf-8")
    assert size in demine("check", "field.toml")[1]
    scenario = build(campaign={"unit": unit}, sector={"area_ha": 30})
    pictures.progress(run(scenario, n=1), tmp_path / "p.png")
    (shown,) = drawn
    assert axis in shown.words
    assert land in shown.words
    times = {"ha": 1.0, "m2": 1e4, "km2": 0.01}[unit]
    assert shown.line("released land, median").get_ydata()[-1] == pytest.approx(30 * times)
