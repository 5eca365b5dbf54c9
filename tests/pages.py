"""Reports read back: the tables of a page, and what its cells say they are."""

import csv
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path


@dataclass
class ReadCell:
    """A cell of a table: what is shown, the exact value, and the field it comes from."""

    shown: str = ""
    value: str | None = None
    at: str | None = None

    @property
    def exact(self) -> str:
        return self.shown if self.value is None else self.value


@dataclass
class ReadTable:
    """A table of a page, without its head."""

    source: str
    caption: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[list[ReadCell]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[ReadTable] = []
        self.within: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        self.tags.append(tag)
        if tag == "table":
            self.tables.append(ReadTable(of.get("data-source") or ""))
        if tag in ("thead", "tbody", "caption"):
            self.within.append(tag)
        if tag == "tr" and self.within == ["tbody"]:
            self.tables[-1].rows.append([])
        if tag in ("th", "td") and self.within == ["tbody"]:
            cell = ReadCell(value=of.get("data-value"), at=of.get("data-at"))
            self.tables[-1].rows[-1].append(cell)
        if tag == "th" and self.within == ["thead"]:
            self.tables[-1].heads.append("")

    def handle_endtag(self, tag: str) -> None:
        if self.within and tag == self.within[-1]:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if self.within == ["caption"]:
            self.tables[-1].caption += data
        elif self.within == ["thead"] and self.tables[-1].heads:
            self.tables[-1].heads[-1] += data.strip("\n")
        elif self.within == ["tbody"] and self.tables[-1].rows and self.tables[-1].rows[-1]:
            self.tables[-1].rows[-1][-1].shown += data.strip("\n")


def tags_of(page: str) -> list[str]:
    """Return the names of all elements of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.tags


def tables_of(page: str) -> list[ReadTable]:
    """Return the tables of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.tables


def fields_of(path: Path) -> list[dict[str, str]]:
    """Return the fields of a CSV file, as they are written."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
