"""The scenario file described for editors and for people, from the classes that read it."""

import json
from collections.abc import Iterator

from sim.scenario.keys import others
from sim.scenario.kinds import plain
from sim.scenario.land import LandList
from sim.scenario.laws import FAMILIES
from sim.scenario.scenario import Scenario
from sim.scenario.schema import LAW, Schema, plainly

# For people

_HEAD = """\
# The scenario file

Generated from the classes that read the file: `demine schema --reference > docs/scenario.md`.

A scenario is a TOML file. It is read strictly: an unknown key, a wrong type, a value out of range
is an error that names the file, the key, what was found and what is allowed, and all errors are
reported together. Only `[campaign]`, one `[[sector]]` and one `[[crew]]` of role clearance are
required; what a file leaves out does not happen. One default is not nothing: a sector that does not
state its `exposure` draws attacks like any other.

**D** is a number or a distribution (a law), `{ dist = "triangular", low = 1, mode = 2, high = 5 }`.
Every value that the law can take must be allowed for its key. A law is drawn as often as the column
"drawn per" says; once per *replication* means that all sectors, crews or parcels share the draw.

**Units.** Of `area_ha` and `area_m2`, of the three rates of a crew, and of its `count` and
`deployment`, exactly one is stated. A
file that extends another, `--set`, `--vary` and a setting in Python replace the number that stands
there in whatever unit it is: with `--set sector.fields.area_m2=40000` the `area_ha` of the file
holds no more. (Both in one file, or both set at once, is an error.) The same size in another unit
has the same luck: whole numbers of square metres, in laws too, give the same results bit for bit,
others up to the last digit of a draw. `campaign.unit` is for what people read.

**T** is a time: a date (`2025-08-05`), a number of days after the campaign's start, or a law in
days or in dates, `{ dist = "uniform", low = 2026-07-01, high = 2026-10-01 }`: uniform, triangular,
pert, normal, beta (with low and high) or discrete, all of its values dates and none before the
start. It is the law of the days from the start to those dates; `sd` and `weights` stay numbers.

**extends** = `"base.toml"` takes another scenario file and overrides it. Paths are relative to the
file that states them. Tables merge key by key, arrays of tables (`[[sector]]`, `[[crew]]`,
`crew.deployment`, `[[deadline]]`, `[[money.fund]]`, `shelling.regimes` ...) merge entry by entry
under the same name, new entries follow the base's; anything else, a law too, is replaced whole.
**remove** = `["shelling", "crew.contingent"]` takes things of the base away first. Names with
spaces or dots are quoted: `crew."second wave"`.

**What a scenario reads**: the file that `extends` names, the `file` of a list of areas and that of
an empirical law, each relative to the file that states it (in `--set`: to the current folder). A
path may lead anywhere, with `..` or from the root, to whatever you may read yourself; nothing is
written and nothing is run. What is read becomes part of the scenario, and so of the `manifest.json`
of its results: look at the paths in a scenario that is not yours. The `file` of the record is read
by `demine check` and by forecasts only; `check --show` gives its path from the current folder.

Names of sectors, crews, deadlines, funds and regimes are used once in their table. A sector with
`count = 3` named `"Sudzha"` gives the sectors `"Sudzha 1"`, `"Sudzha 2"`, `"Sudzha 3"`.
"""
LAWS_HEAD = """\
## Laws

| dist | parameters | what it is |
|---|---|---|
"""
LAWS_FOOT = """
cv is the standard deviation over the mean; p10 and p90 are exceeded with probability 0.9 and 0.1.
The values of an empirical law are the numbers in a column of a CSV file (path relative to the file
that states it) and count in the digest of the scenario.
"""
_LIST = """\
## `[[sector]]` with a `file`: a list of areas

```toml
[[sector]]
file = "hazards.csv"
columns = { name = "imsma_id", area_ha = "hectares", priority = "urgency" }
values = { priority = { High = 1, Medium = 2, Low = 3 } }
where = { state = ["Open", "Ongoing"] }
difficulty = 1.5
```

Such an entry stands for one sector for each row of the file, in its order. `columns` says which
column states a key; any key of a sector can have one, and `area_m2`. Any other key of a sector
holds for all rows; a column for it overrides it where its cell is not empty. `values` gives values
for words of a column, `where` keeps only rows that have one of the values (capitals do not matter
in both). `name` is put before the names of the rows, `"North"` gives `"North HA-17"`, and is the
name of the entry for `extends`. A file that extends another can state a row by its name, to
override it, and `--set` takes it as any sector: `sector.HA-17.area_ha=3`.

CSV files are UTF-8, with a byte order mark or without, apart by commas, semicolons, tabs or bars;
where that is the semicolon, a comma may stand before decimals. Thousands are not set apart. Rows
are counted as a spreadsheet does, the row of names first. What is used of a list counts in the
digest of the scenario. A column that holds coordinates, by its name, is not used, and neither is a
name that looks like some.

With the extra `demine[map]` the file may also be a GeoPackage, GeoJSON, Shapefile, file geodatabase
or KML with one layer of polygons, or the first sheet of a workbook (XLSX). Areas of polygons are
geodesic, whatever their system of coordinates. Without a column for the area they are the areas of
the sectors; with one, a difference of more than 5 % is a warning that names the row, which is the
number of the feature. A broken polygon is repaired, with a warning, or refused.

"""
_RECORD = """\
### The reports in its `file`

```csv
date,released_ha,region,bound,published,note
2025-01-31,120,,,2025-02-10,monthly report
2025-02-28,180.5,,at_least,,two districts missing
2025-01-31,118,,,2025-03-01,corrected
2025-02-28,40,North,,2025-03-10,
```

| column | meaning |
|---|---|
| `date` | The day by whose end it was released, as 2025-01-31, from day 0 to the horizon. |
| `released_ha`, `released_m2` | One of the two columns: all that was released since day 0. |
| `region`, `sector`, `operator` | Whose land, or work, it is: at most one in a row; none: all. |
| `bound` | `exact` (as is an empty cell), `at_least` or `at_most`. |
| `published` | The day from which on the row was known, not before its date; empty: its date. |
| `note` | At most 1000 characters. |

- **Revisions.** A row replaces, from the day on which it was published, the row of the same date
  and place that was published before it. Two of one date, place and day of publication are an
  error.
- **What was known.** What was published after `until`, or after the day that a forecast is made as
  of, does not count. That no row is left is an error.
- **A report's own amount** is its total less that of the report before it of the same place, of
  whatever bound; of the first all since day 0. Where that is 0, `error_share` gives no error, and
  `error_ha` must be above 0.
- **Totals that fall.** Gross totals may not be below that of an `exact` or `at_least` row before,
  of the same place and in force; net totals may.
- The order of rows means nothing, gaps are no matter, and every row is checked, in force or not.
  CSV is read as lists of areas are. A total of more than twice the land that there can be is a
  warning: it is likely in another unit.
"""
_COLUMNS = """\
| key | meaning | type | unit | default | allowed | drawn per |
|---|---|---|---|---|---|---|
"""
_PARAMETERS = (
    *("mean", "sd", "cv", "p10", "p90"),
    *("low", "mode", "high"),
    *("values", "weights", "file", "column"),
)


