"""A Dask cluster as an executor of batches.

A worker is asked who it is before it is given work: the same program, and numbers that agree with
this machine's to the last bit, or it is said that they do not. What a worker that is lost was to do
is reported as lost, and goes to another one. No other module knows of Dask.
"""

import logging
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any
from uuid import uuid4

import distributed

from sim import machine_code
from sim.engines import Engine
from sim.errors import Problem, ScenarioError
from sim.running import beside
from sim.running.introduction import PROGRAM, canary, introduce, other_processor, prepare
from sim.running.workers import LostError

OPTION = "--scheduler"
LOCAL = "local:"
ANSWERS_WITHIN_S = 5.0
INTRODUCED_WITHIN_S = 60.0
COMPILED_WITHIN_S = 1800.0
WAITS_FOR_WORKER_S = 60.0
LOOKS_EVERY_S = 0.5
_LOGS = ("distributed", "tornado", "asyncio")  # what matters is said in our words
_ASK = "__import__('importlib').import_module('sim.running.introduction').introduce()"
"""Told as text, for who does not have this module would be ended by the function itself."""


@contextmanager
def connect(
    scheduler: str, *, engine: Engine, warn: Callable[[str], None] | None = None
) -> Iterator["Cluster"]:
    """Give the workers of a Dask cluster as an executor for `run` and the experiments.

    Parameters
    ----------
    scheduler
        Its address such as "tcp://10.0.0.1:8786", or "local:N" for N processes of this machine,
        which end with this.
    engine
        That of the work to come.
    warn
        Told when a worker may compute other numbers, or is given no work.

    Raises
    ------
    ScenarioError
        If nobody answers, there is no worker, or one has another demine.
    """
    with ExitStack() as opened, _quiet():
        try:
            with warnings.catch_warnings():  # of versions and ports: told in our words, or nobody's
                warnings.simplefilter("ignore")
                address = scheduler
                if scheduler.startswith(LOCAL):
                    local = distributed.LocalCluster(
                        n_workers=int(scheduler.removeprefix(LOCAL)),
                        threads_per_worker=1,
                        processes=True,
                        memory_limit=None,
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.CRITICAL,
                    )
                    opened.callback(local.close)
                    address = local.scheduler_address
                client = distributed.Client(
                    address, timeout=ANSWERS_WITHIN_S, set_as_default=False, name=PROGRAM
                )
            opened.callback(client.close, timeout=ANSWERS_WITHIN_S)
        except (OSError, ValueError, RuntimeError) as error:
            found = f"{scheduler}, which does not answer"
            raise _refusal(found, "the address of a Dask scheduler that runs") from error
        cluster = Cluster(client, address, engine=engine, warn=warn)
        opened.callback(cluster.shutdown)
        cluster.begin()
        yield cluster


