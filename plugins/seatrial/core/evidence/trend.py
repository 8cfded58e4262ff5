"""Does a series grow, and how fast? The median of all pairwise slopes, with bounds that allow for dependence.

Theil–Sen's slope is the one whose removal leaves Kendall's S at 0; the slopes that Kendall's test would not
refute are its interval (Sen 1968). It takes outliers and any distribution. Neighbours in time depend on each
other, which makes S vary more than the textbook says: its variance is multiplied by the inflation of Hamed &
Rao, from the autocorrelation of the ranks once the trend is taken out. They keep those lags alone that are
significant; here all count up to the first that is not positive (Geyer), which errs towards wider bounds.
Sources: Theil 1950; Sen, JASA 63 (1968) 1379; Kendall, "Rank Correlation Methods" (variance with ties);
Hamed & Rao, J. Hydrology 204 (1998) 182; Marriott & Pope, Biometrika 41 (1954) 390 (bias); Geyer, Statistical
Science 7 (1992) 473 (initial positive sequence).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import checked_level

Array = NDArray[Any]

FEWEST = 10
"""Points below which the normal approximation of S is no good (Kendall: 10)."""
MOST = 1024
"""Points beyond which the pairwise slopes would take too much memory: half a million of them."""
_CLOSEST = 0.99  # a first autocorrelation of 1 is a series without an end in sight


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through a series.

    Attributes:
        slope: in units of the values a unit of time.
        level: the line's height at the first point.
        lower, upper: for the slope, one-sided: `lower` at the power's level, `upper` at the confidence's.
        n: points.
        inflation: of the variance of S, by dependence; 1 for independent points.
    """

    slope: float
    level: float
    lower: float
    upper: float
    n: int
    inflation: float


def theil_sen(times: Array, values: Array, *, confidence: float = 0.95, power: float = 0.9) -> Trend | None:
    """The trend of *values* over *times*, None for fewer than `FEWEST` points.

    Args:
        times: ascending.
        values: finite, one for each time.
        confidence, power: levels of the upper and of the lower bound.

    Raises:
        UsageError: not two rows of the same length, more than `MOST` points, or a level out of its range.
    """
    t, y = np.asarray(times, float), np.asarray(values, float)
    if t.shape != y.shape or t.ndim != 1 or len(t) > MOST:
        raise UsageError(f"a trend takes two rows of one length up to {MOST}, not {t.shape} and {y.shape}")
    levels = checked_level("confidence", confidence), checked_level("power", power)
    n = len(t)
    if n < FEWEST:
        return None
    first, second = np.triu_indices(n, 1)
    apart = t[second] - t[first]
    slopes = np.sort(((y[second] - y[first])[apart > 0]) / apart[apart > 0])
    slope = float(np.median(slopes))
    inflation = _inflation(y - slope * t)
    spread = math.sqrt(_variance(y) * inflation)
    upper, lower = (NormalDist().inv_cdf(level) * spread for level in levels)
    return Trend(
        slope,
        float(np.median(y - slope * (t - t[0]))),
        _at(slopes, (len(slopes) - lower) / 2, math.floor, -math.inf),
        _at(slopes, (len(slopes) + upper) / 2, math.ceil, math.inf),
        n,
        inflation,
    )


def _at(slopes: Array, place: float, rounded: Any, beyond: float) -> float:
    """The slope at a place among the sorted ones, outwards; infinite where there are too few."""
    index = rounded(place) - (1 if rounded is math.floor else 0)
    return float(slopes[index]) if 0 <= index < len(slopes) else beyond


def _variance(values: Array) -> float:
    """Of Kendall's S for independent values, with ties."""
    n = len(values)
    ties = np.unique(values, return_counts=True)[1].astype(float)
    told = n * (n - 1) * (2 * n + 5) - float(np.sum(ties * (ties - 1) * (2 * ties + 5)))
    return max(told, 0.0) / 18.0


def _inflation(rest: Array) -> float:
    """By how much dependence inflates the variance of S, at least 1: the larger of two estimates.

    One sums the autocorrelations as they are. They come out too small once a line was taken out, the more so
    in a short series; so the other takes the first alone, corrected for that bias, and lets it fade as in an
    autoregression of first order.
    """
    n = len(rest)
    ranks = _ranks(rest)
    ranks -= ranks.mean()
    total = float(ranks @ ranks)
    if total <= 0.0:
        return 1.0
    first = (n * float(ranks[:-1] @ ranks[1:]) / total + 2.0) / (n - 4.0)
    faded = np.clip(first, 0.0, _CLOSEST) ** np.arange(1, n - 2)
    seen = [float(ranks[:-lag] @ ranks[lag:]) / total for lag in range(1, n // 2)]
    end = next((at for at, correlation in enumerate(seen) if correlation <= 0.0), len(seen))
    return max(_summed(np.asarray(seen[:end]), n), _summed(faded, n))


def _summed(correlations: Array, n: int) -> float:
    """Hamed & Rao's factor: equation 10."""
    lags = np.arange(1, len(correlations) + 1)
    weights = (n - lags) * (n - lags - 1.0) * (n - lags - 2.0)
    return 1.0 + 2.0 * float(weights @ correlations) / (n * (n - 1) * (n - 2))


def _ranks(values: Array) -> Array:
    """Ranks, ties sharing the mean of theirs."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2.0)[where], float)
