"""Processes for the faults to hit, and ways to look at them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

COUNT = """
import sys, time
while True:
    for _ in range(10000):
        pass
    print("tick", flush=True)
    time.sleep(0.005)
"""
CHILD = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
import time; time.sleep(600)
"""


@contextmanager
def script(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python script as a child of ours, in a group of its own; killed in the end, with what it started."""
    started = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        yield started
    finally:
        with_group_killed(started)


def with_group_killed(started: subprocess.Popen[str]) -> None:
    """Kill it and what it started, and wait for its end."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, 9)
    started.communicate()


def line(started: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert started.stdout is not None
    return started.stdout.readline().strip()


def ask(started: subprocess.Popen[str], text: str) -> str:
    """Its answer to a line."""
    assert started.stdin is not None
    started.stdin.write(text + "\n")
    started.stdin.flush()
    return line(started)


def state(pid: int) -> str:
    """The state letter of a process, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def soon(truth: Callable[[], object], patience: float = 15.0) -> bool:
    """Whether it is true now, or becomes true within the patience."""
    deadline = time.monotonic() + patience
    while not truth():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
