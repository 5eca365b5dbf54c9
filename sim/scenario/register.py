"""What a scenario states, number by number, and what stands behind each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from sim.scenario.keys import dotted, split
from sim.scenario.scenario import FORECAST_ONLY, Scenario
from sim.scenario.table import Table, keys_of

_NO_NUMBERS = {"name", "title", "unit", "file"}
_NOT_OF_THE_MODEL = {"notes"} | FORECAST_ONLY
_ALWAYS = {"when_spent"}  # too much depends on it to leave it out where it is as it is by default


@dataclass(frozen=True)
class Entry:
    """A key that a scenario states otherwise than by its neutral default.

    Attributes
    ----------
    path
        Of the key.
    value
        That stands there.
    unit
        Of it; empty if it has none.
    note
        What stands behind it; that of the table above it if it has none of its own.
    about
        The key that the note is about; empty without a note.
    """

    path: tuple[str, ...]
    value: Any
    unit: str
    note: str
    about: str

    @property
    def key(self) -> str:
        """Its dotted key."""
        return dotted(*self.path)


def register(scenario: Scenario) -> list[Entry]:
    """Return all that a scenario states, in the order of the schema.

    Parameters
    ----------
    scenario
        From `load_scenario`, or read from a result.
    """
    texts = scenario.notes.texts if scenario.notes else {}
    notes = {split(key): text for key, text in texts.items()}
    return [_entry(path, value, about, notes) for path, value, about in _walk(scenario, ())]


def notes_elsewhere(scenario: Scenario, entries: list[Entry]) -> dict[str, str]:
    """Return the notes that no entry has, by their keys."""
    used = {entry.about for entry in entries}
    texts = scenario.notes.texts if scenario.notes else {}
    return {key: text for key, text in texts.items() if dotted(*split(key)) not in used}


def _walk(table: Table, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, FieldInfo]]:
    for key, (name, about) in keys_of(type(table)).items():
        value = getattr(table, name)
        if key in _NO_NUMBERS or (not path and key in _NOT_OF_THE_MODEL):
            continue
        if isinstance(value, Table):
            yield from _walk(value, (*path, key))
        elif isinstance(value, tuple) and value and all(isinstance(x, Table) for x in value):
            for entry in value:
                yield from _walk(entry, (*path, key, entry.name))
        elif value is not None and (
            about.is_required() or value != about.default or key in _ALWAYS
        ):
            yield (*path, key), value, about


def _entry(
    path: tuple[str, ...], value: Any, about: FieldInfo, notes: Mapping[tuple[str, ...], str]
) -> Entry:
    extra = about.json_schema_extra
    unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
    above = (path[:depth] for depth in range(len(path), 0, -1))
    noted = next((place for place in above if place in notes), ())
    return Entry(path, value, unit, notes.get(noted, ""), dotted(*noted) if noted else "")
