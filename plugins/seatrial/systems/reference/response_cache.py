"""Where answers are kept that may be given again: in this process, or by a cache service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from seatrial.systems.reference.cache import Cache
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.remote_cache import RemoteCache
from seatrial.systems.reference.settings import Settings
from seatrial.systems.reference.sse import Answer


class ResponseCache(Protocol):
    """Whole answers by key, for a limited time. It is never in the way: without it there are no hits."""

    async def get(self, key: str) -> Answer | None:
        """What is kept there."""

    async def put(self, key: str, answer: Answer) -> None:
        """Keep *answer* for a while."""

    async def close(self) -> None:
        """Let go of what it holds."""


class InProcess:
    """In this process: gone with it."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._answers: Cache[Answer] = Cache(settings.cache_seconds, settings.cache_entries, clock)

    async def get(self, key: str) -> Answer | None:
        """What is kept there."""
        return self._answers.get(key)

    async def put(self, key: str, answer: Answer) -> None:
        """Keep *answer* for a while."""
        self._answers.put(key, answer)

    async def close(self) -> None:
        """There is nothing to let go of."""


def response_cache(
    settings: Settings, defects: Defects, clock: Callable[[], float], failed: Callable[[str], None]
) -> ResponseCache:
    """The cache that *settings* ask for.

    Args:
        clock: monotonic seconds.
        failed: told the kind of each trouble with a cache service.
    """
    if settings.cache is None:
        return InProcess(settings, clock)
    return RemoteCache(
        settings.cache,
        seconds=settings.cache_seconds,
        timeout=settings.cache_timeout,
        defects=defects,
        failed=failed,
    )
