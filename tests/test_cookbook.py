"""Every block of the cookbook runs, and does something, where it is added to the first one."""

import re
from pathlib import Path

import pytest

from sim import load_scenario, run
from sim.scenario.doubts import doubts

PAGE = (Path(__file__).parents[1] / "docs" / "cookbook.md").read_text(encoding="utf-8")
BASE, *BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
LIST = """imsma_id;areasize;district;type;state
MF-1;12000;North;CHA;Open
MF-2;250000;South;SHA;Ongoing
MF-3;90000;South;SHA;Closed
"""


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0])
def test_each_block_runs_without_a_doubt_and_changes_the_campaign(
    block: str, tmp_path: Path
) -> None:
    (tmp_path / "hazards.csv").write_text(LIST, encoding="utf-8")
    scenarios = []
    for name, text in (("base", BASE), ("more", BASE + block)):
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        scenarios.append(load_scenario(path))
    base, more = scenarios
    assert list(doubts(more)) == []
    before, after = (run(each, replications=4) for each in (base, more))
    assert after.replications == 4
    assert (before.rows["completion_s"] != after.rows["completion_s"]).any() or (
        any(
            getattr(more, table) != getattr(base, table) for table in ("money", "notes", "deadline")
        )
    )
