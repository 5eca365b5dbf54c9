"""The manifest of a folder: what stands in it says whose it is, and how it came about."""

import importlib.metadata
import json
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from sim.errors import show
from sim.files import content_of

Manifest = dict[str, Any]
PROGRAM = "demine"
MANIFEST = "manifest.json"
# settings that say what is asked about some replications, or how many; not which they are
QUESTIONS = (
    "replications",
    "most",
    "precision_days",
    "plain",
    "deadline",
    "confidence",
    "minimise",
    "only",
    "anyway",
)
MOST_BYTES = 200_000_000  # several scenarios of ten thousands of sectors


def manifest_of(place: Path) -> Manifest | None:
    """Return the manifest if this is a result of this program."""
    path = place / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = json.loads(content_of(path, most=MOST_BYTES))
    except (FileNotFoundError, ValueError, RecursionError):  # RecursionError: nested too deep
        return None
    ours = isinstance(manifest, dict) and manifest.get("program") == PROGRAM
    return manifest if ours else None


def differing(held: Manifest, wanted: Manifest, *, but: Collection[str] = ()) -> list[str]:
    """Return what a result that stands somewhere has other than the one wanted there, in words.

    Parameters
    ----------
    held, wanted
        Their manifests.
    but
        Settings that may differ.
    """
    scenarios = [str(manifest.get("scenario_sha256"))[:12] for manifest in (held, wanted)]
    words = []
    if held.get("command") != wanted.get("command"):
        words.append("another command")
    if held.get("scenario_sha256") != wanted.get("scenario_sha256"):
        words.append(f"another scenario ({scenarios[0]}, here {scenarios[1]})")
    there, here = (_settings(manifest) for manifest in (held, wanted))
    if held.get("command") == wanted.get("command"):
        words += [
            f"other {key} ({_shown(there.get(key))}, here {_shown(here.get(key))})"
            for key in {**here, **there}
            if there.get(key) != here.get(key) and key not in but
        ]
    return words


def _settings(manifest: Manifest) -> Manifest:
    """Return what numbers depend on but for the scenario, what is in tables by its own name."""
    experiment = manifest.get("experiment")
    if experiment is None:
        return {"seed": manifest.get("seed")}
    flat: Manifest = {}
    for key, value in experiment.items() if isinstance(experiment, dict) else ():
        flat |= value if isinstance(value, dict) else {key: value}
    return flat


def _shown(value: Any) -> str:
    return "none" if value is None else show(value)


@cache
def version_of(package: str) -> str | None:
    """Return the version of an installed package, None if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
