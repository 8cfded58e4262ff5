"""The harness's end of the watchdog: tells it, before anything is done, how to undo it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from seatrial.core.errors import HarnessError
from seatrial.faults.process import watchdog
from seatrial.faults.process.watchdog import Step

WATCHDOG = Path(watchdog.__file__)
PATIENCE = 5.0
"""Seconds for the watchdog to end once it has nothing to do."""


class Guard:
    """One watchdog process, and what it is to undo.

    Attributes:
        pid: the watchdog.

    Raises:
        HarnessError: it could not be started.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", str(WATCHDOG), str(os.getpid())]
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own script
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, cwd="/"
            )
        except OSError as error:
            raise HarnessError(f"the watchdog of faults could not be started ({error.strerror})") from error
        self.pid = self._process.pid
        self._armed: dict[int, Step] = {}
        self._next = 0

    def arm(self, step: Step) -> None:
        """Have *step* undone when the harness dies, and by `undo`. To be called before the act itself.

        Raises:
            HarnessError: the watchdog is gone; nothing must be injected then.
        """
        self._next += 1
        self._tell({"arm": self._next, "step": step})
        self._armed[self._next] = step

    def undo(self) -> list[Step]:
        """Undo all that is armed, the last first; returns what could not be undone, which stays armed."""
        left = watchdog.undo_all(list(self._armed.values()))
        self._armed = {key: step for key, step in self._armed.items() if step in left}
        return left

    def end(self) -> None:
        """Let the watchdog go. It undoes what is still armed.

        Raises:
            HarnessError: it was gone before its time, or something could not be undone.
        """
        early = self._process.poll()
        if early is None and not self._armed:
            self._forget()
        self._close()
        code = self._process.wait(PATIENCE)
        if early is not None:
            raise HarnessError(
                f"the watchdog of faults had ended before its time (exit code {early})",
                hint="all was reverted, but for a while nothing would have reverted it without the harness",
            )
        if code:
            raise HarnessError(f"{code} step(s) of a fault could not be undone: {self._armed}")

    def _forget(self) -> None:
        with suppress(HarnessError):
            for key in range(1, self._next + 1):
                self._tell({"disarm": key})

    def _tell(self, message: dict[str, object]) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError as error:
            raise HarnessError(f"the watchdog of faults is gone ({error.strerror})") from error
        if answer != b"ok\n":
            raise HarnessError("the watchdog of faults is gone", hint="was it killed?")

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
