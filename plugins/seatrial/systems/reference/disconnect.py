"""Stop working for a client that has gone away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

Receive = Callable[[], Awaitable[Any]]


class UntilDisconnect:
    """A context whose work is cancelled, quietly, when the client disconnects.

    Args:
        receive: the ASGI channel, after the whole body was read.

    Attributes:
        gone: whether the client went away.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.gone = False

    async def __aenter__(self) -> UntilDisconnect:
        self._task = asyncio.current_task()
        self._watch = asyncio.create_task(self._wait())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        self._watch.cancel()
        if not (self.gone and kind is asyncio.CancelledError and self._task):
            return False
        self._task.uncancel()
        return True

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        if self._task:
            self._task.cancel()
