"""What the screen of a game day shows, gathered from the journal's events as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seatrial.core.outcome import Outcome
from seatrial.reporting import loose
from seatrial.reporting.faults import FaultView, faults
from seatrial.reporting.timeline import Row, row_of

Event = dict[str, Any]
_KEPT = 600  # seconds of traffic that can be drawn
_LOGGED = 100  # lines of the timeline


@dataclass(slots=True)
class Second:
    """The requests that ended within one second of the run."""

    ended: int = 0
    failed: int = 0
    durations: list[float] = field(default_factory=list)

    def percentile(self, mark: float) -> float | None:
        """Seconds; None where no answer came."""
        return float(np.percentile(self.durations, mark)) if self.durations else None


@dataclass(slots=True)
class Expected:
    """Something that must come in time.

    Attributes:
        state: ``active``, ``quiet``, or ``steady`` for a recovery.
        deadline: seconds of the run.
    """

    step: int
    name: str
    state: str
    since: float
    deadline: float
    limit: float
    outcome: Outcome | None = None
    seconds: float | None = None


class Board:
    """The state of a game day.

    Attributes:
        steps: of the script, as the journal has them; `done` their outcomes, `current` the one under way.
        signals: what was last seen of each: whether it is active (None: nobody knows), and in words.
        steady: seconds from each fault until the traffic was good again.
        log: the last lines of the timeline.
        ending: why the game day is being called off, and how far the way back has come.
    """

    def __init__(self) -> None:
        self.title = ""
        self.roles: dict[str, tuple[str, ...]] = {}
        self.steps: list[Event] = []
        self.done: dict[int, Event] = {}
        self.current: int | None = None
        self.began: dict[int, float] = {}
        self.signals: dict[str, tuple[bool | None, str]] = {}
        self.expected: dict[int, Expected] = {}
        self.hits: dict[str, int] = {}
        self.steady: dict[str, float] = {}
        self.ending = ""
        self.requests = self.failed = 0
        self.finished = False
        self._waiting = (0.0, 0, 0.0)
        self._offsets: dict[str, float] = {}
        self._seconds: dict[int, Second] = {}
        self._order: deque[int] = deque()
        self._faults: list[Event] = []
        self.log: deque[Row] = deque(maxlen=_LOGGED)

    @property
    def faults(self) -> tuple[FaultView, ...]:
        """Every fault up to now."""
        return faults(self._faults)

    def second(self, number: int) -> Second:
        """What ended in one second of the run."""
        return self._seconds.get(number) or Second()

    def recent(self, now: float, span: int) -> Second:
        """What ended in the last *span* whole seconds."""
        joined = Second()
        for number in range(int(now) - span, int(now)):
            second = self.second(number)
            joined.ended += second.ended
            joined.failed += second.failed
            joined.durations += second.durations
        return joined

    def waiting(self, now: float) -> tuple[int, float]:
        """Requests that have been under way for long, and how long the oldest has been."""
        at, number, oldest = self._waiting
        return (number, oldest + now - at) if now - at < 1.5 else (0, 0.0)

    def feed(self, event: Event) -> None:
        """Take in one (clean) event."""
        row = row_of(event, {step.get("number"): step for step in self.steps})
        if row is not None:
            self.log.append(row)
        handle = getattr(self, f"_on_{str(event.get('event')).replace('-', '_')}", None)
        if handle is not None:
            handle(event, loose.number(event.get("t")))

    # ---- events

    def _on_gameday(self, event: Event, at: float) -> None:
        phase = event.get("phase")
        if phase == "begin":
            self.title = loose.line(event.get("title") or event.get("name"), 80)
            roles = event.get("roles")
            for role, people in (roles or {}).items():
                self.roles[role] = tuple(loose.line(each, 40) for each in loose.sequence(people))
            self.steps = loose.records(event.get("steps"))
            self.signals = {
                loose.line(each.get("name"), 60): (None, "") for each in loose.records(event.get("signals"))
            }
        elif phase == "abort":
            why = f": {event.get('why')}" if event.get("why") else ""
            self.ending = loose.line(f"called off by {event.get('by')}{why}; taking everything back …")
        elif phase == "rolled-back":
            self.ending = loose.line(_rolled_back(event))

    def _on_step(self, event: Event, at: float) -> None:
        number = int(loose.number(event.get("number")))
        if event.get("phase") == "begin":
            self.current = number
            self.began[number] = at
        else:
            self.done[number] = event

    def _on_traffic(self, event: Event, at: float) -> None:
        self._offsets[str(event.get("name"))] = at

    def _on_exchanges(self, event: Event, at: float) -> None:
        offset = self._offsets.get(str(event.get("traffic")), 0.0)
        columns = (event.get("intended"), event.get("duration"), event.get("error"))
        for intended, duration, error in zip(*(column or () for column in columns), strict=False):
            took = loose.maybe(duration) or 0.0
            self._took(int(offset + loose.number(intended) + took), took, error is not None)

    def _took(self, number: int, duration: float, failed: bool) -> None:
        second = self._seconds.get(number)
        if second is None:
            second = self._seconds[number] = Second()
            self._order.append(number)
            if len(self._order) > _KEPT:
                self._seconds.pop(self._order.popleft(), None)
        second.ended += 1
        self.requests += 1
        if failed:
            second.failed += 1
            self.failed += 1
        else:
            second.durations.append(duration)

    def _on_waiting(self, event: Event, at: float) -> None:
        self._waiting = (at, int(loose.number(event.get("requests"))), loose.number(event.get("oldest")))

    def _on_fault(self, event: Event, at: float) -> None:
        self._faults.append(event)

    def _on_witness(self, event: Event, at: float) -> None:
        self.hits[loose.line(event.get("name"), 80)] = int(loose.number(event.get("hits")))

    def _on_steady(self, event: Event, at: float) -> None:
        self.steady[loose.line(event.get("fault"), 80)] = loose.number(event.get("seconds"))

    def _on_expected(self, event: Event, at: float) -> None:
        step = int(loose.number(event.get("step")))
        self.expected[step] = Expected(
            step,
            loose.line(event.get("name"), 60),
            loose.line(event.get("state"), 20),
            loose.number(event.get("since")),
            loose.number(event.get("deadline")),
            loose.number(event.get("limit")),
        )

    def _on_signal(self, event: Event, at: float) -> None:
        name, phase = loose.line(event.get("name"), 60), event.get("phase")
        if phase in ("met", "missed"):
            self._judged(event, event.get("delay"))
            return
        active = {"active": True, "quiet": False}.get(str(phase))
        self.signals[name] = (active, loose.line(event.get("told"), 120))

    def _on_recovery(self, event: Event, at: float) -> None:
        self._judged(event, event.get("rto_seconds"))

    def _judged(self, event: Event, seconds: Any) -> None:
        expected = self.expected.get(int(loose.number(event.get("step", -1))))
        if expected is not None:
            expected.outcome = loose.outcome(event.get("outcome"))
            expected.seconds = loose.maybe(seconds)

    def _on_finish(self, event: Event, at: float) -> None:
        self.finished = True


def _rolled_back(event: Event) -> str:
    failed: Sequence[Any] = loose.sequence(event.get("failed"))
    names = ", ".join(map(str, loose.sequence(event.get("faults"))))
    if failed:
        return f"NOT everything was taken back: {'; '.join(map(str, failed))}"
    return f"rolled back: {names}" if names else "nothing was left to take back"
