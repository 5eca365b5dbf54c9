"""What the model leaves out, said to whoever holds the report."""

from sim.results.page.part import Part

_LEFT_OUT = (
    "Decisions on the way: nobody hires, moves or sends home a crew because the campaign is late."
    " Every simulated campaign follows the stated plan to its end.",
    "Single mines, their types and depth, and the tools that find them: they are inside the rates.",
    "Roads and distances: to move to another place costs the same everywhere.",
    "Negotiations about access, political will, elections, permissions: land opens when the"
    " scenario says that it opens.",
    "Learning: rates do not rise with experience.",
    "Accidents of civilians, and the good that released land does.",
    "Prices that rise, and rates of exchange: money is that of the scenario.",
    "What nobody thought of. The spread of the dates is that of the numbers which the scenario"
    " calls uncertain; a number that it states as known is taken as true.",
)


def limits() -> Part:
    """Return what the model leaves out, always the same."""
    text = (
        "A forecast is no better than what it is made of. The simulation knows weather, seasons,"
        " attacks, accidents, failed inspections, land that is found later, money that runs out,"
        " and crews with their skill, as far as the scenario states them. It does not know:"
    )
    return Part("limits", "What is left out?", words=(text,), points=_LEFT_OUT)
