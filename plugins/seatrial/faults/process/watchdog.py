"""The process that reverts faults when the harness cannot: it outlives the harness by a moment.

Run as a script with the standard library only: ``watchdog.py HARNESS``, the process id of the harness. It is
told on its standard input, a line of JSON each, what to do should the harness end: ``{"arm": KEY, "step":
{...}}`` and ``{"disarm": KEY}``, and answers every line with ``ok``. When its input ends, or the harness has
died (which it also sees where a forked child holds the pipe open), it undoes what is armed, the last first.

The harness itself reverts by the same steps (`undo`): there is one way to revert, not two.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Step = dict[str, Any]

ROUNDS = 20
PAUSE = 0.05
"""A step that fails (a file system still in use) is tried again: 20 times, 50 ms apart, one second in all."""


def main(harness: int) -> int:
    """Serve until the harness is gone; returns the number of steps that could not be undone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            number, signal.SIG_IGN
        )  # Ctrl-C reaches the whole terminal: this process must outlast it
    armed: dict[int, Step] = {}
    channels = [0, *_death_of(harness)]
    rest = b""
    while True:
        ready = select.select(channels, [], [])[0]
        data = os.read(0, 65536) if 0 in ready else b""
        if not data:
            return len(undo_all(list(armed.values())))
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "arm" in told:
                armed[told["arm"]] = told["step"]
            else:
                armed.pop(told["disarm"], None)
            os.write(1, b"ok\n")


def _death_of(harness: int) -> list[int]:
    """A channel that becomes readable when the harness dies; none where the kernel has no such thing."""
    try:
        return [os.pidfd_open(harness)] if sys.platform == "linux" else []
    except OSError:
        return []


def undo_all(steps: list[Step]) -> list[Step]:
    """Undo *steps*, the last first, trying again for a second; returns those that failed."""
    left = steps[::-1]
    for _ in range(ROUNDS):
        left = [step for step in left if not _undone(step)]
        if not left:
            break
        time.sleep(PAUSE)
    return left


def _undone(step: Step) -> bool:
    try:
        undo(step)
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return True


def undo(step: Step) -> None:
    """Do what one step says; harmless when it is done already.

    Raises:
        OSError, subprocess.SubprocessError: it could not be done.
    """
    UNDO[step["do"]](step)


def started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; with its id, its name for good. None: it is gone."""
    fields = stat(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[19])


def stat(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` from the third (the state) on; None where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def descendants(pid: int) -> list[int]:
    """*pid* and all living processes below it, parents first."""
    found = [pid]
    for each in found:
        found += children(each)
    return found


def children(pid: int) -> list[int]:
    """The living children of a process, of all its threads."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    return found


def _same(step: Step) -> bool:
    return bool(started(step["pid"]) == step["start"])


def _signal(step: Step) -> None:
    if _same(step):
        with contextlib.suppress(ProcessLookupError):
            os.kill(step["pid"], step["signal"])


def _limit(step: Step) -> None:
    """Raise a soft limit again, for a process and for all that it has started under that limit."""
    import resource

    if not _same(step):
        return
    for pid in descendants(step["pid"]):
        with contextlib.suppress(ProcessLookupError):
            soft, hard = resource.prlimit(pid, step["resource"])
            if pid == step["pid"] or soft == step["injected"]:
                resource.prlimit(pid, step["resource"], (step["soft"], hard))


def _unlink(step: Step) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(step["path"])


def _write(step: Step) -> None:
    """Write in place: files of the kernel, and files that are bound to another place."""
    with contextlib.suppress(FileNotFoundError), open(step["path"], "r+", encoding="utf-8") as file:
        file.write(step["text"])
        if os.path.isfile(step["path"]) and not step["path"].startswith("/sys/"):
            file.truncate()


def _leave(step: Step) -> None:
    """Move every process of a control group back to where it came from, and remove the group."""
    if not os.path.isdir(step["path"]):
        return
    with open(step["path"] + "/cgroup.procs", encoding="ascii") as file:
        inside = file.read().split()
    for pid in inside:
        with contextlib.suppress(ProcessLookupError), open(step["to"] + "/cgroup.procs", "w") as file:
            file.write(pid)
    os.rmdir(step["path"])


def _unmount(step: Step) -> None:
    if os.path.ismount(step["path"]):
        subprocess.run(["umount", step["path"]], check=True, capture_output=True)  # noqa: S603, S607


def _inside(step: Step) -> None:
    """Run a command in a network namespace; there is nothing to do when that is gone."""
    pid = in_namespace("net", step["netns"])
    if pid is not None:
        enter = ["nsenter", f"--net=/proc/{pid}/ns/net", "--"]
        subprocess.run([*enter, *step["argv"]], check=True, capture_output=True, timeout=5)  # noqa: S603


def in_namespace(kind: str, name: str) -> int | None:
    """A process in the namespace ``net:[4026531840]``, None where there is none left."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{pid}/ns/{kind}") == name:
                return int(pid)
    return None


UNDO: dict[str, Callable[[Step], None]] = {
    "signal": _signal,
    "limit": _limit,
    "unlink": _unlink,
    "write": _write,
    "leave": _leave,
    "unmount": _unmount,
    "inside": _inside,
}

if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
