"""Waking up on time: some 20 µs late instead of the millisecond to which event loops round their timers.

On Linux a timerfd on an absolute schedule, watched by the loop like a socket; elsewhere a thread that sleeps
and calls into the loop. Neither spins.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

from seatrial.targets.client import clock

_CLOCK_MONOTONIC = 1
_TFD_NONBLOCK = 0o4000
_TFD_CLOEXEC = 0o2000000
_TFD_TIMER_ABSTIME = 1
_PR_SET_TIMERSLACK = 29


class Pacer(Protocol):
    """Calls back at a given time."""

    def arm(self, when: float) -> None:
        """Call back at clock time *when*, at once where that is past; replaces what was armed before."""

    def close(self) -> None:
        """Never call back again."""


def make_pacer(loop: asyncio.AbstractEventLoop, due: Callable[[], None]) -> Pacer:
    """The most punctual pacer that this platform has.

    Args:
        loop: the running loop; *due* is called inside it.
        due: called when an armed time has come.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError, ValueError):
            return TimerfdPacer(loop, due)
    return ThreadPacer(loop, due)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class TimerfdPacer:
    """A timerfd on the monotonic clock.

    Args:
        loop: watches it.
        due: called when it fires.

    Raises:
        OSError: the kernel has none.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, due: Callable[[], None]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.prctl(
            _PR_SET_TIMERSLACK, 1, 0, 0, 0
        )  # a thread's sleeps may come late by 50 µs without it
        fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._fd = fd
        self._loop = loop
        self._due = due
        # `clock` counts from an origin of its own on some platforms; on Linux the two are one clock.
        self._offset = time.clock_gettime(time.CLOCK_MONOTONIC) - clock()
        loop.add_reader(fd, self._fired)

    def _fired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:  # armed anew since it fired
            return
        self._due()

    def arm(self, when: float) -> None:
        """Call back at clock time *when*."""
        seconds, fraction = divmod(max(when + self._offset, 1e-9), 1.0)
        spec = _Itimerspec(value=_Timespec(int(seconds), int(fraction * 1e9)))
        if self._libc.timerfd_settime(self._fd, _TFD_TIMER_ABSTIME, ctypes.byref(spec), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def close(self) -> None:
        """Never call back again."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1


class ThreadPacer:
    """A thread that sleeps until the armed time, where there is no timerfd.

    Args:
        loop: where *due* is called.
        due: called when the armed time has come.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, due: Callable[[], None]) -> None:
        self._loop = loop
        self._due = due
        self._wanted = threading.Condition()
        self._when: float | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="seatrial-pacer", daemon=True)
        self._thread.start()

    def arm(self, when: float) -> None:
        """Call back at clock time *when*."""
        with self._wanted:
            self._when = when
            self._wanted.notify()

    def close(self) -> None:
        """Never call back again."""
        with self._wanted:
            self._closed = True
            self._wanted.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wanted:
                while self._when is None and not self._closed:
                    self._wanted.wait()
                if self._closed:
                    return
                when, self._when = self._when, None
            assert when is not None
            time.sleep(max(when - clock(), 0.0))
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if not self._closed:
            self._due()
