"""Comparisons with a baseline on the same items: pairing takes 3 to 6 times fewer than two samples would.

Sources: non-inferiority by a ratio margin, FDA guidance "Non-Inferiority Clinical Trials" (2016); the test
itself is `BettingMean` on differences, and for a speed-up the sign test by `SequentialProportion`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.betting import BettingMean
from seatrial.core.evidence.sequential import SequentialProportion

Array = NDArray[Any]


class PairedNonInferiority(BettingMean):
    """Is the candidate's mean score at least *margin* times the baseline's?

    Values are pairs ``(candidate, baseline)``, an array of shape (n, 2), item by item in random order.
    Estimate and bounds are about the mean of ``candidate - margin * baseline``; the limit is 0.

    Args:
        margin: 0.95 lets the candidate lose 5 % of the baseline's mean.
        lower, upper: no score of either lies outside.
        confidence, power, deff, allow_pass: as for `SequentialProportion`.

    Raises:
        UsageError: a number out of its range.
    """

    def __init__(self, margin: float = 0.95, lower: float = 0.0, upper: float = 1.0, **options: Any) -> None:
        if not (0.0 < margin < float("inf") and lower < upper):
            raise UsageError(
                f"a margin must be positive, not {margin!r}", hint="margin: 0.95 allows a loss of 5 %"
            )
        self.margin = float(margin)
        self._scores = (float(lower), float(upper))
        ends = [margin * lower, margin * upper]
        super().__init__(0.0, lower - max(ends), upper - min(ends), "gte", **options)

    def update(self, values: Array, may_pass: bool = True) -> Decision | None:
        """Consume pairs in order, as if looked at after each single one; see `BettingMean.update`.

        Raises:
            UsageError: not pairs, or a score that is NaN or outside [lower, upper].
        """
        pairs = checked_pairs(values)
        low, high = self._scores
        if not np.all((pairs >= low) & (pairs <= high)):
            raise UsageError(f"a score lies outside [{low}, {high}]", hint="declare the range of the scores")
        differences = pairs[:, 0] - self.margin * pairs[:, 1]
        return super().update(np.clip(differences, self.lower, self.upper), may_pass)


class PairedSpeedup(SequentialProportion):
    """Is the candidate at least *ratio* times as fast as the baseline, for the median item?

    Values are pairs ``(candidate, baseline)`` of durations in any one unit, an array of shape (n, 2). A pair
    is bad where the baseline took less than *ratio* times as long as the candidate; the claim holds where at
    most half are. It is about the median of the ratio, not about ratios of means.

    Args:
        ratio: the speed-up that is claimed, for example 2.
        confidence, power, deff, allow_pass: as for `SequentialProportion`.

    Raises:
        UsageError: a number out of its range.
    """

    __slots__ = ("ratio",)

    def __init__(self, ratio: float, **options: Any) -> None:
        if not 0.0 < ratio < float("inf"):
            raise UsageError(f"a speed-up must be positive, not {ratio!r}", hint="2 means twice as fast")
        super().__init__(0.5, **options)
        self.ratio = float(ratio)

    def update(self, values: Array, may_pass: bool = True) -> Decision | None:
        """Consume pairs in order; see `SequentialProportion.update`. NaN is a duration without end.

        Raises:
            UsageError: not pairs.
        """
        pairs = np.nan_to_num(checked_pairs(values), nan=np.inf)
        fast = (pairs[:, 1] >= self.ratio * pairs[:, 0]) & np.isfinite(pairs[:, 0])
        return super().update(~fast, may_pass)


def checked_pairs(values: Array) -> Array:
    """*values* as floats of shape (n, 2); an empty array is no pairs.

    Raises:
        UsageError: another shape.
    """
    pairs = np.asarray(values, dtype=float)
    if pairs.size == 0:
        return pairs.reshape(0, 2)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise UsageError(f"pairs come as an array of shape (n, 2), not {pairs.shape}")
    return pairs
