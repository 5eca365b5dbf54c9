"""`demine report`: one page to hand over, made from result folders."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import leave
from sim.cli.options import Place
from sim.errors import ResultError

if TYPE_CHECKING:
    from sim.experiments.reading import Held
    from sim.results.page.part import Part
    from sim.results.page.run import Run
    from sim.scenario.scenario import Scenario

_FORECAST = "forecast"
_EXPERIMENTS = (_FORECAST, "explain", "compare", "plan", "sweep")  # in the order of their parts


@click.command("report")
@click.argument(
    "folders", type=click.Path(path_type=Path), metavar="RESULT...", nargs=-1, required=True
)
@click.option(
    "--out", type=Place(), metavar="FILE",
    help="The page (default: <RESULT of the run>-report.html).",
)  # fmt: skip
@click.option("--xlsx", type=Place(), metavar="FILE", help="Write the tables as a workbook too.")
@click.option("--force", is_flag=True, help="Replace files that are not this report.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def command(
    *, folders: tuple[Path, ...], out: Path | None, xlsx: Path | None, force: bool, quiet: bool
) -> None:
    """Make one HTML page from the RESULT of a run and, if given, those of its experiments.

    The RESULT of a forecast is one of its experiments or, without a run, the run itself.

    The page needs nothing else: it opens from disk, prints to A4, and asks no network for anything.
    Nothing is simulated: experiments that are to be in it are made before.

    \b
    Examples:
      demine report results/kursk
      demine report results/kursk-forecast
      demine report results/kursk results/kursk-explain results/kursk-plan --xlsx kursk.xlsx
    """
    place = write(folders, out=out, xlsx=xlsx, force=force)
    if not quiet:
        leave.tell(f"Report: {place}")
        if xlsx is not None:
            leave.tell(f"Workbook: {xlsx}")


def write(
    folders: Sequence[Path], *, out: Path | None = None, xlsx: Path | None = None, force: bool
) -> Path:
    """Write the report of some result folders; return where it stands.

    Raises
    ------
    ResultError
        If a folder holds no such result, results do not belong together, or a file is in the way.
    """
    from sim.results.one_file import write_file  # noqa: PLC0415 # help needs none of it
    from sim.results.page.html import html  # noqa: PLC0415
    from sim.results.page.workbook import workbook  # noqa: PLC0415

    run, held = _read(folders)
    place = out or default_place(run.folder)
    refuse(place, run.scenario, force=force)
    if xlsx is not None:
        _refuse_workbook(xlsx, place, force=force)
    parts = list(_parts(run, held))
    files = {place: html(parts, scenario=run.scenario)}
    if xlsx is not None:
        files[xlsx] = workbook(parts, scenario=run.scenario)
    for path, data in files.items():
        write_file(path, data)
    return place


def default_place(folder: Path) -> Path:
    """Return where the report of a run goes: beside its folder, which holds nothing but its own."""
    beside = folder if folder.name not in ("", ".", "..") else folder.resolve()
    return beside.parent / f"{beside.name}-report.html"


def refuse(place: Path, scenario: "Scenario", *, force: bool) -> None:
    """Raise if a page may not be written somewhere: to be asked before the work is done."""
    from sim.results.one_file import refuse_no_file  # noqa: PLC0415 # help needs none of it
    from sim.results.page.html import is_of, is_sealed  # noqa: PLC0415

    refuse_no_file(place)
    if force or not place.exists():
        return
    data = place.read_bytes()
    if not is_sealed(data):
        raise ResultError(
            f"{place}: is no report of this program, or was changed; replace it with --force, or"
            " give another place with --out"
        )
    if not is_of(data, scenario):
        raise ResultError(
            f"{place}: is the report of another scenario; replace it with --force, or give another"
            " place with --out"
        )


def _refuse_workbook(path: Path, place: Path, *, force: bool) -> None:
    from sim.results.manifest import version_of  # noqa: PLC0415 # help needs none of it
    from sim.results.one_file import refuse_no_file  # noqa: PLC0415

    refuse_no_file(path)
    if path.resolve() == place.resolve():
        raise ResultError(f"{path}: is the place of the page too; give the workbook another name")
    if path.exists() and not force:
        raise ResultError(
            f"{path}: stands there already, and people write into workbooks; replace it with"
            " --force, or give another name"
        )
    if version_of("XlsxWriter") is None:
        raise ResultError('--xlsx needs XlsxWriter: pip install "demine[xlsx]"')


def _read(folders: Sequence[Path]) -> tuple["Run", list["Held"]]:
    """Return the one run among some folders, and the experiments that belong to it.

    Without a run it is the one forecast, which is its own experiment too.
    """
    from sim.experiments.reading import command_of  # noqa: PLC0415 # help needs none of it
    from sim.results.manifest import PROGRAM  # noqa: PLC0415
    from sim.results.page.run import Run  # noqa: PLC0415
    from sim.results.storage import read_results  # noqa: PLC0415

    twice = [f for i, f in enumerate(folders) if f.resolve() in {x.resolve() for x in folders[:i]}]
    if twice:
        raise ResultError(f"{twice[0]}: is given twice")
    of = {folder: command_of(folder) for folder in folders}
    runs = [folder for folder in folders if of[folder] not in _EXPERIMENTS]
    others = sorted((f for f in folders if f not in runs), key=lambda f: _EXPERIMENTS.index(of[f]))
    runs = runs or [folder for folder in others if of[folder] == _FORECAST]
    if len(runs) != 1:
        found = f"{len(runs)} of them" if runs else "none"
        raise ResultError(
            f"report: found {found}; allowed: the result of exactly one `{PROGRAM} run` or, without"
            f" any, of one `{PROGRAM} {_FORECAST}`"
        )
    run = Run(runs[0], read_results(runs[0]))
    held = [_page(of[folder]).read(folder) for folder in others]
    for each in held:
        if each.scenario.campaign.name != run.scenario.campaign.name:
            raise ResultError(
                f"{each.folder}: is about the campaign {each.scenario.campaign.name!r}, the run in"
                f" {run.folder} about {run.scenario.campaign.name!r}"
            )
    return run, held


def _page(command_name: str) -> Any:
    """Return what reads the result of an experiment, and makes its part of a report."""
    return import_module(f"sim.experiments.{command_name}.page")


def _parts(run: "Run", held: Sequence["Held"]) -> Iterator["Part"]:
    """Yield the parts of the report in their order."""
    from sim.results.page import parts  # noqa: PLC0415 # loads what draws

    shares, by_record, drivers = {}, [], []
    for each in held:
        if each.manifest["command"] == _FORECAST and _is_of(each, run):
            by_record += _page(_FORECAST).said(each)
        if each.manifest["command"] == "explain" and _is_of(each, run):
            shares, drivers = _page("explain").shares(each), list(_page("explain").said(each))
    found = [
        _page(each.manifest["command"]).part(
            each, id=f"{each.manifest['command']}-{i}", notice=_notice(each, run)
        )
        for i, each in enumerate(held, start=1)
    ]
    manifests = {each.folder.resolve().name: each.manifest for each in held}
    said = [*by_record, *(drivers or [parts.NOT_ASKED])]
    yield from parts.of_run(run, experiments=found, said=said, shares=shares, manifests=manifests)


def _is_of(held: "Held", run: "Run") -> bool:
    """Tell whether an experiment is about the scenario that was run."""
    digest = run.results.manifest["scenario_sha256"]
    stated = held.settings.get("scenarios")
    others = stated.values() if isinstance(stated, dict) else ()
    return digest in (held.manifest["scenario_sha256"], *others)


def _notice(held: "Held", run: "Run") -> str:
    """Return what a reader has to know of an experiment before its numbers."""
    parts = [held.stopped] if held.stopped else []
    if not _is_of(held, run):
        parts.append(
            f"this was made from another version of the scenario than the rest"
            f" ({held.folder.resolve().name}): its numbers may not fit the others."
        )
    if held.manifest.get("seed") != run.results.seed:
        parts.append(f"this has another seed ({held.manifest.get('seed')}) than the run.")
    return " Also, ".join(parts)
