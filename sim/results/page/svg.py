"""Figures inside a page: matplotlib's SVG, with a title, a description, and ids of its own."""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_LETTERS = '"DejaVu Sans", Verdana, sans-serif'  # of equal width; text stays text
_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "demine", "text.parse_math": False}


def svg(
    draw: Callable[[Figure], None],
    *,
    id: str,  # noqa: A002 # the word of the page
    title: str,
    description: str,
    size: tuple[float, float] = (8.0, 5.0),
) -> str:
    """Return a figure as an element of a page.

    Parameters
    ----------
    draw
        Draws on an empty figure.
    id
        Of the element; no two alike in a page.
    title, description
        What those are told who do not see it.
    size
        Inches.
    """
    with rc_context(_STYLE), warnings.catch_warnings():
        # a script the font lacks is left to the browser's
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=r"Matplotlib currently does not support")
        figure = Figure(figsize=size)
        FigureCanvasSVG(figure)
        draw(figure)
        data = io.BytesIO()
        figure.savefig(data, format="svg", metadata=dict.fromkeys(_METADATA))
    return element(data.getvalue(), id=id, title=title, description=description)


_METADATA = ("Creator", "Date", "Format", "Type")


def element(data: bytes, *, id: str, title: str, description: str) -> str:  # noqa: A002
    """Return an SVG file as an element of a page.

    Its ids are made its own, so that two figures do not take each other's parts; its style sheet,
    which would hold for the whole page, is left out.
    """
    root = ET.fromstring(data)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}style", f"{_SVG}metadata"):
                parent.remove(child)
    for each in root.iter():
        each.tag = each.tag.removeprefix(_SVG)
        for key, value in list(each.attrib.items()):
            each.attrib[key] = re.sub(r"url\(#", f"url(#{id}-", value)
        if "id" in each.attrib:
            each.attrib["id"] = f"{id}-{each.attrib['id']}"
        if _LINK in each.attrib:
            each.attrib["href"] = each.attrib.pop(_LINK).replace("#", f"#{id}-", 1)
        if "style" in each.attrib:
            each.attrib["style"] = re.sub(
                r"'DejaVu Sans'(, [^;]*)?", _LETTERS.replace('"', "'"), each.attrib["style"]
            )
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{id}-title {id}-description"}
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt"}  # of its style sheet
    for name, text in (("description", description), ("title", title)):
        told = ET.Element({"title": "title", "description": "desc"}[name], id=f"{id}-{name}")
        told.text = text
        root.insert(0, told)
    return ET.tostring(root, encoding="unicode")
