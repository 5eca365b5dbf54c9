"""The scenario file described for editors and for people, from the classes that read it."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from sim.kinds import plain
from sim.laws import FAMILIES, Empirical
from sim.scenario import SCHEMA_VERSION, Scenario

Schema = dict[str, Any]

_EXTENDS = {
    "description": "Scenario file that this one takes and overrides, path relative to this file.",
    "minLength": 1,
    "type": "string",
}
_REMOVE = {
    "default": [],
    "description": "Dotted keys to take away from what is extended, such as crew.contingent.",
    "items": {"type": "string"},
    "type": "array",
}
_ORDER = ("mean", "sd", "cv", "p10", "p90", "low", "mode", "high", "values", "weights", "file", "column")


def json_schema() -> Schema:
    """Return the JSON Schema (2020-12) of a scenario file, dates as ISO strings.

    A file that extends another may leave out what the other states; the entries of arrays of
    tables need their name there.
    """
    tables = Scenario.model_json_schema()
    laws = Empirical.model_json_schema()
    definitions: Schema = _plainly(tables.pop("$defs") | {"Empirical": laws})
    families = [law.__name__ for law in FAMILIES.values()]
    definitions["Law"] = {
        "description": "A distribution.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in families],
    }
    root: Schema = _plainly(tables)
    required = {"required": root.pop("required"), "properties": {}}
    for name, place in root["properties"].items():
        entry = place.get("items", place)
        needed = definitions[_name(entry)].get("required")
        ...
    return {}
