"""One certification, from policy to exit code: a child is started, followed, and what it found is told."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from seatrial.cli.child import Child
from seatrial.cli.run_folder import RunFolder, new_run
from seatrial.cli.signing import SigningKey, signing_key
from seatrial.core.errors import HarnessError, SeatrialError, UsageError
from seatrial.core.journal import Event, Journal, read_journal
from seatrial.core.outcome import ExitCode

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.reporting.live import LiveView

FULL = 65_536  # bytes: below it neither a journal nor a report can be finished
PYTEST_USAGE = 4  # pytest's exit code for a command line, policy or collection that makes no sense


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be certified, and how.

    Attributes:
        policy: the release policy's file, or the name of a bundled one.
        target: URL to try instead of the policy's.
        suites: names; empty for all that apply.
        out: folder for the run's files; ``runs/<id>`` where omitted.
        seed: of everything that is drawn; a fresh one where omitted.
        key: the private key's file; this user's own where omitted.
        command: what to print for reproducing the run.
        toxiproxy: address of a Toxiproxy server that injects the faults of TCP, instead of our own proxy.
        earlier: a run whose evidence is continued: its folder, or its journal.
    """

    policy: str
    target: str | None = None
    suites: tuple[str, ...] = ()
    out: Path | None = None
    seed: int | None = None
    key: Path | None = None
    command: str = ""
    earlier: Path | None = None
    toxiproxy: str | None = None

    def told(self) -> str:
        """The command that does the same again."""
        if self.command:
            return self.command
        words = ["seatrial", "certify", "--policy", self.policy]
        words += ["--target", self.target] if self.target else []
        words += ["--continue", str(self.earlier)] if self.earlier else []
        words += ["--toxiproxy", self.toxiproxy] if self.toxiproxy else []
        words += [word for suite in self.suites for word in ("--suite", suite)]
        return shlex.join(words)


def certify(order: Order) -> ExitCode:
    """Put a system through a policy, write down what was found, and say what it comes to.

    The policy, its target and the key are looked at first: what is wrong with them is told before anything
    is made or sent.

    Raises:
        UsageError: the policy, a suite's name or the key cannot be used; nothing was sent then.
        HarnessError: the run's folder or a report cannot be written, or pytest did not come to its end.
    """
    from seatrial.cli.preflight import require_targets
    from seatrial.policy.loader import load_policy

    policy = load_policy(order.policy, target=order.target)
    key = signing_key(order.key)
    require_targets(policy)
    folder = new_run(order.out)
    if key.made:
        click.echo(f"made a key to sign with: {key.path} (its public half: {folder.public_key})")
    interrupted = _sail(order, policy, folder)
    return _conclude(order, key, folder, interrupted)


def _earlier(order: Order, folder: RunFolder) -> list[str]:
    """The journal whose evidence goes on, also where the new run has just taken its place."""
    if order.earlier is None:
        return []
    journal = (order.earlier / "journal.ndjson" if order.earlier.is_dir() else order.earlier).absolute()
    if folder.moved is not None and journal == folder.journal:
        journal = folder.moved / journal.name
    return ["--trial-continue", str(journal)]


def _suites(order: Order, policy: LoadedPolicy) -> tuple[str, ...]:
    """The suites to run: those that were asked for, those of the policy, or all that apply to it."""
    if order.suites:
        return order.suites
    from seatrial.policy.suites import applicable

    # The checklists that the policy demands are a suite of their own: its controls come last.
    controls = ("checklists",) if policy.spec.checklists else ()
    return (*(policy.spec.suites or applicable(policy.spec)), *controls)


def _sail(order: Order, policy: LoadedPolicy, folder: RunFolder) -> bool:
    """Run the child and show what it does; True where it was interrupted."""
    arguments = ["--trial-policy", str(policy.path.absolute()), "--trial-out", str(folder.path)]
    arguments += ["--trial-run", folder.id, *(() if order.suites else ("--trial-whole",))]
    arguments += ["--trial-command", order.told()]
    arguments += [word for suite in _suites(order, policy) for word in ("--trial-suite", suite)]
    arguments += ["--trial-seed", str(order.seed)] if order.seed is not None else []
    arguments += ["--trial-target", order.target] if order.target else []
    arguments += ["--trial-toxiproxy", order.toxiproxy] if order.toxiproxy else []
    arguments += _earlier(order, folder)
    with told_to_stop(), Child(arguments, folder.log) as child, Screen() as screen:
        try:
            for event in child.events(folder.journal):
                screen.feed(event)
        except KeyboardInterrupt:
            child.interrupt()
            for event in child.left():
                screen.feed(event)
            return True
    _refused(child, folder)
    return False


