"""What kinds of value a key may hold: bounded numbers and laws, times, names."""

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Tag
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim.errors import HARMFUL
from sim.scenario.dated import DatedLaw, has_dates
from sim.scenario.laws import Constant, Law, Quantile

Role = Literal["survey", "clearance", "restoration"]
ROLES: tuple[Role, ...] = ("survey", "clearance", "restoration")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZERO, ONE = Constant(0.0), Constant(1.0)
PER_HA = 10_000  # square metres


def plain(number: float) -> str:
    """Write a number with all the digits that matter."""
    return f"{number:.12g}"


def refused(allowed: str, found: str = "") -> PydanticCustomError:
    """Make an error that says what is allowed, and in other words than its own what was found."""
    return PydanticCustomError("words", "{allowed}", {"allowed": allowed, "found": found})


@dataclass(frozen=True)
class Within:
    """Bounds of a key: a number, or every value a law can take, must lie inside them.

    The mean has a bound of its own, so that a law without an upper end is welcome where any
    sensible number is.
    """

    low: float = -math.inf
    high: float = math.inf
    above_low: bool = False  # the lower bound itself is not allowed
    below_high: bool = False  # likewise the upper one
    most_mean: float = 1e9

    def __str__(self) -> str:
        """Say the bounds in words."""
        words = []
        if math.isfinite(self.low):
            words.append(f"{'more than' if self.above_low else 'at least'} {plain(self.low)}")
        if math.isfinite(self.high):
            words.append(f"{'less than' if self.below_high else 'at most'} {plain(self.high)}")
        return " and ".join(words)

    def check(self, law: Quantile) -> Quantile:
        """Return the law, or raise if it can leave the bounds."""
        low, high = law.support
        low_ok = low > self.low or (low == self.low and not (self.above_low and law.reaches_ends))
        high_ok = high < self.high or (
            high == self.high and not (self.below_high and law.reaches_ends)
        )
        found = plain(low)
        if low < high:
            found = f"a law that reaches from {plain(low)} to {plain(high)}"
        if not (low_ok and high_ok):
            raise refused(str(self) + self._advice(law), found)
        if law.mean > self.most_mean:
            found = f"{found} with mean {plain(law.mean)}" if low < high else found
            raise refused(f"a mean of at most {plain(self.most_mean)}", found)
        return law

    def _advice(self, law: Quantile) -> str:
        """Say how a law without ends gets them, where they are wanted."""
        low, high = law.support
        missing = ["low"] if math.isinf(low) else []
        missing += ["high"] if math.isinf(high) and math.isfinite(self.high) else []
        if not missing:
            return ""
        if getattr(law, "dist", "") == "normal":
            return f" (give the normal law {' and '.join(missing)})"
        return " (take a law that ends, such as pert, triangular, or normal with low and high)"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after the law itself was read."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """State the bounds for a plain number; editors cannot check a law's support."""
        number: dict[str, Any] = {"type": "number"}
        if math.isfinite(self.low):
            number["exclusiveMinimum" if self.above_low else "minimum"] = self.low
        if math.isfinite(self.high):
            number["exclusiveMaximum" if self.below_high else "maximum"] = self.high
        laws = [entry for entry in handler(schema)["oneOf"] if "Constant" not in entry["$ref"]]
        return {"anyOf": [number, *laws]}


@dataclass(frozen=True)
class Matching:
    """The form of a text, and how to say it."""

    pattern: str
    words: str

    def check(self, text: str) -> str:
        """Return the text, or raise if it has another form."""
        if not re.fullmatch(self.pattern, text):
            raise refused(self.words)
        return text

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after the text itself was read."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """State the form for editors."""
        return handler(schema) | {"pattern": f"^(?:{self.pattern})$", "form": self.words}


def _time_kind(value: Any) -> str:
    if isinstance(value, dt.date | str):
        return "date"
    return "dates" if isinstance(value, DatedLaw) or has_dates(value) else "days"


def _chance_kind(value: Any) -> str:
    return "months" if isinstance(value, tuple | list) else "chance"


_WRITTEN = f"[^{HARMFUL}]"
_NAME = rf"(?![=+\-@＝＋－＠\s]){_WRITTEN}{{1,100}}(?<!\s)"  # noqa: RUF001 - spreadsheets take both
_LONG_MONTH = r"(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH = r"(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
DEVICE = (
    "(?:[Aa][Uu][Xx]|[Cc][Oo][Nn]|[Nn][Uu][Ll]|[Pp][Rr][Nn]|[Cc][Oo][Mm][1-9]|[Ll][Pp][Tt][1-9])"
)
"""Names of no file on Windows, whatever follows the first dot; JSON Schema has no flag for case."""
_FEBRUARY = r"02-(?:0[1-9]|1[0-9]|2[0-8])"

Positive = Annotated[Law, Within(0, above_low=True)]
NotNegative = Annotated[Law, Within(0)]
Share = Annotated[Law, Within(0, 1)]
ShareBelowOne = Annotated[Law, Within(0, 1, below_high=True)]
Count = Annotated[Law, Within(0, 100_000)]
CountFactor = Annotated[Law, Within(0, 1000)]
Shift = Annotated[Law, Within(-180, 180)]
SeasonPace = Annotated[Law, Within(0, 10)]
Items = Annotated[Law, Within(0, most_mean=1e5)]
Attacks = Annotated[Law, Within(0, most_mean=1e5)]
Amount = Annotated[Law, Within(0, most_mean=1e12)]
Time = Annotated[
    Annotated[dt.date, Tag("date")]
    | Annotated[DatedLaw, Tag("dates")]
    | Annotated[NotNegative, Tag("days")],
    Discriminator(_time_kind),
]
Probability = Annotated[float, Field(ge=0, le=1)]
Months = Annotated[tuple[Probability, ...], Field(min_length=12, max_length=12)]
MonthlyProbability = Annotated[
    Annotated[Probability, Tag("chance")] | Annotated[Months, Tag("months")],
    Discriminator(_chance_kind),
]
Spread = Annotated[float, Field(ge=0, le=10)]
Area = Annotated[float, Field(ge=0.0001, le=1e6)]
NAME_WORDS = "1 to 100 printable characters, not beginning with = + - @ or a space"
Name = Annotated[str, Matching(_NAME, NAME_WORDS)]
Title = Annotated[str, Matching(f"{_WRITTEN}{{0,200}}", "at most 200 printable characters")]
NoteText = Annotated[
    str, Matching(f"{_WRITTEN}{{1,1000}}", "1 to 1000 printable characters on one line")
]
FileName = Annotated[
    str,
    Matching(
        f"(?!{DEVICE}$)[A-Za-z0-9_][A-Za-z0-9_-]{{0,99}}",
        "1 to 100 letters (a to z), digits, - and _, not beginning with -, and none of the names "
        "that Windows keeps (aux, con, nul, prn, com1 to com9, lpt1 to lpt9)",
    ),
]
Currency = Annotated[str, Matching("[A-Z]{3}", 'three capital letters, such as "USD"')]
MonthDay = Annotated[
    str,
    Matching(
        f"{_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY}",
        'a month and a day, such as "12-10" (not "02-29", which most years lack)',
    ),
]


def is_name(text: str) -> bool:
    """Tell whether something may be called so; no field with a formula is a name."""
    return bool(re.fullmatch(_NAME, text))
