"""Points in time at 4 bytes each: whole microseconds since the beginning of their piece."""

from __future__ import annotations

from array import array
from math import ceil

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PER_SECOND = 1_000_000
_REACH = 2**32  # microseconds in a piece: 71 minutes
_SLACK = PER_SECOND  # so much before the first one of a piece may still come behind it
_FUZZ = 0.01  # of a microsecond: what a float of some hours is inexact by


class Instants:
    """An append-only column of times that mostly ascend, in seconds.

    Times are rounded up to the microsecond, so that none comes before the beginning of what it belongs to.
    Where one is out of reach of the piece, another piece begins (16 bytes): any span has room.
    """

    def __init__(self) -> None:
        self._offsets = array("I")
        self._begins = array("q", [0])  # the place of each piece's first
        self._bases = array("q", [0])

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return 4 * len(self._offsets) + 16 * (len(self._begins) - 1)

    def append(self, seconds: float) -> None:
        """Add one behind all others."""
        time = ceil(seconds * PER_SECOND - _FUZZ)
        try:
            self._offsets.append(time - self._bases[-1])
        except OverflowError:
            self._offsets.append(time - self._begin(time))

    def extend(self, seconds: Floats) -> None:
        """Add many behind all others."""
        times = np.ceil(seconds * PER_SECOND - _FUZZ).astype(np.int64)
        while len(times):
            offsets = times - self._bases[-1]
            beyond = (offsets < 0) | (offsets >= _REACH)
            stop = int(np.argmax(beyond)) if beyond.any() else len(times)
            self._offsets.frombytes(offsets[:stop].astype(np.uint32).tobytes())
            times = times[stop:]
            if len(times):
                self._begin(int(times[0]))

    def _begin(self, time: int) -> int:
        self._begins.append(len(self._offsets))
        self._bases.append(time - _SLACK)
        return time - _SLACK

    def column(self, start: int = 0, stop: int | None = None) -> Floats:
        """The times from *start* to *stop*, in seconds."""
        offsets = np.frombuffer(self._offsets, np.uint32)[start:stop].astype(np.int64)
        if len(self._bases) == 1:
            return np.asarray(offsets / PER_SECOND)
        places = range(len(self._offsets))[start:stop]
        pieces = np.searchsorted(np.asarray(self._begins), np.arange(places.start, places.stop), side="right")
        return np.asarray((offsets + np.asarray(self._bases)[pieces - 1]) / PER_SECOND)
