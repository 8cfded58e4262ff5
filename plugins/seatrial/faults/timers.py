"""Timers that keep their word to some tens of microseconds.

The event loop's own timers round to a millisecond, and uvloop's may fire early. On Linux a timerfd wakes the
loop instead; elsewhere the loop's timers do, re-armed where they fire early.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import sys
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from time import monotonic as clock
from typing import Any

CLOCK_MONOTONIC = 1
ABSOLUTE = 1
NONBLOCK_CLOEXEC = 0o2004000


class Timer:
    """One appointment; `cancel` calls it off."""

    __slots__ = ("callback", "due")

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """It will not fire; may be called at any time."""
        self.callback = None


class Timers:
    """Calls back at given times on `time.monotonic`, never early.

    Args:
        loop: the loop in which it calls back; everything else must happen there, too.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heap: list[tuple[float, int, Timer]] = []
        self._number = count()
        self._fd = self._libc = None
        self._handle: asyncio.TimerHandle | None = None
        if sys.platform == "linux":
            self._libc = ctypes.CDLL(None, use_errno=True)
            fd = self._libc.timerfd_create(CLOCK_MONOTONIC, NONBLOCK_CLOEXEC)
            if fd >= 0:
                self._fd = fd
                loop.add_reader(fd, self._woken)

    def at(self, due: float, callback: Callable[[], None]) -> Timer:
        """Call *callback* at *due*; one in the past is called in the next turn of the loop."""
        timer = Timer(due, callback)
        heap = self._heap
        heappush(heap, (due, next(self._number), timer))
        if heap[0][2] is timer:
            self._arm(due)
        return timer

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call *callback* in *seconds*."""
        return self.at(clock() + seconds, callback)

    def close(self) -> None:
        """Nothing fires any more."""
        self._heap.clear()
        if self._handle is not None:
            self._handle.cancel()
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = None

    def _arm(self, due: float) -> None:
        if due == inf:
            return
        if self._fd is not None:
            due = max(due, 1e-9)  # all zeros would disarm it
            spec = struct.pack("qqqq", 0, 0, int(due), int(due % 1 * 1e9) or 1)
            libc: Any = self._libc
            libc.timerfd_settime(self._fd, ABSOLUTE, spec, None)
        else:
            if self._handle is not None:
                self._handle.cancel()
            self._handle = self._loop.call_later(max(due - clock(), 0.0), self._fire)

    def _woken(self) -> None:
        if self._fd is not None:
            try:
                os.read(self._fd, 8)
            except BlockingIOError:  # re-armed since it fired
                return
        self._fire()

    def _fire(self) -> None:
        heap = self._heap
        now = clock()
        while heap and heap[0][0] <= now:
            timer = heappop(heap)[2]
            callback, timer.callback = timer.callback, None
            if callback is not None:
                self._loop.call_soon(callback)
        while heap and heap[0][2].callback is None:
            heappop(heap)
        if heap:
            self._arm(heap[0][0])
