"""The experiment's end of the watchdog: a fault is armed before it is injected, disarmed once it is gone."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress

from seatrial.chaos.toolkit import leftovers
from seatrial.core.errors import HarnessError

PATIENCE = 10.0
"""Seconds for the watchdog to revert what is armed, and to end."""


class Watchdog:
    """One process that outlives ours by a moment, and reverts what we have left behind.

    Raises:
        HarnessError: it could not be started.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-m", leftovers.__name__]
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            raise HarnessError(f"the watchdog of faults could not be started ({error.strerror})") from error

    def tell(self, url: str, proxy: str, name: str, *, armed: bool) -> None:
        """Arm or disarm a fault.

        Raises:
            HarnessError: the watchdog is gone; nothing must be injected then.
        """
        line = json.dumps({"url": url, "proxy": proxy, "name": name, "armed": armed}).encode()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError as error:
            raise HarnessError(f"the watchdog of faults is gone ({error.strerror})") from error
        if answer != b"ok\n":
            raise HarnessError("the watchdog of faults is gone", hint="was it killed?")

    def end(self) -> int:
        """Let it revert what is armed, and end; returns how many faults it could not revert."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        return self._process.wait(PATIENCE)
