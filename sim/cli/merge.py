"""`demine merge`: one result of the parts of a command."""

from pathlib import Path

import click

from sim.cli import explain, leave, run, sweep
from sim.cli.options import Options, Place


@click.command("merge")
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR..."
)
@click.option(
    "--out", type=Place(), metavar="DIR",
    help="Result folder (default: where the command without --part leaves its result).",
)  # fmt: skip
@click.option(
    "--force", is_flag=True, help="Replace another scenario's or experiment's result there."
)
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def command(*, folders: tuple[Path, ...], out: Path | None, force: bool, quiet: bool) -> None:
    """Put all parts DIR... of a command together into its result.

    Parts are what `run`, `sweep` and `explain` leave with --part I/N, in any order. The result is
    that of the same command without --part, byte for byte; parts that do not belong together, are
    missing or there twice are named.

    \b
    Examples:
      demine merge results/tutorial-part-*
      demine merge results/tutorial-explain-part-* --out results/why
    """
    from sim.experiments.parts import together  # noqa: PLC0415 # help needs none of it

    whole = together(folders)
    for remark in whole.remarks:
        leave.complain(remark, kind="warning")
    asked = whole.asked
    options = Options(
        replications=asked.replications,
        seed=asked.seed,
        engine=asked.engine,
        jobs=None,
        out=out,
        force=force,
        settings=(),
        parquet=asked.parquet,
        quiet=quiet,
        kept_in=folders,
    )
    if whole.command == "run":
        run.conduct(whole.scenario, options)
    elif whole.command == "sweep":
        sweep.conduct(
            whole.scenario, options, varied=asked.vary, design=asked.design, points=asked.points
        )
    else:
        explain.conduct(whole.scenario, options, parts=asked.only, all_inputs=asked.all_inputs)
