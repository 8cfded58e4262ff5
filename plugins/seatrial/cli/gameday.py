"""`seatrial gameday`: people around a screen, faults and expected signals by a script."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.core.errors import SeatrialError, UsageError
from seatrial.core.outcome import ExitCode

if TYPE_CHECKING:
    from seatrial.chaos.gameday.abort import Abort
    from seatrial.chaos.gameday.desk import Desk
    from seatrial.chaos.gameday.loader import LoadedGameDay
    from seatrial.cli.helm import Logbook
    from seatrial.cli.run_folder import RunFolder
    from seatrial.reporting.gameday_live import GameDayScreen

_ASKS = ("pause", "observe")
"""Actions that need a person."""


@click.command(short_help="run a game day: faults and expected signals, by a script with people")
@click.argument("file")
@click.option("--yes", is_flag=True, help="Skip pauses and questions: nobody is there (for CI).")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the run's files. [default: runs/<id>]"
)
@click.option(
    "--seed", type=click.IntRange(0), help="Reproduces everything that is drawn. [default: a fresh one]"
)
@click.option(
    "--toxiproxy", metavar="URL", help="Use this Toxiproxy server for TCP faults instead of our own proxy."
)
@click.option("--check", is_flag=True, help="Only read the script and print it.")
def command(
    file: str, yes: bool, out: Path | None, seed: int | None, toxiproxy: str | None, check: bool
) -> int:
    """Run the game day in FILE (or a bundled one by name, such as provider-outage).

    Traffic flows from beginning to end while the script injects faults, waits for people and for signals
    of the monitoring. The key q or Ctrl-C ends it at once: every fault is taken back, and that is checked.
    The run's folder then holds journal.ndjson, report.html and a draft of the post-mortem.

    \b
    Leaves with  0  every expectation was met
                 1  an expectation was not met
                 2  not proven: a fault that never acted, a signal that was there before, too little traffic
                 3  usage or configuration: nothing was injected
                 4  called off, or harness trouble
    """
    from seatrial.chaos.gameday.loader import load_game_day

    loaded = load_game_day(file)
    if check:
        _print(loaded)
        return 0
    attended = sys.stdin.isatty() and sys.stdout.isatty() and not yes
    if not attended and not yes and any(step.action in _ASKS for step in loaded.spec.steps):
        raise UsageError(
            "the script waits for people, and there is no terminal for them",
            where=loaded.source,
            hint="run it in a terminal, or with --yes to skip pauses and questions",
        )
    words = ["seatrial", "gameday", file, *(["--yes"] if yes else [])]
    words += ["--toxiproxy", toxiproxy] if toxiproxy else []
    return run(loaded, out, seed, toxiproxy, attended=attended, told=shlex.join(words))


def run(
    loaded: LoadedGameDay,
    out: Path | None,
    seed: int | None,
    toxiproxy: str | None,
    *,
    attended: bool,
    told: str,
) -> ExitCode:
    """Run a game day, write its reports, and say what it came to.

    Raises:
        UsageError: it cannot be run as it stands.
        HarnessError: the folder or a report cannot be written.
    """
    from seatrial.chaos.gameday.abort import Abort
    from seatrial.cli import helm
    from seatrial.cli.run_folder import new_run
    from seatrial.reporting.gameday_live import GameDayScreen
    from seatrial.targets.secret import Redactor

    folder = new_run(out)
    redactor = Redactor([secret.reveal() for secret in loaded.secrets])
    if loaded.policy is not None:
        redactor.add(*(secret.reveal() for secret in loaded.policy.secrets))
    abort = Abort()
    failed: SeatrialError | None = None
    with ExitStack() as stack:
        screen = stack.enter_context(GameDayScreen(attended=attended))
        book = helm.Logbook(folder, redactor, screen.feed)
        stack.enter_context(helm.signals_end(abort))
        drawn = helm.seed_of(loaded, seed)
        book.record("run", **helm.facts(loaded, drawn, told))
        desk = stack.enter_context(_desk(attended, abort, book, screen))
        failed = _sail(loaded, book, abort, desk, drawn, toxiproxy)
        book.finish()
    return _conclude(folder, screen, failed)


def _sail(
    loaded: LoadedGameDay,
    book: Logbook,
    abort: Abort,
    desk: Desk,
    seed: int,
    toxiproxy: str | None,
) -> SeatrialError | None:
    """The game day itself; what went wrong with it is in the journal."""
    from seatrial.chaos.gameday import session
    from seatrial.chaos.gameday.proxying import FaultProxy
    from seatrial.cli.helm import identifier

    book.record("gameday", **session.opening(loaded))
    crew = session.Crew(
        clock=book.clock,
        record=book.record,
        abort=abort,
        desk=desk,
        proxy=lambda: FaultProxy(seed, toxiproxy),
        identify=identifier(loaded.source, book),
        hide=book.hide,
        seed=seed,
    )
    failed: SeatrialError | None = None
    try:
        session.run(loaded, crew)
    except SeatrialError as error:
        failed = error
        book.trouble(error)
    if abort.called:
        by = f"{abort.by}: {abort.why}" if abort.why else abort.by
        what = f"the game day was called off by {by}"
        book.record("error", kind="interrupted", where=None, what=what, hint="run it again when it is safe")
    return failed


def _desk(attended: bool, abort: Abort, book: Logbook, screen: GameDayScreen) -> AbstractContextManager[Desk]:
    """Who sits there: people at a keyboard, or nobody."""
    from seatrial.chaos.gameday.desk import Unattended
    from seatrial.cli.keyboard import Keyboard

    if not attended:
        return nullcontext(Unattended())

    def note(text: str) -> None:
        book.record("note", step=None, role=None, question="", text=text)

    return Keyboard(abort, note=note, typing=screen.typing)


def _conclude(folder: RunFolder, screen: GameDayScreen, failed: SeatrialError | None) -> ExitCode:
    """Write the reports, and say what it came to."""
    from seatrial.cli.helm import exit_code
    from seatrial.reporting.build import load_report
    from seatrial.reporting.gameday_live import end_of_game_day
    from seatrial.reporting.write import write_all

    report = load_report(folder.journal)
    files = [file for file in write_all(report, folder.path) if file.suffix in (".html", ".md")]
    shown = [(file.stem, _shown(file)) for file in files if file.name != "summary.md"]
    end_of_game_day(report, screen.console, shown)
    if failed is not None:
        raise failed
    return exit_code(folder)


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _print(loaded: LoadedGameDay) -> None:
    """The script, one line a step."""
    from seatrial.chaos.gameday.outline import Outline

    click.echo(f"{loaded.name}: {len(loaded.spec.steps)} steps, {loaded.digest}")
    for step in Outline(loaded.name, loaded.spec).told():
        role = f"{step['role']}: " if step["role"] else ""
        click.echo(f"{step['number'] + 1:3}  {step['action']:<10} {role}{step['about']}")
