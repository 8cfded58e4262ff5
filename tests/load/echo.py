"""A target for tests of load: answers by the protocol, and counts what it was asked."""

from __future__ import annotations

import asyncio
import json
import threading
from types import TracebackType
from typing import Any, Self

import httptools


class Echo:
    """A chat server in a thread of its own.

    Attributes:
        takes: seconds an answer takes.
        asked: the text of each request, in order of arrival.
        keys: the API key that each came with.
        ports: of the peers.
    """

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self.asked: list[str] = []
        self.keys: list[str] = []
        self.ports: list[int] = []
        self.connections: set[Any] = set()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="echo", daemon=True)

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        self._server = await self._loop.create_server(lambda: _Peer(self), "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        self._started.set()
        await self._over.wait()
        self._shut()
        await asyncio.sleep(0)

    def _shut(self) -> None:
        self._server.close()
        for transport in tuple(self.connections):
            transport.abort()

    def page(self) -> bytes:
        """The answer to whoever asks for a page."""
        return b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"

    def delay(self) -> float:
        """Seconds that the answer to a request of now takes."""
        return self.takes

    def close(self) -> None:
        """Refuse connections from now on, and cut those that stand."""
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(self._shut)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()


class _Peer(asyncio.Protocol):
    def __init__(self, echo: Echo) -> None:
        self._echo = echo
        self._body = b""
        self._key = ""
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._echo.connections.add(transport)
        self._echo.ports.append(transport.get_extra_info("peername")[1])

    def connection_lost(self, error: Exception | None) -> None:
        self._echo.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"authorization":
            self._key = value.decode().removeprefix("Bearer ")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not self._body:
            self._write(self._echo.page())
            return
        asked, self._body = json.loads(self._body), b""
        self._echo.asked.append(asked["messages"][-1]["content"])
        self._echo.keys.append(self._key)
        answer = streamed() if asked.get("stream") else whole()
        takes = self._echo.delay()
        if takes:
            asyncio.get_running_loop().call_later(takes, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def whole() -> bytes:
    """One answer in one body."""
    message = {"role": "assistant", "content": "The sea is deep."}
    body: dict[str, Any] = {"id": "1", "object": "chat.completion", "created": 1, "model": "small"}
    body |= {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": USAGE}
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
        len(data),
        data,
    )


def streamed() -> bytes:
    """One answer in three chunks with content."""
    head: dict[str, Any] = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "small"}
    deltas = [{"content": word} for word in ("The ", "sea ", "is deep.")]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    chunks.append({"choices": [], "usage": USAGE})
    events = [f"data: {json.dumps(head | chunk)}\n\n" for chunk in chunks]
    body = ("".join(events) + "data: [DONE]\n\n").encode()
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    )
