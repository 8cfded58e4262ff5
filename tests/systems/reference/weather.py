"""Heavy weather for the gateway, in virtual time: two upstreams that fail as told, callers, and a log.

The upstreams stand behind httpx's transport, so that everything above it is the gateway's own.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from unittest import mock

import httpx  # noqa: TID253  this file is only imported by tests that need it

from seatrial.systems.reference.settings import Breaking, Upstream
from tests.systems.reference.asgi import KEY, Client, Reply

NAMES = ("primary", "secondary")
REST = 2.0
OTHER_KEY = "sk-other-fedcba9876543210"


@dataclass(frozen=True)
class Attempt:
    """One request that an upstream got."""

    name: str
    at: float
    call: str
    model: str
    key: str | None


class Events(httpx.AsyncByteStream):
    """A stream of an answer; `cut` after as many events."""

    def __init__(self, text: str, cut: int | None) -> None:
        self._events = [_chunk({"content": f"{text} {number}"}) for number in range(4)]
        self._events += [_chunk({}, "stop"), b"data: [DONE]\n\n"]
        self._cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number, event in enumerate(self._events):
            if number == self._cut:
                raise httpx.ReadError("reset")
            await asyncio.sleep(0.005)
            yield event


Fault = tuple[str, dict[str, Any]]
Choose = Callable[[str, str, int], Fault | None]
"""What hits a request: of an upstream's name, the model, and its number since the weather began."""


@dataclass
class World:
    """The upstreams, and what they saw."""

    choose: Choose | None = None
    attempts: list[Attempt] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def weather(self, choose: Choose | None) -> None:
        """From now on this."""
        self.choose = choose
        self.numbers.clear()

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """One request to an upstream."""
        name = request.url.host.partition(".")[0]
        body = json.loads(await request.aread())
        number = self.numbers[name] = self.numbers.get(name, 0) + 1
        hit = self.choose(name, body["model"], number) if self.choose else None
        call, key = body["messages"][-1]["content"], request.headers.get("idempotency-key")
        self.attempts.append(Attempt(name, time.monotonic(), call, body["model"], key))
        return await _respond(*(hit or ("fine", {})))

    @property
    def transport(self) -> Any:
        """In the place of httpx's own."""

        async def handle(_transport: Any, request: httpx.Request) -> httpx.Response:
            return await self.handle(request)

        return handle


async def _respond(kind: str, options: dict[str, Any]) -> httpx.Response:
    if kind == "down":
        raise httpx.ConnectError("refused")
    if kind == "hang":
        await asyncio.sleep(1e5)
    if kind == "slow":
        await asyncio.sleep(options["seconds"])
    if kind == "status":
        await asyncio.sleep(0.002)
        return httpx.Response(options["status"], headers=_retry_after(**options), json={"error": {}})
    if kind == "malformed":
        return httpx.Response(200, headers={"content-type": "application/json"}, content=b'{"choices": [')
    await asyncio.sleep(0.003)
    stream = Events("word", options.get("cut"))
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=stream)


def _retry_after(status: int, seconds: int = 0, *, date: bool = False) -> dict[str, str]:
    if not seconds:
        return {}
    return {"retry-after": formatdate(time.time() + seconds, usegmt=True) if date else str(seconds)}


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


def fault(kind: str, *names: str, **options: Any) -> Choose:
    """Every request of these upstreams (the first by default) is hit."""
    return lambda name, _model, _number: (kind, options) if name in (names or NAMES[:1]) else None


def first(count: int, kind: str, **options: Any) -> Choose:
    """The first requests of the first upstream are hit."""
    return lambda name, _model, number: (kind, options) if name == "primary" and number <= count else None


@dataclass
class Seen:
    """What one stretch of weather showed.

    Attributes:
        begun, waited: when each call began, and how many seconds it took.
        ready: answers of /ready.
    """

    replies: list[Reply] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    ready: list[Reply] = field(default_factory=list)
    world: World = field(default_factory=World)

    def calls(self, name: str, *, late: bool = False) -> list[list[Attempt]]:
        """The attempts of each call at one upstream; of the later half of the time only."""
        groups: dict[str, list[Attempt]] = {}
        for attempt in self.world.attempts:
            if attempt.name == name and (not late or attempt.at > self.middle):
                groups.setdefault(attempt.call, []).append(attempt)
        return list(groups.values())

    def by(self, provider: str) -> list[Reply]:
        """The good answers that came from a provider."""
        return [reply for reply in self.good if reply.headers.get("x-provider") == provider]

    @property
    def middle(self) -> float:
        """Half of the time."""
        return (min(self.begun) + max(self.begun)) / 2

    @property
    def good(self) -> list[Reply]:
        """The replies with status 200."""
        return [reply for reply in self.replies if reply.status == 200]


class Ship:
    """A gateway before two upstreams, in a world of its own."""

    def __init__(self, *defects: str) -> None:
        self.world = World()
        self._asked = 0
        upstreams = tuple(Upstream(name, f"http://{name}.test/v1") for name in NAMES)
        breaking = Breaking(rest=REST)
        self.client = Client(*defects, upstreams=upstreams, breaking=breaking, keys=(KEY, OTHER_KEY))

    async def ask(self, *, patience: float, **fields: Any) -> Reply:
        """One call, with words of its own."""
        self._asked += 1
        work = self.client.chat(f"Call {self._asked}: where is my parcel?", **{"stream": True, **fields})
        try:
            return await asyncio.wait_for(work, patience)
        except TimeoutError:
            return Reply()

    async def sail(
        self, seconds: float, *, callers: int = 4, pause: float = 0.8, patience: float = 25.0, **fields: Any
    ) -> Seen:
        """Callers ask for a while, and /ready is looked at."""
        del self.world.attempts[:]
        until = time.monotonic() + seconds
        seen = Seen()

        async def caller(number: int) -> None:
            await asyncio.sleep(number * pause / callers)
            while time.monotonic() < until:
                began = time.monotonic()
                seen.begun.append(began)
                seen.replies.append(await self.ask(patience=patience, **fields))
                seen.waited.append(time.monotonic() - began)
                await asyncio.sleep(pause)

        async def watch() -> None:
            while time.monotonic() < until:
                await asyncio.sleep(0.5)
                seen.ready.append(await self.client.call("GET", "/ready", key=None))

        await asyncio.gather(watch(), *(caller(number) for number in range(callers)))
        seen.world.attempts = list(self.world.attempts)
        return seen

    async def storm(self, choose: Choose, seconds: float, **how: Any) -> Seen:
        """A calm second, then this weather."""
        with mock.patch.object(httpx.AsyncHTTPTransport, "handle_async_request", self.world.transport):
            await self.sail(1.0)
            self.world.weather(choose)
            return await self.sail(seconds, **how)

    async def calm(self, seconds: float, **how: Any) -> Seen:
        """Everything is well again."""
        with mock.patch.object(httpx.AsyncHTTPTransport, "handle_async_request", self.world.transport):
            self.world.weather(None)
            return await self.sail(seconds, **how)
