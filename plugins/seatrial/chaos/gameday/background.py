"""Background traffic: it flows in a thread of its own from beginning to end, whatever the script does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, Self

import numpy as np

from seatrial.chaos.gameday.pulse import Pulse
from seatrial.core.errors import HarnessError
from seatrial.core.exchange import Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.load.ledger import Ledger
from seatrial.load.prompts import PromptSet
from seatrial.targets.client import Client, Prepared
from seatrial.targets.client import clock as wire_clock
from seatrial.targets.target import new_event_loop

_TICK = 0.1  # seconds between two looks at the ledger
_GRACE = 1.0  # seconds that requests under way are given at the end


class Sender(Protocol):
    """The measuring client, as far as background traffic needs it."""

    async def exchange(self, prompt: int, *, index: int, intended: float, zero: float) -> Exchange:
        """Ask prompt number *prompt* and observe the answer; never raises for what the target does."""

    async def close(self) -> None:
        """Give every connection back."""


class Asker:
    """A client with a prompt set in its hands (`Sender`).

    Args:
        client: moves the bytes; closed with it.
        prompts: what is asked.
        stream: whether answers are asked for as a stream.
    """

    def __init__(self, client: Client, prompts: PromptSet, *, stream: bool) -> None:
        self._client = client
        self._prompts = prompts
        self._stream = stream
        self._prepared: dict[int, Prepared] = {}

    async def exchange(self, prompt: int, *, index: int, intended: float, zero: float) -> Exchange:
        request = self._prepared.get(prompt)
        if request is None:
            request = self._client.prepare(self._prompts[prompt], stream=self._stream)
            self._prepared[prompt] = request
        return await self._client.exchange(request, index=index, intended=intended, zero=zero, prompt=prompt)

    async def close(self) -> None:
        await self._client.close()


class Background:
    """Traffic at a steady rate, or from clients that each send after their last answer.

    Args:
        connect: makes the measuring client, inside the running loop.
        prompts: how many there are; drawn in random order without replacement, again and again.
        rate: requests a second, None for closed-loop clients.
        concurrency: how many clients, where there is no rate.
        seed: reproduces the order of the prompts.
        clock: seconds since the run began.
        ledger: where exchanges are told.
        objectives: what a good exchange meets.
        pulse: what the others look at.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Sender]],
        prompts: int,
        *,
        rate: float | None,
        concurrency: int,
        seed: int,
        clock: Callable[[], float],
        ledger: Ledger,
        objectives: Sequence[Objective],
        pulse: Pulse,
    ) -> None:
        self._connect = connect
        self._prompts = prompts
        self._rate = rate
        self._concurrency = concurrency
        self._clock = clock
        self._ledger = ledger
        self._objectives = objectives
        self._pulse = pulse
        self._shuffle = np.random.default_rng([seed, *b"gameday"])
        self._order: list[int] = []
        self._log = Log()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gameday-traffic", daemon=True)
        self._trouble: BaseException | None = None
        self._zero = self._offset = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Let it end: what is under way is given a moment, what is left is cut off and not counted."""
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Make sure that it flows.

        Raises:
            HarnessError: it has ended by an error of our own.
        """
        if self._trouble is not None:
            raise HarnessError(
                f"the background traffic broke off ({type(self._trouble).__name__}: {self._trouble})"
            ) from self._trouble

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._flow())
        except BaseException as error:
            self._trouble = error

    async def _flow(self) -> None:
        client = await self._connect()
        self._zero, self._offset = wire_clock(), self._clock()
        self._ledger.opened()
        flowing = asyncio.ensure_future(self._paced(client) if self._rate else self._clients(client))
        try:
            while not flowing.done():
                await asyncio.wait((flowing,), timeout=_TICK)
                self._ledger.tick(self._log, 1)
            await flowing
        finally:
            flowing.cancel()
            self._ledger.flush(self._log, 1)
            await client.close()

    async def _paced(self, client: Sender) -> None:
        """One request every ``1 / rate`` seconds, whatever becomes of those before."""
        assert self._rate is not None
        under_way: set[asyncio.Task[None]] = set()
        broken: list[BaseException] = []
        number = 0

        def ended(task: asyncio.Task[None]) -> None:
            under_way.discard(task)
            error = None if task.cancelled() else task.exception()
            if error is not None:
                broken.append(error)

        while not self._stop.is_set():
            if broken:
                raise broken[0]
            due = number / self._rate
            wait = due - (wire_clock() - self._zero)
            if wait > 0:
                await asyncio.sleep(min(wait, _TICK))
                continue
            number += 1
            task = asyncio.ensure_future(self._exchange(client, due))
            under_way.add(task)
            task.add_done_callback(ended)
        await _ended(under_way)

    async def _clients(self, client: Sender) -> None:
        async def ask() -> None:
            while not self._stop.is_set():
                await self._exchange(client, wire_clock() - self._zero)

        clients = {asyncio.ensure_future(ask()) for _ in range(self._concurrency)}
        while not self._stop.is_set() and not any(each.done() for each in clients):
            await asyncio.sleep(_TICK)
        await _ended(clients)

    async def _exchange(self, client: Sender, intended: float) -> None:
        number = self._pulse.sent(self._offset + intended)
        self._took(
            number, await client.exchange(self._draw(), index=number, intended=intended, zero=self._zero)
        )

    def _took(self, number: int, exchange: Exchange) -> None:
        place = len(self._log)
        self._log.append(exchange)
        self._ledger.took(exchange)
        good = exchange.ok and not any(self._bad(objective, place) for objective in self._objectives)
        self._pulse.ended(number, self._offset + exchange.done, good=good, ok=exchange.ok)

    def _bad(self, objective: Objective, place: int) -> bool:
        bad, _, counts = objective.bad(self._log, place, place + 1)
        return bool(bad[0] and counts[0])

    def _draw(self) -> int:
        if not self._order:
            self._order = self._shuffle.permutation(self._prompts).tolist()
        return self._order.pop()


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    """Give *tasks* a moment, then cut off what is left; an error of our own comes out."""
    waiting = set(tasks)
    if not waiting:
        return
    done, left = await asyncio.wait(waiting, timeout=_GRACE)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    broken = [error for task in done if not task.cancelled() and (error := task.exception())]
    if broken:
        raise broken[0]
