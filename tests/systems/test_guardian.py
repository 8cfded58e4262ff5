"""The guardian alone: a script that must run without seatrial, and survive only as long as it is needed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from seatrial.systems.process import GUARDIAN
from tests.systems.servers import gone


@contextmanager
def guardian(code: str, grace: float = 5.0) -> Iterator[tuple[subprocess.Popen[bytes], int, int]]:
    """The guardian of a Python snippet, the snippet's process id, and the lifeline's end that we hold."""
    alive, lifeline = os.pipe()
    told, tell = os.pipe()
    arguments = [str(alive), str(tell), str(int(signal.SIGTERM)), str(grace), sys.executable, "-c", code]
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARDIAN), *arguments],
        pass_fds=(alive, tell),
        start_new_session=True,
    )
    os.close(alive)
    os.close(tell)
    with os.fdopen(told) as report, process:
        yield process, int(report.readline() or 0), lifeline
        with suppress(OSError):  # the test may have closed it
            os.close(lifeline)


@pytest.mark.parametrize(
    ("code", "expected"), [("", 0), ("raise SystemExit(5)", 5), ("import os; os.abort()", 134)]
)
def test_its_exit_code_is_the_systems(code: str, expected: int) -> None:
    with guardian(code) as (process, _, _):
        assert process.wait(20) == expected


def test_the_end_of_the_lifeline_ends_the_system() -> None:
    with guardian("import time; time.sleep(600)") as (process, pid, lifeline):
        os.close(lifeline)
        assert process.wait(20) == 128 + signal.SIGTERM
        assert gone(pid)


def test_a_signal_to_the_guardian_alone_ends_nothing() -> None:
    with guardian("import time; time.sleep(600)") as (process, pid, lifeline):
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        os.close(lifeline)
        process.wait(20)
        assert gone(pid)


def test_the_system_leads_a_group_of_its_own() -> None:
    with guardian("import time; time.sleep(600)") as (process, pid, _):
        assert os.getpgid(pid) == pid != os.getpgid(process.pid) == process.pid
        assert os.getsid(pid) == process.pid


def test_the_system_holds_no_end_of_the_lifeline() -> None:
    code = "import os, sys; sys.exit(sum(os.path.exists(f'/dev/fd/{n}') for n in range(3, 40) if n != 3))"
    with guardian(code) as (process, _, _):
        assert process.wait(20) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_the_system_goes_with_a_guardian_that_is_killed() -> None:
    with guardian("import time; time.sleep(600)") as (process, pid, _):
        process.kill()
        assert gone(pid)
