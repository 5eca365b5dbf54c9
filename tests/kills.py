"""Commands that are killed: nothing finished is lost, nothing incomplete looks complete.

    python tests/kills.py 200 [--seed 0] [--only run]

kills `demine run`, a part of one, and every experiment with SIGKILL, SIGTERM and SIGINT, each once
or twice: before an act on the disk (a file opened to be written, renamed, deleted, a folder made, a
sync), or at a random moment. Then it looks at what is left, and gives the same command again. One
line of JSON for each kill says what was found; whatever is wrong stands in `wrong`.
"""

import argparse
import hashlib
import importlib
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import load_scenario, sample_world, simulate
from sim.cli import main
from sim.errors import ResultError
from sim.experiments import study
from sim.results.folder import read_folder
from sim.results.pictures import drawing
from sim.running import workers

TUTORIAL = str(Path(__file__).parent.parent / "scenarios" / "tutorial.toml")
CREWS = "crew.'manual teams'.count"
COMMANDS = {
    "run": ("--replications", "60"),
    "sweep": ("--vary", f"{CREWS}=4,6", "--replications", "20"),
    "compare": ("--variant", f"x:{CREWS}=6", "--replications", "20"),
    "plan": ("--vary", f"{CREWS}=5:6", "--deadline", "2026-10-31", "--replications", "16",
             "--most", "64"),
    "explain": ("--only", "delays", "--only", "crews", "--replications", "10"),
    "run --part": ("--part", "2/3", "--replications", "90"),
}  # fmt: skip
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
CHANGES = ("os.rename", "os.mkdir", "os.rmdir", "os.remove")
GONE_WITHIN_S, ENDS_WITHIN_S = 5.0, 60.0
OUT = "out"


@dataclass(frozen=True)
class Kill:
    """How a command is killed."""

    command: str
    engine: str
    signal: signal.Signals
    twice: bool
    act: int
    """Before which act on the disk; 0 for a random moment."""
    moment: float
    """Part of the time that the command takes, and how many acts or tenths later the second is."""
    before: bool
    """Whether an older, complete result stands there."""
    guest: bool
    """Whether somebody puts a file into what is left."""


def words(command: str, engine: str, *more: str) -> list[str]:
    return [command.partition(" ")[0], TUTORIAL, *COMMANDS[command], "--engine", engine,
            "--jobs", "2", "--quiet", "--out", f"results/{OUT}", *more]  # fmt: skip


# The command, in a process of its own


def start(place: Path, given: list[str], prepare: Callable[[], None]) -> int:
    """Give a command in a folder; return its process, which leads a session."""
    pid = os.fork()
    if pid:
        return pid
    code: Any = 1
    try:
        os.setsid()
        (place / "results").mkdir(parents=True, exist_ok=True)
        os.chdir(place)
        said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(said, stream)
        (place / "kept").touch()
        del sys.modules["__main__"].__file__  # workers load what they need, and not this script
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started this script
        record(place)
        prepare()
        sys.argv = ["demine", *given]
        main()
    except SystemExit as leave:
        code = leave.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def record(place: Path) -> None:
    """Write down what is done, and what is kept."""
    run, extend, write = study.run, study.extend, study.write_rows

    def note(name: str, what: object) -> None:
        with (place / name).open("a") as file:
            file.write(f"{what}\n")

    def counted_run(*first: Any, **more: Any) -> Any:
        done = run(*first, **more)
        note("done", done.replications)
        return done

    def counted_extend(before: Any, **more: Any) -> Any:
        done = extend(before, **more)
        note("done", done.replications - before.replications)
        return done

    def noted_write(path: Path, rows: Any) -> None:
        write(path, rows)
        if path.parent.name.endswith(".unfinished"):  # else it is handed over
            note("kept", path.name)

    study.run, study.extend, study.write_rows = counted_run, counted_extend, noted_write
    study.KEPT_EVERY_S, workers.LARGEST_BATCH = 0.0, 10
    drawing._try = lambda _draw, path: "" if path.write_bytes(b"a picture") else "no"


def at_acts(act: Callable[[int], None]) -> None:
    """Call something before every act on the disk below `results`, with its number."""
    acts, sync = 0, os.fsync

    def step() -> None:
        nonlocal acts
        acts += 1
        act(acts)

    def watch(event: str, found: tuple[Any, ...]) -> None:
        writes = event == "open" and found[2] & (os.O_WRONLY | os.O_RDWR)
        if (writes or event in CHANGES) and "results" in str(found[0]):
            step()

    def fsync(descriptor: int) -> None:
        step()
        sync(descriptor)

    os.fsync = fsync
    sys.addaudithook(watch)


