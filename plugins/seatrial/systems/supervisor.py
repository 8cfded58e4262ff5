"""``python -m seatrial.systems.supervisor --pidfile FILE -- COMMAND...``: keep a service running.

As systemd or a container's restart policy do: a service that dies is started again, and the file tells under
which process id. It gives up when the service cannot live: `MOST` deaths within `WINDOW` seconds.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

PAUSE = 0.1
"""Seconds between a death and the next start."""
MOST, WINDOW = 10, 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep it running; returns its exit code when it was told to stop, or the last one when it gave up."""
    parser = argparse.ArgumentParser(prog="python -m seatrial.systems.supervisor", description=__doc__)
    parser.add_argument("--pidfile", type=Path, required=True, help="file that tells the process id")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- and the service's command")
    options = parser.parse_args(arguments)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        parser.error("what shall be kept running? write -- COMMAND")
    return Supervisor(command, options.pidfile).run()


class Supervisor:
    """Keeps one command running.

    Args:
        command: program and arguments.
        pidfile: written anew for each start, in one step.

    Attributes:
        started: when it was last started, seconds on `time.monotonic`.
    """

    def __init__(self, command: Sequence[str], pidfile: Path) -> None:
        self._command = command
        self._pidfile = pidfile
        self._child: subprocess.Popen[bytes] | None = None
        self._told_to_stop = False
        self.started = time.monotonic()

    def run(self) -> int:
        """Until it is told to stop by SIGTERM or SIGINT, which it passes on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        deaths: deque[float] = deque(maxlen=MOST)
        code = 0
        while not self._told_to_stop:
            code = self._once()
            deaths.append(time.monotonic())
            if len(deaths) == MOST and deaths[-1] - deaths[0] < WINDOW:
                break
            if not self._told_to_stop:
                print(f"the service ended with {code}: it is started again", file=sys.stderr, flush=True)
                time.sleep(PAUSE)
        self._pidfile.unlink(missing_ok=True)
        return code if code >= 0 else 128 - code

    def again(self) -> None:
        """Kill the service, also one that hangs: it is started again."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()

    def _once(self) -> int:
        self._child = child = subprocess.Popen(self._command)  # noqa: S603  what a recipe says
        self.started = time.monotonic()
        if self._told_to_stop:  # told while it was being started
            child.terminate()
        new = self._pidfile.with_name(self._pidfile.name + ".new")
        new.write_text(f"{child.pid}\n", encoding="ascii")
        os.replace(new, self._pidfile)
        return child.wait()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._told_to_stop = True
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)


if __name__ == "__main__":
    sys.exit(main())
