"""What all tables of the scenario file have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def key(description: str, default: Any = ..., *, unit: str = "", drawn: str = "") -> Any:
    """State a key: what it means, its neutral default, its unit, how often it is drawn."""
    extra: dict[str, Any] = {k: v for k, v in (("unit", unit), ("drawn", drawn)) if v}
    return Field(default=default, description=description, json_schema_extra=extra)


class Table(BaseModel):
    """A table of the scenario file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
