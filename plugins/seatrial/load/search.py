"""A bracketing search for the highest rate that holds: doubling upwards, then bisection in logarithms.

A level that is not decided moves neither end: what lies below and above it is looked at instead, so that the
interval it leaves open is as small as the evidence allows. A level at which the generator itself was the
limit is told as such, and nothing above it is tried.
"""

from __future__ import annotations

import math
from enum import Enum

STEP = 2.0
"""The factor from level to level on the way up."""


class Finding(Enum):
    """What a level showed."""

    HOLDS = "holds"
    BREAKS = "breaks"
    UNDECIDED = "not decided"
    BOUND = "bound by the generator"


class Search:
    """The next level, from what the levels before have shown.

    Args:
        lowest, highest: the first level, and the last; requests a second.
        precision: how far apart the ends may be, as a share of the rate.

    Attributes:
        holds: highest rate shown to hold, None as long as none was.
        breaks: lowest rate shown to break.
        bound: lowest rate at which the generator was the limit.
    """

    def __init__(self, lowest: float, highest: float, precision: float) -> None:
        self.lowest, self.highest, self.precision = lowest, highest, precision
        self.holds: float | None = None
        self.breaks: float | None = None
        self.bound: float | None = None
        self._grey: list[float] = []
        self._left = self.levels

    @property
    def levels(self) -> int:
        """The most levels that a search without undecided ones takes, and half as many again for those."""
        up = math.ceil(math.log(self.highest / self.lowest) / math.log(STEP)) + 1
        between = math.ceil(math.log2(math.log(STEP) / math.log1p(self.precision)))
        return math.ceil(1.5 * (up + max(between, 0)))

    def took(self, rate: float, finding: Finding) -> None:
        """What the level at *rate* showed."""
        self._left -= 1
        if finding is Finding.HOLDS:
            self.holds = rate
            self._grey = [each for each in self._grey if each > rate]
        elif finding is Finding.BREAKS:
            self.breaks = rate
            self._grey = [each for each in self._grey if each < rate]
        else:
            self._grey = sorted([*self._grey, rate])
            if finding is Finding.BOUND:
                self.bound = rate if self.bound is None else min(self.bound, rate)

    def next(self) -> float | None:
        """The next level to try; None where nothing more can be learnt."""
        if self._left <= 0:
            return None
        floor = self.holds
        tried = [rate for rate in (floor, *self._grey, self.breaks) if rate is not None]
        if not tried:
            return self.lowest
        if self.breaks is None and self.bound is None:
            top = max(tried)
            return None if top >= self.highest else min(top * STEP, self.highest)
        return self._between()

    def _between(self) -> float | None:
        """The middle of the wider gap: from what holds to what is open, and from there to what breaks."""
        gaps: list[tuple[float, float]] = []
        ceiling = self._grey[0] if self._grey else self.breaks
        if self.holds is not None and ceiling is not None:
            gaps.append((self.holds, ceiling))
        elif self.holds is None and ceiling is not None and ceiling > self.lowest:
            gaps.append((self.lowest, ceiling))
        if self._grey and self.breaks is not None:
            gaps.append((self._grey[-1], self.breaks))
        wide = [(low, high) for low, high in gaps if high / low > 1.0 + self.precision]
        if not wide:
            return None
        low, high = max(wide, key=lambda gap: gap[1] / gap[0])
        return math.sqrt(low * high)
