"""A circuit breaker: closed while calls succeed, open after too many failures, half-open to try again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from seatrial.systems.reference.settings import Breaking


class State(Enum):
    """The three states; the value is what the metrics show."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Breaker:
    """One breaker, for one provider.

    Args:
        policy: when it opens and closes.
        clock: monotonic seconds.
    """

    def __init__(self, policy: Breaking, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._recent: deque[bool] = deque(maxlen=policy.window)
        self._failed = 0
        self._in_a_row = 0
        self._opened: float | None = None
        self._trying = False

    @property
    def state(self) -> State:
        """The state at this moment."""
        if self._opened is None:
            return State.CLOSED
        rested = self._clock() - self._opened >= self._policy.rest
        return State.HALF_OPEN if rested else State.OPEN

    def admit(self) -> bool:
        """Whether a call may go out; in the half-open state only one at a time."""
        state = self.state
        if state is State.CLOSED:
            return True
        if state is State.OPEN or self._trying:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """A call came to a good end: a half-open breaker closes."""
        if self._opened is not None:
            self._close()
        self._in_a_row = 0
        self._remember(failed=False)

    def failed(self) -> None:
        """A call failed: opens where it was one too many."""
        self._in_a_row += 1
        self._remember(failed=True)
        if self._opened is not None or self._too_many():
            self._opened = self._clock()
            self._trying = False

    def abandoned(self) -> None:
        """A call ended without telling anything about the provider (the client went away)."""
        self._trying = False

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

    def _close(self) -> None:
        self._recent.clear()
        self._failed = 0
        self._opened = None
        self._trying = False
