"""`demine trace`: the event log of one replication."""

import csv
import io
from pathlib import Path

import click

from sim.cli.options import (
    MOST_REPLICATIONS,
    Place,
    Setting,
    Settings,
    read,
    scenario_argument,
)


@click.command("trace")
@scenario_argument
@click.option(
    "--replication", type=click.IntRange(0, MOST_REPLICATIONS - 1), default=0,
    show_default=True, metavar="K", help="Which replication, counted from 0.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S")
@click.option(
    "--set", "settings", type=Setting(), multiple=True, metavar="KEY=VALUE",
    help="Change a key. Repeatable.",
)  # fmt: skip
@click.option(
    "--out", type=Place(), metavar="FILE",
    help="Write there instead of the terminal.",
)  # fmt: skip
def command(
    *,
    file: Path,
    replication: int,
    seed: int,
    settings: Settings,
    out: Path | None,
) -> None:
    """Write the event log of one replication (from the SimPy engine) as CSV.

    \b
    Example:
      demine trace my.toml --replication 812 --out events.csv
    """
    scenario = read(file, settings)
    # what follows takes time to load, and bad input is told before
    from sim.engines.simpy.campaign import Happening, run  # noqa: PLC0415
    from sim.results.one_file import refuse_no_file, write_file  # noqa: PLC0415
    from sim.sampling import sample_world  # noqa: PLC0415
    from sim.scenario.dates import date_of_s  # noqa: PLC0415

    if out is not None:
        refuse_no_file(out)
    world = sample_world(scenario, seed=seed, replication=replication)
    land, crews = world.land, world.crews
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(["day", "date", "event", "crew", "sector", "parcel", "cause"])

    def book(happening: Happening) -> None:
        crew = sector = parcel = ""
        if happening.crew >= 0:
            group = int(crews.group[happening.crew])
            number = happening.crew - int(crews.group.searchsorted(group)) + 1
            crew = f"{scenario.crew[group].name} {number}"
        if happening.sector >= 0:
            sector = scenario.sector_names[happening.sector]
        if happening.parcel >= 0:
            first = int(land.first_parcel[land.sector[happening.parcel]])
            parcel = str(happening.parcel - first + 1)
        day, date = round(happening.at_s / world.day_s, 6), date_of_s(scenario, happening.at_s)
        table.writerow([day, date, happening.event, crew, sector, parcel, happening.cause])

    run(world, log=book)
    if out is None:
        click.echo(text.getvalue(), nl=False)
    else:
        write_file(out, text.getvalue().encode())
