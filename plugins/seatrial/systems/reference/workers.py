"""Workers: how many answers are made at once. More are added while somebody waits, and sent home again.

Without a number of workers the gateway makes as many answers at once as its slots allow.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from seatrial.systems.reference.bulkhead import Compartment, full
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.settings import Crew

FEW = 4
"""Workers of the defect without a bound."""


class Workers:
    """The workers, and the queue before them.

    Args:
        crew: how many, and how they grow.
        told: how many there are, at every change.
    """

    def __init__(
        self, crew: Crew, defects: Defects, told: Callable[[float], None] = lambda count: None
    ) -> None:
        self._crew = crew
        self._told = told
        self._unbounded = defects.on("unbounded-queue")
        self._endless = self._unbounded or defects.on("no-back-pressure")
        self._grows = not (self._unbounded or defects.on("scale-out-never"))
        self._shrinks = not defects.on("scale-in-never")
        self._pool: Compartment | None = None
        self.count = FEW if self._unbounded else crew.workers or 0
        self._told(self.count)
        self.waiting = 0
        self._growing = self._shrinking = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A worker for one answer.

        Raises:
            ApiError: 429 with Retry-After, the queue is full, or nobody was free in time.
        """
        if not self.count:
            yield
            return
        if self._pool is None:
            self._pool = Compartment(self.count)
        await self._enter(self._pool)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            yield
        finally:
            rest = began + self._crew.service - loop.time()
            if rest > 0:
                loop.call_later(rest, self._left, self._pool)
            else:
                self._left(self._pool)

    def _left(self, pool: Compartment) -> None:
        pool.leave()
        self._idle(pool)

    async def _enter(self, pool: Compartment) -> None:
        crew = self._crew
        if pool.taken >= pool.slots:
            if self.waiting >= crew.queue * self.count and not self._endless:
                raise full(crew.wait)
            self._wanted()
        self.waiting += 1
        try:
            if not await pool.enter(None if self._endless else crew.wait):
                raise full(crew.wait)
        finally:
            self.waiting -= 1

    def _wanted(self) -> None:
        most = self._crew.most or self.count
        if self._grows and not self._growing and self.count < most:
            self._growing = True
            asyncio.get_running_loop().call_later(self._crew.start, self._grow)

    def _grow(self) -> None:
        self._growing = False
        if self._pool is not None and self.waiting:
            self.count += 1
            self._told(self.count)
            self._pool.resize(self.count)
            self._wanted()

    def _idle(self, pool: Compartment) -> None:
        least = self._crew.workers or self.count
        if self._shrinks and pool.taken < self.count and self.count > least and not self._shrinking:
            self._shrinking = True
            asyncio.get_running_loop().call_later(self._crew.rest, self._shrink)

    def _shrink(self) -> None:
        self._shrinking = False
        if self._pool is not None and not self.waiting and self._pool.taken < self.count:
            self.count -= 1
            self._told(self.count)
            self._pool.resize(self.count)
            self._idle(self._pool)
