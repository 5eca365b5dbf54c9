"""Ensembles of many scenarios: each done once and kept, whatever happens in between."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ensembles import uncertain

import sim.experiments.study
from sim.experiments.study import Study
from sim.outcome import COLUMNS, Ensemble, gather
from sim.running.run import extend, run
from sim.running.workers import UnfinishedError
from sim.scenario.scenario import Scenario

PLAIN: dict[str, Any] = {"columns": COLUMNS, "recipes": None, "readings": None}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect how many replications are really done, call by call."""
    found: list[int] = []

    def counted(call: Callable[..., Ensemble]) -> Callable[..., Ensemble]:
        def wrapped(first: Scenario | Ensemble, *, replications: int, **more: object) -> Ensemble:
            before = first.replications if isinstance(first, Ensemble) else 0
            found.append(replications - before)
            return call(first, replications=replications, **more)

        return wrapped

    monkeypatch.setattr(sim.experiments.study, "run", counted(run))
    monkeypatch.setattr(sim.experiments.study, "extend", counted(extend))
    return found


def test_a_study_gives_what_runs_give(tmp_path: Path) -> None:
    study = Study(seed=3, folder=tmp_path)
    for scenario in (uncertain(), uncertain(sector={"area_ha": 3.0})):
        assert study.ensemble(scenario, 12) == run(scenario, replications=12, seed=3)


def test_nothing_is_done_twice(done: list[int]) -> None:
    study, scenario = Study(), uncertain()
    for asked in (10, 10, 25, 7, 25):
        assert study.ensemble(scenario, asked) == run(scenario, replications=asked)
    assert done == [10, 15]


def test_a_later_study_finds_what_was_kept_whatever_the_engine(
    tmp_path: Path, done: list[int]
) -> None:
    scenario = uncertain()
    first = Study(folder=tmp_path, engine="simpy", jobs=1).ensemble(scenario, 4)
    assert Study(folder=tmp_path).ensemble(scenario, 4) == first
    assert done == [4]
    Study(folder=tmp_path, seed=1).ensemble(scenario, 4)
    assert done == [4, 4]


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-9], lambda d: d[:40] + b"?" + d[41:], lambda _: b""]
)
def test_what_cannot_be_read_is_done_again(
    damage: Callable[[bytes], bytes], tmp_path: Path, done: list[int]
) -> None:
    scenario = uncertain()
    whole = [Study(folder=tmp_path).ensemble(scenario, n) for n in (4, 9)][1]
    (late,) = tmp_path.glob("*.4-8.npz")
    late.write_bytes(damage(late.read_bytes()))
    assert Study(folder=tmp_path).ensemble(scenario, 9) == whole
    assert done == [4, 5, 5]


def test_what_was_finished_before_an_interruption_is_kept_without_gaps(
    tmp_path: Path, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = uncertain()
    whole = run(scenario, replications=10)

    def interrupted(*_: object, **__: object) -> Ensemble:
        some = {name: values[[0, 1, 2, 5]] for name, values in whole.rows.items()}
        part = gather(scenario, seed=0, asked=10, batches=[some])
        raise UnfinishedError("interrupted", ensemble=part, interrupted=True)

    with monkeypatch.context() as patched:
        patched.setattr(sim.experiments.study, "run", interrupted)
        with pytest.raises(UnfinishedError):
            Study(folder=tmp_path).ensemble(scenario, 10)
    assert [path.name.split(".")[1] for path in tmp_path.iterdir()] == ["0-2"]
    assert Study(folder=tmp_path).ensemble(scenario, 10) == whole
    assert done == [7]


def test_only_the_columns_that_are_read_are_kept(tmp_path: Path, done: list[int]) -> None:
    scenario, columns = uncertain(), ("replication", "completion_s", "restored_s", "cost")
    whole = run(scenario, replications=9)
    for n, asked in ((4, [4]), (9, [4, 5]), (6, [4, 5])):  # done, extended, and kept
        found = Study(folder=tmp_path, columns=columns).ensemble(scenario, n)
        assert done == asked
        for name, values in found.rows.items():
            if name in columns:
                assert np.array_equal(values, getattr(whole, name)[:n])
            else:
                assert values.shape == (n, 0)
    assert Study(folder=tmp_path).ensemble(scenario, 9) == whole
    assert done == [4, 5, 9]  # what lacks a column is no use for who reads it


def test_what_is_kept_may_overlap(tmp_path: Path, done: list[int]) -> None:
    scenario, kept = uncertain(), []
    for first, end in ((0, 6), (3, 5), (4, 9)):
        kept.append(tmp_path / str(first))
        kept[-1].mkdir()
        study = Study(folder=kept[-1])
        study._do("0" * 32, scenario, None, range(first, end), **PLAIN)
    whole = run(scenario, replications=9)
    for n in (9, 7, 5):
        found = Study(kept_in=kept)._kept("0" * 32, scenario, range(n), COLUMNS)
        assert found is not None
        assert found.replication.tolist() == list(range(n))
        assert np.array_equal(found.completion_s, whole.completion_s[:n])


def test_a_study_knows_whether_more_is_kept_than_it_was_asked_for(tmp_path: Path) -> None:
    scenario, other = uncertain(), uncertain(sector={"area_ha": 3.0})
    first = Study(folder=tmp_path)
    first.ensemble(scenario, 9)
    first.ensemble(other, 2)
    assert first.covers_what_is_kept()
    second = Study(folder=tmp_path)
    for n, area, covered in ((9, scenario, False), (1, other, False), (2, other, True)):
        second.ensemble(area, n)
        assert second.covers_what_is_kept() is covered
    (tmp_path / f"{'0' * 32}.0-9.npz").write_bytes(b"damaged")
    assert second.covers_what_is_kept()


def test_progress_is_that_of_the_whole_study() -> None:
    shown: list[tuple[int, int]] = []
    study = Study(progress=lambda done, asked: shown.append((done, asked)))
    study.expect(30)
    for area in (3.0, 5.0, 3.0, 8.0):
        study.ensemble(uncertain(sector={"area_ha": area}), 10)
    assert shown[0] == (0, 30)
    assert shown[-1] == (30, 30)
    assert all(a <= b for (a, _), (b, _) in itertools.pairwise(shown))


def test_a_study_without_a_folder_leaves_none_behind() -> None:
    study = Study()
    study.ensemble(uncertain(), 2)
    folder = study._folder
    assert folder.is_dir()
    del study
    assert not folder.exists()
