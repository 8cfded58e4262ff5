"""Callers who ask the same at the same time: one answer is made for all of them, and none for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from seatrial.systems.reference.defects import HEALTHY, Defects

Made = TypeVar("Made")


class Collapse(Generic[Made]):
    """What is being made at this moment, by key."""

    def __init__(self, defects: Defects = HEALTHY) -> None:
        self._defects = defects
        self._flights: dict[str, _Flight[Made]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def made(
        self, key: str, make: Callable[[], Awaitable[Made]], keep: Callable[[Made], Awaitable[None]]
    ) -> tuple[Made, bool]:
        """What *make* gives, and whether it was made for somebody else.

        Args:
            key: of what is asked.
            make: called for the first who asks; an error is told to everybody who waits.
            keep: called with what was made; nobody waits for it, and until it is over the same is not made
                again.
        """
        if self._defects.on("cache-stampede"):
            own = await make()
            await keep(own)
            return own, False
        flight = self._flights.get(key)
        shared = flight is not None
        if flight is None:
            flight = _Flight(make, keep)
            self._flights[key] = flight
            flight.over = lambda: self._land(key, flight)
        return await flight.joined(), shared

    def _land(self, key: str, flight: _Flight[Made]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


class _Flight(Generic[Made]):
    """One thing that is being made, in a task of its own: who asked first may leave before the others.

    Attributes:
        over: called when nobody may join any more.
    """

    def __init__(self, make: Callable[[], Awaitable[Made]], keep: Callable[[Made], Awaitable[None]]) -> None:
        self.over: Callable[[], None] = lambda: None
        self._waiting = 0
        self._made: asyncio.Future[Made] = asyncio.get_running_loop().create_future()
        self._made.add_done_callback(_looked_at)
        self._task = asyncio.create_task(self._fly(make, keep))

    async def joined(self) -> Made:
        """What was made; when the last who waits has left, it is given up."""
        self._waiting += 1
        try:
            return await asyncio.shield(self._made)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._made.done():
                self.over()
                self._task.cancel()

    async def _fly(
        self, make: Callable[[], Awaitable[Made]], keep: Callable[[Made], Awaitable[None]]
    ) -> None:
        try:
            made = await make()
            self._made.set_result(made)
            await keep(made)
        except Exception as error:
            if self._made.done():
                raise
            self._made.set_exception(error)  # told to everybody who waits
        finally:
            self._made.cancel()
            self.over()


def _looked_at(made: asyncio.Future[Made]) -> None:
    """Take note of an error that nobody waits for any more."""
    if not made.cancelled():
        made.exception()
