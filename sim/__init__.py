"""demine: a forecaster for mine clearance campaigns.

The same program from Python: everything named here, loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.comparisons import compare
    from sim.engines import simulate
    from sim.errors import ResultError, ScenarioError
    from sim.explanations import explain
    from sim.outcome import Ensemble, Outcome
    from sim.plans import plan
    from sim.runner import run
    from sim.sampling import sample_world
    from sim.scenario import Scenario
    from sim.storage import read_results, write_results
    from sim.summary import summarize
    from sim.sweeps import sweep
    from sim.variants import load_scenario, vary
    from sim.world import World

__version__ = "0.1.0"
_HOMES = {
    "Ensemble": "outcome",
    "Outcome": "outcome",
    "ResultError": "errors",
    "Scenario": "scenario",
    "ScenarioError": "errors",
    "World": "world",
    "compare": "comparisons",
    "explain": "explanations",
    "load_scenario": "variants",
    "plan": "plans",
    "read_results": "storage",
    "run": "runner",
    "sample_world": "sampling",
    "simulate": "engines",
    "summarize": "summary",
    "sweep": "sweeps",
    "vary": "variants",
    "write_results": "storage",
}
__all__ = [
    "Ensemble",
    "Outcome",
    "ResultError",
    "Scenario",
    "ScenarioError",
    "World",
    "compare",
    "explain",
    "load_scenario",
    "plan",
    "read_results",
    "run",
    "sample_world",
    "simulate",
    "summarize",
    "sweep",
    "vary",
    "write_results",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(f"sim.{_HOMES[name]}"), name)
