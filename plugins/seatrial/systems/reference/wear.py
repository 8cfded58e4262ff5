"""What a system that was built badly collects while it runs: memory, files, delays, errors, and pauses."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import server_error

LEAKED = 256 << 10
"""Bytes that an answer leaves behind."""
DRIFT, DRIFTED = 0.001, 0.6
"""Seconds that an answer adds to all later ones, and the most that it comes to."""
CREEP = 0.002
"""By how much an answer raises the share of errors."""
WORST = 0.9
"""The largest share of errors that it comes to."""
EVERY, FROZEN = 4.0, 1.0
"""Seconds between two freezes, and how long one lasts."""


class Wear:
    """Grows with every chat request; nothing of it is there without its defect.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, defects: Defects, clock: Callable[[], float]) -> None:
        self._defects = defects
        self._clock = clock
        self._began = clock()
        self._answers = 0
        self._memory: list[bytes] = []
        self._files: list[int] = []
        self._rng = random.Random("wear")  # noqa: S311  a reproducible draw, not a secret

    async def begin(self) -> None:
        """One more request.

        Raises:
            ApiError: 500, by chance and by wear.
        """
        count, self._answers = self._answers, self._answers + 1
        if self._defects.on("memory-leak"):
            self._memory.append(os.urandom(64) * (LEAKED // 64))
        if self._defects.on("fd-leak"):
            self._files.append(os.open(os.devnull, os.O_RDONLY))
        if self._defects.on("errors-creep") and self._rng.random() < min(WORST, count * CREEP):
            raise server_error()
        if self._defects.on("latency-drift"):
            await asyncio.sleep(min(count * DRIFT, DRIFTED))

    async def thaw(self) -> None:
        """Wait while everything stands still."""
        if self._defects.on("freezes"):
            into = (self._clock() - self._began) % EVERY
            if into >= EVERY - FROZEN:
                await asyncio.sleep(EVERY - into)

    def close(self) -> None:
        """Give back what was kept."""
        for file in self._files:
            os.close(file)
        self._files.clear()
        self._memory.clear()
