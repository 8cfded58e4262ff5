"""The server, the callers and the orders of bench_proxy and bench_faults: in a process of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, ClassVar

import httptools
import uvloop
from proxy_peers import Proxy
from timer import Timer

CONNECTIONS = 32
EVENTS = 64
BULK = 64 << 20
BODIES = [
    b'{"model": "small", "messages": [{"role": "user", "content": "%b"}]}' % (b"sea " * n)
    for n in range(45, 61)
]
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-bench\r\naccept: */*\r\n"
HEAD += b"user-agent: bench\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"


def requests_of(kind: str) -> list[bytes]:
    """Requests of many lengths that ask for an answer of that kind."""
    return [HEAD % len(body) + b"x-kind: %b\r\n\r\n" % kind.encode() + body for body in BODIES]


def json_reply() -> bytes:
    data = (
        b'{"id": "chatcmpl-1", "object": "chat.completion", "choices": [{"message": {"content": "%b"}}]}'
        % (b"The sea covers most of the earth. " * 6)
    )
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nserver: bench\r\ncontent-length: %d\r\n\r\n"
    return head % len(data) + data


def sse_reply() -> list[bytes]:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    delta = b'"choices":[{"delta":{"content":"word "}}]'
    event = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk",%b}\n\n' % delta
    piece = b"%x\r\n%b\r\n" % (len(event), event)
    return [head, *[piece] * (EVENTS - 1), b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"]


class Server(asyncio.Protocol):
    """Answers from memory, by the request's x-kind."""

    replies = {  # noqa: RUF012
        b"json": [json_reply()],
        b"sse": sse_reply(),
        b"bulk": [b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % BULK, *[bytes(1 << 20)] * (BULK >> 20)],
    }

    late: ClassVar[Late]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            length = int(
                head.partition(b"ontent-")[2].lower().partition(b"length: ")[2].split(b"\r\n")[0] or 0
            )
            if not separator or len(rest) < length:
                return
            self.buffer = rest[length:]
            kind = head.lower().partition(b"x-kind: ")[2].split(b"\r\n")[0]
            if kind.startswith(b"late-"):
                self.late.after(int(kind[5:]) / 1e3, self.answer)
            elif kind == b"sse":  # an event a write, as servers send them
                asyncio.get_running_loop().call_soon(self.stream, iter(self.replies[kind]))
            else:
                self.transport.writelines(self.replies[kind])

    def answer(self) -> None:
        self.transport.writelines(self.replies[b"json"])

    def stream(self, pieces: Iterator[bytes]) -> None:
        piece = next(pieces, None)
        if piece is not None:
            self.transport.write(piece)
            asyncio.get_running_loop().call_soon(self.stream, pieces)


class Late:
    """The least that calls back after a time that is always the same: one timer of the kernel and a queue."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = Timer()
        self._queue: deque[tuple[float, Callable[[], None]]] = deque()
        loop.add_reader(self._timer.fileno, self._ready)

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        self._queue.append((time.perf_counter() + seconds, callback))
        if len(self._queue) == 1:
            self._timer.set(self._queue[0][0])

    def _ready(self) -> None:
        self._timer.clear()
        queue = self._queue
        while queue and queue[0][0] <= time.perf_counter():
            queue.popleft()[1]()
        if queue:
            self._timer.set(queue[0][0])


class Caller(asyncio.Protocol):
    """Asks again as soon as it is answered, or after a pause drawn at random."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.parser = httptools.HttpResponseParser(self)
        self.ask()

    def ask(self) -> None:
        if self.run.left > 0:
            self.run.left -= 1
            self.began = time.perf_counter()
            self.transport.write(self.run.requests[self.run.left % len(self.run.requests)])
        else:
            self.run.standing -= 1
            self.transport.close()
            if not self.run.standing:
                self.run.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.run.times.append(time.perf_counter() - self.began)
        loop = asyncio.get_running_loop()
        if self.run.pause:  # whoever is answered together must not ask together, again and again
            loop.call_later(random.uniform(0.0, self.run.pause), self.ask)
        else:
            loop.call_soon(self.ask)


