"""Small real servers on 127.0.0.1 that behave, or misbehave in one way each."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from typing import Any

Handler = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One connection, as the server sees it.

    Attributes:
        number: which connection it is, from 1.
    """

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.number = server.connections

    async def request(self) -> bytes:
        """The next request, whole; raises `IncompleteReadError` when the client is gone."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        request = head + await self.reader.readexactly(length)
        self.server.requests.append(request)
        return request

    async def send(self, *parts: bytes, pause: float = 0.0) -> None:
        """Write the parts, one packet each, with a pause between them."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(pause)

    def reset(self) -> None:
        """Close with an RST instead of a FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def forever(self) -> None:
        """Keep the connection open and say nothing, until the client is gone."""
        await self.reader.read()


class Server:
    """A server in a thread of its own, so that synchronous tests can use it.

    Attributes:
        requests: all requests, as bytes.
        connections: how many connections were accepted.
    """

    def __init__(self, handler: Handler, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._handler, self._context = handler, context
        self._visits: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(5)

    @property
    def uri(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    def _serve(self, ready: threading.Event) -> None:
        self._loop.run_until_complete(self._run(ready))
        self._loop.close()

    async def _run(self, ready: threading.Event) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._visit, "127.0.0.1", 0, ssl=self._context, limit=1 << 22)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        for task in tuple(self._visits):
            task.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)
        await asyncio.sleep(0)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        try:
            await self._handler(Visit(self, reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._visits.discard(task)
            writer.transport.abort() if self._stop.is_set() else writer.close()


def whole(
    body: bytes, *, status: str = "200 OK", headers: str = "content-type: application/json\r\n"
) -> bytes:
    """An answer with its length told."""
    return f"HTTP/1.1 {status}\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body


def chunk(data: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def completion(text: str | None = "Hello there.", **changes: Any) -> bytes:
    """A good answer of an OpenAI-compatible server."""
    message = {"role": "assistant", "content": text}
    body: dict[str, Any] = {"id": "c1", "object": "chat.completion", "created": 1, "model": "small"}
    body["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body["usage"] = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    return json.dumps({**body, **changes}).encode()


def event(value: Any) -> bytes:
    """A server-sent event with JSON data."""
    return f"data: {json.dumps(value)}\n\n".encode()


def delta(content: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """One event of a chat stream."""
    fields = {**({} if content is None else {"content": content}), **more}
    choice = {"index": 0, "delta": fields, "finish_reason": finish}
    return event(
        {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "small", "choices": [choice]}
    )


USAGE = event(
    {"id": "c1", "model": "small", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
)
DONE = b"data: [DONE]\n\n"


def good_stream() -> list[bytes]:
    """The events of a good chat stream."""
    return [delta("", role="assistant"), delta("Hello "), delta("there."), delta(finish="stop"), USAGE, DONE]


async def well_behaved(visit: Visit) -> None:
    """Answers every request as it should, streamed where it is asked for."""
    while True:
        request = await visit.request()
        if b'"stream":true' in request:
            await visit.send(STREAM_HEAD, *map(chunk, good_stream()), LAST_CHUNK)
        else:
            await visit.send(whole(completion()))
