"""Who a worker is, and whether it computes the same numbers to the last bit."""

import hashlib
import importlib.metadata
import platform
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from scipy.special import betaincinv, gammaincinv, ndtr, ndtri

from sim.engines import Engine
from sim.running import beside
from sim.running.memory import keep_freed_memory
from sim.running.workers import Luck, Work, do_batch
from sim.sampling import Sampler
from sim.scenario.validation import validate

PROGRAM = "demine"
PACKAGES = ("numpy", "scipy", "numba", "simpy")
"""A worker with others of them gets work, but that is said; the canary shows if it matters."""
LOOKS_EVERY_S = 0.5
_POINTS = 4096
_CANARY = """
[campaign]
name = "canary"
start = 2026-01-01
horizon_days = 300
[factors]
rate = { dist = "lognormal", mean = 1.0, cv = 0.3 }
area = { dist = "gamma", mean = 1.0, cv = 0.2 }
[[sector]]
name = "field"
area_ha = { dist = "pert", low = 20, mode = 30, high = 50 }
items_per_ha = 5
[[crew]]
name = "teams"
role = "clearance"
count = 3
rate_ha_per_day = 0.3
variation = 0.2
[clearance]
parcel_variation = 0.5
item_dispersion = 0.5
item_minutes = 20
[shelling]
regimes = [{ name = "all", attacks_per_24h = 1.0, mean_days = 10 }]
stop_hours = { dist = "lognormal", p10 = 1, p90 = 12 }
"""


def introduce() -> dict[str, Any]:
    """Return who a worker is, in plain data: one of another version may be asked."""
    from llvmlite import binding  # noqa: PLC0415 # not before it is asked

    versions = {name: _version(name) for name in (PROGRAM, *PACKAGES)}
    versions[PROGRAM] = f"{versions[PROGRAM]} (sources {_sources():08x})"
    features: dict[str, bool] = {}
    with suppress(RuntimeError):  # llvmlite does not know every processor
        features = dict(binding.get_host_cpu_features())
    return {
        "versions": {**versions, "python": platform.python_version()},
        "processor": str(binding.get_host_cpu_name()),
        "features": sorted(name for name, has in features.items() if has),
    }


def prepare(engine: Engine) -> str:
    """Make a worker ready: compile unless that was done on its machine, and return its canary."""
    keep_freed_memory()
    if engine == "compiled":
        beside.begin()
        while not beside.is_over():  # in a process of its own, whose memory goes with it
            time.sleep(LOOKS_EVERY_S)
    return canary(engine)


def canary(engine: Engine) -> str:
    """Return a digest of a small batch, and of functions that processors round differently."""
    digest = hashlib.sha256()
    u = np.arange(1, _POINTS) / _POINTS
    curves = (np.exp(u), np.log(u), np.log1p(u), u**0.3, ndtr(u), ndtri(u))
    for values in (*curves, gammaincinv(2.5, u), betaincinv(2.0, 3.0, u)):
        digest.update(values.tobytes())
    scenario = validate(tomllib.loads(_CANARY), file="canary")
    for world in Sampler(scenario, seed=0).worlds(range(4)):
        for piece in vars(world).values():
            for value in getattr(piece, "__dict__", {}).values():
                digest.update(value.tobytes() if isinstance(value, np.ndarray) else b"")
    rows = do_batch(Work(scenario, Luck(0), engine), range(4))
    for name in sorted(rows):
        digest.update(rows[name].tobytes())
    return digest.hexdigest()[:16]


def other_processor(there: dict[str, Any], here: dict[str, Any]) -> str:
    """Say how a processor differs."""
    odd = sorted({*there["features"]} ^ {*here["features"]})
    words = f": {', '.join(odd[:5])}{', ...' if len(odd) > 5 else ''} in one of them" if odd else ""
    return f"has the processor {there['processor']}, and this machine {here['processor']}{words}"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _sources() -> int:
    """Return a number that changes with any source of this program."""
    root = Path(__file__).parent.parent
    return crc32(b"".join(file.read_bytes() for file in sorted(root.rglob("*.py"))))
