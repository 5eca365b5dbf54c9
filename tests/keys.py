"""The keys of a scenario file, read off the schema itself, and what scenarios state for them."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from sim.scenario.scenario import FORECAST_ONLY, Scenario

# What a key of no effect on the campaign is for. Names are addresses: of keys (--set), of other
# tables' references, and of random numbers.
DESCRIPTIVE = {
    "campaign.name": "the folder of the results",
    "campaign.title": "what stands above tables and pictures",
    "campaign.unit": "what people read on the terminal and in pictures",
    "deadline.name": "what a row of the summary is called",
    "sector.name": "address and rows of sectors.csv",
    "crew.name": "address and rows of crew_time.csv",
    "crew.deployment.name": "address",
    "shelling.label": "what people read instead of shelling",
    "shelling.regimes.name": "address",
    "closure.name": "address and rows of crew_time.csv",
    "season.name": "address and rows of crew_time.csv",
    "money.fund.name": "address and a row of the summary",
    "money.fund.tranches.name": "address",
    "money.overhead.name": "address",
    "money.currency": "the unit of cost in tables",
}


def table_in(annotation: Any) -> type[BaseModel] | None:
    """Return the table class in an annotation such as `Survey | None` or `tuple[Fund, ...]`."""
    if isinstance(annotation, type):
        fields = getattr(annotation, "model_fields", {})
        is_table = issubclass(annotation, BaseModel) and not {"root", "dist"} & set(fields)
        return annotation if is_table else None
    return next((t for a in get_args(annotation) if (t := table_in(a)) is not None), None)


def keys(model: type[BaseModel] = Scenario, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every dotted key of the schema, names of entries left out."""
    yield from (key for key, _ in kinds(model, path))


def keys_of_runs() -> list[str]:
    """Return the keys that a run may depend on."""
    return [key for key in keys() if key.partition(".")[0] not in FORECAST_ONLY]


def keys_of_forecasts() -> list[str]:
    """Return the keys that only a forecast depends on."""
    return [key for key in keys() if key.partition(".")[0] in FORECAST_ONLY]


def kinds(model: type[BaseModel] = Scenario, path: tuple[str, ...] = ()) -> Iterator[Any]:
    """Yield every dotted key of the schema, and what it may hold."""
    for name, about in model.model_fields.items():
        inner = table_in(about.annotation)
        if inner is None:
            yield ".".join((*path, about.alias or name)), about.annotation
        else:
            yield from kinds(inner, (*path, name))


def values(table: BaseModel, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the keys that a scenario states, with their values, entries one after the other."""
    for name, about in type(table).model_fields.items():
        value = getattr(table, name)
        if value is None:
            continue
        if table_in(about.annotation) is None:
            yield ".".join((*path, about.alias or name)), value
        else:
            for entry in value if isinstance(value, tuple) else (value,):
                yield from values(entry, (*path, name))
