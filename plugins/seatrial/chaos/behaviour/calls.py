"""What the proxies recorded in a scenario, and the attempts of each logical call in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from seatrial.core.units import parse_duration
from seatrial.faults.recorder import Attempt

NOT_SENT = "refused"
"""The outcome of an attempt that the dependency never saw."""


@dataclass(frozen=True)
class Recording:
    """The record of one scenario. All times are seconds on one monotonic clock.

    Attributes:
        hit: attempts at the dependencies that the fault was injected on, in order of time.
        others: attempts at all other dependencies, in order of time.
        sent: when each of the callers' requests left, in order: before, under and after the fault.
        answered: whether each of them got a whole answer.
        done, questions: when each of them ended, and what it asked, where that is known; callers who asked
            the same have the same question.
        injected, reverted: when the fault stood, and when it was gone.
        ended: until when all was recorded.
        faults: what each fault asked for, by the name it has in an attempt.
        order: names of the providers in the order in which the policy lists them.
    """

    hit: Sequence[Attempt]
    others: Sequence[Attempt]
    sent: Sequence[float]
    answered: Sequence[bool]
    injected: float
    reverted: float
    ended: float
    faults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    order: Sequence[str] = ()
    done: Sequence[float] = ()
    questions: Sequence[str] = ()

    @cached_property
    def under(self) -> list[Attempt]:
        """Attempts at the broken dependencies, begun under the fault, that carry a request."""
        return [each for each in self.hit if self.injected <= each.started < self.reverted and _asks(each)]

    @cached_property
    def calls(self) -> list[list[Attempt]]:
        """Attempts of each logical call that met the fault, also those that came after it was gone."""
        met = {(each.proxy, each.body_hash) for each in self.under}
        groups: dict[tuple[str, str], list[Attempt]] = {}
        for attempt in self.hit:
            key = attempt.proxy, attempt.body_hash
            if key in met and attempt.started >= self.injected:
                groups.setdefault(key, []).append(attempt)
        return [sorted(group, key=lambda attempt: attempt.started) for group in groups.values()]

    @cached_property
    def struck(self) -> list[list[Attempt]]:
        """Those of `calls` in which the fault hit at least one attempt."""
        return [group for group in self.calls if any(attempt.faults for attempt in group)]

    @property
    def asked(self) -> list[float]:
        """When the callers' requests under the fault left."""
        return [time for time in self.sent if self.injected <= time < self.reverted]

    @property
    def generating(self) -> list[Attempt]:
        """Attempts at all providers, begun under the fault, that carry a request."""
        attempts = (each for each in (*self.hit, *self.others) if each.proxy in self.order)
        return [each for each in attempts if self.injected <= each.started < self.reverted and _asks(each)]

    @property
    def before(self) -> list[Attempt]:
        """Attempts at the broken dependencies before the fault."""
        return [each for each in self.hit if each.started < self.injected and _asks(each)]

    @property
    def after(self) -> list[Attempt]:
        """Attempts at the broken dependencies after they came back."""
        return [each for each in self.hit if each.started >= self.reverted and _asks(each)]


def _asks(attempt: Attempt) -> bool:
    """Whether it carries a request, and is no look at a health page or a list of models."""
    return attempt.method not in ("GET", "HEAD", "OPTIONS")


def end_of(attempt: Attempt) -> float | None:
    """When the caller of the dependency knew how the attempt ended; None while it is on its way."""
    return None if attempt.duration is None else attempt.started + attempt.duration


def waits(group: Sequence[Attempt]) -> list[float]:
    """Seconds from the end of each attempt of a call to the beginning of its next, in order."""
    found: list[float] = []
    for one, following in pairwise(group):
        ended = end_of(one)
        if ended is not None:
            found.append(max(0.0, following.started - ended))
    return found


def seconds(value: Any) -> float | None:
    """A duration of a fault's attributes, in seconds; None where there is none."""
    if value is None:
        return None
    return parse_duration(value) if isinstance(value, str) else float(value)
