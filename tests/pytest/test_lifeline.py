"""A session ends when the command that asked for it is gone."""

from __future__ import annotations

import os
import subprocess
import sys

BODY = """
import sys, time
from seatrial.pytest.lifeline import hold

hold(int(sys.argv[1]))
print("holding", flush=True)
try:
    time.sleep(float(sys.argv[2]))
except KeyboardInterrupt:
    print("told")
"""


def started(held: int, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BODY, str(held), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=(held,))


def test_a_closed_pipe_interrupts_as_ctrl_c_does() -> None:
    held, lifeline = os.pipe()
    with started(held, 60) as process:
        os.close(held)
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        os.close(lifeline)
        assert process.communicate(timeout=30)[0] == "told\n"
    assert process.returncode == 0


def test_an_open_one_does_nothing_and_keeps_nobody() -> None:
    held, lifeline = os.pipe()
    with started(held, 0.2) as process:
        os.close(held)
        assert process.communicate(timeout=30)[0] == "holding\n"
    os.close(lifeline)
    assert process.returncode == 0
