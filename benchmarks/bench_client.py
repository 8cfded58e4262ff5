"""The measuring client against aiohttp on uvloop in the same run: CPU a request and an event, and latencies.

Every figure is a ratio against the peer, or a difference against the server's own log.
Run it on a quiet machine: ``python benchmarks/bench_client.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import resource
import statistics
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection as Pipe
from typing import Any, TypeVar

import numpy as np
import uvloop
from bare import Bare, Noted
from client_servers import EVENTS, serve_exact, serve_fast, settle, unsettle
from timer import Timer

from seatrial.core.exchange import Exchange
from seatrial.core.punctuality import Punctuality
from seatrial.targets.client import Client, clock
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt

T = TypeVar("T")

CONNECTIONS = 32
POOL = 512
PROMPT = Prompt.of("Tell me about the sea. " * 8, max_tokens=64, params={"temperature": 0})
DELAY = 0.02  # seconds the server takes for an answer in the open loop
WINDOW = 0.25  # seconds of an open loop: short, so that a pause of the machine spoils few of them
MOST = 50_000.0  # requests a second, beyond which no higher rate is looked for
JSON_TARGET, SSE_TARGET, P50_TARGET, P99_TARGET = 0.3, 0.8, 0.2e-3, 1e-3


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
    """Calls back at given times."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, due: list[float], send: Callable[[int, float], None]
    ) -> None:
        self._loop, self._due, self._send, self._next = loop, due, send, 0
        self._timer = Timer()
        self.finished = loop.create_future()
        loop.add_reader(self._timer.fileno, self._ready)
        self._timer.set(due[0])

    def _ready(self) -> None:
        self._timer.clear()
        now, due = clock(), self._due
        while self._next < len(due) and due[self._next] <= now:
            self._send(self._next, due[self._next])
            self._next += 1
        if self._next < len(due):
            self._timer.set(due[self._next])
        else:
            self._loop.remove_reader(self._timer.fileno)
            self._timer.close()
            self.finished.set_result(None)


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """Poisson arrivals, from a moment ahead."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, int(rate * seconds))
    times: list[float] = (clock() + 0.01 + np.cumsum(gaps)).tolist()
    return times


async def ours_open(port: int, rate: float, seconds: float, seed: int) -> list[Exchange]:
    """Requests at *rate* a second; connections stand before: TCP's handshake is not what is measured."""
    client = Client(TargetConfig(uri=f"http://127.0.0.1:{port}", model="small"), connections=POOL)
    prepared = client.prepare(PROMPT)
    await asyncio.gather(*(client.exchange(prepared) for _ in range(POOL)))
    recorded: list[Exchange] = []

    def send(index: int, at: float) -> None:
        client.begin(prepared, recorded.append, index=index, intended=at)

    due = arrivals(rate, seconds, seed)
    await Pacer(asyncio.get_running_loop(), due, send).finished
    await settled(recorded, len(due))
    await client.close()
    return recorded


async def bare_open(port: int, rate: float, seconds: float, seed: int) -> list[Noted]:
    """The same arrivals sent by the least a client can do: how exact this machine is at the moment."""
    config = TargetConfig(uri=f"http://127.0.0.1:{port}", model="small")
    bare = Bare(Client(config).prepare(PROMPT).data)
    await bare.connect(port, POOL)
    due = arrivals(rate, seconds, seed)
    await Pacer(asyncio.get_running_loop(), due, lambda _, at: bare.send(at)).finished
    await settled(bare.noted, len(due))
    bare.close()
    return bare.noted


async def settled(recorded: Sequence[object], expected: int) -> None:
    """Wait for the last answers, two seconds at most."""
    for _ in range(200):
        if len(recorded) == expected:
            return
        await asyncio.sleep(0.01)


def lag(exchanges: Sequence[Exchange | Noted]) -> float:
    """p99 of how late requests left, in seconds."""
    return float(np.percentile([exchange.sent - exchange.intended for exchange in exchanges], 99))


def stable_rate(port: int) -> float:
    """The highest open-loop rate of which a run with a limit of `DELAY` is not told to be generator-bound."""
    rate = best = 1000.0
    while rate <= MOST and any(in_time(port, rate, attempt) for attempt in range(2)):
        best = rate
        rate *= 1.3
    return best


