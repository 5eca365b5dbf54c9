"""Ensembles of many scenarios on common random numbers, each done once and kept.

A kept ensemble is a file whose name says what is in it: the digest of everything its numbers depend
on, and its first and last replication. The engine is not part of that, since both give the same. A
file is written whole or not at all; one that cannot be read is as good as none.
"""

import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.engines import Engine
from sim.errors import Problem, ScenarioError
from sim.experiments.kept import ENTRY, address_of, read_rows, write_rows
from sim.outcome import COLUMNS, Ensemble, Rows, gather, only
from sim.running.run import cores, extend, run, until_precise
from sim.running.twins import Source, Twins, twins
from sim.running.workers import Progress, UnfinishedError
from sim.sampling.recipes import Given, Readings, Recipes
from sim.sampling.recipes import plain as plain_recipe
from sim.scenario.scenario import Scenario
from sim.world import Ints

ENDS = (
    "replication",
    "completion_s",
    "restored_s",
    "cost",
    "total_cost",
    "fund_amount",
    "fund_cost",
    "fund_missing",
    "deadline_s",
)
"""Columns of an ensemble: when each campaign ended, what it cost, and who paid."""
KEPT_EVERY_S = 5.0  # so much work is lost at most, whatever happens


class Study:
    """Gives ensembles of many scenarios, and remembers them.

    Parameters
    ----------
    seed
        All scenarios share it, and so their luck.
    engine, jobs
        As in `run`.
    folder
        Where finished ensembles are kept, for the next study too; by default they are forgotten
        with this one.
    progress
        Called with the replications done and expected, over all scenarios.
    columns
        Of the ensembles, which alone are kept; the others are empty.
    given
        Recipes of campaigns that agree with a record: those of all ensembles.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        engine: Engine = "compiled",
        jobs: int | None = None,
        folder: Path | None = None,
        progress: Progress | None = None,
        columns: Collection[str] = COLUMNS,
        given: Given | None = None,
    ) -> None:
        self.seed = seed
        self._given = given
        self._columns = columns
        self._engine, self._jobs = engine, jobs
        self._folder = folder or _forgotten_with(self)
        self._progress = progress
        self.written: list[Path] = []  # what it has kept
        self._done: dict[str, int] = {}  # replications of each address
        self._twins: dict[str, int] = {}  # of each address of twins, which the bar leaves out
        self._expected = 0

    def expect(self, replications: int) -> None:
        """Say how many replications are to come in all, for the time that is left."""
        self._expected = replications

    def ensemble(
        self,
        scenario: Scenario,
        replications: int,
        *,
        recipes: Recipes | None = None,
        readings: Readings | None = None,
        columns: Collection[str] | None = None,
    ) -> Ensemble:
        """Return the first replications of a scenario; only what is not kept is done.

        Parameters
        ----------
        scenario
            From `load_scenario`.
        replications
            How many, from index 0 on.
        recipes
            Whose luck each replication has; its own by default.
        readings
            When sums are read instead of at the ends of calendar years.
        columns
            That are kept, instead of the study's.

        Raises
        ------
        UnfinishedError
            If it was interrupted, or a worker died; what was finished is kept.
        ScenarioError
            If a campaign drawn does not fit into this machine's memory.
        ResultError
            If it cannot be kept.
        """
        if self._given:
            _refuse_other_campaign(self._given, scenario)
        recipes = recipes or self._given
        address = address_of(scenario, self.seed, recipes, readings)
        wanted = self._columns if columns is None else columns
        kept = self._kept(address, scenario, replications, wanted)
        if kept is None or kept.replications < replications:
            kept = self._do(
                address,
                scenario,
                kept,
                replications,
                columns=wanted,
                recipes=recipes,
                readings=readings,
            )
        self._report(address, replications)
        return kept

    def whole(self, scenario: Scenario, replications: int) -> Ensemble:
        """Return the first replications of a scenario, done anew and not kept.

        Parameters
        ----------
        scenario, replications
            As in `ensemble`.
        """
        return run(
            scenario,
            replications=replications,
            seed=self.seed,
            engine=self._engine,
            jobs=self._jobs,
            recipes=self._given,
        )

    def precise(
        self,
        scenario: Scenario,
        replications: int,
        precision_days: float | None,
        *,
        plain: bool = True,
    ) -> tuple[Ensemble, str]:
        """Return an ensemble whose P80 is precise, if that is wanted, and why it is not.

        Parameters
        ----------
        scenario, replications
            As in `ensemble`.
        precision_days
            As in `run_to_precision`; None for as many replications as are asked for.
        plain
            Whether it is doubled until it is, instead of being told more by twins.
        """
        if precision_days is None:
            return self.ensemble(scenario, replications), ""
        return until_precise(
            lambda asked: self.ensemble(scenario, asked),
            precision_days=precision_days,
            replications=replications,
            engine=self._engine,
            source=None if plain else self.source(scenario),
        )

    def source(self, scenario: Scenario) -> Source | None:
        """Return where more completions come from; nowhere for the campaigns of a forecast."""
        if self._given:
            return None
        return Source(partial(self.twins, scenario), partial(self._completions, scenario))

    def twins(self, scenario: Scenario, replications: int) -> Ints:
        """Return about when the first replications are complete, by their twins, as in `Source`."""
        address = address_of(scenario, self.seed, Twins())
        held = self._kept(address, scenario, replications, ENDS[:2])
        first = held.replications if held else 0
        keeper = _Keeper(self._folder, address, first, ENDS[:2], self.written)
        found = [held.completion_s] if held else []
        indices = range(first, replications)
        done, jobs = first, self._jobs or cores()
        try:
            with _no_ensemble():
                for batch in twins(scenario, seed=self.seed, indices=indices, jobs=jobs):
                    keeper.add({ENDS[0]: done + np.arange(len(batch)), ENDS[1]: batch})
                    found.append(batch)
                    done += len(batch)
        finally:
            keeper.write()
        self._twins[address] = max(replications, self._twins.get(address, 0))
        return np.concatenate(found)

    def _completions(self, scenario: Scenario, which: Ints) -> Ints:
        """Return when some replications are complete, as in `Source`; they are kept."""
        if not len(which):
            return which
        recipes = Given(tuple(map(plain_recipe, which.tolist())))
        with _no_ensemble():
            return self.ensemble(
                scenario, len(which), recipes=recipes, columns=ENDS[:2]
            ).completion_s

    def _do(
        self,
        address: str,
        scenario: Scenario,
        kept: Ensemble | None,
        replications: int,
        *,
        columns: Collection[str],
        recipes: Recipes | None,
        readings: Readings | None,
    ) -> Ensemble:
        """Do what is missing, and keep it as it is finished."""
        first = kept.replications if kept else 0
        keeper = _Keeper(self._folder, address, first, columns, self.written)

        def progress(done: int, _asked: int) -> None:
            self._report(address, done)

        try:
            if kept:
                done = extend(
                    kept,
                    replications=replications,
                    engine=self._engine,
                    jobs=self._jobs,
                    recipes=recipes,
                    readings=readings,
                    progress=progress,
                    keep=keeper.add,
                )
            else:
                done = run(
                    scenario,
                    replications=replications,
                    seed=self.seed,
                    engine=self._engine,
                    jobs=self._jobs,
                    recipes=recipes,
                    readings=readings,
                    progress=progress,
                    keep=keeper.add,
                )
        except UnfinishedError as error:
            if error.ensemble:
                keeper.finish(error.ensemble)
            raise
        keeper.finish(done)
        return _rows_of(done, slice(replications), columns)

    def _report(self, address: str, done: int) -> None:
        self._done[address] = max(done, self._done.get(address, 0))
        if self._progress:
            total = sum(self._done.values())
            self._progress(total, max(total, self._expected))

    def covers_what_is_kept(self) -> bool:
        """Tell whether all that is kept and can be read was asked for in this study."""
        done = self._done | self._twins
        for path in self._folder.iterdir():
            match = ENTRY.fullmatch(path.name)
            more = match is not None and int(match[3]) >= done.get(match[1], 0)
            if more and read_rows(path, ("replication",)) is not None:
                return False
        return True

    def _kept(
        self, address: str, scenario: Scenario, most: int, columns: Collection[str]
    ) -> Ensemble | None:
        """Return the first replications that are kept, at most so many."""
        matches = [
            m for path in self._folder.glob(f"{address}.*") if (m := ENTRY.fullmatch(path.name))
        ]
        batches: list[Rows] = []
        reached = 0
        for match in sorted(matches, key=lambda m: (int(m[2]), -int(m[3]))):
            if int(match[2]) != reached or reached >= most:
                continue
            batch = read_rows(self._folder / match[0], columns)
            if batch is not None:
                batches.append(batch)
                reached = int(match[3]) + 1
        if not batches:
            return None
        whole = gather(scenario, seed=self.seed, asked=reached, batches=batches)
        return whole if reached <= most else _rows_of(whole, slice(most), columns)


def _refuse_other_campaign(given: Given, scenario: Scenario) -> None:
    about = scenario.campaign.name, scenario.campaign.start.isoformat()
    if given.campaign and given.campaign != about:
        found, allowed = (f"{name!r}, from {start}" for name, start in (about, given.campaign))
        raise ScenarioError([Problem("--given", "campaign", found, f"{allowed}: the forecast's")])


@contextmanager
def found_so_far(found: Callable[[], Any]) -> Iterator[None]:
    """Give what an experiment has found to whoever is told that it was interrupted.

    Parameters
    ----------
    found
        Gives it, None if there is nothing.
    """
    try:
        yield
    except UnfinishedError as error:
        error.so_far = found()
        raise
    except KeyboardInterrupt as error:
        stopped = UnfinishedError("interrupted", ensemble=None, interrupted=True)
        stopped.so_far = found()
        raise stopped from error


@contextmanager
def _no_ensemble() -> Iterator[None]:
    """Let an interruption pass without what was found: it is only a part of what was asked for."""
    try:
        yield
    except UnfinishedError as error:
        error.ensemble = None
        raise
    except KeyboardInterrupt as error:
        raise UnfinishedError("interrupted", ensemble=None, interrupted=True) from error


class _Keeper:
    """Writes what is finished of an ensemble, some seconds' work in a file."""

    def __init__(
        self,
        folder: Path,
        address: str,
        first: int,
        columns: Collection[str],
        written: list[Path],
    ) -> None:
        self._folder, self._address, self._first = folder, address, first
        self._columns, self._written = columns, written
        self._batches: list[Rows] = []
        self._since = time.monotonic()

    def add(self, batch: Rows) -> None:
        """Take the next replications, and write them if it is time to."""
        self._batches.append({name: batch[name] for name in self._columns})
        if time.monotonic() - self._since >= KEPT_EVERY_S:
            self.write()

    def write(self) -> None:
        """Write what was taken and is not written yet."""
        names = self._columns
        if self._batches:
            self._write({n: np.concatenate([rows[n] for rows in self._batches]) for n in names})
        self._batches, self._since = [], time.monotonic()

    def finish(self, ensemble: Ensemble) -> None:
        """Write what is not written yet, as far as none is missing between them."""
        in_order = ensemble.replication == np.arange(ensemble.replications)
        end = ensemble.replications if in_order.all() else int(np.argmin(in_order))
        if end > self._first:
            part = slice(self._first, end)
            self._write({name: getattr(ensemble, name)[part] for name in self._columns})

    def _write(self, batch: Rows) -> None:
        end = self._first + len(batch["replication"])
        path = self._folder / f"{self._address}.{self._first}-{end - 1}.npz"
        write_rows(path, batch)
        self._written.append(path)
        self._first = end


def _rows_of(ensemble: Ensemble, part: slice, columns: Collection[str]) -> Ensemble:
    """Return some replications of an ensemble, and some of their columns."""
    batch = only({name: values[part] for name, values in ensemble.rows.items()}, columns)
    asked = len(batch["replication"])
    return gather(ensemble.scenario, seed=ensemble.seed, asked=asked, batches=[batch])


def _forgotten_with(study: Study) -> Path:
    """Return a fresh folder that is deleted when the study is no longer used."""
    folder = Path(tempfile.mkdtemp(prefix="demine-"))
    weakref.finalize(study, shutil.rmtree, folder, ignore_errors=True)
    return folder
