"""A small HTTP/1.1 server for the control API: one request after the other, JSON bodies, no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote, urlsplit

import httptools

from seatrial.faults import framing
from seatrial.faults.message import Headers

MAX_BODY = 8 << 20


@dataclass(frozen=True)
class Call:
    """A request to the API.

    Attributes:
        path: its segments, decoded.
        query: undecoded.
    """

    method: str
    path: tuple[str, ...]
    query: str
    user_agent: str
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What the API says."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Headers = ()


Handler = Callable[[Call], Awaitable[Reply]]


class ControlConnection(asyncio.Protocol):
    """One connection to the API.

    Args:
        handle: answers a request; must not raise.
        open_connections: it enters itself while it stands.
    """

    def __init__(self, handle: Handler, open_connections: set[ControlConnection]) -> None:
        self._handle = handle
        self._open = open_connections
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._agent = ""
        self._parts: list[bytes] = []
        self._calls: list[tuple[Call, bool]] = []
        self._task: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Close at once."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._open.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._send(Reply(400, b"400 Bad Request", "text/plain; charset=utf-8"), keep_alive=False)

    # -- the parser's side

    def on_message_begin(self) -> None:
        self._url, self._agent, self._parts = b"", "", []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        lower = name.lower()
        if lower == b"user-agent":
            self._agent = value.decode("latin-1")
        elif lower == b"expect" and self._transport is not None:
            self._transport.write(framing.CONTINUE)

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)
        if sum(map(len, self._parts)) > MAX_BODY:
            self.close()

    def on_message_complete(self) -> None:
        parts = urlsplit(self._url.decode("latin-1"))
        path = tuple(unquote(segment) for segment in parts.path.split("/")[1:])
        method = self._parser.get_method().decode()
        call = Call(method, path, parts.query, self._agent, b"".join(self._parts))
        self._calls.append((call, self._parser.should_keep_alive()))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._calls:
            call, keep_alive = self._calls.pop(0)
            self._send(await self._handle(call), keep_alive=keep_alive, head_only=call.method == "HEAD")
        self._task = None

    def _send(self, reply: Reply, *, keep_alive: bool, head_only: bool = False) -> None:
        if self._transport is None:
            return
        headers = reply.headers
        if reply.body:
            headers = (("content-type", reply.content_type), *headers)
        self._transport.write(
            framing.answer_bytes(
                reply.status, headers, reply.body, keep_alive=keep_alive, head_only=head_only
            )
        )
        if not keep_alive:
            self._transport.close()
