"""What one run of a loop of remediation left: facts only; `seatrial.chaos.remediation.judge` judges them.

All times are seconds on `time.monotonic`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from seatrial.chaos.asking import Seen
from seatrial.chaos.finding import LIMIT
from seatrial.chaos.phase import streak
from seatrial.chaos.plan import Scenario, scenario
from seatrial.chaos.record import Record
from seatrial.chaos.signals.watch import State
from seatrial.policy.loader import LoadedPolicy
from seatrial.policy.remediation import RemediationSpec
from seatrial.policy.resilience import RecoverySpec, ScenarioSpec
from seatrial.policy.signals import SignalSpec

MARGIN = 0.5
"""Seconds between the word that all is well and the first request that is held to it."""


@dataclass(frozen=True)
class Loop:
    """A loop of remediation that can be exercised.

    Attributes:
        spec: what the policy says.
        scenario: its fault and its traffic.
        signals: what it listens to.
    """

    spec: RemediationSpec
    scenario: Scenario
    signals: tuple[SignalSpec, ...]


class Told(NamedTuple):
    """Something that automation said it did."""

    at: float
    words: str


@dataclass
class Remedied:
    """The facts of one run.

    Attributes:
        states: of the signals, by what they are for: alert, steps, escalation.
        steps: what was told of steps, before the fault and after it.
        alarm: what fired before the fault; empty where nothing did.
        deaf: why the signals could not be heard before the fault; empty where they could.
        injected, reverted: when the fault stood, and when it was taken back; 0 where it was not.
        ended: when the last look was taken.
    """

    spec: RemediationSpec
    record: Record
    states: Mapping[str, State] = field(default_factory=dict)
    steps: list[Told] = field(default_factory=list)
    alarm: str = ""
    deaf: str = ""
    injected: float = 0.0
    reverted: float = 0.0
    ended: float = 0.0

    @property
    def under(self) -> list[Seen]:
        """What callers saw of the requests that left while the fault stood, in the order they left."""
        seen = sorted(self.record.under, key=lambda each: each.sent)
        return [each for each in seen if each.sent >= self.injected]

    @property
    def back(self) -> float | None:
        """Seconds from the fault until callers were served again, by itself; None where they were not.

        The first good answer of enough in a row, of a row that lasted: not more than 5 % were bad from there
        on. 0 where no caller noticed anything.
        """
        seen = self.under
        flags = [each.good for each in seen]
        wanted = self.spec.consecutive
        if all(flags):
            return 0.0 if len(flags) >= wanted else None
        first_bad = flags.index(False)
        bad_from = list(accumulate((not flag for flag in reversed(flags)), initial=0))[::-1]
        start = first_bad
        while (more := streak(flags[start:], wanted)) is not None:
            start += more
            if bad_from[start] <= LIMIT * (len(flags) - start):
                return max(0.0, seen[start].done - self.injected)
            start = flags.index(False, start)
        return None

    @property
    def announcements(self) -> Iterator[tuple[float, float]]:
        """When the alert stopped while the fault stood, and until when that was the last word."""
        readings = self.states["alert"].readings
        end = self.reverted or self.ended
        for number, (at, active) in enumerate(readings):
            if active or not self.injected < at < end or not number:
                continue
            after = readings[number + 1][0] if number + 1 < len(readings) else end
            yield at, min(after, end)

    def rose(self, purpose: str) -> float | None:
        """Seconds from the fault until a signal fired; None where it has not, or there is no such signal."""
        state = self.states.get(purpose)
        came = None if state is None else state.first(True, self.injected)
        return None if came is None else came - self.injected

    @property
    def resolved(self) -> float | None:
        """Seconds from the fault until the alert stopped for good; None where it has not."""
        readings = self.states["alert"].readings
        if not readings or readings[-1][1] or self.rose("alert") is None:
            return None
        return readings[-1][0] - self.injected

    def served(self, since: float) -> bool:
        """Whether the latest requests that left after *since* were all good, enough of them in a row."""
        late = [each for each in self.under if each.sent >= since]
        return len(late) >= self.spec.consecutive and all(
            each.good for each in late[-self.spec.consecutive :]
        )


def loops(loaded: LoadedPolicy) -> list[Loop]:
    """The loops of a policy.

    Raises:
        UsageError: a fault that there is none of, or attributes that it does not take.
    """
    return [_loop(loaded, index, spec) for index, spec in enumerate(loaded.spec.remediation)]


def _loop(loaded: LoadedPolicy, index: int, spec: RemediationSpec) -> Loop:
    built = ScenarioSpec(
        name=spec.name,
        description=spec.description,
        traffic=spec.traffic,
        inject=spec.inject,
        recovery=RecoverySpec(consecutive=spec.consecutive),
    )
    known: Sequence[SignalSpec] = loaded.spec.signals
    used = tuple(each for each in known if each.name in spec.signals.values())
    return Loop(spec, scenario(loaded, built, ("spec", "remediation", index)), used)
