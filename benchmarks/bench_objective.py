"""What a million exchanges cost: memory as columns, a verdict over them, one more in a running one.

Run it alone with ``python benchmarks/bench_objective.py``. Each figure stands beside a peer in the same run:
the plain list of exchanges, and numpy's partition, which is what a naive percentile of the same data takes.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from seatrial.core.exchange import Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.punctuality import Punctuality
from seatrial.core.recorded import Recorded
from seatrial.core.risk import Risk
from seatrial.core.trial import Trial

GAPS = 4
P95 = Objective(indicator="operation.duration", op="lte", value="1s", target="95%")
# At the limit, so that no verdict comes early: every exchange is looked at.
SHARE = 0.05


def main() -> int:
    """Print every figure with its target; 1 if one is missed."""
    options = argparse.ArgumentParser(description="What a million exchanges cost.")
    options.add_argument("--exchanges", type=int, default=1_000_000)
    log = filled(options.parse_args().exchanges)
    fine = [memory(), recorded(log), running(log)]
    return 0 if all(fine) else 1


def filled(count: int) -> Log:
    """So many exchanges with lognormal latencies, 5 % of them beyond 1 s."""
    random = np.random.default_rng(1)
    durations = random.lognormal(np.log(1.0) - 1.645 * 0.5, 0.5, count)
    log = Log()
    for index, duration in enumerate(durations.tolist()):
        log.append(Exchange(index, 0.0, 0.0, duration, first_chunk=duration / 2, status=200))
    return log


def memory() -> bool:
    """Bytes an exchange with its chunk gaps, against the same exchanges as objects."""
    gaps = tuple(0.01 * step for step in range(GAPS))
    sample = 50_000
    log = Log()
    tracemalloc.start()
    kept = [
        Exchange(
            i,
            float(i),
            float(i),
            i + 0.5,
            first_chunk=i + 0.1,
            gaps=tuple(0.001 * i * g for g in gaps),
            status=200,
        )
        for i in range(sample)
    ]
    objects = tracemalloc.get_traced_memory()[0] / sample
    tracemalloc.stop()
    for exchange in kept:
        log.append(exchange)
    columns = log.nbytes / sample
    allowed = 24 + 4 * GAPS
    print(
        f"memory: {columns:.0f} B an exchange with {GAPS} gaps (target {allowed}),"
        f" {objects / columns:.0f} x less than objects ({objects:.0f} B)"
    )
    return columns <= allowed


def recorded(log: Log) -> bool:
    """One verdict over all of them."""
    stream = Recorded("bench", log, Risk(bursts_up_to=None))
    seconds = least(lambda: stream.judge(P95))
    values = log.duration()
    peer = least(lambda: np.partition(values, int(0.95 * len(log))))
    told = f"{1e3 * seconds:.1f} ms a verdict over {len(log):,} (target 50)"
    print(f"recorded: {told}, {seconds / peer:.2f} x np.partition")
    return seconds < 0.05


def running(log: Log) -> bool:
    """One more exchange in a running verdict, dependence estimated as it grows, fed as traffic feeds it."""
    stream = Feeding(log)
    trial = Trial(P95, stream)

    def feed() -> None:
        while stream.more():
            trial.step()

    began = time.process_time()
    feed()
    seconds = (time.process_time() - began) / stream.fed
    stream.fed = 0
    began = time.process_time()
    while stream.more():
        pass
    seconds -= (time.process_time() - began) / stream.fed
    told = f"{1e6 * seconds:.3f} µs for one more exchange (target 0.2)"
    print(f"running: {told}, verdict {trial.verdict().outcome}")
    return seconds <= 0.2e-6


class Feeding:
    """A stream that shows a filled log bit by bit, 512 exchanges at a time."""

    live = True
    span = 0.0
    segments = 0
    stopped = None
    name = "bench"
    risk = Risk(bursts_up_to=None)

    def __init__(self, log: Log) -> None:
        self.whole = log
        self.fed = 0

    @property
    def log(self) -> Feeding:
        return self

    def __len__(self) -> int:
        return self.fed

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

    def more(self) -> bool:
        self.fed = min(self.fed + 512, len(self.whole))
        return self.fed < len(self.whole)

    def punctuality(self) -> Punctuality:
        return Punctuality()

    def watch(self, trial: Trial) -> None:
        """Nobody looks."""


def least(run: Callable[[], object], repeats: int = 7) -> float:
    """CPU seconds of the quickest of several runs."""
    best = float("inf")
    for _ in range(repeats):
        began = time.process_time()
        run()
        best = min(best, time.process_time() - began)
    return best


if __name__ == "__main__":
    sys.exit(main())
