"""What can be wrong with an input, said so that it can be mended."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from heapq import nlargest
from itertools import islice
from typing import Any

MOST_PROBLEMS = 100  # of one scenario; nobody reads on, and each takes time to put into words
LONGEST = 1000  # characters of one part of a problem
LONGEST_LINE = 6 * LONGEST  # its five parts, and the words between them
HARMFUL = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Control characters, line breaks, turned or broken writing: no name has any, nothing shows any."""


def harmless(text: str, most: int = LONGEST_LINE) -> str:
    r"""Return a text as one line of bounded length that does nothing to a terminal.

    What would is written as in a program: `\x1b`.
    """
    shown = re.sub(f"[{HARMFUL}]", _escaped, text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 3] + "..."


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a scenario.

    Parameters
    ----------
    file
        Where it was read.
    key
        Dotted key, empty for the file as a whole.
    found
        What stands there.
    allowed
        What may stand there.
    nearest
        For an unknown key or name, the nearest known one.
    """

    file: str
    key: str
    found: str
    allowed: str
    nearest: str = ""

    def __str__(self) -> str:
        """One line: file, key, what was found, what is allowed; all of it harmless."""
        parts = (self.file, self.key, self.found, self.allowed, self.nearest)
        file, key, found, allowed, near = (harmless(part, LONGEST) for part in parts)
        where = f"{file}: {key}" if key else file
        hint = f" (did you mean {near}?)" if near else ""
        return f"{where}: found {found}; allowed: {allowed}{hint}"


class ScenarioError(ValueError):
    """A scenario, or a key or value given for one, that cannot be used; lists every problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type["ScenarioError"], tuple[tuple[Problem, ...]]]:
        """Pickle by the problems, so that a worker's error arrives whole."""
        return type(self), (self.problems,)


@contextmanager
def gathered(problems: list[Problem]) -> Iterator[None]:
    """Note the problems of what is done here, and go on, so that all can be told together."""
    try:
        yield
    except ScenarioError as error:
        problems += error.problems


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise ScenarioError for problems, if there are any, each told once."""
    once = list(dict.fromkeys(problems))
    if once:
        raise ScenarioError(once)


def first_of(problems: Iterable[Problem]) -> list[Problem]:
    """Return the first problems, and if there are more that there are; no more are made."""
    some = list(islice(problems, MOST_PROBLEMS + 1))
    if len(some) > MOST_PROBLEMS:
        found = f"more than {MOST_PROBLEMS} problems"
        some[-1] = Problem(some[-1].file, "", found, "none; only the first are told")
    return some


class ResultError(RuntimeError):
    """A result folder that cannot be read or must not be replaced; its text is one line."""

    def __init__(self, text: str) -> None:
        super().__init__(harmless(text))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most like this one, empty if none is.

    Only the words that share most characters with it are looked at closely: that takes long.
    """
    if len(word) > 100:
        return ""
    letters = set(word)
    able = (other for other in islice(known, 1000) if len(other) <= 100)
    closer = nlargest(30, able, key=lambda other: -len(letters.symmetric_difference(other)))
    return (get_close_matches(word, closer, n=1) or [""])[0]


def show(value: Any, *, levels: int = 3) -> str:
    """Show a value shortly, as a person would have written it."""
    if isinstance(value, dict | list | tuple) and value and levels == 0:
        return "{ ... }" if isinstance(value, dict) else "[...]"
    if isinstance(value, dict):
        some = islice(value.items(), 20)
        text = "{ " + ", ".join(f"{k[:80]} = {show(v, levels=levels - 1)}" for k, v in some) + " }"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(show(v, levels=levels - 1) for v in value[:20]) + "]"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int) and value.bit_length() > 200:
        text = f"a whole number of about {value.bit_length() * 3 // 10} digits"
    else:
        text = repr(value[:200]) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."
