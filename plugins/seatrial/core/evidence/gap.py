"""Is no group served worse than another by more than a limit? Paired, so that what hits all groups cancels.

Every block holds each group's share of bad events in one short moment. For each ordered pair of groups the
mean of the difference is tested by betting: it passes where every pair has (an intersection-union test: no
correction), and fails where one pair does at the power's level divided among them (Bonferroni).
Sources: Berger, Technometrics 24 (1982) 295; Waudby-Smith & Ramdas, JRSS-B 86 (2024) 1.
"""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import Decision, TrailPoint
from seatrial.core.evidence.betting import BettingMean

Array = NDArray[Any]


class PairedGap:
    """Is the difference between the worst and the best group's share of bad events at most *limit*?

    Args:
        limit: 0 < limit < 1.
        groups: how many, at least two.
        confidence, power, deff: as for `seatrial.core.evidence.sequential`; what is counted are blocks.

    Raises:
        UsageError: a number out of its range.
    """

    bad = None

    def __init__(
        self, limit: float, groups: int, *, confidence: float = 0.95, power: float = 0.9, deff: float = 1.0
    ) -> None:
        if groups < 2:
            raise UsageError("a gap lies between two groups at least", hint="name a second tenant")
        self.limit, self.deff = float(limit), float(deff)
        self.pairs = list(permutations(range(groups), 2))
        divided = 1.0 - (1.0 - power) / len(self.pairs)
        self._tests = [
            BettingMean(limit, -1.0, 1.0, "lte", confidence=confidence, power=divided, deff=deff)
            for _ in self.pairs
        ]
        self._sums = np.zeros(groups)
        self._n = 0
        self._decision: Decision | None = None

    @property
    def n(self) -> int:
        """Blocks consumed."""
        return self._n

    @property
    def decision(self) -> Decision | None:
        """PASS, FAIL, or None as long as the data do not allow either."""
        return self._decision

    def update(self, shares: Array, may_pass: bool = True) -> Decision | None:
        """Consume blocks: an array of shape (blocks, groups) with each group's share of bad events."""
        if self._decision is not None:
            return self._decision
        shares = np.asarray(shares, float).reshape(-1, len(self._sums))
        for (worse, better), test in zip(self.pairs, self._tests, strict=True):
            test.update(shares[:, worse] - shares[:, better], may_pass)
        self._n += len(shares)
        self._sums += shares.sum(axis=0)
        found = {test.decision for test in self._tests}
        if Decision.FAIL in found:
            self._decision = Decision.FAIL
        elif found == {Decision.PASS}:
            self._decision = Decision.PASS
        return self._decision

    @property
    def means(self) -> Array:
        """Each group's share of bad events."""
        return np.asarray(self._sums / max(self._n, 1))

    def estimate(self) -> float:
        """The difference between the worst and the best group, NaN without any block."""
        return float(np.ptp(self._sums)) / self._n if self._n else math.nan

    def bounds(self) -> tuple[float, float]:
        """``(lower, upper)`` for the largest difference."""
        found = [test.bounds() for test in self._tests]
        return max(0.0, *(lower for lower, _ in found)), min(1.0, max(upper for _, upper in found))

    def log_e(self) -> tuple[float, float]:
        """The evidence of the pair that is furthest from passing, and of the one nearest to failing."""
        found = [test.log_e() for test in self._tests]
        return min(passing for passing, _ in found), max(failing for _, failing in found)

    def needed(self) -> int | None:
        """Further blocks until the slowest pair is decided; None where not to be told."""
        found = [test.needed() for test in self._tests if test.decision is None]
        known = [count for count in found if count is not None]
        return max(known) if known and len(known) == len(found) else None

    @property
    def trail(self) -> list[TrailPoint]:
        """Of the pair that is furthest from passing."""
        return min(self._tests, key=lambda test: test.log_e()[0]).trail
