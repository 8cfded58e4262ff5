"""Gathers how punctual the generator is while the traffic runs: in buckets, however long that is."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from seatrial.core.punctuality import Punctuality

FINEST = 1e-6  # seconds: what is less is no lateness
WIDTH = 1.01  # a bucket's end over its beginning: figures are at most 1 % too high
_BUCKETS = 2_101  # the last one ends at 20 minutes
_PER = 1 / log(WIDTH)

Seconds = NDArray[np.float32]


class Buckets:
    """A histogram of seconds with buckets of equal relative width."""

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS

    def add(self, seconds: float) -> None:
        """Count one."""
        place = int(log(seconds / FINEST) * _PER) + 1 if seconds > FINEST else 0
        self._counts[min(place, _BUCKETS - 1)] += 1

    def add_all(self, seconds: Seconds) -> None:
        """Count many."""
        places = np.log(np.maximum(seconds, FINEST) / FINEST) * _PER
        whole = np.minimum(np.where(seconds > FINEST, places + 1, 0).astype(np.int64), _BUCKETS - 1)
        found, times = np.unique(whole, return_counts=True)
        for place, count in zip(found.tolist(), times.tolist(), strict=True):
            self._counts[place] += count

    def quantile(self, share: float) -> float:
        """The end of the bucket in which the *share* quantile lies; 0 where nothing was counted."""
        counted = np.cumsum(self._counts)
        place = int(np.searchsorted(counted, share * counted[-1]))
        return float(FINEST * WIDTH**place) if place else 0.0


class Lag:
    """Lateness of departures and of the event loop's own wake-ups."""

    def __init__(self) -> None:
        self._late, self._loop = Buckets(), Buckets()
        self.skip = 0
        """Departures still to come that belong to a warm-up, which is no evidence."""

    def departed(self, seconds: float) -> None:
        """A request left so long after its time."""
        if self.skip:
            self.skip -= 1
        else:
            self._late.add(seconds)

    def departed_all(self, seconds: Seconds) -> None:
        """Requests left so long after their times."""
        skipped = min(self.skip, len(seconds))
        self.skip -= skipped
        self._late.add_all(seconds[skipped:])

    def woke_all(self, seconds: Seconds) -> None:
        """An event loop woke up so long after it should have, again and again."""
        self._loop.add_all(seconds)

    def woke(self, seconds: float) -> None:
        """The event loop woke up so long after it should have."""
        self._loop.add(seconds)

    def summary(self) -> Punctuality:
        """What has been seen up to now."""
        late, loop = self._late, self._loop
        return Punctuality(late.quantile(0.5), late.quantile(0.99), loop.quantile(0.99))
