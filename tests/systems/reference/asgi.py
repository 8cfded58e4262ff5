"""The gateway without a network: its ASGI application called directly, its pauses recorded and not slept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from seatrial.systems.reference.app import make_app
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.settings import Settings

KEY = "sk-known-0123456789abcdef"
QUESTION = "How can I return a lamp that arrived broken?"
PLACE = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["city", "days"],
}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": PLACE}}


@dataclass
class Reply:
    """What came back, message by message."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[str]:
        """The data of the server-sent events."""
        return [event.removeprefix("data: ") for event in self.body.decode().split("\n\n") if event]

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """The events that are JSON."""
        return [json.loads(event) for event in self.events if event != "[DONE]"]

    @property
    def text(self) -> str:
        """The answer's text, streamed or not."""
        if not self.body.startswith(b"data:"):
            return str(self.json["choices"][0]["message"]["content"])
        deltas = [choice["delta"] for chunk in self.chunks for choice in chunk["choices"]]
        return "".join(delta.get("content") or "" for delta in deltas)

    @property
    def finish_reason(self) -> str | None:
        """The last finish reason of a stream."""
        reasons = [choice["finish_reason"] for chunk in self.chunks for choice in chunk.get("choices", ())]
        return next((reason for reason in reversed(reasons) if reason), None)

    @property
    def usage(self) -> dict[str, int] | None:
        """The usage of a stream."""
        return next((chunk["usage"] for chunk in self.chunks if chunk.get("usage")), None)


class Client:
    """Asks one gateway."""

    def __init__(self, *defects: str, seed: int = 0, **settings: Any) -> None:
        settings = {"keys": (KEY,), "seed": seed, **settings}
        self.gateway = Gateway(Settings(**settings), Defects(defects, seed=seed))
        self.app = make_app(self.gateway)

    async def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        key: str | None = KEY,
        headers: dict[str, str] | None = None,
        gone: asyncio.Event | None = None,
    ) -> Reply:
        """One request.

        Args:
            gone: set when the client disconnects.
        """
        reply = Reply()
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if incoming:
                return incoming.pop()
            await (gone or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            elif message.get("body"):
                reply.parts.append(message["body"])

        given = {"authorization": f"Bearer {key}"} if key else {}
        scope = _scope(method, path, given | (headers or {}))
        before = len(PAUSES)
        try:
            await self.app(scope, receive, send)
        except (RuntimeError, ValueError):  # passed on to the server after it was answered
            if reply.status != 500:
                raise
        reply.pauses = PAUSES[before:]
        return reply

    async def chat(self, content: str = QUESTION, *, key: str | None = KEY, **fields: Any) -> Reply:
        """One chat request; `fields` are added to the usual body."""
        body = {"model": "small", "messages": [{"role": "user", "content": content}], **fields}
        return await self.call("POST", "/v1/chat/completions", json.dumps(body).encode(), key=key)

    async def stream(self, content: str = QUESTION, **fields: Any) -> Reply:
        """One streamed chat request that asks for its usage."""
        return await self.chat(content, stream=True, stream_options={"include_usage": True}, **fields)


def _scope(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }


PAUSES: list[float] = []
"""Seconds of every pause that was asked for."""

_sleep = asyncio.sleep


async def _recorded(seconds: float, result: Any = None) -> Any:
    PAUSES.append(seconds)
    return await _sleep(0, result)


@contextmanager
def no_pauses() -> Iterator[list[float]]:
    """`asyncio.sleep` only records while this is open."""
    PAUSES.clear()
    with mock.patch.object(asyncio, "sleep", _recorded):
        yield PAUSES


def run(scenario: Callable[[], Awaitable[Any]]) -> Any:
    """Run a scenario in a loop of its own, without pauses."""

    async def main() -> Any:
        return await scenario()

    with no_pauses():
        return asyncio.run(main())


async def hangs(work: Awaitable[Any]) -> bool:
    """Whether *work* is still not done after many turns of the loop; it is cancelled then."""
    task = asyncio.ensure_future(work)
    for _ in range(500):
        if task.done():
            return False
        await _sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return True
