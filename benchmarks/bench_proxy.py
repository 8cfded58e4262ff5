"""The fault proxy without a toxic against nginx and a plain asyncio-streams proxy, in the same run.

Every figure is a ratio of CPU time (or of MB/s) against a peer that does the same job at the same moment; see
`TARGETS`. Server and callers run on one core, the proxy at hand alone on another; for the added latency
everything runs on one core, so that no wake-up of another core hides it. A peer that this machine lacks is
told and skipped: Debian has them as nginx and libnginx-mod-stream.
Run it on a quiet machine: ``python benchmarks/bench_proxy.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, ClassVar

import httptools
import uvloop
from proxy_peers import Proxy, start_all

from seatrial.faults.timers import Timers

CONNECTIONS = 32
EVENTS = 64
BULK = 64 << 20
BODIES = [
    b'{"model": "small", "messages": [{"role": "user", "content": "%b"}]}' % (b"sea " * n)
    for n in range(45, 61)
]
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-bench\r\naccept: */*\r\n"
HEAD += b"user-agent: bench\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
TARGETS = {
    "tcp/nginx": 1.25,
    "tcp/streams": 0.75,
    "http/nginx": 1.5,
    "sse/nginx": 1.5,
    "bulk/nginx": 1.0,
}
ADDED_LATENCY = 25e-6
DELAYS = (5, 20, 50)
DELAY_ERROR = 1e-3


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


# -- the server and the callers, on a core of their own


class Server(asyncio.Protocol):
    """Answers from memory, by the request's x-kind."""

    replies = {  # noqa: RUF012
        b"json": [json_reply()],
        b"sse": sse_reply(),
        b"bulk": [b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % BULK, *[bytes(1 << 20)] * (BULK >> 20)],
    }

    timers: ClassVar[Timers]

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
                self.timers.after(
                    int(kind[5:]) / 1e3, lambda: self.transport.writelines(self.replies[b"json"])
                )
            elif kind == b"sse":  # an event a write, as servers send them
                asyncio.get_running_loop().call_soon(self.stream, iter(self.replies[kind]))
            else:
                self.transport.writelines(self.replies[kind])

    def stream(self, pieces: Iterator[bytes]) -> None:
        piece = next(pieces, None)
        if piece is not None:
            self.transport.write(piece)
            asyncio.get_running_loop().call_soon(self.stream, pieces)


class Caller(asyncio.Protocol):
    """Asks again as soon as it is answered."""

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
        asyncio.get_running_loop().call_soon(self.ask)


@dataclass
class Run:
    """A closed loop of so many requests."""

    requests: list[bytes]
    left: int
    standing: int
    done: asyncio.Future[None]
    times: list[float] = field(default_factory=list)


async def closed_loop(port: int, kind: str, requests: int, connections: int) -> tuple[float, list[float]]:
    """Seconds in all, and of each request."""
    loop = asyncio.get_running_loop()
    run = Run(requests_of(kind), requests, connections, loop.create_future())
    began = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Caller(run), "127.0.0.1", port)
    await run.done
    return time.perf_counter() - began, run.times


def peer_process(pipe: Pipe) -> None:
    """Serves, and asks when told: ``(port, kind, requests, connections, core)``."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        Server.timers = Timers(loop)
        server = await loop.create_server(Server, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while (order := await loop.run_in_executor(None, pipe.recv)) is not None:
            *what, core = order
            settle(os.getpid(), core)
            pipe.send(await closed_loop(*what))
        server.close()

    uvloop.run(main())


def settle(pid: int, core: int) -> None:
    """Bind a process with all its threads to one core, where the system lets us choose."""
    cores = sorted(os.sched_getaffinity(0)) if not hasattr(settle, "cores") else settle.cores
    settle.cores = cores  # type: ignore[attr-defined]
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {cores[core % len(cores)]})


# -- measuring


class Bench:
    """Orders the peer process about."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe

    def run(
        self, port: int, kind: str, requests: int, connections: int, core: int = 1
    ) -> tuple[float, list[float]]:
        self.pipe.send((port, kind, requests, connections, core))
        answer: tuple[float, list[float]] = self.pipe.recv()
        return answer

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


def mark(met: bool) -> str:
    return "ok    " if met else "MISSED"


def compare(
    rows: dict[str, list[float]],
    peers: list[tuple[str, str, str]],
    what: str,
    unit: float,
    suffix: str,
    *,
    more: bool = False,
) -> bool:
    """Print the ratios; whether all meet their target."""
    good = True
    for target, mine, peer in peers:
        if peer not in rows:
            continue
        ratio = statistics.median(rows[mine]) / statistics.median(rows[peer])
        met = ratio >= TARGETS[target] if more else ratio <= TARGETS[target]
        good &= met
        figures = ", ".join(f"{name} {statistics.median(values) * unit:.2f}" for name, values in rows.items())
        aim = f"target {'>=' if more else '<='} {TARGETS[target]}"
        print(f"{mark(met)} {what} {target}: {ratio:.2f} x ({aim}): {figures} {suffix}")
    return good


