"""What the completion rests on where twins were asked: for the manifest, and in words."""

from typing import Any

from sim.outcome import Ensemble
from sim.results.answers import SURE
from sim.results.words import count
from sim.statistics.two_phase import two_phase


def two_phases(ensemble: Ensemble) -> dict[str, Any]:
    """Return what a manifest states of the replications that the completion rests on."""
    if ensemble.further is None:
        return {}
    further = ensemble.further
    return {
        "two_phases": {
            "campaigns": ensemble.replications + len(further.completion_s),
            "twins": int(further.sizes.sum()),
            "correlation": round(further.correlation, 4),
            "worth": float(f"{two_phase(ensemble).worth(SURE):.2g}"),
        }
    }


def told(ensemble: Ensemble) -> str:
    """Return what the completion rests on besides an ensemble's own replications, in words."""
    if ensemble.further is None:
        return ""
    campaigns, twins, correlation, worth = two_phases(ensemble)["two_phases"].values()
    return (
        f"completion and its deadlines rest on {count(campaigns)} whole campaigns and"
        f" {count(twins)} twins (correlation {correlation:.3f}); without twins it would have taken"
        f" about {count(int(worth))} replications"
    )
