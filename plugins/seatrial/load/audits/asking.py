"""Asks one target a list of things, a given number at a time, and keeps an eye on its own punctuality."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.exchange import Exchange
from seatrial.load.closed_loop import ClosedLoop
from seatrial.targets.client import Client, Prepared, clock
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret
from seatrial.targets.target import new_event_loop
from seatrial.targets.wire import Prompt

POLL = 0.002  # seconds between two looks at the event loop's own punctuality


@dataclass(frozen=True, slots=True)
class Manner:
    """How the target is asked.

    Attributes:
        stream: whether answers are streamed.
        max_tokens: longest answer.
        params: further fields of the request.
        headers: on top of the target's.
        keys: of the callers that take turns; without any, the target's own.
    """

    stream: bool = True
    max_tokens: int | None = None
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    keys: Sequence[Secret | None] = ()

    def key(self, index: int) -> Secret | None:
        """The key that request number *index* is sent with, None for the target's."""
        return self.keys[index % len(self.keys)] if self.keys else None


@dataclass(frozen=True, slots=True)
class Batch:
    """What came back.

    Attributes:
        exchanges: in the order in which they were asked for.
        late: how late the harness itself woke up meanwhile, seconds, again and again.
    """

    exchanges: Sequence[Exchange]
    late: Sequence[float] = ()


class Asker:
    """Asks.

    Args:
        config: the target.
        tell: is told the name of each batch, and all of it.
    """

    def __init__(
        self, config: TargetConfig, tell: Callable[[str, Batch], None] = lambda name, batch: None
    ) -> None:
        self.config = config
        self._tell = tell

    def ask(
        self,
        name: str,
        prompts: Sequence[Prompt],
        manner: Manner,
        *,
        concurrency: int = 1,
        keep_raw: bool = False,
    ) -> Batch:
        """Ask all of *prompts*, *concurrency* at a time.

        Raises:
            HarnessError: this machine could not send.
        """
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            batch = runner.run(self._ask(prompts, manner, concurrency, keep_raw))
        self._tell(name, batch)
        return batch

    async def _ask(
        self, prompts: Sequence[Prompt], manner: Manner, concurrency: int, keep_raw: bool
    ) -> Batch:
        async with Client(self.config, connections=concurrency) as client:
            asked = [Prompt.of(each, max_tokens=manner.max_tokens, params=manner.params) for each in prompts]
            ready = [
                client.prepare(each, stream=manner.stream, headers=manner.headers, api_key=manner.key(at))
                for at, each in enumerate(asked)
            ]
            source = _List(client, ready, keep_raw)
            late: list[float] = []
            run = asyncio.ensure_future(ClosedLoop(min(concurrency, max(1, len(ready)))).run(source))
            while not run.done() and source.trouble is None:
                began = clock()
                await asyncio.wait((run,), timeout=POLL)
                if not run.done():
                    # Event loops round their timers up to a millisecond: that much is no lag.
                    late.append(max(clock() - began - POLL - 0.001, 0.0))
            if source.trouble is not None:
                run.cancel()
                raise source.trouble
            await run
            return Batch([source.came[index] for index in range(len(ready))], late)


class _List:
    """Requests that were made before (`seatrial.load.closed_loop.Source`)."""

    def __init__(self, client: Client, ready: Sequence[Prepared], keep_raw: bool) -> None:
        self._client = client
        self._ready = ready
        self._keep_raw = keep_raw
        self._next = 0
        self._zero = clock()
        self.came: dict[int, Exchange] = {}
        self.trouble: BaseException | None = None

    def going(self) -> bool:
        return self._next < len(self._ready)

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        index, self._next = self._next, self._next + 1

        def came(exchange: Exchange) -> None:
            self.came[index] = exchange
            then()

        self._client.begin(
            self._ready[index],
            came,
            index=index,
            zero=self._zero,
            prompt=index,
            keep_raw=self._keep_raw,
            failed=self._failed,
        )

    def _failed(self, error: BaseException) -> None:
        self.trouble = error