class Screen(ExitStack):
    """The live view, opened once there is something to judge: what is refused before is told in one line."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[Event] = []
        self._view: LiveView | None = None

    def feed(self, event: Event) -> None:
        """Show one event of the journal."""
        from seatrial.reporting.live import LiveView

        self._waiting.append(event)
        if self._view is None and event["event"] in ("collected", "finish"):
            self._view = self.enter_context(LiveView())
        if self._view is not None:
            for waiting in self._waiting:
                self._view.feed(waiting)
            self._waiting.clear()


@contextmanager
def told_to_stop() -> Iterator[None]:
    """SIGINT and SIGTERM both interrupt: a CI system that cancels a job sends the one or the other.

    Also where SIGINT was ignored, as a script's background jobs inherit it: the child must hear it from us.
    Python's own handler, and none of ours: by that an event loop knows that it may take the signal itself and
    cancel what it runs. A handler that raises would raise within a callback, where loops swallow it.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    if threading.current_thread() is not threading.main_thread():
        yield  # whoever runs us there ends us in another way
        return
    before: list[tuple[int, Any]] = [
        (signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler)),
        (signal.SIGTERM, signal.signal(signal.SIGTERM, stop)),
    ]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _refused(child: Child, folder: RunFolder) -> None:
    """Tell why a child ended without a journal worth reading.

    Raises:
        UsageError: pytest refused what it was asked.
        HarnessError: it died.
    """
    journal = _journal(folder)
    if journal is not None and (journal.complete or journal.first("error")):
        return
    if shutil.disk_usage(folder.path).free < FULL:
        raise HarnessError(
            "no space left: the run was cut off and certifies nothing",
            where=str(folder.path),
            hint="free some space, or choose another folder with --out",
        )
    words = child.last_words()
    if child.returncode == PYTEST_USAGE and "ERROR: " in words:
        said, hint = words.rpartition("ERROR: ")[2].strip(), f"pytest said more in {folder.log}"
        if journal is None or journal.first("fingerprint") is None:
            folder.undo()
            hint = "nothing was sent, and no run was kept"
        raise UsageError(said, hint=hint)
    code = child.returncode or 0
    died = f"was killed by signal {-code}" if code < 0 else f"left with {code}"
    raise HarnessError(
        f"pytest {died} before the run was over; it said last:\n{words}", where=str(folder.log)
    )


def _journal(folder: RunFolder) -> Journal | None:
    return read_journal(folder.journal) if folder.journal.exists() and folder.journal.stat().st_size else None


def _conclude(order: Order, key: SigningKey, folder: RunFolder, interrupted: bool) -> ExitCode:
    """Write reports and certificate, and decide."""
    from seatrial.core.decision import decide
    from seatrial.core.demands import unmet
    from seatrial.reporting.write import write_reports

    journal = _journal(folder)
    if journal is None:
        click.echo("interrupted before anything was recorded: nothing is certified", err=True)
        return ExitCode.HARNESS
    decision = decide(journal)
    signed = not interrupted and _sign(key, folder)
    in_part = bool(unmet(journal.events))
    sound = _verified(order, folder) if signed and decision.outcome.green and not in_part else None
    write_reports(folder.journal, folder.path, certificate_verified=sound)
    _summarise(folder)
    if interrupted:
        click.echo(
            "interrupted: the target was given back, the journal is whole, nothing is certified", err=True
        )
    if signed and in_part:
        click.echo("a part of the policy was run: the certificate says so, and certifies nothing")
    _tell_files(order, folder, signed=signed, granted=bool(sound))
    return ExitCode.HARNESS if interrupted else decision.exit_code


def _sign(key: SigningKey, folder: RunFolder) -> bool:
    """Sign what was found. A run that certifies nothing gets no certificate; its own exit code stands."""
    from seatrial.certificate.statement import issue

    try:
        folder.public_key.write_text(key.public, "utf-8")
    except OSError as error:
        raise HarnessError(
            f"the key cannot be written ({error.strerror})", where=str(folder.public_key)
        ) from error
    try:
        issue(folder.journal, key.path, folder.certificate)
    except UsageError as error:
        click.echo(f"no certificate: {error.what}", err=True)
        return False
    return True


def _verified(order: Order, folder: RunFolder) -> bool:
    """Have the new certificate accepted as anybody else would; a refusal can only be our own fault."""
    from seatrial.certificate.verify import verify
    from seatrial.policy.effective import digest_of

    policy = digest_of(order.policy)
    try:
        verify(
            folder.certificate,
            keys=folder.public_key,
            now=datetime.now(UTC),
            policy=policy,
            journal=folder.journal,
        )
    except SeatrialError as error:
        raise HarnessError(
            f"the certificate just made is refused: {error.what}", where=str(folder.certificate)
        ) from error
    return True


def _summarise(folder: RunFolder) -> None:
    """Add the summary to the page of a GitHub job, where there is one."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if not page:
        return
    try:
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(folder.summary.read_text("utf-8") + "\n")
    except OSError as error:
        raise HarnessError(f"the job's summary cannot be written ({error.strerror})", where=page) from error


def _tell_files(order: Order, folder: RunFolder, *, signed: bool, granted: bool) -> None:
    def shown(path: Path) -> str:
        return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)

    click.echo(f"report       {shown(folder.report)}")
    if not signed:
        return
    if not granted:
        click.echo(f"statement    {shown(folder.certificate)} (signed; it certifies nothing)")
        return
    click.echo(f"certificate  {shown(folder.certificate)}")
    words = ["seatrial", "verify", shown(folder.certificate), "--policy", order.policy]
    click.echo(f"verify with  {shlex.join([*words, '--key', shown(folder.public_key)])}")
