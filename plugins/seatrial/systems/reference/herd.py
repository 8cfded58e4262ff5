"""The defect thundering-herd: what a provider missed while it was away falls upon it when it is back."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing

from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.providers.base import Provider, ProviderError, Tag

MOST = 600


class Herd:
    """Calls that are kept for a provider, and then all sent at once; their answers are thrown away."""

    def __init__(self) -> None:
        self._kept: deque[tuple[ChatRequest, Tag]] = deque(maxlen=MOST)
        self._running: set[asyncio.Task[None]] = set()

    def keep(self, ask: ChatRequest, tag: Tag) -> None:
        """One more call that somebody else had to answer."""
        self._kept.append((ask, tag))

    def release(self, provider: Provider) -> None:
        """The provider is back."""
        while self._kept:
            task = asyncio.create_task(_send(provider, *self._kept.popleft()))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Give up what is still on its way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def _send(provider: Provider, ask: ChatRequest, tag: Tag) -> None:
    try:
        async with aclosing(provider.generate(ask, tag)) as events:
            async for _ in events:
                pass
    except ProviderError:
        return
