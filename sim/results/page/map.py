"""The map of a run as a figure of a report: cells, and no coordinates."""

from sim.results.lists import lists_of
from sim.results.page.figures import figure_of
from sim.results.page.part import Column, Figure, Table, plain_table
from sim.results.page.run import Run

_TOLD = (
    "Cells of the land, at least 5 km wide, by the date on which four of five campaigns have"
    " released the area of theirs that comes last. The numbers stand in the table below."
)


def map_of(run: Run) -> tuple[Figure, ...]:
    """Return the map of a run whose land was taken from layers with polygons; else nothing.

    A layer that is no longer there, or lacks what reads it, costs the picture only, and it is said.
    """
    from sim.results.map.areas import sources_of  # noqa: PLC0415 # loads what reads layers

    sources = sources_of(lists_of(run.results.manifest, run.folder))
    if not sources:
        return ()
    tables: list[Table] = []

    def svg() -> str:
        from sim.results.map.areas import locate  # noqa: PLC0415
        from sim.results.map.grid import LEAST_KM, grid  # noqa: PLC0415
        from sim.results.map.picture import draw, picture_grid, subtitle  # noqa: PLC0415
        from sim.results.map.table import cell_table  # noqa: PLC0415
        from sim.results.pictures.canvas import vector  # noqa: PLC0415 # loads matplotlib

        found, located = run.results, locate(run.scenario, sources)
        cells = picture_grid(located, grid(located, side_km=LEAST_KM))
        table = cell_table(found, located, cells)
        tables.append(_numbers(run, table.rows(named=True)))
        return vector(
            lambda figure: draw(figure, found, table, cells),
            subtitle=subtitle(found, cells), name="map", title="Map", description=_TOLD,
        )  # fmt: skip

    drawn = figure_of(svg, title="Where land is released when", data=None)
    return (Figure(drawn.title, drawn.svg, tables[0] if tables else None),)


def _numbers(run: Run, rows: list[dict[str, object]]) -> Table:
    later = f"later than {run.horizon}"
    columns = {
        "regions": Column("Regions", empty="none"),
        "areas": Column("Areas", "whole"),
        "area_ha": Column("Known land", "area"),
        "latest_p50_date": Column("Latest P50", "date", empty=later),
        "latest_p80_date": Column("Latest P80", "date", empty=later),
    }
    return plain_table(
        "Cells of the map",
        list(columns.values()),
        [[row[name] for name in columns] for row in rows],  # type: ignore[misc] # values of cells
        scenario=run.scenario,
        remark="All areas of a cell together are released on the latest of these dates or later.",
    )
