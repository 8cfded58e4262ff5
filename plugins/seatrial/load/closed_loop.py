"""Closed-loop arrivals: N clients, each sends its next request when its last one was answered.

An arrival process decides when a request leaves and nothing else; `seatrial.load.open_loop` is its sibling.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol


class Source(Protocol):
    """Where requests come from, as far as an arrival process needs it."""

    def going(self) -> bool:
        """Whether one more may be sent."""

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        """Send one that should leave at clock time *intended* (None: now); *then* is called at its end."""


class ClosedLoop:
    """Keeps a fixed number of requests in flight.

    Args:
        concurrency: requests in flight.
    """

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency

    exhausted = False

    async def run(self, source: Source) -> None:
        """Ask again and again until *source* is no longer going; what is in flight is awaited.

        Whatever is under way at the end is finished, never cut off: the slowest requests are the last to
        come back, and leaving them out would flatter the target.
        """
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()
        clients = [_Client(source, loop) for _ in range(self.concurrency)]

        def one_left(client: _Client) -> None:
            clients.remove(client)
            if not clients and not over.done():
                over.set_result(None)

        for client in tuple(clients):
            client.start(one_left)
        await over


class _Client:
    """One of the clients."""

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._loop = loop
        self._asking = False

    def start(self, left: Callable[[_Client], None]) -> None:
        self._left = left
        self._next()

    def _next(self) -> None:
        if not self._source.going():
            self._left(self)
            return
        self._asking = True
        self._source.ask(None, self._answered)
        self._asking = False

    def _answered(self) -> None:
        # An answer that comes while still asking (a connection that is gone) must not recurse without end.
        if self._asking:
            self._loop.call_soon(self._next)
        else:
            self._next()
