"""One scenario in a process of its own: time, and a peak of memory that is nobody else's.

Takes a task as JSON on the command line, prints what was measured as JSON.
"""

import json
import resource
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from sim import load_scenario, run
from sim.outcome import Count
from sim.running.memory import keep_freed_memory

FOLDER = Path(__file__).resolve().parent
SMALL = {"sector.land.area_ha": 5, "crew.crews.count": 2}  # everything compiled, hardly any memory


def peak_bytes() -> int:
    """Return the greatest resident size so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def resident_bytes() -> int:
    """Return the resident size now; the peak so far where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_bytes()
    return pages * resource.getpagesize()


def measure(
    *, file: str, settings: dict[str, object], replications: int, jobs: int, repeats: int
) -> dict[str, float]:
    """Return what a scenario takes, per replication unless said otherwise."""
    keep_freed_memory()  # as `demine run` does
    small = load_scenario(FOLDER / "reduced.toml", settings=SMALL)
    run(small, replications=2, jobs=1)
    scenario, program = load_scenario(FOLDER / file, settings=settings), resident_bytes()
    taken = []
    for _ in range(repeats):
        since = perf_counter()
        ensemble = run(scenario, replications=replications, jobs=jobs)
        taken.append(perf_counter() - since)
    area_ha = float(ensemble.sector_m2.sum(axis=1).mean()) / 10_000
    done = ensemble.completion_s >= 0
    return {
        "replications": replications,
        "seconds": median(taken) / replications,
        "parcels": area_ha / scenario.campaign.parcel_ha,
        "attacks": float(ensemble.counts[:, Count.ATTACKS].mean()),
        "days": float(ensemble.completion_s[done].mean()) / scenario.day_s if done.any() else 0.0,
        "censored": int(ensemble.censored),
        "program_bytes": program,
        "peak_bytes": peak_bytes(),  # of all replications together
        "row_bytes": sum(rows.nbytes for rows in ensemble.rows.values()) / replications,
    }


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
