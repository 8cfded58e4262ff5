"""The servers behind `bench_client`, each in a process of its own.

`serve_fast` answers from memory on uvloop, for CPU figures. `serve_exact` answers after a set delay and logs
when each request had arrived and when its answer had left: plain epoll, so that no event loop stands between
the log and the socket.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import threading
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from time import perf_counter as clock
from typing import Any

import httptools
import numpy as np
import uvloop
from timer import Timer

EVENTS = 64
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}


def settle(core: int) -> None:
    """Client and server on a core of their own, where the system lets us choose."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


def unsettle() -> None:
    """All cores again, so that a child may choose its own."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, CORES)


def json_reply() -> bytes:
    """A whole answer, about as long as a short one is."""
    message = {
        "role": "assistant",
        "content": "The sea covers most of the earth and carries most of its trade.",
    }
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "small",
    }
    body["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body["usage"] = {"prompt_tokens": 40, "completion_tokens": 14, "total_tokens": 54}
    data = json.dumps(body).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\nserver: bench\r\n\r\n"
    return head % len(data) + data


def sse_reply() -> list[bytes]:
    """An HTTP chunk for each event, as servers send them."""

    def event(delta: dict[str, str], finish: str | None) -> bytes:
        chunk: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion.chunk"}
        chunk["created"] = 1700000000
        chunk |= {"model": "small", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        return chunked(f"data: {json.dumps(chunk)}\n\n".encode())

    def chunked(data: bytes) -> bytes:
        return b"%x\r\n%s\r\n" % (len(data), data)

    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    events = [event({"content": f"word{number} "}, None) for number in range(EVENTS - 1)]
    return [head, *events, event({}, "stop"), chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"]


class Fast(asyncio.Protocol):
    """Answers at once: a stream below ``/stream``, else one body."""

    json_reply, sse_reply = json_reply(), sse_reply()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.stream = False
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.stream = url.startswith(b"/stream")

    def on_message_complete(self) -> None:
        if self.stream:
            for part in self.sse_reply:
                self.transport.write(part)
        else:
            self.transport.write(self.json_reply)


def serve_fast(pipe: Pipe) -> None:
    """Tell the port, then serve until told to stop."""
    settle(1)

    async def run() -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(Fast, "127.0.0.1", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])

        def wait() -> None:
            with suppress(EOFError):  # the benchmark is gone: stop as well
                pipe.recv()
            loop.call_soon_threadsafe(stopped.set)

        threading.Thread(target=wait, daemon=True).start()
        await stopped.wait()
        server.close()

    uvloop.run(run())


class Exact:
    """Answers each request *delay* seconds after it arrived, and logs both times."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.log: list[tuple[float, float]] = []
        self._reply = json_reply()
        self._epoll = select.epoll()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._timer = Timer()
        self._sockets: dict[int, socket.socket] = {}
        self._partial: dict[int, bytes] = {}
        self._due: deque[tuple[float, int]] = deque()
        for number in (self._listener.fileno(), self._timer.fileno):
            self._epoll.register(number, select.EPOLLIN)

    def watch(self, number: int) -> None:
        """Let `turn` return when *number* is readable."""
        self._epoll.register(number, select.EPOLLIN)

    def turn(self) -> set[int]:
        """Wait for something, do it, and return the readable file numbers that are not ours."""
        others = set()
        for number, _ in self._epoll.poll():
            if number in self._sockets:
                self._receive(number)
            elif number == self._listener.fileno():
                self._accept()
            elif number == self._timer.fileno:
                self._timer.clear()
            else:
                others.add(number)
        while self._due and self._due[0][0] + self.delay <= clock():
            self._answer(*self._due.popleft())
        if self._due:
            self._timer.set(self._due[0][0] + self.delay)
        return others

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets[connection.fileno()] = connection
        self._epoll.register(connection.fileno(), select.EPOLLIN)

    def _receive(self, number: int) -> None:
        try:
            data = self._sockets[number].recv(65536)
        except ConnectionError:
            data = b""
        arrived = clock()
        if not data:
            self._epoll.unregister(number)
            self._sockets.pop(number).close()
            self._partial.pop(number, None)
            return
        data = self._partial.pop(number, b"") + data
        head, found, body = data.partition(b"\r\n\r\n")
        length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
        if found and len(body) >= length:
            self._due.append((arrived, number))
        else:
            self._partial[number] = data

    def _answer(self, arrived: float, number: int) -> None:
        if number in self._sockets:
            self._sockets[number].send(self._reply)
            self.log.append((arrived, clock()))


def serve_exact(pipe: Pipe, delay: float) -> None:
    """Tell the port; ``clear`` empties the log, ``log`` hands it over, ``stop`` ends."""
    settle(1)
    server = Exact(delay)
    server.watch(pipe.fileno())
    pipe.send(server.port)
    while True:
        if not server.turn():
            continue
        try:
            order = pipe.recv()
        except EOFError:
            return
        if order == "stop":
            return
        pipe.send(np.array(server.log) if order == "log" else None)
        if order == "clear":
            server.log.clear()
