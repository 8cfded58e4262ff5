"""A target of known capacity: so many workers, so long for each answer, and a queue in order of arrival."""

from __future__ import annotations

import heapq
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from tests.load.echo import Echo


class Finite(Echo):
    """Answers ``workers / service`` requests a second, and no more.

    Args:
        workers: answers that are made at once.
        service: seconds of each.
        most: workers that may be added to, one after the other, while somebody waits.
        grows: seconds between two changes.
        shrinks: whether idle ones are sent home.
    """

    def __init__(
        self,
        workers: int,
        service: float,
        *,
        most: int | None = None,
        grows: float = 0.3,
        shrinks: bool = True,
    ) -> None:
        super().__init__()
        self.service, self.least, self.most = service, workers, most or workers
        self._grows, self._shrinks = grows, shrinks
        self._free = [0.0] * workers
        self._changed = 0.0

    @property
    def workers(self) -> int:
        """How many there are now."""
        return len(self._free)

    def page(self) -> bytes:
        """How many workers there are, for Prometheus."""
        text = f'# TYPE replicas gauge\nreplicas{{zone="a"}} {self.workers}\nother 7\n'.encode()
        return b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%s" % (
            len(text),
            text,
        )

    def delay(self) -> float:
        """Until the answer to a request of now is there."""
        now = time.perf_counter()
        self._scale(now)
        begin = max(now, heapq.heappop(self._free))
        heapq.heappush(self._free, begin + self.service)
        return begin + self.service - now

    def _scale(self, now: float) -> None:
        if now - self._changed < self._grows:
            return
        waiting, idle = self._free[0] - now, sum(free < now for free in self._free)
        if waiting > self.service and self.workers < self.most:
            heapq.heappush(self._free, now)
        elif self._shrinks and self.workers > self.least and idle > self.workers / 2:
            heapq.heappop(self._free)
        else:
            return
        self._changed = now


def late_share(rate: float, workers: int, service: float, limit: float, requests: int = 100_000) -> float:
    """The share of requests that take longer than *limit* with Poisson arrivals at *rate*, by simulation."""
    arrivals = np.cumsum(np.random.default_rng(5).exponential(1 / rate, requests))
    free = [0.0] * workers
    late = 0
    for arrival in arrivals.tolist():
        begin = max(arrival, heapq.heappop(free))
        heapq.heappush(free, begin + service)
        late += begin + service - arrival > limit
    return late / requests


def highest_rate(workers: int, service: float, limit: float, share: float) -> float:
    """The highest rate at which at most *share* of the requests take longer than *limit*."""
    low, high = 0.3 * workers / service, workers / service
    while high / low > 1.005:
        middle = (low * high) ** 0.5
        if late_share(middle, workers, service, limit) <= share:
            low = middle
        else:
            high = middle
    return low


class Apart:
    """A `Finite` in a process of its own: a server that shares ours makes the generator late.

    Args:
        workers, service, most: as for `Finite`.
    """

    def __init__(self, workers: int, service: float, most: int | None = None) -> None:
        self._arguments = [str(workers), str(service), str(most or workers)]

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.load.finite", *self._arguments]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
        assert self._process.stdout is not None
        self.uri = self._process.stdout.readline().decode().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()  # the end of its input ends it


def main() -> None:
    """Serve until the input ends."""
    workers, service, most = sys.argv[1:]
    with Finite(int(workers), float(service), most=int(most)) as server:
        print(server.uri, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
