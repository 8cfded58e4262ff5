"""Load in virtual time: traffic as it is, against a model of a target, on a clock that jumps ahead.

Minutes of load take as long as their computation, and no other program on the machine can disturb them.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from seatrial.core.exchange import ErrorKind, Exchange, Usage
from seatrial.load import from_policy, open_loop, traffic
from tests.systems.reference.virtual import VirtualLoop


@dataclass
class Model:
    """A target with so many workers, who take so long for each answer, in order of arrival.

    Attributes:
        connections: that the client has.
        queue: how many may wait; who comes then is sent away with 429. None: as many as like.
        late: seconds by which the generator is late with every departure.
    """

    workers: int
    service: float
    connections: int = 1000
    queue: int | None = None
    late: float = 0.0
    loops: list[VirtualLoop] = field(default_factory=list)
    count: int = 0

    def fresh(self) -> VirtualLoop:
        """A loop, and nobody at work."""
        self.loops.append(VirtualLoop())
        self._free = [0.0] * self.workers
        self._links = [0.0] * self.connections
        return self.loops[-1]

    def clock(self) -> float:
        """The time of the running loop."""
        return self.loops[-1].now

    async def connect(self) -> Model:
        """The client is its own connection."""
        return self

    def begin(self, prompt: int, then: Callable[[Exchange], None], **when: Any) -> None:
        """Ask; *then* is called when the answer is there."""
        self.count += 1
        loop, now = self.loops[-1], self.clock()
        sent = max(now, heapq.heappop(self._links))
        waiting = (min(self._free) - sent) / self.service * self.workers
        refused = self.queue is not None and waiting > self.queue
        done = sent + 0.001 if refused else self._served(sent)
        heapq.heappush(self._links, done)
        zero, intended = when["zero"], when["intended"]
        exchange = Exchange(
            when["index"],
            intended,
            sent - zero,
            done - zero,
            first_chunk=done - zero,
            status=429 if refused else 200,
            error=ErrorKind.HTTP_STATUS if refused else None,
            usage=Usage(7, 3),
        )
        loop.call_at(done, then, exchange)

    def _served(self, at: float) -> float:
        done = max(at, heapq.heappop(self._free)) + self.service
        heapq.heappush(self._free, done)
        return done

    async def close(self) -> None:
        """Nothing is open."""


class _Pacer:
    """Calls back at a given virtual time."""

    def __init__(self, loop: VirtualLoop, due: Callable[[], None], late: float) -> None:
        self._loop, self._due, self._late = loop, due, late
        self._handle: asyncio.TimerHandle | None = None

    def arm(self, when: float) -> None:
        """Call back at *when*."""
        self.close()
        # Never at once: the loop calls back up to a nanosecond early, and would do so without end.
        self._handle = self._loop.call_at(max(when, self._loop.now) + max(self._late, 1e-6), self._due)

    def close(self) -> None:
        """Never call back again."""
        if self._handle is not None:
            self._handle.cancel()


def put_in_virtual_time(monkeypatch: pytest.MonkeyPatch, model: Model) -> None:
    """Let every traffic of a policy meet *model* in virtual time."""
    for module in (traffic, open_loop):
        monkeypatch.setattr(module, "clock", model.clock)
    monkeypatch.setattr(traffic, "new_event_loop", model.fresh)
    # A look at the whole costs as much as in real time, and virtual seconds have more of them.
    monkeypatch.setattr(traffic, "POLL", 0.05)
    monkeypatch.setattr(open_loop, "make_pacer", lambda loop, due: _Pacer(loop, due, model.late))
    monkeypatch.setattr(from_policy, "_connector", lambda *given: model.connect)
