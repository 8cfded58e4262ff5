"""The least a client can do on uvloop: write, read, note the times. No client here and now does better."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter as clock
from typing import Any, NamedTuple


class Noted(NamedTuple):
    """When a request was due, when it left and when its answer had come."""

    intended: float
    sent: float
    done: float


class _Connection(asyncio.Protocol):
    def __init__(self, free: Callable[[_Connection], None], note: Callable[[Noted], None]) -> None:
        self._free, self._note = free, note

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._free(self)

    def send(self, request: bytes, intended: float) -> None:
        self.intended, self.sent = intended, clock()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._note(Noted(self.intended, self.sent, clock()))
        self._free(self)


class Bare:
    """A pool of such connections; every answer must come in one read."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._idle: list[_Connection] = []
        self.noted: list[Noted] = []

    async def connect(self, port: int, connections: int) -> None:
        """Open all connections before the first request."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            await loop.create_connection(
                lambda: _Connection(self._idle.append, self.noted.append), "127.0.0.1", port
            )

    def send(self, intended: float) -> None:
        """Send one request; where no connection is free it is lost, and shows as missing."""
        if self._idle:
            self._idle.pop().send(self._request, intended)

    def close(self) -> None:
        for connection in self._idle:
            connection.transport.close()
