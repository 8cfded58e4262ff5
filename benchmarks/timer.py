"""A timer with the kernel's own resolution: epoll's and libuv's round to a millisecond."""

from __future__ import annotations

import ctypes
import os
import struct
from contextlib import suppress
from time import perf_counter as clock

CLOCK_MONOTONIC, ABSOLUTE = 1, 1


class Timer:
    """A timerfd; becomes readable at the time it was set to, told on `clock`."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fileno = self._libc.timerfd_create(CLOCK_MONOTONIC, os.O_NONBLOCK)

    def set(self, at: float) -> None:
        """Fire at *at*, or at once where that has passed."""
        at = max(at, clock() + 1e-6)
        spec = struct.pack("qqqq", 0, 0, int(at), int(at % 1 * 1e9))
        self._libc.timerfd_settime(self.fileno, ABSOLUTE, spec, None)

    def clear(self) -> None:
        """Take note that it fired."""
        with suppress(BlockingIOError):
            os.read(self.fileno, 8)

    def close(self) -> None:
        os.close(self.fileno)
