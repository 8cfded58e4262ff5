"""The one way out: whoever calls it, every wait of the game day ends, and the rollback begins."""

from __future__ import annotations

import threading
import time

_SLICE = 0.05  # seconds between two looks of a wait that also watches something else


class Aborted(Exception):
    """The game day was called off; carries nothing, `Abort` knows why."""


class Abort:
    """Set once; the first call counts.

    Attributes:
        by: who or what called it off, such as ``the key q``.
        why: the reason, empty for a person's decision.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self.by = ""
        self.why = ""

    def call(self, by: str, why: str = "") -> bool:
        """Call the game day off; False where somebody was faster."""
        with self._lock:
            if self._event.is_set():
                return False
            self.by, self.why = by, why
            self._event.set()
            return True

    @property
    def called(self) -> bool:
        """Whether it was called off."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Aborted where it was called off."""
        if self._event.is_set():
            raise Aborted

    def sleep(self, seconds: float) -> None:
        """Wait; raise Aborted as soon as it is called off."""
        if self._event.wait(max(seconds, 0.0)):
            raise Aborted

    def wait_for(self, event: threading.Event, seconds: float) -> bool:
        """Wait for *event*; whether it came in time.

        Raises:
            Aborted: it was called off meanwhile.
        """
        deadline = time.monotonic() + seconds
        while not event.wait(min(_SLICE, max(deadline - time.monotonic(), 0.0))):
            self.check()
            if time.monotonic() >= deadline:
                return False
        self.check()
        return True
