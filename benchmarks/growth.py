"""How time and memory grow: with parcels, crews, shelling, replications; and a whole country.

Light on purpose: a child's peak of memory can count what its parent had in memory when it began.
"""

import json
import subprocess
import sys
from pathlib import Path

from table import number, table, whole

FOLDER = Path(__file__).resolve().parent
MIB, GIB = 2**20, 2**30
Measured = dict[str, float]


def probe(
    file: str,
    settings: dict[str, object] | None = None,
    *,
    replications: int,
    jobs: int = 1,
    repeats: int = 1,
) -> Measured:
    """Measure a scenario in a process of its own."""
    task = {"file": file, "settings": settings or {}, "replications": replications}
    task |= {"jobs": jobs, "repeats": repeats}
    command = [sys.executable, str(FOLDER / "probe.py"), json.dumps(task)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured: Measured = json.loads(done.stdout)
    return measured


def reduced(
    *, parcels: int, crews: int = 40, attacks: float = 16.0, slack: float = 2.0
) -> Measured:
    """Measure the reduced campaign at another size; its horizon grows with its length."""
    days = parcels / (10 * crews)  # without stops
    settings: dict[str, object] = {
        "sector.land.area_ha": parcels / 20,
        "crew.crews.count": crews,
        "shelling.regimes.usual.attacks_per_24h": attacks,
        "campaign.horizon_days": min(36_525, max(40, slack * days)),
    }
    replications = max(2, min(300, 1_000_000 // parcels))
    return probe("reduced.toml", settings, replications=replications, repeats=3)


def growth(quick: bool) -> None:
    """Print how a replication of the reduced campaign grows."""
    head = ["attacks", "time", "ns per parcel", "peak memory", "bytes per parcel"]
    sizes = [1_000, 100_000, 1_000_000] if quick else [10**k for k in range(3, 8)]
    rows = [[whole(n), *_line(reduced(parcels=n))] for n in sizes]
    print("#### More parcels: 40 crews, 4 attacks a day\n")
    print(table(["parcels", *head], rows))
    million = 100_000 if quick else 1_000_000
    crews = [10, 2000] if quick else [10, 40, 100, 400, 1000, 2000]
    rows = [[whole(n), *_line(reduced(parcels=million, crews=n))] for n in crews]
    print(f"#### More crews: {whole(million)} parcels, 4 attacks a day\n")
    print(table(["crews", *head], rows))
    shelling = [0, 256] if quick else [0, 4, 16, 64, 256]
    rows = [[f"{n / 4:g}", *_line(reduced(parcels=million, attacks=n, slack=6))] for n in shelling]
    print(f"#### Heavier shelling: {whole(million)} parcels, 40 crews\n")
    print(table(["attacks a day", *head], rows))


def _line(m: Measured) -> list[str]:
    if m["censored"]:
        raise SystemExit("a campaign of a growth table is not complete at its horizon")
    above = m["peak_bytes"] - m["program_bytes"]
    return [
        whole(m["attacks"]),
        f"{number(1000 * m['seconds'])} ms",
        number(m["seconds"] / m["parcels"] * 1e9),
        f"{whole(m['peak_bytes'] / MIB)} MiB",
        number(above / m["parcels"]) if m["parcels"] >= 100_000 else "",
    ]


def memory(sizes: tuple[int, int]) -> None:
    """Print the peak of memory for few and many replications."""
    kursk = "../scenarios/kursk.toml"
    coarse = {"campaign.parcel_ha": 100, "factors.items": 0.01}  # the same rows, small worlds
    head = ["replications", "time", "peak memory", "above the program", "rows kept"]
    for title, settings, both in (
        ("`scenarios/kursk.toml`, two threads", {}, sizes),
        ("The same in parcels of 100 ha: small worlds, equally large rows", coarse, (500, 3000)),
    ):
        few, many = (probe(kursk, dict(settings), replications=n, jobs=2) for n in both)
        rows = [_memory_line(m) for m in (few, many)]
        more = (many["peak_bytes"] - few["peak_bytes"]) / (both[1] - both[0])
        row = many["row_bytes"]
        print(f"#### {title}\n")
        print(table(head, rows))
        print(
            f"For each replication more the peak rises by {more / 1024:.1f} KiB,"
            f" {more / row:.1f} times its rows of {row / 1024:.1f} KiB.\n"
        )


def _memory_line(m: Measured) -> list[str]:
    n = m["replications"]
    return [
        whole(n),
        f"{number(n * m['seconds'])} s",
        f"{whole(m['peak_bytes'] / MIB)} MiB",
        f"{whole((m['peak_bytes'] - m['program_bytes']) / MIB)} MiB",
        f"{number(n * m['row_bytes'] / MIB)} MiB",
    ]


def national() -> None:
    """Print what one replication of a whole country takes."""
    for file, crews in (("national.toml", "3 000"), ("national_full.toml", "4 300")):
        _country(file, crews)


def _country(file: str, crews: str) -> None:
    m = probe(file, replications=1)
    if m["censored"]:
        raise SystemExit(f"{file}: the campaign is not complete at its horizon")
    print(
        f"One replication of `{file}`: {whole(m['parcels'])} parcels, {crews} crews,"
        f" {whole(m['attacks'])} attacks, complete on day {whole(m['days'])}:"
        f" {m['seconds']:.1f} s ({number(m['seconds'] / m['parcels'] * 1e9)} ns per parcel), peak"
        f" memory {m['peak_bytes'] / GIB:.2f} GiB.\n"
    )
