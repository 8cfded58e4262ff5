"""The mixture e-processes for a share of bad events, and the tables that say where they cross.

Against "the truth is at least t" bets a Beta(a, b) prior cut off above t, against "at most t" the same prior
cut off below: with k bad among n,

    E_pass = B(a+k, b+n-k) I_t(a+k, b+n-k) / [B(a, b) I_t(a, b) t^k (1-t)^(n-k)]

and E_fail with 1 - I for I, a = 1, b = 0.5 / t. Each is at most 1 in expectation under its hypothesis, at
every stopping time at once, so by Ville's inequality it ever reaches 1/α with probability at most α, however
often one looks. A design effect divides n and k.
Sources: Robbins, Ann. Math. Stat. 41 (1970) 1397; Ville 1939; Ramdas et al., Stat. Science 38 (2023) 576.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.evidence.special import log_beta, log_beta_array, log_betainc

Array = NDArray[Any]

_PRIOR_A = 1.0
_PRIOR_MEAN_PER_LIMIT = 0.5
# Rounding may put the closed form below the exact one by this much at most (1e-12 of a million, with room).
_SLACK = 1e-8
CHUNK = 512
_NEWTON_STEPS = 60
_FARTHEST = 1e10


class Mixture:
    """Both e-processes at one limit.

    Args:
        limit: the share of bad events t that is tested, 0 < t < 1.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.a, self.b = _PRIOR_A, _PRIOR_MEAN_PER_LIMIT / limit
        self.log_t, self.log_s = math.log(limit), math.log1p(-limit)
        whole = log_beta(self.a, self.b)
        below, above = log_betainc(self.a, self.b, limit)
        self.prior_pass, self.prior_fail = whole + below, whole + above

    def log_e(self, n: float, k: float) -> tuple[float, float]:
        """``(ln E_pass, ln E_fail)`` after *k* bad among *n*, both already divided by the design effect."""
        a, b = self.a + k, self.b + n - k
        joint = log_beta(a, b) - k * self.log_t - (n - k) * self.log_s
        below, above = log_betainc(a, b, self.limit)
        return joint + below - self.prior_pass, joint + above - self.prior_fail

    def joint(self, n: Array, k: Array) -> Array:
        """What both share, over arrays: it bounds either from above (less its prior), tightly near 1/α."""
        good = n - k
        return log_beta_array(self.a + k, self.b + good) - k * self.log_t - good * self.log_s


