"""demine: a forecaster for mine clearance campaigns.

The same program from Python: everything named here, loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.engines import simulate
    from sim.errors import ResultError, ScenarioError
    from sim.experiments.compare.compare import compare
    from sim.experiments.explain.explain import explain
    from sim.experiments.forecast.forecast import forecast
    from sim.experiments.plan.plan import plan
    from sim.experiments.sweep.sweep import sweep
    from sim.experiments.tables import tables
    from sim.outcome import Ensemble, Outcome
    from sim.results.map.write import write_map
    from sim.results.storage import read_results, write_results
    from sim.running.run import run
    from sim.sampling import sample_world
    from sim.scenario.reports import read_record
    from sim.scenario.scenario import Scenario
    from sim.scenario.variants import load_scenario, vary
    from sim.statistics.summary import summarize
    from sim.world import World

__version__ = "0.1.0"
_HOMES = {
    "Ensemble": "outcome",
    "Outcome": "outcome",
    "ResultError": "errors",
    "Scenario": "scenario.scenario",
    "ScenarioError": "errors",
    "World": "world",
    "compare": "experiments.compare.compare",
    "explain": "experiments.explain.explain",
    "forecast": "experiments.forecast.forecast",
    "load_scenario": "scenario.variants",
    "plan": "experiments.plan.plan",
    "read_record": "scenario.reports",
    "read_results": "results.storage",
    "run": "running.run",
    "sample_world": "sampling",
    "simulate": "engines",
    "summarize": "statistics.summary",
    "sweep": "experiments.sweep.sweep",
    "tables": "experiments.tables",
    "vary": "scenario.variants",
    "write_map": "results.map.write",
    "write_results": "results.storage",
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
    "forecast",
    "load_scenario",
    "plan",
    "read_record",
    "read_results",
    "run",
    "sample_world",
    "simulate",
    "summarize",
    "sweep",
    "tables",
    "vary",
    "write_map",
    "write_results",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(f"sim.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, also those that are not loaded yet."""
    return sorted({*globals(), *__all__})
