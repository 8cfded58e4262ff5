"""What one run of a scenario left behind: facts only; `seatrial.chaos.judge` says what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from seatrial.chaos.asking import Seen
from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.plan import Injection, Scenario
from seatrial.core.errors import SeatrialError
from seatrial.core.objective import Objective
from seatrial.core.verdict import Verdict


class Recovery(NamedTuple):
    """How long the target took to come back.

    Attributes:
        seconds: to the first of enough good answers in a row; None where they were not seen.
        watched: seconds that were waited for them.
    """

    seconds: float | None
    watched: float


class HealthSample(NamedTuple):
    """What an endpoint for health or readiness said; *at* on `time.monotonic`, status 0 for no answer."""

    path: str
    at: float
    status: int


@dataclass
class FaultRecord:
    """One fault that was injected.

    Attributes:
        hits: its witness; None where none could be read.
        error: why it did not take or was not taken back.
    """

    injection: Injection
    hits: int | None = None
    first: float | None = None
    last: float | None = None
    reverted: bool = False
    error: str | None = None


@dataclass
class Record:
    """The facts of one run.

    Attributes:
        beside: why the scenario does not arise.
        unsteady: why no steady state was seen before the fault.
        aborted: which stop condition ended it.
        trouble: what of our own machinery failed.
        verdicts: of the criteria under the fault, by label.
        failover: seconds from the fault to the first of enough good answers in a row under it.
        exchanges: requests in all phases.
    """

    scenario: Scenario
    beside: str | None = None
    unsteady: str | None = None
    aborted: str | None = None
    trouble: SeatrialError | None = None
    faults: list[FaultRecord] = field(default_factory=list)
    verdicts: dict[str, tuple[Objective, Verdict]] = field(default_factory=dict)
    recoveries: list[Recovery] = field(default_factory=list)
    recording: Recording | None = None
    before: Sequence[Seen] = ()
    under: Sequence[Seen] = ()
    after: Sequence[Seen] = ()
    health: Sequence[HealthSample] = ()
    failover: float | None = None
    broken: bool = False

    @property
    def exchanges(self) -> int:
        """Requests in all phases."""
        return len(self.before) + len(self.under) + len(self.after)

    @property
    def hits(self) -> int:
        """How often the least witnessed of the faults acted."""
        return min((fault.hits or 0 for fault in self.faults), default=0)

    def attributes(self) -> Mapping[str, Mapping[str, Any]]:
        """What each fault asked for, by its name."""
        return {fault.injection.name: dict(fault.injection.attributes) for fault in self.faults}
