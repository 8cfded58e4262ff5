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
_SAMPLE = 10_000


def estimate_deff(series: Array, widest: int | None = None) -> float:
    """The design effect of a series in its order of time, at least 1.

    Args:
        series: 1-D; the indicator "this exchange was bad" (bool), or latencies in seconds. Floats are clipped
            to their 1 % … 99 % range, since a single outlier would hide any dependence; NaN is left out.
        widest: largest batch looked at, in values; None for as large as the series allows.

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
    while sums.size // 2 >= _MIN_BATCHES and (widest is None or 2 * width <= widest):
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
    if values.dtype.kind != "b":
        sample = values[:: max(1, values.size // _SAMPLE)]
        if not np.isin(sample, (0, 1)).all() or not np.isin(values, (0, 1)).all():
            return _clipped(values.astype(np.float64, copy=False)), math.inf
    if values.size == 0:
        return values, 0.0
    events = int(np.count_nonzero(values))
    centred = values.astype(np.float32)
    centred -= np.float32(events / values.size)
    return centred, float(min(events, values.size - events))


def _clipped(values: Array) -> Array:
    """Without gaps and outliers, less the mean, in units of the range; few passes: there may be millions."""
    if not math.isfinite(float(values.sum())):
        values = _told(values)
    if values.size < _MIN_VALUES:
        return values
    low, high = np.quantile(values[:: max(1, values.size // _SAMPLE)], _CLIP, method="nearest")
    if not low < high:
        return np.zeros(values.size, dtype=np.float32)
    clipped = np.clip(values, low, high)
    clipped -= clipped.mean()
    clipped /= high - low
    return clipped.astype(np.float32)


def _told(values: Array) -> Array:
    """Without NaN; a latency that never ended becomes a number well beyond all that did."""
    values = values[~np.isnan(values)]
    ended = np.isfinite(values)
    if not ended.any():
        return np.zeros(values.size)
    beyond = 2.0 * float(np.max(np.abs(values[ended]))) + 1.0
    return np.where(ended, values, beyond * np.sign(values))


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