class Boundary:
    """Where the e-processes of one objective cross; `boundary` shares it among all that ask the same.

    Candidates come from a closed form that is never below the exact e-value, so no crossing is missed; each
    is then settled by the exact formula, so that validity depends on no table.

    Attributes:
        log_pass, log_fail: the thresholds ln(1/α) and ln(1/β).
    """

    def __init__(self, limit: float, log_pass: float, log_fail: float, deff: float) -> None:
        self.mixture = Mixture(limit)
        self.log_pass, self.log_fail, self.deff = log_pass, log_fail, deff
        self._tables: dict[int, tuple[list[int], list[int]]] = {}
        self._exact_pass: dict[int, int] = {}

    def log_e(self, n: int, k: int) -> tuple[float, float]:
        """``(ln E_pass, ln E_fail)`` after *k* bad among *n*."""
        return self.mixture.log_e(n / self.deff, k / self.deff)

    def passes(self, n: int, k: int) -> bool:
        """Whether E_pass is over its threshold."""
        return self.log_e(n, k)[0] >= self.log_pass

    def fails(self, n: int, k: int) -> bool:
        """Whether E_fail is over its threshold."""
        return self.log_e(n, k)[1] >= self.log_fail

    def pass_at(self, k: int) -> int:
        """The smallest n at which *k* bad events pass; E_pass rises with every good one."""
        known = self._exact_pass.get(k)
        if known is not None:
            return known
        low = max(k, self.table(k)[0][k % CHUNK]) - 1
        step = 1
        while not self.passes(low + step, k):
            low, step = low + step, 2 * step
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.passes(middle, k) else (middle, high)
        self._exact_pass[k] = high
        return high

    def fail_at(self, k: int) -> int:
        """The largest n at which *k* bad events fail, 0 where never; E_fail falls with every good one."""
        high = self.table(k)[1][k % CHUNK]
        if k == 0 or high < k or self.fails(high, k):
            return high if k else 0
        low = k - 1 if not self.fails(k, k) else k
        while low >= k and high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.fails(middle, k) else (low, middle)
        return low if low >= k else 0

    def may_have_passed(self, n: Array, k: Array) -> Array:
        """Indices of the points (n, k) where E_pass may be over its threshold: a tight superset."""
        found = np.flatnonzero(self._far(n, k, self.log_pass) & (k < self.mixture.limit * n))
        return self._near(found, n, k, self.mixture.prior_pass + self.log_pass)

    def may_have_failed(self, n: Array, k: Array) -> Array:
        """Indices of the points (n, k) where E_fail may be over its threshold: a tight superset."""
        found = np.flatnonzero(self._far(n, k, self.log_fail) & (k > self.mixture.limit * n))
        return self._near(found, n, k, self.mixture.prior_fail + self.log_fail)

    def _far(self, n: Array, k: Array, level: float) -> Array:
        """A cheap necessary condition: E <= max LR = exp(n KL) <= exp(n χ²)."""
        limit = self.mixture.limit
        excess = k - limit * n
        return np.asarray(excess * excess >= (level - _SLACK) * self.deff * limit * (1.0 - limit) * n)

    def _near(self, found: Array, n: Array, k: Array, level: float) -> Array:
        if not found.size:
            return found
        joint = self.mixture.joint(n[found] / self.deff, k[found] / self.deff)
        return found[joint >= level - _SLACK]

    def table(self, k: int) -> tuple[list[int], list[int]]:
        """For the `CHUNK` counts around *k* (from a multiple of it on): the n before which E_pass cannot have
        crossed, and the last n at which E_fail can be over its threshold. Made on first use and kept."""
        chunk = k // CHUNK
        if chunk not in self._tables:
            counts = np.arange(chunk * CHUNK, (chunk + 1) * CHUNK, dtype=float)
            first = self._solve(counts, self.mixture.prior_pass + self.log_pass, side=1.0)
            last = self._solve(counts, self.mixture.prior_fail + self.log_fail, side=-1.0)
            self._tables[chunk] = first.astype(np.int64).tolist(), last.astype(np.int64).tolist()
        return self._tables[chunk]

    def _solve(self, k: Array, level: float, side: float) -> Array:
        """The n right (side 1) or left (-1) of k / limit where the joint reaches *level*, rounded outwards.

        The joint is convex in n with its least value near k / limit, so Newton's steps, once over the root's
        far side, come back to it from there without ever passing it.
        """
        limit, deff = self.mixture.limit, self.deff
        spread = self.deff * max(self.log_pass, self.log_fail) * (1.0 - limit)
        n = np.maximum((k + spread / 2 + side * np.sqrt(spread * (k + spread / 4))) / limit, k)
        for _ in range(_NEWTON_STEPS):
            miss = self.mixture.joint(n / deff, k / deff) - level
            b = self.mixture.b + (n - k) / deff
            slope = (np.log(b / (self.mixture.a + k / deff + b)) - self.mixture.log_s) / deff
            slope = np.where(slope * side > 0, slope, side * 1e-9)
            step = np.clip(miss / slope, -0.5 * n - 1.0, 0.5 * n + 1.0)
            before, n = n, np.maximum(n - step, k)
            if np.all(np.abs(n - before) < 1e-3):
                break
        return self._outwards(n, k, level, side)

    def _outwards(self, n: Array, k: Array, level: float, side: float) -> Array:
        """Whole numbers such that beyond them (before, for side 1) nothing reaches *level*: it is checked.

        Only on the edge's own side of k / limit: over there E is at most the largest likelihood ratio, 1.
        """
        centre = k / self.mixture.limit
        edge = np.ceil(n) if side > 0 else np.floor(n)
        if side < 0:
            edge = np.where(self._reaches(edge, k, level), edge, np.maximum(edge - 1.0, 0.0))
        while True:
            beyond = edge - side
            over = self._reaches(beyond, k, level) & (beyond >= k) & ((beyond - centre) * side > 0)
            if not over.any():
                return np.where(edge >= k, edge, 0.0)
            edge = np.where(over, beyond, edge)

    def _reaches(self, n: Array, k: Array, level: float) -> Array:
        n = np.maximum(n, k)
        return np.asarray(self.mixture.joint(n / self.deff, k / self.deff) >= level - _SLACK)

    def further(self, n: int, k: int, share: float, side: int) -> int | None:
        """How many values more, *share* of them bad, until E_pass (side 0) or E_fail (side 1) crosses."""
        level = (self.log_pass, self.log_fail)[side]

        def crossed(more: float) -> bool:
            return self.mixture.log_e((n + more) / self.deff, (k + share * more) / self.deff)[side] >= level

        low, high = 0.0, max(1.0, self.deff)
        while not crossed(high):
            low, high = high, 2.0 * high
            if high > _FARTHEST:
                return None
        while high - low > max(0.5, 1e-3 * high):
            middle = (low + high) / 2
            low, high = (low, middle) if crossed(middle) else (middle, high)
        return math.ceil(high)


@lru_cache(maxsize=64)
def boundary(limit: float, confidence: float, power: float, deff: float) -> Boundary:
    """The boundary for one question; its tables grow as they are used and are kept."""
    return Boundary(limit, -math.log(1.0 - confidence), -math.log(1.0 - power), deff)
