"""How much less a run of dependent values tells than as many independent ones: the design effect.

Values that come in bursts (an outage, a full queue) vary in batches more than independent ones would. With
batches of m values, m Var(batch means) / Var(values) grows from 1 towards the design effect as m outgrows the
bursts. Batches of 2, 4, 8 … values are looked at; unless one of them shows more than chance explains, the
answer is 1, and otherwise it is the largest ratio seen, so that it errs upwards.
Sources: Flyvbjerg & Petersen, J. Chem. Phys. 91 (1989) 461 (blocking); Kish 1965 (design effect).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_MIN_VALUES = 16
# With fewer batches the ratio itself is too noisy (its relative error is sqrt(2 / batches)).
_MIN_BATCHES = 12
# One-sided, for each batch size; together they let about one independent series in 300 through.
_Z = 3.3
_CLIP = (0.01, 0.99)
_SAMPLE = 20_000


def estimate_deff(series: Array) -> float:
    """The design effect of a series in its order of time, at least 1.

    Args:
        series: 1-D; the indicator "this exchange was bad" (bool), or latencies in seconds. Floats are clipped
            to their 1 % … 99 % range, since a single outlier would hide any dependence; NaN is left out.

    Returns:
        1.0 where the series is short, constant, or looks independent. A series without any variation tells
        nothing about its dependence: there only a declared burst length protects.
    """
    values, events = _prepared(np.asarray(series).ravel())
    if values.size < _MIN_VALUES:
        return 1.0
    spread = float(np.dot(values, values)) / values.size
    if spread <= 0.0:
        return 1.0
    largest, shown, width, sums = 1.0, False, 1, values
    while sums.size // 2 >= _MIN_BATCHES:
        even = sums.size // 2 * 2
        sums = sums[0:even:2] + sums[1:even:2]
        width *= 2
        variance = float(np.dot(sums, sums)) - float(sums.sum()) ** 2 / sums.size
        ratio = variance / (sums.size - 1) / (width * spread)
        largest = max(largest, ratio)
        shown = shown or ratio > 1.0 + _chance(sums.size, events)
    return largest if shown else 1.0


def _prepared(values: Array) -> tuple[Array, float]:
    """The values less their mean, clean; and how many events there are where it is an indicator (else inf).

    In 32 bits once centred: only ratios of variances are asked for.
    """
    if values.dtype.kind not in "bui":
        values = values.astype(np.float64, copy=False)
        sample = values[:: max(1, values.size // _SAMPLE)]
        if not np.isin(sample, (0.0, 1.0)).all() or not np.isin(values, (0.0, 1.0)).all():
            values = _clipped(values)
            return _centred(values), math.inf
    if values.size == 0:
        return values, 0.0
    events = int(np.count_nonzero(values))
    if values.dtype.kind != "b" and not np.array_equal(values, values.astype(bool)):
        return _centred(values.astype(np.float64)), math.inf
    return values.astype(np.float32) - np.float32(events / values.size), float(
        min(events, values.size - events)
    )


def _clipped(values: Array) -> Array:
    gaps = np.isnan(values)
    if gaps.any():
        values = values[~gaps]
    if values.size < _MIN_VALUES:
        return values
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, _stand_in(values[finite]) * np.sign(values))
    low, high = np.quantile(values[:: max(1, values.size // _SAMPLE)], _CLIP, method="nearest")
    return np.clip(values, low, high)


def _stand_in(finite: Array) -> float:
    """A number well beyond all finite ones, for a latency that never ended."""
    return 1.0 if not finite.size else 2.0 * float(np.max(np.abs(finite))) + 1.0


def _centred(values: Array) -> Array:
    """Less the mean, in units of the largest distance from it; all zero for a constant."""
    if not values.size:
        return values
    values = values - values.mean()
    scale = float(max(values.max(), -values.min()))
    return (values / scale if scale > 0.0 else values).astype(np.float32)


def _chance(batches: int, events: float) -> float:
    """By how much the ratio may exceed 1 in an independent series.

    Of k events in B batches about k² / 2B pairs meet by chance, nearly Poisson; each adds 2 / k to the ratio.
    The normal limit, sqrt(2 / B), is what this comes to with many; with few, the skew (Cornish–Fisher) counts
    too.
    """
    normal = _Z * math.sqrt(2.0 / batches)
    skew = (_Z * _Z - 1.0) / 6.0
    lumps = (skew + 0.5) * 2.0 / max(events, 1.0) if math.isfinite(events) else 0.0
    return normal + lumps + 4.0 * skew / batches
