"""What a verdict costs: one more exchange, and a million recorded ones.

Run it as ``python benchmarks/bench_evidence.py``; it prints one line a figure and ends with 1 where a target
is missed. Every figure also stands as a ratio against a peer timed in the same run, on the same data.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seatrial.core.evidence import BettingMean, SequentialProportion, estimate_deff
from seatrial.core.evidence.fixed import judge
from seatrial.core.evidence.mixture import boundary

MILLION = 1_000_000
REPEATS = 9


@dataclass(frozen=True)
class Figure:
    """One measured figure, its target (None: told, not held) and its ratio to a peer."""

    name: str
    value: float
    unit: str
    target: float | None
    ratio: float
    peer: str

    @property
    def missed(self) -> bool:
        return self.target is not None and self.value > self.target

    def __str__(self) -> str:
        target = "" if self.target is None else f" (target {self.target:g})"
        mark = "MISSED" if self.missed else "ok"
        return f"{mark:6} {self.name}: {self.value:.4g} {self.unit}{target}; {self.ratio:.3g} x {self.peer}"


def best(work: Callable[[], object]) -> float:
    """The least CPU time of a few repeats, in seconds: what the code takes when nobody disturbs it."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def fed_in_blocks(bad: np.ndarray, limit: float, block: int) -> None:
    """A verdict that stays open: passing withheld, in blocks as they come, its tables still to be made."""
    boundary.cache_clear()
    evidence = SequentialProportion(limit)
    for start in range(0, bad.size, block):
        evidence.update(bad[start : start + block], may_pass=False)
    if evidence.n != bad.size:
        raise SystemExit("the stream was to stay undecided; choose another seed")


def fed_one_by_one(bad: list[bool], limit: float) -> None:
    boundary.cache_clear()
    evidence = SequentialProportion(limit)
    for value in bad:
        evidence.add(value, may_pass=False)
    if evidence.n != len(bad):
        raise SystemExit("the stream was to stay undecided; choose another seed")


def counted(bad: list[bool]) -> None:
    """The peer of a value by value update: a plain loop that only counts."""
    k = 0
    for value in bad:
        if value:
            k += 1


def one_more_exchange(random: np.random.Generator) -> list[Figure]:
    from scipy.stats import binomtest

    limit = 0.05
    bad = random.random(MILLION) < 0.9 * limit
    few = bad[:200_000].tolist()
    exact_once = best(lambda: binomtest(450, 10_000, limit, alternative="less").pvalue)
    figures = []
    for block in (512, 64):
        each = best(lambda block=block: fed_in_blocks(bad[:200_000], limit, block)) / 200_000
        name = f"one more exchange, blocks of {block}"
        figures.append(
            Figure(name, 1e6 * each, "µs", 0.2, each / exact_once, "scipy's binomtest at each look")
        )
    each, peer = best(lambda: fed_one_by_one(few, limit)) / len(few), best(lambda: counted(few)) / len(few)
    figures.append(
        Figure(
            "one more exchange, value by value",
            1e6 * each,
            "µs",
            None,
            each / peer,
            "a loop that counts the bad",
        )
    )
    return figures


def a_million_recorded(random: np.random.Generator) -> list[Figure]:
    latency = random.lognormal(0.0, 0.5, MILLION)
    threshold = float(np.quantile(latency, 0.955))
    peer = best(lambda: np.partition(latency, 949_999)[949_999])

    def sequential() -> None:
        bad = latency > threshold
        deff = max(estimate_deff(bad), estimate_deff(latency))
        evidence = SequentialProportion(0.05, deff=max(9.0, deff))
        evidence.update(bad, may_pass=False)
        evidence.bounds()

    def fixed() -> None:
        bad = latency > threshold
        deff = max(estimate_deff(bad), estimate_deff(latency))
        judge(int(np.count_nonzero(bad)), bad.size, 0.05, deff=max(9.0, deff))

    bad = latency > threshold
    held = (
        ("1,000,000 recorded exchanges, sequential, whole", sequential, 50.0),
        ("1,000,000 recorded exchanges, fixed sample, whole", fixed, 50.0),
        ("design effect of 1,000,000 latencies", lambda: estimate_deff(latency), 15.0),
        ("design effect of 1,000,000 indicators", lambda: estimate_deff(bad), 15.0),
    )
    return [
        Figure(name, 1e3 * spent, "ms", target, spent / peer, "np.partition for the same percentile")
        for name, spent, target in ((name, best(work), target) for name, work, target in held)
    ]


def scores(random: np.random.Generator) -> list[Figure]:
    values = random.beta(7.0, 3.0, 20_000)
    peer = best(lambda: np.cumsum(np.log1p(values)))
    spent = best(lambda: BettingMean(0.7, allow_pass=False, power=0.999999).update(values))
    return [
        Figure(
            "one more score",
            1e6 * spent / 20_000,
            "µs",
            None,
            spent / peer,
            "a single bet on the same scores",
        )
    ]


def main() -> int:
    """Print every figure; 1 where a target is missed."""
    random = np.random.default_rng(7)
    figures = [*one_more_exchange(random), *a_million_recorded(random), *scores(random)]
    for figure in figures:
        print(figure)
    return int(any(figure.missed for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
