"""The process between the harness and a system: it lives as long as the harness holds a pipe open.

Run as a script with the standard library only: ``guardian.py LIFELINE STATUS SIGNAL GRACE COMMAND...``.

* LIFELINE is the reading end of a pipe whose other end only the harness holds. When that end closes, because
  the harness stops the system, ends, or was killed with SIGKILL, the guardian stops the system: SIGNAL, GRACE
  seconds, then SIGKILL to its process group and to everything else it left behind.
* STATUS is a pipe to which the process id of the system is written.

A parent-death signal alone would not do: it reaches the direct child only, and it is sent already when the
*thread* that started the child ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
NOT_STARTED = 127


def main(lifeline: int, status: int, stop: int, grace: float, command: list[str]) -> int:
    """Run *command* until it ends or the lifeline does; returns its exit code, 128 + n for signal n."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # a handler and not SIG_IGN, which the system would inherit
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        child = subprocess.Popen(command, process_group=0, preexec_fn=die_with_guardian)  # noqa: S603, PLW1509  one thread
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_STARTED
    os.write(status, f"{child.pid}\n".encode())
    os.close(status)
    code = wait(child.pid, [lifeline, woken], None)
    if code is None:
        signal_group(child.pid, stop, only_leader=True)
        code = wait(child.pid, [woken], grace)
    sweep(child.pid)
    return 128 + signal.SIGKILL if code is None else code


def die_with_guardian() -> None:
    """Should the guardian itself be killed, the system goes too."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def prctl(option: int, value: int) -> None:
    """Linux only; elsewhere the lifeline has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def wait(pid: int, channels: list[int], seconds: float | None) -> int | None:
    """The exit code of *pid*; None when the lifeline (the first of two channels) ends or time is up."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        code = reap(pid)
        if code is not None:
            return code
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready = select.select(channels, [], [], left)[0]
        if left is not None and not ready:
            return None
        for channel in ready:
            if not read(channel) and len(channels) == 2 and channel == channels[0]:
                return None


def read(channel: int) -> bytes:
    """What waits there; nothing at its end."""
    try:
        return os.read(channel, 4096)
    except BlockingIOError:
        return b""


def reap(pid: int) -> int | None:
    """Collect every child that has ended; the exit code of *pid* where it is among them."""
    code = None
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if ended == 0:
            return code
        if ended == pid:
            ending = os.waitstatus_to_exitcode(status)
            code = ending if ending >= 0 else 128 - ending


def sweep(group: int) -> None:
    """Kill what is left: the process group, and (on Linux) descendants that left it."""
    for _ in range(100):
        signal_group(group, signal.SIGKILL)
        orphans = children(os.getpid())
        for orphan in orphans:
            signal_one(orphan, signal.SIGKILL)
        reap(-1)
        if not orphans:
            return
        time.sleep(0.01)


def children(pid: int) -> list[int]:
    """The living children of *pid*; orphans of a subreaper's descendants become its own."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listing:
            return [int(child) for child in listing.read().split()]
    except OSError:
        return []


def signal_group(group: int, number: int, *, only_leader: bool = False) -> None:
    """Signal a process group, or its leader; wakes what is stopped so that it can end in good order."""
    if only_leader:
        signal_one(group, number)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGCONT if only_leader else number)


def signal_one(pid: int, number: int) -> None:
    """Signal one process, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    lifeline, status, stop, grace, *command = sys.argv[1:]
    sys.exit(main(int(lifeline), int(status), int(stop), float(grace), command))
