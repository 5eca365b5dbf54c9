"""Deliberate faults in the engines, one at a time: are they seen when outcomes are compared?

    python tests/faults.py [--file days.py] [--jobs 2] [--unexplained]

makes every small change of a few kinds in every file of both engines (an operator turned, a
condition dropped, a number one more or less, the lesser taken for the greater), imports the engine
anew with it, uncompiled, and plays generated worlds until an outcome differs. A change that is not
seen is a survivor: it stands in `survivors.toml` with the reason why it cannot matter, or it is a
gap in the worlds. With `--unexplained` those that stand there are not played again, which takes
half the time: a change of an engine or of the worlds asks for all.
"""

import argparse
import ast
import copy
import importlib
import multiprocessing
import os
import re
import signal
import sys
import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

if __name__ == "__main__":
    os.environ["NUMBA_DISABLE_JIT"] = "1"

from generated import Chance, worlds

import sim.engines
from sim.engines.simpy import campaign as simpy_engine
from sim.outcome import Outcome
from sim.world import World

ENGINES = ("simpy", "compiled")
SURVIVORS = Path(__file__).with_name("survivors.toml")
# Calls that change no outcome, and files and functions that hold nothing else: the event log, the
# times that crews spend in one way, and what is asked for, or compiled, ahead of its use.
NO_MATTER = {"note", "_log", "spend", "fetch"}
NO_MATTER_FILES = {"ahead.py", "prefetch.py"}
LIMIT = 20.0  # times what the engine takes as it is, after which a fault is said to hang


# Importing an engine anew


class Changed(MetaPathFinder, Loader):
    """Finds the modules of an engine, one of them changed."""

    def __init__(self, engine: str, codes: dict[str, CodeType]) -> None:
        self.codes = {f"sim.engines.{engine}": files(engine)["__init__"].code}
        self.codes |= {f"sim.engines.{engine}.{name}": codes.get(name, file.code)
                       for name, file in files(engine).items() if name != "__init__"}  # fmt: skip
        self.folder = str(folder_of(engine))

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """Return where a module is, if it is the engine's."""
        if fullname not in self.codes:
            return None
        inside = [self.folder] if fullname.count(".") == 2 else None
        path = self.codes[fullname].co_filename
        return spec_from_file_location(
            fullname, path, loader=self, submodule_search_locations=inside
        )

    def create_module(self, _: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the code of a module."""
        exec(self.codes[module.__name__], module.__dict__)


def folder_of(engine: str) -> Path:
    """Return where the files of an engine are."""
    (folder,) = importlib.import_module(f"sim.engines.{engine}").__path__
    return Path(folder)


@dataclass
class File:
    """A file of an engine, as it is."""

    name: str
    source: str
    tree: ast.Module
    code: CodeType


@cache
def files(engine: str) -> dict[str, File]:
    """Return the files of an engine by the names of their modules."""
    found = {}
    for path in sorted(folder_of(engine).glob("*.py")):
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        name = f"{engine}/{path.name}"
        found[path.stem] = File(name, source, tree, compile(tree, str(path), "exec"))
    return found


@contextmanager
def imported_anew(engine: str, codes: dict[str, CodeType]) -> Iterator[Callable[[World], Outcome]]:
    """Give the `run` of an engine some of whose modules have other code."""
    package = f"sim.engines.{engine}"
    importlib.import_module(f"{package}.campaign")
    kept = {name: m for name, m in sys.modules.items() if f"{name}.".startswith(f"{package}.")}
    for name in kept:
        del sys.modules[name]
    finder = Changed(engine, codes)
    sys.meta_path.insert(0, finder)
    try:
        run: Callable[[World], Outcome] = importlib.import_module(f"{package}.campaign").run
        yield run
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
            del sys.modules[name]
        sys.modules.update(kept)
        setattr(sim.engines, engine, kept[package])


# Faults


@dataclass
class Fault:
    """A change of one expression in one file of an engine."""

    engine: str
    module: str
    function: str
    line: int
    kind: str
    old: str
    new: str
    place: tuple[Any, str, int | None] = field(repr=False)  # parent, field, index there
    node: ast.AST = field(repr=False)

    @property
    def file(self) -> str:
        """The file as `survivors.toml` names it."""
        return f"{self.engine}/{self.module}.py"

    @property
    def change(self) -> str:
        """What is another, without the place."""
        return f"{self.old} -> {self.new}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by however its file moves."""
        return self.file, self.function, self.change

    def code(self) -> CodeType:
        """Return the code of its file with the change made."""
        parent, name, index = self.place
        file = files(self.engine)[self.module]
        if index is None:
            old = getattr(parent, name)
            setattr(parent, name, self.node)
        else:
            old = getattr(parent, name)[index]
            getattr(parent, name)[index] = self.node
        try:
            return compile(file.tree, file.code.co_filename, "exec")
        finally:
            if index is None:
                setattr(parent, name, old)
            else:
                getattr(parent, name)[index] = old


TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
SWAPPED = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}
UNTOUCHED = (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.arguments)


