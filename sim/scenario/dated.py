"""Laws whose values are dates, kept as the laws of the days since the calendar began."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from pydantic import (
    ConfigDict,
    GetJsonSchemaHandler,
    RootModel,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from sim.errors import show
from sim.scenario.laws import FAMILIES, Law, moments

DATED = ("uniform", "triangular", "pert", "normal", "beta", "discrete")
"""Families that can have dates: the others stretch from 0 on."""
DATE = "a date without a time or quotes, such as 2025-06-30"


class DatedLaw(RootModel[Law]):
    """A law whose values are dates; what it holds counts days as `date.toordinal` does."""

    model_config = ConfigDict(frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _in_days(cls, stated: Any, info: ValidationInfo) -> Any:
        """Return what a file states with days for its dates."""
        return _days_for_dates(stated, quoted=info.mode == "json") if has_dates(stated) else stated

    @model_serializer(mode="wrap")
    def _as_stated(self, handler: SerializerFunctionWrapHandler) -> Any:
        """Return what a file states."""
        held = handler(self)
        for name in moments(held):
            whole = isinstance(held[name], tuple | list)
            dates = [dt.date.fromordinal(int(n)) for n in (held[name] if whole else [held[name]])]
            held[name] = dates if whole else dates[0]
        return held

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """State the families, their numbers dates."""
        families = [_with_dates(FAMILIES[family].model_json_schema()) for family in DATED]
        return {"description": "A distribution of dates.", "oneOf": families}


def has_dates(stated: Any) -> bool:
    """Tell whether a law is stated in dates, or in text where they should be."""
    if not isinstance(stated, dict):
        return False
    return any(
        isinstance(v, dt.date | str) for name in moments(stated) for v in _each(stated[name])
    )


def _each(value: Any) -> Iterable[Any]:
    return value if isinstance(value, tuple | list) else (value,)


def _days_for_dates(stated: dict[str, Any], *, quoted: bool) -> dict[str, Any]:
    family, named = stated.get("dist"), moments(stated)
    if isinstance(family, str) and family in FAMILIES and family not in DATED:
        raise _refused(f"dist = {show(family)} of dates", f"for dates one of {', '.join(DATED)}")
    if family == "beta" and not {"low", "high"} <= stated.keys():
        raise _refused("a beta law of dates without low and high", "low, high and mean as dates")
    values = [(name, value) for name in named for value in _each(stated[name])]
    if quoted:
        values = [(name, _date(value)) for name, value in values]
    for name, value in values:
        if not isinstance(value, dt.date | str):
            allowed = f"dates for all of {', '.join(named)}, or days after the start for all"
            raise _refused(f"{name} = {show(value)} beside dates", allowed)
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise _refused(f"{name} = {show(value)}", DATE)
    days: dict[str, Any] = {}
    for name, value in stated.items():
        found = tuple(float(v.toordinal()) for key, v in values if key == name)
        other = tuple(value) if isinstance(value, list) else value  # JSON has no tuples
        days[name] = (found if isinstance(other, tuple) else found[0]) if name in named else other
    return days


def _date(value: Any) -> Any:
    """Return the date that JSON states as text."""
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        return value


def _refused(found: str, allowed: str) -> PydanticCustomError:
    return PydanticCustomError("words", "{allowed}", {"allowed": allowed, "found": found})


def _with_dates(family: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a family with dates for the places of its values."""
    date, stated = {"type": "string", "format": "date"}, family["properties"]
    for name in moments(stated):
        one = {"description": stated[name].get("description", ""), **date}
        stated[name] = {"type": "array", "items": date, "minItems": 1} if name == "values" else one
    ends = {"low", "high"} if stated["dist"]["const"] == "beta" else set()
    return family | {"required": sorted({*family["required"], *ends})}
