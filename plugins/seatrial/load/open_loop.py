"""Open-loop arrivals: requests leave when the schedule says so, however slow the answers are.

Latency counts from the scheduled time, so a target that stalls cannot hide its queue (coordinated omission:
Tene 2013). How late the generator itself was is kept apart: that is our fault and not the target's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from math import inf

from seatrial.load.closed_loop import Source
from seatrial.load.pacer import make_pacer
from seatrial.targets.client import clock

_AT_ONCE = 64  # arrivals sent in one go before the loop may look at its sockets again


class OpenLoop:
    """Sends on a schedule.

    Args:
        schedule: seconds since its start, ascending; consumed once, across all segments.
        late: told how late each request left, seconds.
    """

    def __init__(
        self, schedule: Iterable[float], late: Callable[[float], None] = lambda seconds: None
    ) -> None:
        self._schedule = iter(schedule)
        self._late = late
        self._next: float | None = next(self._schedule, None)

    @property
    def exhausted(self) -> bool:
        """Whether the schedule is at its end."""
        return self._next is None

    async def run(self, source: Source) -> None:
        """Send what is due until *source* stops or the schedule ends; what is in flight is awaited.

        The schedule stands still between two runs: the next arrival keeps its distance to the one before.
        """
        if self._next is None:
            return
        run = _Run(self, source, clock() - self._next)
        try:
            await run.over
        finally:
            run.close()

    def due(self, now: float) -> float | None:
        """Take the next arrival where its time has come; *now* in the schedule's own seconds."""
        if self._next is None or self._next > now:
            return None
        time, self._next = self._next, next(self._schedule, None)
        self._late(now - time)
        return time

    @property
    def upcoming(self) -> float:
        """The next arrival in the schedule's own seconds, infinity at its end."""
        return inf if self._next is None else self._next


class _Run:
    """One stretch of sending."""

    def __init__(self, arrivals: OpenLoop, source: Source, origin: float) -> None:
        loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = loop.create_future()
        self._arrivals = arrivals
        self._source = source
        self._origin = origin
        self._flying = 0
        self._sending = True
        self._pacer = make_pacer(loop, self._due)
        self._pacer.arm(0.0)

    def _due(self) -> None:
        for _ in range(_AT_ONCE):
            if not self._source.going():
                self._sending = False
                break
            time = self._arrivals.due(clock() - self._origin)
            if time is None:
                break
            self._flying += 1
            self._source.ask(self._origin + time, self._answered)
        self._sending = self._sending and not self._arrivals.exhausted
        if self._sending:
            # No longer than a moment: whether to go on is asked again even where nothing arrives.
            self._pacer.arm(self._origin + min(self._arrivals.upcoming, clock() - self._origin + 0.05))
        self._finish()

    def _answered(self) -> None:
        self._flying -= 1
        self._finish()

    def _finish(self) -> None:
        if not self._sending and not self._flying and not self.over.done():
            self.over.set_result(None)

    def close(self) -> None:
        self._pacer.close()
