"""Bulkheads: a compartment for each caller and model, so that one that floods does not sink the others.

The gateway as a whole has slots, too. Some of them are kept for traffic that cannot wait: a request with
``service_tier: flex`` gets none of those.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.settings import Slots

SHARED = 16
"""Slots of the pools that the defects make too small and too wide."""
HUNG, LATE = 1.5, 30.0
"""Seconds after which a call counts as hung in those pools, and by which its slot is then given back late."""
_SHARED = ""


class Compartment:
    """Slots that are given in the order in which they were asked for."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.taken = 0

    @property
    def idle(self) -> bool:
        """Whether nobody is in it."""
        return self.taken == 0 and not self._waiting

    async def enter(self, seconds: float | None) -> bool:
        """Take a slot; False where none was free in time."""
        if self.taken < self.slots:
            self.taken += 1
            return True
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await asyncio.wait_for(turn, seconds)
        except TimeoutError:
            self._waiting.remove(turn)
            return False
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise
        return True

    def leave(self) -> None:
        """Give a slot back, to the next who waits."""
        self.taken -= 1
        self._hand_on()

    def resize(self, slots: int) -> None:
        """Have more slots, or fewer as soon as they are given back."""
        self.slots = slots
        self._hand_on()

    def _hand_on(self) -> None:
        while self._waiting and self.taken < self.slots:
            turn = self._waiting.popleft()
            if not turn.done():
                self.taken += 1
                turn.set_result(None)


class Bulkhead:
    """All compartments.

    Args:
        slots: how many calls may be at work at once.
    """

    def __init__(self, slots: Slots, defects: Defects) -> None:
        self._slots = slots
        self._defects = defects
        self._compartments: dict[tuple[str, str], Compartment] = {}
        self.at_work = 0

    @asynccontextmanager
    async def slot(self, caller: str, model: str, *, can_wait: bool = False) -> AsyncIterator[None]:
        """A slot for one call.

        Args:
            can_wait: whether others go first.

        Raises:
            ApiError: 429 with Retry-After, no slot was free in time.
        """
        key, size, seconds = self._place(caller, model)
        endless = self._defects.on("no-back-pressure") or self._defects.on("unbounded-queue")
        most = self._slots.total - (self._slots.reserve if can_wait else 0)
        if self.at_work >= most and not endless:
            raise full(self._slots.wait)
        compartment = self._compartments.setdefault(key, Compartment(size))
        self.at_work += 1
        try:
            if not await compartment.enter(None if endless else seconds):
                raise full(self._slots.wait)
            began = asyncio.get_running_loop().time()
            try:
                yield
            finally:
                self._leave(key, compartment, began)
        finally:
            self.at_work -= 1

    def _leave(self, key: tuple[str, str], compartment: Compartment, began: float) -> None:
        loop = asyncio.get_running_loop()
        if _SHARED in key and loop.time() - began > HUNG:
            loop.call_later(LATE, self._left, key, compartment)
        else:
            self._left(key, compartment)

    def _left(self, key: tuple[str, str], compartment: Compartment) -> None:
        compartment.leave()
        if compartment.idle:
            self._compartments.pop(key, None)

    def _place(self, caller: str, model: str) -> tuple[tuple[str, str], int, float | None]:
        if self._defects.on("shared-pool-starves-tenants"):
            return (_SHARED, _SHARED), SHARED, None
        if self._defects.on("model-pool-shared"):
            return (caller, _SHARED), SHARED, None
        return (caller, model), self._slots.compartment, self._slots.wait


def full(wait: float) -> ApiError:
    """Everything is taken: come back later."""
    return ApiError(
        429,
        "Too many requests at once. Please try again later.",
        kind="requests",
        code="too_many_at_once",
        headers={"retry-after": str(max(1, ceil(wait)))},
    )
