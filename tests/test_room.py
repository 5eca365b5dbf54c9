"""Memory: what a run is said to need is what it takes, and what does not fit is refused at once."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from build import FAST, build, law, play
from conftest import Demine

from sim.engines import Engine, simulate
from sim.errors import ScenarioError
from sim.experiments.study import Study
from sim.outcome import Ensemble, Rows, gather, row_bytes, rows
from sim.running import workers
from sim.running.room import most_replications, of_rows, of_worker, workers_that_fit
from sim.running.run import run_to_precision
from sim.sampling import Sampler
from sim.sampling.memory import Room, container_bytes
from sim.sampling.size import of_world
from sim.scenario.scenario import Scenario
from sim.scenario.variants import load_scenario

TUTORIAL = Path(__file__).parent.parent / "scenarios" / "tutorial.toml"
LEAST, MOST = 0.8, 2.5  # estimate / measurement
GIB = 2**30


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Have so many bytes of memory."""

    def have(number: float) -> None:
        there = Room(number, "what a test has")
        monkeypatch.setattr("sim.sampling.memory.memory_there", lambda: there)

    return have


def needed(scenario: Scenario, engine: Engine) -> float:
    return sum(need.bytes for need in of_world(scenario, engine=engine))


def taken(scenario: Scenario, engine: Engine) -> int:
    """Measure the peak of a world and its outcome, the second ones of a process."""
    sampler = Sampler(scenario, seed=0)
    for replication in (1, 0):
        tracemalloc.start()
        try:
            (world,) = sampler.worlds([replication])
            outcome = simulate(world, engine=engine)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        del world, outcome
    return peak


LONG = {"hours_per_day": 24.0, "horizon_days": 100.0, "parcel_ha": 10.0}
IDLE = {"count": 50, "rate_ha_per_day": 0.01, "people": 10}


def shelled(a_day: float, **more: Any) -> Scenario:
    regime = {"name": "calm", "attacks_per_24h": a_day, "mean_days": 1.0}
    shelling = {"regimes": (regime,), "recovery_days": 0.01, **more}
    return build(campaign=LONG, sector={"area_ha": 100.0}, crew=IDLE, shelling=shelling)


def failing(_: Engine) -> Scenario:
    return build(
        campaign={"horizon_days": 300.0},
        sector={"area_ha": 800.0},
        crew={"count": 20, "rate_ha_per_day": 5.0},
        quality={"inspected_share": 1.0, "failure_probability": 0.98, "rework_share": 0.1},
    )


def everything(engine: Engine) -> Scenario:
    crew = {"count": 50, "rate_ha_per_day": 20.0}
    clearance = {"parcel_variation": 0.5, "item_dispersion": 0.5, "item_minutes": 1.0}
    return build(
        campaign={"horizon_days": 300.0},
        sector={"area_ha": 20_000.0 if engine == "compiled" else 200.0, "items_per_ha": 3.0},
        crew=[crew | {"role": role} for role in ("survey", "clearance", "restoration")],
        survey={"cancelled_share": 0.2},
        clearance=clearance,
        growth={"share": 0.5, "found_until": 100.0},
        restoration={"share": 0.9},
    )


WORLDS: dict[str, Callable[[Engine], Scenario]] = {
    "parcels": lambda engine: build(
        campaign={"horizon_days": 300.0},
        sector={"area_ha": 30_000.0 if engine == "compiled" else 1_000.0},
        crew={"count": 50, "rate_ha_per_day": 20.0},
    ),
    "everything": everything,
    "inspections": failing,
    "attacks": lambda _: shelled(100.0, recontaminated_parcels=0.0),
    "hits": lambda _: shelled(5.0, recontaminated_parcels=100.0),
    "casualties": lambda _: shelled(3.0, casualty_probability=1.0),
    "accidents": lambda _: build(
        campaign=LONG,
        sector={"area_ha": 100.0},
        crew=IDLE,
        accidents={"per_person_day": 0.3, "stand_down_days": 0.01},
    ),
    "sectors": lambda _: build(
        campaign={"horizon_days": 20.0}, sector={"count": 1000, "area_ha": 1.0}
    ),
    "calendar": lambda _: build(
        campaign={"horizon_days": 2000.0},
        sector=[{}] * 20,
        closure=[
            {"name": f"x{i}", "from": i, "until": 9 * i + 9, "pace": 0.5, "sectors": [chr(65 + i)]}
            for i in range(20)
        ],
    ),
    "crews": lambda _: build(campaign={"horizon_days": 20.0}, crew={"count": 1000}),
}


SLOWLY = ("parcels", "everything", "sectors", "crews")  # what needs more in the SimPy engine


@pytest.mark.parametrize(
    ("what", "engine"), [(x, "compiled") for x in WORLDS] + [(x, "simpy") for x in SLOWLY]
)
def test_what_a_world_needs_is_what_it_takes(what: str, engine: Engine) -> None:
    scenario = WORLDS[what](engine)
    ratio = needed(scenario, engine) / taken(scenario, engine)
    assert LEAST < ratio < MOST


def many_rows(scenario: Scenario, n: int) -> list[Rows]:
    """Return batches of the same replication, over and over."""
    one, size = rows([play(scenario)]), workers.LARGEST_BATCH
    return [
        {name: np.repeat(values, size, axis=0) for name, values in one.items()}
        | {"replication": np.arange(first, first + size)}
        for first in range(0, n, size)
    ]


