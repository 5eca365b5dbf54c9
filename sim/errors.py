"""What can be wrong with an input, said so that it can be mended."""

from dataclasses import dataclass


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
        """One line: file, key, what was found, what is allowed."""
        where = f"{self.file}: {self.key}" if self.key else self.file
        hint = f" (did you mean {self.nearest}?)" if self.nearest else ""
        return f"{where}: found {self.found}; allowed: {self.allowed}{hint}"


class ScenarioError(ValueError):
    """A scenario, or a key or value given for one, that cannot be used; lists every problem."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class ResultError(RuntimeError):
    """A result folder that cannot be read or must not be replaced."""
