"""``process.stop``: a system hangs; its sockets stay open, the kernel still accepts, nothing answers.

The cheapest faithful hang there is: a health check that only connects goes on being green.
"""

from __future__ import annotations

import signal

from seatrial.core.errors import HarnessError
from seatrial.faults.process.base import ProcessAttributes, ProcessFault
from seatrial.faults.process.proc import Process, listed
from seatrial.faults.process.registry import register

ROUNDS = 10
"""Looks for children that were born while their parents were being stopped."""


class Attributes(ProcessAttributes):
    """None of its own."""


@register
class ProcessStop(ProcessFault[Attributes]):
    """All processes are stopped (SIGSTOP) and go on (SIGCONT) afterwards: a hang."""

    type = "process.stop"
    counts = "processes that stood still"

    def inject(self) -> None:
        self._stopped: dict[Process, int] = {}
        for _ in range(ROUNDS):
            fresh = [process for process in self.victim.processes() if process not in self._stopped]
            if not fresh:
                return
            for process in fresh:
                self.arm(do="signal", pid=process.pid, start=process.start, signal=int(signal.SIGCONT))
                process.signal(signal.SIGSTOP)
                self._stopped[process] = -1
        raise HarnessError(f"{self.victim.name} starts processes faster than they can be stopped")

    def missed(self) -> str | None:
        moving = [process for process in self._stopped if process.state not in ("T", "t", "")]
        if not moving:
            self._stopped = {process: process.ticks for process in self._stopped if process.alive}
        return listed(moving, "are not stopped")

    def acting(self) -> int:
        return sum(
            process.state in ("T", "t") and process.ticks == ticks for process, ticks in self._stopped.items()
        )

    def ended(self) -> str | None:
        woken = [
            process for process in self._stopped if process.alive and process.state not in ("T", "t", "")
        ]
        return listed(woken, "were woken by somebody else")

    def lingering(self) -> str | None:
        still = [process for process in self._stopped if process.state in ("T", "t")]
        return listed(still, "are still stopped")
