"""The measuring client against aiohttp on uvloop in the same run: CPU a request and an event, and latencies.

Every figure is a ratio against the peer, or a difference against the server's own log.
Run it on a quiet machine: ``python benchmarks/bench_client.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import json
import multiprocessing
import os
import resource
import statistics
import struct
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any

import httptools
import numpy as np
import uvloop

from seatrial.core.exchange import Exchange
from seatrial.targets.client import Client, clock
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt

CONNECTIONS = 32
EVENTS = 64
PROMPT = Prompt.of("Tell me about the sea. " * 8, max_tokens=64, params={"temperature": 0})
JSON_TARGET, SSE_TARGET, P50_TARGET, P99_TARGET = 0.3, 0.8, 0.2e-3, 1e-3


# -- the server, in a process of its own


def json_reply() -> bytes:
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
        chunk: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000}
        chunk |= {"model": "small", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        return chunked(f"data: {json.dumps(chunk)}\n\n".encode())

    def chunked(data: bytes) -> bytes:
        return b"%x\r\n%s\r\n" % (len(data), data)

    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    events = [event({"content": f"word{number} "}, None) for number in range(EVENTS - 1)]
    return [head, *events, event({}, "stop"), chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"]


class Server(asyncio.Protocol):
    """Answers from memory; logs arrival and finish of every request on its own clock."""

    json_reply = json_reply()
    sse_reply = sse_reply()
    delay = 0.0
    log: list[tuple[float, float]] = []  # noqa: RUF012 (one log for the whole process)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.stream = False
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.now = clock()
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.stream = url == b"/stream/chat/completions"

    def on_message_complete(self) -> None:
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.reply, self.now)
        else:
            self.reply(self.now)

    def reply(self, arrived: float) -> None:
        if self.stream:
            for part in self.sse_reply:
                self.transport.write(part)
        else:
            self.transport.write(self.json_reply)
        self.log.append((arrived, clock()))


def serve(pipe: Pipe) -> None:
    """Serve until told to stop; ``("delay", seconds)`` clears the log, ``("log",)`` hands it over."""
    _settle(1)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Server, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        done = asyncio.Event()

        def obey() -> None:
            while (order := pipe.recv())[0] != "stop":
                if order[0] == "delay":
                    Server.delay = order[1]
                    Server.log.clear()
                    pipe.send(None)
                else:
                    pipe.send(np.array(Server.log))
            loop.call_soon_threadsafe(done.set)

        threading.Thread(target=obey, daemon=True).start()
        await done.wait()
        server.close()

    uvloop.run(run())


def _settle(core: int) -> None:
    """Client and server on a core of their own, where the system lets us choose."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


# -- closed loops: CPU a request


async def ours_closed(port: int, base: str, requests: int) -> list[Exchange]:
    """32 requests always on their way; every exchange is kept."""
    config = TargetConfig(uri=f"http://127.0.0.1:{port}{base}", model="small", api_key=Secret("sk-bench"))
    client = Client(config, connections=CONNECTIONS)
    prepared = client.prepare(PROMPT, stream=base == "/stream")
    zero, recorded = clock(), list[Exchange]()
    remaining = iter(range(requests))

    async def user() -> None:
        for index in remaining:
            recorded.append(await client.exchange(prepared, index=index, zero=zero))

    await asyncio.gather(*(user() for _ in range(CONNECTIONS)))
    await client.close()
    assert len(recorded) == requests
    assert all(exchange.ok and exchange.text for exchange in recorded)
    return recorded


