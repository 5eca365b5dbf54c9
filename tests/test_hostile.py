"""Input that is meant to do harm: to a terminal, to the time or the memory of whoever reads it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Demine

from sim.errors import LONGEST_LINE, Problem, ResultError, ScenarioError, harmless
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
