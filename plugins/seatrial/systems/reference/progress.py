"""Forward progress: a server that answers 200 while its work stands still is not healthy."""

from __future__ import annotations

from collections.abc import Callable


class Progress:
    """Knows how much work is at hand and when it last moved.

    Args:
        stuck_after: seconds without progress, with work at hand, that count as stuck.
        clock: monotonic seconds.
    """

    def __init__(self, stuck_after: float, clock: Callable[[], float]) -> None:
        self._stuck_after = stuck_after
        self._clock = clock
        self._moved = clock()
        self.in_flight = 0

    def begin(self) -> None:
        """A piece of work arrives; idle time before it does not count."""
        if not self.in_flight:
            self._moved = self._clock()
        self.in_flight += 1

    def moved(self) -> None:
        """Some work went forward."""
        self._moved = self._clock()

    def end(self) -> None:
        """A piece of work is done or given up."""
        self.in_flight -= 1

    @property
    def stuck(self) -> bool:
        """Whether there is work at hand that does not go forward."""
        return self.in_flight > 0 and self._clock() - self._moved > self._stuck_after
