"""Other load on the target while a scenario runs: another model's, another tenant's."""

from __future__ import annotations

import asyncio
import random
import threading
from types import TracebackType

from seatrial.chaos.asking import marked
from seatrial.chaos.plan import Scenario
from seatrial.chaos.stage import Stage
from seatrial.load.prompts import load_prompts
from seatrial.targets.client import Client
from seatrial.targets.secret import Secret
from seatrial.targets.target import new_event_loop
from seatrial.targets.wire import Prompt

PAUSE = 0.01
"""Seconds between a caller's error and its next request."""


class Background:
    """Callers who are not judged, in a thread and an event loop of their own.

    Args:
        scenario: with its `background`.
        stage: whose target they ask.
    """

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        spec = scenario.spec.background
        assert spec is not None
        self.sent = 0
        self._spec = spec
        self._config = stage.config(scenario)
        self._prompts = load_prompts(
            stage.loaded.prompts(scenario.traffic), stage.loaded.traffic(scenario.traffic).prompts
        )
        self._random = random.Random(f"{stage.seed}:{scenario.name}:background")  # noqa: S311  no secret
        self._key = None if spec.apiKey is None else Secret(spec.apiKey.reveal())
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="seatrial-background", daemon=True)

    def __enter__(self) -> Background:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._main is not None:
            self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join()

    def _serve(self) -> None:
        loop = self._loop = new_event_loop()
        try:
            self._main = loop.create_task(self._run())
            self._ready.set()
            loop.run_until_complete(asyncio.wait((self._main,)))
        finally:
            loop.close()

    async def _run(self) -> None:
        async with Client(self._config, connections=self._spec.concurrency) as client:
            callers = [asyncio.ensure_future(self._call(client)) for _ in range(self._spec.concurrency)]
            try:
                await asyncio.gather(*callers)
            finally:
                for caller in callers:
                    caller.cancel()
                await asyncio.gather(*callers, return_exceptions=True)

    async def _call(self, client: Client) -> None:
        while True:
            prompt = self._prompts[self._random.randrange(len(self._prompts))]
            asked = Prompt.of(marked(prompt, f"{self._random.getrandbits(48):012x}"), model=self._spec.model)
            request = client.prepare(asked, api_key=self._key)
            self.sent += 1
            exchange = await client.exchange(request)
            if not exchange.ok:
                await asyncio.sleep(PAUSE)
