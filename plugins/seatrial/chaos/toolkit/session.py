"""What has happened in this experiment so far: one a process, as chaostoolkit runs one experiment in each.

Actions and probes tell it what they did; the control takes it into chaostoolkit's journal, and writes each
event beside that journal as it happens, in the words of seatrial's own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seatrial.chaos.toolkit.control_api import ControlApi
from seatrial.chaos.toolkit.watchdog import Watchdog

BEGAN = "SEATRIAL_BEGAN"
"""Monotonic clock at the start of the run that this experiment is part of."""


@dataclass
class Injected:
    """A fault that was injected by an action of ours.

    Attributes:
        on: the proxy, or the process.
        hits: how often it has acted, as of its end; None where nobody counts.
        hits_before: what its proxy had counted under its name before.
        attempts_before, requests_before: seen by its proxy, and sent by our probes, before it.
        began, ended: seconds on `time.monotonic`.
    """

    on: str
    name: str
    type: str
    attributes: dict[str, Any] = field(default_factory=dict)
    toxicity: float = 1.0
    hits: int | None = None
    hits_before: int = 0
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
        processes: faults of processes that are in force, by name.
    """

    def __init__(self) -> None:
        self.faults: list[Injected] = []
        self.requests = 0
        self.stopped: str | None = None
        self.troubles: list[str] = []
        self.processes: dict[str, Any] = {}
        self.write: Callable[..., None] = lambda event, **fields: None
        self._watchdog: Watchdog | None = None

    def arm(self, api: ControlApi, proxy: str, name: str, *, armed: bool = True) -> None:
        """Have a fault reverted should this process end without it; or no longer."""
        if self._watchdog is None:
            if not armed:
                return
            self._watchdog = Watchdog()
        self._watchdog.tell(api.url, proxy, name, armed=armed)

    def injected(self, fault: Injected) -> None:
        """A fault is in force."""
        fault.began, fault.requests_before = time.monotonic(), self.requests
        self.faults.append(fault)
        self._tell(fault, "injected")

    def reverted(self, on: str, name: str, hits: int | None) -> Injected | None:
        """A fault is gone; it is given back where it was one of ours."""
        fault = self.in_force(on, name)
        if fault is not None:
            fault.hits = None if hits is None else hits - fault.hits_before
            fault.ended, fault.reverted = time.monotonic(), True
            self._tell(fault, "reverted")
        return fault

    def in_force(self, on: str, name: str) -> Injected | None:
        """The fault of that name, while it is in force."""
        matching = (fault for fault in self.faults if (fault.on, fault.name) == (on, name))
        return next((fault for fault in matching if not fault.reverted), None)

    def failed(self, on: str, name: str, type_: str, error: str) -> None:
        """A fault could not be injected or reverted."""
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
        """Revert what is still in force, by the watchdog, and end that."""
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None and (left := watchdog.end()):
            self.troubles.append(f"{left} fault(s) could not be reverted by the watchdog")

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
    """The next experiment in this process begins anew; for tests, and for who embeds chaoslib."""
    global _session  # noqa: PLW0603  as above
    if _session is not None:
        _session.close()
    _session = None


def run_clock() -> Callable[[], float]:
    """Seconds since the start of the run, or of this process where it is part of none."""
    began = float(os.environ.get(BEGAN) or time.monotonic())
    return lambda: time.monotonic() - began


def events_beside(journal: Path) -> Path:
    """The file of events that belongs to a journal of chaostoolkit."""
    return journal.with_name(f"{journal.stem}.events.ndjson")
