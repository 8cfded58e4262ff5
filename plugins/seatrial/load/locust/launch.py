"""Locust's master and workers as processes beside us: started, read from, and always ended.

Never imports Locust: what it patches would break the process that judges.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from seatrial.core.errors import HarnessError, UsageError
from seatrial.load import frames
from seatrial.load.locust.order import Order

GRACE = 20.0  # seconds to end, beyond the longest request


def require_locust() -> None:
    """Tell how to get Locust where it is not there.

    Raises:
        UsageError: it is not installed.
    """
    if importlib.util.find_spec("locust") is None:
        raise UsageError("Locust is not installed", hint="pip install 'seatrial[load]'")


def worker_command(file: Path, host: str, port: int) -> list[str]:
    """The command of one worker."""
    return [
        *(sys.executable, "-m", "seatrial.load.locust", "-f", str(file)),
        *("--worker", "--master-host", host, "--master-port", str(port), "--loglevel", "WARNING"),
    ]


def master_command(file: Path, bind: str, port: int, workers: int, users: int, stop: float) -> list[str]:
    """The command of the master.

    Args:
        bind: address it listens on, ``*`` for all.
        users: Locust's users over all workers.
        stop: seconds that a user has to finish what it is at.
    """
    return [
        *(sys.executable, "-m", "seatrial.load.locust", "-f", str(file), "--headless", "--master"),
        *("--master-bind-host", bind, "--master-bind-port", str(port), "--expect-workers", str(workers)),
        *("-u", str(users), "-r", str(users), "--stop-timeout", f"{stop:g}"),
        *("--only-summary", "--exit-code-on-error", "0", "--loglevel", "WARNING"),
    ]


class Crew:
    """A master and the workers of this machine.

    Args:
        file: the locustfile.
        order: what they are told.
        log: takes what they print.
        users: Locust's users over all workers.
        bind: address of the master; workers are started here only where *local*.
        local: how many of the workers run on this machine.

    Raises:
        HarnessError: a process cannot be started.
    """

    def __init__(
        self, file: Path, order: Order, log: Path, users: int, bind: tuple[str, int], local: int
    ) -> None:
        self.log = log
        self._frames = frames.Frames()
        self._told_to_end = False
        self._stop = order.config.timeouts.total + 1
        reading, writing = os.pipe()
        self._reading: int | None = reading
        self._log = log.open("ab")
        self.workers: list[subprocess.Popen[bytes]] = []
        host, port = bind
        command = master_command(file, host, port, order.workers, users, self._stop)
        try:
            self.master = self._start(command, replace(order, out=writing), (writing,))
            reached = "127.0.0.1" if host in ("*", "0.0.0.0") else host  # noqa: S104  # the user's own choice
            self.workers = [self._start(worker_command(file, reached, port), order, ()) for _ in range(local)]
        finally:
            os.close(writing)

    def _start(self, command: Sequence[str], order: Order, fds: Sequence[int]) -> subprocess.Popen[bytes]:
        try:
            # A session of its own: Ctrl-C in a terminal is heard by us alone, and we end it.
            return subprocess.Popen(  # noqa: S603  # our own interpreter, arguments as a list
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=order.environment(),
                pass_fds=fds,
                start_new_session=True,
            )
        except OSError as error:
            raise HarnessError(f"Locust cannot be started ({error.strerror})") from error

    def read(self, seconds: float) -> Iterator[tuple[bytes, bytes]]:
        """Messages of the master that come within *seconds*, as soon as there is one."""
        if self._reading is None or not select.select([self._reading], [], [], seconds)[0]:
            return
        data = os.read(self._reading, 1 << 20)
        if not data:
            os.close(self._reading)
            self._reading = None
        yield from self._frames.feed(data)

    @property
    def open(self) -> bool:
        """Whether more can come from the master."""
        return self._reading is not None

    def end(self) -> None:
        """Ask the master to end: its workers finish what is in flight and tell the last."""
        if self.master.poll() is None and not self._told_to_end:
            self._told_to_end = True
            self.master.send_signal(signal.SIGTERM)

    def last_words(self, lines: int = 8) -> str:
        """The end of what Locust printed."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def close(self) -> None:
        """End what is left of all processes."""
        for process in (self.master, *self.workers):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2.0)
            if process.poll() is None:
                process.kill()
                process.wait()
        if self._reading is not None:
            os.close(self._reading)
            self._reading = None
        self._log.close()


def free_port() -> int:
    """A port that nobody has at the moment."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
