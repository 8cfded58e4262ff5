"""Two processes against one, and ten million exchanges merged and judged.

``python benchmarks/bench_load_many.py``: 0 where every target is met, 1 where one is missed. What two
processes send is measured as wall time where they, the server and the process that merges have a core each
(four), and as CPU time elsewhere: what all of ours take of a request, and the busiest of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
from bench_client import server
from client_servers import json_reply, serve_fast, unsettle
from proxy_peers import nginx, started

from seatrial.core.block import ROW, Block
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.risk import Risk
from seatrial.load.arrivals import Profile, Schedule, poisson
from seatrial.load.brief import Brief
from seatrial.load.budget import Budget
from seatrial.load.order import Reorder
from seatrial.load.processes import ProcessTraffic
from seatrial.targets.config import TargetConfig
from seatrial.targets.wire import Prompt

TIMES = 1.8  # one process's requests a second on a core, by two on two
CONNECTIONS = 64  # a process
FAIR = 4  # cores: two that send, the server, and this process that merges
MANY = 10_000_000
SECONDS, BYTES = 5.0, 24.0
PART = 50_000  # exchanges that come in one block
NGINX_FIXED = (
    """
daemon off; worker_processes 1; pid {folder}/fixed.pid; error_log {folder}/fixed.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 '"""
    + json_reply().partition(b"\r\n\r\n")[2].decode().replace("{", "{{").replace("}", "}}")
    + """'; }} }}
}}
"""
)
ONE = Risk(min_duration=0.0, segments=1, pause=0.0)


@dataclass(frozen=True)
class Run:
    """What a number of requests took.

    Attributes:
        seconds: of wall time, in the middle of the run, when all send.
        total, busiest: CPU seconds of all our processes, and of the one that works most.
    """

    count: int
    seconds: float
    total: float
    busiest: float

    def on(self, cores: int) -> float:
        """Requests a second that *cores* of our own carry: their work shared out, but no process split."""
        return self.count / max(self.total / cores, self.busiest)


def run(port: int, processes: int, count: int) -> Run:
    """So many requests, far more of them due than can be sent."""
    config = TargetConfig(uri=f"http://127.0.0.1:{port}/v1", model="small")
    brief = Brief(config, (Prompt.of("Tell me about the sea. " * 8),) * 64, False, CONNECTIONS * processes)
    schedule = Schedule(Profile.constant(2e6), poisson, [1])
    more: dict[str, Any] = {"budget": Budget(requests=count), "risk": ONE, "seed": 1}
    sent = ProcessTraffic("bench", brief, processes, schedule, **more)
    already = time.process_time()
    sent.extend(lambda: False)
    used = [time.process_time() - already, *(cpu_of(pid) for pid in sent.workers)]
    done = sent.log.intended() + sent.log.duration()
    sent.close()
    assert len(done) == count
    first, last = np.quantile(done, (0.1, 0.9))
    return Run(count, float(last - first) / 0.8, sum(used), max(used))


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def rates(port: int, processes: int, count: int, free: int) -> float:
    """Requests a second; what starting takes is left out, as the difference of a long run and a short one."""
    long = run(port, processes, count * processes)
    if free >= FAIR:
        return long.count / long.seconds
    short = run(port, processes, count * processes // 8)
    between = Run(
        long.count - short.count, long.seconds, long.total - short.total, long.busiest - short.busiest
    )
    return between.on(processes)


def two_processes(repeats: int, count: int, free: int) -> tuple[float, float]:
    """Requests a second of one process and of two, in turns."""
    found: dict[int, list[float]] = {1: [], 2: []}
    with TemporaryDirectory() as folder, light_server(Path(folder)) as port:
        for _ in range(repeats):
            for processes, each in found.items():
                each.append(rates(port, processes, count, free))
    return statistics.median(found[1]), statistics.median(found[2])


@contextmanager
def light_server(folder: Path) -> Iterator[int]:
    """The port of a server that takes as little of the cores as one can: nginx where it is installed."""
    if shutil.which("nginx") is None:
        with server(serve_fast) as (_, port):
            unsettle()
            yield port
    else:
        folder.chmod(0o755)
        with started("nginx", nginx(NGINX_FIXED, folder, 0)) as proxy:
            yield proxy.port


class Merged:
    """Exchanges that are all there (`seatrial.core.objective.Stream`)."""

    name, live, span, segments, stopped = "bench", True, 100.0, 3, "all of them are there"

    def __init__(self) -> None:
        self.log = Log()
        self.risk = Risk()

    def extend(self, until: Any) -> None:
        """No more will come."""

    def punctuality(self) -> Punctuality:
        return Punctuality()

    def watch(self, trial: Any) -> None:
        """Nobody looks."""

    def concluded(self, objective: Any, verdict: Any) -> None:
        """Nobody is told."""


def blocks(workers: int) -> list[Block]:
    """Ten million exchanges as two workers tell them: in turns, and not quite in order."""
    random = np.random.default_rng(1)
    found = []
    for start in range(0, MANY, PART):
        for worker in range(workers):
            numbers = np.arange(start + worker, min(start + PART, MANY), workers)
            rows = np.zeros(len(numbers), ROW)
            rows["number"], rows["intended"] = numbers, numbers / 100_000
            rows["duration"] = random.exponential(0.05, len(numbers))
            rows["ttfc"], rows["chunks"], rows["status"] = rows["duration"] / 2, 2, 200
            found.append(Block(random.permuted(rows), np.full(len(numbers), 0.01, np.float32)))
    return found


def ten_million() -> tuple[float, float, Outcome]:
    """CPU seconds to merge and judge, bytes an exchange beside its gap, and the verdict."""
    told = blocks(2)
    stream, reorder = Merged(), Reorder()
    began = time.process_time()  # one thread: where others want the core, wall time would measure them
    for number, block in enumerate(told, 1):
        reorder.put(block)
        if number % 2 == 0:  # what both workers have told since the last look
            stream.log.extend(reorder.ready())
    assert len(stream.log) == MANY
    slow = Objective(indicator="operation.duration", op="lte", value="200ms", target="98%")
    verdict = slow.judge(stream)
    took = time.process_time() - began
    return took, (stream.log.nbytes - 4 * MANY) / MANY, verdict.outcome


def main(argv: Sequence[str] | None = None) -> int:
    """Print every figure with its target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--requests", type=int, default=80_000)
    given = options.parse_args(argv)
    took, size, outcome = ten_million()
    met = took <= SECONDS and round(size, 3) <= BYTES
    print(
        f"{'ok    ' if met else 'MISSED'} {MANY:,} exchanges merged and judged ({outcome.value})"
        f" in {took:.2f} s of CPU (target <= {SECONDS:g}),"
        f" {size:.1f} bytes each and 4 a gap (target <= {BYTES:g})",
        flush=True,
    )
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    one, two = two_processes(given.repeats, given.requests, free)
    how = "wall time" if free >= FAIR else f"CPU time: {free} cores are too few for a server beside them"
    mark = "ok    " if two / one >= TIMES else "MISSED"
    figures = f"{two:,.0f}/s and {one:,.0f}/s of {how}"
    print(f"{mark} two processes: {two / one:.2f} x one ({figures}; target >= {TIMES})")
    return 0 if met and two / one >= TIMES else 1


if __name__ == "__main__":
    sys.exit(main())
