"""Values to vary a key over, as they are typed: a list, or a range."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sim.errors import Problem, ScenarioError, show
from sim.scenario.families import MOST
from sim.scenario.keys import KEY, has_long_key

MOST_POINTS = 100_000
SOURCE = "--vary"
FORMS = "KEY=a,b,c or KEY=low:high:step"


class Range(NamedTuple):
    """From a number to another, both included."""

    low: float
    high: float
    step: float | None = None

    def __str__(self) -> str:
        """Return the range as it is typed."""
        return ":".join(str(x) for x in self if x is not None)

    @property
    def whole(self) -> bool:
        """Whether both ends are whole numbers."""
        return all(float(end).is_integer() for end in (self.low, self.high))

    def values(self) -> list[float]:
        """Return the numbers a step apart from the low end on, and the high end."""
        if self.step is None:
            raise ValueError("a range without a step has no list of values")
        low, high, step = (Decimal(str(x)) for x in (self.low, self.high, self.step))
        stepped = [low + i * step for i in range(int((high - low) / step) + 1)]
        numbers = stepped if stepped[-1] == high else [*stepped, high]
        whole = all(isinstance(x, int) for x in self)
        return [int(x) if whole else float(x) for x in numbers]


def parse_vary(text: str) -> tuple[str, tuple[Any, ...] | Range]:
    """Return the key and the values of `KEY=a,b,c`, or the range of `KEY=low:high[:step]`.

    Raises
    ------
    ScenarioError
        If it is neither.
    """
    key, stated = parse_key(text, source=SOURCE, example=FORMS)
    parts = pieces(stated, ",")
    if any(not part for part in parts):
        raise refused(key, show(stated), "values apart by commas, none of them empty")
    if all(len(pieces(part, ":")) == 1 for part in parts):
        return key, tuple(parse_value(part) for part in parts)
    return key, _range(key, stated)


def _range(key: str, stated: str) -> Range:
    numbers = [parse_value(part) for part in pieces(stated, ":")]
    if len(numbers) not in (2, 3) or not all(map(is_number, numbers)):
        raise refused(
            key, show(stated), "low:high:step in numbers up to 1e+15, or values apart by commas"
        )
    found = Range(*numbers)
    if found.low > found.high:
        raise refused(key, show(stated), "a low end that is not above the high end")
    if found.step is not None and found.step <= 0:
        raise refused(key, show(stated), "a step above 0")
    return found


def parse_all(
    texts: Iterable[str], *, ranges: bool = False, whole_step: int | None = None
) -> dict[str, Sequence[Any]]:
    """Return the values of each key that is varied on the command line.

    Parameters
    ----------
    texts
        `KEY=a,b,c`, `KEY=low:high:step` or, for ranges, `KEY=low:high`.
    ranges
        Whether the two ends of a range are wanted, and nothing else.
    whole_step
        Step of a range of whole numbers that states none.

    Raises
    ------
    ScenarioError
        If one is something else, or a key is stated twice.
    """
    found: dict[str, Sequence[Any]] = {}
    for key, given in map(parse_vary, texts):
        stated = given
        if key in found:
            raise refused(key, "it varied twice", "once")
        if isinstance(stated, Range) and stated.step is None and stated.whole and whole_step:
            stated = Range(int(stated.low), int(stated.high), whole_step)
        without_step = isinstance(stated, Range) and stated.step is None
        if ranges != without_step:
            found_words = str(stated) if isinstance(stated, Range) else show(list(stated))
            allowed = "low:high, for a design over ranges" if ranges else f"{FORMS}, with a step"
            raise refused(key, found_words, allowed)
        if isinstance(stated, Range):
            if stated.step is not None and (stated.high - stated.low) / stated.step >= MOST_POINTS:
                allowed = f"a step that gives at most {MOST_POINTS} values"
                raise refused(key, str(stated), allowed)
            found[key] = stated[:2] if ranges else stated.values()
        else:
            found[key] = stated
    return found


def is_number(value: Any) -> bool:
    """Tell whether this is a number that a key may have."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= MOST


def refused(key: str, found: str, allowed: str) -> ScenarioError:
    """Return the error for something that cannot be varied so."""
    return ScenarioError([Problem(SOURCE, key, found, allowed)])


_EXAMPLE = 'KEY=VALUE, such as crew.engineers.count=5 or sector."St. Mary".exposure=2'
_TOKEN = r""""(?:[^"\\]|\\.)*"|'[^']*'|."""


def parse_value(text: str) -> Any:
    """Return what a VALUE on the command line means: TOML, else text."""
    if has_long_key(text):
        return text
    try:
        parsed = tomllib.loads(f"x = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["x"] if len(parsed) == 1 else text


def parse_setting(text: str, *, source: str = "--set") -> tuple[str, Any]:
    """Return key and value of `KEY=VALUE`; the source is named in errors.

    Raises
    ------
    ScenarioError
        If there is no equals sign, or what stands before it is no dotted key.
    """
    key, value = parse_key(text, source=source, example=_EXAMPLE)
    return key, parse_value(value)


def parse_key(text: str, *, source: str, example: str) -> tuple[str, str]:
    """Return the dotted key of `KEY=...`, and what is stated for it, as text.

    Parameters
    ----------
    text
        From the command line.
    source, example
        Named in the error.

    Raises
    ------
    ScenarioError
        If there is no equals sign, or what stands before it is no dotted key.
    """
    stated = re.match(rf"({KEY})=(.*)", text, re.DOTALL)
    if stated is None:
        quotes = ', with names of several words in quotes: crew."second wave".count'
        allowed = example + quotes * ("=" in text)
        raise ScenarioError([Problem(source, "", show(text), allowed)])
    return stated[1].strip(), stated[2].strip()


def pieces(text: str, separator: str) -> list[str]:
    """Return a text cut at a character, except inside TOML strings, arrays and tables."""
    found, depth = [""], 0
    for token in re.findall(_TOKEN, text, re.DOTALL):
        depth += (token in "[{") - (token in "]}")
        if token == separator and depth <= 0:
            found.append("")
        else:
            found[-1] += token
    return [piece.strip() for piece in found]
