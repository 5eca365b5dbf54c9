"""Parts of a report as one HTML file that needs nothing else."""

import hashlib
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sim.results.page.part import Part
from sim.scenario.scenario import Scenario

_LONG = 60  # rows: a table of more is folded
_SEAL = "<!-- demine report {} -->\n"  # the digest of all before it


def html(parts: Sequence[Part], *, scenario: Scenario) -> bytes:
    """Return a page of its parts.

    Every text is escaped, whoever wrote it; only what draws figures gives elements.

    Parameters
    ----------
    parts
        In their order.
    scenario
        Whose report it is.
    """
    templates = Environment(
        loader=PackageLoader("sim.results.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = templates.get_template("page.html.j2").render(
        parts=parts,
        title=scenario.campaign.title or scenario.campaign.name,
        digest=scenario.digest(),
        element=Markup,
        long=_LONG,
        numbers=("whole", "number", "area", "money", "change", "share", "points"),
    )
    data = text.encode()
    return data + _SEAL.format(hashlib.sha256(data).hexdigest()).encode()


def is_sealed(data: bytes) -> bool:
    """Tell whether a file is a page as `html` wrote it, to the last byte."""
    length = len(_SEAL.format("0" * 64))
    text, seal = data[:-length], data[-length:]
    return seal == _SEAL.format(hashlib.sha256(text).hexdigest()).encode()


def is_of(data: bytes, scenario: Scenario) -> bool:
    """Tell whether a page is that of a scenario."""
    return f'<meta name="demine-scenario" content="{scenario.digest()}">'.encode() in data