class Cluster(Executor):
    """The workers that a Dask client can reach, each with as many batches as it has threads.

    Parameters
    ----------
    client
        A `distributed.Client`.
    address
        Of its scheduler, as people are told it.
    engine, warn
        As in `connect`.
    """

    def __init__(
        self,
        client: Any,
        address: str,
        *,
        engine: Engine,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._client, self._address, self._engine = client, address, engine
        self._warn = warn or _nothing
        self._here, self._canary = introduce(), ""
        self._lock = threading.RLock()
        self._known: set[str] = set()
        self._threads: dict[str, int] = {}  # of workers that are given work
        self._tasks: dict[str, set[Any]] = {}  # not finished, of each worker
        self._held: dict[str, tuple[Any, Any]] = {}  # what batches there are a part of
        self._said: dict[str, list[str]] = {}  # what is to be noted, and of which workers
        self._asking = 0
        self._over = threading.Event()

    @property
    def note(self) -> str:
        """What is to be noted about the workers, naming them; empty if there is nothing."""
        with self._lock:
            return "; ".join(f"{_workers(who)} {what}" for what, who in self._said.items())

    @property
    def _max_workers(self) -> int:
        with self._lock:
            return sum(self._threads.values())

    def begin(self) -> None:
        """Meet the workers that are there, and look out for others.

        Raises
        ------
        ScenarioError
            If there is none, or one has another demine.
        """
        until = time.monotonic() + ANSWERS_WITHIN_S
        while not (there := self._present()) and time.monotonic() < until:
            time.sleep(0.1)
        if not there:
            raise _refusal(f"{self._address}, which has no worker", "a scheduler with workers")
        self._known = {*there}
        self._aside(self._look_out)
        problems, fit = self._meet(sorted(there))
        problems = [*self._problems(f"its scheduler {self._address}", self._asked()), *problems]
        if problems:
            raise ScenarioError(problems)
        if not fit:
            raise _refusal(f"{self._address}, whose workers do not answer", "workers that do")
        self._aside(self._try_out, fit)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a function called by the worker that has least to do.

        Parameters
        ----------
        fn
            Of a module that workers have.
        args
            The first one travels to a worker once, as long as the next call has the same.
        kwargs
            Likewise for it, each time.

        Raises
        ------
        LostError
            If there is nobody to do it.
        """
        address, mine = self._least_busy(), Future[Any]()
        rest = [self._hold(address, args[0]), *args[1:]] if args else []
        task = self._pin(address, fn, *rest, **kwargs)
        mine.add_done_callback(lambda done: task.cancel() if done.cancelled() else None)
        task.add_done_callback(partial(self._hand_on, address, mine))
        return mine

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End what is under way; the workers go on, for others."""
        self._over.set()
        machine_code.underway.discard(beside.LOOP)
        with self._lock:
            tasks = [task for tasks in self._tasks.values() for task in tasks]
        if self._client.status == "running":
            with suppress(OSError, CancelledError):
                self._client.cancel(tasks)

    def _aside(self, act: Callable[..., None], *args: Any) -> None:
        """Do something beside the work; when that is over, or the scheduler gone, it may fail."""

        def run() -> None:
            try:
                act(*args)
            except Exception:
                if not self._over.is_set() and self._client.status == "running":
                    raise

        threading.Thread(target=run, daemon=True).start()

    def _least_busy(self) -> str:
        """Return the address of the worker that has least to do for its threads, once there is one.

        Before the first one is tried out, and after the last one was lost, that may take a while.
        """
        since = time.monotonic()
        while True:
            if self._client.status != "running":
                raise LostError(f"the scheduler {self._address} is gone")
            with self._lock:
                if self._threads:
                    return min(
                        self._threads,
                        key=lambda who: len(self._tasks.get(who, ())) / self._threads[who],
                    )
                since = time.monotonic() if self._asking else since
            if time.monotonic() - since > WAITS_FOR_WORKER_S:
                raise LostError("no worker is left")
            time.sleep(0.02)

    def _hold(self, address: str, work: Any) -> Any:
        """Return what stands for some data at a worker, which it is sent once."""
        if address not in self._held or self._held[address][0] is not work:
            self._held[address] = work, self._pin(address, _same, work)
        return self._held[address][1]

    def _pin(self, address: str, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Have a worker do something, and no other one."""
        task = self._client.submit(
            fn,
            *args,
            key=f"{fn.__name__.strip('_')}-{uuid4().hex}",
            workers=[address],
            allow_other_workers=False,
            pure=False,
            fifo_timeout="0s",  # in their order: what is kept has no gaps
            **kwargs,
        )
        with self._lock:
            self._tasks.setdefault(address, set()).add(task)
        task.add_done_callback(partial(self._finished, address))
        return task

    def _finished(self, address: str, task: Any) -> None:
        with self._lock:
            self._tasks.get(address, set()).discard(task)

    def _hand_on(self, address: str, mine: Future[Any], task: Any) -> None:
        """Hand on what a worker has given to who waits for it."""
        with suppress(InvalidStateError):  # nobody waits any more
            try:
                mine.set_result(task.result())
            except InvalidStateError:
                raise
            except (CancelledError, OSError, distributed.KilledWorker):
                mine.set_exception(LostError(f"worker {address} was lost"))
            except Exception as error:  # noqa: BLE001 # it is raised where its batch is waited for
                mine.set_exception(error)
        task.release()  # the callbacks of `mine` hold it

    def _present(self) -> dict[str, int] | None:
        """Return the threads of each worker that the scheduler knows; None if it does not say."""
        with suppress(OSError, CancelledError):
            if self._client.status == "running":
                return dict(self._client.nthreads())
        return None

    def _look_out(self) -> None:
        """Meet workers that join late, and give up those that are lost."""
        while not self._over.wait(LOOKS_EVERY_S) and self._client.status == "running":
            there = self._present()
            if there is None:
                continue
            with self._lock:
                for address in self._known - there.keys():
                    self._threads.pop(address, None)
                    self._held.pop(address, None)
                lost = [t for who in self._tasks.keys() - there.keys() for t in self._tasks[who]]
                new = sorted(there.keys() - self._known)
                self._known = {*there}
            for task in lost:
                task.cancel()
            if new:
                self._aside(self._welcome, new)

    def _welcome(self, addresses: Sequence[str]) -> None:
        """Give work to workers that have joined late, if they are fit for it."""
        problems, fit = self._meet(addresses)
        for problem in problems:
            self._warn(f"{problem}; it is given no work")
        self._try_out(fit)

    def _meet(self, addresses: Sequence[str]) -> tuple[list[Problem], list[str]]:
        """Return what makes workers unfit, and those that are not."""
        problems, fit = list[Problem](), []
        for address, told in self._ask(addresses, eval, _ASK, within_s=INTRODUCED_WITHIN_S):
            if isinstance(told, CancelledError):
                continue  # it is gone
            if isinstance(told, TimeoutError):
                self._warn(f"worker {address} is too busy to answer: it is given no work")
                continue
            if news := self._problems(f"worker {address}", told):
                problems += news
                continue
            fit.append(address)
            for package, here in self._here["versions"].items():
                if (there := told["versions"].get(package)) != here:
                    self._note(address, f"has {package} {there}, and this machine {here}")
            for key in ("processor", "features"):
                if told[key] != self._here[key]:
                    self._note(address, other_processor(told, self._here))
                    break
        return problems, fit

    def _asked(self) -> Any:
        """Return what the scheduler answers, which is handed all work, or the error."""
        try:
            return self._client.run_on_scheduler(eval, _ASK)
        except Exception as error:  # noqa: BLE001 # another version can fail in any way
            return error

    def _problems(self, who: str, told: Any) -> list[Problem]:
        """Return what is wrong with the program of somebody, by what was answered."""
        found, wanted = _demine_of(told), self._here["versions"][PROGRAM]
        words = f"{PROGRAM} {found} at {who}"
        return [Problem(OPTION, "", words, f"{PROGRAM} {wanted}, as here")] * (found != wanted)

    def _try_out(self, addresses: Sequence[str]) -> None:
        """Give work to workers once each has done a small batch, and compiled on its disk.

        Of those of one machine the first one compiles for all.
        """
        with self._lock:
            self._asking += 1
        if self._engine == "compiled":
            machine_code.underway.add(beside.LOOP)  # for the progress bar
        try:
            self._canary = self._canary or canary("simpy")
            firsts = {host_of(address): address for address in reversed(addresses)}
            others = [address for address in addresses if address not in firsts.values()]
            for group in (list(firsts.values()), others):
                for address, digest in self._ask(
                    group, prepare, self._engine, within_s=COMPILED_WITHIN_S
                ):
                    self._accept(address, digest)
        finally:
            machine_code.underway.discard(beside.LOOP)
            with self._lock:
                self._asking -= 1

    def _accept(self, address: str, digest: Any) -> None:
        """Give work to a worker that has done its small batch."""
        threads = (self._present() or {}).get(address)
        if isinstance(digest, CancelledError) or not threads:
            return  # it is gone
        if isinstance(digest, Exception):
            self._warn(
                f"worker {address} has failed at a small batch ({digest!r}): it is given no work"
            )
            return
        if digest != self._canary:
            here = f"{digest}, here {self._canary}"
            self._note(address, f"computes other numbers than this machine (canary {here})")
        with self._lock:
            self._threads[address] = threads

    def _ask(
        self, addresses: Sequence[str], fn: Callable[..., Any], *args: Any, within_s: float
    ) -> Iterator[tuple[str, Any]]:
        """Yield what each worker answers, or the error if it cannot."""
        tasks = [(address, self._pin(address, fn, *args)) for address in addresses]
        until = time.monotonic() + within_s
        for address, task in tasks:
            try:
                yield address, task.result(timeout=max(0.1, until - time.monotonic()))
            except CancelledError as error:
                yield address, error
            except Exception as error:  # noqa: BLE001 # another version can fail in any way
                yield address, error

    def _note(self, address: str, words: str) -> None:
        with self._lock:
            new = words not in self._said
            self._said.setdefault(words, []).append(address)
        if new:
            self._warn(f"worker {address} {words}")


def host_of(address: str) -> str:
    """Return the machine in an address such as "tcp://10.0.0.1:8786"."""
    return address.rpartition(":")[0]


def _demine_of(told: Any) -> str:
    """Return what a worker has of this program, whatever it has answered."""
    if isinstance(told, dict):
        return str(told["versions"][PROGRAM])
    missing = isinstance(told, ModuleNotFoundError) and told.name == "sim"
    return "that is not installed" if missing else f"that cannot answer ({told!r})"


def _workers(addresses: Collection[str]) -> str:
    return f"worker{'s' if len(addresses) > 1 else ''} {', '.join(sorted(addresses))}"


def _refusal(found: str, allowed: str) -> ScenarioError:
    return ScenarioError([Problem(OPTION, "", found, allowed)])


def _same(data: Any) -> Any:
    return data


def _nothing(_words: str) -> None:
    pass


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs off the terminal."""
    logs = [logging.getLogger(name) for name in _LOGS]
    before = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for log, level in zip(logs, before, strict=True):
            log.setLevel(level)