@pytest.mark.parametrize(
    "scenario",
    [load_scenario(TUTORIAL), build(sector={"count": 500, "area_ha": 1.0}), build()],
    ids=["tutorial", "many sectors", "few numbers"],
)
def test_what_the_replications_need_is_what_they_take(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = 2048
    assert row_bytes(scenario) == sum(v.nbytes for v in many_rows(scenario, 1)[0].values()) / 256

    def simulated(scenario: Scenario, **_: Any) -> Ensemble:
        return gather(scenario, seed=0, asked=n, batches=many_rows(scenario, n))

    monkeypatch.setattr("sim.experiments.study.run", simulated)
    study = Study(folder=tmp_path)
    tracemalloc.start()
    try:
        study.ensemble(scenario, n)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert LEAST < of_rows(scenario, n).bytes / peak < MOST


def test_as_many_workers_work_as_fit(room: Callable[[float], None]) -> None:
    scenario = build(sector={"area_ha": 5_000.0})
    for engine in ("simpy", "compiled"):
        worker = sum(need.bytes for need in of_worker(scenario, engine))
        rest = of_rows(scenario, 100).bytes
        room(rest + 3.5 * worker)
        assert workers_that_fit(scenario, 100, engine=engine, jobs=2) == 2
        assert workers_that_fit(scenario, 100, engine=engine, jobs=8) == 3
        assert workers._chunks(scenario, range(100), engine, 8)[1] == 3
        room(rest + 0.9 * worker)
        with pytest.raises(ScenarioError):
            workers_that_fit(scenario, 100, engine=engine, jobs=2)


def test_rows_of_a_batch_are_few_where_they_are_long() -> None:
    chunks, _ = workers._chunks(build(sector={"count": 20_000}), range(1000), "compiled", 1)
    assert len(chunks[0]) * 16 * 20_000 <= workers.BYTES_A_BATCH


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        (("run", "--replications", "1000000"), "for 1000000 replications"),
        (("explain", "--replications", "1000000"), "for 1000000 replications"),
        (("run", "--set", "sector.fields.area_ha=1e8"), "parcels"),
        (("run", "--engine", "simpy"), "for a worker of the SimPy engine"),
    ],
)  # fmt: skip
def test_a_run_that_does_not_fit_is_refused_before_anything_is_done(
    demine: Demine,
    tmp_path: Path,
    room: Callable[[float], None],
    words: tuple[str, ...],
    needs: str,
) -> None:
    room(GIB if "simpy" not in words else GIB / 10)
    code, out, err = demine(words[0], str(TUTORIAL), *words[1:], "--quiet")
    assert (code, out) == (2, "")
    assert needs in err
    assert "found a need of about" in err
    assert "what a test has (" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_doubled_stops_where_the_memory_ends(room: Callable[[float], None]) -> None:
    scenario = build(crew={"rate_ha_per_day": law("lognormal", mean=1.0, cv=0.5)})
    room(of_rows(scenario, 70).bytes + needed(scenario, FAST))
    assert 69 < most_replications(scenario, FAST) < 71
    ensemble, why = run_to_precision(scenario, precision_days=1e-3, replications=32, jobs=1)
    assert ensemble.replications == 64
    assert why.endswith("there is no memory for more replications")


DRAWN = {
    "quality.failure_probability": build(
        quality={
            "inspected_share": 1.0,
            "failure_probability": law("discrete", values=(0.0, 0.9999), weights=(0.9, 0.1)),
        }
    ),
    "shelling": shelled(law("discrete", values=(0.0, 500.0), weights=(0.9, 0.1))),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("key", DRAWN)
def test_a_world_that_is_too_large_by_chance_is_refused(
    key: str, room: Callable[[float], None]
) -> None:
    room(2 * needed(DRAWN[key], "compiled"))
    with pytest.raises(ScenarioError) as caught:
        list(Sampler(DRAWN[key], seed=0).worlds(range(100)))
    assert [problem.key for problem in caught.value.problems] == [key]


def test_the_least_limit_of_the_control_groups_holds(tmp_path: Path) -> None:
    said, groups = tmp_path / "cgroup", tmp_path / "groups"

    def limit(place: str, text: str) -> None:
        (groups / place).parent.mkdir(parents=True, exist_ok=True)
        (groups / place).write_text(f"{text}\n", encoding="ascii")

    assert container_bytes(said, groups) == float("inf")
    said.write_text("0::/a/b\n", encoding="ascii")
    limit("a/b/memory.max", "max")
    assert container_bytes(said, groups) == float("inf")
    limit("a/memory.max", "3000")
    assert container_bytes(said, groups) == 3000
    limit("a/b/memory.max", "2000")
    assert container_bytes(said, groups) == 2000
    said.write_text("5:cpu:/x\n4:memory:/x/y\n0::/\n", encoding="ascii")
    limit("cpu/x/memory.limit_in_bytes", "1")
    limit("memory/memory.limit_in_bytes", "1000")  # as in a container that sees no /x/y
    assert container_bytes(said, groups) == 1000


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is not kept elsewhere")
def test_the_limit_of_the_process_holds() -> None:
    program = """
import resource
import numba, scipy.special
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, resource.RLIM_INFINITY))
from sim.sampling.memory import memory_there
print(*memory_there(), sep=": ")
"""
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    number, whose = said.strip().split(": ")
    assert 1 * GIB < float(number) < 3 * GIB
    assert "ulimit -v" in whose
