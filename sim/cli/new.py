"""`demine new`: a small commented scenario to start from."""

import re
from pathlib import Path

import click

from sim.cli.options import Place
from sim.errors import Problem, ScenarioError, harmless
from sim.results.one_file import write_file
from sim.scenario.kinds import DEVICE


@click.command("new")
@click.argument("file", type=Place(), metavar="FILE")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def command(*, file: Path, force: bool) -> None:
    """Write a small commented scenario that runs to FILE.

    \b
    Example:
      demine new my.toml && demine run my.toml
    """
    if file.exists() and not force:
        allowed = "a new file (or --force to replace it)"
        raise ScenarioError([Problem(str(file), "", "a file that exists", allowed)])
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", file.stem).strip("-") or "campaign"
    if re.fullmatch(DEVICE, name):
        name = f"{name}-campaign"
    text = (Path(__file__).parent / "template.toml").read_text(encoding="utf-8")
    write_file(file, text.replace('"NAME"', f'"{name[:100]}"').encode())
    shown = harmless(str(file))
    click.echo(f"Wrote {shown}. Next: demine run {shown}")