async def aiohttp_closed(port: int, base: str, requests: int) -> None:
    """The peer: the same bytes, the answer parsed, nothing recorded."""
    import aiohttp

    config = TargetConfig(uri=f"http://127.0.0.1:{port}{base}", model="small")
    body = Client(config).protocol.build(PROMPT, base == "/stream").body
    headers = {"content-type": "application/json", "authorization": "Bearer sk-bench"}
    url = f"http://127.0.0.1:{port}{base}/chat/completions"
    remaining = iter(range(requests))

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def whole() -> None:
            for _ in remaining:
                async with session.post(url, data=body, headers=headers) as response:
                    answer = json.loads(await response.read())
                    assert answer["choices"][0]["message"]["content"]

        async def streamed() -> None:
            for _ in remaining:
                async with session.post(url, data=body, headers=headers) as response:
                    text = []
                    async for line in response.content:
                        if line.startswith(b"data: {"):
                            delta = json.loads(line[6:])["choices"][0]["delta"]
                            text.append(delta.get("content", ""))
                    assert len(text) == EVENTS

        user = streamed if base == "/stream" else whole
        await asyncio.gather(*(user() for _ in range(CONNECTIONS)))


def cpu(work: Callable[[], Awaitable[Any]]) -> float:
    """CPU seconds of this process that *work* takes."""
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF)

    async def run() -> None:
        await work()

    uvloop.run(run())
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


@dataclass
class Ratio:
    """CPU of ours and of the peer, a repeat each."""

    what: str
    unit: str
    ours: list[float]
    peer: list[float]
    target: float

    @property
    def value(self) -> float:
        return statistics.median(self.ours) / statistics.median(self.peer)

    @property
    def met(self) -> bool:
        return self.value <= self.target

    def __str__(self) -> str:
        mine, theirs = (statistics.median(each) * 1e6 for each in (self.ours, self.peer))
        mark = "ok    " if self.met else "MISSED"
        figures = f"{mine:6.2f} us a {self.unit}, aiohttp+uvloop {theirs:6.2f} us"
        return f"{mark} {self.what}: {self.value:.2f} x (target <= {self.target}): {figures}"


def compare(port: int, base: str, requests: int, repeats: int) -> Ratio:
    """Interleaved repeats of ours and the peer's."""
    per = EVENTS if base == "/stream" else 1
    what, target = ("SSE event", SSE_TARGET) if per > 1 else ("JSON request", JSON_TARGET)
    ratio = Ratio(f"CPU per {what}", what.split()[1], [], [], target)
    cpu(lambda: ours_closed(port, base, CONNECTIONS * 4))  # warm up: imports, first connections
    cpu(lambda: aiohttp_closed(port, base, CONNECTIONS * 4))
    for _ in range(repeats):
        ratio.ours.append(cpu(lambda: ours_closed(port, base, requests)) / requests / per)
        ratio.peer.append(cpu(lambda: aiohttp_closed(port, base, requests)) / requests / per)
    return ratio


# -- open loop: are the latencies we report those the server saw?


