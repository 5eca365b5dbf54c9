"""How a command leaves: its exit code, and every expected error in plain words."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

import click

from sim.errors import ResultError, ScenarioError, harmless

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def guarded(cli: click.Command) -> NoReturn:
    """Run a command and leave with its exit code, every expected error in plain words."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # there is no SIGHUP on Windows
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, _interrupt)
    _speak_as_the_terminal_can()
    os.environ["MPLBACKEND"] = "agg"  # pictures open no window, and a wrong name stops all imports
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        complain("interrupted")
        code = INTERRUPTED
    except KeyboardInterrupt:
        complain("interrupted")
        code = INTERRUPTED
    except click.ClickException as error:
        vars(error)["message"] = harmless(error.message)  # it quotes what was typed
        error.show()
        code = error.exit_code
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except ScenarioError as error:
        for problem in error.problems:
            complain(str(problem))
        code = BAD_INPUT
    except ResultError as error:
        complain(str(error))
        code = FAILED
    except BrokenPipeError:  # the reader has seen enough
        _speak_to_nobody()
        code = 0
    except MemoryError:
        complain("out of memory: fewer --replications or --jobs, or larger parcels, need less")
        code = FAILED
    except OSError as error:
        complain(f"{error.filename or 'file'}: {(error.strerror or str(error)).lower()}")
        code = FAILED
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Treat them like Ctrl-C: keep what is finished."""
    raise KeyboardInterrupt


def _speak_as_the_terminal_can() -> None:
    """Show a question mark for what the terminal cannot show, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None where it is closed
            stream.reconfigure(errors="replace")


def _speak_to_nobody() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(text: str) -> None:
    """Print a line; where nobody reads any more, as after `head`, the work goes on all the same."""
    try:
        click.echo(harmless(text))
    except BrokenPipeError:
        _speak_to_nobody()


@contextmanager
def told() -> Iterator[None]:
    """Say why a result cannot be written, and go on."""
    try:
        yield
    except ResultError as error:
        complain(str(error))


def complain(text: str, *, kind: str = "error") -> None:
    """Print an error, or something of another kind, on one line."""
    with suppress(OSError):  # nobody may be listening
        click.echo(f"{kind}: {harmless(text)}", err=True)
