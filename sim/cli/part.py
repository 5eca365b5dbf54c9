"""What `--part` leaves of a command: the rows of a share of its replications."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from sim.cli import common, leave
from sim.cli.options import Options
from sim.results.words import count
from sim.running.memory import keep_freed_memory
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.experiments.study import Study


def leave_part(
    scenario: Scenario,
    options: Options,
    *,
    command: str,
    compute: "Callable[[Study], object]",
    columns: Collection[str],
    asked: Mapping[str, Any],
) -> None:
    """Do a part of a command under a progress bar, and say where it is.

    Parameters
    ----------
    scenario, command, compute, columns
        As in `do_part`.
    options
        With the part.
    asked
        What else the command was told, as in `Asked`.
    """
    from sim.experiments.parts import Asked, do_part  # noqa: PLC0415 # help needs none of it
    from sim.running.workers import UnfinishedError  # noqa: PLC0415

    assert options.part
    part, parts = options.part
    common.refuse_too_much(scenario, options, replications=-(-options.replications // parts))
    keep_freed_memory()
    whole = Asked(
        part=part,
        parts=parts,
        replications=options.replications,
        seed=options.seed,
        engine=options.engine,
        parquet=options.parquet,
        **asked,
    )
    try:
        title = f"{scenario.campaign.name}, part {part} of {parts}"
        with (
            common.workers(options) as workers,
            common.progress_bar(title, quiet=options.quiet) as bar,
        ):
            folder, done = do_part(
                scenario,
                whole,
                command=command,
                compute=compute,
                columns=columns,
                out=options.out,
                force=options.force,
                jobs=options.jobs,
                progress=bar,
                executor=workers,
            )
    except (UnfinishedError, KeyboardInterrupt) as error:
        interrupted = isinstance(error, KeyboardInterrupt) or error.interrupted
        why = "interrupted" if interrupted else str(error)
        leave.complain(f"{why}; what is finished is kept: the same command continues")
        raise SystemExit(leave.INTERRUPTED if interrupted else leave.FAILED) from None
    told = f"Part {part} of {parts}: {count(done)} replications. `demine merge` puts all together."
    common.say([told], note="", place=f"{folder}/", quiet=options.quiet)