def reference_page() -> str:
    """Return the reference page of the scenario file (Markdown)."""
    root = plainly(Scenario.model_json_schema())
    return "\n".join([_HEAD, *_sections(root, "", root["$defs"]), _laws(root["$defs"])])


def _sections(table: Schema, above: str, definitions: Schema) -> Iterator[str]:
    """Yield a section for each table inside this one."""
    for name, place in table["properties"].items():
        inner = definitions.get(place.get("items", place).get("$ref", "").rpartition("/")[2])
        if inner is None:
            continue
        path = f"{above}{name}"
        title = f"[[{path}]]" if "items" in place else f"[{path}]"
        if not inner.get("properties"):  # keys of the author's
            yield f"## `{title}`\n\n{inner['description']}\n"
            continue
        needed = inner.get("required", [])
        rows = [
            _row(key, field, key in needed)
            for key, field in inner["properties"].items()
            if not _is_table(field, definitions)
        ]
        yield f"## `{title}`\n\n{inner['description']}\n\n{_COLUMNS}" + "\n".join(rows) + "\n"
        if path == "sector":
            yield _lists()
        if path == "record":
            yield _RECORD
        yield from _sections(inner, f"{path}.", definitions)


def _lists() -> str:
    """Return the section about lists of areas."""
    inner = plainly(LandList.model_json_schema())
    rows = [_row(k, field, k in inner["required"]) for k, field in inner["properties"].items()]
    return _LIST + _COLUMNS + "\n".join(rows) + "\n"


def _is_table(field: Schema, definitions: Schema) -> bool:
    return field.get("items", field).get("$ref", "").rpartition("/")[2] in definitions


def _row(key: str, field: Schema, needed: bool) -> str:
    default = "**required**" if needed else "**one of these**" if others(key) else "none"
    if "default" in field:
        default = f"`{json.dumps(field['default']).replace('.0', '')}`"
    cells = [f"`{key}`", field["description"], _kind(field), field.get("unit", ""), default]
    cells += [_allowed(field), field.get("drawn", "")]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(field: Schema) -> str:
    options = field.get("anyOf", [field])
    if LAW in options:
        return "T" if any(o.get("format") == "date" for o in options) else "D"
    words = {"integer": "whole number", "string": "text", "object": "table"}
    kinds = ["date" if o.get("format") == "date" else str(o.get("type")) for o in options]
    return " or ".join(words.get(kind, kind) for kind in kinds)


def _allowed(field: Schema) -> str:
    """Say the bounds of a key, the way the error messages do."""
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "form" in field:
        return str(field["form"])
    said = {
        "exclusiveMinimum": "more than",
        "minimum": "at least",
        "exclusiveMaximum": "less than",
        "maximum": "at most",
    }
    words = [f"{said[k]} {plain(field[k])}" for k in said if k in field]
    if "items" in field:
        number = {"minItems": "at least", "maxItems": "at most"}
        sizes = [f"{words} {field[k]}" for k, words in number.items() if k in field]
        if field.get("minItems") == field.get("maxItems") is not None:
            sizes = [str(field["minItems"])]
        entries = _allowed(field["items"])
        words = [" ".join(["entries:", *sizes, entries]).strip() if sizes or entries else ""]
    options = [_allowed(o) for o in field.get("anyOf", []) if o != LAW and "format" not in o]
    return " and ".join(words) or ", or ".join(o for o in options if o)


def _laws(definitions: Schema) -> str:
    rows = []
    for family, law in FAMILIES.items():
        aliases = {f.alias or n: f.is_required() for n, f in law.model_fields.items()}
        stated = [f"`{p}`" + ("" if aliases[p] else "?") for p in _PARAMETERS if p in aliases]
        if family == "lognormal":
            stated = ["`mean`, `cv` or `p10`, `p90`"]
        rows.append(f"| `{family}` | {', '.join(stated)} | {law.__doc__} |")
    return LAWS_HEAD + "\n".join(rows) + "\n" + LAWS_FOOT
