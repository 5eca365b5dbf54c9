"""The options that the commands share, and reading the scenario they are about."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from sim.cli.leave import complain
from sim.errors import Problem, ScenarioError, show
from sim.scenario.doubts import doubts
from sim.scenario.scenario import Scenario
from sim.scenario.settings import parse_setting
from sim.scenario.variants import load_scenario

if TYPE_CHECKING:
    from sim.engines import Engine
    from sim.sampling.recipes import Given

MOST_REPLICATIONS = 10_000_000
MOST_LOCAL = 256  # processes of this machine
Settings = tuple[tuple[str, Any], ...]
F = TypeVar("F", bound=Callable[..., Any])


class Setting(click.ParamType):  # type: ignore[type-arg] # generic only in newer releases
    """KEY=VALUE on the command line."""

    name = "KEY=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Return the key and what the value means."""
        return value if isinstance(value, tuple) else parse_setting(str(value))


class Share(click.ParamType):  # type: ignore[type-arg] # as above
    """I/N on the command line."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the how manyth part it is, and of how many."""
        stated = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", str(value).strip())
        if not stated or not 1 <= int(stated[1]) <= int(stated[2]):
            self.fail(f"{value} is no part: I/N with 1 <= I <= N, such as 2/8", param, ctx)
        return int(stated[1]), int(stated[2])


class Place(click.Path):
    """Where something is written; no place is none."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if not str(value).strip():
            self.fail("an empty name is no place", param, ctx)
        return super().convert(value, param, ctx)


class Days(click.FloatRange):
    """A number of days above 0."""

    def __init__(self) -> None:
        super().__init__(0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        days = super().convert(value, param, ctx)
        if not math.isfinite(days):
            self.fail(f"{value} is no number of days", param, ctx)
        return days


class Scheduler(click.ParamType):  # type: ignore[type-arg] # as above
    """Whose workers do the work: a Dask scheduler, or some processes of this machine."""

    name = "ADDRESS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address."""
        text = str(value)
        here = re.fullmatch(r"local:([1-9]\d{0,8})", text, re.ASCII)
        far = re.fullmatch(r"(tcp|tls|ws|wss|ucx)://\S+:\d{1,5}/?", text, re.ASCII)
        if not far and not (here and int(here[1]) <= MOST_LOCAL):
            allowed = f"tcp://HOST:PORT, or local:N with N from 1 to {MOST_LOCAL}"
            self.fail(f"{show(text)} is no scheduler; allowed: {allowed}", param, ctx)
        return text


@dataclass(frozen=True)
class Options:
    """What `demine run` and the experiments are told alike.

    Attributes
    ----------
    replications, seed, engine, jobs
        As in `sim.run`.
    out, force, parquet
        As in `sim.write_results`.
    settings
        Keys set anew, and their values.
    precision
        Wanted width of the P80's interval, days, if any.
    quiet
        Whether nothing but errors is said.
    given
        Recipes of the campaigns of a forecast, if it is about those.
    part
        Which part is done of how many, if it is one.
    kept_in
        The parts that are put together, if any are.
    scheduler
        Of the cluster that does the work, if any does.
    plain
        Whether it goes without twins.
    """

    replications: int
    seed: int
    engine: "Engine"
    jobs: int | None
    out: Path | None
    force: bool
    settings: Settings
    parquet: bool
    quiet: bool
    precision: float | None = None
    given: "Given | None" = None
    part: tuple[int, int] | None = None
    kept_in: tuple[Path, ...] = ()
    scheduler: str | None = None
    plain: bool = True


