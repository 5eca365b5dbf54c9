"""Input that is meant to do harm: to a terminal, to the time or the memory of whoever reads it."""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Demine

from sim import errors
from sim.errors import (
    LONGEST_LINE,
    MOST_PROBLEMS,
    Problem,
    ResultError,
    ScenarioError,
    harmless,
    nearest,
)
from sim.experiments.designs import design_points
from sim.experiments.kept import read_rows
from sim.results.folder import recover, refuse_foreign
from sim.results.storage import read_results
from sim.results.work import open_work
from sim.running.run import run_to_precision
from sim.scenario.settings import parse_value
from sim.scenario.variants import load_scenario, vary

BASE = Path(__file__).parent.parent / "scenarios" / "invalid" / "parts" / "base.toml"
EVIL = "\x1b]0;pwned\x07\x1b[2J\n\r\u202e\u2028\x00\x9bA"
TOML = json.dumps(EVIL).replace("\\u0000", "\\u0001")  # TOML takes no zero byte
SOUND = BASE.read_text(encoding="utf-8")


def said(folder: Path, text: str) -> list[str]:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return [str(problem) for problem in caught.value.problems]


def with_csv(folder: Path, header: str, column: str) -> str:
    """Return a scenario with a law from a column of a CSV file, and write the file."""
    (folder / "evil.csv").write_text(f'"{header}"\n"{header}"\n', encoding="utf-8", newline="")
    law = f'{{ dist = "empirical", file = "evil.csv", column = "{column}" }}'
    return SOUND + f"stop_hours = {law}\n"


def with_base(folder: Path, name: str, own: str) -> str:
    """Return a scenario that extends one with a crew of that name."""
    crew = f"[[crew]]\nname = {name}\nrole = 'clearance'\ncount = 1\nrate_ha_per_day = 1\n"
    (folder / "base.toml").write_text(SOUND + crew, encoding="utf-8")
    return f'extends = "base.toml"\n{own}'


