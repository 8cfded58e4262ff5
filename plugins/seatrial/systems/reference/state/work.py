"""Accepted work: done in the background, a few at a time, each once; what fails for good is kept as such."""

from __future__ import annotations

import asyncio
import logging
import random

from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.logs import NAME
from seatrial.systems.reference.state.answering import error_of, generate
from seatrial.systems.reference.state.store import COMPLETED, FAILED, Kept, Store

WORKERS = 4
ATTEMPTS = 5
BASE, CAP = 0.2, 5.0
"""Seconds: the n-th wait is drawn between 0 and ``min(CAP, BASE * 2**n)``."""

log = logging.getLogger(NAME)


class Work:
    """The queue and its workers.

    Args:
        store: what was accepted before and is not done begins at once with `start`.
    """

    def __init__(self, gateway: Gateway, store: Store) -> None:
        self._gateway = gateway
        self._store = store
        self._queue: asyncio.Queue[Kept] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._rng = random.Random(f"{gateway.settings.seed}:work")  # noqa: S311  jitter, not a secret

    def start(self) -> None:
        """Begin to work."""
        for kept in self._store.unfinished:
            self.submit(kept)
        self._workers = [asyncio.create_task(self._run()) for _ in range(WORKERS)]

    def submit(self, kept: Kept) -> None:
        """Work that has been accepted, and is on disk."""
        self._queue.put_nowait(kept)

    async def close(self) -> None:
        """Stop; what is not done is begun again at the next start."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            kept = await self._queue.get()
            try:
                await self._do(kept)
            except (
                ApiError
            ) as error:  # it cannot be kept: it stays accepted, and begins again at the next start
                log.error("work not kept", extra={"fields": {"work": kept.id, "reason": error.message}})

    async def _do(self, kept: Kept) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                text, usage = await generate(self._gateway, self._store, kept)
            except ApiError as error:
                if attempt == ATTEMPTS or error.status < 429:
                    await self._store.finish(kept, FAILED, error=error_of(error))
                    return
            else:
                await self._store.finish(kept, COMPLETED, text, usage)
                return
            await asyncio.sleep(self._rng.uniform(0, min(CAP, BASE * 2**attempt)))
