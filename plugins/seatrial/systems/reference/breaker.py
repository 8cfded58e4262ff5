"""A circuit breaker: closed while calls succeed, open after too many failures, half-open to try again.

Half-open it lets one call through. When that comes to a good end it lets two through at once, then four, and
so on until it closes: a provider that has just come back is not thrown down again by all that was waiting.

A call that is let through gets a ticket. Tickets of an earlier period tell nothing: the calls that were on
their way when the breaker opened are no news about a provider that is tried again.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from enum import Enum

from seatrial.systems.reference.defects import HEALTHY, Defects
from seatrial.systems.reference.settings import Breaking

REST_JITTER = 0.2
"""The share by which a rest is longer or shorter, so that many gateways do not come back as one."""
HOLD_JITTER = 0.1
"""The share by which a wait that was asked for is longer; never shorter."""

FLOOD = 0.3
"""Seconds for which the defect breaker-half-open-floods lets everybody through."""


class State(Enum):
    """The three states; the value is what the metrics show."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Breaker:
    """One breaker, for one provider and one model.

    Args:
        policy: when it opens and closes.
        clock: monotonic seconds.
        rng: draws the jitter.
    """

    def __init__(
        self, policy: Breaking, clock: Callable[[], float], rng: random.Random, defects: Defects = HEALTHY
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._defects = defects
        self._recent: deque[bool] = deque(maxlen=policy.window)
        self._failed = 0
        self._in_a_row = 0
        self._period = 1
        self._until: float | None = None
        self._allowed = 1
        self._trying = 0

    @property
    def state(self) -> State:
        """The state at this moment."""
        if self._until is None:
            return State.CLOSED
        if self._defects.on("breaker-never-closes"):
            return State.OPEN
        return State.HALF_OPEN if self._clock() >= self._until else State.OPEN

    @property
    def wait(self) -> float:
        """Seconds until it may let a call through."""
        return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    def admit(self) -> int | None:
        """A ticket for one call, None where it may not go out."""
        state = self.state
        if state is State.CLOSED:
            return self._period
        full = self._trying >= self._allowed and not self._defects.on("breaker-half-open-floods")
        if state is State.OPEN or full:
            return None
        self._trying += 1
        return self._period

    def closed(self, ticket: int) -> bool:
        """Whether it has been closed since *ticket* was given."""
        return ticket == self._period and self._until is None

    def succeeded(self, ticket: int) -> None:
        """A call came to a good end."""
        if ticket != self._period:
            return
        if self._until is None:
            self._in_a_row = 0
            self._remember(failed=False)
            return
        self._trying -= 1
        self._allowed *= 2
        if self._allowed > self._policy.ramp:
            self._close()

    def failed(self, ticket: int) -> None:
        """A call failed: opens where it was one too many."""
        if ticket != self._period or self._defects.on("breaker-never-opens"):
            return
        if self._flooded():
            return
        if self._until is None:
            self._in_a_row += 1
            self._remember(failed=True)
            if not self._too_many():
                return
        self._open(self._policy.rest * self._rng.uniform(1 - REST_JITTER, 1 + REST_JITTER))

    def abandoned(self, ticket: int) -> None:
        """A call ended without telling anything about the provider (the client went away)."""
        if ticket == self._period and self._until is not None:
            self._trying -= 1

    def hold(self, seconds: float) -> None:
        """The provider asked for as much patience: open until then, for all calls."""
        if self.wait < seconds:
            self._open(seconds * self._rng.uniform(1, 1 + HOLD_JITTER))

    def _flooded(self) -> bool:
        """The defect breaker-half-open-floods does not look at the first failure, but after a while."""
        flood = self._defects.on("breaker-half-open-floods") and self._until is not None
        return flood and self._clock() < (self._until or 0.0) + FLOOD

    def _too_many(self) -> bool:
        if self._in_a_row >= self._policy.consecutive:
            return True
        calls = len(self._recent)
        return calls >= self._policy.least and self._failed > self._policy.share * calls

    def _remember(self, *, failed: bool) -> None:
        if len(self._recent) == self._recent.maxlen:
            self._failed -= self._recent[0]
        self._recent.append(failed)
        self._failed += failed

    def _open(self, seconds: float) -> None:
        self._period += 1
        self._until = self._clock() + seconds
        self._allowed = 1
        self._trying = 0

    def _close(self) -> None:
        self._period += 1
        self._until = None
        self._recent.clear()
        self._failed = self._in_a_row = 0
