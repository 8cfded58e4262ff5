from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.systems.servers import gone

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


@contextmanager
def supervised(command: list[str], pidfile: Path) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, "-m", "seatrial.systems.supervisor", "--pidfile", str(pidfile), "--"]
    with subprocess.Popen([*arguments, *command], stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def pid_after(pidfile: Path, before: int) -> int:
    """The process id, once it is another one."""
    for _ in range(2000):
        if pidfile.exists() and (pid := int(pidfile.read_text())) != before:
            return pid
        time.sleep(0.01)
    raise AssertionError("it was not started again")


def test_a_service_that_is_killed_is_started_again_and_told_by_its_file(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    with supervised(SLEEPER, pidfile):
        first = pid_after(pidfile, 0)
        os.kill(first, signal.SIGKILL)
        second = pid_after(pidfile, first)
        assert second != first
    assert gone(first, second)
    assert not pidfile.exists()


def test_it_stops_with_its_service(tmp_path: Path) -> None:
    with supervised(SLEEPER, tmp_path / "pid") as process:
        pid = pid_after(tmp_path / "pid", 0)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 128 + signal.SIGTERM
    assert gone(pid)


def test_it_gives_up_on_what_cannot_live(tmp_path: Path) -> None:
    with supervised([sys.executable, "-S", "-c", "raise SystemExit(7)"], tmp_path / "pid") as process:
        assert process.wait() == 7


def test_a_command_is_needed(tmp_path: Path) -> None:
    with supervised([], tmp_path / "pid") as process:
        assert process.wait() == 2
