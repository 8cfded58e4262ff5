"""The difference of two shares, of two samples or of pairs: Newcombe's hybrids of two score intervals.

Looked at once. Their coverage stays close to the nominal one with small samples and shares near 0, where the
textbook's fails; they never leave -1 … 1.
Sources: Newcombe, Statistics in Medicine 17 (1998) 873 (two samples, method 10) and 2635 (pairs, method 10);
Wilson, JASA 22 (1927) 209.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import checked_deff, checked_level


@dataclass(frozen=True, slots=True)
class Sample:
    """Bad events in a sample.

    Attributes:
        bad, n: counts, 0 <= bad <= n.
        deff: design effect: both counts are divided by it.

    Raises:
        UsageError: counts that are no sample.
    """

    bad: float
    n: float
    deff: float = 1.0

    def __post_init__(self) -> None:
        checked_deff(self.deff)
        if not 0 <= self.bad <= self.n or self.n <= 0:
            raise UsageError(f"{self.bad!r} bad among {self.n!r} is no sample of a share")

    @property
    def share(self) -> float:
        """The plain share of bad events."""
        return self.bad / self.n


def difference(
    one: Sample, other: Sample, *, confidence: float = 0.95, power: float = 0.9
) -> tuple[float, float, float]:
    """``(estimate, lower, upper)`` of ``other.share - one.share``.

    Args:
        confidence: one-sided level of the upper bound.
        power: one-sided level of the lower bound.
    """
    estimate = other.share - one.share
    up, down = (NormalDist().inv_cdf(checked_level("level", level)) for level in (confidence, power))
    high, low = wilson(other, up)[1] - other.share, one.share - wilson(one, up)[0]
    upper = estimate + math.hypot(high, low)
    low, high = other.share - wilson(other, down)[0], wilson(one, down)[1] - one.share
    return estimate, estimate - math.hypot(low, high), upper


def paired_difference(
    both: float,
    first: float,
    second: float,
    neither: float,
    *,
    confidence: float = 0.95,
    power: float = 0.9,
    deff: float = 1.0,
) -> tuple[float, float, float]:
    """``(estimate, lower, upper)`` of the second side's share of bad events less the first's.

    Args:
        both, first, second, neither: pairs in which so many sides were bad.
        confidence, power: as for `difference`.
        deff: design effect: all counts are divided by it.

    Raises:
        UsageError: no pairs.
    """
    n = both + first + second + neither
    one, other = Sample(both + first, n, deff), Sample(both + second, n, deff)
    together = _correlation(both / deff, first / deff, second / deff, neither / deff)
    estimate = (second - first) / n
    up, down = (NormalDist().inv_cdf(checked_level("level", level)) for level in (confidence, power))
    high, low = wilson(other, up)[1] - other.share, one.share - wilson(one, up)[0]
    upper = estimate + _joined(high, low, together)
    low, high = other.share - wilson(other, down)[0], wilson(one, down)[1] - one.share
    return estimate, estimate - _joined(low, high, together), upper


def _joined(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(0.0, one * one - 2.0 * correlation * one * other + other * other))


def _correlation(both: float, first: float, second: float, neither: float) -> float:
    """Newcombe's φ, towards 0 where it is positive: with few pairs it would promise too much."""
    sides = (both + first) * (second + neither) * (both + second) * (first + neither)
    if sides <= 0.0:
        return 0.0
    told, half = both * neither - first * second, (both + first + second + neither) / 2.0
    return (max(0.0, told - half) if told > 0.0 else told) / math.sqrt(sides)


def wilson(sample: Sample, z: float) -> tuple[float, float]:
    """Wilson's score bounds of a share, *z* standard deviations to either side."""
    n, share = sample.n / sample.deff, sample.share
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