def measure(bench: Bench, proxies: dict[str, Proxy], server: int, requests: int, repeats: int) -> bool:
    """All comparisons, interleaved."""
    tcp = [name for name in ("tcp", "nginx", "streams") if name in proxies]
    http = [name for name in ("http", "nginx-http") if name in proxies]
    for proxy in proxies.values():
        bench.run(proxy.port, "json", CONNECTIONS * 40, CONNECTIONS)
        bench.run(proxy.port, "sse", CONNECTIONS * 2, CONNECTIONS)
    plain: dict[str, list[float]] = {name: [] for name in tcp}
    aware: dict[str, list[float]] = {name: [] for name in http}
    events: dict[str, list[float]] = {name: [] for name in http}
    bulk: dict[str, list[float]] = {name: [] for name in tcp if name != "streams"}
    added: dict[str, list[float]] = {"tcp": [], "http": []} | {
        name: [] for name in proxies if "nginx" in name
    }
    for _ in range(repeats):
        for name in tcp:
            plain[name].append(bench.cpu(proxies[name], "json", requests))
        for name in http:
            aware[name].append(bench.cpu(proxies[name], "json", requests))
        for name in http:
            events[name].append(bench.cpu(proxies[name], "sse", requests // 20) / EVENTS)
        for name, rates in bulk.items():
            rates.append(bench.rate(proxies[name], 8))
        for name, times in added.items():
            direct = bench.latency(server, None, requests // 10)
            times.append(bench.latency(proxies[name].port, proxies[name], requests // 10) - direct)
    peers = [("tcp/nginx", "tcp", "nginx"), ("tcp/streams", "tcp", "streams")]
    good = compare(plain, peers, "CPU a request", 1e6, "us")
    good &= compare(aware, [("http/nginx", "http", "nginx-http")], "CPU a request", 1e6, "us")
    good &= compare(events, [("sse/nginx", "http", "nginx-http")], "CPU an event", 1e6, "us")
    good &= compare(bulk, [("bulk/nginx", "tcp", "nginx")], "bulk", 1, "MB/s", more=True)
    mine = statistics.median(added["tcp"])
    met = mine <= ADDED_LATENCY
    figures = ", ".join(f"{name} {statistics.median(each) * 1e6:.1f}" for name, each in added.items())
    print(f"{mark(met)} added latency on one core: {mine * 1e6:.1f} us (target <= 25): {figures} us")
    return good and met


def delays(bench: Bench, proxies: dict[str, Proxy], requests: int) -> bool:
    """Print how far injected delays are from what was asked; whether p99 of all is within the target.

    The peer is a server that is late by itself: what a busy machine adds, it adds to both.
    """
    proxy = proxies["tcp"]
    met, shown = True, []
    for delay in DELAYS:
        mine: list[float] = []
        peers: list[float] = []
        for _ in range(3):
            proxy.order(
                "POST", "toxics", {"name": "late", "type": "latency", "attributes": {"latency": delay}}
            )
            mine += bench.run(proxy.port, "json", requests, 8)[1][64:]  # without the connects
            proxy.order("DELETE", "toxics/late")
            peers += bench.run(proxy.port, f"late-{delay}", requests, 8)[1][64:]
        assert min(mine) >= delay / 1e3, "a delay was shorter than asked"
        p50, p99 = (rank(mine, share) - rank(peers, share) for share in (0.5, 0.99))
        met &= abs(p99) <= DELAY_ERROR
        shown.append(f"{delay} ms {p50 * 1e3:+.2f}/{p99 * 1e3:+.2f}")
    aim = f"target +-{DELAY_ERROR * 1e3:g} at p99"
    print(f"{mark(met)} injected delays against a late server, p50/p99 ({aim}): {', '.join(shown)} ms")
    return met


def rank(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def main(argv: list[str] | None = None) -> int:
    """Print every figure with its target; 1 where one was missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--requests", type=int, default=20000)
    given = options.parse_args(argv)
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=peer_process, args=(far,), daemon=True)
    process.start()
    server = pipe.recv()
    try:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            os.chmod(folder, 0o755)
            proxies = start_all(stack, server, Path(folder))
            bench = Bench(pipe)
            good = measure(bench, proxies, server, given.requests, given.repeats)
            good &= delays(bench, proxies, 800)
    finally:
        pipe.send(None)
        process.join(5)
        if process.is_alive():
            process.kill()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
