"""Gathers how punctual the generator is while the traffic runs."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from seatrial.core.punctuality import Punctuality


class Lag:
    """Lateness, at 4 bytes a departure."""

    def __init__(self) -> None:
        self._late = array("f")
        self._loop = array("f")
        self.skip = 0
        """Departures at the beginning that belong to a warm-up, which is no evidence."""

    def departed(self, seconds: float) -> None:
        """A request left so long after its time."""
        self._late.append(seconds)

    def departed_all(self, seconds: NDArray[np.float32]) -> None:
        """Requests left so long after their times."""
        self._late.frombytes(np.ascontiguousarray(seconds, np.float32).tobytes())

    def woke_all(self, seconds: NDArray[np.float32]) -> None:
        """An event loop woke up so long after it should have, again and again."""
        self._loop.frombytes(np.ascontiguousarray(seconds, np.float32).tobytes())

    def woke(self, seconds: float) -> None:
        """The event loop woke up so long after it should have."""
        self._loop.append(seconds)

    def summary(self) -> Punctuality:
        """What has been seen up to now."""
        late, loop = np.frombuffer(self._late, np.float32)[self.skip :], np.frombuffer(self._loop, np.float32)
        p50, p99 = np.quantile(late, (0.5, 0.99)) if len(late) else (0.0, 0.0)
        return Punctuality(float(p50), float(p99), float(np.quantile(loop, 0.99)) if len(loop) else 0.0)
