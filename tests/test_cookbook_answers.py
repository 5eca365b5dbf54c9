"""What the cookbook says that programmes print is what they print."""

import re
from pathlib import Path

import pytest

from sim import load_scenario, run
from sim.results.report import report
from sim.results.tables import tables
from sim.results.words import words

HERE = Path(__file__).parents[1]
PAGE = (HERE / "docs" / "cookbook.md").read_text(encoding="utf-8").partition("\n## ")[2]
ANSWERS = {
    found[1]: answer
    for answer in PAGE.split("\n\n**")[1:]
    if (found := re.search(r"demine run (\S+) --replications 300", answer))
}


def test_every_answer_is_checked() -> None:
    assert len(ANSWERS) == PAGE.count("\n\n**") == 7


@pytest.mark.parametrize("file", ANSWERS, ids=lambda file: Path(file).stem)
def test_an_answer_is_what_the_command_says_today(file: str) -> None:
    ensemble = run(load_scenario(HERE / file), replications=300, jobs=1)
    printed = {line.replace("\u202f", " ") for line in report(ensemble)}
    quoted = "".join(re.findall(r"```text\n(.*?)```", ANSWERS[file], re.DOTALL)).splitlines()
    assert set(quoted) <= printed
    found = tables(ensemble)
    dates = {
        (row[key], *(words(row[date]) for date in ("p50_date", "p80_date")))
        for key in ("region", "sector")
        for row in found[f"{key}s"].iter_rows(named=True)
        if row["p80_date"]
    }
    rows = re.findall(r"^\| (.+) \| (\d.+) \| (\d.+) \|$", ANSWERS[file], re.MULTILINE)
    assert set(rows) <= dates
    assert quoted