def ended(pid: int, within_s: float = ENDS_WITHIN_S) -> int | None:
    """Return the exit code of a process, None if it does not end."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None


def alive(session: int) -> list[int]:
    """Return the processes of a session that live."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, leader = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(leader) == session and state not in "ZX":
            found.append(int(path.parent.name))
    return found


# What is left


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name not in ("manifest.json", ".DS_Store")
    }


def look(folder: Path, command: str) -> tuple[str, str]:
    """Return whether a result is complete, incomplete or nothing, and what is wrong with it."""
    try:
        manifest, _ = read_folder(folder, command=command, names=[])
    except ResultError as error:
        return "nothing", "" if "no such folder" in str(error) else str(error)
    marked = (folder / "INCOMPLETE.txt").exists()
    if digests(folder) != manifest["files"]:
        return "damaged", "files are not those of the manifest"
    if manifest["complete"] is marked:
        return "damaged", f"complete {manifest['complete']}, and INCOMPLETE.txt {marked}"
    return ("incomplete" if marked else "complete"), ""


def entries(work: Path) -> set[str]:
    return {path.name for path in work.glob("*.npz")} if work.is_dir() else set()


def kept_replications(names: set[str]) -> int:
    """Return how many replications are in files, counted once."""
    each = {(m[1], i) for name in names if (m := re.fullmatch(r"(\w+)\.(\d+)-(\d+)\.npz", name))
            for i in range(int(m[2]), int(m[3]) + 1)}  # fmt: skip
    return len(each)


def total(place: Path) -> int:
    path = place / "done"
    return sum(map(int, path.read_text().split())) if path.exists() else 0


# The story of a kill


@dataclass(frozen=True)
class Whole:
    """A command that nobody has killed."""

    digests: dict[str, str]
    acts: int
    took_s: float
    replications: int


def undisturbed(place: Path, command: str) -> Whole:
    """Give a command, twice: the second is as fast as those that are killed."""

    def count() -> None:
        at_acts(lambda n: (place.parent / "acts").write_text(str(n)) and None)

    for prepare in (count, lambda: None):
        shutil.rmtree(place, ignore_errors=True)
        since = time.monotonic()
        code = ended(start(place, words(command, "compiled"), prepare))
        assert code == 0, (place / "said").read_text()
    took_s = time.monotonic() - since
    return Whole(
        digests(place / "results" / OUT),
        int((place.parent / "acts").read_text()),
        took_s,
        total(place),
    )


def story(place: Path, kill: Kill, whole: Whole) -> dict[str, Any]:
    """Kill a command, look, give it again; return what was found."""
    folder, work = place / "results" / OUT, place / "results" / f".{OUT}.unfinished"
    foreign = [place / "results" / name for name in ("diary.txt", f".{OUT}.new-notes", ".git")]
    (place / "results").mkdir(parents=True)
    for path in foreign:
        path.write_text("dear diary")
    if kill.before:
        shutil.copytree(place.parent / f"older-{kill.command}" / "results" / OUT, folder)
        (folder / ".DS_Store").write_text("litter")
    given = words(kill.command, kill.engine, *(["--force"] if kill.before else []))
    older = digests(folder) if kill.before else {}
    code, wrong = killed(place, given, kill, whole)
    finished = entries(work)
    found, fault = look(folder, kill.command)
    over = folder.exists() and digests(folder) == whole.digests
    wrong += [fault] if fault else []
    if found == "complete" and not over and digests(folder) != older:
        wrong.append("complete, and neither what stood there nor what was asked for")
    if kill.before and found != "complete":
        wrong.append(f"a complete result was lost: {found}")
    lost = set((place / "kept").read_text().split()) - finished
    if lost and not over:
        wrong.append(f"kept work was lost: {lost}")
    if kill.guest and folder.exists():
        wrong += visited(place, given)
    before = total(place)
    again = ended(start(place, given, lambda: None))
    if again != 0 or digests(folder) != whole.digests:
        wrong.append(f"the same command ends with {again}: {(place / 'said').read_text()}")
    redone, kept = total(place) - before, kept_replications(finished)
    if redone != whole.replications - kept and not over:
        wrong.append(f"{redone} replications were done where {kept} were kept")
    if kill.before and not (folder / ".DS_Store").exists():
        wrong.append("litter was lost")
    names = sorted(path for path in (place / "results").iterdir())
    if names != sorted([folder, *foreign]) or {p.read_text() for p in foreign} != {"dear diary"}:
        wrong.append(f"something is left, or gone, or changed: {names}")
    how = {name: str(value) for name, value in vars(kill).items()}
    return how | {"code": code, "found": found, "kept": kept, "redone": redone, "wrong": wrong}


