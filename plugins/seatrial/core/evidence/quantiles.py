"""A quantile with bounds: the order statistics whose ranks a binomial count would not refute.

Looked at once. Nothing is assumed of the distribution; values may be infinite (what never came).
Source: David & Nagaraja, "Order Statistics", section 7.1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import checked_deff, checked_level
from seatrial.core.evidence.fixed import log_at_most

Array = NDArray[Any]


def quantile_interval(
    values: Array, share: float, *, confidence: float = 0.95, power: float = 0.9, deff: float = 1.0
) -> tuple[float, float, float]:
    """``(estimate, lower, upper)`` of the quantile below which *share* of the values lie.

    Args:
        values: 1-D, none of them NaN.
        share: 0.5 for the median.
        confidence, power: one-sided levels of the upper and of the lower bound.
        deff: design effect: so many values count as one.

    Returns:
        Infinite bounds where there are too few values.

    Raises:
        UsageError: no values, or a number out of its range.
    """
    ordered = np.sort(np.asarray(values, float))
    if not ordered.size or np.isnan(ordered[-1]) or not 0.0 < share < 1.0:
        raise UsageError(f"no quantile {share!r} of {ordered.size} values")
    size = ordered.size / checked_deff(deff)
    up, down = checked_level("confidence", confidence), checked_level("power", power)
    low = _rank(size, share, math.log(1.0 - down)) * deff
    high = _rank(size, share, math.log(up)) * deff
    place = min(ordered.size, math.ceil(share * ordered.size)) - 1
    lower = float(ordered[math.floor(low) - 1]) if low >= 1.0 else -math.inf
    upper = float(ordered[math.ceil(high + deff) - 1]) if high + deff <= ordered.size else math.inf
    return float(ordered[place]), lower, upper


def _rank(size: float, share: float, log_level: float) -> int:
    """The largest k with ``P(at most k - 1 of size) <= level``, by bisection."""
    low, high = 0, math.floor(size)
    while low < high:
        middle = (low + high + 1) // 2
        if log_at_most(middle - 1, size, share) <= log_level:
            low = middle
        else:
            high = middle - 1
    return low
