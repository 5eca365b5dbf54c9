"""The benchmarks: what they import is there, and what they measure is what they say.

They are run by hand, so that nothing else would notice.
"""

import ast
import importlib
from pathlib import Path

import pytest

from sim import load_scenario
from sim.scenario.scenario import Scenario

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted([*ROOT.glob("benchmarks/*.py"), *ROOT.glob("docs/*.py")])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_what_a_script_imports_of_the_program_is_there(script: Path) -> None:
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sim":
            module = importlib.import_module(node.module or "")
            for name in node.names:
                assert hasattr(module, name.name), f"{node.module} has no {name.name}"


def test_the_full_country_has_all_that_a_scenario_can_state() -> None:
    country = load_scenario(ROOT / "benchmarks" / "national_full.toml")
    stated = {name for name in Scenario.model_fields if getattr(country, name)}
    assert stated >= set(Scenario.model_fields) - {"restoration", "notes", "record", "lists"}