def is_number(node: ast.AST) -> bool:
    """Tell whether a node is a whole number."""
    return isinstance(node, ast.Constant) and type(node.value) is int


def others(node: Any) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may stand instead of an expression, with the kind of fault that it is."""
    match node:
        case ast.Compare():
            for i, op in enumerate(node.ops):
                other = copy.copy(node)
                other.ops = [*node.ops[:i], TURNED[type(op)](), *node.ops[i + 1 :]]
                yield "comparison turned", other
        case ast.BoolOp():
            for i in range(len(node.values)):
                left = [*node.values[:i], *node.values[i + 1 :]]
                other = left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
                yield "condition dropped", other
        case ast.BinOp() | ast.AugAssign():
            for name in ("left", "right", "value"):
                if is_number(number := getattr(node, name, None)):
                    for step in (-1, 1):
                        other = copy.copy(node)
                        setattr(other, name, ast.Constant(number.value + step))
                        yield "number moved", other
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED:
            other = copy.copy(node)
            other.func = ast.Name(SWAPPED[name], ast.Load())
            yield "min and max", other
        case ast.Call(func=ast.Attribute(attr=name)) if name in SWAPPED:
            other = copy.copy(node)
            other.func = ast.Attribute(node.func.value, SWAPPED[name], ast.Load())
            yield "min and max", other


def matters(node: ast.AST) -> bool:
    """Tell whether a change inside a node can change an outcome."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name not in NO_MATTER
        case ast.FunctionDef(name=name):
            return name not in NO_MATTER
        case ast.Expr(value=ast.Constant()):
            return False
    return not isinstance(node, UNTOUCHED)


