"""What the script's parts share while a game day runs: its clock, its journal, and what is under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol

from seatrial.chaos.gameday.abort import Abort
from seatrial.chaos.gameday.desk import Desk
from seatrial.chaos.gameday.pulse import Pulse
from seatrial.chaos.signals.watch import Record, Signals
from seatrial.core.outcome import Outcome


class Witness(Protocol):
    """Proof that a fault acted."""

    @property
    def hits(self) -> int | None:
        """How often; None where it cannot be told."""


class Fault(Protocol):
    """An injected fault (`seatrial.faults.dependency.Fault`): entered it acts, left it is taken back."""

    @property
    def witness(self) -> Witness:
        """How often it acted."""

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class Dependency(Protocol):
    """Something the target calls, behind the fault proxy (`seatrial.faults.dependency.Dependency`)."""

    @property
    def listen(self) -> str:
        """Where the target reaches it, HOST:PORT."""

    def inject(
        self,
        type: str,
        *,
        attributes: Mapping[str, Any] | None = None,
        toxicity: float = 1.0,
        stream: str = "downstream",
        name: str | None = None,
        **when: Any,
    ) -> Fault:
        """A fault, ready to be entered."""


class Scenarios(Protocol):
    """Runs scenarios of the policy."""

    def run(self, name: str) -> list[tuple[str, Outcome, str]]:
        """Run one: ``(what, outcome, reason)`` of each thing that was judged.

        Raises:
            Aborted: the game day was called off meanwhile.
        """


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step acted, and which request was the oldest under way then."""

    at: float
    mark: int


@dataclass
class Journey:
    """Everything that is under way.

    Attributes:
        clock: seconds since the run began.
        record: writes one event to the journal.
        moments: when each step acted, by its number; `names` leads from a step's name to its number.
    """

    clock: Callable[[], float]
    record: Record
    abort: Abort
    desk: Desk
    pulse: Pulse
    signals: Signals
    dependencies: dict[str, Dependency]
    scenarios: Scenarios | None = None
    moments: dict[int, Moment] = field(default_factory=dict)

    def now(self) -> Moment:
        """This moment."""
        return Moment(self.clock(), self.pulse.mark())
