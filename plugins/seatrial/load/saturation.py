"""Over-saturation: requests come faster than they are answered, and what is in flight grows without end.

A queue needs time to grow: an objective that is polled from the beginning of a load would be proven before
the load has done its harm. So a load holds only where answers were shown to keep up with arrivals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from seatrial.core.units import format_rate

Z = 4.0
"""Standard deviations between arrivals and answers that no steady system shows in practice.

Arrivals and answers of a steady system are as many, in the long run; their difference is what is in flight.
If the two were independent Poisson counts A and C, (A - C) / sqrt(A + C) would be standard normal; in a
steady system they hang together and differ by less. At 4 (one in 30,000) there is room for many looks.
"""
_LEAST = 50  # arrivals before anything is concluded
_GROWING = 1.25  # in flight now, over what it was half-way
_BEGUN = 3.0  # times the first answer's time, until which nothing can be said about growth
_NEXT = 1.5  # arrivals until the next look at whether it is steady, over those at the last one
_LOOKS = 16  # so many looks reach from 50 arrivals to 20,000


@dataclass(frozen=True, slots=True)
class Growth:
    """What is in flight grows.

    Attributes:
        begin, end: requests in flight when the watch began, and now.
        offered, served: requests a second.
    """

    begin: int
    end: int
    offered: float
    served: float

    def __str__(self) -> str:
        return (
            f"over-saturated: {format_rate(self.served)} are answered of {format_rate(self.offered)},"
            f" and what is in flight grew from {self.begin} to {self.end}"
        )


class Saturation:
    """Watches arrivals and answers.

    Args:
        settled: seconds until which the load has only just begun, which is no evidence.
        answer: seconds that a calm target takes for its slowest answers: as long what is in flight grows in
            any system.
        tolerance: share of the arrivals by which answers may stay behind where they keep up.
        confidence: that those of a target that stays further behind are not taken for keeping up.

    Attributes:
        steady: whether answers were shown to keep up with arrivals.
    """

    def __init__(
        self, settled: float, answer: float = 0.0, tolerance: float = 0.1, confidence: float = 0.95
    ) -> None:
        self._settled = max(settled, answer)
        self._answer = answer
        self._tolerance = tolerance
        self._z = NormalDist().inv_cdf(1.0 - (1.0 - confidence) / _LOOKS)
        self._look_at = float(_LEAST)
        self._first: float | None = None
        self._early: list[tuple[int, int]] = []
        self._seen: list[tuple[float, int, int]] = []
        self.steady = False

    @property
    def needed(self) -> int:
        """Arrivals that it takes at least until a target that keeps up is known to."""
        return math.ceil(2.0 * (self._z / self._tolerance) ** 2)

    @property
    def mean(self) -> float:
        """Requests in flight, on average over the looks since the load has settled; NaN without any."""
        flying = [sent - back for _, sent, back in self._seen]
        return sum(flying) / len(flying) if flying else math.nan

    @property
    def rates(self) -> tuple[float, float]:
        """Requests sent and answered a second since the load has settled; NaN without two looks."""
        if len(self._seen) < 2 or self._seen[-1][0] <= self._seen[0][0]:
            return math.nan, math.nan
        (begin, sent, back), (end, sent_now, back_now) = self._seen[0], self._seen[-1]
        return (sent_now - sent) / (end - begin), (back_now - back) / (end - begin)

    def look(self, now: float, sent: int, back: int) -> Growth | None:
        """Take a look; what it shows where the target is over-saturated.

        Args:
            now: seconds of sending.
            sent, back: requests that left, and that came back, up to now.
        """
        if self._first is None and back:
            self._first = now
        if now >= self._settled:
            self._seen.append((now, sent, back))
            self._settle()
        if now < max(self._answer, _BEGUN * (self._first or 0.0)):
            return None
        self._early.append((sent, back))
        return self._growth(now)

    def _settle(self) -> None:
        """Whether answers keep up, looked at now and then: each look has a chance of its own to be wrong."""
        arrived, answered = (self._seen[-1][each] - self._seen[0][each] for each in (1, 2))
        if arrived >= self._look_at:
            self._look_at = arrived * _NEXT
            spread = self._z * math.sqrt(arrived + answered)
            self.steady = self.steady or arrived - answered + spread <= self._tolerance * arrived

    def _growth(self, now: float) -> Growth | None:
        (first, first_back), (sent, back) = self._early[0], self._early[-1]
        arrived, answered = sent - first, back - first_back
        if arrived < _LEAST or arrived - answered < Z * math.sqrt(arrived + answered):
            return None
        # A single stall that is being worked off is no growth: more is in flight now than half-way.
        half, half_back = self._early[len(self._early) // 2]
        if sent - back < _GROWING * (half - half_back):
            return None
        return Growth(first - first_back, sent - back, sent / now, back / now)