def with_options(
    replications: int = 1000,
    counted: str = "How many campaigns to simulate.",
    *,
    precision: bool = True,
    given: bool = True,
    part: bool = False,
    twins: bool = False,
) -> Callable[[F], F]:
    """Return what gives a command the options of `demine run`, as one argument `options`.

    Parameters
    ----------
    replications, counted
        Default number, and what is counted.
    precision
        Whether it can be asked for a precision.
    given
        Whether it can be asked about the campaigns of a forecast.
    part
        Whether it can be done in parts.
    twins
        Whether it asks twins, and can go without.
    """
    stated_alike = [
        click.option(
            "--replications", type=click.IntRange(1, MOST_REPLICATIONS), default=replications,
            show_default=True, metavar="N", help=counted,
        ),
        click.option(
            "--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S",
            help="Scenarios that share it share their luck.",
        ),
        click.option(
            "--engine", type=click.Choice(["compiled", "simpy"]), default="compiled",
            show_default=True, help="Both give the same numbers; simpy is the one to read.",
        ),
        click.option(
            "--jobs", type=click.IntRange(1), metavar="J", help="Workers (default: all cores).",
        ),
        click.option(
            "--scheduler", type=Scheduler(), metavar="ADDRESS",
            help="Let a Dask cluster do the work: tcp://HOST:PORT, or local:N for N processes "
            "(extra demine[cluster]).",
        ),
        click.option(
            "--out", type=Place(), metavar="DIR",
            help="Result folder (default: results/<campaign.name>; experiments add -<command>).",
        ),
        click.option(
            "--force", is_flag=True,
            help="Replace another scenario's or experiment's result, once this one is complete.",
        ),
        click.option(
            "--set", "settings", type=Setting(), multiple=True, metavar="KEY=VALUE",
            help="Change a key, such as crew.engineers.count=50. Repeatable.",
        ),
        *[click.option(
            "--precision", type=Days(), metavar="DAYS",
            help="More replications until the P80's interval is that narrow"
            + (", of large campaigns with the help of rough twins." if twins else "."),
        )][: int(precision)],
        *[click.option(
            "--plain", is_flag=True, help="Go without twins: whole campaigns alone.",
        )][: int(twins)],
        *[click.option(
            "--given", type=click.Path(path_type=Path), metavar="RESULT",
            help="Ask about the campaigns of this forecast, which agree with its record: with its "
            "seed, and at most as many.",
        )][: int(given)],
        *[click.option(
            "--part", type=Share(), metavar="I/N",
            help="Do this part only, of N that `demine merge` puts together: on as many machines.",
        )][: int(part)],
        click.option("--parquet", is_flag=True, help="Write the tables as Parquet too."),
        click.option("--quiet", is_flag=True, help="Say nothing but errors."),
    ]  # fmt: skip
    names = Options.__dataclass_fields__.keys()

    def give(command: F) -> F:
        @wraps(command)
        def told(**stated: Any) -> Any:
            mine = {name: value for name, value in stated.items() if name not in names}
            shared = {name: value for name, value in stated.items() if name in names}
            if shared.get("part") is not None:
                _refuse_part(**shared)
            if shared["scheduler"] and shared["jobs"]:
                raise click.UsageError("--jobs says nothing about the workers of --scheduler")
            if shared.get("given") is not None:
                source = click.get_current_context().get_parameter_source("seed")
                shared |= _as_given(**shared, seed_stated=source is ParameterSource.COMMANDLINE)
            return command(**mine, options=Options(**shared))

        for option in reversed(stated_alike):
            told = option(told)
        return told  # type: ignore[return-value] # click gives other arguments than it takes

    return give


def _refuse_part(
    *, given: Path | None = None, precision: float | None = None, **_others: Any
) -> None:
    """Raise for what has no parts."""
    if precision is not None:
        raise click.UsageError(
            "--part: how many replications a precision (--precision) takes is known from all of"
            " them only; give --replications instead"
        )
    if given is not None:
        raise click.UsageError("--part: the campaigns of a forecast (--given) have no parts")


def _as_given(
    *,
    given: Path,
    replications: int,
    seed: int,
    seed_stated: bool,
    precision: float | None = None,
    **_others: Any,
) -> dict[str, Any]:
    """Return what changes where it is about the campaigns of a forecast."""
    from sim.experiments.forecast.given import read_given  # noqa: PLC0415 # help needs none of it

    if precision is not None:
        raise click.UsageError("--precision asks for more campaigns than a forecast (--given) has")
    recipes, theirs = read_given(given)
    if seed_stated and seed != theirs:
        raise click.UsageError(f"--seed is {seed}, and that of the forecast (--given) is {theirs}")
    return {
        "given": recipes,
        "seed": theirs,
        "replications": min(replications, len(recipes.recipes)),
    }


def scenario_argument(command: F) -> F:
    """Give a command the scenario file."""
    return click.argument("file", type=click.Path(path_type=Path), metavar="FILE")(command)


def read(file: Path, settings: Settings) -> Scenario:
    """Return the scenario of a file, some of its keys set anew.

    Raises
    ------
    ScenarioError
        Also for a key that is set twice.
    """
    refuse_twice(settings, source="--set")
    return load_scenario(file, settings=dict(settings))


def warn(scenarios: Iterable[tuple[str | Path, Scenario]], *, quiet: bool) -> None:
    """Say what is doubtful in some scenarios, by their names, each key once."""
    said: set[str] = set()
    for name, scenario in () if quiet else scenarios:
        for doubt in doubts(scenario):
            if doubt.key not in said:
                complain(f"{name}: {doubt}", kind="warning")
            said.add(doubt.key)


def refuse_twice(settings: Settings, *, source: str) -> None:
    """Raise if a key is set twice."""
    keys = [key for key, _ in settings]
    twice = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if twice:
        raise ScenarioError([Problem(source, key, "it set twice", "once") for key in twice])
