"""What ``/proc`` tells of a process (Linux, proc(5)), and what names it for good: its id and its start."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from seatrial.core.errors import UsageError
from seatrial.faults.process import guard
from seatrial.faults.process.watchdog import children, descendants, started, stat
from seatrial.systems.process import GUARDIAN

__all__ = ["Process", "children", "descendants", "listed", "refuse", "tree"]


class Process(NamedTuple):
    """A process by its id and its start: an id alone may be another's tomorrow."""

    pid: int
    start: int

    @property
    def alive(self) -> bool:
        """Whether it still runs; one that has ended and was not yet waited for does not."""
        return started(self.pid) == self.start

    @property
    def state(self) -> str:
        """R running, S sleeping, D waiting for a device, T stopped; empty when it is gone."""
        fields = stat(self.pid)
        return fields[0] if fields and fields[0] not in "ZX" and int(fields[19]) == self.start else ""

    @property
    def ticks(self) -> int:
        """Clock ticks of CPU time that it has used, 0 when it is gone."""
        fields = stat(self.pid)
        return int(fields[11]) + int(fields[12]) if fields and int(fields[19]) == self.start else 0

    @property
    def resident(self) -> int:
        """Bytes of memory that it holds, 0 when it is gone."""
        fields = stat(self.pid)
        return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") if fields and self.alive else 0

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still the same process."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def tree(pid: int) -> list[Process]:
    """A process and all below it, parents first, without those that have ended."""
    return [Process(each, start) for each in descendants(pid) if (start := started(each)) is not None]


def listed(processes: list[Process], what: str) -> str | None:
    """``12, 13 are not stopped``; None for none."""
    return f"{', '.join(str(process.pid) for process in processes)} {what}" if processes else None


def refuse(pid: int, who: str) -> None:
    """Refuse to touch a process that is none of ours to touch.

    Raises:
        UsageError: it is missing, a thread, pid 1, this harness, one of its parents or guards, a thread of
            the kernel, or belongs to another user.
    """
    if not sys.platform.startswith("linux"):
        raise UsageError(f"{who}: faults of processes need Linux", hint="use the faults of the proxy")
    why = _objection(pid)
    if why:
        raise UsageError(f"{who}: process {pid} is not touched: {why}", hint="name a process of the system")


def _objection(pid: int) -> str | None:
    if pid <= 1:
        return "it is the system's first process" if pid == 1 else "a process id is a number above 1"
    fields = stat(pid)
    if fields is None or fields[0] in "ZX":
        return "there is no such process"
    if pid == os.getpid():
        return "it is the harness itself"
    if pid in _ancestors():
        return "the harness runs below it"
    if pid == 2 or fields[1] == "2":
        return "it is a part of the kernel"
    if not _leads(pid):
        return "it is a thread of another process"
    if os.stat(f"/proc/{pid}").st_uid != os.geteuid():
        return "it belongs to another user"
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    if {str(guard.WATCHDOG).encode(), str(GUARDIAN).encode()} & set(words[:5]):
        return "it guards a system or a fault of a harness"
    return None


def _ancestors() -> set[int]:
    found: set[int] = set()
    pid = os.getppid()
    while pid > 1 and pid not in found:
        found.add(pid)
        fields = stat(pid)
        pid = int(fields[1]) if fields else 0
    return found


def _leads(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
    return f"\nTgid:\t{pid}\n" in status
