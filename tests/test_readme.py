"""What the README says works, as it stands there."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import main

ROOT = Path(__file__).parent.parent
FASTER = {
    "run": ["--replications", "20"],
    "sweep": ["--replications", "20"],
    "compare": ["--replications", "20"],
    "plan": ["--most", "256"],
    "explain": ["--replications", "8"],
}
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("demine")]


def kept() -> set[str]:
    """Return the files that are kept in the repository."""
    if not (ROOT / ".git").exists():
        pytest.skip("no repository")
    words = ["git", "-C", str(ROOT), "ls-files"]
    return set(
        subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_of_the_tour_works_in_order(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(commands()) >= 6
    for line in commands():
        words = shlex.split(line)
        words += FASTER.get(words[1], [])
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as leave:
            main()
        assert leave.value.code == 0, line
    assert (here / "results" / "eight-teams" / "summary.csv").is_file()
    made = {p.relative_to(here).as_posix() for p in here.rglob("*") if p.is_file()}
    assert made & kept() == {path for path in kept() if path.startswith("scenarios/")}


@pytest.mark.usefixtures("here")
def test_the_python_examples_work(capsys: pytest.CaptureFixture[str]) -> None:
    numbers, table = blocks("python")
    exec(compile(numbers, "README.md", "exec"), {"__name__": "readme"})
    assert "completion_day p80" in capsys.readouterr().out
    exec(compile(table, "README.md", "exec"), {"__name__": "readme"})
    assert "crew.machine.count" in capsys.readouterr().out


def test_the_tour_shows_what_the_command_prints(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = blocks("text")
    monkeypatch.setattr(sys, "argv", ["demine", "run", "scenarios/tutorial.toml"])
    with pytest.raises(SystemExit):
        main()
    assert shown.strip() == capsys.readouterr().out.strip()


def test_every_file_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 5
    assert all((ROOT / link).exists() for link in links), links
