"""What has happened in this experiment so far: one a process, as chaostoolkit runs one experiment in each.

Actions and probes tell it what they did; the control takes it into chaostoolkit's journal, and writes each
event beside that journal as it happens, in the words of seatrial's own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from seatrial.chaos.toolkit.watchdog import Watchdog
from seatrial.core.errors import HarnessError, SeatrialError

BEGAN = "SEATRIAL_BEGAN"
"""Monotonic clock at the start of the run that this experiment is part of."""


@dataclass
class Injected:
    """A fault that was injected by an action of ours.

    Attributes:
        on: the proxy, or the process.
        approximate: how it differs from what was asked for, None where it does not.
        hits: how often it has acted, as of its end; None where nobody counts.
        weak: whether that is concluded, and not counted.
        attempts_before, requests_before: seen by its proxy, and sent by our probes, before it.
        began, ended: seconds on `time.monotonic`.
    """

    on: str
    name: str
    type: str
    attributes: dict[str, Any] = field(default_factory=dict)
    toxicity: float = 1.0
    approximate: str | None = None
    hits: int | None = None
    weak: bool = False
    attempts_before: int = 0
    requests_before: int = 0
    began: float = 0.0
    ended: float | None = None
    reverted: bool = False


class Session:
    """The running experiment.

    Attributes:
        faults: in the order in which they were injected.
        requests: sent by probes of ours.
        stopped: the stop condition that ended it, in words.
        troubles: what of our own went wrong.
        write: writes an event.
    """

    def __init__(self) -> None:
        self.faults: list[Injected] = []
        self.requests = 0
        self.stopped: str | None = None
        self.troubles: list[str] = []
        self.write: Callable[..., None] = lambda event, **fields: None
        self._contexts: dict[int, Any] = {}
        self._armed: dict[tuple[str, str], str] = {}
        self._watchdog: Watchdog | None = None

    def arm(self, url: str, proxy: str, name: str) -> None:
        """Have a fault taken back should this process end without doing so; before it is injected."""
        if self._watchdog is None:
            self._watchdog = Watchdog()
        self._watchdog.tell(url, proxy, name, armed=True)
        self._armed[(proxy, name)] = url

    def injected(self, fault: Injected, context: Any) -> None:
        """A fault is in force.

        Args:
            context: leaving it takes the fault back; it has the witness.
        """
        fault.began, fault.requests_before = time.monotonic(), self.requests
        self.faults.append(fault)
        self._contexts[id(fault)] = context
        self._look(fault)
        self._tell(fault, "injected")

    def in_force(self, on: str, name: str) -> Injected | None:
        """The fault of that name, while it is in force."""
        matching = (fault for fault in self.faults if (fault.on, fault.name) == (on, name))
        return next((fault for fault in matching if not fault.reverted), None)

    def revert(self, on: str, name: str) -> Injected:
        """Take back a fault that is in force.

        Raises:
            HarnessError: it is still there, or did not last.
        """
        fault = self.in_force(on, name)
        if fault is None:
            raise HarnessError(f"no fault named {name} is in force on {on}")
        try:
            self._contexts[id(fault)].__exit__(None, None, None)
        except SeatrialError as error:
            self.failed(on, name, fault.type, str(error))
            raise
        self._look(fault)
        del self._contexts[id(fault)]
        fault.ended, fault.reverted = time.monotonic(), True
        url = self._armed.pop((on, name), None)
        if url is not None and self._watchdog is not None:
            self._watchdog.tell(url, on, name, armed=False)
        self._tell(fault, "reverted")
        return fault

    def failed(self, on: str, name: str, type_: str, error: str) -> None:
        """A fault could not be injected or taken back."""
        self._tell(Injected(on, name, type_), "failed", error)

    def summary(self) -> dict[str, Any]:
        """For chaostoolkit's journal."""
        return {
            "faults": [asdict(fault) for fault in self.faults],
            "requests": self.requests,
            "stopped": self.stopped,
            "troubles": self.troubles,
        }

    def close(self) -> None:
        """Take back what is still in force, and end the watchdog, which does the same for what is left."""
        for fault in reversed(self.faults):
            if not fault.reverted:
                try:
                    self.revert(fault.on, fault.name)
                except SeatrialError as error:
                    self.troubles.append(f"the fault {fault.name} on {fault.on} was left behind: {error}")
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None and (left := watchdog.end()):
            self.troubles.append(f"{left} fault(s) could not be taken back by the watchdog either")

    def _look(self, fault: Injected) -> None:
        seen = self._contexts[id(fault)].witness
        fault.hits, fault.weak = seen.hits, bool(getattr(seen, "weak", False))

    def _tell(self, fault: Injected, phase: str, error: str | None = None) -> None:
        fields = asdict(fault)
        wanted = ("name", "on", "type", "attributes", "toxicity", "hits")
        self.write("fault", phase=phase, error=error, **{key: fields[key] for key in wanted})


_session: Session | None = None


def session() -> Session:
    """The one of this process."""
    global _session  # noqa: PLW0603  chaostoolkit calls functions of modules: there is no object to keep it in
    if _session is None:
        _session = Session()
    return _session


def forget() -> None:
    """The next experiment in this process begins anew; for who embeds chaoslib."""
    global _session  # noqa: PLW0603  as above
    if _session is not None:
        _session.close()
    _session = None


def run_clock() -> Callable[[], float]:
    """Seconds since the start of the run, or of this process where it is part of none."""
    began = float(os.environ.get(BEGAN) or time.monotonic())
    return lambda: time.monotonic() - began
