"""The helm of a game day: its journal, the identity of its target, its reports and its exit code."""

from __future__ import annotations

import json
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Any

import seatrial
from seatrial.cli.run_folder import RunFolder
from seatrial.core.decision import decide, decide_events
from seatrial.core.errors import SeatrialError, UsageError
from seatrial.core.journal import Event, JournalWriter, read_journal
from seatrial.core.outcome import ExitCode
from seatrial.targets.secret import Redactor

if TYPE_CHECKING:
    from seatrial.chaos.gameday.abort import Abort
    from seatrial.chaos.gameday.loader import LoadedGameDay
    from seatrial.targets.config import TargetConfig

_COLUMNS = ("exchanges", "warmup")  # numbers alone: nothing in them could be a secret


class Logbook:
    """Writes the journal and tells the view; every thread of the game day may call `record`.

    Args:
        folder: of the run.
        redactor: hides secrets from both.
        watch: takes every event as it is written.
    """

    def __init__(self, folder: RunFolder, redactor: Redactor, watch: Callable[[Event], None]) -> None:
        self._folder = folder
        self._redactor = redactor
        self._watch = watch
        self._began = time.monotonic()
        self._lock = threading.Lock()
        header = {
            "run": folder.id,
            "created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "seatrial": seatrial.__version__,
        }
        self._journal = JournalWriter(folder.journal, self.clock, header, redact=redactor.redact)

    def clock(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def record(self, event: str, **fields: Any) -> None:
        """Write one event."""
        with self._lock:
            self._journal.write(event, **fields)
            shown = fields if event in _COLUMNS else self._hidden(fields)
            self._watch({"event": event, "t": self.clock(), **shown})

    def hide(self, secret: str) -> None:
        """Let this never be seen."""
        self._redactor.add(secret)

    def trouble(self, error: SeatrialError) -> None:
        """Write down what went wrong."""
        kind = "usage" if isinstance(error, UsageError) else "harness"
        self.record("error", kind=kind, where=error.where, what=error.what, hint=error.hint)

    def finish(self, requests: int | None = None) -> None:
        """Write the last event, and close.

        Args:
            requests: how many were sent, where the journal holds no exchanges.
        """
        events = read_journal(self._folder.journal).events
        decision = decide_events(events)
        sent = sum(len(event["intended"]) for event in events if event["event"] == "exchanges")
        self.record(
            "finish",
            outcome=decision.outcome.value,
            exit_code=int(decision.exit_code),
            reasons=list(decision.reasons),
            counts=decision.counts,
            requests=sent if requests is None else requests,
            cost_usd=None,
            seconds=round(self.clock(), 3),
        )
        self._journal.close()

    def _hidden(self, fields: dict[str, Any]) -> dict[str, Any]:
        hidden: dict[str, Any] = json.loads(self._redactor.redact(json.dumps(fields)))
        return hidden


def identifier(source: str, book: Logbook) -> Callable[[str, TargetConfig], None]:
    """Takes the target's identity on both sides of a run.

    Args:
        source: the file that asked for it, for errors.
    """
    from seatrial.certificate import fingerprint
    from seatrial.targets.target import Target

    taken: dict[str, dict[str, Any]] = {}

    def identify(when: str, config: TargetConfig) -> None:
        with Target(config, connections=4) as target:
            facts = fingerprint.sample(target)
        if when == "before" and not fingerprint.answered(facts):
            raise UsageError(
                f"the target {config.name} at {fingerprint.public_uri(config.uri)} gives no answer",
                where=source,
                hint="start it, or correct its address, key and model",
            )
        before = taken.setdefault(config.name, facts)
        book.record(
            "fingerprint",
            when=when,
            target=config.name,
            uri=fingerprint.public_uri(config.uri),
            protocol=config.protocol,
            digest=fingerprint.digest(facts),
            facts=facts,
            changed=fingerprint.diff(before, facts) if when == "after" else [],
            on_change="inconclusive",
        )

    return identify


def facts(loaded: LoadedGameDay, seed: int, command: str) -> dict[str, Any]:
    """What is fixed before the first step, for the journal."""
    from seatrial.pytest.environment import facts as environment

    return {
        "policy": {
            "name": loaded.name,
            "digest": loaded.digest,
            "file": loaded.source,
            "effective": {},
            "checklists": [],
        },
        "seed": seed,
        "suites": ["gameday"],
        "purpose": "gameday",
        "command": command,
        "environment": environment(),
        "plan": {},
    }


def seed_of(loaded: LoadedGameDay, given: int | None) -> int:
    """The seed: given, the game day's own, or a fresh one."""
    seed = loaded.spec.seed if given is None else given
    return secrets.randbits(31) if seed is None else seed


@contextmanager
def signals_end(abort: Abort) -> Iterator[None]:
    """Ctrl-C and SIGTERM call the game day off; the way back cannot be interrupted by another one."""

    def stop(number: int, frame: FrameType | None) -> None:
        abort.call("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)

    names = (signal.SIGINT, signal.SIGTERM)
    try:
        before = {name: signal.signal(name, stop) for name in names}
    except ValueError:  # not in the main thread: whoever runs us there calls it off in another way
        yield
        return
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def exit_code(folder: RunFolder) -> ExitCode:
    """What the game day came to."""
    return decide(read_journal(folder.journal)).exit_code
