"""How the report came about: what was run, and with what."""

from collections.abc import Mapping

from sim.results.manifest import PROGRAM, Manifest, version_of
from sim.results.page.part import Part, Table, plain_table
from sim.results.page.run import Run, columns_of
from sim.results.words import count
from sim.scenario.scenario import Scenario


def made(run: Run, others: Mapping[str, Manifest]) -> Part:
    """Return the manifest of the run, and what the experiments state about theirs.

    Parameters
    ----------
    run
        That is reported.
    others
        Manifests of the experiments in the report, by the names of their folders.
    """
    manifests = {run.folder.resolve().name: run.results.manifest, **others}
    columns = columns_of(
        ("Folder",),
        ("Command",),
        ("Replications",),
        ("Seed",),
        ("Scenario (SHA-256)",),
        ("Version",),
    )
    rows = [_row(name, manifest) for name, manifest in manifests.items()]
    table = plain_table("Results in this report", columns, rows, scenario=run.scenario)
    told = (
        f"Made by {PROGRAM} {version_of(PROGRAM)} from result folders; nothing was simulated for"
        " it. Scenarios with the same SHA-256 are the same to the last digit. The same command on"
        " the same scenario with the same seed gives the same numbers."
    )
    return Part(
        "made",
        "How was this made?",
        (told,),
        tables=(table, _versions(run.scenario, run.results.manifest)),
    )


def _row(name: str, manifest: Manifest) -> list[str]:
    done = manifest.get("replications_done")
    note = "" if manifest.get("complete") else " (stopped before its end)"
    return [
        name,
        f"{PROGRAM} {manifest.get('command')}{note}",
        count(done) if isinstance(done, int) else "",
        str(manifest.get("seed")),
        str(manifest.get("scenario_sha256")),
        str(manifest.get("version")),
    ]


def _versions(scenario: Scenario, manifest: Manifest) -> Table:
    stated = manifest.get("versions")
    versions = stated if isinstance(stated, dict) else {}
    rows = [[str(name), str(version)] for name, version in versions.items()]
    rows += [["engine", str(manifest.get("engine"))], ["note", str(manifest.get("note") or "none")]]
    return plain_table(
        "What the run was made with", columns_of(("What",), ("Version",)), rows, scenario=scenario
    )
