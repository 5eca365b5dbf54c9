"""`demine schema`: the scenario file for editors and readers."""

import json

import click


@click.command("schema")
@click.option("--reference", is_flag=True, help="Print the reference page (Markdown) instead.")
def command(*, reference: bool) -> None:
    """Print the JSON Schema of scenario files, with descriptions, units, defaults and bounds.

    \b
    Examples:
      demine schema > scenario.schema.json
      demine schema --reference > docs/scenario.md
    """
    from sim.scenario.reference import reference_page  # noqa: PLC0415
    from sim.scenario.schema import json_schema  # noqa: PLC0415

    text = reference_page().rstrip() if reference else json.dumps(json_schema(), indent=2)
    click.echo(text)
