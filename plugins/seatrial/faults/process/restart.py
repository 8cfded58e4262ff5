"""``process.restart``: a crash that a supervisor mends: killed, down for a while, then started under traffic.

The start runs beside the traffic; leaving the context waits for it. What is measured in between is the
system's own recovery.
"""

from __future__ import annotations

import signal
import threading
from typing import Literal

from seatrial.core.errors import HarnessError, SeatrialError, UsageError
from seatrial.faults.process.base import ProcessAttributes, ProcessFault
from seatrial.faults.process.proc import listed
from seatrial.faults.process.registry import register
from seatrial.policy.fields import Duration
from seatrial.systems.runner import System


class Attributes(ProcessAttributes):
    """How it goes down, and for how long."""

    signal: Literal["KILL", "TERM", "INT"] = "KILL"
    """KILL is a crash, TERM a rollout."""
    down_for: Duration = 0.0
    """How long it stays down before it is started again."""


@register
class ProcessRestart(ProcessFault[Attributes]):
    """A system that a recipe started is killed and started again, on its port and with its files."""

    type = "process.restart"
    counts = "restarts"

    def check(self) -> None:
        if self.victim.system is None:
            raise UsageError(
                f"{self.victim.name} cannot be restarted: no recipe of ours started it",
                hint="start it by a recipe, or use process.kill under a supervisor of your own",
            )

    def inject(self) -> None:
        self._old = self.victim.processes()
        self._error: SeatrialError | None = None
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        for process in self._old:
            process.signal(getattr(signal, f"SIG{self.attributes.signal}"))

    def missed(self) -> str | None:
        why = listed([process for process in self._old if process.alive], "are still there")
        if why is None and self._thread is None and self.victim.system and self.victim.system.alive:
            return f"the guardian of {self.victim.name} has not noticed yet"
        if why is None and self._thread is None:
            self._thread = threading.Thread(
                target=self._start, args=(self.victim.system,), name=f"restart of {self.victim.name}"
            )
            self._thread.start()
        return why

    def _start(self, system: System) -> None:
        self._hurry.wait(self.attributes.down_for)
        try:
            system.again()
        except SeatrialError as error:
            self._error = error

    def acting(self) -> int:
        return int(self._thread is not None)

    def revert(self) -> None:
        self._hurry.set()
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise HarnessError(
                f"{self.victim.name} could not be started again: {self._error.what}", hint=self._error.hint
            )

    def lingering(self) -> str | None:
        system = self.victim.system
        assert system is not None
        if self._thread is None:
            return None
        same = system.pid in {process.pid for process in self._old}
        return None if system.alive and not same else f"{self.victim.name} does not run anew"
