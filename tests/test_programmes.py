"""The shipped programmes: what planning documents say, each number with its source."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sim import load_scenario
from sim.engines.compiled import campaign as compiled_engine
from sim.engines.simpy import campaign as simpy_engine
from sim.sampling import Sampler
from sim.scenario.doubts import doubts
from sim.scenario.settings import Range, parse_setting, parse_vary

FOLDER = Path(__file__).parents[1] / "scenarios" / "programmes"
FILES = sorted(FOLDER.glob("*.toml"))
NAMES = {"name", "title", "unit"}  # may hold digits that state nothing


def unsourced(text: str) -> Iterator[str]:
    """Yield the lines that state a number and neither a source of the head nor an assumption."""
    head, _, body = text.partition("\n\n")
    sources = [*re.findall(r"^# (\[\w+\]) \w", head, re.MULTILINE), "assumption"]
    above = ""
    for line in body.splitlines():
        stated, _, comment = line.partition("#")
        key, _, value = stated.partition(" = ")
        if not stated.strip():
            above = f"{above} {comment}" if comment else ""
            continue
        words = stated if stated.startswith('"') else f"{above} {comment}"  # a note is words itself
        if key not in NAMES and re.search(r"\d", value) and not any(s in words for s in sources):
            yield line
        above = ""


def test_a_number_without_a_source_is_seen() -> None:
    head = "# A place.\n#\n# [LM] a yearbook\n\n"
    sourced = 'name = "2 of 3"\n\n# assumption\ncount = 3\npeople = 5  # [LM]\n"count" = "3 [LM]"\n'
    faulty = ["count = 3", "count = 3  # many", "count = 3  # [MR]", '"count" = "3 or so"']
    assert list(unsourced(head + sourced)) == []
    assert list(unsourced(head + sourced + "\n".join(faulty))) == faulty
    assert list(unsourced(head + "# [LM]\n\ncount = 3\n")) == ["count = 3"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_number_has_its_source(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert list(unsourced(text)) == []
    head = text.partition("\n\n")[0]
    for words in ("# Question: ", "# Cannot be said: ", "# Still to be answered by the reports: "):
        assert head.count(words) == 1


def commands() -> list[tuple[str, str]]:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([\w-]+)\.toml` \|.*\| `demine (.*)` \|", page, re.MULTILINE)


def test_the_page_names_every_programme() -> None:
    assert sorted(name for name, _ in commands()) == [file.stem for file in FILES]
    assert len(FILES) >= 8


@pytest.mark.parametrize(("name", "command"), commands())
def test_the_commands_of_the_page_name_keys_and_deadlines_that_there_are(
    name: str, command: str
) -> None:
    file = FOLDER / f"{name}.toml"
    words = shlex.split(command)
    for option, stated in pairwise(words):
        if option == "--vary":
            key, values = parse_vary(stated)
            load_scenario(
                file, settings={key: values.low if isinstance(values, Range) else values[0]}
            )
        elif option == "--variant":
            changed = stated.partition(":")[2].split(",")
            load_scenario(file, settings=dict(parse_setting(each) for each in changed))
        elif option == "--deadline" and not re.fullmatch(r"[\d-]+", stated):
            assert stated in {deadline.name for deadline in load_scenario(file).deadline}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_programme_runs_and_both_engines_say_the_same(file: Path) -> None:
    scenario = load_scenario(file)
    assert list(doubts(scenario)) == []
    assert scenario.campaign.name == file.stem
    assert scenario.notes is not None
    assert len(scenario.notes.texts) >= 3
    land = sum(sector.count * sector.area.mean for sector in scenario.sector)
    crews = sum(map(scenario.mean_crews, scenario.crew))
    smaller = {  # at most about 500 parcels and 30 crews, so that it is quick
        "campaign.parcel_ha": max(land / 500, scenario.campaign.parcel_ha),
        "factors.crews": min(30 / crews, 1),
    }
    for world in Sampler(load_scenario(file, settings=smaller), seed=5).worlds(range(2)):
        assert simpy_engine.run(world).difference(compiled_engine.run(world)) == ""
