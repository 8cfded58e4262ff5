"""Closed-loop arrivals with think time: users who read an answer and think before they ask again.

An interactive system with N users who think for Z seconds on average gets N / (R + Z) requests a second where
answers take R (the response time law: Denning & Buzen 1978, The Operational Analysis of Queueing Network
Models): a slow target is asked less, which is why a closed loop flatters it. Latency counts from the moment
at which a user has thought enough, also where this machine is late with sending.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush

import numpy as np

from seatrial.load.arrivals import Process
from seatrial.load.closed_loop import Source
from seatrial.load.pacer import make_pacer
from seatrial.targets.client import clock

_AT_ONCE = 64  # requests sent in one go before the loop may look at its sockets again
_LOOK = 0.05  # seconds after which it is asked again whether to go on, also where everybody thinks


class Thoughts:
    """How long one user thinks, again and again; drawn in advance from a seed.

    Args:
        mean: seconds.
        process: how think times scatter around it, as gaps of mean 1.
        seed: reproduces them.
    """

    def __init__(self, mean: float, process: Process, seed: Sequence[int]) -> None:
        self._mean = mean
        self._process = process
        self._random = np.random.default_rng(list(seed))

    def next(self) -> float:
        """Seconds between an answer and the next question."""
        return self._mean * float(self._process(self._random, 1)[0])

    def rest(self) -> float:
        """Seconds that are left of a thought which began before the traffic did.

        Without it all users would ask at one moment wherever they think equally long.
        """
        return self.next() * float(self._random.random())


class ThinkingLoop:
    """Keeps a fixed number of users, each of whom asks, reads and thinks.

    Args:
        users: how long each of them thinks.
        late: told how late each request left, seconds.
    """

    exhausted = False

    def __init__(
        self, users: Sequence[Thoughts], late: Callable[[float], None] = lambda seconds: None
    ) -> None:
        self.users = tuple(users)
        self.late = late

    async def run(self, source: Source) -> None:
        """Let them ask until *source* is no longer going; what is in flight then is awaited."""
        run = _Run(self, source)
        try:
            await run.over
        finally:
            run.close()


class _Run:
    """One stretch of sending."""

    def __init__(self, loop: ThinkingLoop, source: Source) -> None:
        running = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = running.create_future()
        self._loop = loop
        self._source = source
        self._flying = 0
        self._sending = True
        now = clock()
        self._thinking: list[tuple[float, int]] = []
        for number, user in enumerate(loop.users):
            heappush(self._thinking, (now + user.rest(), number))
        self._pacer = make_pacer(running, self._due)
        self._pacer.arm(0.0)

    def _due(self) -> None:
        for _ in range(_AT_ONCE):
            self._sending = self._sending and self._source.going()
            now = clock()
            if not self._sending or not self._thinking or self._thinking[0][0] > now:
                break
            when, number = heappop(self._thinking)
            self._loop.late(now - when)
            self._flying += 1
            self._source.ask(when, partial(self._answered, number))
        self._arm()
        self._finish()

    def _answered(self, number: int) -> None:
        self._flying -= 1
        if self._sending:
            heappush(self._thinking, (clock() + self._loop.users[number].next(), number))
            self._arm()
        self._finish()

    def _arm(self) -> None:
        if self._sending:
            look = clock() + _LOOK
            self._pacer.arm(min(self._thinking[0][0], look) if self._thinking else look)

    def _finish(self) -> None:
        if not self._sending and not self._flying and not self.over.done():
            self.over.set_result(None)

    def close(self) -> None:
        self._pacer.close()
