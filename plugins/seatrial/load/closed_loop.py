"""Closed-loop arrivals: N clients, each sends its next request when its last one was answered.

An arrival process decides when a request leaves and nothing else; open-loop schedules are its siblings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class ClosedLoop:
    """Keeps a fixed number of requests in flight.

    Args:
        concurrency: requests in flight.
    """

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency

    async def run(self, send: Callable[[], Awaitable[bool]]) -> None:
        """Call *send* again and again from each client until it returns False; what is in flight is awaited.

        Whatever is under way when a client stops is finished, never cut off: the slowest requests are the
        last to come back, and leaving them out would flatter the target.
        """
        clients = [asyncio.ensure_future(_client(send)) for _ in range(self.concurrency)]
        try:
            await asyncio.gather(*clients)
        finally:
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)


async def _client(send: Callable[[], Awaitable[bool]]) -> None:
    while await send():
        pass
