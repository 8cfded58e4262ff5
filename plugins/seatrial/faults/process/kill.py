"""``process.kill``: a crash. A recipe's system is started again afterwards; a named process is not.

SIGKILL leaves no time to finish, as the kernel's out-of-memory killer does; SIGTERM is what an orchestrator
sends first.
"""

from __future__ import annotations

import signal
from typing import Literal

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.process.base import ProcessAttributes, ProcessFault
from seatrial.faults.process.proc import listed
from seatrial.faults.process.registry import register


class Attributes(ProcessAttributes):
    """How it dies."""

    signal: Literal["KILL", "TERM", "INT", "QUIT", "ABRT", "SEGV"] = "KILL"
    """The signal that all its processes get."""
    again: bool = True
    """Whether a system that a recipe started is started again when the fault ends."""


@register
class ProcessKill(ProcessFault[Attributes]):
    """All processes are killed; a system started by a recipe stays down until the fault ends."""

    type = "process.kill"
    counts = "processes that are gone"

    def inject(self) -> None:
        self._killed = self.victim.processes()
        for process in self._killed:
            process.signal(getattr(signal, f"SIG{self.attributes.signal}"))

    def missed(self) -> str | None:
        why = listed([process for process in self._killed if process.alive], "are still there")
        if why is None and self.victim.system is not None and self.victim.system.alive:
            return f"the guardian of {self.victim.name} has not noticed yet"
        return why

    def acting(self) -> int:
        return sum(not process.alive for process in self._killed)

    def revert(self) -> None:
        system = self.victim.system
        if system is not None and self.attributes.again and not system.alive:
            try:
                system.again()
            except UsageError as error:
                raise HarnessError(f"{self.victim.name} could not be started again: {error.what}") from error

    def lingering(self) -> str | None:
        system = self.victim.system
        down = system is not None and self.attributes.again and not system.alive
        return f"{self.victim.name} does not run" if down else None
