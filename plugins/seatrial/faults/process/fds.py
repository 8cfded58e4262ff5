"""``process.fds``: no file descriptor is left: accept, connect and open fail with EMFILE.

Descriptors get the lowest free number, and none at or above the soft limit of RLIMIT_NOFILE (getrlimit(2)):
a limit below which only ``spare`` numbers are free leaves so many, whatever the process holds open.
"""

from __future__ import annotations

import os
import sys

from pydantic import Field

from seatrial.faults.process.base import ProcessAttributes
from seatrial.faults.process.limits import LimitFault
from seatrial.faults.process.proc import Process
from seatrial.faults.process.registry import register


class Attributes(ProcessAttributes):
    """How many are left."""

    spare: int = Field(default=0, ge=0)
    """File descriptors that each process can still open."""


@register
class ProcessFds(LimitFault[Attributes]):
    """Each process can open only so many more files and connections, none by default."""

    type = "process.fds"
    counts = "processes that can open no more than `spare`"

    @classmethod
    def lacking(cls) -> str | None:
        return None if sys.platform.startswith("linux") else "limits of other processes need Linux"

    def inject(self) -> None:
        import resource

        super().inject()
        self.resource = resource.RLIMIT_NOFILE
        for process in self.victim.processes():
            self.lower(process, limit_for(used(process), self.attributes.spare))

    def acting(self) -> int:
        """Counted from what they hold open: not one number more than `spare` is free below the limit."""
        return sum(
            limit - sum(number < limit for number in used(process)) <= self.attributes.spare
            for process, (_, limit) in self.injected.items()
            if process.alive
        )


def used(process: Process) -> set[int]:
    """The numbers of its open file descriptors."""
    try:
        return {int(name) for name in os.listdir(f"/proc/{process.pid}/fd")}
    except OSError:
        return set()


def limit_for(numbers: set[int], spare: int) -> int:
    """The lowest limit that leaves *spare* free numbers below it."""
    limit, free = 0, 0
    while free < spare or limit in numbers:
        free += limit not in numbers
        limit += 1
    return limit
