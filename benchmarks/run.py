"""Measure everything: `python benchmarks/run.py > results.md` prints Markdown.

Each part runs in processes of its own; this one stays small. Progress goes to standard error.
"""

import subprocess
import sys
from time import perf_counter

import click
from growth import FOLDER, growth, memory, national
from table import machine


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="About a minute: fewer rounds and sizes.")
@click.option("--memory", "much", is_flag=True, help="Memory of 10 000 replications too: long.")
@click.option("--national", "country", is_flag=True, help="The national scale in a quick run too.")
def main(quick: bool, much: bool, country: bool) -> None:
    """Print the benchmarks as Markdown."""
    since = perf_counter()
    print(machine())
    title("The reduced campaign, side by side")
    script("contest.py", 5 if quick else 15)
    title("The shipped scenarios")
    script("shipped.py", 8 if quick else 32, 3 if quick else 9, "no" if quick else "simpy")
    title("Growth of the compiled engine")
    growth(quick)
    if much or not quick:
        title("Memory over many replications")
        memory((1_000, 10_000) if much else (250, 1_000))
    if country or not quick:
        title("National scale")
        national()
    say(f"done in {perf_counter() - since:.0f} s")


def title(text: str) -> None:
    """Begin a part."""
    say(text)
    print(f"### {text}\n", flush=True)


def script(file: str, *arguments: object) -> None:
    """Run a part that is a program of its own."""
    sys.stdout.flush()
    subprocess.run([sys.executable, str(FOLDER / file), *map(str, arguments)], check=True)


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
