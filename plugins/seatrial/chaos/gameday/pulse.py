"""The traffic's pulse: which requests are under way, which went well, and since when all of them do.

All times are seconds on the clock of the run.
"""

from __future__ import annotations

import math
import threading
from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seatrial.core.log import Floats

States = NDArray[np.uint8]
_UNDER_WAY, _GOOD, _BAD, _ERROR = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Recent:
    """Requests that ended in a stretch of time.

    Attributes:
        failed: those without a whole answer; `bad` are these and those that missed an objective.
    """

    ended: int
    failed: int
    bad: int


class Pulse:
    """Fed by the traffic's thread, read by all others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._intended = array("d")
        self._done = array("d")
        self._state = array("B")
        self._oldest = 0

    def sent(self, intended: float) -> int:
        """A request leaves; its number."""
        with self._lock:
            self._intended.append(intended)
            self._done.append(math.inf)
            self._state.append(_UNDER_WAY)
            return len(self._state) - 1

    def ended(self, number: int, done: float, *, good: bool, ok: bool) -> None:
        """Request *number* came to its end."""
        with self._lock:
            self._done[number] = done
            self._state[number] = _GOOD if good else _BAD if ok else _ERROR
            while self._oldest < len(self._state) and self._state[self._oldest]:
                self._oldest += 1

    @property
    def count(self) -> int:
        """Requests that came to their end."""
        with self._lock:
            return len(self._state) - self._state.count(_UNDER_WAY)

    def waiting(self, now: float) -> tuple[int, float]:
        """How many requests are under way, and how long the oldest has been."""
        with self._lock:
            states = self._state[self._oldest :]
            number = sum(1 for state in states if not state)
            return number, (now - self._intended[self._oldest] if number else 0.0)

    def recent(self, since: float, until: float = math.inf) -> Recent:
        """The requests that ended between two moments."""
        with self._lock:
            done, state = self._columns(0)
        chosen = state[(done >= since) & (done <= until)]
        return Recent(len(chosen), int((chosen == _ERROR).sum()), int((chosen >= _BAD).sum()))

    def mark(self) -> int:
        """Where a look at what follows has to begin: the oldest request that is under way now."""
        with self._lock:
            return self._oldest

    def steady_since(self, since: float, consecutive: int, mark: int = 0) -> float | None:
        """From when on as many requests in a row, in the order in which they were sent, went well.

        Requests count that ended after *since*; one that is still under way breaks a row, so that a hang
        cannot be overlooked.

        Args:
            since: the moment from which on it is looked.
            consecutive: how many in a row.
            mark: what `mark` said then or before.

        Returns:
            When the first of the first such row was to leave, *since* at the earliest; None where there is
            no such row yet.
        """
        with self._lock:
            done, state = self._columns(mark)
            intended = np.frombuffer(self._intended, np.float64)[mark:].copy()
        # A request that is still under way has no end: it is here, and it is not good.
        chosen = np.flatnonzero(done >= since)
        length = 0
        for place, fine in enumerate((state[chosen] == _GOOD).tolist()):
            length = length + 1 if fine else 0
            if length >= consecutive:
                return max(float(intended[chosen[place - consecutive + 1]]), since)
        return None

    def last_good(self, consecutive: int) -> bool:
        """Whether the last *consecutive* requests that ended all went well."""
        with self._lock:
            done, state = self._columns(0)
        ended = np.flatnonzero(np.isfinite(done))
        if len(ended) < consecutive:
            return False
        last = ended[np.argsort(done[ended], kind="stable")[-consecutive:]]
        return bool((state[last] == _GOOD).all())

    def _columns(self, start: int) -> tuple[Floats, States]:
        # Copies, because an array that lends its buffer cannot grow.
        done = np.frombuffer(self._done, np.float64)[start:].copy()
        return done, np.frombuffer(self._state, np.uint8)[start:].copy()