class Pacer:
    """Calls back at given times: a timerfd in the loop, since epoll's own timeouts round to a millisecond."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, due: np.ndarray, send: Callable[[int, float], None]
    ) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.timerfd_create(1, os.O_NONBLOCK)
        self._loop, self._due, self._send, self._next = loop, due.tolist(), send, 0
        self.finished = loop.create_future()
        loop.add_reader(self._fd, self._ready)
        self._arm()

    def _ready(self) -> None:
        os.read(self._fd, 8)
        now = clock()
        due = self._due
        while self._next < len(due) and due[self._next] <= now:
            self._send(self._next, due[self._next])
            self._next += 1
        if self._next < len(due):
            self._arm()
        else:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self.finished.set_result(None)

    def _arm(self) -> None:
        at = max(self._due[self._next], clock() + 1e-6)
        spec = struct.pack("qqqq", 0, 0, int(at), int(at % 1 * 1e9))
        self._libc.timerfd_settime(self._fd, 1, spec, None)


async def open_loop(port: int, rate: float, seconds: float, seed: int) -> list[Exchange]:
    """Poisson arrivals at *rate* requests a second."""
    config = TargetConfig(uri=f"http://127.0.0.1:{port}", model="small")
    client = Client(config, connections=1024)
    prepared = client.prepare(PROMPT)
    generator = np.random.default_rng(seed)
    zero = clock() + 0.05
    due = zero + np.cumsum(generator.exponential(1 / rate, int(rate * seconds)))
    recorded: list[Exchange] = []
    # Connections are opened before: an open loop measures the target, not TCP's handshake.
    await asyncio.gather(*(client.exchange(prepared) for _ in range(min(1024, int(rate * 0.06)))))

    def send(index: int, at: float) -> None:
        client.begin(prepared, recorded.append, index=index, intended=at - zero, zero=zero)

    pacer = Pacer(asyncio.get_running_loop(), due, send)
    await pacer.finished
    for _ in range(200):
        if len(recorded) == len(due):
            break
        await asyncio.sleep(0.01)
    await client.close()
    return recorded


def lag(exchanges: list[Exchange]) -> float:
    """p99 of how late requests left, in seconds."""
    return float(np.percentile([exchange.sent - exchange.intended for exchange in exchanges], 99))


def stable_rate(port: int) -> float:
    """The highest open-loop rate at which requests still leave in time (p99 of the lag under 5 ms)."""
    rate, best = 1000.0, 0.0
    while rate <= 64000:
        exchanges = uvloop.run(open_loop(port, rate, 0.7, 1))
        if not exchanges or len(exchanges) < 0.99 * int(rate * 0.7) or lag(exchanges) > 5e-3:
            break
        best = rate
        rate *= 1.25
    return best


def latency_error(
    pipe: Pipe, port: int, repeats: int, seconds: float
) -> tuple[float, list[tuple[float, float, float]]]:
    """Ours minus the server's p50 and p99, and our p99 lag, at 70 % of the stable rate; a row a repeat."""
    rows = []
    order(pipe, ("delay", 0.02))
    rate = 0.7 * stable_rate(port)
    if not rate:
        return 0.0, [(float("inf"), float("inf"), float("inf"))]
    for repeat in range(repeats):
        order(pipe, ("delay", 0.02))
        exchanges = uvloop.run(open_loop(port, rate, seconds, repeat))
        log = order(pipe, ("log",))[-len(exchanges) :]
        theirs = log[:, 1] - log[:, 0]
        ours = np.array([exchange.done - exchange.sent for exchange in exchanges])
        errors = np.percentile(ours, (50, 99)) - np.percentile(theirs, (50, 99))
        rows.append((float(errors[0]), float(errors[1]), lag(exchanges)))
    return rate, rows


def order(pipe: Pipe, what: tuple[Any, ...]) -> Any:
    pipe.send(what)
    return pipe.recv()


def main(argv: list[str] | None = None) -> int:
    """Print every figure with its target; 1 where one was missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--requests", type=int, default=20000)
    options.add_argument("--seconds", type=float, default=3.0)
    given = options.parse_args(argv)
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(far,), daemon=True)
    process.start()
    port = pipe.recv()
    _settle(0)
    try:
        ratios = [
            compare(port, "/v1", given.requests, given.repeats),
            compare(port, "/stream", given.requests // 20, given.repeats),
        ]
        print(*ratios, sep="\n")
        rate, rows = latency_error(pipe, port, given.repeats, given.seconds)
    finally:
        pipe.send(("stop",))
        process.join(5)
        if process.is_alive():
            process.kill()
    p50, p99, late = (statistics.median(column) for column in zip(*rows, strict=True))
    met = abs(p50) <= P50_TARGET and abs(p99) <= P99_TARGET
    figures = f"p50 {p50 * 1e3:+.3f} ms (target 0.2), p99 {p99 * 1e3:+.3f} ms (target 1)"
    print(
        f"{'ok    ' if met else 'MISSED'} latency and the server's log: {figures}, at {rate:.0f} requests/s,"
    )
    print(f"       requests left late by {late * 1e3:.3f} ms (p99)")
    return 0 if met and all(ratio.met for ratio in ratios) else 1


if __name__ == "__main__":
    sys.exit(main())
