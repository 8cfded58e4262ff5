"""The table of commands, and the one place where errors become exit codes.

A command's module is imported when that command is asked for, and imports what it needs inside its
function: `seatrial --help` must be quick, and a broken extra must not break the others.
"""

from __future__ import annotations

import difflib
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from seatrial import __version__
from seatrial.core.errors import SeatrialError
from seatrial.core.outcome import ExitCode

# In the order of use. The command lives in seatrial.cli.<module>, under the name `command`.
COMMANDS = {
    "demo": "demo",
    "init": "init",
    "plan": "plan",
    "certify": "certify",
    "capacity": "capacity",
    "load": "load",
    "soak": "soak",
    "compare": "compare",
    "report": "report",
    "verify": "verify",
    "keygen": "keygen",
    "attest": "attest",
    "policy": "policy",
    "systems": "systems",
    "proxy": "proxy",
    "gameday": "gameday",
    "doctor": "doctor",
}

EPILOG = """\b
Exit codes: 0 certified; 1 rejected; 2 not proven; 3 usage or configuration;
4 harness trouble or interrupted."""


class App(click.Group):
    """The group of all commands; imports each on use, and maps every error to its exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = import_module(f"seatrial.cli.{module}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if near and "Did you mean" not in error.message:
                raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from error
            raise

    def main(  # type: ignore[override]  # always standalone
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command and leave the process with its exit code."""
        extra.pop("standalone_mode", None)
        code = _guarded(lambda: super(App, self).main(args, prog_name, standalone_mode=False, **extra))
        sys.exit(code)


def _guarded(run: Any) -> int:
    """*run*'s exit code, or that of the error it ended with."""
    try:
        code = run()
        sys.stdout.flush()
        return int(code or 0)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except SeatrialError as error:
        tell(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.HARNESS
    except (BrokenPipeError, SystemExit):
        # The reader of our output went away (click makes that an exit with 1, which would mean "rejected");
        # the interpreter's last flush must not try again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.HARNESS
    except Exception:
        # Python would leave with 1, which means "rejected": a defect of ours must never read as a verdict.
        traceback.print_exc()
        click.echo("error: this is a defect of seatrial, not of the target; please report it", err=True)
        return ExitCode.HARNESS


def tell(error: SeatrialError) -> None:
    """Print an error: what happened, where, and what to do next."""
    where = f"{error.where}: " if error.where else ""
    click.echo(f"error: {where}{error.what}", err=True)
    if error.hint:
        click.echo(f"  hint: {error.hint}", err=True)


@click.group(
    "seatrial",
    cls=App,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def app() -> None:
    """Sea trials for deployed AI systems: release gates with verdicts that are hard to fool.

    First time here? `seatrial demo` certifies a small AI gateway on this machine.
    """
