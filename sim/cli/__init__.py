"""The command line: one command a file, each loaded when it is used."""

from importlib import import_module

import click

COMMANDS = {
    "run": "Run a scenario and write its results.",
    "sweep": "Run a scenario over values of one or several keys.",
    "compare": "Compare scenarios on the same luck.",
    "plan": "Find the least deployment that meets a deadline.",
    "explain": "Say what drives the date, and how many days each cause costs.",
    "forecast": "Run a scenario again, consistent with what was really released.",
    "merge": "Put the parts of a command (--part) together into its result.",
    "report": "Make one page to hand over from results.",
    "map": "Put a result on a map, coarse unless exact polygons are asked for.",
    "check": "Validate scenario files.",
    "new": "Write a small commented scenario that runs.",
    "trace": "Write the event log of one replication as CSV.",
    "schema": "Print the JSON Schema of scenario files.",
}


class _Commands(click.Group):
    """Commands that are imported only when they are used, so that help comes at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"sim.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="demine", prog_name="demine")
def cli() -> None:
    """Forecast a mine clearance campaign.

    When will the land be released, how sure are we, how many crews would make it sure, and what
    makes us late?

    \b
    Example:
      demine new my.toml
      demine run my.toml
    """


def main() -> None:
    """Run the command line; the exit code is 0, 1, 2 or 130."""
    from sim.cli.leave import guarded  # noqa: PLC0415 # help needs none of it

    guarded(cli)
