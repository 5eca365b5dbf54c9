"""Ensembles of many scenarios on common random numbers, each done once and kept.

A kept ensemble is a file whose name says what is in it: the digest of everything its numbers depend
on, and its first and last replication. The engine is not part of that, since both give the same. A
file is written whole or not at all; one that cannot be read is as good as none.
"""

import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.engines import Engine
from sim.errors import Problem, ResultError, ScenarioError
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
    share
        (i, n): only the i-th of n shares of each ensemble is done and kept. What is returned then
        has as many replications as asked for, but stands there for its shape alone.
    kept_in
        Folders of others, where parts of ensembles are kept.
    executor
        As in `run`.
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
        share: tuple[int, int] | None = None,
        kept_in: Collection[Path] = (),
        executor: Executor | None = None,
    ) -> None:
        self.seed = seed
        self._given = given
        self._share = share
        self._elsewhere = _entries(path for folder in kept_in for path in folder.iterdir())
        self._columns = columns
        self._engine, self._jobs, self._executor = engine, jobs, executor
        self._folder = folder or _forgotten_with(self)
        self._progress = progress
        self.written: list[Path] = []  # what it has kept
        self._lacking = 0  # replications that were kept nowhere, and were done
        self._asked: dict[str, int] = {}  # replications of each address
        self._done: dict[str, dict[int, int]] = {}  # address: from which to which replication
        self._twins: dict[str, dict[int, int]] = {}  # the same of twins, which the bar leaves out
        self._expected = 0

    @property
    def note(self) -> str:
        """What is to be noted about its workers; empty if there is nothing."""
        return str(getattr(self._executor, "note", ""))

    def expect(self, replications: int) -> None:
        """Say how many replications are to come in all, for the time that is left."""
        self._expected = replications // (self._share or (1, 1))[1]

    def ensemble(
        self,
        scenario: Scenario,
        replications: int,
        *,
        recipes: Recipes | None = None,
        readings: Readings | None = None,
        columns: Collection[str] | None = None,
        shared: bool = True,
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
        shared
            Whether a study with a share does only that: not, where its numbers decide what else is
            asked for.

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
        span = self._span(address, replications) if shared else range(replications)
        kept = self._kept(address, scenario, span, wanted)
        if kept is None or kept.replications < len(span):
            kept = self._do(
                address,
                scenario,
                kept,
                span,
                columns=wanted,
                recipes=recipes,
                readings=readings,
            )
        self._report(address, span.start, len(span))
        return kept if len(span) == replications else _stand_in(kept, replications)

    def _span(self, address: str, replications: int) -> range:
        """Return what is to be done of the first replications: at least one of them."""
        if not self._share:
            return range(replications)
        i, n = self._share
        asked = self._asked[address] = max(replications, self._asked.get(address, 0))
        first = (i - 1) * asked // n
        return range(first, max(first + 1, i * asked // n))

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
            executor=self._executor,
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
        held = self._kept(address, scenario, range(replications), ENDS[:2])
        first = held.replications if held else 0
        keeper = _Keeper(self._folder, address, 0, first, ENDS[:2], self.written)
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
        spans = self._twins.setdefault(address, {})
        spans[0] = max(replications, spans.get(0, 0))
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
        span: range,
        *,
        columns: Collection[str],
        recipes: Recipes | None,
        readings: Readings | None,
    ) -> Ensemble:
        """Do what is missing, and keep it as it is finished."""
        before = kept.replications if kept else 0
        keeper = _Keeper(self._folder, address, span.start, before, columns, self.written)
        self._lacking += len(span) - before

        def progress(done: int, _asked: int) -> None:
            self._report(address, span.start, done)

        try:
            if kept:
                done = extend(
                    kept,
                    replications=len(span),
                    engine=self._engine,
                    jobs=self._jobs,
                    recipes=recipes,
                    readings=readings,
                    progress=progress,
                    keep=keeper.add,
                    executor=self._executor,
                )
            else:
                done = run(
                    scenario,
                    replications=len(span),
                    seed=self.seed,
                    engine=self._engine,
                    jobs=self._jobs,
                    recipes=recipes,
                    readings=readings,
                    progress=progress,
                    keep=keeper.add,
                    start=span.start,
                    executor=self._executor,
                )
        except UnfinishedError as error:
            if error.ensemble:
                keeper.finish(error.ensemble)
            raise
        keeper.finish(done)
        return _rows_of(done, columns)

    def _report(self, address: str, first: int, done: int) -> None:
        spans = self._done.setdefault(address, {})
        spans[first] = max(first + done, spans.get(first, first))
        if self._progress:
            self._progress(self.replications, max(self.replications, self._expected))

    @property
    def replications(self) -> int:
        """How many it was asked for and has, in all."""
        return sum(end - first for spans in self._done.values() for first, end in spans.items())

    @property
    def lacked(self) -> str:
        """What is to be noted where parts that are put together lack some; empty if none do."""
        some = self._elsewhere and self._lacking
        return f"{self._lacking} replications were in no part, and done now" if some else ""

    def hand_over(self, folder: Path) -> None:
        """Write what it was asked for into a folder: a file for each span of an ensemble.

        Raises
        ------
        ResultError
            If what was kept cannot be read any more.
        """
        for address, spans in self._done.items():
            for first, end in spans.items():
                found = self._batches(address, range(first, end), self._columns)
                if sum(len(batch["replication"]) for batch in found) < end - first:
                    raise ResultError(
                        f"{self._folder}: what was finished cannot be read again: the disk may be"
                        " damaged; the same command does it again"
                    )
                rows = {n: np.concatenate([batch[n] for batch in found]) for n in self._columns}
                write_rows(folder / f"{address}.{first}-{end - 1}.npz", rows)

    def covers_what_is_kept(self) -> bool:
        """Tell whether all that is kept and can be read was asked for in this study."""
        done = self._done | self._twins
        for address, entries in _entries(self._folder.iterdir()).items():
            spans = done.get(address, {}).items()
            for path, first, last in entries:
                more = not any(begin <= first and last < end for begin, end in spans)
                if more and read_rows(path, ("replication",)) is not None:
                    return False
        return True

    def _kept(
        self, address: str, scenario: Scenario, span: range, columns: Collection[str]
    ) -> Ensemble | None:
        """Return the first replications of a span that are kept, None if there are none."""
        batches = self._batches(address, span, columns)
        if not batches:
            return None
        asked = sum(len(batch["replication"]) for batch in batches)
        return gather(scenario, seed=self.seed, asked=asked, batches=batches)

    def _batches(self, address: str, span: range, columns: Collection[str]) -> list[Rows]:
        """Return the rows of the first replications of a span that are kept, in their order."""
        here = _entries(self._folder.glob(f"{address}.*")).get(address, [])
        entries = [*here, *self._elsewhere.get(address, [])]
        batches: list[Rows] = []
        reached = span.start
        for path, first, last in sorted(entries, key=lambda entry: (entry[1], -entry[2])):
            if not first <= reached <= last or reached >= span.stop:
                continue
            batch = read_rows(path, columns)
            if batch is not None:
                wanted = slice(reached - first, span.stop - first)
                batches.append({name: values[wanted] for name, values in batch.items()})
                reached = last + 1
        return batches


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
        start: int,
        before: int,
        columns: Collection[str],
        written: list[Path],
    ) -> None:
        self._folder, self._address = folder, address
        self._start, self._first = start, start + before
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
        in_order = ensemble.replication - self._start == np.arange(ensemble.replications)
        end = ensemble.replications if in_order.all() else int(np.argmin(in_order))
        part = slice(self._first - self._start, end)
        if part.start < end:
            self._write({name: getattr(ensemble, name)[part] for name in self._columns})

    def _write(self, batch: Rows) -> None:
        end = self._first + len(batch["replication"])
        path = self._folder / f"{self._address}.{self._first}-{end - 1}.npz"
        write_rows(path, batch)
        self._written.append(path)
        self._first = end


def _rows_of(ensemble: Ensemble, columns: Collection[str]) -> Ensemble:
    """Return an ensemble with some of its columns."""
    batch, asked = only(ensemble.rows, columns), ensemble.replications
    return gather(ensemble.scenario, seed=ensemble.seed, asked=asked, batches=[batch])


def _stand_in(some: Ensemble, replications: int) -> Ensemble:
    """Return so many replications, all like the first one; they take no memory."""
    rows = {n: np.broadcast_to(x[:1], (replications, *x.shape[1:])) for n, x in some.rows.items()}
    rows["replication"] = np.arange(replications)
    return gather(some.scenario, seed=some.seed, asked=replications, batches=[rows])


def _entries(paths: Iterable[Path]) -> dict[str, list[tuple[Path, int, int]]]:
    """Return the files that keep something, by address, with their first and last replication."""
    found: dict[str, list[tuple[Path, int, int]]] = {}
    for path in paths:
        if match := ENTRY.fullmatch(path.name):
            found.setdefault(match[1], []).append((path, int(match[2]), int(match[3])))
    return found


def _forgotten_with(study: Study) -> Path:
    """Return a fresh folder that is deleted when the study is no longer used."""
    folder = Path(tempfile.mkdtemp(prefix="demine-"))
    weakref.finalize(study, shutil.rmtree, folder, ignore_errors=True)
    return folder