def killed(place: Path, given: list[str], kill: Kill, whole: Whole) -> tuple[int | None, list[str]]:
    """Give a command and kill it; return its exit code, and what is wrong with its end."""
    fatal = {kill.act} | ({kill.act + 1 + int(8 * kill.moment)} if kill.twice else set())

    def die() -> None:
        at_acts(lambda n: os.kill(os.getpid(), kill.signal) if n in fatal else None)

    pid = start(place, given, die if kill.act else lambda: None)
    code = ended(pid, ENDS_WITHIN_S if kill.act else kill.moment * whole.took_s)
    for _ in range(1 + kill.twice):
        if code is None:
            os.kill(pid, kill.signal)
            code = ended(pid, 0.3 * kill.moment)
    until = time.monotonic() + GONE_WITHIN_S
    if code is None:
        code = ended(pid, GONE_WITHIN_S)
    while (left := alive(pid)) and time.monotonic() < until:
        time.sleep(0.02)
    if left:
        os.killpg(pid, signal.SIGKILL)
    said = (place / "said").read_text()
    wrong = [f"processes are left: {left}"] if left else []
    half = kill.signal == signal.SIGKILL  # a worker half started says so
    return code, wrong + ([said] if "Traceback" in said and not half else [])


def visited(place: Path, given: list[str]) -> list[str]:
    """Put a file into the result, give the command again, and return what is wrong with that."""
    mine = place / "results" / OUT / "mine.txt"
    mine.write_text("dear diary")
    code, text = ended(start(place, given, lambda: None)), mine.read_text()
    mine.unlink()
    return [] if (code, text) == (1, "dear diary") else [f"a foreign file: {code}, {text}"]


def kills(number: int, *, seed: int, only: str | None, wholes: dict[str, Whole]) -> list[Kill]:
    """Return so many kills: every command, signal, once and twice, in turn."""
    chance, found = random.Random(seed), []
    names = [only] if only else list(COMMANDS)
    for i in range(number):
        command, turn = names[i % len(names)], i // len(names)
        simpy = command == "run" and turn % 4 == 3
        acts = wholes[command].acts
        by_act = turn % 3 != 2 and not simpy
        share = (turn + chance.random()) / -(-number // len(names))  # spread over all acts
        found.append(
            Kill(
                command=command,
                engine="simpy" if simpy else "compiled",
                signal=SIGNALS[i % 3],
                twice=i // 3 % 2 == 1,
                act=1 + int(share * acts) if by_act else 0,
                moment=chance.random(),
                before=chance.random() < 0.5,
                guest=chance.random() < 0.2,
            )
        )
    return found


def tell(stories: list[dict[str, Any]]) -> None:
    """Print how many of which kills there were, and how they ended."""
    for command in COMMANDS:
        mine = [each for each in stories if each["command"] == command]
        ends = {end: sum(each["found"] == end for each in mine)
                for end in ("nothing", "incomplete", "complete")}  # fmt: skip
        some = sum(each["kept"] > 0 for each in mine)
        print(f"{command}: {len(mine)} kills, then {ends}, kept work in {some};"
              f" wrong: {sum(bool(each['wrong']) for each in mine)}")  # fmt: skip


def demonstrate(number: int, *, seed: int, only: str | None, here: Path) -> list[dict[str, Any]]:
    simulate(
        sample_world(load_scenario(TUTORIAL))
    )  # children find compiled and loaded what is here
    needed = [only] if only else list(COMMANDS)[:number]
    for name in needed:
        importlib.import_module(
            "sim.cli.run" if name.startswith("run") else f"sim.experiments.{name}.{name}"
        )
    wholes = {name: undisturbed(here / f"whole-{name}", name) for name in needed}
    for name in needed:
        more = ("--seed", "7") + (("--replications", "5") if name != "plan" else ())
        older = start(here / f"older-{name}", words(name, "compiled", *more), lambda: None)
        assert ended(older) == 0, (here / f"older-{name}" / "said").read_text()
    stories = []
    for i, kill in enumerate(kills(number, seed=seed, only=only, wholes=wholes)):
        stories.append(story(here / str(i), kill, wholes[kill.command]))
        print(json.dumps(stories[-1]), flush=True)
        if not stories[-1]["wrong"]:
            shutil.rmtree(here / str(i))
    return stories


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("number", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(COMMANDS))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        told = demonstrate(asked.number, seed=asked.seed, only=asked.only, here=Path(folder))
    tell(told)
    sys.exit(any(each["wrong"] for each in told))
