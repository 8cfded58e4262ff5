"""A process under guard: nothing of it survives the harness, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from seatrial.core.errors import HarnessError, UsageError

GUARDIAN = Path(__file__).with_name("guardian.py")
AFTER_GRACE = 5.0
"""Seconds for the guardian to kill what is left and to end."""


class GuardedProcess:
    """A command in a process group and a session of its own, watched by a guardian.

    Args:
        command: program and arguments.
        env: its whole environment.
        folder: its working directory.
        log: its output, appended.
        stop: the signal that asks it to end.
        grace: seconds until it is killed.

    Attributes:
        pid: the process, which leads its process group.

    Raises:
        HarnessError: it could not be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        folder: Path,
        log: Path,
        stop: str = "SIGTERM",
        grace: float = 5.0,
    ) -> None:
        if sys.platform == "win32":
            raise UsageError("systems can be started on Linux and macOS only", hint="start it by hand")
        self._grace = grace
        alive, self._lifeline = os.pipe()
        told, tell = os.pipe()
        number = str(int(signal.Signals[stop]))
        guard = [sys.executable, "-I", "-S", str(GUARDIAN), str(alive), str(tell), number, str(grace)]
        try:
            with log.open("ab") as output:
                self._guardian = subprocess.Popen(  # noqa: S603  what a recipe says
                    [*guard, *command],
                    env=dict(env),
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=(alive, tell),
                    start_new_session=True,
                )
        except OSError as error:
            self._cut_lifeline()
            os.close(told)
            raise HarnessError(f"{command[0]} could not be started ({error.strerror})") from error
        finally:
            os.close(alive)
            os.close(tell)
        with os.fdopen(told) as report:
            line = report.readline()
        self.pid = int(line) if line else 0

    @property
    def exit_code(self) -> int | None:
        """The exit code (128 + n for signal n), None while it runs."""
        return self._guardian.poll()

    def stop(self) -> int:
        """Ask it to end, kill what is left of its group after the grace, and wait; returns the exit code."""
        self._cut_lifeline()
        try:
            return self._guardian.wait(self._grace + AFTER_GRACE)
        except subprocess.TimeoutExpired:
            for group in (self.pid, self._guardian.pid):
                _kill_group(group)
            return self._guardian.wait()

    def kill(self) -> int:
        """Kill the whole process group at once, and wait; returns the exit code."""
        _kill_group(self.pid)
        return self.stop()

    def _cut_lifeline(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def _kill_group(group: int) -> None:
    if group > 0:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
