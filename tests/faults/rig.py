"""What tests of the fault proxy share: an upstream, the proxies' service and callers, all in one loop."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httptools
import uvloop

from seatrial.faults.address import split
from seatrial.faults.control.api import add_toxic
from seatrial.faults.proxy import FaultProxy
from seatrial.faults.server import ProxyService
from seatrial.faults.toxic import Toxic

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
EVENTS = [b'data: {"n":%d}\n\n' % number for number in range(5)] + [b"data: [DONE]\n\n"]
LIMIT = 20.0


@dataclass
class Rig:
    """A service, and whatever was opened beside it."""

    service: ProxyService
    opened: list[Any] = field(default_factory=list)

    async def upstream(self, handler: Handler, **options: Any) -> int:
        """A server that hands every connection to *handler*; tells its port."""

        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.opened.append(writer)
            try:
                await handler(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, RuntimeError):
                pass  # the other side is gone; uvloop says so with a RuntimeError
            finally:
                writer.close()

        server = await asyncio.start_server(guarded, "127.0.0.1", 0, **options)
        self.opened.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def proxy(self, upstream: int | str, protocol: str = "tcp", **more: Any) -> FaultProxy:
        """A proxy before that port."""
        described = {
            "name": f"p{len(self.service.proxies.all())}",
            "listen": "127.0.0.1:0",
            "protocol": protocol,
        }
        described["upstream"] = f"127.0.0.1:{upstream}" if isinstance(upstream, int) else upstream
        return await self.service.proxies.create(described | more)

    async def connect(self, proxy: FaultProxy) -> Streams:
        """A caller's connection."""
        streams = await asyncio.open_connection(*split(proxy.listen))
        self.opened.append(streams[1])
        return streams


def inject(
    proxy: FaultProxy,
    type_: str,
    *,
    stream: str = "downstream",
    toxicity: float = 1.0,
    name: str = "",
    **attributes: Any,
) -> Toxic:
    """Add a toxic as the control API would."""
    described = {
        "type": type_,
        "stream": stream,
        "toxicity": toxicity,
        "name": name,
        "attributes": attributes,
    }
    return add_toxic(proxy, described)


@asynccontextmanager
async def rig(control: str | None = None, seed: int = 7) -> AsyncIterator[Rig]:
    """A running service; everything is closed afterwards."""
    service = ProxyService(control, seed)
    await service.start()
    made = Rig(service)
    try:
        yield made
    finally:
        for each in made.opened:
            each.close()
        await service.stop()
    assert service.troubles == []


def on_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test in uvloop, bounded in time."""

    @functools.wraps(test)
    def run(*args: Any, **named: Any) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(LIMIT):
                await test(*args, **named)

        uvloop.run(bounded())

    return run


# -- upstreams


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says what it hears, and stops when the caller does."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hears all, says nothing."""
    while await reader.read(1 << 16):
        pass


def answering(*answers: bytes, close: bool = False) -> Handler:
    """An HTTP server that answers each request with the next of *answers* (the last for all that follow)."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = 0
        while await read_request(reader):
            writer.write(answers[min(number, len(answers) - 1)])
            await writer.drain()
            number += 1
            if close:
                return

    return handler


def sse(events: list[bytes] = EVENTS) -> bytes:
    """An answer that is a stream of events."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events) + b"0\r\n\r\n"


def plain(body: bytes = b"hello", status: bytes = b"200 OK", *headers: bytes) -> bytes:
    """An answer with a content-length."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"HTTP/1.1 %b\r\ncontent-length: %d\r\n%b\r\n%b" % (status, len(body), lines, body)


def chat(
    model: str = "small", path: str = "/v1/chat/completions", *headers: str, stream: bool = True
) -> bytes:
    """A chat request."""
    body = json.dumps({"model": model, "stream": stream, "messages": []}).encode()
    lines = "".join(f"{header}\r\n" for header in headers)
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
    return head.encode() + body


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """A whole request, nothing at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.split(b":")[1]))
        if line.startswith(b"transfer-encoding:"):
            return head + await reader.readuntil(b"0\r\n\r\n")
    return head


# -- callers


class Answer:
    """An answer as it is read."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.complete = False
        self.error: BaseException | None = None

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_body(self, data: bytes) -> None:
        self.pieces.append(data)

    def on_message_complete(self) -> None:
        if self.status >= 200:
            self.complete = True
        else:
            self.headers = {}


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """One answer; not complete where the connection ended before."""
    answer = Answer()
    parser = httptools.HttpResponseParser(answer)
    answer.on_headers_complete = lambda: setattr(answer, "status", parser.get_status_code())  # type: ignore[attr-defined]
    parser = httptools.HttpResponseParser(answer)
    while not answer.complete:
        try:
            data = await reader.read(1 << 16)
        except ConnectionError as error:
            answer.error = error
            break
        if not data:
            break
        parser.feed_data(data)
    return answer


async def ask(streams: Streams, request: bytes | None = None) -> Answer:
    """Send a request and read its answer."""
    reader, writer = streams
    writer.write(chat() if request is None else request)
    return await read_answer(reader)
