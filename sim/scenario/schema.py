"""The JSON Schema of scenario files, for editors."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from sim.scenario.keys import ONE_OF
from sim.scenario.land import LandList
from sim.scenario.laws import FAMILIES, Empirical
from sim.scenario.scenario import SCHEMA_VERSION, Scenario

Schema = dict[str, Any]
LAW: Schema = {"$ref": "#/$defs/Law"}
_FAMILY_NAMES = {law.__name__: family for family, law in FAMILIES.items()}
_EXTRA: dict[str, Schema] = {
    "extends": {
        "description": "Scenario file that this one overrides, path relative to this file.",
        "type": "string",
        "minLength": 1,
    },
    "remove": {
        "description": "Dotted keys to take away from what is extended, such as crew.contingent.",
        "type": "array",
        "items": {"type": "string"},
        "default": [],
    },
}


def json_schema() -> Schema:
    """Return the JSON Schema (2020-12) of a scenario file, its dates as ISO strings.

    A file that extends another may leave out what the other states; only the entries of arrays of
    tables need their name there.
    """
    root = plainly(Scenario.model_json_schema())
    definitions: Schema = root.pop("$defs") | {"Empirical": plainly(Empirical.model_json_schema())}
    required = _requirements(root, definitions)
    for name, table in definitions.items():
        if name not in _FAMILY_NAMES and "required" in table:
            named = name != "Campaign" and "name" in table["required"]
            table["required"] = ["name"] if named else []
        pairs = [pair for group in _one_of(table) for pair in combinations(group, 2)]
        if pairs:
            table["not"] = {"anyOf": [{"required": list(pair)} for pair in pairs]}
    _allow_lists(definitions["Sector"], required["properties"]["sector"])
    definitions["Law"] = {
        "description": "A distribution.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in _FAMILY_NAMES],
    }
    del root["required"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"demine scenario, version {SCHEMA_VERSION}",
        "description": "What a demining campaign is, and what is not known about it.",
        "type": "object",
        "additionalProperties": False,
        "properties": _EXTRA | root["properties"],
        "if": {"required": ["extends"]},
        "else": required,
        "$defs": definitions,
    }


def _allow_lists(sector: Schema, required: Schema) -> None:
    """Let an entry of sectors be a list of areas instead, with its own keys."""
    named = sector.pop("required")
    sector["properties"] |= plainly(LandList.model_json_schema())["properties"]
    sector["anyOf"] = [{"required": named}, {"required": ["file"]}]
    of_list, of_sector = {"required": ["columns"]}, required["items"]
    required["items"] = {"if": {"required": ["file"]}, "then": of_list, "else": of_sector}


def plainly(schema: Any) -> Any:
    """Leave out what TOML has not (null) and nobody reads (titles); name the laws together."""
    if isinstance(schema, list):
        return [plainly(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if "properties" in schema:
        inner = {k: plainly(v) for k, v in schema["properties"].items()}
        rest = {k: v for k, v in schema.items() if k != "properties"}
        return plainly(rest) | {"properties": inner}
    plainer = {
        k: plainly(v)
        for k, v in schema.items()
        if k != "title" and not (k == "default" and (v is None or isinstance(v, dict)))
    }
    options = list(_options(plainer))
    if len(options) == 1:
        return plainer | options[0]
    return plainer | ({"anyOf": options} if options else {})


def _options(schema: Schema) -> Iterator[Schema]:
    """Yield the alternatives of a key in one row, the laws as one."""
    laws = False
    for option in schema.pop("anyOf", []) + schema.pop("oneOf", []):
        if set(option) == {"anyOf"}:
            yield from option["anyOf"]
        elif option.get("$ref", "").rpartition("/")[2] in _FAMILY_NAMES:
            laws = True
        elif option != {"type": "null"}:
            yield option
    if laws:
        yield LAW


def _requirements(place: Schema, definitions: Schema) -> Schema:
    """Return what a file that stands alone must state, from a place downwards."""
    if "items" in place:
        inner = _requirements(place["items"], definitions)
        return {"items": inner} if inner else {}
    table = definitions.get(place.get("$ref", "").rpartition("/")[2], place)
    below = {k: _requirements(v, definitions) for k, v in table.get("properties", {}).items()}
    below = {k: v for k, v in below.items() if v}
    required: Schema = {"required": table["required"]} if "required" in table else {}
    for group in _one_of(table):
        required["anyOf"] = [{"required": [key]} for key in group]
    return required | ({"properties": below} if below else {})


def _one_of(table: Schema) -> list[tuple[str, ...]]:
    """Return the rows of keys of a table of which it states exactly one."""
    return [group for group in ONE_OF if set(group) <= table.get("properties", {}).keys()]