def in_time(port: int, rate: float, seed: int) -> bool:
    """Whether a short open loop at *rate* keeps up."""
    exchanges = quiet(partial(ours_open, port, rate, 0.7, seed))
    punctual = Punctuality(p99=lag(exchanges)).behind(DELAY) is None
    return len(exchanges) == int(rate * 0.7) and punctual


def quiet(work: Callable[[], Coroutine[Any, Any, list[T]]]) -> list[T]:
    """Run without the cyclic garbage collector: its pauses grow with what the benchmark itself keeps."""
    gc.collect()
    gc.disable()
    try:
        return uvloop.run(work())
    finally:
        gc.enable()


@dataclass
class Latency:
    """Reported latencies minus those in the server's log, ours and the bare protocol's: a row a window."""

    rate: float
    ours: list[tuple[float, float, float]]
    bare: list[tuple[float, float, float]]

    @staticmethod
    def middle(rows: list[tuple[float, float, float]]) -> list[float]:
        """Medians of the errors of p50 and p99, and of the lag."""
        return [statistics.median(column) for column in zip(*rows, strict=True)]

    def met(self, rows: list[tuple[float, float, float]]) -> bool:
        p50, p99, _ = self.middle(rows)
        return abs(p50) <= P50_TARGET and abs(p99) <= P99_TARGET

    @property
    def verdict(self) -> str:
        """`ok`, `MISSED`, or `NOISY` where the bare protocol does not reach the target either."""
        if self.met(self.ours):
            return "ok"
        return "MISSED" if self.met(self.bare) else "NOISY"

    def __str__(self) -> str:
        texts = []
        for rows in (self.ours, self.bare):
            p50, p99, late = (each * 1e3 for each in self.middle(rows))
            texts.append(f"p50 {p50:+.3f} ms, p99 {p99:+.3f} ms, left late by {late:.3f} ms (p99)")
        return (
            f"{self.verdict:6} latency minus the server's log at {self.rate:.0f} requests/s: {texts[0]}\n"
            f"       (targets 0.2 and 1 ms); a bare protocol at this moment: {texts[1]}"
        )


def latency_error(pipe: Pipe, port: int, windows: int) -> Latency:
    """At 70 % of the stable rate, ours and the bare protocol in turns."""
    found = Latency(0.7 * stable_rate(port), [], [])
    for number in range(windows):
        for work, rows in ((ours_open, found.ours), (bare_open, found.bare)):
            order(pipe, "clear")
            exchanges: Sequence[Any] = quiet(partial(work, port, found.rate, WINDOW, number))
            log = order(pipe, "log")[-len(exchanges) :]
            ours = np.array([exchange.done - exchange.sent for exchange in exchanges])
            errors = np.percentile(ours, (50, 99)) - np.percentile(log[:, 1] - log[:, 0], (50, 99))
            rows.append((float(errors[0]), float(errors[1]), lag(exchanges)))
    return found


def order(pipe: Pipe, what: str) -> Any:
    pipe.send(what)
    return pipe.recv()


@contextmanager
def server(serve: Callable[..., None], *args: object) -> Iterator[tuple[Pipe, int]]:
    """A server in a process of its own: its pipe and its port."""
    pipe, far = multiprocessing.Pipe()
    unsettle()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(far, *args), daemon=True)
    process.start()
    far.close()
    settle(0)
    try:
        yield pipe, pipe.recv()
        pipe.send("stop")
        process.join(5)
    finally:
        process.kill()
        process.join()


def main(argv: list[str] | None = None) -> int:
    """Print every figure with its target; 1 where one was missed, 2 where the machine is too noisy."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--requests", type=int, default=20000)
    options.add_argument("--windows", type=int, default=40)
    given = options.parse_args(argv)
    with server(serve_fast) as (_, port):
        ratios = [compare(port, "/v1", given.requests, given.repeats)]
        ratios.append(compare(port, "/stream", given.requests // 20, given.repeats))
    print(*ratios, sep="\n")
    with server(serve_exact, DELAY) as (pipe, port):
        latency = latency_error(pipe, port, given.windows)
    print(latency)
    if latency.verdict == "MISSED" or not all(ratio.met for ratio in ratios):
        return 1
    return 0 if latency.verdict == "ok" else 2


if __name__ == "__main__":
    sys.exit(main())
