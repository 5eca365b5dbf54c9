"""What all tables of the scenario file have in common."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


def key(
    description: str,
    default: Any = ...,
    *,
    unit: str = "",
    drawn: str = "",
    title: str,
    alias: str | None = None,
) -> Any:
    """State a key: what it means, its neutral default, its unit, how often it is drawn.

    A key that Python keeps for itself (`from`) has another name there, and stands as the alias.
    """
    extra: dict[str, Any] = {k: v for k, v in (("unit", unit), ("drawn", drawn)) if v}
    return Field(
        default=default, title=title, description=description, alias=alias, json_schema_extra=extra
    )


def keys_of(table: type[BaseModel]) -> dict[str, tuple[str, FieldInfo]]:
    """Return the keys of a table as a file has them, each with its attribute and what it is."""
    return {about.alias or name: (name, about) for name, about in table.model_fields.items()}


class Stated(BaseModel):
    """Strict and frozen: what it states cannot change or be misspelt.

    Two are equal if they state the same. What was computed from that (and is remembered) has no
    part in it, and a changed copy computes it anew.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stated):
            return NotImplemented
        return type(self) is type(other) and self._stated() == other._stated()

    def __hash__(self) -> int:
        return hash((type(self), self._stated()))

    def _stated(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in type(self).model_fields)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, with other values for some keys, that has computed nothing yet."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class Table(Stated):
    """A table of the scenario file."""

    def stated(self, *keys: str) -> str:
        """Return which of some keys is stated: the first that is, or the first at all."""
        return next((key for key in keys if getattr(self, key) is not None), keys[0])
