"""Imaginary systems and what the sequential test makes of them, many runs at once. Always seeded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.evidence.mixture import boundary

Array = NDArray[Any]


@dataclass(frozen=True)
class Rates:
    """Shares of passes and fails among many runs, and the lengths of the runs."""

    passed: float
    failed: float
    lengths: Array

    @property
    def mean_n(self) -> float:
        return float(self.lengths.mean())

    def at_most(self, size: float) -> bool:
        """Whether the mean length is at most *size*, within three standard errors."""
        return self.mean_n <= size + 3.0 * float(self.lengths.std()) / math.sqrt(self.lengths.size)


def slack(level: float, runs: int) -> float:
    """Three standard errors of a simulated probability *level*."""
    return 3.0 * math.sqrt(level * (1.0 - level) / runs)


def run_all(test: Any, streams: Any) -> Rates:
    """Let ``test()`` judge each stream whole; a stream may be any array its `update` takes."""
    passed = failed = 0
    lengths = []
    for stream in streams:
        evidence = test()
        decision = evidence.update(stream)
        passed += decision is not None and decision.value == "pass"
        failed += decision is not None and decision.value == "fail"
        lengths.append(evidence.n)
    return Rates(passed / len(lengths), failed / len(lengths), np.array(lengths, dtype=float))


def stops(bad_at: Array, cap: int, limit: float, deff: float = 1.0) -> tuple[Array, Array, Array]:
    """First crossings of many runs at once, from where their bad events lie.

    Args:
        bad_at: (runs, K) sample sizes at which the bad events come; the last lies beyond *cap* in every run.

    Returns:
        ``(passed, failed, n)`` for each run, polled after every value up to *cap*.
    """
    edge = boundary(limit, 0.95, 0.9, deff)
    count = bad_at.shape[1]
    passing = np.array([edge.pass_at(k) for k in range(count)], dtype=float)
    failing = np.array([edge.fail_at(k) for k in range(1, count + 1)], dtype=float)
    start = np.column_stack([np.zeros(len(bad_at)), bad_at[:, :-1]])
    pass_n = np.where(bad_at > passing, np.maximum(passing, start), np.inf).min(axis=1)
    fail_n = np.where(bad_at <= failing, bad_at, np.inf).min(axis=1)
    passed, failed = (pass_n < fail_n) & (pass_n <= cap), (fail_n < pass_n) & (fail_n <= cap)
    return passed, failed, np.minimum(np.minimum(pass_n, fail_n), cap)


def independent(share: float, limit: float, cap: int, runs: int, seed: int) -> Rates:
    """Runs of independent events, *share* of them bad, each up to *cap* values long."""
    random = np.random.default_rng(seed)
    most = int(cap * share + 8.0 * math.sqrt(cap * share) + 20.0)
    bad_at = np.cumsum(random.geometric(share, size=(runs, most)), axis=1).astype(float)
    assert bad_at[:, -1].min() > cap
    passed, failed, lengths = stops(bad_at, cap, limit)
    return Rates(float(passed.mean()), float(failed.mean()), lengths)


def bursty(random: np.random.Generator, share: float, burst: float, size: int) -> Array:
    """One series of *size* events, *share* of them bad, in bursts of geometric length with mean *burst*.

    A mean of 1 gives independent events: there the length of a run of bad ones is 1 / (1 - share) by itself.
    """
    if burst == 1:
        return random.random(size) < share
    bursts = int(2 * size * share / burst + 30)
    good = random.geometric(share / (burst * (1.0 - share)), bursts)
    bad = random.geometric(1.0 / burst, bursts)
    edges = np.cumsum(np.column_stack([good, bad]).ravel())
    series = np.zeros(size + 1, dtype=np.int64)
    np.add.at(series, np.minimum(edges, size), np.tile([1, -1], bursts))
    assert edges[-1] >= size
    return np.cumsum(series[:size]).astype(bool)