@dataclass
class Run:
    """A closed loop of so many requests."""

    requests: list[bytes]
    left: int
    standing: int
    done: asyncio.Future[None]
    pause: float = 0.0
    times: list[float] = field(default_factory=list)


async def closed_loop(
    port: int, kind: str, requests: int, connections: int, pause: float = 0.0
) -> tuple[float, list[float]]:
    """Seconds in all, and of each request."""
    loop = asyncio.get_running_loop()
    run = Run(requests_of(kind), requests, connections, loop.create_future(), pause)
    began = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Caller(run), "127.0.0.1", port)
    await run.done
    return time.perf_counter() - began, run.times


async def both(
    port: int, server: int, delay: int, requests: int, connections: int
) -> tuple[list[float], list[float]]:
    """Seconds of requests that a proxy on *port* delays, and of as many that the server itself delays."""
    pause = delay / 1e3
    mine, peer = await asyncio.gather(
        closed_loop(port, "json", requests, connections, pause),
        closed_loop(server, f"late-{delay}", requests, connections, pause),
    )
    return mine[1][connections:], peer[1][connections:]  # without the connects


async def stalled(port: int, streams: int, proxy: int) -> int:
    """Bytes that the process *proxy* has while so many streams stand still in it."""
    loop = asyncio.get_running_loop()
    held = [(await loop.create_connection(asyncio.Protocol, "127.0.0.1", port))[0] for _ in range(streams)]
    asked = requests_of("sse")
    for number, transport in enumerate(held):
        transport.write(asked[number % len(asked)])
    memory = -1
    while memory < (memory := resident(proxy)):
        await asyncio.sleep(1.0)
    for transport in held:
        transport.abort()
    return memory


def resident(pid: int) -> int:
    """Bytes of memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


WORK = {"closed": closed_loop, "both": both, "stalled": stalled}


def peer_process(pipe: Pipe) -> None:
    """Serves, and does what it is told to: ``(what, core, *arguments)``."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        Server.late = Late(loop)
        server = await loop.create_server(Server, "127.0.0.1", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])
        while (order := await loop.run_in_executor(None, pipe.recv)) is not None:
            what, core, *arguments = order
            settle(os.getpid(), core)
            work: Any = WORK[what]
            pipe.send(await work(*arguments))
        server.close()

    uvloop.run(main())


def settle(pid: int, core: int) -> None:
    """Bind a process with all its threads to one core, where the system lets us choose."""
    cores = sorted(os.sched_getaffinity(0)) if not hasattr(settle, "cores") else settle.cores
    settle.cores = cores  # type: ignore[attr-defined]
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {cores[core % len(cores)]})


class Bench:
    """Orders the peer process about."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe

    def run(
        self, port: int, kind: str, requests: int, connections: int, core: int = 1
    ) -> tuple[float, list[float]]:
        answer: tuple[float, list[float]] = self.order("closed", core, port, kind, requests, connections)
        return answer

    def order(self, *order: Any) -> Any:
        self.pipe.send(order)
        return self.pipe.recv()

    def cpu(self, proxy: Proxy, kind: str, requests: int) -> float:
        """CPU seconds of the proxy for one request."""
        for pid in proxy.pids:
            settle(pid, 0)
        before = proxy.cpu
        self.run(proxy.port, kind, requests, CONNECTIONS)
        return (proxy.cpu - before) / requests

    def rate(self, proxy: Proxy, answers: int) -> float:
        """MB/s of bulk through the proxy."""
        for pid in proxy.pids:
            settle(pid, 0)
        return answers * BULK / 1e6 / self.run(proxy.port, "bulk", answers, 1)[0]

    def latency(self, port: int, proxy: Proxy | None, requests: int) -> float:
        """Median seconds of a request, with everything on one core."""
        for pid in proxy.pids if proxy else ():
            settle(pid, 1)
        return statistics.median(self.run(port, "json", requests, 1)[1])


@contextmanager
def peer() -> Iterator[tuple[Bench, int]]:
    """The process of server and callers, and the server's port."""
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=peer_process, args=(far,), daemon=True)
    process.start()
    try:
        port = pipe.recv()
        yield Bench(pipe), port
    finally:
        pipe.send(None)
        process.join(5)
        if process.is_alive():
            process.kill()