def inside(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    """Yield what a node holds, but for decorators and annotations."""
    for name, value in ast.iter_fields(node):
        if name in ("decorator_list", "annotation", "returns"):
            continue
        for index, each in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(each, ast.AST):
                yield name, index, each


def faults_of(engine: str, module: str) -> list[Fault]:
    """Return every fault that can be made in a file."""
    found: list[Fault] = []

    def add(node: Any, other: ast.AST, kind: str, where: str, place: Any, words: str = "") -> None:
        other = ast.fix_missing_locations(ast.copy_location(other, node))
        old, new = ast.unparse(node), words or ast.unparse(other)
        found.append(Fault(engine, module, where, node.lineno, kind, old, new, place, other))

    def look(parent: ast.AST, where: str) -> None:
        for name, index, node in inside(parent):
            if not matters(node):
                continue
            place = (parent, name, index)
            for kind, other in others(node):
                add(node, other, kind, where, place)
            if name == "test" and isinstance(parent, ast.If | ast.IfExp):
                for answer in (True, False):
                    add(node, ast.Constant(answer), "if always or never", where, place)
            if name == "ifs":
                add(node, ast.Constant(True), "if always or never", where, place)
            scope = isinstance(node, ast.FunctionDef | ast.ClassDef)
            look(node, f"{where}.{node.name}".strip(".") if scope else where)

    look(files(engine)[module].tree, "")
    return found


def all_faults(file: str = "") -> list[Fault]:
    """Return every fault of both engines, or those of a file."""
    return [
        fault
        for engine in ENGINES
        for module, about in files(engine).items()
        if Path(about.name).name not in NO_MATTER_FILES and about.name.endswith(file)
        for fault in faults_of(engine, module)
    ]


def edited(engine: str, changes: dict[str, str]) -> dict[str, CodeType]:
    """Return the code of files in which some lines are others; each line stands once in all."""
    sources = {module: file.source for module, file in files(engine).items()}
    for old in changes:
        assert sum(source.count(old) for source in sources.values()) == 1, f"no longer so: {old}"
    codes = {}
    for module, source in sources.items():
        pieces = re.split("|".join(f"({re.escape(old)})" for old in changes), source)
        if len(pieces) > 1:
            text = "".join(changes.get(piece, piece) for piece in pieces if piece)
            codes[module] = compile(text, files(engine)[module].code.co_filename, "exec")
    return codes


# Worlds


@dataclass(frozen=True)
class Case:
    """A world, what happens in it, and the functions of each engine that this takes."""

    name: tuple[int, int]
    world: World
    truth: Outcome
    calls: frozenset[tuple[str, str]]
    cpu_s: dict[str, float]


def cases(names: Iterable[tuple[int, int]]) -> list[Case]:
    """Return the worlds of some seeds, by their places among those of a seed; short ones first."""
    asked = set(names)
    sized = []
    for seed in sorted({seed for seed, _ in asked}):
        for which, world in enumerate(worlds(Chance(seed), n=1, seed=seed)):
            if (seed, which) in asked:
                log: list[object] = []
                truth = simpy_engine.run(world, log=log.append)
                sized.append((len(log), seed, which, world, truth))
    sized.sort(key=lambda each: each[:3])
    return [case((seed, which), world, truth) for _, seed, which, world, truth in sized]


def case(name: tuple[int, int], world: World, truth: Outcome) -> Case:
    """Return a world with what the engines call for it, and how long they take."""
    calls: set[tuple[str, str]] = set()
    cpu_s = {}
    for engine in ENGINES:
        run = importlib.import_module(f"sim.engines.{engine}.campaign").run
        here = {file.code.co_filename: file.name for file in files(engine).values()}

        def called(frame: FrameType, event: str, _: Any, here: dict[str, str] = here) -> None:
            code = frame.f_code
            if event == "call" and code.co_filename in here:
                calls.add((here[code.co_filename], code.co_qualname.replace(".<locals>", "")))

        began = time.process_time()
        assert truth.difference(run(world)) == ""
        cpu_s[engine] = time.process_time() - began
        sys.settrace(called)
        try:
            run(world)
        finally:
            sys.settrace(None)
    return Case(name, world, truth, frozenset(calls), cpu_s)


# Seeing them


How = tuple[str, tuple[int, int]]


class HangError(BaseException):
    """Raised in a fault that takes too long."""


@contextmanager
def limit(cpu_s: float) -> Iterator[None]:
    """Stop what takes more time of the processor than this."""

    def stop(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def how_seen(engine: str, codes: dict[str, CodeType], some: Sequence[Case]) -> How:
    """Return how the first world that sees a fault does so, and which; nothing if none does."""
    at = (-1, -1)
    try:
        with warnings.catch_warnings(), imported_anew(engine, codes) as run:
            warnings.simplefilter("error")
            for each in some:
                with limit(0.5 + LIMIT * each.cpu_s[engine]):
                    at = each.name
                    if each.truth.difference(run(each.world)):
                        return "differs", at
    except HangError:
        return "hangs", at
    except Exception:  # noqa: BLE001 # whatever a fault leads to, it is seen
        return "raises", at
    return "", at


def seen(fault: Fault, some: Sequence[Case]) -> How:
    """Return how a fault is seen by the worlds in which its function is called."""
    reached = [case for case in some if (fault.file, fault.function) in case.calls]
    # what is called when its file is imported matters anywhere
    return how_seen(fault.engine, {fault.module: fault.code()}, reached or some)


# The command


def explained() -> dict[tuple[str, str, str], str]:
    """Return the survivors that are known, and why they cannot matter."""
    with SURVIVORS.open("rb") as file:
        entries = tomllib.load(file).get("survivor", [])
    return {(e["file"], e["function"], e["change"]): e["reason"] for e in entries}


_work: tuple[list[Fault], list[Case]] = ([], [])  # of the children, who inherit it


def _seen(number: int) -> tuple[int, How]:
    faults, some = _work
    return number, seen(faults[number], some)


def look_at_all(faults: list[Fault], some: list[Case], jobs: int) -> Iterator[tuple[Fault, How]]:
    """Yield every fault, and how it is seen."""
    global _work  # noqa: PLW0603 # inherited by children, not handed over
    _work = faults, some
    sys.unraisablehook = lambda _: None  # generators that a fault left behind
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for number, how in pool.imap_unordered(_seen, range(len(faults)), chunksize=4):
            yield faults[number], how


def main() -> int:
    """Look at every fault; the exit code is 1 if one goes unseen that is not explained."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--file", default="", help="only this one, as days.py or simpy/crew.py")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument(
        "--unexplained", action="store_true", help="leave out those that survivors.toml explains"
    )
    options.add_argument(
        "--toml", action="store_true", help="write survivors as survivors.toml does"
    )
    options.add_argument(
        "--search",
        type=int,
        default=0,
        metavar="N",
        help="look for worlds of N seeds that see more",
    )
    asked = options.parse_args()
    began = time.monotonic()
    faults, some, known = all_faults(asked.file), cases(WORLDS), explained()
    left_out = {f.key for f in faults} & set(known) if asked.unexplained else set()
    faults = [fault for fault in faults if fault.key not in left_out]
    how_many: Counter[str] = Counter()
    survivors, hanging = [], set()
    for fault, (how, _) in look_at_all(faults, some, asked.jobs):
        how_many[how or "survives"] += 1
        if not how:
            survivors.append(fault)
        elif how == "hangs":  # or was slow, which is no news of it
            hanging.add(fault.key)
    unknown = sorted((f for f in survivors if f.key not in known), key=lambda f: (f.file, f.line))
    names = {file.name for engine in ENGINES for file in files(engine).values()}
    stale = {key for key in known if key[0].endswith(asked.file) or key[0] not in names}
    stale -= {fault.key for fault in survivors} | hanging | left_out
    told = ", ".join(f"{n} {how}" for how, n in sorted(how_many.items()))
    print(f"{len(faults)} faults, {len(some)} worlds, {time.monotonic() - began:.0f} s: {told}")
    print(f"{len(survivors) - len(unknown)} survivors explained, {len(unknown)} not:")
    if left_out:
        print(f"{len(left_out)} left out that are explained")
    for fault in unknown:
        print(said(fault, toml=asked.toml))
    for file, function, change in sorted(stale):
        print(f"explained, but no survivor: {file} {function}: {change}")
    if asked.search:
        search(unknown, asked.search, asked.jobs)
    return 1 if unknown or stale else 0


def search(survivors: list[Fault], seeds: int, jobs: int) -> None:
    """Name worlds, of seeds from 0 on, in which survivors are seen: WORLDS might have them too."""
    more = {(seed, which) for seed in range(seeds) for which in range(3)} - set(WORLDS)
    for fault, (how, name) in look_at_all(survivors, cases(more), jobs):
        if how:
            print(f"seen in world {name}: {said(fault, toml=False)}")


def said(fault: Fault, *, toml: bool) -> str:
    """Return a line about a survivor, or its entry in the file."""
    if not toml:
        return f"{fault.file}:{fault.line} {fault.function}: {fault.change} [{fault.kind}]"
    entry = {"file": fault.file, "function": fault.function, "change": fault.change, "reason": ""}
    return "\n".join(["[[survivor]]", *(f"{k} = '''{v}'''" for k, v in entry.items()), ""])


# For each seed, which of its worlds: those that see a fault which no shorter one sees.
PLACES = {
    7: (0,), 8: (0,), 9: (0, 1), 11: (0,), 13: (0,), 19: (0, 1, 2), 20: (1,), 22: (0, 1),
    23: (2,), 24: (0, 2), 26: (2,), 27: (0, 1), 30: (0,), 31: (2,), 32: (0, 2), 33: (0,),
    34: (0,), 35: (0, 1), 36: (1, 2), 38: (2,), 39: (0,), 40: (0,), 41: (1,), 42: (0, 1, 2),
    45: (1,), 47: (2,), 51: (0, 1), 53: (1,), 54: (0, 1), 55: (0, 2), 57: (0,), 58: (0, 2),
    64: (1,), 65: (0,), 68: (1,), 69: (2,), 72: (2,), 73: (0,), 76: (0, 1), 83: (0,), 87: (0,),
    88: (2,), 91: (0,), 92: (0,), 97: (0,), 112: (0,), 115: (0,), 117: (0, 2), 125: (0, 2),
    126: (0, 1), 128: (0,), 130: (0,), 136: (0,), 139: (0,), 142: (1,), 145: (2,), 150: (2,),
    151: (2,), 166: (2,), 169: (2,), 179: (2,), 182: (2,), 197: (2,), 215: (0,), 217: (0,),
    237: (0,), 238: (1,), 245: (0,), 250: (2,), 254: (2,), 262: (1,), 278: (1,), 279: (1,),
    287: (0, 1), 307: (2,), 310: (2,), 347: (2,), 352: (0,), 355: (2,), 366: (1, 2), 485: (2,),
    486: (2,), 850: (2,), 890: (1,), 980: (2,),
}  # fmt: skip
WORLDS = [(seed, which) for seed, places in PLACES.items() for which in places]

if __name__ == "__main__":
    sys.exit(main())
