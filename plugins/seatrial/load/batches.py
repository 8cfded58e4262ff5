"""Requests that leave together: MLPerf's MultiStream and Offline.

LoadGen sends a MultiStream query of N samples as soon as the one before is answered, and takes the slowest of
its samples for its latency; in Offline it sends all samples at once and counts how many are answered a second
(https://github.com/mlcommons/inference/blob/master/loadgen/test_settings.h).
"""

from __future__ import annotations

import asyncio

from seatrial.load.closed_loop import Source
from seatrial.targets.client import clock

_AT_ONCE = 64  # requests sent in one go before the loop may look at its sockets again


class Batches:
    """Sends queries of several requests, one query after the other.

    All requests of a query should leave at one moment, the same for all of them: by that they are known to
    belong together.

    Args:
        size: requests of a query.
        one: whether a stretch of sending holds one query, in place of as many as there is time for.
    """

    exhausted = False

    def __init__(self, size: int, *, one: bool = False) -> None:
        self.size = size
        self.one = one

    async def run(self, source: Source) -> None:
        """Ask query after query until *source* is no longer going; what is in flight then is awaited."""
        run = _Run(self, source)
        run.query()
        await run.over


class _Run:
    """One stretch of sending."""

    def __init__(self, batches: Batches, source: Source) -> None:
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self._loop.create_future()
        self._batches = batches
        self._source = source
        self._flying = 0
        self._left = 0
        self._when = 0.0
        self._looking = False

    def query(self) -> None:
        """Send the next query."""
        self._left = self._batches.size
        self._when = clock()
        self._send()

    def _send(self) -> None:
        for _ in range(_AT_ONCE):
            if self._left and not self._source.going():
                self._left = 0
            if not self._left:
                break
            self._left -= 1
            self._flying += 1
            self._source.ask(self._when, self._answered)
        if self._left:
            self._loop.call_soon(self._send)
        else:
            self._look()

    def _answered(self) -> None:
        self._flying -= 1
        self._look()

    def _look(self) -> None:
        # Never go on from inside of `ask`: an answer may come while still asking.
        if not self._flying and not self._left and not self._looking:
            self._looking = True
            self._loop.call_soon(self._answered_all)

    def _answered_all(self) -> None:
        self._looking = False
        if self.over.done() or self._flying or self._left:
            return
        if self._batches.one or not self._source.going():
            self.over.set_result(None)
        else:
            self.query()