PLACES: dict[str, Callable[[Path], str]] = {
    "a key of the file": lambda _: f"{TOML} = 1\n{SOUND}",
    "a key of a table": lambda _: SOUND + f"{TOML} = 1\n",
    "a table": lambda _: SOUND + f"[{TOML}]\na = 1\n",
    "a text": lambda _: SOUND.replace("365", TOML),
    "a key of a law": lambda _: SOUND + f'stop_hours = {{ dist = "uniform", {TOML} = 1 }}\n',
    "a family of laws": lambda _: SOUND + f"stop_hours = {{ dist = {TOML} }}\n",
    "a choice": lambda _: SOUND + f"[money]\nwhen_spent = {TOML}\n",
    "the name of a sector": lambda _: SOUND.replace('"bank"', TOML),
    "a name twice": lambda _: SOUND + f"[[deadline]]\nname = {TOML}\n[[deadline]]\nname = {TOML}\n",
    "a sector that is not there": lambda _: SOUND.replace("0.2", f"0.2\nsectors = [{TOML}]"),
    "a file to extend": lambda _: f"extends = {TOML}\n",
    "a key to remove": lambda _: f"remove = [{TOML}]\n{SOUND}",
    "a CSV file": lambda _: (
        SOUND + f'stop_hours = {{ dist = "empirical", file = {TOML}, column = "a" }}\n'
    ),
    "a column": lambda folder: with_csv(folder, "hours", TOML[1:-1]),
    "the header of a CSV file": lambda folder: with_csv(folder, "\x1b[2Jhours", "[2Jhours"),
    "a cell of a CSV file": lambda folder: with_csv(folder, "\x1b[2J\u202e", "\\u001b[2J\\u202e"),
    "a name in a base file": lambda folder: with_base(
        folder, '"\\u001b[2Jmen"', 'remove = ["crew.[2Jmen", "crew.\'[2Jmen\'"]'
    ),
    "long texts everywhere": lambda _: SOUND.replace('"bank"', f'"{"b" * 100_000}"').replace(
        "0.2", f'0.2\n{"k" * 100_000} = 1\nsectors = ["{"s" * 100_000}"]'
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_an_error_quotes_is_harmless_one_line_and_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = said(tmp_path, PLACES[place](tmp_path))
    assert lines
    for line in lines:
        assert line.isprintable()
        assert ": found " in line
        assert len(line) < LONGEST_LINE


@pytest.mark.parametrize(
    "settings",
    [
        {EVIL: 1},
        {f'crew."{EVIL}".count': 1},
        {"crew.manual.count": EVIL},
        {"crew.manual": {EVIL: 1}},
    ],
)
def test_what_is_quoted_of_a_setting_is_harmless(settings: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError) as caught:
        vary(load_scenario(BASE), settings=settings)
    assert all(str(problem).isprintable() for problem in caught.value.problems)


@pytest.mark.parametrize(
    "words",
    [
        ("check", "\x1b[2J.toml"),
        ("run", "\x1b[2J.toml"),
        ("run", str(BASE), "--set", "\x1b[2J=1"),
        ("run", str(BASE), "--out", "\x1b[2J/a", "--seed", "\x1b[2J"),
        ("run", str(BASE), "--\x1b[2J"),
        ("compare", str(BASE), "--variant", "\x1b[2J:a=1"),
        ("plan", str(BASE), "--deadline", "\x1b[2J", "--vary", "crew.manual.count=1:2"),
        ("trace", str(BASE), "--out", "absent/\x1b[2J"),
        ("\x1b[2J",),
    ],
)
def test_what_is_quoted_of_the_command_line_is_harmless(
    demine: Demine, words: tuple[str, ...]
) -> None:
    code, out, err = demine(*words)
    assert code in (1, 2)
    assert "[2J" in err
    assert all(line.isprintable() for line in (out + err).splitlines())


def test_what_is_quoted_of_a_file_that_is_fine_is_harmless(demine: Demine) -> None:
    code, out, _ = demine("new", "\x1b[2J.toml")
    assert code == 0
    code, more, _ = demine("check", "\x1b[2J.toml")
    assert code == 0
    assert all(line.isprintable() for line in (out + more).splitlines())


def test_what_is_quoted_of_a_foreign_manifest_is_harmless(demine: Demine, tmp_path: Path) -> None:
    (tmp_path / "held").mkdir()
    held = {"program": "demine", "command": EVIL, "campaign": EVIL, "scenario_sha256": EVIL}
    held |= {"seed": {EVIL: EVIL}}
    (tmp_path / "held" / "manifest.json").write_text(json.dumps(held))
    code, out, err = demine("run", str(BASE), "--out", "held", "--replications", "1")
    assert (code, out) == (1, "")
    assert "pwned" in err
    assert err.rstrip("\n").isprintable()


def test_the_words_of_an_error_are_kept_as_they_are_in_any_writing() -> None:
    problem = Problem("été.toml", 'crew."Суджа 1"', "'ß\\x1b'", "π")
    assert str(problem) == "été.toml: crew.\"Суджа 1\": found 'ß\\x1b'; allowed: π"
    assert harmless("a\tb\u200cc\u00a0d\ud800") == "a\\tb\u200cc\u00a0d\\ud800"
    assert harmless(harmless("\x1b" * 300, 100), 100) == ("\\x1b" * 25)[:97] + "..."
    assert str(ResultError("a\nb")) == "a\\nb"


# What takes long to read


def found(lines: list[str]) -> list[str]:
    return [line.split("found ")[1] for line in lines]


@pytest.mark.parametrize("part", ["a", '"a"', "'a.b'", "1"])
@pytest.mark.parametrize("form", ["{} = 1", "[{}]", "[[{}]]", "x = {{ {} = 1 }}"])
@pytest.mark.parametrize("dot", [".", " \t. "])
def test_a_key_of_hundreds_of_parts_is_refused_before_it_is_parsed(
    tmp_path: Path, part: str, form: str, dot: str
) -> None:
    lines = said(tmp_path, form.format(dot.join([part] * 500)))
    assert found(lines) == ["tables and arrays nested more than 12 deep; allowed: a scenario file"]


def test_a_setting_is_not_parsed_either_if_it_has_a_key_of_hundreds_of_parts() -> None:
    text = f"{{ {'.'.join(['a'] * 500)} = 1 }}"
    assert parse_value(text) == text


def test_many_numbers_and_names_on_a_line_are_no_long_key(tmp_path: Path) -> None:
    values = ", ".join(f"{i}.5" for i in range(1000))
    law = f'stop_hours = {{ dist = "discrete", values = [{values}] }}  # a.b.c. d. e. f. g. h.i.j.k'
    (tmp_path / "own.toml").write_text(SOUND + law)
    assert load_scenario(tmp_path / "own.toml").shelling


def test_a_file_of_more_keys_than_a_scenario_has_is_refused_before_it_is_parsed(
    tmp_path: Path,
) -> None:
    for line in ("[a.b{}.c]\n", "a{}.b.c = 1\n", "  [[a{}]]\n", '"a{}" = 1\n'):
        lines = said(tmp_path, "".join(line.format(i) for i in range(1001)))
        assert found(lines) == [
            "more than 1000 different keys and tables; allowed: a scenario file"
        ]


def test_a_scenario_may_have_any_number_of_tables_of_the_same_kind(tmp_path: Path) -> None:
    sectors = "".join(
        f'[[sector]]\nname = "sector {i}"\n[sector.area_ha]\ndist = "uniform"\nlow = 1\nhigh = 2\n'
        for i in range(1001)
    )
    (tmp_path / "own.toml").write_text(SOUND.replace("[shelling]", f"{sectors}[shelling]"))
    assert len(load_scenario(tmp_path / "own.toml").sector) == 1002 + 1


def test_a_file_that_is_too_large_is_refused_also_together_with_what_it_extends(
    tmp_path: Path,
) -> None:
    words = "more than 2000000 bytes of toml in all; allowed: a readable scenario file"
    assert found(said(tmp_path, "#" * 2_000_001)) == [words]
    (tmp_path / "base.toml").write_text(SOUND + "#" * 1_500_000)
    own = 'extends = "base.toml"\n'
    assert found(said(tmp_path, own + "#" * 1_500_000)) == [words]
    (tmp_path / "own.toml").write_text(own)
    assert load_scenario(tmp_path / "own.toml").sector


def with_sectors(number: int, **stated: object) -> str:
    own = "".join(f"{key} = {value}\n" for key, value in stated.items())
    sectors = "".join(f'[[sector]]\nname = "sector {i}"\n{own}' for i in range(number))
    return SOUND.replace("[shelling]", f"{sectors}[shelling]")


def test_of_hundreds_of_mistyped_names_the_first_are_told_with_the_nearest_of_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def close(word: str, known: list[str], n: int) -> list[str]:
        looked_at.append(len(known))
        return get_close_matches(word, known, n=n)

    monkeypatch.setattr(errors, "get_close_matches", close)
    names = ", ".join(f'"sektor {i}"' for i in range(500))
    text = with_sectors(1000, area_ha=1).replace("0.2", f"0.2\nsectors = [{names}]")
    lines = said(tmp_path, text)
    assert any("'sektor 17'" in line and "did you mean sector 17?" in line for line in lines)
    assert len(lines) == MOST_PROBLEMS + 1
    assert "found more than 100 problems; allowed: none; only the first are told" in lines[-1]
    assert len(looked_at) <= MOST_PROBLEMS + 1
    assert max(looked_at) <= 30


def test_the_nearest_of_many_names_is_found() -> None:
    names = [f"sector {i}" for i in range(1000)]
    assert all(nearest(f"sektor {i}", names) == f"sector {i}" for i in range(100))


def test_no_more_than_a_hundred_problems_are_told_of_any_kind(tmp_path: Path) -> None:
    law = '{ dist = "empirical", file = "x", column = "x" }'
    for text in (
        with_sectors(300, area_ha=-1),
        with_sectors(300, area_ha=law),
        SOUND + "".join(f'[[deadline]]\nname = "{i}"\ndate = 1999-01-01\n' for i in range(300)),
    ):
        lines = said(tmp_path, text)
        assert len(lines) == MOST_PROBLEMS + 1
        assert "more than 100 problems" in lines[-1]


def test_a_hundred_thousand_mistakes_are_counted_only(tmp_path: Path) -> None:
    values = '"",' * 100_001
    text = SOUND + f'stop_hours = {{ dist = "discrete", values = [{values}] }}\n'
    assert found(said(tmp_path, text)) == ["more than 100000 problems; allowed: none"]


def test_of_a_csv_file_no_more_is_read_than_a_law_may_have(tmp_path: Path) -> None:
    text = with_csv(tmp_path, "x", "x")
    (tmp_path / "evil.csv").write_text("x\n" + "1\n" * 100_001 + "no number\n")
    (line,) = said(tmp_path, text)
    assert "found 100001 entries; allowed: at most 100000" in line
    text = with_sectors(12, area_ha='{ dist = "empirical", file = "evil.csv", column = "x" }')
    (tmp_path / "evil.csv").write_text("x\n" + "1\n" * 100_000)
    lines = said(tmp_path, text)
    assert len(lines) == 2
    assert "sector 10" in lines[0]
    assert "'evil.csv': more than 1000000 values in csv in all" in lines[0]


def test_a_csv_file_with_short_rows_blank_lines_and_a_column_twice_is_read_as_before(
    tmp_path: Path,
) -> None:
    text = with_csv(tmp_path, "x", "x")
    (tmp_path / "evil.csv").write_text("\ufeffx,y,x\n\n1,2,3\n4,5,6,7\n\n")
    (tmp_path / "own.toml").write_text(text)
    shelling = load_scenario(tmp_path / "own.toml").shelling
    assert shelling
    assert shelling.stop_hours.support == (3, 6)
    (tmp_path / "evil.csv").write_text("x,y,x\n1,2\n")
    (line,) = said(tmp_path, text)
    assert "'' in line 2" in line


def test_a_file_that_is_too_large_for_all_laws_is_refused(tmp_path: Path) -> None:
    text = with_csv(tmp_path, "x", "x")
    with (tmp_path / "evil.csv").open("wb") as file:
        file.truncate(100_000_001)  # takes no place on the disk
    (line,) = said(tmp_path, text)
    assert "more than 100000000 bytes of csv in all" in line


def test_thousands_of_keys_to_remove_are_refused(tmp_path: Path) -> None:
    text = with_base(tmp_path, "'x'", f"remove = {json.dumps(['crew'] * 1001)}\n")
    line = said(tmp_path, text)[0]
    assert "remove: found more than 1000 keys to remove in all; allowed: fewer" in line


# What is no file


@pytest.fixture
def no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Things that are not read, by their names; nothing opens any of them."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    kept = Path.open

    def careful(path: Path, *mode: Any, **more: Any) -> Any:
        assert path.is_file() or path.is_dir() or not path.exists(), f"{path} is opened"
        return kept(path, *mode, **more)

    monkeypatch.setattr(Path, "open", careful)
    return ["pipe", "zero", "/dev/zero", "/dev/tty"]


def test_a_pipe_or_a_device_is_no_scenario_no_base_and_no_csv_file(
    tmp_path: Path, no_files: list[str], demine: Demine
) -> None:
    for place in no_files:
        law = f'{{ dist = "empirical", file = "{place}", column = "a" }}'
        for lines in (
            said(tmp_path, SOUND + f"stop_hours = {law}\n"),
            said(tmp_path, f'extends = "{place}"\n'),
            [demine("check", place)[2], demine("run", str(BASE), "--set", f"pace.stop={law}")[2]],
        ):
            assert all("not a regular file" in line for line in lines)


# Numbers that are none


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400", "0", "-1"])
@pytest.mark.parametrize(
    "words",
    [
        ("run", "--precision"),
        ("sweep", "--vary", "factors.rate=1,2", "--precision"),
        ("compare", "--variant", "a:factors.rate=2", "--precision"),
        ("plan", "--deadline", "2030-01-01", "--vary", "factors.rate=1,2", "--confidence"),
    ],
)
def test_what_is_no_finite_number_is_refused_by_every_option_that_takes_one(
    demine: Demine, tmp_path: Path, words: tuple[str, ...], number: str
) -> None:
    code, _, err = demine(words[0], str(BASE), *words[1:], number)
    assert code == 2
    assert words[-1] in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("precision", [float("nan"), float("inf"), 0.0, -1.0])
def test_in_python_too_a_precision_is_a_number_of_days(precision: float) -> None:
    with pytest.raises(ScenarioError, match=r"--precision: found .*; allowed: a number of days"):
        run_to_precision(load_scenario(BASE), precision_days=precision, replications=1)


@pytest.mark.parametrize("values", ["-1e308:1e308", f"0:{10**400}", "-1e308:1e308:1e307", "0:1e16"])
@pytest.mark.parametrize(
    "words",
    [
        ("sweep",),
        ("sweep", "--design", "lhs", "--points", "2"),
        ("sweep", "--design", "sobol", "--points", "2"),
        ("plan", "--deadline", "2030-01-01"),
    ],
)
def test_a_range_of_numbers_that_no_key_may_have_is_refused(
    demine: Demine, words: tuple[str, ...], values: str
) -> None:
    code, _, err = demine(words[0], str(BASE), *words[1:], f"--vary=factors.rate={values}")
    assert code == 2
    assert "--vary: factors.rate: found" in err
    assert "numbers up to 1e+15" in err


def test_in_python_too_a_range_ends_where_numbers_of_a_key_do() -> None:
    vary = {"factors.rate": (-1e308, 1e308)}
    with pytest.raises(ScenarioError, match=r"two numbers up to 1e\+15"):
        design_points(load_scenario(BASE), vary=vary, design="lhs", points=2)


def test_a_seed_may_have_any_number_of_digits(demine: Demine, tmp_path: Path) -> None:
    words = ("--seed", str(2**64), "--replications", "1", "--jobs", "1", "--engine", "simpy")
    assert demine("run", str(BASE), *words, "--out", "held")[0] == 0
    assert read_results(tmp_path / "held").seed == 2**64
    assert demine("trace", str(BASE), *words[:2])[0] == 0


# Folders of results


def held(demine: Demine, folder: Path) -> dict[str, Any]:
    """Make a result in the folder `held`, and return its manifest."""
    words = (
        "run",
        str(BASE),
        "--replications",
        "2",
        "--jobs",
        "1",
        "--engine",
        "simpy",
        "--out",
        "held",
    )
    assert demine(*words)[0] == 0
    manifest: dict[str, Any] = json.loads((folder / "held" / "manifest.json").read_text())
    return manifest


QUICK = ("--replications", "1", "--jobs", "1", "--engine", "simpy", "--quiet")
MANIFESTS: dict[str, Callable[[Path], object]] = {
    "deep": lambda path: path.write_text("[" * 100_000),
    "deep and closed": lambda path: path.write_text('{"a":' * 900 + "1" + "}" * 900),
    "a list": lambda path: path.write_text("[1]"),
    "a number of thousands of digits": lambda path: path.write_text("9" * 5000),
    "a pipe": os.mkfifo,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_that_is_none_is_nobodys_result(
    demine: Demine, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "held").mkdir()
    MANIFESTS[kind](tmp_path / "held" / "manifest.json")
    for command in ("run", "explain"):
        for force in ((), ("--force",)):
            code, _, err = demine(command, str(BASE), "--out", "held", *QUICK, *force)
            assert (code, "that are no result of this program" in err) == (1, True)
    with pytest.raises(ResultError, match="not a result of this program"):
        read_results(tmp_path / "held")


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_that_is_none_is_no_remnant_of_ours(tmp_path: Path, kind: str) -> None:
    old, work = tmp_path / ".held.old", tmp_path / ".held.unfinished"
    for folder in (old, work):
        folder.mkdir()
        MANIFESTS[kind](folder / "manifest.json")
    recover(tmp_path / "held")
    assert not (tmp_path / "held").exists()
    for force in (True, False):
        with pytest.raises(ResultError, match="is no work of this program"):
            open_work(tmp_path / "held", manifest={"command": "run"}, force=force)
    for folder in (old, work):
        assert os.path.lexists(folder / "manifest.json")


def test_manifests_with_values_of_other_types_are_answered(demine: Demine, tmp_path: Path) -> None:
    whole = held(demine, tmp_path)
    place, work = tmp_path / "held", tmp_path / ".held.unfinished"
    work.mkdir()
    wanted = whole | {"experiment": {"seed": 0}}
    for value in (None, 1e999, "x", [[]], {"a": {"a": []}}, 10**4000):
        for key in whole.keys() - {"program"}:
            for folder in (place, work):
                (folder / "manifest.json").write_text(json.dumps(whole | {key: value}))
            for answer in (
                partial(read_results, place),
                partial(refuse_foreign, place, digest="", force=False, experiment={"seed": 0}),
                partial(refuse_foreign, place, digest="", force=True, replications=1),
                partial(open_work, place, manifest=wanted, force=False),
            ):
                with suppress(ResultError):
                    answer()


def test_a_finished_experiment_with_a_forged_manifest_or_table_is_answered(
    demine: Demine, tmp_path: Path
) -> None:
    words = ("explain", str(BASE), "--only", "crews", "--out", "held", *QUICK)
    assert demine(*words)[0] == 0
    path = tmp_path / "held" / "manifest.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps(whole | {"not_drawn": 7}))
    assert demine(*words)[0] == 0
    long = b"x" * 200_000 + b"\n"
    (tmp_path / "held" / "explain.csv").write_bytes(long)
    files = whole["files"] | {"explain.csv": hashlib.sha256(long).hexdigest()}
    path.write_text(json.dumps(whole | {"files": files}))
    assert demine(*words)[0] == 0


def forged(arrays: dict[str, Any], **how: Any) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", **how) as entries:
        for name, array in arrays.items():
            data = array if isinstance(array, bytes) else npy(array)
            entries.writestr(f"{name}.npy", data)
    return content.getvalue()


def npy(array: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


ONE = np.zeros(1, np.int64)
GIANT = npy(ONE).replace(b"(1,), }", b"(1" + b"0" * 13 + b",), }")[:128]
FORGED = {
    "nothing": b"",
    "no archive": b"PK\x03\x04" + b"x" * 100,
    "one array": npy(ONE),
    "no arrays": forged({}),
    "objects": forged({"replication": np.array([{}])}),
    "a giant shape": forged({"replication": GIANT}),
    "a broken header": forged({"replication": npy(ONE)[:20]}),
    "much in little": forged(
        {"replication": np.zeros(10**7, np.int64)}, compression=zipfile.ZIP_DEFLATED
    ),
    "too few": forged({"replication": ONE[:0]}),
    "no names": forged({"counts": ONE}),
    "other replications": forged({"replication": ONE + 3}),
    "no whole numbers": forged({"replication": ONE, "counts": ONE / 2}),
    "a single number": forged({"replication": ONE, "counts": ONE[0]}),
}


@pytest.mark.parametrize("kind", FORGED)
def test_kept_work_that_somebody_forged_is_none(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{'0' * 32}.0-0.npz"
    path.write_bytes(hashlib.sha256(FORGED[kind]).digest() + FORGED[kind])
    assert read_rows(path, ("replication", "counts")) is None


def test_kept_work_that_is_no_file_is_none(tmp_path: Path) -> None:
    pipe, device = (tmp_path / f"{'0' * 32}.0-{i}.npz" for i in range(2))
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    assert read_rows(pipe, ("replication",)) is None
    assert read_rows(device, ("replication",)) is None


def test_a_pipe_or_a_link_in_the_work_folder_is_not_written_into(
    demine: Demine, tmp_path: Path
) -> None:
    work = tmp_path / ".held.unfinished"
    work.mkdir()
    (work / "manifest.json").write_text('{"program": "demine"}')
    (tmp_path / "mine").write_text("mine")
    part = work / ".manifest.json.part"
    for make in (os.mkfifo, lambda path: path.symlink_to(tmp_path / "mine")):
        make(part)
        code, _, err = demine("run", str(BASE), "--out", "held", "--force", *QUICK)
        assert (code, err) == (0, "")
        assert (tmp_path / "mine").read_text() == "mine"
        work.mkdir(exist_ok=True)
        (work / "manifest.json").write_text('{"program": "demine"}')
