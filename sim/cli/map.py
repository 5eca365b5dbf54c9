"""`demine map`: a result joined to the polygons of its areas, and a picture."""

from pathlib import Path
from typing import Any

import click

from sim.cli import common
from sim.cli.options import Place


class Kilometres(click.IntRange):
    """The side of a cell: a multiple of 5 km."""

    def __init__(self) -> None:
        super().__init__(min=5, max=1000)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        side = int(super().convert(value, param, ctx))
        if side % 5:
            self.fail(f"{side} is no multiple of 5: 5, 10, 15 ...", param, ctx)
        return side


@click.command("map")
@click.argument("result", type=click.Path(path_type=Path), metavar="RESULT")
@click.option(
    "--land", type=click.Path(path_type=Path), multiple=True, metavar="LAYER",
    help="Take the polygons from there instead of the lists that the land was taken from. "
    "Repeatable.",
)  # fmt: skip
@click.option(
    "--id", "column", default="", metavar="COLUMN",
    help="Which of its columns names the areas (default: the one that names most of them).",
)  # fmt: skip
@click.option(
    "--out", type=Place(), metavar="FILE",
    help="GeoPackage (.gpkg) or GeoJSON (.geojson); default: RESULT-map.gpkg. The picture (.png) "
    "stands beside it.",
)  # fmt: skip
@click.option(
    "--cell-km", type=Kilometres(), default=5, show_default=True, metavar="KM",
    help="Side of a cell: a multiple of 5, so that no two maps tell more than one.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["cell", "region"]), default="cell", show_default=True,
    help="What a row of the layer is about; a region has the shape of its cells.",
)  # fmt: skip
@click.option(
    "--exact",
    is_flag=True,
    help="Exact polygons, one row per area, in RESULT-exact.gpkg and without a picture.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def command(
    *,
    result: Path,
    land: tuple[Path, ...],
    column: str,
    out: Path | None,
    cell_km: int,
    by: str,
    exact: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Write a map of RESULT: when its areas are released, and the chance of each deadline.

    Coordinates of uncleared land endanger people: the map shows cells of at least 5 km, unless
    --exact is given. It needs the extra demine[map].

    \b
    Examples:
      demine map results/own
      demine map results/own --land hazards.gpkg --id imsma_id --cell-km 10
    """
    if exact and by == "region":
        raise click.UsageError("--exact is about areas, --by region about regions: give one")
    # what follows takes time to load, and bad input is told before
    from sim.results.map.words import lines  # noqa: PLC0415
    from sim.results.map.write import write_map  # noqa: PLC0415

    written = write_map(
        result,
        land=land,
        column=column,
        out=out,
        cell_km=cell_km,
        part="area" if exact else "region" if by == "region" else "cell",
        force=force,
    )
    files = [str(path) for path in (written.layer, written.picture) if path]
    common.say(lines(written), note="", place=", ".join(files), quiet=quiet)
